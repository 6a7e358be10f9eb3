"""Whatever `parse` is given, it reads it or raises `CommandError`, and the world stays as it was.

Malformed JSON (deep, huge, cut off, with NUL bytes or trailing text) and values drawn at random.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fz_multi.commands import VERBS, Command, CommandError, parse
from fz_multi.engine import World
from fz_multi.engine.encode import WAIT_ROW, encode
from fz_multi.prototypes import load

NUMBERS = load()


# -- malformed JSON --------------------------------------------------------------------------------
MALFORMED = {
    "empty": "",
    "no JSON": "WAIT",
    "cut off": '{"type": "WAIT"',
    "trailing text": '{"type": "WAIT"} and then some',
    "two objects": '{"type": "WAIT"}{"type": "WAIT"}',
    "single quotes": "{'type': 'WAIT'}",
    "NUL in a string": '{"type": "WAIT\0"}',
    "NUL after it": '{"type": "WAIT"}\0',
    "NaN": '{"type": "WAIT", "params": {"ticks": NaN}}',
    "infinite": '{"type": "WAIT", "params": {"ticks": -Infinity}}',
    "not UTF-8": b'{"type": "\xff\xfe"}',
    "deep": "[" * 100_000,
    "deep and closed": "[" * 50_000 + "]" * 50_000,
    "deep objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "5,000 digits": '{"type": "WAIT", "params": {"ticks": ' + "9" * 5000 + "}}",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_malformed_json(text: str | bytes) -> None:
    with pytest.raises(CommandError, match="malformed JSON: ") as caught:
        parse(text, NUMBERS)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["x" * 2_000_000, b"[" * 2_000_000, '"' + "a" * 2_000_000 + '"'])
def test_two_megabytes(text: str | bytes) -> None:
    with pytest.raises(CommandError, match=r"of 2000\d\d\d characters; at most 1048576"):
        parse(text, NUMBERS)


def test_json_that_is_well_formed_and_wrong() -> None:
    for text in ("null", "[]", '"WAIT"', "1e999", "true"):
        with pytest.raises(CommandError, match="a command is an object"):
            parse(text, NUMBERS)
    with pytest.raises(CommandError, match="ticks is a whole number, got inf"):
        parse('{"type": "WAIT", "params": {"ticks": 1e999}}', NUMBERS)
    with pytest.raises(CommandError, match="unknown command type '\\\\ud800'"):
        parse('{"type": "\\ud800"}', NUMBERS)


@pytest.mark.parametrize("depth", [10, 100, 900, 990, 100_000])
def test_deep_values(depth: int) -> None:
    """Nesting that can be read, but hardly be shown in a message."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    for params in (value, {"ticks": value}, {"x": value}):
        with pytest.raises(CommandError):
            parse({"type": "WAIT", "params": params}, NUMBERS)
    with pytest.raises(CommandError):
        parse({"type": value}, NUMBERS)
    with pytest.raises(CommandError):
        parse({"type": "COMPOUND", "params": {"commands": value}}, NUMBERS)
    for _ in range(depth):  # taken apart by hand: freeing it at once would recurse as well
        value = value[0]


# -- any value at all ------------------------------------------------------------------------------
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**30), max_value=10**30),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from([*VERBS, "type", "params", "coal", "pipe", "north", "automation", "walk"]),
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=6), inner, max_size=4),
        st.fixed_dictionaries({"x": inner, "y": inner}),
    ),
    max_leaves=12,
)
PARAM_NAMES = sorted({param.name for verb in VERBS.values() for param in verb.params})


def read_or_refuse(value: Any) -> None:
    try:
        command = parse(value, NUMBERS)
    except CommandError as error:
        assert str(error)
        assert len(str(error)) < 1000
    else:
        assert command.verb in VERBS
        row = WAIT_ROW.copy()[0]
        encode(command, row, NUMBERS)  # whatever is read fits into a row
        assert row["verb"] == VERBS[command.verb].number


@settings(max_examples=300, deadline=None)
@given(JSON_VALUES)
def test_any_value_is_read_or_refused(value: Any) -> None:
    read_or_refuse(value)


@settings(max_examples=300, deadline=None)
@given(JSON_VALUES)
def test_any_json_text_is_read_or_refused(value: Any) -> None:
    read_or_refuse(json.dumps(value))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary()))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    read_or_refuse(text)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(sorted(VERBS)),
    st.dictionaries(st.sampled_from(PARAM_NAMES), JSON_VALUES, max_size=5),
)
def test_any_params_are_read_or_refused(verb: str, params: dict[str, Any]) -> None:
    known = {param.name for param in VERBS[verb].params}
    read_or_refuse({"type": verb, "params": {k: v for k, v in params.items() if k in known}})
    read_or_refuse({"type": verb, "params": params})


# -- the world after a malformed command -----------------------------------------------------------
def test_a_malformed_command_leaves_the_world_alone() -> None:
    world = World(16, 16)
    for k in range(2):
        world.create_character(f"agent_{k}", (3 * k, 0))
    part = {"type": "WAIT", "params": {"ticks": 9}}
    world.command("agent_1", {"type": "COMPOUND", "params": {"commands": [part, part]}})
    world.command("agent_0", {"type": "MOVE", "params": {"direction": "north"}})
    before, data = world.digest(), world.batch.data.copy()
    say = {"type": "SAY", "params": {"message": 3}}
    compound = {"type": "COMPOUND", "params": {"commands": [say] * 5}}
    bad: list[Any] = [None, {"type": "FLY"}, {"type": "SAY"}, "{", *MALFORMED.values()]
    for command in bad:
        with pytest.raises(CommandError):
            world.command("agent_0", command)
        with pytest.raises(CommandError):
            world.commands({"agent_0": say, "agent_1": command})
        with pytest.raises(CommandError):
            world.commands({"agent_1": compound, "agent_0": command})
    with pytest.raises(CommandError, match="at most 64"):
        world.commands({"agent_1": compound, "agent_0": Command("COMPOUND", commands=(
            Command("WAIT"),) * 65)})  # fmt: skip
    assert world.digest() == before
    assert (world.batch.data == data).all()
