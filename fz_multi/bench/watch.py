"""What the counters at the end of an episode do not tell, followed step by step.

`Watch` looks at the observable world after each step and keeps two things: until when the team
worked, and how long items that were handed over had waited. It reads and never writes.

A hand-off is what the engine counts as one (``handed``): an item taken out of a chest into which
another agent had put something last. The wait is measured at the ends of steps. Each chest's items
are a queue by kind, first in first out, as items of a kind cannot be told apart; what is put in and
taken out within one step has waited 0 ticks.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from ..engine.constants import KIND_CHEST
from ..engine.tables import AGENT, Tables
from ..render.source import observable

_NAMES = list(AGENT.names or ())
WORK = [_NAMES.index(name) for name in ("mined", "crafted", "placed", "inserted")]
MOVED = [_NAMES.index(name) for name in ("inserted", "taken")]
HANDED = _NAMES.index("handed")


class Watch:
    """Follows one episode of ``agents`` agents. `start` after the reset, `look` after each step."""

    def __init__(self, agents: int) -> None:
        self._agents = agents
        self.worked_until = 0  # tick of the step in which the team's work grew last
        self.waited = 0  # ticks, summed over the items that were handed over
        self.handed = 0

    def start(self, env: Any) -> None:
        """The episode of ``env`` has begun."""
        counters = self._counters(env)
        self._work, self._moved = int(counters[:, WORK].sum()), int(counters[:, MOVED].sum())
        self._given = counters[:, HANDED]
        self._chests: dict[int, _Chest] = {}
        for row, content in self._contents(observable(env)).items():
            self._chests[row] = _Chest(content, tick=0)

    def look(self, env: Any, tick: int) -> None:
        """A step has ended at ``tick`` (since the reset)."""
        counters = self._counters(env)
        work, moved = int(counters[:, WORK].sum()), int(counters[:, MOVED].sum())
        if work > self._work:
            self._work, self.worked_until = work, tick
        if moved != self._moved and self._agents > 1:
            self._moved = moved
            self._follow(observable(env), counters[:, HANDED], tick)

    def _counters(self, env: Any) -> np.ndarray:
        """The agents' counters, int64[agents, counters], a copy."""
        table = np.ascontiguousarray(np.asarray(env.seen.agent).reshape(-1)[: self._agents])
        return table.view(np.int64).reshape(self._agents, -1).copy()

    def _follow(self, o: Tables, handed: np.ndarray, tick: int) -> None:
        grown = handed - self._given
        self._given = handed
        takers = set(np.flatnonzero(grown > 0).tolist())
        left = int(grown.sum())
        self.handed += left
        now = self._contents(o)
        for row in [row for row in self._chests if row not in now]:
            del self._chests[row]
        for row, content in now.items():
            chest = self._chests.get(row)
            if chest is None:
                chest = self._chests[row] = _Chest({}, tick)
            before = chest.giver
            chest.giver = int(o.entity["giver"][row])
            # Somebody else's: of the giver before this step, or of one within it.
            foreign = any(giver and takers - {giver - 1} for giver in (before, chest.giver))
            waits = chest.update(content, tick)
            if foreign and left:
                counted = waits[:left]
                self.waited += sum(counted)
                left -= len(counted)

    def _contents(self, o: Tables) -> dict[int, dict[int, int]]:
        """What lies in each chest: entity row -> item -> count."""
        top = int(o.header["entity_top"][0])
        kinds = o.entity["kind"][:top]
        out: dict[int, dict[int, int]] = {}
        for row in np.flatnonzero((kinds == KIND_CHEST) & (o.entity["proto"][:top] > 0)).tolist():
            first, count = int(o.entity["slot"][row]), int(o.entity["slots"][row])
            run = o.slot[first : first + count]
            content: dict[int, int] = {}
            pairs = zip(run["item_id"].tolist(), run["count"].tolist(), strict=True)
            for item, number in pairs:
                if number > 0:
                    content[item] = content.get(item, 0) + number
            out[row] = content
        return out

    @property
    def wait(self) -> float | None:
        """Mean ticks that a handed item had waited; None without any."""
        return self.waited / self.handed if self.handed else None


class _Chest:
    """A chest's items by kind: since when they lie there, the oldest first."""

    def __init__(self, content: dict[int, int], tick: int) -> None:
        self.giver = 0  # agent + 1 that put something in last
        self._since: dict[int, deque[int]] = {}
        self.update(content, tick)

    def update(self, content: dict[int, int], tick: int) -> list[int]:
        """What lies there now; returns the ticks that each item that has gone had waited."""
        waits: list[int] = []
        for item in self._since.keys() | content.keys():
            queue = self._since.setdefault(item, deque())
            now = content.get(item, 0)
            while len(queue) > now:
                waits.append(tick - queue.popleft())
            queue.extend([tick] * (now - len(queue)))
        return waits
