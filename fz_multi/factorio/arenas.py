"""Arenas of one server: their mirrors, laid out and stepped together in one exchange.

An arena is a world of its own on a server (a surface and a force), with a number from 0 to 60. All
arenas of a server share its clock.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fz_multi.factorio.codec import map_to_wire
from fz_multi.factorio.exchange import Exchange, RefusedError
from fz_multi.factorio.link import ProtocolError
from fz_multi.factorio.mirror import Mirror
from fz_multi.factorio.state import StateError
from fz_multi.task.checks import MapError
from fz_multi.task.instance import MapInstance

MAX_ARENAS = 61
BUSY_PAUSE = 0.05  # seconds between two tries while another step runs

Layout = tuple[MapInstance, bool]  # a map, and whether MOVE may teleport on it


class Arenas:
    """Some arenas of one server. Connects when it is first used.

    ``settings``: what `Exchange.set` takes (speed in percent, clock, on_tick); None leaves the
    server's. Errors are those of `Exchange`; after one that leaves open what has happened, the
    worlds are gone for this client, and `reset` lays them out anew.
    """

    def __init__(self, exchange: Exchange, settings: Mapping[str, Any] | None = None) -> None:
        self.exchange = exchange
        self.settings = {key: value for key, value in (settings or {}).items() if value is not None}
        self.mirrors: dict[int, Mirror] = {}
        self._configured: Any = None  # the greeting after which the settings were sent
        self._interface: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # facing, hand, as sent
        self._prepared: dict[int, MapInstance] = {}

    def mirror(self, arena: int) -> Mirror:
        """RuntimeError when the arena has not been laid out (or was lost)."""
        if arena not in self.mirrors:
            raise RuntimeError(f"there is no world in arena {arena}: call reset() first")
        return self.mirrors[arena]

    def interface_of(self, arena: int) -> tuple[np.ndarray, np.ndarray]:
        """Facing and hand (item id) of each agent, as the server knows them."""
        return self._interface[arena]

    # -- laying out --------------------------------------------------------------------------------
    def prepare(self, layouts: Mapping[int, Layout]) -> None:
        """Lay out several arenas in one request; `reset` of each then has nothing left to do."""
        self._lay_out(layouts)
        self._prepared |= {arena: instance for arena, (instance, _) in layouts.items()}

    def reset(self, arena: int, instance: MapInstance, *, teleport: bool) -> None:
        """Lay out one arena. MapError when the server cannot build the map."""
        if self._prepared.pop(arena, None) is not instance or arena not in self.mirrors:
            self._lay_out({arena: (instance, teleport)})

    def _lay_out(self, layouts: Mapping[int, Layout]) -> None:
        request = [
            {"arena": arena, "map": map_to_wire(instance), "teleport": int(teleport)}
            for arena, (instance, teleport) in layouts.items()
        ]
        names = ", ".join(dict.fromkeys(instance.name for instance, _ in layouts.values()))
        for arena in layouts:
            self.mirrors.pop(arena, None)
        deadline = time.monotonic() + self.exchange.link.timeout
        while True:
            try:
                answer = self.exchange.reset(request)
                break
            except RefusedError as error:
                if error.code in ("failed", "bad_request"):
                    raise MapError(f"map {names}: {error.detail}") from error
                if error.code != "busy" or time.monotonic() > deadline:
                    raise
                time.sleep(BUSY_PAUSE)  # a step of somebody who has gone still runs
        if self.settings and self.exchange.greeting is not self._configured:
            self.exchange.set(**self.settings)  # over a new connection: perhaps a new server
            self._configured = self.exchange.greeting
        states = answer.get("arenas")
        with_state = {arena: Mirror.of_size(i.width, i.height) for arena, (i, _) in layouts.items()}
        for arena, (_, teleport) in layouts.items():
            with_state[arena].batch.full.header["teleport"][0, 0] = int(teleport)
        self.mirrors |= with_state
        self._take(states, set(layouts))

    # -- stepping ----------------------------------------------------------------------------------
    def step(self, orders: Mapping[int, tuple[int, Sequence[Mapping[str, Any]]]]) -> None:
        """Apply the agents' entries of each arena and run it: ``{arena: (ticks, entries)}``.

        One exchange, as all arenas share the clock; where lengths differ, the clock stops at each,
        and each arena is read at its own.
        """
        due = {arena: self.tick(arena) + ticks for arena, (ticks, _) in orders.items()}
        entries = [{"arena": arena, "agents": list(rows)} for arena, (_, rows) in orders.items()]
        passed, started = 0, False
        try:
            for length in sorted({ticks for ticks, _ in orders.values()}):
                self.exchange.step(length - passed, entries)
                started = True
                self.exchange.wait()
                ready = [arena for arena, (ticks, _) in orders.items() if ticks == length]
                since = [(arena, self.mirrors[arena].seq) for arena in ready]
                self._take(self.exchange.collect(since), set(ready))
                entries, passed = [], length
        except BaseException as error:
            if started or not isinstance(error, RefusedError):
                self.mirrors.clear()  # nobody knows how far it came
            raise
        for arena, tick in due.items():
            if self.tick(arena) != tick:
                found = self.tick(arena)
                self.mirrors.clear()
                raise RuntimeError(
                    f"arena {arena} is at tick {found} instead of {tick}: somebody else moves the "
                    f"clock of the server at {self.exchange.address}; call reset()"
                )

    def tick(self, arena: int) -> int:
        """Ticks since the arena's reset."""
        return int(self.mirror(arena).batch.full.header["tick"][0, 0])

    def refresh(self, arena: int) -> None:
        """Read an arena as it stands now, without a step: what others have changed is seen."""
        self._take(self.exchange.collect([(arena, self.mirror(arena).seq)]), {arena})

    def _take(self, states: Any, asked: set[int]) -> None:
        """Patch the mirrors with the states of an answer."""
        if not isinstance(states, list):
            raise ProtocolError("an answer without states of arenas")
        got = set()
        for state in states:
            arena = state.get("arena") if isinstance(state, dict) else None
            if arena not in asked:
                raise ProtocolError(f"an answer with a state of arena {arena!r}, not asked for")
            mirror = self.mirrors[arena]
            try:
                mirror.patch(state)
            except StateError as error:
                self.mirrors.pop(arena)
                raise ProtocolError(f"the state of arena {arena}: {error}") from error
            character = mirror.batch.full.character[0]
            self._interface[arena] = (character["facing"].copy(), character["hand"].copy())
            got.add(arena)
        if got != asked:
            raise ProtocolError(f"an answer without the state of arena {min(asked - got)}")

    # -- giving back -------------------------------------------------------------------------------
    def release(self, arena: int) -> None:
        """Take the agents of an arena away and forget it; the server goes on.

        Nothing is said when the server is not there any more.
        """
        self._prepared.pop(arena, None)
        mirror = self.mirrors.pop(arena, None)
        if mirror is None:
            return
        people = np.flatnonzero(mirror.batch.full.character["active"][0])
        try:
            for me in people.tolist():
                self.exchange.agents(arena, "remove", agent=f"agent_{me}")
        except (OSError, RefusedError):
            pass
