"""Bad input to `World`: each gets an error that says what is allowed, and changes nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fz_multi.commands import CommandError
from fz_multi.engine import Handle, World, WorldError
from fz_multi.prototypes import UnknownNameError

NAN, INF = math.nan, math.inf
NOT_WHOLE = [True, 1.5, NAN, INF, "3", None, [1], {}, 2.0]
NOT_TEXT = [3, None, True, 1.5, ["coal"], {}, b"coal"]
HUGE = 10**5000  # Python refuses to print so long a number
NOWHERE = [NAN, INF, 1e300, HUGE, "1", b"1", None, True, [1]]


def make() -> World:
    """A drill on ore (row 0), a furnace (1), a chest (2), a wall (3), water, a pile, an agent."""
    world = World(16, 16, seed=1)
    world.create_resource("iron-ore", (0.5, 0.5), 100)
    world.create_entity("burner-mining-drill", (0, 0), "south")
    world.create_entity("stone-furnace", (4, 4))
    world.create_entity("wooden-chest", (-3.5, 3.5))
    world.create_entity("stone-wall", (6.5, 6.5))
    world.set_terrain((-6.5, -6.5), "water")
    world.create_ground_item("coal", (5.5, -5.5), 3)
    world.create_character("agent_0", (-4.5, -4.5))
    world.give("agent_0", "coal", 20)
    world.advance(5)
    return world


@pytest.fixture(scope="module")
def shared() -> World:
    return make()


@pytest.fixture
def world(shared: World) -> World:
    """The world, which must be as it was before to the last byte when the test is over."""
    before, data = shared.digest(), shared.batch.data.copy()
    yield shared
    assert shared.digest() == before
    assert (shared.batch.data == data).all()


DRILL, FURNACE, CHEST, WALL = (Handle(row, 1) for row in range(4))


def refuses(words: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """The call raises a WorldError with these words, and not with a flood of others."""
    with pytest.raises(WorldError) as caught:
        call(*args, **kwargs)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


def unknown(kind: str, call: Callable[..., Any], *args: Any) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown {kind} "):
        call(*args)


# -- making worlds ---------------------------------------------------------------------------------
@pytest.mark.parametrize("size", NOT_WHOLE)
def test_sizes_are_whole_numbers(size: Any) -> None:
    refuses("width is a whole number, got", World, size, 8)
    refuses("height is a whole number, got", World, 8, size)
    refuses("seed is a whole number, got", World, 8, 8, seed=size)


@pytest.mark.parametrize("size", [0, -1, 4097, 10**30, HUGE], ids=lambda n: n.bit_length())
def test_sizes_are_within_bounds(size: int) -> None:
    refuses("width is from 1 to 4096, got", World, size, 8)
    refuses("height is from 1 to 4096, got", World, 8, size)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_seeds_are_within_bounds(seed: int) -> None:
    refuses("seed is from 0 to 2147483647, got", World, 8, 8, seed=seed)


def test_versions() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown prototype version '1\.1'.*2\.0\.77"):
        World(8, 8, version="1.1")


def test_sizes_of_other_whole_types() -> None:
    assert World(np.int64(8), np.uint8(4)).batch.width == 8


# -- names -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["", "unobtainium", "Iron-Ore", "coal\0", "x" * 1000])
def test_unknown_names(world: World, name: str) -> None:
    unknown("entity", world.create_resource, name, (1, 1), 5)
    unknown("entity", world.create_entity, name, (1, 1))
    unknown("item", world.create_ground_item, name, (1, 1))
    unknown("item", world.insert, CHEST, name)
    unknown("item", world.remove, CHEST, name, 1, "chest")
    unknown("item", world.give, "agent_0", name)
    unknown("item", world.take_away, "agent_0", name)
    unknown("item", world.production, name)
    unknown("item", world.consumption, name)
    unknown("item", world.counters, name)
    unknown("recipe", world.set_recipe, FURNACE, name)


@pytest.mark.parametrize("name", NOT_TEXT)
def test_names_are_text(world: World, name: Any) -> None:
    refuses("an entity name is a string, got", world.create_resource, name, (1, 1), 5)
    refuses("an entity name is a string, got", world.create_entity, name, (1, 1))
    refuses("an item name is a string, got", world.create_ground_item, name, (1, 1))
    refuses("an item name is a string, got", world.insert, CHEST, name)
    refuses("an item name is a string, got", world.give, "agent_0", name)
    refuses("an item name is a string, got", world.production, name)
    refuses("a recipe name is a string, got", world.set_recipe, FURNACE, name)
    refuses("unknown terrain", world.set_terrain, (1, 1), name)


def test_near_names_are_offered(world: World) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'stone-furnace'"):
        world.create_entity("stone-furnance", (1, 1))
    with pytest.raises(UnknownNameError, match="did you mean 'iron-plate'"):
        world.give("agent_0", "iron-plates")


def test_names_of_the_wrong_kind(world: World) -> None:
    refuses("is no resource; allowed: coal", world.create_resource, "stone-furnace", (1, 1), 5)
    refuses("not modelled yet; allowed: ", world.create_resource, "uranium-ore", (1, 1), 5)
    refuses("not modelled yet; allowed: ", world.create_resource, "crude-oil", (1, 1), 5)
    for name in ("assembling-machine-1", "splitter", "inserter", "iron-ore", "character", "lab"):
        refuses("not an entity that this engine models yet", world.create_entity, name, (1, 1))
    refuses("assembling machines are not modelled yet", world.set_recipe, FURNACE, "pipe")
    refuses("has no lanes; transport belts have", world.lanes, DRILL)
    refuses("allowed: land, water, void", world.set_terrain, (1, 1), "lava")


# -- places ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("x", NOWHERE, ids=range(len(NOWHERE)))
def test_positions(world: World, x: Any) -> None:
    for where in ((x, 0), (0, x), {"x": x, "y": 0}):
        for call in (
            lambda p: world.create_resource("coal", p, 5),
            lambda p: world.create_entity("stone-wall", p),
            lambda p: world.create_ground_item("coal", p),
            lambda p: world.create_character("agent_1", p),
            lambda p: world.teleport("agent_0", p),
            lambda p: world.set_terrain(p, "water"),
            world.remove_resource,
            world.find,
        ):
            refuses("tiles, got", call, where)


@pytest.mark.parametrize("where", [None, 3, "0,0", (), (1,), (1, 2, 3), {"x": 1}, {"x": 1, "z": 2}])
def test_what_is_no_position(world: World, where: Any) -> None:
    refuses('position is {"x": ..., "y": ...}', world.create_entity, "stone-wall", where)
    refuses('position is {"x": ..., "y": ...}', world.find, where)


@pytest.mark.parametrize("where", [(8, 0), (0, -8.01), (1e6, 0), (-9, 9)])
def test_outside_of_the_map(world: World, where: Any) -> None:
    words = "lies outside of the map: x from -8 to 8, y from -8 to 8"
    refuses(words, world.create_resource, "coal", where, 5)
    refuses(words, world.create_entity, "stone-wall", where)
    refuses(words, world.create_ground_item, "coal", where)
    refuses(words, world.create_character, "agent_1", where)
    refuses(words, world.teleport, "agent_0", where)
    refuses(words, world.set_terrain, where, "water")
    refuses(words, world.find, where)


def test_places_that_are_taken(world: World) -> None:
    place = world.create_entity
    refuses("another entity stands there", place, "stone-wall", (4, 4))
    refuses("another entity stands there", place, "stone-furnace", (5, 5))
    refuses("there is water", place, "stone-wall", (-6.5, -6.5))
    refuses("a character stands there", place, "stone-wall", (-4.5, -4.5))
    refuses("a drill needs a deposit", place, "burner-mining-drill", (-3, 6))
    refuses("outside of the map", place, "stone-furnace", (7.9, 0))
    refuses("there is water", world.create_resource, "coal", (-6.5, -6.5), 5)
    refuses("something is in the way", world.create_ground_item, "coal", (4, 4))
    refuses("something is in the way", world.create_ground_item, "coal", (5.6, -5.4))
    refuses("something is in the way", world.create_ground_item, "coal", (-6.5, -6.5))
    for where in ((4, 4), (-6.5, -6.5), (-4.4, -4.4), (7.9, 0)):
        refuses("something is in the way", world.create_character, "agent_1", where)
    for where in ((4, 4), (-6.5, -6.5), (7.9, 0)):
        refuses("something is in the way", world.teleport, "agent_0", where)
    for where in ((0.5, 0.5), (4, 4), (5.5, -5.5), (-4.5, -4.5)):
        refuses("something stands or lies there", world.set_terrain, where, "water")


@pytest.mark.parametrize(
    "direction", ["up", "North", "northeast", "", 3, 2, 16, -4, True, None, NAN]
)
def test_directions(world: World, direction: Any) -> None:
    words = "allowed: north, east, south, west or 0, 4, 8, 12"
    refuses(words, world.create_entity, "stone-wall", (2.5, -2.5), direction)
    refuses(words, world.rotate, DRILL, direction)


def test_what_does_not_rotate(world: World) -> None:
    refuses("stone-furnace has no direction", world.rotate, FURNACE, "east")
    refuses("wooden-chest has no direction", world.rotate, CHEST, 4)


# -- numbers ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", NOT_WHOLE)
def test_counts_are_whole_numbers(world: World, count: Any) -> None:
    refuses("amount is a whole number, got", world.create_resource, "coal", (2, 2), count)
    refuses("count is a whole number, got", world.create_ground_item, "coal", (2, 2), count)
    refuses("count is a whole number, got", world.insert, CHEST, "coal", count)
    refuses("count is a whole number, got", world.remove, CHEST, "coal", count, "chest")
    refuses("count is a whole number, got", world.give, "agent_0", "coal", count)
    refuses("count is a whole number, got", world.take_away, "agent_0", "coal", count)
    refuses("ticks is a whole number, got", world.advance, count)
    refuses("team is a whole number, got", world.create_character, "agent_1", (3, -3), count)


@pytest.mark.parametrize("count", [0, -1, 2**31, HUGE], ids=lambda n: n.bit_length())
def test_counts_are_within_bounds(world: World, count: int) -> None:
    words = "is from 1 to 2147483647, got"
    refuses(f"amount {words}", world.create_resource, "coal", (2, 2), count)
    refuses(f"count {words}", world.insert, CHEST, "coal", count)
    refuses(f"count {words}", world.remove, CHEST, "coal", count, "chest")
    refuses(f"count {words}", world.give, "agent_0", "coal", count)
    refuses(f"count {words}", world.take_away, "agent_0", "coal", count)
    refuses("count is from 1 to 50, got", world.create_ground_item, "coal", (2, 2), count)


def test_ticks_and_teams_are_within_bounds(world: World) -> None:
    refuses("ticks is from 0 to 1099511627776, got -1", world.advance, -1)
    refuses("ticks is from 0 to", world.advance, 10**30)
    refuses("team is from 0 to 60, got 61", world.create_character, "agent_1", (3, -3), 61)
    world.advance(0)


def test_a_pile_is_at_most_a_stack(world: World) -> None:
    refuses("count is from 1 to 50, got 51", world.create_ground_item, "coal", (2, 2), 51)
    refuses("count is from 1 to 1, got 2", world.create_ground_item, "satellite", (2, 2), 2)


# -- entities --------------------------------------------------------------------------------------
@pytest.mark.parametrize("handle", [None, 0, "drill", (0, 1), DRILL._asdict(), True, 1.0])
def test_what_is_no_handle(world: World, handle: Any) -> None:
    for call in (world.entity, world.remove_entity, world.lanes):
        refuses("named by the handle of create_entity, got", call, handle)
    refuses("named by the handle", world.insert, handle, "coal")
    refuses("named by the handle", world.rotate, handle, 0)


@pytest.mark.parametrize("row", [-1, 64, HUGE], ids=lambda n: n.bit_length())
def test_handles_of_no_row(world: World, row: int) -> None:
    refuses("names no entity of this world", world.entity, Handle(row, 1))


@pytest.mark.parametrize("row", [0.5, "0", None, NAN])
def test_handles_that_are_no_numbers(world: World, row: Any) -> None:
    refuses("named by the handle of create_entity", world.entity, Handle(row, 1))


@pytest.mark.parametrize("handle", [Handle(0, 2), Handle(0, 0), Handle(9, 1)])
def test_handles_of_what_is_gone(world: World, handle: Handle) -> None:
    for call in (world.entity, world.remove_entity):
        refuses("no longer on the map", call, handle)


def test_items_that_an_entity_does_not_take(world: World) -> None:
    refuses("burner-mining-drill does not take iron-ore", world.insert, DRILL, "iron-ore")
    refuses("stone-furnace does not take pipe", world.insert, FURNACE, "pipe")
    refuses("does not take iron-ore as fuel", world.insert, FURNACE, "iron-ore", 1, "fuel")
    refuses("does not take coal as source", world.insert, FURNACE, "coal", 1, "source")
    refuses("does not take coal as result", world.insert, DRILL, "coal", 1, "result")
    refuses("does not take coal as fuel", world.insert, CHEST, "coal", 1, "fuel")
    refuses("stone-wall does not take coal", world.insert, WALL, "coal")


@pytest.mark.parametrize("inventory", ["pockets", "", "Fuel", 1, True, ["fuel"], {}])
def test_inventories(world: World, inventory: Any) -> None:
    words = "allowed: fuel, source, result, chest"
    refuses(words, world.insert, FURNACE, "coal", 1, inventory)
    refuses("allowed: fuel, source, result", world.remove, FURNACE, "coal", 1, inventory)
    refuses("here; allowed: chest", world.remove, CHEST, "coal", 1, inventory)
    refuses("here; allowed: -", world.remove, WALL, "coal", 1, inventory)


# -- agents ----------------------------------------------------------------------------------------
AGENTS = ["agent", "agent_16", "agent_00", "agent_-1", "agent_1.0", "Agent_0", "agent_0 ", "",
          "agent_" + "9" * 5000, "agent_٣", "agent_0\n", 0, None, True, ["agent_0"]]  # fmt: skip


@pytest.mark.parametrize("agent", AGENTS, ids=range(len(AGENTS)))
def test_what_is_no_agent(world: World, agent: Any) -> None:
    words = "agents are agent_0 to agent_15, got"
    call: Callable[..., Any]
    for call, *args in (
        (world.create_character, (3, -3)), (world.character,), (world.give, "coal"),
        (world.take_away, "coal"), (world.teleport, (3, -3)), (world.result,),
    ):  # fmt: skip
        with pytest.raises(WorldError) as caught:
            call(agent, *args)
        assert words in str(caught.value)
    if not isinstance(agent, list):
        with pytest.raises(WorldError) as caught:
            world.command(agent, {"type": "WAIT"})
        assert words in str(caught.value)


def test_agents_that_are_not_there(world: World) -> None:
    words = "no character of agent_3 is on the map; there are: agent_0"
    refuses(words, world.character, "agent_3")
    refuses(words, world.give, "agent_3", "coal")
    refuses(words, world.teleport, "agent_3", (3, -3))
    refuses(words, world.command, "agent_3", {"type": "WAIT"})
    refuses(words, world.commands, {"agent_0": {"type": "PICK_UP"}, "agent_3": {"type": "WAIT"}})
    refuses(words, world.create_entity, "stone-wall", (2.5, -2.5), owner="agent_3")
    refuses("agent_0 has a character already", world.create_character, "agent_0", (3, -3))
    refuses("there are: none", World(8, 8).character, "agent_0")


@pytest.mark.parametrize("commands", [None, [], "agent_0", [("agent_0", {"type": "WAIT"})], 3])
def test_commands_are_a_mapping(world: World, commands: Any) -> None:
    refuses("commands is a mapping of agents to commands, got", world.commands, commands)


def test_no_commands_at_all(world: World) -> None:
    assert world.commands({}) == {}


def test_a_bad_command_among_good_ones(world: World) -> None:
    with pytest.raises(CommandError, match="SAY: message is missing"):
        world.commands({"agent_0": {"type": "SAY"}})


# -- what an agent was told stands until it is told something else ---------------------------------
def test_agents_that_are_not_named_go_on() -> None:
    """A command is carried out once, and another agent's command leaves its result as it is."""
    world = World(16, 16)
    for k in range(3):
        world.create_character(f"agent_{k}", (3 * k - 3, 0))
        world.give(f"agent_{k}", "iron-plate", 50)
    craft = {"type": "CRAFT", "params": {"recipe": "iron-gear-wheel"}}
    say = {"type": "SAY", "params": {"message": 3}}
    world.command("agent_2", craft)
    world.command("agent_1", {"type": "MOVE", "params": {"direction": "south"}})
    for agent in ("agent_0", "agent_1", "agent_0"):
        world.command(agent, say)
    assert world.character("agent_2")["inventory"] == {"iron-plate": 48}
    assert len(world.character("agent_2")["crafting_queue"]) == 1
    assert world.result("agent_2") == {"type": "CRAFT", "code": "running"}
    assert world.character("agent_1")["activity"] == "walking"
    assert world.batch.seen.character["message"][0, :3].tolist() == [4, 4, 0]  # message + 1
    world.advance(40)
    assert world.result("agent_2") == {"type": "CRAFT", "code": "ok"}
    assert world.result("agent_0") == {"type": "SAY", "code": "ok"}
    assert world.counters("iron-gear-wheel")["crafted"] == 1


def test_a_text_for_each_error() -> None:
    """A refused command of the game (no malformed one) is a result, not an exception."""
    world = make()
    result = world.command("agent_0", {"type": "TAKE", "params": {"target": [7.5, 7.5]}})
    assert (result["type"], result["code"]) == ("TAKE", "nothing_there")
    assert result["detail"] == "TAKE: there is nothing at the target"
