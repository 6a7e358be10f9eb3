"""Worlds laid out in compiled code: what `EmbeddedBackend.reset` builds, byte by byte.

`lay_map` turns a map that `compiled_draw` has drawn into world k of a batch; `lay_maps` does so for
many worlds, and fills in what judge and observation must know of a map: where the areas of the
judge's rows lie, the marks of shown areas, and where the areas of ``task.shows`` are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fz_multi.engine.batch import Batch
from fz_multi.engine.edit import add_character, insert_into, start_world
from fz_multi.engine.entities import add_entity, footprint, place_code
from fz_multi.engine.inventory import put
from fz_multi.engine.jit import entry, kernel
from fz_multi.engine.memory import open_full, open_seen
from fz_multi.engine.shade import shade_tile
from fz_multi.engine.space import obstruction, snap, tile_at
from fz_multi.engine.tick import settle, shortage
from fz_multi.planes import MARK_MOST, MARK_STEP, note_marks
from fz_multi.task.compile_plan import Drawings
from fz_multi.task.compiled_draw import (
    DRAWN,
    H_HANDS,
    H_PLAYED,
    H_RESOURCES,
    N_STATUS,
    P_AT_AREAS,
    P_AT_TEAM,
    P_AT_THINGS,
    P_HEAD_SIZE,
    P_HEIGHT,
    P_LEFT,
    P_TEAM,
    P_THINGS,
    P_THINGS_N,
    P_TOP,
    P_WIDTH,
    SKIP,
    T_ITEMS,
    T_ITEMS_N,
    T_PROTO,
    T_ROTATES,
    THING,
)

# Statuses that follow those of a draw: something cannot stand where the map has it (the backend's
# reset says what); a table of the world is too small.
REFUSED, NO_ROOM = 4, 5

RANDOM_BITS = (1 << 31) - 1  # of a map's seed that a world's generator takes


@kernel
def lay_ground(program, layout, w):
    """Terrain and deposits of a fresh world."""
    plan = program[H_PLAYED]
    tiles = program[plan + P_WIDTH] * program[plan + P_HEIGHT]
    first = program[plan + P_HEAD_SIZE]
    for index in range(tiles):
        terrain, resource = int(layout[first + index]), int(layout[first + tiles + index])
        if terrain:
            w.tile[index].terrain = terrain
        if resource:
            at = first + 2 * tiles + 4 * index
            w.tile[index].resource = program[program[H_RESOURCES] + resource]
            w.tile[index].amount = (
                int(layout[at]) | (int(layout[at + 1]) << 8) | (int(layout[at + 2]) << 16)
            )
        if terrain or resource:
            shade_tile(w, index)
    w.header[0].changed += 1


@kernel
def lay_thing(program, numbers, w, o, number):
    """One entity with its items. Returns the status."""
    plan = program[H_PLAYED]
    thing = program[plan + P_THINGS] + THING * number
    at = program[plan + P_AT_THINGS] + 3 * number
    x, y, proto = numbers[at], numbers[at + 1], program[thing + T_PROTO]
    direction = numbers[at + 2] if program[thing + T_ROTATES] else 0
    if tile_at(w.header, x, y) < 0:
        return REFUSED
    wide, high = footprint(w.kinds, proto, direction)
    x, y = snap(wide, x), snap(high, y)
    if place_code(o, proto, x, y, direction):
        return REFUSED
    row = add_entity(w, proto, x, y, direction, 0)
    pair = program[thing + T_ITEMS]
    for _ in range(program[thing + T_ITEMS_N]):
        insert_into(w, row, program[pair], program[pair + 1], 0)
        pair += 2
    return DRAWN


@kernel
def lay_agent(program, numbers, w, o, agent):
    """One character with what it starts with. Returns the status."""
    plan = program[H_PLAYED]
    at = program[plan + P_AT_TEAM] + 2 * agent
    x, y = numbers[at], numbers[at + 1]
    if tile_at(w.header, x, y) < 0 or obstruction(o, -1, x, y)[0] != 0:
        return REFUSED
    add_character(w, agent, x, y, 0)
    c = w.character[agent]
    hand = program[H_HANDS] + 2 * agent
    pair = program[hand]
    for _ in range(program[hand + 1]):
        item = program[pair]
        stack = int(w.items[item].stack)
        done = put(w, int(c.slot), int(c.slots), item, program[pair + 1], stack)
        w.stat[item].given += done
        pair += 2
    return DRAWN


@kernel
def lay_map(program, seed, numbers, layout, data, book, k, teleport):
    """Make world k (``data[k]``) anew from a map that has been drawn. Returns the status."""
    plan = program[H_PLAYED]
    data[k, :] = 0
    w = open_full(book, k)
    o = open_seen(book, k)
    start_world(w, program[plan + P_WIDTH], program[plan + P_HEIGHT], seed & RANDOM_BITS)
    lay_ground(program, layout, w)
    w.header[0].teleport = teleport
    things, team = program[plan + P_THINGS_N], program[plan + P_TEAM]
    for number in range(things + team):
        if shortage(w):
            return NO_ROOM
        if number < things:
            status = lay_thing(program, numbers, w, o, number)
        else:
            status = lay_agent(program, numbers, w, o, number - things)
        if status != DRAWN:
            return status
    if shortage(w):
        return NO_ROOM
    settle(w)
    return DRAWN


@kernel
def bind_rows(program, numbers, area_of_row, rows):
    """Where the areas of the judge's rows of one world lie (-1: the whole map)."""
    plan = program[H_PLAYED]
    for row in range(area_of_row.shape[0]):
        if area_of_row[row] < 0:
            left, top = program[plan + P_LEFT], program[plan + P_TOP]
            rows[row, 4], rows[row, 5] = left, top
            rows[row, 6] = left + program[plan + P_WIDTH]
            rows[row, 7] = top + program[plan + P_HEIGHT]
        else:
            at = program[plan + P_AT_AREAS] + 4 * area_of_row[row]
            for side in range(4):
                rows[row, 4 + side] = numbers[at + side]


