"""What the stand-in for Fashion-MNIST makes its garments of."""

import numpy as np

from lightning_course.sources.standins.drawing import (
    Canvas,
    Dice,
    Floats,
    Number,
    Pixels,
    join,
    stripes,
)

_SIZE = 28


class Garment(Canvas):
    """A canvas with a cloth: a grey with shading, and in some images stripes."""

    def __init__(self, dice: Dice) -> None:
        super().__init__(dice, 1, _SIZE, shift=0.12, scale=(0.75, 1.05), tilt=0.1)
        self._dice = dice
        grey = dice.between(0.3, 0.95)
        along = np.where(dice.chance(0.5) == 1, self.x, self.y)
        striped = dice.chance(0.3) * dice.between(0.1, 0.35)
        texture = striped * stripes(along, dice.between(1.5, 5), dice.uniform(1, 1))
        shade = dice.between(-0.25, 0.25) * self.x + dice.between(-0.2, 0.2) * self.y
        self.cloth: Floats = (grey * (1 + texture + shade)).clip(0.12, 1)[:, None]

    def sew(self, *shapes: Floats) -> None:
        """Paint shapes with the cloth."""
        self.paint(join(*shapes), self.cloth)

    def trim(self, shape: Floats, factor: Number, opacity: Number = 1.0) -> None:
        """Paint a part in a darker or lighter tone of the cloth."""
        tone = factor if isinstance(factor, float) else factor[:, None]
        self.paint(shape, (self.cloth * tone).clip(0, 1), opacity)

    def finish(self) -> Pixels:
        """Return the pixels."""
        return self.pixels(self._dice.between(0.02, 0.1), self._dice)


def other_tone(dice: Dice) -> Floats:
    """Return tones for a trim, darker or lighter than the cloth, (N, 1, 1)."""
    return np.where(dice.chance(0.6) == 1, dice.between(0.3, 0.75), dice.between(1.3, 1.9))
