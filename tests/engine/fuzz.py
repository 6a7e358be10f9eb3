"""Random worlds and random histories for the property tests of the engine.

A `Fuzz` is a batch of small worlds with deposits, water, trees, rocks, machines, chests and
characters with full pockets; `invent` thinks up their commands. World k draws from a generator of
its own and looks at its own tables only, so the same seed gives the same history in every batch
size, process and capacity: that is what the digest tests rely on.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter

import numpy as np
from invent import NUMBERS, Sight, entity, invent, item

from fz_multi.engine import constants as c
from fz_multi.engine import edit as ops
from fz_multi.engine import tables
from fz_multi.engine.batch import Batch, Capacities
from fz_multi.engine.digest import digest_world
from fz_multi.engine.edit import edit
from fz_multi.engine.encode import WAIT_ROW

KIT = {
    "coal": 50, "wood": 20, "iron-ore": 40, "stone": 50, "iron-plate": 100, "copper-plate": 60,
    "iron-gear-wheel": 20, "stone-brick": 20, "stone-furnace": 6, "steel-furnace": 2,
    "burner-mining-drill": 6, "wooden-chest": 6, "iron-chest": 3, "stone-wall": 10,
    "transport-belt": 40, "fast-transport-belt": 8, "burner-inserter": 10,
}  # fmt: skip
DEPOSITS = ("iron-ore", "copper-ore", "coal", "stone")
NATURAL = ("tree-01", "dry-tree", "dead-grey-trunk", "big-rock", "big-sand-rock", "huge-rock")
STANDING = (
    ("burner-mining-drill", 8), ("huge-rock", 2), ("stone-furnace", 4), ("wooden-chest", 4),
    ("stone-wall", 3), ("transport-belt", 14), ("fast-transport-belt", 2),
    ("express-transport-belt", 1), ("burner-inserter", 10),
    ("crash-site-chest-2", 1), *((name, 1) for name in NATURAL),
)  # fmt: skip
STEPS = {0: (0, -256), 4: (256, 0), 8: (0, 256), 12: (-256, 0)}
ROWS = {
    "header": tables.HEADER, "tile": tables.TILE, "shade": tables.SHADE, "entity": tables.ENTITY,
    "slot": tables.SLOT, "pile": tables.PILE, "queue": tables.QUEUE, "belt": tables.BELT,
    "line": tables.LINE, "lane_item": tables.LANE_ITEM, "arm": tables.ARM,
    "character": tables.CHARACTER, "craft": tables.CRAFT, "order": tables.COMMAND,
    "result": tables.RESULT, "stat": tables.STAT, "agent": tables.AGENT,
}  # fmt: skip


class Fuzz:
    """``worlds`` random worlds, numbered from ``first``, and their histories."""

    def __init__(
        self,
        seed: int,
        worlds: int = 1,
        *,
        first: int = 0,
        size: int = 24,
        agents: int = 3,
        capacities: Capacities | None = None,
        arms: bool = True,
    ) -> None:
        self.arms = arms
        self.numbers = range(first, first + worlds)
        self.dice = [random.Random(f"{seed}/{k}") for k in self.numbers]
        self.batch = Batch(worlds, size, size, capacities=capacities, seeds=np.array(self.numbers))
        self.worlds, self.size, self.agents = worlds, size, agents
        self.made = [Counter() for _ in self.numbers]  # entities put by edits, less those removed
        self.ore = [Counter() for _ in self.numbers]  # deposits put by edits, less those removed
        self.lost = [Counter() for _ in self.numbers]  # ingredients in machines that edits removed
        self._plain: tuple[object, dict[str, np.ndarray]] = (None, {})
        for k in range(worlds):
            self._populate(k)
        self.batch.settle()

    def plain(self) -> dict[str, np.ndarray]:
        """The tables without numpy's record machinery, which is slow from Python."""
        full = self.batch.full
        if self._plain[0] is not full:
            views = {n: getattr(full, n).view(dtype, np.ndarray) for n, dtype in ROWS.items()}
            views["items"] = full.items.view(np.ndarray)
            self._plain = full, views
        return self._plain[1]

    # -- worlds ------------------------------------------------------------------------------------
    def edit(self, k: int, op: int, *args: int) -> int:
        """One edit of world k (see `fz_multi.engine.edit`)."""
        while short := edit(self.batch.book, k, ops.SHORTAGE, 0, 0, 0, 0, 0, 0):
            self.batch.grow(self.batch.capacities.doubled(short))
        return edit(self.batch.book, k, op, *args, *([0] * (6 - len(args))))

    def add_entity(self, k: int, name: str, x: int, y: int, direction: int = 0) -> int:
        """Build where there is room; the row or a negative number."""
        kind = self.batch.prototypes.kinds[entity(name)]
        cx = (x >> 8) * 256 + 128 if kind.w & 1 else (x + 128 >> 8) * 256
        cy = (y >> 8) * 256 + 128 if kind.h & 1 else (y + 128 >> 8) * 256
        if kind.kind == c.KIND_INSERTER and not self.arms:
            return -1
        row = self.edit(k, ops.ENTITY, entity(name), cx, cy, direction if kind.rotates else 0, 0)
        self.made[k][entity(name)] += row >= 0
        return row

    def remove_entity(self, k: int, row: int) -> None:
        e = self.plain()["entity"][k, row]
        self.made[k][int(e["proto"])] -= 1
        if e["kind"] == c.KIND_FURNACE and e["need"] > 0:
            protos = self.batch.prototypes
            part = protos.parts[int(protos.recipes[int(e["recipe"])].part)]
            self.lost[k][int(part.item_id)] += int(part.amount)
        self.edit(k, ops.REMOVE, row)

    def set_ore(self, k: int, index: int, name: str, amount: int) -> None:
        tile = self.plain()["tile"][k, index]
        self.ore[k][int(tile["resource"])] -= int(tile["amount"])
        self.ore[k][entity(name)] += amount
        self.edit(k, ops.RESOURCE, index, entity(name), amount)

    def _populate(self, k: int) -> None:
        d, size = self.dice[k], self.size
        left = -(size // 2) * 256
        self.plain()["header"]["unlocked"][k, 0] = d.random() < 0.8
        self.plain()["header"]["teleport"][k, 0] = d.random() < 0.3
        x0, y0 = d.randrange(size - 3), d.randrange(size - 3)
        wet = {y * size + x for y in range(y0, y0 + 2) for x in range(x0, x0 + 3)}
        for index in sorted(wet):
            self.edit(k, ops.TERRAIN, index, d.choice((c.WATER, c.WATER, c.VOID)))
        for number, name in enumerate(DEPOSITS):
            px = 2 + (number & 1) * (size // 2) + d.randrange(max(1, size // 2 - 6))
            py = 2 + (number >> 1) * (size // 2) + d.randrange(max(1, size // 2 - 6))
            for index in ((py + dy) * size + px + dx for dy in range(4) for dx in range(4)):
                if index not in wet:
                    self.set_ore(k, index, name, d.choice((1, 3, 10, 60, 400)))
        for me in range(self.agents):
            row = -1
            while row < 0:
                x, y = (left + 256 + d.randrange((size - 2) * 256) for _ in "xy")
                row = self.edit(k, ops.CHARACTER, x, y, 0, me)
        for name, count in STANDING:
            for _ in range(count):
                x, y = (left + d.randrange(size * 256) for _ in "xy")
                row = self.add_entity(k, name, x, y, d.choice((0, 4, 8, 12)))
                if row >= 0 and d.random() < 0.6:
                    for what in ("coal", "iron-ore"):
                        self.edit(k, ops.INSERT, row, item(what), d.randrange(1, 9), 0)
                if row >= 0 and name == "burner-mining-drill" and d.random() < 0.7:
                    self._serve(k, row)
        self.refill(k)

    def _serve(self, k: int, drill: int) -> None:
        """Put something where a drill lays its ore; often it has little room left."""
        d, e = self.dice[k], self.plain()["entity"][k, drill]
        index = int(e["drop"]) - 1
        name, most = d.choice((("wooden-chest", 1599), ("iron-chest", 40), ("stone-furnace", 53)))
        if index >= 0:
            left = -(self.size // 2) * 256
            x, y = left + index % self.size * 256 + 128, left + index // self.size * 256 + 128
            if d.random() < 0.4:
                self.lay_belt(k, x, y)
            row = self.add_entity(k, name, x, y)
            what = "wood" if name == "wooden-chest" else "iron-ore"
            if row >= 0:
                self.edit(k, ops.INSERT, row, item(what), most, 0)

    def lay_belt(self, k: int, x: int, y: int) -> None:
        """A belt with turns from a tile on, as far as there is room, and arms beside it."""
        d = self.dice[k]
        facing = d.choice((0, 4, 8, 12))
        name = d.choice(("transport-belt",) * 3 + ("fast-transport-belt", "express-transport-belt"))
        for _ in range(d.randrange(2, 12)):
            if self.add_entity(k, name, x, y, facing) < 0:
                return
            if d.random() < 0.4:
                side = d.choice((0, 4, 8, 12))
                dx, dy = STEPS[side]
                self.add_entity(k, "burner-inserter", x + dx, y + dy, d.choice((0, 4, 8, 12)))
            if d.random() < 0.25:
                facing = (facing + d.choice((4, 12))) % 16
            dx, dy = STEPS[facing]
            x, y = x + dx, y + dy

    def refill(self, k: int) -> None:
        """Give each character what its kit lacks, and empty pockets that hold too much.

        Every other world stuffs the pockets of its first agent to the last slot or nearly so.
        """
        slot = self.plain()["slot"]
        self.edit(k, ops.GIVE, 0, item("pipe"), -10_000)
        for me in range(self.agents):
            ch = self.plain()["character"][k, me]
            run = slot[k, ch["slot"] : ch["slot"] + ch["slots"]]
            have: Counter[int] = Counter()
            for what, count in zip(run["item_id"].tolist(), run["count"].tolist(), strict=True):
                have[what] += count
            if len(have) > 40:
                for what in set(have) - {0}:
                    self.edit(k, ops.GIVE, me, what, -10_000)
                have.clear()
            for name, count in KIT.items():
                if name == "burner-inserter" and not self.arms:
                    continue
                if 2 * have[item(name)] < count:
                    self.edit(k, ops.GIVE, me, item(name), count - have[item(name)])
        if self.numbers[k] % 2:
            self.edit(k, ops.GIVE, 0, item("pipe"), 10_000)
            self.edit(k, ops.GIVE, 0, item("pipe"), -100 * self.dice[k].choice((0, 1, 1, 2, 3)))

    def meddle(self, k: int) -> None:
        """One random edit, as a map script or a person would make it."""
        d, t = self.dice[k], self.plain()
        left = -(self.size // 2) * 256
        x, y = (left + d.randrange(self.size * 256) for _ in "xy")
        index = ((y - left) >> 8) * self.size + ((x - left) >> 8)
        rows = np.flatnonzero(t["entity"]["proto"][k]).tolist()
        row = d.choice(rows) if rows else -1
        slots = int(t["entity"]["slots"][k, row]) if rows else 0
        if d.random() < 0.5:  # a tile with ore, perhaps under a drill
            index = d.choice(np.flatnonzero(t["tile"]["resource"][k]).tolist() or [index])
        what = d.choice((0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11))
        if what == 0 and rows:
            self.remove_entity(k, row)
        elif what == 1:
            self.add_entity(k, d.choice(("stone-furnace", "iron-chest", *NATURAL)), x, y)
        elif what == 2:
            self.edit(k, ops.PILE, x, y, item(d.choice(tuple(KIT))), d.randrange(1, 50))
        elif what == 3 and t["tile"]["terrain"][k, index] == c.LAND:
            self.set_ore(k, index, d.choice(DEPOSITS), d.choice((0, 1, 5, 500)))
        elif what == 4 and slots:
            self.edit(k, ops.INSERT, row, item(d.choice(tuple(KIT))), d.randrange(1, 60), 0)
        elif what == 5 and slots:
            self.edit(k, ops.TAKE, row, item(d.choice(tuple(KIT))), d.randrange(1, 60), 0, slots)
        elif (
            what == 6 and rows and self.batch.prototypes.kinds[t["entity"]["proto"][k, row]].rotates
        ):
            self.edit(k, ops.TURN, row, d.choice((0, 4, 8, 12)))
        elif what == 9:
            self.lay_belt(k, x, y)
        elif what >= 10:
            belts = np.flatnonzero(t["entity"]["belt"][k]).tolist()
            if belts:
                lane, at = d.randrange(2), d.randrange(100)
                row = d.choice(belts)
                if d.random() < 0.7:
                    self.edit(k, ops.ON_BELT, row, lane, at, item(d.choice(tuple(KIT))))
                else:
                    self.edit(k, ops.OFF_BELT, row, lane, d.randrange(3))
        elif what == 7:
            self.edit(k, ops.TELEPORT, d.randrange(self.agents), x, y)
        else:
            piles = np.flatnonzero(t["pile"]["item_id"][k]).tolist()
            if piles:
                self.edit(k, ops.UNPILE, d.choice(piles))

    def wake_all(self, k: int) -> None:
        """Let every machine of world k look around in the next tick (an edit of nothing)."""
        for row in np.flatnonzero(self.plain()["entity"]["slots"][k]).tolist():
            edit(self.batch.book, k, ops.TAKE, row, item("coal"), 0, 0, 0, 0)

    # -- time --------------------------------------------------------------------------------------
    def commands(self, only: int | None = None) -> np.ndarray:
        """One command for each agent (for agent ``only``, the others wait): COMMAND[worlds, A]."""
        rows = np.repeat(np.repeat(WAIT_ROW[None], self.worlds, 0), self.agents, 1)
        for k in range(self.worlds):
            sight = Sight(self.plain(), k, self.size, self.dice[k])
            for me in range(self.agents) if only is None else (only,):
                rows[k, me] = invent(sight, me)
        return rows

    def ticks(self) -> np.ndarray:
        """How far each world goes in a step, int64[worlds]; up to the time that a rock takes."""
        some = (1, 2, 5, 13, 40, 130, 400)[: 7 if self.size > 16 else 6]
        return np.array([d.choice(some) for d in self.dice], np.int64)

    def tidy(self) -> None:
        """Refill the pockets of every world and make one edit in each."""
        for k in range(self.worlds):
            self.refill(k)
            self.meddle(k)

    def play(self, steps: int, tidy: int = 10) -> list[list[str]]:
        """A history of steps; the digests after each, ``[step][world]``."""
        out = []
        for step in range(steps):
            self.batch.exchange(self.commands(), self.ticks())
            if step % tidy == tidy - 1:
                self.tidy()
            out.append(self.digests())
        return out

    def digests(self, everything: int = 1) -> list[str]:
        """`World.digest` of each world (observable_digest with ``everything=0``)."""
        book = self.batch.book
        return [
            "".join(f"{digest_world(book, k, everything, seed):08x}" for seed in (1, 2))
            for k in range(self.worlds)
        ]


def main() -> None:
    """Print the history of some worlds as JSON: ``fuzz.py SEED WORLDS STEPS``.

    `test_digests` runs this in other processes. Integer overflow is an error: what numba lets wrap
    must not happen, or the two would part.
    """
    seed, worlds, steps = map(int, sys.argv[1:])
    with np.errstate(all="raise"):
        print(json.dumps(small(seed, worlds).play(steps)))


def small(seed: int, worlds: int) -> Fuzz:
    """Worlds that plain Python can run in seconds."""
    return Fuzz(seed, worlds, size=16, agents=2)


__all__ = ["NUMBERS", "Fuzz", "entity", "item", "small"]

if __name__ == "__main__":
    main()
