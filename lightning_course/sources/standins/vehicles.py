"""Aeroplanes, cars, ships and lorries, as the stand-in for CIFAR-10 draws them."""

from collections.abc import Sequence

from lightning_course.sources.standins.drawing import (
    Dice,
    Floats,
    Number,
    Pixels,
    box,
    ellipse,
    join,
    limb,
    meet,
    polygon,
    stripes,
)
from lightning_course.sources.standins.scenery import (
    BLACK,
    BLUE,
    CLOUD,
    DARK,
    DUSK,
    FAWN,
    FOREST,
    GRASS,
    GREEN,
    GREY,
    RED,
    ROAD,
    SAND,
    SEA,
    SKY,
    WALL,
    WHITE,
    YELLOW,
    Scene,
)


def airplane(dice: Dice) -> Pixels:
    """Draw aeroplanes from the side, rising or sinking."""
    scene = Scene(dice, {SKY: 1.2, CLOUD: 0.8, DUSK: 0.2}, {ROAD: 0.5, GRASS: 0.3}, (0.3, 2.0), 0.3)
    x, y = scene.x, scene.y
    paint = scene.shaded(dice.colour({WHITE: 1.0, GREY: 0.6, BLUE: 0.2, RED: 0.15, DARK: 0.3}, 0.1))
    thick, sweep = dice.between(0.09, 0.16), dice.between(0.1, 0.5)
    span = dice.between(0.3, 0.65)
    far = polygon(x, y, (sweep, -span), (sweep + 0.15, -span), (0.25, 0.0), (-0.2, 0.0))
    near = polygon(x, y, (-0.2, 0.0), (0.25, 0.0), (sweep + 0.15, span), (sweep, span))
    fin = polygon(x, y, (0.75, dice.between(-0.5, -0.3)), (0.92, -0.4), (0.85, 0.0), (0.5, 0.0))
    scene.paint(far, paint * 0.8, dice.chance(0.7))
    scene.paint(join(limb(x, y, -0.8, 0.0, 0.75, -0.03, thick), fin), paint)
    scene.paint(near, paint * 0.7)
    windows = meet(box(x, y, -0.65, -0.07, 0.6, -0.02), stripes(x, 6.0, 0.0) * 0.1)
    scene.paint(windows, 0.2, dice.chance(0.6))
    return scene.finish()


def _car_paint(dice: Dice) -> Floats:
    return dice.colour(
        {RED: 1, BLUE: 1, WHITE: 1, BLACK: 0.7, GREY: 1, YELLOW: 0.5, GREEN: 0.3}, 0.1
    )


def _wheels(scene: Scene, dice: Dice, places: Sequence[Number], radius: Number) -> None:
    """Draw wheels that stand on the height 0.55."""
    for place in places:
        middle = 0.55 - radius
        scene.paint(ellipse(scene.x, scene.y, place, middle, radius, radius), 0.08)
        hub = ellipse(scene.x, scene.y, place, middle, radius * 0.45, radius * 0.45)
        scene.paint(hub, dice.between(0.4, 0.8)[:, None])


_STREET = ({SKY: 0.3, CLOUD: 0.3, WALL: 0.4, FOREST: 0.3}, {ROAD: 1.2, SAND: 0.2, GRASS: 0.3})


def automobile(dice: Dice) -> Pixels:
    """Draw cars from the side."""
    scene = Scene(dice, *_STREET)
    x, y = scene.x, scene.y
    paint = scene.shaded(_car_paint(dice))
    roof, belt = dice.between(-0.5, -0.25), dice.between(-0.1, 0.05)
    front, back = dice.between(-0.5, -0.15), dice.between(0.2, 0.75)
    cabin = polygon(x, y, (front, roof), (back, roof), (back + 0.15, belt), (front - 0.3, belt))
    body = polygon(
        x, y, (-0.85, belt + 0.08), (-0.6, belt - 0.02), (0.85, belt), (0.88, 0.4), (-0.9, 0.4)
    )
    glass = polygon(
        x, y, (front + 0.05, roof + 0.07), (back - 0.05, roof + 0.07), (back + 0.02, belt - 0.02),
        (front - 0.15, belt - 0.02),
    )  # fmt: skip
    scene.paint(join(cabin, body), paint)
    scene.paint(glass, dice.colour({DARK: 1, SKY: 0.6}, 0.1))
    middle = (front + back) / 2
    scene.paint(limb(x, y, middle, roof, middle, belt, 0.03), paint)
    _wheels(scene, dice, (-0.52, 0.55), dice.between(0.16, 0.24))
    return scene.finish()


def truck(dice: Dice) -> Pixels:
    """Draw lorries with a high load, or as low as a pick-up."""
    scene = Scene(dice, *_STREET)
    x, y = scene.x, scene.y
    paint, load = scene.shaded(_car_paint(dice)), scene.shaded(_car_paint(dice))
    roof, cab = dice.between(-0.5, -0.2), dice.between(-0.5, -0.25)
    # A pick-up's is low.
    height = dice.between(-0.75, -0.1)
    cargo = box(x, y, cab + 0.06, height, 0.9, 0.36)
    cabin = polygon(x, y, (-0.75, roof), (cab, roof), (cab, 0.4), (-0.88, 0.4), (-0.88, 0.0))
    scene.paint(box(x, y, -0.8, 0.25, 0.88, 0.42), 0.15)
    scene.paint(cargo, load)
    scene.paint(cabin, paint)
    glass = box(x, y, -0.75, roof + 0.08, cab - 0.06, roof + 0.3)
    scene.paint(glass, dice.colour({DARK: 1, SKY: 0.6}, 0.1))
    _wheels(scene, dice, (-0.6, 0.35, 0.7), dice.between(0.14, 0.2))
    return scene.finish()


def ship(dice: Dice) -> Pixels:
    """Draw sailing boats, and ships with a house on deck."""
    scene = Scene(dice, {SKY: 1.0, CLOUD: 0.8, DUSK: 0.3}, {SEA: 1.8}, (0.0, 0.5))
    x, y = scene.x, scene.y
    deck, keel = dice.between(0.05, 0.25), dice.between(0.4, 0.55)
    hull = polygon(x, y, (-0.9, deck - 0.08), (0.88, deck), (0.7, keel), (-0.6, keel))
    sails = dice.chance(0.35)
    white = scene.shaded(dice.colour({WHITE: 1.0, FAWN: 0.2}, 0.08))
    top = dice.between(-0.9, -0.5)
    sail = join(
        polygon(x, y, (0.0, top), (0.5, deck - 0.1), (0.0, deck - 0.1)),
        polygon(x, y, (-0.08, top + 0.1), (-0.08, deck - 0.1), (-0.45, deck - 0.1)),
    )
    left = dice.between(-0.5, 0.0)
    house = join(
        box(x, y, left, deck - dice.between(0.15, 0.35), left + dice.between(0.4, 0.9), deck),
        box(x, y, left + 0.1, deck - dice.between(0.3, 0.7), left + 0.35, deck),
    )
    scene.paint(sail, white, sails)
    scene.paint(house, white, 1 - sails)
    scene.paint(limb(x, y, left + 0.2, deck, left + 0.2, -0.7, 0.025), 0.25, dice.chance(0.6))
    paint = scene.shaded(dice.colour({DARK: 0.6, RED: 0.5, BLUE: 0.5, WHITE: 0.5, GREY: 0.6}, 0.1))
    scene.paint(hull, paint)
    return scene.finish()
