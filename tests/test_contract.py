"""What every task of the catalogue must do, on its stand-in and without a network."""

import contextlib
import inspect
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
import yaml
from pytorch_lightning.cli import LightningCLI

from lightning_course.catalogue import TASKS, Task, config_path, recipe
from lightning_course.commands import run
from lightning_course.imports import import_class
from lightning_course.keras_weights import architecture, read_keras, take_keras_weights
from lightning_course.nn import keras_parameter_count
from lightning_course.runs.loading import load_run

# Their real rows come with a dependency.
BUNDLED = ("breast_cancer",)


@dataclass
class Trained:
    task: Task
    path: Path
    output: str

    @property
    def kind(self) -> str:
        results = json.loads((self.path / "results.json").read_text())
        return str(results["data"]["kind"])


def offline(task: Task) -> list[str]:
    """Return the option that asks for the stand-in, where a task has one at all."""
    data_class = import_class(recipe(task.name)["data"]["class_path"], object)
    arguments = inspect.signature(data_class).parameters
    return ["--data.source=standin"] if "source" in arguments else []


def built(config: dict[str, Any], argument: object) -> Any:
    """Return the optimiser of parameters, or the schedule of an optimiser, of a config.yaml."""
    return import_class(config["class_path"], object)(argument, **config["init_args"])


def values(group: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a parameter group without its parameters."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in group.items()
        if name != "params"
    }


