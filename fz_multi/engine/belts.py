"""Transport belts: lines of lanes that move, stop, sleep and wake (mechanics 5).

Consecutive lanes of one tier are a line (lanes.py says how its items are kept). A tick of a line
that moves costs one addition, whatever lies on it; work is done where an item stops, is let go,
leaves, or has been squeezed.

Rules, all measured on the yellow belt: an item comes nearer by the belt's speed unless the one
ahead would be less than 64 away; the front of a line stops at exactly 0. A gap that was squeezed
below 64 opens again: the rear item stands meanwhile. A line in which nothing moved sleeps; it wakes
when an item enters or leaves it, when its belts change, and, in the same tick, when the line that
its front waits for moves. Lines move in last-woken-first order, each after the one it runs into.

A lane's belts are one line from the moment they are built; the game merges young belts later
(docs/fidelity.md). Between belts of two tiers the front passes as far as there is room (our rule).
"""

from __future__ import annotations

from .constants import NEVER
from .jit import kernel, linked
from .lanes import SPACING, first_beyond, place
from .waits import expect_arrival, touch_waiters

JOINS_NOTHING, JOINS_END, JOINS_SIDE, JOINS_ITSELF = 0, 1, 2, 3
ENTRY_UPSTREAM, ENTRY_DOWNSTREAM = 188, 67  # where a sideload enters (geometry would say 68)


# -- sleeping and waking ---------------------------------------------------------------------------
@kernel
def wake_line(w, line):
    """Let a line move from the next round on; it becomes the first in the order."""
    h = w.header[0]
    s = w.line[line]
    if s.awake:
        return
    s.awake = 1
    h.wakings += 1
    s.woken = h.wakings
    s.older = h.newest_line
    s.newer = 0
    if h.newest_line:
        w.line[h.newest_line - 1].newer = line + 1
    h.newest_line = line + 1
    touch_waiters(w, line)


@kernel
def sleep_line(w, line):
    h = w.header[0]
    s = w.line[line]
    if not s.awake:
        return
    s.awake = 0
    if s.newer:
        w.line[s.newer - 1].older = s.older
    else:
        h.newest_line = s.older
    if s.older:
        w.line[s.older - 1].newer = s.newer
    # `older` stays: a round that goes through this line finds the rest of the order behind it.


# -- items of a line -------------------------------------------------------------------------------
@kernel
def spread_squeeze(s, index):
    """Note that the gap before an item may be less than 64."""
    if s.squeeze_to <= s.squeeze_from:
        s.squeeze_from, s.squeeze_to = index, index + 1
    else:
        s.squeeze_from = min(s.squeeze_from, index)
        s.squeeze_to = max(s.squeeze_to, index + 1)


@kernel
def let_go(w, line, index):
    """Items from an index on no longer stand: from now on they move when they can."""
    s = w.line[line]
    for at in range(index, s.head):
        w.lane_item[at].place += s.shift
    if index < s.head:
        for at in range(max(index, s.first + 1), s.head):
            if w.lane_item[at].place - w.lane_item[at - 1].place < SPACING or at == index:
                spread_squeeze(s, at)
        s.head = index


@kernel
def rebase(w, line):
    """Move the items of a line to the beginning of its run."""
    s = w.line[line]
    by = s.first - s.run
    if by == 0:
        return
    for at in range(s.first, s.last):
        w.lane_item[at - by].item_id = w.lane_item[at].item_id
        w.lane_item[at - by].place = w.lane_item[at].place
    s.first -= by
    s.last -= by
    s.head -= by
    s.squeeze_from = max(s.squeeze_from - by, s.first)
    s.squeeze_to -= by


@kernel
def put_in(w, line, index, at, item):
    """Put an item into a line at a place; False when its run is full (never seen)."""
    s = w.line[line]
    if s.last - s.run >= s.room:
        by = s.first - s.run
        if by == 0:
            return False
        rebase(w, line)
        index -= by
    let_go(w, line, index)
    for k in range(s.last, index, -1):
        w.lane_item[k].item_id = w.lane_item[k - 1].item_id
        w.lane_item[k].place = w.lane_item[k - 1].place
    s.last += 1
    if s.squeeze_to > s.squeeze_from:
        if s.squeeze_from >= index:
            s.squeeze_from += 1
        if s.squeeze_to > index:
            s.squeeze_to += 1
    w.lane_item[index].item_id = item
    w.lane_item[index].place = at + s.shift
    if index > s.first and at - place(w, line, index - 1) < SPACING:
        spread_squeeze(s, index)
    if index + 1 < s.last and place(w, line, index + 1) - at < SPACING:
        spread_squeeze(s, index + 1)
    expect_arrival(w, line, at)
    wake_line(w, line)
    return True


