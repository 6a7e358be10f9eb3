"""The command set: what `parse` reads, what it refuses and with which words, and its numbers.

`parse` raises `CommandError` and nothing else, whatever value it is given; the text names what is
wrong and what is allowed.
"""

from __future__ import annotations

import json
import math
import pickle
from typing import Any

import numpy as np
import pytest

from fz_multi import commands
from fz_multi.commands import CODES, VERBS, Command, CommandError, parse
from fz_multi.engine.encode import WAIT_ROW, encode, explain, result_dict
from fz_multi.engine.tables import RESULT
from fz_multi.prototypes import load

NUMBERS = load()
HERE = {"x": 1.5, "y": -2}
AT = (384, -512)


def read(verb: Any, **params: Any) -> Command:
    return parse({"type": verb, "params": params}, NUMBERS)


def refusal(verb: Any, **params: Any) -> str:
    with pytest.raises(CommandError) as caught:
        read(verb, **params)
    return str(caught.value)


# -- what it reads ---------------------------------------------------------------------------------
READS = [
    ("WAIT", {}, {}),
    ("WAIT", {"ticks": 0}, {"ticks": 0}),
    ("MOVE", {"direction": "southwest"}, {"direction": 10}),
    ("MOVE", {"direction": "north", "tiles": 3}, {"direction": 0, "count": 3}),
    ("MOVE", {"direction": "east", "ticks": 30}, {"direction": 4, "ticks": 30}),
    ("MOVE", {"target": HERE}, {"target": AT}),
    ("MOVE", {"target": [1.5, -2], "method": "teleport"}, {"target": AT, "method": 1}),
    ("MINE", {"target": HERE, "count": 5}, {"target": AT, "count": 5}),
    ("MINE", {"target": HERE, "entity_name": "coal"}, {"target": AT, "name": "coal"}),
    ("MINE", {"area": [[-1, -1], [1.5, 2]]}, {"area": (-256, -256, 384, 512)}),
    (
        "MINE",
        {"area": {"left_top": HERE, "right_bottom": {"x": 2, "y": 0}}, "entity_name": "wood"},
        {"area": (384, -512, 512, 0), "name": "wood"},
    ),
    (
        "BUILD",
        {"entity": "stone-furnace", "position": HERE, "direction": "west"},
        {"name": "stone-furnace", "target": AT, "direction": 12},
    ),
    (
        "BUILD",
        {"entity": "iron-chest", "position": HERE},
        {"name": "iron-chest", "target": AT, "direction": 0},
    ),
    ("CRAFT", {"recipe": "pipe"}, {"name": "pipe", "count": 1}),
    ("CRAFT", {"recipe": "pipe", "count": 7}, {"name": "pipe", "count": 7}),
    (
        "INSERT",
        {"target": HERE, "item": "coal", "inventory": "fuel"},
        {"target": AT, "name": "coal", "inventory": 1},
    ),
    ("TAKE", {"target": HERE}, {"target": AT}),
    (
        "TAKE",
        {"target": HERE, "item": "coal", "count": 2, "inventory": "chest"},
        {"target": AT, "name": "coal", "count": 2, "inventory": 4},
    ),
    ("SET_RECIPE", {"target": HERE, "recipe": "pipe"}, {"target": AT, "name": "pipe"}),
    ("ROTATE", {"target": HERE}, {"target": AT}),
    ("ROTATE", {"target": HERE, "direction": "south"}, {"target": AT, "direction": 8}),
    ("PICK_UP", {}, {}),
    ("DROP", {"item": "coal"}, {"name": "coal", "count": 1}),
    ("DROP", {"item": "coal", "position": HERE}, {"name": "coal", "count": 1, "target": AT}),
    ("RESEARCH", {"technology": "automation"}, {"name": "automation"}),
    ("SAY", {"message": 254}, {"count": 254}),
    ("CANCEL", {}, {}),
    ("CANCEL", {"what": "craft"}, {"method": 2}),
    (
        "COMPOUND",
        {"commands": [{"type": "PICK_UP"}, {"type": "SAY", "params": {"message": 1}}]},
        {"commands": (Command("PICK_UP"), Command("SAY", count=1))},
    ),
]


