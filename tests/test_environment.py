"""What an environment promises: episodes, infos, rewards, the final window, copies, commands."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fz_multi
from fz_multi.commands import CODE_NUMBER, CODES

TASKS = ("handoff", "long_belt", "refuel", "two_cells")
every_task = pytest.mark.parametrize("task", TASKS)


def legal(env, infos, random):
    """A random legal action for every agent."""
    return {
        agent: int(random.choice(np.flatnonzero(infos[agent]["action_mask"])))
        for agent in env.agents
    }


def waits(env):
    return dict.fromkeys(env.agents, 0)


def command(kind, **params):
    return {"type": kind, "params": params}


def world(env):
    """The world of an environment, to set scenes up."""
    return env._begun("test").world.world


def digest(value) -> str:
    """A digest of nested dicts, arrays and numbers."""
    if isinstance(value, dict):
        parts = [f"{key}={digest(item)}" for key, item in sorted(value.items())]
        return hashlib.sha256(";".join(parts).encode()).hexdigest()
    if isinstance(value, tuple):
        return digest(dict(enumerate(map(digest, value))))
    if isinstance(value, np.ndarray):
        return hashlib.sha256(value.tobytes()).hexdigest()
    return repr(value)


# -- episodes ------------------------------------------------------------------------------------
@every_task
def test_agents_stay_until_all_leave(task):
    env = fz_multi.parallel_env(task, num_agents=3, max_cycles=5)
    env.reset(seed=0)
    for step in range(5):
        assert env.agents == env.possible_agents == ["agent_0", "agent_1", "agent_2"]
        outcome = env.step(waits(env))
        assert all(list(part) == env.possible_agents for part in outcome)
        assert set(outcome[2].values()) == {False}
        assert set(outcome[3].values()) == {step == 4}
    assert env.agents == []
    env.reset()
    assert env.agents == env.possible_agents


@every_task
def test_same_seed_same_episode_other_seed_other_map(task):
    def play(seed):
        env, random = fz_multi.parallel_env(task), np.random.default_rng(0)
        observations, infos = env.reset(seed=seed)
        seen = [digest((observations, infos))]
        for _ in range(40):
            outcome = env.step(legal(env, infos, random))
            infos = outcome[4]
            seen.append(digest(outcome))
        return seen, env.instance.layout()

    assert play(5) == play(5)
    assert play(5)[1] != play(6)[1]


def test_resets_without_a_seed_follow_from_the_last_seed():
    def maps(env):
        env.reset(seed=11)
        return [env.reset() and env.instance.layout() for _ in range(3)]

    env = fz_multi.parallel_env()
    first = maps(env)
    assert len(set(first)) == 3
    assert maps(env) == first == maps(fz_multi.parallel_env())
    unseeded = fz_multi.parallel_env(), fz_multi.parallel_env()
    seeds = [env.reset() and env.instance.seed for env in unseeded]
    assert seeds[0] != seeds[1]


def test_the_split_is_chosen_by_argument_or_option():
    env = fz_multi.parallel_env(split="eval")
    env.reset(seed=1)
    evaluation = env.instance.layout()
    env.reset(seed=1, options={"split": "train"})
    assert env.instance.split == "train" and env.instance.layout() != evaluation
    env.reset(seed=1)
    assert env.instance.split == "eval" and env.instance.layout() == evaluation


@every_task
def test_what_is_returned_is_fresh(task):
    env = fz_multi.parallel_env(task)
    first = env.reset(seed=0)
    kept = digest(first)
    second = env.step(waits(env))
    for part in (first[0], second[0]):
        for observation in part.values():
            observation[:] = 7  # trainers write into what they get
    for infos in (first[1], second[4]):
        infos["agent_0"]["action_mask"][:] = 0
        infos["agent_0"]["terminal_observation"] = 1
    third = env.step(waits(env))
    assert set(third[4]["agent_0"]) == set(third[4]["agent_1"])
    assert third[4]["agent_0"]["action_mask"].any()
    assert digest(env.reset(seed=0)) == kept


@every_task
@pytest.mark.parametrize("mask_in", ["info", "none"])
def test_infos_are_numbers_under_the_same_keys(task, mask_in):
    env = fz_multi.parallel_env(task, max_cycles=30, mask_in=mask_in)
    _, infos = env.reset(seed=2)
    kinds = {key: type(value) for key, value in infos["agent_0"].items()}
    assert ("action_mask" in kinds) == (mask_in == "info")
    random = np.random.default_rng(1)
    while env.agents:
        assert not any(
            value for key, value in infos["agent_0"].items() if key.startswith("episode_")
        )
        actions = {agent: int(random.integers(env.interface.n_actions)) for agent in env.agents}
        infos = env.step(actions)[4]
        for info in infos.values():
            assert {key: type(value) for key, value in info.items()} == kinds
    assert set(kinds.values()) <= {int, float, np.ndarray}
    assert infos["agent_0"]["episode_steps"] == 30.0
    assert infos["agent_0"]["episode_ticks"] == 300.0


def test_times_and_limits():
    env = fz_multi.parallel_env(ticks_per_step=25, max_ticks=110, final_window=0)
    env.reset(seed=0)
    assert env.max_cycles == 5
    ticks, left = [], []
    while env.agents:
        observations, *_, infos = env.step(waits(env))
        ticks.append(infos["agent_0"]["tick"])
        left.append(round(float(observations["agent_0"][-2]), 3))
    assert ticks == [25, 50, 75, 100, 110]
    assert left == [round(1 - tick / 110, 3) for tick in ticks]
    env = fz_multi.parallel_env(max_cycles=3)
    env.reset(seed=0)
    env.max_cycles = 2  # as PettingZoo's parallel_api_test does
    env.step(waits(env))
    assert env.step(waits(env))[3] == {"agent_0": True, "agent_1": True}


@every_task
def test_state_and_spaces(task):
    env = fz_multi.parallel_env(task, num_agents=4)
    observations, _ = env.reset(seed=0)
    state = env.state()
    assert env.state_space.contains(state) and state.dtype == np.float32
    assert env.state() is not state
    for agent in env.agents:
        assert env.observation_space(agent) is env.observation_spaces["agent_0"]
        assert env.observation_space(agent).contains(observations[agent])
    before = env.state()
    env.step({agent: 1 + 2 * place for place, agent in enumerate(env.agents)})
    assert not np.array_equal(before, env.state())


def test_an_illegal_action_is_a_counted_no_op():
    env = fz_multi.parallel_env(num_agents=1)
    _, infos = env.reset(seed=0)
    place = env.interface.index_of("place")
    assert infos["agent_0"]["action_mask"][place] == 0  # nothing is in hand
    before = env.seen.character["x"][0, 0], env.seen.header["entities"][0, 0]
    infos = env.step({"agent_0": place})[4]
    assert CODES[infos["agent_0"]["result"]] == "insufficient_items"
    assert infos["agent_0"]["refused"] == 1
    assert (env.seen.character["x"][0, 0], env.seen.header["entities"][0, 0]) == before
    assert [event["kind"] for event in env.events()] == ["refused"]
    assert env.events()[0]["agent"] == "agent_0" and env.events()[0]["text"]
    infos = env.step({"agent_0": 0})[4]
    assert infos["agent_0"]["refused"] == 1 and not env.events()


# -- rewards -------------------------------------------------------------------------------------
def in_chest(one, handle, area):
    """Whether an entity is a wooden chest in an area."""
    entity = one.entity(handle)
    x, y = entity["position"]
    return entity["name"] == "wooden-chest" and area[0] <= x < area[2] and area[1] <= y < area[3]


@every_task
def test_reward_modes_share_the_same_terms(task):
    modes = ("shared", "individual", "mixed")
    teams = {mode: fz_multi.parallel_env(task, num_agents=3, reward=mode) for mode in modes}
    infos = {mode: env.reset(seed=4)[1] for mode, env in teams.items()}
    random = np.random.default_rng(4)
    paid = 0.0
    for step in range(60):
        for env in teams.values():
            if task == "long_belt" and step % 10 == 0:
                chests = env.instance.areas["chests"]
                there = [h for h in world(env).handles() if in_chest(world(env), h, chests)]
                world(env).insert(there[0], "iron-ore", 1)
            if task == "handoff" and step % 10 == 0:
                sink = env.instance.areas["sink"]
                world(env).insert(world(env).find(sink[:2]), "iron-plate", 1)
        actions = legal(teams["shared"], infos["shared"], random)
        rewards = {}
        for mode, env in teams.items():
            _, rewards[mode], *_, infos[mode] = env.step(actions)
            for agent, reward in rewards[mode].items():
                terms = [v for key, v in infos[mode][agent].items() if key.startswith("reward_")]
                assert reward == pytest.approx(sum(terms), abs=1e-9)
        total = sum(rewards["individual"].values())
        for agent in teams["shared"].agents:
            assert rewards["shared"][agent] == pytest.approx(total, abs=1e-9)
            mean = (rewards["shared"][agent] + rewards["individual"][agent]) / 2
            assert rewards["mixed"][agent] == pytest.approx(mean, abs=1e-9)
        paid += abs(total)
    assert paid > 0


# -- the final window ----------------------------------------------------------------------------
def test_only_wait_is_legal_in_the_final_window():
    env = fz_multi.parallel_env(max_ticks=200, final_window=95)
    _, infos = env.reset(seed=0)
    env.command_step(
        {"agent_0": command("CRAFT", recipe="stone-furnace"), "agent_1": command("WAIT")}
    )
    world(env).give("agent_0", "iron-plate", 50)
    env.command_step({"agent_0": command("CRAFT", recipe="iron-chest", count=5)})
    env.command_step({"agent_1": command("MOVE", direction="north")})
    seen = []
    while env.agents:
        infos = env.step(waits(env))[4]
        seen.append(
            (env.tick, infos["agent_0"]["only_wait"], infos["agent_0"]["action_mask"].sum())
        )
        if env.tick == 110:  # the first step of the window has stopped the hands
            assert not env.seen.character["activity"][0].any()
            assert not env.seen.character["crafts"][0].any()
    opened = [tick for tick, only_wait, _ in seen if only_wait]
    assert opened[0] == 100  # a step's boundary, 100 or more ticks before the end
    assert all((count == 1) == bool(only_wait) for _, only_wait, count in seen)


def test_actions_and_commands_are_refused_in_the_final_window():
    env = fz_multi.parallel_env(num_agents=1, max_ticks=200, final_window=200)
    _, infos = env.reset(seed=0)
    assert infos["agent_0"]["only_wait"] == 1
    x = int(env.seen.character["x"][0, 0])
    infos = env.step({"agent_0": 3})[4]
    assert infos["agent_0"]["result"] == CODE_NUMBER["not_allowed"]
    env.command_step({"agent_0": command("MOVE", direction="east")})
    assert env.results()["agent_0"]["code"] == "not_allowed"
    infos = env.command_step({"agent_0": command("WAIT", ticks=5)})[4]
    assert infos["agent_0"]["refused"] == 2
    assert int(env.seen.character["x"][0, 0]) == x


# -- raw commands --------------------------------------------------------------------------------
def test_commands_as_dicts_as_json_and_compound():
    env = fz_multi.parallel_env(num_agents=2)
    env.reset(seed=0)
    x, y = world(env).character("agent_0")["position"]
    chest = {"entity": "wooden-chest", "position": {"x": x + 1, "y": y - 1}}
    world(env).give("agent_0", "wooden-chest", 1)
    env.command_step({"agent_0": command("BUILD", **chest)})
    assert env.results()["agent_0"]["code"] == "ok"
    assert env.results()["agent_1"]["type"] == "WAIT"
    text = json.dumps(command("INSERT", target=[x + 1, y - 1], item="coal", count=7))
    infos = env.command_step({"agent_0": text, "agent_1": None})[4]
    assert env.results()["agent_0"]["count"] == 7
    assert infos["agent_0"]["result"] == CODE_NUMBER["ok"]
    both = [
        command("TAKE", target=[x + 1, y - 1], item="coal", count=2),
        command("TAKE", target=[x + 1, y - 1], item="iron-plate"),
    ]
    env.command_step({"agent_0": command("COMPOUND", commands=both)})
    result = env.results()["agent_0"]
    assert result["code"] == "nothing_to_take" and result["failed"] == 1 and result["detail"]
    chest_now = world(env).entity(world(env).find((x + 1, y - 1)))
    assert chest_now["inventories"]["chest"] == {"coal": 5}


def test_the_length_of_a_command_step():
    env = fz_multi.parallel_env(max_ticks=1000, final_window=0)
    env.reset(seed=0)
    env.command_step({}, ticks=1)
    assert (env.tick, env.steps) == (1, 1)
    env.command_step({"agent_0": command("MOVE", direction="south", tiles=3)}, ticks=60)
    assert env.tick == 61 and env.results()["agent_0"]["code"] == "ok"
    env.command_step({})
    assert env.tick == 71


# -- copies --------------------------------------------------------------------------------------
@every_task
@pytest.mark.parametrize("reward", ["shared", "individual"])
def test_snapshot_and_restore(task, reward):
    env = fz_multi.parallel_env(task, reward=reward, max_cycles=120)
    _, infos = env.reset(seed=9)
    random = np.random.default_rng(9)
    for _ in range(60):
        infos = env.step(legal(env, infos, random))[4]
    copy, now = env.snapshot(), digest(env.observe())
    drawn = env.np_random.integers(10**9)

    def rest(env, infos):
        random, seen = np.random.default_rng(1), []
        while env.agents:
            outcome = env.step(legal(env, infos, random))
            infos = outcome[4]
            seen.append(digest(outcome))
        env.reset()
        return seen, env.instance.layout()

    first = rest(env, infos)
    env.restore(copy)
    assert digest(env.observe()) == now and env.steps == 60 and env.agents
    assert env.np_random.integers(10**9) == drawn
    assert rest(env, env.observe()[1]) == first
    other = fz_multi.parallel_env(task, reward=reward, max_cycles=120)
    other.restore(copy)
    assert rest(other, other.observe()[1]) == first
    with pytest.raises(ValueError, match=r"the snapshot is of .* this is"):
        fz_multi.parallel_env(task, num_agents=5).restore(copy)
    with pytest.raises(TypeError, match="Snapshot"):
        env.restore(b"")


def test_close_and_begin_again():
    env = fz_multi.parallel_env(render_mode="rgb_array")
    env.reset(seed=0)
    picture = env.render()
    assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.std() > 0
    env.close()
    env.close()
    assert env.agents == []
    with pytest.raises(RuntimeError, match="reset"):
        env.step({})
    env.reset(seed=0)
    assert np.array_equal(env.render(), picture)


def test_the_constructor_builds_no_world(monkeypatch):
    from fz_multi.engine import batch

    def fail(*_args, **_options):
        raise AssertionError("a world was made")

    monkeypatch.setattr(batch.Batch, "__init__", fail)
    env = fz_multi.parallel_env()
    assert env.max_cycles == 720
    with pytest.raises(AssertionError, match="a world was made"):
        env.reset(seed=0)


PLAY = """
import numpy as np, fz_multi
from tests.test_environment import digest, legal
for task in ("handoff", "two_cells"):
    env = fz_multi.parallel_env(task, reward="mixed", max_ticks=400, final_window=100)
    _, infos = env.reset(seed=1)
    random = np.random.default_rng(0)
    while env.agents:
        outcome = env.step(legal(env, infos, random))
        infos = outcome[4]
        print(digest(outcome), digest(env.state()))
"""


def test_compiled_and_plain_python_agree():
    def play(**variables):
        run = [sys.executable, "-W", "error::RuntimeWarning", "-c", PLAY]
        folder = Path(fz_multi.__file__).parents[1]
        done = subprocess.run(
            run,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **variables},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert play() == play(NUMBA_DISABLE_JIT="1") != ""