@kernel
def take_out(w, line, index):
    """Take an item off a line; returns the item. Those behind it move from the next tick on."""
    s = w.line[line]
    item = int(w.lane_item[index].item_id)
    if index < s.head:
        let_go(w, line, index)
        touch_waiters(w, line)
    for k in range(index, s.last - 1):
        w.lane_item[k].item_id = w.lane_item[k + 1].item_id
        w.lane_item[k].place = w.lane_item[k + 1].place
    s.last -= 1
    if s.squeeze_to > s.squeeze_from:
        if s.squeeze_from > index:
            s.squeeze_from -= 1
        if s.squeeze_to > index:
            s.squeeze_to -= 1
    wake_line(w, line)
    return item


# -- putting items on ------------------------------------------------------------------------------
@kernel
def landing(o, line, entry, speed, early):
    """Where an item that is put on a line at an entry point lands: (place, index), place < 0 = not.

    The rule of mechanics 5.5: the item is put down and moved once; ``early`` is where on its own
    lane the item of a sideload was (0 for arms and drills). Within 64 behind an item it is put
    64 behind it, and so on; 64 past the entry it waits.
    """
    s = o.line[line]
    at = entry - speed + early
    index = first_beyond(o, line, entry)
    if index > s.first and place(o, line, index - 1) + SPACING > at:
        at = place(o, line, index - 1) + SPACING
        while index < s.last and place(o, line, index) - at < SPACING:
            at = place(o, line, index) + SPACING
            index += 1
    if at >= entry + SPACING or at >= s.length:
        return -1, index
    return at, index


@kernel
def lane_accepts(o, row, lane, position):
    """Whether an arm or a drill can put an item on a lane of a belt at a position now."""
    b = o.belt[row]
    line = int(b.line[lane]) - 1
    entry = int(b.start[lane]) + position
    return landing(o, line, entry, int(o.line[line].speed), 0)[0] >= 0


@kernel
def put_on_lane(w, row, lane, position, item):
    """Put an item on a lane of a belt; False when there is no room."""
    b = w.belt[row]
    line = int(b.line[lane]) - 1
    entry = int(b.start[lane]) + position
    at, index = landing(w, line, entry, int(w.line[line].speed), 0)
    if at < 0:
        return False
    return put_in(w, line, index, max(at, 0), item)


# -- one tick of a line ----------------------------------------------------------------------------
@kernel
def leave(w, line, early):
    """The front of a line, at ``early`` < speed before this tick, passes on. True when it could."""
    s = w.line[line]
    item = int(w.lane_item[s.first].item_id)
    target = int(s.target) - 1
    if s.joins == JOINS_SIDE:
        at, index = landing(w, target, int(s.entry), int(s.speed), early)
        return at >= 0 and put_in(w, target, index, at, item)
    if s.joins == JOINS_END:
        t = w.line[target]
        at = early - s.speed + t.length
        if t.last > t.first:
            at = max(at, place(w, target, int(t.last) - 1) + SPACING)
        return at < t.length and put_in(w, target, int(t.last), at, item)
    return False


@kernel
def stop_at(o, line):
    """How near to the end of its line the front may come while it cannot leave."""
    s = o.line[line]
    if s.joins == JOINS_END:
        t = o.line[s.target - 1]
        if t.last > t.first:
            last = place(o, int(s.target) - 1, int(t.last) - 1)
            return max(last + SPACING - int(t.length), 0)
    return 0


@kernel
def go_round(w, line):
    """The front of a loop passes its seam and becomes the last."""
    s = w.line[line]
    at = w.lane_item[s.first].place - s.shift + s.length
    item = w.lane_item[s.first].item_id
    s.first += 1
    s.head = s.first
    if s.last - s.run >= s.room:
        rebase(w, line)
    k = int(s.last)
    w.lane_item[k].item_id = item
    w.lane_item[k].place = at + s.shift
    s.last += 1
    if k > s.first and at - place(w, line, k - 1) < SPACING:
        spread_squeeze(s, k)


@kernel
def pop_front(w, line):
    s = w.line[line]
    s.first += 1
    s.head = max(s.head, s.first)
    s.squeeze_from = max(s.squeeze_from, s.first)


