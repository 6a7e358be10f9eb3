"""Buildings and things of nature as small pictures: a registry, and a cache of what was drawn.

``@sprite("name-or-type", ...)`` registers a drawing for an entity's name or, when no name fits, for
its kind (``constants.KIND_NAMES``). What has neither shows as a plain machine with the item that
builds it. Drawings are in tiles; the footprint is (0, 0) .. (w, h) and there is a margin of one
tile around it for shadows, crowns and smoke.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from PIL import Image

from . import colours as c
from .brush import Brush, rotated

MARGIN = 1  # tiles around the footprint
PHASES = 4  # pictures of a running machine


class Look(NamedTuple):
    """Everything that a sprite's picture depends on."""

    name: str  # prototype name
    kind: str  # of constants.KIND_NAMES, or ""
    width: int  # footprint in tiles, as it stands
    height: int
    direction: int = 0  # quarter turns clockwise from north
    working: bool = False
    phase: int = 0  # 0 .. PHASES - 1 while working
    joins: int = 0  # neighbours of the same kind: 1 north, 2 east, 4 south, 8 west
    variant: int = 0  # 0 .. 7, from the position
    outlet: tuple[int, int] | None = None  # drop point from the centre, 1/256 tile


Sprite = Callable[[Brush, Look], None]
SPRITES: dict[str, Sprite] = {}


def sprite(*names: str) -> Callable[[Sprite], Sprite]:
    """Register the drawing of entities by prototype name or by kind."""

    def wrap(draw: Sprite) -> Sprite:
        for name in names:
            SPRITES[name] = draw
        return draw

    return wrap


def drawing_of(look: Look) -> Sprite:
    """The registered drawing: by name, then by kind, then the plain machine."""
    return SPRITES.get(look.name) or SPRITES.get(look.kind) or SPRITES["machine"]


@lru_cache(maxsize=4096)
def image(look: Look, pixels: int) -> Image.Image:
    """The picture of an entity (RGBA) with its margin, ``pixels`` a tile."""
    brush = Brush(look.width + 2 * MARGIN, look.height + 2 * MARGIN, pixels, -MARGIN, -MARGIN)
    drawing_of(look)(brush, look)
    return brush.image()


@lru_cache(maxsize=256)
def arrow(quarter: int, pixels: int) -> Image.Image:
    """The arrow that marks an output side, ``quarter`` turns clockwise from north."""
    brush = Brush(1, 1, pixels)
    draw_arrow(brush, quarter)
    return brush.image()


def draw_arrow(brush: Brush, quarter: int) -> None:
    """That arrow in the brush's unit square."""
    points = [
        (0.04, 0.56),
        (0.5, 0.04),
        (0.96, 0.56),
        (0.7, 0.56),
        (0.7, 0.94),
        (0.3, 0.94),
        (0.3, 0.56),
    ]
    brush.polygon(rotated(points, quarter, (0.5, 0.5)), c.ARROW, c.OUTLINE, 0.08)


def smoke(brush: Brush, x: float, y: float, phase: int, size: float = 0.2) -> None:
    """Puffs that rise from a chimney."""
    for k in range(3):
        age = (k + phase / PHASES) / 3.0
        alpha = round(150 * (1.0 - age))
        brush.disc(
            x + 0.22 * age,
            y - 0.75 * age,
            size * (0.55 + 0.8 * age),
            (214, 214, 210, alpha),
        )


def bolt(brush: Brush, x: float, y: float, size: float = 0.07) -> None:
    """A rivet."""
    brush.disc(x, y, size, c.METAL_LIGHT, c.OUTLINE, size * 0.4)
