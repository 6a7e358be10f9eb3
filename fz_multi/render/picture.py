"""``render``: one picture of one world. Reads observable tables only."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from .. import prototypes as prototype_data
from ..engine.constants import DIRECTION_NAMES, KIND_NAMES
from ..engine.tables import Tables
from . import colours as c
from . import scene, sprites, strips
from .ground import Ground
from .overlay import Overlay, Zone
from .scene import Names, Place
from .source import observable
from .text import label

LEAST_PIXELS, MOST_PIXELS = 8, 64  # of a tile
LEAST_WIDTH = 360  # of a picture, so that the strips can be read
AIM = 960  # width in pixels that a picture without `tile_pixels` stays under, if it can

Area = tuple[int, int, int, int]

_grounds: OrderedDict[tuple[Area, int], Ground] = OrderedDict()
_MOST_GROUNDS = 4


def render(
    source: Any,
    *,
    tile_pixels: int | None = None,
    area: Area | None = None,
    overlay: Overlay | None = None,
    prototypes: Any = None,
    world: int = 0,
) -> np.ndarray:
    """Draw one world as ``uint8[height, width, 3]``.

    ``source``: a ``World``, a ``Batch``, an environment or observable ``Tables``; ``world`` picks
    one of a batch. ``tile_pixels``: 8 .. 64 pixels a tile, chosen from the map's size without it.
    ``area``: (left, top, right, bottom) in tiles, right and bottom excluded; the whole map without
    it. ``overlay``: title, goal, zones, and which strips are drawn. The shape of the picture depends
    on area, ``tile_pixels``, team size and number of goals alone, so the frames of an episode fit
    together. Raises ``ValueError`` for an area off the map or a size out of range.
    """
    return np.asarray(
        draw(
            source,
            tile_pixels=tile_pixels,
            area=area,
            overlay=overlay,
            prototypes=prototypes,
            world=world,
        )
    ).copy()


def draw(
    source: Any,
    *,
    tile_pixels: int | None = None,
    area: Area | None = None,
    overlay: Overlay | None = None,
    prototypes: Any = None,
    world: int = 0,
) -> Image.Image:
    """As ``render``, but a Pillow image."""
    o = observable(source, world)
    overlay = Overlay() if overlay is None else overlay
    names = scene.names_of(prototype_data.load() if prototypes is None else prototypes)
    box = _checked_area(o, area)
    pixels = _checked_pixels(box, tile_pixels)
    map_width, map_height = (box[2] - box[0]) * pixels, (box[3] - box[1]) * pixels
    layout = strips.plan(max(map_width, LEAST_WIDTH), int(o.header["characters"][0]), overlay)

    field = _ground(o, box, pixels, names).copy()
    place = Place(box[0], box[1], pixels)
    _draw_zones(field, overlay.zones, place)
    _draw_ghosts(field, overlay, place, prototypes)
    scene.draw_scene(field, o, place, names)
    if not (layout.caption or layout.agents or layout.legend):
        return field
    height = layout.caption + map_height + layout.agents + layout.legend
    frame = Image.new("RGB", (layout.width, height), c.PANEL)
    frame.paste(field, ((layout.width - map_width) // 2, layout.caption))
    if layout.caption:
        strips.draw_caption(frame, layout, o, overlay)
    if layout.agents:
        strips.draw_agents(frame, layout, layout.caption + map_height, o, names)
    if layout.legend:
        top = layout.caption + map_height + layout.agents
        strips.draw_legend(frame, layout, top, o, names)
    return frame


def _checked_area(o: Tables, area: Area | None) -> Area:
    width, height = int(o.header["width"][0]), int(o.header["height"][0])
    left, top = int(o.header["left"][0]), int(o.header["top"][0])
    if area is None:
        return left, top, left + width, top + height
    if len(area) != 4:
        raise ValueError(f"area is (left, top, right, bottom) in tiles, got {area!r}")
    x0, y0, x1, y1 = (int(v) for v in area)
    clipped = (max(x0, left), max(y0, top), min(x1, left + width), min(y1, top + height))
    if clipped[0] >= clipped[2] or clipped[1] >= clipped[3]:
        raise ValueError(
            f"area {area!r} holds no tile of the map, which is "
            f"({left}, {top}, {left + width}, {top + height})"
        )
    return clipped


def _checked_pixels(box: Area, tile_pixels: int | None) -> int:
    if tile_pixels is None:
        tiles = max(box[2] - box[0], box[3] - box[1])
        return max(LEAST_PIXELS, min(32, AIM // tiles))
    if not LEAST_PIXELS <= int(tile_pixels) <= MOST_PIXELS:
        raise ValueError(f"tile_pixels is {LEAST_PIXELS} .. {MOST_PIXELS}, got {tile_pixels!r}")
    return int(tile_pixels)


def _ground(o: Tables, box: Area, pixels: int, names: Names) -> Image.Image:
    key = (box, pixels)
    ground = _grounds.get(key)
    if ground is None:
        ground = _grounds[key] = Ground(box, pixels)
        if len(_grounds) > _MOST_GROUNDS:
            _grounds.popitem(last=False)
    _grounds.move_to_end(key)
    width, height = int(o.header["width"][0]), int(o.header["height"][0])
    left, top = int(o.header["left"][0]), int(o.header["top"][0])
    rows = slice(box[1] - top, box[3] - top)
    columns = slice(box[0] - left, box[2] - left)

    def plane(name: str) -> np.ndarray:
        return o.tile[name][: width * height].reshape(height, width)[rows, columns]

    return ground.image(plane("terrain"), plane("resource"), plane("amount"), names.entities)


# -- zones and ghosts ----------------------------------------------------------------------------------


def _draw_zones(field: Image.Image, zones: tuple[Zone, ...], place: Place) -> None:
    if not zones:
        return
    draw = ImageDraw.Draw(field, "RGBA")
    for zone in zones:
        colour = c.ZONES[zone.colour % len(c.ZONES)]
        x0, y0 = place.at(zone.left, zone.top)
        x1, y1 = place.at(zone.right, zone.bottom)
        draw.rectangle((x0, y0, x1 - 1, y1 - 1), fill=(*colour, 34))
        _dashes(draw, (x0, y0, x1 - 1, y1 - 1), colour, place.pixels)
        if zone.label:
            tag = label(zone.label, max(10, round(place.pixels * 0.55)), c.INK)
            box = (x0, y0, x0 + tag.width + 6, y0 + tag.height + 2)
            draw.rectangle(box, fill=(*colour, 235))
            field.paste(tag, (x0 + 3, y0 + 1), tag)


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


def _draw_ghosts(field: Image.Image, overlay: Overlay, place: Place, prototypes: Any) -> None:
    """What shall be built, as a pale picture of it."""
    if not overlay.ghosts:
        return
    data = prototype_data.load() if prototypes is None else prototypes
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
