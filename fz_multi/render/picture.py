"""``render``: one picture of one world. Reads observable tables only."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from .. import prototypes as prototype_data
from ..engine.tables import Tables
from . import colours as c
from . import scene, strips
from .ground import Ground
from .overlay import Overlay
from .scene import Names, Place
from .source import observable
from .zones import Area, Lens, draw_ghosts, draw_zones, frame_lens, plan_lenses

LEAST_PIXELS, MOST_PIXELS = 8, 64  # of a tile
LEAST_WIDTH = 360  # of a picture, so that the strips can be read
AIM = 960  # width in pixels that a picture without `tile_pixels` stays under, if it can
AIM_WITH_LENSES = 800  # the same without the lenses

_grounds: OrderedDict[tuple[Area, int], Ground] = OrderedDict()
_MOST_GROUNDS = 12


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
    it. ``overlay``: title, goal, zones, and which strips are drawn. The shape of a picture
    depends on area, ``tile_pixels``, team size and number of goals alone, so the frames of an
    episode fit together. Raises ``ValueError`` for an area off the map or a size out of range.
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
    data = prototype_data.load() if prototypes is None else prototypes
    box = _checked_area(o, area)
    pixels = _checked_pixels(box, tile_pixels, bool(overlay.zones and overlay.lenses))
    column, lenses = plan_lenses(overlay, box, pixels) if area is None else (0, [])
    field = _field(o, box, pixels, overlay, data)
    body = _beside(field, column, [_lens(o, lens, overlay, data) for lens in lenses])

    names = scene.names_of(data)
    layout = strips.plan(max(body.width, LEAST_WIDTH), int(o.header["characters"][0]), overlay)
    if not (layout.caption or layout.agents or layout.legend):
        return body
    height = layout.caption + body.height + layout.agents + layout.legend
    frame = Image.new("RGB", (layout.width, height), c.PANEL)
    frame.paste(body, ((layout.width - body.width) // 2, layout.caption))
    if layout.caption:
        strips.draw_caption(frame, layout, o, overlay)
    if layout.agents:
        strips.draw_agents(frame, layout, layout.caption + body.height, o, names)
    if layout.legend:
        top = layout.caption + body.height + layout.agents
        strips.draw_legend(frame, layout, top, o, names)
    return frame


def _field(o: Tables, box: Area, pixels: int, overlay: Overlay, data: Any) -> Image.Image:
    """A part of the map with all that is on it."""
    names = scene.names_of(data)
    field = _ground(o, box, pixels, names).copy()
    place = Place(box[0], box[1], pixels)
    draw_zones(field, overlay.zones, place)
    draw_ghosts(field, overlay, place, data)
    scene.draw_scene(field, o, place, names)
    return field


def _lens(o: Tables, lens: Lens, overlay: Overlay, data: Any) -> Image.Image:
    plain = replace(overlay, zones=())
    field = _field(o, lens.area, lens.pixels, plain, data)
    frame_lens(field, lens)
    return field


def _beside(field: Image.Image, column: int, lenses: list[Image.Image]) -> Image.Image:
    """The map, and the lenses in a column at its right."""
    if not lenses:
        return field
    body = Image.new("RGB", (field.width + column, field.height), c.PANEL)
    body.paste(field, (0, 0))
    share = field.height // len(lenses)
    for index, lens in enumerate(lenses):
        body.paste(lens, (field.width, index * share + (share - lens.height) // 2))
    return body


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


def _checked_pixels(box: Area, tile_pixels: int | None, lenses: bool) -> int:
    if tile_pixels is None:
        tiles = max(box[2] - box[0], box[3] - box[1])
        return max(LEAST_PIXELS, min(32, (AIM_WITH_LENSES if lenses else AIM) // tiles))
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
