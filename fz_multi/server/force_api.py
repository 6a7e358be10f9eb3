"""`LuaForce` and `LuaFlowStatistics`.

Production is counted by the engine for a whole surface, not for each force on it. All of it is
credited to the first force (other than enemy and neutral) that something was made for there, so
the sum over forces is right and a surface with one force is exact. Produced: made and drilled by
machines, mined by hand; hand crafting does not count (FG). Consumed: by machines, fuel included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import convert
from .registry import CustomTable, LuaError, Ref, custom_table, getter, method, setter

if TYPE_CHECKING:
    from .force import Force
    from .game import Game
    from .place import Place

ITEMS, FLUIDS, BUILT, KILLED = range(4)
PRODUCED = ("made", "drilled", "mined")
CONSUMED = ("consumed",)


@getter("LuaForce", "name")
def name(game: Game, handle: int) -> str:
    return game.force(handle).name


@getter("LuaForce", "index")
def index(game: Game, handle: int) -> int:
    return handle


# -- what a force knows ----------------------------------------------------------------------------
@getter("LuaForce", "recipes")
def recipes(game: Game, handle: int) -> CustomTable:
    return CustomTable("recipes", handle)


@getter("LuaForce", "technologies")
def technologies(game: Game, handle: int) -> CustomTable:
    return CustomTable("technologies", handle)


def _recipe(game: Game, owner: int, key: Any) -> int:
    known = isinstance(key, str) and key in game.prototypes.recipes
    return owner << 16 | game.prototypes.recipe_id(key) if known else 0


def _technology(game: Game, owner: int, key: Any) -> int:
    known = isinstance(key, str) and key in game.prototypes.technologies
    return owner << 16 | game.prototypes.technology_id(key) if known else 0


custom_table("recipes", lambda game, owner: game.prototypes.recipes, _recipe, returns="LuaRecipe")
custom_table(
    "technologies",
    lambda game, owner: game.prototypes.technologies,
    _technology,
    returns="LuaTechnology",
)


@method("LuaForce", "enable_all_recipes")
def enable_all_recipes(game: Game, handle: int) -> None:
    force = game.force(handle)
    for recipe in game.prototypes.recipes.values():
        if not recipe.parameter:
            force.recipes[recipe.id] = True


@method("LuaForce", "enable_all_technologies")
def enable_all_technologies(game: Game, handle: int) -> None:
    game.force(handle).disabled.clear()


@method("LuaForce", "research_all_technologies")
def research_all_technologies(
    game: Game, handle: int, include_disabled_prototypes: bool = False
) -> None:
    force = game.force(handle)
    for technology in game.prototypes.technologies.values():
        force.research(technology.id, True)


@method("LuaForce", "reset_recipes")
def reset_recipes(game: Game, handle: int) -> None:
    game.force(handle).reset_recipes()


@method("LuaForce", "reset_technologies")
def reset_technologies(game: Game, handle: int) -> None:
    """Keeps what has been researched, despite its name (FG)."""


@method("LuaForce", "reset_technology_effects")
def reset_technology_effects(game: Game, handle: int) -> None:
    game.force(handle).reset_recipes()


@method("LuaForce", "reset")
def reset(game: Game, handle: int) -> None:
    """As a new force of that name would be, statistics and friends left as they are."""
    force = game.force(handle)
    force.recipes.clear()
    force.researched.clear()
    force.disabled.clear()
    force.progress.clear()


# -- research: labs are not modelled, so nothing is ever queued ------------------------------------
@getter("LuaForce", "research_enabled")
def research_enabled(game: Game, handle: int) -> bool:
    return game.force(handle).research_enabled


@method("LuaForce", "enable_research")
def enable_research(game: Game, handle: int) -> None:
    game.force(handle).research_enabled = True


@method("LuaForce", "disable_research")
def disable_research(game: Game, handle: int) -> None:
    game.force(handle).research_enabled = False


@method("LuaForce", "add_research")
def add_research(game: Game, handle: int, technology: Any) -> bool:
    """A fresh force can queue nothing (FG); with labs not modelled this holds for every force."""
    convert.technology_name(game, technology)
    return False


@method("LuaForce", "cancel_current_research")
def cancel_current_research(game: Game, handle: int) -> None:
    """There is none."""


@getter("LuaForce", "current_research")
def current_research(game: Game, handle: int) -> None:
    """There is none."""


@getter("LuaForce", "research_progress")
def research_progress(game: Game, handle: int) -> float:
    return 0.0


@getter("LuaForce", "research_queue")
def research_queue(game: Game, handle: int) -> list[Any]:
    return []


@setter("LuaForce", "research_queue")
def set_research_queue(game: Game, handle: int, value: Any) -> None:
    """Entries that cannot be researched are dropped without a word (doc)."""
    for technology in convert.several(value):
        convert.technology_name(game, technology)


# -- others ----------------------------------------------------------------------------------------
@method("LuaForce", "set_friend")
def set_friend(game: Game, handle: int, other: Any, friend: bool) -> None:
    _relate(game.force(handle).friends, game.force_by(other), friend)


@method("LuaForce", "get_friend")
def get_friend(game: Game, handle: int, other: Any) -> bool:
    return game.force_by(other).index in game.force(handle).friends


@method("LuaForce", "set_cease_fire")
def set_cease_fire(game: Game, handle: int, other: Any, cease_fire: bool) -> None:
    _relate(game.force(handle).truces, game.force_by(other), cease_fire)


@method("LuaForce", "get_cease_fire")
def get_cease_fire(game: Game, handle: int, other: Any) -> bool:
    return game.force_by(other).index in game.force(handle).truces


def _relate(group: set[int], other: Force, inside: bool) -> None:
    (group.add if inside else group.discard)(other.index)


@method("LuaForce", "set_spawn_position")
def set_spawn_position(game: Game, handle: int, position: Any, surface: Any) -> None:
    game.force(handle).spawn[_place(game, surface).index] = convert.point(position)


@method("LuaForce", "get_spawn_position")
def get_spawn_position(game: Game, handle: int, surface: Any) -> dict[str, float]:
    return convert.position(*game.force(handle).spawn.get(_place(game, surface).index, (0, 0)))


@method("LuaForce", "chart")
def chart(game: Game, handle: int, surface: Any, area: Any) -> None:
    """There are no charts: nothing reads them."""
    _place(game, surface)
    convert.area(area)


@method("LuaForce", "clear_chart")
def clear_chart(game: Game, handle: int, surface: Any = None) -> None:
    """See `chart`."""


@method("LuaForce", "get_entity_count")
def get_entity_count(game: Game, handle: int, name: Any) -> int:
    proto = game.prototypes.entity_id(convert.entity_name(game, name))
    total = 0
    for place in game.places:
        if place is not None:
            rows = range(place.header["entity_top"][0])
            total += sum(place.proto[r] == proto and place.force[r] == handle for r in rows)
            if proto == game.character_proto:
                alive = range(place.header["characters"][0])
                total += sum(place.alive[me] and place.team[me] == handle for me in alive)
    return total


def _setting(name: str, usual: Any) -> None:
    """A modifier of the force. Other values than the usual one would change the engine's rules."""

    def read(game: Game, handle: int) -> Any:
        return game.force(handle).settings.get(name, usual)

    def write(game: Game, handle: int, value: Any) -> None:
        if value != usual and name in MODIFIERS:
            raise LuaError(f"{name}: this server has no modifiers.")
        game.force(handle).settings[name] = value

    getter("LuaForce", name)(read)
    setter("LuaForce", name)(write)


