"""Items inside entities and characters: inventories by number, insert, remove_item and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine.constants import KIND_CHEST, KIND_FURNACE

from . import convert, inventory
from .handles import (
    CHARACTER,
    CHEST,
    ENTITY,
    FUEL,
    KIND_AT,
    KIND_MASK,
    MAIN,
    RESULT,
    SOURCE,
)
from .machine import burner, row_of
from .registry import method

if TYPE_CHECKING:
    from .game import Game


@method("LuaControl", "get_inventory", returns="LuaInventory")
def get_inventory(game: Game, handle: int, which: Any) -> int:
    number = convert.whole(which, "inventory", 0, 255)
    return inventory.inventory_of(game, handle, inventory.part_of(game, handle, number))


@method("LuaControl", "get_main_inventory", returns="LuaInventory")
def get_main_inventory(game: Game, handle: int) -> int:
    if handle >> KIND_AT & KIND_MASK != CHARACTER:
        return 0
    return inventory.inventory_of(game, handle, MAIN)


@method("LuaEntity", "get_fuel_inventory", returns="LuaInventory")
def get_fuel_inventory(game: Game, handle: int) -> int:
    has = burner(game, handle)
    return inventory.inventory_of(game, handle, FUEL if has else 0)


@method("LuaEntity", "get_burnt_result_inventory", returns="LuaInventory")
def get_burnt_result_inventory(game: Game, handle: int) -> int:
    return 0


@method("LuaEntity", "get_module_inventory", returns="LuaInventory")
def get_module_inventory(game: Game, handle: int) -> int:
    return 0


@method("LuaEntity", "get_output_inventory", returns="LuaInventory")
def get_output_inventory(game: Game, handle: int) -> int:
    """A furnace's result, a chest's slots, a character's main inventory."""
    kind = handle >> KIND_AT & KIND_MASK
    if kind == CHARACTER:
        return inventory.inventory_of(game, handle, MAIN)
    if kind != ENTITY:
        return 0
    place, row = row_of(game, handle)
    part = {KIND_CHEST: CHEST, KIND_FURNACE: RESULT}.get(place.kind[row], 0)
    return inventory.inventory_of(game, handle, part)


def parts_of(game: Game, handle: int) -> list[int]:
    """The parts of an entity that hold items, as insert tries them."""
    kind = handle >> KIND_AT & KIND_MASK
    if kind == CHARACTER:
        return [MAIN]
    if kind != ENTITY:
        return []
    place, row = row_of(game, handle)
    if place.kind[row] == KIND_CHEST:
        return [CHEST]
    parts = [FUEL] if place.fuel_slots[row] else []
    parts += [SOURCE] if place.source_slots[row] else []
    return parts + ([RESULT] if place.result_slots[row] else [])


@method("LuaControl", "insert")
def insert(game: Game, handle: int, items: Any) -> int:
    """Into the slots that the items belong to; never a furnace's result (FG)."""
    item, count = convert.stack(game, items)
    for part in parts_of(game, handle):
        number = inventory.inventory_of(game, handle, part)
        if part != RESULT and inventory.limit_of(game, (handle, part), item):
            return inventory.put(game, number, item, count)
    return 0


@method("LuaControl", "can_insert")
def can_insert(game: Game, handle: int, items: Any) -> bool:
    item, _count = convert.stack(game, items)
    return any(
        part != RESULT and inventory.room(game, inventory.inventory_of(game, handle, part), item)
        for part in parts_of(game, handle)
    )


@method("LuaControl", "remove_item")
def remove_item(game: Game, handle: int, items: Any) -> int:
    item, count = convert.stack(game, items)
    done = 0
    for part in parts_of(game, handle):
        if done < count:
            number = inventory.inventory_of(game, handle, part)
            done += inventory.take(game, number, item, count - done)
    return done


@method("LuaControl", "get_item_count")
def get_item_count(game: Game, handle: int, item: Any = None) -> int:
    numbers = [inventory.inventory_of(game, handle, part) for part in parts_of(game, handle)]
    return sum(inventory.get_item_count(game, number, item) for number in numbers)


@method("LuaControl", "clear_items_inside")
def clear_items_inside(game: Game, handle: int) -> None:
    for part in parts_of(game, handle):
        inventory.clear(game, inventory.inventory_of(game, handle, part))
