"""The prototype tables against known numbers of the base game 2.0.77."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fz_multi.prototypes import Prototypes, UnknownNameError, load, load_switches

TABLES = ("items", "recipes", "entities", "fluids", "technologies", "tiles")


# -- size and identity ---------------------------------------------------------------------------


def test_counts(numbers: Prototypes) -> None:
    # 217 recipes are all of the game's data: 5 hidden ones and 10 blueprint parameters included.
    assert len(numbers.recipes) == 217
    assert len(numbers.technologies) == 196
    assert sum(bool(t.trigger) for t in numbers.technologies.values()) == 7
    assert sum(r.parameter for r in numbers.recipes.values()) == 10
    assert {t: len(getattr(numbers, t)) for t in TABLES} == numbers.meta["counts"]


def test_version_is_recorded(numbers: Prototypes) -> None:
    assert numbers.version == numbers.meta["version"] == "2.0.77"
    assert "factorio-data 2.0.77" in numbers.meta["source"]


def test_no_expansion(numbers: Prototypes) -> None:
    foreign = (
        "quality", "recycler", "elevated", "foundry", "biochamber", "tungsten", "holmium",
        "carbon-fiber", "asteroid", "space-platform", "stack-inserter", "turbo-", "big-mining-",
        "electromagnetic", "agricultural", "metallurgic", "cryogenic", "promethium", "thruster",
    )  # fmt: skip
    for table in TABLES:
        for name in getattr(numbers, table):
            assert not any(word in name for word in foreign), (table, name)
    assert "satellite" in numbers.items  # expansions remove it
    assert numbers.recipes["low-density-structure"].energy_required == 15


def test_ids_are_positions(numbers: Prototypes) -> None:
    kinds = ("item", "recipe", "entity", "fluid", "technology", "tile")
    for table, kind in zip(TABLES, kinds, strict=True):
        records = getattr(numbers, table)
        name_of, id_of = getattr(numbers, f"{kind}_name"), getattr(numbers, f"{kind}_id")
        assert [r.id for r in records.values()] == list(range(1, len(records) + 1))
        assert name_of(0) == ""
        for name in records:
            assert name_of(id_of(name)) == name


def test_order_is_the_games(numbers: Prototypes) -> None:
    assert list(numbers.items)[:4] == ["wooden-chest", "iron-chest", "steel-chest", "storage-tank"]
    ids = [numbers.item_id(f"{x}science-pack") for x in ("automation-", "logistic-", "military-")]
    assert ids == list(range(ids[0], ids[0] + 3))


def test_unknown_names(numbers: Prototypes) -> None:
    with pytest.raises(UnknownNameError, match="item 'iron-plat'; did you mean 'iron-plate'"):
        numbers.items["iron-plat"]
    with pytest.raises(KeyError, match="unknown recipe"):
        numbers.recipe_id("xyzzy")
    with pytest.raises(UnknownNameError, match="entity id"):
        numbers.entity_name(10_000)
    with pytest.raises(UnknownNameError, match="item id"):
        numbers.item_name(-1)
    with pytest.raises(UnknownNameError, match=r"2\.0\.77"):
        load("2.0.76")
    assert numbers.items.get("iron-plat") is None
    error = pickle.loads(pickle.dumps(UnknownNameError("item", "x", ("y",))))
    assert str(error) == "unknown item 'x'; did you mean 'y'?"


def test_read_only_cached_and_picklable(numbers: Prototypes) -> None:
    assert load() is load("2.0.77") is numbers
    assert pickle.loads(pickle.dumps(numbers)) is numbers
    for table in TABLES:
        for record in getattr(numbers, table).values():
            hash(record)
        assert pickle.loads(pickle.dumps(record)) == record
    with pytest.raises(TypeError):
        numbers.items["x"] = None  # type: ignore[index]
    with pytest.raises(AttributeError):
        numbers.items["coal"].stack_size = 1  # type: ignore[misc]


def test_hash_is_stable_in_another_process(numbers: Prototypes) -> None:
    code = "from fz_multi.prototypes import load; print(load().numbers_hash())"
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == numbers.numbers_hash()
    assert len(numbers.numbers_hash()) == 64


def test_loading_is_fast() -> None:
    # 20 ms on an idle core; the bound leaves room for a loaded machine.
    best = min(_seconds_to_load() for _ in range(5))
    assert best < 0.25


def _seconds_to_load() -> float:
    start = time.perf_counter()
    Prototypes("2.0.77")
    return time.perf_counter() - start


def test_files_are_small_and_one_record_a_line() -> None:
    import fz_multi.prototypes as package

    folder = Path(package.__file__).parent / "2.0.77"
    assert sum(f.stat().st_size for f in folder.iterdir()) < 400 * 1024
    for table in TABLES:
        lines = (folder / f"{table}.json").read_text().splitlines()
        assert (lines[0], lines[-1]) == ("[", "]")
        assert all("name" in json.loads(line.rstrip(",")) for line in lines[1:-1])


def test_every_reference_exists(numbers: Prototypes) -> None:
    for item in numbers.items.values():
        assert not item.place_result or item.place_result in numbers.entities, item.name
        assert not item.place_as_tile or item.place_as_tile in numbers.tiles, item.name
    for recipe in numbers.recipes.values():
        assert recipe.category in numbers.meta["recipe_categories"]
        for part in (*recipe.ingredients, *recipe.products):
            assert part.name in (numbers.fluids if part.fluid else numbers.items), recipe.name
    for technology in numbers.technologies.values():
        assert all(p in numbers.technologies for p in technology.prerequisites)
        assert all(i.name in numbers.items for i in technology.ingredients)
        for effect in technology.effects:
            assert effect.type != "unlock-recipe" or effect.target in numbers.recipes
    for entity in numbers.entities.values():
        assert not entity.placed_by or entity.placed_by in numbers.items, entity.name
        assert not entity.next_upgrade or entity.next_upgrade in numbers.entities, entity.name
        assert set(entity.collision_layers) <= set(numbers.meta["collision_layers"])
        for result in entity.mining_results:
            table = numbers.fluids if result.fluid else numbers.items
            assert result.name in table or entity.hidden, entity.name


# -- footprints ----------------------------------------------------------------------------------

#: name: tiles wide, tiles high, box in 1/256, hand-mining seconds, health, stack
FOOTPRINTS = {
    "wooden-chest": (1, 1, (-89, -89, 89, 89), 0.1, 100, 50),
    "iron-chest": (1, 1, (-89, -89, 89, 89), 0.2, 200, 50),
    "steel-chest": (1, 1, (-89, -89, 89, 89), 0.2, 350, 50),
    "transport-belt": (1, 1, (-102, -102, 102, 102), 0.1, 150, 100),
    "underground-belt": (1, 1, (-102, -102, 102, 102), 0.1, 150, 50),
    "splitter": (2, 1, (-230, -102, 230, 102), 0.1, 170, 50),
    "burner-inserter": (1, 1, (-38, -38, 38, 38), 0.1, 100, 50),
    "inserter": (1, 1, (-38, -38, 38, 38), 0.1, 150, 50),
    "long-handed-inserter": (1, 1, (-38, -38, 38, 38), 0.1, 160, 50),
    "fast-inserter": (1, 1, (-38, -38, 38, 38), 0.1, 150, 50),
    "bulk-inserter": (1, 1, (-38, -38, 38, 38), 0.1, 160, 50),
    "small-electric-pole": (1, 1, (-38, -38, 38, 38), 0.1, 100, 50),
    "medium-electric-pole": (1, 1, (-38, -38, 38, 38), 0.1, 100, 50),
    "small-lamp": (1, 1, (-38, -38, 38, 38), 0.1, 100, 50),
    "burner-mining-drill": (2, 2, (-179, -179, 179, 179), 0.3, 150, 50),
    "electric-mining-drill": (3, 3, (-345, -345, 345, 345), 0.3, 300, 50),
    "pumpjack": (3, 3, (-307, -307, 307, 307), 0.5, 200, 20),
    "stone-furnace": (2, 2, (-179, -179, 179, 179), 0.2, 200, 50),
    "steel-furnace": (2, 2, (-179, -179, 179, 179), 0.2, 300, 50),
    "electric-furnace": (3, 3, (-307, -307, 307, 307), 0.2, 350, 50),
    "assembling-machine-1": (3, 3, (-307, -307, 307, 307), 0.2, 300, 50),
    "assembling-machine-2": (3, 3, (-307, -307, 307, 307), 0.2, 350, 50),
    "assembling-machine-3": (3, 3, (-307, -307, 307, 307), 0.2, 400, 50),
    "chemical-plant": (3, 3, (-307, -307, 307, 307), 0.1, 300, 10),
    "oil-refinery": (5, 5, (-614, -614, 614, 614), 0.2, 350, 10),
    "centrifuge": (3, 3, (-307, -307, 307, 307), 0.1, 350, 50),
    "radar": (3, 3, (-307, -307, 307, 307), 0.1, 250, 50),
    "lab": (3, 3, (-307, -307, 307, 307), 0.2, 150, 10),
    "big-electric-pole": (2, 2, (-166, -166, 166, 166), 0.1, 150, 50),
    "substation": (2, 2, (-179, -179, 179, 179), 0.1, 200, 50),
    "boiler": (3, 2, (-330, -202, 330, 202), 0.2, 200, 50),
    "steam-engine": (3, 5, (-320, -601, 320, 601), 0.3, 400, 10),
    "steam-turbine": (3, 5, (-320, -601, 320, 601), 0.3, 300, 10),
    "offshore-pump": (1, 1, (-153, -268, 153, 76), 0.1, 150, 20),
    "pump": (1, 2, (-74, -230, 74, 230), 0.2, 180, 50),
    "pipe": (1, 1, (-74, -74, 74, 74), 0.1, 100, 100),
    "pipe-to-ground": (1, 1, (-74, -74, 74, 51), 0.1, 150, 50),
    "storage-tank": (3, 3, (-332, -332, 332, 332), 0.5, 500, 50),
    "solar-panel": (3, 3, (-358, -358, 358, 358), 0.1, 200, 50),
    "accumulator": (2, 2, (-230, -230, 230, 230), 0.1, 150, 50),
    "beacon": (3, 3, (-307, -307, 307, 307), 0.2, 200, 20),
    "stone-wall": (1, 1, (-74, -74, 74, 74), 0.2, 350, 100),
    "gate": (1, 1, (-74, -74, 74, 74), 0.1, 350, 50),
    "gun-turret": (2, 2, (-179, -179, 179, 179), 0.5, 400, 50),
    "rocket-silo": (9, 9, (-1075, -1075, 1075, 1075), 1, 5000, 1),
    "roboport": (4, 4, (-435, -435, 435, 435), 0.1, 500, 10),
}


@pytest.mark.parametrize("name", FOOTPRINTS)
def test_footprint(numbers: Prototypes, name: str) -> None:
    entity = numbers.entities[name]
    assert (
        entity.tile_width,
        entity.tile_height,
        entity.collision_box,
        entity.mining_time,
        entity.max_health,
        numbers.items[name].stack_size,
    ) == FOOTPRINTS[name]
    assert entity.placed_by == name and entity.minable
    assert [(r.name, r.amount) for r in entity.mining_results] == [(name, 1)]


def test_boxes_are_cut_toward_zero(numbers: Prototypes) -> None:
    for entity in numbers.entities.values():
        cut = tuple(math.trunc(round(c * 256, 6)) for c in entity.collision_box_tiles)
        assert entity.collision_box == cut, entity.name


def test_what_collides(numbers: Prototypes) -> None:
    def layers(name: str) -> set[str]:
        return set(numbers.entities[name].collision_layers)

    for name in ("stone-furnace", "wooden-chest", "pipe", "inserter", "tree-01", "big-rock"):
        assert layers("character") & layers(name), name
    for name in ("transport-belt", "splitter", "pipe-to-ground", "straight-rail", "iron-ore"):
        assert "player" not in layers(name) and "is_object" not in layers(name), name
    assert layers("stone-furnace") & layers("transport-belt")
    assert layers("iron-ore") == {"resource"}
    assert "water_tile" not in layers("offshore-pump")
    water = numbers.tiles["water"]
    assert water.is_water and water.fluid == "water" and "player" in water.collision_layers
    assert not numbers.tiles["out-of-map"].is_water


# -- character, ground, resources ----------------------------------------------------------------


def test_character(numbers: Prototypes) -> None:
    c = numbers.entities["character"]
    assert (c.running_speed, c.mining_speed, c.inventory_size) == (0.15, 0.5, 80)
    assert (c.build_distance, c.reach_distance, c.drop_item_distance) == (10, 10, 10)
    assert (c.reach_resource_distance, c.item_pickup_distance, c.loot_pickup_distance) == (
        2.7,
        1,
        2,
    )
    assert c.collision_box == (-51, -51, 51, 51)
    assert int(c.maximum_corner_sliding_distance * 256) == 179
    assert (c.max_health, c.healing_per_tick) == (250, 0.15)
    assert c.crafting_categories == ("crafting",)
    assert int(c.running_speed * 256) == 38


def test_ground(numbers: Prototypes) -> None:
    factor = {
        "stone-path": 1.3, "concrete": 1.4, "refined-concrete": 1.5, "landfill": 1, "grass-1": 1,
        "water-shallow": 0.8, "water-mud": 0.7,
    }  # fmt: skip
    for name, expected in factor.items():
        assert numbers.tiles[name].walking_speed_modifier == expected
    pile = numbers.entities["item-on-ground"]
    assert (pile.mining_time, pile.collision_box[2], pile.selection_box[2]) == (0.025, 35, 43)


def test_trees_and_rocks(numbers: Prototypes) -> None:
    def yields(name: str) -> tuple[object, ...]:
        e = numbers.entities[name]
        return e.mining_time, *((r.name, r.amount_min, r.amount_max) for r in e.mining_results)

    assert yields("tree-01") == (0.55, ("wood", 4, 4))
    assert yields("dry-tree") == (0.5, ("wood", 4, 4))
    assert yields("dead-grey-trunk") == (0.5, ("wood", 2, 2))
    assert yields("big-rock") == (2, ("stone", 20, 20))
    assert yields("big-sand-rock") == (2, ("stone", 19, 25))
    assert yields("huge-rock") == (3, ("stone", 24, 50), ("coal", 24, 50))
    assert yields("fish") == (0.4, ("raw-fish", 5, 5))


def test_resources(numbers: Prototypes) -> None:
    for name in ("iron-ore", "copper-ore", "coal", "stone"):
        e = numbers.entities[name]
        assert (e.mining_time, e.collision_box[2], e.resource_category) == (1, 25, "basic-solid")
    uranium = numbers.entities["uranium-ore"]
    assert (uranium.mining_time, uranium.mining_fluid, uranium.mining_fluid_amount) == (
        2, "sulfuric-acid", 10,
    )  # fmt: skip
    oil = numbers.entities["crude-oil"]
    assert oil.infinite and oil.resource_category == "basic-fluid"
    assert (oil.normal_amount, oil.minimum_amount, oil.infinite_depletion_amount) == (
        300_000, 60_000, 10,
    )  # fmt: skip
    assert oil.mining_results[0] == ("crude-oil", 10, 10, 1, True, 0, 0, 0)
    assert oil.collision_box[2] == 358


def test_drills(numbers: Prototypes) -> None:
    burner = numbers.entities["burner-mining-drill"]
    assert (burner.mining_speed, burner.resource_searching_radius) == (0.25, 0.99)
    assert (burner.energy_per_tick, burner.energy_source, burner.module_slots) == (
        2500,
        "burner",
        0,
    )
    assert burner.drop_vector == (-128, -332) and burner.drain_per_tick == 0
    assert burner.allowed_effects == ()
    electric = numbers.entities["electric-mining-drill"]
    assert (electric.mining_speed, electric.resource_searching_radius) == (0.5, 2.49)
    assert (electric.energy_per_tick, electric.drain_per_tick, electric.module_slots) == (
        1500,
        50,
        3,
    )
    assert electric.drop_vector == (0, -473)
    pumpjack = numbers.entities["pumpjack"]
    assert (pumpjack.mining_speed, pumpjack.resource_searching_radius) == (1, 0.49)
    (connection,) = pumpjack.fluid_boxes[0].connections
    assert connection.positions == ((1, -1), (1, -1), (-1, 1), (-1, 1))


STACKS = {
    1: "rocket-silo satellite car power-armor nuclear-fuel",
    5: "submachine-gun locomotive cargo-wagon",
    10: "lab steam-engine steam-turbine chemical-plant oil-refinery roboport nuclear-reactor "
    "water-barrel",
    20: "pumpjack offshore-pump beacon rocket-fuel",
    50: "iron-ore coal stone solid-fuel sulfur explosives wooden-chest inserter boiler pump "
    "splitter storage-tank solar-panel accumulator small-lamp radar speed-module "
    "low-density-structure engine-unit electric-engine-unit flying-robot-frame logistic-robot "
    "centrifuge",
    100: "wood iron-plate steel-plate stone-brick iron-gear-wheel iron-stick pipe transport-belt "
    "plastic-bar processing-unit stone-wall rail firearm-magazine grenade repair-pack concrete "
    "landfill uranium-235 uranium-238",
    200: "copper-cable electronic-circuit advanced-circuit battery automation-science-pack "
    "logistic-science-pack military-science-pack chemical-science-pack production-science-pack "
    "utility-science-pack",
    2000: "space-science-pack",
}


@pytest.mark.parametrize("size", STACKS)
def test_stack_sizes(numbers: Prototypes, size: int) -> None:
    for name in STACKS[size].split():
        assert numbers.items[name].stack_size == size, name


# -- the other version ---------------------------------------------------------------------------


def test_switches(numbers: Prototypes) -> None:
    here, there = numbers.switches, load_switches("2.1")
    drill = numbers.entities["burner-mining-drill"]
    assert here.burner_drill_drop_vector == drill.drop_vector_tiles
    assert there.burner_drill_drop_vector == (-0.35, -1.3)
    assert here.science_packs_have_durability and not there.science_packs_have_durability
    assert there.recipe_category_is_list and not here.recipe_category_is_list
    assert dict(there.added_crafting_categories) == {"character": ("hand-crafting",)}
    for name, gone in there.removed_crafting_categories:
        assert set(gone) <= set(numbers.entities[name].crafting_categories)
