"""What is on the map, drawn in the order in which it overlaps: items, entities, agents, signs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from ..engine import constants as k
from ..engine.tables import Tables
from . import colours as c
from . import logistics, people, sprites
from .glyphs import item_image
from .ground import mix
from .marks import MARKS, mark
from .sprites import Look
from .text import label

TILE = k.TILE
BELT = k.KIND_NAMES[k.KIND_BELT]
PHASE_TICKS = 7  # ticks that one picture of a running machine lasts


class Place(NamedTuple):
    """From tiles to pixels: the picture's top left tile, and pixels of a tile."""

    left: int
    top: int
    pixels: int

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Pixel of a point in tiles."""
        return round((x - self.left) * self.pixels), round((y - self.top) * self.pixels)


class Names(NamedTuple):
    """Prototype names by id; "" for none and for ids that do not exist."""

    items: tuple[str, ...]
    entities: tuple[str, ...]

    def item(self, number: int) -> str:
        return self.items[number] if 0 < number < len(self.items) else ""

    def entity(self, number: int) -> str:
        return self.entities[number] if 0 < number < len(self.entities) else ""


@lru_cache(maxsize=4)
def names_of(prototypes: Any) -> Names:
    """The names of a set of prototypes (see ``fz_multi.prototypes.load``)."""
    return Names(("", *prototypes.items), ("", *prototypes.entities))


def draw_scene(frame: Image.Image, o: Tables, place: Place, names: Names) -> None:
    """Draw everything that stands, lies or walks on the map onto an RGB frame."""
    _paste(frame, _entities(o, place, names, belts=True))
    logistics.draw_lane_items(frame, o, place, names)
    _draw_piles(frame, o, place, names)
    _paste(frame, _entities(o, place, names, belts=False))
    logistics.draw_arms(frame, o, place, names)
    _draw_signs(frame, o, place, names)
    _paste(frame, _agents(o, place, names))  # over everything: a team must be seen
    _draw_agent_signs(frame, o, place)


def _paste(
    frame: Image.Image, things: Iterable[tuple[float, Image.Image, tuple[int, int]]]
) -> None:
    """Paste pictures, those further south over those further north."""
    for _, picture, at in sorted(things, key=lambda thing: thing[0]):
        frame.paste(picture, at, picture)


# -- ground items ----------------------------------------------------------------------------------


def _draw_piles(frame: Image.Image, o: Tables, place: Place, names: Names) -> None:
    pile = o.pile
    for row in np.flatnonzero(pile["item_id"]).tolist():
        item, count, x, y = (int(pile[f][row]) for f in ("item_id", "count", "x", "y"))
        size = max(6, round(0.62 * place.pixels))
        picture = item_image(names.item(item), size)
        px, py = place.at(x / TILE, y / TILE)
        frame.paste(picture, (px - size // 2, py - size // 2), picture)
        if count > 1:
            _count(frame, px + size // 2, py + size // 2, count, place.pixels)


# -- entities --------------------------------------------------------------------------------------


def live_entities(o: Tables) -> dict[str, list[int]]:
    """The columns of all entities that stand, as lists of plain integers."""
    entity = o.entity
    rows = np.flatnonzero(entity["proto"])
    wanted = (
        "proto",
        "kind",
        "direction",
        "status",
        "tiles_w",
        "tiles_h",
        "x",
        "y",
        "slot",
        "slots",
        "fuel_slots",
        "source_slots",
        "result_slots",
        "burning_item",
        "belt",
        "shown_progress",
        "shown_burning",
    )
    return {"row": rows.tolist(), **{name: entity[name][rows].tolist() for name in wanted}}


def _entities(
    o: Tables, place: Place, names: Names, *, belts: bool
) -> Iterator[tuple[float, Image.Image, tuple[int, int]]]:
    tick = int(o.header["tick"][0])
    for j, (_, look, left, top) in enumerate(entity_looks(o, names)):
        if (look.kind == BELT) != belts:
            continue
        if look.working:
            look = look._replace(phase=(tick // PHASE_TICKS + j) % sprites.PHASES)
        picture, dx, dy = _cropped(look, place.pixels)
        x, y = place.at(left, top)
        yield top + look.height - 0.02, picture, (x + dx, y + dy)


def entity_looks(o: Tables, names: Names) -> Iterator[tuple[int, Look, int, int]]:
    """Each entity that stands: row, look (in the first phase), left and top tile."""
    e = live_entities(o)
    walls = {
        (x // TILE, y // TILE)
        for kind, x, y in zip(e["kind"], e["x"], e["y"], strict=True)
        if kind == k.KIND_WALL
    }
    for j in range(len(e["proto"])):
        kind, w, h = e["kind"][j], e["tiles_w"][j], e["tiles_h"][j]
        belt = kind == k.KIND_BELT
        left = e["x"][j] // TILE - w // 2 if w % 2 else round(e["x"][j] / TILE) - w // 2
        top = e["y"][j] // TILE - h // 2 if h % 2 else round(e["y"][j] / TILE) - h // 2
        variant = int(o.belt["bend"][e["belt"][j] - 1]) if belt else mix(left, top) % 8
        working = e["status"][j] in (k.STATUS_WORKING, k.STATUS_LOW_POWER)
        machine = kind in (k.KIND_DRILL, k.KIND_FURNACE)
        look = Look(
            names.entity(e["proto"][j]),
            k.KIND_NAMES.get(kind, ""),
            w,
            h,
            e["direction"][j] // 4 % 4,
            working and machine,
            0,
            _joins(walls, left, top) if kind == k.KIND_WALL else 0,
            variant if kind in (k.KIND_TREE, k.KIND_ROCK, k.KIND_WALL, k.KIND_BELT) else 0,
            _outlet(o, e["proto"][j], e["direction"][j]) if kind == k.KIND_DRILL else None,
        )
        yield e["row"][j], look, left, top


@lru_cache(maxsize=4096)
def _cropped(look: Look, pixels: int) -> tuple[Image.Image, int, int]:
    """A sprite without its empty border, and where that picture starts from the footprint."""
    picture = sprites.image(look, pixels)
    box = picture.getbbox() or (0, 0, 1, 1)
    margin = sprites.MARGIN * pixels
    return picture.crop(box), box[0] - margin, box[1] - margin


def _joins(walls: set[tuple[int, int]], x: int, y: int) -> int:
    return (
        ((x, y - 1) in walls)
        + 2 * ((x + 1, y) in walls)
        + 4 * ((x, y + 1) in walls)
        + 8 * ((x - 1, y) in walls)
    )


def _outlet(o: Tables, proto: int, direction: int) -> tuple[int, int] | None:
    if proto >= len(o.kinds):
        return None
    x, y = o.kinds["drop"][proto][direction // 4 % 4].tolist()
    return (int(x), int(y)) if x or y else None


# -- agents ----------------------------------------------------------------------------------------


def active_agents(o: Tables) -> Iterator[int]:
    """Indices of the agents that are there."""
    for index in range(min(int(o.header["characters"][0]), len(o.character))):
        if o.character["active"][index]:
            yield index


def activity_of(row: Any) -> str:
    """What an agent is busy with: "walking", "mining", "crafting", "waiting" or "idle"."""
    activity = int(row["activity"])
    if activity == k.ACTIVITY_NONE and int(row["crafts"]):
        return "crafting"
    if activity == k.ACTIVITY_MINE and not int(row["mining"]) and int(row["crafts"]):
        return "crafting"
    return k.ACTIVITY_NAMES[activity] if activity < len(k.ACTIVITY_NAMES) else "busy"


def _agents(
    o: Tables, place: Place, names: Names
) -> Iterator[tuple[float, Image.Image, tuple[int, int]]]:
    tick = int(o.header["tick"][0])
    for index in active_agents(o):
        row = o.character[index]
        doing = activity_of(row)
        x, y = int(row["x"]) / TILE, int(row["y"]) / TILE
        phase = tick // PHASE_TICKS % 4
        picture = people.figure(
            index,
            int(row["facing"]),
            (tick // 5 % 2 * 2 + 1) if doing == "walking" else 0,
            doing if doing in ("mining", "crafting") else "",
            phase if doing in ("mining", "crafting") else 0,
            names.item(int(row["hand"])),
            place.pixels,
        )
        px, py = place.at(x, y)
        feet = (round(people.FEET[0] * place.pixels), round(people.FEET[1] * place.pixels))
        yield y + 0.3, picture, (px - feet[0], py - feet[1])


# -- signs -----------------------------------------------------------------------------------------


def _draw_signs(frame: Image.Image, o: Tables, place: Place, names: Names) -> None:
    e = live_entities(o)
    draw = ImageDraw.Draw(frame)
    p = place.pixels
    for j in range(len(e["proto"])):
        kind, w, h = e["kind"][j], e["tiles_w"][j], e["tiles_h"][j]
        if kind in (k.KIND_TREE, k.KIND_ROCK, k.KIND_WALL, k.KIND_BELT):
            continue
        left, top = place.at(e["x"][j] / TILE - w / 2, e["y"][j] / TILE - h / 2)
        first, slots = e["slot"][j], e["slots"][j]
        stored = _stored(o, first, slots) if slots else []
        if kind == k.KIND_CHEST:
            total = sum(count for _, count in stored)
            if total:
                _badge(frame, names.item(stored[0][0]), total, left + round(0.95 * p), top, p)
            continue
        if e["result_slots"][j]:
            inner = first + e["fuel_slots"][j] + e["source_slots"][j]
            done = _stored(o, inner, e["result_slots"][j])
            if done:
                x, y = left + w * p - p // 2, top + h * p - p // 2
                _badge(frame, names.item(done[0][0]), done[0][1], x, y, p)
        if kind == k.KIND_DRILL:  # again, over the machine that it feeds
            _arrow(frame, o, e["proto"][j], e["direction"][j], left, top, w, h, p)
        progress = e["shown_progress"][j]
        if 0 < progress <= TILE:
            _bar(draw, left, top + h * p, w * p, p, progress / TILE, c.GREEN)
        if kind != k.KIND_INSERTER and e["burning_item"][j] and e["shown_burning"][j] > 0:
            full = int(o.items["fuel"][e["burning_item"][j]]) // k.JOULE
            share = min(1.0, e["shown_burning"][j] / full) if full else 0.0
            _bar(draw, left, top + h * p + max(2, p // 7), w * p, p, share, c.FIRE)
        sign = MARKS.get(e["status"][j])
        if sign is not None:
            size = max(9, round((0.46 if w * h == 1 else 0.72) * p))
            picture = mark(sign[0], size)
            frame.paste(picture, (left - size // 4, top - size // 4), picture)


def _arrow(
    frame: Image.Image,
    o: Tables,
    proto: int,
    direction: int,
    left: int,
    top: int,
    w: int,
    h: int,
    pixels: int,
) -> None:
    """The arrow of a drill's output, on the edge where the product leaves."""
    quarter = direction // 4 % 4
    x, y = _outlet(o, proto, direction) or (0, 0)
    ahead = (h if quarter % 2 == 0 else w) / 2 + 0.14
    dx, dy = ((x / TILE, -ahead), (ahead, y / TILE), (x / TILE, ahead), (-ahead, y / TILE))[quarter]
    picture = sprites.arrow(quarter, max(7, round(0.62 * pixels)))
    px = left + round((w / 2 + dx) * pixels) - picture.width // 2
    py = top + round((h / 2 + dy) * pixels) - picture.height // 2
    frame.paste(picture, (px, py), picture)


