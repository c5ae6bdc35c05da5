import io
from pathlib import Path

import pandas as pd
import pytest

from lightning_course.commands import run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> str:
    runs = tmp_path_factory.mktemp("finished")
    argv = ["--task=spam", f"--runs={runs}", "--data.source=standin", "--trainer.max_epochs=6"]
    assert run("train", argv) == 0
    return f"--run={runs}/spam/latest"


def test_texts_lines_and_files_agree(
    finished: str,
    in_tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = ["FREE entry, text WIN to claim your cash prize", "see you at lunch tomorrow"]
    capsys.readouterr()
    assert run("predict", [finished, f"--text={texts[0]}", f"--text={texts[1]}"]) == 0
    printed = capsys.readouterr().out
    assert [line.split()[1] for line in printed.splitlines()] == ["spam", "ham"]

    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n".join(texts) + "\r\n"))
    assert run("predict", [finished]) == 0
    assert capsys.readouterr().out == printed

    pd.DataFrame({"message": [texts[0], "", texts[1]]}).to_csv("in.csv", index=False)
    argv = [finished, "--input=in.csv", "--column=message", "--output=out.csv"]
    assert run("predict", argv) == 0
    table = pd.read_csv("out.csv", keep_default_na=False)
    # A row of the input stays a row of the output, even without text.
    assert list(table) == ["message", "label", "probability"]
    assert table["message"].tolist() == [texts[0], "", texts[1]]
    assert table["label"].tolist()[::2] == ["spam", "ham"]
    assert [f"{value:.4f}" for value in table["probability"][::2]] == [
        line.split()[0] for line in printed.splitlines()
    ]
