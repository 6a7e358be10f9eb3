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


@pytest.fixture(scope="module")
def numbers() -> Prototypes:
    return load("2.0.77")


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


# -- machines, fuel, power -----------------------------------------------------------------------


def test_fuels(numbers: Prototypes) -> None:
    joules = {
        "wood": 2e6, "coal": 4e6, "solid-fuel": 12e6, "rocket-fuel": 100e6, "nuclear-fuel": 1.21e9,
    }  # fmt: skip
    for name, value in joules.items():
        item = numbers.items[name]
        assert (item.fuel_value, item.fuel_category) == (value, "chemical")
    cell = numbers.items["uranium-fuel-cell"]
    assert (cell.fuel_value, cell.fuel_category) == (8_000_000_000, "nuclear")
    assert cell.burnt_result == "depleted-uranium-fuel-cell"
    assert numbers.items["automation-science-pack"].durability == 1


#: speed, watts, source, module slots, categories without basic-crafting
MACHINES = {
    "stone-furnace": (1, 90_000, "burner", 0, {"smelting"}),
    "steel-furnace": (2, 90_000, "burner", 0, {"smelting"}),
    "electric-furnace": (2, 180_000, "electric", 2, {"smelting"}),
    "assembling-machine-1": (0.5, 75_000, "electric", 0, {"crafting", "advanced-crafting"}),
    "assembling-machine-2": (
        0.75, 150_000, "electric", 2, {"crafting", "advanced-crafting", "crafting-with-fluid"},
    ),
    "assembling-machine-3": (
        1.25, 375_000, "electric", 4, {"crafting", "advanced-crafting", "crafting-with-fluid"},
    ),
    "chemical-plant": (1, 210_000, "electric", 3, {"chemistry"}),
    "oil-refinery": (1, 420_000, "electric", 3, {"oil-processing"}),
    "centrifuge": (1, 350_000, "electric", 2, {"centrifuging"}),
    "rocket-silo": (1, 250_000, "electric", 4, {"rocket-building"}),
}  # fmt: skip


@pytest.mark.parametrize("name", MACHINES)
def test_machines(numbers: Prototypes, name: str) -> None:
    e = numbers.entities[name]
    categories = set(e.crafting_categories) - {"basic-crafting"}
    found = (e.crafting_speed, e.energy_usage, e.energy_source, e.module_slots, categories)
    assert found == MACHINES[name]
    if e.energy_source == "electric":
        assert e.drain_per_tick == pytest.approx(e.energy_per_tick / 30)
    else:
        assert (e.fuel_slots, e.effectivity, e.drain_per_tick) == (1, 1, 0)


def test_lab_beacon_silo(numbers: Prototypes) -> None:
    lab = numbers.entities["lab"]
    assert (lab.researching_speed, lab.energy_per_tick, lab.module_slots) == (1, 1000, 2)
    assert len(lab.lab_inputs) == 7 and lab.drain_per_tick == pytest.approx(1000 / 30)
    beacon = numbers.entities["beacon"]
    assert (beacon.energy_usage, beacon.module_slots, beacon.supply_area_distance) == (
        480_000,
        2,
        3,
    )
    assert beacon.distribution_effectivity == 1.5
    assert beacon.beacon_profile[:4] == (1, 0.7071, 0.5773, 0.5)
    silo = numbers.entities["rocket-silo"]
    assert (silo.rocket_parts_required, silo.fixed_recipe) == (100, "rocket-part")
    assert silo.active_energy_usage == 3_990_000
    for name in ("stone-furnace", "steel-furnace", "assembling-machine-1"):
        assert numbers.entities[name].no_module_effects and numbers.entities[name].no_beacon_effects
    assert not numbers.entities["assembling-machine-2"].no_beacon_effects


def test_modules(numbers: Prototypes) -> None:
    expected = {
        "speed-module": (0.2, 0, 0.5), "speed-module-2": (0.3, 0, 0.6),
        "speed-module-3": (0.5, 0, 0.7), "productivity-module": (-0.05, 0.04, 0.4),
        "productivity-module-2": (-0.1, 0.06, 0.6), "productivity-module-3": (-0.15, 0.1, 0.8),
        "efficiency-module": (0, 0, -0.3), "efficiency-module-2": (0, 0, -0.4),
        "efficiency-module-3": (0, 0, -0.5),
    }  # fmt: skip
    for name, effects in expected.items():
        m = numbers.items[name]
        assert (m.effect_speed, m.effect_productivity, m.effect_consumption) == effects


