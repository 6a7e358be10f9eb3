"""Metrics, policies and tables, on tables made by hand and on a toy environment."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hand_made import HandMade

from fz_multi.bench import (
    Metrics,
    NoOp,
    OpenLoop,
    Policy,
    RandomLegal,
    Replaced,
    format_table,
    gini,
    make_policy,
    raw_cost,
    run,
    scripted,
    to_json_lines,
)
from fz_multi.bench.metrics import measure, work_of
from fz_multi.prototypes import load


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0.0),
        ([5], 0.0),
        ([0, 0, 0], 0.0),
        ([2, 2, 2, 2], 0.0),
        ([0, 0, 0, 8], 0.75),
        ([1, 3], 0.25),
    ],
)
def test_gini(values: list[float], expected: float):
    assert gini(values) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("iron-ore", 1.0),
        ("coal", 1.0),
        ("wood", 1.0),
        ("iron-plate", 1.0),
        ("steel-plate", 5.0),
        ("iron-gear-wheel", 2.0),
        ("stone-furnace", 5.0),
        ("burner-mining-drill", 3 * 2 + 5 + 3),
        ("copper-cable", 0.5),
        ("electronic-circuit", 1 + 3 * 0.5),
        ("automation-science-pack", 1 + 2),
    ],
)
def test_raw_cost(item: str, expected: float):
    assert raw_cost(item, load()) == pytest.approx(expected)


def test_every_item_has_a_raw_cost():
    data = load()
    assert all(
        np.isfinite(raw_cost(item, data)) and raw_cost(item, data) > 0 for item in data.items
    )


def world() -> HandMade:
    w = HandMade(8, 8, 2)
    ids, stat, agent = w.data.item_id, w.tables.stat, w.tables.agent
    stat["mined"][ids("iron-ore")] = 30
    stat["crafted"][ids("iron-gear-wheel")] = 4
    stat["built"][ids("stone-furnace")] = 1
    stat["built"][ids("burner-mining-drill")] = 1
    stat["inserted"][ids("coal")] = 10
    agent["mined"][:2] = 10, 20
    agent["crafted"][:2] = 4, 0
    agent["placed"][:2] = 2, 0
    agent["inserted"][:2] = 0, 10
    agent["conflicts"][:2] = 1, 2
    agent["refused"][:2] = 5, 0
    agent["handed"][:2] = 0, 7
    agent["messages"][:2] = 3, 1
    agent["idle"][:2] = 100, 50
    agent["blocked"][:2] = 0, 30
    return w


def row(**changes: Any) -> Metrics:
    w = world()
    arguments: dict[str, Any] = {
        "task": "t",
        "policy": "p",
        "agents": 2,
        "seed": 3,
        "split": "train",
        "success": True,
        "score": 1.0,
        "ticks": 500,
        "steps": 50,
        "team_return": 1.25,
        "prototypes": w.data,
    }
    return measure(w.tables, **{**arguments, **changes})


def test_work_is_weighted_by_raw_cost():
    w = world()
    # gear 2 each; furnace 5 and drill 14 built by one agent: 9.5 each on average
    assert work_of(w.tables, 2, w.data).tolist() == [10 + 8 + 19, 20 + 10]


def test_metrics_of_a_run():
    m = row()
    assert m.ticks_to_success == 500
    assert m.gini == pytest.approx(gini([37, 30]), abs=1e-4)
    assert m.idle_by_choice == 0.15
    assert m.idle_blocked == 0.03
    assert m.idle_share == 0.18
    assert m.conflicts_per_1000 == 30.0
    assert m.refused_share == 0.05
    assert (m.hand_offs, m.messages, m.work) == (7, 4, (37.0, 30.0))
    assert row(success=False).ticks_to_success is None
    assert row(score=3.0).score == 1.0


def test_tables_and_json():
    rows = [row(), row(policy="random", success=False, score=0.25, agents=2)]
    text = format_table(rows).splitlines()
    assert len(text) == 4
    assert len({len(line) for line in text[1:]}) == 1
    assert "yes" in text[2]
    assert "no" in text[3]
    lines = [json.loads(line) for line in to_json_lines(rows).splitlines()]
    assert [line["policy"] for line in lines] == ["p", "random"]
    assert lines[0]["work"] == [37.0, 30.0]


# -- policies --------------------------------------------------------------------------------------


class Toy:
    """Three steps; an agent is paid 1 for action 2."""

    def __init__(self, space: spaces.Space | None = None) -> None:
        self.possible_agents = ["agent_0", "agent_1"]
        self.space = space or spaces.Discrete(4)
        self.task = SimpleNamespace(name="toy")
        self.seen = world().tables
        self.unwrapped = self
        self.taken: list[dict[str, Any]] = []

    def action_space(self, agent: str) -> spaces.Space:
        return self.space

    def reset(self, seed: int, options: dict[str, Any]) -> Any:
        self.agents, self.taken = self.possible_agents[:], []
        return self.look()

    def look(self) -> Any:
        mask = np.array([1, 0, 1, 0], np.int8)
        info = {"success": len(self.taken) == 3, "progress": 0.5, "tick": 10 * len(self.taken)}
        agents = self.possible_agents
        return dict.fromkeys(agents, 0), {a: {**info, "action_mask": mask} for a in agents}

    def step(self, actions: dict[str, Any]) -> Any:
        self.taken.append(actions)
        if len(self.taken) == 3:
            self.agents = []
        observations, infos = self.look()
        rewards = {agent: float(actions[agent] == 2) for agent in actions}
        return observations, rewards, {}, {}, infos


class Twos:
    name = "twos"

    def reset(self, env: Any, seed: int) -> None:
        pass

    def act(self, observations: Any, infos: Any) -> dict[str, Any]:
        return dict.fromkeys(observations, 2)


def test_the_runner_measures():
    seen: list[int] = []
    m, env = run("toy", Twos(), env=Toy(), seed=5, watch=lambda env, step: seen.append(step))
    assert seen == [0, 1, 2, 3]
    assert (m.task, m.policy, m.steps, m.ticks, m.success, m.score) == (
        "toy",
        "twos",
        3,
        30,
        True,
        0.5,
    )
    assert m.team_return == 3.0
    twos = np.full((3, 2), 2)
    replayed, _ = run("toy", OpenLoop(twos), env=env)
    assert replayed.team_return == 3.0
    shorter, _ = run("toy", OpenLoop(twos[:1]), env=env)
    assert shorter.team_return == 1.0
    alone, _ = run("toy", OpenLoop(twos[:, :1]), env=env)
    assert alone.team_return == 1.5
    assert env.taken[0] == {"agent_0": 2, "agent_1": 0}
    with pytest.raises(ValueError, match=r"\[steps, agents\] or \[steps, agents, 4\], got \[3\]"):
        OpenLoop(np.zeros(3))


def test_random_is_legal_and_repeats_with_its_seed():
    def play(seed: int) -> list[Any]:
        return run("toy", RandomLegal(), env=(env := Toy()), seed=seed) and env.taken

    assert play(1) == play(1)
    assert {a for seed in range(20) for step in play(seed) for a in step.values()} == {0, 2}


def test_random_without_a_mask_and_with_heads():
    env = Toy(spaces.MultiDiscrete([2, 3]))
    policy = RandomLegal()
    policy.reset(env, 0)
    drawn = [policy.act({"agent_0": 0}, {"agent_0": {}})["agent_0"] for _ in range(60)]
    assert {tuple(a) for a in drawn} == {(i, j) for i in range(2) for j in range(3)}
    mask = np.array([0, 1, 1, 0, 0], np.int8)
    action = policy.act({"agent_0": {"action_mask": mask}}, {})["agent_0"]
    assert action.tolist() == [1, 0]


def test_no_op_and_replaced():
    m, env = run("toy", NoOp(), env=Toy())
    assert m.team_return == 0.0
    m, env = run("toy", Replaced(Twos(), ["agent_1"]), env=Toy())
    assert env.taken[0] == {"agent_0": 2, "agent_1": 0}
    heads = Toy(spaces.MultiDiscrete([2, 3]))
    policy = NoOp()
    policy.reset(heads, 0)
    assert policy.act({"agent_0": 0}, {})["agent_0"].tolist() == [0, 0]


def test_policies_by_name():
    assert isinstance(make_policy("random", "toy"), Policy)
    with pytest.raises(ValueError, match="unknown policy 'best'; allowed: scripted"):
        make_policy("best", "toy")
    with pytest.raises(ValueError, match="no scripted team"):
        make_policy("scripted", "no_such_task")
    scripted.register_team("toy_registered", Twos)
    assert make_policy("scripted", "toy_registered").name == "twos"
