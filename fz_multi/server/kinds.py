"""Prototype numbers as plain lists, and where an entity may stand.

`place_code` and `obstruction` ask the same questions in the same order as the engine's
(`fz_multi.engine.entities.place_code`, `space.obstruction`), which only compiled code can call; a
test holds them against the engine on random maps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine.codes import (
    CHARACTER_IN_THE_WAY,
    NEEDS_RESOURCE,
    OCCUPIED,
    OK,
    OUT_OF_MAP,
    WATER_IN_THE_WAY,
)
from fz_multi.engine.constants import CHARACTER_HALF, KIND_DRILL, LAND

if TYPE_CHECKING:
    from .place import Place

Box = tuple[int, int, int, int]


class Kinds:
    """Columns of the engine's kinds table as lists, one entry a prototype id."""

    def __init__(self, table: Any) -> None:
        self.kind: list[int] = table.kind.tolist()
        self.w: list[int] = table.w.tolist()
        self.h: list[int] = table.h.tolist()
        self.rotates: list[int] = table.rotates.tolist()
        self.box: list[Box] = [tuple(row) for row in table.box.tolist()]
        self.blocks_walk: list[int] = table.blocks_walk.tolist()
        self.item: list[int] = table.item_id.tolist()
        self.mine_time: list[int] = table.mine_time.tolist()
        self.drop: list[list[list[int]]] = table.drop.tolist()
        self.speed: list[int] = table.speed.tolist()

    def footprint(self, proto: int, direction: int) -> tuple[int, int]:
        """Tiles wide and high, turned."""
        if direction in (4, 12):
            return self.h[proto], self.w[proto]
        return self.w[proto], self.h[proto]

    def turned_box(self, proto: int, direction: int) -> Box:
        """Collision box about the centre, turned to one of the four directions."""
        return turned(self.box[proto], direction)

    def snapped(self, proto: int, x: int, y: int, direction: int) -> tuple[int, int]:
        """Centre that an entity asked for at a point takes."""
        wide, high = self.footprint(proto, direction)
        return snap(wide, x), snap(high, y)


def turned(box: Box, direction: int) -> Box:
    """A box about the centre that is given for north, turned."""
    x0, y0, x1, y1 = box
    if direction == 4:
        return -y1, x0, -y0, x1
    if direction == 8:
        return -x1, -y1, -x0, -y0
    if direction == 12:
        return y0, -x1, y1, -x0
    return box


def snap(size: int, value: int) -> int:
    """Centre of a footprint of `size` tiles asked for at a position, on one axis."""
    return (value >> 8) * 256 + 128 if size & 1 else ((value + 128) >> 8) * 256


def entity_box(kinds: Kinds, place: Place, row: int) -> Box:
    """Collision box of an entity on the map."""
    x0, y0, x1, y1 = kinds.turned_box(place.proto[row], place.direction[row])
    x, y = place.x[row], place.y[row]
    return x + x0, y + y0, x + x1, y + y1


def _near(place: Place, x0: int, y0: int, x1: int, y1: int) -> Any:
    """(tile x, tile y, row) of the tiles around a box that something reaching into it may be on."""
    reach = place.header["overhang"][0] + 1
    for ty in range((y0 >> 8) - reach, (y1 >> 8) + reach + 1):
        for tx in range((x0 >> 8) - reach, (x1 >> 8) + reach + 1):
            index = place.tile_of(tx, ty)
            yield tx, ty, index


def place_code(kinds: Kinds, place: Place, proto: int, x: int, y: int, direction: int) -> int:
    """Result code for an entity centred (snapped) at a point: 0, or what is in its way."""
    wide, high = kinds.footprint(proto, direction)
    left, top = (x >> 8) - (wide >> 1), (y >> 8) - (high >> 1)
    deposits, wet, taken = False, False, False
    for ty in range(top, top + high):
        for tx in range(left, left + wide):
            index = place.tile_of(tx, ty)
            if index < 0:
                return OUT_OF_MAP
            wet = wet or place.terrain[index] != LAND
            taken = taken or place.stands[index] != 0
            deposits = deposits or place.amount[index] > 0
    bx0, by0, bx1, by1 = kinds.turned_box(proto, direction)
    x0, y0, x1, y1 = x + bx0, y + by0, x + bx1, y + by1
    for tx, ty, index in _near(place, x0, y0, x1, y1):
        if index < 0:
            continue
        row = place.stands[index] - 1
        if row >= 0 and not taken:
            taken = overlap(entity_box(kinds, place, row), (x0, y0, x1, y1))
        if place.terrain[index] != LAND:
            tile = (tx * 256, ty * 256, tx * 256 + 256, ty * 256 + 256)
            wet = wet or overlap(tile, (x0, y0, x1, y1))
    if wet:
        return WATER_IN_THE_WAY
    if taken:
        return OCCUPIED
    if kinds.blocks_walk[proto]:
        for me in range(place.header["characters"][0]):
            if place.alive[me] and overlap(character_box(place, me), (x0, y0, x1, y1)):
                return CHARACTER_IN_THE_WAY
    if kinds.kind[proto] == KIND_DRILL and not deposits:
        return NEEDS_RESOURCE
    return OK


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes overlap; touching does not count."""
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


def touch(a: Box, b: Box) -> bool:
    """Whether two boxes overlap or touch."""
    return a[0] <= b[2] and a[2] >= b[0] and a[1] <= b[3] and a[3] >= b[1]


def character_box(place: Place, me: int) -> Box:
    x, y, half = place.ch_x[me], place.ch_y[me], CHARACTER_HALF
    return x - half, y - half, x + half, y + half


def obstructed(kinds: Kinds, place: Place, me: int, x: int, y: int) -> bool:
    """Whether a character (me, -1 = a new one) centred at a point would touch something."""
    half = CHARACTER_HALF
    mine = (x - half, y - half, x + half, y + half)
    for tx, ty, index in _near(place, *mine):
        tile = (tx * 256, ty * 256, tx * 256 + 256, ty * 256 + 256)
        if index < 0 or place.terrain[index] != LAND:
            if touch(tile, mine):
                return True
            continue
        row = place.stands[index] - 1
        solid = row >= 0 and kinds.blocks_walk[place.proto[row]]
        if solid and touch(entity_box(kinds, place, row), mine):
            return True
    for other in range(place.header["characters"][0]):
        if other != me and place.alive[other] and touch(character_box(place, other), mine):
            return True
    return False


def pile_fits(kinds: Kinds, place: Place, x: int, y: int) -> bool:
    """Whether an item could lie at a point (`fz_multi.engine.ground.pile_fits`)."""
    index = place.tile(x, y)
    if index < 0 or place.terrain[index] != LAND:
        return False
    mine = (x - PILE_HALF, y - PILE_HALF, x + PILE_HALF, y + PILE_HALF)
    for tx, ty, index in _near(place, *mine):
        if index < 0:
            continue
        row = place.lies[index] - 1
        while row >= 0:
            if abs(place.pile_x[row] - x) < PILE_BLOCK and abs(place.pile_y[row] - y) < PILE_BLOCK:
                return False
            row = place.pile_next[row] - 1
        tile = (tx * 256, ty * 256, tx * 256 + 256, ty * 256 + 256)
        if place.terrain[index] != LAND and overlap(tile, mine):
            return False
        row = place.stands[index] - 1
        solid = row >= 0 and (kinds.blocks_walk[place.proto[row]] or place.belt[row])
        if solid and overlap(entity_box(kinds, place, row), mine):
            return False
    return True


PILE_HALF, PILE_BLOCK = 35, 70  # fz_multi.engine.constants
