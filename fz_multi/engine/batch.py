"""A batch of worlds in one allocation: layout, growth, snapshots, the exchange.

``Batch.full`` and ``Batch.seen`` are the tables as 2-D arrays ``[worlds, rows]`` (all fields, and
the observable ones); ``Batch.book`` is what compiled entries take (see memory.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from fz_multi.commands import Command
from fz_multi.prototypes import Prototypes

from . import memory, observable, proto_tables, tables
from .codes import COMPOUND, RUNNING
from .constants import MAX_AGENTS
from .edit import SHORTAGE, START, edit
from .encode import encode_for
from .memory import TABLES
from .tables import CRAFTS_PER_AGENT, ORDERS_PER_AGENT, Tables
from .tick import exchange

ALIGN = 64
MAX_TILES = 1 << 24
LANE_ROWS = 16  # rows of lane_item for a belt (belt_links.new_line takes at most 8 a lane)


@dataclasses.dataclass(frozen=True)
class Capacities:
    """Rows of the tables that grow, in each world."""

    entity: int = 64
    slot: int = 2048
    pile: int = 640
    belt: int = 64
    arm: int = 64

    def joined(self, other: Capacities) -> Capacities:
        """As large as the larger one, table by table."""
        mine, its = dataclasses.astuple(self), dataclasses.astuple(other)
        return Capacities(*map(max, mine, its))

    def doubled(self, short: int = -1) -> Capacities:
        """Twice as large where a bit of `short` says so (`tick.shortage`)."""
        rows = dataclasses.astuple(self)
        return Capacities(*(n << (short >> bit & 1) for bit, n in enumerate(rows)))


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A copy of everything in a batch. Compare with ``==`` on digests, not on this."""

    data: np.ndarray
    capacities: Capacities
    width: int
    height: int
    version: str


