"""Groups of prototypes: what one value of a plane of the observation stands for.

`proto_tables` turns them into a number for each prototype, which `shade` and the observation write.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

GROUP_STEP = 8  # value of a group of entities or items: 8 x its number
DEPOSIT_STEP = 40


class Group(NamedTuple):
    """One value of a plane: what it stands for."""

    label: str
    names: tuple[str, ...] = ()  # prototypes
    subgroups: tuple[str, ...] = ()  # and all items of these subgroups


def _alone(*names: str) -> tuple[Group, ...]:
    return tuple(Group(name, (name,)) for name in names)


# Value in the plane of deposits: 40 x place, from 1.
DEPOSIT_GROUPS = _alone("iron-ore", "copper-ore", "coal", "stone", "uranium-ore", "crude-oil")

# Value in the plane of entities: 8 x place, from 1. The last one is for all others.
ENTITY_GROUPS = (
    Group("tree"),  # by type
    Group("rock"),  # by type
    Group("wall", ("stone-wall", "gate")),
    *_alone("wooden-chest", "iron-chest"),
    Group(
        "other chest",
        (
            "steel-chest",
            "active-provider-chest",
            "passive-provider-chest",
            "storage-chest",
            "buffer-chest",
            "requester-chest",
        ),
    ),
    *_alone("burner-mining-drill", "electric-mining-drill"),
    *_alone("stone-furnace", "steel-furnace", "electric-furnace"),
    Group("belt", ("transport-belt", "fast-transport-belt", "express-transport-belt")),
    Group(
        "underground belt",
        ("underground-belt", "fast-underground-belt", "express-underground-belt"),
    ),
    Group("splitter", ("splitter", "fast-splitter", "express-splitter")),
    *_alone("burner-inserter", "inserter"),
    Group("other inserter", ("long-handed-inserter", "fast-inserter", "bulk-inserter")),
    Group(
        "electric pole",
        ("small-electric-pole", "medium-electric-pole", "big-electric-pole", "substation"),
    ),
    Group("pipe", ("pipe", "pipe-to-ground")),
    Group("pump", ("pump", "offshore-pump")),
    Group("boiler", ("boiler", "heat-exchanger")),
    Group("steam engine", ("steam-engine", "steam-turbine")),
    Group("solar panel or accumulator", ("solar-panel", "accumulator")),
    Group(
        "assembling machine",
        ("assembling-machine-1", "assembling-machine-2", "assembling-machine-3"),
    ),
    *_alone("lab"),
    Group("chemical machine", ("chemical-plant", "oil-refinery", "centrifuge")),
    *_alone("pumpjack", "storage-tank", "beacon", "rocket-silo"),
    Group("anything else"),
)

# Value in the planes of contents and ground items: 8 x place, from 1.
ITEM_GROUPS = (
    *_alone("wood", "coal", "stone", "iron-ore", "copper-ore"),
    *_alone("iron-plate", "copper-plate", "steel-plate", "stone-brick"),
    *_alone("iron-gear-wheel", "copper-cable", "electronic-circuit"),
    Group("better circuits", ("advanced-circuit", "processing-unit")),
    Group("other intermediates", (), ("intermediate-product",)),
    Group("other raw materials", (), ("raw-resource", "raw-material", "uranium-processing")),
    Group("science packs", (), ("science-pack",)),
    Group("drills and pumps", (), ("extraction-machine",)),
    Group("furnaces", (), ("smelting-machine",)),
    Group("chests and tanks", (), ("storage",)),
    Group("belts", (), ("belt",)),
    Group("inserters", (), ("inserter",)),
    Group("poles and pipes", (), ("energy-pipe-distribution",)),
    Group("power", (), ("energy",)),
    Group("production machines", (), ("production-machine",)),
    Group("walls and defence", (), ("defensive-structure", "turret")),
    Group("modules and beacons", (), ("module",)),
    Group("floors", (), ("terrain",)),
    Group("rocket and space", (), ("space-related",)),
    Group("weapons", (), ("gun", "ammo", "capsule", "armor")),
    Group("barrels", (), ("barrel",)),
    Group("anything else"),
)


def group_numbers(records: Any, groups: Sequence[Group], types: dict[str, int]) -> list[int]:
    """Place (from 1; 0 = none) of each prototype id in a list of groups.

    ``types`` maps a prototype type to a place; what fits nowhere gets the last place.
    """
    by_name = {name: k for k, g in enumerate(groups, start=1) for name in g.names}
    by_subgroup = {name: k for k, g in enumerate(groups, start=1) for name in g.subgroups}
    numbers = [0]
    for record in records.values():
        subgroup = getattr(record, "subgroup", "")
        place = by_name.get(record.name) or types.get(record.type) or by_subgroup.get(subgroup)
        numbers.append(place or len(groups))
    return numbers


def entity_values(prototypes: Any) -> list[int]:
    """Value of each entity prototype (by id) in its plane: entities, and deposits in theirs."""
    types = {"tree": 1, "simple-entity": 2}
    entities = group_numbers(prototypes.entities, ENTITY_GROUPS, types)
    deposits = {g.names[0]: k for k, g in enumerate(DEPOSIT_GROUPS, start=1)}
    values = [GROUP_STEP * number for number in entities]
    for name, record in prototypes.entities.items():
        if name in deposits:
            values[record.id] = DEPOSIT_STEP * deposits[name]
    return values


def item_values(prototypes: Any) -> list[int]:
    """Value of each item (by id) in the planes of contents and of ground items."""
    numbers = group_numbers(prototypes.items, ITEM_GROUPS, {})
    return [GROUP_STEP * number for number in numbers]
