"""`LuaControl` of characters: walking, selecting, mining, crafting, reach.

The character's body lives in the engine (native mode): walking goes on until it is stopped, mining
until an item is done, after which both selection and state must be given again (FG). Guns, armour,
the cursor and the trash are not modelled: their inventories are nil.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine import edit as ops
from fz_multi.engine.codes import OK
from fz_multi.engine.constants import PICKUP_REACH, REACH, RESOURCE_REACH, VOID
from fz_multi.engine.tables import CRAFTS_PER_AGENT

from . import convert
from . import surface as surface_api
from .entity import collision_box, kind_of, where
from .handles import CHARACTER, PILE, RESOURCE, ROW_MASK
from .registry import LuaError, Ref, getter, method, setter

if TYPE_CHECKING:
    from .game import Game
    from .place import Place

EIGHT = range(0, 16, 2)  # directions that can be walked
MAX_CRAFT = 2**31 - 1


def body(game: Game, handle: int) -> tuple[Place, int]:
    """Surface and number of a character; LuaError for what is none."""
    if kind_of(handle) != CHARACTER:
        raise LuaError("LuaEntity is not a character.")
    return game.place(handle), handle & ROW_MASK


# -- walking ---------------------------------------------------------------------------------------
@getter("LuaControl", "walking_state")
def walking_state(game: Game, handle: int) -> dict[str, Any]:
    place, me = body(game, handle)
    return {"walking": bool(place.walk_on[me]), "direction": place.walk_direction[me]}


@setter("LuaControl", "walking_state")
def set_walking_state(game: Game, handle: int, value: dict[str, Any]) -> None:
    """Written whole; ``direction`` one of the eight that a player's keys give (others: unknown)."""
    place, me = body(game, handle)
    if not isinstance(value.get("walking"), bool):
        raise LuaError("walking_state: a table with walking (and direction) expected.")
    direction = value.get("direction", place.walk_direction[me])
    if direction not in EIGHT:
        raise LuaError(f"walking_state: {direction} is no direction to walk in.")
    place.edit(ops.WALKING, me, int(value["walking"]), int(direction))


@getter("LuaControl", "character_running_speed")
def character_running_speed(game: Game, handle: int) -> float:
    body(game, handle)
    return game.prototypes.entities["character"].running_speed


# -- selecting and mining --------------------------------------------------------------------------
@method("LuaControl", "update_selected_entity")
def update_selected_entity(game: Game, handle: int, position: Any) -> None:
    place, me = body(game, handle)
    place.edit(ops.SELECT, me, *convert.point(position))


@method("LuaControl", "clear_selected_entity")
def clear_selected_entity(game: Game, handle: int) -> None:
    """Selects nothing: a point outside of every map does that."""
    place, me = body(game, handle)
    place.edit(ops.SELECT, me, -convert.LIMIT, -convert.LIMIT)


@getter("LuaControl", "selected", returns="LuaEntity")
def selected(game: Game, handle: int) -> int:
    place, me = body(game, handle)
    return place.selected(me)


@setter("LuaControl", "selected")
def set_selected(game: Game, handle: int, value: Any) -> None:
    place, me = body(game, handle)
    if value is None:
        clear_selected_entity(game, handle)
        return
    place.edit(ops.SELECT, me, *where(game, value.handle))


@getter("LuaControl", "mining_state")
def mining_state(game: Game, handle: int) -> dict[str, Any]:
    place, me = body(game, handle)
    if not place.mine_on[me]:
        return {"mining": False}
    target = place.selected(me)
    x, y = where(game, target) if target else (place.ch_x[me], place.ch_y[me])
    return {"mining": True, "position": convert.position(x, y)}


@setter("LuaControl", "mining_state")
def set_mining_state(game: Game, handle: int, value: dict[str, Any]) -> None:
    """Mines what is selected; the position alone selects nothing (FG)."""
    place, me = body(game, handle)
    if not isinstance(value.get("mining"), bool):
        raise LuaError("mining_state: a table with mining (and position) expected.")
    if "position" in value:
        convert.point(value["position"])
    place.edit(ops.MINING, me, int(value["mining"]))


