"""Invents commands: mostly sensible ones, whose targets are chosen from what is there and within
reach, and now and then anything that `fz_multi.commands.parse` lets through."""

from __future__ import annotations

import random
from itertools import accumulate
from typing import Any

import numpy as np

from fz_multi.commands import VERBS
from fz_multi.engine import constants as c
from fz_multi.engine.tables import COMMAND, ORDERS_PER_AGENT
from fz_multi.prototypes import load

NUMBERS = load()
VERB = {name: verb.number for name, verb in VERBS.items()}
FIELDS = dict.fromkeys(COMMAND.names or (), 0) | {"direction": -1, "ticks": -1}

RECIPES = (
    "iron-gear-wheel", "copper-cable", "iron-stick", "wooden-chest", "iron-chest", "stone-furnace",
    "electronic-circuit", "burner-mining-drill", "transport-belt", "pipe", "stone-wall",
)  # fmt: skip
# How often a verb is tried, in parts of their sum; WAIT is rare because it never fails.
WEIGHTS = {
    "WAIT": 3, "MOVE": 12, "MINE": 12, "BUILD": 12, "CRAFT": 8, "INSERT": 10, "TAKE": 9,
    "ROTATE": 7, "PICK_UP": 7, "DROP": 9, "SAY": 3, "CANCEL": 6, "SET_RECIPE": 1, "RESEARCH": 1,
    "COMPOUND": 5,
}  # fmt: skip
NAMES, SUMS = tuple(WEIGHTS), tuple(accumulate(WEIGHTS.values()))
WILD = 0.12  # share of commands that are anything at all
DIRECTIONS = (0, 2, 4, 6, 8, 10, 12, 14)
CARDINALS = (0, 4, 8, 12)


def item(name: str) -> int:
    return NUMBERS.item_id(name)


def entity(name: str) -> int:
    return NUMBERS.entity_id(name)


def recipe(name: str) -> int:
    return NUMBERS.recipe_id(name)


BESIDE = tuple(entity(name) for name in ("transport-belt", "fast-transport-belt",
                                         "burner-inserter", "wooden-chest"))  # fmt: skip


def row_of(verb: str, **fields: Any) -> tuple[int, ...]:
    """A COMMAND row as a tuple, with the defaults of `encode`."""
    values = FIELDS | {"verb": VERB[verb]} | fields
    values["has_target"] = "x" in fields and not fields.get("has_area")
    return tuple(values.values())


