"""The ground: piles, spilling, chests, placing and snapping (mechanics 1.3, 1.4, 2.7, 2.9, 9)."""

from __future__ import annotations

from typing import Any

import pytest

from fz_multi.engine import World
from fz_multi.engine.world import WorldError

ME = "agent_0"


def tiles(x: int, y: int) -> tuple[float, float]:
    return x / 256, y / 256


def order(world: World, verb: str, **params: Any) -> dict[str, Any]:
    return world.command(ME, {"type": verb, "params": params})


def holds(world: World) -> dict[str, int]:
    return world.character(ME)["inventory"]


def piles(world: World) -> list[tuple[int, int]]:
    """Positions in 1/256 tile, the oldest first."""
    return [
        (round(256 * p["position"][0]), round(256 * p["position"][1])) for p in world.ground_items()
    ]


# -- piles -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("dx", [69, 70, -69, -70, 0])
@pytest.mark.parametrize("dy", [69, 70, -69, -70, 0])
def test_piles_keep_70_apart_on_one_axis(dx: int, dy: int) -> None:
    """Boxes of +-35 overlap strictly: one pile blocks another within 70 on both axes (9.3)."""
    world = World(16, 16)
    world.create_ground_item("coal", (0.5, 0.5))
    where = tiles(128 + dx, 128 + dy)
    if max(abs(dx), abs(dy)) < 70:
        with pytest.raises(WorldError, match="in the way"):
            world.create_ground_item("stone", where)
    else:
        world.create_ground_item("stone", where)
        assert len(piles(world)) == 2


def test_piles_of_neighbouring_tiles_block_each_other() -> None:
    world = World(16, 16)
    world.create_ground_item("coal", tiles(250, 250))
    for where in ((260, 250), (250, 260), (319, 319), (181, 181)):
        with pytest.raises(WorldError, match="in the way"):
            world.create_ground_item("stone", tiles(*where))
    world.create_ground_item("stone", tiles(320, 250))


@pytest.mark.parametrize(
    ("name", "half"),
    [("wooden-chest", 89), ("stone-wall", 74), ("tree-01", 102), ("stone-furnace", 179)],
)
@pytest.mark.parametrize("side", [(1, 0), (0, 1), (-1, 0), (0, -1)])
def test_entities_block_piles_by_their_boxes(name: str, half: int, side: tuple[int, int]) -> None:
    """Strict overlap of the pile's box with the entity's (mechanics 1.3, 1.4)."""
    world = World(16, 16)
    handle = world.create_entity(name, (0.5, 0.5))
    x, y = (round(256 * n) for n in world.entity(handle)["position"])
    far = half + 35
    with pytest.raises(WorldError, match="in the way"):
        world.create_ground_item("coal", tiles(x + side[0] * (far - 1), y + side[1] * (far - 1)))
    world.create_ground_item("coal", tiles(x + side[0] * far, y + side[1] * far))


def test_water_blocks_piles_and_characters_do_not() -> None:
    world = World(16, 16)
    world.set_terrain((2.5, 0.5), "water")
    with pytest.raises(WorldError, match="in the way"):
        world.create_ground_item("coal", tiles(512 - 34, 128))
    world.create_ground_item("coal", tiles(512 - 35, 128))
    world.create_character(ME, (0.5, 0.5))
    world.create_ground_item("coal", (0.5, 0.5))


def test_a_script_lays_a_stack_in_one_pile() -> None:
    """Drills and hands lay one item, scripts may lay a full stack (mechanics 9.3)."""
    world = World(16, 16)
    world.create_ground_item("coal", (0.5, 0.5), 50)
    with pytest.raises(WorldError, match="from 1 to 50"):
        world.create_ground_item("coal", (3.5, 0.5), 51)
    world.create_character(ME, (0.5, 0.5))
    assert order(world, "PICK_UP")["count"] == 50


# -- spilling --------------------------------------------------------------------------------------
def rings(x: int, y: int, count: int) -> list[tuple[int, int]]:
    """Rings 88 apart, each clockwise from its top-left corner (mechanics 2.7)."""
    out = [(x, y)]
    for ring in range(1, count + 1):
        side = range(-ring, ring)
        path = [(n, -ring) for n in side] + [(ring, n) for n in side]
        path += [(-n, ring) for n in side] + [(-ring, -n) for n in side]
        out += [(x + 88 * dx, y + 88 * dy) for dx, dy in path]
    return out


