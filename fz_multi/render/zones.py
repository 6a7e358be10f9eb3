"""Zones of a task on the map, what shall be built there, and lenses that show them larger."""

from __future__ import annotations

from typing import Any, NamedTuple

from PIL import Image, ImageDraw

from ..engine.constants import DIRECTION_NAMES, KIND_NAMES
from . import colours as c
from . import sprites
from .overlay import Overlay, Zone
from .scene import Place
from .text import label

Area = tuple[int, int, int, int]

SMALL = 20  # pixels of a tile below which lenses help
LEAST_ZONE = 6  # tiles; a smaller zone gets no lens
LENS = 260  # least side of a lens, pixels
MOST_LENS = 480


class Lens(NamedTuple):
    """A part of the map that is shown again, larger."""

    zone: Zone
    area: Area
    pixels: int  # of a tile


def plan_lenses(overlay: Overlay, box: Area, pixels: int) -> tuple[int, list[Lens]]:
    """The width of the column of lenses beside a map, and the lenses from top to bottom.

    It depends on the size of the map and the number of zones alone.
    """
    zones = [z for z in overlay.zones if max(z.right - z.left, z.bottom - z.top) >= LEAST_ZONE]
    height = (box[3] - box[1]) * pixels
    count = min(len(zones), max(1, height // LENS))
    if not overlay.lenses or pixels >= SMALL or not count:
        return 0, []
    large = 2 * pixels
    tiles = min(height // count, MOST_LENS) // large
    if tiles < LEAST_ZONE or tiles > min(box[2] - box[0], box[3] - box[1]):
        return 0, []
    return tiles * large, [Lens(zone, _around(zone, tiles, box), large) for zone in zones[:count]]


def _around(zone: Zone, tiles: int, box: Area) -> Area:
    """A square of tiles around the middle of a zone, moved onto the map."""
    left = round((zone.left + zone.right - tiles) / 2)
    top = round((zone.top + zone.bottom - tiles) / 2)
    left = max(box[0], min(left, box[2] - tiles))
    top = max(box[1], min(top, box[3] - tiles))
    return left, top, left + tiles, top + tiles


def frame_lens(field: Image.Image, lens: Lens) -> None:
    """A border in the zone's colour, and its name."""
    colour = c.ZONES[lens.zone.colour % len(c.ZONES)]
    draw = ImageDraw.Draw(field)
    draw.rectangle((0, 0, field.width - 1, field.height - 1), outline=colour, width=3)
    tag = label(f"{lens.zone.label} (larger)".lstrip(), 13, c.INK)
    draw.rectangle((0, 0, tag.width + 10, tag.height + 5), fill=colour)
    field.paste(tag, (5, 3), tag)


def draw_zones(field: Image.Image, zones: tuple[Zone, ...], place: Place) -> None:
    """The rectangles of a task, as dashed lines with a name."""
    if not zones:
        return
    draw = ImageDraw.Draw(field, "RGBA")
    for zone in zones:
        colour = c.ZONES[zone.colour % len(c.ZONES)]
        x0, y0 = place.at(zone.left, zone.top)
        x1, y1 = place.at(zone.right, zone.bottom)
        draw.rectangle((x0, y0, x1 - 1, y1 - 1), fill=(*colour, 20))
        _dashes(draw, (x0, y0, x1 - 1, y1 - 1), colour, place.pixels)
        if zone.label:
            tag = label(zone.label, max(10, round(place.pixels * 0.55)), c.INK)
            left, top = max(0, x0), max(0, y0 - tag.height - 2)  # above, to hide nothing
            box = (left, top, left + tag.width + 5, top + tag.height + 1)
            draw.rectangle(box, fill=(*colour, 235))
            field.paste(tag, (left + 3, top + 1), tag)


def _dashes(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: tuple[int, ...], pixels: int
) -> None:
    x0, y0, x1, y1 = box
    step, wide = max(6, pixels // 2), max(1, pixels // 10)
    for x in range(x0, x1, 2 * step):
        end = min(x + step, x1)
        draw.line((x, y0, end, y0), fill=(*colour, 255), width=wide)
        draw.line((x, y1, end, y1), fill=(*colour, 255), width=wide)
    for y in range(y0, y1, 2 * step):
        end = min(y + step, y1)
        draw.line((x0, y, x0, end), fill=(*colour, 255), width=wide)
        draw.line((x1, y, x1, end), fill=(*colour, 255), width=wide)


def draw_ghosts(field: Image.Image, overlay: Overlay, place: Place, data: Any) -> None:
    """What shall be built, as a pale picture of it."""
    if not overlay.ghosts:
        return
    turns = {name: number // 4 for number, name in DIRECTION_NAMES.items()}
    kinds = set(KIND_NAMES.values())
    for name, x, y, direction in overlay.ghosts:
        entity = data.entities[name]
        w, h = entity.tile_width, entity.tile_height
        look = sprites.Look(
            name, entity.type if entity.type in kinds else "", w, h, turns.get(direction, 0)
        )
        picture = sprites.image(look, place.pixels).copy()
        picture.putalpha(picture.getchannel("A").point(lambda alpha: alpha * 2 // 5))
        left, top = place.at(x - w / 2 - sprites.MARGIN, y - h / 2 - sprites.MARGIN)
        field.paste(picture, (left, top), picture)
