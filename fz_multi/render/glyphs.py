"""Items as small pictures: a registry of functions that draw in the unit square.

``@glyph("iron-plate", ...)`` registers a drawing for item names. An item without one shows as a
box with its initials in a colour of its own, so every item of the game can be drawn.
"""

from __future__ import annotations

import colorsys
import hashlib
import math
from collections.abc import Callable
from functools import lru_cache

from PIL import Image

from . import colours as c
from .brush import Brush, Colour, shade

Glyph = Callable[[Brush, str], None]
GLYPHS: dict[str, Glyph] = {}

INK = (30, 30, 32)


def glyph(*names: str) -> Callable[[Glyph], Glyph]:
    """Register the drawing of one or more items: ``draw(brush, item_name)`` in [0, 1] x [0, 1]."""

    def wrap(draw: Glyph) -> Glyph:
        for name in names:
            GLYPHS[name] = draw
        return draw

    return wrap


def draw_item(brush: Brush, name: str) -> None:
    """Draw an item into the brush's unit square."""
    GLYPHS.get(name, _unknown)(brush, name)


@lru_cache(maxsize=2048)
def item_image(name: str, pixels: int, plate: bool = False) -> Image.Image:
    """An item as an RGBA picture of ``pixels`` x ``pixels``; with ``plate`` on a dark disc."""
    brush = Brush(1, 1, max(4, pixels))
    (draw_plate if plate else draw_item)(brush, name)
    return brush.image()


def draw_plate(brush: Brush, name: str) -> None:
    """Draw an item on a dark disc."""
    brush.disc(0.5, 0.5, 0.5, (28, 29, 33, 225), (240, 240, 235, 235), 0.06)
    draw_item(brush.at(0.18, 0.18, 0.64), name)


def nugget(brush: Brush, x: float, y: float, size: float, colour: Colour, seed: int) -> None:
    """One lump of ore: an uneven polygon with a light side and a dark side."""
    corners = []
    count = 7
    for k in range(count):
        wobble = ((seed * 7919 + k * 104729) % 97) / 97.0
        angle = math.tau * (k + 0.3 * wobble) / count
        radius = size * (0.78 + 0.3 * wobble)
        corners.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    brush.polygon(corners, shade(colour, 0.92), shade(colour, 0.42), size * 0.2)
    lit = [
        (x + (px - x) * 0.55 - size * 0.14, y + (py - y) * 0.5 - size * 0.2) for px, py in corners
    ]
    brush.polygon(lit, shade(colour, 1.45))


@glyph("iron-ore", "copper-ore", "stone", "coal", "uranium-ore")
def _ore(brush: Brush, name: str) -> None:
    colour = ORES[name]
    nugget(brush, 0.33, 0.36, 0.27, colour, 3)
    nugget(brush, 0.70, 0.42, 0.25, colour, 8)
    nugget(brush, 0.50, 0.70, 0.30, colour, 5)


ORES: dict[str, Colour] = {
    "iron-ore": c.IRON_ORE,
    "copper-ore": c.COPPER_ORE,
    "stone": c.STONE,
    "coal": c.COAL,
    "uranium-ore": c.URANIUM,
    "crude-oil": c.OIL,
}


@glyph("iron-plate", "copper-plate", "steel-plate", "plastic-bar", "low-density-structure")
def _plate(brush: Brush, name: str) -> None:
    colour = {
        "iron-plate": c.IRON_PLATE,
        "copper-plate": c.COPPER_PLATE,
        "steel-plate": c.STEEL,
        "plastic-bar": (236, 236, 240),
        "low-density-structure": (206, 186, 150),
    }[name]
    for lift in (0.16, 0.0):
        top = [
            (0.30, 0.22 + lift),
            (0.96, 0.32 + lift),
            (0.70, 0.70 + lift),
            (0.04, 0.58 + lift),
        ]
        side = [(0.04, 0.58 + lift), (0.70, 0.70 + lift), (0.70, 0.79 + lift), (0.04, 0.67 + lift)]
        edge = [(0.70, 0.70 + lift), (0.96, 0.32 + lift), (0.96, 0.41 + lift), (0.70, 0.79 + lift)]
        brush.polygon(side, shade(colour, 0.62), INK, 0.035)
        brush.polygon(edge, shade(colour, 0.48), INK, 0.035)
        brush.polygon(top, colour, INK, 0.04)
        brush.line([(0.34, 0.30 + lift), (0.80, 0.37 + lift)], shade(colour, 1.9), 0.05)