@getter("LuaControl", "character_mining_progress")
def character_mining_progress(game: Game, handle: int) -> float:
    """0 to 1, and 0 while nothing is being mined."""
    place, me = body(game, handle)
    need = place.mine_need[me]
    if not place.mining[me] or not place.mine_kind[me] or need <= 0:
        return 0.0
    return float(place.mine_progress[me] / need)


# -- crafting --------------------------------------------------------------------------------------
@method("LuaControl", "begin_crafting")
def begin_crafting(game: Game, handle: int, args: dict[str, Any]) -> int:
    """Queues as many as can be, up to ``count``; ingredients leave the inventory now (FG)."""
    place, me = body(game, handle)
    count = convert.whole(args["count"], "count", 0, MAX_CRAFT)
    recipe = convert.recipe_name(game, args["recipe"])
    number = game.prototypes.recipe_id(recipe)
    if not count or not game.force(game.force_of(handle)).recipe_enabled(number):
        return 0
    count = min(count, place.ask(ops.CRAFTABLE, me, number, count))
    if not count or not place.edit(ops.CRAFT, me, number, count):
        return 0
    return count


@method("LuaControl", "get_craftable_count")
def get_craftable_count(game: Game, handle: int, recipe: Any) -> int:
    place, me = body(game, handle)
    number = game.prototypes.recipe_id(convert.recipe_name(game, recipe))
    if not game.force(game.force_of(handle)).recipe_enabled(number):
        return 0
    return place.ask(ops.CRAFTABLE, me, number, CRAFT_LIMIT)


CRAFT_LIMIT = 100_000  # more of one recipe is never asked for


@method("LuaControl", "cancel_crafting")
def cancel_crafting(game: Game, handle: int, args: dict[str, Any]) -> None:
    """Gives the ingredients back; a request with intermediates goes as a whole."""
    place, me = body(game, handle)
    index = convert.whole(args["index"], "index", 1)
    count = convert.whole(args["count"], "count", 1)
    if index > place.crafts[me]:
        raise LuaError(f"cancel_crafting: there is no entry {index} in the crafting queue.")
    place.edit(ops.UNCRAFT, me, index - 1, count)


@getter("LuaControl", "crafting_queue_size")
def crafting_queue_size(game: Game, handle: int) -> int:
    place, me = body(game, handle)
    return int(place.crafts[me])


@getter("LuaControl", "crafting_queue")
def crafting_queue(game: Game, handle: int) -> list[dict[str, Any]] | None:
    """nil when it is empty."""
    place, me = body(game, handle)
    size, first = place.crafts[me], me * CRAFTS_PER_AGENT
    if not size:
        return None
    chains = [place.craft_chain[first + at] for at in range(size)]
    return [
        {
            "index": at + 1,
            "recipe": game.prototypes.recipe_name(place.craft_recipe[first + at]),
            "count": place.craft_count[first + at],
            "prerequisite": at + 1 < size and chains[at + 1] == chains[at],
        }
        for at in range(size)
    ]


@getter("LuaControl", "crafting_queue_progress")
def crafting_queue_progress(game: Game, handle: int) -> float:
    place, me = body(game, handle)
    need = place.craft_need[me]
    return float(place.craft_progress[me] / need) if place.crafts[me] and need else 0.0


# -- reach -----------------------------------------------------------------------------------------
def distance_squared(game: Game, handle: int, target: int) -> int:
    """From a character to the collision box of an entity, in 1/65,536 square tile."""
    x, y = where(game, handle)
    x0, y0, x1, y1 = collision_box(game, target)
    dx = max(x0 - x, x - x1, 0)
    dy = max(y0 - y, y - y1, 0)
    return dx * dx + dy * dy


