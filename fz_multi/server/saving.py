"""The world in a save file: plain literals, then the tables of each surface, all compressed.

Read back with ``ast.literal_eval``, so that a file from somebody else can hold data and nothing
that runs.
"""

from __future__ import annotations

import ast
import math
import struct
import zlib
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from fz_multi.engine.batch import Capacities

from .force import Force
from .place import Place

if TYPE_CHECKING:
    from .game import Game

FORMAT = 1
PLAIN = ("last_unit", "salts", "flags", "script_slots", "last_script_inventory", "watched")
REGISTRIES = ("inventories", "stacks", "lines")
BLOBS = ("tables", "tile_ids")


def save(game: Game) -> bytes:
    """Everything that the world is."""
    blobs: list[bytes] = []
    places: list[Any] = []
    for place in game.places:
        if place is None:
            places.append(None)
            continue
        state = place.state()
        state["capacities"] = astuple(state["capacities"])
        blobs += [state.pop(name) for name in BLOBS]
        places.append(state)
    head = {
        "format": FORMAT,
        "places": places,
        "forces": [force and force.state() for force in game.forces],
        "registries": {name: getattr(game, name).state() for name in REGISTRIES},
        **{name: getattr(game, name) for name in PLAIN},
    }
    text = repr(_sorted(head)).encode("utf-8")
    parts = [struct.pack("<Q", len(text)), text]
    for blob in blobs:
        parts += [struct.pack("<Q", len(blob)), blob]
    return zlib.compress(b"".join(parts), 1)


def load(game: Game, data: bytes) -> None:
    """The opposite of `save`. ValueError for what is no such file."""
    parts = list(_parts(zlib.decompress(data)))
    head = _sets(ast.literal_eval(parts[0].decode("utf-8")))
    if head.get("format") != FORMAT:
        raise ValueError(f"a world of format {head.get('format')}; this server reads {FORMAT}")
    blobs = iter(parts[1:])
    game.places = []
    for state in head["places"]:
        if state is None:
            game.places.append(None)
            continue
        state |= {name: next(blobs) for name in BLOBS}
        state["capacities"] = Capacities(*state["capacities"])
        game.places.append(Place.from_state(state))
    game.forces = []
    for state in head["forces"]:
        force = None
        if state is not None:
            force = Force(state["index"], state["name"], game.prototypes)
            force.restore(state)
        game.forces.append(force)
    for name in REGISTRIES:
        getattr(game, name).restore(head["registries"][name])
    for name in PLAIN:
        setattr(game, name, head[name])


def _sorted(value: Any) -> Any:
    """Sets as ("set", sorted members): the same world is the same file. No NaN is a literal."""
    if isinstance(value, float) and not math.isfinite(value):
        return 0.0
    if isinstance(value, set):
        return ("set", *sorted(value))
    if isinstance(value, dict):
        return {key: _sorted(part) for key, part in value.items()}
    return [_sorted(part) for part in value] if isinstance(value, list) else value


def _sets(value: Any) -> Any:
    """The opposite of `_sorted`."""
    if isinstance(value, tuple) and value[:1] == ("set",):
        return set(value[1:])
    if isinstance(value, dict):
        return {key: _sets(part) for key, part in value.items()}
    return [_sets(part) for part in value] if isinstance(value, list) else value


def _parts(data: bytes) -> Any:
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        yield data[at + 8 : at + 8 + size]
        at += 8 + size
