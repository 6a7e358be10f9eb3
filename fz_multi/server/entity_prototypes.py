"""`LuaEntityPrototype`, `LuaBurnerPrototype` and prototypes.get_entity_filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import convert
from .prototypes_api import mask_of, products_of
from .registry import CustomTable, LuaError, Ref, custom_table, getter, method

if TYPE_CHECKING:
    from collections.abc import Callable

    from fz_multi.prototypes import Entity

    from .game import Game


def _filtered(game: Game, owner: int) -> list[str]:
    return list(game.kept.get(owner, ()))


custom_table(
    "prototypes.filtered",
    _filtered,
    lambda game, owner, key: (
        game.prototypes.entity_id(key) if key in game.kept.get(owner, ()) else 0
    ),
    returns="LuaEntityPrototype",
)


@method("LuaPrototypes", "get_entity_filtered")
def get_entity_filtered(game: Game, handle: int, filters: list[dict[str, Any]]) -> CustomTable:
    """By the filters name and type, joined by ``mode`` and turned by ``invert``."""
    names: list[str] = []
    for entity in game.prototypes.entities.values():
        fits = not filters
        for at, one in enumerate(filters or []):
            this = _filter_fits(entity, one) != bool(one.get("invert"))
            fits = (
                this if at == 0 else (fits and this if one.get("mode") == "and" else fits or this)
            )
        if fits:
            names.append(entity.name)
    return CustomTable("prototypes.filtered", game.keep(dict.fromkeys(names)))


def _filter_fits(entity: Entity, one: dict[str, Any]) -> bool:
    kind = one.get("filter")
    if kind in ("name", "type"):
        wanted = convert.several(one.get(kind, []))
        return (entity.name if kind == "name" else entity.type) in wanted
    if kind == "minable":
        return entity.minable
    raise LuaError(f"get_entity_filtered: the filter {kind} is not offered by this server.")


# -- entities --------------------------------------------------------------------------------------
def entity_of(game: Game, handle: int) -> Entity:
    return game.prototypes.entities[game.prototypes.entity_name(handle)]


def _entity(member: str) -> Callable[[Callable[[Game, Entity], Any]], Any]:
    """Register a member that is a function of the record."""

    def add(function: Callable[[Game, Entity], Any]) -> Any:
        getter("LuaEntityPrototype", member)(
            lambda game, handle: function(game, entity_of(game, handle))
        )
        return function

    return add


def _optional(member: str, field: str, types: tuple[str, ...]) -> None:
    """A number that kinds of these types alone have; nil for others."""

    def read(game: Game, entity: Entity) -> Any:
        return getattr(entity, field) if entity.type in types else None

    _entity(member)(read)


BELTS = ("transport-belt", "underground-belt", "splitter", "loader", "loader-1x1", "linked-belt")
_optional("belt_speed", "speed", BELTS)
_optional("mining_speed", "mining_speed", ("mining-drill", "character"))
_optional("running_speed", "running_speed", ("character",))
_optional("reach_distance", "reach_distance", ("character",))
_optional("build_distance", "build_distance", ("character",))
_optional("reach_resource_distance", "reach_resource_distance", ("character",))
_optional("drop_item_distance", "drop_item_distance", ("character",))
_optional("item_pickup_distance", "item_pickup_distance", ("character",))
_optional("loot_pickup_distance", "loot_pickup_distance", ("character",))
_optional("resource_category", "resource_category", ("resource",))
_optional("infinite_resource", "infinite", ("resource",))


def _plain(member: str) -> None:
    _entity(member)(lambda game, entity: getattr(entity, member))


for _member in ("type", "tile_width", "tile_height", "selection_priority"):
    _plain(_member)


@_entity("collision_box")
def collision_box(game: Game, entity: Entity) -> dict[str, Any]:
    return convert.box(*entity.collision_box)


@_entity("selection_box")
def selection_box(game: Game, entity: Entity) -> dict[str, Any]:
    return convert.box(*entity.selection_box)


@_entity("collision_mask")
def collision_mask(game: Game, entity: Entity) -> dict[str, Any]:
    return mask_of(entity.collision_layers)


@_entity("flags")
def flags(game: Game, entity: Entity) -> dict[str, bool]:
    return dict.fromkeys(entity.flags, True)


@_entity("fast_replaceable_group")
def fast_replaceable_group(game: Game, entity: Entity) -> str | None:
    return entity.fast_replaceable_group or None


@_entity("mineable_properties")
def mineable_properties(game: Game, entity: Entity) -> dict[str, Any]:
    out: dict[str, Any] = {
        "minable": entity.minable,
        "mining_time": entity.mining_time,
        "transfer_entity_health_to_products": False,
    }
    if entity.mining_results:
        out["products"] = products_of(entity.mining_results)
    if entity.mining_fluid:
        out["required_fluid"] = entity.mining_fluid
        out["fluid_amount"] = entity.mining_fluid_amount
    return out


@_entity("items_to_place_this")
def items_to_place_this(game: Game, entity: Entity) -> list[dict[str, Any]] | None:
    if not entity.placed_by:
        return None
    return [{"name": entity.placed_by, "count": entity.placed_by_count, "quality": "normal"}]


@_entity("crafting_categories")
def crafting_categories(game: Game, entity: Entity) -> dict[str, bool] | None:
    return dict.fromkeys(entity.crafting_categories, True) or None


@_entity("resource_categories")
def resource_categories(game: Game, entity: Entity) -> dict[str, bool] | None:
    drill = entity.type in ("mining-drill", "character")
    return dict.fromkeys(entity.resource_categories, True) if drill else None


@_entity("energy_usage")
def energy_usage(game: Game, entity: Entity) -> float | None:
    """Joules a tick."""
    return entity.energy_per_tick or None


@_entity("inserter_pickup_position")
def inserter_pickup_position(game: Game, entity: Entity) -> list[float] | None:
    return list(entity.pickup_position) if entity.type == "inserter" else None


@_entity("inserter_drop_position")
def inserter_drop_position(game: Game, entity: Entity) -> list[float] | None:
    return list(entity.insert_position) if entity.type == "inserter" else None


@_entity("fluidbox_prototypes")
def fluidbox_prototypes(game: Game, entity: Entity) -> list[Any]:
    if entity.fluid_boxes:
        raise LuaError("fluidbox_prototypes: fluids are not offered by this server.")
    return []


@_entity("next_upgrade")
def next_upgrade(game: Game, entity: Entity) -> Ref | None:
    name = entity.next_upgrade
    return Ref("LuaEntityPrototype", game.prototypes.entity_id(name)) if name else None


@getter("LuaEntityPrototype", "burner_prototype", returns="LuaBurnerPrototype")
def burner_prototype(game: Game, handle: int) -> int:
    return handle if entity_of(game, handle).energy_source == "burner" else 0


@getter("LuaBurnerPrototype", "effectivity")
def effectivity(game: Game, handle: int) -> float:
    return entity_of(game, handle).effectivity


@getter("LuaBurnerPrototype", "fuel_inventory_size")
def fuel_inventory_size(game: Game, handle: int) -> int:
    return entity_of(game, handle).fuel_slots


@getter("LuaBurnerPrototype", "burnt_inventory_size")
def burnt_inventory_size(game: Game, handle: int) -> int:
    return entity_of(game, handle).burnt_slots


@getter("LuaBurnerPrototype", "fuel_categories")
def fuel_categories(game: Game, handle: int) -> dict[str, bool]:
    return dict.fromkeys(entity_of(game, handle).fuel_categories, True)


def _call(member: str, function: Callable[[Entity], Any]) -> None:
    """A ``get_...(quality)`` of the entity prototypes."""

    def read(game: Game, handle: int, quality: Any = None) -> Any:
        convert.quality(quality)
        return function(entity_of(game, handle))

    method("LuaEntityPrototype", member)(read)


_call("get_max_health", lambda entity: entity.max_health)
_call("get_crafting_speed", lambda entity: entity.crafting_speed)
_call("get_max_energy_usage", lambda entity: entity.energy_per_tick)
_call("get_supply_area_distance", lambda entity: entity.supply_area_distance)
_call("get_max_wire_distance", lambda entity: entity.wire_reach)
_call(
    "get_inserter_rotation_speed",
    lambda entity: entity.rotation_speed if entity.type == "inserter" else None,
)
_call(
    "get_inserter_extension_speed",
    lambda entity: entity.extension_speed if entity.type == "inserter" else None,
)


@method("LuaEntityPrototype", "get_inventory_size")
def get_inventory_size(game: Game, handle: int, index: int, quality: Any = None) -> int | None:
    """Slots of an inventory by its number in defines.inventory."""
    entity = entity_of(game, handle)
    if entity.type == "container":
        return entity.inventory_size if index == 1 else None
    if entity.type == "character":
        return entity.inventory_size if index == 1 else None
    sizes = {1: entity.fuel_slots, 2: entity.source_slots, 3: entity.result_slots}
    return sizes.get(index) or None
