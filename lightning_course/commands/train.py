"""``train``: fit a task, evaluate its last weights, write the run folder, print the table."""

import time
from pathlib import Path

from lightning_course import catalogue
from lightning_course.catalogue import Task
from lightning_course.command_line import take_option
from lightning_course.errors import UserError
from lightning_course.process.interrupts import is_rank_zero
from lightning_course.terminal import program

USAGE = """usage: {program} --task NAME [--OPTION VALUE …]

  --task NAME               which example of the course; --list shows all
  --data.root FOLDER        where the data files lie or are downloaded to
  --data.source SOURCE      auto, download, local or standin
  --trainer.max_epochs N    and every other option of Lightning's Trainer
  --model.OPTION, --data.OPTION, --optimizer.OPTION, --lr_scheduler CLASS
  --seed_everything N       seed of weights, shuffling and split (default 0)
  --runs FOLDER             where run folders go (default runs)
  --resume RUN              resume a run; with --trainer.OPTION only
  --init_from RUN           start with the weights of a finished run
  --compile true            compile the network with torch.compile
  --spreadsheet_safe true   no spreadsheet formulas in the CSV files of results
  --find_lr                 do not train: suggest a learning rate, with a plot
  --summary                 show layers, output shapes, parameters; then stop
  --config FILE             more YAML, over the task's own
  --allow PACKAGE           let YAML files and runs name its classes too
  --print_config            show every option with its value, then stop
  --task NAME --help        show every option with its explanation"""

# Options that show something and stop.
_INSTEAD_OF_TRAINING = ("--find_lr", "--summary")


def main(argv: list[str]) -> None:
    """Run the command; see ``USAGE``.

    Raises:
        UserError: Bad input, or a loss that is not finite.
    """
    started = time.perf_counter()
    if "--list" in argv:
        print(catalogue.listing())
        return
    if argv in ([], ["-h"], ["--help"]):
        print(USAGE.format(program=program("train")))
        return

    folder, task, mode, words = _parse(argv)
    # The output of --print_config is a file for --config.
    prints_config = any(word.startswith("--print_config") for word in words)
    # A launcher runs this script again for each further process.
    if is_rank_zero() and not prints_config:
        print(f"{task.name}: {task.summary} (chapter {task.chapter})", flush=True)

    # After the line above: torch and Lightning take seconds to import.
    from lightning_course.training import console
    from lightning_course.training.cli import CourseCLI
    from lightning_course.training.train import show_summary, train

    console.quieten()
    if mode == "--find_lr":
        from lightning_course.training.find_lr import find_lr

        find_lr(task, words)
    elif mode == "--summary":
        show_summary(CourseCLI(task, words, record=False))
    else:
        train(CourseCLI(task, words, folder), started)


def _parse(argv: list[str]) -> tuple[Path | None, Task, str | None, list[str]]:
    """Return the folder of the run to resume, the task, the mode, and CourseCLI's command line."""
    run, argv = take_option(argv, "--resume")
    modes = list(dict.fromkeys(word for word in argv if word in _INSTEAD_OF_TRAINING))
    mode = modes[0] if modes else None
    words = [word for word in argv if word not in _INSTEAD_OF_TRAINING]
    if len(modes) > 1:
        raise UserError(f"{' and '.join(modes)}: one at a time")
    if run is None:
        task, words = catalogue.task_of(words)
        return None, task, mode, words
    if mode:
        raise UserError(f"{mode} is for a new run, and --resume continues an old one")
    # Imported here: a new run, and above all `--list`, can do without.
    from lightning_course.runs.folder import find_unfinished

    folder = find_unfinished(run)
    task, words = _own_config(folder, words)
    return folder, task, mode, words


def _own_config(folder: Path, words: list[str]) -> tuple[Task, list[str]]:
    """Return the task of a run that is resumed, and its config as an option before the words."""
    from lightning_course.files.reading import read_yaml

    for word in words:
        if word.startswith("-") and not word.startswith(("--trainer.", "--allow")):
            raise UserError(
                f"--resume takes the run's own config; only --trainer.… may be added, not {word}"
            )
    path = folder / "config.yaml"
    try:
        task = catalogue.find(read_yaml(path)["task"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read: it must name the task") from error
    return task, [f"--config={path}", *words]
