"""Small files that describe much: each is refused in time and memory, in one line."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lightning_course.commands import run
from lightning_course.preprocessing import Tokenizer

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")


def refused(capsys: pytest.CaptureFixture[str], verb: str, *argv: str) -> str:
    """Run a command, check how it refuses, return its line."""
    capsys.readouterr()
    assert run(verb, list(argv)) == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run on texts."""
    runs = tmp_path_factory.mktemp("finished")
    options = ["--data.source=standin", "--trainer.max_epochs=1"]
    assert run("train", ["--task=spam", f"--runs={runs}", *options]) == 0
    return runs / "spam/version_0"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "runs/spam/version_0"))


BOMBS = (
    "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{level}: &a{level} [{f'*a{level - 1}, ' * 9}]\n" for level in range(1, 9)),
    "trainer: &t\n  callbacks: *t\n",
    "trainer: " + "[" * 900 + "]" * 900,
)


@pytest.mark.parametrize("bomb", BOMBS, ids=("laughs", "itself", "deep"))
def test_a_config_that_describes_too_much(
    capsys: pytest.CaptureFixture[str], copied: Path, tmp_path: Path, bomb: str
) -> None:
    config = copied / "config.yaml"
    with config.open("a") as file:
        file.write(bomb.replace("trainer", "other"))
    assert "config.yaml cannot be read" in refused(capsys, "evaluate", f"--run={copied}")
    (copied / "results.json").unlink()
    assert "config.yaml cannot be read" in refused(capsys, "train", f"--resume={copied}")
    mine, nested = tmp_path / "mine.yaml", tmp_path / "nested.yaml"
    mine.write_text(bomb)
    argv = ["--task=spam", f"--runs={tmp_path / 'runs'}"]
    assert "mine.yaml cannot be read" in refused(capsys, "train", *argv, f"--config={mine}")
    # A file that another names is checked by jsonargparse's own loader.
    nested.write_text(f"trainer: {mine}\n")
    assert refused(capsys, "train", *argv, f"--config={nested}").startswith("error: ")


def test_pipes_in_place_of_files(
    capsys: pytest.CaptureFixture[str], copied: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    line = f"{pipe} cannot be read: it is a pipe, not a file"
    assert line in refused(capsys, "train", "--task=spam", f"--config={pipe}")
    assert line in refused(capsys, "train", "--task=spam", f"--data.csv={pipe}")
    assert line in refused(capsys, "train", "--task=spam", f"--data.tokenizer_file={pipe}")
    assert line in refused(capsys, "explore", f"--data={pipe}")
    assert line in refused(capsys, "predict", f"--run={copied}", f"--input={pipe}")
    # jsonargparse reads files that a file or an option names.
    mine = tmp_path / "mine.yaml"
    for content in (f"optimizer: {pipe}\n", "optimizer: pipe.csv\n"):
        mine.write_text(content)
        assert line in refused(capsys, "train", "--task=spam", f"--config={mine}")
    assert line in refused(capsys, "train", "--task=spam", f"--optimizer={pipe}")
    # Empty by its size, and its end never comes.
    if Path("/proc/kmsg").exists():
        line = refused(capsys, "train", "--task=spam", "--optimizer=/proc/kmsg")
        assert "/proc/kmsg is empty" in line
    for name in ("config.yaml", "results.json", "checkpoints/last.ckpt"):
        (copied / name).unlink()
        os.mkfifo(copied / name)
        assert refused(capsys, "evaluate", f"--run={copied}").startswith("error: ")


def edit(run_folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = run_folder / "checkpoints/last.ckpt"
    content = torch.load(path, weights_only=True)
    change(content)
    path.unlink()  # it is best.ckpt too
    torch.save(content, path)


@pytest.mark.parametrize("verb", ["evaluate", "predict", "export"])
def test_weights_that_are_not_finite(
    capsys: pytest.CaptureFixture[str], copied: Path, tmp_path: Path, verb: str
) -> None:
    edit(copied, lambda content: content["state_dict"]["network.output.bias"].fill_(float("nan")))
    more = {
        "predict": ["--text=hello"],
        "export": ["--format=state_dict", f"--output={tmp_path / 'a.pt'}"],
    }
    argv = [f"--run={copied}", "--checkpoint=last", *more.get(verb, [])]
    assert "not finite: its training diverged" in refused(capsys, verb, *argv)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_size", 10**9),
        ("embedding_dim", 10**6),
        ("vocabulary_size", 7),
        ("words", ["a"]),
        ("num_classes", 3),
    ],
)
def test_hyperparameters_of_another_model(
    capsys: pytest.CaptureFixture[str], copied: Path, name: str, value: object
) -> None:
    edit(copied, lambda content: content["hyper_parameters"].update({name: value}))
    argv = [f"--run={copied}", "--checkpoint=last", "--text=hello"]
    assert "does not fit task 'spam'" in refused(capsys, "predict", *argv)


