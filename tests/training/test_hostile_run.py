"""Run folders and YAML files from elsewhere: nothing that they name is executed or overwritten."""

import copy
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
import torch
import yaml

from lightning_course.commands import run
from lightning_course.errors import UserError
from lightning_course.training.resuming import check_writes

OPTIONS = ["--task=breast_cancer", "--trainer.max_epochs=2", "--trainer.accelerator=cpu"]

# What importing it leaves behind; each class is of the kind that some option takes.
EVIL = """
from pathlib import Path

Path("executed").touch()

from pytorch_lightning import Callback
from lightning_course.datamodules import BreastCancerDataModule as Data
from lightning_course.models import LinearClassifier as Model
from torch.optim import SGD

class Watcher(Callback):
    pass

def factor(epoch):
    Path("executed").touch()
    return 1.0
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a finished and an unfinished run of one epoch."""
    folder = tmp_path_factory.mktemp("runs")
    for _ in range(2):
        assert run("train", [*OPTIONS, "--trainer.max_epochs=1", f"--runs={folder}"]) == 0
    unfinished = folder / "breast_cancer/version_1"
    (unfinished / "results.json").unlink()
    return folder


@pytest.fixture
def here(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Path]]:
    """Return copies of the finished and the unfinished run; an evil module can be imported."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(runs, "runs")
    Path("evil.py").write_text(EVIL)
    monkeypatch.syspath_prepend(tmp_path)
    yield Path("runs/breast_cancer/version_0"), Path("runs/breast_cancer/version_1")
    sys.modules.pop("evil", None)


def edit(path: Path, **sections: Any) -> None:
    """Replace sections of a run's config; "trainer__logger" is the logger of "trainer"."""
    config = yaml.safe_load((path / "config.yaml").read_text())
    for name, value in sections.items():
        section = config
        *above, last = name.split("__")
        for key in above:
            section = section[key]
        section[last] = copy.deepcopy(value)
    (path / "config.yaml").write_text(yaml.safe_dump(config))


def named(path: str, **arguments: Any) -> dict[str, Any]:
    return {"class_path": path, "init_args": arguments}


def refusal(capsys: pytest.CaptureFixture[str], verb: str, *argv: str) -> str:
    """Return the one line with which a command refuses; nothing was executed."""
    capsys.readouterr()
    assert run(verb, list(argv)) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(lines) == 1, lines
    assert not Path("executed").exists()
    return lines[0]


@pytest.mark.parametrize(
    ("reader", "section", "path"),
    [
        (["evaluate"], "model", "evil.Model"),
        (["evaluate"], "model", "antigravity.fly"),
        (["evaluate"], "data", "os.system"),
        (["predict", "--input=rows.csv"], "data", "evil.Data"),
        (["export", "--format=state_dict"], "model", "torch.testing._internal.common_utils.Test"),
        (["to_keras"], "model", "evil.Model"),
    ],
)
def test_a_finished_run_names_classes_of_this_project_alone(
    here: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    reader: list[str],
    section: str,
    path: str,
) -> None:
    edit(here[0], **{f"{section}__class_path": path})
    line = refusal(capsys, *reader, f"--run={here[0]}")
    assert f"uses {path}, which is not part of this project" in line
    assert f"--allow {path.split('.')[0]} imports it" in line
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("path", ["lightning_course.models.Objective", "torch.nn.Linear", "x", ""])
def test_a_class_of_another_kind_is_refused(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str], path: str
) -> None:
    edit(here[0], model__class_path=path)
    assert path in refusal(capsys, "evaluate", f"--run={here[0]}")


