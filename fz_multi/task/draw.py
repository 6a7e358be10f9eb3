"""Drawing from a seed, the same on every machine and with every version of numpy.

A map is drawn from ``sha256(split, task, version, seed)``: the hash seeds a PCG64, and only its raw
64-bit stream is used (numpy keeps that stream for good, while methods of `Generator` may change).
"""

from __future__ import annotations

import hashlib
import operator
from typing import Any

import numpy as np

SPLITS = ("train", "eval")


def check_seed(seed: Any) -> int:
    """A seed as a Python int. Any whole number from 0 up will do; ValueError otherwise."""
    try:
        if isinstance(seed, bool | np.bool_):
            raise TypeError
        number = operator.index(seed)
    except TypeError:
        raise ValueError(f"a seed is a whole number from 0 up, got {seed!r}") from None
    if number < 0:
        raise ValueError(f"a seed is a whole number from 0 up, got {number}")
    return number


def check_split(split: Any) -> str:
    """The name of a split, "train" or "eval"; ValueError otherwise."""
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}; allowed: {', '.join(SPLITS)}")
    return str(split)


def hashed(*parts: object) -> int:
    """SHA-256 of some texts and numbers, as a number of 256 bits."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


class Draw:
    """A stream of whole numbers. ``state`` can be kept and put back."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1 (n up to 2^32)."""
        return (int(self._bits.random_raw()) >> 32) * n >> 32

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def seed(self) -> int:
        """A seed for the next episode, below 2^63."""
        return int(self._bits.random_raw()) >> 1

    def shuffled(self, things: list[Any]) -> list[Any]:
        """The things in a random order (a new list)."""
        out = list(things)
        for last in range(len(out) - 1, 0, -1):
            other = self.below(last + 1)
            out[last], out[other] = out[other], out[last]
        return out

    @property
    def state(self) -> dict[str, Any]:
        return dict(self._bits.state)

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._bits.state = value  # type: ignore[assignment]