class Contract:
    """What is asked of a task; each has a class of its own, so that processes can share them."""

    task: Task

    @pytest.fixture(scope="class")
    def trained(
        self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Trained:
        """Train the task for two short epochs by its command."""
        task = request.cls.task
        runs = tmp_path_factory.mktemp("runs")
        capture = request.config.pluginmanager.getplugin("capturemanager")
        argv = [f"--task={task.name}", f"--runs={runs}", *offline(task)]
        argv += ["--trainer.max_epochs=2", "--trainer.limit_train_batches=4"]
        log = runs / "log"
        with (
            capture.global_and_fixture_disabled(),
            log.open("w") as file,
            contextlib.redirect_stdout(file),
        ):
            assert run("train", argv) == 0
        return Trained(task, runs / task.name / "version_0", log.read_text())

    def test_the_run_folder_is_complete(self, trained: Trained) -> None:
        names = {path.name for path in trained.path.iterdir()}
        assert {"config.yaml", "history.csv", "results.json", "predictions.csv", "figures"} <= names
        assert len([name for name in names if name.startswith("events.out.tfevents")]) == 1
        checkpoints = {path.name for path in (trained.path / "checkpoints").iterdir()}
        # Without a split that validates, no epoch is known to be the best.
        validates = {"validation", "test"} & set(trained.task.splits)
        assert checkpoints == ({"last.ckpt", "best.ckpt"} if validates else {"last.ckpt"})
        figures = list((trained.path / "figures").glob("*.png"))
        assert "curves" in {figure.stem for figure in figures}
        assert all(figure.stat().st_size > 5_000 for figure in figures)

    def test_the_results_tell_where_they_come_from(self, trained: Trained) -> None:
        results = json.loads((trained.path / "results.json").read_text())
        assert results["task"] == trained.task.name
        assert trained.kind in ("stand-in", "generated") or trained.task.name in BUNDLED
        assert tuple(results["metrics"]) == trained.task.splits
        assert results["baselines"]
        assert results["epochs"] == 2
        assert results["seed"] == results["data_seed"] == 0
        # Only results on the course's data may stand beside Keras's.
        assert ("STAND-IN" in trained.output) == (trained.kind == "stand-in")
        assert ("Keras" in trained.output) == (
            trained.kind != "stand-in" and bool(trained.task.keras)
        )

    def test_the_parameter_count_is_keras_s(self, trained: Trained) -> None:
        results = json.loads((trained.path / "results.json").read_text())
        assert results["parameters"] == results["keras_parameters"]

    def test_history_has_a_row_an_epoch(self, trained: Trained) -> None:
        history = pd.read_csv(trained.path / "history.csv")
        assert history["epoch"].tolist() == [0, 1]
        assert np.isfinite(history.to_numpy()).all()
        assert trained.task.monitor in history or len(trained.task.splits) == 1

    def test_the_config_is_complete_and_trains_again(self, trained: Trained) -> None:
        path = trained.path / "config.yaml"
        config = yaml.safe_load(path.read_text())
        chosen = recipe(trained.task.name)["model"]["init_args"]
        # Of stand-ins, the vocabulary alone has another size than the course's data.
        if trained.task.name == "spam":
            chosen["vocabulary_size"] = load_run(trained.path).module.hparams["vocabulary_size"]
        assert chosen.items() <= config["model"]["init_args"].items()
        assert config["data"]["init_args"]["seed"] == 0
        assert config["trainer"]["precision"]
        argv = [f"--task={trained.task.name}", f"--config={path}", "--trainer.fast_dev_run=true"]
        assert run("train", argv) == 0

    @pytest.mark.filterwarnings("ignore:.*configure_optimizers")  # the recipe's optimizer
    def test_plain_lightning_runs_the_recipe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        argv = [f"--config={config_path(self.task.name)}", *offline(self.task)]
        monkeypatch.setattr("sys.argv", ["train.py", *argv, "--trainer.fast_dev_run=true"])
        cli = LightningCLI(
            subclass_mode_model=True,
            subclass_mode_data=True,
            save_config_callback=None,
            run=False,
        )
        cli.trainer.fit(cli.model, datamodule=cli.datamodule)
        assert cli.trainer.global_step == 1

    def test_a_checkpoint_gives_the_same_predictions(self, trained: Trained) -> None:
        loaded = load_run(trained.path)
        assert keras_parameter_count(loaded.module) == trained.task.keras_parameters(
            loaded.datamodule
        )
        written = pd.read_csv(trained.path / "predictions.csv", keep_default_na=False)
        for split, (inputs, _) in loaded.datamodule.splits.items():
            rows = written[written["split"] == split]
            assert rows["row"].tolist() == list(range(len(inputs)))
            with torch.inference_mode():
                values = loaded.module.predict_step(inputs).numpy()
            column = "prediction" if loaded.module.objective.kind == "regression" else "probability"
            if values.ndim > 1:
                values = values.max(axis=1)
            np.testing.assert_allclose(rows[column].to_numpy(float), values, rtol=0, atol=2e-6)

    def test_lightning_loads_the_checkpoint_without_pickle(self, trained: Trained) -> None:
        checkpoint = trained.path / "checkpoints" / "last.ckpt"
        module_class = type(load_run(trained.path).module)
        module = module_class.load_from_checkpoint(
            checkpoint, weights_only=True, map_location="cpu"
        )
        assert isinstance(module, pl.LightningModule)

    def test_an_imported_model_trains_as_the_command_does(self, trained: Trained) -> None:
        config = yaml.safe_load((trained.path / "config.yaml").read_text())
        module = load_run(trained.path).module
        configured = module.configure_optimizers()
        (own,), schedules = configured if isinstance(configured, tuple) else ([configured], [])
        optimizer = built(config["optimizer"], module.parameters())
        assert type(own) is type(optimizer)
        if config["lr_scheduler"]:
            (schedule,) = schedules
            scheduler = built(config["lr_scheduler"], optimizer)
            assert type(schedule) is type(scheduler)
            assert schedule.state_dict() == scheduler.state_dict()
        else:
            assert not schedules
        assert [values(group) for group in own.param_groups] == [
            values(group) for group in optimizer.param_groups
        ]

    def test_the_model_can_be_exported(self, trained: Trained) -> None:
        # ONNX goes through torch.export, so that it stands for both; the command checks the result.
        assert run("export", [f"--run={trained.path}", "--format=onnx"]) == 0
        assert (trained.path / "export/model.onnx").is_file()

    def test_a_file_for_keras_brings_the_weights_back(self, trained: Trained) -> None:
        assert run("to_keras", [f"--run={trained.path}"]) == 0
        loaded = load_run(trained.path)
        written = loaded.module.state_dict()
        fresh = type(loaded.module)(**loaded.module.hparams)
        inputs = loaded.datamodule.splits["train"][0]
        file = read_keras(trained.path / "export/model.keras")
        taken = take_keras_weights(fresh, architecture(fresh, inputs.shape[1:]), file)
        back = fresh.state_dict()
        names = [name for array in taken for name in array.parameters]
        assert set(names) == {name for name in back if not name.endswith("num_batches_tracked")}
        assert all(torch.equal(written[name], back[name]) for name in names)

    def test_evaluate_gives_the_same_figures(
        self, trained: Trained, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("evaluate", [f"--run={trained.path.parent}/latest"]) == 0
        table = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
        trained_table = [line.split("  ") for line in trained.output.splitlines()]
        results = json.loads((trained.path / "results.json").read_text())
        metrics = list(results["metrics"][trained.task.splits[-1]])
        rows = [line for line in table if line[0] in metrics]
        assert [row[0] for row in rows] == metrics
        for row in rows:
            told = next(line for line in trained_table if line[0] == row[0])
            assert told[: len(row)] == row

    def test_the_same_seed_gives_the_same_history(self, trained: Trained, tmp_path: Path) -> None:
        argv = [f"--task={trained.task.name}", f"--runs={tmp_path}", *offline(trained.task)]
        argv += ["--trainer.max_epochs=2", "--trainer.limit_train_batches=4"]
        assert run("train", argv) == 0
        again = tmp_path / trained.task.name / "version_0"
        first, second = (
            pd.read_csv(path / "history.csv").drop(columns="seconds")
            for path in (trained.path, again)
        )
        pd.testing.assert_frame_equal(first, second, check_exact=True)


# One class a task: pytest's processes share the work by class.
for _name, _task in TASKS.items():
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (Contract,), {"task": _task})
