"""Drawings become worlds, and worlds are drawn back as text that gives them again."""

from __future__ import annotations

import doctest
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fz_multi import layouts
from fz_multi.engine import World
from fz_multi.engine.world import WorldError
from fz_multi.layouts import DEFAULT_LEGEND, LayoutError, Unusable, from_text, report

ROOT = Path(__file__).parents[2]
ITEMS = ("coal", "wood", "iron-ore", "copper-ore", "stone", "iron-plate")
SIDES = ("north", "east", "south", "west")
BELTS = ("transport-belt", "fast-transport-belt", "express-transport-belt")
BUILDINGS = (
    *BELTS, *BELTS[:1] * 9, "burner-inserter", "burner-inserter", "burner-inserter",
    "burner-mining-drill", "burner-mining-drill", "stone-furnace", "steel-furnace", "wooden-chest",
    "iron-chest", "stone-wall", "tree-01", "dry-tree", "big-rock", "huge-rock",
)  # fmt: skip


# -- what the form carries -------------------------------------------------------------------------
def carried(world: World) -> dict[str, Any]:
    """Everything that a drawing says of a world."""
    entities = []
    for handle in world.handles():
        found = world.entity(handle)
        keys = ("name", "position", "direction", "inventories", "shape")
        lanes = world.lanes(handle) if found["name"] in BELTS else ()
        entities.append(({key: found.get(key) for key in keys}, lanes))
    agents = {}
    for number in range(16):
        if world.batch.full.character.active[0, number]:
            me = world.character(f"agent_{number}")
            agents[number] = me["position"], me["inventory"]
    return {
        "terrain": world.batch.full.tile.terrain[0].tolist(),
        "resources": world.resources(),
        "entities": entities,
        "piles": world.ground_items(),
        "agents": agents,
        "teams": world.batch.full.character.team[0].tolist(),
    }


def assert_drawn_back(world: World) -> None:
    text = world.draw()
    again = World.from_text(text)
    found, wanted = carried(again), carried(world)
    for key in wanted:
        assert found[key] == wanted[key], f"{key}\n{text}"
    assert again.draw() == text


# -- random worlds ---------------------------------------------------------------------------------
def tried(what: Any, *args: Any) -> Any:
    """Do it where the world allows it."""
    try:
        return what(*args)
    except WorldError:
        return None


def random_world(seed: int) -> World:
    """Everything that stands, lies and walks, in any order, over each other where allowed."""
    dice = random.Random(seed)
    wide, high = dice.randint(4, 24), dice.randint(4, 24)
    world = World(wide, high)

    def point() -> tuple[float, float]:
        x, y = dice.randrange(256 * wide), dice.randrange(256 * high)
        if dice.random() < 0.6:
            x, y = x // 256 * 256 + 128, y // 256 * 256 + 128
        return x / 256 - wide // 2, y / 256 - high // 2

    for _ in range(dice.choice((0, 3, 40))):
        ore = dice.choice(("iron-ore", "copper-ore", "coal", "stone"))
        world.create_resource(ore, point(), dice.choice((1, 500, 500, dice.randint(1, 9999))))
    for _ in range(dice.choice((0, 1, 6))):
        tried(world.set_terrain, point(), dice.choice(("water", "void")))
    for _ in range(dice.randrange(60)):
        what = dice.random()
        if what < 0.15:
            item, count = dice.choice(ITEMS), dice.choice((1, 1, 2, 50))
            tried(world.create_ground_item, item, point(), count)
        elif what < 0.2:
            agent = f"agent_{dice.randrange(16)}"
            if tried(world.create_character, agent, point(), dice.randrange(3)):
                world.give(agent, dice.choice(ITEMS), dice.randint(1, 300))
        else:
            add_building(world, dice, point())
    for handle in world.handles():
        if world.entity(handle)["name"] in BELTS and dice.random() < 0.5:
            for _ in range(dice.randrange(6)):
                lane, spot = dice.randint(1, 2), dice.choice((0, 64, 128, dice.randrange(256)))
                tried(world.put_on_belt, handle, lane, spot, dice.choice(ITEMS))
        elif world.entity(handle)["name"] == "burner-mining-drill" and dice.random() < 0.2:
            x, y = world.entity(handle)["position"]
            for tile in ((x + dx, y + dy) for dx in (-0.5, 0.5) for dy in (-0.5, 0.5)):
                world.remove_resource(tile)  # it has mined them all
    return world