@pytest.mark.parametrize(("verb", "params", "fields"), READS)
def test_reads(verb: str, params: dict[str, Any], fields: dict[str, Any]) -> None:
    command = {"type": verb, "params": params}
    expected = Command(verb, **fields)
    assert parse(command, NUMBERS) == expected
    assert parse(json.dumps(command), NUMBERS) == expected
    assert parse(json.dumps(command).encode(), NUMBERS) == expected
    assert parse(expected, NUMBERS) is expected
    assert pickle.loads(pickle.dumps(expected)) == expected


def test_every_verb_is_read_somewhere_above() -> None:
    assert {verb for verb, _, _ in READS} == set(VERBS)


@pytest.mark.parametrize("params", [{}, None])
def test_params_may_be_left_out(params: Any) -> None:
    assert parse({"type": "PICK_UP"}, NUMBERS) == Command("PICK_UP")
    assert parse({"type": "PICK_UP", "params": params}, NUMBERS) == Command("PICK_UP")
    assert read("WAIT", ticks=None) == Command("WAIT")


def test_whole_numbers_of_other_types() -> None:
    assert read("SAY", message=np.int64(3)) == Command("SAY", count=3)
    assert read("SAY", message=3.0) == Command("SAY", count=3)
    assert read("MOVE", target=(np.float32(0.5), np.int8(-1))).target == (128, -256)


@pytest.mark.parametrize(
    ("tiles", "units"), [(0.999, 255), (-0.001, -1), (1 / 256, 1), (-1e6, -256_000_000)]
)
def test_positions_are_cut_to_the_grid_downwards(tiles: float, units: int) -> None:
    assert read("MOVE", target=[tiles, 0]).target == (units, 0)


# -- what it refuses, and how ----------------------------------------------------------------------
@pytest.mark.parametrize("verb", ["FLY", "move", "", "WAIT\0", 3, True, [], {}, "x" * 10_000])
def test_unknown_verbs(verb: Any) -> None:
    words = refusal(verb)
    assert "unknown command type" in words
    for name in VERBS:
        assert name in words
    assert len(words) < 400


def test_a_missing_verb() -> None:
    with pytest.raises(CommandError, match=r"unknown command type None.*allowed: WAIT"):
        parse({}, NUMBERS)


def test_near_names_are_offered() -> None:
    assert "did you mean PICK_UP" in refusal("PICKUP")
    assert "did you mean direction" in refusal("MOVE", directoin="north")
    assert "did you mean stone-furnace" in refusal("BUILD", entity="stonefurnace", position=HERE)
    assert "did you mean iron-plate" in refusal("DROP", item="Iron-Plate")
    assert "did you mean north" in refusal("MOVE", direction="nroth")


@pytest.mark.parametrize("command", [None, 3, [], ["WAIT"], True, 1.5, ("WAIT",), object()])
def test_what_is_no_object(command: Any) -> None:
    with pytest.raises(CommandError, match=r'a command is an object \{"type"'):
        parse(command, NUMBERS)


@pytest.mark.parametrize("params", [[], "x", 3, True])
def test_params_that_are_no_object(params: Any) -> None:
    with pytest.raises(CommandError, match="WAIT: params is an object, got"):
        parse({"type": "WAIT", "params": params}, NUMBERS)


def test_unknown_keys_and_parameters_name_the_known_ones() -> None:
    with pytest.raises(CommandError, match="unknown key 'agent'; allowed: type, params"):
        parse({"type": "WAIT", "agent": "agent_0"}, NUMBERS)
    assert "allowed: target, item, count, inventory" in refusal("INSERT", where=HERE)
    assert "unknown parameter 'n'; allowed: none" in refusal("PICK_UP", n=1)


@pytest.mark.parametrize("verb", VERBS)
def test_missing_parameters(verb: str) -> None:
    required = [param.name for param in VERBS[verb].params if param.required]
    if required:
        assert refusal(verb) == f"{verb}: {required[0]} is missing"
        assert "is missing" in refusal(verb, **{required[0]: None})
    elif verb in ("MOVE", "MINE"):
        assert "give either" in refusal(verb)
    else:
        assert read(verb) == Command(verb)