#: rotation, extension, pickup, drop, arm, J per turn and tile, drain in W
INSERTERS = {
    "burner-inserter": (0.013, 0.035, (0, -1), (0, 1.2), 0.7, 50_000, 0),
    "inserter": (0.014, 0.035, (0, -1), (0, 1.2), 0.7, 5_000, 400),
    "long-handed-inserter": (0.02, 0.05, (0, -2), (0, 2.2), 1.7, 5_000, 400),
    "fast-inserter": (0.04, 0.1, (0, -1), (0, 1.2), 0.7, 7_000, 500),
    "bulk-inserter": (0.04, 0.1, (0, -1), (0, 1.2), 0.85, 20_000, 1_000),
}


@pytest.mark.parametrize("name", INSERTERS)
def test_inserters(numbers: Prototypes, name: str) -> None:
    e = numbers.entities[name]
    assert (
        e.rotation_speed, e.extension_speed, e.pickup_position, e.insert_position,
        e.starting_distance, e.energy_per_rotation, e.drain,
    ) == INSERTERS[name]  # fmt: skip
    assert e.energy_per_movement == e.energy_per_rotation
    assert e.filter_count == 5 and e.bulk == (name == "bulk-inserter")
    assert not e.allow_burner_leech


def test_burner_inserter_starts_with_wood(numbers: Prototypes) -> None:
    e = numbers.entities["burner-inserter"]
    assert (e.initial_fuel, e.initial_fuel_percent) == ("wood", 0.25)


def test_belts_poles_chests(numbers: Prototypes) -> None:
    for prefix, speed, reach in (("", 8, 5), ("fast-", 16, 7), ("express-", 24, 9)):
        for kind in ("transport-belt", "underground-belt", "splitter"):
            assert numbers.entities[prefix + kind].belt_speed == speed
        assert numbers.entities[f"{prefix}underground-belt"].max_underground_distance == reach
    poles = {
        "small-electric-pole": (7.5, 2.5), "medium-electric-pole": (9, 3.5),
        "big-electric-pole": (32, 2), "substation": (18, 9),
    }  # fmt: skip
    for name, expected in poles.items():
        e = numbers.entities[name]
        assert (e.wire_reach, e.supply_area_distance) == expected
    slots = [numbers.entities[f"{m}-chest"].inventory_size for m in ("wooden", "iron", "steel")]
    assert slots == [16, 32, 48]


def test_power_and_fluids(numbers: Prototypes) -> None:
    e = numbers.entities
    watts = {
        "steam-engine": 900_000, "steam-turbine": 5_820_000, "solar-panel": 60_000,
    }  # fmt: skip
    assert {n: e[n].power_output for n in watts} == watts
    assert (e["boiler"].energy_per_tick, e["boiler"].target_temperature) == (30_000, 165)
    accumulator = e["accumulator"]
    assert (accumulator.buffer_capacity, accumulator.input_flow_limit) == (5_000_000, 300_000)
    assert e["pump"].energy_per_tick + e["pump"].drain_per_tick == pytest.approx(500)
    assert e["pump"].pumping_speed == e["offshore-pump"].pumping_speed == 20
    volumes = {n: [b.volume for b in e[n].fluid_boxes] for n in ("pipe", "storage-tank", "boiler")}
    assert volumes == {"pipe": [100], "storage-tank": [25_000], "boiler": [200, 200]}
    refinery = e["oil-refinery"].fluid_boxes
    spots = [(b.role, b.connections[0].position, b.connections[0].direction) for b in refinery]
    assert spots == [
        ("input", (-1, 2), 8), ("input", (1, 2), 8),
        ("output", (-2, -2), 0), ("output", (0, -2), 0), ("output", (2, -2), 0),
    ]  # fmt: skip
    water, steam = numbers.fluids["water"], numbers.fluids["steam"]
    assert (water.heat_capacity, steam.heat_capacity) == (2000, 200)
    assert (water.max_temperature, steam.max_temperature) == (100, 5000)
    underground = e["pipe-to-ground"].fluid_boxes[0].connections[1]
    assert (underground.kind, underground.max_distance) == ("underground", 10)
    assert numbers.constants["max_fluid_flow"] == 100
    assert numbers.constants["default_pipeline_extent"] == 320
    assert numbers.constants["day_ticks"] == 25_200


# -- recipes and technologies --------------------------------------------------------------------

