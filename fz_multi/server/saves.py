"""Save files: a zip with the state of the server, `storage` of the mods, and the world."""

from __future__ import annotations

import json
import os
import random
import zipfile
from pathlib import Path
from typing import Any

from .host import ServerHost

FORMAT = 1


class SaveProblem(ValueError):
    """A save file that cannot be used, with the reason."""


def write_save(host: ServerHost, path: Path) -> None:
    """Save. `LuaError` if a mod's `storage` holds what cannot be saved; no file changes then."""
    clock = host.clock
    level = {
        "format": FORMAT,
        "version": host.settings.version,
        "mods": host.settings.mods,
        "clock": [clock.tick, clock.ticks_played, clock.paused, clock.ticks_to_run, clock.speed],
        "random": _state(host.random),
        "generators": [_state(generator) for generator in host.generators],
        "lua_warned": host.lua_warned,
        "autosave_enabled": host.autosave_enabled,
        "registrations": [[*key, *numbers] for key, numbers in host.registrations.items()],
        "registered": host.registered,
        "next_event": host.next_event,
        "storage": {script.name: script.state.storage_tokens() for script in host.scripts},
    }
    world = host.game.save_state()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("level.json", json.dumps(level))
        archive.writestr("world.bin", world)
    os.replace(part, path)


def read_save(path: Path) -> tuple[dict[str, Any], bytes]:
    """(level, world) of a save file. Raises `SaveProblem`."""
    try:
        with zipfile.ZipFile(path) as archive:
            level = json.loads(archive.read("level.json"))
            world = archive.read("world.bin")
    except FileNotFoundError:
        raise SaveProblem(f"{path}: there is no such save") from None
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise SaveProblem(f"{path} is no save of this server: {error}") from None
    if level.get("format") != FORMAT:
        raise SaveProblem(f"{path}: format {level.get('format')!r}, this server reads {FORMAT}")
    return level, world


def restore(host: ServerHost, level: dict[str, Any], world: bytes) -> None:
    """Make a host whose mods have been loaded what was saved, and run on_load."""
    clock = host.clock
    clock.tick, clock.ticks_played, clock.paused, clock.ticks_to_run, clock.speed = level["clock"]
    _set_state(host.random, level["random"])
    for saved in level["generators"]:
        host.generators.append(random.Random())
        _set_state(host.generators[-1], saved)
    host.lua_warned = level["lua_warned"]
    host.autosave_enabled = level["autosave_enabled"]
    host.registered = level["registered"]
    host.next_event = max(host.next_event, level["next_event"])
    for cls, handle, *numbers in level["registrations"]:
        host.registrations[cls, handle] = (numbers[0], numbers[1], numbers[2])
    host.game.load_state(world)
    host.start_saved(level["storage"], level["mods"])


def _state(generator: random.Random) -> list[Any]:
    version, numbers, gauss = generator.getstate()
    return [version, list(numbers), gauss]


def _set_state(generator: random.Random, saved: list[Any]) -> None:
    version, numbers, gauss = saved
    generator.setstate((version, tuple(numbers), gauss))