NOT_WHOLE = [True, False, 1.5, math.nan, math.inf, -math.inf, "1", [1], {}, object(), int, 1j]
OUT_OF_RANGE = [-1, 10**9, 1e300, 10**400, 10**5000, -(10**5000), 2**63]
COUNTS = [
    ("SAY", "message", {}, "from 0 to 254"),
    ("WAIT", "ticks", {}, "from 0 to 10000000"),
    ("CRAFT", "count", {"recipe": "pipe"}, "from 1 to 1000000"),
    ("MOVE", "tiles", {"direction": "north"}, "from 1 to 1000000"),
]


@pytest.mark.parametrize(("verb", "name", "others", "range_"), COUNTS)
def test_numbers(verb: str, name: str, others: dict[str, Any], range_: str) -> None:
    for value in NOT_WHOLE:
        assert f"{verb}: {name} is a whole number, got" in refusal(verb, **{name: value}, **others)
    for value in OUT_OF_RANGE:
        words = refusal(verb, **{name: value}, **others)
        assert f"{verb}: {name} is {range_}, got" in words
        assert len(words) < 200


def test_limits_of_numbers() -> None:
    assert refusal("SAY", message=255).endswith("from 0 to 254, got 255")
    assert refusal("CRAFT", recipe="pipe", count=0).endswith("from 1 to 1000000, got 0")
    assert read("WAIT", ticks=10_000_000).ticks == 10_000_000


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 1e7, -1e300, 10**400, True, "1", None, [], 1j, float]
)
def test_coordinates(value: Any) -> None:
    for position in ({"x": value, "y": 0}, [0, value]):
        words = refusal("MOVE", target=position)
        assert words.startswith("MOVE: target.")
        assert "tiles, got" in words
        assert len(words) < 200


@pytest.mark.parametrize(
    "position", [3, "0,0", [], [1], [1, 2, 3], {}, {"x": 1}, {"x": 1, "y": 2, "z": 3}, True]
)
def test_positions(position: Any) -> None:
    assert 'BUILD: position is {"x": ..., "y": ...}' in refusal(
        "BUILD", entity="pipe", position=position
    )


@pytest.mark.parametrize(
    ("area", "words"),
    [
        ([[0, 0]], "area is [[x, y], [x, y]] (left top, right bottom)"),
        ("all", "area is [[x, y], [x, y]]"),
        ({"left_top": [0, 0]}, "area is [[x, y], [x, y]]"),
        ([[0, 0], [1, math.nan]], "area.right_bottom.y is a finite number"),
        ([[1, 0], [0, 0]], "left top corner lies right of or below"),
        ([[0, 1], [0, 0]], "left top corner lies right of or below"),
    ],
)
def test_areas(area: Any, words: str) -> None:
    assert words in refusal("MINE", area=area)


@pytest.mark.parametrize(
    ("verb", "name", "others", "kind"),
    [
        ("BUILD", "entity", {"position": HERE}, "entity"),
        ("MINE", "entity_name", {"target": HERE}, "mineable"),
        ("CRAFT", "recipe", {}, "recipe"),
        ("SET_RECIPE", "recipe", {"target": HERE}, "recipe"),
        ("DROP", "item", {}, "item"),
        ("INSERT", "item", {"target": HERE}, "item"),
        ("TAKE", "item", {"target": HERE}, "item"),
        ("RESEARCH", "technology", {}, "technology"),
    ],
)
def test_names(verb: str, name: str, others: dict[str, Any], kind: str) -> None:
    shown = "entity" if kind == "mineable" else kind
    for value in ("", "unobtainium", "coal\0", "Coal ", "x" * 100_000):
        words = refusal(verb, **{name: value}, **others)
        assert f"{verb}: {name}: no {shown} is called" in words
        assert len(words) < 250
    for value in (3, True, ["coal"], {"name": "coal"}, math.nan):
        words = refusal(verb, **{name: value}, **others)
        assert f"{verb}: {name} is the name of" in words