#: name: seconds, category, productivity allowed, ingredients, products
RECIPES = {
    "iron-plate": (3.2, "smelting", True, "1 iron-ore", "1 iron-plate"),
    "stone-brick": (3.2, "smelting", True, "2 stone", "1 stone-brick"),
    "steel-plate": (16, "smelting", True, "5 iron-plate", "1 steel-plate"),
    "iron-gear-wheel": (0.5, "crafting", True, "2 iron-plate", "1 iron-gear-wheel"),
    "copper-cable": (0.5, "crafting", True, "1 copper-plate", "2 copper-cable"),
    "transport-belt": (
        0.5, "crafting", False, "1 iron-plate, 1 iron-gear-wheel", "2 transport-belt",
    ),
    "electronic-circuit": (
        0.5, "crafting", True, "1 iron-plate, 3 copper-cable", "1 electronic-circuit",
    ),
    "lab": (
        2, "crafting", False, "10 electronic-circuit, 10 iron-gear-wheel, 4 transport-belt",
        "1 lab",
    ),
    "express-transport-belt": (
        0.5, "crafting-with-fluid", False,
        "10 iron-gear-wheel, 1 fast-transport-belt, 20 lubricant~", "1 express-transport-belt",
    ),
    "automation-science-pack": (
        5, "crafting", True, "1 copper-plate, 1 iron-gear-wheel", "1 automation-science-pack",
    ),
    "logistic-science-pack": (
        6, "crafting", True, "1 inserter, 1 transport-belt", "1 logistic-science-pack",
    ),
    "military-science-pack": (
        10, "crafting", True, "1 piercing-rounds-magazine, 1 grenade, 2 stone-wall",
        "2 military-science-pack",
    ),
    "chemical-science-pack": (
        24, "crafting", True, "2 engine-unit, 3 advanced-circuit, 1 sulfur",
        "2 chemical-science-pack",
    ),
    "production-science-pack": (
        21, "crafting", True, "1 electric-furnace, 1 productivity-module, 30 rail",
        "3 production-science-pack",
    ),
    "utility-science-pack": (
        21, "crafting", True, "3 low-density-structure, 2 processing-unit, 1 flying-robot-frame",
        "3 utility-science-pack",
    ),
    "basic-oil-processing": (5, "oil-processing", True, "100 crude-oil~", "45 petroleum-gas~"),
    "advanced-oil-processing": (
        5, "oil-processing", True, "50 water~, 100 crude-oil~",
        "25 heavy-oil~, 45 light-oil~, 55 petroleum-gas~",
    ),
    "sulfuric-acid": (
        1, "chemistry", True, "5 sulfur, 1 iron-plate, 100 water~", "50 sulfuric-acid~",
    ),
    "engine-unit": (
        10, "advanced-crafting", True, "1 steel-plate, 1 iron-gear-wheel, 2 pipe", "1 engine-unit",
    ),
    "processing-unit": (
        10, "crafting-with-fluid", True,
        "20 electronic-circuit, 2 advanced-circuit, 5 sulfuric-acid~", "1 processing-unit",
    ),
    "low-density-structure": (
        15, "crafting", True, "2 steel-plate, 20 copper-plate, 5 plastic-bar",
        "1 low-density-structure",
    ),
    "rocket-fuel": (
        15, "crafting-with-fluid", True, "10 solid-fuel, 10 light-oil~", "1 rocket-fuel",
    ),
    "rocket-part": (
        3, "rocket-building", True,
        "10 processing-unit, 10 low-density-structure, 10 rocket-fuel", "1 rocket-part",
    ),
    "satellite": (
        5, "crafting", False,
        "100 low-density-structure, 100 solar-panel, 100 accumulator, 5 radar, "
        "100 processing-unit, 50 rocket-fuel", "1 satellite",
    ),
    "rocket-silo": (
        30, "crafting", False,
        "1000 steel-plate, 1000 concrete, 100 pipe, 200 processing-unit, 200 electric-engine-unit",
        "1 rocket-silo",
    ),
}  # fmt: skip


def parts(text: str) -> set[tuple[str, int, bool]]:
    """`"1 iron-plate, 20 lubricant~"` as (name, amount, fluid)."""
    pairs = (entry.split() for entry in text.split(", "))
    return {(name.rstrip("~"), int(amount), name.endswith("~")) for amount, name in pairs}


@pytest.mark.parametrize("name", RECIPES)
def test_recipes(numbers: Prototypes, name: str) -> None:
    seconds, category, productivity, ingredients, products = RECIPES[name]
    r = numbers.recipes[name]
    assert (r.energy_required, r.category, r.allow_productivity) == (
        seconds,
        category,
        productivity,
    )
    assert {i[:3] for i in r.ingredients} == parts(ingredients)
    assert {(p.name, p.amount, p.fluid) for p in r.products} == parts(products)


