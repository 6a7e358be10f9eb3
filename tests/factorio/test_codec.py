"""Maps and commands over the wire and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemas import check_answer, check_request
from stand_in import StandIn, read_command, read_map

from fz_multi import commands
from fz_multi.engine.encode import WAIT_ROW, encode
from fz_multi.factorio.arenas import Arenas
from fz_multi.factorio.codec import (
    agent_entry,
    command_to_wire,
    from_run_lengths,
    map_to_wire,
    row_to_wire,
    run_lengths,
)
from fz_multi.factorio.numbers import numbers_hash
from fz_multi.prototypes import load
from fz_multi.task.maps import load_map
from fz_multi.task.registry import get_task, tasks
from fz_multi.vector import vector_env

NUMBERS = load()


@given(st.lists(st.integers(0, 2), max_size=60))
def test_runs(values: list[int]) -> None:
    array = np.array(values, np.uint8)
    assert from_run_lengths(run_lengths(array), len(values)).tolist() == values


def test_runs_that_are_none() -> None:
    for runs in ([0, 3], [0, 5], [0], [0, -1, 0, 5]):
        with pytest.raises(ValueError):
            from_run_lengths(runs, 4)


@pytest.mark.parametrize("name", tasks())
def test_maps(name: str) -> None:
    """What the server builds of the wire form is what was drawn, in the same order."""
    task = get_task(name)
    for seed in range(3):
        drawn = load_map(task.map).draw(
            seed, agents=2, split="train", task=name, version=task.version, variant=None
        )
        wire = map_to_wire(drawn)
        arenas = [{"arena": 0, "map": wire, "teleport": 0}]
        check_request({"v": 1, "id": "a", "op": "reset", "arenas": arenas})
        back = read_map(wire)
        assert (back.width, back.height) == (drawn.width, drawn.height)
        for field in ("terrain", "amount"):
            assert np.array_equal(getattr(back, field), getattr(drawn, field))
        mine = np.array(["", *drawn.resource_names])[drawn.resource]
        assert np.array_equal(mine, np.array(["", *back.resource_names])[back.resource])
        for a, b in zip(drawn.entities, back.entities, strict=True):
            assert (a.name, a.x, a.y, a.direction, a.items) == (
                b.name,
                b.x,
                b.y,
                b.direction,
                b.items,
            )
        for a, b in zip(drawn.agents, back.agents, strict=True):
            assert (a.x, a.y, a.items) == (b.x, b.y, b.items)


EXAMPLES: list[dict[str, Any]] = [
    {"type": "WAIT"},
    {"type": "WAIT", "params": {"ticks": 0}},
    {"type": "MOVE", "params": {"direction": "north"}},
    {"type": "MOVE", "params": {"direction": "northwest", "tiles": 3}},
    {"type": "MOVE", "params": {"target": [0, 0], "method": "teleport"}},
    {"type": "MINE", "params": {"target": [-3.25, 7.5], "count": 4}},
    {"type": "MINE", "params": {"area": [[-2, -2], [2, 2]], "entity_name": "iron-ore"}},
    {"type": "MINE", "params": {"area": [[0, 0], [0, 0]], "entity_name": "iron-plate"}},
    {"type": "BUILD", "params": {"entity": "stone-furnace", "position": [3, -2]}},
    {"type": "CRAFT", "params": {"recipe": "iron-gear-wheel", "count": 7}},
    {"type": "INSERT", "params": {"target": [1, 1], "item": "coal", "inventory": "fuel"}},
    {"type": "TAKE", "params": {"target": [1, 1]}},
    {"type": "SET_RECIPE", "params": {"target": [1, 1], "recipe": "iron-gear-wheel"}},
    {"type": "ROTATE", "params": {"target": [1, 1], "direction": "west"}},
    {"type": "PICK_UP"},
    {"type": "DROP", "params": {"item": "coal", "count": 2, "position": [0.5, 0.5]}},
    {"type": "RESEARCH", "params": {"technology": "automation"}},
    {"type": "SAY", "params": {"message": 0}},
    {"type": "CANCEL", "params": {"what": "craft"}},
    {"type": "COMPOUND", "params": {"commands": [{"type": "PICK_UP"}, {"type": "WAIT"}]}},
]


@pytest.mark.parametrize("example", EXAMPLES, ids=[e["type"] for e in EXAMPLES])
def test_commands(example: dict[str, Any]) -> None:
    """Each verb, as a parsed command and as a row, there and back."""
    command = commands.parse(example, NUMBERS)
    wire = command_to_wire(command)
    entry = agent_entry(wire)
    arenas = [{"arena": 0, "agents": [entry]}]
    check_request({"v": 1, "id": "a", "op": "step", "ticks": 1, "arenas": arenas})
    assert read_command(wire) == command
    assert ("command" in entry) == (example != {"type": "WAIT"})
    if not command.commands:
        row = WAIT_ROW[0].copy()
        encode(command, row, NUMBERS)
        assert read_command(row_to_wire(row, NUMBERS)) == command


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_row(data: st.DataObject) -> None:
    """Rows with any numbers in range come back as they were."""
    row = WAIT_ROW[0].copy()
    row["verb"] = data.draw(st.sampled_from([1, 2, 3, 5, 6, 8, 10, 12, 13]))
    if row["verb"] in (2, 3):
        row["name"] = data.draw(st.integers(1, len(NUMBERS.entities)))
    row["count"] = data.draw(st.integers(0, commands.MAX_COUNT))
    row["ticks"] = data.draw(st.integers(-1, commands.MAX_TICKS))
    row["direction"] = data.draw(st.sampled_from([-1, 0, 4, 8, 12]))
    row["has_area"] = data.draw(st.booleans())
    row["has_target"] = not row["has_area"]
    for key in ("x", "y", "x2", "y2"):
        if key in ("x", "y") or row["has_area"]:
            row[key] = data.draw(st.integers(-(2**28), 2**28))
    back = WAIT_ROW[0].copy()
    encode(read_command(row_to_wire(row, NUMBERS)), back, NUMBERS)
    assert back == row


def test_entries() -> None:
    """What is said beside a command."""
    assert agent_entry(None) == agent_entry({"verb": "WAIT"}) == {}
    assert agent_entry(None, calm=True) == {"calm": 1}
    assert agent_entry({"verb": "PICK_UP"}, calm=True) == {"command": {"verb": "PICK_UP"}}
    assert agent_entry(None, calm=True, refused=5) == {"refused": 5}
    full = agent_entry({"verb": "CANCEL"}, refused=18, facing=6, hand="")
    assert full == {"command": {"verb": "CANCEL"}, "refused": 18, "facing": 6, "hand": ""}


def test_messages_of_a_team() -> None:
    """All that a vector of environments sends, and all that comes back, keeps to the schemas."""
    stand_in = StandIn()
    shared = Arenas(stand_in)  # type: ignore[arg-type]
    envs = vector_env("long_belt", num_envs=2, num_agents=4, backend="factorio", shared=shared)
    envs.reset(seed=1)
    for _ in range(15):
        envs.step(envs.sample_actions())
    for op, fields in stand_in.requests:
        named = {"arenas": fields} if isinstance(fields, list) else fields
        ticks = {"ticks": 30} if op == "step" else {}
        check_request({"v": 1, "id": "a-1", "op": op, **ticks, **named})
    for answer in stand_in.answers:
        if isinstance(answer, list):
            answer = {"s": "done", "tick": 1, "arenas": answer}
        check_answer({"v": 1, "ok": 1, **answer})


def test_numbers_hash() -> None:
    """The same for everybody, 8 hex digits."""
    assert numbers_hash() == numbers_hash("2.0.77")
    assert len(numbers_hash()) == 8 and int(numbers_hash(), 16) >= 0
