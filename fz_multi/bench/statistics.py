"""Statistics of repeated runs: interquartile mean, bootstrap and Wilson intervals, speed-up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95
Z = 1.959963984540054  # of 95 %


def interquartile_mean(values: Sequence[float] | np.ndarray) -> float:
    """Mean of the middle half: a quarter of the values, cut to a whole number, goes at each end.

    NaN without values.
    """
    x = np.sort(np.asarray(values, np.float64))
    if not len(x):
        return math.nan
    cut = len(x) // 4
    return float(x[cut : len(x) - cut].mean())


def bootstrap_interval(
    groups: Sequence[Sequence[float] | np.ndarray],
    statistic: Callable[[np.ndarray], float] = interquartile_mean,
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap of a statistic of all values, drawn again within each group.

    One group is the plain bootstrap, several (tasks) the stratified one. The draw is seeded, so the
    same values give the same interval. (NaN, NaN) without values.
    """
    rows = [np.asarray(group, np.float64) for group in groups if len(group)]
    if not rows:
        return math.nan, math.nan
    random = np.random.Generator(np.random.PCG64(seed))
    found = np.empty(resamples)
    for number in range(resamples):
        found[number] = statistic(
            np.concatenate([row[random.integers(len(row), size=len(row))] for row in rows])
        )
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(successes: int, runs: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson's score), which is sensible at 0 and 1 too."""
    if runs <= 0:
        return math.nan, math.nan
    share = successes / runs
    centre = share + Z * Z / (2 * runs)
    spread = Z * math.sqrt(share * (1 - share) / runs + Z * Z / (4 * runs * runs))
    scale = 1 + Z * Z / runs
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def speed_up(alone: Sequence[float], team: Sequence[float]) -> float:
    """T1 / Tn from paired times: the ratio of their sums. NaN without pairs."""
    if len(alone) != len(team):
        raise ValueError(f"times come in pairs, got {len(alone)} and {len(team)}")
    total = float(np.sum(team)) if len(team) else 0.0
    return float(np.sum(alone)) / total if total > 0 else math.nan
