"""Angles and distances of an arm's hand, in whole numbers that are the same on every machine.

An angle counts clockwise from north in 1/1,048,576,000 turn (a thousandth of a turn is 2^20), a
length in 1/104,857,600 tile (1/25,600 tile is 4,096). Both come from a point by the shift-and-add
method (CORDIC) and an integer root, so no platform's sine enters.
"""

from __future__ import annotations

import math

from .jit import kernel

THOUSANDTH = 1 << 20
TURN = 1000 * THOUSANDTH
TILE_LENGTH = 25_600 << 12
POSITION_LENGTH = 100 << 12  # 1/256 tile
_FINE = 12  # further bits while adding up

# Arcus tangent of 2^-k, k = 0 .. 33, in 2^-12 of the angle's unit.
_STEPS = (
    536870912000,
    316933405617,
    167458907371,
    85004756117,
    42667331056,
    21354465348,
    10679838360,
    5340245070,
    2670163277,
    1335086731,
    667544002,
    333772081,
    166886050,
    83443026,
    41721513,
    20860757,
    10430378,
    5215189,
    2607595,
    1303797,
    651899,
    325949,
    162975,
    81487,
    40744,
    20372,
    10186,
    5093,
    2546,
    1273,
    637,
    318,
    159,
    80,
)
_GAIN = 652_032_874  # 2^30 over the growth of a vector in all steps


@kernel
def angle_of(x, y):
    """Direction of a point (x east, y south), clockwise from north, 0 <= angle < TURN."""
    ax, ay = abs(x) << 32, abs(y) << 32
    # From the larger axis, 0 .. an eighth of a turn; then unfolded.
    steep = ay >= ax
    long, short = (ay, ax) if steep else (ax, ay)
    angle = 0
    for k in range(34):
        if short >= 0:
            long, short = long + (short >> k), short - (long >> k)
            angle += _STEPS[k]
        else:
            long, short = long - (short >> k), short + (long >> k)
            angle -= _STEPS[k]
    angle = (angle + (1 << (_FINE - 1))) >> _FINE
    if x == 0 or y == 0:
        angle = 0
    elif ax == ay:
        angle = TURN // 8
    if not steep:
        angle = TURN // 4 - angle  # from the y axis
    if y <= 0:
        return angle if x >= 0 else (TURN - angle) % TURN
    return TURN // 2 - angle if x >= 0 else TURN // 2 + angle


@kernel
def length_of(x, y):
    """Distance of a point given in 1/256 tile, in the unit of lengths, cut."""
    square = (x * x + y * y) * POSITION_LENGTH * POSITION_LENGTH
    root = int(math.sqrt(square))
    while root * root > square:
        root -= 1
    while (root + 1) * (root + 1) <= square:
        root += 1
    return root


@kernel
def point_at(angle, length):
    """The point (x east, y south) in 1/256 tile, rounded, at an angle and a length."""
    part = angle % TURN
    quarter = part // (TURN // 4)
    rest = (part - quarter * (TURN // 4)) << _FINE
    # Turn the vector (length, 0) by `rest`, at most a quarter: across = sine, along = cosine.
    along, across = (length * _GAIN) >> 24, 0  # 2^6 more than the length
    for k in range(34):
        if rest >= 0:
            along, across = along - (across >> k), across + (along >> k)
            rest -= _STEPS[k]
        else:
            along, across = along + (across >> k), across - (along >> k)
            rest += _STEPS[k]
    unit = POSITION_LENGTH << 6
    east = (2 * across + unit) // (2 * unit)
    north = (2 * along + unit) // (2 * unit)
    if quarter == 0:
        return east, -north
    if quarter == 1:
        return north, east
    if quarter == 2:
        return -east, north
    return -north, -east
