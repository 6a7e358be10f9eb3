"""Lua values to the engine's numbers and back: positions, areas, names, item stacks.

Positions are tiles in Lua and 1/256 tile in the engine. A coordinate that is no multiple of 1/256
is cut down (towards the north-west), as the engine's own commands do it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .registry import LuaError, Ref

if TYPE_CHECKING:
    from .game import Game

LIMIT = 1 << 30  # of a coordinate, in 1/256 tile: the game's maps end at a million tiles


def coordinate(value: Any) -> int:
    """Tiles to 1/256 tile."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LuaError(f"Invalid position: number expected, got {type(value).__name__}")
    if not math.isfinite(value) or abs(value) * 256 > LIMIT:
        raise LuaError(f"Invalid position: {value} is out of range")
    return math.floor(value * 256)


def point(value: Any) -> tuple[int, int]:
    """A MapPosition, ``{x=, y=}`` or ``{x, y}``, in 1/256 tile."""
    if isinstance(value, dict):
        if value.keys() == {"x", "y"}:
            return coordinate(value["x"]), coordinate(value["y"])
    elif isinstance(value, list) and len(value) == 2:
        return coordinate(value[0]), coordinate(value[1])
    raise LuaError("Invalid position: a table with x and y expected")


def position(x: int, y: int) -> dict[str, float]:
    """A MapPosition as the game returns it."""
    return {"x": x / 256, "y": y / 256}


def area(value: Any) -> tuple[int, int, int, int]:
    """A BoundingBox in 1/256 tile: (x0, y0, x1, y1)."""
    if isinstance(value, dict) and {"left_top", "right_bottom"} <= value.keys():
        corners = value["left_top"], value["right_bottom"]
    elif isinstance(value, list) and len(value) == 2:
        corners = value[0], value[1]
    else:
        raise LuaError("Invalid area: a table with left_top and right_bottom expected")
    x0, y0 = point(corners[0])
    x1, y1 = point(corners[1])
    if x1 < x0 or y1 < y0:
        raise LuaError("Invalid area: left_top is not above and left of right_bottom")
    return x0, y0, x1, y1


def box(x0: int, y0: int, x1: int, y1: int) -> dict[str, dict[str, float]]:
    """A BoundingBox as the game returns it."""
    return {"left_top": position(x0, y0), "right_bottom": position(x1, y1)}


def whole(value: Any, what: str, low: int = 0, high: int = 2**32 - 1) -> int:
    """An integer argument within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise LuaError(f"{what}: an integer expected, got {value}")
    if not low <= value <= high:
        raise LuaError(f"{what}: {value} is out of range ({low} to {high})")
    return int(value)


# -- names -----------------------------------------------------------------------------------------
# What an EntityID, ItemID, RecipeID ... may be: a name, its prototype, or an object of that kind.
OF_ENTITY = {"LuaEntity", "LuaEntityPrototype"}


def entity_name(game: Game, value: Any) -> str:
    """An EntityID as a name that exists."""
    if isinstance(value, Ref):
        if value.cls == "LuaEntityPrototype":
            return game.prototypes.entity_name(value.handle)
        if value.cls == "LuaEntity":
            return game.entity_name(value.handle)
    elif isinstance(value, str):
        if value in game.prototypes.entities:
            return value
        raise LuaError(f"Unknown entity name: {value}")
    raise LuaError("Entity name expected")


def item_name(game: Game, value: Any) -> str:
    """An ItemID, or an ItemWithQualityID, as a name that exists."""
    if isinstance(value, dict) and "name" in value:
        quality(value.get("quality"))
        value = value["name"]
    if isinstance(value, Ref):
        if value.cls == "LuaItemPrototype":
            return game.prototypes.item_name(value.handle)
        if value.cls == "LuaItemStack":
            item = game.stack(value.handle)[0]
            if item:
                return game.prototypes.item_name(item)
            raise LuaError("LuaItemStack API call when LuaItemStack was invalid for read.")
    elif isinstance(value, str):
        if value in game.prototypes.items:
            return value
        raise LuaError(f"Unknown item name: {value}")
    raise LuaError("Item name expected")


def item_id(game: Game, value: Any) -> int:
    """An ItemID as the number of the prototypes."""
    return game.prototypes.item_id(item_name(game, value))


def recipe_name(game: Game, value: Any) -> str:
    """A RecipeID as a name that exists."""
    if isinstance(value, Ref):
        if value.cls == "LuaRecipePrototype":
            return game.prototypes.recipe_name(value.handle)
        if value.cls == "LuaRecipe":
            return game.prototypes.recipe_name(value.handle & 0xFFFF)
    elif isinstance(value, str):
        if value in game.prototypes.recipes:
            return value
        raise LuaError(f"Unknown recipe name: {value}")
    raise LuaError("Recipe name expected")


def technology_name(game: Game, value: Any) -> str:
    """A TechnologyID as a name that exists."""
    if isinstance(value, Ref):
        if value.cls == "LuaTechnologyPrototype":
            return game.prototypes.technology_name(value.handle)
        if value.cls == "LuaTechnology":
            return game.prototypes.technology_name(value.handle & 0xFFFF)
    elif isinstance(value, str):
        if value in game.prototypes.technologies:
            return value
        raise LuaError(f"Unknown technology name: {value}")
    raise LuaError("Technology name expected")


def quality(value: Any) -> str:
    """A QualityID; without the Quality expansion there is one."""
    if value is None or value == "normal" or (isinstance(value, Ref) and value.handle == 1):
        return "normal"
    raise LuaError(f"Unknown quality name: {value}")


def stack(game: Game, value: Any) -> tuple[int, int]:
    """An ItemStackIdentification as (item id, count). The count of a bare name is 1."""
    if isinstance(value, Ref) and value.cls == "LuaItemStack":
        item, count = game.stack(value.handle)
        if not item:
            raise LuaError("LuaItemStack API call when LuaItemStack was invalid for read.")
        return item, count
    if isinstance(value, str):
        return item_id(game, value), 1
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        quality(value.get("quality"))
        return item_id(game, value["name"]), whole(value.get("count", 1), "count", 1)
    raise LuaError("Item stack expected: a name, or a table with name and count")


def counts(game: Game, pairs: dict[int, int]) -> list[dict[str, Any]]:
    """Item id -> count as an array of ``{name, quality, count}``, as get_contents() has it."""
    name = game.prototypes.item_name
    return [
        {"name": name(item), "quality": "normal", "count": count} for item, count in pairs.items()
    ]


# -- filters ---------------------------------------------------------------------------------------
def several(value: Any) -> list[Any]:
    """A filter that takes one value or an array of them."""
    if isinstance(value, list):
        return value
    return [] if value == {} else [value]


def layers(value: Any) -> set[str]:
    """A filter by collision layers: a name, an array of names, or ``{name = true}``."""
    if isinstance(value, dict):
        return {name for name, wanted in value.items() if wanted}
    return set(several(value))
