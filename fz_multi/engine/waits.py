"""Who waits for what: machines for a tile, machines and arms for a line, arms for both their ends.

A tile has a list of machines that wait for a change on it (``tile.waiter``), and one of the arms
that pick from it or drop on it (``tile.watcher``), which stay on it. A line has a list of those
that wait for movement or for an item (``line.waiter``). Links are 4 * row + kind + 1: kind 0 goes
on in the entity, 1 and 2 in the arm, for its two lanes (or its source and target tile).
"""

from __future__ import annotations

from .constants import NEVER, PHASE_BETWEEN
from .events import comes_later, schedule, touch, unschedule
from .jit import kernel


# -- tiles -----------------------------------------------------------------------------------------
@kernel
def wait_on(w, row, index):
    """Put a machine on the list of those that a change on a tile wakes."""
    e = w.entity[row]
    if e.waits_on == index + 1:
        return
    stop_waiting(w, row)
    e.waits_on = index + 1
    e.next_waiter = w.tile[index].waiter
    w.tile[index].waiter = row + 1


@kernel
def stop_waiting(w, row):
    """Take a machine off the list that it waits on."""
    e = w.entity[row]
    if e.waits_line:
        leave_line(w, int(e.waits_line) - 1, 4 * row + 1)
        e.waits_line = 0
        return
    index = int(e.waits_on) - 1
    if index < 0:
        return
    tile = w.tile[index]
    at = int(tile.waiter) - 1
    if at == row:
        tile.waiter = e.next_waiter
    else:
        while int(w.entity[at].next_waiter) - 1 != row:
            at = int(w.entity[at].next_waiter) - 1
        w.entity[at].next_waiter = e.next_waiter
    e.waits_on = 0
    e.next_waiter = 0


# -- lines -----------------------------------------------------------------------------------------
@kernel
def after(w, link):
    """The link that follows one."""
    row, kind = (link - 1) >> 2, (link - 1) & 3
    if kind == 0:
        return int(w.entity[row].next_waiter)
    return int(w.arm[w.entity[row].arm - 1].next_waiter[kind - 1])


@kernel
def set_after(w, link, value):
    row, kind = (link - 1) >> 2, (link - 1) & 3
    if kind == 0:
        w.entity[row].next_waiter = value
    else:
        w.arm[w.entity[row].arm - 1].next_waiter[kind - 1] = value


@kernel
def join_line(w, line, link):
    set_after(w, link, w.line[line].waiter)
    w.line[line].waiter = link


@kernel
def leave_line(w, line, link):
    at = int(w.line[line].waiter)
    if at == link:
        w.line[line].waiter = after(w, link)
    else:
        while after(w, at) != link:
            at = after(w, at)
        set_after(w, at, after(w, link))
    set_after(w, link, 0)


@kernel
def wait_for_line(w, row, line):
    """Have a machine that cannot put its item on a line visited when the line moves."""
    e = w.entity[row]
    if e.waits_line == line + 1:
        return
    stop_waiting(w, row)
    e.waits_line = line + 1
    join_line(w, line, 4 * row + 1)


@kernel
def wait_for_items(w, row, lane, line, edge):
    """Have an arm visited when an item may have come past an edge of a line."""
    a = w.arm[w.entity[row].arm - 1]
    a.edge[lane] = edge
    if a.waits_lane[lane] == line + 1:
        return
    stop_expecting(w, row, lane)
    a.waits_lane[lane] = line + 1
    join_line(w, line, 4 * row + lane + 2)


@kernel
def stop_expecting(w, row, lane):
    a = w.arm[w.entity[row].arm - 1]
    if a.waits_lane[lane]:
        leave_line(w, int(a.waits_lane[lane]) - 1, 4 * row + lane + 2)
        a.waits_lane[lane] = 0


@kernel
def touch_waiters(w, line):
    """Visit those that wait for something to happen on a line."""
    link = int(w.line[line].waiter)
    while link:
        touch(w, (link - 1) >> 2)
        link = after(w, link)