@pytest.mark.parametrize(
    ("verb", "name", "others", "allowed"),
    [
        ("MOVE", "direction", {}, commands.DIRECTIONS),
        ("MOVE", "method", {"direction": "north"}, commands.METHODS),
        ("BUILD", "direction", {"entity": "pipe", "position": HERE}, commands.CARDINALS),
        ("ROTATE", "direction", {"target": HERE}, commands.CARDINALS),
        ("INSERT", "inventory", {"target": HERE, "item": "coal"}, commands.INVENTORIES),
        ("TAKE", "inventory", {"target": HERE}, commands.INVENTORIES),
        ("CANCEL", "what", {}, commands.CANCELS),
    ],
)
def test_choices_name_what_is_allowed(
    verb: str, name: str, others: dict[str, Any], allowed: dict[str, int]
) -> None:
    for value in ("up", "North", "", 4, True, [], {}, math.nan, "x" * 10_000):
        words = refusal(verb, **{name: value}, **others)
        assert words.startswith(f"{verb}: {name}: unknown value")
        assert words.endswith("allowed: " + ", ".join(allowed))
        assert len(words) < 300


def test_parameters_that_exclude_each_other() -> None:
    assert "either direction or target" in refusal("MOVE", direction="north", target=HERE)
    assert "teleport needs a target" in refusal("MOVE", direction="north", method="teleport")
    assert "tiles goes with direction" in refusal("MOVE", target=HERE, tiles=3)
    assert "tiles or ticks, not both" in refusal("MOVE", direction="north", tiles=3, ticks=3)
    assert "either target or area" in refusal("MINE", target=HERE, area=[HERE, HERE])


def test_a_compound_in_a_compound() -> None:
    inner = {"type": "COMPOUND", "params": {"commands": [{"type": "WAIT"}]}}
    words = refusal("COMPOUND", commands=[{"type": "WAIT"}, inner])
    assert words == ("COMPOUND: commands[1]: a COMPOUND inside a COMPOUND is not allowed")


# -- numbers that kernels and mod share ------------------------------------------------------------
def test_numbers_on_the_wire_are_stable() -> None:
    """A server and a client of different versions must mean the same: append, never reorder."""
    verbs = "WAIT MOVE MINE BUILD CRAFT INSERT TAKE SET_RECIPE ROTATE PICK_UP DROP RESEARCH SAY"
    assert [*verbs.split(), "CANCEL", "COMPOUND"] == [
        commands.VERB_NAMES[number] for number in range(len(VERBS))
    ]
    assert all(VERBS[name].number == number for number, name in commands.VERB_NAMES.items())
    assert CODES[:6] == (
        "ok",
        "running",
        "unknown_agent",
        "out_of_map",
        "out_of_reach",
        "nothing_there",
    )
    assert len(set(CODES)) == len(CODES) == 31


def test_the_table_of_verbs_is_complete() -> None:
    for verb in VERBS.values():
        assert verb.doc.endswith(".")
        for param in verb.params:
            assert (param.kind == "choice") == (param.choices is not None)
            assert param.default is None or param.choices is None or param.default in param.choices


def test_names_become_ids() -> None:
    row = WAIT_ROW.copy()[0]
    encode(read("MINE", target=HERE, entity_name="wood"), row, NUMBERS)
    assert (row["name"], row["x"], row["y"]) == (-NUMBERS.item_id("wood"), *AT)
    encode(read("MINE", target=HERE, entity_name="iron-ore"), row, NUMBERS)
    assert row["name"] == NUMBERS.entity_id("iron-ore")  # the deposit, and its items on the ground
    encode(read("MINE", area=[[0, 1], [2, 3]]), row, NUMBERS)
    assert [row[n] for n in ("x", "y", "x2", "y2", "has_area")] == [0, 256, 512, 768, 1]
    encode(read("RESEARCH", technology="automation"), row, NUMBERS)
    assert row["name"] == NUMBERS.technology_id("automation")


@pytest.mark.parametrize("code", [c for c in CODES[2:27] if c != "unknown_agent"])
def test_each_refusal_is_explained(code: str) -> None:
    result = np.zeros(1, RESULT)[0]
    result["verb"], result["code"] = VERBS["TAKE"].number, CODES.index(code)
    if code != "unknown_technology":
        assert explain(code) != code
        assert result_dict(result)["detail"] == f"TAKE: {explain(code)}"
