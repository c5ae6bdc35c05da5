"""``classical``: a scikit-learn estimator on the rows of a task, beside the task's latest run."""

from lightning_course import catalogue
from lightning_course.command_line import take_option
from lightning_course.errors import UserError
from lightning_course.terminal import program

USAGE = """usage: {program} --task NAME [--estimator NAME] [--data.OPTION VALUE …]

  --task NAME            which example of the course; train.py --list shows all
  --estimator NAME       random_forest (default), ridge, k_nearest_neighbors, decision_tree,
                         gradient_boosting (not for texts) or svm (linear);
                         for classes logistic_regression and naive_bayes too,
                         for values linear_regression
  --data.OPTION VALUE    as for train: the same options give the same rows
  --seed_everything N    seed of split and estimator (default 0)
  --runs FOLDER          folder of the run to compare with (default runs)"""

# Options for training a network, which these estimators do not use.
_WITHOUT_EFFECT = ("--trainer", "--optimizer", "--lr_scheduler")


def main(argv: list[str]) -> None:
    """Run the command; see ``USAGE``.

    Raises:
        UserError: Bad input, or rows that the estimator cannot be fitted on.
    """
    if argv in ([], ["-h"], ["--help"]):
        print(USAGE.format(program=program("classical")))
        return
    task, argv = catalogue.task_of(argv)
    name, argv = take_option(argv, "--estimator")
    for word in argv:
        if word.startswith(_WITHOUT_EFFECT):
            raise UserError(f"{word.split('=')[0]} is for train: it would have no effect here")
    print(f"{task.name}: {task.summary} (chapter {task.chapter})", flush=True)

    # After the line above: torch and Lightning take seconds to import.
    from lightning_course.comparing.classical import compare_estimator
    from lightning_course.process.warnings import quieten
    from lightning_course.training.cli import CourseCLI

    quieten()
    # Like `train`, so that the rows are those of the network.
    compare_estimator(CourseCLI(task, argv, record=False), name or "random_forest")
