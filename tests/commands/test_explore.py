from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lightning_course.commands import explore, run
from lightning_course.commands.explore import IMAGES, TABLES, main
from lightning_course.reports import canvas


def explored(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run the command and return what it printed."""
    main(list(argv))
    return capsys.readouterr().out


def test_a_table_of_the_course(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = explored(capsys, "--data=moore", "--data.source=standin")
    assert "moore: stand-in (well-known processors, sha256" in output
    assert "rows: 100, columns: 2" in output
    assert "1971         2300" in output
    folder = in_tmp_path / "runs/explore/moore"
    assert f"figure:      {folder.relative_to(in_tmp_path)}/histograms.png" in output
    events = EventAccumulator(str(folder)).Reload()
    assert events.Tags()["images"] == ["explore/histograms", "explore/scatter_matrix"]
    for path in folder.glob("*.png"):
        assert np.ptp(np.asarray(Image.open(path))) > 100
    assert len(list(folder.glob("*.png"))) == 2


@pytest.mark.parametrize("name", [*TABLES, *IMAGES])
def test_every_name_is_known(
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    # Fewer panels, quicker drawn.
    monkeypatch.setattr(explore, "_SCATTER_COLUMNS", 2)
    options = ["--data.source=standin", "--columns_limit=2", "--save=here"]
    code = run("explore", [f"--data={name}", *options])
    captured = capsys.readouterr()
    if code == 2:
        assert "there is no stand-in for" in captured.err
        return
    assert captured.out.startswith(f"{name}: ")
    figures = {path.stem for path in Path("here").glob("*.png")}
    if name in IMAGES:
        assert figures == {"classes", "examples", "pixels"}
    else:
        assert figures == {"histograms"} | ({"scatter_matrix"} if name != "spam" else set())


def test_your_own_table(in_tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(40, 40)), columns=[f"x{i}" for i in range(40)])
    table["same"], table.iloc[0, 0] = 1, np.nan
    table.to_csv("my.csv", index=False, sep=";", decimal=",")
    output = explored(capsys, "--data=my.csv", "--columns_limit=12", "--scatter=x1,x2")
    assert "my: own (my, my.csv, sha256 " in output
    assert "… and 29 more columns" in output
    assert "columns with one value only: 1 (same)" in output
    assert max(map(len, output.splitlines())) <= 100
    assert Path("runs/explore/my/scatter_matrix.png").is_file()


def test_a_table_without_names_on_the_web(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = in_tmp_path / "cars.data"
    path.write_text("18 8 3504\n15 ? 3693\n9 4 36\n")
    monkeypatch.setattr("lightning_course.sources.own.web.fetch", lambda url: path)
    main(["--data=http://me:secret@example.org", "--data.separator=blank"])
    captured = capsys.readouterr()
    assert "first line is read as the names of the columns: 18, 8, 3504" in captured.err
    assert "secret" not in captured.out + captured.err
    assert [folder.name for folder in Path("runs/explore").iterdir()] == ["cars"]


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run the command, check how it refuses, return its line."""
    assert run("explore", list(argv)) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[-1].startswith("error: ")
    return error[-1]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "the following arguments are required: --data"),
        (["--data=moor"], "no data 'moor' (did you mean 'moore'?)"),
        (["--data=moor.csv"], "moor.csv cannot be read: No such file"),
        (["--data=."], "cannot be read"),
        (["--data=http://127.0.0.1:9/a.csv"], "could not be downloaded: no connection"),
        (["--data=moore", "--colums=a"], "unknown option --colums"),
        (["--data=moore", "--data.separator=;"], "is for your own table, not for moore"),
        (["--data=mnist", "--data.encoding=a"], "is for your own table, not for mnist"),
        (["--data=moore", "--columns_limit=0"], "must be at least 1, got 0"),
        (["--data=moore", "--data.source=cloud"], "invalid choice: 'cloud'"),
        (["--data=moore", "--data.root=nowhere"], "--data.root nowhere is not a folder"),
        (["--data=sbux", "--data.source=local"], "no file"),
        (["--data=empty.csv"], "empty.csv is empty"),
        (["--data=picture.png"], "picture.png is not"),
        (["--data=ragged.csv"], "row 3 has 3 fields, and the first line has 2"),
        (["--data=good.csv", "--scatter=heigth,weight"], "'heigth' (did you mean 'height'?)"),
        (["--data=good.csv", "--scatter=height,name"], "column 'name' has no numbers that differ"),
        (["--data=good.csv", "--save=good.csv"], "good.csv cannot be written"),
    ],
)
def test_bad_input_ends_in_one_line(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    Path("empty.csv").write_text("")
    Path("picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe\0\0\x81\x8d" * 99)
    Path("ragged.csv").write_text("a,b\n1,2\n1,2,3\n")
    Path("good.csv").write_text("height,weight,name\n1,2,x\n3,4,y\n5,7,z\n")
    assert words in refused(capsys, *argv)


def test_the_real_files(
    real_data: Path, in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = explored(capsys, "--data=arrhythmia", f"--data.root={real_data}")
    assert "rows: 452, columns: 280" in output
    assert "columns with one value only: 17" in output
    assert "… and 250 more columns" in output


def test_columns_are_those_of_training(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        f"{i};{i},5;{i > 5};{'NULL' if i == 3 else i};{'5 kg' if i == 4 else i}" for i in range(9)
    ]
    Path("my.csv").write_text("\n".join([";x;old;gone; y ", *rows]) + "\n")
    assert run("explore", ["--data=my.csv"]) == 0
    captured = capsys.readouterr()
    assert "no feature unless you name it: column 1" in captured.err
    assert "refused by training: my.csv, row 6, column 'y': '5 kg' is not a number" in captured.err
    assert [line.split()[:4] for line in captured.out.splitlines() if " float64 " in line] == [
        ["column", "1", "float64", "0"],
        ["x", "float64", "0", "9"],
        ["old", "float64", "0", "2"],
        ["gone", "float64", "1", "8"],
    ]


def test_a_figure_that_fails_leaves_the_others(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = canvas.draw

    def no_scatter(figure: canvas.Figure) -> Any:
        if len(figure.axes) == 4:
            raise RuntimeError("too many points")
        return draw(figure)

    monkeypatch.setattr(canvas, "draw", no_scatter)
    Path("own.csv").write_text("a,b\n1,3\n2,5\n4,9\n")
    assert run("explore", ["--data=own.csv", "--scatter=a,b"]) == 0
    captured = capsys.readouterr()
    assert "warning: cannot draw the figure " in captured.err
    assert captured.out.count("figure:      ") == 1