@glyph("iron-gear-wheel")
def _gear(brush: Brush, _name: str) -> None:
    gear(brush, 0.5, 0.5, 0.46, c.IRON_PLATE)


def gear(brush: Brush, x: float, y: float, radius: float, colour: Colour, turn: float = 0) -> None:
    """A toothed wheel with a hole."""
    teeth = 8
    points = []
    for k in range(teeth):
        for part, r in ((-0.32, 0.76), (-0.2, 1.0), (0.2, 1.0), (0.32, 0.76)):
            angle = math.tau * (k + part) / teeth + math.radians(turn)
            points.append((x + radius * r * math.cos(angle), y + radius * r * math.sin(angle)))
    brush.polygon(points, colour, INK, radius * 0.12)
    brush.disc(x, y, radius * 0.56, shade(colour, 0.82), shade(colour, 0.55), radius * 0.08)
    brush.disc(x, y, radius * 0.26, (40, 40, 42), INK, radius * 0.06)


@glyph("wood")
def _wood(brush: Brush, _name: str) -> None:
    for y in (0.30, 0.56):
        brush.box(0.06, y, 0.94, y + 0.27, c.WOOD, 0.12, INK, 0.04)
        brush.line([(0.3, y + 0.1), (0.84, y + 0.1)], shade(c.WOOD, 0.7), 0.03)
        brush.disc(0.18, y + 0.135, 0.11, c.WOOD_LIGHT, shade(c.WOOD, 0.5), 0.03)


@glyph("stone-brick")
def _brick(brush: Brush, _name: str) -> None:
    for x, y in ((0.06, 0.54), (0.5, 0.54), (0.28, 0.24)):
        brush.box(x, y, x + 0.43, y + 0.28, c.BRICK, 0.04, INK, 0.04)
        brush.line([(x + 0.08, y + 0.08), (x + 0.34, y + 0.08)], shade(c.BRICK, 1.5), 0.035)


@glyph("copper-cable")
def _cable(brush: Brush, _name: str) -> None:
    for x in (0.3, 0.43, 0.56, 0.69):
        brush.arc(x, 0.5, 0.27, 0, 360, INK, 0.13)
        brush.arc(x, 0.5, 0.25, 0, 360, c.COPPER_PLATE, 0.075)


@glyph("iron-stick")
def _stick(brush: Brush, _name: str) -> None:
    for shift in (0.0, 0.22):
        brush.line([(0.12 + shift, 0.84), (0.66 + shift, 0.16)], INK, 0.15)
        brush.line([(0.12 + shift, 0.84), (0.66 + shift, 0.16)], c.IRON_PLATE, 0.085)


@glyph("electronic-circuit", "advanced-circuit", "processing-unit")
def _circuit(brush: Brush, name: str) -> None:
    colour = {"electronic-circuit": (62, 150, 66), "advanced-circuit": (196, 58, 50)}.get(
        name, (60, 92, 176)
    )
    brush.box(0.08, 0.16, 0.92, 0.84, colour, 0.05, INK, 0.05)
    brush.box(0.34, 0.34, 0.66, 0.66, (44, 44, 48), 0.03)
    for k in range(4):
        y = 0.27 + 0.15 * k
        brush.line([(0.16, y), (0.3, y)], (232, 206, 120), 0.045)
        brush.line([(0.7, y), (0.84, y)], (232, 206, 120), 0.045)


