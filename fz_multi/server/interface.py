"""What the server and the game behind it want of each other.

`Game` is the world (surfaces, forces, entities); `Host` is the server around it (clock, Lua, RCON).
The server makes the game, sets ``game.host``, and calls it; functions registered in `registry`
get the game as their first argument.

Members of `LuaGameScript` that are about time or the server itself (tick, ticks_played,
tick_paused, ticks_to_run, speed, autosave_enabled, print, server_save, auto_save, is_multiplayer,
players, connected_players, get_player, create_random_generator) and all of `LuaBootstrap`,
`LuaRCON`, `LuaCommandProcessor`, `LuaRemote`, `LuaSettings` and `LuaRandomGenerator` are in
`bootstrap`; the rest, `LuaHelpers` and `LuaPrototypes` included, belongs to the game.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(slots=True)
class Clock:
    """The time of the map. ``speed`` 1.0 is 60 updates a second."""

    tick: int = 0
    ticks_played: int = 0
    paused: bool = False
    ticks_to_run: int = 0
    speed: float = 1.0


@dataclass(slots=True)
class Settings:
    """What the server tells the game when it makes it."""

    version: str = "2.0.77"  # the game's version that helpers.game_version shows
    mods: dict[str, str] = field(default_factory=dict)  # name -> version, as script.active_mods
    write_folder: Path | None = (
        None  # the folder that holds script-output; None: no file is written
    )


class Host(Protocol):
    """The server, as the game sees it."""

    clock: Clock
    random: random.Random  # the map's generator, behind math.random
    settings: Settings

    def raise_event(self, name: str, data: dict[str, Any]) -> None:
        """Call the handlers of ``defines.events[name]`` now. ``name`` and ``tick`` are added."""

    def object_destroyed(self, cls: str, handle: int) -> None:
        """Tell that an object is gone: on_object_destroyed follows if it was registered."""

    def log(self, text: str) -> None:
        """A line of the server's log."""


class Game(Protocol):
    """The world, as the server sees it. Made by ``Game(settings)``; ``host`` is set right after."""

    host: Host

    def valid(self, cls: str, handle: int) -> bool:
        """Whether the object still exists. Called on each use: it must be quick."""

    # A game may also have ``validity(cls) -> (handle) -> bool``, None where all handles are valid:
    # the check is then made without a look-up of the class.

    def kind(self, cls: str, handle: int) -> str:
        """The prototype type of an object ("mining-drill"), for members of some kinds only.

        The empty string where the class has no kinds.
        """

    def useful_id(self, cls: str, handle: int) -> tuple[int, int]:
        """(useful_id, defines.target_type) of a registration of on_object_destroyed."""

    def update(self) -> None:
        """One tick of the world. The server has advanced the clock; on_tick is not the game's."""

    def end_of_tick(self) -> None:
        """Deferred work (deletion of surfaces ...), after each update, also while paused."""

    def save_state(self) -> bytes:
        """Everything that the world is, for a save file. Handles keep their meaning."""

    def load_state(self, data: bytes) -> None:
        """The opposite of `save_state`, on a new game."""
