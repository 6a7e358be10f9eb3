"""The Factorio backend by itself: options, states that come wrong, and that nothing advances."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stand_in import StandIn

import fz_multi
from fz_multi.backends import make_backend
from fz_multi.backends.factorio import FactorioBackend
from fz_multi.commands import Command, CommandError
from fz_multi.engine.encode import WAIT_ROW
from fz_multi.factorio.arenas import Arenas
from fz_multi.factorio.exchange import RefusedError
from fz_multi.factorio.link import ProtocolError
from fz_multi.task.checks import MapError
from fz_multi.task.instance import EntitySpec, MapInstance
from fz_multi.task.maps import load_map
from fz_multi.task.registry import get_task

PACKAGE = Path(fz_multi.__file__).parent
# What moves a world, by any name that could be imported or called.
ADVANCE = {"exchange_worlds", "advance", "settle", "run", "exchange", "World", "visit", "sync"}


def draw(task: str = "two_cells", seed: int = 0, agents: int = 2) -> MapInstance:
    definition = get_task(task)
    return load_map(definition.map).draw(
        seed, agents=agents, split="train", task=task, version=definition.version, variant=None
    )


def make(**faults: Any) -> tuple[FactorioBackend, StandIn]:
    stand_in = StandIn()
    for name, function in faults.items():
        setattr(stand_in, name, function)
    return FactorioBackend(shared=Arenas(stand_in)), stand_in  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "file", ["backends/factorio.py", "factorio/mirror.py", "factorio/lines.py", "factorio/state.py"]
)
def test_nothing_here_advances_time(file: str) -> None:
    """No import from the engine's clock, and no call of what advances a batch."""
    tree = ast.parse((PACKAGE / file).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert "engine.tick" not in (node.module or "")
            assert node.module not in ("fz_multi.engine", "fz_multi.engine.world")
            if (node.module or "").startswith("fz_multi.engine"):
                assert not ADVANCE & {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            assert not any("engine" in alias.name for alias in node.names)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ADVANCE, ast.dump(node)


def test_options() -> None:
    """Checked before anything is connected."""
    for options, text in (
        ({"address": "here"}, None),
        ({"address": "here:99999"}, "address"),
        ({"password": 5}, "password"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"arena": 61}, "arena"),
        ({"arena": True}, "arena"),
        ({"arena": 1.0}, "arena"),
        ({"speed": 0}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"clock": "sundial"}, "clock"),
        ({"on_tick": "never"}, "on_tick"),
        ({"adress": "x"}, "no option 'adress'"),
    ):
        if text is None:
            make_backend("factorio", **options).close()
            continue
        with pytest.raises(ValueError, match=text):
            make_backend("factorio", **options)
    env = fz_multi.parallel_env("two_cells", backend="factorio", address="127.0.0.1:9")
    assert env.observation_space("agent_0").shape  # spaces need no server


def test_before_reset() -> None:
    backend, _ = make()
    for read in (lambda: backend.book, lambda: backend.seen, lambda: backend.tick):
        with pytest.raises(RuntimeError, match="reset"):
            read()
    backend.close()
    backend.close()


def test_no_copies() -> None:
    backend, _ = make()
    backend.reset(draw())
    for copy in (backend.snapshot, lambda: backend.restore(None)):
        with pytest.raises(RuntimeError, match="embedded"):
            copy()


def test_settings_are_sent_once_a_connection() -> None:
    stand_in = StandIn()
    arenas = Arenas(stand_in, {"speed": 1000, "clock": None})  # type: ignore[arg-type]
    backend = FactorioBackend(shared=arenas)
    backend.reset(draw())
    backend.reset(draw())
    assert [op for op, _ in stand_in.requests] == ["reset", "set", "reset"]
    assert stand_in.requests[1][1] == {"speed": 1000}
    stand_in.greeting = {"session": 1}  # over another connection
    backend.reset(draw())
    assert [op for op, _ in stand_in.requests[3:]] == ["reset", "set"]


