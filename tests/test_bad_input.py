"""What cannot be is refused with words that help, and the world stays as it was."""

from __future__ import annotations

import math

import numpy as np
import pytest

import fz_multi
from fz_multi.commands import CommandError

TASKS = ("handoff", "long_belt", "refuel", "two_cells")


@pytest.fixture(params=TASKS)
def env(request):
    env = fz_multi.parallel_env(request.param, num_agents=2)
    env.reset(seed=0)
    env.step({"agent_0": 3, "agent_1": 7})
    return env


@pytest.fixture
def untouched(env):
    """Fails when the test has changed the world, or what the environment remembers."""

    def state():
        world = env._begun("test").world.world
        return (
            world.digest(),
            env.tick,
            env.steps,
            env.agents,
            env.observe()[1]["agent_0"]["result"],
        )

    before = state()
    yield
    assert state() == before


# -- making --------------------------------------------------------------------------------------
OPTIONS = {
    "task": ({"task": "two_cell"}, r"unknown task 'two_cell' \(did you mean two_cells\?\)"),
    "task type": ({"task": 3}, "unknown task 3; allowed: handoff, long_belt, refuel, two_cells"),
    "no agents": ({"num_agents": 0}, "num_agents is from 1 to 16, got 0"),
    "many agents": ({"num_agents": 17}, "num_agents is from 1 to 16, got 17"),
    "agents": ({"num_agents": 2.5}, "num_agents is a whole number, got 2.5"),
    "bool": ({"num_agents": True}, "num_agents is a whole number, got True"),
    "backend": ({"backend": "factory"}, "unknown backend='factory'; allowed: embedded"),
    "option": ({"widow": 3}, "has no option 'widow'"),
    "render_mode": ({"render_mode": "ansi"}, "unknown render_mode='ansi'; allowed: None, human"),
    "observation": ({"observation": "image"}, "allowed: 'flat', 'masked', 'grid'"),
    "action": ({"action": "box"}, "allowed: 'discrete', 'multidiscrete'"),
    "mask": ({"mask_in": "both"}, "allowed: 'info', 'obs', 'none'"),
    "layout": ({"layout": "nhwc"}, "allowed: 'hwc', 'chw'"),
    "window": ({"window": 10}, "an odd number of tiles"),
    "reward": ({"reward": "team"}, "unknown reward='team'; allowed: shared, individual, mixed"),
    "cycles": ({"max_cycles": 0}, "max_cycles is from 1 to"),
    "ticks": ({"max_ticks": -5}, "max_ticks is a whole number from 1 to"),
    "tick type": ({"ticks_per_step": "10"}, "ticks_per_step is a whole number, got '10'"),
    "final": ({"final_window": 7201}, "final_window is a whole number from 0 to 7200, got 7201"),
    "variant": ({"variant": "gate"}, "unknown variant 'gate'; allowed: standard"),
    "split": ({"split": "test"}, "unknown split 'test'; allowed: train, eval"),
}


@pytest.mark.parametrize(("options", "message"), OPTIONS.values(), ids=OPTIONS)
def test_options(options, message):
    with pytest.raises(ValueError, match=message):
        fz_multi.parallel_env(**options)


def test_gym_env_is_for_one_agent():
    with pytest.raises(ValueError, match="gym_env has one agent, got num_agents=2"):
        fz_multi.gym_env("handoff", num_agents=2)


# -- resetting -----------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [-1, 1.5, "7", math.nan, True, [1]])
def test_seeds(env, untouched, seed):
    with pytest.raises(ValueError, match="a seed is a whole number from 0 up, got"):
        env.reset(seed=seed)


def test_whole_numbers_of_any_kind_are_seeds(env):
    for seed in (np.int64(5), np.uint8(5), 5):
        env.reset(seed=seed)
        assert env.instance.seed == 5
    env.reset(seed=2**80)


def test_reset_options(env, untouched):
    for options, message in (
        ({"split": "validation"}, "unknown split 'validation'; allowed: train, eval"),
        ({"splitt": "eval"}, r"unknown key 'splitt' \(did you mean split\?\)"),
        ("eval", "options is a mapping, got 'eval'"),
    ):
        with pytest.raises(ValueError, match=message):
            env.reset(options=options)


# -- stepping ------------------------------------------------------------------------------------
ACTIONS = {
    "no mapping": ([0, 0], r"actions is a mapping from agents, got \[0, 0\]"),
    "nothing": ({}, "each agent needs one; missing: agent_0, agent_1"),
    "missing": ({"agent_0": 0}, "each agent needs one; missing: agent_1"),
    "unknown": (
        {"agent_0": 0, "agent_1": 0, "agent_2": 0},
        "unknown agent 'agent_2'; agents: agent_0, agent_1",
    ),
    "number": ({0: 0, 1: 0}, "unknown agent 0; agents: agent_0, agent_1"),
    "none": ({"agent_0": 0, "agent_1": None}, "agent_1: an action is a whole number from 0 to"),
    "negative": ({"agent_0": 0, "agent_1": -1}, "agent_1: an action is .* got -1"),
    "large": ({"agent_0": 0, "agent_1": 1000}, "agent_1: an action is .* got 1000"),
    "huge": ({"agent_0": 10**30, "agent_1": 0}, "agent_0: an action is .* got 10000"),
    "text": ({"agent_0": "wait", "agent_1": 0}, "agent_0: an action is .* got 'wait'"),
    "fraction": ({"agent_0": 0.5, "agent_1": 0}, "agent_0: an action is .* got 0.5"),
    "nan": ({"agent_0": math.nan, "agent_1": 0}, "agent_0: an action is .* got nan"),
    "infinite": ({"agent_0": math.inf, "agent_1": 0}, "agent_0: an action is .* got inf"),
    "shape": ({"agent_0": np.zeros(4, int), "agent_1": 0}, "agent_0: an action is .* got array"),
    "list": ({"agent_0": [[0]], "agent_1": 0}, "agent_0: an action is .* got"),
}


