import os
import subprocess
import sys
from pathlib import Path

import pytest

from lightning_course.process.installation import diagnose, launcher_problem, unmet_requirements


def test_requirements_are_compared_with_what_is_installed() -> None:
    wrong = unmet_requirements(
        [
            "pytest>=1",
            "pytest>=999",
            "no-such-package>=1",
            "no-such-extra; extra == 'test'",
            "no-such-platform; sys_platform == 'amiga'",
        ]
    )
    assert [text.split(" (")[0] for text in wrong] == ["pytest>=999", "no-such-package"]


def test_an_error_of_another_kind_is_no_diagnosis() -> None:
    assert diagnose(RuntimeError("shapes do not match")) is None
    assert diagnose(AttributeError("no attribute")) is None


def test_a_missing_package_is_named() -> None:
    error = ModuleNotFoundError("No module named tensorboard", name="tensorboard.compat")
    assert str(diagnose(error)).endswith("pip install --force-reinstall tensorboard")


def test_a_broken_checkout_says_what_to_install(tmp_path: Path) -> None:
    broken = tmp_path / "site" / "torchvision"
    broken.mkdir(parents=True)
    error = "RuntimeError('operator torchvision::nms does not exist')"
    (broken / "__init__.py").write_text(f"raise {error}\n")
    command = [sys.executable, "-m", "lightning_course", "train", "--task=spam"]
    done = subprocess.run(
        [*command, "--data.source=standin", "--trainer.max_epochs=1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(broken.parent), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "torch and torchvision are builds that do not fit together" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"RANK": "1"}, "RANK is 1, so this would be one of several processes"),
        ({"RANK": ""}, "RANK is '', not a number: unset it"),
        ({"LOCAL_RANK": "abc"}, "LOCAL_RANK is 'abc', not a number"),
        ({"SLURM_PROCID": "1"}, "SLURM_PROCID is 1"),
        ({"SLURM_NTASKS": "x"}, "SLURM_NTASKS is 'x'"),
        ({"RANK": "1", "WORLD_SIZE": "2"}, "RANK is 1"),
        ({"RANK": "-1"}, "RANK is '-1', not a number"),
    ],
)
def test_numbers_of_processes_that_no_launcher_set(variables: dict[str, str], words: str) -> None:
    assert words in str(launcher_problem(variables))


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"RANK": "0"},
        {"WORLD_SIZE": "2"},
        # torchrun, and the processes that Lightning starts
        {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"},
        {"LOCAL_RANK": "1", "NODE_RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"},
        {"SLURM_PROCID": "3", "SLURM_LOCALID": "1", "SLURM_NTASKS": "4"},
    ],
)
def test_what_launchers_set_is_right(variables: dict[str, str]) -> None:
    assert launcher_problem(variables) is None
