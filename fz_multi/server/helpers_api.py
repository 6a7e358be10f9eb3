"""`helpers`: JSON, compressed strings, files under script-output, versions, profilers."""

from __future__ import annotations

import base64
import binascii
import json
import math
import time
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from .registry import LuaError, Ref, getter, method

if TYPE_CHECKING:
    from .game import Game

MAX_STRING = 100 << 20  # bytes that decode_string may come to
MAX_JSON_DEPTH = 200  # the game's limit is not known; deeper text is invalid here
DIRECTIONS = (
    *("north", "northnortheast", "northeast", "eastnortheast"),
    *("east", "eastsoutheast", "southeast", "southsoutheast"),
    *("south", "southsouthwest", "southwest", "westsouthwest"),
    *("west", "westnorthwest", "northwest", "northnorthwest"),
)


@getter("LuaHelpers", "game_version")
def game_version(game: Game, handle: int) -> str:
    return game.settings.version


@method("LuaHelpers", "compare_versions")
def compare_versions(game: Game, handle: int, first: str, second: str) -> int:
    """-1, 0 or 1 as the first is older than, the same as or newer than the second."""
    one, other = _version(first), _version(second)
    return (one > other) - (one < other)


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    if not 2 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise LuaError(f"Invalid version string: {text}")
    return tuple(int(part) for part in (*parts, "0")[:3])


@method("LuaHelpers", "direction_to_string")
def direction_to_string(game: Game, handle: int, direction: Any) -> str:
    if direction not in range(16):
        raise LuaError(f"Invalid direction: {direction}")
    return DIRECTIONS[int(direction)]


# -- JSON ------------------------------------------------------------------------------------------
@method("LuaHelpers", "json_to_table")
def json_to_table(game: Game, handle: int, text: str) -> Any:
    """nil for text that is no JSON (doc); a null vanishes with its key."""
    if _too_deep(text):
        return None
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_number, parse_float=float)
    except (ValueError, RecursionError):
        return None
    return _without_nulls(value)


def _refuse(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _number(digits: str) -> float:
    """Numbers are doubles in Lua."""
    value = float(digits)
    return int(value) if abs(value) < 2**53 else value


def _too_deep(text: str) -> bool:
    depth, inside, escaped = 0, False, False
    if text.count("[") + text.count("{") <= MAX_JSON_DEPTH:
        return False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                return True
        elif character in "]}":
            depth -= 1
    return False


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        if None not in value:
            return [_without_nulls(part) for part in value]
        # Holes stay holes: a table with the other indices.
        return {at: _without_nulls(part) for at, part in enumerate(value, 1) if part is not None}
    return value


@method("LuaHelpers", "table_to_json")
def table_to_json(game: Game, handle: int, data: Any) -> str:
    """Whole floats print without a fraction; an empty table is ``{}`` (both not known)."""
    return json.dumps(_to_json(data), ensure_ascii=False, separators=(",", ":"))


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        out = {}
        for key, part in value.items():
            if not isinstance(key, str):
                raise LuaError("table_to_json: keys must be strings, or 1 to n without a gap.")
            out[key] = _to_json(part)
        return out
    if isinstance(value, list):
        return [_to_json(part) for part in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise LuaError(f"table_to_json: {value} cannot be written.")
        return int(value) if value == int(value) and abs(value) < 2**53 else value
    if value is None or isinstance(value, bool | int | str):
        return value
    raise LuaError(f"table_to_json: a {type(value).__name__} cannot be written.")


# -- strings ---------------------------------------------------------------------------------------
@method("LuaHelpers", "encode_string")
def encode_string(game: Game, handle: int, text: str) -> str:
    """zlib, then base64, as in blueprint strings."""
    return base64.b64encode(zlib.compress(_bytes(text), 9)).decode("ascii")


@method("LuaHelpers", "decode_string")
def decode_string(game: Game, handle: int, text: str) -> str | None:
    """nil when the text is no encoded string."""
    try:
        packed = base64.b64decode(_bytes(text), validate=True)
        unpacker = zlib.decompressobj()
        out = unpacker.decompress(packed, MAX_STRING)
    except (binascii.Error, zlib.error, ValueError):
        return None
    if not unpacker.eof:
        return None
    return out.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


# -- files -----------------------------------------------------------------------------------------
def inside(game: Game, name: str) -> Path:
    """A path under script-output; LuaError for one that leads out of it."""
    folder = game.settings.write_folder
    if folder is None:
        raise LuaError("This server writes no files.")
    path = PurePosixPath(name.replace("\\", "/"))
    bad = path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name
    if bad or ":" in path.parts[0]:
        raise LuaError(f"Invalid file name: {name}")
    root = (Path(folder) / "script-output").resolve()
    target = root.joinpath(*path.parts)
    if not target.resolve().is_relative_to(root):  # a link that somebody has put there
        raise LuaError(f"Invalid file name: {name}")
    return target


@method("LuaHelpers", "write_file")
def write_file(
    game: Game,
    handle: int,
    filename: str,
    data: Any,
    append: bool = False,
    for_player: int | None = None,
) -> None:
    """Under script-output of this server; ``for_player`` other than 0 names nobody here."""
    target = inside(game, filename)
    if for_player:
        return
    if not isinstance(data, str):
        data = "" if data is None else str(data)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("ab" if append else "wb") as file:
        file.write(_bytes(data))


@method("LuaHelpers", "remove_path")
def remove_path(game: Game, handle: int, path: str) -> None:
    """A file, or a folder with what is in it, under script-output."""
    import shutil

    target = inside(game, path)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    elif target.exists() or target.is_symlink():
        target.unlink()


@method("LuaHelpers", "send_udp")
def send_udp(game: Game, handle: int, port: int, data: Any, for_player: int | None = None) -> None:
    raise LuaError("send_udp: Lua UDP is not enabled on this server.")


# -- profilers -------------------------------------------------------------------------------------
@method("LuaHelpers", "create_profiler", returns="LuaProfiler")
def create_profiler(game: Game, handle: int, stopped: bool = False) -> int:
    """Its number cannot be read from Lua, only printed."""
    return game.keep([0.0, None if stopped else time.perf_counter()])


def seconds(game: Game, handle: int) -> float:
    """What a profiler has measured."""
    done, since = game.kept[handle]
    return float(done + (time.perf_counter() - since if since is not None else 0.0))


@method("LuaProfiler", "stop")
def stop(game: Game, handle: int) -> None:
    game.kept[handle] = [seconds(game, handle), None]


@method("LuaProfiler", "restart")
def restart(game: Game, handle: int) -> None:
    game.kept[handle] = [0.0, time.perf_counter()]


@method("LuaProfiler", "reset")
def reset(game: Game, handle: int) -> None:
    running = game.kept[handle][1] is not None
    game.kept[handle] = [0.0, time.perf_counter() if running else None]


@method("LuaProfiler", "add")
def add(game: Game, handle: int, other: Ref) -> None:
    """Both stopped."""
    game.kept[handle][0] += seconds(game, other.handle)


@method("LuaProfiler", "divide")
def divide(game: Game, handle: int, number: float) -> None:
    if not number:
        raise LuaError("LuaProfiler.divide: 0 divides nothing.")
    game.kept[handle][0] /= number