class Batch:
    """``worlds`` worlds of the same size, advanced together.

    Raises ValueError for sizes that make no world.
    """

    def __init__(
        self,
        worlds: int,
        width: int,
        height: int,
        *,
        version: str = "2.0.77",
        capacities: Capacities | None = None,
        seeds: np.ndarray | None = None,
    ) -> None:
        if worlds < 1:
            raise ValueError(f"worlds must be at least 1, got {worlds}")
        if not (1 <= width and 1 <= height and width * height <= MAX_TILES):
            raise ValueError(
                f"a world is 1 x 1 to {MAX_TILES} tiles in all, got {width} x {height}"
            )
        self.worlds, self.width, self.height, self.version = worlds, width, height, version
        self.prototypes = proto_tables.build(version)
        self.capacities = capacities or Capacities()
        self.book = np.zeros((worlds, 2 * TABLES), np.int64)
        self._allocate(np.zeros((worlds, self._layout()[1]), np.uint8))
        for k in range(worlds):
            edit(
                self.book,
                k,
                START,
                width,
                height,
                int(seeds[k]) if seeds is not None else 0,
                0,
                0,
                0,
            )

    # -- memory ------------------------------------------------------------------------------------
    def _rows(self) -> list[tuple[np.dtype, int]]:
        cap = self.capacities
        return [
            (tables.HEADER, 1),
            (tables.TILE, self.width * self.height),
            (tables.SHADE, self.width * self.height),
            (tables.ENTITY, cap.entity),
            (tables.SLOT, cap.slot),
            (tables.PILE, cap.pile),
            (tables.QUEUE, cap.entity),
            (tables.BELT, cap.belt),
            (tables.LINE, 2 * cap.belt),
            (tables.LANE_ITEM, LANE_ROWS * cap.belt),
            (tables.ARM, cap.arm),
            (tables.CHARACTER, MAX_AGENTS),
            (tables.CRAFT, MAX_AGENTS * CRAFTS_PER_AGENT),
            (tables.COMMAND, (MAX_AGENTS + 1) * ORDERS_PER_AGENT),
            (tables.RESULT, MAX_AGENTS),
            (tables.STAT, self.prototypes.items.shape[0]),
            (tables.AGENT, MAX_AGENTS),
        ]

    def _layout(self) -> tuple[list[int], int]:
        offsets, at = [], 0
        for dtype, rows in self._rows():
            offsets.append(at)
            at += -(-dtype.itemsize * rows // ALIGN) * ALIGN
        return offsets, at

    def _allocate(self, data: np.ndarray) -> None:
        """Take over a uint8[worlds, world_bytes], make the views and write the book."""
        self.data = np.ascontiguousarray(data)
        offsets, size = self._layout()
        views = []
        for (dtype, rows), offset in zip(self._rows(), offsets, strict=True):
            view = np.ndarray((self.worlds, rows), dtype, self.data, offset, (size, dtype.itemsize))
            views.append(view.view(np.recarray))
        self.full = Tables._make([*views, *self.prototypes])
        self._orders = self.full.order.view(np.ndarray)  # a plain array is quicker to fill
        by_name = {
            "header": observable.HEADER,
            "tile": observable.TILE,
            "entity": observable.ENTITY,
            "belt": observable.BELT,
            "line": observable.LINE,
            "lane_item": observable.LANE_ITEM,
            "character": observable.CHARACTER,
        }
        seen = self.full
        for name, dtype in by_name.items():
            seen = seen._replace(**{name: getattr(self.full, name)[list(dtype.names or ())]})
        self.seen = seen._replace(queue=self.full.queue[:, :0], arm=self.full.arm[:, :0])
        base = self.data.ctypes.data
        for column, ((_, rows), offset) in enumerate(zip(self._rows(), offsets, strict=True)):
            self.book[:, 2 * column] = base + offset + size * np.arange(self.worlds)
            self.book[:, 2 * column + 1] = rows
        for column, table in enumerate(self.prototypes, len(offsets)):
            self.book[:, 2 * column] = table.ctypes.data
            self.book[:, 2 * column + 1] = table.shape[0]

    def grow(self, capacities: Capacities) -> None:
        """Move to larger tables; rows keep their numbers."""
        old = self.full
        self.capacities = capacities
        keep = self.data  # the old views live in it
        self._allocate(np.zeros((self.worlds, self._layout()[1]), np.uint8))
        for name in Tables._fields[: len(self._rows())]:
            source = getattr(old, name)
            target = getattr(self.full, name)
            target[:, : source.shape[1]] = source
        del keep

    def make_room(self) -> None:
        """Grow until each world has room for one more exchange."""
        while short := self._shortage():
            self.grow(self.capacities.doubled(short))

    def _shortage(self) -> int:
        short = 0
        for k in range(self.worlds):
            short |= edit(self.book, k, SHORTAGE, 0, 0, 0, 0, 0, 0)
        return short

    @property
    def world_bytes(self) -> int:
        """Bytes that one world takes."""
        return int(self.data.shape[1])

    def tables(self, k: int) -> Tables:
        """The observable tables of world k as 1-D arrays."""
        return Tables(
            *(
                table if name in ("items", "kinds", "recipes", "parts") else table[k]
                for name, table in zip(Tables._fields, self.seen, strict=True)
            )
        )

    # -- time --------------------------------------------------------------------------------------
    def exchange(self, commands: np.ndarray | None, ticks: int | np.ndarray) -> None:
        """Apply ``commands`` (COMMAND[worlds, agents] or None), then advance by exactly `ticks`.

        COMPOUND commands find their rows in the order table already. A row with a negative verb is
        no command, and neither is a row that is missing: that agent's last one stands.
        """
        if commands is not None:
            self._orders["verb"][:, commands.shape[1] : MAX_AGENTS] = -1
            self._orders[:, : commands.shape[1]] = commands
        left = np.empty(self.worlds, np.int64)
        left[:] = ticks
        pending = np.full(self.worlds, commands is not None, np.uint8)
        while exchange(self.book, left, pending):
            self.make_room()

    def exchange_parsed(
        self, commands: Mapping[int, Command], ticks: int, prototypes: Prototypes, *, others: Any
    ) -> None:
        """Give agents of world 0 parsed commands, then advance.

        ``commands`` by number of the agent; ``others``: the row of those without one (`WAIT_ROW`,
        or `NO_COMMAND` for what they were told last). A COMPOUND that is refused leaves the one
        that is running as it is. Raises CommandError, with nothing changed, for a command that
        cannot be encoded.
        """
        agents = int(self.full.header["characters"][0, 0])
        rows = np.repeat(others, max([agents, *(me + 1 for me in commands)]))
        before = self.full.order[0].copy() if any(c.commands for c in commands.values()) else None
        orders = self.full.order[0] if before is None else before.copy()
        for me, command in commands.items():
            encode_for(command, me, orders, rows[me], prototypes)
        if before is None:
            self.exchange(rows[None], ticks)
            return
        self.full.order[0] = orders
        self.exchange(rows[None], 0)
        for me, command in commands.items():
            result = self.full.result[0, me]
            if command.commands and result["verb"] == COMPOUND and result["code"] > RUNNING:
                part = slice((me + 1) * ORDERS_PER_AGENT, (me + 2) * ORDERS_PER_AGENT)
                self.full.order[0, part] = before[part]
        self.exchange(None, ticks)

    def settle(self) -> None:
        """Write what an observer reads (an exchange does that by itself)."""
        self.exchange(None, 0)

    # -- copies ------------------------------------------------------------------------------------
    def snapshot(self) -> Snapshot:
        """A copy of everything, to `restore` later into this batch or one like it."""
        return Snapshot(self.data.copy(), self.capacities, self.width, self.height, self.version)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of a batch of the same shape."""
        if not isinstance(snapshot, Snapshot):
            raise TypeError(f"restore takes a Snapshot, got {type(snapshot).__name__}")
        mine = (self.worlds, self.width, self.height, self.version)
        its = (len(snapshot.data), snapshot.width, snapshot.height, snapshot.version)
        if mine != its:
            raise ValueError(
                f"the snapshot is of (worlds, width, height, version) = {its}, this is {mine}"
            )
        if snapshot.capacities == self.capacities:
            self.data[:] = snapshot.data
        else:
            self.capacities = snapshot.capacities
            self._allocate(snapshot.data.copy())

    def __getstate__(self) -> dict[str, Any]:
        return {
            "size": (self.worlds, self.width, self.height, self.version),
            "capacities": self.capacities,
            "data": self.data,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.worlds, self.width, self.height, self.version = state["size"]
        self.prototypes = proto_tables.build(self.version)
        self.capacities = state["capacities"]
        self.book = np.zeros((self.worlds, 2 * TABLES), np.int64)
        self._allocate(state["data"])


__all__ = ["Batch", "Capacities", "Snapshot", "memory"]
