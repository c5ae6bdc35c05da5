"""A kind of data that is defined outside the package, in one file, and served by every command."""

import json
from pathlib import Path

import pandas as pd
import pytest

from lightning_course.commands import run

# What a researcher writes: data, network, baseline, figure, a metric, inputs for predict.
RINGS = '''
import pandas as pd
import torch
from torch import Tensor, nn

from lightning_course.datamodules import TensorDataModule
from lightning_course.kinds import Findings, Inputs, Kind, kind_of
from lightning_course.models import BINARY, CourseModule
from lightning_course.nn import Dense
from lightning_course.reports.figures import Figure
from lightning_course.sources import Provenance


class RingsDataModule(TensorDataModule):
    """Points in a plane: inside the unit circle, or not?"""

    class_names = ("outside", "inside")

    def build(self) -> dict[str, tuple[Tensor, Tensor]]:
        x = torch.randn(300, 2, generator=torch.Generator().manual_seed(self.seed))
        y = (x.square().sum(dim=1) < 1).long()
        self.provenance = Provenance(kind="generated", name="rings", sha256="0" * 64)
        return {"train": (x[:200], y[:200]), "test": (x[200:], y[200:])}


class RingsClassifier(CourseModule):
    def __init__(self, hidden_size: int = 4) -> None:
        layers = [Dense(2, hidden_size), nn.ReLU(), Dense(hidden_size, 1), nn.Flatten(0)]
        super().__init__(nn.Sequential(*layers), BINARY)
        self.save_hyperparameters()


@kind_of.register(RingsDataModule)
class RingsKind(Kind[RingsDataModule]):
    name = "points"
    predict_options = ("input",)

    def baseline_predictions(self, objective, split):
        radius = self.data.splits[split][0].norm(dim=1)
        return super().baseline_predictions(objective, split) | {"radius": (radius < 1).float()}

    def derived_metrics(self, module, split):
        inside = module.predict_step(self.data.splits[split][0]) > 0.5
        return {"area": float(inside.float().mean())}

    def add_findings(self, found: Findings, module, evaluation, title):
        figure = Figure()
        figure.subplots().scatter(*self.data.splits[evaluation.split][0].T)
        found.figures["points"] = figure
        found.lines.append("rings, looked at")

    def features(self):
        return {name: (x ** 2).numpy() for name, (x, _) in self.data.splits.items()}

    def read_inputs(self, options):
        table = pd.read_csv(options.input[0])
        return Inputs(torch.tensor(table[["x", "y"]].to_numpy()).float(), table)
'''

OPTIONS = ["--data", "rings.RingsDataModule", "--model", "rings.RingsClassifier"]
OPTIONS += ["--trainer.max_epochs=2", "--trainer.accelerator=cpu"]


@pytest.fixture
def rings(in_tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (in_tmp_path / "rings.py").write_text(RINGS)
    monkeypatch.syspath_prepend(in_tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(in_tmp_path), prepend=":")
    return in_tmp_path


def test_train_evaluate_predict_and_compare_serve_a_kind_from_outside(
    rings: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("train", ["--task", "mnist", *OPTIONS, "--allow", "rings"]) == 0
    printed = capfd.readouterr().out
    assert "rings, looked at" in printed
    folder = rings / "runs/mnist/version_0"
    assert (folder / "figures/points.png").is_file()
    results = json.loads((folder / "results.json").read_text())
    assert results["baselines"]["radius"]["accuracy"] == 1.0
    assert "area" in results["metrics"]["test"]

    assert run("evaluate", ["--run", str(folder), "--allow", "rings"]) == 0
    printed = capfd.readouterr().out
    assert "radius" in printed
    assert "area" in printed

    pd.DataFrame({"x": [0.0, 3.0], "y": [0.1, 3.0], "note": ["a", "b"]}).to_csv("points.csv")
    predict = ["--run", str(folder), "--allow", "rings", "--input", "points.csv"]
    assert run("predict", [*predict, "--output", "out.csv"]) == 0
    predicted = pd.read_csv("out.csv")
    assert set(predicted["label"]) <= {"inside", "outside"}
    assert predicted["note"].tolist() == ["a", "b"]
    assert run("predict", [*predict, "--steps", "3"]) == 2
    assert "--steps: task 'mnist' predicts points; it takes --input" in capfd.readouterr().err

    assert run("compare", ["--tasks", "mnist", "--seeds", "1", *OPTIONS, "--allow", "rings"]) == 0
    (table,) = (rings / "runs/compare").glob("*/comparison.csv")
    assert "radius" in table.read_text()


def test_without_a_kind_of_its_own_a_data_module_is_served_as_plain_rows(
    rings: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (rings / "rings.py").write_text(RINGS.replace("@kind_of.register(RingsDataModule)", ""))
    # Another module of that name may be loaded.
    (rings / "rings.py").rename(rings / "plain_rings.py")
    options = [word.replace("rings.", "plain_rings.") for word in OPTIONS]
    assert run("train", ["--task", "mnist", *options, "--allow", "plain_rings"]) == 0
    folder = rings / "runs/mnist/version_0"
    results = json.loads((folder / "results.json").read_text())
    assert list(results["baselines"]) == ["split", "majority class"]
    capfd.readouterr()
    predict = ["--run", str(folder), "--allow", "plain_rings", "--input", "points.csv"]
    assert run("predict", predict) == 2
    assert "predict" in capfd.readouterr().err
