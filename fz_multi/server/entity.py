"""`LuaEntity`, what all kinds share: identity, place, health, direction, end.

What machines, belts, resources and characters have beyond that is in machine.py, belts.py and
control.py. Members that the game keeps for some kinds only are refused for others before these
functions are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine import edit as ops

from . import convert
from .handles import CHARACTER, ENTITY, KIND_AT, KIND_MASK, PILE, RESOURCE, ROW_MASK
from .kinds import entity_box, turned
from .registry import LuaError, Ref, getter, method, setter

if TYPE_CHECKING:
    from .game import Game

DIRECTIONS = (0, 4, 8, 12)


def kind_of(handle: int) -> int:
    return handle >> KIND_AT & KIND_MASK


def where(game: Game, handle: int) -> tuple[int, int]:
    """Position of an entity in 1/256 tile."""
    place, row = game.place(handle), handle & ROW_MASK
    kind = kind_of(handle)
    if kind == ENTITY:
        return place.x[row], place.y[row]
    if kind == RESOURCE:
        tx, ty = place.corner(row)
        return tx * 256 + 128, ty * 256 + 128
    if kind == PILE:
        return place.pile_x[row], place.pile_y[row]
    return place.ch_x[row], place.ch_y[row]


def facing(game: Game, handle: int) -> int:
    place, row = game.place(handle), handle & ROW_MASK
    kind = kind_of(handle)
    if kind == ENTITY:
        return int(place.direction[row])
    return int(place.ch_direction[row]) if kind == CHARACTER else 0


def collision_box(game: Game, handle: int) -> tuple[int, int, int, int]:
    """Collision box of an entity on the map."""
    if kind_of(handle) == ENTITY:
        return entity_box(game.kinds, game.place(handle), handle & ROW_MASK)
    x, y = where(game, handle)
    x0, y0, x1, y1 = game.kinds.box[game.proto(handle)]
    return x + x0, y + y0, x + x1, y + y1


# -- identity --------------------------------------------------------------------------------------
@getter("LuaEntity", "name")
def name(game: Game, handle: int) -> str:
    return game.entity_name(handle)


@getter("LuaEntity", "type")
def type_of(game: Game, handle: int) -> str:
    return game.type_of[game.proto(handle)]


@getter("LuaEntity", "prototype", returns="LuaEntityPrototype")
def prototype(game: Game, handle: int) -> int:
    return game.proto(handle)


@getter("LuaEntity", "unit_number")
def unit_number(game: Game, handle: int) -> int | None:
    return game.unit_number(handle) or None


@getter("LuaEntity", "quality")
def quality(game: Game, handle: int) -> Ref:
    return Ref("LuaQualityPrototype", 1)


@getter("LuaControl", "position")
def position(game: Game, handle: int) -> dict[str, float]:
    x, y = where(game, handle)
    return {"x": x / 256, "y": y / 256}


@getter("LuaControl", "surface", returns="LuaSurface")
def surface(game: Game, handle: int) -> int:
    return game.surface_handle(game.place(handle))


@getter("LuaControl", "surface_index")
def surface_index(game: Game, handle: int) -> int:
    return game.place(handle).index


@getter("LuaControl", "force", returns="LuaForce")
def force(game: Game, handle: int) -> int:
    return game.force_of(handle)


@setter("LuaControl", "force")
def set_force(game: Game, handle: int, value: Any) -> None:
    place, row, index = game.place(handle), handle & ROW_MASK, game.force_by(value).index
    if kind_of(handle) == ENTITY:
        place.force[row] = index
    elif kind_of(handle) == CHARACTER:
        place.team[row] = index
    else:
        raise LuaError("The force of such an entity cannot be changed.")


@getter("LuaControl", "force_index")
def force_index(game: Game, handle: int) -> int:
    return game.force_of(handle)


# -- shape -----------------------------------------------------------------------------------------
@getter("LuaEntity", "bounding_box")
def bounding_box(game: Game, handle: int) -> dict[str, Any]:
    return convert.box(*collision_box(game, handle))


@getter("LuaEntity", "selection_box")
def selection_box(game: Game, handle: int) -> dict[str, Any]:
    x, y = where(game, handle)
    box = game.prototypes.entities[game.entity_name(handle)].selection_box
    if kind_of(handle) == ENTITY:
        box = turned(box, facing(game, handle))
    return convert.box(x + box[0], y + box[1], x + box[2], y + box[3])


@getter("LuaEntity", "tile_width")
def tile_width(game: Game, handle: int) -> int:
    if kind_of(handle) == ENTITY:
        return int(game.place(handle).tiles_w[handle & ROW_MASK])
    return game.prototypes.entities[game.entity_name(handle)].tile_width


@getter("LuaEntity", "tile_height")
def tile_height(game: Game, handle: int) -> int:
    if kind_of(handle) == ENTITY:
        return int(game.place(handle).tiles_h[handle & ROW_MASK])
    return game.prototypes.entities[game.entity_name(handle)].tile_height


# -- direction -------------------------------------------------------------------------------------
@getter("LuaEntity", "direction")
def direction(game: Game, handle: int) -> int:
    return facing(game, handle)


@getter("LuaEntity", "supports_direction")
def supports_direction(game: Game, handle: int) -> bool:
    return kind_of(handle) == CHARACTER or bool(game.kinds.rotates[game.proto(handle)])


@setter("LuaEntity", "direction")
def set_direction(game: Game, handle: int, value: Any) -> None:
    """At once for belts, drills and inserters; in the next tick for a character (FG)."""
    to = convert.whole(value, "direction", 0, 15)
    place, row = game.place(handle), handle & ROW_MASK
    if kind_of(handle) == CHARACTER:
        place.turn_later[row] = to
        return
    if not supports_direction(game, handle):
        return  # the game ignores it
    if to not in DIRECTIONS:
        raise LuaError(f"direction: {to} is no direction of such an entity.")
    if to != place.direction[row]:
        place.edit(ops.TURN, row, to)


@getter("LuaEntity", "orientation")
def orientation(game: Game, handle: int) -> float:
    return facing(game, handle) / 16


@getter("LuaEntity", "mirroring")
def mirroring(game: Game, handle: int) -> bool:
    return False


@method("LuaEntity", "rotate")
def rotate(game: Game, handle: int, args: dict[str, Any] | None = None) -> bool:
    """A quarter turn, clockwise unless ``reverse``; works without by_player (FG)."""
    if kind_of(handle) != ENTITY or not supports_direction(game, handle):
        return False
    if not game.flag(handle, "rotatable", True):
        return False
    step = 12 if args and args.get("reverse") else 4
    set_direction(game, handle, (facing(game, handle) + step) % 16)
    return True


# -- health ----------------------------------------------------------------------------------------
def full_health(game: Game, handle: int) -> float:
    return game.prototypes.entities[game.entity_name(handle)].max_health


@getter("LuaEntity", "max_health")
def max_health(game: Game, handle: int) -> float:
    return full_health(game, handle)


@getter("LuaEntity", "is_entity_with_health")
def is_entity_with_health(game: Game, handle: int) -> bool:
    return full_health(game, handle) > 0


@getter("LuaEntity", "health")
def health(game: Game, handle: int) -> float | None:
    full = full_health(game, handle)
    return game.flag(handle, "health", full) if full else None


@setter("LuaEntity", "health")
def set_health(game: Game, handle: int, value: float | None) -> None:
    """Nothing here hurts or heals but scripts; 0 does not kill (die does)."""
    full = full_health(game, handle)
    if value is None or value != value:
        raise LuaError("health: a number expected.")
    if full:
        game.set_flag(handle, "health", min(max(float(value), 0.0), full))


@method("LuaEntity", "get_health_ratio")
def get_health_ratio(game: Game, handle: int) -> float | None:
    full = full_health(game, handle)
    return game.flag(handle, "health", full) / full if full else None


@method("LuaEntity", "damage")
def damage(
    game: Game, handle: int, amount: float, force: Any, kind: Any = None, *others: Any
) -> float:
    """Takes health and kills at 0; resistances are not modelled. Returns what was dealt."""
    full = full_health(game, handle)
    game.force_by(force)
    if not full or not game.flag(handle, "destructible", True):
        return 0.0
    now = game.flag(handle, "health", full)
    dealt = min(max(float(amount), 0.0), now)
    game.set_flag(handle, "health", now - dealt)
    if now - dealt <= 0:
        die(game, handle, force)
    return dealt


# -- settings --------------------------------------------------------------------------------------
def _setting(name: str, usual: Any) -> None:
    def read(game: Game, handle: int) -> Any:
        return game.flag(handle, name, usual)

    def write(game: Game, handle: int, value: Any) -> None:
        game.set_flag(handle, name, value)

    getter("LuaEntity", name)(read)
    setter("LuaEntity", name)(write)


for _name, _usual in (
    ("minable_flag", True),
    ("destructible", True),
    ("operable", True),
    ("rotatable", True),
    ("color", None),
    ("to_be_looted", False),
):
    _setting(_name, _usual)


@getter("LuaEntity", "minable")
def minable(game: Game, handle: int) -> bool:
    entity = game.prototypes.entities[game.entity_name(handle)]
    return entity.minable and bool(game.flag(handle, "minable_flag", True))


@getter("LuaEntity", "disabled_by_script")
def disabled_by_script(game: Game, handle: int) -> bool:
    return False


@setter("LuaEntity", "disabled_by_script")
def set_disabled_by_script(game: Game, handle: int, value: bool) -> None:
    if value:
        raise LuaError("disabled_by_script: this server cannot stop a single machine.")


@getter("LuaEntity", "active")
def active(game: Game, handle: int) -> bool:
    return True


@getter("LuaEntity", "last_user")
def last_user(game: Game, handle: int) -> None:
    """There are no players."""


# -- resources and ground items --------------------------------------------------------------------
@getter("LuaEntity", "amount")
def amount(game: Game, handle: int) -> int:
    return int(game.place(handle).amount[handle & ROW_MASK])


@setter("LuaEntity", "amount")
def set_amount(game: Game, handle: int, value: Any) -> None:
    place, index = game.place(handle), handle & ROW_MASK
    count = convert.whole(value, "amount", 1, 2**31 - 1)
    place.edit(ops.RESOURCE, index, place.resource[index], count)


@getter("LuaEntity", "initial_amount")
def initial_amount(game: Game, handle: int) -> None:
    """Infinite resources alone have one (doc), and none is modelled."""


@getter("LuaEntity", "stack", returns="LuaItemStack")
def stack(game: Game, handle: int) -> int:
    from .handles import GROUND

    return game.stacks.number((handle, GROUND, 0))


# -- the end ---------------------------------------------------------------------------------------
def remove(game: Game, handle: int) -> None:
    """Take an entity off the map with what it holds."""
    place, row, kind = game.place(handle), handle & ROW_MASK, kind_of(handle)
    if kind == ENTITY:
        place.edit(ops.REMOVE, row)
    elif kind == RESOURCE:
        place.edit(ops.RESOURCE, row, 0, 0)
    elif kind == PILE:
        place.edit(ops.UNPILE, row)
    else:
        place.edit(ops.REMOVE_CHARACTER, row)
        place.turn_later.pop(row, None)
    game.destroyed(handle)


@method("LuaEntity", "destroy")
def destroy(game: Game, handle: int, args: dict[str, Any] | None = None) -> bool:
    if args and args.get("raise_destroy"):
        game.host.raise_event("script_raised_destroy", {"entity": Ref("LuaEntity", handle)})
        if not game.valid_entity(handle):
            return True
    remove(game, handle)
    return True


@method("LuaEntity", "die")
def die(game: Game, handle: int, force: Any = None, cause: Any = None) -> bool:
    """Raises on_entity_died, then it is gone, and what it held with it.

    Whether the corpse of a character without a player keeps its items is not known; here there is
    no corpse.
    """
    if full_health(game, handle) <= 0 and kind_of(handle) != ENTITY:
        return False
    data: dict[str, Any] = {"entity": Ref("LuaEntity", handle), "loot": {}}
    if force is not None:
        data["force"] = Ref("LuaForce", game.force_by(force).index)
    if isinstance(cause, Ref):
        data["cause"] = cause
    place, unit = game.place(handle), game.unit_number(handle)
    after = {
        "position": position(game, handle),
        "quality": "normal",
        "prototype": Ref("LuaEntityPrototype", game.proto(handle)),
        "surface_index": place.index,
        "corpses": {},
    }
    if unit:
        after["unit_number"] = unit
    game.host.raise_event("on_entity_died", data)
    if game.valid_entity(handle):
        remove(game, handle)
        game.host.raise_event("on_post_entity_died", after)
    return True
