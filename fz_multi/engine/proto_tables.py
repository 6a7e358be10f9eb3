"""Prototype data as tables for the kernels: items, kinds (entity prototypes), recipes, parts.

Row numbers are the ids of `fz_multi.prototypes` (0 = none). Sources: the numbers of the game's
prototypes; the flags ``exact`` say for which (time, speed) the game's sum of doubles ends a craft
one tick earlier than "more than the whole" would (see ``sum_ends_on_time``).
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from . import constants as c
from .angles import THOUSANDTH, TILE_LENGTH, TURN
from .groups import entity_values, item_values

i4, i8, u1, u2 = np.int32, np.int64, np.uint8, np.uint16

# Crafting speeds of the base game, 1/10,000: the bits of RECIPE.exact.
SPEEDS = (5_000, 7_500, 10_000, 12_500, 20_000)

ITEM = np.dtype(
    [
        ("stack", i4),
        ("place", i4),  # prototype that it builds
        ("group", u1),  # value in the planes of the observation (groups.py)
        ("smelts", i4),  # recipe of a furnace that takes it, 0 = none
        ("by_hand", i4),  # recipe that makes it by hand, 0 = none
        ("fuel", i8),  # in 1/40,320 J
    ],
    align=True,
)

KIND = np.dtype(
    [
        ("kind", u1),
        ("w", u1),
        ("h", u1),
        ("rotates", u1),
        ("box", i8, (4,)),  # x0 y0 x1 y1 facing north, 1/256 tile
        ("item_id", i4),  # the item that builds it (or a deposit's product)
        ("mine_time", i8),  # 1/10,000 tick at speed 1; 0 = not minable by hand
        ("mine_exact", u1),  # hand mining ends in the ideal tick (see sum_ends_on_time)
        ("yield_item", i4, (2,)),
        ("yield_min", i4, (2,)),
        ("yield_max", i4, (2,)),
        ("slots", i4),
        ("fuel_slots", i4),
        ("source_slots", i4),
        ("result_slots", i4),
        ("speed", i8),  # 1/10,000
        ("use", i8),  # energy a tick
        ("buffer", i8),  # energy that the buffer holds
        ("drop", i8, (4, 2)),  # drop point from the centre for N E S W, 1/256 tile
        ("speed_index", u1),  # bit of RECIPE.exact
        ("smelts", u1),  # crafting category smelting
        ("blocks_walk", u1),
        # inserters (units in angles.py): turn and extension a tick, energy of a whole turn, a tile
        ("turn", i8),
        ("extend", i8),
        ("turn_cost", i8),
        ("extend_cost", i8),
        ("rest_length", i8),  # of a new arm
        ("pick_length", i8),
        ("drop_length", i8),
        ("first_fuel", u2),  # what burns in a new one
        ("first_energy", i8),
        ("group", u1),  # value in the planes of the observation (groups.py)
    ],
    align=True,
)

RECIPE = np.dtype(
    [
        ("time", i8),  # 1/10,000 tick at speed 1
        ("part", i4),  # first row in parts
        ("parts", i4),
        ("product", i4),
        ("amount", i4),
        ("hand", u1),  # craftable by hand
        ("smelting", u1),
        ("enabled", u1),  # from the start
        ("exact", u1),  # bit k: at SPEEDS[k] the craft ends in the ideal tick
    ],
    align=True,
)

PART = np.dtype([("item_id", i4), ("amount", i4)], align=True)


class ProtoTables(NamedTuple):
    """The four prototype tables; row 0 of each is "none"."""

    items: np.recarray
    kinds: np.recarray
    recipes: np.recarray
    parts: np.recarray


def sum_ends_on_time(seconds: float, speed: float) -> bool:
    """Whether the game ends work of `seconds` at `speed` in the ideal tick and not one later.

    It adds ``speed / 60`` as a double each tick and asks for ``sum / seconds > 1`` (mechanics 2.6
    and 4.1: reproduces each measured count, 36 ticks for 0.3 s by hand and 193 for 3.2 s in a
    stone furnace included).
    """
    ideal = math.floor(seconds * 60 / speed + 1e-9)
    done = 0.0
    for _ in range(ideal):
        done += speed / 60
    return done / seconds > 1


KIND_OF_TYPE = {
    "container": c.KIND_CHEST,
    "wall": c.KIND_WALL,
    "tree": c.KIND_TREE,
    "simple-entity": c.KIND_ROCK,
    "furnace": c.KIND_FURNACE,
    "mining-drill": c.KIND_DRILL,
    "transport-belt": c.KIND_BELT,
    "inserter": c.KIND_INSERTER,
    "resource": c.KIND_RESOURCE,
    "character": c.KIND_CHARACTER,
}


def is_modelled(entity: Any) -> bool:
    """Whether the engine runs a prototype; the others refuse by name."""
    kind = KIND_OF_TYPE.get(entity.type, c.KIND_LATER)
    if kind in (c.KIND_DRILL, c.KIND_FURNACE):
        return entity.energy_source == "burner" and not (
            kind == c.KIND_DRILL and entity.tile_width != 2
        )
    if kind == c.KIND_INSERTER:
        return entity.energy_source == "burner" and entity.pickup_position == (0, -1)
    if kind == c.KIND_RESOURCE:
        return not entity.infinite and not entity.mining_fluid
    return kind != c.KIND_LATER


@functools.cache
def build(version: str = "2.0.77") -> ProtoTables:
    """Make the tables from the prototype data."""
    from fz_multi.prototypes import load

    data = load(version)
    items = np.zeros(len(data.items) + 1, ITEM).view(np.recarray)
    kinds = np.zeros(len(data.entities) + 1, KIND).view(np.recarray)
    recipes = np.zeros(len(data.recipes) + 1, RECIPE).view(np.recarray)
    parts: list[tuple[int, int]] = []
    _fill_items(items, data)
    _fill_recipes(recipes, parts, items, data)
    groups = entity_values(data)
    for entity in data.entities.values():
        _fill_kind(kinds[entity.id], entity, data)
        kinds[entity.id].group = groups[entity.id]
    table = np.array(parts, dtype=[("item_id", i4), ("amount", i4)]).astype(PART).view(np.recarray)
    return ProtoTables(items, kinds, recipes, table)


def _fill_items(items: np.recarray, data: Any) -> None:
    groups = item_values(data)
    for item in data.items.values():
        row = items[item.id]
        row.stack = min(item.stack_size, 2**31 - 1)
        row.place = data.entity_id(item.place_result) if item.place_result else 0
        row.group = groups[item.id]
        row.fuel = item.fuel_value * c.JOULE if item.fuel_category == "chemical" else 0


def _fill_recipes(recipes: np.recarray, parts: list, items: np.recarray, data: Any) -> None:
    for recipe in data.recipes.values():
        row = recipes[recipe.id]
        solid = not any(p.fluid for p in (*recipe.ingredients, *recipe.products))
        row.time = round(recipe.energy_required * 60 * c.SPEED)
        row.part = len(parts)
        if not solid or len(recipe.products) != 1 or recipe.parameter:
            continue
        product = recipe.products[0]
        row.parts = len(recipe.ingredients)
        row.product = data.item_id(product.name)
        row.amount = round(product.amount)
        row.enabled = recipe.enabled
        row.hand = recipe.category == "crafting" and not recipe.hidden
        row.smelting = recipe.category == "smelting"
        for bit, speed in enumerate(SPEEDS):
            if sum_ends_on_time(recipe.energy_required, speed / c.SPEED):
                row.exact |= 1 << bit
        for part in recipe.ingredients:
            parts.append((data.item_id(part.name), round(part.amount)))
        if row.smelting:
            items[parts[-1][0]].smelts = recipe.id
        if row.hand and (items[row.product].by_hand == 0 or recipe.name == product.name):
            items[row.product].by_hand = recipe.id


def _fill_arm(row: Any, entity: Any, data: Any) -> None:
    """Lengths are cut to 1/25,600 tile and turns to 1/1,000, of which the game's are multiples."""
    row.rotates = 1
    row.slots = row.fuel_slots
    row.turn = round(entity.rotation_speed * 1_000) * THOUSANDTH
    row.extend = round(entity.extension_speed * 25_600) * (TILE_LENGTH // 25_600)
    row.turn_cost = round(entity.energy_per_rotation * c.JOULE)
    row.extend_cost = round(entity.energy_per_movement * c.JOULE)
    row.rest_length = round(entity.starting_distance * 25_600) * (TILE_LENGTH // 25_600)
    row.pick_length = round(abs(entity.pickup_position[1]) * 25_600) * (TILE_LENGTH // 25_600)
    row.drop_length = round(abs(entity.insert_position[1]) * 25_600) * (TILE_LENGTH // 25_600)
    row.use = (
        row.turn * row.turn_cost // TURN + row.extend * row.extend_cost // TILE_LENGTH
    )  # the most of a tick
    row.buffer = row.use * 16 // 15
    if entity.initial_fuel:
        fuel = data.items[entity.initial_fuel]
        row.first_fuel = fuel.id
        row.first_energy = round(fuel.fuel_value * entity.initial_fuel_percent) * c.JOULE


def _fill_kind(row: Any, entity: Any, data: Any) -> None:
    row.kind = KIND_OF_TYPE.get(entity.type, c.KIND_LATER) if is_modelled(entity) else c.KIND_LATER
    row.w, row.h = max(1, entity.tile_width), max(1, entity.tile_height)
    row.box = entity.collision_box
    row.item_id = data.item_id(entity.placed_by) if entity.placed_by else 0
    if entity.minable and entity.mining_time > 0:
        row.mine_time = round(entity.mining_time * 60 * c.SPEED)
        row.mine_exact = sum_ends_on_time(entity.mining_time, 0.5)
    solids = [result for result in entity.mining_results if not result.fluid]
    for index, result in enumerate(solids[:2]):
        row.yield_item[index] = data.item_id(result.name)
        row.yield_min[index] = round(result.amount_min)
        row.yield_max[index] = round(result.amount_max)
    if row.kind == c.KIND_RESOURCE:
        row.item_id = row.yield_item[0]
    row.fuel_slots = entity.fuel_slots
    row.source_slots = entity.source_slots
    row.result_slots = entity.result_slots
    row.slots = entity.inventory_size if row.kind == c.KIND_CHEST else 0
    if row.kind in (c.KIND_DRILL, c.KIND_FURNACE):
        row.slots = row.fuel_slots + row.source_slots + row.result_slots
        speed = entity.mining_speed or entity.crafting_speed
        row.speed = round(speed * c.SPEED)
        row.speed_index = SPEEDS.index(int(row.speed)) if int(row.speed) in SPEEDS else 7
        row.use = round(entity.energy_per_tick * c.JOULE)
        row.buffer = row.use * 16 // 15
    if row.kind == c.KIND_DRILL:
        row.rotates = 1
        x, y = entity.drop_vector
        # The vector's lateral part always falls on one side: north (x, y), then clockwise turns.
        row.drop = ((x, y), (-y, x), (-x, -y), (y, -x))
    if row.kind == c.KIND_BELT:
        row.rotates = 1
        row.speed = entity.belt_speed
    if row.kind == c.KIND_INSERTER:
        _fill_arm(row, entity, data)
    layers = entity.collision_layers
    row.blocks_walk = "player" in layers and row.kind != c.KIND_RESOURCE
