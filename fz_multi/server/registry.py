"""Which member of the game's Lua API is answered by which Python function.

    @getter("LuaEntity", "direction")
    def direction(game, handle): ...            # entity.direction
    @setter("LuaEntity", "direction")
    def set_direction(game, handle, value): ... # entity.direction = value
    @method("LuaEntity", "insert")
    def insert(game, handle, items): ...        # entity.insert(items), called with a dot

An object is (class name, handle): the handle is a positive int that means something to ``game``
only. Global objects (``game``, ``helpers``, ...) have handle 1. What is registered for a class
also serves the classes below it (`LuaControl` serves `LuaEntity`).

Arguments arrive checked and converted: bool, int, float, str, None, dict or list for a Lua table
(a table with keys 1..n is a list, an empty one ``{}``), `Ref` for an object. Trailing optional
arguments that Lua leaves out are not passed: give them defaults. A method that takes a table
(``takes_table`` in the API) gets one dict. A method's function may return a tuple: several values.

What may be returned: None, bool, int, float, str, `Ref`, `CustomTable`, list, dict (nested as one
likes). ``returns="LuaEntity"`` says that the function returns bare int handles (0 or None means
nil) and ``returns="LuaEntity[]"`` a list of them: the fast path. `LuaError` is what the game
raises; the text reaches Lua's pcall as it is.

Members that the API table (`api.json`) does not know cannot be registered; unknown members,
read-only writes, wrong argument forms and dead objects are refused before a function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class LuaError(Exception):
    """An error as the game raises it: the message is all that Lua sees."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an object of the API: ``cls`` is its class name, ``handle`` a positive int."""

    cls: str
    handle: int


@dataclass(frozen=True, slots=True)
class CustomTable:
    """A `LuaCustomTable` (``game.surfaces``, ``force.technologies`` ...): see `custom_table`."""

    kind: str
    owner: int = 1


@dataclass(frozen=True, slots=True)
class Member:
    """A registered function, and how its result is wrapped."""

    function: Callable[..., Any]
    returns: str = ""  # "": as it is; "LuaX": int handle; "LuaX[]": list of int handles


@dataclass(frozen=True, slots=True)
class TableKind:
    """How a custom table is read: its keys in order, and the value of a key (None: no such)."""

    keys: Callable[[Any, int], Iterable[Any]]
    get: Callable[[Any, int, Any], Any]
    returns: str = ""


getters: dict[tuple[str, str], Member] = {}
setters: dict[tuple[str, str], Member] = {}
methods: dict[tuple[str, str], Member] = {}
operators: dict[tuple[str, str], Member] = {}  # (class, "index" | "set_index" | "length" | "call")
tables: dict[str, TableKind] = {}


def getter(cls: str, name: str, *, returns: str = "") -> Callable[[Function], Function]:
    """Register ``f(game, handle) -> value`` as the read of ``cls.name``."""
    return _register(getters, (cls, name), returns)


def setter(cls: str, name: str) -> Callable[[Function], Function]:
    """Register ``f(game, handle, value)`` as the write of ``cls.name``."""
    return _register(setters, (cls, name), "")


def method(cls: str, name: str, *, returns: str = "") -> Callable[[Function], Function]:
    """Register ``f(game, handle, *arguments)`` as ``cls.name(...)``."""
    return _register(methods, (cls, name), returns)


def index(cls: str, *, returns: str = "") -> Callable[[Function], Function]:
    """Register ``f(game, handle, key) -> value`` as ``object[key]`` (``inventory[1]``)."""
    return _register(operators, (cls, "index"), returns)


def length(cls: str) -> Callable[[Function], Function]:
    """Register ``f(game, handle) -> int`` as ``#object``."""
    return _register(operators, (cls, "length"), "")


def call(cls: str, *, returns: str = "") -> Callable[[Function], Function]:
    """Register ``f(game, handle) -> value`` as ``object()``: an iterator such as get_chunks()."""
    return _register(operators, (cls, "call"), returns)


def custom_table(
    kind: str,
    keys: Callable[[Any, int], Iterable[Any]],
    get: Callable[[Any, int, Any], Any],
    *,
    returns: str = "",
) -> None:
    """Say how tables of ``kind`` are read.

    ``keys(game, owner)`` lists the keys in the order of ``pairs``; ``get(game, owner, key)`` is the
    value or None (0 or None with ``returns="LuaX"``, which makes handles objects).
    """
    if kind in tables:
        raise ValueError(f"the custom table {kind!r} is registered twice")
    tables[kind] = TableKind(keys, get, returns)


def _register(
    target: dict[tuple[str, str], Member], key: tuple[str, str], returns: str
) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        if key in target:
            raise ValueError(f"{key[0]}.{key[1]} is registered twice")
        target[key] = Member(function, returns)
        return function

    return add
