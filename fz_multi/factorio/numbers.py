"""The numbers that engine and game must agree on, as one hash that the mod computes as well."""

from __future__ import annotations

import functools
import math

from fz_multi.engine import proto_tables
from fz_multi.engine.digest import mix
from fz_multi.prototypes import load

_mix = getattr(mix, "py_func", mix)  # the kernel as plain Python


@functools.cache
def numbers_hash(version: str = "2.0.77") -> str:
    """8 hex digits over stack sizes, fuel values, mining times, sizes and recipes.

    In the order of the ids: every item (stack size, fuel value in J), every modelled entity (mining
    time in 1/1,000, width, height in tiles), every recipe that hands or furnaces make (time in
    1/1,000 s, ingredients and product, id and amount each).
    """
    data, tables = load(version), proto_tables.build(version)
    values: list[int] = []
    for item in data.items.values():
        values += [item.stack_size, math.floor(item.fuel_value)]
    for entity in data.entities.values():
        if proto_tables.is_modelled(entity):
            time = math.floor(entity.mining_time * 1000 + 0.5)
            values += [time, entity.tile_width, entity.tile_height]
    for recipe in data.recipes.values():
        row = tables.recipes[recipe.id]
        if not (row.hand or row.smelting):
            continue
        values.append(math.floor(recipe.energy_required * 1000 + 0.5))
        parts = [(part.name, part.amount) for part in recipe.ingredients]
        parts += [(part.name, part.amount) for part in recipe.products]
        for name, amount in parts:
            values += [data.item_id(name), round(amount)]
    h = 1
    for value in values:
        h = _mix(h, value)
    return f"{h:08x}"
