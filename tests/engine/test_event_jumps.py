"""The engine that jumps over plain ticks and lets machines sleep equals the one that does neither.

Small random factories run twice: as they are, and with ``header.every_tick`` set and every machine
touched before each tick, so that none sleeps and none is jumped over. Random edits and commands
come in between; after each stretch both worlds have the same digest (all fields, hidden ones too).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fz_multi.engine import World
from fz_multi.engine import constants as c
from fz_multi.engine.edit import RESOURCE, edit
from fz_multi.engine.jit import jit_enabled
from fz_multi.engine.world import Handle, WorldError

SIZE = 14  # tiles; the north-west tile stays empty, see `Pair.nudge`
HALF = SIZE // 2
SEEDS = range(200 if jit_enabled() else 2)
STRETCHES = 8
LIVELY = 6
ORES = ("iron-ore", "copper-ore", "coal", "stone")
FUELS = ("wood", "coal", "coal", "solid-fuel")
MACHINES = ("burner-mining-drill", "burner-mining-drill", "stone-furnace", "steel-furnace")
PASSIVE = ("wooden-chest", "iron-chest", "stone-wall", "tree-01", "dry-tree")
DIRECTIONS = ("north", "east", "south", "west")
AGENTS = ("agent_0", "agent_1")


class Pair:
    """Two worlds that are given the same things; ``slow`` runs each machine in each tick."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.Generator(np.random.PCG64(seed))
        self.lazy, self.slow = World(SIZE, SIZE, seed=seed), World(SIZE, SIZE, seed=seed)
        self.slow.batch.full.header.every_tick[0, 0] = 1
        self.handles: list[Handle] = []
        self.done: list[str] = []  # for the message of a failure

    def both(self, what: str, act: Callable[[World], Any]) -> Any:
        """Do something to both worlds; they must answer alike, also with a refusal."""
        answers = []
        for world in (self.lazy, self.slow):
            try:
                answers.append(act(world))
            except WorldError as error:
                answers.append(str(error))
        self.done.append(f"t={self.lazy.tick} {what}: {answers[0]}")
        assert answers[0] == answers[1], self.story()
        return answers[0]

    def story(self) -> str:
        return "\n".join(self.done[-40:])

    def nudge(self) -> None:
        """Touch every machine of the slow world: an edit of any deposit makes all look again."""
        edit(self.slow.batch.book, 0, RESOURCE, 0, 0, 0, 0, 0, 0)

    def advance(self, ticks: int) -> None:
        cut = self.below(ticks + 1)
        self.lazy.advance(cut)
        self.lazy.advance(ticks - cut)
        for _ in range(ticks):
            self.nudge()
            self.slow.advance(1)
        self.done.append(f"advance {ticks}")
        assert self.lazy.digest() == self.slow.digest(), self.story()

    # -- chance ------------------------------------------------------------------------------------
    def below(self, n: int) -> int:
        return int(self.random.integers(n))

    def pick(self, things: Any) -> Any:
        return things[self.below(len(things))]

    def place(self) -> tuple[float, float]:
        """A tile's centre, anywhere but on the north-west tile."""
        while True:
            x, y = self.below(SIZE), self.below(SIZE)
            if x + y > 0:
                return x - HALF + 0.5, y - HALF + 0.5

    # -- edits -------------------------------------------------------------------------------------
    def patch(self) -> None:
        """A deposit of 3 x 3 tiles of a few items each."""
        name = self.pick(ORES)
        x, y = self.place()
        for dx in range(3):
            for dy in range(3):
                at = (x + dx - 1, y + dy - 1)
                if max(map(abs, at)) < HALF and at != (0.5 - HALF, 0.5 - HALF):
                    amount = self.pick((1, 3, 12, 40))
                    self.both("patch", lambda w, a=at, n=amount: w.create_resource(name, a, n))

    def build(self, names: tuple[str, ...]) -> None:
        name, at, facing = self.pick(names), self.place(), self.pick(DIRECTIONS)
        deposits = self.lazy.resources()
        if "drill" in name and deposits:
            at = self.pick(deposits)["position"]
        made = self.both(f"{name} {at} {facing}", lambda w: w.create_entity(name, at, facing))
        if isinstance(made, Handle):
            self.handles.append(made)
            if self.below(4):
                self.fuel(made)

    def fuel(self, handle: Handle) -> None:
        fuel, count = self.pick(FUELS), 1 + self.below(3)
        self.both(f"fuel {handle.row}", lambda w: w.insert(handle, fuel, count))

    def feed(self, handle: Handle) -> None:
        item, count = self.pick((*ORES, "iron-plate")), 1 + self.below(60)
        self.both(f"feed {handle.row} {item}", lambda w: w.insert(handle, item, count))
        if self.below(4) == 0:  # nearly full
            product = self.pick(("iron-plate", "copper-plate"))
            self.both(f"full {handle.row}", lambda w: w.insert(handle, product, 99, "result"))

    def empty(self, handle: Handle) -> None:
        where = self.pick(("fuel", "source", "result", "chest"))
        item, count = self.pick((*ORES, "iron-plate", "stone-brick")), 1 + self.below(60)
        self.both(f"empty {handle.row}", lambda w: w.remove(handle, item, count, where))

    def edit(self) -> None:
        """Some change from outside."""
        handle, at = self.pick(self.handles), self.place()
        choice = self.below(10)
        if choice < 2:
            self.fuel(handle)
        elif choice < 4:
            self.feed(handle)
        elif choice == 4:
            self.empty(handle)
        elif choice == 5:
            self.build(MACHINES + PASSIVE)
        elif choice == 6:
            facing = self.pick(DIRECTIONS)
            self.both(f"turn {handle.row}", lambda w: w.rotate(handle, facing))
        elif choice == 7:
            deposits = self.lazy.resources()
            at = self.pick(deposits)["position"] if deposits else at
            self.both(f"clear {at}", lambda w: w.remove_resource(at))
        elif choice == 8:
            self.both(f"pile {at}", lambda w: w.create_ground_item("coal", at, 3))
        else:
            terrain = self.pick(("land", "water"))
            self.both(f"{terrain} {at}", lambda w: w.set_terrain(at, terrain))

    # -- commands ----------------------------------------------------------------------------------
    def command(self) -> None:
        """A command of an agent, mostly at something that is there."""
        agent, at = self.pick(AGENTS), self.place()
        things = self.lazy.resources() if self.below(3) == 0 else self.lazy.entities()
        if things and self.below(5):
            at = self.pick(things)["position"]
        item = self.pick((*FUELS, *ORES, "iron-plate"))
        verb, params = self.pick((
            ("MINE", {"target": at}),
            ("MINE", {"target": at}),
            ("MINE", {"area": {"left_top": [-HALF, -HALF], "right_bottom": [HALF, HALF]}}),
            ("INSERT", {"target": at, "item": item, "count": 1 + self.below(30)}),
            ("TAKE", {"target": at}),
            ("ROTATE", {"target": at}),
            ("BUILD", {"entity": self.pick(MACHINES), "position": at,
                       "direction": self.pick(DIRECTIONS)}),
            ("DROP", {"item": item, "count": 2, "position": at}),
            ("PICK_UP", {}),
            ("MOVE", {"target": at}),
            ("CRAFT", {"recipe": self.pick(("stone-furnace", "transport-belt"))}),
        ))  # fmt: skip
        order = {"type": verb, "params": params}
        self.both(f"{agent} {order}", lambda w: w.command(agent, order))


