"""``compare``: train tasks over several seeds, each run in its own process."""

from lightning_course.comparing.options import parse


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: Bad input.
        RunsFailed: Some runs failed; the table has the others.
        Interrupted: A signal was received.
    """
    options = parse(argv)

    # After the command line is checked: torch takes seconds to import.
    from lightning_course.comparing.compare import compare
    from lightning_course.process.warnings import quieten

    quieten()
    compare(options)
