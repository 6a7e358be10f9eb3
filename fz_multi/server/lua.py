"""One Lua 5.2 state: the sandbox of a mod, its modules, its storage.

Each mod has a state of its own, as in the game, and the scenario ("level"), in which ``/c`` runs,
has one too. `runtime.lua` is the other half of this file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lupa.lua52

from . import defines, registry
from .api import class_numbers
from .bindings import Bindings
from .registry import CustomTable, LuaError, Ref
from .values import CUSTOM, decode, result, table_of

if TYPE_CHECKING:
    from .host import ServerHost

FOLDER = Path(__file__).parent  # of runtime.lua, storage.lua, library.lua, serpent.lua
# Members of custom tables themselves; all other keys are keys of the table.
TABLE_MEMBERS = ("valid", "object_name")
# What cannot be in `storage`: the game could not be saved.
UNSAVEABLE = ("LuaCustomTable", "LuaProfiler", "LuaBootstrap", "LuaRCON", "LuaRemote")


class LuaState:
    """A Lua state with the game's globals.

    ``number`` is the handle of its `script`, `commands` and `remote`, so that what is registered
    through them is known to be this state's. ``shuffle``: a seed; `pairs` then runs in an order
    that depends on nothing else, which shows code that leans on the order. ``files`` reads the
    mod's files by their path inside it.
    """

    def __init__(
        self,
        host: ServerHost,
        name: str,
        number: int,
        files: Callable[[str], str | None],
        shuffle: int | None = None,
    ) -> None:
        self.host = host
        self.name = name
        self.number = number
        self.files = files
        self.loading = False
        self.lua = lupa.lua52.LuaRuntime(
            unpack_returned_tuples=True, register_eval=False, register_builtins=False
        )
        self.table_class = type(self.lua.table())
        self.function_class = type(self.lua.eval("print"))
        self._names = {number: cls for cls, number in class_numbers().items()}
        self.bindings = Bindings(self)
        seed = None if shuffle is None else (shuffle * 2654435761 + number) % 2147483646 + 1
        self._load = self.lua.eval("load")
        callbacks = self.lua.table_from(self._callbacks())
        self.runtime = self._own("runtime.lua", callbacks)
        self.storage = self._own("storage.lua", callbacks, self.runtime)
        self.library = self._own("library.lua", callbacks, self.runtime, seed)
        for cls, class_number in class_numbers().items():
            self.runtime.make_class(class_number, cls)
        self._set_globals()

    def _callbacks(self) -> dict[str, Any]:
        return {
            "custom_table": CUSTOM,
            "random": self.host.random.random,
            "bind_get": self.bindings.bind_get,
            "bind_set": self.bindings.bind_set,
            "index_get": self.bindings.index_get,
            "index_set": self.bindings.index_set,
            "length": self.bindings.length,
            "call": self.bindings.call,
            "table_get": self.table_get,
            "table_items": self.table_items,
            "text_of": self.text_of,
            "unsaveable": self._unsaveable,
            "find_module": self._find_module,
            "log": self._log,
        }

    def _set_globals(self) -> None:
        own = {"script", "commands", "remote"}
        for name, cls in self.host.checker.api.globals.items():
            if name != "game":  # comes when the map is there
                self.set_global(name, Ref(cls, self.number if name in own else 1))
        self.set_global("defines", defines.tree(self.host.settings.version))
        self.lua.globals()["serpent"] = self._own("serpent.lua")

    def _own(self, name: str, *values: Any) -> Any:
        """Run a file of this folder with arguments; what it returns."""
        text = (FOLDER / name).read_text(encoding="utf-8")
        return self._load(text, f"@{name}", "t")(*values)

    # Calls into Lua -----------------------------------------------------------------------------

    def set_global(self, name: str, value: Any) -> None:
        """Set a global variable."""
        packed = self.result(value)
        self.runtime.set_global(name, *(packed if isinstance(packed, tuple) else (packed,)))

    def call(self, function: Any, *values: Any) -> Any:
        """Call a Lua function with values; its first result. `LuaError` holds the traceback too."""
        if values:
            packed = self.result(values)
            outcome = self.runtime.invoke(function, *packed)
        else:
            outcome = self.runtime.invoke(function)
        return self._outcome(outcome)

    def run(self, text: str, name: str, traceback: bool = True) -> Any:
        """Run a chunk of Lua text; ``name`` is its chunk name ("@__mod__/control.lua")."""
        return self._outcome(self.runtime.run_chunk(text, name, traceback))

    def _outcome(self, outcome: Any) -> Any:
        self.host.raise_internal()
        if outcome is True:
            return None
        if outcome[0] is not True:
            message = outcome[1]
            raise LuaError(message if isinstance(message, str) else _described(message))
        values = [self.decoded(value) for value in outcome[1:]]
        return values[0] if len(values) == 1 else tuple(values)

    def load_control(self) -> None:
        """Run control.lua, during which `require` works."""
        text = self.files("control.lua")
        if text is None:
            return
        self.loading = True
        self.library.set_loading(True)
        try:
            self.run(text, f"@__{self.name}__/control.lua")
        finally:
            self.loading = False
            self.library.set_loading(False)

    # storage ------------------------------------------------------------------------------------

    def storage_tokens(self) -> list[Any]:
        """`storage` as plain values, for a save; `LuaError` if it holds what cannot be saved."""
        ok, found = self.storage.storage_tokens()
        if not ok:
            raise LuaError(str(found))
        return list(found.values())

    def storage_problem(self) -> str | None:
        """Why the game could not be saved now; None if it could."""
        problem = self.storage.storage_problem()
        return None if problem is None else str(problem)

    def restore_storage(self, tokens: list[Any]) -> None:
        """Make `storage` what it was when `storage_tokens` was called."""
        self.storage.restore_storage(self.lua.table_from(tokens))

    # Callbacks ----------------------------------------------------------------------------------

    def result(self, value: Any) -> Any:
        """A value in the form in which it crosses to Lua."""
        return result(value, self.lua.table_from)

    def decoded(self, value: Any) -> Any:
        """A value that has crossed from Lua."""
        return decode(value) if value.__class__ is self.table_class else value

    def table_keys(self, handle: int) -> list[Any]:
        """Keys of a custom table, in order."""
        table = table_of(handle)
        return list(registry.tables[table.kind].keys(self.host.game, table.owner))

    def table_get(self, handle: int, key: Any) -> Any:
        """``custom_table[key]``; nil where there is nothing."""
        if key in TABLE_MEMBERS:
            return True if key == "valid" else "LuaCustomTable"
        if key.__class__ is self.table_class:
            return None
        try:
            return self.result(self._entry(table_of(handle), key))
        except LuaError:
            raise
        except Exception as error:
            raise self.host.failed(error, f"custom table {table_of(handle).kind}") from error

    def table_items(self, handle: int) -> Any:
        """Keys and values of a custom table, for `pairs`."""
        table = table_of(handle)
        keys = self.table_keys(handle)
        return self.result((keys, [self._entry(table, key) for key in keys]))

    def _entry(self, table: CustomTable, key: Any) -> Any:
        kind = registry.tables[table.kind]
        value = kind.get(self.host.game, table.owner, key)
        if kind.returns:
            return Ref(kind.returns, value) if value else None
        return value

    def text_of(self, number: int, handle: int) -> str:
        """``tostring(object)``."""
        return f"[{self._names[number]}]"

    def _unsaveable(self, number: int) -> str | None:
        name = self._names[number]
        return name if name in UNSAVEABLE else None

    def check_metatable(self, name_type: str, meta_type: str, surplus: int, name: Any) -> None:
        """Whether `script.register_metatable` may be called so, now."""
        if name_type != "string" or meta_type != "table" or surplus:
            raise LuaError("LuaBootstrap::register_metatable: wants a name and a table.")
        if not self.loading:
            raise LuaError(f"Metatable {name} can only be registered while control.lua loads.")

    def _find_module(self, name: str) -> tuple[str | None, str, str]:
        path = name.replace(".", "/")
        prefix = f"__{self.name}__/"
        if path.endswith("/lua"):
            path = path[: -len("/lua")]
        path = path.removeprefix(prefix).strip("/")
        path += ".lua"
        text = None if ".." in name else self.files(path)
        return text, f"__{self.name}__/{path}", f"@{prefix}{path}"

    def _log(self, prefix: str, text: Any) -> None:
        self.host.log(prefix + localised(self.decoded(text)))


def localised(value: Any) -> str:
    """A LocalisedString as text: keys stay keys, since there are no locale files."""
    if value is None:
        return "nil"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.14g}"
    if isinstance(value, list):
        head, *rest = value
        parts = [localised(part) for part in rest]
        return "".join(parts) if head == "" else " ".join([localised(head), *parts])
    if isinstance(value, Ref):
        return f"[{value.cls}]"
    return "" if value == {} else str(value)


def _described(value: Any) -> str:
    return "nil" if value is None else f"(error object is a {type(value).__name__})"
