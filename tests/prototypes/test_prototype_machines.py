"""Fuel, machines, power and fluids against known numbers of the base game 2.0.77."""

from __future__ import annotations

import pytest

from fz_multi.prototypes import Prototypes

TABLES = ("items", "recipes", "entities", "fluids", "technologies", "tiles")


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
