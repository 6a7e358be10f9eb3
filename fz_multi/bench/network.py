"""The network of the reference learner, and its first layer for input that is mostly zero.

Of some 6,000 numbers of the tiles about a hundred are not zero, so `SparseRows` adds up the rows
of the weights that count, in a compiled loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numba
import numpy as np

try:
    import torch
    from torch import nn
except ImportError as error:  # pragma: no cover
    raise ImportError(
        "the reference learner needs PyTorch; it is in the extra `learner`: "
        "pip install 'fz-multi[learner]'"
    ) from error

NEVER = -1e9  # logit of an action that the mask forbids


@numba.njit(nogil=True, cache=True)
def _pack(words, tiles, start, index, value):  # type: ignore[no-untyped-def]
    """What is not zero, row by row: ``start`` of each row, ``index`` and ``value`` (254 = 1)."""
    n = 0
    for row in range(len(words)):
        start[row] = n
        for word in range(words.shape[1]):
            if words[row, word] == 0:
                continue
            for k in range(8 * word, 8 * word + 8):
                index[n] = k
                value[n] = np.float32(tiles[row, k]) * np.float32(1 / 254)
                n += tiles[row, k] != 0
    start[len(words)] = n


@numba.njit(nogil=True, cache=True)
def _take(starts, indices, values, which, start, index, value):  # type: ignore[no-untyped-def]
    for row in range(len(which)):
        at = starts[which[row]]
        for n in range(start[row], start[row + 1]):
            index[n], value[n] = indices[at], values[at]
            at += 1


@numba.njit(nogil=True, cache=True)
def _transpose(start, index, value, begin, row_of, value_of):  # type: ignore[no-untyped-def]
    """The same, column by column; ``begin`` [columns + 1] is zeroed."""
    for n in range(start[-1]):
        begin[index[n] + 1] += 1
    for column in range(1, len(begin)):
        begin[column] += begin[column - 1]
    for row in range(len(start) - 2, -1, -1):
        for n in range(start[row + 1] - 1, start[row] - 1, -1):
            begin[index[n] + 1] -= 1
            at = begin[index[n] + 1]
            row_of[at], value_of[at] = row, value[n]
    begin[:-1] = begin[1:]
    begin[-1] = start[-1]


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _add_up(start, index, value, lines, out, first, end):  # type: ignore[no-untyped-def]
    """``out[row]``: the sum of ``value * lines[index]`` of each row, from ``first`` to ``end``."""
    for row in range(first, end):
        mine = out[row]
        mine[:] = 0
        n, last = start[row], start[row + 1]
        while n + 4 <= last:  # four at a time: the sum is read and written a quarter as often
            a, b, c, d = value[n], value[n + 1], value[n + 2], value[n + 3]
            one, two = lines[index[n]], lines[index[n + 1]]
            three, four = lines[index[n + 2]], lines[index[n + 3]]
            for k in range(len(mine)):
                mine[k] += a * one[k] + b * two[k] + c * three[k] + d * four[k]
            n += 4
        while n < last:
            a, one = value[n], lines[index[n]]
            for k in range(len(mine)):
                mine[k] += a * one[k]
            n += 1


_POOL = ThreadPoolExecutor(8)


def _side_by_side(work: Any, size: int, *arrays: Any) -> None:
    """``work(*arrays, first, end)`` for equal parts of ``size``, one a thread of torch."""
    parts = max(1, min(torch.get_num_threads(), size // 32))
    edges = [size * k // parts for k in range(parts + 1)]
    *others, mine = itertools.pairwise(edges)
    jobs = [_POOL.submit(lambda a, b: work(*arrays, a, b), first, end) for first, end in others]
    work(*arrays, *mine)
    for job in jobs:
        job.result()


class Rows(NamedTuple):
    """Rows of numbers, mostly zero: row k has ``values`` in ``columns`` from ``starts[k]`` on."""

    starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray


def pack(tiles: np.ndarray) -> Rows:
    """Rows of uint8 [rows, n] (n a multiple of 8); 254 becomes 1."""
    words = tiles.view(np.uint64)
    size = 8 * np.count_nonzero(words)
    start, index = np.empty(len(tiles) + 1, np.int64), np.empty(size, np.int32)
    value = np.empty(size, np.float32)
    _pack(words, tiles, start, index, value)
    return Rows(start, index[: start[-1]], value[: start[-1]])


def take(rows: Rows, which: np.ndarray) -> Rows:
    """Some of the rows."""
    start = np.zeros(len(which) + 1, np.int64)
    np.cumsum(rows.starts[which + 1] - rows.starts[which], out=start[1:])
    index, value = np.empty(start[-1], np.int32), np.empty(start[-1], np.float32)
    _take(*rows, which, start, index, value)
    return Rows(start, index, value)


def as_tensors(inputs: Mapping[str, np.ndarray]) -> tuple[Rows, dict[str, torch.Tensor]]:
    """What the network takes, of arrays: the tiles packed, and the others by name."""
    others = {k: torch.from_numpy(v) for k, v in inputs.items() if k != "tiles"}
    return pack(inputs["tiles"]), others


class SparseRows(torch.autograd.Function):
    """``rows @ weights``."""

    @staticmethod
    def forward(ctx: Any, rows: Rows, weights: torch.Tensor) -> torch.Tensor:
        ctx.rows, ctx.shape = rows, weights.shape
        out = np.empty((len(rows.starts) - 1, weights.shape[1]), np.float32)
        _side_by_side(_add_up, len(out), *rows, weights.detach().numpy(), out)
        return torch.from_numpy(out)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> Any:  # type: ignore[override]
        start, index, given = ctx.rows
        size = start[-1]
        begin = np.zeros(ctx.shape[0] + 1, np.int64)
        row, value = np.empty(size, np.int32), np.empty(size, np.float32)
        _transpose(start, index, given, begin, row, value)
        out = np.empty(ctx.shape, np.float32)
        _side_by_side(_add_up, len(out), begin, row, value, slope.contiguous().numpy(), out)
        return None, torch.from_numpy(out)


class Net(nn.Module):
    """Logits and value of agents. ``state`` is 0 without a centralised critic."""

    def __init__(self, tiles: int, numbers: int, actions: int, state: int, hidden: int) -> None:
        super().__init__()
        half = hidden // 2
        self.tiles = nn.Parameter(torch.randn(tiles, hidden) * 0.1)
        self.numbers = nn.Linear(numbers, hidden)
        self.actor = nn.Sequential(nn.Linear(hidden, half), nn.ReLU(), nn.Linear(half, actions))
        self.state = nn.Linear(state, half) if state else None
        wide = hidden + (half if state else 0)
        self.critic = nn.Sequential(nn.Linear(wide, half), nn.ReLU(), nn.Linear(half, 1))
        last = {id(self.actor[-1]): 0.01, id(self.critic[-1]): 0.1}
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.orthogonal_(layer.weight, last.get(id(layer), 2**0.5))
                nn.init.zeros_(layer.bias)

    def forward(
        self,
        tiles: Rows,
        numbers: torch.Tensor,
        mask: torch.Tensor,
        state: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [rows, actions] and values [rows] (scaled), of `Features.inputs` and states."""
        seen = self.see(tiles, numbers)
        logits = self.actor(seen).masked_fill(mask == 0, NEVER)
        if self.state is not None:
            seen = torch.cat([seen, torch.relu(self.state(state))], 1)
        return logits, self.critic(seen)[:, 0]

    def see(self, tiles: Rows, numbers: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = SparseRows.apply(tiles, self.tiles)
        return torch.relu(added + self.numbers(numbers))

    def act(self, tiles: Rows, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits alone."""
        logits: torch.Tensor = self.actor(self.see(tiles, numbers)).masked_fill(mask == 0, NEVER)
        return logits


def draw(logps: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """An action of each row by its log probabilities, and that probability's logarithm."""
    total = np.exp(logps.astype(np.float64)).cumsum(1)
    point = random.random(len(logps)) * total[:, -1]
    action = (total <= point[:, None]).sum(1)
    return action, np.take_along_axis(logps, action[:, None], 1)[:, 0]