def factory(seed: int) -> Pair:
    """A random factory: a cell of each kind is likely, whatever the dice say."""
    pair = Pair(seed)
    for _ in range(3):
        pair.patch()
    for _ in range(12):
        pair.build(MACHINES)
    for _ in range(3):
        pair.build(PASSIVE)
    # What a drill drops into is seldom there by chance.
    for handle in list(pair.handles):
        seen = pair.lazy.entity(handle)
        if seen["name"] != "burner-mining-drill":
            pair.feed(handle)
        elif pair.below(3):
            side = DIRECTIONS.index(seen["direction"])
            dx, dy = ((-0.5, -1.5), (1.5, -0.5), (0.5, 1.5), (-1.5, 0.5))[side]
            at = (seen["position"][0] + dx, seen["position"][1] + dy)
            name = pair.pick(("wooden-chest", "stone-furnace"))
            if max(map(abs, at)) < HALF:
                made = pair.both(f"{name} {at}", lambda w, n=name, a=at: w.create_entity(n, a))
                if isinstance(made, Handle):
                    pair.handles.append(made)
                    pair.fuel(made)
    for agent in AGENTS:
        for _ in range(20):
            at = pair.place()
            if pair.both(agent, lambda w, a=agent, p=at: w.create_character(a, p)) == agent:
                break
        else:
            pair.both("room", lambda w, a=agent: w.create_character(a, (-HALF + 0.5, -HALF + 0.5)))
        for item in (*MACHINES, *FUELS, *ORES, "iron-plate"):
            pair.both("give", lambda w, a=agent, i=item: w.give(a, i, 40))
        stone = pair.pick((0, 3400, 3460))  # some have little room left
        if stone:
            pair.both("give", lambda w, a=agent, n=stone: w.give(a, "stone", n))
    return pair


@pytest.mark.parametrize(
    "seeds",
    np.array_split(SEEDS, min(len(SEEDS), 8)),
    ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}",
)
def test_jumps_change_nothing(seeds: np.ndarray) -> None:
    for seed in seeds.tolist():
        pair = factory(seed)
        for _ in range(STRETCHES):
            pair.advance(pair.pick((1, 2, 40, 120, 241, 300)))
            for _ in range(pair.below(4)):
                pair.pick((pair.edit, pair.command, pair.command))()


def test_the_slow_engine_is_slow() -> None:
    """The nudge reaches every machine, and there is something to jump over in the other world."""
    pair = factory(1)
    pair.advance(50)
    pair.nudge()
    entity = pair.slow.batch.full.entity[0]
    machines = np.isin(entity.kind, (c.KIND_DRILL, c.KIND_FURNACE)) & (entity.proto > 0)
    assert machines.sum() >= 4
    assert (entity.event[machines] == 51).all()
    lazy = pair.lazy.batch.full.entity[0]
    assert (lazy.event[machines] != 51).any()


def test_factories_are_lively() -> None:
    """The random factories do what the comparison is about (else it compares idle machines)."""
    made = {"drilled": 0, "made": 0, "mined": 0, "consumed": 0}
    seen: set[str] = set()
    for seed in range(LIVELY):
        pair = factory(seed)
        for _ in range(6):
            pair.lazy.advance(200)
            seen |= {entity["status"] for entity in pair.lazy.entities()}
        stat = pair.lazy.batch.full.stat[0]
        made = {key: total + int(stat[key].sum()) for key, total in made.items()}
    assert made["drilled"] > 5 * LIVELY and made["made"] > 5 * LIVELY
    wanted = "working no_fuel no_ingredients full_output waiting_for_space_in_destination"
    assert set(wanted.split()) <= seen
