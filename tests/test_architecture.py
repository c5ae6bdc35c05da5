"""docs/architecture.md names files and functions that exist, and imports run as it says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lightning_course"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}

# Each room's line in the diagram, counted from the top.
(DIAGRAM,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
LEVELS = {room: level for level, line in enumerate(DIAGRAM.splitlines()) for room in line.split()}


def tokens(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text.replace(DIAGRAM, ""))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def find(token: str) -> Path:
    """Return the file that the page means: it names files from the root or from the package."""
    return ROOT / token if (ROOT / token).exists() else PACKAGE / token


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[str]:
    """Yield the functions, classes and methods of a module, such as "Class.method"."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name
            yield from definitions(node, f"{prefix}{node.name}.")


def imports(tree: ast.AST) -> Iterator[list[str]]:
    """Yield the parts of each imported name, also of imports inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}".split(".") for alias in node.names)


DEFINED = {path: set(definitions(tree)) for path, tree in TREES.items()}


def test_what_the_page_names_exists() -> None:
    files = [*TREES, *ROOT.glob("configs/*.yaml")]
    sources = [path.read_text(encoding="utf-8") for path in files]
    for token in tokens(PAGE):
        if "/" in token or token.endswith((".py", ".yaml")):
            assert find(token).exists(), f"there is no {token}"
        elif token not in LEVELS and not any(token in names for names in DEFINED.values()):
            # An option, a task, a file of a run.
            assert any(token in source for source in sources), f"nothing is called {token}"


def test_a_question_is_answered_in_the_file_that_the_page_gives() -> None:
    rows = re.findall(r"^\| .*\? \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 17
    for files, names in rows:
        known: set[str] = set()
        for path in (find(token) for token in tokens(files) if "." in token):
            known |= DEFINED.get(path) or set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
        assert set(tokens(names)) <= known, f"{files}: {names}"


def test_the_page_names_every_room() -> None:
    rooms = {room(path) for path in TREES} - {"__init__", "__main__"}
    assert LEVELS.keys() - {"scripts"} == rooms
    table = PAGE[: PAGE.index("## Which way imports run")]
    first_cells = " ".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
    assert sorted(tokens(first_cells)) == sorted(rooms)


def test_imports_run_down() -> None:
    for path, tree in TREES.items():
        for package, *names in imports(tree):
            assert package not in ("scripts", "tests"), path
            own, other = room(path), names[0] if package == PACKAGE.name and names else ""
            if own != other and own in LEVELS and other in LEVELS:
                assert LEVELS[own] < LEVELS[other], f"{path} imports {other}, beside or above it"
