"""The pages and notebooks in docs/ work as they stand there, and every task has its page."""

import inspect
import re
import runpy
import shlex
from pathlib import Path

import pytest

from lightning_course.catalogue import TASKS, recipe
from lightning_course.commands import run
from lightning_course.imports import import_class

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.glob("chapter_*.md"))
NOTEBOOKS = sorted(DOCS.glob("*_notebook.py"))

# The files that pages take for the reader's own.
OWN_FILES = {
    "flowers.csv": "petal,sepal,species\n" + "1.4,5.1,setosa\n4.7,7.0,ruby\n6.0,6.3,rosa\n" * 8,
    "houses.csv": "rooms,area,price\n" + "2,48,150\n3,75.5,210\n5,120,400\n" * 8,
    "reviews.csv": "review,stars\n" + "a waste of money,1\nso so,3\nworth it,5\n" * 8,
    "sales.csv": "month,amount\n"
    + "".join(f"{2000 + n // 12}-{n % 12 + 1:02},{100 + n * 7 % 12}\n" for n in range(60)),
    "glove.txt": "waste -0.5 0.1 0\nworth 0.5 0.2 0\n",
}


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language; those in lists are indented."""
    fenced = rf"^( *)```{language}\n(.*?)^\1```$"
    found = re.findall(fenced, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(f"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def briefly(code: str) -> str:
    """Return the program with a single epoch in place of its own number."""
    short, count = re.subn(r"(max_epochs=|^EPOCHS = )\d+", r"\g<1>1", code, flags=re.MULTILINE)
    assert count, "sets neither max_epochs=… nor EPOCHS = …"
    return short


@pytest.fixture
def offline(in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have every download fail at once: source "auto" falls back to the stand-in."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("tests do not download")

    monkeypatch.setattr("pooch.retrieve", fail)
    return in_tmp_path


@pytest.fixture
def own_files(in_tmp_path: Path) -> None:
    for name, text in OWN_FILES.items():
        (in_tmp_path / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", TASKS)
def test_every_task_stands_on_the_page_of_its_chapter(name: str) -> None:
    page = DOCS / f"chapter_{TASKS[name].chapter.split('.')[0]}.md"
    assert page.is_file(), f"write docs/{page.name}"
    assert f"`{name}`" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("own_files")
@pytest.mark.filterwarnings("ignore:.*STAND-IN")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_blocks_of_a_page_run(
    page: Path, offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = "\n".join(blocks(page, "python"))
    exec(compile(briefly(program), page.name, "exec"), {"__name__": page.stem})
    assert "sha256" in capsys.readouterr().out  # it prints `data.provenance`


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_keras_blocks_of_a_page_are_python(page: Path) -> None:
    assert blocks(page, "py")
    for code in blocks(page, "py"):
        compile(code, page.name, "exec")


@pytest.mark.usefixtures("own_files")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_training_commands_of_a_page_run(
    page: Path, offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = "python scripts/train.py "
    lines = "\n".join(blocks(page, "bash")).splitlines()
    commands = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
    assert commands
    (offline / "configs").symlink_to(DOCS.parent / "configs")
    for command in commands:
        argv = shlex.split(command)
        task = TASKS[argv[argv.index("--task") + 1]]
        data_class = import_class(recipe(task.name)["data"]["class_path"], object)
        arguments = inspect.signature(data_class).parameters
        if "--data.csv" not in argv and "source" in arguments:
            argv.append("--data.source=standin")
        if "--find_lr" not in argv:  # it needs its 100 steps
            argv.append("--trainer.fast_dev_run=true")
        assert run("train", argv) == 0, command


@pytest.mark.filterwarnings("ignore:.*STAND-IN")
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_runs(notebook: Path, offline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = offline / notebook.name
    program.write_text(briefly(notebook.read_text(encoding="utf-8")), encoding="utf-8")
    runpy.run_path(str(program))
    assert "sha256" in capsys.readouterr().out  # it prints `data.provenance`