def test_a_spill_goes_round_in_rings() -> None:
    """Origin, 8 points, 16 points ...: one item each, characters do not block."""
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    world.give(ME, "coal", 49)
    assert order(world, "DROP", item="coal", count=49)["count"] == 49
    assert piles(world) == rings(128, 128, 3)
    assert holds(world) == {}


def test_a_spill_leaves_out_what_is_taken() -> None:
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    world.create_entity("wooden-chest", (1.5, 0.5))
    world.set_terrain((0.5, -0.5), "water")
    world.give(ME, "coal", 20)
    order(world, "DROP", item="coal", count=20)
    found = piles(world)
    free = [
        (x, y)
        for x, y in rings(128, 128, 4)
        if not (x + 35 > 295 and x - 35 < 473 and y + 35 > 39 and y - 35 < 217)  # the chest
        and not (y - 35 < 0 and y + 35 > -256 and x + 35 > 0 and x - 35 < 256)  # the water
    ]
    assert found == free[:20]


def test_a_spill_fills_the_gaps_of_an_earlier_one() -> None:
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    world.give(ME, "coal", 30)
    order(world, "DROP", item="coal", count=9)
    order(world, "MINE", target=tiles(128 + 88, 128))
    world.advance(4)
    assert len(piles(world)) == 8
    order(world, "DROP", item="coal", count=2)
    assert piles(world)[8:] == [(216, 128), (128 - 176, 128 - 176)]


# -- picking up and dropping -----------------------------------------------------------------------
def test_one_pick_up_takes_all_within_a_tile() -> None:
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    near = [(128 + 256, 128), (128, 128 - 256), (128 + 153, 128 + 204), (128, 128)]
    far = [(128 + 257, 128 + 70), (128 - 182, 128 - 182)]
    for place in (*near, *far):
        world.create_ground_item("coal", tiles(*place))
    assert order(world, "PICK_UP")["count"] == len(near)
    assert sorted(piles(world)) == sorted(far)


def test_a_pick_up_takes_what_fits() -> None:
    """One pass takes what fits; another kind may still find room (mechanics 2.12)."""
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    world.give(ME, "coal", 45)
    world.give(ME, "wood", 7900)
    for x, item in ((0, "coal"), (100, "stone"), (200, "coal")):
        world.create_ground_item(item, tiles(x, 128), 10)
    assert order(world, "PICK_UP")["count"] == 5
    assert holds(world) == {"coal": 50, "wood": 7900}
    assert sorted(p["count"] for p in world.ground_items()) == [5, 10, 10]
    assert order(world, "PICK_UP")["code"] == "inventory_full"
    world.take_away(ME, "wood", 100)
    assert order(world, "PICK_UP")["count"] in (10, 15)  # the stone, or both piles of coal


def test_a_drop_takes_no_more_than_is_held() -> None:
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    world.give(ME, "coal", 3)
    assert order(world, "DROP", item="stone")["code"] == "insufficient_items"
    assert order(world, "DROP", item="coal", count=9)["count"] == 3
    assert holds(world) == {} and len(piles(world)) == 3


# -- chests ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "slots"), [("wooden-chest", 16), ("iron-chest", 32), ("steel-chest", 48)]
)
def test_how_much_a_chest_holds(name: str, slots: int) -> None:
    """Slots times stack: 800 ore or 1,600 plates in a wooden chest (mechanics 9.1)."""
    world = World(16, 16)
    for item, stack in (("iron-ore", 50), ("iron-plate", 100), ("copper-cable", 200),
                        ("rocket-silo", 1)):  # fmt: skip
        chest = world.create_entity(name, (0.5, 0.5))
        assert world.insert(chest, item, 100_000) == slots * stack
        assert world.insert(chest, item, 1) == 0
        world.remove_entity(chest)


