"""``to_keras``: write a finished run's model as a file for Keras, weights and all."""

from pathlib import Path

from lightning_course.command_line import check_output_path
from lightning_course.errors import require_package
from lightning_course.runs.options import run_parser


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: There is no such run, its data are not found, the network has no counterpart in
            Keras, or the file cannot be written.
    """
    parser = run_parser("to_keras.py", __doc__)
    parser.add_argument(
        "--output",
        type=Path,
        help="file to write: *.keras for Keras 3, *.h5 for Keras 2 and 3, *.weights.h5 for the "
        "weights alone; default: export/model.keras in the run folder",
    )
    options = parser.parse_args(argv)
    check_output_path(options.output)

    from lightning_course.exporting.keras import loading_code, summary, to_keras
    from lightning_course.keras_weights.writing import form_of
    from lightning_course.runs.loading import read_run

    if options.output:
        form_of(options.output)
    require_package("h5py", "keras", "a file for Keras")
    run = read_run(options)
    path = options.output or run.path / "export" / "model.keras"
    description = to_keras(run, path)
    print(summary(run, path, description))
    print(f"\nload it:\n{loading_code(path, description['layers'])}")
