"""What a scripted agent is made of: eyes, legs and hands, all through the discrete actions.

A script is a generator that yields one action a step; `Worker` gives it the pieces (`go`, `face`,
`build`, `insert`, `take`, `mine`), which are generators too (``yield from``). A worker reads the
observable tables of the world, as a person at the screen would, and acts through the mask.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any

import numpy as np

from fz_multi.actions import (
    HOLD,
    INSERT,
    INSERT_ONE,
    INTERACT,
    MOVE,
    PLACE,
    TAKE,
    WAIT,
)
from fz_multi.engine.constants import KIND_BELT

Tile = tuple[int, int]
Script = Generator[int, None, Any]
STEPS: tuple[Tile, ...] = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))
NORTH, EAST, SOUTH, WEST = 0, 2, 4, 6  # index in STEPS = direction / 2
CARDINALS = (NORTH, EAST, SOUTH, WEST)
PATIENCE = 30  # steps for which a worker waits for one action to become legal


def ahead(tile: Tile, way: int, distance: int = 1) -> Tile:
    """The tile some steps away in one of the eight ways."""
    return tile[0] + distance * STEPS[way][0], tile[1] + distance * STEPS[way][1]


def square(stand: Tile, way: int) -> list[Tile]:
    """Tiles that a 2 x 2 machine takes when it is placed from a tile, looking in a way.

    The nearest tile, then to the right of the way, and one row further (see docs/spaces.md).
    """
    near = ahead(stand, way)
    right = (way + 2) % 8
    return [near, ahead(near, right), ahead(near, way), ahead(ahead(near, way), right)]


class Worker:
    """One agent of a scripted team. ``env`` is the environment, after its reset."""

    def __init__(self, env: Any, agent: str) -> None:
        self.env = env
        self.agent = agent
        self.me = env.possible_agents.index(agent)
        task = env.task
        self.palette = task.palette
        numbers = _numbers()
        self.ids = {name: numbers.item_id(name) for name in self.palette}
        self.protos = {name: e.id for name, e in numbers.entities.items()}
        header = env.seen.header[0, 0]
        self.left, self.top = int(header["left"]), int(header["top"])
        self.home = self.tile
        self.random = np.random.Generator(np.random.PCG64([env.instance.seed % 2**32, self.me]))
        self.width, self.height = int(header["width"]), int(header["height"])

    # -- eyes --------------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        return int(self.env.tick)

    def _character(self, who: int | None = None) -> Any:
        return self.env.seen.character[0, self.me if who is None else who]

    @property
    def tile(self) -> Tile:
        """The tile under the agent."""
        c = self._character()
        return int(c["x"]) >> 8, int(c["y"]) >> 8

    @property
    def way(self) -> int:
        """The way that the agent faces."""
        return int(self._character()["facing"]) >> 1

    def grid(self, field: str) -> np.ndarray:
        """A field of the tile table as [height, width]."""
        return self.env.seen.tile[field][0].reshape(self.height, self.width)

    def at(self, tile: Tile) -> tuple[int, int] | None:
        """Row and column of a tile, or None outside of the map."""
        column, row = tile[0] - self.left, tile[1] - self.top
        return (row, column) if 0 <= row < self.height and 0 <= column < self.width else None

    def free(self) -> np.ndarray:
        """Tiles without water and entities, bool[height, width]."""
        return (self.grid("terrain") == 0) & (self.grid("entity") == 0)

    def open(self) -> np.ndarray:
        """Tiles on which one can walk, belts among them, bool[height, width]."""
        entity = self.env.seen.entity["kind"][0]
        standing = self.grid("entity")
        return (self.grid("terrain") == 0) & (
            (standing == 0) | (entity[np.maximum(standing - 1, 0)] == KIND_BELT)
        )

    def others(self) -> list[Tile]:
        """Tiles of the other agents."""
        table = self.env.seen.character[0]
        return [
            (int(table["x"][k]) >> 8, int(table["y"][k]) >> 8)
            for k in range(len(self.env.possible_agents))
            if k != self.me and table["active"][k]
        ]

    def has(self, item: str) -> int:
        """How many of an item the agent carries."""
        c = self._character()
        return self._count(int(c["slot"]), int(c["slots"]), item)

    def _count(self, base: int, slots: int, item: str) -> int:
        run = self.env.seen.slot[0, base : base + slots]
        return int(run["count"][run["item_id"] == self.ids[item]].sum())

    def entity(self, tile: Tile) -> Any:
        """The entity on a tile, or None."""
        where = self.at(tile)
        row = int(self.grid("entity")[where]) - 1 if where else -1
        return self.env.seen.entity[0, row] if row >= 0 else None

    def stored(self, tile: Tile, item: str, part: str = "all") -> int:
        """How many of an item the entity on a tile holds, in all or in its ``fuel`` slots."""
        e = self.entity(tile)
        if e is None:
            return 0
        slots = int(e["fuel_slots"]) if part == "fuel" else int(e["slots"])
        return self._count(int(e["slot"]), slots, item)

    def ore(self, name: str) -> np.ndarray:
        """Amounts of a deposit, int[height, width]."""
        return np.where(self.grid("resource") == self.protos[name], self.grid("amount"), 0)

    # -- legs --------------------------------------------------------------------------------------
    def path(self, goal: Callable[[Tile, int], bool], avoid: Iterable[Tile] = ()) -> list[int]:
        """The shortest moves to a (tile, way) that satisfies ``goal``; [] when there already.

        A move into a closed tile only turns. LookupError when there is no way.
        """
        free = self.open()
        for tile in avoid:
            where = self.at(tile)
            if where and tile != self.tile:
                free[where] = False
        if goal(self.tile, self.way):
            return []
        # On numbers: a tile of the map with a rim of closed ones around it, times 8, plus the way.
        wide = self.width + 2
        is_open = np.pad(free, 1).reshape(-1).tolist()
        strides = [dx + dy * wide for dx, dy in STEPS]
        x, y = self.tile
        start = ((y - self.top + 1) * wide + x - self.left + 1) * 8 + self.way
        before = {start: start}
        queue, expanded = deque([start]), set()
        while queue:
            here = queue.popleft()
            place = here >> 3
            if place in expanded:  # where a move leads does not depend on the way faced before
                continue
            expanded.add(place)
            for way in (0, 2, 4, 6, 1, 3, 5, 7):
                there = place
                if is_open[place + strides[way]] and (
                    not way & 1  # no cutting of corners
                    or (
                        is_open[place + strides[way - 1]]
                        and is_open[place + strides[(way + 1) % 8]]
                    )
                ):
                    there = place + strides[way]
                state = there * 8 + way
                if state in before:
                    continue
                before[state] = here
                row, column = divmod(there, wide)
                if goal((column - 1 + self.left, row - 1 + self.top), way):
                    moves = []
                    while state != start:
                        moves.append(state & 7)
                        state = before[state]
                    return moves[::-1]
                queue.append(state)
        raise LookupError(f"{self.agent} finds no way")

    def joined(self, tile: Tile, closed: Iterable[Tile]) -> bool:
        """Whether a tile stays joined to where the agent began once some tiles are closed."""
        free = self.open()
        for shut in closed:
            where = self.at(shut)
            if where:
                free[where] = False
        queue, seen = deque([tile]), {tile}
        while queue:
            here = queue.popleft()
            if here == self.home:
                return True
            for way in CARDINALS:
                there = ahead(here, way)
                where = self.at(there)
                if there not in seen and where and free[where]:
                    seen.add(there)
                    queue.append(there)
        return False

    def can_stand(self, stand: Tile, way: int, avoid: Iterable[Tile]) -> bool:
        """Whether there is a way to a stand once some tiles are closed (teammates aside)."""
        try:
            self.path(lambda at, facing: at == stand and facing == way, avoid)
        except LookupError:
            return False
        return True

    def _move(self, free: np.ndarray, tile: Tile, way: int) -> Tile:
        target = ahead(tile, way)
        corners = [target]
        if way & 1:  # no cutting of corners
            corners += [ahead(tile, (way + 1) % 8), ahead(tile, (way - 1) % 8)]
        for corner in corners:
            where = self.at(corner)
            if where is None or not free[where]:
                return tile
        return target

    def go(self, goal: Callable[[Tile, int], bool]) -> Script:
        """Walk until ``goal(tile, way)`` holds, around teammates."""
        for _ in range(400):
            try:
                moves = self.path(goal, self.others())
            except LookupError:
                self.path(goal)  # raises when it is not a teammate that stands in the way
                yield self._step_aside() if self.random.random() < 0.5 else WAIT
                continue
            if not moves:
                return
            for way in moves[:6]:
                expected = self._move(self.open(), self.tile, way)
                if not self.legal(MOVE + way):  # a belt or a teammate has changed what is ahead
                    yield self._step_aside() if self.random.random() < 0.5 else WAIT
                    break
                yield MOVE + way
                if self.tile != expected or self.way != way:
                    for _ in range(int(self.random.integers(1, 4))):
                        yield WAIT  # bumped into somebody: let go by, then look again
                    break
        raise LookupError(f"{self.agent} does not get there")

    def _step_aside(self) -> int:
        """Some legal move: two who want each other's place must not wait for ever."""
        moves = [MOVE + way for way in range(8) if self.legal(MOVE + way)]
        return int(self.random.choice(moves)) if moves else WAIT

    def reach(self, tile: Tile) -> Script:
        """Stand beside a tile that something stands or lies on, facing it."""
        yield from self.go(lambda at, way: ahead(at, way) == tile)

    def reach_any(self, tiles: Iterable[Tile]) -> Script:
        """The same for the nearest of several tiles."""
        wanted = set(tiles)
        yield from self.go(lambda at, way: ahead(at, way) in wanted)

    # -- hands -------------------------------------------------------------------------------------
    def legal(self, action: int) -> bool:
        return bool(self.env.action_mask(self.agent)[action])

    def when_legal(self, action: int) -> Generator[int, None, bool]:
        """Wait until an action is legal, then take it. Returns whether it came to that."""
        for _ in range(PATIENCE):
            if self.legal(action):
                yield action
                return True
            yield WAIT
        return False

    def hold(self, item: str) -> Script:
        """Take an item in hand."""
        if int(self._character()["hand"]) != self.ids[item]:
            yield from self.when_legal(HOLD + self.palette.index(item))

    def place(self) -> Script:
        """Place the item in hand if that is legal now, else wait a step."""
        yield PLACE if self.legal(PLACE) else WAIT

    def build(self, item: str, stand: Tile, way: int) -> Generator[int, None, bool]:
        """Place an item from a tile, looking in a way."""
        yield from self.go(lambda at, facing: at == stand and facing == way)
        yield from self.hold(item)
        return (yield from self.when_legal(PLACE))

    def insert(self, item: str, count: int) -> Script:
        """Put items into what the agent faces, as many as it has and as fit."""
        left = min(count, self.has(item))
        if left:
            yield from self.hold(item)
        while left > 0:
            action = INSERT if left >= 5 else INSERT_ONE
            before = self.has(item)
            if not self.legal(action):
                return
            yield action
            left -= max(1, before - self.has(item))

    def take(self) -> Script:
        """Take what the faced entity gives."""
        if self.legal(TAKE):
            yield TAKE

    def mine(self, deposit: str, item: str, count: int, near: Tile | None = None) -> Script:
        """Mine a deposit by hand until the agent carries ``count`` more of its item."""
        target = self.has(item) + count
        while self.has(item) < target:
            amounts = self.ore(deposit)
            tiles = {
                (int(column) + self.left, int(row) + self.top)
                for row, column in np.argwhere((amounts > 0) & (self.grid("entity") == 0))
            }
            if not tiles:
                return
            yield from self.reach_any(tiles)
            if not self.legal(INTERACT):
                return
            yield INTERACT
            for _ in range(400):
                before = int(self._character()["activity"])
                if self.has(item) >= target or before == 0:
                    break
                yield WAIT


def _numbers() -> Any:
    from fz_multi.prototypes import load

    return load()
