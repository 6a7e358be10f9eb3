"""`prototypes`: entities, items, recipes, tiles, technologies, fluids as Lua reads them.

A prototype's handle is its id in `fz_multi.prototypes`. Lengths are tiles, boxes are cut to 1/256
tile as the game cuts them, energies joules (a tick where the game says so), times seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import convert
from .registry import CustomTable, LuaError, Ref, custom_table, getter, method
from .tiles import LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fz_multi.prototypes import Entity, Product, Recipe, Technology

    from .game import Game

# member of `prototypes` -> (class, table of fz_multi.prototypes, its function name -> id)
TABLES = {
    "entity": ("LuaEntityPrototype", "entities", "entity"),
    "item": ("LuaItemPrototype", "items", "item"),
    "recipe": ("LuaRecipePrototype", "recipes", "recipe"),
    "tile": ("LuaTilePrototype", "tiles", "tile"),
    "technology": ("LuaTechnologyPrototype", "technologies", "technology"),
    "fluid": ("LuaFluidPrototype", "fluids", "fluid"),
}


def _table(member: str, cls: str, table: str, noun: str) -> None:
    def keys(game: Game, owner: int) -> Any:
        return getattr(game.prototypes, table)

    def get(game: Game, owner: int, key: Any) -> int:
        if isinstance(key, str) and key in getattr(game.prototypes, table):
            return int(getattr(game.prototypes, f"{noun}_id")(key))
        return 0

    def read(game: Game, handle: int) -> CustomTable:
        return CustomTable(f"prototypes.{member}")

    custom_table(f"prototypes.{member}", keys, get, returns=cls)
    getter("LuaPrototypes", member)(read)

    def record(game: Game, handle: int) -> Any:
        return getattr(game.prototypes, table)[getattr(game.prototypes, f"{noun}_name")(handle)]

    RECORDS[cls] = record
    _base(cls, record)


RECORDS: dict[str, Callable[[Game, int], Any]] = {}


def _base(cls: str, record: Callable[[Game, int], Any]) -> None:
    """The members of LuaPrototypeBase that every class has."""
    getter(cls, "name")(lambda game, handle: record(game, handle).name)
    getter(cls, "hidden")(lambda game, handle: bool(getattr(record(game, handle), "hidden", False)))
    getter(cls, "parameter")(
        lambda game, handle: bool(getattr(record(game, handle), "parameter", False))
    )
    getter(cls, "order")(lambda game, handle: f"{handle:05}")  # the order of ids, which is theirs


for _member, (_cls, _name, _noun) in TABLES.items():
    _table(_member, _cls, _name, _noun)


def _only_quality(game: Game, owner: int, key: Any) -> int:
    return 1 if key == "normal" else 0


custom_table(
    "prototypes.quality",
    lambda game, owner: ["normal"],
    _only_quality,
    returns="LuaQualityPrototype",
)
custom_table(
    "prototypes.collision_layer",
    lambda game, owner: sorted(LAYERS),
    lambda game, owner, key: sorted(LAYERS).index(key) + 1 if key in LAYERS else 0,
    returns="LuaCollisionLayerPrototype",
)


@getter("LuaPrototypes", "quality")
def qualities(game: Game, handle: int) -> CustomTable:
    return CustomTable("prototypes.quality")


@getter("LuaPrototypes", "collision_layer")
def collision_layers(game: Game, handle: int) -> CustomTable:
    return CustomTable("prototypes.collision_layer")


@getter("LuaQualityPrototype", "name")
def quality_name(game: Game, handle: int) -> str:
    return "normal"


@getter("LuaQualityPrototype", "level")
def quality_level(game: Game, handle: int) -> int:
    return 0


@getter("LuaCollisionLayerPrototype", "name")
def layer_name(game: Game, handle: int) -> str:
    return sorted(LAYERS)[handle - 1]


def _filtered(game: Game, owner: int) -> list[str]:
    return list(game.running[owner])


custom_table(
    "prototypes.filtered",
    _filtered,
    lambda game, owner, key: game.prototypes.entity_id(key) if key in game.running[owner] else 0,
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
    number = game.counters.number(("prototypes", len(game.running)))
    game.running[number] = dict.fromkeys(names)
    return CustomTable("prototypes.filtered", number)


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

for _member, _field in (
    ("type", "type"),
    ("tile_width", "tile_width"),
    ("tile_height", "tile_height"),
    ("selection_priority", "selection_priority"),
):
    _entity(_member)(lambda game, entity, field=_field: getattr(entity, field))


@_entity("collision_box")
def collision_box(game: Game, entity: Entity) -> dict[str, Any]:
    return convert.box(*entity.collision_box)


@_entity("selection_box")
def selection_box(game: Game, entity: Entity) -> dict[str, Any]:
    return convert.box(*entity.selection_box)


@_entity("collision_mask")
def collision_mask(game: Game, entity: Entity) -> dict[str, Any]:
    return mask_of(entity.collision_layers)


def mask_of(layers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "layers": dict.fromkeys(layers, True),
        "colliding_with_tiles_only": False,
        "consider_tile_transitions": False,
        "not_colliding_with_itself": False,
    }


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


# -- items -----------------------------------------------------------------------------------------
def _item(member: str, function: Callable[[Game, Any], Any]) -> None:
    record = RECORDS["LuaItemPrototype"]
    getter("LuaItemPrototype", member)(lambda game, handle: function(game, record(game, handle)))


_item("type", lambda game, item: item.type)
_item("stack_size", lambda game, item: item.stack_size)
_item("fuel_value", lambda game, item: float(item.fuel_value))
_item("fuel_category", lambda game, item: item.fuel_category or None)
_item("stackable", lambda game, item: item.stack_size > 1)
_item(
    "place_result",
    lambda game, item: (
        Ref("LuaEntityPrototype", game.prototypes.entity_id(item.place_result))
        if item.place_result
        else None
    ),
)


# -- recipes ---------------------------------------------------------------------------------------
def number(value: float) -> float:
    """A whole float as an int, so that it prints as one."""
    return int(value) if value == int(value) else value


def ingredients_of(recipe: Recipe) -> list[dict[str, Any]]:
    return [
        {
            "type": "fluid" if part.fluid else "item",
            "name": part.name,
            "amount": number(part.amount),
        }
        for part in recipe.ingredients
    ]


def products_of(products: tuple[Product, ...]) -> list[dict[str, Any]]:
    out = []
    for part in products:
        row: dict[str, Any] = {"type": "fluid" if part.fluid else "item", "name": part.name}
        if part.amount_min == part.amount_max:
            row["amount"] = number(part.amount_min)
        else:
            row["amount_min"], row["amount_max"] = number(part.amount_min), number(part.amount_max)
        row["probability"] = part.probability
        out.append(row)
    return out


def _recipe(member: str, function: Callable[[Recipe], Any]) -> None:
    record = RECORDS["LuaRecipePrototype"]
    getter("LuaRecipePrototype", member)(lambda game, handle: function(record(game, handle)))


_recipe("energy", lambda recipe: recipe.energy_required)
_recipe("enabled", lambda recipe: recipe.enabled)
_recipe("ingredients", ingredients_of)
_recipe("products", lambda recipe: products_of(recipe.products))
_recipe("hidden_from_player_crafting", lambda recipe: recipe.hide_from_player_crafting)
_recipe("allow_as_intermediate", lambda recipe: not recipe.not_intermediate)


@method("LuaRecipePrototype", "has_category")
def has_category(game: Game, handle: int, category: str) -> bool:
    return bool(RECORDS["LuaRecipePrototype"](game, handle).category == category)


# -- tiles and technologies ------------------------------------------------------------------------
@getter("LuaTilePrototype", "collision_mask")
def tile_collision_mask(game: Game, handle: int) -> dict[str, Any]:
    return mask_of(RECORDS["LuaTilePrototype"](game, handle).collision_layers)


@getter("LuaTilePrototype", "walking_speed_modifier")
def walking_speed_modifier(game: Game, handle: int) -> float:
    return float(RECORDS["LuaTilePrototype"](game, handle).walking_speed_modifier)


def research_ingredients(technology: Technology) -> list[dict[str, Any]]:
    return [{"name": one.name, "amount": number(one.amount)} for one in technology.ingredients]


@getter("LuaTechnologyPrototype", "effects")
def effects(game: Game, handle: int) -> list[dict[str, Any]]:
    out = []
    for effect in RECORDS["LuaTechnologyPrototype"](game, handle).effects:
        row: dict[str, Any] = {"type": effect.type}
        if effect.type == "unlock-recipe":
            row["recipe"] = effect.target
        else:
            row["modifier"] = effect.modifier
        out.append(row)
    return out


@getter("LuaTechnologyPrototype", "research_trigger")
def research_trigger(game: Game, handle: int) -> dict[str, Any] | None:
    technology = RECORDS["LuaTechnologyPrototype"](game, handle)
    if not technology.trigger:
        return None
    row: dict[str, Any] = {"type": technology.trigger}
    if technology.trigger == "mine-entity":
        row["entity"] = technology.trigger_target
    else:
        row["item"] = {"name": technology.trigger_target}
    if technology.trigger == "craft-item":
        row["count"] = technology.trigger_count
    return row
