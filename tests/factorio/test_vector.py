"""Many environments side by side: each plays as one on its own does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from stand_in import StandIn

import fz_multi
from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.commands import Command
from fz_multi.factorio.arenas import Arenas
from fz_multi.factorio.codec import agent_entry
from fz_multi.task.maps import load_map
from fz_multi.task.registry import get_task
from fz_multi.vector import ArenaEnvs, vector_env


def make(task: str = "two_cells", **options: Any) -> tuple[ArenaEnvs, StandIn]:
    stand_in = StandIn()
    envs = vector_env(task, backend="factorio", shared=Arenas(stand_in), **options)  # type: ignore[arg-type]
    return envs, stand_in


@pytest.mark.parametrize("form", [{}, {"action": "multidiscrete", "observation": "grid"}])
def test_as_single_ones(form: dict[str, Any]) -> None:
    """Observations, rewards, ends, infos and masks, over the ends of episodes.

    Whose 200 ticks are no multiple of the 30 of a step.
    """
    options = {"num_agents": 2, "max_ticks": 200, "final_window": 60, **form}
    envs, _ = make(num_envs=3, **options)
    singles = [fz_multi.parallel_env("two_cells", **options) for _ in range(3)]
    observations, infos = envs.reset(seed=40)
    mine = [single.reset(seed=40 + k) for k, single in enumerate(singles)]
    names = singles[0].possible_agents
    for _ in range(20):
        for k, (seen, told) in enumerate(mine):
            for a, name in enumerate(names):
                rows = observations if isinstance(observations, dict) else {"": observations}
                its = seen[name] if isinstance(seen[name], dict) else {"": seen[name]}
                for key in rows:
                    assert np.array_equal(rows[key][k, a], its[key])
                assert np.array_equal(envs.action_masks[k, a], told[name]["action_mask"])
        assert np.array_equal(envs.state(), np.stack([s.state() for s in singles]))
        actions = envs.sample_actions()
        observations, rewards, ended, cut, infos = envs.step(actions)
        mine = []
        for k, single in enumerate(singles):
            step = single.step({name: actions[k, a] for a, name in enumerate(names)})
            for a, name in enumerate(names):
                assert rewards[k, a] == step[1][name]
                assert ended[k, a] == step[2][name] and cut[k, a] == step[3][name]
                for key, value in step[4][name].items():
                    if key != "action_mask":
                        assert infos[key][k, a] == value, key
            if single.agents:
                mine.append((step[0], step[4]))
                continue
            last = infos["final_observation"]
            for a, name in enumerate(names):
                its = step[0][name]
                if isinstance(its, dict):
                    assert all(np.array_equal(last[key][k, a], its[key]) for key in its)
                else:
                    assert np.array_equal(last[k, a], its)
            assert np.array_equal(infos["final_state"][k], single.state())
            mine.append(single.reset())


def test_the_same_again() -> None:
    """A seed fixes everything, sampled actions included."""
    runs = []
    for _ in range(2):
        envs, _ = make(num_envs=2)
        envs.reset(seed=[5, 9])
        runs.append([envs.step(envs.sample_actions())[0] for _ in range(10)])
    assert all(np.array_equal(a, b) for a, b in zip(*runs, strict=True))


def test_one_exchange_a_step() -> None:
    """All arenas in one request, resets included."""
    envs, stand_in = make(num_envs=4)
    envs.reset(seed=0)
    assert [op for op, _ in stand_in.requests] == ["reset"]
    assert len(stand_in.requests[0][1]) == 4
    stand_in.requests.clear()
    envs.step(envs.sample_actions())
    assert [op for op, _ in stand_in.requests] == ["step"]
    assert [entry["arena"] for entry in stand_in.requests[0][1]] == [0, 1, 2, 3]
    envs.close()
    envs.close()


def test_lengths_that_differ() -> None:
    """Arenas that run for other lengths are each read at their own tick."""
    stand_in = StandIn()
    arenas = Arenas(stand_in)  # type: ignore[arg-type]
    task = get_task("refuel")
    plan = load_map(task.map)
    drawn = [
        plan.draw(k, agents=2, split="train", task="refuel", version=1, variant=None)
        for k in range(3)
    ]
    arenas.prepare({k: (instance, False) for k, instance in enumerate(drawn)})
    entries = [agent_entry(None), agent_entry({"verb": "SAY", "count": 4})]
    lengths = (30, 7, 19)
    arenas.step({k: (ticks, entries) for k, ticks in enumerate(lengths)})
    for k, ticks in enumerate(lengths):
        single = EmbeddedBackend()
        single.reset(drawn[k])
        single.exchange_parsed([None, Command("SAY", count=4)], ticks)
        assert arenas.tick(k) == ticks
        assert arenas.mirror(k).digest() == single.world.observable_digest()


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="num_envs"):
        vector_env("two_cells", num_envs=62, backend="factorio")
    with pytest.raises(ValueError, match="arena"):
        vector_env("two_cells", num_envs=3, arena=59, backend="factorio")
    with pytest.raises(ValueError, match="no option"):
        vector_env("two_cells", adress="127.0.0.1:1", backend="factorio")
    with pytest.raises(ValueError, match="address"):
        vector_env("two_cells", address="127.0.0.1:port", backend="factorio")
    envs, stand_in = make(num_envs=2)
    with pytest.raises(RuntimeError, match="reset"):
        envs.step(np.zeros((2, 2), int))
    envs.reset(seed=0)
    stand_in.requests.clear()
    with pytest.raises(ValueError, match="shape"):
        envs.step(np.zeros((2, 3), int))
    with pytest.raises(ValueError, match="environment 1, agent_0"):
        envs.step(np.array([[0, 0], [-1, 0]]))
    with pytest.raises(ValueError, match="2 environments"):
        envs.reset(seed=[1])
    assert not stand_in.requests


def test_after_a_failure() -> None:
    """A lost server: said so, and a reset goes on with the next maps."""
    envs, stand_in = make(num_envs=2)
    envs.reset(seed=3)

    def fail(*_: Any) -> Any:
        raise ConnectionError("gone")

    stand_in.step, step = fail, stand_in.step  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        envs.step(envs.sample_actions())
    with pytest.raises(RuntimeError, match="reset"):
        envs.step(np.zeros((2, 2), int))
    stand_in.step = step  # type: ignore[method-assign]
    observations, _ = envs.reset()
    single = fz_multi.parallel_env("two_cells")
    single.reset(seed=3)
    second, _ = single.reset()
    assert np.array_equal(observations[0, 1], second["agent_1"])
    envs.step(envs.sample_actions())
