"""Commands and states as files, for programs that speak no RCON.

`FileChannel` is the Python end; ``fz-multi bridge`` is the other one. Below one folder::

    gym_commands/cmd_*.json               what is to be done, applied once, in the order of names
    gym_commands/processed/NAME.json      what was applied, and beside it
    gym_commands/processed/NAME.result.json   what became of it
    gym_commands/refused/NAME.json        what was not, and beside it
    gym_commands/refused/NAME.reason.json     why
    gym_state/AGENT.json                  the newest state of each agent

A command file holds one command, or several that are applied in the same step::

    {"agent": "agent_0", "command": {"type": "CRAFT", "params": {"recipe": "stone-furnace"}}}
    {"commands": [{"agent": "agent_0", "command": {...}}, {"agent": "agent_1", "command": {...}}]}

An optional ``"id"`` (a text) marks a command that must not be applied twice under any file name.
Other programs can write such files as well: under a name that does not begin with ``cmd_``, then
renamed, so that nobody sees half a file. Files appear whole in the same way.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

COMMANDS, STATES = "gym_commands", "gym_state"
PROCESSED, REFUSED = "processed", "refused"
PREFIX, SUFFIX = "cmd_", ".json"
POLL = 0.01  # seconds between two looks at a file that is awaited
AGENT = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CommandRefused(ValueError):
    """The bridge has refused a command file. The text is its reason."""


def result_name(name: str) -> str:
    """The result's file name of a command file: cmd_7.json -> cmd_7.result.json."""
    return name.removesuffix(SUFFIX) + ".result.json"


def reason_name(name: str) -> str:
    """The reason's file name of a refused command file."""
    return name.removesuffix(SUFFIX) + ".reason.json"


def write_whole(
    path: Path, content: Any, *, durable: bool = False, drafts: Path | None = None
) -> None:
    """Write JSON so that a reader sees the old file or the whole new one.

    ``durable``: on the disk before this returns, for what must survive a power cut. ``drafts``:
    the folder in which a draft is left if this is killed, the file's own without it.
    """
    draft = (drafts or path.parent) / f".{secrets.token_hex(8)}.tmp"
    try:
        with draft.open("x", encoding="utf-8") as file:
            json.dump(content, file)
            file.write("\n")
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class FileChannel:
    """The writer's and reader's end of the file channel in ``folder``, which is made if missing.

    Any number of channels may write to one folder; each one's commands keep their order. Usable
    from several threads. ``states``: another folder of states, such as the one that the mod itself
    writes below the server's script-output (`Exchange.set(export=...)`).
    """

    def __init__(self, folder: str | Path, states: str | Path | None = None) -> None:
        self.folder = Path(folder)
        self.commands = self.folder / COMMANDS
        self.states = Path(states) if states is not None else self.folder / STATES
        self._lock = threading.Lock()
        self._writer = secrets.token_hex(4)
        self._last = 0  # ns: time stamp of the last name
        self._seen: dict[str, tuple[int, int]] = {}  # which state `wait_for_state` has given
        for part in (self.commands, self.states):
            part.mkdir(parents=True, exist_ok=True)

    # -- commands ----------------------------------------------------------------------------------
    def send_command(self, agent: str, command: str | Mapping[str, Any], **params: Any) -> str:
        """Write a command for one agent; returns the name of its file.

        ``command``: ``{"type": ..., "params": {...}}`` as `fz_multi.commands` has it, or the type
        alone with its parameters as keywords: ``send_command("agent_0", "MOVE",
        direction="east", ticks=20)``. The bridge checks it; see `wait_for_result`.
        """
        return self._send([_row(agent, command, params)])

    def send_commands(
        self,
        commands: Mapping[str, Mapping[str, Any]] | Iterable[tuple[str, Mapping[str, Any]]],
    ) -> str:
        """Write commands of several agents that are applied in the same step, as one file.

        A mapping or pairs of agent and command. Returns the name of the file. ValueError when
        there is none, or two for one agent.
        """
        pairs = commands.items() if isinstance(commands, Mapping) else commands
        rows = [_row(agent, command, {}) for agent, command in pairs]
        if not rows:
            raise ValueError("send_commands needs a command")
        if len({row["agent"] for row in rows}) < len(rows):
            raise ValueError("send_commands takes one command of an agent; a COMPOUND holds more")
        return self._send(rows)

    def _send(self, rows: list[dict[str, Any]]) -> str:
        with self._lock:  # names must rise in the order in which files appear
            self._last = max(self._last + 1, time.time_ns())
            name = f"{PREFIX}{self._last:020d}_{self._writer}{SUFFIX}"
            body = rows[0] if len(rows) == 1 else {"commands": rows}
            write_whole(self.commands / name, {"id": name, **body})
        return name

    def wait_for_result(self, name: str, timeout: float = 10.0) -> dict[str, Any]:
        """What became of a command file that was sent; see ``docs/real-server.md``.

        CommandRefused when the bridge has refused it; TimeoutError after ``timeout`` seconds.
        """
        result = self.commands / PROCESSED / result_name(name)
        reason = self.commands / REFUSED / reason_name(name)
        until = time.monotonic() + timeout
        while True:
            found = _read(result)
            if found is not None:
                return found
            refused = _read(reason)
            if refused is not None:
                raise CommandRefused(f"{name}: {refused.get('reason')}")
            _sleep(until, f"no result of {name} after {timeout:g} s; is the bridge running?")

    # -- states ------------------------------------------------------------------------------------
    def read_state(self, agent: str) -> dict[str, Any]:
        """The newest state of an agent. FileNotFoundError when there is none yet."""
        state = _read(self._state_file(agent))
        if state is None:
            raise FileNotFoundError(f"no state of {agent} in {self.states}")
        return state

    def wait_for_state(
        self, agent: str, timeout: float = 10.0, *, after: str | None = None
    ) -> dict[str, Any]:
        """The next state of an agent that this channel has not given yet.

        ``after``: the name of a command file; the state is then one that has seen its effect.
        TimeoutError after ``timeout`` seconds; CommandRefused as `wait_for_result`.
        """
        path = self._state_file(agent)
        until = time.monotonic() + timeout
        if after is not None:
            self.wait_for_result(after, timeout)  # the bridge writes states before results
        while True:
            stamp = _stamp(path)
            if stamp is not None and (after is not None or stamp != self._seen.get(agent)):
                state = _read(path)
                if state is not None:
                    self._seen[agent] = stamp
                    return state
            _sleep(until, f"no new state of {agent} after {timeout:g} s; is the bridge running?")

    def _state_file(self, agent: str) -> Path:
        return self.states / f"{_agent(agent)}.json"


def _row(agent: str, command: str | Mapping[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    if isinstance(command, str):
        command = {"type": command, "params": params}
    elif params:
        raise ValueError("parameters go into the command, or beside the name of its type")
    return {"agent": _agent(agent), "command": dict(command)}


def _agent(agent: str) -> str:
    if not isinstance(agent, str) or not AGENT.fullmatch(agent):
        raise ValueError(f"an agent is a name such as agent_0, got {agent!r}")
    return agent


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None


def _sleep(until: float, text: str) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError(text)
    time.sleep(min(POLL, left))
