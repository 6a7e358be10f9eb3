"""The mirror: the observable tables of one arena, as the mod last described them.

Observation, masks, rewards and pictures read these tables as they read those of the engine. Nothing
here advances time or follows a rule of the world: what the server says is what is there. Belts are
joined to lines again (`lines`), because where an item can be put down depends on its neighbours;
fields that nobody can observe stay 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fz_multi.engine.batch import Batch
from fz_multi.engine.constants import (
    CHARACTER_SLOTS,
    KIND_BELT,
    KIND_INSERTER,
    MAX_AGENTS,
    NEVER,
)
from fz_multi.engine.digest import digest_world
from fz_multi.engine.shade import shade_all
from fz_multi.engine.tables import CRAFTS_PER_AGENT, ENTITY
from fz_multi.factorio.codec import from_run_lengths
from fz_multi.factorio.lines import LaneItems, Lines
from fz_multi.factorio.state import (
    AGENT_FIELDS,
    CHARACTER_FIELDS,
    CONTENTS,
    CRAFTS,
    DIRECTION,
    ENTITY_FIELDS,
    EXTRA,
    HEALTH,
    PROTO,
    RESULT_FIELDS,
    SLOTS,
    STAT_FIELDS,
    UNTIL,
    StateError,
    X,
    Y,
    rows_of,
    within,
)

GROUND = ("gone", "res", "ents", "piles")  # parts of a state that change tiles
CHARACTER_POOL = MAX_AGENTS * CHARACTER_SLOTS  # slots of the pool that belong to characters


class Mirror:
    """Row ``k`` of a batch, kept as the mod describes it. ``seq``: of the last state, 0 = none."""

    def __init__(self, batch: Batch, k: int = 0) -> None:
        self.batch, self.k = batch, k
        self.seq = 0
        kinds = batch.prototypes.kinds
        self._kinds = [[int(v) for v in row] for row in _kind_columns(kinds)]
        self._boxes = kinds["box"].tolist()
        self._items = batch.prototypes.items.shape[0]
        self._recipes = batch.prototypes.recipes.shape[0]
        self._clear()

    @classmethod
    def of_size(cls, width: int, height: int) -> Mirror:
        """A mirror of its own, of a map without anything."""
        return cls(Batch(1, width, height))

    def _clear(self) -> None:
        self._rows: dict[int, int] = {}  # uid -> row
        self._uids: dict[int, int] = {}  # row -> uid
        self._free_rows: list[int] = []
        self._top = 0
        self._free_slots: dict[int, list[int]] = {}  # number of slots -> first slots
        self._slot_top = CHARACTER_POOL
        self._lines = Lines()
        self._characters = 0
        full, k = self.batch.full, self.k
        if full.slot.shape[1] < CHARACTER_POOL:
            self._grow(slot=CHARACTER_POOL)
            full = self.batch.full
        for table in (full.tile, full.entity, full.slot, full.pile, full.belt, full.line):
            table.view(np.ndarray)[k] = np.zeros((), table.dtype)
        for table in (full.character, full.craft, full.result, full.stat, full.agent):
            table.view(np.ndarray)[k] = np.zeros((), table.dtype)
        header = full.header[k, 0]
        header["overhang"] = 0
        header["unlocked"] = 1
        header["bits"] = 0

    def digest(self) -> str:
        """The observable digest of what stands here, as `World.observable_digest` gives it."""
        kind = self.batch.full.entity["kind"][self.k]
        kinds = kind.copy()
        kind[:] = 0  # a digest settles machines first; here their shown fields are the truth
        try:
            parts = [digest_world(self.batch.book, self.k, 0, seed) for seed in (1, 2)]
        finally:
            kind[:] = kinds
        return f"{parts[0]:08x}{parts[1]:08x}"

    # -- a state -----------------------------------------------------------------------------------
    def patch(self, state: Mapping[str, Any]) -> None:
        """Take a state over. `StateError` for one that cannot be; the mirror is then of no use."""
        try:
            self._patch(state)
        except StateError:
            raise
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise StateError(
                f"a state that cannot be read: {type(error).__name__}: {error}"
            ) from None

    def _patch(self, state: Mapping[str, Any]) -> None:
        full = within(state["full"], 0, 2, "full")
        seq = within(state["seq"], 0, 1 << 53, "seq")
        if full:
            self._clear()
            self._terrain(rows_of(state.get("terrain"), "terrain"))
        elif not self.seq:
            raise StateError("the first state of an arena is a full one")
        self._remove(rows_of(state.get("gone"), "gone"))
        self._resources(rows_of(state.get("res"), "res"))
        self._entities(rows_of(state.get("ents"), "ents"))
        if state.get("piles") is not None:
            self._piles(rows_of(state["piles"], "piles"))
        self._people(rows_of(state.get("chars"), "chars"))
        self._counters(state)
        if full or any(state.get(part) is not None for part in GROUND):
            shade_all(self.batch.book, self.k)
        self._header(within(state["tick"], 0, 1 << 53, "tick"))
        self.seq = seq

    def _header(self, tick: int) -> None:
        h = self.batch.full.header[self.k, 0]
        h["tick"] = tick
        h["characters"] = self._characters
        h["entities"] = len(self._rows)
        h["entity_top"] = self._top
        h["changed"] += 1

    def _terrain(self, runs: list[Any]) -> None:
        tile = self.batch.full.tile
        values = from_run_lengths(runs, tile.shape[1])
        if ((values < 0) | (values > 2)).any():
            raise StateError("terrain is 0, 1 or 2")
        tile["terrain"][self.k] = values

    def _resources(self, rows: Iterable[Sequence[int]]) -> None:
        tile = self.batch.full.tile
        for index, proto, amount in rows:
            at = within(index, 0, tile.shape[1], "tile of a deposit")
            known = within(proto, 0, len(self._kinds), "prototype of a deposit")
            tile["resource"][self.k, at] = known if amount > 0 else 0
            tile["amount"][self.k, at] = amount

    # -- entities ----------------------------------------------------------------------------------
    def _remove(self, uids: Iterable[int]) -> None:
        for uid in uids:
            row = self._rows.pop(uid, None)
            if row is not None:
                self._take_down(row)

    def _take_down(self, row: int) -> None:
        e = self.batch.full.entity[self.k, row]
        tile = self.batch.full.tile["entity"][self.k]
        for index in self._footprint(
            int(e["x"]), int(e["y"]), int(e["tiles_w"]), int(e["tiles_h"])
        ):
            if tile[index] == row + 1:
                tile[index] = 0
        slots = int(e["slots"])
        if slots:
            self.batch.full.slot.view(np.ndarray)[self.k, e["slot"] : e["slot"] + slots] = 0
            self._free_slots.setdefault(slots, []).append(int(e["slot"]))
        if e["kind"] == KIND_BELT:
            self._lines.drop(row)
        generation = int(e["generation"])
        self.batch.full.entity.view(np.ndarray)[self.k, row] = np.zeros((), ENTITY)
        self.batch.full.entity["generation"][self.k, row] = generation
        self._uids.pop(row, None)
        self._free_rows.append(row)

    def _entities(self, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            if self._lines.stale:
                self._link()
            return
        places = [self._place(ent) for ent in rows]  # may grow the tables
        table = self.batch.full.entity
        numbers = np.array([ent[1:CONTENTS] for ent in rows], np.int64)
        for column, name in enumerate(ENTITY_FIELDS):
            table[name][self.k, places] = numbers[:, column]
        for row, ent in zip(places, rows, strict=True):
            self._contents(row, ent)
        self._link()

    def _place(self, ent: Sequence[Any]) -> int:
        """The row of an entity, made when it is new or another thing now."""
        if len(ent) <= EXTRA - 1 or not all(type(v) is int for v in ent[:CONTENTS]):
            raise StateError(
                f"an entity is {CONTENTS} whole numbers and two lists, got {ent!r:.80}"
            )
        uid = ent[0]
        row = self._rows.get(uid)
        if row is not None:
            e = self.batch.full.entity[self.k, row]
            same = int(e["proto"]) == ent[PROTO] and int(e["x"]) == ent[X] and int(e["y"]) == ent[Y]
            turned = int(e["direction"]) != ent[DIRECTION]
            if same and (not turned or e["tiles_w"] == e["tiles_h"]):
                if turned and e["kind"] == KIND_BELT:
                    self._lines.turn(row, ent[DIRECTION])
                return row
            del self._rows[uid]
            self._take_down(row)
        return self._put_up(ent)

    def _put_up(self, ent: Sequence[Any]) -> int:
        proto = within(ent[PROTO], 1, len(self._kinds), "prototype")
        direction = within(ent[DIRECTION], 0, 16, "direction")
        kind, wide, high, slots, fuel, source, result, speed = self._kinds[proto]
        if direction in (4, 12):
            wide, high = high, wide
        row = self._free_rows.pop() if self._free_rows else self._top
        self._top = max(self._top, row + 1)
        if row >= self.batch.full.entity.shape[1]:
            self._grow(entity=row + 1, belt=row + 1)
        first = self._slots(slots)
        full = self.batch.full
        e = full.entity[self.k, row]
        e["kind"], e["tiles_w"], e["tiles_h"] = kind, wide, high
        e["slot"], e["slots"] = first, slots
        e["fuel_slots"], e["source_slots"], e["result_slots"] = fuel, source, result
        e["generation"] += 1
        e["unit"] = max(ent[0], 0)
        e["arm"] = kind == KIND_INSERTER  # that it has one; the arm itself is not observable
        tile = full.tile["entity"][self.k]
        for index in self._footprint(ent[X], ent[Y], wide, high):
            tile[index] = row + 1
        if kind == KIND_BELT:
            self._lines.add(row, ent[0], (ent[X] >> 8, ent[Y] >> 8), direction, speed)
        self._reach_over(proto, direction, wide, high)
        self._rows[ent[0]] = row
        self._uids[row] = ent[0]
        return row

    def _reach_over(self, proto: int, direction: int, wide: int, high: int) -> None:
        """Keep the header's largest overhang of a box over its footprint."""
        x0, y0, x1, y1 = self._boxes[proto]
        if direction in (4, 12):
            x0, y0, x1, y1 = min(y0, -y1), min(x0, -x1), max(y1, -y0), max(x1, -x0)
        over = max(-x0 - wide * 128, x1 - wide * 128, -y0 - high * 128, y1 - high * 128)
        h = self.batch.full.header[self.k, 0]
        h["overhang"] = max(int(h["overhang"]), (max(over, 0) + 255) >> 8)

    def _footprint(self, x: int, y: int, wide: int, high: int) -> Iterable[int]:
        """Tiles under an entity that are on the map."""
        h = self.batch.full.header[self.k, 0]
        width, height = int(h["width"]), int(h["height"])
        left = (x >> 8) - (wide >> 1) - int(h["left"])
        top = (y >> 8) - (high >> 1) - int(h["top"])
        for row in range(max(top, 0), min(top + high, height)):
            for column in range(max(left, 0), min(left + wide, width)):
                yield row * width + column

    def _slots(self, count: int) -> int:
        """A run of empty slots."""
        if count == 0:
            return 0
        free = self._free_slots.get(count)
        if free:
            return free.pop()
        first = self._slot_top
        self._slot_top += count
        if self._slot_top > self.batch.full.slot.shape[1]:
            self._grow(slot=self._slot_top)
        return first

    def _contents(self, row: int, ent: Sequence[Any]) -> None:
        """Slots, and what only belts and inserters have."""
        e = self.batch.full.entity[self.k, row]
        slots = int(e["slots"])
        if slots:
            self._fill(int(e["slot"]), slots, rows_of(ent[CONTENTS], "slots"))
        kind = e["kind"]
        if kind == KIND_INSERTER:
            held, e["hand_x"], e["hand_y"] = ent[EXTRA]
            e["held"] = within(held, 0, self._items, "item in a hand")
        elif kind == KIND_BELT:
            bend, *lanes = ent[EXTRA]
            first, second = (self._lane(rows_of(lane, "lane")) for lane in lanes)
            self._lines.fill(row, within(bend, 0, 3, "shape of a belt"), first, second)

    def _lane(self, numbers: list[int]) -> LaneItems:
        """[item, position, ...] as pairs, front to back."""
        items, places = numbers[::2], numbers[1::2]
        for item in items:
            within(item, 1, self._items, "item on a belt")
        for place in places:
            within(place, 0, 1 << 12, "position on a belt")
        return list(zip(items, places, strict=True))

    def _fill(self, first: int, slots: int, triples: list[int]) -> None:
        """Slots from [slot, item, count, ...]."""
        pool = self.batch.full.slot.view(np.ndarray)[self.k, first : first + slots]
        pool[:] = np.zeros((), pool.dtype)
        if not triples:
            return
        table = np.array(triples, np.int64).reshape(-1, 3)
        if (table < 0).any() or (table[:, 0] >= slots).any() or (table[:, 1] >= self._items).any():
            raise StateError(f"slots that cannot be: {triples!r:.80}")
        pool["item_id"][table[:, 0]] = table[:, 1]
        pool["count"][table[:, 0]] = table[:, 2]

    def _link(self) -> None:
        while (short := self._lines.write(self.batch.full, self.k)) is not None:
            self._grow(belt=short)

    # -- what lies on the ground -------------------------------------------------------------------
    def _piles(self, rows: Sequence[Sequence[int]]) -> None:
        """All piles, in the order of rows of the map, then (y, x): the first leads its tile."""
        if len(rows) > self.batch.full.pile.shape[1]:
            self._grow(pile=len(rows))
        full, h = self.batch.full, self.batch.full.header[self.k, 0]
        pile = full.pile.view(np.ndarray)[self.k]
        pile[:] = np.zeros((), pile.dtype)
        full.tile["pile"][self.k] = 0
        h["piles"], h["pile_top"] = len(rows), len(rows)
        if not rows:
            return
        table = np.array(rows, np.int64).reshape(-1, 4)
        item = table[:, 2]
        if (item < 1).any() or (item >= self._items).any():
            raise StateError("an item on the ground that does not exist")
        numbers = np.arange(1, len(rows) + 1)
        used = pile[: len(rows)]
        used["x"], used["y"], used["item_id"], used["count"] = table.T
        used["unit"] = numbers
        column, row = (table[:, 0] >> 8) - int(h["left"]), (table[:, 1] >> 8) - int(h["top"])
        width, height = int(h["width"]), int(h["height"])
        if ((column < 0) | (column >= width) | (row < 0) | (row >= height)).any():
            raise StateError("an item on the ground outside of the map")
        index = row * width + column
        heads = full.tile["pile"][self.k]
        for number in numbers[::-1].tolist():  # from the last to the first of each tile
            at = index[number - 1]
            used["next"][number - 1] = heads[at]
            heads[at] = number

    # -- people and counters -----------------------------------------------------------------------
    def _people(self, rows: Sequence[Sequence[Any]]) -> None:
        full = self.batch.full
        for char in rows:
            me = within(char[0], 0, MAX_AGENTS, "number of an agent")
            self._characters = max(self._characters, me + 1)
            numbers = list(char[1:HEALTH])
            if not all(type(v) is int for v in numbers):
                raise StateError(f"numbers of agent_{me} that are not whole")
            if numbers[UNTIL] < 0:
                numbers[UNTIL] = NEVER
            c = full.character.view(np.ndarray)[self.k]
            for name, value in zip(CHARACTER_FIELDS, numbers, strict=True):
                c[name][me] = value
            c["slot"][me] = me * CHARACTER_SLOTS
            c["slots"][me] = CHARACTER_SLOTS if c["active"][me] else 0
            within(int(c["hand"][me]), 0, self._items, "hand")
            self._fill(me * CHARACTER_SLOTS, CHARACTER_SLOTS, rows_of(char[SLOTS], "inventory"))
            self._queue(me, rows_of(char[CRAFTS], "crafting queue"))

    def _queue(self, me: int, pairs: list[int]) -> None:
        first = me * CRAFTS_PER_AGENT
        queue = self.batch.full.craft.view(np.ndarray)[self.k, first : first + CRAFTS_PER_AGENT]
        queue[:] = np.zeros((), queue.dtype)
        recipes = pairs[::2]
        for recipe in recipes:
            within(recipe, 1, self._recipes, "recipe of a queue")
        queue["recipe"][: len(recipes)] = recipes
        queue["count"][: len(recipes)] = pairs[1::2]

    def _counters(self, state: Mapping[str, Any]) -> None:
        full, k = self.batch.full, self.k
        for item, *values in rows_of(state.get("stat"), "stat"):
            within(item, 1, self._items, "item of a counter")
            for name, value in zip(STAT_FIELDS, values, strict=True):
                full.stat[name][k, item] = value
        for agent, *values in rows_of(state.get("counts"), "counts"):
            within(agent, 0, MAX_AGENTS, "agent of a counter")
            for name, value in zip(AGENT_FIELDS, values, strict=True):
                full.agent[name][k, agent] = value
        for agent, values in enumerate(rows_of(state.get("results"), "results")):
            for name, value in zip(RESULT_FIELDS, values, strict=True):
                full.result[name][k, agent] = value

    # -- tables ------------------------------------------------------------------------------------
    def _grow(self, **rows: int) -> None:
        """Make tables at least that long."""
        have = self.batch.capacities
        sizes = {}
        for name, need in rows.items():
            size = getattr(have, name)
            while size < need:
                size *= 2
            sizes[name] = size
        self.batch.grow(dataclasses.replace(have, **sizes))


def _kind_columns(kinds: np.recarray) -> Iterable[tuple[int, ...]]:
    names = ("kind", "w", "h", "slots", "fuel_slots", "source_slots", "result_slots", "speed")
    return zip(*(kinds[name].tolist() for name in names), strict=True)
