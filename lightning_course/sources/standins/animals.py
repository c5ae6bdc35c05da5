"""Birds, cats, deer, dogs, frogs and horses, as the stand-in for CIFAR-10 draws them."""

from typing import NamedTuple

import numpy as np

from lightning_course.sources.standins.drawing import (
    Dice,
    Floats,
    Pixels,
    ellipse,
    join,
    limb,
    polygon,
)
from lightning_course.sources.standins.scenery import (
    BLACK,
    BLUE,
    BROWN,
    CLOUD,
    DARK,
    FAWN,
    FLOOR,
    FOREST,
    GRASS,
    GREEN,
    GREY,
    RED,
    SAND,
    SEA,
    SKY,
    SNOW,
    WALL,
    WHITE,
    YELLOW,
    Scene,
)

_FEATHERS = {BROWN: 0.7, GREY: 0.6, BLACK: 0.4, RED: 0.3, BLUE: 0.4, WHITE: 0.4, YELLOW: 0.4}
_COATS = {BROWN: 0.6, FAWN: 0.8, BLACK: 0.5, WHITE: 0.5, GREY: 0.6}


def bird(dice: Dice) -> Pixels:
    """Draw birds that stand or fly."""
    scene = Scene(
        dice,
        {SKY: 0.9, CLOUD: 0.4, FOREST: 0.6},
        {GRASS: 0.6, SEA: 0.2, SAND: 0.3},
        (0.2, 1.6),
        0.25,
    )
    x, y = scene.x, scene.y
    paint = scene.shaded(dice.colour(_FEATHERS, 0.12))
    body = ellipse(x, y + 0.25 * x, 0.05, 0.05, dice.between(0.4, 0.52), dice.between(0.24, 0.34))
    head_x, head_y = dice.between(-0.5, -0.35), dice.between(-0.35, -0.15)
    head = ellipse(x, y, head_x, head_y, 0.2, 0.2)
    tail = polygon(x, y, (0.3, -0.2), (0.9, dice.between(-0.4, 0.0)), (0.92, 0.1), (0.35, 0.12))
    flies = dice.chance(0.4)
    span = dice.between(0.6, 0.95)
    far = polygon(x, y, (-0.1, -0.05), (0.15, -span), (0.4, -span), (0.3, 0.0))
    near = polygon(x, y, (-0.15, 0.0), (0.3, 0.0), (0.45, span), (0.2, span))
    scene.paint(far, paint * 0.7, flies)
    legs = join(limb(x, y, 0.0, 0.2, -0.05, 0.7, 0.03), limb(x, y, 0.15, 0.2, 0.12, 0.7, 0.03))
    scene.paint(legs, dice.colour({YELLOW: 1, DARK: 1}, 0.1), (1 - flies) * dice.chance(0.8))
    scene.paint(join(body, head, tail), paint)
    folded = ellipse(x, y + 0.3 * x, 0.15, 0.05, 0.32, 0.14)
    scene.paint(folded, paint * 0.65, 1 - flies)
    scene.paint(near, paint * 0.75, flies * dice.chance(0.6))
    tip = head_x - dice.between(0.28, 0.45)
    beak = polygon(x, y, (head_x - 0.1, head_y - 0.1), (head_x - 0.1, head_y + 0.1), (tip, head_y))
    scene.paint(beak, dice.colour({YELLOW: 1, DARK: 0.6}, 0.1))
    scene.paint(ellipse(x, y, head_x - 0.05, head_y - 0.05, 0.05, 0.05), 0.05)
    return scene.finish()