MODIFIERS = (
    "manual_mining_speed_modifier",
    "manual_crafting_speed_modifier",
    "character_running_speed_modifier",
)
for _name in MODIFIERS:
    _setting(_name, 0.0)
for _name, _usual in (("share_chart", False), ("rockets_launched", 0), ("friendly_fire", True)):
    _setting(_name, _usual)


# -- statistics ------------------------------------------------------------------------------------
def _place(game: Game, value: Any) -> Place:
    place = game.surface_by(value)
    if place is None:
        raise LuaError(f"Unknown surface: {value}")
    return place


def _statistics(member: str, category: int) -> None:
    def read(game: Game, handle: int, surface: Any) -> int:
        return category << 48 | handle << 40 | game.surface_handle(_place(game, surface))

    method("LuaForce", member, returns="LuaFlowStatistics")(read)


for _name, _category in (
    ("get_item_production_statistics", ITEMS),
    ("get_fluid_production_statistics", FLUIDS),
    ("get_entity_build_count_statistics", BUILT),
    ("get_kill_count_statistics", KILLED),
):
    _statistics(_name, _category)


class Flow:
    """One statistic: the engine's counters less what was there at the last clear, and extras."""

    def __init__(self, game: Game, handle: int) -> None:
        self.game = game
        self.category = handle >> 48
        self.surface = handle & 0xFF_FFFF_FFFF
        self.force = game.force(handle >> 40 & 0xFF)
        self.place = game.surface(self.surface)

    def kept(self) -> dict[str, dict[str, float]]:
        """What is added to the engine's counters, by name, for each side."""
        key = (self.category, self.surface)
        return self.force.baselines.setdefault(key, {"input": {}, "output": {}})

    def raw(self, side: str) -> dict[str, int]:
        """The engine's counters that are not zero."""
        if self.category != ITEMS or self.place.owner_force != self.force.index:
            return {}
        table = self.place.tables["stat"]
        total = sum(table[field] for field in (PRODUCED if side == "input" else CONSUMED))
        name = self.game.prototypes.item_name
        return {name(item): int(total[item]) for item in (np.flatnonzero(total[1:]) + 1).tolist()}

    def counts(self, side: str) -> dict[str, float]:
        """Name -> count, without zeros."""
        out: dict[str, float] = dict(self.raw(side))
        for name, more in self.kept()[side].items():
            out[name] = out.get(name, 0) + more
        return {name: count for name, count in out.items() if count}

    def set(self, side: str, name: str, count: float) -> None:
        self.kept()[side][name] = count - self.raw(side).get(name, 0)

    def clear(self) -> None:
        for side in ("input", "output"):
            self.kept()[side] = {name: -count for name, count in self.raw(side).items()}


