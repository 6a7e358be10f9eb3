"""The Factorio backend: one world on a server (real, or `fz-multi serve`) that runs the mod.

The server is the truth. This side keeps a mirror of the observable tables, which the mod's answers
patch, and never advances anything itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fz_multi import prototypes as prototype_data
from fz_multi.commands import CODES, OK, RUNNING, Command
from fz_multi.engine.batch import Batch
from fz_multi.engine.encode import explain, result_dict
from fz_multi.engine.tables import Tables
from fz_multi.factorio.arenas import MAX_ARENAS, Arenas
from fz_multi.factorio.codec import agent_entry, command_to_wire, row_to_wire
from fz_multi.factorio.exchange import Exchange
from fz_multi.factorio.link import read_address
from fz_multi.task.checks import short
from fz_multi.task.instance import MapInstance

Queue = dict[int, tuple[int, list[dict[str, Any]]]]  # arena -> ticks, entries of its agents

NO_COPIES = (
    "a world on a Factorio server cannot be copied (snapshot, restore, pickle): use "
    'backend="embedded" for that'
)


class FactorioBackend:
    """See `fz_multi.backends.base.Backend`. Connects at the first `reset`.

    ``address``: "host:port" of the server's RCON. ``password``: of RCON. ``timeout``: seconds to
    wait for an answer. ``arena``: number from 0 to 60, one for each environment of a server.
    ``speed``: of the game, 1 = 60 ticks a second. ``clock``: "unpause" or "ticks_to_run".
    ``on_tick``: "early" or "late". None leaves what the server has. ``shared``: arenas that several
    backends step together (`fz_multi.vector_env`); the other options are then not looked at.

    `reset` and `exchange` raise what `fz_multi.factorio.exchange.Exchange` raises.
    """

    OPTIONS = ("address", "password", "timeout", "arena", "speed", "clock", "on_tick")

    compiled = False

    def __init__(
        self,
        *,
        address: str = "127.0.0.1:27015",
        password: str = "",
        timeout: float = 10.0,
        arena: int = 0,
        speed: float | None = None,
        clock: str | None = None,
        on_tick: str | None = None,
        shared: Arenas | None = None,
    ) -> None:
        read_address(address)
        if not isinstance(password, str):
            raise ValueError(f"password is a text, got {short(type(password).__name__)}")
        _number("timeout", timeout, 0.001, 86_400)
        _choice("clock", clock, ("unpause", "ticks_to_run"))
        _choice("on_tick", on_tick, ("early", "late"))
        if isinstance(arena, bool) or not isinstance(arena, int) or not 0 <= arena < MAX_ARENAS:
            raise ValueError(f"arena is from 0 to {MAX_ARENAS - 1}, got {short(arena)}")
        percent = None
        if speed is not None:
            percent = round(100 * _number("speed", speed, 0.01, 1000))
        self.arena = arena
        self._own = shared is None
        self.arenas = shared or Arenas(
            Exchange(address, password, timeout),
            {"speed": percent, "clock": clock, "on_tick": on_tick},
        )
        self._prototypes = prototype_data.load()
        self._queue: Queue | None = None

    # -- reading -----------------------------------------------------------------------------------
    @property
    def batch(self) -> Batch:
        """The mirror's tables; RuntimeError before `reset`."""
        return self.arenas.mirror(self.arena).batch

    @property
    def book(self) -> np.ndarray:
        return self.batch.book

    @property
    def seen(self) -> Tables:
        return self.batch.seen

    @property
    def tick(self) -> int:
        return self.arenas.tick(self.arena)

    def refresh(self) -> None:
        """Read the world as it stands, without a step."""
        self.arenas.refresh(self.arena)

    def digest(self) -> str:
        """The observable digest, as the mod computes it from the game (16 hex digits)."""
        return self.arenas.exchange.digest(self.arena)

    # -- acting ------------------------------------------------------------------------------------
    def reset(self, instance: MapInstance, *, teleport: bool = False) -> None:
        """Build the world of a map on the server."""
        self.arenas.reset(self.arena, instance, teleport=teleport)

    def collect_into(self, queue: Queue | None) -> None:
        """With a dict, `exchange` only notes there what it would send; None ends that."""
        self._queue = queue

    def exchange(self, commands: np.ndarray, ticks: int, codes: np.ndarray | None = None) -> None:
        """Apply ``commands`` COMMAND[1, agents] in agent order, then advance by ``ticks``.

        ``codes`` int32[1, agents]: with which the agents' interface refused (0 = it did not).
        """
        rows: list[dict[str, Any] | None] = [
            row_to_wire(row, self._prototypes) for row in commands.view(np.ndarray)[0]
        ]
        self._send(rows, ticks, codes, calm=True)

    def exchange_parsed(
        self,
        commands: Sequence[Command | None],
        ticks: int,
        codes: np.ndarray | None = None,
    ) -> None:
        """As `exchange`, from parsed commands of any kind; None is WAIT."""
        wired = [None if command is None else command_to_wire(command) for command in commands]
        self._send(wired, ticks, codes, calm=False)

    def _send(
        self,
        commands: Sequence[dict[str, Any] | None],
        ticks: int,
        codes: np.ndarray | None,
        *,
        calm: bool,
    ) -> None:
        character = self.seen.character[0]
        facing, hand = character["facing"], character["hand"]
        its_facing, its_hand = self.arenas.interface_of(self.arena)
        entries = []
        for me, command in enumerate(commands):
            held = int(hand[me])
            turned, changed = facing[me] != its_facing[me], held != its_hand[me]
            entries.append(
                agent_entry(
                    command,
                    refused=OK if codes is None else int(codes[0, me]),
                    calm=calm,
                    facing=int(facing[me]) if turned else None,
                    hand=self._prototypes.item_name(held) if changed else None,
                )
            )
        if self._queue is None:
            self.arenas.step({self.arena: (int(ticks), entries)})
        else:
            self._queue[self.arena] = (int(ticks), entries)

    def result(self, agent: int, code: int) -> dict[str, Any]:
        if code > RUNNING:
            return {"type": "", "code": CODES[code], "detail": explain(CODES[code])}
        return {"detail": "", **result_dict(self.batch.full.result[0, agent])}

    # -- copies, and the end -----------------------------------------------------------------------
    def snapshot(self) -> Any:
        raise RuntimeError(NO_COPIES)

    def restore(self, snapshot: Any) -> None:
        raise RuntimeError(NO_COPIES)

    def close(self) -> None:
        """Give the arena back (its agents leave); the server goes on. Closing twice is fine."""
        self.arenas.release(self.arena)
        if self._own:
            self.arenas.exchange.close()


def _number(name: str, value: Any, low: float, high: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or not low <= value <= high:
        raise ValueError(f"{name} is a number from {low:g} to {high:g}, got {short(value)}")
    return float(value)


def _choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}, got {short(value)}")