_PACKS = {
    "automation": (224, 66, 60),
    "logistic": (72, 182, 74),
    "chemical": (66, 160, 214),
    "military": (110, 112, 116),
    "production": (162, 76, 190),
    "utility": (230, 196, 66),
    "space": (232, 232, 236),
}


@glyph(*(f"{name}-science-pack" for name in _PACKS))
def _pack(brush: Brush, name: str) -> None:
    colour = _PACKS[name.split("-")[0]]
    body = [(0.38, 0.34), (0.62, 0.34), (0.86, 0.82), (0.78, 0.94), (0.22, 0.94), (0.14, 0.82)]
    brush.polygon(body, colour, INK, 0.05)
    brush.box(0.37, 0.06, 0.63, 0.36, (214, 222, 226), 0.03, INK, 0.045)
    brush.line([(0.4, 0.48), (0.28, 0.74)], shade(colour, 1.9), 0.07)


@glyph("pipe", "pipe-to-ground")
def _pipe(brush: Brush, _name: str) -> None:
    brush.box(0.04, 0.34, 0.96, 0.66, c.METAL, 0.02, INK, 0.045)
    brush.box(0.08, 0.40, 0.92, 0.48, c.METAL_LIGHT)
    for x in (0.03, 0.79):
        brush.box(x, 0.28, x + 0.18, 0.72, c.METAL_DARK, 0.03, INK, 0.04)


@glyph("transport-belt", "fast-transport-belt", "express-transport-belt")
def _belt(brush: Brush, name: str) -> None:
    colour = {"transport-belt": c.YELLOW, "fast-transport-belt": c.RED}.get(name, (70, 160, 226))
    brush.box(0.04, 0.14, 0.96, 0.86, c.METAL, 0.05, INK, 0.045)
    brush.box(0.04, 0.24, 0.96, 0.76, (60, 60, 64))
    for x in (0.16, 0.44, 0.72):
        points = [(x, 0.32), (x + 0.1, 0.32), (x + 0.24, 0.5), (x + 0.1, 0.68), (x, 0.68)]
        brush.polygon([*points, (x + 0.14, 0.5)], colour)


@glyph("burner-inserter", "inserter", "long-handed-inserter", "fast-inserter", "bulk-inserter")
def _inserter(brush: Brush, name: str) -> None:
    colour = {
        "burner-inserter": (120, 116, 108),
        "inserter": c.YELLOW,
        "long-handed-inserter": c.RED,
        "fast-inserter": (70, 140, 226),
    }.get(name, (96, 190, 96))
    brush.box(0.2, 0.62, 0.8, 0.94, c.METAL_DARK, 0.06, INK, 0.045)
    brush.line([(0.5, 0.7), (0.3, 0.36), (0.66, 0.14)], INK, 0.19)
    brush.line([(0.5, 0.7), (0.3, 0.36), (0.66, 0.14)], colour, 0.11)
    brush.line([(0.6, 0.06), (0.84, 0.1), (0.8, 0.3)], c.METAL_LIGHT, 0.07)


@glyph("small-electric-pole", "medium-electric-pole", "big-electric-pole")
def _pole(brush: Brush, name: str) -> None:
    colour = c.WOOD if name.startswith("small") else c.METAL
    brush.box(0.44, 0.08, 0.56, 0.96, colour, 0.02, INK, 0.04)
    brush.box(0.14, 0.16, 0.86, 0.27, colour, 0.02, INK, 0.04)
    for x in (0.2, 0.8):
        brush.disc(x, 0.13, 0.07, (120, 200, 226), INK, 0.03)


def _unknown(brush: Brush, name: str) -> None:
    """A box in a colour made from the name, with the initials of its words."""
    hue = hashlib.sha256(name.encode()).digest()[0] / 255.0
    colour = tuple(round(255 * v) for v in colorsys.hls_to_rgb(hue, 0.55, 0.4))
    brush.box(0.08, 0.08, 0.92, 0.92, colour, 0.16, INK, 0.05)
    initials = "".join(word[0] for word in name.split("-") if word)[:2].upper() or "?"
    brush.text(0.5, 0.5, initials, 0.55, INK)
