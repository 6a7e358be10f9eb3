"""`LuaRecipe` and `LuaTechnology`: a recipe or technology as one force has it.

A handle is the force's index and the prototype's id. Which recipes are on decides what characters
craft; furnaces of the engine smelt whatever can be smelted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import prototypes_api as data
from .registry import LuaError, Ref, getter, method, setter

if TYPE_CHECKING:
    from fz_multi.prototypes import Recipe, Technology

    from .force import Force
    from .game import Game

ID = 0xFFFF


def recipe_of(game: Game, handle: int) -> Recipe:
    return game.prototypes.recipes[game.prototypes.recipe_name(handle & ID)]


def technology_of(game: Game, handle: int) -> Technology:
    return game.prototypes.technologies[game.prototypes.technology_name(handle & ID)]


def force_of(game: Game, handle: int) -> Force:
    return game.force(handle >> 16)


# -- LuaRecipe -------------------------------------------------------------------------------------
@getter("LuaRecipe", "name")
def name(game: Game, handle: int) -> str:
    return recipe_of(game, handle).name


@getter("LuaRecipe", "force", returns="LuaForce")
def recipe_force(game: Game, handle: int) -> int:
    return handle >> 16


@getter("LuaRecipe", "prototype", returns="LuaRecipePrototype")
def prototype(game: Game, handle: int) -> int:
    return handle & ID


@getter("LuaRecipe", "enabled")
def enabled(game: Game, handle: int) -> bool:
    return force_of(game, handle).recipe_enabled(handle & ID)


@setter("LuaRecipe", "enabled")
def set_enabled(game: Game, handle: int, value: bool) -> None:
    force_of(game, handle).recipes[handle & ID] = bool(value)


@getter("LuaRecipe", "energy")
def energy(game: Game, handle: int) -> float:
    return recipe_of(game, handle).energy_required


@getter("LuaRecipe", "hidden")
def hidden(game: Game, handle: int) -> bool:
    return recipe_of(game, handle).hidden


@getter("LuaRecipe", "ingredients")
def ingredients(game: Game, handle: int) -> list[dict[str, Any]]:
    return data.ingredients_of(recipe_of(game, handle))


@getter("LuaRecipe", "products")
def products(game: Game, handle: int) -> list[dict[str, Any]]:
    return data.products_of(recipe_of(game, handle).products)


@method("LuaRecipe", "has_category")
def has_category(game: Game, handle: int, category: str) -> bool:
    return recipe_of(game, handle).category == category


# -- LuaTechnology ---------------------------------------------------------------------------------
@getter("LuaTechnology", "name")
def technology_name(game: Game, handle: int) -> str:
    return technology_of(game, handle).name


@getter("LuaTechnology", "force", returns="LuaForce")
def technology_force(game: Game, handle: int) -> int:
    return handle >> 16


@getter("LuaTechnology", "prototype", returns="LuaTechnologyPrototype")
def technology_prototype(game: Game, handle: int) -> int:
    return handle & ID


@getter("LuaTechnology", "researched")
def researched(game: Game, handle: int) -> bool:
    return handle & ID in force_of(game, handle).researched


@setter("LuaTechnology", "researched")
def set_researched(game: Game, handle: int, value: bool) -> None:
    """Raises on_research_finished (by_script) or on_research_reversed when it changes."""
    force = force_of(game, handle)
    if bool(value) == (handle & ID in force.researched):
        return
    force.research(handle & ID, bool(value))
    event = "on_research_finished" if value else "on_research_reversed"
    game.host.raise_event(event, {"research": Ref("LuaTechnology", handle), "by_script": True})


@getter("LuaTechnology", "enabled")
def technology_enabled(game: Game, handle: int) -> bool:
    return handle & ID not in force_of(game, handle).disabled


@setter("LuaTechnology", "enabled")
def set_technology_enabled(game: Game, handle: int, value: bool) -> None:
    disabled = force_of(game, handle).disabled
    (disabled.discard if value else disabled.add)(handle & ID)


@getter("LuaTechnology", "saved_progress")
def saved_progress(game: Game, handle: int) -> float:
    return force_of(game, handle).progress.get(handle & ID, 0.0)


@setter("LuaTechnology", "saved_progress")
def set_saved_progress(game: Game, handle: int, value: float) -> None:
    if not 0 <= value < 1:
        raise LuaError("saved_progress: a number from 0 to below 1 expected.")
    force_of(game, handle).progress[handle & ID] = float(value)


@getter("LuaTechnology", "prerequisites")
def prerequisites(game: Game, handle: int) -> dict[str, Ref]:
    force = handle >> 16 << 16
    names = technology_of(game, handle).prerequisites
    return {
        name: Ref("LuaTechnology", force | game.prototypes.technology_id(name)) for name in names
    }


@getter("LuaTechnology", "level")
def level(game: Game, handle: int) -> int:
    return technology_of(game, handle).level


@getter("LuaTechnology", "upgrade")
def upgrade(game: Game, handle: int) -> bool:
    return technology_of(game, handle).upgrade


@getter("LuaTechnology", "research_unit_count")
def research_unit_count(game: Game, handle: int) -> int:
    return technology_of(game, handle).units()


@getter("LuaTechnology", "research_unit_energy")
def research_unit_energy(game: Game, handle: int) -> float:
    """Ticks a unit at lab speed 1."""
    return technology_of(game, handle).time * 60


@getter("LuaTechnology", "research_unit_ingredients")
def research_unit_ingredients(game: Game, handle: int) -> list[dict[str, Any]]:
    return data.research_ingredients(technology_of(game, handle))
