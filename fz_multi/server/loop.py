"""The update loop: commands first, then the tick, at the pace of `game.speed`.

An update handles everything that has arrived over RCON, paused or not, and then runs a tick unless
the map is paused. A map that stands still waits for the next command without using the processor
and answers at once; one that runs answers at its next update.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from .console import Console
from .host import ModError, ServerHost
from .rcon import RconServer, Request

UPDATES = 60.0  # per second at speed 1
IDLE = 0.5  # seconds between two looks at a map that stands still
LATE = 0.1  # seconds that the loop may be behind its time before it lets the time go
SHORTEST = 0.001  # seconds: less cannot be slept, several updates then follow each other at once


class Loop:
    """Runs a host. ``late``: on_tick comes after the world has moved, not before.

    ``check_storage``: refuse after each command what could not be saved. ``auto_pause``: with
    nobody connected no tick runs, as a server does unless its settings say otherwise.
    ``save(name)`` is called at the end of an update when a save was asked for.
    """

    def __init__(
        self,
        host: ServerHost,
        rcon: RconServer,
        console: Console,
        *,
        late: bool = False,
        check_storage: bool = False,
        auto_pause: bool = False,
        save: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.host, self.rcon, self.console = host, rcon, console
        self.late = late
        self.check_storage = check_storage
        self.auto_pause = auto_pause
        self.save = save
        self.jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.stopping = False
        self.updates = 0
        self._waiting: list[Request] = []

    def run(self) -> None:
        """Update until `stop` is called, /quit comes, or a mod fails (`ModError`)."""
        due = time.perf_counter()
        while not self.stopping:
            now = time.perf_counter()
            if self._runs():
                wait = due - now
                if wait >= SHORTEST:
                    self._waiting += self.rcon.poll(wait)
                    if time.perf_counter() < due and self.jobs.empty() and not self.stopping:
                        continue
                self._waiting += self.rcon.poll(0)
                self.update()
                due = max(due, now - LATE) + 1.0 / (UPDATES * self.host.clock.speed)
                continue
            if self.jobs.empty() and not self._waiting:
                self._waiting += self.rcon.poll(IDLE)
                passed = time.perf_counter() - now
                self.host.clock.ticks_played += int(passed * UPDATES * self.host.clock.speed)
            due = time.perf_counter()
            if self._waiting or not self.jobs.empty():
                self.update()
                due += 1.0 / (UPDATES * self.host.clock.speed)

    def stop(self) -> None:
        """End `run` at its next update; from any thread."""
        self.stopping = True
        self.rcon.wake()

    def post(self, job: Callable[[], None]) -> None:
        """Have something done at the start of an update; from any thread."""
        self.jobs.put(job)
        self.rcon.wake()

    def update(self) -> None:
        """One update."""
        host = self.host
        while True:
            try:
                job = self.jobs.get_nowait()
            except Empty:
                break
            job()
        waiting, self._waiting = self._waiting, []
        for request in waiting:
            self.rcon.answer(request, self.console.execute(request.text))
            if self.check_storage:
                self._check()
        if self._runs():
            if host.clock.paused:
                host.clock.ticks_to_run -= 1
            self.tick()
        self.updates += 1
        host.clock.ticks_played += 1
        host.game.end_of_tick()
        host.flush_destroyed()
        if host.save_request is not None:
            name, host.save_request = host.save_request, None
            self.save(name)
        if host.stop_request:
            self.stopping = True

    def tick(self) -> None:
        """One tick of the map."""
        host = self.host
        host.clock.tick += 1
        if not self.late:
            host.tick()
        host.game.update()
        if self.late:
            host.tick()

    def _runs(self) -> bool:
        clock = self.host.clock
        if self.auto_pause:
            return False
        return not clock.paused or clock.ticks_to_run > 0

    def _check(self) -> None:
        problem = self.host.storage_problem()
        if problem is not None:
            raise ModError(f"The game cannot be saved: {problem}")
