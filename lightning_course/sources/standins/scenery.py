"""What the stand-in for CIFAR-10 has behind its objects: colours, backgrounds, light."""

from lightning_course.sources.standins.drawing import (
    Canvas,
    Dice,
    Floats,
    Pixels,
    ellipse,
)

_SIZE = 32

Colour = tuple[float, float, float]

SKY, CLOUD, DUSK, FOREST, WALL, DARK = (
    (0.5, 0.68, 0.9),
    (0.78, 0.82, 0.87),
    (0.75, 0.52, 0.45),
    (0.2, 0.35, 0.2),
    (0.72, 0.64, 0.55),
    (0.22, 0.2, 0.25),
)
GRASS, ROAD, SEA, SAND, FLOOR, SNOW = (
    (0.36, 0.5, 0.2),
    (0.45, 0.45, 0.46),
    (0.18, 0.36, 0.5),
    (0.74, 0.64, 0.45),
    (0.5, 0.34, 0.24),
    (0.87, 0.89, 0.93),
)
WHITE, BLACK, BROWN, FAWN, GREY, RED, BLUE, GREEN, YELLOW = (
    (0.9, 0.9, 0.9),
    (0.12, 0.12, 0.13),
    (0.42, 0.27, 0.16),
    (0.72, 0.52, 0.32),
    (0.5, 0.5, 0.52),
    (0.75, 0.15, 0.15),
    (0.2, 0.3, 0.65),
    (0.3, 0.55, 0.2),
    (0.85, 0.75, 0.2),
)
# Every background serves every kind, these shares besides.
_ANY_TOP = dict.fromkeys((SKY, CLOUD, DUSK, FOREST, WALL, DARK), 0.07)
_ANY_GROUND = dict.fromkeys((GRASS, ROAD, SEA, SAND, FLOOR, SNOW), 0.07)


class Scene(Canvas):
    """A canvas with a background.

    Args:
        dice: Randomness.
        tops: Colours above the horizon, with shares.
        grounds: Colours below it.
        horizon: Limits of its height; above 1 there is no ground.
        tilt: See :class:`Canvas`.
    """

    def __init__(
        self,
        dice: Dice,
        tops: dict[Colour, float],
        grounds: dict[Colour, float],
        horizon: tuple[float, float] = (-0.2, 0.7),
        tilt: float = 0.1,
    ) -> None:
        super().__init__(dice, 3, _SIZE, shift=0.15, scale=(0.65, 1.0), tilt=tilt, flip=0.5)
        self._dice = dice
        self.image += dice.colour({**_ANY_TOP, **tops}, 0.15)
        self.image += (dice.between(-0.2, 0.2) * self.down)[:, None]
        ground = dice.colour({**_ANY_GROUND, **grounds}, 0.15)
        self.paint(dice.between(*horizon) - self.down, ground)
        for _ in range(3):
            blot = ellipse(
                self.across,
                self.down,
                dice.between(-1, 1),
                dice.between(-1, 1),
                dice.between(0.1, 0.6),
                dice.between(0.1, 0.5),
            )
            any_colour = dice.uniform(3)[:, :, None, None]
            self.paint(blot, any_colour, dice.chance(0.6) * dice.between(0.15, 0.6))

    def shaded(self, colour: Floats) -> Floats:
        """Return a colour lit from above, (N, 3, H, W)."""
        lit: Floats = colour * (1 - 0.25 * self.y[:, None])
        return lit.clip(0, 1)

    def finish(self) -> Pixels:
        """Return the pixels, in a light of their own."""
        dice = self._dice
        contrast, brightness = dice.between(0.6, 1.15), dice.between(0.38, 0.6)
        self.image = (self.image - 0.5) * contrast[:, None] + brightness[:, None]
        return self.pixels(dice.between(0.04, 0.18), dice)
