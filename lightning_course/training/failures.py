"""How the failure of a run is explained: one line that says why, and what is left of the run."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightning_course.errors import Interrupted, UserError
from lightning_course.runs.checkpoints import read_checkpoint
from lightning_course.runs.folder import last_checkpoint
from lightning_course.terminal import program
from lightning_course.training.cli import CourseCLI
from lightning_course.training.signals import ProcessLost, end_others


@contextmanager
def explain_failure(cli: CourseCLI) -> Iterator[None]:
    """Explain an error of the block's run. In any case unlock the run folder.

    Raises:
        UserError: The run folder cannot be written, or the network cannot be compiled.
        ProcessLost: One of several processes ended.
        Interrupted: A signal came; the message says how to resume the run.
    """
    try:
        yield
    except Interrupted as error:
        end_others(cli.trainer)
        error.args = (f"{error}; {_what_is_left(cli)}",)
        raise
    except Exception as error:
        lost = end_others(cli.trainer)
        if lost and not isinstance(error, UserError):
            raise ProcessLost(
                f"another process of the run ended first, with exit code {lost[0]}; "
                f"{_what_is_left(cli)}"
            ) from error
        if isinstance(error, OSError) and (problem := _write_problem(cli, error)):
            raise UserError(problem) from error
        if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            # Commonly there is no C++ compiler; the rest of the message is pages long.
            reason = str(error).strip().splitlines()[0]
            raise UserError(f"torch.compile failed: {reason}; train without --compile") from error
        if cli.folder and cli.folder.made and not _is_finished(cli.folder.path):
            error.add_note(f"unfinished run: {cli.folder.path}")
        raise
    finally:
        if cli.folder:
            cli.folder.unlock()


def _is_finished(run: Path) -> bool:
    return (run / "results.json").is_file()


def _write_problem(cli: CourseCLI, error: OSError) -> str | None:
    """Return why the run folder cannot be written; None for an error of another kind."""
    if cli.folder is None or not cli.folder.made:
        return None
    path = cli.folder.path
    within = error.filename is not None and os.fsdecode(error.filename).startswith(str(path))
    # The thread that writes TensorBoard's events does not say which file.
    if not within and error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    if not path.is_dir():
        return f"the run folder {path} is gone: it was removed during the run"
    return f"cannot write the run {path}: {error.strerror}; {_what_is_left(cli)}"


def _what_is_left(cli: CourseCLI) -> str:
    """Return how much of the run is saved, and the command that resumes it."""
    if cli.folder is None or not cli.folder.made:
        return "no epoch was finished"
    path = cli.folder.path
    if _is_finished(path):
        return f"the run {path} is finished, but some of its figures may be missing"
    checkpoint = last_checkpoint(path)
    if not checkpoint.is_file():
        return "no epoch was finished"
    epochs = read_checkpoint(checkpoint)["epoch"] + 1
    return (
        f"{epochs} epochs are saved; resume with: {program('train')} --resume {path}"
        f"{cli.allow_options}"
    )
