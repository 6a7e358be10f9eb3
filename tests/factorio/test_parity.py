"""The Factorio backend against the embedded one: through TCP, RCON, the Lua VM and the mod.

The same seeds and actions give the same observations, masks, rewards, infos, results, states and
digests, bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import compare
import numpy as np
import pytest
from test_mirror import WINDOW, Anything

import fz_multi
from fz_multi.bench.policies import RandomLegal, make_policy
from fz_multi.engine.edit import REMOVE_CHARACTER, edit
from fz_multi.factorio.launch import Launcher, embedded
from fz_multi.factorio.link import Link, as_text
from fz_multi.task.registry import tasks
from fz_multi.vector import vector_env

SPEED = 1000.0  # as fast as the machine can
TEAMS = (1, 2, 4, 12)


def connect(server: Launcher, **more: Any) -> dict[str, Any]:
    """Arguments of an environment on the server."""
    return {
        "backend": "factorio",
        "address": server.address,
        "password": server.password,
        "speed": SPEED,
        "timeout": 60.0,
        **more,
    }


def pair(server: Launcher, task: str, **options: Any) -> tuple[Any, Any]:
    """The same environment on both backends; skips where the task has no such team."""
    try:
        real = fz_multi.parallel_env(task, **options)
    except ValueError as error:
        pytest.skip(str(error))
    return real, fz_multi.parallel_env(task, **options, **connect(server))


@pytest.mark.parametrize("agents", TEAMS)
@pytest.mark.parametrize("task", tasks())
def test_random(server: Launcher, task: str, agents: int) -> None:
    real, other = pair(server, task, num_agents=agents)
    compare.play(real, other, RandomLegal(), seed=agents, steps=20, digests=5)
    other.close()


@pytest.mark.parametrize("task", tasks())
def test_scripted(server: Launcher, task: str) -> None:
    real, other = pair(server, task, num_agents=2)
    compare.play(real, other, make_policy("scripted", task, 2), seed=0, steps=50, digests=10)
    other.close()


@pytest.mark.parametrize("action", ["discrete", "multidiscrete"])
def test_any_action(server: Launcher, action: str) -> None:
    """Illegal ones, too: the codes and counters of refusals are the same."""
    options = {"num_agents": 3, "action": action, "observation": "grid"}
    for task in ("two_cells", "long_belt"):
        real, other = pair(server, task, **options)
        compare.play(real, other, Anything(), seed=4, steps=20, digests=10)
        other.close()


def test_final_window(server: Launcher) -> None:
    """Whatever runs is stopped when it opens, refused actions or not."""
    real, other = pair(server, "refuel", **WINDOW)
    compare.play(real, other, Anything(), seed=2, steps=100, digests=5)
    other.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("agents", TEAMS)
@pytest.mark.parametrize("task", tasks())
@pytest.mark.parametrize("policy", ["random", "scripted"])
def test_long(server: Launcher, policy: str, task: str, agents: int, seed: int) -> None:
    """300 steps."""
    real, other = pair(server, task, num_agents=agents)
    compare.play(real, other, make_policy(policy, task, agents), seed=seed, steps=300, digests=50)
    other.close()


def test_two_arenas(server: Launcher) -> None:
    """Two worlds on one server, one exchange: each as if it were alone."""
    steps = 12
    envs = vector_env("refuel", num_envs=2, num_agents=2, arena=3, **connect(server))
    singles = [fz_multi.parallel_env("refuel", num_agents=2) for _ in range(2)]
    observations, _ = envs.reset(seed=8)
    mine = [single.reset(seed=8 + k) for k, single in enumerate(singles)]
    for _ in range(steps):
        for k, (seen, told) in enumerate(mine):
            for a in range(2):
                assert np.array_equal(observations[k, a], seen[f"agent_{a}"])
                mask = told[f"agent_{a}"]["action_mask"]
                assert np.array_equal(envs.action_masks[k, a], mask)
        actions = envs.sample_actions()
        observations, rewards, _, _, _ = envs.step(actions)
        mine = []
        for k, single in enumerate(singles):
            step = single.step({f"agent_{a}": actions[k, a] for a in range(2)})
            assert rewards[k].tolist() == list(step[1].values())
            mine.append((step[0], step[4]))
            mirror = envs._arenas.mirror(3 + k)
            assert mirror.digest() == single._session.world.world.observable_digest()
    envs.close()


# -- what others do on the server ------------------------------------------------------------------
@pytest.fixture
def console(server: Launcher) -> Iterator[Any]:
    """Runs Lua on the server, as people do."""
    link = Link(server.address, server.password, 30.0)

    def run(lua: str) -> str:
        said = ""
        for _ in range(2):  # the first use on a save only warns
            said = link.ask(f"/sc {lua} rcon.print('done')", as_text)
            if "done" in said:
                return said
        raise AssertionError(f"the server said {said!r} to {lua}")

    yield run
    link.close()


def wait_step(*envs: Any) -> list[Any]:
    return [env.step(dict.fromkeys(env.possible_agents, 0)) for env in envs]


def test_somebody_else_changes_the_world(server: Launcher, console: Any) -> None:
    """Plates in a chest, a machine destroyed, a character moved, ore at 1: all seen next."""
    real, other = pair(server, "handoff", num_agents=2)
    real.reset(seed=2), other.reset(seed=2)
    world = real._session.world.world
    arena = other._session.world.arena
    width, height = world.batch.width, world.batch.height
    surface = f"local s = game.get_surface('fz-arena-{arena}-{width}x{height}')"
    chests = [h for h in world.handles() if world.entity(h)["name"].endswith("chest")]

    def at(place: tuple[float, float]) -> str:
        return f"{{{place[0]}, {place[1]}}}"

    name, place = world.entity(chests[0])["name"], world.entity(chests[0])["position"]
    console(f"{surface} s.find_entity('{name}', {at(place)}).insert{{name='iron-plate', count=7}}")
    world.insert(chests[0], "iron-plate", 7)
    same_after(real, other)

    name, place = world.entity(chests[1])["name"], world.entity(chests[1])["position"]
    console(f"{surface} s.find_entity('{name}', {at(place)}).destroy()")
    world.remove_entity(chests[1])
    same_after(real, other)

    x, y = world.character("agent_1")["position"]
    console(
        f"{surface} local c = s.find_entities_filtered{{name='character', position={at((x, y))}, "
        f"radius=0.2}}[1] c.teleport({at((x + 1, y + 1))})"
    )
    world.teleport("agent_1", (x + 1, y + 1))
    same_after(real, other)
    other.close()


def test_somebody_else_mines(server: Launcher, console: Any) -> None:
    real, other = pair(server, "two_cells", num_agents=2)
    real.reset(seed=3), other.reset(seed=3)
    world = real._session.world.world
    arena = other._session.world.arena
    surface = (
        f"local s = game.get_surface('fz-arena-{arena}-{world.batch.width}x{world.batch.height}')"
    )
    first = world.resources()[0]
    x, y = first["position"]
    console(f"{surface} s.find_entity('{first['name']}', {{{x}, {y}}}).amount = 1")
    world.remove_resource((x, y))
    world.create_resource(first["name"], (x, y), 1)
    same_after(real, other)
    other.close()


def test_somebody_else_kills(server: Launcher, console: Any) -> None:
    """An agent without a character: its action is refused, and the others go on."""
    real, other = pair(server, "refuel", num_agents=3)
    real.reset(seed=3), other.reset(seed=3)
    world = real._session.world.world
    batch, arena = world.batch, other._session.world.arena
    x, y = world.character("agent_1")["position"]
    console(
        f"local s = game.get_surface('fz-arena-{arena}-{batch.width}x{batch.height}') "
        f"s.find_entities_filtered{{name='character', position={{{x}, {y}}}, radius=0.2}}[1].die()"
    )
    edit(batch.book, 0, REMOVE_CHARACTER, 1, 0, 0, 0, 0, 0)
    same_after(real, other)
    assert not other.seen.character["active"][0, 1]
    other.close()


def same_after(real: Any, other: Any) -> None:
    """The next step, and some more."""
    random = RandomLegal()
    random.reset(real, 6)
    mine, its = wait_step(real, other)
    for step in range(4):
        for name, a, b in zip(compare.NAMES, mine, its, strict=True):
            compare.same(a, b, f"{name} {step}")
        compare.same(real.state(), other.state(), "state")
        digest = real._session.world.world.observable_digest()
        assert other._session.world.digest() == digest
        actions = random.act(mine[0], mine[4])
        mine, its = real.step(actions), other.step(actions)


def test_commands(server: Launcher) -> None:
    """Raw commands of every kind through the whole way."""
    real, other = pair(server, "two_cells", num_agents=2)
    real.reset(seed=7), other.reset(seed=7)
    area = [[-20, -20], [20, 20]]
    compound = [
        {"type": "MOVE", "params": {"direction": "west", "tiles": 2}},
        {"type": "DROP", "params": {"item": "coal"}},
        {"type": "WAIT", "params": {"ticks": 9}},
        {"type": "PICK_UP"},
    ]
    for commands, ticks in (
        ({"agent_0": {"type": "MOVE", "params": {"direction": "south", "tiles": 2}}}, 30),
        ({"agent_0": {"type": "MOVE", "params": {"target": [3, 3], "method": "teleport"}}}, 1),
        ({"agent_0": {"type": "MINE", "params": {"area": area, "count": 3}}}, 300),
        ({"agent_1": {"type": "CRAFT", "params": {"recipe": "stone-furnace"}}}, 1),
        ({"agent_1": {"type": "SAY", "params": {"message": 3}}}, 7),
        ({"agent_1": {"type": "WAIT", "params": {"ticks": 5}}}, 1),
        ({"agent_0": {"type": "COMPOUND", "params": {"commands": compound}}}, 100),
        ({"agent_0": {"type": "CANCEL"}}, 2),
        ({"agent_1": {"type": "RESEARCH", "params": {"technology": "automation"}}}, 2),
    ):
        mine, its = real.command_step(commands, ticks), other.command_step(commands, ticks)
        for name, a, b in zip(compare.NAMES, mine, its, strict=True):
            compare.same(a, b, f"{name} after {json.dumps(commands)}")
        assert real.results() == other.results(), commands
        digest = real._session.world.world.observable_digest()
        assert other._session.world.digest() == digest, commands
    other.close()


@pytest.mark.parametrize("order", ["early", "late"])
@pytest.mark.parametrize("clock", ["unpause", "ticks_to_run"])
def test_clocks(order: str, clock: str) -> None:
    """Wherever on_tick stands in a tick, and however the clock is let run."""
    with Launcher(embedded(), arguments=("--on-tick", order)) as server:
        for task, agents in (("two_cells", 3), ("long_belt", 2)):
            real = fz_multi.parallel_env(task, num_agents=agents)
            options = connect(server, clock=clock, on_tick=order)
            other = fz_multi.parallel_env(task, num_agents=agents, **options)
            compare.play(real, other, RandomLegal(), seed=9, steps=15, digests=5)
            other.close()


def test_game_2_1() -> None:
    """A server with the members of the next version of the game."""
    with Launcher(embedded("2.1.9")) as server:
        for task, agents in (("refuel", 4), ("long_belt", 2)):
            real, other = pair(server, task, num_agents=agents)
            compare.play(real, other, RandomLegal(), seed=1, steps=15, digests=5)
            assert other._session.world.arenas.exchange.greeting["game"] == "2.1.9"
            other.close()
