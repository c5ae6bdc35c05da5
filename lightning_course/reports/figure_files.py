"""Figures that belong to no run: written as PNG and to TensorBoard."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightning_course.errors import UserError, optional
from lightning_course.files.writing import write_atomically
from lightning_course.terminal import printable

if TYPE_CHECKING:
    from lightning_course.reports.figures import Figure


def write_figures(
    drawn: Mapping[str, "Figure"], folder: Path, verb: str, text: str | None = None
) -> None:
    """Write figures as PNG and to TensorBoard, and print where.

    What the same verb has written to the folder before is replaced.

    Args:
        drawn: Figures by name.
        folder: Made if it is not there.
        verb: Under which TensorBoard shows them.
        text: Shown there beside them, as it stands.

    Raises:
        UserError: The folder cannot be written.
    """
    from torch.utils.tensorboard import SummaryWriter

    from lightning_course.reports.canvas import draw, png

    try:
        folder.mkdir(parents=True, exist_ok=True)
        # TensorBoard would also show the figures of earlier calls.
        for earlier in folder.glob(f"events.out.tfevents.*.{verb}"):
            earlier.unlink()
        writer: Any = SummaryWriter(str(folder), filename_suffix=f".{verb}")
        if text is not None:
            # Indented, Markdown keeps lines and columns.
            lines = "\n".join(f"    {line}" for line in text.splitlines())
            writer.add_text(verb, lines, 0)
        for name, figure in drawn.items():
            path, pixels = folder / f"{name}.png", None
            with optional(f"draw the figure {name}"):
                pixels = draw(figure)
            if pixels is not None:
                write_atomically(path, png(pixels))
                writer.add_image(f"{verb}/{name}", pixels, 0, dataformats="HWC")
                print(printable(f"figure:      {path}"))
        writer.close()
    except OSError as error:
        raise UserError(f"the folder {folder} cannot be written: {error.strerror}") from error
    print(f"look at it:  tensorboard --logdir {folder}")
