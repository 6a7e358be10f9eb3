"""`LuaGameScript`: surfaces and forces of the map, entities by unit number.

Surfaces of this server have a width and a height of at most `MAX_SIDE` tiles; the game's 0, a
surface without end, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import convert, tiles
from .place import Place
from .registry import CustomTable, LuaError, Ref, custom_table, getter, method

if TYPE_CHECKING:
    from .force import Force
    from .game import Game

MAX_SIDE = 2048
FIRST = 1  # index of nauvis, which cannot be deleted


# -- surfaces --------------------------------------------------------------------------------------
@getter("LuaGameScript", "surfaces")
def surfaces(game: Game, handle: int) -> CustomTable:
    return CustomTable("surfaces")


def _surface_names(game: Game, owner: int) -> list[str]:
    return [place.name for place in game.places if place is not None]


def _surface(game: Game, owner: int, key: Any) -> int:
    place = game.surface_by(key)
    return game.surface_handle(place) if place is not None else 0


custom_table("surfaces", _surface_names, _surface, returns="LuaSurface")


@method("LuaGameScript", "get_surface", returns="LuaSurface")
def get_surface(game: Game, handle: int, surface: Any) -> int:
    return _surface(game, 1, surface)


@method("LuaGameScript", "create_surface", returns="LuaSurface")
def create_surface(
    game: Game, handle: int, name: str, settings: dict[str, Any] | None = None
) -> int:
    """An empty surface; chunks come with request_to_generate_chunks."""
    settings = settings or {}
    if not name or game.surface_by(name) is not None:
        raise LuaError(f"Cannot create surface: the name {name!r} is taken or empty.")
    sides = [settings.get(side, 0) for side in ("width", "height")]
    if any(not isinstance(side, int) or not 1 <= side <= MAX_SIDE for side in sides):
        raise LuaError(
            "Cannot create surface: this server needs map_gen_settings.width and height "
            f"of 1 to {MAX_SIDE} tiles."
        )
    place = game.add_place(name, sides[0], sides[1], settings)
    for mode in ("peaceful_mode", "no_enemies_mode"):
        place.flags[mode] = bool(settings.get(mode))
    game.host.raise_event("on_surface_created", {"surface_index": place.index})
    return game.surface_handle(place)


@method("LuaGameScript", "delete_surface")
def delete_surface(game: Game, handle: int, surface: Any) -> bool:
    """Queued: it is gone after this update (doc), also while the game is paused (not known)."""
    place = game.surface_by(surface)
    if place is None or place.index == FIRST:
        return False
    doomed = game.surface_handle(place)
    if doomed not in game.doomed:
        game.doomed.append(doomed)
    return True


def delete_now(game: Game, handle: int) -> None:
    place = game.find_place(handle)
    if place is None:
        return
    game.host.raise_event("on_pre_surface_deleted", {"surface_index": place.index})
    game.places[place.index] = None
    game.host.raise_event("on_surface_deleted", {"surface_index": place.index})


def clear_now(game: Game, handle: int) -> None:
    """Take everything off a surface, its chunks included."""
    place = game.find_place(handle)
    if place is None:
        return
    game.host.raise_event("on_pre_surface_cleared", {"surface_index": place.index})
    game.salts += 1  # handles of what was there must not come to stand for what follows
    salt = game.salt()
    empty = Place(place.index, place.name, place.width, place.height, place.version, salt)
    empty.incarnation = place.incarnation
    empty.settings, empty.flags = place.settings, place.flags
    empty.owner_force = place.owner_force
    empty.version_of_lanes = place.version_of_lanes + 1
    game.places[place.index] = empty
    game.host.raise_event("on_surface_cleared", {"surface_index": place.index})


def generate_all(game: Game, place: Place) -> None:
    """Every chunk of a surface, without telling."""
    for chunk in tiles.chunks_of(place):
        tiles.generate(game, place, chunk)


# -- forces ----------------------------------------------------------------------------------------
@getter("LuaGameScript", "forces")
def forces(game: Game, handle: int) -> CustomTable:
    return CustomTable("forces")


def _force_names(game: Game, owner: int) -> list[str]:
    return [force.name for force in game.forces if force is not None]


def _force(game: Game, owner: int, key: Any) -> int:
    try:
        return game.force_by(key).index
    except LuaError:
        return 0


custom_table("forces", _force_names, _force, returns="LuaForce")


@method("LuaGameScript", "create_force", returns="LuaForce")
def create_force(game: Game, handle: int, force: str) -> int:
    """At most 64, of which three are built in (doc)."""
    if not force or _force(game, 1, force):
        raise LuaError(f"Cannot create force: the name {force!r} is taken or empty.")
    made = game.add_force(force)
    game.host.raise_event("on_force_created", {"force": Ref("LuaForce", made.index)})
    return made.index


@method("LuaGameScript", "merge_forces")
def merge_forces(game: Game, handle: int, source: Any, destination: Any) -> None:
    """At the end of the update the source's things are the destination's and it is gone (doc)."""
    one, other = game.force_by(source), game.force_by(destination)
    if one is other or one.index <= 3:
        raise LuaError("merge_forces: built-in forces, and a force with itself, cannot be merged.")
    one.merge_into = other.index


def merge_now(game: Game, force: Force) -> None:
    """Everything of a force goes to another, and it is gone."""
    target, force.merge_into = force.merge_into, 0
    for place in game.places:
        if place is None:
            continue
        place.force = [target if owner == force.index else owner for owner in place.force]
        team = place.batch.full.character.team[0]
        team[team == force.index] = target
        if place.owner_force == force.index:
            place.owner_force = target
    game.forces[force.index] = None
    told = {"source_name": force.name, "source_index": force.index}
    game.host.raise_event("on_forces_merged", told | {"destination": Ref("LuaForce", target)})


# -- things ----------------------------------------------------------------------------------------
@method("LuaGameScript", "get_entity_by_unit_number", returns="LuaEntity")
def get_entity_by_unit_number(game: Game, handle: int, unit_number: Any) -> int:
    """Only kinds with the flag get-by-unit-number are found: characters (doc)."""
    number = convert.whole(unit_number, "unit_number")
    for place in game.places:
        if place is not None:
            for me in range(place.header["characters"][0]):
                if place.alive[me] and place.character_unit[me] == number:
                    return place.character(me)
    return 0
