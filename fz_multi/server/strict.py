"""Checks of arguments against the API table, in the way of the game: what does not fit raises.

The exact wording of most of the game's messages is not known; only that it refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import defines
from .api import Api
from .registry import LuaError, Ref

Check = Callable[[Any], str | None]  # None: fits; else what is wrong

WHOLE = {
    "int8": (-(2**7), 2**7), "int16": (-(2**15), 2**15), "int32": (-(2**31), 2**31),
    "int64": (-(2**63), 2**63), "uint8": (0, 2**8), "uint16": (0, 2**16), "uint32": (0, 2**32),
    "uint64": (0, 2**64), "int": (-(2**31), 2**31), "uint": (0, 2**32),
}  # fmt: skip
ANYTHING = {"Any", "LuaValue", "EventFilter"}
# Tables that a caller may leave incomplete although the description calls every key mandatory.
INCOMPLETE = {"MapGenSettings", "MapSettings", "DifficultySettings", "MapDifficultySettings"}
FIRST_CUSTOM_EVENT = 300  # numbers that script.generate_event_name hands out


class Checker:
    """Makes checks of types, and of the arguments of methods, for one release."""

    def __init__(self, version: str) -> None:
        self.api = Api(version)
        self.defines = defines.numbers(version)
        self.named: dict[str, Check] = {}

    def type_check(self, node: Any) -> Check:
        """A check of one type of the table."""
        if isinstance(node, str):
            if node not in self.named:
                self.named[node] = lambda value: self.named[node](value)  # for types in circles
                self.named[node] = self._named(node)
            return self.named[node]
        head, *rest = node
        if head == "|":
            return self._union(rest)
        if head == "[]":
            return _array(self.type_check(rest[0]))
        if head == "{}":
            return _dictionary(self.type_check(rest[0]), self.type_check(rest[1]))
        if head == "()":
            return _tuple([self.type_check(part) for part in rest])
        if head == "t":
            return self.table_check(rest[0])
        if head == "=":
            return lambda value: None if value == rest[0] else f"expected {rest[0]!r}"
        if head == "f":
            return lambda value: (
                None if callable(value) else f"expected function, got {kind(value)}"
            )
        return lambda value: None

    def table_check(self, parameters: list[list[Any]], complete: bool = True) -> Check:
        """A check of a table with these keys. Unknown keys are refused: they are typing errors."""
        checks = {name: self.type_check(node) for name, node, _ in parameters}
        needed = [name for name, _, optional in parameters if complete and not optional]

        def check(value: Any) -> str | None:
            if value.__class__ is not dict:
                if value.__class__ is list:
                    return "expected a table with named keys, got an array"
                return f"expected table, got {kind(value)}"
            for key, item in value.items():
                if key not in checks:
                    return f"unknown key {key!r}"
                wrong = checks[key](item)
                if wrong:
                    return f"{key}: {wrong}"
            for name in needed:
                if name not in value:
                    return f"key {name!r} is missing"
            return None

        return check

    def arguments(self, title: str, entry: dict[str, Any]) -> Callable[[list[Any]], list[Any]]:
        """A function that checks a method's arguments and returns them, raising `LuaError`.

        ``title`` ("LuaEntity::insert") is for messages, ``entry`` the member of the table.
        """
        parameters = entry["p"]
        if "t" in entry:
            return self._table_arguments(title, entry)
        checks = [self.type_check(node) for _, node, _ in parameters]
        needed = sum(1 for _, _, optional in parameters if not optional)
        optional = [bool(parameter[2]) for parameter in parameters]
        more = self.type_check(entry["x"]) if "x" in entry else None

        def check(values: list[Any]) -> list[Any]:
            while values and values[-1] is None:
                values.pop()
            count = len(values)
            if count > len(checks) and more is None:
                raise LuaError(
                    f"{title}: {count} arguments given, at most {len(checks)} wanted. "
                    "Methods are called with a dot."
                )
            if count < needed:
                for i in range(count, needed):
                    if checks[i](None) is not None:  # nil where the type allows nil
                        raise LuaError(f"{title}: argument {parameters[i][0]!r} is missing.")
                values.extend([None] * (needed - count))
            for i, value in enumerate(values):
                test = checks[i] if i < len(checks) else more
                if value is None and i < len(checks) and optional[i]:
                    continue
                wrong = test(value) if test else None
                if wrong:
                    name = parameters[i][0] if i < len(checks) else "..."
                    raise LuaError(f"{title}: argument #{i + 1} ({name}): {wrong}.")
            return values

        return check

    def _table_arguments(
        self, title: str, entry: dict[str, Any]
    ) -> Callable[[list[Any]], list[Any]]:
        test = self.table_check(entry["p"])
        may_be_left_out = entry["t"] == 2 or all(parameter[2] for parameter in entry["p"])

        def check(values: list[Any]) -> list[Any]:
            while values and values[-1] is None:
                values.pop()
            if not values and may_be_left_out:
                return [{}]
            if len(values) != 1:
                raise LuaError(f"{title}: wants one table, got {len(values)} arguments.")
            wrong = test(values[0])
            if wrong:
                raise LuaError(f"{title}: {wrong}.")
            return values

        return check

    def _union(self, options: list[Any]) -> Check:
        checks = [self.type_check(option) for option in options]

        def check(value: Any) -> str | None:
            told = ""
            for test in checks:
                wrong = test(value)
                if wrong is None:
                    return None
                if value.__class__ in (dict, list) and not wrong.startswith("expected "):
                    told = told or wrong  # the alternative that nearly fitted says most
            return told or f"expected {text_of(['|', *options])}, got {kind(value)}"

        return check

    def _named(self, name: str) -> Check:
        if name in ANYTHING:
            return lambda value: None
        if name in WHOLE:
            return _whole(name, *WHOLE[name])
        if name in ("double", "float", "number"):
            return _number
        if name in ("string", "boolean", "nil"):
            wanted = {"string": str, "boolean": bool, "nil": type(None)}[name]
            return lambda value: (
                None if value.__class__ is wanted else f"expected {name}, got {kind(value)}"
            )
        if name in ("table", "LuaTable"):
            return lambda value: (
                None if value.__class__ in (dict, list) else f"expected table, got {kind(value)}"
            )
        if name == "AnyBasic":
            return lambda value: (
                f"expected a plain value, got {kind(value)}"
                if value.__class__ is Ref or callable(value)
                else None
            )
        if name == "LuaObject":
            return lambda value: (
                None if value.__class__ is Ref else f"expected an object, got {kind(value)}"
            )
        if name == "MapPosition":
            return _position
        if name.startswith("defines."):
            return self._define(name[len("defines.") :])
        if name in self.api.concepts:
            node = self.api.concepts[name]
            if name in INCOMPLETE and node[0] == "t":
                return self.table_check(node[1], complete=False)
            return self.type_check(node) if node != "Any" else lambda value: None
        if name.startswith("Lua"):
            return lambda value: (
                None
                if value.__class__ is Ref and self.api.is_a(value.cls, name)
                else f"expected {name}, got {kind(value)}"
            )
        return lambda value: None

    def _define(self, path: str) -> Check:
        allowed = set(self.defines.get(path, {}).values())
        if path == "events":  # events of mods have numbers above
            allowed |= set(range(FIRST_CUSTOM_EVENT, FIRST_CUSTOM_EVENT + 1000))

        def check(value: Any) -> str | None:
            if value.__class__ is int and (value in allowed or not allowed):
                return None
            return f"expected defines.{path}, got {kind(value)} {value!r}"

        return check


def kind(value: Any) -> str:
    """What a value is, in Lua's words; objects by their class."""
    if value is None:
        return "nil"
    if value.__class__ is Ref:
        return str(value.cls)
    names = {bool: "boolean", int: "number", float: "number", str: "string"}
    names |= {dict: "table", list: "table"}
    return names.get(value.__class__, "function")


