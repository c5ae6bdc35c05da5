from pathlib import Path

import pytest

from lightning_course.comparing.options import Member, Options, joined_options, parse
from lightning_course.errors import UserError


def test_all_tasks_have_a_seed_before_the_next_seed_starts() -> None:
    options = parse(["--tasks=spam,mnist", "--seeds=7,3", "--lr", "1", "--data.root", "there"])
    assert options.members == [
        Member("spam", 7),
        Member("mnist", 7),
        Member("spam", 3),
        Member("mnist", 3),
    ]
    # The place of the data changes no result, and so no name.
    assert options.overrides == ["--lr=1", "--data.root=there"]
    assert options.recorded_overrides == ["--lr=1"]
    assert options.folder == Path("runs/compare/lr=1")
    assert parse(["--tasks=spam", "--name=mine"]).folder == Path("runs/compare/mine")


def test_names_of_folders() -> None:
    def name(*overrides: str) -> str:
        return Options(["spam"], [0], overrides).folder.name

    assert name() == "default"
    assert name("--model.cell=gru", "--config=a/b.yaml") == "model.cell=gru,config=a_b.yaml"
    assert len(name("--x=" + "y" * 300)) < 110


def test_options_and_their_values_become_one_word() -> None:
    words = ["--a", "1", "--b=2", "--c", "-1", "stray", "--d", "--e"]
    assert joined_options(words) == ["--a=1", "--b=2", "--c=-1", "stray", "--d", "--e"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--tasks=spma"], "unknown task 'spma' (did you mean 'spam'?)"),
        (["--tasks=,"], "at least one task"),
        (["--seeds=3"], "required: --tasks"),
        (["--tasks=spam", "--seeds=0"], "--seeds: expected 1 to 10000 seeds, got 0"),
        (["--tasks=spam", "--seeds=1.5"], "--seeds: expected a number"),
        (["--tasks=spam", "--seeds=4294967296,"], "less than 2**32"),
        (["--tasks=spam", "--jobs=0"], "--jobs: must be at least 1, got 0"),
        (["--tasks=spam", "--name=../x"], "--name: expected the name of a folder"),
        (["--tasks=spam", "--seed=3"], "did you mean '--seeds'?"),
        (["--tasks=spam", "--seed_everything", "3"], "--seeds names the seeds"),
        (["--tasks=spam", "--resume=runs/spam/latest"], "the same command again"),
        (["--tasks=spam", "--trainer.fast_dev_run=true"], "it leaves no results"),
    ],
)
def test_bad_input(argv: list[str], words: str) -> None:
    with pytest.raises(UserError) as error:
        parse(argv)
    assert words in str(error.value)