@kernel
def show_areas(program, numbers, layout, shown, column, goal, marks):
    """What agents are shown of a map: marks of tiles (if any), and numbers of areas in ``goal``."""
    plan = program[H_PLAYED]
    width, height = program[plan + P_WIDTH], program[plan + P_HEIGHT]
    first = program[plan + P_HEAD_SIZE] + 6 * width * height
    if marks.shape[0] > 0:
        for index in range(width * height):
            marks[index] = min(int(layout[first + index]) * MARK_STEP, MARK_MOST)
        note_marks(marks, width, height)
    for number in range(shown.shape[0]):
        at = program[plan + P_AT_AREAS] + 4 * shown[number]
        x = numbers[at] + numbers[at + 2] - 2 * program[plan + P_LEFT] - width
        y = numbers[at + 1] + numbers[at + 3] - 2 * program[plan + P_TOP] - height
        goal[column + 2 * number] = x / width
        goal[column + 2 * number + 1] = y / height


@entry(
    "int64(int64[::1], int64[::1], int64[::1], int64[:,::1], uint8[:,::1], uint8[:,::1],"
    " int64[:,::1], int64, int64[::1], int64[:,:,::1], int64[::1], int64, float32[:,::1],"
    " uint8[:,::1])"
)
def lay_maps(
    program, what, seeds, numbers, layout, data, book, teleport, area_of_row, rows, shown, column,
    goal, marks,
):  # fmt: skip
    """Lay out the worlds for which ``what`` is not `SKIP` and whose map has been drawn.

    Returns what is too small, as bits (`tick.shortage`): make room and call again, which does the
    rest. The status of each world stands in its row of numbers.
    """
    short = 0
    for k in range(what.shape[0]):
        status = numbers[k, N_STATUS]
        if what[k] == SKIP or (status != DRAWN and status != NO_ROOM):
            continue
        status = lay_map(program, seeds[k], numbers[k], layout[k], data, book, k, teleport)
        numbers[k, N_STATUS] = status
        if status == NO_ROOM:
            short |= shortage(open_full(book, k))
        elif status == DRAWN:
            bind_rows(program, numbers[k], area_of_row, rows[k])
            show_areas(program, numbers[k], layout[k], shown, column, goal[k], marks[k])
    return short


class Resets:
    """Draws maps and lays them into the worlds of a batch, in place.

    ``batch``: worlds of the map's size. ``rows`` int64[worlds, rows, 8]: those of a `Judge`;
    ``measured``: the area of each row, "" for the whole map. ``goal`` float32[worlds, n] and
    ``marks`` (see `spaces.Buffers`; or [worlds, 0]): of the observation; ``shown``: the areas whose
    place is written to ``goal`` from ``column`` on.
    """

    def __init__(
        self,
        drawings: Drawings,
        batch: Batch,
        *,
        teleport: bool = False,
        rows: np.ndarray | None = None,
        measured: tuple[str, ...] = (),
        goal: np.ndarray | None = None,
        column: int = 0,
        shown: tuple[str, ...] = (),
        marks: np.ndarray | None = None,
    ) -> None:
        plan = drawings.compiled.plan
        if (batch.width, batch.height) != (plan.width, plan.height):
            raise ValueError(
                f"the map is {plan.width} x {plan.height} tiles, the worlds of the batch are "
                f"{batch.width} x {batch.height}"
            )
        if batch.worlds != len(drawings.seeds):
            raise ValueError(f"{len(drawings.seeds)} drawings for {batch.worlds} worlds")
        self.drawings, self.batch, self.teleport = drawings, batch, int(teleport)
        self.rows = np.zeros((batch.worlds, 0, 8), np.int64) if rows is None else rows
        self.goal = np.zeros((batch.worlds, 0), np.float32) if goal is None else goal
        self.marks = np.zeros((batch.worlds, 0), np.uint8) if marks is None else marks
        self.column = column
        self.area_of_row = self._numbers(measured)
        self.shown = self._numbers(shown)

    def _numbers(self, names: tuple[str, ...]) -> np.ndarray:
        """Areas by number, -1 for ""; of two with one name the last counts."""
        number = {"": -1}
        number |= {name: at for at, name in enumerate(self.drawings.compiled.area_names)}
        return np.array([number[name] for name in names], np.int64)

    def reset(self, what: Any) -> int:
        """Draw and lay out some worlds (see `Drawings.draw`); returns how many failed.

        Grows the batch where it must. A world that failed is undefined until it is reset again;
        `Map.draw` and `EmbeddedBackend.reset` with its seed raise the error that says why.
        """
        at = self.drawings
        at.draw(what)
        while short := self._lay():
            self.batch.grow(self.batch.capacities.doubled(short))
        return int(np.count_nonzero(at.numbers[at.what != SKIP, N_STATUS] != DRAWN))

    def _lay(self) -> int:
        at = self.drawings
        return int(
            lay_maps(
                at.compiled.program,
                at.what,
                at.seeds,
                at.numbers,
                at.layout,
                self.batch.data,
                self.batch.book,
                self.teleport,
                self.area_of_row,
                self.rows,
                self.shown,
                self.column,
                self.goal,
                self.marks,
            )
        )
