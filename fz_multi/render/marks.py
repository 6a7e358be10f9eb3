"""Small signs over a machine: why it stands still. The legend of a picture explains them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PIL import Image

from ..engine import constants as k
from . import colours as c
from .brush import Brush

# status -> (sign, words of the legend); statuses without a sign are those of a healthy machine.
MARKS: dict[int, tuple[str, str]] = {
    k.STATUS_NO_FUEL: ("fuel", "no fuel"),
    k.STATUS_FULL_OUTPUT: ("full", "output full"),
    k.STATUS_WAITING_SPACE: ("full", "no room ahead"),
    k.STATUS_WAITING_SOURCE: ("empty", "nothing to pick up"),
    k.STATUS_NO_INGREDIENTS: ("empty", "no ingredients"),
    k.STATUS_ITEM_SHORTAGE: ("empty", "no ingredients"),
    k.STATUS_FLUID_SHORTAGE: ("empty", "no ingredients"),
    k.STATUS_NO_RECIPE: ("empty", "no recipe"),
    k.STATUS_NO_MINABLE: ("gone", "deposit used up"),
    k.STATUS_NO_POWER: ("power", "no power"),
    k.STATUS_LOW_POWER: ("power", "low power"),
    k.STATUS_NOT_PLUGGED: ("power", "no power"),
}


@lru_cache(maxsize=256)
def mark(sign: str, pixels: int) -> Image.Image:
    """A sign as an RGBA picture of ``pixels`` x ``pixels``."""
    brush = Brush(1, 1, max(8, pixels))
    draw_mark(brush, sign)
    return brush.image()


def draw_mark(brush: Brush, sign: str) -> None:
    """A sign in the brush's unit square."""
    _SIGNS[sign](brush)


def _disc(brush: Brush, colour: tuple[int, ...]) -> None:
    brush.disc(0.5, 0.5, 0.49, c.WHITE)
    brush.disc(0.5, 0.5, 0.43, colour)


def _fuel(brush: Brush) -> None:
    _disc(brush, c.RED)
    flame = [
        (0.3, 0.68),
        (0.27, 0.5),
        (0.38, 0.38),
        (0.42, 0.46),
        (0.5, 0.14),
        (0.66, 0.36),
        (0.73, 0.54),
        (0.7, 0.7),
        (0.5, 0.82),
    ]
    brush.polygon(flame, c.WHITE)
    brush.polygon([(0.42, 0.72), (0.5, 0.5), (0.58, 0.72)], c.RED)


def _full(brush: Brush) -> None:
    _disc(brush, c.ORANGE)
    brush.line([(0.3, 0.42), (0.3, 0.74), (0.7, 0.74), (0.7, 0.42)], c.WHITE, 0.09)
    for y in (0.6, 0.46, 0.32):
        brush.box(0.39, y - 0.06, 0.61, y + 0.05, c.WHITE)


def _empty(brush: Brush) -> None:
    _disc(brush, (228, 184, 40))
    for x in (0.27, 0.5, 0.73):
        brush.disc(x, 0.5, 0.09, c.INK)


def _gone(brush: Brush) -> None:
    _disc(brush, c.GREY)
    brush.line([(0.32, 0.32), (0.68, 0.68)], c.WHITE, 0.13)
    brush.line([(0.68, 0.32), (0.32, 0.68)], c.WHITE, 0.13)


def _power(brush: Brush) -> None:
    _disc(brush, c.RED)
    bolt = [(0.56, 0.14), (0.28, 0.56), (0.47, 0.56), (0.42, 0.86), (0.72, 0.42), (0.52, 0.42)]
    brush.polygon(bolt, c.YELLOW)


_SIGNS: dict[str, Callable[[Brush], None]] = {
    "fuel": _fuel,
    "full": _full,
    "empty": _empty,
    "gone": _gone,
    "power": _power,
}
