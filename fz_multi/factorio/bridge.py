"""``fz-multi bridge``: applies command files through the exchange, once each, and writes states.

The game cannot read files, so this program does it for the mod. One file is one step: its commands
are applied together, then the world runs for ``ticks`` ticks (0: somebody else drives the clock, or
it runs freely). See `channel` for the files.

Each file is applied exactly once, also when the bridge is killed at any point. Before a request is
sent, it is written to a journal, with its id. A bridge that finds a journal sends that request
again, and the mod, which keeps its last 64 answers, answers without applying it twice. Only when
the result is on the disk does the file move to ``processed/``, and only then the journal goes.
(Hence the one limit: if other clients make 64 changing requests between the kill and the restart,
the mod has forgotten, and the request in question is applied again.)
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from filelock import FileLock, Timeout

from fz_multi import prototypes
from fz_multi.commands import Command
from fz_multi.factorio.codec import command_to_wire
from fz_multi.factorio.exchange import PROTOCOL, Exchange, RefusedError
from fz_multi.factorio.inbox import CommandFile, Inbox, Refusal
from fz_multi.factorio.link import ProtocolError

BUSY_PAUSE = 0.005  # seconds until a step is tried again while another client's step runs
FIRST_RETRY, LAST_RETRY = 0.1, 2.0  # seconds between tries to reach the server
# The file is not to blame for these: it stays, and the bridge ends.
SERVER_TROUBLE = ("not_ready", "unknown_arena", "wrong_version", "unknown_op", "id_reused")


class BridgeError(RuntimeError):
    """The bridge cannot go on. Files that were not applied are still there."""


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """``arena``: number of the arena on the server. ``ticks`` a file. ``grace``: seconds for which
    a file that cannot be read may still be being written. ``poll``: seconds between two looks at
    the folder. ``state_every``: seconds between states while nothing is sent (0: never).
    ``patience``: seconds to try to reach a server that has gone. ``radius``: of the local map in
    the states, in tiles; None is the mod's own.
    """

    arena: int = 0
    ticks: int = 0
    grace: float = 1.0
    poll: float = 0.02
    state_every: float = 1.0
    patience: float = 60.0
    radius: int | None = None


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the journal remembers of a file whose request is under way."""

    file: CommandFile
    request: dict[str, Any]

    @property
    def agents(self) -> list[str]:
        return [agent for agent, _ in self.file.commands]