def test_what_the_user_allows_is_imported(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    edit(here[0], model__class_path="evil.Model")
    assert run("evaluate", [f"--run={here[0]}", "--allow=evil"]) == 0
    assert Path("executed").exists()


LAMBDA_LR = "torch.optim.lr_scheduler.LambdaLR"
# Where in a config a class, or an object that is a class, can stand.
SECTIONS: list[tuple[str, Any]] = [
    ("model", named("evil.Model", in_features=30)),
    ("data", named("evil.Data")),
    ("optimizer", named("evil.SGD", lr=0.1)),
    ("optimizer", named("subprocess.Popen", args=["touch", "executed"])),
    ("lr_scheduler", named("torch.optim.lr_scheduler.LambdaLR", lr_lambda="evil.factor")),
    ("lr_scheduler", named("torch.optim.lr_scheduler.LambdaLR", lr_lambda="os._exit")),
    ("lr_scheduler", named("torch.optim.lr_scheduler.LambdaLR", lr_lambda=["evil.factor"])),
    (
        "lr_scheduler",
        named("torch.optim.lr_scheduler.MultiplicativeLR", lr_lambda="torch.hub.load"),
    ),
    ("trainer__callbacks", [named("evil.Watcher")]),
    ("trainer__callbacks", named("evil.Watcher")),
    (
        "trainer__callbacks",
        [named("pytorch_lightning.callbacks.LambdaCallback", on_fit_start="evil.factor")],
    ),
    ("trainer__logger", [named("evil.Watcher")]),
    ("trainer__logger", named("evil.Watcher")),
    ("trainer__profiler", named("evil.Watcher")),
    ("trainer__strategy", named("evil.Watcher")),
    ("trainer__plugins", [named("evil.Watcher")]),
    ("trainer__accelerator", named("evil.Watcher")),
]


# A config file is read alike, so that a few sections tell that a run's is.
@pytest.mark.parametrize(("section", "value"), SECTIONS[::4])
def test_resume_imports_nothing_that_the_config_names(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str], section: str, value: Any
) -> None:
    edit(here[1], **{section: value})
    line = refusal(capsys, "train", f"--resume={here[1]}")
    assert "which is not part of this project" in line, line


@pytest.mark.parametrize(("section", "value"), SECTIONS)
def test_neither_does_a_config_file(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str], section: str, value: Any
) -> None:
    content = value
    for key in reversed(section.split("__")):
        content = {key: content}
    Path("my.yaml").write_text(yaml.safe_dump(content))
    line = refusal(capsys, "train", *OPTIONS, "--config=my.yaml", "--trainer.fast_dev_run=true")
    assert "which is not part of this project" in line, line


@pytest.mark.parametrize(
    "state",
    [named("subprocess.Popen", args=["touch", "executed"]), named("evil.Watcher")],
)
def test_an_object_of_any_kind_is_not_built(
    here: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, state: Any
) -> None:
    # The strategy leaves variables there that the commands of later tests would obey.
    monkeypatch.setattr("os.environ", os.environ.copy())
    strategy = named("pytorch_lightning.strategies.DDPStrategy", ddp_comm_state=state)
    edit(here[1], trainer__strategy=strategy)
    run("train", [f"--resume={here[1]}", "--trainer.fast_dev_run=true"])
    assert not Path("executed").exists()


