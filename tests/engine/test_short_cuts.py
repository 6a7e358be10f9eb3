"""What the engine leaves out when it can see that nothing comes of it changes nothing.

A walk on a way without obstacles (`character.walk_way`), quiet time in one stride
(`tick.free_ticks`), the look at whole areas (`space.is_open`), and a command that is checked once.
"""

from __future__ import annotations

import numpy as np
import pytest
from fuzz import Fuzz

from fz_multi.engine import World
from fz_multi.engine.jit import jit_enabled

WORLDS = 12 if jit_enabled() else 2
STEPS = 12 if jit_enabled() else 3


@pytest.mark.parametrize("seed", range(4))
def test_walks_and_quiet_time(seed: int) -> None:
    """Beside worlds that go tick by tick, in which each walk looks for obstacles at each stride."""
    quick, plain = Fuzz(900 + seed, WORLDS, agents=4), Fuzz(900 + seed, WORLDS, agents=4)
    walked = 0
    for step in range(STEPS):
        orders, ticks = quick.commands(), np.minimum(quick.ticks(), 60)
        plain.commands(), plain.ticks()  # the same dice
        quick.batch.exchange(orders, ticks)
        plain.batch.exchange(orders, 0)
        for tick in range(int(ticks.max())):
            plain.batch.full.header["changed"] += 1  # what was noted of a way holds no longer
            walked += int((plain.batch.full.character["walking"] != 0).sum())
            plain.batch.exchange(None, (ticks > tick).astype(np.int64))
        assert plain.digests() == quick.digests(), f"step {step}"
    assert walked > 100


def test_quiet_time_is_counted() -> None:
    world = World(16, 16)
    world.create_character("agent_0", (0.5, 0.5))
    world.advance(1_000_000_000)
    assert world.tick == 1_000_000_000
    assert world.batch.full.agent["idle"][0, 0] == 1_000_000_000


def test_a_machine_ends_quiet_time() -> None:
    """A drill beside idle characters digs as it does alone."""
    made = []
    for agents in (0, 2):
        world = World(16, 16)
        world.create_resource("iron-ore", (0.5, 0.5), 500)
        drill = world.create_entity("burner-mining-drill", (0, 0), "south")
        for x in (-0.5, 0.5):
            world.create_entity("wooden-chest", (x, 1.5))
        world.insert(drill, "coal", 5)
        for agent in range(agents):
            world.create_character(f"agent_{agent}", (4.5, 2.5 + 2 * agent))
        world.advance(5_000)
        made.append(world.batch.full.stat["drilled"].sum())
    assert made[0] == made[1] > 10


def test_what_comes_in_the_way_stops_a_walk() -> None:
    """A building, and a teammate, that were not there when the walk began."""
    world = World(24, 24)
    world.create_character("agent_0", (0.5, 0.5))
    world.create_character("agent_1", (0.5, 6.5))
    world.command("agent_0", {"type": "MOVE", "params": {"target": [3.5, 0.5]}})
    world.advance(2)
    world.create_entity("stone-furnace", (3, 1))
    world.advance(200)
    x, _ = world.character("agent_0")["position"]
    assert x < 2.2
    world.command("agent_0", {"type": "MOVE", "params": {"target": [0.5, 0.5]}})
    world.advance(120)
    world.command("agent_0", {"type": "MOVE", "params": {"target": [0.5, 3.5]}})
    world.command("agent_1", {"type": "MOVE", "params": {"target": [0.5, 2.5]}})
    world.advance(200)
    (x0, y0), (x1, y1) = (world.character(f"agent_{k}")["position"] for k in (0, 1))
    assert max(abs(x0 - x1), abs(y0 - y1)) > 2 * 50 / 256
