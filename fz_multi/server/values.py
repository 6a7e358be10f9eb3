"""Values on their way between Python and Lua, as flat lists of tokens (see `runtime.lua`).

A flat list crosses in one go; nested tables would cost a crossing per entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .api import class_numbers
from .registry import CustomTable, LuaError, Ref

MANY = 150_000  # more values than this do not fit Lua's stack: they go as a table
NUMBERS = frozenset({int, float, bool})
PLAIN = frozenset({int, float, bool, type(None)})
_names = {number: name for name, number in class_numbers().items()}
_numbers = class_numbers()
CUSTOM = _numbers["LuaCustomTable"]

_tables: list[CustomTable] = []
_table_handles: dict[CustomTable, int] = {}


def table_handle(table: CustomTable) -> int:
    """The handle of a custom table. Equal tables share one; it lasts as long as the process."""
    handle = _table_handles.get(table)
    if handle is None:
        _tables.append(table)
        handle = _table_handles[table] = len(_tables)
    return handle


def table_of(handle: int) -> CustomTable:
    """The custom table of a handle."""
    return _tables[handle - 1]


def encode(value: Any, out: list[Any]) -> None:
    """Append the tokens of a value."""
    cls = value.__class__
    if cls in PLAIN:
        out.append(value)
    elif cls is str:
        out.append("\0S" + value if value[:1] == "\0" else value)
    elif cls is list or cls is tuple:
        out.append("\0A")
        out.append(len(value))
        for item in value:
            encode(item, out)
    elif cls is dict:
        out.append("\0D")
        out.append(len(value))
        for key, item in value.items():
            encode(key, out)
            encode(item, out)
    elif cls is Ref:
        out.extend(("\0R", _numbers[value.cls], int(value.handle)))
    elif cls is CustomTable:
        out.extend(("\0R", CUSTOM, table_handle(value)))
    elif callable(value):
        out.append(value)  # a function of Lua on its way back
    elif hasattr(value, "item"):  # a NumPy scalar
        out.append(value.item())
    else:
        raise TypeError(f"{cls.__name__} is no value for Lua")


def result(value: Any, make_table: Callable[[Any], Any]) -> Any:
    """A function's result in the form that `runtime.lua` expects: plain, or a tuple of tokens.

    ``make_table`` makes a Lua table of a list, for results with more values than Lua's stack takes.
    """
    cls = value.__class__
    if cls in PLAIN or (cls is str and value[:1] != "\0"):
        return value
    if cls is dict and len(value) == 2:
        (a, b), (c, d) = value.items()
        if b.__class__ in NUMBERS and d.__class__ in NUMBERS and a.__class__ is c.__class__ is str:
            return ("\0P", a, b, c, d)
    out: list[Any] = ["\0"]
    try:
        if cls is tuple:
            for item in value:
                encode(item, out)
        else:
            encode(value, out)
    except RecursionError:
        raise LuaError("The value is nested too deeply.") from None
    if len(out) > MANY:
        table = make_table(out)
        table["n"] = len(out)
        return ("\0", "\0T", table)
    return tuple(out)


def decode(flat: Any) -> Any:
    """The value of a flat Lua table of tokens."""
    tokens = flat.values()
    return _read(next(tokens), tokens)


def _read(token: Any, tokens: Iterator[Any]) -> Any:
    if token.__class__ is not str or token[:1] != "\0":
        return token
    tag = token[1]
    if tag == "A":
        return [_read(next(tokens), tokens) for _ in range(next(tokens))]
    if tag == "D":
        return _dict(next(tokens), tokens)
    if tag == "R":
        return Ref(_names[next(tokens)], next(tokens))
    if tag == "N":
        return None
    return token[2:]


def _dict(size: int, tokens: Iterator[Any]) -> dict[Any, Any]:
    items = []
    for _ in range(size):
        key = _read(next(tokens), tokens)
        if key.__class__ is dict or key.__class__ is list:
            raise LuaError("A table cannot be a key here.")
        items.append((key, _read(next(tokens), tokens)))
    if size > 1:  # Lua's order of a table's keys is not the same in every run
        items.sort(key=_order)
    return dict(items)


def _order(item: tuple[Any, Any]) -> tuple[int, Any]:
    key = item[0]
    if key.__class__ is str:
        return 1, key
    if key.__class__ is int or key.__class__ is float:
        return 0, key
    return 2, str(key)
