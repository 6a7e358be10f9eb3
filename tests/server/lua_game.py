"""A game with a Lua state and no server around it: what Lua reads comes from the engine."""

from __future__ import annotations

import random
from typing import Any

from fz_multi.server.game import Game
from fz_multi.server.interface import Clock, Settings
from fz_multi.server.lua import LuaState
from fz_multi.server.registry import LuaError, Ref
from fz_multi.server.strict import Checker

# A flat surface of 64 x 64 tiles with lab tiles, and a force.
START = """
surface = game.create_surface("arena", {width = 64, height = 64})
surface.generate_with_lab_tiles = true
surface.request_to_generate_chunks({0, 0}, 2)
surface.force_generate_chunk_requests()
force = game.create_force("team")
function make(name, x, y, more)
  local args = {name = name, position = {x, y}, force = force}
  for key, value in pairs(more or {}) do args[key] = value end
  return surface.create_entity(args)
end
function ores(name, x0, y0, x1, y1, amount)
  for y = y0, y1 do for x = x0, x1 do
    surface.create_entity{name = name, position = {x + 0.5, y + 0.5}, amount = amount}
  end end
end
function fixed(p) return p.x * 256, p.y * 256 end
"""


class Host:
    """The server, as far as the game needs one. ``events`` collects what was raised."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.random = random.Random(1)
        self.settings = Settings(**settings)
        self.checker = Checker(self.settings.version)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.gone: list[tuple[str, int]] = []
        self._broken: Exception | None = None
        self.game = Game(self.settings)
        self.game.host = self

    def raise_event(self, name: str, data: dict[str, Any]) -> None:
        self.events.append((name, data))

    def object_destroyed(self, cls: str, handle: int) -> None:
        self.gone.append((cls, handle))

    def log(self, text: str) -> None:
        pass

    def failed(self, error: Exception, where: str) -> LuaError:
        self._broken = error
        return LuaError(f"{where}: {error!r}")

    def raise_internal(self) -> None:
        if self._broken is not None:
            raise self._broken


class LuaGame:
    """Run Lua, advance ticks.

    >>> g = LuaGame()
    >>> g("return surface.name")
    'arena'
    """

    def __init__(self, start: str = START, **settings: Any) -> None:
        self.host = Host(**settings)
        self.game = self.host.game
        self.state = LuaState(self.host, "level", 1, lambda path: None)
        self.state.set_global("game", Ref("LuaGameScript", 1))
        self(start)

    def __call__(self, text: str) -> Any:
        """Run a chunk; its result, or the list of its results."""
        values = self.state.run(text, "@test")
        return list(values) if isinstance(values, tuple) else values

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.host.clock.tick += 1
            self.game.update()
            self.game.end_of_tick()

    def fails(self, text: str) -> str:
        """The error that a chunk raises."""
        message = self(f"local ok, e = pcall(function() {text} end) assert(not ok) return e")
        assert isinstance(message, str)
        return message

    @property
    def place(self) -> Any:
        """The surface of the tests."""
        return self.game.surface_by("arena")
