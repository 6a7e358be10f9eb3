"""The event queue: which machine is to be visited in which tick.

A binary heap of (tick, order); within a tick arms come first, in the order of their list, then the
other machines, the last built first (mechanics 1.5). A machine has at most one entry; the place of
entity row r in the heap, + 1, is ``queue[r].at``, so that moving entries touches this table alone.

While a machine is visited its entry at the top is a hole (``header.hole``), which the next entry
that is made fills: it mostly is that machine's own. `mend` closes a hole that nobody has filled.
"""

from __future__ import annotations

from .constants import PHASE_ARMS, PHASE_MACHINES
from .jit import kernel

ARMS_FIRST = 1 << 40  # more than any unit number
BEFORE_ALL = -1  # tick of a hole


@kernel
def _write(w, at, tick, key, row):
    q = w.queue[at]
    q.tick, q.key, q.entity = tick, key, row
    w.queue[row].at = at + 1


@kernel
def _up(w, at, tick, key, row):
    """Put an entry at a free place, or further up."""
    queue = w.queue
    while at > 0:
        parent = (at - 1) >> 1
        q = queue[parent]
        if q.tick < tick or (q.tick == tick and q.key <= key):
            break
        _write(w, at, q.tick, q.key, q.entity)
        at = parent
    _write(w, at, tick, key, row)


@kernel
def _down(w, at, tick, key, row):
    """Put an entry at a free place, or further down."""
    queue = w.queue
    size = int(w.header[0].queue)
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        q = queue[child]
        if child + 1 < size:
            other = queue[child + 1]
            if other.tick < q.tick or (other.tick == q.tick and other.key < q.key):
                child += 1
                q = other
        if q.tick > tick or (q.tick == tick and q.key >= key):
            break
        _write(w, at, q.tick, q.key, q.entity)
        at = child
    _write(w, at, tick, key, row)


@kernel
def visit_key(w, row):
    """Place of a visit among those of a tick: arms first, from the end of their list."""
    e = w.entity[row]
    if e.arm:
        return -ARMS_FIRST - w.arm[e.arm - 1].join
    return -e.unit


@kernel
def schedule(w, row, tick):
    """Visit an entity in `tick`, in place of any visit planned before."""
    h = w.header[0]
    w.entity[row].event = tick
    at = int(w.queue[row].at) - 1
    if at >= 0:
        q = w.queue[at]
        if tick < q.tick:
            _up(w, at, tick, q.key, row)
        else:
            _down(w, at, tick, q.key, row)
    elif h.hole:
        h.hole = 0
        _down(w, 0, tick, visit_key(w, row), row)
    else:
        at = int(h.queue)
        h.queue += 1
        _up(w, at, tick, visit_key(w, row), row)


@kernel
def unschedule(w, row):
    """Forget the planned visit of an entity."""
    h = w.header[0]
    w.entity[row].event = 0
    at = int(w.queue[row].at) - 1
    if at < 0:
        return
    w.queue[row].at = 0
    last = int(h.queue) - 1
    h.queue = last
    if at != last:
        q, moved = w.queue[at], w.queue[last]
        if moved.tick < q.tick or (moved.tick == q.tick and moved.key < q.key):
            _up(w, at, moved.tick, moved.key, moved.entity)
        else:
            _down(w, at, moved.tick, moved.key, moved.entity)


@kernel
def lift(w, row):
    """Take the visit at the top out, to run it: a hole until `schedule` fills it or `mend`."""
    w.entity[row].event = 0
    w.queue[row].at = 0
    w.queue[0].tick = BEFORE_ALL
    w.header[0].hole = 1


@kernel
def mend(w):
    """Close the hole at the top."""
    h = w.header[0]
    if h.hole:
        h.hole = 0
        last = int(h.queue) - 1
        h.queue = last
        if last > 0:
            moved = w.queue[last]
            _down(w, 0, moved.tick, moved.key, moved.entity)


@kernel
def comes_later(w, row, tick):
    """Whether no visit of an entity is planned in `tick` or before."""
    return w.queue[row].at == 0 or w.entity[row].event > tick


@kernel
def touch(w, row):
    """Something that a machine may wait for has changed: visit it as early as the rules allow.

    A change is seen in the same tick by those whose turn is still to come, else in the next.
    """
    h = w.header[0]
    e = w.entity[row]
    tick = h.now
    if e.arm:
        passed = h.phase == PHASE_MACHINES or (
            h.phase == PHASE_ARMS and w.arm[e.arm - 1].join >= h.visiting
        )
    else:
        passed = h.phase == PHASE_MACHINES and e.unit >= h.visiting
    if passed or e.synced >= tick:
        tick += 1
    if comes_later(w, row, tick):
        schedule(w, row, tick)
