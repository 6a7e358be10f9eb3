"""Planes: what an agent sees around it, 16 numbers a tile; and the map pooled for `state()`.

Kernels; the tables of values are in `fields.py`.

A window of ``config[WINDOW]`` x ``config[WINDOW]`` tiles centred on the tile under the character,
north up, in memory order [y, x, plane], ``uint8`` 0..254 (a float32 observation is value / 254).
Only observable fields are read.
"""

from __future__ import annotations

import numpy as np

from .actions import ENTITY_AT, ITEM_AT, WINDOW
from .engine.constants import (
    KIND_CHEST,
    KIND_DRILL,
    KIND_FURNACE,
    LAND,
    STATUS_WORKING,
    VOID,
)
from .engine.jit import kernel

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

TOP = 254  # largest value; 255 would make Stable-Baselines3 take a grid for an image
TERRAIN_STEP = 127
GROUP_STEP = 8  # value of a group of entities or items: 8 x its number
DEPOSIT_STEP = 40
DIRECTION_STEP = 15
STATUS_STEP = 15
AGENT_STEP = 10
COUNT_OCTAVE = 24  # value that a doubling of a count adds
AMOUNT_OCTAVE = 12
SELF, TEAMMATE, OTHER = 0, 1, 2

# The whole map for `state()`: 8 x 8 cells of 12 numbers.
POOL_SIDE = 8
DEPOSITS = 4  # deposits with a number of their own: the first of the groups
POOL_PLANES = 12
(
    POOL_CLOSED,
    POOL_DEPOSIT,
    POOL_AMOUNT,
    POOL_ENTITY,
    POOL_MACHINE,
    POOL_WORKING,
    POOL_STORED,
    POOL_GROUND,
    POOL_GOAL,
) = (0, 1, 5, 6, 7, 8, 9, 10, 11)


@kernel
def share(part, whole):
    """part / whole, kept within 0..1; 0 when there is no whole."""
    if whole <= 0 or part <= 0:
        return np.float32(0.0)
    if part >= whole:
        return np.float32(1.0)
    return np.float32(part / whole)


@kernel
def level(count, octave):
    """A count on a scale of logarithms: 0 for 0, `octave` more each time count + 1 doubles.

    In between it runs in straight lines; capped at 254. Integers only, so it is exact everywhere.
    """
    if count <= 0:
        return 0
    n = count + 1
    bits = 0
    while n >> (bits + 1) > 0:
        bits += 1
    value = octave * bits + ((octave * (n - (1 << bits))) >> bits)
    return min(value, TOP)


@kernel
def items_in(o, base, slots):
    """Items in a run of slots: their number, and the first item (0 = none)."""
    total = 0
    first = 0
    for index in range(base, base + slots):
        item = np.int64(o.slot[index].item_id)
        if item != 0:
            total += np.int64(o.slot[index].count)
            if first == 0:
                first = item
    return total, first


@kernel
def write_entity(o, config, row, cell):
    """The planes of the entity that stands on a tile."""
    e = o.entity[row]
    kind = o.kinds[e.proto]
    cell[ENTITY] = config[config[ENTITY_AT] + e.proto]
    if kind.rotates:
        cell[DIRECTION] = DIRECTION_STEP * (np.int64(e.direction) + 1)
    cell[STATUS] = min(STATUS_STEP * np.int64(e.status), TOP)
    cell[PROGRESS] = (np.int64(e.shown_progress) * TOP) >> 8
    if e.slots == 0:
        return
    base, fuels = np.int64(e.slot), np.int64(e.fuel_slots)
    sources = np.int64(e.source_slots)
    first = 0
    if fuels > 0:
        count, first = items_in(o, base, fuels)
        cell[FUEL] = level(count, COUNT_OCTAVE)
    if sources > 0:
        count, item = items_in(o, base + fuels, sources)
        cell[SOURCE] = level(count, COUNT_OCTAVE)
        first = item if item != 0 else first
    if np.int64(e.kind) == KIND_CHEST:
        results = np.int64(e.slots)
    else:
        results = np.int64(e.result_slots)
    if results > 0:
        count, item = items_in(o, base + fuels + sources, results)
        cell[RESULT] = level(count, COUNT_OCTAVE)
        first = item if item != 0 else first
    if first != 0:
        cell[CONTENT] = config[config[ITEM_AT] + first]


@kernel
def write_tile(o, config, index, mark, cell):
    """All planes of a tile of the map, without the agents."""
    for plane in range(PLANES):
        cell[plane] = 0
    tile = o.tile[index]
    cell[TERRAIN] = TERRAIN_STEP * np.int64(tile.terrain)
    cell[GOAL] = mark
    if tile.resource != 0:
        cell[DEPOSIT] = config[config[ENTITY_AT] + tile.resource]
        cell[AMOUNT] = level(np.int64(tile.amount), AMOUNT_OCTAVE)
    row = np.int64(tile.entity) - 1
    if row >= 0:
        write_entity(o, config, row, cell)
    row = np.int64(tile.pile) - 1
    if row >= 0:
        cell[GROUND] = config[config[ITEM_AT] + o.pile[row].item_id]