@pytest.mark.parametrize(("actions", "message"), ACTIONS.values(), ids=ACTIONS)
def test_actions(env, untouched, actions, message):
    with pytest.raises(ValueError, match=message):
        env.step(actions)


@pytest.mark.parametrize(
    "action", [0, [0, 0, 0], [0, 0, 0, 0, 0], [9, 0, 0, 0], [0, 0, 441, 0], [0, 0, 0, math.nan]]
)
def test_multidiscrete_actions(action):
    env = fz_multi.parallel_env("handoff", action="multidiscrete", mask_in="none")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="agent_1: an action is 4 whole numbers"):
        env.step({"agent_0": [0, 0, 220, 0], "agent_1": action})
    assert env.tick == 0
    env.step({"agent_0": [0, 0, 220, 0], "agent_1": np.array([1, 0, 0, 0])})


def test_whole_numbers_of_any_kind_are_actions(env):
    for action in (np.int32(0), np.uint8(0), np.array(0), np.array([0]), 0.0):
        env.step({"agent_0": action, "agent_1": 0})


def test_before_the_reset_and_after_the_end():
    env = fz_multi.parallel_env(max_cycles=1)
    for call in (
        lambda: env.step({"agent_0": 0, "agent_1": 0}),
        lambda: env.command_step({}),
        env.observe,
        env.state,
        env.snapshot,
        env.results,
        env.events,
        lambda: env.tick,
        lambda: env.action_mask("agent_0"),
    ):
        with pytest.raises(RuntimeError, match=r"before reset: call reset\(\) first"):
            call()
    env.reset(seed=0)
    env.step({"agent_0": 0, "agent_1": 0})
    for call in (lambda: env.step({}), lambda: env.command_step({})):
        with pytest.raises(RuntimeError, match=r"after the end of the episode: call reset\(\)"):
            call()
    assert env.tick == 10 and env.observe()[0]  # the end can still be looked at
    env.reset()
    assert env.tick == 0


def test_unknown_agents_have_no_spaces(env, untouched):
    for call in (env.observation_space, env.action_space, env.action_mask):
        with pytest.raises(ValueError, match="unknown agent 'bob'; agents: agent_0, agent_1"):
            call("bob")


def test_masks_that_are_not_there():
    env = fz_multi.parallel_env(mask_in="none")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="there are no masks"):
        env.action_mask("agent_0")


# -- raw commands --------------------------------------------------------------------------------
def command(kind, **params):
    return {"type": kind, "params": params}


COMMANDS = {
    "text": ("jump", "agent_1: malformed JSON"),
    "json": ('{"type": "WAIT", }', "agent_1: malformed JSON"),
    "nan in json": ('{"type": "MOVE", "params": {"target": [NaN, 0]}}', "agent_1: malformed JSON"),
    "number": (7, "agent_1: a command is an object"),
    "verb": (command("JUMP"), "agent_1: unknown command type 'JUMP'.*allowed: WAIT, MOVE"),
    "key": ({"type": "WAIT", "parms": {}}, "agent_1: WAIT: unknown key 'parms'"),
    "parameter": (command("WAIT", tick=3), r"unknown parameter 'tick' \(did you mean ticks\?\)"),
    "direction": (command("MOVE", direction="up"), "unknown value 'up'.*allowed: north"),
    "nan": (command("MOVE", target=[math.nan, 0]), "is a finite number of tiles, got nan"),
    "infinite": (command("MINE", target=[0, math.inf]), "is a finite number of tiles, got inf"),
    "huge": (command("MINE", target=[1e12, 0]), "is within .* tiles, got 1e\\+12"),
    "item": (
        command("INSERT", target=[0, 0], item="coil"),
        r"no item is called 'coil' \(did you mean",
    ),
    "recipe": (command("CRAFT", recipe="iron-gear"), "no recipe is called 'iron-gear'"),
    "entity": (command("BUILD", entity="house", position=[0, 0]), "no entity is called 'house'"),
    "count": (command("CRAFT", recipe="stone-furnace", count=0), "count is from 1 to"),
    "compound": (
        command("COMPOUND", commands=[command("WAIT"), command("SAY")]),
        r"commands\[1\]: SAY: message is missing",
    ),
}


@pytest.mark.parametrize(("raw", "message"), COMMANDS.values(), ids=COMMANDS)
def test_commands(env, untouched, raw, message):
    with pytest.raises(CommandError, match=message):
        env.command_step({"agent_0": command("MOVE", direction="north"), "agent_1": raw})


def test_command_steps(env, untouched):
    wait = command("WAIT")
    for commands, ticks, message in (
        ([wait], None, "commands is a mapping from agents"),
        ({"agent_7": wait}, None, "unknown agent 'agent_7'; agents: agent_0, agent_1"),
        ({"agent_0": wait}, 0, f"ticks is from 1 to {env.task.max_ticks}, got 0"),
        ({"agent_0": wait}, 1.5, "ticks is a whole number, got 1.5"),
    ):
        with pytest.raises(ValueError, match=message):
            env.command_step(commands, ticks=ticks)


def test_refused_commands_say_why(env):
    far = command("BUILD", entity="stone-furnace", position=[200, 200])
    env.command_step({"agent_0": far, "agent_1": command("RESEARCH", technology="automation")})
    results = env.results()
    for agent in ("agent_0", "agent_1"):
        assert results[agent]["code"] not in ("ok", "running")
        assert results[agent]["detail"]
    assert {event["agent"] for event in env.events() if event["kind"] == "refused"} == set(results)
