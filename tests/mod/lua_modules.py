"""Modules of the mod that need nothing of the game, loaded into a plain Lua 5.2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

MOD = Path(__file__).resolve().parents[2] / "mod"


class Lua:
    """A Lua 5.2 with ``require`` for the mod's files and ``table_size``, and no game."""

    def __init__(self) -> None:
        lua52 = pytest.importorskip("lupa.lua52")
        self.runtime = lua52.LuaRuntime(unpack_returned_tuples=True)
        self._loaded: dict[str, Any] = {}
        self.runtime.globals().require = self.require
        self.runtime.execute(
            "function table_size(t) local n = 0 for _ in next, t do n = n + 1 end return n end"
        )

    def require(self, name: str) -> Any:
        if name not in self._loaded:
            text = (MOD / (name.replace(".", "/") + ".lua")).read_text("utf-8")
            self._loaded[name] = self.runtime.execute(text)
        return self._loaded[name]

    def table(self, value: Any) -> Any:
        """Python lists and dicts as Lua tables."""
        if isinstance(value, dict):
            return self.runtime.table_from({k: self.table(v) for k, v in value.items()})
        if isinstance(value, list | tuple):
            return self.runtime.table_from([self.table(v) for v in value])
        return value

    def refusal(self, function: Any, *args: Any) -> tuple[str, str] | None:
        """Code and detail with which a function refuses, or None."""
        call = self.runtime.eval(
            "function(f, ...) local ok, e = pcall(f, ...)"
            " if ok then return nil end"
            " if type(e) ~= 'table' then error(e) end return e.code, e.detail end"
        )
        return call(function, *args)