def frog(dice: Dice) -> Pixels:
    """Draw frogs from the front."""
    scene = Scene(dice, {FOREST: 0.9, DARK: 0.3, WALL: 0.2}, {GRASS: 0.9, SAND: 0.4, FLOOR: 0.4})
    x, y = scene.x, scene.y
    paint = scene.shaded(dice.colour({GREEN: 1.3, BROWN: 0.7, YELLOW: 0.2, GREY: 0.3}, 0.12))
    ax = np.abs(x)
    wide, high = dice.between(0.5, 0.7), dice.between(0.32, 0.45)
    thigh = ellipse(ax, y, wide - 0.05, 0.3, dice.between(0.2, 0.32), 0.22)
    foot = ellipse(ax, y, dice.between(0.35, 0.75), 0.55, 0.24, 0.09)
    scene.paint(join(thigh, foot), paint * 0.8)
    body = ellipse(x, y, 0.0, 0.15, wide, high)
    eye_x, eye_y = dice.between(0.22, 0.38), 0.12 - high
    eyes = ellipse(ax, y, eye_x, eye_y, 0.17, 0.17)
    scene.paint(join(body, eyes), paint)
    scene.paint(ellipse(x, y, 0.0, 0.35, wide * 0.7, high * 0.5), paint * 1.3, dice.chance(0.6))
    scene.paint(ellipse(ax, y, eye_x, eye_y, 0.1, 0.1), dice.colour({YELLOW: 1, WHITE: 0.6}, 0.1))
    scene.paint(ellipse(ax, y, eye_x, eye_y, 0.055, 0.055), 0.05)
    scene.paint(limb(ax, y, 0.0, 0.2, wide * 0.7, 0.14, 0.025), 0.15, dice.chance(0.7))
    return scene.finish()


class _Pets(NamedTuple):
    """What the two views of cats or dogs share.

    Attributes:
        cat: Whether they are cats.
        scene: Where they are drawn.
        dice: Randomness.
        coat: Colours (N, 3, 1, 1).
        pointed: Whether their ears are, (N, 1, 1).
        muzzle: Its radius, (N, 1, 1).
    """

    cat: bool
    scene: Scene
    dice: Dice
    coat: Floats
    pointed: Floats
    muzzle: Floats


def _pet(dice: Dice, cat: bool) -> Pixels:
    """Draw a cat or a dog: from the front or the side, with the ears, muzzle and tail of either."""
    scene = Scene(dice, {WALL: 0.8, DARK: 0.4}, {FLOOR: 0.8, GRASS: 0.4})
    pets = _Pets(
        cat,
        scene,
        dice,
        coat=dice.colour(_COATS, 0.12),
        # The other animal's ears now and then.
        pointed=dice.chance(0.88 if cat else 0.25),
        muzzle=dice.between(0.1, 0.17) if cat else dice.between(0.14, 0.3),
    )
    side = dice.chance(0.4)
    _from_the_side(pets, side)
    _from_the_front(pets, 1 - side)
    return scene.finish()


def _from_the_side(pets: _Pets, shown: Floats) -> None:
    """Draw those pets that are to be shown, (N, 1, 1), from the side."""
    cat, scene, dice, coat, pointed, muzzle = pets
    x, y, paint = scene.x, scene.y, scene.shaded(coat)
    legs = dice.between(0.5, 0.62) if cat else dice.between(0.55, 0.75)
    trunk = limb(x, y, -0.25, 0.15, 0.4, 0.15, dice.between(0.16, 0.24))
    feet = [limb(x, y, place, 0.2, place, legs, 0.07) for place in (-0.35, -0.18, 0.35, 0.5)]
    end = dice.between(-0.75, -0.3) if cat else dice.between(-0.45, 0.1)
    tail = limb(x, y, 0.52, 0.08, dice.between(0.65, 0.85), end, 0.055)
    head = ellipse(x, y, -0.45, -0.2, 0.23, 0.22)
    snout = limb(x, y, -0.5, -0.12, -0.55 - muzzle * 1.1, -0.1, muzzle * 0.6)
    scene.paint(join(trunk, *feet, tail, head, snout), paint, shown)
    for place in (-0.58, -0.34):
        upright = polygon(x, y, (place, -0.58), (place + 0.12, -0.3), (place - 0.12, -0.3))
        scene.paint(upright, paint * 0.85, shown * pointed)
    hanging = ellipse(x, y, -0.34, -0.12, 0.09, 0.2)
    scene.paint(hanging, paint * 0.7, shown * (1 - pointed))
    scene.paint(ellipse(x, y, -0.53, -0.24, 0.05, 0.05), 0.05, shown)