def text_of(node: Any) -> str:
    """A type in short, for messages."""
    if isinstance(node, str):
        return node
    head, *rest = node
    if head == "|":
        return " or ".join(text_of(part) for part in rest[:6])
    if head == "[]":
        return f"array of {text_of(rest[0])}"
    if head == "=":
        return repr(rest[0])
    return {"t": "table", "{}": "dictionary", "()": "tuple", "f": "function"}.get(head, "value")


def _number(value: Any) -> str | None:
    if value.__class__ is int or value.__class__ is float:
        return None
    return f"expected number, got {kind(value)}"


def _whole(name: str, low: int, high: int) -> Check:
    def check(value: Any) -> str | None:
        if value.__class__ is int:
            if low <= value < high:
                return None
            return f"{value} is out of range for {name}"
        if value.__class__ is float:
            return f"expected {name}, got the number {value!r}"
        return f"expected {name}, got {kind(value)}"

    return check


def _position(value: Any) -> str | None:
    """`{x=, y=}` or `{a, b}`."""
    if value.__class__ is dict and len(value) == 2 and "x" in value and "y" in value:
        return _number(value["x"]) or _number(value["y"])
    if value.__class__ is list and len(value) == 2:
        return _number(value[0]) or _number(value[1])
    return f"expected MapPosition, got {kind(value)}"


def _array(item: Check) -> Check:
    def check(value: Any) -> str | None:
        if value.__class__ is dict and not value:
            return None
        if value.__class__ is not list:
            return f"expected array, got {kind(value)}"
        for i, entry in enumerate(value):
            wrong = item(entry)
            if wrong:
                return f"[{i + 1}]: {wrong}"
        return None

    return check


def _dictionary(key_check: Check, item: Check) -> Check:
    def check(value: Any) -> str | None:
        if value.__class__ is list:
            value = dict(enumerate(value, 1))
        if value.__class__ is not dict:
            return f"expected dictionary, got {kind(value)}"
        for key, entry in value.items():
            wrong = key_check(key) or item(entry)
            if wrong:
                return f"[{key!r}]: {wrong}"
        return None

    return check


def _tuple(parts: list[Check]) -> Check:
    def check(value: Any) -> str | None:
        if value.__class__ is not list or len(value) > len(parts):
            return f"expected tuple of {len(parts)}, got {kind(value)}"
        for i, test in enumerate(parts):
            wrong = test(value[i] if i < len(value) else None)
            if wrong:
                return f"[{i + 1}]: {wrong}"
        return None

    return check