class Sight:
    """What the inventor looks at: one world (plain arrays of it), and one agent in it."""

    def __init__(self, tables: dict[str, np.ndarray], k: int, size: int, d: random.Random) -> None:
        self.d, self.size, self.left = d, size, -(size // 2)
        e = tables["entity"][k]
        e = e[e["proto"] > 0]
        columns = (e[name].tolist() for name in ("kind", "x", "y", "slot", "slots"))
        self.entities = list(zip(*columns, strict=True))
        p = tables["pile"][k]
        p = p[p["item_id"] > 0]
        self.piles = list(zip(p["x"].tolist(), p["y"].tolist(), strict=True))
        tile = tables["tile"][k]
        ore = np.flatnonzero(tile["resource"])
        free = tile["entity"][ore] == 0
        self.ore = [self.corner(index) for index in ore.tolist()]
        self.free_ore = [self.corner(index) for index in ore[free].tolist()]
        self.items, self.counts = tables["slot"]["item_id"][k], tables["slot"]["count"][k]
        ch = tables["character"][k]
        names = ("x", "y", "activity", "crafts", "slot", "slots")
        self.agents = list(zip(*(ch[name].tolist() for name in names), strict=True))
        self.places = tables["items"]["place"]
        self.order = tables["order"][k]

    def corner(self, index: int) -> tuple[int, int]:
        """North-west corner of a tile, 1/256 tile."""
        return (index % self.size + self.left) * 256, (index // self.size + self.left) * 256

    def focus(self, me: int) -> None:
        self.me = me
        self.x, self.y, activity, crafts, self.slot, self.slots = self.agents[me]
        self.busy = bool(activity or crafts)
        self.mining = activity == c.ACTIVITY_MINE
        run = self.items[self.slot : self.slot + self.slots]
        self.stuffed = np.count_nonzero(run) > self.slots - 4
        self.near = [
            e for e in self.entities if abs(e[1] - self.x) < 2300 and abs(e[2] - self.y) < 1000
        ]

    def held(self) -> list[int]:
        """The items in the agent's inventory."""
        run = self.items[self.slot : self.slot + self.slots].tolist()
        return list(dict.fromkeys(what for what in run if what))

    def around(self, reach: int) -> dict[str, int]:
        """A random point near the agent."""
        return {
            "x": self.x + self.d.randrange(-reach, reach),
            "y": self.y + self.d.randrange(-reach, reach),
        }


def invent(s: Sight, me: int) -> tuple[int, ...]:
    """A command of an agent as a COMMAND row; the parts of a COMPOUND go to the order table."""
    d = s.d
    s.focus(me)
    verb = d.choices(NAMES, cum_weights=SUMS)[0]
    if s.mining and d.random() < (0.8 if s.stuffed else 0.3):
        verb = "WAIT"  # let it come to an end
    elif s.stuffed and d.random() < 0.3:
        verb = "MINE"  # what does not fit, or not all of it
    if verb != "COMPOUND":
        return single(s, verb)
    count = d.randrange(1, 5)
    first = (me + 1) * ORDERS_PER_AGENT
    for index in range(first, first + count):
        s.order[index] = single(s, d.choices(NAMES[:-1], cum_weights=SUMS[:-1])[0])
    return row_of("COMPOUND", count=count)


def single(s: Sight, verb: str) -> tuple[int, ...]:
    d = s.d
    if d.random() < WILD:
        return wild(s, verb)
    if verb == "CANCEL" and not s.busy:
        verb = d.choice(("CRAFT", "MOVE", "MINE"))
    near = any((x - s.x) ** 2 + (y - s.y) ** 2 <= 65_536 for x, y in s.piles)
    if verb == "PICK_UP" and not near and d.random() < 0.75:
        verb = "DROP"  # for next time
    if verb in SENSIBLE:
        return SENSIBLE[verb](s)
    if verb == "WAIT":
        return row_of("WAIT", ticks=d.choice((-1, 0, 5, 60)))
    if verb == "SAY":
        return row_of("SAY", count=d.randrange(255))
    if verb == "CANCEL":
        return row_of("CANCEL", method=d.choice((0, 0, 1, 2)))
    if verb == "CRAFT":
        return row_of("CRAFT", name=recipe(d.choice(RECIPES)), count=d.choice((1, 1, 1, 2, 5)))
    if verb == "SET_RECIPE":
        return row_of("SET_RECIPE", name=recipe("pipe"), x=s.x, y=s.y)
    if verb == "RESEARCH":
        return row_of("RESEARCH", name=NUMBERS.technology_id("automation"))
    return row_of(verb)


def move(s: Sight) -> tuple[int, ...]:
    how = s.d.randrange(4)
    if how == 0:
        return row_of("MOVE", method=s.d.random() < 0.3, **s.around(900))
    direction = s.d.choice(DIRECTIONS)
    if how == 1:
        return row_of("MOVE", direction=direction, count=s.d.randrange(1, 4))
    return row_of("MOVE", direction=direction, ticks=s.d.choice((-1, 0, 7, 30)))


def mine(s: Sight) -> tuple[int, ...]:
    d, how = s.d, s.d.random()
    if how < 0.15 and not s.stuffed:
        x, y = s.x - d.randrange(900), s.y - d.randrange(900)
        name = d.choice((0, 0, entity("iron-ore"), entity("tree-01"), -item("coal")))
        area = {"has_area": 1, "x": x, "y": y, "x2": x + 1500, "y2": y + 1500}
        return row_of("MINE", name=name, count=d.choice((0, 1, 3)), **area)
    spot = s.around(600)
    ore = [(x + 128, y + 128) for x, y in s.ore]
    ore = [(x, y) for x, y in ore if abs(x - s.x) < 500 and abs(y - s.y) < 400]
    piles = [p for p in s.piles if abs(p[0] - s.x) < 2000 and abs(p[1] - s.y) < 1500]
    if how < 0.5 and ore and not s.stuffed:
        spot["x"], spot["y"] = d.choice(ore)
    elif how < 0.6 and piles:
        spot["x"], spot["y"] = d.choice(piles)
    elif s.near:
        much = [e for e in s.near if e[0] in (c.KIND_ROCK, c.KIND_CHEST, c.KIND_FURNACE)]
        choice = much if much and (how > 0.8 or s.stuffed) else s.near
        _, spot["x"], spot["y"], *_ = d.choice(choice)
    return row_of("MINE", count=d.choice((0, 0, 1, 4)), **spot)


def build(s: Sight) -> tuple[int, ...]:
    d = s.d
    protos = [int(s.places[what]) for what in s.held() if s.places[what]]
    proto = d.choice(protos or [entity("wooden-chest")])
    spot = s.around(1300)
    if proto == entity("burner-mining-drill") and s.free_ore and d.random() < 0.8:
        close = sorted(s.free_ore, key=lambda at: abs(at[0] - s.x) + abs(at[1] - s.y))[:8]
        x, y = d.choice(close)
        spot = {"x": x + d.randrange(256), "y": y + d.randrange(256)}
    belts = [e for e in s.near if e[0] == c.KIND_BELT]
    if belts and proto in BESIDE and d.random() < 0.7:  # at the side or the end of a belt
        _, x, y, *_ = d.choice(belts)
        dx, dy = d.choice(((0, -256), (256, 0), (0, 256), (-256, 0)))
        spot = {"x": x + dx, "y": y + dy}
    return row_of("BUILD", name=proto, direction=d.choice(CARDINALS), **spot)


def insert(s: Sight) -> tuple[int, ...]:
    d = s.d
    stores = [e for e in s.near if e[4]]
    if not stores:
        return move(s)
    kind, x, y, *_ = d.choice(stores)
    what = d.choice(s.held() or [item("coal")])
    if kind in (c.KIND_DRILL, c.KIND_INSERTER):
        what = item(d.choice(("coal", "wood")))
    elif kind == c.KIND_FURNACE:
        what = item(d.choice(("coal", "iron-ore", "stone", "iron-ore")))
    return row_of("INSERT", x=x, y=y, name=what, count=d.choice((0, 1, 3, 20)))


def take(s: Sight) -> tuple[int, ...]:
    stores = [e for e in s.near if e[4]]
    if not stores:
        return move(s)
    full = [e for e in stores if s.items[e[3] : e[3] + e[4]].any()]
    _, x, y, *_ = s.d.choice(full or stores)
    return row_of("TAKE", x=x, y=y, count=s.d.choice((0, 1, 5)))


def rotate(s: Sight) -> tuple[int, ...]:
    turning = [e for e in s.near if e[0] in (c.KIND_DRILL, c.KIND_BELT, c.KIND_INSERTER)]
    if not turning:
        return build(s)
    _, x, y, *_ = s.d.choice(turning)
    return row_of("ROTATE", x=x, y=y, direction=s.d.choice((-1, -1, *CARDINALS)))


def drop(s: Sight) -> tuple[int, ...]:
    what = s.d.choice(s.held() or [item("coal")])
    spot = {} if s.d.random() < 0.6 else s.around(700)
    belts = [e for e in s.near if e[0] == c.KIND_BELT]
    if belts and s.d.random() < 0.4:
        _, x, y, *_ = s.d.choice(belts)
        spot = {"x": x + s.d.randrange(-128, 128), "y": y + s.d.randrange(-128, 128)}
    return row_of("DROP", name=what, count=s.d.randrange(1, 6), **spot)


SENSIBLE = {
    "MOVE": move, "MINE": mine, "BUILD": build, "INSERT": insert, "TAKE": take, "ROTATE": rotate,
    "DROP": drop,
}  # fmt: skip


def wild(s: Sight, verb: str) -> tuple[int, ...]:
    """Anything that `parse` lets through."""
    d = s.d
    far = 256_000_000 if d.random() < 0.2 else s.size * 140
    spot = {"x": d.randrange(-far, far + 1), "y": d.randrange(-far, far + 1)}
    count = d.choice((0, 1, 2, 7, 1_000_000))
    what = d.randrange(1, len(NUMBERS.items) + 1)
    proto = d.randrange(1, len(NUMBERS.entities) + 1)
    if verb == "WAIT":
        return row_of("WAIT", ticks=d.choice((-1, 0, 3, 10_000_000)))
    if verb == "MOVE" and d.random() < 0.5:
        return row_of("MOVE", method=d.random() < 0.5, **spot)
    if verb == "MOVE":
        return row_of("MOVE", direction=d.choice(DIRECTIONS), count=count)
    if verb == "MINE":
        side = d.randrange(10_000)
        area = {"has_area": 1, "x2": spot["x"] + side, "y2": spot["y"] + side}
        area = area if d.random() < 0.5 else {}
        return row_of("MINE", name=d.choice((0, -what, proto)), count=count, **spot, **area)
    if verb == "BUILD":
        return row_of("BUILD", name=proto, direction=d.choice(CARDINALS), **spot)
    if verb == "CRAFT":
        return row_of("CRAFT", name=d.randrange(1, len(NUMBERS.recipes) + 1), count=max(count, 1))
    if verb in ("INSERT", "TAKE"):
        return row_of(verb, name=what, count=count, inventory=d.randrange(5), **spot)
    if verb == "ROTATE":
        return row_of("ROTATE", direction=d.choice((-1, *CARDINALS)), **spot)
    if verb == "DROP":
        return row_of("DROP", name=what, count=max(count, 1), **spot)
    if verb == "SET_RECIPE":
        return row_of(verb, name=d.randrange(1, len(NUMBERS.recipes) + 1), **spot)
    if verb == "RESEARCH":
        return row_of("RESEARCH", name=d.randrange(1, len(NUMBERS.technologies) + 1))
    if verb == "SAY":
        return row_of("SAY", count=d.choice((0, 254)))
    return row_of(verb, method=d.randrange(3) if verb == "CANCEL" else 0)