@method("LuaControl", "can_reach_entity")
def can_reach_entity(game: Game, handle: int, entity: Ref) -> bool:
    """Distance to the collision box at most 10, deposits 2.7, boundary included (FG)."""
    body(game, handle)
    target = entity.handle
    if game.place(target).index != game.place(handle).index:
        return False
    if kind_of(target) == PILE:  # the engine measures to an item's centre
        x, y = where(game, handle)
        px, py = where(game, target)
        return (px - x) ** 2 + (py - y) ** 2 <= REACH * REACH
    reach = RESOURCE_REACH if kind_of(target) == RESOURCE else REACH
    return distance_squared(game, handle, target) <= reach * reach


@method("LuaControl", "can_place_entity")
def can_place_entity(game: Game, handle: int, args: dict[str, Any]) -> bool:
    """As surface.can_place_entity by hand, and within the build distance of where it would be."""
    place, me = body(game, handle)
    name = convert.entity_name(game, args["name"])
    direction = convert.whole(args.get("direction", 0), "direction", 0, 15)
    x, y = convert.point(args["position"])
    sx, sy = game.kinds.snapped(game.prototypes.entity_id(name), x, y, direction)
    if (sx - place.ch_x[me]) ** 2 + (sy - place.ch_y[me]) ** 2 > REACH * REACH:
        return False
    if surface_api.fits(game, place, name, x, y, direction) == OK:
        return True
    return surface_api.replaceable(game, place, name, x, y, direction)


def _number(name: str, value: float) -> None:
    def read(game: Game, handle: int) -> float:
        body(game, handle)
        return value

    getter("LuaControl", name)(read)


for _name, _value in (
    ("reach_distance", REACH // 256),
    ("build_distance", REACH // 256),
    ("drop_item_distance", REACH // 256),
    ("resource_reach_distance", 2.7),
    ("item_pickup_distance", PICKUP_REACH / 256),
    ("loot_pickup_distance", 2.0),
    ("character_running_speed_modifier", 0.0),
    ("character_mining_speed_modifier", 0.0),
    ("character_crafting_speed_modifier", 0.0),
    ("character_inventory_slots_bonus", 0),
):
    _number(_name, _value)


# -- the rest --------------------------------------------------------------------------------------
@method("LuaControl", "teleport")
def teleport(
    game: Game,
    handle: int,
    position: Any,
    surface: Any = None,
    raise_teleported: bool = False,
    snap_to_grid: bool = True,
    build_check_type: Any = None,
) -> bool:
    """Moves a character, whatever is in the way (doc); not to another surface, not off the map.

    Sources disagree about other surfaces for characters without a player, so the answer is false.
    Machines of the engine do not move: false as well.
    """
    if kind_of(handle) != CHARACTER:
        return False
    place, me = body(game, handle)
    if surface is not None and game.surface_by(surface) is not place:
        return False
    x, y = convert.point(position)
    index = place.tile(x, y)
    if index < 0 or place.terrain[index] == VOID or not place.is_generated(x, y):
        return False
    old = convert.position(place.ch_x[me], place.ch_y[me])
    place.edit(ops.REPLACE, me, x, y)
    if raise_teleported:
        game.host.raise_event(
            "script_raised_teleported",
            {
                "entity": Ref("LuaEntity", handle),
                "old_surface_index": place.index,
                "old_position": old,
            },
        )
    return True


@method("LuaControl", "is_player")
def is_player(game: Game, handle: int) -> bool:
    return False


@getter("LuaEntity", "player")
def player(game: Game, handle: int) -> None:
    """A character here belongs to nobody."""


@getter("LuaEntity", "associated_player")
def associated_player(game: Game, handle: int) -> None:
    """Nor was it ever anybody's."""


@getter("LuaControl", "in_combat")
def in_combat(game: Game, handle: int) -> bool:
    return False


@getter("LuaControl", "cursor_stack")
def cursor_stack(game: Game, handle: int) -> None:
    """No cursor is modelled."""


@getter("LuaControl", "picking_state")
def picking_state(game: Game, handle: int) -> bool:
    return False


@setter("LuaControl", "picking_state")
def set_picking_state(game: Game, handle: int, value: bool) -> None:
    if value:
        raise LuaError("picking_state: what it does without a player is not known; refused here.")
