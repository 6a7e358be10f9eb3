"""Two or more threads that do parts of the same short job, again and again.

Waking a Python thread costs about as much as stepping a hundred worlds. So a worker that has done
its part waits for the next inside of compiled code, without the GIL, for a short while, and sleeps
only when nobody comes; so does the thread that waits for the workers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .engine.jit import entry, jit_enabled

SPINS = 40_000  # looks at the flag, some tenths of a millisecond
LINE = 8  # int64 of a cache line: flags of two threads lie on two lines
GO, DONE = 0, 1


@intrinsic
def _look(typing_context: Any, array: Any, index: Any) -> Any:
    """``array[index]`` as it is in memory now."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, args[0])
        at = cgutils.get_item_pointer(
            context, builder, signature.args[0], view, [args[1]], wraparound=False
        )
        return builder.load_atomic(at, ordering="acquire", align=8)

    return types.int64(array, types.int64), codegen


if jit_enabled():

    @entry("int64(int64[::1], int64, int64, int64)")
    def wait_for(flags, index, value, spins):
        """Look until ``flags[index]`` is not less than ``value``; 1 when it is, 0 when tired."""
        for _ in range(spins):
            if _look(flags, index) >= value:
                return 1
        return 0

else:

    def wait_for(flags: Any, index: int, value: int, spins: int) -> int:  # type: ignore[misc]
        """One look; nothing runs beside plain Python."""
        return int(flags[index] >= value)


_ = ir  # llvmlite is what the intrinsic builds with


class Crew:
    """``size`` parts of a job: ``work(part)`` for each part from 0, the last in this thread."""

    def __init__(self, size: int, work: Callable[[int], None]) -> None:
        self._work = work
        self._flags = np.zeros(2 * LINE * size, np.int64)
        self._turn = 0
        self._failed: list[BaseException] = []
        self._wake = [threading.Event() for _ in range(size - 1)]
        self._back = [threading.Event() for _ in range(size - 1)]
        self._threads: list[threading.Thread] = []
        self._last = size - 1

    def run(self) -> None:
        """Do all parts; raises what one of them raised."""
        self._turn += 1
        if not self._threads and self._last:
            for part in range(self._last):
                thread = threading.Thread(target=self._labour, args=(part,), daemon=True)
                self._threads.append(thread)
                thread.start()
        for part in range(self._last):
            self._flags[2 * LINE * part + GO] = self._turn
            self._wake[part].set()
        self._work(self._last)
        for part in range(self._last):
            at = 2 * LINE * part + LINE + DONE
            while not wait_for(self._flags, at, self._turn, SPINS):
                self._back[part].wait(0.001)
                self._back[part].clear()
        if self._failed:
            raise self._failed.pop()

    def _labour(self, part: int) -> None:
        turn, flags = 0, self._flags
        go, done = 2 * LINE * part + GO, 2 * LINE * part + LINE + DONE
        while True:
            turn += 1
            while not wait_for(flags, go, turn, SPINS):
                self._wake[part].wait()
                self._wake[part].clear()
            if self._turn < 0:
                return
            try:
                self._work(part)
            except BaseException as error:  # it is raised in the thread that asked
                self._failed.append(error)
            flags[done] = turn
            self._back[part].set()

    def close(self) -> None:
        """Let the workers go home. Closing twice does nothing."""
        threads, self._threads = self._threads, []
        if threads:
            last = self._turn + 1
            self._turn = -1
            for part in range(len(threads)):
                self._flags[2 * LINE * part + GO] = last
                self._wake[part].set()
            for thread in threads:
                thread.join()