class Bridge:
    """Between the files below ``folder`` and the mod behind ``exchange``.

    ``say`` is called with a line for people now and then. BridgeError when another bridge serves
    the folder. Use it as a context manager, or `close` it.
    """

    def __init__(
        self,
        folder: str | Path,
        exchange: Exchange,
        options: BridgeOptions | None = None,
        *,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.options = options or BridgeOptions()
        self.exchange = exchange
        self.inbox = Inbox(Path(folder), prototypes.load())
        self.applied = self.refused = 0
        self._say = say
        self._journal = self.inbox.private / "journal.json"
        self._nonce = secrets.token_hex(8)
        self._count = 0
        self._agents: list[str] = []
        self._torn: dict[str, float] = {}  # file that may be half-written -> when it was first seen
        self._next_states = 0.0
        self._last_tick = -1
        self._lock = FileLock(self.inbox.private / "lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise BridgeError(f"another bridge serves {folder}") from None

    def close(self) -> None:
        """Let the folder and the connection go."""
        self._lock.release()
        self.exchange.close()

    def __enter__(self) -> Bridge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the loop ----------------------------------------------------------------------------------
    def run(self, stop: Event | None = None, *, once: bool = False) -> None:
        """Serve the folder until ``stop`` is set; with ``once``, until no file waits."""
        stop = stop or Event()
        self.start()
        while not stop.is_set():
            handled = self.sweep(stop)
            if once and not self.inbox.waiting():
                break
            if not handled:
                self._refresh()
                stop.wait(self.options.poll)

    def start(self) -> None:
        """Meet the server, finish what a bridge that was killed has begun, write all states."""
        self._read_agents()
        self._recover()
        self.inbox.tidy()
        self._write_states(self._agents)

    def sweep(self, stop: Event | None = None) -> int:
        """Handle the files that wait now, in order; returns how many were handled."""
        handled = 0
        for name in self.inbox.waiting():
            if stop is not None and stop.is_set():
                break
            if not self._handle(name):
                break  # half-written: what comes after it waits, too, to keep the order
            handled += 1
            self._refresh()
        return handled

    def _handle(self, name: str) -> bool:
        """Apply or refuse one file; False when it may be half-written."""
        try:
            file = self.inbox.read(name)
            self._apply(file)
        except FileNotFoundError:
            pass  # its writer has taken it back
        except Refusal as refusal:
            if refusal.torn and self._may_grow(name):
                return False
            self._refuse(name, str(refusal))
        self._torn.pop(name, None)
        return True

    def _may_grow(self, name: str) -> bool:
        """Whether a file that cannot be read may still be being written.

        Neither its time stamp alone (it may lie in the future) nor a writer that goes on for ever
        can hold the others up for longer than ``grace``.
        """
        grace, now = self.options.grace, time.monotonic()
        since = self._torn.setdefault(name, now)
        return self.inbox.age(name) < grace and now - since < grace

    def _refuse(self, name: str, reason: str) -> None:
        target = self.inbox.refuse(name, reason)
        self.refused += 1
        self._say(f"refused {target}: {reason}")

    # -- one file ----------------------------------------------------------------------------------
    def _request(self, file: CommandFile) -> dict[str, Any]:
        commands: dict[str, Command] = dict(file.commands)
        if not commands.keys() <= set(self._agents):
            self._read_agents()  # somebody may have created one
        for agent in commands:
            if agent not in self._agents:
                known = ", ".join(self._agents) or "none"
                raise Refusal(f"unknown_agent: there is no {agent}; agents: {known}")
        entries = [
            {"command": command_to_wire(commands[agent])} if agent in commands else {}
            for agent in self._agents
        ]
        arenas = [{"arena": self.options.arena, "agents": entries}]
        return {"v": PROTOCOL, "op": "step", "ticks": self.options.ticks, "arenas": arenas}

    def _apply(self, file: CommandFile) -> None:
        """Apply a file that was not applied yet, under an id that was not used yet."""
        while True:
            self._count += 1
            request = {**self._request(file), "id": f"{self._nonce}-{self._count}"}
            sent = _Sent(file, request)
            self._remember(sent)
            refused = self._send(sent)
            if refused is None:
                return
            if refused.code == "busy":
                time.sleep(BUSY_PAUSE)
            elif refused.code != "unknown_agent" or not self._read_agents():
                raise Refusal(f"{refused.code}: {refused.detail}")

    def _send(self, sent: _Sent) -> RefusedError | None:
        """Send a request that stands in the journal, and see to its answer.

        Returns the error when the server refused it; nothing has changed then.
        """
        try:
            answer = self._reach(lambda: self.exchange.send(sent.request))
        except RefusedError as error:
            self._forget()  # first: a bridge that is killed here begins the file anew
            if error.code in SERVER_TROUBLE or (error.code == "failed" and self._is_broken()):
                raise BridgeError(str(error)) from None
            return error
        self._finish(sent, answer)
        return None

    def _is_broken(self) -> bool:
        """Whether the server fails at a step in which nobody does anything, too."""
        try:
            self._reach(lambda: self.exchange.request("step", ticks=0, arenas=[]))
        except RefusedError as error:
            return error.code == "failed"
        return False

    def _finish(self, sent: _Sent, answer: dict[str, Any]) -> None:
        self._wait()
        states = self._write_states(sent.agents)
        result = {
            "file": sent.file.name,
            "key": sent.file.key,
            "id": sent.request["id"],
            "tick": answer.get("tick"),
            "ticks": sent.request["ticks"],
            "results": [_outcome(agent, states.get(agent)) for agent in sent.agents],
        }
        self.inbox.store(sent.file, result)
        self.inbox.move(sent.file.name, sent.file.identity)
        self._forget()
        self.applied += 1

    def _wait(self) -> None:
        """Until a step that was started is over."""
        if not self.options.ticks:
            return
        until = time.monotonic() + self.options.patience
        while True:
            at = self._reach(self.exchange.ping)
            if at.get("free") or int(at["tick"]) >= int(at["target"]):
                return
            if time.monotonic() > until:
                raise BridgeError(f"the clock stands at {at['tick']}, before {at['target']}")
            time.sleep(BUSY_PAUSE)

    # -- the journal -------------------------------------------------------------------------------
    def _remember(self, sent: _Sent) -> None:
        file = sent.file
        entry = {
            "file": file.name,
            "identity": file.identity,
            "key": file.key,
            "agents": sent.agents,
            "request": sent.request,
        }
        self.inbox.write(self._journal, entry, durable=True)

    def _forget(self) -> None:
        self._journal.unlink(missing_ok=True)

    def _recover(self) -> None:
        """Finish the file that was under way when the last bridge ended."""
        try:
            entry = json.loads(self._journal.read_text("utf-8"))
            dev, ino, size, mtime = entry["identity"]
            identity = (int(dev), int(ino), int(size), int(mtime))
            # The names of the agents are enough: the request is there as it was sent.
            commands = tuple((str(agent), Command("WAIT")) for agent in entry["agents"])
            file = CommandFile(entry["file"], identity, entry["key"], commands)
            sent = _Sent(file, dict(entry["request"]))
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError) as error:
            raise BridgeError(
                f"{self._journal} cannot be read ({error}): look whether the first file that waits "
                "was applied, then remove the journal"
            ) from None
        stored = self.inbox.result(sent.file.name)
        if stored is not None and stored.get("id") == sent.request["id"]:
            self.inbox.recover(sent.file.name, identity)
            self._forget()
            self._say(f"{sent.file.name} had been applied")
            return
        self._say(f"{sent.file.name} was under way: asking the server again")
        self._send(sent)  # if it is refused, the file is still there, and is handled as a new one

    # -- states ------------------------------------------------------------------------------------
    def _read_agents(self) -> bool:
        """Ask which agents there are; returns whether they are others than before."""
        arena = self.options.arena
        try:
            rows = self._reach(lambda: self.exchange.agents(arena))
        except RefusedError as error:
            raise BridgeError(
                f"{error}; lay a map out first (an environment's reset, or --task)"
            ) from None
        before, self._agents = self._agents, [str(row["agent"]) for row in rows]
        return before != self._agents

    def _write_states(self, agents: list[str]) -> dict[str, dict[str, Any]]:
        """Write and return the states of agents; one that is no more has none."""
        states = {}
        for agent in agents:
            try:
                state = self._reach(lambda agent=agent: self._state(agent))  # type: ignore[misc]
            except RefusedError:
                continue
            states[agent] = state
            self.inbox.write(self.inbox.states / f"{agent}.json", state)
        return states

    def _state(self, agent: str) -> dict[str, Any]:
        answer = self.exchange.state(self.options.arena, agent, self.options.radius)
        return dict(answer.get("state", answer))

    def _refresh(self) -> None:
        """The states of all agents, now and then, if the world has moved on."""
        now = time.monotonic()
        if not self.options.state_every or now < self._next_states:
            return
        self._next_states = now + self.options.state_every
        tick = int(self._reach(self.exchange.ping)["tick"])
        if tick != self._last_tick:
            self._last_tick = tick
            self._write_states(self._agents)

    # -- the server --------------------------------------------------------------------------------
    def _reach(self, call: Callable[[], Any]) -> Any:
        """Make a call; while the server cannot be reached, again, for ``patience`` seconds.

        Safe for any call: a request that is sent again has the id that it had.
        """
        until, pause = time.monotonic() + self.options.patience, FIRST_RETRY
        told = False
        while True:
            try:
                found = call()
                if told:
                    self._say("the server is back")
                return found
            except (ProtocolError, PermissionError) as error:
                raise BridgeError(str(error)) from None
            except (ConnectionError, TimeoutError) as error:
                if time.monotonic() > until:
                    raise BridgeError(str(error)) from None
                if not told:
                    self._say(f"{error}; trying again for {self.options.patience:g} s")
                told = True
            time.sleep(pause)
            pause = min(2 * pause, LAST_RETRY)


def _outcome(agent: str, state: dict[str, Any] | None) -> dict[str, Any]:
    """What became of an agent's command, from the state after it."""
    if state is None:  # somebody has laid another map out since
        return {"agent": agent, "code": "unknown_agent"}
    return {"agent": agent, **state["result"]}


def lay_out(exchange: Exchange, arena: int, task: str, agents: int, seed: int) -> bool:
    """Lay a task's map out in an arena that does not exist yet; returns whether that was needed.

    A bridge that is started again must not take a running world away.
    """
    from fz_multi.factorio.codec import map_to_wire
    from fz_multi.task import get_task
    from fz_multi.task.maps import load_map

    if arena in (exchange.hello().get("arenas") or ()):
        return False
    found = get_task(task)
    drawn = load_map(found.map).draw(seed, agents=agents, task=found.name, version=found.version)
    layout = {"arena": arena, "map": map_to_wire(drawn), "teleport": int(found.teleport)}
    exchange.reset([layout])
    return True
