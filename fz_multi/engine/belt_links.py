"""How belts join: shapes, lines, and what becomes of both when a belt is built, turned or removed.

A belt is straight when one feeds it from behind, or from both sides, or from none; fed from exactly
one side it is a turn (mechanics 5.4). Its lanes go on to those of the belt that they run into from
behind or on a turn; into a straight belt from the side they are sideloads; head-on they end.

A change takes the lines around it apart, lets the belts find their shapes, and puts the lines
together again. On a lane whose belt was turned, or has another length now, an item at p of L comes
to floor(p * (L_new - 1) / L) (measured for a turned belt).
"""

from __future__ import annotations

import numpy as np

from .belts import (
    ENTRY_DOWNSTREAM,
    ENTRY_UPSTREAM,
    JOINS_END,
    JOINS_ITSELF,
    JOINS_NOTHING,
    JOINS_SIDE,
    sleep_line,
    wake_line,
)
from .constants import KIND_BELT
from .jit import kernel, linked
from .lanes import LEFT, RIGHT, STRAIGHT, lane_length
from .space import tile_at, tile_index
from .waits import free_waiters

NOTHING, GOES_ON, FROM_RIGHT, FROM_LEFT = 0, 1, 2, 3  # what a belt's end does
NEAR = 13  # tiles within two steps of one


@kernel
def near_tile(number):
    """One of the 13 tiles within two steps: (dx, dy)."""
    steps = (
        (0, 0),
        (0, -1),
        (1, 0),
        (0, 1),
        (-1, 0),
        (0, -2),
        (1, -1),
        (2, 0),
        (1, 1),
        (0, 2),
        (-1, 1),
        (-2, 0),
        (-1, -1),
    )
    return steps[number]


@kernel
def ahead(direction):
    """Unit step of one of the four directions."""
    if direction == 0:
        return 0, -1
    if direction == 4:
        return 1, 0
    if direction == 8:
        return 0, 1
    return -1, 0


@kernel
def belt_on(o, tx, ty):
    """Row + 1 of the belt on a tile, 0 = none."""
    index = tile_index(o.header, tx, ty)
    if index < 0:
        return 0
    row = int(o.tile[index].entity) - 1
    if row < 0 or o.entity[row].kind != KIND_BELT:
        return 0
    return int(o.entity[row].belt)


@kernel
def direction_of(o, belt):
    return int(o.entity[o.belt[belt].entity - 1].direction)


@kernel
def speed_of(o, belt):
    return int(o.kinds[o.entity[o.belt[belt].entity - 1].proto].speed)


@kernel
def tile_of(o, belt):
    e = o.entity[o.belt[belt].entity - 1]
    return int(e.x) >> 8, int(e.y) >> 8


@kernel
def feeds(o, tx, ty, direction):
    """Row + 1 of the belt on a tile if it runs in a direction, else 0."""
    belt = belt_on(o, tx, ty)
    if belt and direction_of(o, belt - 1) == direction:
        return belt
    return 0


@kernel
def find_bend(o, belt):
    """Shape of a belt by its feeders."""
    tx, ty = tile_of(o, belt)
    direction = direction_of(o, belt)
    dx, dy = ahead(direction)
    if feeds(o, tx - dx, ty - dy, direction):
        return STRAIGHT
    # (-dy, dx) is to the right of (dx, dy); what stands there must run to the left.
    from_right = feeds(o, tx - dy, ty + dx, (direction + 12) % 16)
    from_left = feeds(o, tx + dy, ty - dx, (direction + 4) % 16)
    if from_right and not from_left:
        return RIGHT
    if from_left and not from_right:
        return LEFT
    return STRAIGHT


@kernel
def find_next(o, belt):
    """What a belt runs into: (row + 1, how)."""
    tx, ty = tile_of(o, belt)
    direction = direction_of(o, belt)
    dx, dy = ahead(direction)
    other = belt_on(o, tx + dx, ty + dy)
    if other == 0:
        return 0, NOTHING
    its = direction_of(o, other - 1)
    if its == direction:
        return other, GOES_ON
    if (its + 8) % 16 == direction:
        return 0, NOTHING
    if o.belt[other - 1].bend != STRAIGHT:
        return other, GOES_ON
    return other, (FROM_LEFT if (its + 4) % 16 == direction else FROM_RIGHT)


@kernel
def same_line(o, belt, other):
    """Whether the lanes of a belt and of the one that it goes on to are one line."""
    return speed_of(o, belt) == speed_of(o, other)


