"""A comparison from start to end: train the missing runs, write the table and the figure."""

from lightning_course.comparing.folder import ComparisonFolder
from lightning_course.comparing.options import Options
from lightning_course.comparing.results import write_results
from lightning_course.comparing.runs import describe, run_missing
from lightning_course.errors import Interrupted, UserError


class RunsFailed(UserError):
    """Some runs failed. The input was not bad (2): the same command may succeed."""

    exit_code = 1


def compare(options: Options) -> None:
    """Train the runs that are missing, then write the results of all and print them.

    Raises:
        UserError: No run could be started, or the folder cannot be used.
        RunsFailed: Some runs failed; the table has the others.
        Interrupted: A signal was received.
    """
    members = options.members
    with ComparisonFolder(options.folder, options.recorded_overrides) as folder:
        try:
            failures = run_missing(folder, options)
            if any(folder.finished(member) for member in folder.members):
                write_results(folder, members)
                print(f"look at it:  tensorboard --logdir {options.runs}", flush=True)
            elif all(failure.refused for failure in failures):
                several = len(options.tasks) > 1
                raise UserError(describe(failures) if several else failures[0].error)
            else:
                folder.keep()
        except Interrupted as error:
            finished = sum(folder.finished(member) is not None for member in members)
            error.args = (
                f"{error}; {finished} of {len(members)} runs are finished; run the same command "
                "again to continue",
            )
            raise
    if failures:
        raise RunsFailed(
            f"{len(failures)} of {len(members)} runs failed: {describe(failures)}; "
            "run the same command again to retry them"
        )
