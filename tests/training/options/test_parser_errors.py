"""What is wrong with an option, in one line that helps."""

from pathlib import Path

import pytest
import torch

from lightning_course.commands import run

QUICK = ["--task=breast_cancer", "--trainer.max_epochs=1", "--trainer.accelerator=cpu"]


def refusal(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    capsys.readouterr()
    task = [word for word in argv if word.startswith("--task=")] or QUICK[:1]
    rest = [word for word in (*QUICK, *argv) if not word.startswith("--task=")]
    assert run("train", [*task, *rest]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    return lines[0].removeprefix("error: ")


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--task=spma"], "unknown task 'spma' (did you mean 'spam'?)"),
        (["--trainer.max_epoch=3"], "did you mean '--trainer.max_epochs'?"),
        (["--optimizer.lrr=3"], "did you mean '--optimizer.lr'?"),
        (["--seed_everythin=3"], "did you mean '--seed_everything'?"),
        (["--data.batch_size"], "option --data.batch_size needs a value"),
        (["--task=spam", "--task=other"], "one task at a time"),
        (["--seed_everything=false"], "--seed_everything must be a number"),
        (["--task=spam", "--model.vocabulary_size=5"], "comes from the data"),
        (["--data.batch_size=null"], "--data.batch_size: expected int, got null"),
        (["--task=spam", "--data.source=null"], "source"),
        (["--lr_scheduler=StepLR"], "StepLR needs --lr_scheduler.step_size"),
        (["--trainer.accumulate_grad_batches=0"], "must be at least 1, got 0"),
        (["--trainer.accelerator=cpu", "--trainer.devices=999"], "CPU cores"),
        (["stray"], "unexpected argument 'stray'"),
        (["--trainer.max_epochs=1.5"], "--trainer.max_epochs: expected int or null"),
        (["--task=spam", "--model.cell=tree"], "--model.cell: expected rnn, gru or lstm, got tree"),
        (["--trainer.precision=17"], "bf16 or null, got 17"),
        (
            ["--optimizer=SGD"],
            "--optimizer SGD: which one? Give its import path: torch.optim",
        ),
        (["--lr_scheduler=Nope"], "--lr_scheduler: there is no class Nope"),
        (
            ["--trainer.accelerator=cpu", "--trainer.strategy=ddp_spawn"],
            "use --trainer.strategy ddp",
        ),
        (["--trainer.accelerator=tpu"], "torch_xla"),
        (
            ["--trainer.accelerator=cpu", "--trainer.precision=16-mixed"],
            "--trainer.precision 16-mixed needs a GPU with CUDA; use bf16-mixed or 32-true here",
        ),
        (["--config=nothing.yaml"], "--config: file does not exist: '"),
        (["--config=."], "--config: path is not a file: '"),
        (["--data.batch_size=0"], "batch_size must be at least 1, got 0"),
        (
            ["--task=spam", "--model.hidden_size=-1"],
            "hidden_size must be at least 1, got -1",
        ),
        (
            ["--task=spam", "--data.test_fraction=1.5"],
            "test_fraction must be above 0 and below 1, got 1.5",
        ),
        (["--optimizer.lr=-1"], "lr must be at least 0, got -1"),
        (["--threads=0"], "--threads must be from 1 to 1024, got 0"),
        (
            ["--task=spam", "--data.source=standin", "--data.csv=a.csv"],
            "give csv or source, not both (source is 'standin')",
        ),
        (
            ["--task=spam", "--data.source=auto", "--data.csv=nothing.csv"],
            "nothing.csv cannot be read: No such file",
        ),
        (["--task=spam", "--model.vectors=nothing.txt"], "--model.vectors nothing.txt cannot be"),
        (["--task=spam", "--data.root=nowhere"], "--data.root nowhere is not a folder"),
        (["--trainer.logger.foo=3"], "--trainer.logger: name the class first"),
        (
            ["--trainer.logger=torch.nn.Linear"],
            "expected Logger, Iterable, bool or null, got torch",
        ),
        (["--trainer.logger={}"], "--trainer.logger: expected a Logger: the name of a class"),
        (["--data.batch_size='16'"], "--data.batch_size: expected int, got '16', with the quotes"),
        (["--data.batch_size", '"16"'], 'expected int, got "16", with the quotes'),
        (["--optimizer.lr=null"], "--optimizer.lr: expected float, got null"),
        (
            ["--trainer.callbacks=ModelSummary", "--trainer.callbacks.max_depth=x"],
            "--trainer.callbacks.max_depth: expected int, got x",
        ),
        (["--trainer.callbacks=Timer", "--trainer.callbacks.duration=x"], "not a valid duration"),
        (
            [
                "--trainer.callbacks=EarlyStopping",
                "--trainer.callbacks.monitor=val/loss",
                "--trainer.callbacks.patience=x",
            ],
            "--trainer.callbacks.patience: expected int, got x",
        ),
        (
            [
                "--trainer.callbacks=ModelPruning",
                "--trainer.callbacks.pruning_fn=l1_unstructured",
                "--trainer.callbacks.verbos=1",
            ],
            "unknown option --trainer.callbacks.verbos",
        ),
        (
            ["--trainer.strategy=ddp", "--trainer.strategy.x=1"],
            "--trainer.strategy: ddp is no class that takes --trainer.strategy.x; name one",
        ),
        (
            ["--trainer.profiler=simple", "--trainer.profiler.filename=a"],
            "--trainer.profiler: simple is no class that takes --trainer.profiler.filename",
        ),
        (
            ["--trainer.plugins=MixedPrecision"],
            "needs --trainer.plugins.precision, --trainer.plugins.device",
        ),
        (
            ["--lr_scheduler=LambdaLR", "--lr_scheduler.lr_lambda=x"],
            "--lr_scheduler.lr_lambda: there is no class x",
        ),
        (["--trainer.logger="], "option --trainer.logger needs a value"),
        (["--trainer.logger=0.5"], "--trainer.logger: there is no class 0.5"),
        (["--seed_everything=1e9"], "--seed_everything: expected bool or int, got 1000000000.0"),
        (["--trainer.limit_train_batches=0"], "limit_train_batches 0 would train nothing"),
        (["--trainer.max_steps=0"], "--trainer.max_steps 0 would train nothing"),
        (["--trainer.gradient_clip_val=-1"], "gradient_clip_val must not be negative, got -1"),
        (["--trainer.gradient_clip_algorithm=value"], "without --trainer.gradient_clip_val"),
        (["--trainer.min_epochs=5"], "--trainer.min_epochs 5 is more than --trainer.max_epochs 1"),
        (["--trainer.barebones=true"], "--trainer.barebones true would leave no results"),
        (
            ["--task=sine_linear", "--data=lightning_course.datamodules.BreastCancerDataModule"],
            "the model takes sequence_shape from the data, and BreastCancerDataModule has none",
        ),
        (
            ["--task=spam", "--model=lightning_course.models.LinearClassifier"],
            "the model takes in_features from the data, and SpamDataModule has none",
        ),
        (["--data=null"], "--data null: a task needs one"),
        (["--threads=100000000000000000000"], "--threads must be from 1 to 1024"),
        (["--find_lr", "--optimizer=null"], "--find_lr needs an --optimizer"),
        (["--trainer.num_nodes=2"], "--trainer.num_nodes 2 needs a launcher"),
        (
            ["--task=sine_rnn", "--model.hidden_size=1000000000000"],
            "out of memory (4,000.0 GB asked for): use less data",
        ),
        (
            ["--task=xor_short_rnn", "--data.rows=1000000000000"],
            "rows times length must be at most 10,000,000, got 10,000,000,000,000",
        ),
        (
            ["--task=mnist", f"--data.folder={'n' * 300}"],
            "n: File name too long",
        ),
        (["--data.drop_lst=true"], "(did you mean '--data.drop_last'?)"),
        (["--seed_everything=-1"], "--seed_everything must be an integer from 0 to 4294967295"),
        (["--data.seed=-1"], "seed must be an integer from 0 to 4294967295, got -1"),
        (["--data.seed=4294967296"], "seed must be an integer from 0 to 4294967295"),
        (["--data=lightning_course.datamodules.TableDataModule"], "choose a subclass"),
        (
            ["--data=lightning_course.datamodules.SineDataModule"],
            "choose --model and --data that fit",
        ),
        (["--model.lr=0.1"], "the learning rate is --optimizer.lr, not --model.lr"),
        (["--model.init_args.lr", "0.1"], "the learning rate is --optimizer.lr, not --model.lr"),
    ],
)
def test_messages(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path, argv: list[str], line: str
) -> None:
    message = refusal(capsys, *argv)
    assert line in message
    assert len(message) <= 350
    assert not list(in_tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_gpu_where_there_is_none(capsys: pytest.CaptureFixture[str], in_tmp_path: Path) -> None:
    line = refusal(capsys, "--trainer.accelerator=gpu")
    assert "there is no GPU here" in line
    assert "--trainer.accelerator cpu" in line


@pytest.mark.parametrize(
    "option",
    [
        "--model.num_clases",  # of the data, so it cannot be set
        "--trainer.logger.foo",
    ],
)
def test_only_what_is_accepted_is_suggested(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path, option: str
) -> None:
    Path("logger.yaml").write_text(
        "trainer: {logger: {class_path: CSVLogger, init_args: {save_dir: x, foo: 1}}}\n"
    )
    argv = ["--config=logger.yaml"] if "logger" in option else [f"{option}=1"]
    assert refusal(capsys, *argv) == f"unknown option {option}"


def test_suggestions_are_of_the_class_that_was_chosen(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path
) -> None:
    chosen = ["--data=lightning_course.datamodules.SpamDataModule", "--data.source=standin"]
    assert "(did you mean '--data.maxlen'?)" in refusal(capsys, *chosen, "--data.maxln=3")
    assert "target" not in refusal(capsys, *chosen, "--data.targe=3")


def test_spam_takes_drop_last(in_tmp_path: Path) -> None:
    argv = ["--task=spam", "--data.source=standin", "--data.drop_last=true"]
    assert run("train", [*argv, "--summary"]) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("trainer: {max_epochs: !!binary aGVsbG8=}", "expected int or null, got b'hello'"),
        ("data: {init_args: {csv: !!binary aGVsbG8=}}", "--data.csv: expected str or null"),
        ("data: {init_args: {target: 3}}", "--data.target: expected str or null, got 3"),
        ("? !!binary aGVsbG8=\n: 3", "Key must be a string"),
        ("trainer: null", "trainer that does not consist of options"),
        ("trainer: [1, 2]", "trainer that does not consist of options"),
        ("model: 3", "--model: expected a LightningModule"),
        ("data: {init_args: 7}", "--data: "),
        ("runs: !!set {a, b}", "--runs: expected str, got {"),
    ],
)
def test_values_of_the_wrong_kind_in_yaml(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path, content: str, words: str
) -> None:
    Path("mine.yaml").write_text(content)
    assert words in refusal(capsys, "--config=mine.yaml")