def ids(change: Callable[[int], int]) -> Callable[[dict[str, Any]], object]:
    """Return an edit of the tokenizer's numbers of words."""

    def edit_state(content: dict[str, Any]) -> None:
        document = json.loads(content["SpamDataModule"]["tokenizer"])
        words = json.loads(document["config"]["word_index"])
        words = {word: change(number) for word, number in words.items()}
        document["config"]["word_index"] = json.dumps(words)
        content["SpamDataModule"]["tokenizer"] = json.dumps(document)

    return edit_state


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (ids(lambda number: -number), "ids of words"),
        (ids(lambda number: number + 10**7), "ids of words"),
        (lambda content: content["SpamDataModule"].update(maxlen=10**9), "maxlen"),
        (lambda content: content["SpamDataModule"].update(maxlen=-1), "maxlen"),
        (lambda content: content["SpamDataModule"].update(class_names=[1, 2]), "class_names"),
        (
            lambda content: content["SpamDataModule"].update(tokenizer=Tokenizer().to_json()),
            "vocabulary_size is 0",
        ),
    ],
)
def test_fitted_state_without_bounds(
    capsys: pytest.CaptureFixture[str],
    copied: Path,
    change: Callable[[dict[str, Any]], object],
    words: str,
) -> None:
    edit(copied, change)
    argv = [f"--run={copied}", "--checkpoint=last", "--text=hello"]
    assert words in refused(capsys, "predict", *argv)


@pytest.mark.parametrize("key", ["loops", "callbacks", "optimizer_states", "Report", "LastAndBest"])
def test_an_incomplete_checkpoint_is_not_resumed(
    capsys: pytest.CaptureFixture[str], copied: Path, key: str
) -> None:
    edit(copied, lambda content: (content if key in content else content["callbacks"]).pop(key))
    (copied / "results.json").unlink()
    line = refused(capsys, "train", f"--resume={copied}", "--trainer.max_epochs=2")
    assert f"last.ckpt cannot be resumed: it has no {key}" in line


@pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.complex64])
@pytest.mark.parametrize("verb", ["evaluate", "--init_from", "--resume"])
def test_weights_of_other_numbers_are_not_cut_to_size(
    capsys: pytest.CaptureFixture[str], copied: Path, dtype: torch.dtype, verb: str
) -> None:
    def change(content: dict[str, Any]) -> None:
        state = content["state_dict"]
        key = next(iter(state))
        state[key] = state[key].to(dtype)

    edit(copied, change)
    if verb == "evaluate":
        line = refused(capsys, "evaluate", f"--run={copied}", "--checkpoint=last")
    elif verb == "--resume":
        (copied / "results.json").unlink()
        line = refused(capsys, "train", f"--resume={copied}", "--trainer.max_epochs=2")
    else:
        line = refused(capsys, "train", "--task=spam", "--data.source=standin", f"{verb}={copied}")
    assert f"is {dtype}, not torch.float32" in line


def put(*path: Any) -> Callable[[dict[str, Any]], object]:
    """Return a change that puts the last argument to the place that the others name."""
    *keys, last, value = path

    def change(content: dict[str, Any]) -> None:
        place: Any = content
        for key in keys:
            place = place[key]
        place[last] = value

    return change


