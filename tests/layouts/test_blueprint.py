"""Blueprint strings become worlds with a list of what was left out, and worlds become strings."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fz_multi.engine import World
from fz_multi.layouts import BlueprintError, LayoutError, from_blueprint, report
from fz_multi.layouts.blueprint import read
from fz_multi.layouts.codec import encode

V1 = 1 << 48 | 1 << 32 | 110 << 16  # 1.1.110
V2 = 2 << 48 | 77 << 16  # 2.0.77
ORE = {"burner-mining-drill": "iron-ore"}

# A smelting line: a drill drops onto a belt, an arm fills a furnace, another a chest. The same
# layout as a game of 1.1 and one of 2.0 write it, far from the origin.
SMELTER_1 = (
    "0eNqllGGPmzAMhv+LP5NTkwKl/JVTNQXwiqWQoCTsVlX89yW046a7dDe6jyH4eW3Hfq/QqAlHS9pDfQVqjXZQv17"
    "B0VlLFb/5y4hQA3kcIAMth3hy3mhk3yerZYswZ0C6w59Q8/mUAWpPnvAGWg6Xb3oaGrThhxXRhGC0bCBN+sw6S0o"
    "F/mhciDU6Kgce4/yYwQXqfc6DSkcW29u1mLNPcLHCvZXajcZ61qDySe7hpbiTdy/F1+z9Fna5jZ1vYRfb2MUWdv6"
    "YnSfY5XNs/i/sw8dBIe3Q+nD1d7gI8ASuejC6SdgdladAxyfzKtJ58d3KezOmQ83aHt1XHSyXDjYyFpaCvm+ZG6R"
    "SDFVotaWWjUala+Yre7+wNdK5b8xk4xZzcUqpiP9QKRMqPKnyvnjSORwaFe1ikG1P4RlFSmZXrTL5IhMGjW4mZo1"
    "mZ5SWvfWI0W+irbkY6UbEjg2mm0LuYZOikS2eV/9hkRkoGQZ8qTjM+fLoP9C62/ZVPD8cxaGqqvIYm+NJ3U3wU4p"
    "i93vP5g+DOUrfQ+zD4xj+RIxIx5zm+RdF9O9J"
)
SMELTER_2 = (
    "0eNql1OFuozAMAOB38e9kKhRo4VWmagrgtdEFByXpuqri3WdgR0936e3YSQgJiD+McXyD2pyxd5oCVDfQjSUP1fM"
    "NvD6SMuM9Uh1CBT5YQvl6dqQahEGAphbfoUqGgwCkoIPGOXS6uL7QuavR8QLxk6g5GJ3sNGk6ytZpY0BAbz3HWhr"
    "fxZ5MklLAFaptlvBbWu2wmR9ng/gDTxc8OEW+ty7IGk2Iurun/FPePOVf29s1drHOztbY+To7X2Nnj+19xC6+Zyf"
    "/Yu9+bxRNHl3gR3/HU8Yj3F7EWzeKfVJZDCq/mVcezyvZLN7F2hZJNif0X1WwmCpYKxevXXLfZb5Txkg0XGqnG9l"
    "bE//mZLG3DxJN/8MsHpj3TaW8x6424yjoVHPS/IvSGLrZL2g2FYGbSPejoJ0leUTl5OWEOM4SHbCbh5Buf51dPWI"
    "rO9uezTy65mW8il40vXGO1l3nsPsV94QPqvkB1WY4DHwc5sCxD5aZKcAo7v+pRLwNpp54Q+enD8iLtMzKMt9nxY5"
    "PAi68Acb0nvl35YLrmx9Y/gDi9cjM"
)
STANDS = [
    ("burner-mining-drill", "east"), *[("transport-belt", "east")] * 3,
    *[("transport-belt", "south")] * 2, ("burner-inserter", "north"), ("stone-furnace", "north"),
    ("burner-inserter", "north"), ("wooden-chest", "north"),
]  # fmt: skip


def blueprint(*entities: Any, version: Any = V2, **more: Any) -> dict[str, Any]:
    """The data of a blueprint; an entity is (name, x, y, direction) or a whole object."""
    listed = [
        e if not isinstance(e, tuple) else {
            "entity_number": number, "name": e[0], "position": {"x": e[1], "y": e[2]},
            **({"direction": e[3]} if len(e) > 3 else {}),
        }
        for number, e in enumerate(entities, 1)
    ]  # fmt: skip
    return {"blueprint": {"item": "blueprint", "entities": listed, "version": version, **more}}


def stands(world: World) -> list[tuple[str, str]]:
    return [(e["name"], e["direction"]) for e in world.entities()]


# -- reading ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("string", [SMELTER_1, SMELTER_2], ids=["1.1", "2.0"])
def test_a_smelting_line_stands_and_runs(string: str) -> None:
    """Both ways of counting directions give the same factory, and it makes plates."""
    world, unusable = World.from_blueprint(string, deposits=ORE, amount=300)
    assert stands(world) == STANDS
    assert {d["amount"] for d in world.resources()} == {300}
    assert [e["unit_number"] for e in world.entities()] == list(range(1, 11))
    for handle in world.handles():
        if world.entity(handle)["name"] not in ("transport-belt", "wooden-chest"):
            world.insert(handle, "coal", 5)
    world.advance(3000)
    assert world.entity(world.handles()[-1])["inventories"]["chest"]["iron-plate"] >= 2
    refused = [thing for thing in unusable if thing.position]
    assert [(thing.name, thing.position, thing.why) for thing in refused] == [
        ("small-electric-pole", (-111.5, 343.5), "not modelled yet"),
        ("small-electric-pole", (-111.5, 346.5), "not modelled yet"),
        ("assembling-machine-2", (-108.5, 344.5), "not modelled yet"),
    ]


def test_settings_that_are_lost_are_named_once_with_their_number() -> None:
    settings = {
        string: {t.name: t.count for t in World.from_blueprint(string, deposits=ORE)[1]
                 if not t.position}
        for string in (SMELTER_1, SMELTER_2)
    }  # fmt: skip
    both = {"bar": 1, "recipe": 1, "items": 1}
    assert settings[SMELTER_1] == {**both, "neighbours": 2, "tiles": 3}
    assert settings[SMELTER_2] == {**both, "wires": 1}
    text = report(World.from_blueprint(SMELTER_1)[1])
    assert "2 x small-electric-pole, first at (-111.5, 343.5): not modelled yet" in text
    assert "tiles (3 times): tiles are not laid" in text


def test_the_built_says_where_things_are() -> None:
    built = from_blueprint(SMELTER_2).build(deposits=ORE, margin=3)
    header = built.world.batch.full.header[0, 0]
    assert (int(header.width), int(header.height)) == (7 + 6, 7 + 6)
    drill = built.world.entity(built.handle("1"))
    dx, dy = built.offset
    assert drill["position"] == (-119 + dx, 341 + dy) == built.points["1"]
    with pytest.raises(LayoutError, match="'11' names no entity"):
        built.handle("11")


def test_the_numbers_give_the_order_of_building() -> None:
    data = blueprint(("iron-chest", 2.5, 0.5), ("wooden-chest", 0.5, 0.5))
    first, second = data["blueprint"]["entities"]
    first["entity_number"], second["entity_number"] = 40, 7
    built = read(data).build()
    assert [name for name, _ in stands(built.world)] == ["wooden-chest", "iron-chest"]
    assert list(built.handles) == ["7", "40"]


@pytest.mark.parametrize(
    ("version", "numbers"),
    [(V1, (0, 2, 4, 6)), (0, (0, 2, 4, 6)), (V2, (0, 4, 8, 12)), (V2, (0.0, 4.0, 8.0, 12.0))],
)
def test_directions_are_those_of_the_version(version: int, numbers: tuple[Any, ...]) -> None:
    belts = [("transport-belt", x + 0.5, 0.5, turn) for x, turn in enumerate(numbers)]
    built = read(blueprint(*belts, version=version)).build()
    assert [side for _, side in stands(built.world)] == ["north", "east", "south", "west"]
    missing = [thing.why for thing in built.unusable if thing.name == "version"]
    assert missing == ([] if version else ["it is missing: directions are read as those of 1.x"])


def test_a_diagonal_belt_cannot_be_used() -> None:
    built = read(blueprint(("transport-belt", 0.5, 0.5, 1), version=V1)).build()
    assert [str(t) for t in built.unusable] == [
        "transport-belt at (0.5, 0.5): direction 2 of 16 is diagonal"
    ]


def test_drills_need_a_deposit() -> None:
    data = blueprint(("burner-mining-drill", 1, 1, 4), ("burner-mining-drill", 5, 1, 8))
    built = read(data).build()
    assert [t.why.split(",")[0] for t in built.unusable] == ["needs a deposit"] * 2
    assert not built.world.resources()
    built = read(data).build(deposits={"burner-mining-drill": "coal", 2: "stone"}, amount=7)
    assert not built.unusable
    found = built.world.resources()
    assert sorted({(d["name"], d["amount"]) for d in found}) == [("coal", 7), ("stone", 7)]
    assert len(found) == 8


def test_what_is_in_the_way_cannot_be_used() -> None:
    """The first one stays, and the second leaves no ore behind."""
    data = blueprint(
        ("stone-furnace", 1, 1), ("burner-mining-drill", 2, 1), ("iron-chest", 0.5, 0.5),
        ("cheast", 9.5, 0.5), ("crude-oil", 3.5, 0.5),
    )  # fmt: skip
    built = read(data).build(deposits=ORE)
    assert stands(built.world) == [("stone-furnace", "north")]
    assert not built.world.resources()
    assert [t.name for t in built.unusable] == [
        "burner-mining-drill", "iron-chest", "cheast", "crude-oil"
    ]  # fmt: skip


def test_a_book_opens_at_the_page_asked_for() -> None:
    def page(name: str) -> dict[str, Any]:
        return blueprint((name, 0.5, 0.5), label=name)

    pages = [
        {"upgrade_planner": {"item": "upgrade-planner"}, "index": 0},
        page("iron-chest"),
        {"blueprint_book": {"blueprints": [page("wooden-chest")], "active_index": 0}},
        page("steel-chest"),
    ]
    book = encode({"blueprint_book": {"item": "blueprint-book", "blueprints": pages}})
    for index, name in ((None, "iron-chest"), (1, "wooden-chest"), (2, "steel-chest")):
        world, unusable = World.from_blueprint(book, index)
        assert stands(world) == [(name, "north")]
        assert [(t.name, t.count) for t in unusable] == [("blueprint_book", 2)]
    with pytest.raises(BlueprintError, match="from 0 to 2, got 3; there are: 0 'iron-chest', 1"):
        World.from_blueprint(book, 3)


def test_line_breaks_in_a_pasted_string_do_not_matter() -> None:
    broken = "\n".join([SMELTER_1[:50], "  " + SMELTER_1[50:], ""])
    assert stands(World.from_blueprint(broken, deposits=ORE)[0]) == STANDS


# -- writing ---------------------------------------------------------------------------------------
def test_a_world_becomes_a_string_and_comes_back() -> None:
    world, _ = World.from_blueprint(SMELTER_1, deposits=ORE)
    string = world.to_blueprint("again")
    again, unusable = World.from_blueprint(string, deposits=ORE)
    assert not unusable
    assert again.draw() == world.draw().replace(
        world.draw().splitlines()[0], again.draw().splitlines()[0]
    )
    assert from_blueprint(string).label == "again"
    assert from_blueprint(string).version == (2, 0, 77)
    data = json.loads(zlib.decompress(base64.b64decode(string[1:])))
    assert data["blueprint"]["entities"][0] == {
        "entity_number": 1,
        "name": "burner-mining-drill",
        "position": {"x": -2.0, "y": -2.0},
        "direction": 4,
    }


def test_only_what_people_build_is_in_the_string() -> None:
    world = World.from_text("T.C\nRR.\nRR.")
    built = from_blueprint(world.to_blueprint()).build()
    assert stands(built.world) == [("wooden-chest", "north")]
    assert stands(from_blueprint(World(4, 4).to_blueprint()).build().world) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["transport-belt", "burner-inserter", "stone-furnace", "iron-chest"]),
            st.integers(-9, 9),
            st.integers(-9, 9),
            st.sampled_from([0, 4, 8, 12]),
        ),
        max_size=20,
    )
)
def test_any_world_of_buildings_comes_back(wanted: list[tuple[str, int, int, int]]) -> None:
    parts = [(name, x + 0.5, y + 0.5, turn) for name, x, y, turn in wanted]
    one = read(blueprint(*parts)).build()
    two = from_blueprint(one.world.to_blueprint()).build()
    assert not two.unusable
    assert stands(two.world) == stands(one.world)
    dx, dy = two.offset
    for a, b in zip(one.world.entities(), two.world.entities(), strict=True):
        assert (a["position"][0] + dx, a["position"][1] + dy) == b["position"]


# -- mistakes --------------------------------------------------------------------------------------
def packed(raw: bytes) -> str:
    return "0" + base64.b64encode(zlib.compress(raw)).decode()


GOOD = packed(b'{"blueprint":{}}')
STRINGS: list[tuple[Any, str]] = [
    (None, "a blueprint is a string, got None"),
    (b"0eN", "a blueprint is a string"),
    ("", "is empty"),
    ("1" + GOOD[1:], "begins with its version, allowed: '0'; got '1'"),
    ("{}", "got '{'"),
    ("0***", "base64"),
    ("0é", "base64"),
    ("0" + base64.b64encode(b"not packed at all").decode(), "zlib"),
    ("0" + base64.b64encode(zlib.compress(b"{}" * 99)[:-5]).decode(), "cut short"),
    ("0" + base64.b64encode(zlib.compress(b"{}") + b"more").decode(), "4 bytes follow"),
    (packed(b"{"), "no valid JSON"),
    (packed(b"\xff\xfe"), "no valid JSON"),
    (packed(b"9" * 9999), "no valid JSON"),
    (packed(b"[" * 100_000), "nested too deeply"),
    (packed(b"[]"), "holds a JSON object, got []"),
    (packed(b" " * ((64 << 20) + 1)), "unpacks to at most"),
    (packed(b"{}"), "holds a blueprint or a blueprint_book, got 'nothing'"),
    (packed(b'{"deconstruction_planner":{}}'), "got 'deconstruction_planner'"),
    (packed(b'{"blueprint_book":{}}'), "the blueprint book is empty"),
]


@pytest.mark.parametrize(("string", "text"), STRINGS, ids=lambda value: str(value)[:30])
def test_a_string_that_is_no_blueprint_is_refused(string: Any, text: str) -> None:
    with pytest.raises(BlueprintError) as error:
        World.from_blueprint(string)
    assert text in str(error.value)


def one(**changes: Any) -> dict[str, Any]:
    entity = {"entity_number": 1, "name": "iron-chest", "position": {"x": 0.5, "y": 0.5}, **changes}
    return blueprint({key: value for key, value in entity.items() if value is not ...})


DATA: list[tuple[Any, str]] = [
    ({"blueprint": []}, "blueprint is an object"),
    ({"blueprint_book": []}, "blueprint_book has a list of blueprints"),
    ({"blueprint_book": {"blueprints": [3]}}, "blueprint_book.blueprints[0]. is an object"),
    (blueprint(version="2.0"), "blueprint.version is a 64 bit number, got '2.0'"),
    (blueprint(version=-1), "version is a 64 bit number"),
    (blueprint(entities=5), "blueprint.entities is a list, got 5"),
    (blueprint(5), "entities[0] is an object, got 5"),
    (one(entity_number=...), "entities[0].entity_number is a whole number from 1, got None"),
    (one(entity_number=True), "entity_number is a whole number"),
    (one(name=5), "name is the name of an entity, got 5"),
    (one(position=[0, 0]), 'position is {"x": ..., "y": ...}'),
    (one(position={"x": "0", "y": 0}), "position.x is a number of tiles"),
    (one(position={"x": 0, "y": float("nan")}), "position.y is a number of tiles"),
    (one(position={"x": 10**400, "y": 0}), "position.x is a number of tiles"),
    (one(direction=16), "direction is a whole number from 0 to 15 (version 2.0), got 16"),
    (one(direction="north"), "got 'north'"),
    (blueprint(one()["blueprint"]["entities"][0], *one()["blueprint"]["entities"]), "there twice"),
]


@pytest.mark.parametrize(("data", "text"), DATA, ids=lambda value: str(value)[:40])
def test_wrong_types_inside_are_named(data: Any, text: str) -> None:
    with pytest.raises(BlueprintError) as error:
        World.from_blueprint(encode(data))
    assert text in str(error.value)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"deposits": {"burner-mining-dril": "coal"}}, "burner-mining-drill"),
        ({"deposits": {"iron-chest": "coal"}}, "neither a drill's name nor an entity_number"),
        ({"deposits": {99: "coal"}}, "neither a drill's name"),
        ({"deposits": {"burner-mining-drill": "iron-chest"}}, "'iron-chest' is no resource"),
        ({"deposits": "coal"}, "deposits is a mapping"),
        ({"amount": 0}, "amount is a whole number"),
        ({"margin": -1}, "margin is a whole number"),
        ({"margin": 9999}, "width is from 1 to 4096"),
        ({"size": 5}, "size is (width, height)"),
    ],
    ids=str,
)
def test_wrong_options_are_named(options: dict[str, Any], text: str) -> None:
    with pytest.raises(LayoutError) as error:
        World.from_blueprint(SMELTER_1, **options)
    assert text in str(error.value)


def test_two_things_far_apart_do_not_fill_the_memory() -> None:
    far = blueprint(("iron-chest", 0.5, 0.5), ("iron-chest", 900_000.5, 0.5))
    with pytest.raises(LayoutError, match="spans 900001 x 1 tiles; 1024 a side are allowed"):
        read(far).build()
    far = blueprint(("iron-chest", 0.5, 0.5), ("lab", 900_000.5, 0.5))  # that one stays away
    assert len(read(far).build().world.handles()) == 1


# -- anything at all -------------------------------------------------------------------------------
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
NUMBER = st.integers(-2, 16) | st.floats() | JSON
PART = st.fixed_dictionaries(
    {
        "entity_number": st.integers(1, 9) | JSON,
        "name": st.sampled_from(["transport-belt", "stone-furnace", "lab", "burner-mining-drill",
                                 "iron-ore", "character", "what"]) | JSON,
        "position": st.fixed_dictionaries({"x": NUMBER, "y": NUMBER}) | JSON,
    },
    optional={"direction": NUMBER, "items": JSON, "quality": JSON, "recipe": JSON},
)  # fmt: skip
PRINT = st.fixed_dictionaries(
    {"entities": st.lists(PART, max_size=4) | JSON},
    optional={"version": st.sampled_from([V1, V2]) | JSON, "label": JSON, "tiles": JSON},
).map(lambda raw: {"blueprint": raw})
BOOK = st.lists(PRINT | JSON, max_size=3).map(lambda p: {"blueprint_book": {"blueprints": p}})


def accepted(string: Any) -> None:
    """It is read, or refused with a message."""
    try:
        World.from_blueprint(string, deposits=ORE)[0].draw()
    except LayoutError as error:
        assert str(error)


@settings(max_examples=200, deadline=None)
@given(st.text() | st.binary().map(lambda b: "0" + base64.b64encode(b).decode())
       | st.binary().map(packed) | st.text().map(lambda t: "0" + t) | JSON)  # fmt: skip
def test_any_string_is_read_or_refused(string: Any) -> None:
    accepted(string)


@settings(max_examples=300, deadline=None)
@given(PRINT | BOOK | JSON)
def test_any_data_is_read_or_refused(data: Any) -> None:
    accepted(encode(data))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, len(SMELTER_2) - 1), st.characters(), st.integers(0, 3))
def test_a_damaged_string_is_read_or_refused(place: int, char: str, cut: int) -> None:
    accepted(SMELTER_2[:place] + char + SMELTER_2[place + cut :])
