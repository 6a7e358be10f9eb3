"""Walking: strides, sliding past corners, creeping up to walls (mechanics 2.2, 2.3).

A stride is 38/256 tile a tick along an axis (measured) and 27/256 on each axis of a diagonal (the
truncated 0.15 * 0.7071 * 256; not measured). When the stride would touch something, the character
first tries to slide sideways past it (at most 179/256), else it creeps forward by the first of
19, 8, 7, ... 1 that is free. Diagonals that touch something walk along the free axis; that and
characters as obstacles are ours (docs/fidelity.md).
"""

from __future__ import annotations

from .constants import (
    ARRIVED,
    CHARACTER_HALF,
    KIND_BELT,
    NARROW_GAP,
    SLIDE_LIMIT,
    STRIDE,
    STRIDE_DIAGONAL,
    TILE,
)
from .jit import kernel, linked
from .space import blocked, entity_at, hit, is_open, is_open_around, obstruction

WALK_PATIENCE = 8  # ticks without coming nearer after which a walk to a point gives up
MAX_STEP_TICKS = 24
LONG_WAY = 4 * TILE  # the two sides of a way that is looked at as a whole


@kernel
def direction_step(direction):
    """Unit step (dx, dy) of one of the eight directions."""
    dx = 0
    dy = 0
    if 2 <= direction <= 6:
        dx = 1
    elif 10 <= direction <= 14:
        dx = -1
    if direction <= 2 or direction == 14:
        dy = -1
    elif 6 <= direction <= 10:
        dy = 1
    return dx, dy


@kernel
def step_direction(dx, dy):
    """The direction of a step by the signs of (dx, dy), or -1 for none."""
    if dx > 0:
        return 2 if dy < 0 else (6 if dy > 0 else 4)
    if dx < 0:
        return 14 if dy < 0 else (10 if dy > 0 else 12)
    return 0 if dy < 0 else (8 if dy > 0 else -1)


@kernel
def _slide(o, me, x, y, dx, dy, side, found, stride):
    """Step sideways past what stands ahead: (moved, x, y)."""
    along_x = dx != 0
    off = 0
    for _ in range(8):
        if along_x:
            need = (
                found[4] + CHARACTER_HALF + 1 - y if side > 0 else y - found[2] + CHARACTER_HALF + 1
            )
        else:
            need = (
                found[3] + CHARACTER_HALF + 1 - x if side > 0 else x - found[1] + CHARACTER_HALF + 1
            )
        off = max(off + 1, need)
        if off > SLIDE_LIMIT:
            return False, x, y
        px = x if along_x else x + side * off
        py = y + side * off if along_x else y
        found = blocked(o, me, px + dx * stride, py + dy * stride, px, py, along_x)
        if found[0] == 0:
            move = min(off, stride) * side
            nx = x if along_x else x + move
            ny = y + move if along_x else y
            if obstruction(o, me, nx, ny)[0] == 0:
                return True, nx, ny
            return False, x, y
    return False, x, y


@kernel
def _middle(o, me, x, y, found, along_x):
    """Twice the middle, across the walk, of what stands before (x, y).

    Obstacles in line with gaps under 128 act as one wall (mechanics 2.3).
    """
    half = CHARACTER_HALF
    if along_x:
        low, high = found[2], found[4]
    else:
        low, high = found[1], found[3]
    for _ in range(4):
        near = low - NARROW_GAP + 1
        if along_x:
            more = hit(o, me, x - half, near, x + half, low - 1, False)
        else:
            more = hit(o, me, near, y - half, low - 1, y + half, False)
        if more[0] == 0:
            break
        low = more[2] if along_x else more[1]
    for _ in range(4):
        near = high + NARROW_GAP - 1
        if along_x:
            more = hit(o, me, x - half, high + 1, x + half, near, False)
        else:
            more = hit(o, me, high + 1, y - half, near, y + half, False)
        if more[0] == 0:
            break
        high = more[4] if along_x else more[3]
    return low + high


@kernel
def _walk_axis(o, me, x, y, dx, dy, stride):
    """One tick of walking along an axis: (x, y, kind of obstacle that was met)."""
    along_x = dx != 0
    found = blocked(o, me, x + dx * stride, y + dy * stride, x, y, along_x)
    if found[0] == 0:
        return x + dx * stride, y + dy * stride, 0
    if stride != STRIDE_DIAGONAL:
        middle = _middle(o, me, x + dx * stride, y + dy * stride, found, along_x)
        offset = 2 * (y if along_x else x) - middle
        if offset != 0:
            moved, nx, ny = _slide(o, me, x, y, dx, dy, 1 if offset > 0 else -1, found, stride)
        else:
            first = 1 if along_x else -1
            moved, nx, ny = _slide(o, me, x, y, dx, dy, first, found, stride)
            if not moved:
                moved, nx, ny = _slide(o, me, x, y, dx, dy, -first, found, stride)
        if moved:
            return nx, ny, found[0]
    reach = stride >> 1
    while reach > 0:
        if blocked(o, me, x + dx * reach, y + dy * reach, x, y, along_x)[0] == 0:
            return x + dx * reach, y + dy * reach, found[0]
        reach = min(reach - 1, 8)
    return x, y, found[0]


