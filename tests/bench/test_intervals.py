"""Student's t over seeds: known values, the edges, and coverage."""

import numpy as np
import pytest

from bench.intervals import estimate, interval, paired

NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "half"),
    [  # half width = t(0.975, n - 1) * s / sqrt(n), t from printed tables
        pytest.param([1, 3], 12.706, id="two"),
        pytest.param([1, 2, 3, 4, 5], 2.77645 * 2.5**0.5 / 5**0.5, id="five"),
    ],
)
def test_interval_agrees_with_printed_tables(values, half):
    mean, low, high = interval(values)
    assert mean == np.mean(values)
    assert (high - low) / 2 == pytest.approx(half, rel=1e-4)
    assert (high + low) / 2 == pytest.approx(mean)


def test_one_value_has_no_interval():
    found = estimate([4.0])
    assert (found.mean, found.n) == (4.0, 1)
    assert np.isnan([found.low, found.high]).all()
    assert not found.certain


@pytest.mark.parametrize("values", [[], [NAN, NAN]])
def test_nothing_has_no_mean(values):
    assert estimate(values).n == 0
    assert np.isnan(estimate(values).mean)


def test_undefined_values_are_left_out():
    assert estimate([1.0, NAN, 3.0]) == estimate([1.0, 3.0])


def test_pairs_see_through_what_both_share():
    luck = np.random.default_rng(1).normal(0, 100, 10)
    found = paired(luck, luck + 1 + np.random.default_rng(2).normal(0, 0.1, 10))
    assert found.certain
    assert found.low <= 1 <= found.high


def test_pairs_must_be_pairs():
    with pytest.raises(ValueError, match="pairs wanted: 1 values against 2"):
        paired([1.0], [1.0, 2.0])


def test_a_level_may_be_asked_for():
    _, low, high = interval([1, 2, 4], level=0.999)
    _, inner_low, inner_high = interval([1, 2, 4])
    assert low < inner_low < inner_high < high


def test_ninety_five_of_a_hundred_intervals_hold_the_truth():
    rng = np.random.default_rng(5)
    held = sum(
        low <= 3 <= high
        for _, low, high in (interval(rng.normal(3, 1, 5)) for _ in range(2_000))
    )
    assert 0.93 < held / 2_000 < 0.97