# -- taking lines apart ----------------------------------------------------------------------------
@kernel
def leave_feeders(w, line):
    """Take a line off the list of those that run into its target."""
    s = w.line[line]
    target = int(s.target) - 1
    if target < 0:
        return
    at = int(w.line[target].feeder) - 1
    if at == line:
        w.line[target].feeder = s.next_feeder
    else:
        while int(w.line[at].next_feeder) - 1 != line:
            at = int(w.line[at].next_feeder) - 1
        w.line[at].next_feeder = s.next_feeder
    s.target, s.next_feeder = 0, 0


@kernel
def free_line(w, line):
    h = w.header[0]
    sleep_line(w, line)
    s = w.line[line]
    s.length = 0
    s.first, s.last = 0, 0
    s.next_free = h.line_free
    h.line_free = line + 1


@kernel
def unravel(w, line, belts, held, items, count):
    """Take a line apart: its belts to the list, its items to the scratch table.

    ``belts`` int64[.]: rows; ``held`` int64[., 2, 2]: first and number of each lane's items;
    ``items`` int64[., 2]: item, position on its belt. Returns the number of items so far.
    """
    h = w.header[0]
    s = w.line[line]
    lane = int(s.lane)
    belt = int(s.front)
    k = int(s.first)
    for _ in range(s.belts):
        b = w.belt[belt]
        if b.mark == 0:
            belts[h.marked] = belt
            h.marked += 1
            b.mark = h.marked
            held[b.mark - 1, :, :] = 0
        mark = int(b.mark) - 1
        start = int(b.start[lane])
        end = start + lane_length(b.bend, lane)
        held[mark, lane, 0] = count
        while k < s.last:
            at = w.lane_item[k].place - (s.shift if k >= s.head else 0)
            if at >= end:
                break
            items[count, 0] = w.lane_item[k].item_id
            items[count, 1] = at - start
            count += 1
            k += 1
        held[mark, lane, 1] = count - held[mark, lane, 0]
        b.line[lane] = 0
        belt = int(b.behind) - 1
    return count


# -- putting lines together ------------------------------------------------------------------------
@kernel
def compact(w):
    """Move the runs of all lines together at the beginning of the table."""
    h = w.header[0]
    total = 0
    for line in range(h.line_top):
        total += w.line[line].last - w.line[line].first
    copy = np.empty((total, 2), np.int64)
    at = 0
    for line in range(h.line_top):
        s = w.line[line]
        for k in range(s.first, s.last):
            copy[at, 0] = w.lane_item[k].item_id
            copy[at, 1] = w.lane_item[k].place
            at += 1
    at = 0
    top = 0
    for line in range(h.line_top):
        s = w.line[line]
        if s.length == 0:
            continue
        by = s.first - top
        s.run = top
        for k in range(s.last - s.first):
            w.lane_item[top + k].item_id = copy[at, 0]
            w.lane_item[top + k].place = copy[at, 1]
            at += 1
        s.first -= by
        s.last -= by
        s.head -= by
        s.squeeze_from = max(s.squeeze_from - by, s.first)
        s.squeeze_to = max(s.squeeze_to - by, s.first)
        top += s.room
    h.lane_top = top


@kernel
def new_line(w, length):
    """A line with room for its items; returns its row."""
    h = w.header[0]
    line = int(h.line_free) - 1
    if line >= 0:
        h.line_free = w.line[line].next_free
    else:
        line = int(h.line_top)
        h.line_top += 1
    room = (5 * length + 255) // 256 + 3
    if h.lane_top + room > w.lane_item.shape[0]:
        compact(w)
    s = w.line[line]
    s.length = length
    s.run, s.room = h.lane_top, room
    h.lane_top += room
    s.first, s.last, s.head = s.run, s.run, s.run
    s.squeeze_from, s.squeeze_to, s.shift = 0, 0, 0
    s.moved = 0
    s.awake, s.older, s.newer = 0, 0, 0
    s.target, s.entry, s.joins, s.feeder, s.next_feeder = 0, 0, JOINS_NOTHING, 0, 0
    s.waiter, s.next_free = 0, 0
    return line


