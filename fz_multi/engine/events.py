"""The event queue: which machine is to be visited in which tick.

A binary heap of (tick, order); within a tick arms come first, in the order of their list, then the
other machines, the last built first (mechanics 1.5). A machine has at most one entry;
``entity.queue_at`` is its place + 1.
"""

from __future__ import annotations

from .constants import PHASE_ARMS, PHASE_MACHINES
from .jit import kernel

ARMS_FIRST = 1 << 40  # more than any unit number


@kernel
def _before(queue, a, b):
    qa, qb = queue[a], queue[b]
    return qa.tick < qb.tick or (qa.tick == qb.tick and qa.key < qb.key)


@kernel
def _swap(w, a, b):
    qa, qb = w.queue[a], w.queue[b]
    tick, key, row = qa.tick, qa.key, qa.entity
    qa.tick, qa.key, qa.entity = qb.tick, qb.key, qb.entity
    qb.tick, qb.key, qb.entity = tick, key, row
    w.entity[qa.entity].queue_at = a + 1
    w.entity[qb.entity].queue_at = b + 1


@kernel
def _up(w, at):
    while at > 0:
        parent = (at - 1) >> 1
        if not _before(w.queue, at, parent):
            return
        _swap(w, at, parent)
        at = parent


@kernel
def _down(w, at):
    size = int(w.header[0].queue)
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and _before(w.queue, child + 1, child):
            child += 1
        if not _before(w.queue, child, at):
            return
        _swap(w, at, child)
        at = child


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
    e = w.entity[row]
    e.event = tick
    at = int(e.queue_at) - 1
    if at < 0:
        at = int(h.queue)
        h.queue += 1
        e.queue_at = at + 1
        q = w.queue[at]
        q.tick, q.key, q.entity = tick, visit_key(w, row), row
        _up(w, at)
        return
    w.queue[at].tick = tick
    _up(w, at)
    _down(w, int(e.queue_at) - 1)


@kernel
def unschedule(w, row):
    """Forget the planned visit of an entity."""
    h = w.header[0]
    e = w.entity[row]
    at = int(e.queue_at) - 1
    e.event = 0
    if at < 0:
        return
    e.queue_at = 0
    last = int(h.queue) - 1
    h.queue = last
    if at != last:
        q, moved = w.queue[at], w.queue[last]
        q.tick, q.key, q.entity = moved.tick, moved.key, moved.entity
        w.entity[q.entity].queue_at = at + 1
        _up(w, at)
        _down(w, int(w.entity[q.entity].queue_at) - 1)


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
    if e.queue_at == 0 or e.event > tick:
        schedule(w, row, tick)
