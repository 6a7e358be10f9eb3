"""`draw.Draw` in compiled code: numpy's SeedSequence and the raw stream of its PCG64, in int64.

A stream is int64[`STREAM`]: state and increment, 128 bits each, in limbs of 26 bits from the lowest
up. (Products of two limbs and their sums stay within 63 bits, so plain Python computes the same.)
Sources: O'Neill's PCG XSL-RR 128/64 and seed_seq_fe, as numpy has them; numpy keeps both for good.
"""

from __future__ import annotations

import numpy as np

from fz_multi.engine.jit import kernel
from fz_multi.task.draw import Draw

STREAM = 10
LIMB = 26
LIMBS = 5
M26, M24, M32 = (1 << 26) - 1, (1 << 24) - 1, (1 << 32) - 1

_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
MUL0, MUL1, MUL2, MUL3, MUL4 = ((_MULTIPLIER >> (LIMB * i)) & M26 for i in range(LIMBS))
# Of numpy's SeedSequence.
INIT_A, MULT_A = 0x43B0D7E5, 0x931E8875
INIT_B, MULT_B = 0x8B51F9DD, 0x58F38DED
MIX_LEFT, MIX_RIGHT = 0xCA01F9DD, 0x4973F715
POOL = 4


# -- 32-bit arithmetic -----------------------------------------------------------------------------
@kernel
def times(a, b):
    """The low 32 bits of a product."""
    return (a * (b & 0xFFFF) + (((a * (b >> 16)) & 0xFFFF) << 16)) & M32


@kernel
def stirred(value, constant, multiplier):
    """A word hashed by a constant: (the word, the next constant)."""
    value = value ^ constant
    constant = times(constant, multiplier)
    value = times(value, constant)
    return value ^ (value >> 16), constant


@kernel
def mixed(a, b):
    value = (times(MIX_LEFT, a) - times(MIX_RIGHT, b)) & M32
    return value ^ (value >> 16)


# -- the stream ------------------------------------------------------------------------------------
@kernel
def advance(s):
    """One step of the generator: state * multiplier + increment, modulo 2^128."""
    a, b, c, d, e = s[0], s[1], s[2], s[3], s[4]
    t = a * MUL0 + s[5]
    s[0] = t & M26
    t = (t >> LIMB) + a * MUL1 + b * MUL0 + s[6]
    s[1] = t & M26
    t = (t >> LIMB) + a * MUL2 + b * MUL1 + c * MUL0 + s[7]
    s[2] = t & M26
    t = (t >> LIMB) + a * MUL3 + b * MUL2 + c * MUL1 + d * MUL0 + s[8]
    s[3] = t & M26
    t = (t >> LIMB) + a * MUL4 + b * MUL3 + c * MUL2 + d * MUL1 + e * MUL0 + s[9]
    s[4] = t & M24


@kernel
def output(s):
    """What the state shows: 64 bits, as two words (high, low)."""
    low = ((s[0] | (s[1] << 26)) ^ ((s[2] >> 12) | (s[3] << 14))) & M32
    high = ((s[1] >> 6) | (s[2] << 20)) & M32 ^ ((s[3] >> 18) | (s[4] << 8))
    turn = s[4] >> 18
    if turn & 32:
        high, low = low, high
    turn = turn & 31
    return (
        ((high >> turn) | (low << (32 - turn))) & M32,
        ((low >> turn) | (high << (32 - turn))) & M32,
    )


@kernel
def put_limbs(s, at, w3, w2, w1, w0):
    """Write 128 bits, given as words from the highest down, as limbs."""
    s[at] = w0 & M26
    s[at + 1] = ((w0 >> 26) | (w1 << 6)) & M26
    s[at + 2] = ((w1 >> 20) | (w2 << 12)) & M26
    s[at + 3] = ((w2 >> 14) | (w3 << 18)) & M26
    s[at + 4] = w3 >> 8


@kernel
def start_stream(s, digest):
    """A stream from the 256 bits of a hash (int64[8], the highest word first): ``Draw(number)``."""
    words = 8
    while words > 1 and digest[8 - words] == 0:
        words -= 1
    constant = INIT_A
    for i in range(POOL):
        s[i], constant = stirred(digest[7 - i] if i < words else 0, constant, MULT_A)
    for source in range(POOL):
        for target in range(POOL):
            if source != target:
                value, constant = stirred(s[source], constant, MULT_A)
                s[target] = mixed(s[target], value)
    for source in range(POOL, words):
        for target in range(POOL):
            value, constant = stirred(digest[7 - source], constant, MULT_A)
            s[target] = mixed(s[target], value)
    p0, p1, p2, p3 = s[0], s[1], s[2], s[3]
    constant = INIT_B
    a0, constant = stirred(p0, constant, MULT_B)
    a1, constant = stirred(p1, constant, MULT_B)
    a2, constant = stirred(p2, constant, MULT_B)
    a3, constant = stirred(p3, constant, MULT_B)
    b0, constant = stirred(p0, constant, MULT_B)
    b1, constant = stirred(p1, constant, MULT_B)
    b2, constant = stirred(p2, constant, MULT_B)
    b3, constant = stirred(p3, constant, MULT_B)
    # Numbers of 64 bits, low word first; of two such the high one first. The increment is odd.
    n3, n2, n1, n0 = b1, b0, b3, b2
    put_limbs(
        s,
        5,
        ((n3 << 1) | (n2 >> 31)) & M32,
        ((n2 << 1) | (n1 >> 31)) & M32,
        ((n1 << 1) | (n0 >> 31)) & M32,
        ((n0 << 1) | 1) & M32,
    )
    for i in range(LIMBS):
        s[i] = 0
    advance(s)
    c0, c1, c2, c3, c4 = s[0], s[1], s[2], s[3], s[4]
    put_limbs(s, 0, a1, a0, a3, a2)
    t = s[0] + c0
    s[0] = t & M26
    t = (t >> LIMB) + s[1] + c1
    s[1] = t & M26
    t = (t >> LIMB) + s[2] + c2
    s[2] = t & M26
    t = (t >> LIMB) + s[3] + c3
    s[3] = t & M26
    s[4] = ((t >> LIMB) + s[4] + c4) & M24
    advance(s)


@kernel
def below(s, n):
    """A whole number from 0 to n - 1 (n up to 2^31)."""
    advance(s)
    high, _ = output(s)
    return (high * n) >> 32


@kernel
def between(s, low, high):
    """A whole number from low to high, both included."""
    return low + below(s, high - low + 1)


@kernel
def next_seed(s):
    """A seed for the next episode, below 2^63."""
    advance(s)
    high, low = output(s)
    return (high << 31) | (low >> 1)


# -- to and from Python ----------------------------------------------------------------------------
def stream_of(draw: Draw) -> np.ndarray:
    """The stream of a `Draw`, as it stands: int64[`STREAM`]."""
    numbers = draw.state["state"]
    limbs = [
        (int(numbers[key]) >> (LIMB * i)) & M26 for key in ("state", "inc") for i in range(LIMBS)
    ]
    return np.array(limbs, np.int64)


def draw_of(stream: np.ndarray) -> Draw:
    """A `Draw` that goes on where a stream stands."""
    state, increment = (
        sum(int(limb) << (LIMB * i) for i, limb in enumerate(part))
        for part in (stream[:LIMBS], stream[LIMBS:])
    )
    draw = Draw(0)
    numbers = {"state": state, "inc": increment}
    draw.state = {"bit_generator": "PCG64", "state": numbers, "has_uint32": 0, "uinteger": 0}
    return draw