@getter("LuaFlowStatistics", "force", returns="LuaForce")
def force_of(game: Game, handle: int) -> int:
    return handle >> 40 & 0xFF


@getter("LuaFlowStatistics", "input_counts")
def input_counts(game: Game, handle: int) -> dict[str, float]:
    return Flow(game, handle).counts("input")


@getter("LuaFlowStatistics", "output_counts")
def output_counts(game: Game, handle: int) -> dict[str, float]:
    return Flow(game, handle).counts("output")


def _id(game: Game, value: Any) -> str:
    """A FlowStatisticsID as a name."""
    if isinstance(value, Ref) and value.cls == "LuaEntityPrototype":
        return convert.entity_name(game, value)
    if isinstance(value, str) and value in game.prototypes.entities:
        return value
    if isinstance(value, str) and value in game.prototypes.fluids:
        return value
    return convert.item_name(game, value)


@method("LuaFlowStatistics", "get_input_count")
def get_input_count(game: Game, handle: int, name: Any) -> float:
    return Flow(game, handle).counts("input").get(_id(game, name), 0)


@method("LuaFlowStatistics", "get_output_count")
def get_output_count(game: Game, handle: int, name: Any) -> float:
    return Flow(game, handle).counts("output").get(_id(game, name), 0)


@method("LuaFlowStatistics", "set_input_count")
def set_input_count(game: Game, handle: int, name: Any, count: float) -> None:
    Flow(game, handle).set("input", _id(game, name), count)


@method("LuaFlowStatistics", "set_output_count")
def set_output_count(game: Game, handle: int, name: Any, count: float) -> None:
    Flow(game, handle).set("output", _id(game, name), count)


@method("LuaFlowStatistics", "on_flow")
def on_flow(game: Game, handle: int, name: Any, count: float) -> None:
    """Adds to what was produced, or, negative, to what was consumed."""
    side = "input" if count >= 0 else "output"
    kept = Flow(game, handle).kept()[side]
    wanted = _id(game, name)
    kept[wanted] = kept.get(wanted, 0) + abs(count)


@method("LuaFlowStatistics", "clear")
def clear(game: Game, handle: int) -> None:
    Flow(game, handle).clear()
