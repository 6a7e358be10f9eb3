"""The server around the game: clock, Lua states of the mods, events, errors.

`bootstrap` has the functions that mods reach through `script`, `commands`, `remote`, `rcon`;
`console` runs what comes over RCON; `saves` writes and reads save files.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import defines
from .interface import Clock, Settings
from .lua import LuaState
from .mods import Mod
from .registry import LuaError, Ref
from .strict import FIRST_CUSTOM_EVENT, Checker


class ModError(RuntimeError):
    """A mod failed where the game does not go on: the message is what the game would show."""


@dataclass
class Script:
    """What one mod has registered."""

    mod: Mod | None  # None: the scenario
    state: LuaState
    on_init: Any = None
    on_load: Any = None
    on_configuration_changed: Any = None
    events: dict[int, Any] = field(default_factory=dict)
    filters: dict[int, Any] = field(default_factory=dict)
    nth: dict[int, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The mod's name; "level" for the scenario."""
        return self.mod.name if self.mod else "level"


@dataclass(frozen=True)
class Command:
    """A command of a mod."""

    script: Script
    help: Any
    function: Any


class ServerHost:
    """See `interface.Host`. ``make_game(settings)`` makes the world.

    ``shuffle``: a seed for the order of `pairs` (tests), None for the usual one.
    """

    def __init__(
        self,
        make_game: Callable[[Settings], Any],
        mods: list[Mod],
        settings: Settings,
        *,
        seed: int = 0,
        shuffle: int | None = None,
        log: Callable[[str], None] = print,
    ) -> None:
        self.settings = settings
        settings.mods = {"base": settings.version, **{mod.name: mod.version for mod in mods}}
        self.clock = Clock()
        self.random = random.Random(seed)
        self.checker = Checker(settings.version)
        self.event_ids = defines.numbers(settings.version)["events"]
        self.event_names = {number: name for name, number in self.event_ids.items()}
        self.next_event = FIRST_CUSTOM_EVENT
        self.internal: BaseException | None = None
        self.log = log
        self.reply: list[str] | None = None  # lines for the RCON caller, during a command
        self.lua_warned = False  # the first /c only warns
        self.autosave_enabled = True
        self.save_request: str | None = None
        self.stop_request = False
        self.generators: list[random.Random] = []
        self.commands: dict[str, Command] = {}
        self.interfaces: dict[str, tuple[Script, dict[str, Any]]] = {}
        self.registrations: dict[tuple[str, int], tuple[int, int, int]] = {}
        self.registered = 0
        self.destroyed: list[tuple[int, int, int]] = []
        self.game = make_game(settings)
        self.game.host = self
        self.scripts: list[Script] = []
        self.level = self._add_script(None, shuffle)
        for mod in mods:
            self._add_script(mod, shuffle)

    def _add_script(self, mod: Mod | None, shuffle: int | None) -> Script:
        number = len(self.scripts) + 1
        files = mod.read if mod else lambda path: None
        state = LuaState(self, mod.name if mod else "level", number, files, shuffle)
        script = Script(mod, state)
        self.scripts.append(script)
        return script

    def script(self, handle: int) -> Script:
        """The mod that a `script`, `commands` or `remote` object belongs to."""
        return self.scripts[handle - 1]

    # Start --------------------------------------------------------------------------------------

    def load(self) -> None:
        """The top level of every control.lua. There is no `game` yet."""
        for script in self.scripts:
            try:
                script.state.load_control()
            except LuaError as error:
                self._fail(script, "", str(error))

    def start_new(self) -> None:
        """on_init of every mod, and what follows on a new map."""
        self._give_game()
        for script in self.scripts:
            script.state.storage.clear_storage()
            self.init(script)
        self.nth_tick(0)

    def init(self, script: Script) -> None:
        """on_init of one mod."""
        if script.on_init is not None:
            self._call(script, "::on_init()", script.on_init)

    def start_saved(self, storages: dict[str, list[Any]], versions: dict[str, str]) -> None:
        """on_load of the mods of a save, on_init of new ones, then what has changed.

        ``storages``: tokens of `storage` by mod; ``versions``: versions of the mods in the save.
        """
        new = []
        for script in self.scripts:
            if script.name not in storages:
                new.append(script)
                continue
            state, before = script.state, storages[script.name]
            state.restore_storage(before)
            if script.on_load is None:
                continue
            self._call(script, "::on_load()", script.on_load)
            if state.storage_tokens() != before:
                self._fail(script, "::on_load()", "Detected modifications to storage in on_load.")
        self._give_game()
        for script in new:
            script.state.storage.clear_storage()
            self.init(script)
        self._configuration_changed(versions)

    def _configuration_changed(self, versions: dict[str, str]) -> None:
        changes = {}
        for name in sorted({*versions, *self.settings.mods}):
            old, now = versions.get(name), self.settings.mods.get(name)
            if old != now:
                change = {"old_version": old, "new_version": now}
                changes[name] = {key: value for key, value in change.items() if value is not None}
        if not changes:
            return
        data = {
            "mod_changes": changes,
            "mod_startup_settings_changed": False,
            "migration_applied": False,
            "migrations": {},
        }
        for script in self.scripts:
            handler = script.on_configuration_changed
            if handler is not None:
                self._call(script, "::on_configuration_changed", handler, data)

    def _give_game(self) -> None:
        for script in self.scripts:
            script.state.set_global("game", Ref("LuaGameScript", 1))

    # Events -------------------------------------------------------------------------------------

    def raise_event(self, name: str, data: dict[str, Any]) -> None:
        """Call the handlers of ``defines.events[name]`` now. ``name`` and ``tick`` are added."""
        self.raise_number(self.event_ids[name], data)

    def raise_number(self, number: int, data: dict[str, Any]) -> None:
        """`raise_event` by number, for events of mods too."""
        for script in self.scripts:
            handler = script.events.get(number)
            if handler is None or not self._passes(script.filters.get(number), data):
                continue
            event = {**data, "name": number, "tick": self.clock.tick}
            self._call(script, self._event_header(number), handler, event)

    def tick(self) -> None:
        """on_tick and on_nth_tick of the current tick."""
        for script in self.scripts:
            handler = script.events.get(0)
            if handler is not None:
                event = {"name": 0, "tick": self.clock.tick}
                self._call(script, "::on_tick (ID 0)", handler, event)
        self.nth_tick(self.clock.tick)

    def nth_tick(self, tick: int) -> None:
        """on_nth_tick of the periods that end at ``tick``."""
        for script in self.scripts:
            for period in sorted(script.nth):
                handler = script.nth.get(period)
                if handler is not None and tick % period == 0:
                    event = {"tick": tick, "nth_tick": period}
                    self._call(script, f"::on_nth_tick({period})", handler, event)

    def object_destroyed(self, cls: str, handle: int) -> None:
        """See `interface.Host`: the event comes at the end of the tick."""
        found = self.registrations.pop((cls, handle), None)
        if found is not None:
            self.destroyed.append(found)

    def flush_destroyed(self) -> None:
        """Raise on_object_destroyed for what was destroyed since the last time."""
        while self.destroyed:
            waiting, self.destroyed = self.destroyed, []
            for number, useful_id, kind in waiting:
                data = {"registration_number": number, "useful_id": useful_id, "type": kind}
                self.raise_event("on_object_destroyed", data)

    def _passes(self, filters: Any, data: dict[str, Any]) -> bool:
        """Whether an event's entity passes the filters of a handler."""
        if not filters:
            return True
        entity = data.get("entity")
        outcome: bool | None = None
        for entry in filters:
            if entity is None:
                fits = True
            else:
                members = self.scripts[0].state.bindings
                fits = members.value(entity, entry["filter"]) == entry[entry["filter"]]
            fits = fits != bool(entry.get("invert", False))
            if outcome is None:
                outcome = fits
            elif entry.get("mode") == "and":
                outcome = outcome and fits
            else:
                outcome = outcome or fits
        return bool(outcome)

    def _event_header(self, number: int) -> str:
        name = self.event_names.get(number)
        return f"::{name} (ID {number})" if name else f"::Custom event (ID {number})"

    # Errors -------------------------------------------------------------------------------------

    def failed(self, error: BaseException, where: str) -> LuaError:
        """A failure of the server itself: Lua sees an error, the server stops with the cause."""
        if self.internal is None:
            self.internal = error
        return LuaError(f"{where}: internal error of the server: {error!r}")

    def raise_internal(self) -> None:
        """Raise the failure that `failed` kept, if there is one: no pcall of a mod hides it."""
        if self.internal is not None:
            error, self.internal = self.internal, None
            raise error

    def _call(self, script: Script, where: str, handler: Any, *values: Any) -> None:
        try:
            script.state.call(handler, *values)
        except LuaError as error:
            self._fail(script, where, str(error))

    def _fail(self, script: Script, where: str, text: str) -> None:
        mod = script.mod
        if mod is None:
            head = "The scenario level caused a non-recoverable error."
        else:
            head = f"The mod {mod.title} ({mod.version}) caused a non-recoverable error."
        head += "\nPlease report this error to the mod author.\n\n"
        if where:
            head += f"Error while running event {script.name}{where}\n"
        raise ModError(head + text)

    def storage_problem(self) -> str | None:
        """Why the game could not be saved now (a function in `storage` ...); None if it could."""
        for script in self.scripts:
            problem = script.state.storage_problem()
            if problem is not None:
                return f"{script.name}: {problem}"
        return None