def add_building(world: World, dice: random.Random, at: tuple[float, float]) -> None:
    handle = tried(world.create_entity, dice.choice(BUILDINGS), at, dice.choice(SIDES))
    if handle is None:
        return
    for _ in range(dice.randrange(4)):
        tried(world.insert, handle, dice.choice(ITEMS), dice.randint(1, 60))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
@example(19189)  # a building that touches an agent
def test_a_random_world_is_drawn_back(seed: int) -> None:
    assert_drawn_back(random_world(seed))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3000))
def test_a_world_that_has_run_is_drawn_back(seed: int, ticks: int) -> None:
    world = random_world(seed)
    world.advance(ticks)
    assert_drawn_back(world)


def test_the_drawn_factories_are_drawn_back() -> None:
    """Each of ``tests/factories`` as it stands at its first tick."""
    for path in sorted((ROOT / "tests/factories").glob("*.yaml")):
        data = yaml.safe_load(path.read_text("utf-8"))
        keys = ("size", "origin", "ground", "drawing", "legend", "state", "order")
        assert_drawn_back(World.from_text({key: data[key] for key in keys if key in data}))


# -- the text itself -------------------------------------------------------------------------------
def test_a_drawing_says_what_stands_there() -> None:
    """Default characters where there is one; what differs stands in the legend by name."""
    world = World(8, 8)
    for x in (-3.5, -2.5):
        world.create_resource("iron-ore", (x, -3.5), 500)
        world.create_resource("iron-ore", (x, -2.5), 400)
    drill = world.create_entity("burner-mining-drill", (-3, -3), "south")
    one = world.create_entity("wooden-chest", (-2.5, -1.5))
    world.create_entity("wooden-chest", (1.5, -1.5))
    world.create_entity("big-sand-rock", (2, -3))
    world.insert(drill, "coal", 5)
    world.insert(one, "wood", 2)
    world.create_ground_item("coal", (1.5, 0.25), 3)
    world.create_character("agent_0", (-1.25, -0.5))
    assert (
        world.draw()
        == """\
size: [8, 8]
origin: [-4, -4]
ground: |
  ii.....
  ii.....
  .......
  .......
drawing: |
  SS...bb
  SS...bb
  .C...C.
  ..0....
legend:
  i: {deposit: iron-ore, amount: [500, 500, 400, 400]}
  o: {pile: coal, count: 3, at: [[1.5, 0.25]]}
  S: {entity: burner-mining-drill, direction: south, contents: {fuel: {coal: 5}}}
  C: {entity: wooden-chest}
  b: {entity: big-sand-rock}
  '0': {agent: agent_0, offset: [64, 0]}
state:
  C1: {contents: {chest: {wood: 2}}}
"""
    )
    assert_drawn_back(world)


def test_a_bare_drawing_has_the_default_legend() -> None:
    """Indented as its author likes; the documented characters mean what the page says."""
    world = World.from_text("""
        C.#.T
        .FF..
        .FF~0
    """)
    names = [(e["name"], e["position"]) for e in world.entities()]
    assert names == [
        ("stone-wall", (2.5, 0.5)),
        ("tree-01", (4.5, 0.5)),
        ("wooden-chest", (0.5, 0.5)),
        ("stone-furnace", (2.0, 2.0)),
    ]
    assert world.character("agent_0")["position"] == (4.5, 2.5)
    with pytest.raises(WorldError, match="something is in the way"):
        world.teleport("agent_0", (3.5, 2.5))  # water


