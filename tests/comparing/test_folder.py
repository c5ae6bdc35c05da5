from pathlib import Path

import pytest

from lightning_course.comparing.folder import ComparisonFolder
from lightning_course.errors import UserError


def test_only_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "compare/name"
    with (
        ComparisonFolder(path, []),
        pytest.raises(UserError, match="another process is using"),
        ComparisonFolder(path, []),
    ):
        pass
    # It was new, and no run began.
    assert not path.exists()


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/mine.txt").touch()
    (tmp_path / "damaged/seed_0/spam/version_0").mkdir(parents=True)
    (tmp_path / "damaged/comparison.json").write_text("{")
    before = set(tmp_path.rglob("*"))
    for name, words in {
        "file/name": "cannot write to",
        "taken": "is not a comparison: choose another --name",
        "damaged": "comparison.json cannot be read",
    }.items():
        with pytest.raises(UserError, match=words), ComparisonFolder(tmp_path / name, []):
            pass
    assert {path for path in tmp_path.rglob("*") if path.name != ".lock"} == before
