"""`LuaSurface`: making entities, where they fit, what lies on the ground, and the surface itself.

What differs from the game, all of it on the strict side: two entities cannot overlap, so
create_entity gives nil where the engine has no room (the game ignores collisions); a resource
cannot be made where there is one; the unmodelled prototypes raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fz_multi.engine import edit as ops
from fz_multi.engine.codes import NEEDS_RESOURCE, OCCUPIED, OK
from fz_multi.engine.constants import KIND_NAMES, LAND, MAX_AGENTS

from . import convert
from .kinds import obstructed, pile_fits, place_code
from .registry import LuaError, Ref, getter, method, setter

if TYPE_CHECKING:
    from .game import Game
    from .place import Place

ENEMY, NEUTRAL = 2, 3
DIRECTIONS = (0, 4, 8, 12)
MAX_SEARCH = 100  # tiles: what a radius of 0, "without end", comes to here
MAX_AMOUNT = 2**31 - 1  # of a deposit, in the engine


# -- making entities -------------------------------------------------------------------------------
@method("LuaSurface", "create_entity", returns="LuaEntity")
def create_entity(game: Game, handle: int, args: dict[str, Any]) -> int:
    place = game.surface(handle)
    _refuse(args)
    name = convert.entity_name(game, args["name"])
    x, y = convert.point(args["position"])
    force = game.force_by(args["force"]).index if "force" in args else ENEMY  # (doc)
    entity = game.prototypes.entities[name]
    if not place.is_generated(x, y):
        return 0
    if entity.type == "character":
        made = _character(game, place, x, y, force)
    elif entity.type == "resource":
        amount = convert.whole(args.get("amount", 1), "amount", 1, MAX_AMOUNT)
        made = _resource(game, place, entity.id, x, y, amount)
    elif entity.type == "item-entity":
        if "stack" not in args:
            raise LuaError("create_entity: item-on-ground needs a stack.")
        made = lay_item(game, place, x, y, *convert.stack(game, args["stack"]))
    else:
        facing = convert.whole(args.get("direction", 0), "direction", 0, 15)
        made = _building(game, place, entity.id, x, y, facing, force)
    if made and args.get("raise_built"):
        game.host.raise_event("script_raised_built", {"entity": Ref("LuaEntity", made)})
    return made


def _refuse(args: dict[str, Any]) -> None:
    """What create_entity offers in the game and not here."""
    convert.quality(args.get("quality"))
    for key in ("fast_replace", "mirror", "item", "target", "source", "cause", "inner_name"):
        if args.get(key):
            raise LuaError(f"create_entity: {key} is not offered by this server.")
    if args.get("snap_to_grid") is False:
        raise LuaError("create_entity: everything snaps to the grid on this server.")


def _building(
    game: Game, place: Place, proto: int, x: int, y: int, direction: int, force: int
) -> int:
    kinds = game.kinds
    if kinds.kind[proto] not in KIND_NAMES:
        name = game.prototypes.entity_name(proto)
        raise LuaError(f"create_entity: {name} is not modelled by this server.")
    if not kinds.rotates[proto]:
        direction = 0
    elif direction not in DIRECTIONS:
        raise LuaError(f"create_entity: {direction} is no direction of such an entity.")
    x, y = kinds.snapped(proto, x, y, direction)
    row = place.edit(ops.ENTITY, proto, x, y, direction, 0)
    if row < 0:
        return 0
    natural = game.type_of[proto] in ("tree", "simple-entity")
    place.force[row] = NEUTRAL if natural else force
    place.unit[row] = 0 if natural else game.new_unit()
    _credit(place, place.force[row])
    return place.entity(row)


def _credit(place: Place, force: int) -> None:
    """The engine counts production by surface: all of it is that of the first force there."""
    if not place.owner_force and force not in (ENEMY, NEUTRAL):
        place.owner_force = force


def _resource(game: Game, place: Place, proto: int, x: int, y: int, amount: int) -> int:
    if not game.deposits[proto]:
        name = game.prototypes.entity_name(proto)
        raise LuaError(f"create_entity: {name} is not modelled by this server.")
    index = place.tile(x, y)
    if index < 0 or place.terrain[index] != LAND or place.amount[index]:
        return 0
    place.deposit_born[index] = place.deposit_born.get(index, 0) + 1
    place.deposit_first[index] = amount
    place.edit(ops.RESOURCE, index, proto, amount)
    return place.deposit(index)


def lay_item(game: Game, place: Place, x: int, y: int, item: int, count: int) -> int:
    """An item-entity exactly at a point, 0 where it does not fit."""
    count = min(count, int(game.numbers.items.stack[item]))
    row = place.edit(ops.PILE, x, y, item, count)
    return place.pile(row) if row >= 0 else 0


def _character(game: Game, place: Place, x: int, y: int, force: int) -> int:
    free = next((me for me in range(MAX_AGENTS) if not place.alive[me]), -1)
    if free < 0:
        raise LuaError(f"This server holds at most {MAX_AGENTS} characters on a surface.")
    if place.edit(ops.CHARACTER, x, y, force, free) < 0:
        return 0
    place.refresh()
    place.born[free] += 1
    place.character_unit[free] = game.new_unit()
    _credit(place, force)
    return place.character(free)


# -- where things fit ------------------------------------------------------------------------------
def fits(game: Game, place: Place, name: str, x: int, y: int, direction: int) -> int:
    """Result code of `fz_multi.commands` for making an entity at a point, 0 = it fits."""
    entity = game.prototypes.entities[name]
    if not place.is_generated(x, y):
        return OCCUPIED
    if entity.type == "character":
        return OCCUPIED if obstructed(game.kinds, place, -1, x, y) else OK
    if entity.type == "item-entity":
        return OK if pile_fits(game.kinds, place, x, y) else OCCUPIED
    if entity.type == "resource":
        index = place.tile(x, y)
        free = index >= 0 and place.terrain[index] == LAND and not place.amount[index]
        return OK if free else OCCUPIED
    kinds = game.kinds
    if not kinds.rotates[entity.id]:
        direction = 0
    x, y = kinds.snapped(entity.id, x, y, direction)
    return place_code(kinds, place, entity.id, x, y, direction)


def replaceable(game: Game, place: Place, name: str, x: int, y: int, direction: int) -> bool:
    """Whether a player would fast-replace what stands there: the same group at the same centre.

    The game's manual check answers true for a machine of the same kind turned another way (FG).
    """
    entity = game.prototypes.entities[name]
    index = place.tile(x, y)
    if index < 0 or not place.stands[index] or not entity.fast_replaceable_group:
        return False
    row = place.stands[index] - 1
    other = game.prototypes.entities[game.prototypes.entity_name(place.proto[row])]
    same_place = game.kinds.snapped(entity.id, x, y, direction) == (place.x[row], place.y[row])
    turned = place.direction[row] != direction or other.id != entity.id
    return (
        same_place
        and turned
        and other.fast_replaceable_group == entity.fast_replaceable_group
        and other.collision_box == entity.collision_box
    )


@method("LuaSurface", "can_place_entity")
def can_place_entity(game: Game, handle: int, args: dict[str, Any]) -> bool:
    place = game.surface(handle)
    name = convert.entity_name(game, args["name"])
    x, y = convert.point(args["position"])
    direction = convert.whole(args.get("direction", 0), "direction", 0, 15)
    if "force" in args:
        game.force_by(args["force"])
    code = fits(game, place, name, x, y, direction)
    if code == OCCUPIED and args.get("build_check_type") in MANUAL:
        return replaceable(game, place, name, x, y, direction)
    return code == OK


MANUAL = (1, 3)  # defines.build_check_type: manual, manual_ghost


@method("LuaSurface", "can_fast_replace")
def can_fast_replace(game: Game, handle: int, args: dict[str, Any]) -> bool:
    place = game.surface(handle)
    name = convert.entity_name(game, args["name"])
    direction = convert.whole(args.get("direction", 0), "direction", 0, 15)
    return replaceable(game, place, name, *convert.point(args["position"]), direction)


@method("LuaSurface", "entity_prototype_collides")
def entity_prototype_collides(
    game: Game, handle: int, prototype: Any, position: Any, map_box: bool, direction: Any = 0
) -> bool:
    """Whether something would be in its way; that a drill needs a deposit does not count."""
    place, name = game.surface(handle), convert.entity_name(game, prototype)
    direction = convert.whole(direction or 0, "direction", 0, 15)
    code = fits(game, place, name, *convert.point(position), direction)
    return code not in (OK, NEEDS_RESOURCE)


@method("LuaSurface", "find_non_colliding_position")
def find_non_colliding_position(
    game: Game,
    handle: int,
    name: Any,
    center: Any,
    radius: Any,
    precision: Any,
    force_to_tile_center: bool = False,
) -> dict[str, float] | None:
    """The nearest free point of a grid about the centre (the game's own order is not known)."""
    place, name = game.surface(handle), convert.entity_name(game, name)
    cx, cy = convert.point(center)
    reach = convert.coordinate(radius)
    step = convert.coordinate(precision)
    if reach < 0 or step <= 0:
        raise LuaError("find_non_colliding_position: radius and precision must be positive.")
    reach = reach or MAX_SEARCH * 256
    if force_to_tile_center:
        cx, cy, step = (cx >> 8) * 256 + 128, (cy >> 8) * 256 + 128, max(step, 256)
    for ring in range(reach // step + 1):
        for dx, dy in ring_points(ring):
            x, y = cx + dx * step, cy + dy * step
            near = abs(dx * step) <= reach and abs(dy * step) <= reach
            if near and fits(game, place, name, x, y, 0) == OK:
                return convert.position(x, y)
    return None


def ring_points(ring: int) -> list[tuple[int, int]]:
    """Points of a square ring, the nearest to the centre first."""
    if ring == 0:
        return [(0, 0)]
    points = [
        (dx, dy)
        for dy in range(-ring, ring + 1)
        for dx in range(-ring, ring + 1)
        if max(abs(dx), abs(dy)) == ring
    ]
    return sorted(points, key=lambda p: (p[0] ** 2 + p[1] ** 2, p[1], p[0]))


@method("LuaSurface", "spill_item_stack", returns="LuaEntity[]")
def spill_item_stack(game: Game, handle: int, args: dict[str, Any]) -> list[int]:
    """Lay items down around a point, one to an item-entity (or all with drop_full_stack).

    What finds no place is not laid, whatever use_start_position_on_failure says. Belts are never
    used; ``allow_belts = false`` says so, and without it this server refuses to guess.
    """
    place = game.surface(handle)
    x, y = convert.point(args["position"])
    item, count = convert.stack(game, args["stack"])
    if args.get("allow_belts", True):
        raise LuaError("spill_item_stack: this server needs allow_belts = false.")
    limit = convert.coordinate(args["max_radius"]) if "max_radius" in args else None
    full = int(game.numbers.items.stack[item]) if args.get("drop_full_stack") else 1
    out: list[int] = []
    while count > 0:
        packed = place.ask(ops.SPOT, x, y)
        px, py = x + packed // 65_536 - 16_384, y + packed % 65_536 - 16_384
        far = limit is not None and (px - x) ** 2 + (py - y) ** 2 > limit * limit
        if not packed or far:
            break
        made = lay_item(game, place, px, py, item, min(count, full))
        if not made:
            break
        out.append(made)
        count -= full
    return out


# -- the surface itself ----------------------------------------------------------------------------
@getter("LuaSurface", "index")
def index(game: Game, handle: int) -> int:
    return game.surface(handle).index


@getter("LuaSurface", "name")
def name(game: Game, handle: int) -> str:
    return game.surface(handle).name


@setter("LuaSurface", "name")
def rename(game: Game, handle: int, value: str) -> None:
    place = game.surface(handle)
    if not value or (game.surface_by(value) not in (None, place)):
        raise LuaError(f"A surface cannot be called {value!r}: the name is taken or empty.")
    place.name = value


@getter("LuaSurface", "deletable")
def deletable(game: Game, handle: int) -> bool:
    return game.surface(handle).index != 1


@getter("LuaSurface", "map_gen_settings")
def map_gen_settings(game: Game, handle: int) -> dict[str, Any]:
    place = game.surface(handle)
    usual = {
        "autoplace_controls": {},
        "autoplace_settings": {},
        "cliff_settings": {},
        "default_enable_all_autoplace_controls": True,
        "no_enemies_mode": False,
        "peaceful_mode": False,
        "property_expression_names": {},
        "seed": 0,
        "starting_area": 1,
        "starting_points": [{"x": 0, "y": 0}],
    }
    return usual | place.settings | {"width": place.width, "height": place.height}


@setter("LuaSurface", "map_gen_settings")
def set_map_gen_settings(game: Game, handle: int, value: dict[str, Any]) -> None:
    """Kept for what reads it; nothing is generated from it, and the size stays."""
    place = game.surface(handle)
    if (value.get("width"), value.get("height")) != (place.width, place.height):
        raise LuaError("map_gen_settings: the size of a surface cannot change on this server.")
    place.settings = value


@getter("LuaSurface", "has_global_electric_network")
def has_global_electric_network(game: Game, handle: int) -> bool:
    return False


def _plain(name: str, usual: Any) -> None:
    """A setting that is kept and changes nothing here (light, weather, enemies)."""

    def read(game: Game, handle: int) -> Any:
        return game.surface(handle).flags.get(name, usual)

    def write(game: Game, handle: int, value: Any) -> None:
        game.surface(handle).flags[name] = value

    getter("LuaSurface", name)(read)
    setter("LuaSurface", name)(write)


for _name, _usual in (
    ("generate_with_lab_tiles", False),
    ("always_day", False),
    ("freeze_daytime", False),
    ("daytime", 0.0),
    ("peaceful_mode", False),
    ("no_enemies_mode", False),
    ("show_clouds", True),
):
    _plain(_name, _usual)


@method("LuaSurface", "destroy_decoratives")
def destroy_decoratives(game: Game, handle: int, args: dict[str, Any]) -> None:
    """There are none."""


@method("LuaSurface", "clear")
def clear(game: Game, handle: int, ignore_characters: bool = False) -> None:
    """Everything goes at the end of the update, characters without a player included (doc)."""
    place = game.surface(handle)
    game.to_clear.append(game.surface_handle(place))
