"""Belts, what lies on them, and inserters with their arms and hands.

A belt is a band with chevrons that point the way it runs; the edge's colour is its tier. Items lie
on their lanes where they are. An inserter is a foot with a claw: the green side is where it picks,
and the arm reaches to where the hand is, with the item that it holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..engine import constants as k
from ..engine.lanes import LEFT, RIGHT, STRAIGHT, item_offset
from ..engine.tables import Tables
from . import colours as c
from .brush import Brush, rotated, shade
from .glyphs import item_image
from .sprites import Look, sprite

TILE = k.TILE
RUBBER = (74, 72, 70)
TIERS = {
    "transport-belt": c.YELLOW,
    "fast-transport-belt": c.RED,
    "express-transport-belt": (70, 160, 226),
}
ITEM_SIZE = 0.36  # tiles
Point = tuple[float, float]


# -- belts -----------------------------------------------------------------------------------------
@sprite("transport-belt")
def _belt(brush: Brush, look: Look) -> None:
    """A belt; ``look.variant`` is its bend."""
    edge = TIERS.get(look.name, c.YELLOW)
    turn, middle = look.direction, (0.5, 0.5)

    def put(points: list[Point]) -> list[Point]:
        if look.variant == LEFT:
            points = [(1 - x, y) for x, y in points]
        return rotated(points, turn, middle)

    if look.variant == STRAIGHT:
        brush.polygon(put([(0.04, 0), (0.96, 0), (0.96, 1), (0.04, 1)]), edge)
        brush.polygon(put([(0.1, 0), (0.9, 0), (0.9, 1), (0.1, 1)]), RUBBER)
        brush.line(put([(0.5, 0), (0.5, 1)]), shade(RUBBER, 0.8), 0.02, caps=False)
        for y in (0.3, 0.8):
            brush.line(put([(0.3, y), (0.5, y - 0.2), (0.7, y)]), shade(edge, 0.85), 0.07)
        return
    for wide, colour in ((0.46, edge), (0.4, RUBBER)):
        outer, inner = _arc(0.5 + wide), _arc(0.5 - wide)
        brush.polygon(put([*outer, *inner[::-1]]), colour)
    brush.line(put(_arc(0.5)), shade(RUBBER, 0.8), 0.02, caps=False)
    for part in (0.28, 0.78):
        angle = part * math.pi / 2
        x, y = 1 - 0.5 * math.cos(angle), 0.5 * math.sin(angle)
        dx, dy = -math.sin(angle), -math.cos(angle)  # the way of travel
        tip = (x + 0.12 * dx, y + 0.12 * dy)
        wings = [
            (x - 0.08 * dx - 0.2 * side * dy, y - 0.08 * dy + 0.2 * side * dx) for side in (-1, 1)
        ]
        brush.line(put([wings[0], tip, wings[1]]), shade(edge, 0.85), 0.07)


def _arc(radius: float) -> list[Point]:
    """A quarter circle about the inner corner of a right turn that runs north, from its end."""
    angles = [step * math.pi / 24 for step in range(13)]
    return [(1 - radius * math.cos(a), radius * math.sin(a)) for a in angles]


def belt_variants(o: Tables) -> dict[int, int]:
    """Bend of each belt by entity row."""
    rows = np.flatnonzero((o.entity["proto"] > 0) & (o.entity["belt"] > 0))
    return {row: int(o.belt["bend"][o.entity["belt"][row] - 1]) for row in rows.tolist()}


def lane_items(o: Tables) -> Iterator[tuple[int, float, float]]:
    """Everything that lies on belts: (item id, x, y) in tiles."""
    places: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for row, bend in belt_variants(o).items():
        e = o.entity[row]
        belt = o.belt[int(e["belt"]) - 1]
        for lane in (0, 1):
            number = int(belt["line"][lane]) - 1
            if number not in places:
                places[number] = _line(o, number)
            items, at = places[number]
            start = int(belt["start"][lane])
            turn_length = 106 if (bend == LEFT) == (lane == 0) else 295
            end = start + (256 if bend == STRAIGHT else turn_length)
            first, last = np.searchsorted(at, (start, end))
            for index in range(int(first), int(last)):
                position = int(at[index]) - start
                dx, dy = item_offset(int(e["direction"]), bend, lane, position)
                yield int(items[index]), (int(e["x"]) + dx) / TILE, (int(e["y"]) + dy) / TILE


def _line(o: Tables, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Items of a line and their places, front to back."""
    line = o.line[number]
    first, last, head = int(line["first"]), int(line["last"]), int(line["head"])
    at = o.lane_item["place"][first:last].astype(np.int64)
    at[head - first :] -= int(line["shift"])
    return o.lane_item["item_id"][first:last], at


def draw_lane_items(frame: Image.Image, o: Tables, place: Any, names: Any) -> None:
    """Items on belts, on an RGB frame."""
    size = max(4, round(ITEM_SIZE * place.pixels))
    for item, x, y in sorted(lane_items(o), key=lambda thing: thing[2]):
        picture = item_image(names.item(item), size)
        px, py = place.at(x, y)
        frame.paste(picture, (px - size // 2, py - size // 2), picture)


# -- inserters -------------------------------------------------------------------------------------
@sprite("inserter")
def _inserter(brush: Brush, look: Look) -> None:
    """The foot of an inserter; a green and a red foot show where it picks and where it drops."""
    middle = (0.5, 0.5)
    brush.shadow([(0.24, 0.28), (0.86, 0.28), (0.86, 0.86), (0.24, 0.86)], blur=0.05)
    for points, colour in (
        ([(0.36, 0.2), (0.64, 0.2), (0.5, 0.04)], c.GREEN),
        ([(0.36, 0.8), (0.64, 0.8), (0.5, 0.96)], c.RED),
    ):
        brush.polygon(rotated(points, look.direction, middle), colour, c.OUTLINE, 0.03)
    body = (150, 132, 96)
    brush.box(0.22, 0.22, 0.78, 0.78, body, 0.1, c.OUTLINE, 0.05)
    brush.disc(0.5, 0.5, 0.16, c.METAL_DARK, c.OUTLINE, 0.04)


def draw_arms(frame: Image.Image, o: Tables, place: Any, names: Any) -> None:
    """Arms and hands of inserters, over what they reach across."""
    draw = ImageDraw.Draw(frame)
    p = place.pixels
    for row in np.flatnonzero((o.entity["proto"] > 0) & (o.entity["kind"] == k.KIND_INSERTER)):
        e = o.entity[int(row)]
        foot = place.at(int(e["x"]) / TILE, int(e["y"]) / TILE)
        hand = place.at(int(e["hand_x"]) / TILE, int(e["hand_y"]) / TILE)
        draw.line([foot, hand], fill=c.OUTLINE, width=max(3, p // 6))
        draw.line([foot, hand], fill=(222, 196, 120), width=max(1, p // 6 - 2))
        r = max(2, p // 9)
        for x, y in (foot, hand):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=c.METAL_LIGHT, outline=c.OUTLINE)
        if e["held"]:
            size = max(6, round(0.5 * p))
            picture = item_image(names.item(int(e["held"])), size)
            frame.paste(picture, (hand[0] - size // 2, hand[1] - size // 2), picture)


__all__ = ["LEFT", "RIGHT", "belt_variants", "draw_arms", "draw_lane_items", "lane_items"]
