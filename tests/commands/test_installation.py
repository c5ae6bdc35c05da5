import os
import subprocess
import sys
from pathlib import Path

import pytest

from lightning_course.commands.installation import diagnose, unmet_requirements


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


@pytest.mark.parametrize(
    ("package", "raised", "words"),
    [
        (
            "torchvision",
            "RuntimeError('operator torchvision::nms does not exist')",
            "torch and torchvision are builds that do not fit together",
        ),
        (
            "tensorboard",
            "ModuleNotFoundError('No module named tensorboard', name='tensorboard.compat')",
            "pip install --force-reinstall tensorboard",
        ),
    ],
)
def test_a_broken_checkout_says_what_to_install(
    tmp_path: Path, package: str, raised: str, words: str
) -> None:
    broken = tmp_path / "site" / package
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text(f"raise {raised}\n")
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
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()