OPTIMIZER = ("optimizer_states", 0)
GROUP = (*OPTIMIZER, "param_groups", 0)
EPOCHS = ("loops", "fit_loop", "epoch_progress", "current")
REPORT, BEST = ("callbacks", "Report"), ("callbacks", "LastAndBest")
FITTED = ("SpamDataModule",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put(*GROUP, "lr", None), "optimizer_states.0.param_groups.0.lr is of type NoneType"),
        (put(*GROUP, "lr", "x"), "param_groups.0.lr is 'x'"),
        (put(*GROUP, "lr", torch.zeros(3)), "param_groups.0.lr is of type Tensor (3,)"),
        (put(*GROUP, "betas", (0.9,)), "param_groups.0.betas is of type tuple"),
        (put(*OPTIMIZER, "state", 0, {}), "the state of its optimiser lacks that of a parameter"),
        (put(*OPTIMIZER, "state", 0, {"step": "x"}), "could not convert string to float"),
        (put(*OPTIMIZER, []), "optimizer_states.0 is of type list"),
        (put("optimizer_states", []), "it has no optimizer_states"),
        (put("epoch", -5), "it has no epoch"),
        (put("global_step", [1]), "it has no global_step"),
        (put("provenance", None), "it has no provenance"),
        (put(*EPOCHS, "completed", -1), "epoch_progress.current.completed is -1"),
        (put(*EPOCHS, "completed", "x"), "epoch_progress.current.completed is 'x'"),
        (put("loops", {}), "KeyError: 'fit_loop'"),
        (put("loops", "fit_loop", None), "cannot be resumed"),
        (put(*FITTED, None), "its SpamDataModule is of type NoneType"),
        (put(*FITTED, "maxlen", 5), "its SpamDataModule.maxlen is 5"),
        (put(*FITTED, "class_names", 0, torch.zeros(2)), "SpamDataModule.class_names.0 is of type"),
        (put(*FITTED, "class_names", ["spam", "ham"]), "SpamDataModule.class_names.0 is 'spam'"),
        (put(*REPORT, "history", None), "cannot be resumed"),
        (put(*REPORT, "history", []), "its history is not of 1 epochs"),
        (put(*REPORT, "history", [None]), "cannot be resumed"),
        (put(*REPORT, "history", 0, "epoch", "x"), "its history is not of 1 epochs"),
        (put(*REPORT, "history", 0, {}), "KeyError: 'epoch'"),
        (put(*REPORT, "history", 0, "lr", "x"), "its Report.history.0.lr is 'x'"),
        (put(*BEST, "best", "x"), "its LastAndBest.best is 'x'"),
        (put(*BEST, "last_is_best", "x"), "its LastAndBest.last_is_best is 'x'"),
        (put(*BEST, "random_state", {}), "KeyError: 'cpu'"),
        (put(*BEST, "random_state", None), "LastAndBest.random_state is of type NoneType"),
        (put(*BEST, "random_state", "cpu", torch.zeros(5)), "random_state.cpu is of type"),
    ],
)
def test_a_checkpoint_with_other_values_than_training_writes_is_not_resumed(
    capsys: pytest.CaptureFixture[str],
    copied: Path,
    change: Callable[[dict[str, Any]], object],
    words: str,
) -> None:
    edit(copied, change)
    (copied / "results.json").unlink()
    line = refused(capsys, "train", f"--resume={copied}", "--trainer.max_epochs=2")
    assert words in line
    assert "last.ckpt cannot be resumed: " in line


def test_a_config_of_a_larger_model_is_not_resumed(
    capsys: pytest.CaptureFixture[str], copied: Path
) -> None:
    config = copied / "config.yaml"
    config.write_text(config.read_text().replace("hidden_size: 15", "hidden_size: 10000"))
    (copied / "results.json").unlink()
    assert "larger model" in refused(capsys, "train", f"--resume={copied}")