@kernel
def _walk_step(o, me, x, y, direction):
    dx, dy = direction_step(direction)
    if dx == 0 or dy == 0:
        return _walk_axis(o, me, x, y, dx, dy, STRIDE)
    stride = STRIDE_DIAGONAL
    met = obstruction(o, me, x + dx * stride, y + dy * stride)[0]
    if met == 0:
        return x + dx * stride, y + dy * stride, 0
    nx, ny, _ = _walk_axis(o, me, x, y, dx, 0, stride)
    if nx != x:
        return nx, ny, met
    nx, ny, _ = _walk_axis(o, me, x, y, 0, dy, stride)
    return nx, ny, met


@linked("iOiiiii")
def packed_step(o, me, x, y, direction, stride):
    """`walk_step` (stride 0) or `carried` (a belt's speed) in one number."""
    if stride == 0:
        nx, ny, met = _walk_step(o, me, x, y, direction)
    else:
        dx, dy = direction_step(direction)
        nx, ny, met = _walk_axis(o, me, x, y, dx, dy, stride)
    return (nx - x + 512) * 65_536 + (ny - y + 512) * 16 + met


@kernel
def walk_step(o, me, x, y, direction):
    """One tick of walking: (x, y, kind of obstacle that was met, 0 = none; see `space.hit`)."""
    packed = packed_step(o, me, x, y, direction, 0)
    return x + packed // 65_536 - 512, y + packed % 65_536 // 16 - 512, packed % 16


@kernel
def carried(o, me, x, y):
    """Where the belt under a character's centre takes it in a tick: (x, y) (mechanics 2.4).

    The belt's speed in its direction, with the slide past obstacles of a walk. On a turn the belt's
    own direction counts (no measurement).
    """
    row = entity_at(o, x, y)
    if row < 0 or o.entity[row].kind != KIND_BELT:
        return x, y
    e = o.entity[row]
    packed = packed_step(o, me, x, y, int(e.direction), int(o.kinds[e.proto].speed))
    return x + packed // 65_536 - 512, y + packed % 65_536 // 16 - 512


@kernel
def note_way(w, o, me):
    """At the start of a walk to a point: note if no tile can be in its way (see `walk_way`)."""
    c = w.character[me]
    c.way_stamp = 0
    x0, x1 = min(c.x, c.target_x) - STRIDE, max(c.x, c.target_x) + STRIDE
    y0, y1 = min(c.y, c.target_y) - STRIDE, max(c.y, c.target_y) + STRIDE
    if x1 - x0 + y1 - y0 > LONG_WAY:
        return
    near = NARROW_GAP - CHARACTER_HALF
    if is_open_around(o, x0 - near, y0 - near, x1 + near, y1 + near):
        c.way[0], c.way[1], c.way[2], c.way[3] = x0, y0, x1, y1
        c.way_stamp = w.header[0].changed + 1


@kernel
def walk_way(w, me):
    """One tick of a walk on a way without obstacles, as `walk_step`; False when it may be none."""
    c = w.character[me]
    if c.way_stamp != w.header[0].changed + 1:
        return False
    dx, dy = direction_step(int(c.walk_direction))
    stride = STRIDE if dx == 0 or dy == 0 else STRIDE_DIAGONAL
    x, y = c.x + dx * stride, c.y + dy * stride
    if x < c.way[0] or x > c.way[2] or y < c.way[1] or y > c.way[3]:
        return False
    for other in range(w.header[0].characters):
        p = w.character[other]
        close = abs(p.x - x) <= NARROW_GAP and abs(p.y - y) <= NARROW_GAP
        if close and other != me and p.active:
            return False
    c.x, c.y = x, y
    return True


@kernel
def direction_to(x, y, tx, ty):
    """Direction to walk towards a point, or -1 when it is reached (within 19/256 on both axes)."""
    dx, dy = tx - x, ty - y
    return step_direction(
        0 if abs(dx) <= ARRIVED else dx,
        0 if abs(dy) <= ARRIVED else dy,
    )


@kernel
def is_clear_way(o, me, tx, ty):
    """Whether no entity stands under the way to a point, and nothing near it touches a walk."""
    c = o.character[me]
    x0, x1 = min(c.x, tx) - STRIDE, max(c.x, tx) + STRIDE
    y0, y1 = min(c.y, ty) - STRIDE, max(c.y, ty) + STRIDE
    if not is_open(o, x0 >> 8, y0 >> 8, x1 >> 8, y1 >> 8):
        return False
    near = NARROW_GAP - CHARACTER_HALF
    return hit(o, me, x0 - near, y0 - near, x1 + near, y1 + near, False)[0] == 0


@kernel
def can_walk_to(o, me, tx, ty):
    """Whether a walk to a point a tile away would arrive were the world to stand still."""
    core = CHARACTER_HALF - ARRIVED  # who has arrived covers at least this much around the point
    if hit(o, me, tx - core, ty - core, tx + core, ty + core, False)[0] != 0:
        return False
    if is_clear_way(o, me, tx, ty):
        return True
    c = o.character[me]
    x, y = c.x, c.y
    best = abs(tx - x) + abs(ty - y)
    patience = WALK_PATIENCE
    for _ in range(MAX_STEP_TICKS):
        direction = direction_to(x, y, tx, ty)
        if direction < 0:
            return True
        nx, ny, _ = walk_step(o, me, x, y, direction)
        if nx == x and ny == y:
            return False
        x, y = carried(o, me, nx, ny)
        distance = abs(tx - x) + abs(ty - y)
        if distance < best:
            best = distance
            patience = WALK_PATIENCE
        else:
            patience -= 1
            if patience == 0:
                return False
    return direction_to(x, y, tx, ty) < 0