@kernel
def advance_front(w, line):
    """Let items that move leave at the end of their line, or stop there. True when one moved."""
    s = w.line[line]
    moved = False
    while s.first < s.last and s.head == s.first:
        at = w.lane_item[s.first].place - s.shift
        if s.joins == JOINS_ITSELF:
            if at >= 0:
                break
            go_round(w, line)
            moved = True
            continue
        low = stop_at(w, line)
        if at >= low and at >= 0:
            break
        if at < 0 and leave(w, line, at + s.speed):
            pop_front(w, line)
            moved = True
            continue
        low = stop_at(w, line)
        before = at + s.speed
        now = min(before, low)
        if now < before:
            moved = True
        w.lane_item[s.first].place = now
        s.head += 1
    return moved


@kernel
def close_up(w, line):
    """Items that reach the standing ones stop behind them. True when one moved."""
    s = w.line[line]
    moved = False
    while s.first < s.head < s.last:
        limit = w.lane_item[s.head - 1].place + SPACING
        at = w.lane_item[s.head].place - s.shift
        if at >= limit:
            break
        before = at + s.speed
        now = min(before, limit)
        if now < before:
            moved = True
        w.lane_item[s.head].place = now
        s.head += 1
    return moved


@kernel
def hold_back(w, line):
    """Items that were squeezed stand until there are 64 before them."""
    s = w.line[line]
    k = max(max(s.squeeze_from, s.head), s.first + 1)
    to = s.squeeze_to
    s.squeeze_from, s.squeeze_to = 0, 0
    held = False
    while k < s.last and (k < to or held):
        limit = place(w, line, k - 1) + SPACING
        at = w.lane_item[k].place - s.shift
        held = at < limit
        if held:
            now = min(min(at + s.speed, limit), s.length - 1)  # behind the seam of a loop
            w.lane_item[k].place = now + s.shift
            if now < limit:
                spread_squeeze(s, k)
        k += 1


@kernel
def step_line(w, line):
    """One tick of a line; True when something on it moved."""
    s = w.line[line]
    if s.first == s.last:
        return False
    moved = False
    if s.head > s.first:
        at = int(w.lane_item[s.first].place)
        if at < s.speed and s.joins != JOINS_NOTHING and leave(w, line, at):
            pop_front(w, line)
            let_go(w, line, int(s.first))
            touch_waiters(w, line)
            moved = True
        elif at > stop_at(w, line):
            let_go(w, line, int(s.first))
    s.shift += s.speed
    if advance_front(w, line):
        moved = True
    if close_up(w, line):
        moved = True
    if s.squeeze_to > s.squeeze_from:
        hold_back(w, line)
    if s.head < s.last:
        moved = True
    if s.shift > 1 << 29:
        settle_shift(w, line)
    return moved


@kernel
def settle_shift(w, line):
    """Keep stored places small."""
    s = w.line[line]
    for k in range(s.head, s.last):
        w.lane_item[k].place -= s.shift
    s.shift = 0


@linked("iWii")
def move_line(w, line, tick):
    """Move a line, after the lines that it runs into, and at once those that waited for it.

    Lines that are still to be moved form a stack by ``next_moving``; ``moved`` marks those that
    have had their turn, or are on it.
    """
    top = line + 1
    w.line[line].next_moving = 0
    w.line[line].moved = tick
    while top:
        at = top - 1
        s = w.line[at]
        ahead = int(s.target)
        if ahead and w.line[ahead - 1].awake and w.line[ahead - 1].moved < tick:
            w.line[ahead - 1].moved = tick
            w.line[ahead - 1].next_moving = top
            top = ahead
            continue
        top = int(s.next_moving)
        if not step_line(w, at):
            sleep_line(w, at)
            continue
        feeder = int(s.feeder)
        while feeder:
            f = w.line[feeder - 1]
            if not f.awake and f.first < f.last and f.moved < tick:
                wake_line(w, feeder - 1)
                f.moved = tick
                f.next_moving = top
                top = feeder
            feeder = int(f.next_feeder)
    return 0


@kernel
def belts_tick(w, tick):
    """Move every line that is awake, the last woken first; those woken meanwhile come next time."""
    h = w.header[0]
    line, latest = int(h.newest_line), int(h.wakings)
    while line:
        s = w.line[line - 1]
        if s.awake and s.moved < tick and s.woken <= latest:
            move_line(w, line - 1, tick)
        line = int(s.older)


# -- who waits for a line --------------------------------------------------------------------------
@kernel
def next_arrival(o, line, edge):
    """Ticks until the next item of a line can be nearer to its end than `edge`; NEVER = not yet."""
    s = o.line[line]
    index = first_beyond(o, line, edge - 1)
    if index >= s.last and s.joins == JOINS_ITSELF and s.last > s.first:
        return (place(o, line, int(s.first)) + s.length - edge) // int(s.speed) + 1
    if index >= s.last or index < s.head:
        return NEVER
    return (place(o, line, index) - edge) // int(s.speed) + 1
