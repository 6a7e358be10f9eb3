"""`script`, `commands`, `remote`, `rcon`, `settings`, and the members of `game` about the server.

Objects of `script`, `commands` and `remote` carry the number of the mod's Lua state as handle.
"""

from __future__ import annotations

import random
from typing import Any

from .host import Command, Script
from .lua import localised
from .registry import CustomTable, LuaError, Ref, call, custom_table, getter, method, setter

FILTERS = ("type", "name")  # the filters of events that are implemented
LOWEST_SEED = 341  # LuaGameScript.create_random_generator: seeds below give the same sequence


def _event(game: Any, event: Any) -> int:
    if isinstance(event, str):
        if event not in game.host.event_ids:
            raise LuaError(f"Unknown event: {event}")
        return int(game.host.event_ids[event])
    return int(event)


# LuaBootstrap -----------------------------------------------------------------------------------


@method("LuaBootstrap", "on_init")
def on_init(game: Any, handle: int, handler: Any = None) -> None:
    """`script.on_init`."""
    game.host.script(handle).on_init = handler


@method("LuaBootstrap", "on_load")
def on_load(game: Any, handle: int, handler: Any = None) -> None:
    """`script.on_load`."""
    game.host.script(handle).on_load = handler


@method("LuaBootstrap", "on_configuration_changed")
def on_configuration_changed(game: Any, handle: int, handler: Any = None) -> None:
    """`script.on_configuration_changed`."""
    game.host.script(handle).on_configuration_changed = handler


@method("LuaBootstrap", "on_event")
def on_event(game: Any, handle: int, event: Any, handler: Any = None, filters: Any = None) -> None:
    """One handler per event: a second one replaces the first, filters included."""
    script: Script = game.host.script(handle)
    if isinstance(event, (list, dict)):
        if filters:
            raise LuaError("Filters can only be given for a single event.")
        for one in event:
            on_event(game, handle, one, handler)
        return
    number = _event(game, event)
    script.filters.pop(number, None)
    if handler is None:
        script.events.pop(number, None)
        return
    script.events[number] = handler
    if filters:
        set_event_filter(game, handle, number, filters)


@method("LuaBootstrap", "set_event_filter")
def set_event_filter(game: Any, handle: int, event: Any, filters: Any = None) -> None:
    """Filters by an entity's type or name; others are not implemented here."""
    for entry in filters or ():
        if not isinstance(entry, dict) or entry.get("filter") not in FILTERS:
            raise LuaError(f"Event filter {entry!r} is not implemented by this server.")
        if entry["filter"] not in entry:
            raise LuaError(f"Event filter {entry!r} lacks the key {entry['filter']!r}.")
    game.host.script(handle).filters[_event(game, event)] = filters or None


@method("LuaBootstrap", "get_event_filter")
def get_event_filter(game: Any, handle: int, event: Any) -> Any:
    """The filters of a handler."""
    return game.host.script(handle).filters.get(_event(game, event))


@method("LuaBootstrap", "get_event_handler")
def get_event_handler(game: Any, handle: int, event: Any) -> Any:
    """The handler of an event."""
    return game.host.script(handle).events.get(_event(game, event))


@method("LuaBootstrap", "get_event_id")
def get_event_id(game: Any, handle: int, event: Any) -> int:
    """The number of an event."""
    return _event(game, event)


@method("LuaBootstrap", "on_nth_tick")
def on_nth_tick(game: Any, handle: int, tick: Any = None, handler: Any = None) -> None:
    """One handler per period; without a period all of them are dropped."""
    script: Script = game.host.script(handle)
    if tick is None:
        script.nth.clear()
        return
    for period in tick if isinstance(tick, list) else [tick]:
        if period < 1:
            raise LuaError("The period of on_nth_tick must be 1 or more.")
        if handler is None:
            script.nth.pop(period, None)
        else:
            script.nth[period] = handler


@method("LuaBootstrap", "register_on_object_destroyed")
def register_on_object_destroyed(game: Any, handle: int, target: Ref) -> tuple[int, int, int]:
    """(registration number, useful id, type); the same numbers for the same object."""
    host = game.host
    key = (target.cls, target.handle)
    if key not in host.registrations:
        useful_id, kind = game.useful_id(target.cls, target.handle)
        host.registered += 1
        host.registrations[key] = (host.registered, useful_id, kind)
    number, useful_id, kind = host.registrations[key]
    return number, useful_id, kind


@method("LuaBootstrap", "generate_event_name")
def generate_event_name(game: Any, handle: int) -> int:
    """A number for an event of the mod's own."""
    game.host.next_event += 1
    return int(game.host.next_event) - 1


