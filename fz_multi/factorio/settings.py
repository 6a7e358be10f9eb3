"""The settings files of a server that agents play on.

Each function returns what goes into one file; `write` puts it there. The reasons: a server on which
nobody is connected pauses itself (``auto_pause``), a public one asks for an account, an autosave
stops the RCON for as long as it lasts, and a world of the game's own making costs time that nobody
uses, because the mod makes its own surfaces.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fz_multi.factorio.find import Installation

RESOURCES = ("coal", "stone", "copper-ore", "iron-ore", "uranium-ore", "crude-oil")
EXPANSIONS = ("elevated-rails", "quality", "space-age")
SIDE = 64  # tiles; the game's own world, on which nobody plays
NEVER = 1 << 20  # minutes between autosaves


def server_settings(name: str = "fz_multi", **changes: Any) -> dict[str, Any]:
    """``server-settings.json``. ``changes`` replace or add keys."""
    return {
        "name": name,
        "description": "agents play here",
        "tags": [],
        "max_players": 0,
        "visibility": {"public": False, "lan": False},
        "username": "",
        "password": "",
        "token": "",
        "game_password": "",
        "require_user_verification": False,
        "max_upload_in_kilobytes_per_second": 0,
        "max_upload_slots": 5,
        "minimum_latency_in_ticks": 0,
        "max_heartbeats_per_second": 60,
        "ignore_player_limit_for_returning_players": False,
        "allow_commands": "true",  # a text: the boolean is not accepted as such
        "autosave_interval": NEVER,
        "autosave_slots": 1,
        "afk_autokick_interval": 0,
        "auto_pause": False,
        "auto_pause_when_players_connect": False,
        "only_admins_can_pause_the_game": True,
        "autosave_only_on_server": True,
        "non_blocking_saving": False,
        # Long messages are cut into segments that are sent over several ticks.
        "minimum_segment_size": 32768,
        "minimum_segment_size_peer_count": 20,
        "maximum_segment_size": 32768,
        "maximum_segment_size_peer_count": 10,
        **changes,
    }


def map_gen_settings(seed: int = 1) -> dict[str, Any]:
    """``map-gen-settings.json``: a small empty world. ``seed`` from 0 to 2**32 - 1."""
    nothing = {"frequency": 0, "size": 0, "richness": 0}
    controls = {name: dict(nothing) for name in (*RESOURCES, "trees", "enemy-base")}
    # Without water by its size alone: with frequency 0 the generator fails.
    controls["water"] = {"frequency": 1, "size": 0}
    return {
        "width": SIDE,
        "height": SIDE,
        "starting_area": 1,
        "peaceful_mode": True,
        "autoplace_controls": controls,
        "cliff_settings": {
            "name": "cliff",
            "cliff_elevation_0": 10,
            "cliff_elevation_interval": 40,
            "richness": 0,
        },
        "property_expression_names": {},
        "starting_points": [{"x": 0, "y": 0}],
        "seed": seed,
    }


def map_settings(installation: Installation) -> dict[str, Any] | None:
    """``map-settings.json`` from the example that the game ships, without pollution and enemies.

    The game takes the file only if it names every key of its version, so there is none without the
    example: None, and the game uses its defaults.
    """
    example = installation.example("map-settings")
    if example is None:
        return None
    settings = json.loads(example.read_text("utf-8"))
    for part in ("pollution", "enemy_evolution", "enemy_expansion"):
        if isinstance(settings.get(part), dict):
            settings[part]["enabled"] = False
    return dict(settings)


def mod_list(series: str, mods: Iterable[str]) -> dict[str, Any]:
    """``mod-list.json``: base and ``mods`` on, the expansion's parts off, for "2.0" or "2.1"."""
    off = EXPANSIONS if series == "2.0" else (*EXPANSIONS, "recycler")
    states = {"base": True, **dict.fromkeys(off, False), **dict.fromkeys(mods, True)}
    return {"mods": [{"name": name, "enabled": enabled} for name, enabled in states.items()]}


def config_ini(write_data: Path, read_data: Path | None) -> str:
    """``config.ini``: where the server reads its data and writes its own.

    ValueError for a path with a line break, which would begin another setting.
    """
    read = str(read_data) if read_data else "__PATH__executable__/../../data"
    for path in (str(write_data), read):
        if "\n" in path or "\r" in path:
            raise ValueError(f"a path with a line break cannot stand in config.ini: {path!r}")
    lines = (
        "[path]",
        f"read-data={read}",
        f"write-data={write_data}",
        "",
        "[general]",
        "locale=en",
        "",
        "[other]",
        "check-updates=false",
        "enable-crash-log-uploading=false",
    )
    return "\n".join(lines) + "\n"


def write(path: Path, content: Any) -> Path:
    """Write a text as it is, anything else as JSON, in one step; returns the path."""
    text = content if isinstance(content, str) else json.dumps(content, indent=2) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.write_text(text, "utf-8")
    draft.replace(path)
    return path