def test_each_default_character_builds_what_it_says() -> None:
    for char, entry in DEFAULT_LEGEND.items():
        rows = [char * 3] * 3 if char == "H" else [char * 2] * 2
        text = "\n".join(rows) if char in "NESWFGRH" else char
        layout = {"drawing": text, "ground": "ii\nii"} if char in "NESW" else text
        world = World.from_text(layout)
        if "entity" in entry:
            (found,) = world.entities()
            assert found["name"] == entry["entity"]
            assert found["direction"] == entry.get("direction", "north")
        elif "deposit" in entry:
            (deposit,) = world.resources()
            assert deposit == {"name": entry["deposit"], "position": (0.5, 0.5), "amount": 1000}
        elif "agent" in entry:
            assert world.character(entry["agent"])["position"] == (0.5, 0.5)
        else:
            assert world.batch.full.tile.terrain[0].any()
        assert_drawn_back(world)


def test_the_letters_of_inserters_and_drills_say_where_things_go() -> None:
    """`e` moves coal east, from the chest on its left; `E` drops ore on its right."""
    world = World.from_text({
        "drawing": "EE.\nEEeC",
        "ground": "ii\nii",
        "state": {"E": {"contents": {"coal": 5}}, "e": {"contents": {"coal": 1}}},
    })  # fmt: skip
    drill, arm = world.handles()[1:]  # the chest comes first in the default legend
    assert world.entity(drill)["direction"] == "east"
    assert world.entity(arm)["direction"] == "west"  # the side that it takes from


def test_the_page_has_the_default_legend() -> None:
    """Each character with its name stands in a table row of docs/layouts.md."""
    rows = [
        row for row in (ROOT / "docs/layouts.md").read_text("utf-8").splitlines() if row[:1] == "|"
    ]
    for char, entry in DEFAULT_LEGEND.items():
        name = next(iter(entry.values()))
        name = "agent_0" if "agent" in entry else name
        shown = "0" if "agent" in entry else char
        assert any(f"`{shown}`" in row and name in row for row in rows), f"{char} {name}"


def test_items_on_belts_come_back_where_they_were() -> None:
    lanes = [[["iron-ore", 0], ["coal", 70]], [["wood", 255]]]
    layout = {"drawing": ">v\n.v", "state": {">": {"lanes": lanes}}}
    world = World.from_text(layout)
    (belt,) = (h for h in world.handles() if world.entity(h)["direction"] == "east")
    assert world.lanes(belt) == ((("iron-ore", 0), ("coal", 70)), (("wood", 255),))
    assert_drawn_back(world)
    world.advance(10)
    assert_drawn_back(world)


def test_the_order_of_building_is_kept() -> None:
    world = World(16, 16)
    for x in (3.5, -2.5, 0.5):
        world.create_entity("iron-chest", (x, 0.5))
        world.create_entity("stone-wall", (x, 2.5))
    assert "order: [I3, '#3', I1, '#1', I2, '#2']" in world.draw()
    assert_drawn_back(world)


def test_a_drill_that_has_used_its_deposit_up_stands_again() -> None:
    world = World.from_text(
        {
            "drawing": "NN\nNN",
            "ground": "i",
            "legend": {"i": {"deposit": "iron-ore", "amount": 1}},
            "state": {"N": {"contents": {"coal": 1}}},
        }
    )
    world.advance(300)
    assert not world.resources()
    assert "used_up: true" in world.draw()
    assert_drawn_back(world)


def test_a_pile_under_a_chest_is_laid_before_it() -> None:
    """The engine lets people build over what lies there, but lays nothing under a building."""
    world = World(8, 8)
    world.create_ground_item("coal", (0.5, 0.5))
    world.create_entity("wooden-chest", (0.5, 0.5))
    world.create_entity("wooden-chest", (-2.5, 0.5))
    assert_drawn_back(world)


def test_an_empty_world_is_drawn_back() -> None:
    assert World(7, 3).draw() == "size: [7, 3]\ndrawing: |\n  .\n"
    assert_drawn_back(World(7, 3))


def test_a_large_drawing_makes_a_large_world() -> None:
    world = World.from_text("C" + "." * 99 + "C")
    assert int(world.batch.full.header.width[0, 0]) == 202
    assert len(world.handles()) == 2
    world = World.from_text({"drawing": "C", "origin": [-100, 3]})
    assert world.entities()[0]["position"] == (-99.5, 3.5)


def test_options_reach_the_world() -> None:
    world = World.from_text("C", seed=7, unlocked=False)
    assert int(world.batch.full.header.seed[0, 0]) == 7
    assert not world.batch.full.header.unlocked[0, 0]


