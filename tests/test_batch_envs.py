"""`vector_env` on the embedded engine: the same episodes as `parallel_env`, in arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fz_multi
from fz_multi.spaces import Interface
from fz_multi.task import Goal, Task, Term, counter

SHORT = {"max_ticks": 300, "final_window": 60}  # an episode of 30 steps, the last 6 of waiting
TASKS = ("two_cells", "handoff", "refuel", "long_belt")
FORMS: tuple[dict[str, Any], ...] = (
    {},
    {"observation": "masked"},
    {"observation": "grid"},
    {"observation": "grid", "layout": "chw", "grid_dtype": "float32", "mask_in": "obs"},
    {"action": "multidiscrete", "window": 15},
    {"mask_in": "none", "reward": "mixed"},
)


def rows(face: Interface, value: Any, k: int, agent: int) -> Any:
    """One agent's observation out of a batch's."""
    if isinstance(value, dict):
        return {name: part[k, agent] for name, part in value.items()}
    return value[k, agent]


def same(one: Any, two: Any) -> None:
    if isinstance(one, dict):
        assert list(one) == list(two)
        for name in one:
            same(one[name], two[name])
        return
    assert one.dtype == two.dtype
    np.testing.assert_array_equal(one, two)


def follow(task: str, steps: int, num_agents: int = 2, **options: Any) -> int:
    """Step a batch and one environment for each of its worlds side by side; ends that were seen."""
    envs = fz_multi.vector_env(task, num_envs=3, num_agents=num_agents, threads=2, **options)
    alone = [fz_multi.parallel_env(task, num_agents=num_agents, **options) for _ in range(3)]
    seen, infos = envs.reset(seed=7)
    each = [env.reset(seed=7 + k) for k, env in enumerate(alone)]
    ends = 0
    for _ in range(steps):
        for k, (mine, its_infos) in enumerate(each):
            for agent, name in enumerate(alone[k].possible_agents):
                same(rows(envs.interface, seen, k, agent), mine[name])
                if "action_mask" in its_infos[name]:
                    same(envs.action_masks[k, agent], its_infos[name]["action_mask"])
        np.testing.assert_array_equal(envs.state(), [env.state() for env in alone])
        actions = envs.sample_actions()
        seen, rewards, terminated, truncated, infos = envs.step(actions)
        for k, env in enumerate(alone):
            step = env.step(dict(zip(env.possible_agents, actions[k], strict=True)))
            for agent, name in enumerate(env.possible_agents):
                assert step[1][name] == rewards[k, agent]
                assert (step[2][name], step[3][name]) == (terminated[k, agent], truncated[k, agent])
                for key, value in step[4][name].items():
                    if key != "action_mask":
                        assert infos[key][k, agent] == value, key
            each[k] = step[0], step[4]
            if not env.agents:
                ends += 1
                for agent, name in enumerate(env.possible_agents):
                    same(rows(envs.interface, infos["final_observation"], k, agent), step[0][name])
                np.testing.assert_array_equal(infos["final_state"][k], env.state())
                each[k] = env.reset()
    envs.close()
    return ends


@pytest.mark.parametrize("task", TASKS)
def test_the_same_episodes_as_parallel_env(task: str) -> None:
    assert follow(task, 65, **SHORT) == 6


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_every_form(options: dict[str, Any]) -> None:
    assert follow("two_cells", 33, num_agents=3, **SHORT, **options) == 3


def test_one_agent_and_a_variant() -> None:
    assert follow("handoff", 33, num_agents=1, **SHORT) == 3


def test_threads_and_neighbours_change_nothing() -> None:
    def run(threads: int, num_envs: int) -> list[np.ndarray]:
        envs = fz_multi.vector_env(
            "refuel", num_envs=num_envs, num_agents=4, threads=threads, **SHORT
        )
        random = np.random.default_rng(3)
        out = [envs.reset(seed=1)[0][:2].copy()]
        for _ in range(40):
            actions = random.integers(0, envs.interface.n_actions, (9, 4))[:num_envs]
            seen, rewards, *_ = envs.step(actions)
            out += [seen[:2].copy(), rewards[:2]]
        envs.close()
        return out

    expected = run(1, 9)
    for other in (run(2, 9), run(4, 9), run(2, 2)):
        for one, two in zip(expected, other, strict=True):
            np.testing.assert_array_equal(one, two)


def test_tables_grow_in_the_middle_of_a_step() -> None:
    kit = {"wooden-chest": 400, "transport-belt": 100}
    crowd = Task(
        name="crowd",
        map={"size": [32, 32], "agents": [{"spawn": [-8, -8, 8, 8], "kit": kit}]},
        palette=("wooden-chest", "transport-belt"),
        goals=(Goal("placed", counter("built", "wooden-chest"), at_least=10_000),),
        terms=(Term("placed", counter("built", "wooden-chest"), 1.0),),
        max_ticks=100_000,
    )
    envs = fz_multi.vector_env(crowd, num_envs=2, num_agents=8, threads=2)
    alone = [fz_multi.parallel_env(crowd, num_agents=8) for _ in range(2)]
    envs.reset(seed=0)
    for k, env in enumerate(alone):
        env.reset(seed=k)
    before = envs.batch.capacities
    place = envs.interface.index_of("place")
    moves = [envs.interface.index_of(f"move {name}") for name in ("north", "east", "south", "west")]
    actions = np.full((2, 8), envs.interface.index_of("hold wooden-chest"))
    random = np.random.default_rng(0)
    for step in range(120):
        _, rewards, *_ = envs.step(actions)
        for k, env in enumerate(alone):
            mine = env.step(dict(zip(env.possible_agents, actions[k], strict=True)))[1]
            assert list(mine.values()) == rewards[k].tolist()
        actions = np.full((2, 8), place) if step % 2 else random.choice(moves, (2, 8))
    assert envs.batch.capacities.entity > before.entity
    envs.close()


def test_terms_and_maps_of_ones_own() -> None:
    """A term that is a function, and a map that compiled code does not draw."""

    def wealth(seen: Any) -> np.ndarray:
        return (seen.slot["count"] * (seen.slot["item_id"] > 0)).sum(axis=1)

    own = Task(
        name="own",
        map={
            "size": [24, 24],
            "resources": [{"name": "stone", "area": [-3, -3, 3, 3], "amount": [5, 50]}],
            "entities": [{"name": "wooden-chest", "position": [5.123, 5.5], "items": {"coal": 3}}],
            "agents": [{"spawn": [-8, -8, -4, -4]}],
        },
        palette=("stone", "coal"),
        goals=(Goal("stone", counter("mined", "stone"), at_least=5),),
        terms=(Term("wealth", wealth, 0.5), Term("level", wealth, 0.1, how="level")),
        max_ticks=300,
    )
    assert follow(own, 62) >= 6  # type: ignore[arg-type]


def test_arrays_are_used_again_unless_copied() -> None:
    for copy in (False, True):
        envs = fz_multi.vector_env("two_cells", num_envs=2, copy=copy)
        first, _ = envs.reset(seed=0)
        kept, masks = first.copy(), envs.action_masks
        second, *_ = envs.step(envs.sample_actions())
        assert (second is first) == (not copy)
        assert (first == kept).all() == copy
        assert (masks is envs.action_masks) == (not copy)
        envs.close()


def test_actions_are_sampled_evenly_and_legally() -> None:
    envs = fz_multi.vector_env("two_cells", num_envs=64, num_agents=4)
    envs.reset(seed=0)
    counts = np.zeros((64, 4, envs.interface.n_actions))
    for _ in range(300):
        drawn = envs.sample_actions()
        assert np.take_along_axis(envs.action_masks, drawn[..., None], 2).all()
        np.put_along_axis(counts, drawn[..., None], 1, 2)
    assert (counts.sum(axis=2) > envs.action_masks.sum(axis=2) * 0.9).all()


def test_bad_input_says_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="num_envs is from 1"):
        fz_multi.vector_env("two_cells", num_envs=0)
    with pytest.raises(ValueError, match="threads is from 1"):
        fz_multi.vector_env("two_cells", threads=0)
    with pytest.raises(ValueError, match="threads is an option of backend='embedded'"):
        fz_multi.vector_env("two_cells", backend="factorio", threads=2)
    with pytest.raises(ValueError, match="unknown backend='real'"):
        fz_multi.vector_env("two_cells", backend="real")
    envs = fz_multi.vector_env("two_cells", num_envs=2)
    with pytest.raises(RuntimeError, match="call reset"):
        envs.step(np.zeros((2, 2), int))
    with pytest.raises(ValueError, match="3 seeds for 2 environments"):
        envs.reset(seed=[1, 2, 3])
    envs.reset(seed=0)
    before = envs.batch.seen.header["tick"].copy()
    for bad, text in (
        (np.zeros((2, 3), int), "shape"),
        (np.full((2, 2), 999), "environment 0, agent_0: an action is from 0 and below"),
        (np.full((2, 2), -1), "environment 0, agent_0"),
        (np.full((2, 2), 0.5), "whole numbers"),
    ):
        with pytest.raises(ValueError, match=text):
            envs.step(bad)
    assert (envs.batch.seen.header["tick"] == before).all()
    envs.step(np.zeros((2, 2)))  # whole numbers as floats are fine
    envs.close(), envs.close()
