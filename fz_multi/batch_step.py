"""A step of a batch from actions to observations, one world after the other. Kernels.

What `Session` does for one world in Python is done here for all worlds of a batch: how many ticks
are left, the final window, ends, and the numbers of the goal that agents see. A world goes the
whole way before the next one begins, while its tables are in the processor's cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .actions import begin_world
from .desk import open_desk
from .engine.codes import CANCEL
from .engine.jit import entry, kernel, linked
from .engine.memory import open_seen
from .engine.tick import exchange_at
from .observation import observe_world
from .task.rows import GOES_ON, O_ENDED, O_TICK, WINDOW_OPENS, score_world

# Columns of `limits`, the same for all worlds.
LIMITS = ("step", "max_ticks", "limit", "window", "goals", "ends")
L_STEP, L_MAX, L_LIMIT, L_WINDOW, L_GOALS, L_ENDS = range(len(LIMITS))


def limits_of(task: Any, window_start: int, limit: int = 0) -> np.ndarray:
    """`LIMITS` of a task, int64[6]. ``limit``: the last tick of an episode."""
    numbers = (
        task.ticks_per_step,
        task.max_ticks,
        limit or task.max_ticks,
        window_start,
        len(task.goals),
        len(task.ends),
    )
    return np.array(numbers, np.int64)


# How far a world has come in a step.
OVER, RUNS, WAITS = 0, 1, 2  # seen, in its ticks, with commands to apply


@kernel
def plan_world(d, k, o):
    """How far a world goes in this step, and whether its final window opens.

    ``opening`` enters as whether the window has just opened: what agents are doing is then
    cancelled; it leaves as whether it opens with this step, and so does a bit of ``event``.
    """
    limits = d.limits
    tick = d.outcome[k, O_TICK]
    if d.opening[k] != 0:
        for agent in range(d.commands.shape[1]):
            c = o.character[agent]
            if c.activity != 0 or c.crafts != 0 or c.orders != 0:
                d.commands[k, agent].verb = CANCEL
    left = min(limits[L_STEP], limits[L_MAX] - tick)
    d.left[k] = left
    opens = d.only_wait[k] == 0 and tick + left >= limits[L_WINDOW]
    d.opening[k] = 1 if opens else 0
    if opens:
        d.event[k] |= WINDOW_OPENS


@kernel
def conclude_world(d, k):
    """What follows from the judge's verdict; returns whether the episode has ended."""
    limits, share, goal = d.limits, d.share[k], d.goal[k]
    tick = d.outcome[k, O_TICK]
    goals, ends = limits[L_GOALS], limits[L_ENDS]
    for column in range(goals):
        goal[column] = np.float32(share[column])
    for column in range(goals + ends, share.shape[0]):
        goal[column - ends] = np.float32(share[column])
    d.time_left[k] = np.float32((limits[L_MAX] - tick) / limits[L_MAX])
    d.only_wait[k] = 1 if tick >= limits[L_WINDOW] else 0
    ended = d.outcome[k, O_ENDED] != 0
    late = tick >= limits[L_LIMIT] and not ended
    for agent in range(d.terminated.shape[1]):
        d.terminated[k, agent] = 1 if ended else 0
        d.truncated[k, agent] = 1 if late else 0
    return 1 if ended or late else 0


@kernel
def look_world(d, k, part):
    """Judge and observe a world; returns whether its episode has ended."""
    score_world(d, k)
    over = conclude_world(d, k)
    observe_world(d, k, part)
    return over


@kernel
def order_world(d, k, o):
    """Put the commands of a step into the world's order table."""
    agents = d.commands.shape[1]
    for agent in range(agents):
        o.order[agent] = d.commands[k, agent]
    for agent in range(agents, o.header[0].characters):  # nobody looks at further ones
        o.order[agent].verb = -1


@linked("iDiii")
def step_worlds(d, first, end, again):
    """See `step`."""
    short, over = 0, 0
    for k in range(first, end):
        o = open_seen(d.book, k)
        if again == 0:
            begin_world(d, k)
            plan_world(d, k, o)
            order_world(d, k, o)
            d.stage[k] = WAITS
        elif d.stage[k] == OVER:
            continue
        rest = exchange_at(d.book, k, d.left[k], 1 if d.stage[k] == WAITS else 0)
        d.left[k] = rest >> 1
        d.stage[k] = (WAITS if rest & 1 else RUNS) if rest else OVER
        if rest:
            short += 1
        else:
            over += look_world(d, k, first)
            d.event[k] = GOES_ON
            d.steps[k] += 1
            for agent in range(d.rewards.shape[1]):
                d.returns[k, agent] += d.rewards[k, agent]
    return (short << 32) | over


@entry("int64(int64[::1], int64, int64, int64)")
def step(words, first, end, again):
    """A step of worlds ``first`` to ``end`` - 1 of a desk, from ``actions`` to what agents see.

    Reads and writes what `actions.begin_step`, `rows.score` and `observation.observe` do, and
    ``limits`` int64[6], ``opening`` uint8[worlds]; writes ``terminated`` and ``truncated``
    uint8[worlds, agents], and adds to ``returns`` float64[worlds, agents] and ``steps``
    int64[worlds]. Returns how many episodes have ended, and from bit 32 on how many worlds stand
    still because a table must grow first: make room and call with ``again`` = 1, which does the
    rest.
    """
    return step_worlds(open_desk(words), first, end, again)


@entry("int64(int64[::1], int64, int64)")
def look(words, first, end):
    """Judge and observe the same worlds as they stand; returns how many episodes have ended."""
    d = open_desk(words)
    over = 0
    for k in range(first, end):
        over += look_world(d, k, first)
    return over
