"""The maps of `BatchEnvs`: drawn and laid out for the worlds whose episode begins, by threads.

When many episodes end at once (all that run out of time do), the work is shared out as steps are:
each thread draws and lays out the maps of its own worlds. What comes out does not depend on it.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.engine.batch import Batch, Capacities
from fz_multi.engine.jit import jit_enabled
from fz_multi.options import Options
from fz_multi.task.compile_plan import Drawings, Uncompilable, compile_plan
from fz_multi.task.compiled_draw import DRAWN, N_STATUS, SEEDED, SKIP, draw_maps
from fz_multi.task.compiled_reset import Resets, lay_maps
from fz_multi.task.draw import Draw, hashed
from fz_multi.task.judge import Judge

Parts = list[tuple[int, int]]  # (first, end) of the worlds of each thread
MANY = 4  # worlds to begin anew, below which one thread does all: starting another costs 100 us


def side_by_side(jobs: list[Callable[[], None]]) -> None:
    """Do some jobs, each in a thread, the last in this one; raises what one of them raised."""
    failed: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # it is raised in the thread that asked
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs[:-1]]
    for thread in threads:
        thread.start()
    if jobs:
        guarded(jobs[-1])
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def share_out(worlds: np.ndarray, parts: Parts, work: Callable[[int, int], None]) -> None:
    """``work(first, end)`` for runs of neighbours among sorted ``worlds``, by parts."""
    if not jit_enabled() or len(worlds) < MANY * len(parts):
        parts = [(0, int(worlds[-1]) + 1)]

    def job(first: int, end: int) -> Callable[[], None]:
        mine = worlds[np.searchsorted(worlds, first) : np.searchsorted(worlds, end)]

        def whole() -> None:
            for run in runs(mine):
                work(*run)

        return whole

    side_by_side([job(first, end) for first, end in parts])


def runs(worlds: np.ndarray) -> Iterator[tuple[int, int]]:
    """Sorted numbers as runs of neighbours: (first, end)."""
    breaks = np.flatnonzero(np.diff(worlds) != 1) + 1
    for run in np.split(worlds, breaks):
        if len(run):
            yield int(run[0]), int(run[-1]) + 1


class PythonMaps:
    """Draws and lays out maps that compiled code cannot (see `Uncompilable`); as `Resets`."""

    def __init__(self, options: Options, batch: Batch, judge: Judge, buffers: Any) -> None:
        self.options, self.batch, self.judge, self.buffers = options, batch, judge, buffers
        self.seeds = np.zeros(batch.worlds, np.int64)
        self._chains: list[Draw] = [Draw(0)] * batch.worlds

    def reset(self, what: np.ndarray) -> None:
        for k in np.flatnonzero(what != SKIP).tolist():
            if what[k] == SEEDED:
                self._chains[k] = Draw(hashed("episodes", int(self.seeds[k])))
            else:
                self.seeds[k] = self._chains[k].seed()
            self._lay(k)

    def chains(self) -> list[Any]:
        """Where the seeds of the next maps come from, of each world; for `follow`."""
        return [copy.deepcopy(chain.state) for chain in self._chains]

    def follow(self, chains: list[Any]) -> None:
        for k, state in enumerate(chains):
            self._chains[k] = Draw(0)
            self._chains[k].state = copy.deepcopy(state)

    def _lay(self, k: int) -> None:
        options, task, batch = self.options, self.options.task, self.batch
        at = options.map.draw(
            int(self.seeds[k]),
            agents=options.agents,
            split=options.split,
            task=task.name,
            version=task.version,
            variant=options.variant,
        )
        backend = EmbeddedBackend()
        backend.reset(at, teleport=task.teleport)
        one = backend.batch
        while one.capacities != batch.capacities:
            larger = batch.capacities.joined(one.capacities)
            for grown in (one, batch):
                if grown.capacities != larger:
                    grown.grow(larger)
        batch.data[k] = one.data[0]
        self.judge.bind(k, at, window_open=False)
        if self.buffers.marks.shape[1]:
            self.buffers.mark(k, at.goal)
        column = len(task.goals) + len(task.hints)
        for area in task.shows:
            x0, y0, x1, y1 = at.areas[area]
            self.buffers.goal[k, column] = (x0 + x1 - 2 * at.left - at.width) / at.width
            self.buffers.goal[k, column + 1] = (y0 + y1 - 2 * at.top - at.height) / at.height
            column += 2


class _Worlds:
    """Some worlds of a batch, as `Resets` takes them; growing is left to who owns all parts."""

    def __init__(self, batch: Batch, first: int, end: int) -> None:
        self._batch, self._part, self.worlds = batch, slice(first, end), end - first
        self.width, self.height = batch.width, batch.height

    @property
    def capacities(self) -> Capacities:
        return self._batch.capacities

    @property
    def data(self) -> np.ndarray:
        return self._batch.data[self._part]

    @property
    def book(self) -> np.ndarray:
        return self._batch.book[self._part]


class CompiledMaps:
    """Draws and lays out maps in compiled code; what fails there is asked of Python for a text."""

    def __init__(
        self, options: Options, batch: Batch, judge: Judge, buffers: Any, parts: Parts
    ) -> None:
        task = options.task
        plan = compile_plan(
            options.map,
            agents=options.agents,
            split=options.split,
            task=task.name,
            version=task.version,
            variant=options.variant,
        )
        area_rows, areas = judge.area_rows
        self._batch, self._parts = batch, parts
        self.seeds = np.zeros(batch.worlds, np.int64)
        self._resets = []
        for first, end in parts:
            drawings = Drawings(plan, end - first)
            drawings.seeds = self.seeds[first:end]
            part: Any = _Worlds(batch, first, end)
            self._resets.append(
                Resets(
                    drawings,
                    part,
                    teleport=task.teleport,
                    rows=area_rows[first:end],
                    measured=areas,
                    goal=buffers.goal[first:end],
                    column=len(task.goals) + len(task.hints),
                    shown=task.shows,
                    marks=buffers.marks[first:end],
                )
            )
        self._python = PythonMaps(options, batch, judge, buffers)

    def chains(self) -> np.ndarray:
        """Where the seeds of the next maps come from, of each world; for `follow`."""
        return np.concatenate([resets.drawings.streams for resets in self._resets])

    def follow(self, chains: np.ndarray) -> None:
        for (first, end), resets in zip(self._parts, self._resets, strict=True):
            resets.drawings.streams[:] = chains[first:end]

    def reset(self, what: np.ndarray) -> None:
        """Draw and lay out the worlds for which ``what`` is not `SKIP`."""
        short = [0] * len(self._parts)
        draw_maps.ensure()  # not in a thread of its own
        lay_maps.ensure()

        def job(number: int) -> Callable[[], None]:
            (first, end), resets = self._parts[number], self._resets[number]

            def work() -> None:
                resets.drawings.draw(what[first:end])
                short[number] = resets._lay()

            return work

        jobs = [job(k) for k, (first, end) in enumerate(self._parts) if what[first:end].any()]
        if jit_enabled() and np.count_nonzero(what) >= MANY * len(self._parts):
            side_by_side(jobs)
        else:
            for work in jobs:
                work()
        while bits := int(np.bitwise_or.reduce(short)):
            self._batch.grow(self._batch.capacities.doubled(bits))
            short = [
                resets._lay() if bit else 0 for resets, bit in zip(self._resets, short, strict=True)
            ]
        for (first, end), resets in zip(self._parts, self._resets, strict=True):
            failed = resets.drawings.numbers[:, N_STATUS] != DRAWN
            for k in (first + np.flatnonzero(failed & (what[first:end] != SKIP))).tolist():
                self._python.seeds[k] = self.seeds[k]
                self._python._lay(k)  # raises what is wrong with the map


def maps_of(options: Options, batch: Batch, judge: Judge, buffers: Any, parts: Parts) -> Any:
    """`CompiledMaps`, or `PythonMaps` where the map cannot be drawn in compiled code."""
    try:
        return CompiledMaps(options, batch, judge, buffers, parts)
    except Uncompilable:
        return PythonMaps(options, batch, judge, buffers)
