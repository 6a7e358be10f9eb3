"""Programs that play: JSON lines over the standard streams of a process, or over a socket.

The benchmark sends one JSON object a line and waits for the answer, one JSON object a line. It
speaks first, with a ``reset`` for the first step of an episode and a ``step`` for each other one::

    {"type": "reset", "task": "handoff", "agents": ["agent_0"], "states": {"agent_0": {...}}, ...}
    {"type": "step", "tick": 10, "progress": 0.1, "results": {...}, "states": {...}, ...}

The answer is ``{"commands": {"agent_0": {"type": "MOVE", "params": {...}}}}``: one command of
`fz_multi.commands` an agent at most; agents without one go on with what they do. ``states`` are
those of `readable`. In the final window of a task, where only waiting is legal, nobody is asked.
After the last step comes the next ``reset``, or the end of the stream.

On ``backend="factorio"`` a ``reset`` also has ``"server": {"address", "password", "arena"}``: in
its turn the program may then send commands over RCON (op ``step`` with ``ticks`` 0, see
``docs/protocol.md``) and answer ``{}``.

A command that cannot be read ends the run with an error that names it; one that the world refuses
is counted, and ``results`` has its code.
"""

from __future__ import annotations

import contextlib
import json
import queue
import shlex
import socket
import subprocess
import threading
from collections.abc import Mapping
from typing import Any

from ..commands import MAX_JSON
from .readable import states
from .sources import JSON, TCP

PROTOCOL = 1
PATIENCE = 120.0  # seconds to wait for an answer: the program may ask a large model
END_PATIENCE = 5.0  # seconds in which a program may end by itself


class AgentError(RuntimeError):
    """The program has gone, or does not follow the protocol."""


class JsonAgent:
    """A policy that is a program. ``spec``: ``json:COMMAND`` or ``tcp:HOST:PORT``.

    The program is started, or the connection opened, with the first episode, and kept.
    """

    def __init__(self, spec: str, *, patience: float = PATIENCE) -> None:
        self.name = spec
        self._spec, self._patience = spec, patience
        self._link: _Process | _Socket | None = None
        self._env: Any = None

    def reset(self, env: Any, seed: int) -> None:
        """An episode begins."""
        inner = env.unwrapped
        self._env, self._first = inner, True
        self._window_steps = self._given = 0
        task = inner.task
        self._hello: dict[str, Any] = {
            "type": "reset",
            "protocol": PROTOCOL,
            "task": task.name,
            "about": task.doc.strip().partition("\n")[0],
            "variant": inner.variant,
            "agents": list(inner.possible_agents),
            "seed": seed,
            "split": inner.instance.split,
            "ticks_per_step": task.ticks_per_step,
            "max_ticks": task.max_ticks,
            "goals": {goal.name: goal.at_least for goal in task.goals},
            "areas": {name: list(area) for name, area in inner.instance.areas.items()},
            "palette": list(task.palette),
        }
        backend, options = inner.options.backend
        if backend == "factorio":
            self._hello["server"] = {
                "address": options.get("address", "127.0.0.1:27015"),
                "password": options.get("password", ""),
                "arena": options.get("arena", 0),
            }
        if self._link is None:
            self._link = _connect(self._spec, self._patience)

    def commands(self, observations: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, Any]:
        """What each agent is told; agents that are not named go on with what they do."""
        env = self._env
        shared = next(iter(infos.values()))
        message: dict[str, Any] = {"type": "step"}
        if self._first:
            message, self._first = dict(self._hello), False
        message["tick"] = int(shared["tick"])
        message["only_wait"] = int(shared["only_wait"])
        message["progress"] = float(shared["progress"])
        message["reached"] = {
            name.removeprefix("goal_"): float(value)
            for name, value in shared.items()
            if name.startswith("goal_")
        }
        message["results"] = env.results()
        message["states"] = states(env)
        if shared["only_wait"]:
            self._hands_off(env)
            return {}
        return self._read(self._ask(message))

    def _hands_off(self, env: Any) -> None:
        """In the final window nobody is asked, and nobody may act by another way either."""
        given = int(env.seen.agent["commands"][0].sum())
        self._window_steps += 1
        # The first step of the window has commands of the environment: all activities end.
        if self._window_steps > 2 and given != self._given:
            raise AgentError(f"{self._spec} has given commands in the final window")
        self._given = given

    def _ask(self, message: dict[str, Any]) -> Any:
        assert self._link is not None
        self._link.send(json.dumps(message))
        line = self._link.receive()
        try:
            return json.loads(line)
        except ValueError:
            raise AgentError(
                f"{self._spec} has answered {line[:200]!r}, which is no JSON"
            ) from None

    def _read(self, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict) or answer.keys() - {"commands"}:
            raise AgentError(
                f'{self._spec}: an answer is {{"commands": {{agent: command}}}}, got '
                f"{json.dumps(answer)[:200]}"
            )
        commands = answer.get("commands", {})
        if not isinstance(commands, dict):
            raise AgentError(f"{self._spec}: commands is an object, got {str(commands)[:200]}")
        return {agent: command for agent, command in commands.items() if command is not None}

    def close(self) -> None:
        """End the program, or close the connection. Closing twice does nothing."""
        link, self._link = self._link, None
        if link is not None:
            link.close()


def _connect(spec: str, patience: float) -> _Process | _Socket:
    if spec.startswith(TCP):
        host, _, port = spec.removeprefix(TCP).rpartition(":")
        return _Socket(host, int(port), patience)
    return _Process(spec.removeprefix(JSON), patience)


class _Process:
    """A program's standard streams. Its stderr is ours."""

    def __init__(self, command: str, patience: float) -> None:
        self._command, self._patience = command, patience
        try:
            self._process = subprocess.Popen(
                shlex.split(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                bufsize=1,
            )
        except (OSError, ValueError) as error:
            raise AgentError(f"json:{command} cannot be started: {error}") from None
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed
            for line in self._process.stdout:
                self._lines.put(line)
        self._lines.put("")

    def send(self, text: str) -> None:
        """Write a line."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(text + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise AgentError(f"json:{self._command} reads no more ({self._state()})") from None

    def receive(self) -> str:
        """Read a line."""
        try:
            line = self._lines.get(timeout=self._patience)
        except queue.Empty:
            raise AgentError(
                f"json:{self._command} has not answered for {self._patience:g} s"
            ) from None
        if not line:
            raise AgentError(f"json:{self._command} has ended ({self._state()})")
        return line

    def _state(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return f"exit code {self._process.wait(1)}"
        return "still running"

    def close(self) -> None:
        """Close its stdin, and end it when that is not enough."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.close()
        try:
            self._process.wait(END_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Socket:
    """The same lines over TCP."""

    def __init__(self, host: str, port: int, patience: float) -> None:
        self._where = f"tcp:{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=patience)
        except OSError as error:
            raise AgentError(f"{self._where}: {error}") from None
        self._file = self._socket.makefile("rwb")

    def send(self, text: str) -> None:
        """Write a line."""
        try:
            self._file.write(text.encode("utf-8") + b"\n")
            self._file.flush()
        except OSError as error:
            raise AgentError(f"{self._where}: {error}") from None

    def receive(self) -> str:
        """Read a line."""
        try:
            line = self._file.readline(64 * MAX_JSON)
        except OSError as error:
            raise AgentError(f"{self._where}: {error}") from None
        if not line:
            raise AgentError(f"{self._where} has closed the connection")
        return line.decode("utf-8", "replace")

    def close(self) -> None:
        """Close the connection."""
        for part in (self._file, self._socket):
            with contextlib.suppress(OSError):
                part.close()
