"""Names of columns, classes and files are strings: on the command line, in YAML, and back."""

import csv
import os
from pathlib import Path

import pytest
import yaml

from lightning_course.catalogue import find
from lightning_course.commands import run
from lightning_course.training.cli import CourseCLI
from lightning_course.training.options.names import read_names

QUICK = ["--trainer.max_epochs=1", "--trainer.accelerator=cpu"]

# A name, and how it is typed where that differs.
NAMES = [
    ("#Passengers", None),
    ("bitcoin: (Worldwide)", None),
    ("1e3", None),
    ("null", '"null"'),
    ("~", None),
    ("[x]", None),
    ("[a, b]", '["[a, b]"]'),
    ("&x", None),
    ("*x", None),
    ("yes", None),
    ("1_000", None),
    ("2018-01-01", None),
    (" leading space", None),
    ("{a}", None),
    ("{1}", None),
    ("?", None),
    ("!x", None),
    ("%x", None),
    ("@x", None),
    ("`x`", None),
    ('"quoted"', None),
    ("a,b", None),
    ("-x", None),
]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("a,b", ["a", "b"]),
        ("a", ["a"]),
        ("[a, b]", ["a", "b"]),
        ("[]", []),
        ('["#a","b: c"]', ["#a", "b: c"]),
        ("['it''s', \"a, \\\"b\\\"\"]", ["it's", 'a, "b"']),
        ("[1e3, null, ~, 2018-01-01]", ["1e3", "null", "~", "2018-01-01"]),
    ],
)
def test_a_list_of_names(typed: str, names: list[str]) -> None:
    assert read_names(typed, list_too=True, text_too=False) == names


def test_a_list_needs_brackets_where_one_name_may_stand() -> None:
    assert read_names("a,b", list_too=True, text_too=True) == "a,b"
    assert read_names("[a,b]", list_too=True, text_too=True) == ["a", "b"]
    assert read_names("[a,b]", list_too=False, text_too=True) == "[a,b]"


def _write(path: str, name: str) -> None:
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Month", name, "other"])
        for row in range(60):
            month = f"{2001 + row // 12}-{row % 12 + 1:02}"
            writer.writerow([month, 20 + row % 12 + row / 10, row * row % 7])


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> CourseCLI:
    runs = tmp_path_factory.mktemp("runs")
    return CourseCLI(find("sine_linear"), [f"--runs={runs}"], record=False)


@pytest.mark.parametrize(("name", "typed"), NAMES)
def test_a_name_on_the_command_line_in_yaml_and_back(
    cli: CourseCLI, tmp_path: Path, name: str, typed: str | None
) -> None:
    recorded = tmp_path / "config.yaml"
    recipe = cli.recipe()
    words = [f"--data={recipe.data.class_path}", f"--data.column={typed or name}"]
    for _ in range(2):
        config = cli.parser.parse_args(words)
        assert config.data.init_args.column in (name.strip(), [name])
        text = cli.parser.dump(config, skip_none=False)
        recorded.write_text(text, encoding="utf-8")
        # Commands other than `train` read the file without jsonargparse.
        assert yaml.safe_load(text)["data"]["init_args"]["column"] in (name.strip(), [name])
        words = [f"--config={recorded}"]


@pytest.mark.parametrize("name", ["#Passengers", "{1}"])
def test_a_series_from_training_to_forecast(in_tmp_path: Path, name: str) -> None:
    _write("series.csv", name)
    options = ["--data.csv=series.csv", f"--data.column={name}"]
    assert run("train", ["--task=sine_linear", *options, *QUICK]) == 0
    folder = Path("runs/sine_linear/version_0")
    assert run("evaluate", [f"--run={folder}"]) == 0
    output = ["--output=forecast.csv", "--steps=2", "--input=series.csv"]
    assert run("predict", [f"--run={folder}", *output]) == 0
    assert len(Path("forecast.csv").read_text().splitlines()) == 3
    # The run's own config names the same column.
    assert run("train", ["--task=sine_linear", f"--config={folder / 'config.yaml'}"]) == 0
    again = Path("runs/sine_linear/version_1/config.yaml").read_text(encoding="utf-8")
    assert again == (folder / "config.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "typed"), [("1e3", None), ("null", '"null"')])
def test_a_table_by_target_and_by_features(in_tmp_path: Path, name: str, typed: str | None) -> None:
    _write("table.csv", name)
    argv = ["--task=moores_law", "--data.csv=table.csv", "--data.target_scaling=standard", *QUICK]
    target = [f"--data.target={typed or name}", "--data.features=other"]
    features = ["--data.target=other", f'--data.features=["{name}"]']
    for number, options in enumerate((target, features)):
        assert run("train", [*argv, *options]) == 0
        folder = f"runs/moores_law/version_{number}"
        assert run("predict", [f"--run={folder}", "--input=table.csv", "--output=out.csv"]) == 0


def test_an_interrupted_run_is_resumed_with_its_names(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write("series.csv", "1e3")
    argv = ["--task=sine_linear", "--data.csv=series.csv", "--data.column=1e3"]
    assert run("train", [*argv, *QUICK]) == 0
    folder = Path("runs/sine_linear/version_0")
    (folder / "results.json").unlink()
    assert run("train", [f"--resume={folder}", "--trainer.max_epochs=2"]) == 0
    assert (folder / "results.json").is_file()


def test_null_is_none_and_an_empty_name_is_refused(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write("series.csv", "value")
    argv = ["--task=sine_linear", "--data.csv=series.csv", "--data.column=value", *QUICK]
    assert run("train", [*argv, "--data.date_column=null"]) == 0
    for option in ("--data.date_column", "--init_from", "--runs", "--data.csv"):
        assert run("train", [*argv, f"{option}="]) == 2
        assert f"error: option {option} needs a value" in capsys.readouterr().err


def test_runs_and_files_of_such_names(in_tmp_path: Path) -> None:
    _write("#1.csv", "value")
    argv = ["--task=sine_linear", "--data.csv=#1.csv", "--data.column=value", "--runs=1e3", *QUICK]
    assert run("train", argv) == 0
    assert run("evaluate", ["--run=1e3/sine_linear/latest"]) == 0


def test_a_name_that_yaml_cannot_keep_is_refused(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = os.fsdecode(b"p\xe9ts")
    assert run("train", ["--task=mnist", f"--data.folder={folder}"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(
        "error: option --data.folder has bytes that are not UTF-8, which config"
    )
    assert not Path("runs").exists()