# -- what cannot be used ---------------------------------------------------------------------------
def test_what_the_world_refuses_is_listed_all_at_once() -> None:
    layout = {
        "drawing": "a...\nC\nCCD\n..b",
        "legend": {
            "a": {"entity": "inserter"},
            "D": {"entity": "wooden-chst"},
            "C": {"entity": "wooden-chest", "contents": {"coal": 9}},
            "b": {"pile": "no-such-thing"},
        },
    }
    with pytest.raises(LayoutError) as error:
        World.from_text(layout)
    for part in ("inserter at (0.5, 0.5)", "mean 'wooden-chest'", "no-such-thing at (2.5, 3.5)"):
        assert part in str(error.value)
    built = from_text(layout).build(strict=False)
    assert {thing.name for thing in built.unusable} == {"inserter", "wooden-chst", "no-such-thing"}
    assert [e["inventories"]["chest"] for e in built.world.entities()] == [{"coal": 9}] * 3
    assert sorted(built.handles) == ["C1", "C2", "C3"]
    assert built.point("C3") == (1.5, 2.5)
    with pytest.raises(LayoutError, match="'a' names no entity; there are: C1, C2, C3"):
        built.handle("a")


def test_a_report_has_one_line_for_what_is_alike() -> None:
    arms = [Unusable("inserter", (x, 0.5), "not modelled yet") for x in (3.5, 4.5)]
    wires = Unusable("wires", None, "circuits", 7)
    assert report([*arms, wires]).splitlines() == [
        "2 x inserter, first at (3.5, 0.5): not modelled yet",
        "wires (7 times): circuits",
    ]


# -- mistakes --------------------------------------------------------------------------------------
MISTAKES: list[tuple[Any, str]] = [
    (5, "a layout is text or a mapping, got 5"),
    ("", "there is no drawing"),
    ("drawing: [", "no YAML"),
    ("drawing: 5", "drawing is a str, got int"),
    ("drawing: x", "row 0, column 0: 'x' is not in the legend: i c k q"),
    ({"legend": {}}, "there is no drawing"),
    ({"picture": "C"}, "unknown key 'picture'; allowed: size, origin"),
    ({"drawing": "C", "size": [0, 4]}, "size is [width, height]"),
    ({"drawing": "C", "size": [2, 2], "origin": [5, 5]}, "lies outside of the map"),
    ({"drawing": "C", "size": [9999, 2]}, "width is from 1 to 4096"),
    ({"drawing": "C", "origin": [0.5, 0]}, "origin is a tile"),
    ({"drawing": "C", "order": [[]]}, "order is a list of names"),
    ({"drawing": "C", "order": ["C2"]}, "order: 'C2' names nothing drawn; there are: C"),
    ({"drawing": "CC", "order": ["C2", "C2"]}, "order: 'C2' is there twice"),
    ({"drawing": "C", "state": {"D": {}}}, "state: 'D' names nothing drawn"),
    ({"drawing": "C", "state": {"C": []}}, "state: C is a mapping of contents, lanes"),
    ({"drawing": "C", "state": {"C": {"direction": "east"}}}, "unknown key 'direction'"),
    ({"drawing": "C", "state": {"C": {"contents": {"coal": "5"}}}}, "contents is {item: count}"),
    ({"drawing": "C", "state": {"C": {"contents": {"coal": 900}}}}, "takes 800 coal, not 900"),
    ({"drawing": "C", "state": {"C": {"contents": {"fuel": {"coal": 1}}}}}, "coal as fuel"),
    ({"drawing": ">", "state": {">": {"lanes": [[]]}}}, "lanes is two lists of"),
    ({"drawing": ">", "state": {">": {"lanes": [[["coal", 9], ["coal", 0]], []]}}}, "to back"),
    ({"drawing": ">", "state": {">": {"lanes": [[["coal", 256]], []]}}}, "from 0 to 255"),
    ({"drawing": "SS\nSS"}, "cannot place burner-mining-drill at (0.5, 0.5)"),
    ({"drawing": "0", "ground": "C"}, "'C' is a entity; the ground holds deposit and terrain"),
    ({"drawing": "p", "legend": {"p": {"pile": "coal", "offset": [1]}}}, "offset is [x, y]"),
    ({"drawing": "p", "legend": {"p": {"pile": "coal", "at": [["a", 1]]}}}, "at is a list of"),
    ({"drawing": "p", "legend": {"p": {"pile": "coal", "at": [[99, 1]]}}}, "outside of the map"),
    ({"drawing": "oo", "legend": {"o": {"deposit": "coal", "amount": [1]}}}, "1 numbers for 2"),
    ({"drawing": "o", "legend": {"o": {"deposit": "coal", "amount": 0}}}, "amount is from 1"),
    ({"drawing": "a", "legend": {"a": {"agent": "bob"}}}, "agents are agent_0 to agent_15"),
    ({"drawing": "a", "legend": {"a": {"entity": ["C"]}}}, "entity is a name"),
    ({"drawing": "a", "legend": {"a": {"entity": "lab", "pile": "x"}}}, "has one of the keys"),
    ({"drawing": "a", "legend": {"a": {"entity": "pipe", "direction": []}}}, "direction is north"),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "text"), MISTAKES, ids=lambda value: str(value)[:50])
