"""`LuaEntity` of machines: status, energy, progress, inventories, drills and inserters.

Progress is given as a double even where the game's is a float, so that ``floor(256 p + 0.5)`` of it
is the engine's own observable number; energy and burning fuel are exact, to be cut to whole joules
by whoever compares. Chests answer ``normal`` and belts ``working`` as their status (FG).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fz_multi.engine.constants import (
    FULL,
    JOULE,
    KIND_BELT,
    KIND_CHEST,
    KIND_DRILL,
    KIND_FURNACE,
    KIND_INSERTER,
    STATUS_NAMES,
)

from . import burner as burner_api
from . import convert
from .handles import (
    ENTITY,
    HELD,
    KIND_AT,
    KIND_MASK,
    ROW_MASK,
)
from .registry import LuaError, Ref, getter, method, setter

if TYPE_CHECKING:
    from .game import Game
    from .place import Place

# defines.entity_status of 2.0.60 (FG); only names are promised.
STATUS_NUMBERS = {
    "working": 1,
    "normal": 2,
    "not_plugged_in_electric_network": 5,
    "low_power": 14,
    "no_ingredients": 18,
    "no_recipe": 19,
    "no_research_in_progress": 20,
    "no_minable_resources": 21,
    "fluid_ingredient_shortage": 25,
    "item_ingredient_shortage": 26,
    "full_output": 27,
    "missing_science_packs": 31,
    "waiting_for_source_items": 32,
    "waiting_for_space_in_destination": 34,
    "no_fuel": 53,
    "no_power": 54,
}
STATUS = [STATUS_NUMBERS.get(name) for name in STATUS_NAMES]  # by the engine's statuses
STATUS_OF_KIND = {KIND_CHEST: STATUS_NUMBERS["normal"], KIND_BELT: STATUS_NUMBERS["working"]}
ORE_ORDER = ((0, -1), (-1, 0), (0, 0), (-1, -1))  # tiles of a burner drill in their order


def row_of(game: Game, handle: int) -> tuple[Place, int]:
    """Surface and row of a building; LuaError for deposits, items and characters."""
    if handle >> KIND_AT & KIND_MASK != ENTITY:
        raise LuaError(f"LuaEntity of type {game.kind('LuaEntity', handle)} has no such member.")
    return game.place(handle), handle & ROW_MASK


def share(place: Place, row: int) -> float:
    """How far the running craft or the mining is, 0 to 1."""
    need = place.need[row] // FULL
    return min(place.progress[row] // FULL / need, 1.0) if need > 0 else 0.0


def scaled(part: float, whole: float) -> float:
    """A number that, divided by ``whole``, gives exactly ``part``."""
    value = part * whole
    for candidate in (value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf)):
        if candidate / whole == part:
            return candidate
    return value


# -- state -----------------------------------------------------------------------------------------
@getter("LuaEntity", "status")
def status(game: Game, handle: int) -> int | None:
    if handle >> KIND_AT & KIND_MASK != ENTITY:
        return None
    place, row = row_of(game, handle)
    fixed = STATUS_OF_KIND.get(place.kind[row])
    if fixed is not None:
        return fixed
    place.fresh()
    return STATUS[place.status[row]]


@getter("LuaEntity", "energy")
def energy(game: Game, handle: int) -> float:
    if handle >> KIND_AT & KIND_MASK != ENTITY:
        return 0.0
    place, row = row_of(game, handle)
    place.fresh()
    return float(place.energy[row] / JOULE)


@setter("LuaEntity", "energy")
def set_energy(game: Game, handle: int, value: float) -> None:
    """Joules in the buffer of what burns fuel; ignored elsewhere, as nothing else holds any."""
    if burner(game, handle):
        burner_api.set_heat(game, handle, value)


@getter("LuaEntity", "electric_buffer_size")
def electric_buffer_size(game: Game, handle: int) -> None:
    """Nothing electric is modelled."""


@method("LuaEntity", "is_connected_to_electric_network")
def is_connected_to_electric_network(game: Game, handle: int) -> bool:
    return False


@getter("LuaEntity", "burner", returns="LuaBurner")
def burner(game: Game, handle: int) -> int:
    if handle >> KIND_AT & KIND_MASK != ENTITY:
        return 0
    place, row = row_of(game, handle)
    return handle if place.fuel_slots[row] else 0


# -- crafting machines -----------------------------------------------------------------------------
@method("LuaEntity", "is_crafting")
def is_crafting(game: Game, handle: int) -> bool:
    place, row = row_of(game, handle)
    return bool(place.need[row] > 0)


@getter("LuaEntity", "crafting_progress")
def crafting_progress(game: Game, handle: int) -> float:
    place, row = row_of(game, handle)
    place.fresh()
    return share(place, row)


@getter("LuaEntity", "crafting_speed")
def crafting_speed(game: Game, handle: int) -> float:
    return game.prototypes.entities[game.entity_name(handle)].crafting_speed


@getter("LuaEntity", "bonus_progress")
def bonus_progress(game: Game, handle: int) -> float:
    """No module and no bonus is modelled."""
    return 0.0


@getter("LuaEntity", "products_finished")
def products_finished(game: Game, handle: int) -> int:
    place, row = row_of(game, handle)
    return int(place.finished[row])


@setter("LuaEntity", "products_finished")
def set_products_finished(game: Game, handle: int, value: Any) -> None:
    place, row = row_of(game, handle)
    place.batch.full.entity.finished[0, row] = convert.whole(value, "products_finished")


@method("LuaEntity", "get_recipe")
def get_recipe(game: Game, handle: int) -> tuple[Any, Any]:
    """The recipe of the running craft of a furnace, and its quality."""
    place, row = row_of(game, handle)
    if place.kind[row] != KIND_FURNACE or place.need[row] <= 0:
        return None, None
    force = game.force_of(handle)
    return Ref("LuaRecipe", force << 16 | place.recipe[row]), Ref("LuaQualityPrototype", 1)


@getter("LuaEntity", "previous_recipe")
def previous_recipe(game: Game, handle: int) -> dict[str, Any] | None:
    """The recipe that a furnace worked on last."""
    place, row = row_of(game, handle)
    if not place.recipe[row]:
        return None
    return {
        "name": Ref("LuaRecipePrototype", place.recipe[row]),
        "quality": Ref("LuaQualityPrototype", 1),
    }


# -- drills ----------------------------------------------------------------------------------------
def ore_tile(place: Place, row: int) -> int:
    """The tile that a drill takes from now, -1 when all under it are empty."""
    x, y = place.x[row] >> 8, place.y[row] >> 8
    for turn in range(4):
        dx, dy = ORE_ORDER[(place.cursor[row] + turn) % 4]
        index = place.tile_of(x + dx, y + dy)
        if index >= 0 and place.amount[index] > 0:
            return index
    return -1


@getter("LuaEntity", "mining_target", returns="LuaEntity")
def mining_target(game: Game, handle: int) -> int:
    if handle >> KIND_AT & KIND_MASK != ENTITY:
        return 0
    place, row = row_of(game, handle)
    if place.kind[row] != KIND_DRILL:
        return 0
    index = ore_tile(place, row)
    return place.deposit(index) if index >= 0 else 0


@getter("LuaEntity", "mining_progress")
def mining_progress(game: Game, handle: int) -> float | None:
    """0 to the mining time of the target (doc); what is no drill gives nil, since 2.1 0."""
    is_building = handle >> KIND_AT & KIND_MASK == ENTITY
    place, row = game.place(handle), handle & ROW_MASK
    if not is_building or place.kind[row] != KIND_DRILL:
        return None if game.settings.version.startswith("2.0") else 0.0
    place.fresh()
    index = ore_tile(place, row)
    if index < 0:
        # What is left over of the last item still shows while it waits for room; every ore that is
        # modelled has a mining time of its own in `need`.
        need = place.need[row] / FULL / 600_000
        return scaled(share(place, row), need) if need else 0.0
    time = game.kinds.mine_time[place.resource[index]] / 600_000
    return scaled(share(place, row), time)


@getter("LuaEntity", "mining_area")
def mining_area(game: Game, handle: int) -> dict[str, Any]:
    """The deposits that a burner drill takes: the four tiles under it."""
    place, row = row_of(game, handle)
    x, y = place.x[row], place.y[row]
    return convert.box(x - 256, y - 256, x + 256, y + 256)


@getter("LuaEntity", "drop_position")
def drop_position(game: Game, handle: int) -> dict[str, float]:
    return convert.position(*drop_point(game, *row_of(game, handle)))


def drop_point(game: Game, place: Place, row: int) -> tuple[int, int]:
    side = place.direction[row] >> 2
    if place.kind[row] == KIND_DRILL:
        dx, dy = game.kinds.drop[place.proto[row]][side]
    elif place.kind[row] == KIND_INSERTER:
        dx, dy = ahead((side + 2) % 4, DROP_POINT)
    else:
        raise LuaError("drop_position: only drills and inserters have one.")
    return place.x[row] + dx, place.y[row] + dy


DROP_POINT = 307  # fz_multi.engine.arms


def ahead(side: int, distance: int) -> tuple[int, int]:
    return ((0, -distance), (distance, 0), (0, distance), (-distance, 0))[side]


def taker(place: Place, x: int, y: int) -> int:
    """Handle of the entity on the tile under a point, 0 = none."""
    index = place.tile(x, y)
    row = place.stands[index] - 1 if index >= 0 else -1
    return place.entity(row) if row >= 0 else 0


@getter("LuaEntity", "drop_target", returns="LuaEntity")
def drop_target(game: Game, handle: int) -> int:
    place, row = row_of(game, handle)
    return taker(place, *drop_point(game, place, row))


# -- inserters -------------------------------------------------------------------------------------
@getter("LuaEntity", "pickup_position")
def pickup_position(game: Game, handle: int) -> dict[str, float]:
    place, row = row_of(game, handle)
    dx, dy = ahead(place.direction[row] >> 2, 256)
    return convert.position(place.x[row] + dx, place.y[row] + dy)


@getter("LuaEntity", "pickup_target", returns="LuaEntity")
def pickup_target(game: Game, handle: int) -> int:
    place, row = row_of(game, handle)
    dx, dy = ahead(place.direction[row] >> 2, 256)
    return taker(place, place.x[row] + dx, place.y[row] + dy)


@getter("LuaEntity", "held_stack", returns="LuaItemStack")
def held_stack(game: Game, handle: int) -> int:
    return game.stacks.number((handle, HELD, 0))


@getter("LuaEntity", "held_stack_position")
def held_stack_position(game: Game, handle: int) -> dict[str, float]:
    place, row = row_of(game, handle)
    place.fresh()
    return {"x": place.hand_x[row] / 256, "y": place.hand_y[row] / 256}


@getter("LuaEntity", "use_filters")
def use_filters(game: Game, handle: int) -> bool:
    return False


@getter("LuaEntity", "filter_slot_count")
def filter_slot_count(game: Game, handle: int) -> int:
    return 0


@getter("LuaEntity", "inserter_stack_size_override")
def inserter_stack_size_override(game: Game, handle: int) -> int:
    return 0
