"""Threads that step parts of one batch: they sleep, wake, go home, and outlive a fork."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np
import pytest

import fz_multi
from fz_multi.batch_envs import BatchEnvs
from fz_multi.desk import Desk
from fz_multi.engine.jit import jit_enabled

compiled = pytest.mark.skipif(not jit_enabled(), reason="plain Python has no threads of its own")


def play(envs: BatchEnvs, steps: int, pause: float = 0.0) -> float:
    """The sum of all rewards and planes of some steps."""
    total = 0.0
    for _ in range(steps):
        seen, rewards, *_ = envs.step(envs.sample_actions())
        total += float(seen.sum(dtype=np.float64)) + float(rewards.sum())
        time.sleep(pause)
    return total


def make(threads: int, num_envs: int = 6, **options: Any) -> BatchEnvs:
    envs = fz_multi.vector_env(
        "two_cells", num_envs=num_envs, num_agents=2, threads=threads, **options
    )
    envs.reset(seed=3)
    return envs


@compiled
def test_workers_that_fell_asleep_are_woken() -> None:
    alone, crew = make(1), make(3)
    assert play(alone, 12) == play(crew, 12, pause=0.03)  # far longer than they stay awake
    crew.close()


@compiled
def test_many_new_episodes_are_shared_out() -> None:
    """All episodes end in the same step, and each thread draws the maps of its own worlds."""
    short = {"max_ticks": 120, "final_window": 0}
    alone, crew = make(1, 14, **short), make(3, 14, **short)
    assert play(alone, 40) == play(crew, 40)  # three times
    np.testing.assert_array_equal(alone.state(), crew.state())
    crew.close()


@compiled
def test_workers_go_home() -> None:
    before = threading.active_count()
    envs = make(3)
    play(envs, 2)
    assert threading.active_count() == before + 2
    envs.close()
    envs.close()
    assert threading.active_count() == before


@compiled
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_hires_its_own_workers() -> None:
    envs, twin = make(2), make(1)
    assert play(envs, 3) == play(twin, 3)
    wanted = play(twin, 3)
    child = os.fork()
    if child == 0:
        os._exit(0 if play(envs, 3) == wanted else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert play(envs, 3) == wanted
    envs.close()


def test_a_desk_takes_what_the_kernels_expect() -> None:
    desk = Desk(left=np.zeros(3, np.int64))
    assert desk.left.shape == (3,)
    with pytest.raises(TypeError, match=r"left: float64 of shape \(3,\)"):
        desk.put(left=np.zeros(3))
    with pytest.raises(TypeError, match=r"outcome: int64 of shape \(3,\)"):
        desk.put(outcome=np.zeros(3, np.int64))
    with pytest.raises(TypeError, match="in C order"):
        desk.put(outcome=np.zeros((3, 4), np.int64).T)
    with pytest.raises(AttributeError, match="no grid on this desk"):
        _ = desk.grid
