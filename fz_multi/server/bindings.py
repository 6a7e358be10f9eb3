"""Functions that Lua calls when a member of an object is read, written or called.

They are made at the first use of a member, from the registry and the API table, so that what is not
in the table does not exist, and what is in the table but not registered says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from . import registry
from .api import class_numbers
from .registry import LuaError, Member, Ref
from .strict import WHOLE, Checker
from .values import decode

if TYPE_CHECKING:
    from .lua import LuaState

# Objects of these classes are the server itself: they are always valid.
SERVER_CLASSES = frozenset(
    {
        "LuaBootstrap",
        "LuaCommandProcessor",
        "LuaCustomTable",
        "LuaGameScript",
        "LuaHelpers",
        "LuaPrototypes",
        "LuaRCON",
        "LuaRandomGenerator",
        "LuaRemote",
        "LuaRendering",
        "LuaSettings",
    }
)
# Prototype types and the names that the API has for them, where they are not the same in
# CamelCase; after them the names that cover several types.
ALSO = {
    "resource": {"ResourceEntity"},
    "container": {"ContainerEntity"},
    "logistic-container": {"LogisticContainer", "ContainerEntity"},
    "furnace": {"CraftingMachine"},
    "assembling-machine": {"CraftingMachine"},
    "rocket-silo": {"CraftingMachine", "AssemblingMachine"},
    "transport-belt": {"TransportBeltConnectable", "BeltConnectable"},
    "underground-belt": {"TransportBeltConnectable", "BeltConnectable"},
    "splitter": {"TransportBeltConnectable", "BeltConnectable"},
    "item-entity": {"ItemEntity"},
}
WITHOUT_HEALTH = frozenset({"resource", "item-entity", "corpse", "explosion", "entity-ghost"})
WITHOUT_OWNER = WITHOUT_HEALTH | {"tree", "simple-entity", "fish", "cliff"}


def kinds_of(prototype_type: str) -> set[str]:
    """The API's names of the kinds that entities of a prototype type belong to."""
    found = {"".join(part.capitalize() for part in prototype_type.split("-")), "Entity"}
    found |= ALSO.get(prototype_type, set())
    if prototype_type not in WITHOUT_HEALTH:
        found.add("EntityWithHealth")
    if prototype_type not in WITHOUT_OWNER:
        found.add("EntityWithOwner")
    return found


