"""Drawings of agents: a small figure in the agent's colour with its number, hand and activity."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import Image

from . import colours as c
from .brush import Brush, shade
from .glyphs import draw_item, gear

WIDTH, HEIGHT = 3.0, 3.0  # tiles of the picture
FEET = (1.5, 1.75)  # where the character's position is in it
SCALE = 1.2  # a little larger than life: the figure carries a number


@lru_cache(maxsize=4096)
def figure(
    index: int, facing: int, step: int, activity: str, swing: int, hand: str, pixels: int
) -> Image.Image:
    """An agent as an RGBA picture.

    ``facing`` is the game's direction (0, 2 .. 14), ``step`` 0..3 the phase of its walk (0 when it
    stands), ``activity`` "" | "mining" | "crafting", ``swing`` 0..3 the phase of that, ``hand`` the
    name of the item in hand ("" = none).
    """
    whole = Brush(WIDTH, HEIGHT, pixels)
    brush = whole.at(*FEET, SCALE)
    draw_body(brush, index, facing, step)
    draw_tool(brush, facing, activity, swing)
    draw_hand(brush, hand)
    return whole.image()


def draw_body(brush: Brush, index: int, facing: int, step: int) -> None:
    """The figure alone, its position at (0, 0)."""
    x, y = 0.0, 0.0
    colour = c.agent(index)
    ax, ay = _ahead(facing)
    brush.disc(x, y + 0.16, 0.42, (0, 0, 0, 80), flat=0.5)
    _pointer(brush, x, y, ax, ay, colour)
    # feet, and the shadow of the figure
    lift = (0.0, 0.07, 0.0, -0.07)[step]
    for side in (-1, 1):
        brush.disc(x + side * 0.16, y + 0.12 + side * lift, 0.13, (48, 46, 50), c.OUTLINE, 0.03)
    # body, a badge with the number, head with a visor on the side that it faces
    brush.box(x - 0.35, y - 0.52, x + 0.35, y + 0.14, colour, 0.24, c.OUTLINE, 0.06)
    brush.line([(x - 0.2, y - 0.41), (x + 0.16, y - 0.41)], shade(colour, 1.8), 0.05)
    head = (x, y - 0.72)
    brush.disc(*head, 0.29, shade(colour, 0.72), c.OUTLINE, 0.06)
    brush.disc(head[0] - 0.08, head[1] - 0.1, 0.1, shade(colour, 1.1))
    if ay > -0.5:  # the face is seen unless it looks away
        brush.disc(head[0] + 0.13 * ax, head[1] + 0.06 + 0.06 * ay, 0.16, (40, 46, 56))
        brush.disc(head[0] + 0.13 * ax - 0.04, head[1] + 0.02 + 0.06 * ay, 0.06, (150, 200, 220))
    brush.text(x, y - 0.19, str(index), 0.5 if index < 10 else 0.42, c.WHITE)


def draw_tool(brush: Brush, facing: int, activity: str, swing: int) -> None:
    """What it works with, over the figure."""
    if activity == "mining":
        _pick(brush, 0.0, 0.0, _ahead(facing)[0], swing)
    elif activity == "crafting":
        gear(brush, 0.62, -0.86, 0.3, c.IRON_PLATE, turn=11.25 * swing)


def draw_hand(brush: Brush, hand: str) -> None:
    """The item in its hand, over all."""
    if hand:
        brush.disc(0.46, -0.06, 0.3, (30, 31, 35, 225), (245, 245, 240), 0.04)
        draw_item(brush.at(0.26, -0.26, 0.4), hand)


def _ahead(facing: int) -> tuple[float, float]:
    """The unit vector of a direction."""
    angle = math.radians(facing * 22.5 - 90.0)
    return math.cos(angle), math.sin(angle)


def _pointer(
    brush: Brush, x: float, y: float, ax: float, ay: float, colour: tuple[int, ...]
) -> None:
    """A triangle on the ground that points where the agent faces."""
    x0, y0 = x + 0.6 * ax, y - 0.02 + 0.56 * ay
    tip = (x0 + 0.26 * ax, y0 + 0.26 * ay)
    left = (x0 - 0.19 * ay, y0 + 0.19 * ax)
    right = (x0 + 0.19 * ay, y0 - 0.19 * ax)
    brush.polygon([tip, left, right], shade(colour, 1.25), c.OUTLINE, 0.05)


def _pick(brush: Brush, x: float, y: float, ax: float, swing: int) -> None:
    """A pickaxe that is being swung."""
    side = 1.0 if ax >= -0.01 else -1.0
    raised = math.radians((80, 55, 25, 55)[swing])
    ux, uy = side * math.cos(raised), -math.sin(raised)  # along the handle, outwards
    hx, hy = x + 0.26 * side, y - 0.34
    tx, ty = hx + 0.62 * ux, hy + 0.62 * uy
    brush.line([(hx, hy), (tx, ty)], c.OUTLINE, 0.15)
    brush.line([(hx, hy), (tx, ty)], c.WOOD_LIGHT, 0.09)
    blade = [
        (tx - 0.36 * uy - 0.14 * ux, ty + 0.36 * ux - 0.14 * uy),
        (tx, ty),
        (tx + 0.36 * uy - 0.14 * ux, ty - 0.36 * ux - 0.14 * uy),
    ]
    brush.line(blade, c.OUTLINE, 0.17)
    brush.line(blade, c.METAL_LIGHT, 0.1)


@lru_cache(maxsize=256)
def speech(text: str, pixels: int) -> Image.Image:
    """A speech bubble with a short text."""
    brush = Brush(_bubble(text) + 0.1, 1.1, pixels)
    draw_speech(brush, text)
    return brush.image()


def draw_speech(brush: Brush, text: str) -> None:
    """That bubble; its tip is near (0.2, 1)."""
    wide = _bubble(text)
    brush.polygon([(0.2, 0.6), (0.55, 0.6), (0.22, 1.02)], c.WHITE, c.OUTLINE, 0.06)
    brush.box(0.05, 0.05, wide, 0.72, c.WHITE, 0.22, c.OUTLINE, 0.06)
    brush.polygon([(0.24, 0.58), (0.5, 0.58), (0.26, 0.92)], c.WHITE)
    brush.text(wide / 2 + 0.02, 0.38, text, 0.52, c.INK)


def _bubble(text: str) -> float:
    """Its width in tiles."""
    return 0.72 + 0.3 * max(0, len(text) - 1)