@kernel
def front_of(o, belt, lane):
    """The belt at the end of the line through a belt: (row, whether it is a loop).

    A loop ends at the downstream edge of its oldest belt (mechanics 5.9).
    """
    at = belt
    oldest = belt
    while True:
        b = o.belt[at]
        if b.joins != GOES_ON or not same_line(o, at, int(b.next) - 1):
            return at, False
        at = int(b.next) - 1
        if at == belt:
            return oldest, True
        if o.entity[o.belt[at].entity - 1].unit < o.entity[o.belt[oldest].entity - 1].unit:
            oldest = at


@kernel
def build_line(w, belt, lane, held, items):
    """Make the line through a lane of a belt and fill it from the scratch table; returns it."""
    front, ring = front_of(w, belt, lane)
    length, belts, at = 0, 0, front
    while True:
        b = w.belt[at]
        b.start[lane] = length
        length += lane_length(b.bend, lane)
        belts += 1
        behind = int(b.behind) - 1
        if behind < 0 or behind == front or not same_line(w, behind, at):
            break
        at = behind
    line = new_line(w, length)
    s = w.line[line]
    s.lane, s.front, s.belts = lane, front, belts
    s.speed = speed_of(w, front)
    s.joins = JOINS_ITSELF if ring else JOINS_NOTHING
    at = front
    for _ in range(belts):
        b = w.belt[at]
        b.line[lane] = line + 1
        mark = int(b.mark) - 1
        if mark >= 0:
            for k in range(held[mark, lane, 0], held[mark, lane, 0] + held[mark, lane, 1]):
                if s.last - s.run < s.room:
                    w.lane_item[s.last].item_id = items[k, 0]
                    w.lane_item[s.last].place = b.start[lane] + items[k, 1]
                    s.last += 1
                else:
                    w.stat[items[k, 0]].removed += 1  # a run is never that full
        at = int(b.behind) - 1
    s.squeeze_from, s.squeeze_to = s.first, s.last
    return line


@kernel
def aim_line(w, line):
    """Find out what a line runs into."""
    s = w.line[line]
    if s.joins == JOINS_ITSELF:
        return
    b = w.belt[s.front]
    lane = int(s.lane)
    if b.joins == NOTHING:
        s.joins = JOINS_NOTHING
        return
    other = w.belt[b.next - 1]
    if b.joins == GOES_ON:
        s.joins = JOINS_END
        s.target = other.line[lane]
    else:
        s.joins = JOINS_SIDE
        right = b.joins == FROM_RIGHT
        near = 1 if right else 0
        s.target = other.line[near]
        upstream = right == (lane == 0)
        s.entry = other.start[near] + (ENTRY_UPSTREAM if upstream else ENTRY_DOWNSTREAM)
    s.next_feeder = w.line[s.target - 1].feeder
    w.line[s.target - 1].feeder = line + 1


@kernel
def rescale(w, belt, lane, before, held, items):
    """Items of a lane that was `before` long find their places on the length that it has now."""
    b = w.belt[belt]
    after = lane_length(b.bend, lane)
    mark = int(b.mark) - 1
    for k in range(held[mark, lane, 0], held[mark, lane, 0] + held[mark, lane, 1]):
        items[k, 1] = items[k, 1] * (after - 1) // before


@linked("iWiii")
def rewire(w, row, direction, remove):
    """Belt `row` (an entity) has been built; or is turned to `direction` >= 0; or is to go.

    The caller takes a removed belt's own items first.
    """
    h = w.header[0]
    e = w.entity[row]
    own = int(e.belt) - 1
    tx, ty = int(e.x) >> 8, int(e.y) >> 8
    lines = np.empty(2 * NEAR, np.int64)
    size, total = 0, 0
    for number in range(NEAR):
        dx, dy = near_tile(number)
        belt = belt_on(w, tx + dx, ty + dy) - 1
        for lane in range(2):
            line = int(w.belt[belt].line[lane]) - 1 if belt >= 0 else -1
            known = line < 0
            for k in range(size):
                known = known or lines[k] == line
            if not known:
                lines[size] = line
                size += 1
                total += w.line[line].last - w.line[line].first
    belts = np.empty(h.belts, np.int64)
    held = np.empty((h.belts, 2, 2), np.int64)
    items = np.empty((total, 2), np.int64)
    orphans = np.empty(2 * h.belts + 1, np.int64)
    h.marked = 0
    count, lost = 0, 0
    for k in range(size):
        count = unravel(w, int(lines[k]), belts, held, items, count)
    for k in range(size):
        line = int(lines[k])
        free_waiters(w, line)
        leave_feeders(w, line)
        while w.line[line].feeder:
            orphan = int(w.line[line].feeder) - 1
            leave_feeders(w, orphan)
            orphans[lost] = orphan
            lost += 1
    for k in range(size):
        free_line(w, int(lines[k]))
        for other in range(lost):
            if orphans[other] == lines[k]:
                orphans[other] = -1
    if w.belt[own].mark == 0 and not remove:
        belts[h.marked] = own
        h.marked += 1
        w.belt[own].mark = h.marked
        held[h.marked - 1, :, :] = 0
    if remove:
        w.tile[tile_at(w.header, e.x, e.y)].entity = 0
    if direction >= 0:
        e.direction = direction
    find_links(w, tx, ty, own if direction >= 0 else -1, held, items)
    if remove and w.belt[own].mark:
        belts[w.belt[own].mark - 1] = -1
    build_lines(w, belts, held, items, orphans, lost)
    return 0


