"""Tiles and chunks: `LuaTile`, set_tiles, find_tiles_filtered, chunk generation.

The engine tells land from water and void; which tile exactly is kept beside it (`Place.tiles`).
A tile with the layer `water_tile` is water to the engine (that shallow water can be waded through
is not modelled), one with `out_of_map` is void. Tiles outside of a map's width and height are
`out-of-map`. Chunks that nobody has asked for are not there: their tiles are invalid and nothing
can be put there, as in the game.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from fz_multi.engine import edit as ops
from fz_multi.engine.constants import LAND, VOID, WATER
from fz_multi.prototypes import load

from . import convert
from .place import CHUNK
from .registry import LuaError, Ref, call, getter, method

if TYPE_CHECKING:
    from .game import Game
    from .place import Place

OFFSET = 1 << 19
MAX_REQUEST = 64  # radius of a chunk request, in chunks
GROUND = "grass-1"  # what chunks are made of when nothing else is said
LAB = ("lab-dark-1", "lab-dark-2")  # a checkerboard


# -- handles ---------------------------------------------------------------------------------------
def handle_of(place: Place, tx: int, ty: int) -> int:
    return place.index << 40 | (tx + OFFSET) << 20 | (ty + OFFSET)


def coordinates(handle: int) -> tuple[int, int]:
    return (handle >> 20 & 0xFFFFF) - OFFSET, (handle & 0xFFFFF) - OFFSET


def place_of(game: Game, handle: int) -> Place:
    found = game.places[handle >> 40]
    assert found is not None
    return found


def tile_name_at(game: Game, place: Place, tx: int, ty: int) -> str:
    index = place.tile_of(tx, ty)
    return game.prototypes.tile_name(int(place.tiles[index])) if index >= 0 else "out-of-map"


@cache
def terrain_of(version: str) -> list[int]:
    """Terrain of the engine by tile id."""
    out = [VOID]
    for tile in load(version).tiles.values():
        if "out_of_map" in tile.collision_layers:
            out.append(VOID)
        else:
            out.append(WATER if "water_tile" in tile.collision_layers else LAND)
    return out


@cache
def with_layer(version: str, layer: str) -> np.ndarray:
    """Which tile ids have a collision layer, bool[ids]."""
    tiles = load(version).tiles.values()
    return np.array([False, *(layer in tile.collision_layers for tile in tiles)])


LAYERS = frozenset(
    layer
    for kind in (load().entities, load().tiles)
    for one in kind.values()
    for layer in one.collision_layers
)


def known_layer(name: Any) -> str:
    if isinstance(name, Ref) and name.cls == "LuaCollisionLayerPrototype":
        name = sorted(LAYERS)[name.handle - 1]
    if name not in LAYERS:
        raise LuaError(f"Unknown collision layer name: {name}")
    return str(name)


def tile_id(game: Game, value: Any) -> int:
    """A TileID as a number."""
    if isinstance(value, Ref) and value.cls == "LuaTilePrototype":
        return value.handle
    if isinstance(value, str) and value in game.prototypes.tiles:
        return game.prototypes.tile_id(value)
    raise LuaError(f"Unknown tile name: {value}")


# -- LuaTile ---------------------------------------------------------------------------------------
@getter("LuaTile", "name")
def name(game: Game, handle: int) -> str:
    return tile_name_at(game, place_of(game, handle), *coordinates(handle))


@getter("LuaTile", "position")
def position(game: Game, handle: int) -> dict[str, int]:
    tx, ty = coordinates(handle)
    return {"x": tx, "y": ty}


@getter("LuaTile", "surface", returns="LuaSurface")
def surface_of(game: Game, handle: int) -> int:
    return game.surface_handle(place_of(game, handle))


@getter("LuaTile", "prototype", returns="LuaTilePrototype")
def prototype(game: Game, handle: int) -> int:
    return game.prototypes.tile_id(name(game, handle))


@method("LuaTile", "collides_with")
def collides_with(game: Game, handle: int, layer: Any) -> bool:
    tile = game.prototypes.tiles[name(game, handle)]
    return known_layer(layer) in tile.collision_layers


# -- tiles of a surface ----------------------------------------------------------------------------
@method("LuaSurface", "get_tile", returns="LuaTile")
def get_tile(game: Game, handle: int, x: Any, y: Any) -> int:
    place = game.surface(handle)
    tx = convert.whole(x, "x", -OFFSET, OFFSET - 1)
    return handle_of(place, tx, convert.whole(y, "y", -OFFSET, OFFSET - 1))


@method("LuaSurface", "set_tiles")
def set_tiles(
    game: Game,
    handle: int,
    tiles: list[Any],
    correct_tiles: bool = True,
    remove_colliding_entities: Any = True,
    remove_colliding_decoratives: bool = True,
    raise_event: bool = False,
    player: Any = None,
    undo_index: Any = None,
) -> None:
    """Lay tiles. Where there is no chunk, or the map has ended, nothing is laid.

    Edges are never repaired, whatever ``correct_tiles`` says: the engine has no transitions.
    """
    place, changed = game.surface(handle), []
    if remove_colliding_entities == "abort_on_collision":
        raise LuaError("set_tiles: abort_on_collision is not offered by this server.")
    for tile in tiles or []:
        if not isinstance(tile, dict) or "name" not in tile or "position" not in tile:
            raise LuaError("set_tiles: a table with name and position expected")
        number = tile_id(game, tile["name"])
        x, y = convert.point(tile["position"])
        index = place.tile(x, y)
        if index >= 0 and place.tiles[index]:
            changed.append((index, number))
    for index, number in changed:
        lay(game, place, index, number, bool(remove_colliding_entities))
    if raise_event and changed:
        _tell(game, place, changed)


def lay(game: Game, place: Place, index: int, number: int, clear: bool) -> None:
    """Make one tile another."""
    place.tiles[index] = number
    terrain = terrain_of(game.prototypes.version)[number]
    if terrain == place.terrain[index]:
        return
    if terrain != LAND and clear:
        _clear_tile(game, place, index)
    place.edit(ops.TERRAIN, index, terrain)


def _clear_tile(game: Game, place: Place, index: int) -> None:
    """What cannot stand on water goes."""
    if place.stands[index]:
        row = place.stands[index] - 1
        gone = place.entity(row)
        place.edit(ops.REMOVE, row)
        game.destroyed(gone)
    if place.amount[index]:
        gone = place.deposit(index)
        place.edit(ops.RESOURCE, index, 0, 0)
        game.destroyed(gone)
    while place.lies[index]:
        row = place.lies[index] - 1
        gone = place.pile(row)
        place.edit(ops.UNPILE, row)
        game.destroyed(gone)


def _tell(game: Game, place: Place, changed: list[tuple[int, int]]) -> None:
    rows = []
    for index, number in changed:
        tx, ty = place.corner(index)
        rows.append({"name": game.prototypes.tile_name(number), "position": {"x": tx, "y": ty}})
    game.host.raise_event("script_raised_set_tiles", {"surface_index": place.index, "tiles": rows})


def _matching(game: Game, place: Place, query: dict[str, Any]) -> np.ndarray:
    """Rows of the tiles that a TileSearchFilters asks for, row by row of the map."""
    known = {"area", "position", "radius", "name", "limit", "collision_mask", "invert"}
    for key in query:
        if key not in known:
            raise LuaError(f"find_tiles_filtered: {key} is not offered by this server.")
    grid = place.tiles.reshape(place.height, place.width)
    x0, y0, x1, y1 = 0, 0, place.width, place.height
    reach = None
    if "position" in query:
        px, py = convert.point(query["position"])
        reach = convert.coordinate(query.get("radius", 0))
        spans = ((px - reach) >> 8, (py - reach) >> 8, (px + reach) >> 8, (py + reach) >> 8)
        box = (spans[0], spans[1], spans[2] + 1, spans[3] + 1)
    elif "area" in query:
        ax0, ay0, ax1, ay1 = convert.area(query["area"])
        box = (ax0 >> 8, ay0 >> 8, -(-ax1 >> 8), -(-ay1 >> 8))
        if ax0 == ax1 or ay0 == ay1:  # a point or a line: the tile under it
            box = (ax0 >> 8, ay0 >> 8, (ax1 >> 8) + 1, (ay1 >> 8) + 1)
    else:
        box = (place.left, place.top, place.left + place.width, place.top + place.height)
    x0, y0 = max(0, box[0] - place.left), max(0, box[1] - place.top)
    x1, y1 = min(place.width, box[2] - place.left), min(place.height, box[3] - place.top)
    if x1 <= x0 or y1 <= y0:
        return np.zeros(0, np.int64)
    ids = grid[y0:y1, x0:x1]
    fits = np.ones(ids.shape, bool)
    if "name" in query:
        wanted = [tile_id(game, one) for one in convert.several(query["name"])]
        fits &= np.isin(ids, wanted)
    if "collision_mask" in query:
        mask = np.zeros(len(game.prototypes.tiles) + 1, bool)
        for layer in convert.layers(query["collision_mask"]):
            mask |= with_layer(game.prototypes.version, known_layer(layer))
        fits &= mask[ids]
    if reach:
        cx = (np.arange(x0, x1) + place.left) * 256 + 128 - px
        cy = (np.arange(y0, y1) + place.top) * 256 + 128 - py
        near = cx[None, :] ** 2 + cy[:, None] ** 2 <= reach * reach
        fits &= near
    if query.get("invert"):
        fits = ~fits
    fits &= ids != 0
    rows, columns = np.nonzero(fits)
    found = (rows + y0) * place.width + columns + x0
    return found[: convert.whole(query["limit"], "limit")] if "limit" in query else found


@method("LuaSurface", "find_tiles_filtered", returns="LuaTile[]")
def find_tiles_filtered(game: Game, handle: int, query: dict[str, Any]) -> list[int]:
    place = game.surface(handle)
    found = _matching(game, place, query)
    tx, ty = found % place.width + place.left, found // place.width + place.top
    return (place.index << 40 | (tx + OFFSET) << 20 | (ty + OFFSET)).tolist()  # type: ignore[no-any-return]


@method("LuaSurface", "count_tiles_filtered")
def count_tiles_filtered(game: Game, handle: int, query: dict[str, Any]) -> int:
    return len(_matching(game, game.surface(handle), query))


@method("LuaSurface", "build_checkerboard")
def build_checkerboard(game: Game, handle: int, area: Any) -> None:
    """Lab tiles in an area."""
    place = game.surface(handle)
    x0, y0, x1, y1 = convert.area(area)
    for ty in range(max(y0 >> 8, place.top), min(-(-y1 >> 8), place.top + place.height)):
        for tx in range(max(x0 >> 8, place.left), min(-(-x1 >> 8), place.left + place.width)):
            index = place.tile_of(tx, ty)
            if place.tiles[index]:
                lay(game, place, index, game.prototypes.tile_id(LAB[(tx + ty) & 1]), True)


# -- chunks ----------------------------------------------------------------------------------------
def generate(game: Game, place: Place, chunk: tuple[int, int]) -> None:
    """Make a chunk, flat and empty, and tell of it."""
    if chunk in place.generated:
        return
    place.generated.add(chunk)
    x0, x1 = chunk[0] * CHUNK - place.left, (chunk[0] + 1) * CHUNK - place.left
    y0, y1 = chunk[1] * CHUNK - place.top, (chunk[1] + 1) * CHUNK - place.top
    x0, y0 = max(0, x0), max(0, y0)
    x1, y1 = min(place.width, x1), min(place.height, y1)
    if x1 > x0 and y1 > y0:
        grid = place.tiles.reshape(place.height, place.width)[y0:y1, x0:x1]
        if place.flags.get("generate_with_lab_tiles"):
            ids = [game.prototypes.tile_id(name) for name in LAB]
            parity = np.add.outer(np.arange(y0, y1), np.arange(x0, x1)) + place.left + place.top
            grid[:] = np.where(parity & 1, ids[1], ids[0])
        else:
            grid[:] = game.prototypes.tile_id(GROUND)


def tell_chunk(game: Game, place: Place, chunk: tuple[int, int]) -> None:
    game.host.raise_event(
        "on_chunk_generated",
        {
            "area": chunk_area(chunk),
            "position": {"x": chunk[0], "y": chunk[1]},
            "surface": Ref("LuaSurface", game.surface_handle(place)),
        },
    )


def chunk_area(chunk: tuple[int, int]) -> dict[str, dict[str, int]]:
    x, y = chunk[0] * CHUNK, chunk[1] * CHUNK
    return {"left_top": {"x": x, "y": y}, "right_bottom": {"x": x + CHUNK, "y": y + CHUNK}}


def chunks_of(place: Place) -> list[tuple[int, int]]:
    """Every chunk that holds a tile of the map."""
    return [
        (cx, cy)
        for cy in range(place.top // CHUNK, (place.top + place.height - 1) // CHUNK + 1)
        for cx in range(place.left // CHUNK, (place.left + place.width - 1) // CHUNK + 1)
    ]


@method("LuaSurface", "request_to_generate_chunks")
def request_to_generate_chunks(game: Game, handle: int, position: Any, radius: Any = 0) -> None:
    """Chunks around a position (tiles); ``radius`` in chunks."""
    place = game.surface(handle)
    x, y = convert.point(position)
    reach = convert.whole(radius, "radius", 0, MAX_REQUEST)
    for cy in range((y >> 13) - reach, (y >> 13) + reach + 1):
        for cx in range((x >> 13) - reach, (x >> 13) + reach + 1):
            if (cx, cy) not in place.generated:
                place.requested.add((cx, cy))


@method("LuaSurface", "force_generate_chunk_requests")
def force_generate_chunk_requests(game: Game, handle: int) -> None:
    place = game.surface(handle)
    wanted = sorted(place.requested, key=lambda chunk: (chunk[1], chunk[0]))
    place.requested.clear()
    for chunk in wanted:
        generate(game, place, chunk)
    for chunk in wanted:
        tell_chunk(game, place, chunk)


@method("LuaSurface", "is_chunk_generated")
def is_chunk_generated(game: Game, handle: int, position: Any) -> bool:
    """``position``: a ChunkPosition."""
    place = game.surface(handle)
    x, y = convert.point(position)
    return (x >> 8, y >> 8) in place.generated


@method("LuaSurface", "get_chunks", returns="LuaChunkIterator")
def get_chunks(game: Game, handle: int) -> int:
    place = game.surface(handle)
    chunks = sorted(place.generated, key=lambda chunk: (chunk[1], chunk[0]))
    return game.keep(iter(chunks))


@call("LuaChunkIterator")
def next_chunk(game: Game, handle: int, *state: Any) -> dict[str, Any] | None:
    """What a ``for`` loop hands it is of no use to it."""
    chunk = next(game.kept[handle], None)
    if chunk is None:
        return None
    return {"x": chunk[0], "y": chunk[1], "area": chunk_area(chunk)}
