"""Sandals, trainers and boots, as the stand-in for Fashion-MNIST draws them; toes to the left."""

import numpy as np

from lightning_course.sources.standins.cloth import Garment, other_tone
from lightning_course.sources.standins.drawing import (
    Dice,
    Floats,
    Pixels,
    box,
    ellipse,
    join,
    limb,
    meet,
    polygon,
    ring,
)


def sandal(dice: Dice) -> Pixels:
    """Draw sandals, flat or with a heel."""
    canvas = Garment(dice)
    x, y = canvas.x, canvas.y
    heel = dice.chance(0.4) * dice.between(0.1, 0.5)
    floor, thick = 0.4, dice.between(0.07, 0.2)
    sole = polygon(
        x, y, (-0.88, floor - thick), (-0.2, floor - thick), (0.88, floor - thick - heel),
        (0.88, floor - heel), (-0.2, floor),  (-0.85, floor),
    )  # fmt: skip
    stiletto = box(x, y, dice.between(0.55, 0.75), floor - heel - 0.03, 0.87, floor)
    canvas.sew(sole)
    canvas.paint(stiletto, canvas.cloth, (heel > 0).astype(np.float32))
    for centre, share in ((-0.5, 0.9), (-0.15, 0.6), (0.25, 0.45), (0.62, 0.8)):
        base = floor - thick - heel * max(centre + 0.2, 0.0)
        strap = ring(
            x,
            y,
            centre + dice.between(-0.08, 0.08),
            base,
            dice.between(0.12, 0.28),
            dice.between(0.22, 0.48),
            dice.between(0.08, 0.2),
        )
        canvas.paint(meet(strap, y - base), canvas.cloth, dice.chance(share))
    return canvas.finish()


def _shoe(dice: Dice, ankle: Floats, floor: float) -> tuple[Garment, Floats]:
    """Draw foot and shaft up to a height; the toe is on the left."""
    canvas = Garment(dice)
    x, y = canvas.x, canvas.y
    back, front = dice.between(0.72, 0.85), dice.between(-0.15, 0.15)
    toe = ellipse(x, y, -0.42, floor - 0.05, dice.between(0.4, 0.48), dice.between(0.22, 0.36))
    foot = polygon(
        x, y, (front - 0.45, floor - 0.25), (front + 0.1, np.maximum(ankle, -0.25)),
        (back, ankle), (back, floor), (-0.8, floor),
    )  # fmt: skip
    shaft = polygon(x, y, (front, ankle), (back, ankle), (back, floor), (front - 0.1, floor))
    canvas.sew(meet(join(toe, foot, shaft), y - floor))
    hole = ellipse(x, y, (front + back) / 2 + 0.05, ankle, (back - front) / 2, 0.08)
    canvas.paint(hole, 0.05, dice.between(0.4, 1.0))
    return canvas, back


def sneaker(dice: Dice) -> Pixels:
    """Draw trainers."""
    canvas, back = _shoe(dice, dice.between(-0.42, 0.0), 0.34)
    x, y = canvas.x, canvas.y
    sole = box(x, y, -0.88, 0.32, back + 0.03, dice.between(0.4, 0.5))
    canvas.trim(sole, other_tone(dice))
    for place in (-0.3, -0.12, 0.06):
        lace = limb(x, y, place, -0.02, place + 0.14, 0.12, 0.03)
        canvas.trim(lace, other_tone(dice), dice.chance(0.5))
    return canvas.finish()


def ankle_boot(dice: Dice) -> Pixels:
    """Draw boots, some no higher than a high trainer."""
    canvas, back = _shoe(dice, dice.between(-0.9, -0.3), 0.5)
    x, y = canvas.x, canvas.y
    sole = box(x, y, -0.88, 0.48, back + 0.02, 0.58)
    canvas.trim(sole, other_tone(dice))
    heel = box(x, y, dice.between(0.3, 0.6), 0.55, back, dice.between(0.66, 0.85))
    canvas.trim(heel, dice.between(0.6, 1.1), dice.chance(0.6))
    zipper = limb(x, y, 0.35, -0.3, 0.3, 0.4, 0.025)
    canvas.trim(zipper, other_tone(dice), dice.chance(0.4))
    return canvas.finish()