def test_close_gives_the_agents_back() -> None:
    backend, stand_in = make()
    backend.reset(draw())
    backend.close()
    backend.close()
    gone = [fields["agent"] for op, fields in stand_in.requests if op == "agents"]
    assert gone == ["agent_0", "agent_1"]


def test_map_that_cannot_be() -> None:
    def refuse(arenas: Any) -> Any:
        raise RefusedError("bad_request", "arenas[0].map.entities[3]: something is in the way", "")

    backend, _ = make(reset=refuse)
    with pytest.raises(MapError, match=r"map two_cells.*entities\[3\]"):
        backend.reset(draw())
    instance = draw()
    far = EntitySpec("wooden-chest", float("nan"), 0)
    object.__setattr__(instance, "entities", (far,))
    with pytest.raises(MapError, match="finite"):
        backend.reset(instance)


def test_waits_while_another_step_runs() -> None:
    """A client that died in mid-step leaves the clock running for a while."""
    backend, stand_in = make()
    reset, left = stand_in.reset, [2]

    def busy(arenas: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise RefusedError("busy", "a step is running", "reset")
        return reset(arenas)

    stand_in.reset = busy  # type: ignore[method-assign]
    backend.reset(draw())
    assert backend.tick == 0 and not left[0]


def test_states_that_come_wrong() -> None:
    """The error names the arena; then there is no world until the next reset."""
    for change in (
        lambda states: [],
        lambda states: {},
        lambda states: [{**states[0], "arena": 5}],
        lambda states: [states[0], states[0], 7],
        lambda states: [{**states[0], "chars": [[0]]}],
        lambda states: [{**states[0], "tick": None}],
    ):
        backend, stand_in = make()
        backend.reset(draw())
        collect = stand_in.collect
        stand_in.collect = lambda since, c=collect, f=change: f(c(since))  # type: ignore
        with pytest.raises(ProtocolError, match="state"):
            backend.exchange(np.repeat(WAIT_ROW[None], 2, axis=1), 30)
        with pytest.raises(RuntimeError, match="reset"):
            backend.exchange(np.repeat(WAIT_ROW[None], 2, axis=1), 30)
        stand_in.collect = collect  # type: ignore[method-assign]
        backend.reset(draw())
        backend.exchange(np.repeat(WAIT_ROW[None], 2, axis=1), 30)
        assert backend.tick == 30


def test_somebody_else_moves_the_clock() -> None:
    backend, stand_in = make()
    backend.reset(draw())
    stand_in.worlds[0].batch.exchange(None, 5)
    with pytest.raises(RuntimeError, match="at tick 35 instead of 30"):
        backend.exchange(np.repeat(WAIT_ROW[None], 2, axis=1), 30)


def test_command_that_cannot_be_sent() -> None:
    """Nothing is sent then."""
    backend, stand_in = make()
    backend.reset(draw())
    stand_in.requests.clear()
    long = Command("COMPOUND", commands=(Command("WAIT"),) * 65)
    with pytest.raises(CommandError, match="64"):
        backend.exchange_parsed([long, None], 30)
    assert not stand_in.requests and backend.tick == 0


def test_what_others_change() -> None:
    """`refresh` sees it without a step, and so does the next step."""
    backend, stand_in = make()
    backend.reset(draw("long_belt"))
    world, mirror = stand_in.worlds[0].world, backend.arenas.mirror(0)
    named = {world.entity(handle)["name"]: handle for handle in world.handles()}
    world.insert(named["wooden-chest"], "iron-plate", 7)
    world.remove_entity(named["burner-inserter"])
    world.remove_entity(named["transport-belt"])
    x, y = world.character("agent_1")["position"]
    world.teleport("agent_1", (x + 1, y))
    backend.refresh()
    assert mirror.digest() == world.observable_digest()
    world.create_resource("iron-ore", (3.5, 9.5), 1)
    backend.exchange(np.repeat(WAIT_ROW[None], 2, axis=1), 1)
    assert mirror.digest() == world.observable_digest()
