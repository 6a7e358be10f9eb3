"""The mod's reading of commands: the same verbs, parameters, bounds and numbers as commands.py."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from fz_multi import commands
from fz_multi.commands import CommandError
from fz_multi.prototypes import load

sys.path.insert(0, str(Path(__file__).parent))

from lua_modules import Lua

PROTOTYPES = load()
CHOICES = {
    "METHODS": commands.METHODS,
    "CANCELS": commands.CANCELS,
    "INVENTORIES": commands.INVENTORIES,
    "DIRECTIONS": commands.DIRECTIONS,
}


@pytest.fixture(scope="module")
def lua():
    return Lua()


@pytest.fixture(scope="module")
def module(lua):
    return lua.require("gym.commands")


@pytest.fixture(scope="module")
def data(lua):
    return lua.require("gym.data")


def wire(command: commands.Command) -> dict:
    """The wire form of a command: what is not the default."""
    out: dict = {"verb": command.verb}
    for name, absent in (
        ("name", ""),
        ("direction", -1),
        ("count", 0),
        ("ticks", -1),
        ("inventory", 0),
        ("method", 0),
    ):
        value = getattr(command, name)
        if value != absent or (name == "count" and command.verb == "SAY"):
            out[name] = value
    if command.target is not None:
        out["x"], out["y"] = command.target
    if command.area is not None:
        out["x"], out["y"], out["x2"], out["y2"] = command.area
    if command.commands:
        out["commands"] = [wire(part) for part in command.commands]
    return out


def test_verbs_parameters_and_codes_are_those_of_commands_py(module, data):
    assert dict(data.verbs.items()) == {v.name: v.number for v in commands.VERBS.values()}
    assert dict(data.codes.items()) == commands.CODE_NUMBER
    assert set(module.PARAMS.keys()) == set(commands.VERBS)
    for verb in commands.VERBS.values():
        own = module.PARAMS[verb.name]
        assert set(own.keys()) == {param.name for param in verb.params}, verb.name
        required = module.REQUIRED[verb.name]
        assert set(required.values() if required else ()) == {
            param.name for param in verb.params if param.required
        }
    for name, choices in CHOICES.items():
        assert dict(module[name].items()) == dict(choices), name


def test_defaults_are_those_of_commands_py(module):
    fields = {"method": "method", "direction": "direction", "inventory": "inventory"}
    for verb in commands.VERBS.values():
        for param in verb.params:
            default = param.default
            if param.choices is not None and isinstance(default, str):
                default = param.choices[default]
            own = module.PARAMS[verb.name][param.name]
            assert own[3] == default, (verb.name, param.name)
            assert own[1] in {*fields, "name", "count", "ticks", "target", "area", "commands"}


def test_limits_are_those_of_commands_py(data):
    limits = data.limits
    assert limits.coordinate == commands.MAX_COORDINATE
    assert limits.count == commands.MAX_COUNT
    assert limits.ticks == commands.MAX_TICKS
    assert limits.message == commands.MAX_MESSAGE
    assert limits.compound == commands.MAX_COMPOUND


def random_value(rng: random.Random, param: commands.Param, depth: int):
    """A value of a parameter, right or wrong."""
    if rng.random() < 0.03:
        return rng.choice([-1, 0.5, "", "nothing", [], {}, 10**12, True])
    kind = param.kind
    names = {
        "entity": ["stone-furnace", "iron-ore", "lab", "iron-plate"],
        "mineable": ["iron-ore", "iron-plate", "tree-01", "plate"],
        "item": ["iron-plate", "coal", "iron-ores"],
        "recipe": ["iron-gear-wheel", "iron-plate", "gear"],
        "technology": ["automation", "steam"],
    }
    if kind in names:
        return rng.choice(names[kind])
    if kind == "position":
        return [rng.uniform(-9, 9), rng.choice([0, 1_000_000, -1_000_000, 3.25])]
    if kind == "area":
        return [[0, 0], [rng.randint(-1, 4), 4]]
    if kind == "choice":
        return rng.choice([*param.choices, "up"])
    if kind == "list":
        return [random_command(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 3, 64, 65]))]
    return rng.choice([0, 1, 2, 254, 255, 1_000_000, 1_000_001, 10_000_000, 10_000_001])


def random_command(rng: random.Random, depth: int = 0) -> dict:
    verb = rng.choice(list(commands.VERBS.values()))
    if depth and verb.name == "COMPOUND" and rng.random() < 0.9:
        verb = commands.VERBS["WAIT"]
    params = {
        param.name: random_value(rng, param, depth)
        for param in verb.params
        if rng.random() < (0.97 if param.required else 0.4)
    }
    return {"type": verb.name, "params": params}


@pytest.mark.parametrize("seed", range(4))
def test_what_python_reads_the_mod_reads_alike(lua, module, seed):
    rng = random.Random(seed)
    read = 0
    for _ in range(2_000):
        try:
            command = commands.parse(random_command(rng), PROTOTYPES)
        except CommandError:
            continue
        read += 1
        parsed = module.parse(lua.table(wire(command)))
        parsed = parsed[0] if isinstance(parsed, tuple) else parsed
        assert parsed is not None, (command, parsed)
        check_equal(parsed, command)
    assert read > 300


def check_equal(parsed, command: commands.Command) -> None:
    assert parsed.verb == commands.VERBS[command.verb].number
    assert (parsed.name or "") == command.name
    for name in ("direction", "ticks", "inventory", "method"):
        assert parsed[name] == getattr(command, name), (name, command)
    assert parsed.count == command.count, command
    if command.target is not None:
        assert parsed.target and (parsed.x, parsed.y) == command.target
    elif command.area is not None:
        assert parsed.area and (parsed.x, parsed.y, parsed.x2, parsed.y2) == command.area
    else:
        assert not parsed.target and not parsed.area
    if command.verb == "MINE":
        assert bool(parsed.ground) == (
            bool(command.name) and command.name not in PROTOTYPES.entities
        )
    for own, part in zip(
        parsed.commands.values() if parsed.commands else (), command.commands, strict=False
    ):
        check_equal(own, part)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (3, "a command is an object, got 3"),
        ([], "unknown verb nothing; allowed: WAIT, MOVE, MINE"),
        ([1], "a command is an object, got a list"),
        ({"verb": "FLY"}, 'unknown verb "FLY"; allowed: WAIT, MOVE'),
        ({"verb": "WAIT", "speed": 1}, 'WAIT: unknown key "speed"'),
        ({"verb": "WAIT", "name": "coal"}, "WAIT: unknown parameter name"),
        ({"verb": "WAIT", "x": 1, "y": 2}, "WAIT: unknown key x"),
        ({"verb": "WAIT", "ticks": 0.5}, "WAIT: ticks is a whole number, got 0.5"),
        ({"verb": "WAIT", "ticks": 10_000_001}, "WAIT: ticks is from 0 to 10000000"),
        ({"verb": "MOVE"}, "MOVE: give either direction or target"),
        ({"verb": "MOVE", "direction": 4, "x": 0, "y": 0}, "MOVE: give either direction or target"),
        ({"verb": "MOVE", "direction": 3}, "MOVE: direction is one of 0, 2, 4"),
        ({"verb": "MOVE", "direction": 4, "method": 1}, "MOVE: method teleport needs a target"),
        ({"verb": "MOVE", "x": 0, "y": 0, "count": 2}, "tiles goes with direction"),
        ({"verb": "MOVE", "direction": 4, "count": 2, "ticks": 2}, "give tiles or ticks, not both"),
        ({"verb": "MOVE", "x": 0}, "MOVE: y is a whole number, got nothing"),
        ({"verb": "MOVE", "x": 256_000_001, "y": 0}, "MOVE: x is from -256000000 to 256000000"),
        ({"verb": "MINE"}, "MINE: give either target or area"),
        ({"verb": "MINE", "x": 5, "y": 0, "x2": 4, "y2": 0}, "the left top corner lies right of"),
        ({"verb": "MINE", "x": 0, "y": 0, "name": "ore"}, 'no entity is called "ore"'),
        ({"verb": "BUILD", "x": 0, "y": 0}, "BUILD: entity is missing"),
        ({"verb": "BUILD", "name": "iron-plate", "x": 0, "y": 0}, "no entity is called"),
        ({"verb": "BUILD", "name": "lab", "x": 0, "y": 0, "direction": 2}, "one of 0, 4, 8, 12"),
        ({"verb": "CRAFT", "name": "lab", "count": -1}, "CRAFT: count is from 1 to 1000000"),
        ({"verb": "SAY", "count": 255}, "SAY: message is from 0 to 254"),
        ({"verb": "TAKE", "x": 0, "y": 0, "inventory": 5}, "TAKE: inventory is from 0 to 4"),
        ({"verb": "TAKE", "x": 0, "y": 0, "x2": 1, "y2": 1}, "TAKE: unknown key x2"),
        ({"verb": "RESEARCH", "name": "magic"}, 'no technology is called "magic"'),
        ({"verb": "COMPOUND"}, "COMPOUND: commands is missing"),
        ({"verb": "COMPOUND", "commands": []}, "COMPOUND: commands is a list of 1 to 64"),
        ({"verb": "COMPOUND", "commands": [{"verb": "FLY"}]}, "commands[0]: unknown verb"),
        (
            {
                "verb": "COMPOUND",
                "commands": [{"verb": "COMPOUND", "commands": [{"verb": "WAIT"}]}],
            },
            "a COMPOUND inside a COMPOUND is not allowed",
        ),
        ({"verb": "COMPOUND", "commands": [{"verb": "WAIT"}] * 65}, "at most 64 are allowed"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(lua, module, raw, says):
    parsed, text = module.parse(lua.table(raw))
    assert parsed is None
    assert says in text


def test_a_command_without_defaults_gets_those_of_commands_py(lua, module):
    parsed = module.parse(lua.table({"verb": "CRAFT", "name": "iron-gear-wheel"}))
    parsed = parsed[0] if isinstance(parsed, tuple) else parsed
    assert parsed.count == 1
    built = module.parse(lua.table({"verb": "BUILD", "name": "lab", "x": 0, "y": 0}))
    built = built[0] if isinstance(built, tuple) else built
    assert built.direction == 0
