"""Belts of a mirror as lines: what the engine's rules of putting down and picking up read.

A line is a row of lanes that run into one another at one speed (`engine.lanes`). Shapes come from
the server; which belt goes on to which follows from directions and shapes, as `engine.belt_links`
has it. Only whole tables are written here, nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fz_multi.engine.lanes import LEFT, RIGHT, STRAIGHT, lane_length

LaneItems = list[tuple[int, int]]  # (item id, 1/256 tile from the belt's downstream edge)
Tile = tuple[int, int]

_length = getattr(lane_length, "py_func", lane_length)  # the kernel as plain Python
LENGTHS = [[int(_length(bend, lane)) for lane in (0, 1)] for bend in (STRAIGHT, LEFT, RIGHT)]
AHEAD = {0: (0, -1), 4: (1, 0), 8: (0, 1), 12: (-1, 0)}


@dataclass
class Belt:
    """One belt. ``uid``: the order of building; ``speed`` in 1/256 tile a tick."""

    uid: int
    tile: Tile
    direction: int
    speed: int
    bend: int = STRAIGHT
    lanes: tuple[LaneItems, LaneItems] = ([], [])
    chain: int = -1


@dataclass
class Chain:
    """Belts (rows of the entity table) whose lanes are one line, from its end backwards.

    ``starts``, ``runs``, ``rooms``: of its two lines; distance of each belt's downstream edge from
    the end, first row of the items, rows of them.
    """

    belts: list[int]
    starts: tuple[list[int], list[int]] = ([], [])
    runs: list[int] = field(default_factory=lambda: [0, 0])
    rooms: list[int] = field(default_factory=lambda: [0, 0])


class Lines:
    """All belts of one world."""

    def __init__(self) -> None:
        self.belts: dict[int, Belt] = {}  # by row of the entity table
        self.chains: list[Chain] = []
        self.stale = False  # belts or their joins have changed
        self._dirty: set[int] = set()  # chains whose items have changed

    def add(self, row: int, uid: int, tile: Tile, direction: int, speed: int) -> None:
        self.belts[row] = Belt(uid, tile, direction, speed)
        self.stale = True

    def drop(self, row: int) -> None:
        del self.belts[row]
        self.stale = True

    def turn(self, row: int, direction: int) -> None:
        self.belts[row].direction = direction
        self.stale = True

    def fill(self, row: int, bend: int, first: LaneItems, second: LaneItems) -> None:
        """The shape of a belt and what lies on its lanes."""
        belt = self.belts[row]
        belt.lanes = (first, second)
        if belt.bend != bend:
            belt.bend = bend
            self.stale = True
        elif not self.stale:
            self._dirty.add(belt.chain)

    # -- joining -----------------------------------------------------------------------------------
    def _ahead(self, belt: Belt, at: dict[Tile, int]) -> int:
        """The belt that a belt's lanes go on to, -1 = none."""
        dx, dy = AHEAD.get(belt.direction, (0, 0))
        row = at.get((belt.tile[0] + dx, belt.tile[1] + dy), -1)
        if row < 0:
            return -1
        other = self.belts[row]
        turned = other.direction != belt.direction
        if other.speed != belt.speed or (other.direction + 8) % 16 == belt.direction:
            return -1
        return -1 if turned and other.bend == STRAIGHT else row

    def _join(self) -> None:
        at = {belt.tile: row for row, belt in self.belts.items()}
        following = {row: self._ahead(belt, at) for row, belt in self.belts.items()}
        behind: dict[int, int] = {}
        for row, ahead in following.items():
            if ahead >= 0:
                behind.setdefault(ahead, row)
        ends = [row for row, ahead in following.items() if ahead < 0 or behind.get(ahead) != row]
        self.chains = []
        left = dict.fromkeys(self.belts)
        for row in ends:
            self._chain(row, behind, left)
        while left:  # rings end at their oldest belt
            oldest = min(left, key=lambda row: self.belts[row].uid)
            self._chain(oldest, behind, left)

    def _chain(self, front: int, behind: dict[int, int], left: dict[int, None]) -> None:
        rows, row = [], front
        while row in left:
            del left[row]
            rows.append(row)
            self.belts[row].chain = len(self.chains)
            row = behind.get(row, -1)
        starts: tuple[list[int], list[int]] = ([], [])
        for lane in (0, 1):
            total = 0
            for row in rows:
                starts[lane].append(total)
                total += LENGTHS[self.belts[row].bend][lane]
        self.chains.append(Chain(rows, starts))

    # -- writing -----------------------------------------------------------------------------------
    def write(self, full: Any, k: int) -> int | None:
        """Bring the tables of world k up to date. Returns the number of belts that they must hold
        when they are too short (nothing is lost: grow them and call again)."""
        if self.stale:
            self._join()
        if len(self.belts) > full.belt.shape[1]:
            return len(self.belts)
        if not self.stale and all(self._write_items(full, k, number) for number in self._dirty):
            self._dirty.clear()
            return None
        need = self._lay_out()
        if need > full.lane_item.shape[1]:
            self.stale = True
            return full.belt.shape[1] + 1
        self._write_links(full, k)
        self.stale = False
        self._dirty.clear()
        for number in range(len(self.chains)):
            self._write_items(full, k, number)
        return None

    def _lay_out(self) -> int:
        """Give every line rows for its items. Returns the rows in all."""
        top = 0
        for chain in self.chains:
            for lane in (0, 1):
                length = chain.starts[lane][-1] + LENGTHS[self.belts[chain.belts[-1]].bend][lane]
                items = sum(len(self.belts[row].lanes[lane]) for row in chain.belts)
                chain.runs[lane] = top
                chain.rooms[lane] = max((5 * length + 255) // 256 + 3, items)
                top += chain.rooms[lane]
        return top

    def _write_links(self, full: Any, k: int) -> None:
        belt_table, line_table = full.belt.view(np.ndarray)[k], full.line.view(np.ndarray)[k]
        belt_table[:] = np.zeros((), belt_table.dtype)
        line_table[:] = np.zeros((), line_table.dtype)
        entity = full.entity["belt"][k]
        place = 0
        for number, chain in enumerate(self.chains):
            for lane in (0, 1):
                line = line_table[2 * number + lane]
                last = self.belts[chain.belts[-1]]
                line["length"] = chain.starts[lane][-1] + LENGTHS[last.bend][lane]
                line["speed"] = last.speed
                line["lane"] = lane
                line["run"], line["room"] = chain.runs[lane], chain.rooms[lane]
            for at, row in enumerate(chain.belts):
                b = belt_table[place]
                b["entity"], b["bend"] = row + 1, self.belts[row].bend
                b["line"] = (2 * number + 1, 2 * number + 2)
                b["start"] = (chain.starts[0][at], chain.starts[1][at])
                place += 1
                entity[row] = place
        h = full.header[k, 0]
        h["belts"], h["belt_top"], h["line_top"] = place, place, 2 * len(self.chains)

    def _write_items(self, full: Any, k: int, number: int) -> bool:
        """Write the items of a chain; False when its lines have too few rows."""
        chain = self.chains[number]
        for lane in (0, 1):
            items: list[tuple[int, int]] = []
            for start, row in zip(chain.starts[lane], chain.belts, strict=True):
                items += [(item, start + at) for item, at in self.belts[row].lanes[lane]]
            if len(items) > chain.rooms[lane]:
                return False
            items.sort(key=_place)
            first = chain.runs[lane]
            last = first + len(items)
            if items:
                table = np.array(items, np.int64)
                full.lane_item["item_id"][k, first:last] = table[:, 0]
                full.lane_item["place"][k, first:last] = table[:, 1]
            line = full.line.view(np.ndarray)[k, 2 * number + lane]
            line["first"], line["last"], line["head"], line["shift"] = first, last, last, 0
        return True


def _place(item: tuple[int, int]) -> int:
    return item[1]
