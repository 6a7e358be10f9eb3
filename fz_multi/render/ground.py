"""The ground of a picture: land, water, deposits; kept, and redrawn only where it changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..engine.constants import LAND, VOID, WATER
from . import colours as c
from .brush import Brush, Colour, shade
from .glyphs import ORES, nugget

LEVELS = 6
VARIANTS = 8
TONES = 8  # from sand to grass
# Least amount of each level of density (1 = a last few lumps).
STEPS = (1, 20, 60, 150, 400, 1000)


def mix(x: int, y: int) -> int:
    """A fixed pseudo-random number of a tile, 0 .. 2^16 - 1."""
    value = (x * 73856093) ^ (y * 19349663)
    value = (value ^ (value >> 13)) * 1274126177 & 0xFFFFFFFF
    return (value >> 11) & 0xFFFF


def tone_of(x: int, y: int) -> int:
    """From sand (0) to grass (`TONES`): broad waves make meadows, chance blurs their edges."""
    meadow = math.sin(x * 0.23 + 1.3) + math.cos(y * 0.19 - 0.4) + math.sin((x + y) * 0.11)
    return min(TONES, max(0, math.floor(meadow * 2.0 + 3.5 + mix(x, y) / 65536.0)))


class Ground:
    """The ground of one rectangle of tiles as an image, for worlds of one size.

    ``area`` is (left, top, right, bottom) in tiles, right and bottom excluded.
    """

    def __init__(self, area: tuple[int, int, int, int], pixels: int) -> None:
        self.left, self.top, self.right, self.bottom = area
        self._pixels = pixels
        width, height = self.right - self.left, self.bottom - self.top
        self._shape = (height, width)
        self._image = Image.new("RGB", (width * pixels, height * pixels), c.VOID)
        self._terrain = np.full(self._shape, 255, np.int16)
        self._deposit = np.zeros(self._shape, np.int64)

    def image(
        self, terrain: np.ndarray, resource: np.ndarray, amount: np.ndarray, names: Sequence[str]
    ) -> Image.Image:
        """The picture for these planes ``[height, width]``; the caller must copy it to draw on.

        ``names[k]`` is the prototype name of resource ``k``.
        """
        level = np.searchsorted(STEPS, amount, side="right")
        deposit = np.where((resource > 0) & (amount > 0), resource.astype(np.int64) * 16 + level, 0)
        if not np.array_equal(terrain, self._terrain):
            self._terrain = terrain.astype(np.int16)
            self._draw_land()
            changed = np.argwhere(deposit > 0)
        else:
            changed = np.argwhere(deposit != self._deposit)
        self._deposit = deposit
        for row, column in changed.tolist():
            self._draw_deposit(row, column, int(deposit[row, column]), names)
        return self._image

    def _draw_land(self) -> None:
        height, width = self._shape
        for row in range(height):
            for column in range(width):
                self._draw_tile(row, column)
        draw = ImageDraw.Draw(self._image)
        for row, column in np.argwhere(self._terrain == WATER).tolist():
            self._draw_shore(draw, row, column)

    def _draw_tile(self, row: int, column: int) -> None:
        x, y = self.left + column, self.top + row
        kind = int(self._terrain[row, column])
        number = mix(x, y)
        tile = _tile_image(kind, number % VARIANTS, tone_of(x, y), self._pixels)
        self._image.paste(tile, (column * self._pixels, row * self._pixels))

    def _draw_shore(self, draw: ImageDraw.ImageDraw, row: int, column: int) -> None:
        p = self._pixels
        x0, y0 = column * p, row * p
        thick = max(1, p // 8)
        sides = (
            (row - 1, column, (x0, y0, x0 + p - 1, y0 + thick - 1)),
            (row + 1, column, (x0, y0 + p - thick, x0 + p - 1, y0 + p - 1)),
            (row, column - 1, (x0, y0, x0 + thick - 1, y0 + p - 1)),
            (row, column + 1, (x0 + p - thick, y0, x0 + p - 1, y0 + p - 1)),
        )
        height, width = self._shape
        for r, k, box in sides:
            if 0 <= r < height and 0 <= k < width and self._terrain[r, k] == LAND:
                draw.rectangle(box, fill=c.SHORE)

    def _draw_deposit(self, row: int, column: int, code: int, names: Sequence[str]) -> None:
        at = (column * self._pixels, row * self._pixels)
        self._draw_tile(row, column)
        if not code:
            return
        number = mix(self.left + column, self.top + row)
        picture = _deposit_image(names[code // 16], code % 16, number % VARIANTS, self._pixels)
        self._image.paste(picture, at, picture)


@lru_cache(maxsize=512)
def _tile_image(kind: int, variant: int, tone: int, pixels: int) -> Image.Image:
    brush = Brush(1, 1, pixels)
    draw_tile(brush, kind, variant, tone)
    picture: Any = brush.image()
    return picture.convert("RGB")


def draw_tile(brush: Brush, kind: int, variant: int, tone: int) -> None:
    """A tile of land, water or void in the brush's unit square, and a little over its edge."""
    if kind == VOID:
        base: Colour = c.VOID
    elif kind == WATER:
        base = shade(c.WATER, 0.97 + 0.015 * (variant % 3))
    else:
        share = tone / TONES
        base = tuple(
            round(a * (1 - share) + b * share) for a, b in zip(c.LAND, c.GRASS, strict=True)
        )
    brush.box(0, 0, 1.1, 1.1, base)
    for k in range(4):
        x, y = _spot(variant * 11 + k), _spot(variant * 17 + k * 5 + 3)
        if kind == VOID:
            brush.line([(x, y), (x + 0.18, y)], c.VOID_LINE, 0.05)
        elif kind == WATER:
            if k < 2:
                brush.arc(x, y, 0.16, 200, 340, c.WATER_LIGHT, 0.05)
        elif k < 2:
            brush.disc(x, y, 0.05 + 0.03 * k, shade(base, 0.9))
        else:
            brush.disc(x, y, 0.05, shade(base, 1.12))


@lru_cache(maxsize=512)
def _deposit_image(name: str, level: int, variant: int, pixels: int) -> Image.Image:
    brush = Brush(1, 1, pixels)
    draw_deposit(brush, name, level, variant)
    return brush.image()


def draw_deposit(brush: Brush, name: str, level: int, variant: int) -> None:
    """The deposit of a tile in the brush's unit square."""
    colour = ORES.get(name, c.STONE)
    count = (0, 2, 3, 5, 6, 8, 9)[min(level, LEVELS)]
    size = (0.0, 0.11, 0.13, 0.145, 0.16, 0.17, 0.18)[min(level, LEVELS)]
    # Places on a three by three grid, shaken, in an order that the variant decides.
    order = sorted(range(9), key=lambda k: mix(k + 31 * variant, variant + 7))
    for k in sorted(order[:count]):
        x = (k % 3 * 2 + 1) / 6 + 0.2 * (_spot(variant * 13 + k) - 0.5)
        y = (k // 3 * 2 + 1) / 6 + 0.2 * (_spot(variant * 29 + k * 3) - 0.5)
        nugget(brush, x, y, size, colour, variant * 9 + k)


def _spot(seed: int) -> float:
    return 0.1 + 0.8 * mix(seed * 3 + 1, seed * 5 + 2) / 65535.0
