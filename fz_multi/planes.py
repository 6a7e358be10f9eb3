"""Planes: what an agent sees around it, 16 numbers a tile; and the map pooled for `state()`.

Kernels; the tables of values are in `fields.py`.

A window of ``config[WINDOW]`` x ``config[WINDOW]`` tiles centred on the tile under the character,
north up, in memory order [y, x, plane], ``uint8`` 0..254 (a float32 observation is value / 254).
Only observable fields are read.
"""

from __future__ import annotations

import numpy as np

from .engine.constants import (
    KIND_DRILL,
    KIND_FURNACE,
    KIND_INSERTER,
    LAND,
    STATUS_WORKING,
    VOID,
)
from .engine.groups import DEPOSIT_STEP, GROUP_STEP
from .engine.jit import inlined, kernel
from .engine.lanes import lane_window
from .engine.shade import (  # noqa: F401 - the planes have their names here
    AGENTS,
    AMOUNT,
    AMOUNT_OCTAVE,
    CONTENT,
    DEPOSIT,
    DIRECTION,
    DIRECTION_STEP,
    ENTITY,
    FUEL,
    GOAL,
    GROUND,
    LANE_1,
    LANE_2,
    PLANES,
    PROGRESS,
    RESULT,
    SOURCE,
    STATUS,
    TERRAIN,
    TERRAIN_STEP,
    TOP,
    level,
)

STATUS_STEP = 15
AGENT_STEP = 10
MARK_STEP = 42  # value of the tiles of a shown area: 42 x its number, at most 252
COUNT_OCTAVE = 24  # value that a doubling of a count adds
SELF, TEAMMATE, OTHER = 0, 1, 2
PICK_AT, DROP_AT = 256, 307  # how far before and behind an inserter it picks and drops

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
def items_in(slots, base, size):
    """Items in a run of slots: their number, and the first item (0 = none)."""
    total = 0
    first = 0
    for index in range(base, base + size):
        item = np.int64(slots[index].item_id)
        if item != 0:
            total += np.int64(slots[index].count)
            if first == 0:
                first = item
    return total, first


