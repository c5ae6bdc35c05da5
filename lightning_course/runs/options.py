"""The options that name a finished run and its data."""

from lightning_course.command_line import Parser, add_allow

#: What a user's own data are, by the option of their path.
MOVED = {"csv": "CSV file", "folder": "folder of images"}


def run_parser(prog: str, description: str | None) -> Parser:
    """Return a parser with the options for a run, its checkpoint and its data."""
    parser = Parser(prog=prog, description=description, allow_abbrev=False)
    parser.add_argument("--run", required=True, help="runs/TASK/VERSION or runs/TASK/latest")
    parser.add_argument(
        "--checkpoint", choices=("last", "best"), help="default: as in results.json"
    )
    parser.add_argument("--data.root", dest="root", help="folder of the data files, if moved")
    for name, what in MOVED.items():
        parser.add_argument(f"--data.{name}", dest=name, help=f"the run's own {what}, if moved")
    add_allow(parser)
    return parser