@kernel
def expect_arrival(w, line, at):
    """An item lies at a place now: arms that wait further down look again when it can be there."""
    h = w.header[0]
    link = int(w.line[line].waiter)
    while link:
        row, kind = (link - 1) >> 2, (link - 1) & 3
        e = w.entity[row]
        edge = 0
        if kind:
            a = w.arm[e.arm - 1]
            edge = NEVER if a.asleep else int(a.edge[kind - 1])
        if kind == 0 or at < edge:
            touch(w, row)
        else:
            tick = h.now + (at - edge) // int(w.line[line].speed)
            if h.phase != PHASE_BETWEEN:
                tick += 1
            if comes_later(w, row, tick):
                schedule(w, row, tick)
        link = after(w, link)


@kernel
def free_waiters(w, line):
    """Whoever waits for a line that is taken apart looks again."""
    while w.line[line].waiter:
        link = int(w.line[line].waiter)
        row, kind = (link - 1) >> 2, (link - 1) & 3
        leave_line(w, line, link)
        e = w.entity[row]
        if kind == 0:
            e.waits_line = 0
        else:
            w.arm[e.arm - 1].waits_lane[kind - 1] = 0
        touch(w, row)


# -- arms ------------------------------------------------------------------------------------------
@kernel
def wake_arm(w, row):
    """An arm that slept at a chest or machine joins the end of the update list."""
    h = w.header[0]
    a = w.arm[w.entity[row].arm - 1]
    unschedule(w, row)
    a.asleep = 0
    h.joins += 1
    a.join = h.joins
    touch(w, row)


@kernel
def next_watcher(w, link):
    row, side = (link - 1) >> 1, (link - 1) & 1
    return int(w.arm[w.entity[row].arm - 1].next_watcher[side])


@kernel
def latest_sleeper(o, index, best):
    """The arm over a tile that fell asleep last, if later than `best` (row or -1); else `best`."""
    link = int(o.tile[index].watcher)
    while link:
        row = (link - 1) >> 1
        a = o.arm[o.entity[row].arm - 1]
        if a.asleep == 1 and (best < 0 or a.slept > o.arm[o.entity[best].arm - 1].slept):
            best = row
        link = next_watcher(o, link)
    return best


@kernel
def touch_watchers(w, index, everyone):
    """Visit the arms that wait over a tile awake; ``everyone``: also those in mid-swing."""
    link = int(w.tile[index].watcher)
    while link:
        row = (link - 1) >> 1
        a = w.arm[w.entity[row].arm - 1]
        if (everyone or a.idle) and a.asleep != 1:
            touch(w, row)
        link = next_watcher(w, link)


@kernel
def wake_area(w, first, wide, high, everyone):
    """Something on an area of tiles has changed: visit the machines and arms that wait for that.

    Of sleeping arms those that fell asleep last are woken first, so the one that slept longest
    stands at the very end of the list and acts first. ``everyone``: arms in mid-swing look, too
    (what stands there is another thing now).
    """
    width = w.header[0].width
    watched = False
    for index in range(first, first + high * width, width):
        for at in range(index, index + wide):
            row = int(w.tile[at].waiter) - 1
            while row >= 0:
                touch(w, row)
                row = int(w.entity[row].next_waiter) - 1
            watched = watched or w.tile[at].watcher != 0
    while watched:
        best = -1
        for index in range(first, first + high * width, width):
            for at in range(index, index + wide):
                best = latest_sleeper(w, at, best)
        if best < 0:
            break
        wake_arm(w, best)
    if watched:
        for index in range(first, first + high * width, width):
            for at in range(index, index + wide):
                touch_watchers(w, at, everyone)


@kernel
def wake_tile(w, index):
    """Something on a tile has changed."""
    standing = int(w.tile[index].entity) - 1
    wake_area(w, index, 1, 1, standing < 0 or w.entity[standing].slots == 0)


@kernel
def watch(w, index, link):
    """Put an arm's end (link = 2 * row + side + 1) on the list of a tile."""
    row, side = (link - 1) >> 1, (link - 1) & 1
    w.arm[w.entity[row].arm - 1].next_watcher[side] = w.tile[index].watcher
    w.tile[index].watcher = link


@kernel
def unwatch(w, index, link):
    at = int(w.tile[index].watcher)
    follower = next_watcher(w, link)
    if at == link:
        w.tile[index].watcher = follower
        return
    while next_watcher(w, at) != link:
        at = next_watcher(w, at)
    row, side = (at - 1) >> 1, (at - 1) & 1
    w.arm[w.entity[row].arm - 1].next_watcher[side] = follower
