"""One map in two worlds: the engine with its own command layer, and a server that runs the mod.

The same commands go to both, and everything that can be observed is compared.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.commands import CODES, OK, VERBS, parse
from fz_multi.engine.encode import NO_COMMAND, WAIT_ROW
from fz_multi.engine.tables import COMMAND, ORDERS_PER_AGENT
from fz_multi.factorio.codec import agent_entry, command_to_wire, map_to_wire, row_to_wire
from fz_multi.factorio.compare import first_difference
from fz_multi.factorio.mirror import STAT_FIELDS, Mirror
from fz_multi.prototypes import load
from fz_multi.task.instance import AgentSpec, EntitySpec, MapInstance

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))

from invent import Sight, invent

EVERY_TICK = os.environ.get("FZ_MULTI_EVERY_TICK", "0") == "1"
NUMBERS = load()
COMPOUND = VERBS["COMPOUND"].number
FIELDS = dict.fromkeys(COMMAND.names or (), 0) | {"direction": -1, "ticks": -1}


class Server(Protocol):
    """A server with the mod (`mod_rig.Rig`): requests, and time until the clock stands again."""

    def good(self, op: str, **fields: Any) -> dict[str, Any]: ...

    def finish(self) -> Any: ...


# -- maps ------------------------------------------------------------------------------------------
KIT = {
    "coal": 50, "wood": 20, "iron-ore": 40, "stone": 50, "iron-plate": 100, "copper-plate": 60,
    "iron-gear-wheel": 20, "stone-brick": 20, "stone-furnace": 6, "steel-furnace": 2,
    "burner-mining-drill": 6, "wooden-chest": 6, "iron-chest": 3, "stone-wall": 10,
    "transport-belt": 40, "fast-transport-belt": 8, "burner-inserter": 10,
}  # fmt: skip
STANDING = (
    ("burner-mining-drill", 6), ("stone-furnace", 4), ("wooden-chest", 4), ("stone-wall", 3),
    ("transport-belt", 20), ("fast-transport-belt", 3), ("burner-inserter", 8), ("tree-01", 2),
    ("dry-tree", 1), ("dead-grey-trunk", 1), ("big-rock", 1), ("big-sand-rock", 1),
    ("huge-rock", 2), ("crash-site-chest-2", 1),
)  # fmt: skip
DEPOSITS = ("iron-ore", "copper-ore", "coal", "stone")


def empty_map(size: int, agents: Any, entities: Any = (), name: str = "plain") -> MapInstance:
    """Land with some things on it; ``agents``: AgentSpec, ``entities``: EntitySpec."""
    blank = np.zeros((size, size), np.uint8)
    return MapInstance(
        name, "", size, size, blank.copy(), blank.copy(), blank.astype(np.int32), blank.copy(),
        DEPOSITS, tuple(entities), tuple(agents),
    )  # fmt: skip


def random_map(seed: int, agents: int, size: int = 24) -> MapInstance:
    """Water, deposits, trees and rocks, machines and belts, and agents with full pockets."""
    d = random.Random(seed)
    at = empty_map(size, ())
    x0, y0 = d.randrange(size - 3), d.randrange(size - 3)
    at.terrain[y0 : y0 + 2, x0 : x0 + 3] = d.choice((1, 1, 2))
    for number in range(4):
        px = 2 + (number & 1) * (size // 2) + d.randrange(size // 2 - 6)
        py = 2 + (number >> 1) * (size // 2) + d.randrange(size // 2 - 6)
        for y in range(py, py + 4):
            for x in range(px, px + 4):
                if not at.terrain[y, x]:
                    at.resource[y, x] = number + 1
                    at.amount[y, x] = d.choice((1, 3, 10, 60, 400))
    world = EmbeddedBackend()
    world.reset(at)
    left = -(size // 2)
    people: list[AgentSpec] = []
    while len(people) < agents:
        x, y = (left + 1 + d.randrange((size - 2) * 256) / 256 for _ in "xy")
        try:
            world.world.create_character(f"agent_{len(people)}", (x, y))
        except ValueError:
            continue
        items = list(KIT.items())
        if not people and seed % 2:
            items.append(("pipe", 100 * (80 - len(KIT) - d.choice((0, 1, 2)))))
        people.append(AgentSpec(x, y, tuple(items)))
    things = list(_things(d, world, size))
    return MapInstance(
        f"random {seed}", "", size, size, at.terrain, at.resource, at.amount, at.goal, DEPOSITS,
        tuple(things), tuple(people),
    )  # fmt: skip


def _things(d: random.Random, world: EmbeddedBackend, size: int) -> Any:
    left = -(size // 2)
    for name, count in STANDING:
        entity = NUMBERS.entities[name]
        for _ in range(count):
            x, y = (left + d.randrange(size) + 0.5 * (max(1, entity.tile_width) % 2) for _ in "xy")
            facing = d.choice((0, 4, 8, 12)) if entity.type in TURNING else 0
            for _ in range(6 if "belt" in name else 1):
                try:
                    built = world.world.create_entity(name, (x, y), direction=facing)
                except ValueError:
                    break
                items = []
                for what in ("coal", "iron-ore"):
                    if d.random() < 0.6 and "belt" not in name:
                        try:
                            if done := world.world.insert(built, what, d.randrange(1, 9)):
                                items.append((what, int(done)))
                        except (ValueError, KeyError):
                            pass
                yield EntitySpec(name, x, y, facing, tuple(items))
                if "belt" not in name:
                    break
                dx, dy = {0: (0, -1), 4: (1, 0), 8: (0, 1), 12: (-1, 0)}[facing]
                x, y = x + dx, y + dy
                if d.random() < 0.25:
                    facing = (facing + d.choice((4, 12))) % 16


TURNING = ("mining-drill", "transport-belt", "inserter")


MINE = VERBS["MINE"].number


def _readable(row: Any) -> None:
    """A name that an item and an entity share means the entity: no parser makes anything else."""
    if row["verb"] == MINE and row["name"] < 0:
        name = NUMBERS.item_name(-int(row["name"]))
        if name in NUMBERS.entities:
            row["name"] = NUMBERS.entity_id(name)


# -- two worlds ------------------------------------------------------------------------------------
class Pair:
    """A map in the engine and in an arena of a server."""

    def __init__(
        self, server: Server, at: MapInstance, *, arena: int = 1, teleport: bool = True
    ) -> None:
        self.server, self.arena, self.agents = server, arena, len(at.agents)
        self.size = at.width
        self.engine = EmbeddedBackend()
        self.engine.reset(at, teleport=teleport)
        self.mirror = Mirror.of_size(at.width, at.height)
        order = {"arena": arena, "map": map_to_wire(at), "teleport": int(teleport)}
        answer = server.good("reset", arenas=[order])
        self.mirror.patch(answer["arenas"][0])

    def rows(self) -> np.ndarray:
        """A plain WAIT for each agent, COMMAND[agents]."""
        return np.repeat(WAIT_ROW, self.agents)

    def row(self, verb: str, **fields: Any) -> tuple[int, ...]:
        """A COMMAND row as a tuple; ``x``, ``y`` in 1/256 tile, ``name`` a number."""
        values = FIELDS | {"verb": VERBS[verb].number} | fields
        values["has_target"] = int("x" in fields and not fields.get("has_area"))
        return tuple(values.values())

    def step(self, rows: np.ndarray, ticks: int) -> None:
        """The commands of all agents (COMPOUNDs in the engine's order table), then some ticks."""
        order = self.engine.batch.full.order[0]
        entries = []
        for me in range(self.agents):
            if rows[me]["verb"] == COMPOUND:
                first = (me + 1) * ORDERS_PER_AGENT
                parts = order[first : first + int(rows[me]["count"])]
                command = {"verb": "COMPOUND", "commands": [row_to_wire(p, NUMBERS) for p in parts]}
            else:
                command = row_to_wire(rows[me], NUMBERS)
            entries.append(agent_entry(command))
        self.engine.exchange(rows[None], ticks)
        arenas = [{"arena": self.arena, "agents": entries}]
        self.server.good("step", ticks=ticks, arenas=arenas)
        self.server.finish()
        self.collect()

    def tell(self, *told: Any, ticks: int = 1) -> None:
        """Commands as people write them (None: a plain WAIT), agent by agent; then some ticks."""
        parsed = [None if one is None else parse(one, NUMBERS) for one in told]
        parsed += [None] * (self.agents - len(parsed))
        entries = [agent_entry(None if one is None else command_to_wire(one)) for one in parsed]
        self.engine.exchange_parsed(parsed, 0)
        arenas = [{"arena": self.arena, "agents": entries}]
        self.server.good("step", ticks=0, arenas=arenas)
        self.collect()
        self.same()
        self.go(ticks)

    def go(self, ticks: int) -> None:
        """Ticks without new commands.

        The worlds are compared after each of the first 30, then after every fifth: what differed
        for a tick would still differ in a counter. With FZ_MULTI_EVERY_TICK=1 in the environment
        they are compared after each.
        """
        rows = np.repeat(NO_COMMAND, self.agents)
        done = 0
        while done < ticks:
            length = 1 if done < 30 or EVERY_TICK else min(5, ticks - done)
            self.engine.exchange(rows[None], length)
            self.server.good("step", ticks=length, arenas=[{"arena": self.arena, "agents": []}])
            self.server.finish()
            self.collect()
            self.same()
            done += length

    def same(self) -> None:
        """Fail unless both worlds are the same."""
        found = self.difference()
        assert found is None, f"tick {self.engine.tick}: {found}"

    def codes(self) -> list[str]:
        """Result codes of the step."""
        return [
            CODES[int(code)] for code in self.engine.batch.full.result["code"][0, : self.agents]
        ]

    def counters(self, agent: int = 0) -> dict[str, int]:
        row = self.engine.batch.full.agent[0, agent]
        return {name: int(row[name]) for name in row.dtype.names}

    def collect(self) -> None:
        answer = self.server.good("collect", since=[[self.arena, self.mirror.seq]])
        assert answer["s"] == "done", answer
        self.mirror.patch(answer["arenas"][0])

    def invent(self, d: random.Random) -> np.ndarray:
        """A command for each agent, chosen from what is there."""
        full = self.engine.batch.full
        plain = {
            name: getattr(full, name).view(np.ndarray)
            for name in ("entity", "pile", "tile", "slot", "character", "order")
        }
        plain["order"] = plain["order"].copy()
        plain["items"] = full.items.view(np.ndarray)
        sight = Sight(plain, 0, self.size, d)
        rows = self.rows()
        for me in range(self.agents):
            rows[me] = invent(sight, me)
            _readable(rows[me])
            if rows[me]["verb"] != COMPOUND:
                continue
            if full.character[0, me]["orders"]:
                rows[me] = WAIT_ROW[0]  # refused, it would overwrite the one that runs (engine)
                continue
            first = (me + 1) * ORDERS_PER_AGENT
            parts = slice(first, first + int(rows[me]["count"]))
            for row in plain["order"][0, parts]:
                _readable(row)
            full.order.view(np.ndarray)[0, parts] = plain["order"][0, parts]
        return rows

    # -- comparison --------------------------------------------------------------------------------
    def difference(self) -> str | None:
        """What differs first, in words, or None."""
        one, two = self.engine.batch.full, self.mirror.batch.full
        for me in range(self.agents):
            for table in ("result", "agent"):
                mine, other = getattr(one, table)[0, me], getattr(two, table)[0, me]
                for field in mine.dtype.names:
                    if mine[field] != other[field]:
                        return f"agent_{me}: {table} {field}: {_show(table, field, mine, other)}"
        found = first_difference(one, two) or self._contents()
        if found:
            return found
        for item in range(1, one.stat.shape[1]):
            for field in STAT_FIELDS:
                mine, other = int(one.stat[0, item][field]), int(two.stat[0, item][field])
                if mine != other:
                    name = NUMBERS.item_name(item)
                    return f"{name}: {field} is {other} on the server, {mine} in the engine"
        mine, other = self.engine.world.observable_digest(), self.mirror.digest()
        if mine != other:
            return "the digests of engine and mirror differ"
        return None

    def server_digest(self) -> str:
        """The observable digest as the mod computes it."""
        return str(self.server.good("digest", arena=self.arena)["digest"])

    def _contents(self) -> str | None:
        """Slots one by one, and what lies on belts."""
        one, two = self.engine.batch.full, self.mirror.batch.full
        for me in range(self.agents):
            found = _slots(one, one.character[0, me], two, two.character[0, me])
            if found:
                return f"agent_{me}: {found}"
        there = {(int(e["x"]), int(e["y"])): e for e in two.entity[0] if e["proto"]}
        for e in one.entity[0]:
            if e["proto"]:
                other = there[int(e["x"]), int(e["y"])]
                found = _slots(one, e, two, other)
                if found:
                    name = NUMBERS.entity_name(int(e["proto"]))
                    return f"{name} at ({e['x'] / 256:g}, {e['y'] / 256:g}): {found}"
        return None


def _show(table: str, field: str, mine: Any, other: Any) -> str:
    values = [int(other[field]), int(mine[field])]
    if table == "result" and field == "code":
        values = [CODES[value] for value in values]
    return (
        f"{values[0]} on the server, {values[1]} in the engine (verb {mine['verb']})"
        if (table == "result")
        else f"{values[0]} on the server, {values[1]} in the engine"
    )


def _slots(one: Any, mine: Any, two: Any, other: Any) -> str | None:
    a = one.slot[0, int(mine["slot"]) : int(mine["slot"]) + int(mine["slots"])]
    b = two.slot[0, int(other["slot"]) : int(other["slot"]) + int(other["slots"])]
    for number, (left, right) in enumerate(zip(a, b, strict=True)):
        held = [(int(s["item_id"]), int(s["count"]) if s["item_id"] else 0) for s in (right, left)]
        if held[0] != held[1]:
            names = [f"{n} {NUMBERS.item_name(i) if i else ''}" for i, n in held]
            return f"slot {number}: {names[0]} on the server, {names[1]} in the engine"
    return None


__all__ = ["OK", "Pair", "Server", "empty_map", "random_map"]
