"""Tracks: how a value goes through the steps of an episode, written down where it changes.

``assets/tracks.js`` reads them. All begin at the step in which their owner appears.

=========================================  =====================================================
`Numbers`: ``[v, gap, d, gap, d, ...]``    the first value; after ``gap`` more steps it has grown
                                           by ``d``
`Values`: ``[[value, ...], numbers]``      the values that occur, and a track of their places
`Row`: ``[gap, pops, pushes, changes,      a list from whose front things go and to whose end
...]``                                     things come (items on a line of belts)
=========================================  =====================================================
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

MOST_POPS = 32  # that are looked for before a list is written anew


class Numbers:
    """Whole numbers. ``put(step, value)`` in the order of steps."""

    def __init__(self) -> None:
        self.track: list[int] = []
        self._step = self._value = 0

    def put(self, step: int, value: int) -> None:
        value = int(value)
        if not self.track:
            self.track.append(value)
        elif value != self._value:
            self.track += (step - self._step, value - self._value)
        else:
            return
        self._step, self._value = step, value


class Values:
    """Anything that JSON holds."""

    def __init__(self) -> None:
        self._numbers = Numbers()
        self._values: list[Any] = []
        self._places: dict[str, int] = {}

    @property
    def track(self) -> list[Any]:
        return [self._values, self._numbers.track]

    def put(self, step: int, value: Any) -> None:
        key = json.dumps(value)
        if key not in self._places:
            self._places[key] = len(self._values)
            self._values.append(value)
        self._numbers.put(step, self._places[key])


class Row:
    """Pairs (kind, place), front to back; of ``place`` the distance to the one before is written.

    ``pushes`` is a flat list ``kind, distance, ...``; ``changes`` is ``index, kind, distance, ...``
    of those that are another now, the distance being to the one before as it is now.
    """

    def __init__(self) -> None:
        self.track: list[Any] = []
        self._step = 0
        self._kinds = self._places = np.zeros(0, np.int64)

    def put(self, step: int, kinds: np.ndarray, places: np.ndarray) -> None:
        old_kinds, old_places = self._kinds, self._places
        if np.array_equal(old_kinds, kinds) and np.array_equal(old_places, places):
            return
        best = (len(kinds) * 2 + 1, len(old_kinds), np.zeros(0, np.int64))
        for pops in range(min(len(old_kinds), MOST_POPS) + 1):
            kept = len(old_kinds) - pops
            if kept > len(kinds):
                continue
            other = (old_kinds[pops:] != kinds[:kept]) | (old_places[pops:] != places[:kept])
            cost = int(other.sum()) * 3 + 2 * (len(kinds) - kept)
            if cost < best[0]:
                best = (cost, pops, np.flatnonzero(other))
        _, pops, changed = best
        kept = len(old_kinds) - pops
        gaps = np.diff(places, prepend=0)
        pushes = np.stack([kinds[kept:], gaps[kept:]], 1).reshape(-1).tolist()
        rows = np.stack([changed, kinds[changed], gaps[changed]], 1).reshape(-1).tolist()
        self.track += (step - self._step, pops, pushes, rows)
        self._step, self._kinds, self._places = step, kinds.copy(), places.copy()