@kernel
def find_links(w, tx, ty, turned, held, items):
    """Shapes and joins of the belts around a tile; items move where a length has changed."""
    for number in range(NEAR):
        dx, dy = near_tile(number)
        belt = belt_on(w, tx + dx, ty + dy) - 1
        if belt < 0:
            continue
        b = w.belt[belt]
        before = int(b.bend)
        b.bend = find_bend(w, belt)
        if b.mark and (b.bend != before or belt == turned):
            for lane in range(2):
                rescale(w, belt, lane, lane_length(before, lane), held, items)
    for number in range(NEAR):
        dx, dy = near_tile(number)
        belt = belt_on(w, tx + dx, ty + dy) - 1
        if belt >= 0:
            b = w.belt[belt]
            b.next, b.joins = find_next(w, belt)
    for number in range(NEAR):
        dx, dy = near_tile(number)
        belt = belt_on(w, tx + dx, ty + dy) - 1
        if belt >= 0:
            w.belt[belt].behind = find_behind(w, belt)


@kernel
def find_behind(o, belt):
    """Row + 1 of the belt whose lanes go on to those of a belt, 0 = none."""
    tx, ty = tile_of(o, belt)
    direction = direction_of(o, belt)
    dx, dy = ahead(direction)
    bend = int(o.belt[belt].bend)
    if bend == RIGHT:
        return feeds(o, tx - dy, ty + dx, (direction + 12) % 16)
    if bend == LEFT:
        return feeds(o, tx + dy, ty - dx, (direction + 4) % 16)
    return feeds(o, tx - dx, ty - dy, direction)


@kernel
def build_lines(w, belts, held, items, orphans, lost):
    """Make the lines of the belts that have none; then each finds what it runs into, and wakes."""
    h = w.header[0]
    made = np.empty(2 * h.marked, np.int64)
    size = 0
    for k in range(h.marked):
        belt = int(belts[k])
        for lane in range(2):
            if belt >= 0 and w.belt[belt].line[lane] == 0:
                made[size] = build_line(w, belt, lane, held, items)
                size += 1
    for k in range(size):
        aim_line(w, int(made[k]))
    for k in range(lost):
        if orphans[k] >= 0:
            aim_line(w, int(orphans[k]))
    for k in range(size):
        wake_line(w, int(made[k]))
    for k in range(h.marked):
        if belts[k] >= 0:
            w.belt[belts[k]].mark = 0
    h.marked = 0


# -- belts as entities -----------------------------------------------------------------------------
@kernel
def add_belt(w, row):
    """The lanes of a belt that has just been put on the map."""
    h = w.header[0]
    belt = int(h.belt_free) - 1
    if belt >= 0:
        h.belt_free = w.belt[belt].next_free
    else:
        belt = int(h.belt_top)
        h.belt_top += 1
    h.belts += 1
    b = w.belt[belt]
    b.entity = row + 1
    b.bend = STRAIGHT
    b.next, b.joins, b.behind, b.mark, b.next_free = 0, NOTHING, 0, 0, 0
    b.line[0], b.line[1], b.start[0], b.start[1] = 0, 0, 0, 0
    w.entity[row].belt = belt + 1
    rewire(w, row, -1, 0)


@kernel
def drop_belt(w, row):
    """Take the lanes of a belt off the map, with what lies on them."""
    h = w.header[0]
    e = w.entity[row]
    rewire(w, row, -1, 1)
    belt = int(e.belt) - 1
    b = w.belt[belt]
    b.entity, b.mark = 0, 0
    b.next_free = h.belt_free
    h.belt_free = belt + 1
    h.belts -= 1
    e.belt = 0
