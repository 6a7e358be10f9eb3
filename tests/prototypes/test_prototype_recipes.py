"""Recipes and technologies against known numbers of the base game 2.0.77."""

from __future__ import annotations

import pytest

from fz_multi.prototypes import Prototypes

TABLES = ("items", "recipes", "entities", "fluids", "technologies", "tiles")


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
