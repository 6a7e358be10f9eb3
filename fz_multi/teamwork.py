"""Two or more threads that step parts of the same batch, again and again.

Waking a Python thread costs about as much as stepping a hundred worlds, and handing the GIL over
is no better. So a worker stays inside compiled code from one step to the next: it does its part as
soon as it sees the number of the step change, and goes to sleep only when nobody comes for a short
while (at once, when the last wait was a long one). The thread that leads does the last part and
looks for the others' flags in the same call.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .batch_step import step, step_worlds
from .desk import Desk, open_desk
from .engine.jit import entry, jit_enabled

SPINS, FEW_SPINS = 400_000, 4_000  # looks at the flag: some tenths of a millisecond, and hardly any
SHORT = 4e-4  # seconds between two steps for which a worker does not go to sleep
LINE = 8  # int64 of a cache line: what two threads write lies on two lines
# Of each worker, a line of `flags` each: the step to do, the step that is done with its outcome,
# and whether it sleeps.
GO, DONE, OUTCOME, ASLEEP = 0, LINE, LINE + 1, 2 * LINE
ROW = 3 * LINE
NAP = 0.05  # seconds after which a sleeper looks by itself


def _pointer(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    view = context.make_array(signature.args[0])(context, builder, args[0])
    return cgutils.get_item_pointer(
        context, builder, signature.args[0], view, [args[1]], wraparound=False
    )


@intrinsic
def _look(typing_context: Any, array: Any, index: Any) -> Any:
    """``array[index]`` as it is in memory now."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = _pointer(context, builder, signature, args)
        return builder.load_atomic(at, ordering="seq_cst", align=8)

    return types.int64(array, types.int64), codegen


@intrinsic
def _show(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Set ``array[index]`` after everything that was written before."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = _pointer(context, builder, signature, args)
        builder.store_atomic(args[2], at, ordering="seq_cst", align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), codegen


if jit_enabled():

    @entry("int64(int64[::1], int64[::1], int64, int64, int64, int64, int64)")
    def labour(words, flags, row, turn, first, end, spins):
        """Do worlds ``first`` to ``end`` - 1 in each step from ``turn`` on.

        Returns the step that has not come (tired), or -1 when it is time to go home.
        """
        while True:
            asked = turn - 1
            for _ in range(spins):
                asked = _look(flags, row + GO)
                if asked < 0 or asked >= turn:
                    break
            if asked < 0:
                return -1
            if asked < turn:
                _show(flags, row + ASLEEP, 1)
                if _look(flags, row + GO) == asked:
                    return turn
                _show(flags, row + ASLEEP, 0)
                continue
            flags[row + OUTCOME] = step_worlds(open_desk(words), first, end, 0)
            _show(flags, row + DONE, turn)
            turn += 1

    @entry("void(int64[::1], int64)")
    def announce(flags, turn):
        """Tell all workers to do a step."""
        for row in range(0, flags.shape[0], ROW):
            _show(flags, row + GO, turn)

    @entry("int64(int64[::1], int64[::1], int64, int64, int64)")
    def lead(words, flags, turn, first, end):
        """Do the last part, and wait for the others. Returns the sum of all outcomes."""
        outcome = step_worlds(open_desk(words), first, end, 0)
        for row in range(0, flags.shape[0], ROW):
            while _look(flags, row + DONE) < turn:
                pass
            outcome += flags[row + OUTCOME]
        return outcome


class Crew:
    """Steps the worlds of a desk with ``size`` threads, this one among them.

    ``parts``: (first, end) of the worlds of each thread. Without compiled code one thread does all.
    """

    def __init__(self, desk: Desk, parts: list[tuple[int, int]]) -> None:
        self._desk, self._parts = desk, parts
        workers = len(parts) - 1 if jit_enabled() else 0
        self._flags = np.zeros(ROW * workers, np.int64)
        self._turn = 0
        self._wake = [threading.Event() for _ in range(workers)]
        self._threads: list[threading.Thread] = []
        self._process = os.getpid()

    def run(self) -> int:
        """A step of all worlds; returns the sum of what `batch_step.step` says of the parts."""
        words = self._desk.words
        if not self._wake:
            return int(step(words, self._parts[0][0], self._parts[-1][1], 0))
        if not self._threads or self._process != os.getpid():  # a fork has no threads
            self._hire()
        self._turn += 1
        announce(self._flags, self._turn)
        for number, wake in enumerate(self._wake):
            if self._flags[ROW * number + ASLEEP]:
                wake.set()
        first, end = self._parts[-1]
        return int(lead(words, self._flags, self._turn, first, end))

    def _hire(self) -> None:
        self._threads, self._process = [], os.getpid()
        self._flags[:] = self._turn
        for entry_point in (labour, announce, lead):
            entry_point.ensure()  # type: ignore[attr-defined]  # not in a thread of its own
        for number in range(len(self._wake)):
            self._flags[ROW * number + ASLEEP] = 0
            thread = threading.Thread(
                target=self._labour, args=(number, self._turn + 1), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _labour(self, number: int, turn: int) -> None:
        row, (first, end) = ROW * number, self._parts[number]
        words, wake, spins = self._desk.words, self._wake[number], SPINS
        while (turn := labour(words, self._flags, row, turn, first, end, spins)) >= 0:
            start = time.perf_counter()
            wake.wait(NAP)
            wake.clear()
            self._flags[row + ASLEEP] = 0
            # Whoever thinks long between two steps has use for the processor in the meantime.
            spins = SPINS if time.perf_counter() - start < SHORT else FEW_SPINS

    def close(self) -> None:
        """Let the workers go home. Closing twice does nothing."""
        threads, self._threads = self._threads, []
        if threads and self._process == os.getpid():
            announce(self._flags, -1)
            for wake in self._wake:
                wake.set()
            for thread in threads:
                thread.join()
