"""A step of a batch between the kernels of actions, engine, judge and observation. Kernels.

What `Session` does for one world in Python is done here for all worlds of a batch: how many ticks
are left, the final window, ends, and the numbers of the goal that agents see.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from .engine.codes import CANCEL
from .engine.jit import entry
from .engine.memory import open_seen
from .engine.tables import COMMAND
from .task.rows import O_ENDED, O_TICK, WINDOW_OPENS

# Columns of `limits`, the same for all worlds.
LIMITS = ("step", "max_ticks", "limit", "window", "goals", "ends")
L_STEP, L_MAX, L_LIMIT, L_WINDOW, L_GOALS, L_ENDS = range(len(LIMITS))
TERMINATED, TRUNCATED = 0, 1  # columns of `ended`

_COMMANDS = numba.types.Array(numba.from_dtype(COMMAND), 2, "C")
_BEFORE: Any = numba.void(
    numba.int64[:, ::1],
    numba.int64[::1],
    numba.int64[:, ::1],
    numba.uint8[::1],
    numba.uint8[::1],
    numba.uint8[::1],
    _COMMANDS,
    numba.int64[::1],
)


@entry(_BEFORE)
def before_exchange(book, limits, outcome, only_wait, opening, event, commands, left):
    """Write how far each world goes (``left`` int64[worlds]) and whether its final window opens.

    ``opening`` uint8[worlds] enters as whether the window has just opened: what agents are doing is
    then cancelled; it leaves as whether it opens with this step, and so does a bit of ``event``.
    """
    for k in range(outcome.shape[0]):
        o = open_seen(book, k)
        tick = outcome[k, O_TICK]
        if opening[k] != 0:
            for agent in range(commands.shape[1]):
                c = o.character[agent]
                if c.activity != 0 or c.crafts != 0 or c.orders != 0:
                    commands[k, agent].verb = CANCEL
        left[k] = min(limits[L_STEP], limits[L_MAX] - tick)
        opening[k] = 1 if only_wait[k] == 0 and tick + left[k] >= limits[L_WINDOW] else 0
        if opening[k] != 0:
            event[k] |= WINDOW_OPENS


@entry(
    "int64(int64[::1], int64[:,::1], float64[:,::1], float32[:,::1], float32[::1], uint8[::1],"
    " uint8[:,::1])"
)
def after_judging(limits, outcome, share, goal, time_left, only_wait, ended):
    """What follows from the judge's verdict; returns how many episodes have ended.

    Writes ``goal`` float32[worlds, 8], ``time_left`` float32[worlds], ``only_wait`` uint8[worlds]
    and ``ended`` uint8[worlds, 2] (terminated, truncated).
    """
    over = 0
    goals, ends = limits[L_GOALS], limits[L_ENDS]
    for k in range(outcome.shape[0]):
        tick = outcome[k, O_TICK]
        for column in range(goals):
            goal[k, column] = np.float32(share[k, column])
        for column in range(goals + ends, share.shape[1]):
            goal[k, column - ends] = np.float32(share[k, column])
        time_left[k] = np.float32((limits[L_MAX] - tick) / limits[L_MAX])
        only_wait[k] = 1 if tick >= limits[L_WINDOW] else 0
        ended[k, TERMINATED] = 1 if outcome[k, O_ENDED] != 0 else 0
        late = tick >= limits[L_LIMIT]
        ended[k, TRUNCATED] = 1 if late and ended[k, TERMINATED] == 0 else 0
        over += ended[k, TERMINATED] + ended[k, TRUNCATED]
    return over