STACKS = {
    1: "rocket-silo satellite nuclear-fuel car",
    5: "pistol submachine-gun locomotive cargo-wagon",
    10: "lab steam-engine steam-turbine chemical-plant oil-refinery roboport water-barrel",
    20: "pumpjack offshore-pump beacon rocket-fuel",
    50: "iron-ore copper-ore coal stone solid-fuel sulfur wooden-chest inserter "
        "burner-mining-drill stone-furnace assembling-machine-1 boiler splitter radar speed-module",
    100: "wood iron-plate copper-plate steel-plate stone-brick iron-gear-wheel iron-stick pipe "
         "transport-belt plastic-bar processing-unit stone-wall rail landfill uranium-235",
    200: "copper-cable electronic-circuit advanced-circuit battery automation-science-pack",
    2000: "space-science-pack",
}  # fmt: skip


@pytest.mark.parametrize("stack", STACKS)
def test_stack_sizes(stack: int) -> None:
    """A character's 80 slots hold 80 stacks (mechanics 2.1, 2.13)."""
    world = World(16, 16)
    world.create_character(ME, (0.5, 0.5))
    for item in STACKS[stack].split():
        assert world.give(ME, item, 10**6) == 80 * stack, item
        assert world.take_away(ME, item, 10**6) == 80 * stack


def test_part_stacks_are_filled_first_and_first_stacks_emptied_first() -> None:
    """Mechanics 9.2, a chest and the main inventory alike."""
    world = World(16, 16)
    world.create_character(ME, (0.5, 1.5))
    chest = world.create_entity("wooden-chest", (0.5, 0.5))

    def slots(base: int, count: int) -> list[tuple[str, int]]:
        run = world.batch.full.slot[0, base : base + count].tolist()
        return [(world.prototypes.item_name(i) if i else "", n) for i, n in run]

    def check(put: Any, take: Any, base: int) -> None:
        put("coal", 60)
        put("stone", 10)
        take("coal", 30)
        assert slots(base, 4) == [("coal", 20), ("coal", 10), ("stone", 10), ("", 0)]
        put("coal", 45)
        assert slots(base, 4) == [("coal", 50), ("coal", 25), ("stone", 10), ("", 0)]
        take("coal", 55)
        assert slots(base, 4) == [("", 0), ("coal", 20), ("stone", 10), ("", 0)]
        put("wood", 1)
        assert slots(base, 4) == [("wood", 1), ("coal", 20), ("stone", 10), ("", 0)]

    tables = world.batch.full
    check(
        lambda i, n: world.insert(chest, i, n),
        lambda i, n: world.remove(chest, i, n, "chest"),
        int(tables.entity.slot[0, chest.row]),
    )
    check(lambda i, n: world.give(ME, i, n), lambda i, n: world.take_away(ME, i, n),
          int(tables.character.slot[0, 0]))  # fmt: skip


def test_a_hand_over_counts_for_another_agent_alone() -> None:
    """Items taken out of a chest that a teammate filled."""
    world = World(16, 16)
    for agent, x in (("agent_0", 0.5), ("agent_1", 2.5)):
        world.create_character(agent, (x, 2.5))
    world.create_entity("wooden-chest", (1.5, 1.5))
    world.give("agent_0", "coal", 10)
    place = {"target": [1.5, 1.5], "item": "coal", "count": 3}
    order(world, "INSERT", **{**place, "count": 9})
    order(world, "TAKE", **place)
    world.command("agent_1", {"type": "TAKE", "params": place})
    handed = world.batch.full.agent.handed[0]
    assert handed[0] == 0 and handed[1] == 3
    assert world.character("agent_1")["inventory"] == {"coal": 3}


# -- placing and snapping --------------------------------------------------------------------------
def footprint(world: World) -> set[tuple[int, int]]:
    """Tiles of the only entity."""
    out = set()
    for x in range(-8, 8):
        for y in range(-8, 8):
            if world.find((x + 0.5, y + 0.5)) is not None:
                out.add((x, y))
    return out


@pytest.mark.parametrize("size", [1, 2, 3])
def test_snapping(size: int) -> None:
    """Asked for at tile t: 1x1 covers t, 2x2 t..t+1, 3x3 t-1..t+1 on each axis (mechanics 1.3)."""
    name = {1: "wooden-chest", 2: "stone-furnace", 3: "huge-rock"}[size]
    for tile in ((0, 0), (3, -4), (-5, 2)):
        world = World(16, 16)
        world.create_entity(name, (tile[0] + 0.5, tile[1] + 0.5))
        low, high = (-1, 2) if size == 3 else (0, size)
        assert footprint(world) == {
            (tile[0] + dx, tile[1] + dy) for dx in range(low, high) for dy in range(low, high)
        }