def test_a_config_file_may_refer_to_no_other_that_names_foreign_classes(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("optimizer.yaml").write_text(yaml.safe_dump(named("evil.SGD", lr=0.1)))
    Path("my.yaml").write_text("optimizer: optimizer.yaml\n")
    assert "evil.SGD" in refusal(capsys, "train", *OPTIONS, "--config=my.yaml")


@pytest.mark.parametrize("section", ["optimizer", "trainer", "lr_scheduler"])
def test_a_config_file_has_no_address_fetched(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str], section: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        Path("my.yaml").write_text(f"{section}: http://127.0.0.1:{port}/x.yaml\n")
        refusal(capsys, "train", *OPTIONS, "--config=my.yaml")
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody called
            server.accept()
    with fsspec.open("memory://x.yaml", "w") as file:
        file.write("class_path: torch.optim.SGD\ninit_args: {lr: 0.1}\n")
    Path("my.yaml").write_text(f"{section}: memory://x.yaml\n")
    refusal(capsys, "train", *OPTIONS, "--config=my.yaml")


def test_the_command_line_may_name_any_class(here: tuple[Path, Path]) -> None:
    options = ["--model=evil.Model", "--trainer.callbacks=evil.Watcher"]
    options += ["--lr_scheduler=LambdaLR", "--lr_scheduler.lr_lambda=evil.factor"]
    assert run("train", [*OPTIONS, *options, "--trainer.fast_dev_run=true"]) == 0


def test_allow_extends_to_config_files_and_resumed_runs(here: tuple[Path, Path]) -> None:
    Path("my.yaml").write_text(yaml.safe_dump({"optimizer": named("evil.SGD", lr=0.1)}))
    assert run("train", [*OPTIONS, "--config=my.yaml", "--allow=evil"]) == 0
    Path("runs/breast_cancer/version_2/results.json").unlink()
    resume = ["--resume=runs/breast_cancer/version_2", "--trainer.max_epochs=3"]
    assert run("train", [*resume, "--allow", "evil"]) == 0


def test_what_one_command_allows_the_next_does_not(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("my.yaml").write_text(yaml.safe_dump({"optimizer": named("evil.SGD", lr=0.1)}))
    options = [*OPTIONS, "--config=my.yaml", "--trainer.fast_dev_run=true"]
    assert run("train", [*options, "--allow=evil"]) == 0
    Path("executed").unlink()
    sys.modules.pop("evil")
    assert "evil.SGD" in refusal(capsys, "train", *options)


INSIDE = "runs/breast_cancer/version_1/logs"


def test_resume_writes_into_the_run_folder_alone(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    logger = named("pytorch_lightning.loggers.CSVLogger", save_dir=INSIDE, name="../../elsewhere")
    edit(here[1], trainer__logger=[logger])
    line = refusal(capsys, "train", f"--resume={here[1]}", "--trainer.max_epochs=2")
    assert "writes outside its folder: trainer.logger.name is ../../elsewhere;" in line
    assert not list(Path().rglob("elsewhere"))


@pytest.mark.parametrize(
    "trainer",
    [
        {"default_root_dir": "elsewhere"},
        {"logger": named("pytorch_lightning.loggers.CSVLogger", save_dir="elsewhere")},
        {"logger": [named("CSVLogger", save_dir=INSIDE, name="../../../elsewhere")]},
        {"callbacks": [named("ModelCheckpoint", dirpath="elsewhere")]},
        {"callbacks": [named("ModelCheckpoint", filename="/tmp/elsewhere")]},
        {"profiler": named("SimpleProfiler", dirpath="elsewhere", filename="x")},
    ],
)
def test_folders_outside_are_found_wherever_they_stand(trainer: dict[str, Any]) -> None:
    run_folder = Path("runs/breast_cancer/version_1")
    with pytest.raises(UserError, match="elsewhere; if you trust it"):
        check_writes(trainer, run_folder, ["--trainer.max_epochs=2"], [])
    inside = {"logger": named("CSVLogger", save_dir=INSIDE, name="logs")}
    check_writes(inside, run_folder, [], [])


@pytest.mark.parametrize("option", ["--allow=logs", "--trainer.logger.save_dir=logs"])
def test_the_user_may_have_it_write_elsewhere(here: tuple[Path, Path], option: str) -> None:
    edit(
        here[1],
        trainer__logger=named("pytorch_lightning.loggers.CSVLogger", save_dir="logs"),
    )
    assert run("train", [f"--resume={here[1]}", "--trainer.max_epochs=2", option]) == 0
    assert list(Path("logs").rglob("metrics.csv"))


def test_a_checkpoint_has_no_other_files_removed(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    last = here[1] / "checkpoints/last.ckpt"
    content = torch.load(last, weights_only=True)
    victim = str(last.parent.absolute() / "../../../../victim")
    content["callbacks"]["ModelCheckpoint"] = {"best_k_models": {victim: torch.tensor(0.1)}}
    torch.save(content, last)
    assert "cannot be trusted" in refusal(capsys, "train", f"--resume={here[1]}")


@pytest.mark.parametrize(
    ("option", "value"),
    [("target", {"a": 1}), ("seed", "x"), ("features", 3), ("csv", [1]), ("nope", 1)],
)
def test_options_of_the_data_are_of_the_right_types(
    here: tuple[Path, Path], capsys: pytest.CaptureFixture[str], option: str, value: Any
) -> None:
    edit(here[0], **{f"data__init_args__{option}": value})
    line = refusal(capsys, "evaluate", f"--run={here[0]}")
    assert f"config.yaml has an option {option} that BreastCancerDataModule refuses" in line
