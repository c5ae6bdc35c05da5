"""``export``: write a finished run's model as ONNX, for torch.export, or as plain weights."""

from pathlib import Path

from lightning_course.command_line import check_output_path
from lightning_course.errors import require_package
from lightning_course.runs.options import run_parser

_FILES = {"onnx": "model.onnx", "torch_export": "model.pt2", "state_dict": "weights.pt"}


def main(argv: list[str]) -> None:
    """Run the command.

    Raises:
        UserError: There is no such run, its data are not found, the format is not possible, or the
            exported model predicts something else than the original.
    """
    parser = run_parser("export.py", __doc__)
    parser.add_argument("--format", required=True, choices=list(_FILES))
    parser.add_argument(
        "--output", type=Path, help="file to write; default: export/ in the run folder"
    )
    options = parser.parse_args(argv)
    check_output_path(options.output)
    if options.format == "onnx":
        for package in ("onnx", "onnxscript", "onnxruntime"):
            require_package(package, "export", "--format onnx")

    from lightning_course.exporting.description import written
    from lightning_course.exporting.export import export, loading_code
    from lightning_course.runs.loading import read_run

    run = read_run(options)
    path = options.output or run.path / "export" / _FILES[options.format]
    comparison = export(run, options.format, path)
    print(written(run, path, comparison))
    if options.format == "state_dict":
        print(f"\nload it:\n{loading_code(run, path)}")