def _from_the_front(pets: _Pets, shown: Floats) -> None:
    """Draw those pets that are to be shown, (N, 1, 1), from the front."""
    cat, scene, dice, coat, pointed, muzzle = pets
    x, y, paint = scene.x, scene.y, scene.shaded(coat)
    ax, wide = np.abs(x), dice.between(0.34, 0.44)
    scene.paint(ellipse(x, y, 0.0, 0.6, wide + 0.06, 0.5), paint * 0.9, shown)
    # As high as the head is wide, or longer.
    head = ellipse(x, y, 0.0, -0.15, wide, wide * (0.9 if cat else 1.1))
    tip = dice.between(-0.8, -0.65)
    upright = polygon(ax, y, (wide - 0.08, tip), (wide, -0.2), (0.08, -0.42))
    hanging = ellipse(ax, y, wide, -0.05, 0.12, dice.between(0.26, 0.36))
    scene.paint(upright, paint * 0.85, shown * pointed)
    scene.paint(head, paint, shown)
    scene.paint(hanging, paint * 0.7, shown * (1 - pointed))
    pale = (scene.shaded(coat) * 1.3).clip(0, 1)
    scene.paint(ellipse(x, y, 0.0, 0.05, muzzle, muzzle), pale, shown)
    scene.paint(ellipse(x, y, 0.0, 0.0, muzzle * 0.4, muzzle * 0.35), 0.08, shown)
    iris = dice.colour({YELLOW: 1, GREEN: 1} if cat else {BROWN: 1, DARK: 1}, 0.15)
    scene.paint(ellipse(ax, y, 0.17, -0.22, 0.075, 0.075), iris, shown)
    scene.paint(ellipse(ax, y, 0.17, -0.22, 0.035, 0.05), 0.03, shown)


def cat(dice: Dice) -> Pixels:
    """Draw cats."""
    return _pet(dice, cat=True)


def dog(dice: Dice) -> Pixels:
    """Draw dogs."""
    return _pet(dice, cat=False)


def _hoofed(dice: Dice, deer: bool) -> Pixels:
    """Draw a deer or a horse: antlers or a mane, a short or a long tail."""
    forest, meadow = {FOREST: 0.9, SKY: 0.2}, {SKY: 0.5, CLOUD: 0.3, FOREST: 0.4, WALL: 0.2}
    scene = Scene(dice, forest if deer else meadow, {GRASS: 1.0, SAND: 0.3, SNOW: 0.1})
    x, y = scene.x, scene.y
    horses = {BROWN: 0.9, BLACK: 0.5, WHITE: 0.3, FAWN: 0.4}
    paint = scene.shaded(dice.colour({FAWN: 0.9, BROWN: 0.8} if deer else horses, 0.1))
    feet = dice.between(0.72, 0.88)
    thick = dice.between(0.045, 0.065) if deer else dice.between(0.055, 0.085)
    belly = dice.between(0.15, 0.21) if deer else dice.between(0.18, 0.25)
    trunk = limb(x, y, -0.3, 0.05, 0.45, 0.02, belly)
    bent = dice.between(-0.1, 0.1)
    legs = [
        limb(x, y, place, 0.1, place + bent * part, feet, thick)
        for place, part in ((-0.4, -1.0), (-0.25, 1.0), (0.4, 1.0), (0.56, -1.0))
    ]
    head_x, head_y = dice.between(-0.68, -0.5), dice.between(-0.6, -0.4)
    neck = limb(x, y, -0.32, 0.0, head_x + 0.08, head_y, 0.1 if deer else 0.14)
    head = limb(x, y, head_x + 0.05, head_y, head_x - 0.15, head_y + 0.14, 0.085)
    ear = polygon(x, y, (head_x + 0.12, head_y - 0.28), (head_x + 0.16, head_y), (head_x, head_y))
    if deer:
        tail = limb(x, y, 0.62, -0.08, 0.7, 0.08, 0.06)
    else:
        tail = limb(x, y, 0.62, -0.05, dice.between(0.72, 0.85), dice.between(0.35, 0.6), 0.06)
    scene.paint(join(trunk, *legs, neck, head, ear), paint)
    scene.paint(tail, paint * 1.5 if deer else paint * 0.5)
    if deer:
        antlers, bone = dice.chance(0.65), dice.colour({BROWN: 1, FAWN: 1}, 0.1)
        for lean, height in ((-0.15, 0.35), (0.1, 0.42), (0.32, 0.32)):
            horn = limb(x, y, head_x + 0.08, head_y, head_x + lean, head_y - height, 0.035)
            scene.paint(horn, bone, antlers)
    else:
        mane = limb(x, y, -0.24, -0.1, head_x + 0.18, head_y - 0.05, 0.07)
        scene.paint(mane, paint * 0.45, dice.chance(0.8))
    return scene.finish()


def deer(dice: Dice) -> Pixels:
    """Draw deer, most with antlers."""
    return _hoofed(dice, deer=True)


def horse(dice: Dice) -> Pixels:
    """Draw horses."""
    return _hoofed(dice, deer=False)