@method("LuaBootstrap", "raise_event")
def raise_event(game: Any, handle: int, event: Any, data: Any) -> None:
    """Raise an event of a mod; the game's own have functions of their own."""
    number = _event(game, event)
    if number in game.host.event_names:
        raise LuaError(f"{game.host.event_names[number]} cannot be raised by script.raise_event.")
    if not isinstance(data, dict):
        raise LuaError("LuaBootstrap::raise_event: the data must have named keys.")
    mod = game.host.script(handle).name
    game.host.raise_number(number, {**data, "mod_name": mod})


@method("LuaBootstrap", "raise_script_built")
def raise_script_built(game: Any, handle: int, data: dict[str, Any]) -> None:
    """Raise script_raised_built."""
    game.host.raise_event("script_raised_built", data)


@method("LuaBootstrap", "raise_script_destroy")
def raise_script_destroy(game: Any, handle: int, data: dict[str, Any]) -> None:
    """Raise script_raised_destroy."""
    game.host.raise_event("script_raised_destroy", data)


@method("LuaBootstrap", "raise_script_teleported")
def raise_script_teleported(game: Any, handle: int, data: dict[str, Any]) -> None:
    """Raise script_raised_teleported."""
    game.host.raise_event("script_raised_teleported", data)


@getter("LuaBootstrap", "mod_name")
def mod_name(game: Any, handle: int) -> str:
    """The mod's name."""
    return str(game.host.script(handle).name)


@getter("LuaBootstrap", "active_mods")
def active_mods(game: Any, handle: int) -> dict[str, str]:
    """Name -> version."""
    return dict(sorted(game.host.settings.mods.items()))


@getter("LuaBootstrap", "level")
def level(game: Any, handle: int) -> dict[str, Any]:
    """The scenario: an empty one."""
    return {"level_name": "level", "is_simulation": False, "is_tutorial": False}


# LuaCommandProcessor, LuaRCON, LuaRemote --------------------------------------------------------


@method("LuaCommandProcessor", "add_command")
def add_command(game: Any, handle: int, name: str, text: Any, function: Any) -> None:
    """A command of a mod. A name that is taken raises."""
    from .console import BUILT_IN

    host = game.host
    if name in host.commands or name in BUILT_IN or not name or " " in name:
        raise LuaError(f"Command {name} already exists or is no possible name.")
    host.commands[name] = Command(host.script(handle), text, function)


@method("LuaCommandProcessor", "remove_command")
def remove_command(game: Any, handle: int, name: str) -> bool:
    """Whether there was such a command."""
    return game.host.commands.pop(name, None) is not None


@getter("LuaCommandProcessor", "commands")
def commands(game: Any, handle: int) -> dict[str, Any]:
    """Commands of mods: name -> help."""
    return {name: command.help for name, command in sorted(game.host.commands.items())}


@getter("LuaCommandProcessor", "game_commands")
def game_commands(game: Any, handle: int) -> dict[str, Any]:
    """Commands of the game: name -> help."""
    from .console import BUILT_IN

    return dict(BUILT_IN)


@method("LuaRCON", "print")
def rcon_print(game: Any, handle: int, message: Any = None) -> None:
    """To the RCON connection whose command runs; nothing happens at other times."""
    if game.host.reply is not None:
        game.host.reply.append(localised(message))


@method("LuaRemote", "add_interface")
def add_interface(game: Any, handle: int, name: str, functions: dict[str, Any]) -> None:
    """Functions that other mods and commands can call."""
    if name in game.host.interfaces:
        raise LuaError(f"Remote interface {name} is already registered.")
    game.host.interfaces[name] = (game.host.script(handle), dict(functions))


@method("LuaRemote", "remove_interface")
def remove_interface(game: Any, handle: int, name: str) -> bool:
    """Whether there was such an interface."""
    return game.host.interfaces.pop(name, None) is not None


@getter("LuaRemote", "interfaces")
def interfaces(game: Any, handle: int) -> dict[str, Any]:
    """Interface -> function -> true."""
    found = sorted(game.host.interfaces.items())
    return {name: dict.fromkeys(functions, True) for name, (_, functions) in found}


@method("LuaRemote", "call")
def remote_call(game: Any, handle: int, interface: str, function: str, *values: Any) -> Any:
    """Call a function of an interface; values are copied, functions are refused."""
    if interface not in game.host.interfaces:
        raise LuaError(f"Unknown interface: {interface}")
    script, functions = game.host.interfaces[interface]
    if function not in functions:
        raise LuaError(f"No such function: {interface}.{function}")
    if any(callable(value) for value in values):
        raise LuaError("Functions cannot be given to remote.call.")
    return script.state.call(functions[function], *values)


# LuaSettings, LuaRandomGenerator ----------------------------------------------------------------


@getter("LuaSettings", "startup")
def startup(game: Any, handle: int) -> CustomTable:
    """No mod here has settings."""
    return CustomTable("settings")