def test_mistakes_are_named(layout: Any, text: str) -> None:
    with pytest.raises(LayoutError) as error:
        World.from_text(layout)
    assert text in str(error.value)


@pytest.mark.parametrize("key", ["drawing", "order", "legend", "nothing", "state"])
def test_a_few_bytes_cannot_fill_the_memory_with_a_message(key: str) -> None:
    """Each alias doubles what ``repr`` would write."""
    levels = "".join(f"  - &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    text = f"drawing: C\n{key}:\n  - &a0 [x]\n{levels}"
    with pytest.raises(LayoutError) as error:
        World.from_text(text)
    assert len(str(error.value)) < 300


# -- anything at all -------------------------------------------------------------------------------
CHARS = st.sampled_from([*DEFAULT_LEGEND, *".. \n\n:{}[]&*!|>-'\"x"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 5), st.integers(), st.floats(), st.text(max_size=3),
    st.sampled_from(["north", "coal", "wooden-chest", "transport-belt", "agent_0", "fuel", "C"]),
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3),
    max_leaves=8,
)
ENTRY = st.dictionaries(
    st.sampled_from(
        [
            "entity",
            "deposit",
            "terrain",
            "pile",
            "agent",
            "direction",
            "contents",
            "lanes",
            "count",
            "used_up",
            "amount",
            "offset",
            "at",
            "items",
            "team",
        ]
    ),
    ANYTHING,
    max_size=3,
)
LAYOUTS = st.fixed_dictionaries(
    {"drawing": st.text(st.sampled_from("CS>i0\n.a"), max_size=9)},
    optional={
        "ground": st.text(st.sampled_from("ia~\n."), max_size=6),
        "legend": st.dictionaries(st.sampled_from(["a", "C", "S", 0, None]), ENTRY) | ANYTHING,
        "size": st.lists(st.integers(-1, 40), max_size=3) | ANYTHING,
        "origin": st.lists(st.integers(-40, 40), max_size=3) | ANYTHING,
        "order": st.lists(st.sampled_from(["C", "C1", "a"]), max_size=3) | ANYTHING,
        "state": st.dictionaries(st.sampled_from(["C", "C1", ">", "S", "a"]), ENTRY) | ANYTHING,
    },
)


@settings(max_examples=400, deadline=None)
@given(st.text(CHARS, max_size=40) | st.text(max_size=40) | LAYOUTS | ANYTHING)
def test_anything_gives_a_world_or_a_layout_error(layout: Any) -> None:
    try:
        assert_drawn_back(World.from_text(layout))
    except LayoutError as error:
        assert str(error)


def test_the_snippets_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs/layouts.md").read_text("utf-8")
    names: dict[str, Any] = {}
    for snippet in text.split("```python\n")[1:]:
        exec(snippet.split("```")[0], names)
    assert names["world"].production("iron-ore") == 2
    assert "origin" not in capsys.readouterr().out
    assert names["unusable"] == []


def test_the_example_of_the_package_is_true() -> None:
    assert doctest.testmod(layouts).failed == 0
