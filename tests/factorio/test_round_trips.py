"""A step is two round trips, whatever the number of agents and arenas."""

from __future__ import annotations

import pytest
from test_parity import connect

from fz_multi.factorio.launch import Launcher
from fz_multi.vector import vector_env

SPEED = 5.0  # slow enough that this machine keeps up


@pytest.mark.parametrize("arenas", [1, 8])
@pytest.mark.parametrize("agents", [1, 4, 16])
def test_two_round_trips(server: Launcher, agents: int, arenas: int) -> None:
    envs = vector_env(
        "two_cells", num_envs=arenas, num_agents=agents, **{**connect(server), "speed": SPEED}
    )
    envs.reset(seed=1)
    counts, before = [], envs.stats.round_trips
    for _ in range(16):
        envs.step(envs.sample_actions())
        counts.append(envs.stats.round_trips - before)
        before = envs.stats.round_trips
    envs.close()
    assert min(counts) == 2
    late = sum(count > 2 for count in counts[6:])  # it has learned how long to wait
    assert late <= 2, counts  # a busy machine may be late once


def test_bytes(server: Launcher) -> None:
    """More agents in one message: fewer bytes each."""
    sizes = []
    for agents in (1, 8):
        envs = vector_env("two_cells", num_envs=1, num_agents=agents, **connect(server))
        envs.reset(seed=1)
        envs.stats.reset()
        for _ in range(10):
            envs.step(envs.sample_actions())
        stats = envs.stats
        sizes.append((stats.sent + stats.received) / 10 / agents)
        envs.close()
    assert sizes[1] < sizes[0] < 4000
