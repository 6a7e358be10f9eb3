"""Reading requests and writing answers: clear refusals, whole numbers, no surprises."""

from __future__ import annotations

import json

import pytest
from lua_modules import Lua


@pytest.fixture(scope="module")
def lua():
    return Lua()


@pytest.fixture(scope="module")
def wire(lua):
    return lua.require("gym.wire")


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        2**52 + 1,
        "",
        'a "quoted" \\ text\n\t\x01\x7f',
        [],
        [1, [2, []], "x"],
        {"b": 1, "a": [{"c": {"d": ""}}]},
    ],
)
def test_encode(lua, wire, value):
    assert json.loads(wire.encode(lua.table(value))) == value


def test_encode_refuses_what_is_not_whole(lua, wire):
    for bad in (0.5, float("inf"), float("nan")):
        with pytest.raises(Exception, match="no whole number"):
            wire.encode(bad)
    assert wire.encode(-0.0) == "0" or wire.encode(-0.0) == "-0"


def test_encode_sorts_keys_and_keeps_empty_objects(lua, wire):
    value = lua.table({"b": 2, "a": 1})
    value.empty = wire.map(lua.table({}))
    assert wire.encode(value) == '{"a":1,"b":2,"empty":{}}'


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("3", 'ticks is a whole number, got "3"'),
        (0.5, "ticks is a whole number, got 0.5"),
        (True, "ticks is a whole number, got true"),
        (None, "ticks is a whole number, got nothing"),
        (11, "ticks is from 1 to 10, got 11"),
        (float("inf"), "ticks is from 1 to 10, got inf"),
        (float("nan"), "ticks is a whole number"),
        (1e300, "ticks is from 1 to 10, got 1e+300"),
    ],
)
def test_integer(lua, wire, value, says):
    code, detail = lua.refusal(wire.integer, value, "ticks", 1, 10)
    assert code == "bad_request" and says in detail


def test_names_are_text_and_nothing_else(lua, wire):
    known = lua.table({"wood": 1})
    for hostile in ("os.exit()", "wood\0", "x" * 5000, 'return "wood"', {}, 1, False):
        code, detail = lua.refusal(wire.name, lua.table(hostile), "hand", known, "item")
        assert code == "bad_request" and detail.startswith("hand: no item is called")
        assert len(detail) < 120 and detail.isprintable()


def test_objects_and_lists(lua, wire):
    allowed = lua.table({"a": True, "b": True})
    assert lua.refusal(wire.object, lua.table({"a": 1}), "step", allowed) is None
    assert lua.refusal(wire.object, lua.table({"c": 1}), "step", allowed)[1] == (
        'step: unknown key "c"; allowed: a, b'
    )
    assert "is an object" in lua.refusal(wire.object, lua.table([1]), "step", allowed)[1]
    assert "is an object" in lua.refusal(wire.object, "text", "step", allowed)[1]
    assert lua.refusal(wire.list, lua.table([1, 2]), "agents", 2) is None
    assert "at most 1" in lua.refusal(wire.list, lua.table([1, 2]), "agents", 1)[1]
    assert "is a list" in lua.refusal(wire.list, lua.table({"a": 1}), "agents", 2)[1]


def test_depth(lua, wire):
    deep = wire.MAX_DEPTH
    assert wire.shallow("[" * deep + "]" * deep)
    assert not wire.shallow("[" * (deep + 1))
    assert not wire.shallow('{"a":' * (deep + 1))
    assert wire.shallow('"' + "[" * 1000 + '"')
    assert wire.shallow('["' + '\\"[' * 1000 + '"]')
    assert not wire.shallow('["\\\\",' + "[" * deep + "]")
    assert wire.shallow('"unfinished [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[')
    assert not wire.shallow("[" * 1_000_000)


MAP = {
    "width": 8,
    "height": 8,
    "terrain": [0, 60, 1, 3, 2, 1],
    "resources": [[0, "iron-ore", 5]],
    "entities": [
        ["burner-mining-drill", -768, -768, 4, [["coal", 1]]],
        ["wooden-chest", 128, 128, 0, []],
    ],
    "agents": [[0, -512, [["wood", 3]], 0], [300, -512, [], 1]],
}


def changed(path, value):
    out = json.loads(json.dumps(MAP))
    at = out
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return out


def test_maps(lua):
    layout = lua.require("gym.layout")
    read = layout.read(lua.table(MAP), "map")
    assert (read.left, read.top, read.wet[60], read.wet[63], read.wet[59]) == (-4, -4, 1, 2, None)
    assert [read.entities[n].name for n in (1, 2)] == ["burner-mining-drill", "wooden-chest"]
    assert read.agents[2].team == 1


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("width",), 0, "map.width is from 1"),
        (("width",), 9, "map.terrain covers 64 of the 72 tiles"),
        (("height",), 7, "map.terrain"),
        (("terrain",), [0], "pairs"),
        (("terrain",), [3, 64], "map.terrain[0] is from 0 to 2"),
        (("terrain",), [0, 65], "map.terrain[1] is from 1 to 64"),
        (("resources",), [[64, "coal", 1]], "map.resources[0][0]"),
        (("resources",), [[60, "coal", 1]], "no land"),
        (("resources",), [[1, "coal", 1], [1, "stone", 1]], "has a deposit already"),
        (("resources",), [[1, "wood", 1]], 'no resource is called "wood"'),
        (("resources",), [[1, "tree-01", 1]], "no resource that is modelled"),
        (("resources",), [], "a drill needs a deposit"),
        (("entities", 0, 0), "os.execute('x')", "map.entities[0][0]: no entity is called"),
        (("entities", 0, 0), "assembling-machine-1", "not an entity that is modelled"),
        (("entities", 0, 3), 2, "is 0, 4, 8 or 12"),
        (("entities", 1), ["wooden-chest", -700, -700, 0, []], "another entity stands there"),
        (("entities", 1, 2), 1000, "map.entities[1]"),
        (("entities", 1, 1), 5000, "reaches out of the map"),
        (("entities", 1, 4), [["wood"]], "map.entities[1][4][0][1]"),
        (("entities", 1, 4), [["wood", 0]], "is from 1"),
        (("agents", 0, 0), 128, None),
        (("agents", 1, 0), 50, "something is in the way of the character"),
        (("agents", 0, 1), 128, "something is in the way"),
        (("agents", 0, 0), -1024, "something is in the way"),
        (("agents",), [[0, -512, [], 0]] * 17, "at most 16"),
        (("junk",), 1, "unknown key"),
        (("name",), "\0", "map.name"),
    ],
)
def test_maps_that_cannot_be(lua, path, value, says):
    layout = lua.require("gym.layout")
    found = lua.refusal(layout.read, lua.table(changed(path, value)), "map")
    if says is None:
        assert found is None
        return
    assert found and found[0] == "bad_request" and says in found[1], found


def test_mixing_is_the_engines(lua):
    from fz_multi.engine.digest import mix

    ours = lua.require("gym.mix")
    python = getattr(mix, "py_func", mix)
    for h in (1, 0, 2**32 - 1, 123_456_789):
        for value in (0, 1, -1, -256, 2**31, 2**32, 2**32 + 5, -(2**40), 2**53 - 1):
            assert ours(h, value) == python(h, value), (h, value)