@pytest.mark.parametrize(
    ("asked", "centre"), [(0.0, 0), (0.49, 0), (0.5, 1), (1.49, 1), (-0.6, -1)]
)
def test_even_sizes_centre_on_the_nearest_corner(asked: float, centre: int) -> None:
    world = World(16, 16)
    handle = world.create_entity("stone-furnace", (asked, asked))
    assert world.entity(handle)["position"] == (centre, centre)


def test_boxes_overlap_strictly_for_placing() -> None:
    """A dry tree's box reaches 76/256 into the tile north of it (mechanics 1.3, 2.8)."""
    world = World(16, 16)
    world.create_entity("dry-tree", (0.5, 0.5))
    with pytest.raises(WorldError, match="another entity"):
        world.create_entity("wooden-chest", (0.5, -0.5))
    world.create_entity("stone-wall", (0.5, 1.5))
    world.create_entity("wooden-chest", (1.5, 0.5))
    # A furnace's box ends 77/256 before its tiles do: 1 more than the tree reaches over.
    world.create_entity("stone-furnace", (0, -1))


def test_resources_below_entities_stay() -> None:
    world = World(16, 16)
    world.create_resource("iron-ore", (0.5, 0.5), 7)
    chest = world.create_entity("wooden-chest", (0.5, 0.5))
    world.remove_entity(chest)
    assert world.resources() == [{"name": "iron-ore", "position": (0.5, 0.5), "amount": 7}]


def test_piles_do_not_prevent_building() -> None:
    """They stay below, and can be had again when the building is gone (mechanics 2.9)."""
    world = World(16, 16)
    world.create_ground_item("coal", (0.5, 0.5), 4)
    chest = world.create_entity("wooden-chest", (0.5, 0.5))
    assert world.ground_items()[0]["count"] == 4
    world.remove_entity(chest)
    world.create_character(ME, (0.5, 0.5))
    assert order(world, "PICK_UP")["count"] == 4


def test_water_is_strict_for_placing_and_inclusive_for_standing() -> None:
    """Mechanics 1.3: boxes may touch water where they are placed, not where they walk."""
    world = World(16, 16)
    world.set_terrain((1.5, 0.5), "water")
    rock = world.create_entity("big-rock", (0, 0))  # its box ends where the water begins
    world.remove_entity(rock)
    with pytest.raises(WorldError, match="there is water"):
        world.create_entity("stone-furnace", (2, 2))
        world.create_entity("stone-furnace", (2, 0))
    with pytest.raises(WorldError, match="in the way"):
        world.create_character(ME, tiles(256 - 51, 128))
    world.create_character(ME, tiles(256 - 52, 128))


@pytest.mark.parametrize("name", ["burner-mining-drill", "stone-furnace"])
@pytest.mark.parametrize("away", [0, 100, 229, 230])
def test_characters_block_what_blocks_walking(name: str, away: int) -> None:
    """Strict overlap with any character's box (mechanics 2.9): 179 + 51 apart is fine."""
    world = World(16, 16)
    world.create_resource("coal", (0.5, 0.5), 9)
    world.create_character(ME, tiles(away, 0))
    world.give(ME, name, 1)
    code = order(world, "BUILD", entity=name, position=[0, 0])["code"]
    assert code == ("ok" if away == 230 else "character_in_the_way")


def test_built_entities_belong_to_their_builder() -> None:
    world = World(16, 16)
    world.create_character(ME, (3, 3))
    world.give(ME, "stone-furnace", 1)
    order(world, "BUILD", entity="stone-furnace", position=[0, 0], direction="east")
    (seen,) = world.entities()
    assert seen["owner"] == ME and seen["direction"] == "north"  # furnaces do not turn


@pytest.mark.parametrize("item", ["iron-ore", "coal", "stone", "copper-ore", "wood"])
def test_what_is_no_building_cannot_be_built(item: str) -> None:
    """An ore shares its name with its deposit, which nobody places."""
    world = World(16, 16)
    world.create_character(ME, (3, 3))
    world.give(ME, item, 5)
    entity = "tree-01" if item == "wood" else item
    assert order(world, "BUILD", entity=entity, position=[0.5, 0.5])["code"] == "cannot_place"
    assert world.entities() == [] and holds(world) == {item: 5}
