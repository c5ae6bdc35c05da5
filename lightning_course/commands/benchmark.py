"""``benchmark``: time a task's training epochs here and in a hand-written PyTorch loop.

The hand-written loop has the same tensors, batch sizes, augmentation, network, optimiser, precision
and validation pass as the task, but no logging and no checkpoints; this project trains with both.
The two take turns, and their difference is the median over the turns, so that a slow moment of the
machine affects both.
"""

from lightning_course import catalogue
from lightning_course.command_line import Parser


def main(argv: list[str]) -> None:
    """Run the command; options that it does not know are the task's, as for ``train``.

    Raises:
        UserError: Bad input.
    """
    parser = Parser(prog="benchmark.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--task", required=True)
    parser.add_argument("--rounds", type=int, default=9, help="turns of each (default 9)")
    parser.add_argument("--epochs", type=int, default=2, help="timed epochs in a turn (default 2)")
    options, rest = parser.parse_known_args(argv)
    if options.rounds < 1 or options.epochs < 1:
        parser.error("--rounds and --epochs must be at least 1")
    task = catalogue.find(options.task)

    from lightning_course.process.warnings import quieten
    from lightning_course.training.benchmark import benchmark

    quieten()
    print(benchmark(task, rest, options.rounds, options.epochs))
