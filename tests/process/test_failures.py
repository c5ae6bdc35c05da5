"""Whatever ends a command, it is one line that says whose fault it is."""

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_course.commands import run
from lightning_course.errors import UserError, one_line
from lightning_course.preprocessing import ColumnScaler
from lightning_course.process.failures import SHOW_TRACEBACK, describe

QUICK = ["--task=breast_cancer", "--trainer.max_epochs=2", "--trainer.accelerator=cpu"]


def raised(function: Callable[[], object]) -> Exception:
    """Return what a function raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # any
        function()
    return caught.value


def in_package(source: str) -> Callable[[], object]:
    """Return a function `f` whose frame counts as one of this project."""
    import lightning_course

    module = types.ModuleType("lightning_course.made_up")
    path = str(Path(lightning_course.__file__).with_name("made_up.py"))
    exec(compile(source, path, "exec"), vars(module))
    function: Callable[[], object] = module.f
    return function


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda: json.loads("{"), "JSONDecodeError from json.decoder"),
        (lambda: np.random.default_rng(-1), "non-negative"),
        (lambda: torch.nn.Linear(3, 2)(torch.zeros(4, 5)), "from torch.nn.modules.linear"),
        (lambda: Path("no/such/file").read_text(), "no/such/file: No such file or directory"),
        (lambda: torch.empty(10**15), "out of memory"),
        (in_package("import torch\ndef f(): return torch.ones(2) @ torch.ones(3)"), "inconsistent"),
        (in_package("def f(): return f()"), "nested too deeply"),
        (in_package("def f(): raise MemoryError"), "out of memory"),
        (in_package("def f(): raise NotImplementedError('X must implement build()')"), "build()"),
        (in_package("def f(): raise NotImplementedError"), "a method is missing: choose another"),
    ],
)
def test_what_a_library_refuses_is_bad_input(function: Callable[[], object], words: str) -> None:
    line, code = describe(raised(function))
    assert words in line
    assert "defect" not in line
    assert code == 2
    assert "\n" not in line


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(): return {}['a']", "KeyError at lightning_course/made_up.py:1: 'a'"),
        ("\ndef f(): return None.b", "AttributeError at lightning_course/made_up.py:2: "),
        ("def f(): assert not 'ours'", "AssertionError at lightning_course/made_up.py:1: no mess"),
        (
            "def f():\n try: {}['a']\n except KeyError as e: raise RuntimeError('built') from e",
            "KeyError at lightning_course/made_up.py:2: 'a'",
        ),
    ],
)
def test_what_our_code_raises_is_a_defect_with_its_place(source: str, words: str) -> None:
    line, code = describe(raised(in_package(source)))
    assert line.startswith("a defect of lightning-course, not of your input: ")
    assert words in line
    assert f"{SHOW_TRACEBACK}=1" in line
    assert code == 1


def test_a_user_error_behind_another_exception_is_the_line() -> None:
    function = in_package(
        "from lightning_course.errors import UserError\n"
        "def f():\n try: raise UserError('the file is empty')\n"
        " except UserError as e: raise RuntimeError('building') from e"
    )
    assert describe(raised(function)) == ("the file is empty", 2)


def test_notes_stand_at_the_end() -> None:
    error = UserError("diverged " + "x" * 1000)
    error.add_note("unfinished run: runs/spam/version_0")
    line, _ = describe(error)
    assert line.endswith(" (unfinished run: runs/spam/version_0)")
    assert len(line) < 500


def test_a_message_is_one_bounded_line_without_addresses() -> None:
    assert one_line("two\n  lines\tand\x0ba tab") == "two lines and a tab"
    assert one_line(f"got {object()}") == "got <object>"
    assert one_line(f"got {ColumnScaler().fit}").count("0x") == 0
    long = one_line("first " + "word " * 500 + "last")
    assert len(long) <= 410
    assert long.startswith("first ")
    assert long.endswith(" last")


def test_the_traceback_is_shown_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHOW_TRACEBACK, "1")
    assert run("train", ["--task=nothing"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1].startswith("error: unknown task 'nothing'")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--trainer.val_check_interval=1000000"], "less than or equal to the number of"),
        (
            [
                "--lr_scheduler=OneCycleLR",
                "--lr_scheduler.max_lr=1",
                "--lr_scheduler.total_steps=1",
            ],
            "Tried to step 2 times",
        ),
        (["--lr_scheduler=StepLR", "--lr_scheduler.step_size=0"], "modulo by zero"),
        (["--optimizer=torch.optim.SparseAdam"], "does not support dense gradients"),
        (["--trainer.devices=-1"], "devices"),
        (["--optimizer.lr=null"], "--optimizer.lr: expected float, got null"),
        (["--data=lightning_course.datamodules.TensorDataModule"], "must implement build()"),
    ],
)
def test_values_that_are_refused_late(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path, argv: list[str], words: str
) -> None:
    assert run("train", [*QUICK, *argv]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert words in lines[0]
    assert not list(in_tmp_path.rglob("results.json"))
    if (in_tmp_path / "runs").exists():
        assert "(unfinished run: runs/breast_cancer/version_0)" in lines[0]


def test_the_fault_of_a_users_own_class_is_told_with_its_module(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("my_models.py").write_text(
        "from lightning_course.models import LinearClassifier\n"
        "class Mine(LinearClassifier):\n"
        "    def training_step(self, batch, index):\n"
        "        return {}['loss']\n"
    )
    monkeypatch.syspath_prepend(str(in_tmp_path))
    assert run("train", [*QUICK, "--model=my_models.Mine"]) == 2
    assert "error: 'loss' (KeyError from my_models; " in capsys.readouterr().err
    sys.modules.pop("my_models", None)


def test_an_error_in_a_destructor_is_a_line(
    in_tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Lightning's XLAProfiler is refused before it has what its destructor needs.
    assert run("train", [*QUICK, "--trainer.profiler=xla"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_lightnings_scheduler_of_a_metric_may_be_chosen_by_name(in_tmp_path: Path) -> None:
    scheduler = ["--lr_scheduler=ReduceLROnPlateau", "--lr_scheduler.monitor=val/loss"]
    assert run("train", [*QUICK, *scheduler]) == 0