class Bindings:
    """Makes the functions for one Lua state."""

    def __init__(self, state: LuaState) -> None:
        self.state = state
        self.host = state.host
        self.game = state.host.game
        self.names = {number: name for name, number in class_numbers().items()}
        self.checker: Checker = state.host.checker
        self.api = self.checker.api
        self._kinds: dict[str, set[str]] = {}

    # What runtime.lua asks for ------------------------------------------------------------------

    def bind_get(self, number: int, key: Any) -> tuple[Any, ...]:
        """(how, function, kind of result, class of result) for the read of a member."""
        cls = self.names[number]
        owner, entry = self._member(cls, key)
        if key == "object_name":
            return "plain", lambda handle: cls
        if key == "valid":
            return "plain", self._valid(cls)
        if (cls, key) == ("LuaBootstrap", "register_metatable"):
            return "metatable", self.state.check_metatable
        if "p" in entry:
            member = self._registered(registry.methods, cls, key)
            kind, of = _wrapping(member)
            return "method", self._method(cls, key, entry, member), kind, of
        if "r" not in entry:
            raise LuaError(f"{owner}::{key} is write only.")
        member = self._registered(registry.getters, cls, key)
        kind, of = _wrapping(member)
        how = "plain" if kind == "value" and _is_number(entry["r"]) else "read"
        return how, self._reader(cls, key, entry, member), kind, of

    def bind_set(self, number: int, key: Any) -> Callable[..., None]:
        """The function (handle, value) that writes a member."""
        cls = self.names[number]
        owner, entry = self._member(cls, key)
        if "w" not in entry:
            raise LuaError(f"{owner if owner == cls else cls}::{key} is read only.")
        member = self._registered(registry.setters, cls, key)
        return self._writer(cls, key, entry, member)

    def index_get(self, number: int, handle: int, key: Any) -> Any:
        """``object[1]``."""
        member = self._operator(number, handle, "index")
        if member is None:
            raise LuaError(f"{self.names[number]} doesn't contain key {_text(key)}.")
        return self._run(member, handle, self._whole(key))

    def index_set(self, number: int, handle: int, key: Any, value: Any) -> None:
        """``object[1] = value``."""
        member = self._operator(number, handle, "set_index")
        if member is None:
            raise LuaError(f"{self.names[number]} cannot be written by index.")
        self._run(member, handle, self._whole(key), self._decoded(value))

    def length(self, number: int, handle: int) -> Any:
        """``#object``."""
        if self.names[number] == "LuaCustomTable":
            return len(self.state.table_keys(handle))
        member = self._operator(number, handle, "length")
        if member is None:
            raise LuaError(f"attempt to get length of a {self.names[number]} value")
        return self._run(member, handle)

    def call(self, number: int, handle: int, *values: Any) -> Any:
        """``object()``."""
        member = self._operator(number, handle, "call")
        if member is None:
            raise LuaError(f"attempt to call a {self.names[number]} value")
        return self._run(member, handle, *[self._decoded(v) for v in values if v is not None])

    def value(self, target: Ref, key: str) -> Any:
        """What Python reads as ``target.key``; for the server's own use."""
        member = self._registered(registry.getters, target.cls, key)
        return member.function(self.game, target.handle)

    # Parts --------------------------------------------------------------------------------------

    def _member(self, cls: str, key: Any) -> tuple[str, dict[str, Any]]:
        found = self.api.member(cls, key) if isinstance(key, str) else None
        if found is None or key.startswith("<"):
            raise LuaError(f"{cls} doesn't contain key {_text(key)}.")
        return found

    def _registered(self, members: dict[tuple[str, str], Member], cls: str, key: str) -> Member:
        for owner in self.api.chain(cls):
            if (owner, key) in members:
                return members[owner, key]
        raise LuaError(f"{cls}::{key} is not implemented by this server.")

    def _operator(self, number: int, handle: int, name: str) -> Member | None:
        cls = self.names[number]
        self._check_valid(cls, handle)
        shown = "index" if name == "set_index" else name
        for owner in self.api.chain(cls):
            if f"<{shown}>" in self.api.classes.get(owner, {}):
                member = registry.operators.get((owner, name))
                if member is None:
                    raise LuaError(f"{cls}: {name} is not implemented by this server.")
                return member
        return None

    def _check_valid(self, cls: str, handle: int) -> None:
        if cls not in SERVER_CLASSES and not self.game.valid(cls, handle):
            raise LuaError(f"{cls} API call when {cls} was invalid.")

    def _valid(self, cls: str) -> Callable[[int], bool]:
        valid = self._validity(cls)
        return (lambda handle: True) if valid is None else (lambda handle: bool(valid(handle)))

    def _validity(self, cls: str) -> Callable[[int], bool] | None:
        """The quickest check of objects of a class; None where there is nothing to check."""
        if cls in SERVER_CLASSES:
            return None
        quick: Any = getattr(self.game, "validity", None)
        if quick is not None:
            found: Callable[[int], bool] | None = quick(cls)
            return found
        return partial(self.game.valid, cls)

    def _check_kind(self, cls: str, key: str, handle: int, wanted: list[str]) -> bool:
        """Whether the object is of a kind that has the member; raises where the game does."""
        kind = self.game.kind(cls, handle)
        if not kind:
            return True
        names = self._kinds.get(kind)
        if names is None:
            names = self._kinds[kind] = kinds_of(kind)
        if not names.isdisjoint(wanted):
            return True
        if cls.endswith("Prototype"):
            return False
        raise LuaError(f"{cls}::{key} cannot be used on an entity of type {kind}.")

    def _reader(
        self, cls: str, key: str, entry: dict[str, Any], member: Member
    ) -> Callable[[int], Any]:
        game, function, failed = self.game, member.function, self.host.failed
        raw = _raw_result(member)
        pack = self.state.result
        invalid, kinds = f"{cls} API call when {cls} was invalid.", entry.get("s")
        valid = self._validity(cls)
        plain = frozenset({int, float, bool, type(None)})

        def read(handle: int) -> Any:
            if valid is not None and not valid(handle):
                raise LuaError(invalid)
            try:
                if kinds is not None and not self._check_kind(cls, key, handle, kinds):
                    return None
                value = function(game, handle)
                if value.__class__ in plain:
                    return value
                return tuple(value) if raw else pack(value)
            except LuaError:
                raise
            except Exception as error:
                raise failed(error, f"{cls}::{key}") from error

        return read

    def _writer(
        self, cls: str, key: str, entry: dict[str, Any], member: Member
    ) -> Callable[..., None]:
        game, function, failed = self.game, member.function, self.host.failed
        check, kinds = self.checker.type_check(entry["w"]), entry.get("s")
        nil_allowed = bool(entry.get("o"))

        def write(handle: int, value: Any = None) -> None:
            self._check_valid(cls, handle)
            try:
                if kinds is not None and not self._check_kind(cls, key, handle, kinds):
                    raise LuaError(f"{cls}::{key} cannot be used here.")
                value = self._decoded(value)
                wrong = None if value is None and nil_allowed else check(value)
                if wrong:
                    raise LuaError(f"{cls}::{key}: {wrong}.")
                self._alive(value)
                function(game, handle, value)
            except LuaError:
                raise
            except Exception as error:
                raise failed(error, f"{cls}::{key}") from error

        return write

    def _method(
        self, cls: str, key: str, entry: dict[str, Any], member: Member
    ) -> Callable[..., Any]:
        game, function, failed = self.game, member.function, self.host.failed
        title = f"{cls}::{key}"
        check, kinds = self.checker.arguments(title, entry), entry.get("s")
        raw, pack = _raw_result(member), self.state.result
        dies = cls != "LuaEntity" or key != "destroy"  # destroy() on a dead entity: true, no error
        valid = self._validity(cls)
        none_needed = "t" not in entry and all(optional for _, _, optional in entry["p"])

        def run(handle: int, *values: Any) -> Any:
            if valid is not None and not valid(handle):
                if not dies:
                    return True
                raise LuaError(f"{cls} API call when {cls} was invalid.")
            try:
                if kinds is not None:
                    self._check_kind(cls, key, handle, kinds)
                if none_needed and not values:
                    value = function(game, handle)
                else:
                    checked = check([self._decoded(value) for value in values])
                    for value in checked:
                        self._alive(value)
                    value = function(game, handle, *checked)
                return tuple(value) if raw and value.__class__ is list else pack(value)
            except LuaError:
                raise
            except Exception as error:
                raise failed(error, title) from error

        return run

    def _alive(self, value: Any) -> None:
        """Refuse dead objects as arguments, on the first level of tables too."""
        if value.__class__ is Ref:
            self._check_valid(value.cls, value.handle)
        elif value.__class__ is dict:
            for item in value.values():
                if item.__class__ is Ref:
                    self._check_valid(item.cls, item.handle)

    def _run(self, member: Member, handle: int, *values: Any) -> Any:
        try:
            value = member.function(self.game, handle, *values)
            if member.returns:
                value = Ref(member.returns, value) if value else None
            return self.state.result(value)
        except LuaError:
            raise
        except Exception as error:
            raise self.host.failed(error, "an operator") from error

    def _decoded(self, value: Any) -> Any:
        return decode(value) if value.__class__ is self.state.table_class else value

    def _whole(self, key: Any) -> int:
        if key.__class__ is not int:
            raise LuaError(f"expected a whole number as index, got {_text(key)}")
        return int(key)


def _is_number(node: Any) -> bool:
    """Whether a type is a number or a boolean: such values cross as they are."""
    return isinstance(node, str) and (
        node in WHOLE or node in ("double", "float", "boolean") or node.startswith("defines.")
    )


def _raw_result(member: Member) -> bool:
    """Whether the result is a list of handles that Lua makes objects of."""
    return member.returns.endswith("[]")


def _wrapping(member: Member) -> tuple[str, int]:
    if not member.returns:
        return "value", 0
    if member.returns.endswith("[]"):
        return "objects", class_numbers()[member.returns[:-2]]
    return "object", class_numbers()[member.returns]


def _text(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key) if isinstance(key, (str, int, float)) else "?"