def test_recipe_details(numbers: Prototypes) -> None:
    start = {r.name for r in numbers.recipes.values() if r.enabled and not r.parameter}
    assert {"iron-plate", "copper-plate", "stone-brick", "iron-gear-wheel", "stone-furnace",
            "burner-inserter", "transport-belt", "burner-mining-drill", "firearm-magazine",
            "wooden-chest", "iron-chest"} <= start  # fmt: skip
    assert "electronic-circuit" not in start and "pipe" not in start
    basic = numbers.recipes["basic-oil-processing"]
    assert (basic.ingredients[0].fluidbox_index, basic.products[0].fluidbox_index) == (2, 3)
    uranium = {p.name: p.probability for p in numbers.recipes["uranium-processing"].products}
    assert uranium == {"uranium-235": 0.007, "uranium-238": 0.993}
    liquefaction = {p.name: p for p in numbers.recipes["coal-liquefaction"].products}
    assert liquefaction["heavy-oil"].ignored_by_productivity == 25
    assert numbers.items["satellite"].rocket_launch_products[0][:2] == ("space-science-pack", 1000)


#: name: prerequisites, units, seconds, letters of the packs, unlocked recipes
TECHNOLOGIES = {
    "automation": (
        "automation-science-pack", 10, 10, "a", "assembling-machine-1 long-handed-inserter",
    ),
    "logistics": ("automation-science-pack", 20, 15, "a", "underground-belt splitter"),
    "steel-processing": ("automation-science-pack", 50, 5, "a", "steel-plate steel-chest"),
    "automation-2": (
        "automation steel-processing logistic-science-pack", 40, 15, "al", "assembling-machine-2",
    ),
    "fluid-handling": ("automation-2 engine", 50, 15, "al", None),
    "plastics": ("oil-processing", 200, 30, "al", "plastic-bar"),
    "low-density-structure": (
        "advanced-material-processing chemical-science-pack", 300, 45, "alc",
        "low-density-structure",
    ),
    "rocket-silo": (
        "concrete rocket-fuel electric-energy-accumulators solar-energy utility-science-pack "
        "speed-module-3 productivity-module-3 radar",
        1000, 60, "alcpu", "rocket-silo rocket-part cargo-landing-pad satellite",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_technologies(numbers: Prototypes, name: str) -> None:
    prerequisites, units, seconds, packs, unlocks = TECHNOLOGIES[name]
    t = numbers.technologies[name]
    assert set(t.prerequisites) == set(prerequisites.split())
    assert (t.units(), t.time) == (units, seconds)
    assert {i.name[0] for i in t.ingredients} == set(packs)
    assert all(i.amount == 1 and i.name.endswith("-science-pack") for i in t.ingredients)
    if unlocks:
        assert {e.target for e in t.effects if e.type == "unlock-recipe"} == set(unlocks.split())


def test_triggers(numbers: Prototypes) -> None:
    expected = {
        "electronics": ("craft-item", "copper-plate", 10),
        "steam-power": ("craft-item", "iron-plate", 50),
        "automation-science-pack": ("craft-item", "lab", 1),
        "oil-processing": ("mine-entity", "crude-oil", 1),
        "space-science-pack": ("send-item-to-orbit", "satellite", 1),
        "steel-axe": ("craft-item", "steel-plate", 50),
    }
    for name, trigger in expected.items():
        t = numbers.technologies[name]
        assert (t.trigger, t.trigger_target, t.trigger_count) == trigger


def test_price_of_the_rocket_silo(numbers: Prototypes) -> None:
    """Everything on the way to the silo, summed: packs and lab-seconds."""
    needed, stack = set(), ["rocket-silo"]
    while stack:
        name = stack.pop()
        if name not in needed:
            needed.add(name)
            stack += numbers.technologies[name].prerequisites
    assert len(needed) == 44
    found: dict[str, float] = {}
    for name in needed:
        t = numbers.technologies[name]
        for pack in t.ingredients:
            found[pack.name[0]] = found.get(pack.name[0], 0) + pack.amount * t.units()
    assert found == {"a": 5960, "l": 5785, "c": 3350, "p": 1600, "u": 1000}
    labs = sum(numbers.technologies[n].units() * numbers.technologies[n].time for n in needed)
    assert labs == 224_425


def test_endless_technologies(numbers: Prototypes) -> None:
    mining = numbers.technologies["mining-productivity-4"]
    assert mining.infinite and (mining.level, mining.units(), mining.units(6)) == (4, 2500, 7500)
    assert mining.effects[0] == ("mining-drill-productivity-bonus", "", 0.1)
    assert numbers.technologies["physical-projectile-damage-7"].units(9) == 4000
    speeds = [numbers.technologies[f"research-speed-{n}"] for n in range(1, 7)]
    assert [t.effects[0].modifier for t in speeds] == [0.2, 0.3, 0.4, 0.5, 0.5, 0.6]
    assert [t.units() for t in speeds] == [100, 200, 250, 500, 500, 500]


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
