import math

import numpy as np
import pytest
from pydantic import TypeAdapter

from scenarios.distributions import Estimate, Work
from scenarios.work import FOREVER_US, estimates_us, spans_us, work_of

HOUR = 3_600_000_000


def a_work(find=None, **section):
    return work_of(TypeAdapter(Work).validate_python(section), "w", find)


def an_estimate(**section):
    return TypeAdapter(Estimate).validate_python(section)


KINDS = {
    "exponential": {"kind": "exponential", "mean_h": 6.0},
    "lognormal": {"kind": "lognormal", "mean_h": 6.0, "sigma": 1.2},
}


@pytest.mark.parametrize("section", KINDS.values(), ids=KINDS)
def test_mean_h_is_the_arithmetic_mean(section):
    spans = a_work(**section).drawer(1)(400_000) / HOUR
    assert abs(spans.mean() - 6) < 3.3 * spans.std() / math.sqrt(len(spans))


def test_sigma_is_that_of_the_logarithm():
    spans = a_work(**KINDS["lognormal"]).drawer(1)(400_000)
    assert np.log(spans).std() == pytest.approx(1.2, rel=0.01)


@pytest.mark.parametrize("section", KINDS.values(), ids=KINDS)
def test_spans_are_the_same_whatever_the_portions(section):
    work = a_work(**section)
    draw = work.drawer(3)
    parts = np.concatenate([draw(n) for n in (1, 5, 0, 94)])
    assert np.array_equal(parts, work.drawer(3)(100))


def test_fixed_work_and_work_for_ever_are_not_random():
    fixed, forever = a_work(kind="fixed", mean_h=0.5), a_work(kind="forever")
    assert fixed.drawer(1)(2).tolist() == [HOUR // 2, HOUR // 2]
    assert forever.drawer(1)(1).tolist() == [FOREVER_US]
    assert not fixed.random
    assert not forever.random


def test_empirical_work_draws_the_spans_of_a_file(tmp_path):
    (tmp_path / "runs.csv").write_text("job,run_h\n1,2\n2,4\n")
    work = a_work(
        lambda name: tmp_path / name, kind="empirical", file="runs.csv", column="run_h"
    )
    spans = work.drawer(1)(1000)
    assert set(spans.tolist()) == {2 * HOUR, 4 * HOUR}
    assert work.mean_us == 3 * HOUR


def test_a_span_is_at_least_one_microsecond():
    assert spans_us(np.array([0.0, 1e-15, 1.0])).tolist() == [1, 1, HOUR]


def test_users_declare_the_mean_the_truth_or_a_multiple_of_it():
    work_us = np.array([10, 20], dtype=np.int64)
    assert estimates_us(None, work_us, 15).tolist() == [15, 15]
    assert estimates_us(an_estimate(kind="exact"), work_us, 15).tolist() == [10, 20]
    assert estimates_us(an_estimate(kind="factor", factor=2.5), work_us, 15).tolist() == [
        25,
        50,
    ]


def test_a_multiple_of_for_ever_is_for_ever():
    work_us = np.array([FOREVER_US], dtype=np.int64)
    assert estimates_us(an_estimate(kind="factor", factor=4.0), work_us, 0)[0] == FOREVER_US