def test_an_option_without_effect_is_refused(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path
) -> None:
    assert run("train", ["--task=sine_linear", "--model.hidden_size=99"]) == 2
    assert "--model.hidden_size has no effect on a linear model" in capsys.readouterr().err
    for option in ("--data.target=x", "--data.features=x", "--data.separator=tab"):
        assert "is for a table of your own: give --data.csv too" in refusal(capsys, option)


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["--task=stock_direction", "--data.date_column=x"], "give --data.csv too"),
        (["--task=mnist", "--data.test_fraction=0.5"], "give --data.folder too"),
        (["--task=cifar10", "--data.class_order=text"], "give --data.folder too"),
        (["--task=sine_rnn", "--data.csv=x.csv", "--data.column=x", "--data.noise=1"], "no effect"),
        (["--task=spam", "--model.freeze_vectors=false"], "no effect without --model.vectors"),
    ],
)
def test_an_option_of_other_data_is_refused(
    capsys: pytest.CaptureFixture[str], in_tmp_path: Path, argv: list[str], line: str
) -> None:
    assert line in refusal(capsys, *argv)


@pytest.mark.parametrize(
    ("verb", "argv", "option"),
    [
        ("train", ["--resume="], "--resume"),
        ("train", ["--resume", ""], "--resume"),
        ("train", ["--task="], "--task"),
        ("classical", ["--task=breast_cancer", "--estimator="], "--estimator"),
        ("classical", ["--task=breast_cancer", "--estimator", "--data.seed=1"], "--estimator"),
        ("train", ["--resume", "--trainer.max_epochs=3"], "--resume"),
        ("evaluate", ["--run="], "--run"),
        ("predict", ["--run", ""], "--run"),
        ("compare", ["--tasks=breast_cancer", "--runs="], "--runs"),
        ("explore", ["--data="], "--data"),
    ],
)
def test_an_empty_value_is_refused(
    capsys: pytest.CaptureFixture[str], verb: str, argv: list[str], option: str
) -> None:
    assert run(verb, argv) == 2
    assert capsys.readouterr().err == f"error: option {option} needs a value\n"
