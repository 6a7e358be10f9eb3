"""A surface: a world of the engine, and what the engine does not keep of it.

The engine's tables are read through `memoryview` columns, an order of magnitude quicker for one
number than record arrays; they are made anew when a table has grown. The engine knows what can be
walked on, not which tile it is; who owns what; and no chunks: those are kept here.

A surface has a width and a height here (the engine's worlds are finite); the real game takes 0 as
"without end", this server refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fz_multi.engine import edit as ops
from fz_multi.engine.batch import Batch, Snapshot
from fz_multi.engine.constants import MAX_AGENTS, MINE_RESOURCE
from fz_multi.engine.edit import edit
from fz_multi.engine.tick import exchange

from .handles import CHARACTER, ENTITY, PILE, RESOURCE, pack

CHUNK = 32
NEUTRAL = 3  # index of the force that deposits, trees, rocks and ground items belong to

# Column name -> (table, field).
COLUMNS = {
    "proto": ("entity", "proto"),
    "kind": ("entity", "kind"),
    "direction": ("entity", "direction"),
    "status": ("entity", "status"),
    "tiles_w": ("entity", "tiles_w"),
    "tiles_h": ("entity", "tiles_h"),
    "x": ("entity", "x"),
    "y": ("entity", "y"),
    "generation": ("entity", "generation"),
    "slot": ("entity", "slot"),
    "slots": ("entity", "slots"),
    "fuel_slots": ("entity", "fuel_slots"),
    "source_slots": ("entity", "source_slots"),
    "result_slots": ("entity", "result_slots"),
    "energy": ("entity", "energy"),
    "burning": ("entity", "burning"),
    "burning_item": ("entity", "burning_item"),
    "recipe": ("entity", "recipe"),
    "cursor": ("entity", "cursor"),
    "progress": ("entity", "progress"),
    "need": ("entity", "need"),
    "finished": ("entity", "finished"),
    "belt": ("entity", "belt"),
    "held": ("entity", "held"),
    "hand_x": ("entity", "hand_x"),
    "hand_y": ("entity", "hand_y"),
    "terrain": ("tile", "terrain"),
    "resource": ("tile", "resource"),
    "amount": ("tile", "amount"),
    "stands": ("tile", "entity"),
    "lies": ("tile", "pile"),
    "slot_item": ("slot", "item_id"),
    "slot_count": ("slot", "count"),
    "pile_item": ("pile", "item_id"),
    "pile_count": ("pile", "count"),
    "pile_x": ("pile", "x"),
    "pile_y": ("pile", "y"),
    "pile_unit": ("pile", "unit"),
    "pile_next": ("pile", "next"),
    "bend": ("belt", "bend"),
    "belt_next": ("belt", "next"),
    "belt_behind": ("belt", "behind"),
    "belt_entity": ("belt", "entity"),
    "line_of": ("belt", "line"),
    "start_of": ("belt", "start"),
    "line_first": ("line", "first"),
    "line_last": ("line", "last"),
    "line_head": ("line", "head"),
    "line_shift": ("line", "shift"),
    "line_length": ("line", "length"),
    "lane_item": ("lane_item", "item_id"),
    "lane_place": ("lane_item", "place"),
    "alive": ("character", "active"),
    "ch_direction": ("character", "direction"),
    "team": ("character", "team"),
    "ch_x": ("character", "x"),
    "ch_y": ("character", "y"),
    "ch_slot": ("character", "slot"),
    "ch_slots": ("character", "slots"),
    "walk_on": ("character", "walk_on"),
    "walk_direction": ("character", "walk_direction"),
    "mine_on": ("character", "mine_on"),
    "mining": ("character", "mining"),
    "mine_kind": ("character", "mine_kind"),
    "mine_row": ("character", "mine_row"),
    "mine_progress": ("character", "mine_progress"),
    "mine_need": ("character", "mine_need"),
    "crafts": ("character", "crafts"),
    "craft_progress": ("character", "craft_progress"),
    "craft_need": ("character", "craft_need"),
    "craft_recipe": ("craft", "recipe"),
    "craft_count": ("craft", "count"),
    "craft_chain": ("craft", "chain"),
}
TABLES = (
    *("entity", "tile", "slot", "pile", "belt", "line", "lane_item", "character", "craft"),
    "stat",
)


class Place:
    """One surface. ``salt`` tells its handles from those of a surface that had its index before."""

    if TYPE_CHECKING:

        def __getattr__(self, column: str) -> Any:
            """A column of `COLUMNS`: a memoryview of ints."""

    def __init__(self, index: int, name: str, width: int, height: int, version: str, salt: int):
        self.index, self.name, self.version, self.salt = index, name, version, salt
        self.incarnation = 0  # which of the surfaces that had this index it is
        self.width, self.height = width, height
        self.left, self.top = -(width // 2), -(height // 2)
        self.batch = Batch(1, width, height, version=version)
        self._data: Any = None
        self.settings: dict[str, Any] = {}  # map_gen_settings as they were given
        self.flags: dict[str, Any] = {}  # always_day and the like
        self.tiles = np.zeros(width * height, np.uint8)  # tile ids; 0 = no chunk there yet
        self.requested: set[tuple[int, int]] = set()
        self.generated: set[tuple[int, int]] = set()
        self.unit: list[int] = []  # unit number of an entity row, 0 for what has none
        self.force: list[int] = []  # force of an entity row
        self.born = [0] * MAX_AGENTS  # generation of each character row
        self.character_unit = [0] * MAX_AGENTS
        self.turn_later: dict[int, int] = {}  # a character's direction from the next tick on
        self.deposit_born: dict[int, int] = {}  # generation of a tile's deposit
        self.deposit_first: dict[int, int] = {}  # amount that a tile's deposit had at first
        self.owner_force = 0  # the force whose statistics the engine's counters are
        self.version_of_lanes = 0  # grows when something may have moved on a belt
        self.stale = False  # an edit may have changed what settle() writes
        self._left = np.zeros(1, np.int64)
        self._commands = np.zeros(1, np.uint8)
        self.refresh()
        self.edit(ops.NATIVE, 1)

    # -- the engine --------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Make the columns anew after the tables have moved."""
        batch = self.batch
        if self._data is batch.data:
            return
        self._data = batch.data
        full = batch.full
        # the tables as plain arrays: a record array's attributes are slow
        self.tables = {name: getattr(full, name).view(np.ndarray)[0] for name in TABLES}
        for name, (table, field) in COLUMNS.items():
            setattr(self, name, memoryview(self.tables[table][field]))
        self.deposit_kinds = self.tables["tile"]["resource"].reshape(self.height, self.width)
        header = full.header.view(np.ndarray)[0]
        self.header = {field: memoryview(header[field]) for field in HEADER_FIELDS}
        missing = len(self.proto) - len(self.unit)
        self.unit.extend([0] * missing)
        self.force.extend([0] * missing)

    def edit(self, op: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0, e: int = 0) -> int:
        """Carry out an operation of `fz_multi.engine.edit`."""
        batch = self.batch
        if batch._shortage():
            batch.make_room()
            self.refresh()
        self.stale = True
        self.version_of_lanes += 1
        return int(edit(batch.book, 0, op, a, b, c, d, e, 0))

    def ask(self, op: int, a: int = 0, b: int = 0, c: int = 0) -> int:
        """An operation that changes nothing."""
        return int(edit(self.batch.book, 0, op, a, b, c, 0, 0, 0))

    def fresh(self) -> None:
        """Bring lazy fields up to now (after an edit; a tick does it by itself)."""
        if self.stale:
            self.stale = False
            self._run(0)

    def lives(self) -> bool:
        """Whether anything here could do something in a tick."""
        return self.header["entities"][0] > 0 or 1 in self.alive

    def tick(self) -> None:
        """One tick, in native mode: bodies, belts, arms and machines."""
        if self.turn_later:
            character = self.batch.full.character
            for me, direction in self.turn_later.items():
                character.direction[0, me] = direction
            self.turn_later.clear()
        self.stale = False
        self.version_of_lanes += 1
        self._run(1)

    def _run(self, ticks: int) -> None:
        batch, left = self.batch, self._left
        left[0] = ticks
        while exchange(batch.book, left, self._commands):
            batch.make_room()
        self.refresh()

    # -- tiles and chunks --------------------------------------------------------------------------
    def tile(self, x: int, y: int) -> int:
        """Row of the tile at a position (1/256 tile), or -1 outside."""
        return self.tile_of((x >> 8), (y >> 8))

    def tile_of(self, tx: int, ty: int) -> int:
        """Row of a tile by its coordinates, or -1 outside."""
        column, row = tx - self.left, ty - self.top
        if 0 <= column < self.width and 0 <= row < self.height:
            return row * self.width + column
        return -1

    def corner(self, index: int) -> tuple[int, int]:
        """Coordinates of a tile."""
        row, column = divmod(index, self.width)
        return column + self.left, row + self.top

    def is_generated(self, x: int, y: int) -> bool:
        """Whether the chunk at a position is there."""
        return (x >> 13, y >> 13) in self.generated

    # -- handles -----------------------------------------------------------------------------------
    def entity(self, row: int) -> int:
        """Handle of the entity in a row."""
        return pack(ENTITY, self.index, row, self.generation[row] + self.salt)

    def deposit(self, index: int) -> int:
        """Handle of the deposit on a tile."""
        return pack(RESOURCE, self.index, index, self.deposit_born.get(index, 0) + self.salt)

    def pile(self, row: int) -> int:
        """Handle of an item on the ground."""
        return pack(PILE, self.index, row, self.pile_unit[row] + self.salt)

    def character(self, me: int) -> int:
        """Handle of a character."""
        return pack(CHARACTER, self.index, me, self.born[me] + self.salt)

    def selected(self, me: int) -> int:
        """Handle of what a character has selected, 0 = nothing."""
        kind, row = self.mine_kind[me], self.mine_row[me] - 1
        if not kind or row < 0 or not self._target_lives(me):
            return 0
        if kind == MINE_RESOURCE:
            return self.deposit(row)
        return self.entity(row) if kind == 1 else self.pile(row)

    def _target_lives(self, me: int) -> bool:
        character = self.batch.full.character[0, me]
        kind, row, unit = (
            int(character.mine_kind),
            int(character.mine_row) - 1,
            int(character.mine_unit),
        )
        if kind == MINE_RESOURCE:
            return self.resource[row] == unit and self.amount[row] > 0
        if kind == 1:
            return bool(self.proto[row]) and int(self.batch.full.entity.unit[0, row]) == unit
        return bool(self.pile_item[row]) and self.pile_unit[row] == unit

    # -- copies ------------------------------------------------------------------------------------
    def state(self) -> dict[str, Any]:
        """Everything, for a save file."""
        kept = {name: getattr(self, name) for name in KEPT}
        shot = self.batch.snapshot()
        return kept | {
            "tables": shot.data.tobytes(),
            "shape": shot.data.shape,
            "capacities": shot.capacities,
            "tile_ids": self.tiles.tobytes(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Place:
        """The opposite of `state`."""
        size = state["width"], state["height"]
        made = cls(state["index"], state["name"], size[0], size[1], state["version"], 0)
        data = np.frombuffer(state["tables"], np.uint8).reshape(state["shape"]).copy()
        shot = Snapshot(data, state["capacities"], made.width, made.height, made.version)
        made.batch.restore(shot)
        for name in KEPT:
            setattr(made, name, state[name])
        made.tiles = np.frombuffer(state["tile_ids"], np.uint8).copy()
        made.refresh()
        return made


HEADER_FIELDS = (
    "tick",
    "entities",
    "entity_top",
    "serial",
    "piles",
    "pile_top",
    "pile_serial",
    "characters",
    "changed",
    "overhang",
)
KEPT = (
    "index",
    "name",
    "version",
    "salt",
    "incarnation",
    "width",
    "height",
    "settings",
    "flags",
    "requested",
    "generated",
    "unit",
    "force",
    "born",
    "character_unit",
    "turn_later",
    "deposit_born",
    "deposit_first",
    "owner_force",
    "version_of_lanes",
)
