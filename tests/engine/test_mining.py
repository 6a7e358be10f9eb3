"""Mining by hand: progress, targets, order of what comes back, room (mechanics 2.6 to 2.8).

Tick figures of single targets are drawn in ``tests/factories``.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from fz_multi.engine import World

ME, MATE = "agent_0", "agent_1"
SLOTS = 80


def order(world: World, verb: str, agent: str = ME, **params: Any) -> str:
    """Give a command; returns its code."""
    return world.command(agent, {"type": verb, "params": params})["code"]


def mine(world: World, where: Any, agent: str = ME, **params: Any) -> str:
    return order(world, "MINE", agent, target=list(where), **params)


def holds(world: World, agent: str = ME) -> dict[str, int]:
    return world.character(agent)["inventory"]


def stacks(world: World, agent: str = ME) -> list[tuple[str, int]]:
    """The stacks of an agent in slot order."""
    tables = world.batch.full
    me = tables.character[0, int(agent.removeprefix("agent_"))]
    run = tables.slot[0, int(me.slot) : int(me.slot) + int(me.slots)].tolist()
    return [(world.prototypes.item_name(item), count) for item, count in run if item]


def fill(world: World, free: int = 0, agent: str = ME) -> None:
    """Fill all but ``free`` slots with wood."""
    used = len(stacks(world, agent))
    world.give(agent, "wood", 100 * (SLOTS - free - used))
    assert len(stacks(world, agent)) == SLOTS - free


@pytest.fixture
def world() -> World:
    """An agent beside iron ore on (1.5, 0.5) and copper ore on (1.5, -0.5)."""
    world = World(32, 32)
    world.create_resource("iron-ore", (1.5, 0.5), 50)
    world.create_resource("copper-ore", (1.5, -0.5), 50)
    world.create_character(ME, (0.5, 0.5))
    return world


IRON, COPPER = (1.5, 0.5), (1.5, -0.5)


# -- progress --------------------------------------------------------------------------------------
def ticks_to_first(world: World, item: str, limit: int = 400) -> int:
    for tick in range(1, limit + 1):
        world.advance(1)
        if holds(world).get(item):
            return tick
    raise AssertionError(f"no {item} within {limit} ticks")


@pytest.mark.parametrize("done", [1, 59, 60, 119, 120])
@pytest.mark.parametrize("between", ["idle", "walk", "craft", "wait"])
def test_progress_is_kept_for_the_same_target(world: World, done: int, between: str) -> None:
    """Stop for any time and resume: 121 - done ticks are left (mechanics 2.6)."""
    mine(world, IRON)
    world.advance(done)
    order(world, "CANCEL")
    if between == "walk":
        order(world, "MOVE", direction="west", ticks=5)
    elif between == "craft":
        world.give(ME, "iron-plate", 2)
        order(world, "CRAFT", recipe="iron-gear-wheel")
    elif between == "wait":
        order(world, "WAIT", ticks=60)
    world.advance(100)
    mine(world, IRON)
    assert ticks_to_first(world, "iron-ore") == 121 - done


def test_the_surplus_is_kept_too(world: World) -> None:
    """After an item the next takes 120 ticks, also when it is asked for anew."""
    mine(world, IRON, count=1)
    world.advance(500)
    assert holds(world) == {"iron-ore": 1} and world.character(ME)["activity"] == "idle"
    mine(world, IRON, count=1)
    world.advance(119)
    assert holds(world) == {"iron-ore": 1}
    world.advance(1)
    assert holds(world) == {"iron-ore": 2}


def test_going_back_after_another_target_starts_from_nothing(world: World) -> None:
    mine(world, IRON)
    world.advance(100)
    mine(world, COPPER)
    world.advance(1)
    mine(world, IRON)
    assert ticks_to_first(world, "iron-ore") == 121


def test_a_successor_on_the_same_place_is_another_target(world: World) -> None:
    """Progress belongs to one entity, not to the place."""
    first = world.create_entity("wooden-chest", (0.5, 2.5))
    mine(world, (0.5, 2.5))
    world.advance(12)
    world.remove_entity(first)
    world.create_entity("wooden-chest", (0.5, 2.5))
    mine(world, (0.5, 2.5))
    assert ticks_to_first(world, "wooden-chest") == 13


def test_a_deposit_put_on_the_place_of_another_is_another_target(world: World) -> None:
    mine(world, IRON)
    world.advance(100)
    world.create_resource("copper-ore", IRON, 5)
    mine(world, IRON)
    assert ticks_to_first(world, "copper-ore") == 121


def test_out_of_reach_there_is_no_progress_and_none_is_lost(world: World) -> None:
    """Carried away: the bar reads 0, what was done survives (mechanics 2.6)."""
    mine(world, IRON)
    world.advance(60)
    assert world.character(ME)["mining_progress"] == pytest.approx(0.5)
    world.teleport(ME, (-5.5, 0.5))
    world.advance(200)
    assert world.character(ME)["mining_progress"] == 0
    assert world.character(ME)["activity"] == "mining" and holds(world) == {}
    world.teleport(ME, (0.5, 0.5))
    assert ticks_to_first(world, "iron-ore") == 61


def test_each_character_has_its_own_progress(world: World) -> None:
    world.create_character(MATE, (2.5, 0.5))
    mine(world, IRON)
    world.advance(60)
    mine(world, IRON, MATE)
    world.advance(61)
    assert holds(world) == {"iron-ore": 1} and holds(world, MATE) == {}
    world.advance(60)
    assert holds(world, MATE) == {"iron-ore": 1}


# -- targets ---------------------------------------------------------------------------------------
def test_the_nearest_pile_is_mined(world: World) -> None:
    world.create_ground_item("coal", (0.5, 2.5))
    world.create_ground_item("stone", (0.5 + 70 / 256, 2.5))
    mine(world, (0.5 + 36 / 256, 2.5))
    world.advance(4)
    assert holds(world) == {"stone": 1}
    mine(world, (0.5 + 34 / 256, 2.5))
    world.advance(4)
    assert holds(world) == {"stone": 1, "coal": 1}


@pytest.mark.parametrize("newest", ["coal", "stone"])
def test_of_piles_equally_near_the_newest_is_mined(world: World, newest: str) -> None:
    for item in ("coal", "stone", "coal")[newest == "coal" :][:2]:
        world.create_ground_item(item, (0.5 + (70 / 256 if item == "stone" else 0), 2.5))
    assert world.ground_items()[-1]["name"] == newest
    mine(world, (0.5 + 35 / 256, 2.5))
    world.advance(4)
    assert holds(world) == {newest: 1}


@pytest.mark.parametrize("edge", [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)])
def test_a_pile_is_selected_from_all_tiles_around_it(world: World, edge: tuple[int, int]) -> None:
    """The selection box (+-43/256, strictly) decides, not the tile (mechanics 2.6)."""
    x, y = (-896 + 108 * side for side in edge)  # 20/256 from the edges of its tile
    world.create_ground_item("coal", (x / 256, y / 256))
    far = [(x + 43 * edge[0]) / 256, (y + 43 * edge[1]) / 256]
    assert mine(world, far) == "nothing_there"
    near = [(x + 42 * edge[0]) / 256, (y + 42 * edge[1]) / 256]
    assert mine(world, near) == "running"
    world.advance(4)
    assert holds(world) == {"coal": 1}


def test_an_order_for_one_kind_refuses_another(world: World) -> None:
    world.create_entity("wooden-chest", IRON)
    assert mine(world, IRON, entity_name="iron-ore") == "wrong_entity"
    assert mine(world, IRON, entity_name="wooden-chest") == "running"


def test_a_teammate_may_take_the_target_first(world: World) -> None:
    """Served in agent order; the loser gets an error and nothing is doubled."""
    world.create_character(MATE, (0.5, 3.5))
    chest = world.create_entity("wooden-chest", (0.5, 2.5))
    world.insert(chest, "coal", 10)
    for agent in (ME, MATE):
        mine(world, (0.5, 2.5), agent)
    world.advance(13)
    assert holds(world) == {"coal": 10, "wooden-chest": 1} and holds(world, MATE) == {}
    assert world.result(MATE)["code"] == "nothing_there"


def test_two_share_the_last_ore_of_a_deposit(world: World) -> None:
    world.create_resource("iron-ore", IRON, 1)
    world.create_character(MATE, (2.5, 0.5))
    mine(world, IRON)
    mine(world, IRON, MATE)
    world.advance(300)
    assert holds(world) == {"iron-ore": 1} and holds(world, MATE) == {}
    assert world.production("iron-ore") == 1
    assert world.result(ME)["code"] == "ok" and world.result(MATE)["code"] == "nothing_there"


def test_an_area_is_mined_one_target_after_the_other(world: World) -> None:
    for x in range(3):
        world.create_entity("tree-01", (x - 1 + 0.5, 2.5))
    area = {"left_top": [-3, 2], "right_bottom": [3, 3]}
    order(world, "MINE", area=area, entity_name="tree-01", count=2)
    world.advance(400)
    assert holds(world) == {"wood": 8} and world.result(ME)["code"] == "ok"
    assert len(world.entities()) == 1


def test_all_yields_of_trees_and_rocks() -> None:
    """Mechanics 2.8; rocks with a range are drawn by their place."""
    world = World(48, 48, seed=7)
    world.create_character(ME, (0, 0))
    trees = [f"tree-0{n}" for n in range(1, 10)]
    wanted: dict[str, dict[str, range]] = {
        **{name: {"wood": range(4, 5)} for name in (*trees, "dry-tree")},
        **{
            name: {"wood": range(2, 3)}
            for name in ("dead-grey-trunk", "dead-tree-desert", "dry-hairy-tree")
        },
        "big-rock": {"stone": range(20, 21)},
        "big-sand-rock": {"stone": range(19, 26)},
        "huge-rock": {"stone": range(24, 51), "coal": range(24, 51)},
    }
    for name, yields in wanted.items():
        world.create_entity(name, (4, 4))
        assert mine(world, (4, 4)) == "running", name
        world.advance(400)
        found = holds(world)
        assert set(found) == set(yields), name
        for item, counts in yields.items():
            assert found[item] in counts, name
            world.take_away(ME, item, found[item])
        assert world.find((4, 4)) is None


def test_the_yields_of_a_rock_vary_with_its_place_alone() -> None:
    """So that an engine and a server agree, which share no generator (docs/fidelity.md)."""
    found = set()
    for seed in range(2):
        world = World(64, 64, seed=seed)
        world.create_character(ME, (0, 0))
        for x, y in itertools.product((-4, 4), range(-6, 7)):
            world.create_entity("huge-rock", (x, y))
            mine(world, (x, y))
            world.advance(361)
            found.add((x, y, tuple(sorted(holds(world).items()))))
            world.take_away(ME, "stone", 500)
            world.take_away(ME, "coal", 500)
    assert len(found) == 26
    found = {yields for _, _, yields in found}
    assert len(found) > 12
    every = [count for pairs in found for _, count in pairs]
    assert min(every) >= 24 and max(every) <= 50


# -- what comes back -------------------------------------------------------------------------------
def test_contents_join_the_stacks_that_are_there(world: World) -> None:
    """Part stacks first, then the first empty slots (mechanics 9.2)."""
    world.give(ME, "coal", 30)
    world.give(ME, "stone", 45)
    chest = world.create_entity("wooden-chest", (0.5, 2.5))
    world.insert(chest, "stone", 10)
    world.insert(chest, "coal", 5)
    mine(world, (0.5, 2.5))
    world.advance(13)
    assert stacks(world) == [("coal", 35), ("stone", 50), ("stone", 5), ("wooden-chest", 1)]


def test_a_steel_furnace_gives_back_its_craft() -> None:
    """Five plates of a running steel craft come back between result and furnace."""
    world = World(32, 32)
    world.create_character(ME, (3, 3))
    furnace = world.create_entity("steel-furnace", (0, 0))
    world.insert(furnace, "coal", 2)
    world.insert(furnace, "iron-plate", 8)
    world.insert(furnace, "steel-plate", 1, "result")
    world.give(ME, "iron-plate", 97)  # room for the 3 of the source in this stack
    world.advance(50)
    mine(world, (0, 0))
    world.advance(25)
    assert stacks(world) == [
        ("iron-plate", 100), ("coal", 1), ("steel-plate", 1), ("iron-plate", 5),
        ("steel-furnace", 1),
    ]  # fmt: skip
    assert world.consumption("iron-plate") == 0


def test_an_idle_furnace_gives_no_craft_back() -> None:
    world = World(32, 32)
    world.create_character(ME, (3, 3))
    furnace = world.create_entity("stone-furnace", (0, 0))
    world.insert(furnace, "iron-ore", 8)
    world.advance(50)
    mine(world, (0, 0))
    world.advance(25)
    assert stacks(world) == [("iron-ore", 8), ("stone-furnace", 1)]


def test_a_partly_mined_furnace_goes_on_with_its_craft() -> None:
    """Its craft runs on while something of it did not fit, and progress of mining stays full."""
    world = World(32, 32)
    world.create_character(ME, (3, 3))
    furnace = world.create_entity("stone-furnace", (0, 0))
    world.insert(furnace, "coal", 3)
    world.insert(furnace, "iron-ore", 9)
    world.give(ME, "iron-ore", 46)
    world.give(ME, "coal", 1)
    fill(world)
    world.advance(10)
    mine(world, (0, 0))
    world.advance(25)
    assert world.result(ME)["code"] == "inventory_full"
    assert world.entity(furnace)["inventories"] == {
        "fuel": {}, "source": {"iron-ore": 4}, "result": {},
    }  # fmt: skip
    world.advance(194 + 3 * 192 - 35)
    assert world.entity(furnace)["inventories"]["result"] == {"iron-plate": 4}
    world.take_away(ME, "wood", 300)
    assert mine(world, (0, 0)) == "running"
    world.advance(1)
    assert world.handles() == []


@pytest.mark.parametrize("stored", [0, 5], ids=["empty", "filled"])
def test_without_a_slot_for_itself_a_chest_stands(world: World, stored: int) -> None:
    """What fits has gone; the entity waits for room of its own."""
    chest = world.create_entity("wooden-chest", (0.5, 2.5))
    world.give(ME, "coal", 1)
    fill(world)
    if stored:
        world.insert(chest, "coal", stored)
        mine(world, (0.5, 2.5))
        world.advance(13)
        assert world.result(ME)["code"] == "inventory_full"
    else:
        assert mine(world, (0.5, 2.5)) == "inventory_full"
    assert holds(world)["coal"] == 1 + stored
    assert world.entity(chest)["inventories"] == {"chest": {}}


def test_a_tree_stays_whole_without_room(world: World) -> None:
    world.create_entity("tree-01", (0.5, 2.5))
    world.give(ME, "stone", 79 * 50)
    world.give(ME, "wood", 97)
    assert mine(world, (0.5, 2.5)) == "inventory_full"
    world.take_away(ME, "wood", 1)
    assert mine(world, (0.5, 2.5)) == "running"
    world.advance(66)
    assert holds(world)["wood"] == 100


def test_a_pile_gives_as_much_as_fits(world: World) -> None:
    world.create_ground_item("coal", (0.5, 2.5), 20)
    world.give(ME, "coal", 38)
    fill(world)
    assert mine(world, (0.5, 2.5)) == "running"
    world.advance(4)
    assert holds(world)["coal"] == 50 and world.ground_items()[0]["count"] == 8
    assert mine(world, (0.5, 2.5)) == "inventory_full"


def test_room_is_an_empty_slot_or_a_part_stack(world: World) -> None:
    """Mechanics 2.6, no room for the item (the rule since 2.0.67)."""
    world.give(ME, "iron-ore", 50)
    fill(world)
    assert mine(world, IRON) == "inventory_full"
    world.take_away(ME, "iron-ore", 1)
    assert mine(world, IRON) == "running"
    world.advance(121)
    assert holds(world)["iron-ore"] == 50 and world.resources()[1]["amount"] == 49
    world.advance(240)
    assert world.result(ME)["code"] == "inventory_full"
    assert world.resources()[1]["amount"] == 49 and world.ground_items() == []
    assert world.production("iron-ore") == 1


# -- drills below and around -----------------------------------------------------------------------
def test_a_mined_drill_gives_its_pending_ore_only_once() -> None:
    """The finished ore is held, or on the ground: never both, never neither."""
    for wait in range(238, 248):
        world = World(32, 32)
        world.create_resource("iron-ore", (0.5, 0.5), 50)
        drill = world.create_entity("burner-mining-drill", (0, 0), "south")
        world.insert(drill, "coal", 2)
        world.create_character(ME, (3, 0))
        world.advance(wait - 36)
        mine(world, (0, 0))
        world.advance(36)
        assert world.handles() == []
        there = holds(world).get("iron-ore", 0) + sum(p["count"] for p in world.ground_items())
        assert there == 50 - world.resources()[0]["amount"] == world.production("iron-ore")


def test_ore_counts_in_the_statistics_when_it_leaves_the_deposit(world: World) -> None:
    """Mechanics 10.1, by hand and by drill."""
    drill = world.create_entity("burner-mining-drill", (2, 0), "south")
    world.insert(drill, "coal", 2)
    world.create_resource("iron-ore", (0.5, 2.5), 5)
    mine(world, (0.5, 2.5))
    total = 5 + 50
    for _ in range(250):
        world.advance(1)
        left = sum(d["amount"] for d in world.resources() if d["name"] == "iron-ore")
        assert world.production("iron-ore") == total - left
    counters = world.counters("iron-ore")
    assert counters["mined"] == 2 and counters["drilled"] + world.production("copper-ore") == 1
