"""Scripted teams solve the tasks through the actions that a policy has; others do not."""

from __future__ import annotations

import pytest

from fz_multi.bench import OpenLoop, make_policy, record, run
from fz_multi.bench.scripted import make_team

TASKS = ("two_cells", "handoff", "refuel", "long_belt")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("agents", [1, 2, 4])
def test_scripted_team_solves_the_task(task: str, agents: int):
    if (task, agents) == ("refuel", 1):  # more than one script can carry (see its page)
        metrics, _ = run(task, make_team(task), agents=1, seed=0)
        assert 0.7 < metrics.score < 1
        return
    for seed, split in ((0, "train"), (7, "eval")):
        metrics, env = run(task, make_team(task), agents=agents, seed=seed, split=split)
        assert metrics.success, f"{task} with {agents} agents, {split} seed {seed}: {env.events()}"
        assert metrics.score == 1.0


@pytest.mark.parametrize("task", TASKS)
def test_scripted_agents_take_legal_actions(task: str):
    metrics, _ = run(task, make_team(task), agents=2, seed=1)
    assert metrics.refused_share == 0


@pytest.mark.parametrize("task", TASKS)
def test_open_loop_replay_solves_its_own_map_only(task: str):
    replay = record(task, make_team(task), agents=2, seed=3)
    same, _ = run(task, OpenLoop(replay.actions), agents=2, seed=3)
    other, _ = run(task, OpenLoop(replay.actions), agents=2, seed=4)
    assert same.success
    assert not other.success


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("policy", ["random", "no-op"])
def test_without_a_plan_nothing_is_solved(task: str, policy: str):
    metrics, _ = run(task, make_policy(policy, task), agents=2, seed=0)
    assert not metrics.success
    assert metrics.score < 0.5
