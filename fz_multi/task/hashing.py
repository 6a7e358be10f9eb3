"""SHA-256 in compiled code: what `hashlib` computes for `draw.hashed` and `MapInstance.layout`.

``state`` is int64[8], each a word of 32 bits. `sha256` works on a row of bytes in place, so the row
needs `PADDING` bytes behind the text. Where the processor has instructions for SHA-256 they are
used (six times as fast); the plain kernel gives the same numbers.
"""

from __future__ import annotations

import math
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

from fz_multi.engine.jit import jit_enabled, kernel

M32 = 0xFFFFFFFF
BLOCK = 64
PADDING = 72  # bytes that `sha256` may write behind the text


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


# The first 32 bits of the fractions of the cube and square roots of the first primes (FIPS 180-4).
ROUND = np.array([_cube_root(prime << 96) & M32 for prime in _primes(64)], np.int64)
START = np.array([math.isqrt(prime << 64) & M32 for prime in _primes(8)], np.int64)


@kernel
def plain_blocks(state, data, start, blocks):
    """Take blocks of 64 bytes into a hash."""
    w = np.zeros(64, np.int64)
    used = 0  # whether the last block left anything but zeros in w
    for block in range(blocks):
        at = start + 64 * block
        last, used = used, 0
        for t in range(16):
            i = at + 4 * t
            w[t] = (
                (int(data[i]) << 24)
                | (int(data[i + 1]) << 16)
                | (int(data[i + 2]) << 8)
                | int(data[i + 3])
            )
            used |= w[t]
        # A word written twice side by side turns into a rotated one by a single shift.
        for t in range(16, 64 if used | last else 16):  # most of a map is zeros
            p, q = w[t - 15], w[t - 2]
            pp, qq = p | (p << 32), q | (q << 32)
            s0 = ((pp >> 7) ^ (pp >> 18) ^ (p >> 3)) & M32
            s1 = ((qq >> 17) ^ (qq >> 19) ^ (q >> 10)) & M32
            w[t] = (w[t - 16] + s0 + w[t - 7] + s1) & M32
        a, b, c, d = state[0], state[1], state[2], state[3]
        e, f, g, h = state[4], state[5], state[6], state[7]
        for t in range(64):
            ee, aa = e | (e << 32), a | (a << 32)
            one = h + (((ee >> 6) ^ (ee >> 11) ^ (ee >> 25)) & M32)
            one += (g ^ (e & (f ^ g))) + ROUND[t] + w[t]
            two = (((aa >> 2) ^ (aa >> 13) ^ (aa >> 22)) & M32) + ((a & b) | (c & (a | b)))
            h, g, f, e = g, f, e, (d + one) & M32
            d, c, b, a = c, b, a, (one + two) & M32
        state[0] = (state[0] + a) & M32
        state[1] = (state[1] + b) & M32
        state[2] = (state[2] + c) & M32
        state[3] = (state[3] + d) & M32
        state[4] = (state[4] + e) & M32
        state[5] = (state[5] + f) & M32
        state[6] = (state[6] + g) & M32
        state[7] = (state[7] + h) & M32


# -- the instructions of x86 -----------------------------------------------------------------------
I32, I64 = ir.IntType(32), ir.IntType(64)
WORDS = ir.VectorType(I32, 4)
BYTES = ir.VectorType(ir.IntType(8), 16)
ORDER = (5, 4, 1, 0, 7, 6, 3, 2)  # the words of a hash in the two registers: F E B A, H G D C


def _mask(*places: int) -> ir.Constant:
    return ir.Constant(ir.VectorType(I32, len(places)), list(places))


def _words(values: Any) -> ir.Constant:
    return ir.Constant(WORDS, [int(value) for value in values])


@intrinsic
def _quick_blocks(typing_context: Any, state: Any, data: Any, start: Any, blocks: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def operation(name: str, *operands: Any) -> Any:
            kind = ir.FunctionType(WORDS, [WORDS] * len(operands))
            function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.{name}")
            return builder.call(function, operands)

        def shuffled(one: Any, two: Any, *places: int) -> Any:
            return builder.shuffle_vector(one, two, _mask(*places))

        words = context.make_array(signature.args[0])(context, builder, args[0]).data
        text = context.make_array(signature.args[1])(context, builder, args[1]).data
        places = [builder.gep(words, [ir.Constant(I64, place)]) for place in ORDER]
        halves = []
        for first in (0, 4):
            half: Any = ir.Constant(WORDS, ir.Undefined)
            for lane in range(4):
                word = builder.trunc(builder.load(places[first + lane]), I32)
                half = builder.insert_element(half, word, ir.Constant(I32, lane))
            halves.append(cgutils.alloca_once_value(builder, half))
        backwards = _mask(*(4 * word + 3 - byte for word in range(4) for byte in range(4)))
        with cgutils.for_range(builder, args[3]) as loop:
            at = builder.add(args[2], builder.mul(loop.index, ir.Constant(I64, BLOCK)))
            w = []
            for quarter in range(4):
                place = builder.gep(text, [builder.add(at, ir.Constant(I64, 16 * quarter))])
                some = builder.load(builder.bitcast(place, BYTES.as_pointer()), align=1)
                some = builder.shuffle_vector(some, some, backwards)
                w.append(builder.bitcast(some, WORDS))
            for group in range(4, 16):
                some = operation("sha256msg1", w[group - 4], w[group - 3])
                some = builder.add(some, shuffled(w[group - 2], w[group - 1], 1, 2, 3, 4))
                w.append(operation("sha256msg2", some, w[group - 1]))
            old = [builder.load(half) for half in halves]
            abef, cdgh = old
            for group in range(16):
                add = builder.add(w[group], _words(ROUND[4 * group : 4 * group + 4]))
                cdgh = operation("sha256rnds2", cdgh, abef, add)
                add = shuffled(add, add, 2, 3, 2, 3)
                abef = operation("sha256rnds2", abef, cdgh, add)
            for half, before, after in zip(halves, old, (abef, cdgh), strict=True):
                builder.store(builder.add(before, after), half)
        for first, half in zip((0, 4), halves, strict=True):
            value = builder.load(half)
            for lane in range(4):
                word = builder.extract_element(value, ir.Constant(I32, lane))
                builder.store(builder.zext(word, I64), places[first + lane])
        return context.get_dummy_value()

    return types.void(state, data, types.int64, types.int64), codegen


@kernel
def quick_blocks(state, data, start, blocks):
    """`plain_blocks` by the processor's own instructions."""
    _quick_blocks(state, data, start, blocks)


def has_instructions() -> bool:
    """Whether compiled code may use the instructions for SHA-256."""
    if not jit_enabled() or any(getattr(config, name) for name in ("CPU_NAME", "CPU_FEATURES")):
        return False
    features = llvm.get_host_cpu_features()
    return bool(features.get("sha") and features.get("sse4.1"))


take_blocks = quick_blocks if has_instructions() else plain_blocks


@kernel
def sha256(state, data, length):
    """Hash the first ``length`` bytes of a row into ``state``. Writes behind them (`PADDING`)."""
    end = (length + 72) & ~63
    for i in range(length, end):
        data[i] = 0
    data[length] = 128
    bits = 8 * length
    for i in range(8):
        data[end - 1 - i] = (bits >> (8 * i)) & 255
    for i in range(8):
        state[i] = START[i]
    take_blocks(state, data, 0, end >> 6)
