"""The mod's commands against the engine's: the same commands in both, compared after every step.

The engine runs its own command layer; the server runs only bodies, and the mod decides in Lua. All
that can be observed must be the same: results, counters, positions, slots one by one, machines,
belts, statistics, and the digest that the mod computes itself.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lockstep import Pair, random_map
from mod_rig import Rig

TICKS = (1, 1, 2, 3, 5, 13, 40, 130)


def run(rig: Rig, seed: int, steps: int, agents: int = 3) -> None:
    """A random world and random commands; fails at the first difference."""
    pair = Pair(rig, random_map(seed, agents), arena=1 + seed % 3)
    assert pair.difference() is None
    d = random.Random(seed)
    for step in range(steps):
        pair.step(pair.invent(d), d.choice(TICKS))
        assert pair.difference() is None, f"step {step}, tick {pair.engine.tick}"
        if step % 10 == 9:
            assert pair.server_digest() == pair.engine.world.observable_digest()


@pytest.mark.parametrize("seed", range(2))
def test_random_commands(seed):
    with Rig() as rig:
        run(rig, seed, 60)


def test_random_commands_of_many_agents():
    with Rig() as rig:
        run(rig, 11, 40, agents=8)


def test_random_commands_with_on_tick_after_the_world():
    with Rig(on_tick="late", settings={"on_tick": "late"}) as rig:
        run(rig, 4, 60)


def test_random_commands_with_ticks_to_run():
    with Rig(settings={"clock": "ticks_to_run"}) as rig:
        run(rig, 5, 40)


@pytest.mark.parametrize("shuffle", [pytest.param(1), pytest.param(2, marks=pytest.mark.slow)])
def test_random_commands_whatever_the_order_of_pairs(shuffle):
    with Rig(shuffle=shuffle) as rig:
        run(rig, 6, 60)


@pytest.mark.slow
@pytest.mark.parametrize("seed", (2, 3, *range(20, 50)))
def test_long_random_runs(seed):
    with Rig() as rig:
        run(rig, seed, 200, agents=1 + seed % 6)
