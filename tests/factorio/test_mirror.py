"""The mirror against the engine: told the same states, the two give the same arrays."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import compare
import numpy as np
import pytest
from compare import same
from stand_in import StandIn
from telling import Teller

import fz_multi
import fz_multi.options
from fz_multi.backends import make_backend
from fz_multi.backends.factorio import FactorioBackend
from fz_multi.bench.policies import RandomLegal, make_policy
from fz_multi.engine import World
from fz_multi.engine.constants import KIND_BELT
from fz_multi.engine.lanes import lane_contents
from fz_multi.factorio.arenas import Arenas
from fz_multi.factorio.mirror import Mirror
from fz_multi.factorio.state import StateError

TASKS = ("two_cells", "handoff", "refuel", "long_belt")


def make_told(monkeypatch: pytest.MonkeyPatch, task: str, **options: Any) -> tuple[Any, StandIn]:
    """An environment on the Factorio backend, with engine worlds in place of the server."""
    stand_in = StandIn()
    shared = Arenas(stand_in)  # type: ignore[arg-type]

    def make(name: str, **more: Any) -> Any:
        if name != "embedded":
            return make_backend(name, **more)
        return FactorioBackend(shared=shared)

    with monkeypatch.context() as patch:
        patch.setattr(fz_multi.options, "make_backend", make)
        env = fz_multi.parallel_env(task, **options)
        env.reset(seed=0)  # the first reset makes the session
    return env, stand_in


def play(
    task: str, policy: Any, monkeypatch: Any, *, seed: int, steps: int, **options: Any
) -> None:
    """The same actions on an engine's world and on a mirror of another one."""
    real = fz_multi.parallel_env(task, **options)
    told, stand_in = make_told(monkeypatch, task, **options)
    compare.play(real, told, policy, seed=seed, steps=steps)
    assert stand_in.requests


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("policy", ["random", "scripted"])
def test_play(task: str, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = 2
    play(task, make_policy(policy, task, agents), monkeypatch, seed=3, steps=60, num_agents=agents)


@pytest.mark.parametrize("agents", [1, 4, 12])
def test_teams(agents: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for task in TASKS:
        try:
            fz_multi.parallel_env(task, num_agents=agents)
        except ValueError:
            continue  # the map has no such team
        play(task, RandomLegal(), monkeypatch, seed=1, steps=12, num_agents=agents)


class Anything(RandomLegal):
    """Any action, legal or not: what the interface refuses is counted as well."""

    def _draw(self, agent: str, observations: Any, infos: Any) -> Any:
        return super()._draw(agent, {agent: None}, {})


@pytest.mark.parametrize("action", ["discrete", "multidiscrete"])
def test_any_action(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for task in ("two_cells", "long_belt"):
        options = {"num_agents": 3, "action": action, "observation": "grid"}
        play(task, Anything(), monkeypatch, seed=2, steps=40, **options)


WINDOW = {"num_agents": 4, "max_ticks": 900, "final_window": 300}


def test_final_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window stops what runs, also for an agent whose action is refused in that step."""
    real = fz_multi.parallel_env("refuel", **WINDOW)
    told, stand_in = make_told(monkeypatch, "refuel", **WINDOW)
    compare.play(real, told, Anything(), seed=2, steps=100)
    steps = [arenas for op, arenas in stand_in.requests if op == "step"]
    said = [entry for arenas in steps for entry in arenas[0]["agents"]]
    assert any("refused" in entry and "command" in entry for entry in said)


def test_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw commands of every kind, a COMPOUND and an area among them."""
    real = fz_multi.parallel_env("two_cells")
    told, stand_in = make_told(monkeypatch, "two_cells")
    real.reset(seed=7), told.reset(seed=7)
    area = [[-12, -12], [12, 12]]
    steps: list[tuple[dict[str, Any], int]] = [
        ({"agent_0": {"type": "MOVE", "params": {"direction": "south", "tiles": 2}}}, 30),
        ({"agent_0": {"type": "MINE", "params": {"area": area, "count": 3}}}, 300),
        ({"agent_1": {"type": "CRAFT", "params": {"recipe": "stone-furnace"}}}, 1),
        ({"agent_1": {"type": "SAY", "params": {"message": 3}}, "agent_0": {"type": "WAIT"}}, 7),
        ({"agent_1": {"type": "WAIT", "params": {"ticks": 5}}}, 1),
        (
            {
                "agent_0": {
                    "type": "COMPOUND",
                    "params": {
                        "commands": [
                            {"type": "MOVE", "params": {"target": [0.5, 0.5]}},
                            {"type": "DROP", "params": {"item": "coal"}},
                            {"type": "PICK_UP"},
                            {"type": "TAKE", "params": {"target": [0.5, 0.5], "inventory": "fuel"}},
                        ]
                    },
                }
            },
            120,
        ),
        ({"agent_0": {"type": "CANCEL", "params": {"what": "craft"}}}, 2),
    ]
    for commands, ticks in steps:
        mine, its = real.command_step(commands, ticks), told.command_step(commands, ticks)
        for a, b in zip(mine, its, strict=True):
            same(a, b, str(commands))
        assert real.results() == told.results()
    sent = [r for op, r in stand_in.requests if op == "step"]
    assert sent[0] == [
        {"arena": 0, "agents": [{"command": {"verb": "MOVE", "direction": 8, "count": 2}}, {}]}
    ]


def test_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The observable digest of the mirror is that of the world."""
    told, stand_in = make_told(monkeypatch, "long_belt", num_agents=2)
    policy = make_policy("scripted", "long_belt", 2)
    observations, infos = told.reset(seed=1)
    policy.reset(told, 1)
    for _ in range(40):
        observations, _, _, _, infos = told.step(policy.act(observations, infos))
        mirror = told._session.world.arenas.mirror(0)
        assert mirror.digest() == stand_in.worlds[0].world.observable_digest()


def lua(value: Any) -> Any:
    """Empty lists as Lua may write them."""
    if isinstance(value, dict):
        return {key: lua(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [lua(inner) for inner in value] or {}
    return value


def test_empty_lists_as_lua_writes_them() -> None:
    for world in (belt_world(3), World(8, 8)):
        h = world.batch.full.header[0, 0]
        mirror, teller = Mirror.of_size(int(h.width), int(h.height)), Teller(world.batch)
        mirror.patch(lua(teller.full()))
        world.advance(7)
        mirror.patch(lua(teller.delta()))
        assert mirror.digest() == world.observable_digest()


def test_full_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full state replaces all that was known."""
    told, stand_in = make_told(monkeypatch, "long_belt")
    for _ in range(3):
        told.step(dict.fromkeys(told.possible_agents, 0))
    mirror, world = told._session.world.arenas.mirror(0), stand_in.worlds[0].world
    mirror.patch(stand_in._tellers[0].full())
    assert mirror.digest() == world.observable_digest()
    check_lanes(world, mirror)


def test_growing() -> None:
    """More of everything than the tables hold at first."""
    world = World(40, 40)
    mirror, teller = Mirror.of_size(40, 40), Teller(world.batch)
    mirror.patch(teller.full())
    for x in range(-19, 20):
        for y in range(-19, 0):
            world.create_entity("transport-belt", (x + 0.5, y + 0.5), "east")
        for y in range(0, 10):
            chest = world.create_entity("wooden-chest", (x + 0.5, y + 0.5))
            world.insert(chest, "coal", 3)
        for y in range(10, 19):
            for side in (0.25, 0.75):
                world.create_ground_item("coal", (x + side, y + 0.5), 2)
                world.create_ground_item("stone", (x + side, y + 0.9), 1)
    mirror.patch(teller.delta())
    assert mirror.digest() == world.observable_digest()
    for handle in world.handles()[::2]:
        world.remove_entity(handle)
    mirror.patch(teller.delta())
    assert mirror.digest() == world.observable_digest()
    check_lanes(world, mirror)


@pytest.mark.parametrize("task", TASKS)
def test_scripted_team_and_pictures(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A team that reads the tables itself decides the same; pictures are the same."""
    options = {"num_agents": 2, "render_mode": "rgb_array"}
    real = fz_multi.parallel_env(task, **options)
    told, _ = make_told(monkeypatch, task, **options)
    teams = [make_policy("scripted", task, 2) for _ in range(2)]
    mine, its = real.reset(seed=4), told.reset(seed=4)
    teams[0].reset(real, 4), teams[1].reset(told, 4)
    for step in range(60):
        actions = teams[0].act(*mine)
        assert actions == teams[1].act(*its), step
        a, b = real.step(actions), told.step(actions)
        mine, its = (a[0], a[4]), (b[0], b[4])
        if step % 20 == 19:
            same(real.render(), told.render(), f"picture {step}")


# -- belts -----------------------------------------------------------------------------------------
def belt_world(seed: int) -> World:
    """Belts at random, joined in every way, with items on them."""
    random = np.random.Generator(np.random.PCG64(seed))
    world = World(14, 10, seed=seed)
    for y in range(10):
        for x in range(14):
            if random.random() < 0.7:
                tier = ("transport-belt", "fast-transport-belt")[int(random.random() < 0.15)]
                direction = int(random.integers(4)) * 4
                belt = world.create_entity(tier, (x - 6.5, y - 4.5), direction)
                for lane in (1, 2):
                    for position in (10, 90, 100):
                        if random.random() < 0.4:
                            with contextlib.suppress(ValueError):  # no room there
                                world.put_on_belt(belt, lane, position, "coal")
    return world


def check_lanes(world: World, mirror: Mirror) -> None:
    """What lies on each belt, and what each lane would take, are the same."""
    mine, its = world.batch.tables(0), mirror.batch.tables(0)
    for row in np.flatnonzero(mine.entity["kind"] == KIND_BELT).tolist():
        tile = np.flatnonzero(mine.tile["entity"] == row + 1)[0]
        other = int(its.tile["entity"][tile]) - 1
        assert lane_contents(mine, row) == lane_contents(its, other)
        a = mine.belt[int(mine.entity["belt"][row]) - 1]
        b = its.belt[int(its.entity["belt"][other]) - 1]
        for lane in (0, 1):
            lines = mine.line[int(a["line"][lane]) - 1], its.line[int(b["line"][lane]) - 1]
            assert lines[0]["length"] == lines[1]["length"]
            assert int(a["start"][lane]) == int(b["start"][lane])
            assert lines[0]["speed"] == lines[1]["speed"]


@pytest.mark.parametrize("seed", range(8))
def test_belts(seed: int) -> None:
    world = belt_world(seed)
    mirror, teller = Mirror.of_size(14, 10), Teller(world.batch)
    mirror.patch(teller.full())
    check_lanes(world, mirror)
    random = np.random.Generator(np.random.PCG64(100 + seed))
    for _ in range(12):
        world.advance(int(random.integers(1, 40)))
        handles = world.handles()
        chosen = handles[int(random.integers(len(handles)))]
        if random.random() < 0.5:
            world.remove_entity(chosen)
        else:
            world.rotate(chosen, int(random.integers(4)) * 4)
        mirror.patch(teller.delta())
        check_lanes(world, mirror)


# -- wrong states ----------------------------------------------------------------------------------
def wrong_states() -> list[tuple[str, dict[str, Any]]]:
    char = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    char += [250, [], []]
    ent = [1, 5, 0, 0, 128, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, [], []]
    return [
        ("no seq", {"full": 0}),
        ("text for a number", {"tick": "now"}),
        ("terrain too short", {"full": 1, "terrain": [0, 3]}),
        ("terrain of a kind that is none", {"full": 1, "terrain": [9, 64]}),
        ("deposit off the map", {"res": [[64, 1, 5]]}),
        ("deposit before the map", {"res": [[-1, 1, 5]]}),
        ("unknown prototype", {"ents": [[1, 99999, *ent[2:]]]}),
        ("prototype below", {"ents": [[1, -3, *ent[2:]]]}),
        ("short entity", {"ents": [[1, 5]]}),
        ("a float", {"ents": [[1, 5, 0, 0, 128.5, *ent[5:]]]}),
        ("slot that is none", {"chars": [[*char[:29], [80, 1, 1], []]]}),
        ("item that is none", {"chars": [[*char[:29], [0, 99999, 1], []]]}),
        ("agent that is none", {"chars": [[16, *char[1:]]]}),
        ("recipe that is none", {"chars": [[*char[:30], [99999, 1]]]}),
        ("pile off the map", {"piles": [[99999, 0, 1, 1]]}),
        ("pile of nothing", {"piles": [[0, 0, 0, 1]]}),
        ("counter of nothing", {"stat": [[0] * 11]}),
        ("counter too short", {"stat": [[1, 2]]}),
        ("agent's counter", {"counts": [[-1] + [0] * 16]}),
        ("huge number", {"counts": [[0, 1 << 70] + [0] * 15]}),
        ("results", {"results": [[1, 2, 3]]}),
        ("an object for a list", {"ents": {"a": 1}}),
    ]


@pytest.mark.parametrize("what, change", wrong_states(), ids=[w for w, _ in wrong_states()])
def test_wrong_state(what: str, change: dict[str, Any]) -> None:
    world = World(8, 8)
    world.create_character("agent_0", (0.5, 0.5))
    mirror, teller = Mirror.of_size(8, 8), Teller(world.batch)
    mirror.patch(teller.full())
    state = teller.delta() | copy.deepcopy(change)
    if what == "no seq":
        del state["seq"]
    with pytest.raises(StateError):
        mirror.patch(state)


def test_first_state_is_full() -> None:
    with pytest.raises(StateError, match="full"):
        Mirror.of_size(8, 8).patch({"arena": 0, "seq": 1, "full": 0, "tick": 0})