@kernel
def swing(e):
    """Where the hand of an inserter is: 0 over the pick-up point, 254 over the drop point."""
    dx, dy = np.int64(e.hand_x) - np.int64(e.x), np.int64(e.hand_y) - np.int64(e.y)
    if e.direction == 0:
        ahead = -dy
    elif e.direction == 4:
        ahead = dx
    elif e.direction == 8:
        ahead = dy
    else:
        ahead = -dx
    return min(max((PICK_AT - ahead) * TOP // (PICK_AT + DROP_AT), 0), TOP)


@kernel
def write_lanes(o, belt, grid, y, x):
    """The two lanes of a belt: group of the frontmost item, plus how many there are (up to 7)."""
    for lane in range(2):
        _line, first, last, _start = lane_window(o, belt, lane)
        if last > first:
            group = np.int64(o.items[o.lane_item[first].item_id].group)
            grid[y, x, LANE_1 + lane] = min(group + min(last - first, GROUP_STEP - 1), TOP)


# The kernels below write grid[y, x, plane] and are few: a view of a cell, or a call for each tile,
# counts references (atomically) and costs more than all the rest.


@inlined
def write_entity(o, row, grid, y, x):
    """What changes of the entity that stands on a tile (the rest is in its shade)."""
    e = o.entity[row]
    grid[y, x, STATUS] = min(STATUS_STEP * np.int64(e.status), TOP)
    grid[y, x, PROGRESS] = (np.int64(e.shown_progress) * TOP) >> 8
    size = np.int64(e.slots)
    if size == 0:
        if e.belt != 0:
            write_lanes(o, np.int64(e.belt) - 1, grid, y, x)
        return
    slots = o.slot
    base, fuels, sources = np.int64(e.slot), np.int64(e.fuel_slots), np.int64(e.source_slots)
    fuel, first_fuel = items_in(slots, base, fuels)
    source, first_source = items_in(slots, base + fuels, sources)
    rest = fuels + sources  # what follows: results, or all of a chest
    result, first_result = items_in(slots, base + rest, size - rest)
    grid[y, x, FUEL] = level(fuel, COUNT_OCTAVE)
    grid[y, x, SOURCE] = level(source, COUNT_OCTAVE)
    grid[y, x, RESULT] = level(result, COUNT_OCTAVE)
    first = first_result
    if first == 0:
        first = first_source if first_source != 0 else first_fuel
    if e.kind == KIND_INSERTER:
        grid[y, x, PROGRESS] = swing(e)
        first = np.int64(e.held)
    if first != 0:
        grid[y, x, CONTENT] = o.items[first].group


@kernel
def write_planes(o, agent, marks, grid):
    """The window of one agent. ``grid`` uint8[window, window, 16], ``marks`` uint8[tiles or 0]."""
    h = o.header[0]
    width, height = np.int64(h.width), np.int64(h.height)
    shade = o.shade
    words = grid.view(np.int64)  # a tile is two of them
    window = grid.shape[0]
    c = o.character[agent]
    left = (np.int64(c.x) >> 8) - window // 2
    top = (np.int64(c.y) >> 8) - window // 2
    column0 = left - np.int64(h.left)
    row0 = top - np.int64(h.top)
    marked = marks.shape[0] > 0
    first, end = max(0, -column0), min(window, width - column0)
    for y in range(window):
        row = row0 + y
        if row < 0 or row >= height:
            write_nothing(grid, y, 0, window)
            continue
        base = row * width + column0
        for x in range(first, end):
            s = shade[base + x]
            words[y, x, 0] = s.low
            words[y, x, 1] = s.high
        write_nothing(grid, y, 0, first)
        write_nothing(grid, y, end, window)
        if marked:
            for x in range(first, end):
                grid[y, x, GOAL] = marks[base + x]
        for x in range(first, end):
            if grid[y, x, ENTITY] != 0:
                write_entity(o, np.int64(o.tile[base + x].entity) - 1, grid, y, x)
    write_agents(o, agent, left, top, grid)


@inlined
def write_nothing(grid, y, first, end):
    """Tiles outside of the map."""
    for x in range(first, end):
        for plane in range(PLANES):
            grid[y, x, plane] = 0
        grid[y, x, TERRAIN] = TERRAIN_STEP * VOID


@kernel
def write_shares(grid, out):
    """The planes as shares of 254, float32[window * window * 16]; the form of flat observations."""
    flat = grid.reshape(grid.size)  # one plain loop, which runs eight at a time
    for k in range(flat.size):
        out[k] = np.float32(flat[k]) / np.float32(TOP)


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
def add_entity(o, index, row, sums):
    """What one tile of an entity adds to the sums of its cell."""
    e = o.entity[row]
    sums[POOL_ENTITY] += 1
    kind = np.int64(e.kind)
    if kind in (KIND_DRILL, KIND_FURNACE, KIND_INSERTER):
        sums[POOL_MACHINE] += 1
        if e.status == STATUS_WORKING:
            sums[POOL_WORKING] += 1
    # What it holds is counted once, at the tile under its centre.
    h = o.header[0]
    column = (np.int64(e.x) >> 8) - np.int64(h.left)
    home = ((np.int64(e.y) >> 8) - np.int64(h.top)) * np.int64(h.width) + column
    if index == home and e.slots > 0:
        inputs = np.int64(e.fuel_slots) + np.int64(e.source_slots)
        first = np.int64(e.slot) + inputs
        sums[POOL_STORED] += items_in(o.slot, first, np.int64(e.slots) - inputs)[0]


@kernel
def write_cell(o, marks, area, sums, out, at):
    """One cell of the pooled map; ``area`` = (column, row, end column, end row)."""
    column0, row0, column1, row1 = area
    tiles = o.tile
    width = np.int64(o.header[0].width)
    marked = marks.shape[0] > 0
    for k in range(POOL_PLANES):
        sums[k] = 0
    for row in range(row0, row1):
        for index in range(row * width + column0, row * width + column1):
            tile = tiles[index]
            if tile.terrain != LAND:
                sums[POOL_CLOSED] += 1
            if tile.resource != 0:
                which = np.int64(o.kinds[tile.resource].group) // DEPOSIT_STEP - 1
                if 0 <= which < DEPOSITS:
                    sums[POOL_DEPOSIT + which] += 1
                sums[POOL_AMOUNT] += np.int64(tile.amount)
            if tile.pile != 0:
                sums[POOL_GROUND] += 1
            if marked and marks[index] != 0:
                sums[POOL_GOAL] += 1
            if tile.entity != 0:
                add_entity(o, index, np.int64(tile.entity) - 1, sums)
    size = (column1 - column0) * (row1 - row0)
    for k in range(POOL_PLANES):
        out[at + k] = share(sums[k], size)
    out[at + POOL_AMOUNT] = share(level(sums[POOL_AMOUNT], AMOUNT_OCTAVE), TOP)
    out[at + POOL_STORED] = share(level(sums[POOL_STORED], COUNT_OCTAVE), TOP)


@kernel
def write_pooled(o, marks, sums, out, at):
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
            write_cell(o, marks, area, sums, out, at)
            at += POOL_PLANES
    return at
