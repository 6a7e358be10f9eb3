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
    FAR_ROW,
    FUEL,
    GOAL,
    GROUND,
    GROUND_BYTE,
    LANE_1,
    LANE_2,
    PLANES,
    PROGRESS,
    RESULT,
    ROW_BYTE,
    SOURCE,
    STATUS,
    TERRAIN,
    TERRAIN_STEP,
    TOP,
    level,
)

STATUS_STEP = 15
AGENT_STEP = 10
# Behind the marks of all tiles: for each eighth of the rows of the map a byte, in it a bit for each
# eighth of the columns, 1 where there are marks. Most windows show none.
MARK_CELLS = 8
MARK_STEP = 42  # value of the tiles of a shown area: 42 x its number ...
MARK_MOST = 252  # ... and at most this
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


# A tile is two words: planes 0 to 7 in the low one, plane 0 in its lowest byte (little-endian, as
# all machines that numba runs on).
WORDS = 2
VOID_WORD = TERRAIN_STEP * VOID
MARK_SHIFT, AGENT_SHIFT = 8 * (GOAL - 8), 8 * (AGENTS - 8)
ENTITY_BITS, GROUND_SHIFT = 255 << (8 * ENTITY), 8 * (GROUND - 8)
SHADE_LOW = (1 << (8 * ROW_BYTE)) - 1  # bits of a shade that belong into the low word

# What a part of the worlds has drawn already: an entity covers several tiles that several agents
# see. Row r is kept at place r % PICTURES as (r, low word, high word).
PICTURES = 64
MEMO = 3 * PICTURES


@kernel
def forget(memo):
    """Another world: its rows have other pictures."""
    for place in range(PICTURES):
        memo[3 * place] = -1


@inlined
def at_byte(value, plane):
    """A value 0..254 in the place of a plane in its word."""
    return np.int64(value) << np.int64(8 * (plane & 7))


@kernel
def lanes_word(o, belt):
    """The two lanes of a belt: group of the frontmost item, plus how many there are (up to 7)."""
    word = np.int64(0)
    for lane in range(2):
        _line, first, last, _start = lane_window(o, belt, lane)
        if last > first:
            group = np.int64(o.items[o.lane_item[first].item_id].group)
            value = min(group + min(last - first, GROUP_STEP - 1), TOP)
            word |= at_byte(value, LANE_1 + lane)
    return word


@kernel
def draw_entity(o, row):
    """What changes of an entity (the rest is in the shade of its tiles), as (low, high) word."""
    e = o.entity[row]
    low = at_byte(min(STATUS_STEP * np.int64(e.status), TOP), STATUS)
    high = np.int64(0)
    progress = (np.int64(e.shown_progress) * TOP) >> 8
    size = np.int64(e.slots)
    if size == 0:
        low |= at_byte(progress, PROGRESS)
        if e.belt != 0:
            high |= lanes_word(o, np.int64(e.belt) - 1)
        return low, high
    slots = o.slot
    base, fuels, sources = np.int64(e.slot), np.int64(e.fuel_slots), np.int64(e.source_slots)
    fuel, first_fuel = items_in(slots, base, fuels)
    source, first_source = items_in(slots, base + fuels, sources)
    rest = fuels + sources  # what follows: results, or all of a chest
    result, first_result = items_in(slots, base + rest, size - rest)
    first = first_result
    if first == 0:
        first = first_source if first_source != 0 else first_fuel
    if e.kind == KIND_INSERTER:
        progress = swing(e)
        first = np.int64(e.held)
    low |= at_byte(progress, PROGRESS) | at_byte(level(fuel, COUNT_OCTAVE), FUEL)
    high |= at_byte(level(source, COUNT_OCTAVE), SOURCE)
    high |= at_byte(level(result, COUNT_OCTAVE), RESULT)
    if first != 0:
        high |= at_byte(o.items[first].group, CONTENT)
    return low, high


@kernel
def picture(o, row, memo):
    """`draw_entity`, from memory where that is possible."""
    place = 3 * (row % PICTURES)
    if memo[place] != row:
        memo[place] = row
        memo[place + 1], memo[place + 2] = draw_entity(o, row)
    return memo[place + 1], memo[place + 2]


def eighth(side: int) -> int:
    """Tiles of an eighth of the map's width or height, rounded up."""
    return (side + 7) // 8


eighth_of = kernel(eighth)


