"""`vector_env` on the embedded engine: copies of all environments, and episodes begun in some."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import fz_multi

SHORT = {"num_agents": 2, "observation": "grid", "max_ticks": 600, "final_window": 200}


def make(threads: int = 1, **more: Any) -> Any:
    return fz_multi.vector_env("two_cells", num_envs=9, threads=threads, **{**SHORT, **more})


def play(envs: Any, steps: int) -> list[np.ndarray]:
    """Everything that comes out of some steps, random actions included."""
    out = []
    for _ in range(steps):
        seen, rewards, ended, cut, infos = envs.step(envs.sample_actions())
        arrays = (*seen.values(), rewards, ended, cut, envs.action_masks, envs.state())
        out += [np.array(array) for array in arrays]
        out += [np.array(infos[name]) for name in ("tick", "episode_return", "progress")]
    return out


@pytest.mark.parametrize("threads", [1, 2])
def test_goes_on_as_it_would_have(threads: int) -> None:
    """From a pickled copy, with another number of threads, over the ends of episodes."""
    envs, other = make(), make(threads)
    envs.reset(seed=5)
    play(envs, 50)
    copy = pickle.loads(pickle.dumps(envs.snapshot()))
    expected = play(envs, 80)
    other.reset(seed=77)
    seen, _ = other.restore(copy)
    assert all(part.shape[0] == 9 for part in seen.values())
    got = play(other, 80)
    assert len(got) == len(expected)
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))


def test_some_begin_anew() -> None:
    """The others play on as if nothing had happened; those that begin get their next map."""
    envs, left_alone = make(), make()
    for each in (envs, left_alone):
        each.reset(seed=5)
        play(each, 10)
    where = np.zeros(9, bool)
    where[[0, 4, 8]] = True
    envs.reset(where=where)
    wait = np.zeros((9, 2), np.int64)
    mine, its = envs.step(wait), left_alone.step(wait)
    for name, part in mine[0].items():
        assert np.array_equal(part[~where], its[0][name][~where])
    assert (mine[4]["tick"][where] == 10).all() and (mine[4]["tick"][~where] == 110).all()
    follows = make()
    follows.reset(seed=5)
    follows.reset()
    assert np.array_equal(follows.step(wait)[0]["grid"][where], mine[0]["grid"][where])


def test_mistakes() -> None:
    envs = make()
    with pytest.raises(RuntimeError, match="before reset"):
        envs.snapshot()
    with pytest.raises(RuntimeError, match="before reset"):
        envs.reset(where=np.ones(9, bool))
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=r"bool of the shape \(9,\)"):
        envs.reset(where=[True])
    with pytest.raises(ValueError, match="a seed or where"):
        envs.reset(seed=1, where=np.ones(9, bool))
    with pytest.raises(TypeError, match="EnvsCopy"):
        envs.restore(3)
    with pytest.raises(ValueError, match="the snapshot is of"):
        make(window=5).restore(envs.snapshot())
