"""Lines that come over RCON: commands of mods, ``/c`` and its kin, and a few of the game's own."""

from __future__ import annotations

from typing import Any

from .host import Script, ServerHost
from .registry import LuaError

LUA = frozenset({"c", "command", "sc", "silent-command"})
WARNING = (
    "Using Lua console commands will disable achievements. Please repeat the command to proceed."
)
BUILT_IN = {
    "c": "<command> - Executes a Lua command.",
    "command": "<command> - Executes a Lua command.",
    "sc": "<command> - Executes a Lua command without printing it.",
    "silent-command": "<command> - Executes a Lua command without printing it.",
    "help": "- Prints the list of commands.",
    "version": "- Prints the version of the game.",
    "time": "- Prints how old the map is.",
    "players": "- Prints the list of players.",
    "server-save": "[name] - Saves the game.",
    "quit": "- Stops the server.",
}


class Console:
    """Runs one line at a time; the answer is what the caller of RCON gets.

    ``warn_first``: the first ``/c`` on a map only answers with a warning, as in the game.
    ``allow_lua``: whether ``/c`` may run at all (``allow_commands`` of the server settings).
    """

    def __init__(
        self, host: ServerHost, *, warn_first: bool = True, allow_lua: bool = True
    ) -> None:
        self.host = host
        self.warn_first = warn_first
        self.allow_lua = allow_lua

    def execute(self, line: str) -> str:
        """Run a line. Errors of Lua are part of the answer."""
        self.host.reply = []
        try:
            self._execute(line)
            lines = self.host.reply
        finally:
            self.host.reply = None
        return "".join(f"{text}\n" for text in lines)

    def _execute(self, line: str) -> None:
        say = self.host.reply
        assert say is not None
        if not line.startswith("/"):
            self.host.log(f"<server>: {line}")
            return
        name, _, rest = line[1:].partition(" ")
        if name in self.host.commands:
            self._mod_command(name, rest, say)
        elif name in LUA:
            self._lua(rest, say)
        elif name == "help":
            say.extend(f"/{key} {text}" for key, text in sorted(BUILT_IN.items()))
            say.extend(f"/{key}" for key in sorted(self.host.commands))
        elif name == "version":
            say.append(self.host.settings.version)
        elif name == "time":
            seconds = self.host.clock.tick // 60
            say.append(f"{seconds // 3600} h {seconds // 60 % 60} min {seconds % 60} s")
        elif name == "players":
            say.append("Players (0):")
        elif name == "server-save":
            self.host.save_request = rest.strip() or "save"
        elif name == "quit":
            self.host.stop_request = True
        else:
            say.append(f'Unknown command "{name}". Use /help for a list of commands.')

    def _mod_command(self, name: str, rest: str, say: list[str]) -> None:
        command = self.host.commands[name]
        data: dict[str, Any] = {"name": name, "tick": self.host.clock.tick}
        if rest:
            data["parameter"] = rest
        try:
            command.script.state.call(command.function, data)
        except LuaError as error:
            text = f'Error while running command "{name}": {error}'
            self.host.log(text)
            say.append(text)

    def _lua(self, text: str, say: list[str]) -> None:
        if not self.allow_lua:
            say.append("Lua commands are not allowed on this server.")
            return
        if self.warn_first and not self.host.lua_warned:
            self.host.lua_warned = True
            say.append(WARNING)
            return
        script, text = self._state_of(text)
        try:
            script.state.run(text, "=(command)", traceback=False)
        except LuaError as error:
            say.append(f"Cannot execute command. Error: {error}")

    def _state_of(self, text: str) -> tuple[Script, str]:
        """``__mod__`` before the Lua text runs it in the state of that mod."""
        if text.startswith("__"):
            name, _, rest = text[2:].partition("__ ")
            for script in self.host.scripts:
                if script.name == name:
                    return script, rest
        return self.host.level, text