@kernel
def write_planes(o, d, k, agent, memo):
    """The window of one agent into ``cells``, the words of ``grid``.

    Unsigned indices: nobody has to look whether they are negative.
    """
    h = o.header[0]
    width, height = np.int64(h.width), np.int64(h.height)
    shade, cells, tiles = o.shade, d.cells, o.tile
    window = d.grid.shape[2]
    c = o.character[agent]
    left = (np.int64(c.x) >> 8) - window // 2
    top = (np.int64(c.y) >> 8) - window // 2
    column0 = left - np.int64(h.left)
    row0 = top - np.int64(h.top)
    marks = d.marks[k]
    first, end = max(0, -column0), min(window, width - column0)
    top_row, end_row = max(0, row0), min(height, row0 + window)
    marked = marks.shape[0] > 0 and any_marks(
        marks, width, height, column0 + first, top_row, column0 + end - 1, end_row - 1
    )
    start = (k * d.grid.shape[1] + agent) * window * window * WORDS
    for y in range(window):
        row = row0 + y
        at = start + y * window * WORDS
        if row < 0 or row >= height:
            write_nothing(cells, at, 0, window)
            continue
        base = row * width + column0
        met = np.int64(0)
        far = end  # some tiles more, so that whole registers are copied: the next row covers them
        if y + 1 < window and base + end + 3 < shade.shape[0]:
            far = end + (first - end) % 4
        for x in range(first, far):
            word = shade[np.uint64(base + x)].word
            met |= word
            cells[np.uint64(at + 2 * x)] = word & SHADE_LOW
            ground = (word >> np.int64(8 * GROUND_BYTE)) & 255
            cells[np.uint64(at + 2 * x + 1)] = ground << np.int64(GROUND_SHIFT)
        if met & ENTITY_BITS:
            for x in range(first, end):
                word = shade[np.uint64(base + x)].word
                if word & ENTITY_BITS:
                    entity = (word >> np.int64(8 * ROW_BYTE)) & FAR_ROW
                    if entity == FAR_ROW:
                        entity = np.int64(tiles[base + x].entity)
                    low, high = picture(o, entity - 1, memo)
                    cells[np.uint64(at + 2 * x)] |= low
                    cells[np.uint64(at + 2 * x + 1)] |= high
        if first > 0 or end < window:
            write_nothing(cells, at, 0, first)
            write_nothing(cells, at, end, window)
        if marked:
            for x in range(first, end):
                mark = np.int64(marks[base + x])
                cells[np.uint64(at + 2 * x + 1)] |= mark << np.int64(MARK_SHIFT)
    write_agents(o, agent, left, top, window, cells, start)


@kernel
def note_marks(marks, width, height):
    """Where the marks are, into the `MARK_CELLS` bytes behind those of the tiles."""
    wide, high = eighth_of(width), eighth_of(height)
    tiles = width * height
    for cell in range(MARK_CELLS):
        marks[tiles + cell] = 0
    for y in range(height):
        found = 0
        for x in range(width):
            if marks[y * width + x] != 0:
                found |= 1 << (x // wide)
        marks[tiles + y // high] |= found


@kernel
def any_marks(marks, width, height, column0, row0, column1, row1):
    """Whether there can be marks between two tiles of the map (both included)."""
    wide, high = eighth_of(width), eighth_of(height)
    bits = (2 << (column1 // wide)) - (1 << (column0 // wide))
    for cell in range(row0 // high, row1 // high + 1):
        if marks[width * height + cell] & bits:
            return True
    return False


@kernel
def write_nothing(cells, at, first, end):
    """Tiles outside of the map."""
    for x in range(first, end):
        cells[at + 2 * x] = VOID_WORD
        cells[at + 2 * x + 1] = 0


@kernel
def write_shares(d, k, agent):
    """The planes as shares of 254, float32[window * window * 16]; the form of flat observations."""
    grid = d.grid
    words = grid.shape[2] * grid.shape[3] * WORDS
    row = k * grid.shape[1] + agent
    start, out = row * words, row * d.vector.shape[2]
    cells, numbers = d.cells, d.numbers
    for index in range(words):
        word = cells[np.uint64(start + index)]
        at = out + 8 * index
        if word == 0:  # most are
            for byte in range(8):
                numbers[np.uint64(at + byte)] = 0.0
        else:
            for byte in range(8):
                value = (word >> np.int64(8 * byte)) & 255
                numbers[np.uint64(at + byte)] = np.float32(value) / np.float32(TOP)


@kernel
def write_agents(o, agent, left, top, window, cells, start):
    """Who stands where. On one tile an other team beats a teammate, and a teammate the self."""
    me = o.character[agent]
    for other in range(o.header[0].characters):
        c = o.character[other]
        x = (np.int64(c.x) >> 8) - left
        y = (np.int64(c.y) >> 8) - top
        if c.active == 0 or x < 0 or y < 0 or x >= window or y >= window:
            continue
        relation = SELF if other == agent else (TEAMMATE if c.team == me.team else OTHER)
        value = AGENT_STEP * (1 + 8 * relation + (np.int64(c.facing) >> 1))
        at = start + (y * window + x) * WORDS + 1
        word = cells[at]
        if value > (word >> AGENT_SHIFT) & 255:
            cells[at] = (word & ~(255 << AGENT_SHIFT)) | (value << AGENT_SHIFT)


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