@kernel
def write_outside(cell):
    for plane in range(PLANES):
        cell[plane] = 0
    cell[TERRAIN] = TERRAIN_STEP * VOID


@kernel
def write_planes(o, config, agent, marks, grid):
    """The window of one agent. ``grid`` uint8[window, window, 16], ``marks`` uint8[tiles or 0]."""
    h = o.header[0]
    width, height = np.int64(h.width), np.int64(h.height)
    window = config[WINDOW]
    c = o.character[agent]
    left = (np.int64(c.x) >> 8) - window // 2
    top = (np.int64(c.y) >> 8) - window // 2
    column0 = left - np.int64(h.left)
    row0 = top - np.int64(h.top)
    marked = marks.shape[0] > 0
    for y in range(window):
        row = row0 + y
        for x in range(window):
            column = column0 + x
            if row < 0 or column < 0 or row >= height or column >= width:
                write_outside(grid[y, x])
                continue
            index = row * width + column
            write_tile(o, config, index, marks[index] if marked else 0, grid[y, x])
    write_agents(o, agent, left, top, grid)


@kernel
def write_agents(o, agent, left, top, grid):
    """Who stands where. On one tile an other team beats a teammate, and a teammate the self."""
    window = grid.shape[0]
    me = o.character[agent]
    for other in range(o.header[0].characters):
        c = o.character[other]
        x = (np.int64(c.x) >> 8) - left
        y = (np.int64(c.y) >> 8) - top
        if c.active == 0 or x < 0 or y < 0 or x >= window or y >= window:
            continue
        relation = SELF if other == agent else (TEAMMATE if c.team == me.team else OTHER)
        value = AGENT_STEP * (1 + 8 * relation + (np.int64(c.facing) >> 1))
        if value > grid[y, x, AGENTS]:
            grid[y, x, AGENTS] = value


@kernel
def add_entity(o, row, sums):
    """What one tile of an entity adds to the sums of its cell."""
    e = o.entity[row]
    sums[POOL_ENTITY] += 1
    kind = np.int64(e.kind)
    if kind == KIND_DRILL or kind == KIND_FURNACE:
        sums[POOL_MACHINE] += 1
        if e.status == STATUS_WORKING:
            sums[POOL_WORKING] += 1


@kernel
def add_tile(o, config, index, mark, sums):
    """What one tile adds to the sums of its cell."""
    tile = o.tile[index]
    if tile.terrain != LAND:
        sums[POOL_CLOSED] += 1
    if tile.resource != 0:
        which = config[config[ENTITY_AT] + tile.resource] // DEPOSIT_STEP - 1
        if 0 <= which < DEPOSITS:
            sums[POOL_DEPOSIT + which] += 1
        sums[POOL_AMOUNT] += np.int64(tile.amount)
    if tile.pile != 0:
        sums[POOL_GROUND] += 1
    if mark != 0:
        sums[POOL_GOAL] += 1
    row = np.int64(tile.entity) - 1
    if row >= 0:
        add_entity(o, row, sums)
        e = o.entity[row]
        if (index == entity_home(o, row)) and e.slots > 0:
            inputs = np.int64(e.fuel_slots) + np.int64(e.source_slots)
            base = np.int64(e.slot) + inputs
            sums[POOL_STORED] += items_in(o, base, np.int64(e.slots) - inputs)[0]


@kernel
def entity_home(o, row):
    """The tile of an entity at which what it holds is counted: the one under its centre."""
    h = o.header[0]
    e = o.entity[row]
    column = (np.int64(e.x) >> 8) - np.int64(h.left)
    return ((np.int64(e.y) >> 8) - np.int64(h.top)) * np.int64(h.width) + column


@kernel
def write_cell(o, config, marks, area, sums, out, at):
    """One cell of the pooled map; ``area`` = (column, row, end column, end row)."""
    column0, row0, column1, row1 = area
    width = np.int64(o.header[0].width)
    for k in range(POOL_PLANES):
        sums[k] = 0
    for row in range(row0, row1):
        for column in range(column0, column1):
            index = row * width + column
            add_tile(o, config, index, marks[index] if marks.shape[0] > 0 else 0, sums)
    tiles = (column1 - column0) * (row1 - row0)
    for k in range(POOL_PLANES):
        out[at + k] = share(sums[k], tiles)
    out[at + POOL_AMOUNT] = share(level(sums[POOL_AMOUNT], AMOUNT_OCTAVE), TOP)
    out[at + POOL_STORED] = share(level(sums[POOL_STORED], COUNT_OCTAVE), TOP)


@kernel
def write_pooled(o, config, marks, sums, out, at):
    """The map in 8 x 8 cells. Returns the end."""
    width, height = np.int64(o.header[0].width), np.int64(o.header[0].height)
    for y in range(POOL_SIDE):
        for x in range(POOL_SIDE):
            area = (
                width * x // POOL_SIDE,
                height * y // POOL_SIDE,
                width * (x + 1) // POOL_SIDE,
                height * (y + 1) // POOL_SIDE,
            )
            write_cell(o, config, marks, area, sums, out, at)
            at += POOL_PLANES
    return at