@getter("LuaSettings", "global")
def global_settings(game: Any, handle: int) -> CustomTable:
    """No mod here has settings."""
    return CustomTable("settings")


custom_table("settings", lambda game, owner: (), lambda game, owner, key: None)
custom_table("players", lambda game, owner: (), lambda game, owner, key: None)


@method("LuaGameScript", "create_random_generator")
def create_random_generator(game: Any, handle: int, seed: int | None = None) -> Ref:
    """A generator of its own. Small seeds give the same sequence, as in the game."""
    if seed is None:
        seed = game.host.random.getrandbits(32)
    game.host.generators.append(random.Random(max(seed, LOWEST_SEED)))
    return Ref("LuaRandomGenerator", len(game.host.generators))


@call("LuaRandomGenerator")
def draw(game: Any, handle: int, low: Any = None, high: Any = None) -> float | int:
    """Like math.random."""
    value = float(game.host.generators[handle - 1].random())
    if low is None:
        return value
    first, last = (1, low) if high is None else (low, high)
    if not isinstance(first, int) or not isinstance(last, int) or first > last:
        raise LuaError("LuaRandomGenerator: the interval is empty or not of whole numbers.")
    return first + int(value * (last - first + 1))


@method("LuaRandomGenerator", "re_seed")
def re_seed(game: Any, handle: int, seed: int) -> None:
    """Start the sequence of a seed."""
    game.host.generators[handle - 1].seed(max(seed, LOWEST_SEED))


# LuaGameScript: time and the server -------------------------------------------------------------


@getter("LuaGameScript", "tick")
def tick(game: Any, handle: int) -> int:
    """Ticks of the map; stands still while paused."""
    return int(game.host.clock.tick)


@getter("LuaGameScript", "ticks_played")
def ticks_played(game: Any, handle: int) -> int:
    """Updates since the map began, paused ones too."""
    return int(game.host.clock.ticks_played)


@getter("LuaGameScript", "tick_paused")
def tick_paused(game: Any, handle: int) -> bool:
    """Whether the map stands still."""
    return bool(game.host.clock.paused)


@setter("LuaGameScript", "tick_paused")
def set_tick_paused(game: Any, handle: int, value: bool) -> None:
    """Pause or go on. A pause that is set inside a tick lets that tick finish."""
    game.host.clock.paused = value


@getter("LuaGameScript", "ticks_to_run")
def ticks_to_run(game: Any, handle: int) -> int:
    """Updates that still run although the map is paused."""
    return int(game.host.clock.ticks_to_run)


@setter("LuaGameScript", "ticks_to_run")
def set_ticks_to_run(game: Any, handle: int, value: int) -> None:
    """Let a paused map run so many ticks."""
    game.host.clock.ticks_to_run = value


@getter("LuaGameScript", "speed")
def speed(game: Any, handle: int) -> float:
    """1 is 60 updates a second."""
    return float(game.host.clock.speed)


@setter("LuaGameScript", "speed")
def set_speed(game: Any, handle: int, value: float) -> None:
    """At least 0.01."""
    if not value >= 0.01:
        raise LuaError("LuaGameScript::speed: must be at least 0.01.")
    game.host.clock.speed = float(value)


@getter("LuaGameScript", "autosave_enabled")
def autosave_enabled(game: Any, handle: int) -> bool:
    """This server saves only when it is told to."""
    return bool(game.host.autosave_enabled)


@setter("LuaGameScript", "autosave_enabled")
def set_autosave_enabled(game: Any, handle: int, value: bool) -> None:
    """Kept, without effect."""
    game.host.autosave_enabled = value


@getter("LuaGameScript", "players")
def players(game: Any, handle: int) -> CustomTable:
    """Nobody can join this server."""
    return CustomTable("players")


@getter("LuaGameScript", "connected_players")
def connected_players(game: Any, handle: int) -> list[Any]:
    """Nobody can join this server."""
    return []


@method("LuaGameScript", "get_player")
def get_player(game: Any, handle: int, player: Any) -> None:
    """Nobody can join this server: nil."""


@method("LuaGameScript", "is_multiplayer")
def is_multiplayer(game: Any, handle: int) -> bool:
    """A server is."""
    return True


@method("LuaGameScript", "print")
def game_print(game: Any, handle: int, message: Any = None, print_settings: Any = None) -> None:
    """To the players: on a server without any, to its log."""
    game.host.log(localised(message))


@method("LuaGameScript", "server_save")
def server_save(game: Any, handle: int, name: str | None = None) -> None:
    """Save at the end of the tick."""
    game.host.save_request = name or "save"


@method("LuaGameScript", "auto_save")
def auto_save(game: Any, handle: int, name: str | None = None) -> None:
    """Save at the end of the tick, under the name of an autosave."""
    game.host.save_request = f"_autosave-{name}" if name else "_autosave"
