"""`LuaBurner`: the fuel that burns in a drill, a furnace or an inserter. Its handle is its owner's.

Heat is the energy in the buffer. Clearing the fuel inventory leaves what burns (FG).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fz_multi.engine import edit as ops
from fz_multi.engine.constants import JOULE

from . import convert, inventory
from .handles import FUEL, ROW_MASK
from .registry import LuaError, Ref, getter, setter

if TYPE_CHECKING:
    from .game import Game
    from .place import Place


@getter("LuaBurner", "owner", returns="LuaEntity")
def owner(game: Game, handle: int) -> int:
    return handle


@getter("LuaBurner", "inventory", returns="LuaInventory")
def fuel_inventory(game: Game, handle: int) -> int:
    return inventory.inventory_of(game, handle, FUEL)


@getter("LuaBurner", "burnt_result_inventory", returns="LuaInventory")
def burnt_result_inventory(game: Game, handle: int) -> int:
    return 0


@getter("LuaBurner", "fuel_categories")
def fuel_categories(game: Game, handle: int) -> dict[str, bool]:
    entity = game.prototypes.entities[game.entity_name(handle)]
    return dict.fromkeys(entity.fuel_categories, True)


@getter("LuaBurner", "currently_burning")
def currently_burning(game: Game, handle: int) -> dict[str, Any] | None:
    place = game.place(handle)
    place.fresh()
    item = place.burning_item[handle & ROW_MASK]
    if not item:
        return None
    return {"name": Ref("LuaItemPrototype", item), "quality": Ref("LuaQualityPrototype", 1)}


@setter("LuaBurner", "currently_burning")
def set_currently_burning(game: Game, handle: int, value: Any) -> None:
    """nil puts the fire out; another item burns from its start on."""
    item = 0 if value is None else convert.item_id(game, value)
    fuel = int(game.numbers.items.fuel[item]) if item else 0
    if item and not fuel:
        raise LuaError("currently_burning: a fuel item expected.")
    _burn(game, handle, item, fuel)


@getter("LuaBurner", "remaining_burning_fuel")
def remaining_burning_fuel(game: Game, handle: int) -> float:
    place = game.place(handle)
    place.fresh()
    return float(place.burning[handle & ROW_MASK] / JOULE)


@setter("LuaBurner", "remaining_burning_fuel")
def set_remaining_burning_fuel(game: Game, handle: int, value: float) -> None:
    place, row = game.place(handle), handle & ROW_MASK
    place.fresh()
    item = place.burning_item[row]
    if not item or not math.isfinite(value):
        raise LuaError("remaining_burning_fuel: nothing burns, or the number is none.")
    most = int(game.numbers.items.fuel[item])
    _burn(game, handle, item, min(max(round(value * JOULE), 0), most))


@getter("LuaBurner", "heat")
def heat(game: Game, handle: int) -> float:
    place = game.place(handle)
    place.fresh()
    return float(place.energy[handle & ROW_MASK] / JOULE)


@setter("LuaBurner", "heat")
def set_heat(game: Game, handle: int, value: float) -> None:
    """Joules in the buffer, cut to what it holds."""
    place, row = game.place(handle), handle & ROW_MASK
    if not math.isfinite(value):
        raise LuaError("heat: a number expected.")
    most = int(game.numbers.kinds.buffer[place.proto[row]])
    place.fresh()
    place.batch.full.entity.energy[0, row] = min(max(round(value * JOULE), 0), most)
    _look_again(place, row)


@getter("LuaBurner", "heat_capacity")
def heat_capacity(game: Game, handle: int) -> float:
    proto = game.place(handle).proto[handle & ROW_MASK]
    return float(game.numbers.kinds.buffer[proto] / JOULE)


def _burn(game: Game, handle: int, item: int, left: int) -> None:
    """Set what burns, and let the machine look again."""
    place, row = game.place(handle), handle & ROW_MASK
    place.fresh()
    entity = place.batch.full.entity
    entity.burning_item[0, row] = item
    entity.burning[0, row] = left
    _look_again(place, row)


def _look_again(place: Place, row: int) -> None:
    """Have a machine visited in the next tick: taking nothing out of it does that."""
    place.batch.full.entity.working[0, row] = 0
    place.edit(ops.TAKE, row, 0, 0, 0, 0)
