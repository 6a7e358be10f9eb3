"""Statistics against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fz_multi.bench.statistics import (
    bootstrap_interval,
    interquartile_mean,
    speed_up,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], 3.0),
        ([1, 2], 1.5),
        ([0, 1, 2, 100], 1.5),  # one goes at each end
        ([100, 0, 2, 1], 1.5),
        ([0, 0, 0, 1, 1], 1 / 3),  # 5 // 4 = 1 at each end: 0, 0, 1
        ([0, 0, 1, 1, 1, 1, 9, 9], 1.0),
    ],
)
def test_interquartile_mean(values: list[float], expected: float):
    assert interquartile_mean(values) == pytest.approx(expected)


def test_nothing_has_no_mean():
    assert math.isnan(interquartile_mean([]))
    assert all(math.isnan(end) for end in bootstrap_interval([[]]))
    assert math.isnan(speed_up([], []))
    assert all(math.isnan(end) for end in wilson_interval(0, 0))


def test_bootstrap_of_equal_values_is_a_point():
    assert bootstrap_interval([[0.5] * 7]) == (0.5, 0.5)


def test_bootstrap_is_seeded_and_contains_the_statistic():
    values = np.random.default_rng(1).random(40)
    one, two = bootstrap_interval([values]), bootstrap_interval([values])
    assert one == two
    assert one[0] < interquartile_mean(values) < one[1]
    assert bootstrap_interval([values], seed=1) != one


def test_bootstrap_of_a_mean_is_as_wide_as_it_must_be():
    values = np.random.default_rng(2).normal(size=400)
    low, high = bootstrap_interval([values], lambda x: float(x.mean()))
    expected = 2 * 1.96 * values.std() / math.sqrt(len(values))
    assert high - low == pytest.approx(expected, rel=0.1)


def test_groups_are_drawn_within_themselves():
    # Two tasks of one value each: their mean cannot vary, while a plain bootstrap of both would.
    mean = lambda x: float(x.mean())  # noqa: E731
    assert bootstrap_interval([[0.0] * 5, [1.0] * 5], mean) == (0.5, 0.5)
    low, high = bootstrap_interval([[0.0] * 5 + [1.0] * 5], mean)
    assert low < 0.5 < high


@pytest.mark.parametrize(
    ("successes", "runs", "expected"),
    [
        (100, 100, (0.96300, 1.0)),
        (0, 10, (0.0, 0.27754)),
        (5, 10, (0.23659, 0.76341)),
    ],
)
def test_wilson_interval(successes: int, runs: int, expected: tuple[float, float]):
    assert wilson_interval(successes, runs) == pytest.approx(expected, abs=1e-4)


def test_speed_up_is_the_ratio_of_the_sums():
    assert speed_up([600, 300], [300, 150]) == 2.0
    assert speed_up([100], [200]) == 0.5
    with pytest.raises(ValueError, match="pairs"):
        speed_up([1, 2], [1])
