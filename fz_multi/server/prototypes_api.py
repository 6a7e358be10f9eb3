"""`prototypes`: entities, items, recipes, tiles, technologies, fluids as Lua reads them.

A prototype's handle is its id in `fz_multi.prototypes`. Lengths are tiles, boxes are cut to 1/256
tile as the game cuts them, energies joules (a tick where the game says so), times seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registry import CustomTable, Ref, custom_table, getter, method
from .tiles import LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fz_multi.prototypes import Product, Recipe, Technology

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
def mask_of(layers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "layers": dict.fromkeys(layers, True),
        "colliding_with_tiles_only": False,
        "consider_tile_transitions": False,
        "not_colliding_with_itself": False,
    }


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