def _stored(o: Tables, first: int, slots: int) -> list[tuple[int, int]]:
    rows = o.slot[first : first + slots]
    filled = np.flatnonzero(rows["count"])
    return list(zip(rows["item_id"][filled].tolist(), rows["count"][filled].tolist(), strict=True))


def _badge(frame: Image.Image, item: str, count: int, x: int, y: int, pixels: int) -> None:
    """A stored item over a machine or chest, with the number below it."""
    size = max(8, round(0.6 * pixels))
    picture = item_image(item, size, plate=True)
    frame.paste(picture, (x - size // 2, y - size // 2), picture)
    _count(frame, x + size // 2 + pixels // 8, y + size, count, pixels)


def _count(frame: Image.Image, right: int, bottom: int, count: int, pixels: int) -> None:
    text = str(count) if count < 10_000 else f"{count // 1000}k"
    picture = label(text, max(8, round(0.46 * pixels)), c.WHITE, c.INK, 1)
    frame.paste(picture, (right - picture.width, bottom - picture.height), picture)


def _bar(
    draw: ImageDraw.ImageDraw,
    left: int,
    bottom: int,
    width: int,
    pixels: int,
    share: float,
    colour: tuple[int, ...],
) -> None:
    """A bar along the foot of a machine."""
    tall = max(2, pixels // 7)
    x0, x1 = left + pixels // 8, left + width - pixels // 8
    y0 = bottom - tall - 1
    draw.rectangle((x0 - 1, y0 - 1, x1, y0 + tall), fill=c.INK)
    end = x0 + round((x1 - x0 - 1) * share)
    if end > x0:
        draw.rectangle((x0, y0, end, y0 + tall - 1), fill=colour)


def progress_of(row: Any) -> float:
    """How far an agent's mining or crafting is, 0 .. 1; 0 when it does neither."""
    doing = activity_of(row)
    if doing == "mining" and int(row["mine_need"]):
        return min(1.0, int(row["mine_progress"]) / int(row["mine_need"]))
    if doing == "crafting" and int(row["craft_need"]):
        return min(1.0, int(row["craft_progress"]) / int(row["craft_need"]))
    return 0.0


def _draw_agent_signs(frame: Image.Image, o: Tables, place: Place) -> None:
    draw = ImageDraw.Draw(frame)
    p = place.pixels
    for index in active_agents(o):
        row = o.character[index]
        x, y = place.at(int(row["x"]) / TILE, int(row["y"]) / TILE)
        share = progress_of(row)
        if share > 0:
            _bar(draw, x - p // 2, y + p // 2, p, p, share, c.YELLOW)
        message = int(row["message"])
        if message:
            picture = people.speech(str(message - 1), p)
            frame.paste(picture, (x + p // 5, y - round(2.1 * p)), picture)
