"""The picture of each tile that moves with events alone: 8 bytes, as observations show them.

A window of an observation is made of these rows; what changes from tick to tick (status, progress,
contents, items on belts, who stands where) is written over it when somebody looks. The bytes are
planes 0 to 4, two that say where the entity stands in its table, and the plane of items on the
ground.
Whatever changes a tile calls `shade_tile`; whoever writes the tables directly calls
`shade_all`.

The planes and their values are listed in docs/spaces.md.
"""

from __future__ import annotations

from .jit import entry, kernel
from .memory import open_full

PLANES = 16
(
    TERRAIN,
    DEPOSIT,
    AMOUNT,
    ENTITY,
    DIRECTION,
    STATUS,
    PROGRESS,
    FUEL,
    SOURCE,
    RESULT,
    CONTENT,
    LANE_1,
    LANE_2,
    GROUND,
    AGENTS,
    GOAL,
) = range(PLANES)

GROUND_BYTE = 7  # where the plane GROUND stands here
ROW_BYTE = 5  # the row + 1 of the entity, in two bytes; `FAR_ROW` when it is that or more
FAR_ROW = 65_535
TOP = 254  # largest value; 255 would make Stable-Baselines3 take a grid for an image
TERRAIN_STEP = 127
DIRECTION_STEP = 15
AMOUNT_OCTAVE = 12
# Bits of the word of a tile (first plane in the lowest byte). Those of WET are all zero on land, of
# BUILT where no entity stands, of BURIED where nothing is to be mined or picked up, and of CLOSED
# where one may walk and build.
WET = 255 << (8 * TERRAIN)
BUILT = 255 << (8 * ENTITY)
BURIED = (255 << (8 * DEPOSIT)) | (127 << (8 * GROUND_BYTE)) | (-1 << 63)
CLOSED = WET | BUILT


@kernel
def level(count, octave):
    """A count on a scale of logarithms: 0 for 0, `octave` more each time count + 1 doubles.

    In between it runs in straight lines; capped at 254. Integers only, so it is exact everywhere.
    """
    if count <= 0:
        return 0
    bits = 0
    rest = count + 1
    for step in (32, 16, 8, 4, 2, 1):
        if rest >> step != 0:
            bits += step
            rest >>= step
    return min(octave * bits + ((octave * (count + 1 - (1 << bits))) >> bits), TOP)


@kernel
def shade_tile(w, index):
    """Draw one tile anew."""
    tile = w.tile[index]
    plane = w.shade[index].plane
    plane[TERRAIN] = TERRAIN_STEP * int(tile.terrain)
    if tile.resource != 0:
        plane[DEPOSIT] = w.kinds[tile.resource].group
        plane[AMOUNT] = level(int(tile.amount), AMOUNT_OCTAVE)
    else:
        plane[DEPOSIT] = 0
        plane[AMOUNT] = 0
    if tile.entity != 0:
        e = w.entity[tile.entity - 1]
        k = w.kinds[e.proto]
        plane[ENTITY] = k.group
        plane[DIRECTION] = DIRECTION_STEP * (int(e.direction) + 1) if k.rotates else 0
        row = min(int(tile.entity), FAR_ROW)
        plane[ROW_BYTE] = row & 255
        plane[ROW_BYTE + 1] = row >> 8
    else:
        plane[ENTITY] = 0
        plane[DIRECTION] = 0
        plane[ROW_BYTE] = 0
        plane[ROW_BYTE + 1] = 0
    plane[GROUND_BYTE] = w.items[w.pile[tile.pile - 1].item_id].group if tile.pile != 0 else 0


@kernel
def shade_area(w, first, wide, high):
    """Draw the tiles of a footprint anew. ``first``: its north-west tile."""
    width = w.header[0].width
    for dy in range(high):
        for dx in range(wide):
            shade_tile(w, first + dy * width + dx)


@entry("void(int64[:,::1], int64)")
def shade_all(book, k):
    """Draw every tile of world k anew, after the tables were written directly."""
    w = open_full(book, k)
    w.header[0].changed += 1
    for index in range(w.header[0].width * w.header[0].height):
        shade_tile(w, index)
