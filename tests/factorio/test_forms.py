"""The other forms of an environment on the Factorio backend."""

from __future__ import annotations

import pickle

import gymnasium
import numpy as np
import pytest
from pettingzoo.test import api_test, parallel_api_test
from test_parity import connect

import fz_multi
from fz_multi.factorio.launch import Launcher


def test_pettingzoo(server: Launcher) -> None:
    """PettingZoo's own tests of both forms."""
    env = fz_multi.parallel_env("two_cells", num_agents=2, max_cycles=8, **connect(server))
    parallel_api_test(env, num_cycles=20)
    env.close()
    turns = fz_multi.env("two_cells", num_agents=2, max_cycles=8, **connect(server))
    api_test(turns, num_cycles=20)
    turns.close()


def test_gymnasium(server: Launcher) -> None:
    """One agent; the same as on the embedded backend."""
    mine = fz_multi.gym_env("two_cells")
    its = fz_multi.gym_env("two_cells", **connect(server))
    assert isinstance(its, gymnasium.Env)
    mine.reset(seed=2), its.reset(seed=2)
    for action in (0, 1, 2, 9, 0):
        a, b = mine.step(action), its.step(action)
        assert np.array_equal(a[0], b[0]) and a[1:4] == b[1:4]
    its.close()


def test_pickles(server: Launcher) -> None:
    """Before the first reset an environment can be sent to a worker; later its world cannot."""
    env = fz_multi.parallel_env("two_cells", **connect(server))
    copy = pickle.loads(pickle.dumps(env))
    copy.reset(seed=1)
    with pytest.raises(RuntimeError, match="embedded"):
        pickle.dumps(copy)
    with pytest.raises(RuntimeError, match="embedded"):
        copy.snapshot()
    copy.close()
    pickle.loads(pickle.dumps(copy))


def test_closed_and_used_again(server: Launcher) -> None:
    env = fz_multi.parallel_env("refuel", **connect(server))
    first = env.reset(seed=4)[0]["agent_0"]
    env.close()
    env.close()
    assert np.array_equal(env.reset(seed=4)[0]["agent_0"], first)
    env.close()


def test_pictures(server: Launcher) -> None:
    options = {"num_agents": 2, "render_mode": "rgb_array"}
    mine = fz_multi.parallel_env("long_belt", **options)
    its = fz_multi.parallel_env("long_belt", **options, **connect(server))
    for env in (mine, its):
        env.reset(seed=1)
        for _ in range(20):
            env.step(dict.fromkeys(env.possible_agents, 0))
    assert np.array_equal(mine.render(), its.render())
    its.close()
