"""find_entities_filtered and its like: what is on a surface, by place, name, type or force.

The order of what is found is fixed but nothing to rely on (entities, deposits, items, characters,
each by row), as in the game; with a limit that decides which ones come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import convert, tiles
from .handles import (
    ENTITY,
    GENERATION_AT,
    GENERATION_MASK,
    KIND_AT,
    PILE,
    RESOURCE,
    SURFACE_AT,
)
from .place import NEUTRAL
from .registry import LuaError, method

if TYPE_CHECKING:
    from .game import Game
    from .place import Place

KEYS = {
    "area", "position", "radius", "name", "type", "direction", "collision_mask", "force",
    "limit", "invert", "ghost_name", "ghost_type", "to_be_deconstructed", "to_be_upgraded",
    "has_item_inside", "is_military_target", "quality",
}  # fmt: skip
UNKNOWN = {"has_item_inside", "is_military_target", "quality"}
CHARACTER_BOX = (-51, -51, 51, 51)
PILE_BOX = (-35, -35, 35, 35)
DEPOSIT_BOX = (-25, -25, 25, 25)


class Query:
    """An EntitySearchFilters, read once."""

    def __init__(self, game: Game, query: dict[str, Any]) -> None:
        for key in query:
            if key not in KEYS or key in UNKNOWN:
                raise LuaError(f"find_entities_filtered: {key} is not offered by this server.")
        self.box = convert.area(query["area"]) if "area" in query else None
        self.centre = convert.point(query["position"]) if "position" in query else None
        self.radius = convert.coordinate(query["radius"]) if "radius" in query else None
        if self.radius is not None and self.centre is None:
            raise LuaError("find_entities_filtered: radius needs a position.")
        self.invert = bool(query.get("invert"))
        self.limit = convert.whole(query["limit"], "limit") if "limit" in query else None
        self.protos = _protos(game, query)
        self.forces: set[int] | None = None
        if "force" in query:
            wanted = convert.several(query["force"])
            self.forces = {game.force_by(one).index for one in wanted}
        self.directions: set[int] | None = None
        if "direction" in query:
            wanted = convert.several(query["direction"])
            self.directions = {convert.whole(one, "direction", 0, 15) for one in wanted}
        self.layers = convert.layers(query["collision_mask"]) if "collision_mask" in query else None
        # No ghosts here, and nothing is ever marked.
        ghosts = "ghost_name" in query or "ghost_type" in query
        self.none = ghosts or bool(query.get("to_be_deconstructed") or query.get("to_be_upgraded"))

    def contains(self, x: int, y: int, x0: int, y0: int, x1: int, y1: int) -> bool:
        """`where` for one entity, in plain numbers."""
        if self.radius is not None:
            assert self.centre is not None
            dx, dy = x - self.centre[0], y - self.centre[1]
            if dx * dx + dy * dy > self.radius * self.radius:
                return False
        elif self.centre is not None:
            cx, cy = self.centre
            if not (x0 <= cx <= x1 and y0 <= cy <= y1):
                return False
        if self.box is None:
            return True
        ax0, ay0, ax1, ay1 = self.box
        if ax0 == ax1 or ay0 == ay1:
            return x0 <= ax1 and x1 >= ax0 and y0 <= ay1 and y1 >= ay0
        return x0 < ax1 and x1 > ax0 and y0 < ay1 and y1 > ay0

    def where(self, x: Any, y: Any, x0: Any, y0: Any, x1: Any, y1: Any) -> Any:
        """Which of some entities (centres, box sides) lie where it is asked for, bool array."""
        fits = np.ones(len(x), bool)
        if self.radius is not None:
            assert self.centre is not None
            dx, dy = x - self.centre[0], y - self.centre[1]
            fits &= dx * dx + dy * dy <= self.radius * self.radius
        elif self.centre is not None:
            cx, cy = self.centre
            fits &= (x0 <= cx) & (x1 >= cx) & (y0 <= cy) & (y1 >= cy)
        if self.box is not None:
            ax0, ay0, ax1, ay1 = self.box
            if ax0 == ax1 or ay0 == ay1:
                fits &= (x0 <= ax1) & (x1 >= ax0) & (y0 <= ay1) & (y1 >= ay0)
            else:
                fits &= (x0 < ax1) & (x1 > ax0) & (y0 < ay1) & (y1 > ay0)
        return fits


def _protos(game: Game, query: dict[str, Any]) -> Protos | None:
    """Which prototypes fit by name, type and collision mask; None = all."""
    wanted = [query.get(key) for key in ("name", "type", "collision_mask")]
    if wanted == [None, None, None]:
        return None
    try:
        key = tuple(tuple(one) if isinstance(one, list) else one for one in wanted)
        known = game.proto_filters.get(key)
    except TypeError:  # a table inside
        return Protos(game, query)
    if known is None:
        if len(game.proto_filters) > 1000:
            game.proto_filters.clear()
        known = game.proto_filters[key] = Protos(game, query)
    return known


class Protos:
    """Prototypes that a query wants: ``fits`` is bool[ids], the rest says what to look through."""

    def __init__(self, game: Game, query: dict[str, Any]) -> None:
        fits = np.ones(len(game.type_of), bool)
        if "name" in query:
            named = np.zeros(len(fits), bool)
            for one in convert.several(query["name"]):
                named[game.prototypes.entity_id(convert.entity_name(game, one))] = True
            fits &= named
        if "type" in query:
            wanted = {str(one) for one in convert.several(query["type"])}
            unknown = wanted - game.known_types
            if unknown:
                raise LuaError(f"Unknown entity type: {sorted(unknown)[0]}")
            fits &= np.array([kind in wanted for kind in game.type_of])
        if "collision_mask" in query:
            layers = {tiles.known_layer(one) for one in convert.layers(query["collision_mask"])}
            masks = [set(e.collision_layers) for e in game.prototypes.entities.values()]
            fits &= np.array([False, *(bool(layers & mask) for mask in masks)])
        self.fits = fits
        self.deposits = bool((fits & game.deposits).any())
        self.pile = bool(fits[game.pile_proto])
        self.character = bool(fits[game.character_proto])
        self.standing = bool((fits & game.standing).any())


def find(game: Game, place: Place, query: Query) -> list[int]:
    """Handles of what fits, cut at the limit."""
    if query.none:
        return []
    out: list[int] = []
    for part in (_entities, _deposits, _piles, _characters):
        part(game, place, query, out)
        if query.limit is not None and len(out) >= query.limit:
            return out[: query.limit]
    return out


def _pack(place: Place, kind: int, rows: np.ndarray, generations: np.ndarray) -> list[int]:
    salted = (generations.astype(np.int64) + place.salt) & GENERATION_MASK
    packed = salted << GENERATION_AT | (place.index << SURFACE_AT | kind << KIND_AT)
    return (packed | rows).tolist()  # type: ignore[no-any-return]


def _entities(game: Game, place: Place, query: Query, out: list[int]) -> None:
    protos = query.protos
    if not place.header["entities"][0] or (protos and not protos.standing and not query.invert):
        return
    table = place.tables["entity"][: place.header["entity_top"][0]]
    proto = table["proto"]
    rows = np.flatnonzero(proto)
    proto, fits = proto[rows], np.ones(len(rows), bool)
    if protos is not None:
        fits &= protos.fits[proto]
    if query.directions is not None:
        fits &= np.isin(table["direction"][rows], list(query.directions))
    if query.forces is not None:
        forces = np.array([place.force[row] or NEUTRAL for row in rows.tolist()])
        fits &= np.isin(forces, list(query.forces))
    if query.centre is not None or query.box is not None:
        x, y = table["x"][rows], table["y"][rows]
        boxes = game.boxes[proto, table["direction"][rows] >> 2]
        fits &= query.where(
            x, y, x + boxes[:, 0], y + boxes[:, 1], x + boxes[:, 2], y + boxes[:, 3]
        )
    rows = rows[~fits if query.invert else fits]
    out += _pack(place, ENTITY, rows, table["generation"][rows])


def _deposits(game: Game, place: Place, query: Query, out: list[int]) -> None:
    if query.protos is not None and not query.invert and not query.protos.deposits:
        return
    if query.forces is not None and NEUTRAL not in query.forces and not query.invert:
        return
    kinds = place.tables["tile"]["resource"]
    near = query.box
    if query.centre is not None:
        reach = query.radius if query.radius is not None else 256
        cx, cy = query.centre
        near = (cx - reach, cy - reach, cx + reach, cy + reach)
    if near is not None and not query.invert:
        x0 = min(max((near[0] >> 8) - 1 - place.left, 0), place.width)
        y0 = min(max((near[1] >> 8) - 1 - place.top, 0), place.height)
        x1 = min(max((near[2] >> 8) + 2 - place.left, 0), place.width)
        y1 = min(max((near[3] >> 8) + 2 - place.top, 0), place.height)
        ys, xs = np.nonzero(place.deposit_kinds[y0:y1, x0:x1])
        rows = (ys + y0) * place.width + xs + x0
    else:
        rows = np.flatnonzero(kinds)
    fits = np.ones(len(rows), bool)
    if query.protos is not None:
        fits &= query.protos.fits[kinds[rows]]
    if query.forces is not None and NEUTRAL not in query.forces:
        fits[:] = False
    if query.directions is not None and 0 not in query.directions:
        fits[:] = False
    if near is not None:
        x = (rows % place.width + place.left) * 256 + 128
        y = (rows // place.width + place.top) * 256 + 128
        fits &= query.where(x, y, *_around(x, y, DEPOSIT_BOX))
    rows = rows[~fits if query.invert else fits]
    born = place.deposit_born
    generations = np.array([born.get(row, 0) for row in rows.tolist()], np.int64)
    out += _pack(place, RESOURCE, rows, generations)


def _around(x: Any, y: Any, box: tuple[int, int, int, int]) -> tuple[Any, Any, Any, Any]:
    return x + box[0], y + box[1], x + box[2], y + box[3]


def _piles(game: Game, place: Place, query: Query, out: list[int]) -> None:
    protos = query.protos
    if not place.header["piles"][0] or (protos and not protos.pile and not query.invert):
        return
    table = place.tables["pile"][: place.header["pile_top"][0]]
    rows = np.flatnonzero(table["item_id"])
    x, y = table["x"][rows], table["y"][rows]
    plain = protos is None or protos.pile
    plain = plain and (query.forces is None or NEUTRAL in query.forces)
    plain = plain and (query.directions is None or 0 in query.directions)
    fits = np.full(len(rows), plain)
    fits &= query.where(x, y, *_around(x, y, PILE_BOX))
    rows = rows[~fits if query.invert else fits]
    out += _pack(place, PILE, rows, table["unit"][rows])


def _characters(game: Game, place: Place, query: Query, out: list[int]) -> None:
    protos = query.protos
    if protos and not protos.character and not query.invert:
        return
    for me in range(place.header["characters"][0]):
        if not place.alive[me]:
            continue
        fits = protos is None or protos.character
        fits = fits and (query.forces is None or place.team[me] in query.forces)
        fits = fits and (query.directions is None or place.ch_direction[me] in query.directions)
        x, y = place.ch_x[me], place.ch_y[me]
        fits = fits and query.contains(x, y, *_around(x, y, CHARACTER_BOX))
        if fits != query.invert:
            out.append(place.character(me))


# -- LuaSurface ------------------------------------------------------------------------------------
@method("LuaSurface", "find_entities_filtered", returns="LuaEntity[]")
def find_entities_filtered(game: Game, handle: int, query: dict[str, Any]) -> list[int]:
    return find(game, game.surface(handle), Query(game, query))


@method("LuaSurface", "count_entities_filtered")
def count_entities_filtered(game: Game, handle: int, query: dict[str, Any]) -> int:
    return len(find(game, game.surface(handle), Query(game, query)))


@method("LuaSurface", "find_entities", returns="LuaEntity[]")
def find_entities(game: Game, handle: int, area: Any = None) -> list[int]:
    return find(game, game.surface(handle), Query(game, {} if area is None else {"area": area}))


@method("LuaSurface", "find_entity", returns="LuaEntity")
def find_entity(game: Game, handle: int, name: Any, position: Any) -> int:
    """The entity of a name whose collision box holds a position."""
    if isinstance(name, dict):
        convert.quality(name.get("quality"))
        name = name.get("name")
    query = Query(game, {"name": name, "position": position, "limit": 1})
    found = find(game, game.surface(handle), query)
    return found[0] if found else 0


@method("LuaSurface", "get_resource_counts")
def get_resource_counts(game: Game, handle: int) -> dict[str, int]:
    """Amount of each resource on the surface."""
    tile = game.surface(handle).tables["tile"]
    kinds, amounts = tile["resource"], tile["amount"]
    out = {}
    for proto in np.unique(kinds[kinds > 0]).tolist():
        out[game.prototypes.entity_name(proto)] = int(amounts[kinds == proto].sum(dtype=np.int64))
    return out
