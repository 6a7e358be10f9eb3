"""Belts, read only: geometry, and what lies where on a lane (mechanics 5.2, 5.3).

Positions are in 1/256 tile from the downstream edge of a belt; lane 1 (index 0) is left of travel,
lane 2 (index 1) right. Consecutive lanes form a *line*; an item's place on it is its distance from
the line's end. The items of a line lie in one run of ``lane_item``, front to back. Those before
``line.head`` stand still and hold their place; those from ``head`` on move together: what is stored
is their place plus ``line.shift``, so a moving row costs one addition a tick.
"""

from __future__ import annotations

from typing import Any

from .jit import kernel

STRAIGHT, LEFT, RIGHT = 0, 1, 2  # shapes of a belt
SHAPE_NAMES = ("straight", "left", "right")
STRAIGHT_LENGTH = 256
OUTER_LENGTH = 295
INNER_LENGTH = 106
LANE_OFFSET = 60  # of a lane's centre from the belt's middle
OUTER_RADIUS = 188  # of a turn's lanes about the inner corner
INNER_RADIUS = 67
SPACING = 64  # between two items of a lane


@kernel
def lane_length(shape, lane):
    """Length of a lane of a belt: straight 256, on a turn 295 outside and 106 inside."""
    if shape == STRAIGHT:
        return STRAIGHT_LENGTH
    return INNER_LENGTH if (shape == LEFT) == (lane == 0) else OUTER_LENGTH


@kernel
def place(o, line, index):
    """Distance of an item from the end of its line."""
    s = o.line[line]
    at = int(o.lane_item[index].place)
    return at if index < s.head else at - s.shift


@kernel
def first_beyond(o, line, at):
    """Index of the frontmost item of a line that lies further from its end than `at`."""
    s = o.line[line]
    low, high = int(s.first), int(s.last)
    while low < high:
        middle = (low + high) >> 1
        if place(o, line, middle) <= at:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def lane_window(o, row, lane):
    """The items of one lane of a belt: (line, first index, last index, place of the near edge)."""
    b = o.belt[row]
    line = int(b.line[lane]) - 1
    start = int(b.start[lane])
    first = first_beyond(o, line, start - 1)
    last = first_beyond(o, line, start + lane_length(b.bend, lane) - 1)
    return line, first, last, start


@kernel
def turned(direction, x, y):
    """An offset that is given for north, turned to one of the four directions."""
    if direction == 4:
        return -y, x
    if direction == 8:
        return -x, -y
    if direction == 12:
        return y, -x
    return x, y


# Cosine of k / 16 of a quarter turn, in 1/65,536: where items of a turn lie between.
_COSINE = (
    65536,
    65220,
    64277,
    62714,
    60547,
    57798,
    54491,
    50660,
    46341,
    41576,
    36410,
    30893,
    25080,
    19024,
    12785,
    6424,
    0,
)


@kernel
def _cosine(part, whole):
    """Cosine of part / whole of a quarter turn in 1/65,536, by straight pieces."""
    scaled = part * 16
    k = scaled // whole
    if k >= 16:
        return 0
    low, high = _COSINE[k], _COSINE[k + 1]
    return low + (high - low) * (scaled - k * whole) // whole


@kernel
def item_offset(direction, shape, lane, at):
    """Where an item at a position lies, from the tile's centre: (dx, dy) in 1/256 tile.

    On a turn near quarter circles of radius 188 and 67 about the inner corner; the game's own
    points there follow no simple rounding of a circle (mechanics 5.3), so they may be off by one.
    """
    if shape == STRAIGHT:
        return turned(direction, -LANE_OFFSET if lane == 0 else LANE_OFFSET, at - 128)
    length = lane_length(shape, lane)
    radius = INNER_RADIUS if length == INNER_LENGTH else OUTER_RADIUS
    # Facing north, a right turn comes in from the east and bends about the corner (128, -128); a
    # left turn is its mirror image.
    along = (radius * _cosine(at, length) + 32768) >> 16
    up = (radius * _cosine(max(length - at, 0), length) + 32768) >> 16
    x, y = 128 - along, up - 128
    return turned(direction, x if shape == RIGHT else -x, y)


@kernel
def drop_lane(o, row, x, y):
    """Where on a belt (an entity) what is put down at a point lands: (lane, position).

    The half of the tile that holds the point, its middle counting as lane 2; on a turn the inner
    lane if the point is nearer to the inner corner, and half of the lane's length (mechanics 5.6).
    """
    b = o.entity[row]
    bend = int(o.belt[b.belt - 1].bend)
    dx, dy = x - b.x, y - b.y
    if b.direction == 4:
        dx, dy = dy, -dx
    elif b.direction == 8:
        dx, dy = -dx, -dy
    elif b.direction == 12:
        dx, dy = -dy, dx
    # Now the belt runs north: dx < 0 is left of travel, the downstream edge is at dy = -128.
    if bend == STRAIGHT:
        return (0 if dx < 0 else 1), dy + 128
    # A right turn's inner corner is (128, -128): nearer to it than to the opposite one.
    lane = (1 if dx > dy else 0) if bend == RIGHT else (0 if -dx > dy else 1)
    return lane, lane_length(bend, lane) // 2


def lane_contents(tables: Any, row: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Items of the belt in entity row `row`: for each lane [(item id, position)], front to back.

    ``tables``: the tables of one world (`Batch.tables`). Positions in 1/256 tile.
    """
    belt = tables.belt[int(tables.entity[row].belt) - 1]
    lanes: list[list[tuple[int, int]]] = []
    for lane in (0, 1):
        length = _length(int(belt.bend), lane)
        start = int(belt.start[lane])
        line = tables.line[int(belt.line[lane]) - 1]
        out = []
        for index in range(int(line.first), int(line.last)):
            item = tables.lane_item[index]
            at = int(item.place) - (int(line["shift"]) if index >= int(line.head) else 0) - start
            if 0 <= at < length:
                out.append((int(item.item_id), at))
        lanes.append(out)
    return lanes[0], lanes[1]


def _length(shape: int, lane: int) -> int:
    if shape == STRAIGHT:
        return STRAIGHT_LENGTH
    return INNER_LENGTH if (shape == LEFT) == (lane == 0) else OUTER_LENGTH
