import math
from datetime import datetime, timedelta

import numpy as np
import pytest
from pydantic import TypeAdapter

from scenarios.arrivals import arrivals_of
from scenarios.distributions import Arrivals
from scenarios.problems import ScenarioError
from scenarios.shapes_of_week import Burst, hours_into_week, week_shape

HOUR = 3_600_000_000
WEEK = 168 * HOUR
MONDAY = datetime.fromisoformat("2026-03-02")
THURSDAY = MONDAY + timedelta(days=3, hours=13, minutes=20)


def an_arrival(start=MONDAY, **section):
    return arrivals_of(TypeAdapter(Arrivals).validate_python(section), start, "w", None)


def times(arrivals, until_us=WEEK, seed=1, size=4096):
    blocks = list(arrivals.blocks(seed, until_us, size))
    return np.concatenate([np.zeros(0, dtype=np.int64), *blocks])


KINDS = {
    "poisson": {"kind": "poisson", "per_h": 40.0},
    "office poisson": {"kind": "poisson", "per_h": 40.0, "shape": "office-hours"},
    "gamma": {"kind": "gamma", "per_h": 40.0, "cv": 2.5},
    "bursts": {
        "kind": "gamma",
        "per_h": 40.0,
        "cv": 0.5,
        "shape": "daily",
        "bursts": {"per_week": 3.0, "factor": 6.0, "hours": 5.0},
    },
    "fixed": {"kind": "fixed", "every_s": 97.3},
    "batch": {"kind": "batch", "at": ("22:00", "06:30"), "jobs": 40, "over_h": 30.0},
}


@pytest.mark.parametrize("section", KINDS.values(), ids=KINDS)
def test_the_same_instants_come_whatever_the_block_size(section):
    arrivals = an_arrival(THURSDAY, **section)
    whole = times(arrivals, 2 * WEEK, size=65_536)
    assert len(whole) > 100
    for size in (1, 7, 1000):
        assert np.array_equal(times(arrivals, 2 * WEEK, size=size), whole)


@pytest.mark.parametrize("section", KINDS.values(), ids=KINDS)
def test_stopping_earlier_only_cuts_the_end_off(section):
    arrivals = an_arrival(THURSDAY, **section)
    whole = times(arrivals, 2 * WEEK)
    for until_us in (0, 1, HOUR, 30 * HOUR + 1, WEEK, int(whole[50])):
        assert np.array_equal(times(arrivals, until_us), whole[whole < until_us])


@pytest.mark.parametrize("section", KINDS.values(), ids=KINDS)
def test_instants_are_whole_sorted_and_not_before_the_start(section):
    whole = times(an_arrival(THURSDAY, **section), 2 * WEEK)
    assert whole.dtype == np.int64
    assert whole[0] >= 0
    assert (np.diff(whole) >= 0).all()


@pytest.mark.parametrize("name", ["poisson", "office poisson", "gamma", "bursts"])
def test_the_mean_count_is_the_rate_times_the_time(name):
    arrivals = an_arrival(THURSDAY, **KINDS[name])
    for until_us in (WEEK * 4, HOUR * 50):
        counts = np.array([len(times(arrivals, until_us, seed)) for seed in range(200)])
        error = counts.std(ddof=1) / math.sqrt(len(counts))
        assert abs(counts.mean() - arrivals.expected(until_us)) < 3.3 * error


def test_per_h_is_the_mean_over_a_week_of_every_shape():
    for shape in ("flat", "office-hours", "daily", "weekly", tuple(range(168))):
        for start in (MONDAY, THURSDAY):
            arrivals = an_arrival(start, kind="poisson", per_h=3.0, shape=shape)
            assert arrivals.expected(WEEK) == pytest.approx(3 * 168, rel=1e-12)


def test_bursts_come_on_top_of_per_h():
    bursts = {"per_week": 2.0, "factor": 5.0, "hours": 3.0}
    arrivals = an_arrival(kind="poisson", per_h=3.0, bursts=bursts)
    covered = 1 - math.exp(-2 * 3 / 168)
    assert arrivals.expected(WEEK) == pytest.approx(504 * (1 + 4 * covered), rel=1e-12)
    assert Burst(2.0, 5.0, 3.0).mean_factor == pytest.approx(1 + 4 * covered)


@pytest.mark.parametrize(
    ("hour", "weight"),
    [(0, 0.07), (8.4, 0.07), (8.6, 1), (9.6, 1.5), (11.5, 1), (12.5, 0.6), (14.2, 1), (15, 1.5),
     (16.5, 1), (17.6, 0.07), (4 * 24 + 10, 1.5), (5 * 24 + 10, 0.2), (167.9, 0.2)],
)  # fmt: skip
def test_office_hours_have_the_weights_of_the_contract(hour, weight):
    shape = week_shape("office-hours")
    scale = shape.at(np.array([8.6]))[0]
    assert shape.at(np.array([hour]))[0] / scale == pytest.approx(weight)


def test_a_shape_of_168_numbers_starts_on_monday():
    numbers = tuple(float(i == 24 * 3 + 14) for i in range(168))  # Thursday 14:00 to 15:00
    arrivals = an_arrival(THURSDAY, kind="poisson", per_h=1.0, shape=numbers)
    found = times(arrivals, WEEK) / HOUR
    assert len(found) > 100
    assert ((found >= 40 / 60 - 1e-9) & (found <= 100 / 60 + 1e-9)).all()


def test_daily_repeats_the_office_day_and_weekly_levels_the_days():
    daily, weekly = week_shape("daily"), week_shape("weekly")
    assert daily.at(np.array([10.0]))[0] == daily.at(np.array([5 * 24 + 10.0]))[0]
    assert weekly.at(np.array([3.0]))[0] * 0.2 == pytest.approx(weekly.at(np.array([150.0]))[0])


def test_hours_into_the_week():
    assert hours_into_week(THURSDAY) == pytest.approx(3 * 24 + 13 + 1 / 3)


def test_poisson_gaps_vary_as_much_as_they_are_long_and_gamma_gaps_by_cv():
    for section, cv in ((KINDS["poisson"], 1.0), (KINDS["gamma"], 2.5)):
        gaps = np.diff(times(an_arrival(**section), 100 * WEEK))
        assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.02)


def test_fixed_arrivals_are_multiples_of_the_step():
    arrivals = an_arrival(kind="fixed", every_s=0.1)
    assert times(arrivals, 1_000_000).tolist() == [k * 100_000 for k in range(10)]
    assert arrivals.expected(1_000_000) == 10
    assert not arrivals.random


def test_batch_jobs_come_evenly_over_their_window():
    arrivals = an_arrival(kind="batch", at=("22:00",), jobs=4, over_h=2.0, days="workdays")
    hours = times(arrivals) / HOUR
    assert hours.tolist() == [24 * d + 22 + k / 2 for d in range(5) for k in range(4)]
    assert arrivals.expected(WEEK) == 20


def test_a_batch_window_that_opened_before_the_start_reaches_into_it():
    start = MONDAY + timedelta(hours=25)
    arrivals = an_arrival(start, kind="batch", at=("22:00",), jobs=4, over_h=6.0)
    assert (times(arrivals, 21 * HOUR) / HOUR).tolist() == [0.0, 1.5]


def test_month_ends_and_weekends_are_days_of_the_calendar():
    ends = an_arrival(
        MONDAY - timedelta(days=3), kind="batch", at=("01:00",), jobs=1, days="month-end"
    )
    assert (times(ends, 40 * 24 * HOUR) / HOUR / 24).tolist() == [1 + 1 / 24, 32 + 1 / 24]
    weekends = an_arrival(kind="batch", at=("00:00",), jobs=1, days="weekends")
    assert (times(weekends) / HOUR).tolist() == [120, 144]


def test_empirical_gaps_are_those_of_the_file(tmp_path):
    (tmp_path / "gaps.csv").write_text("x,gap_min\na,1\nb,3\n")
    section = {"kind": "empirical", "file": "gaps.csv", "column": "gap_min"}
    arrivals = arrivals_of(
        TypeAdapter(Arrivals).validate_python(section),
        MONDAY,
        "w",
        lambda name: tmp_path / name,
    )
    found = times(arrivals, 20 * WEEK)
    gaps = np.diff(np.concatenate([[0], found]))
    assert set(gaps.tolist()) == {60_000_000, 180_000_000}
    assert abs(len(found) - arrivals.expected(20 * WEEK)) < 4 * 0.5 * math.sqrt(len(found))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gap_s\n1\n-2\n", r"gaps.csv:3:1: gap_s: expected a number of at least 0; got '-2'"),
        ("gap_s\n1\nnan\n", r"gaps.csv:3:1: gap_s: expected a number; got 'nan'"),
        ("gaps_s\n1\n", r"gaps.csv:1:1: gap_s: no such column; did you mean 'gaps_s'\?"),
        ("gap_s\n0\n", r"gaps.csv: gap_s: expected a number above 0 in this column"),
        ("gap_s\n", r"gaps.csv: gap_s: expected a number above 0 in this column"),
        (b"gap_s\n\xff\n", r"gaps.csv:2:1: gap_s: expected UTF-8 text"),
    ],
)
def test_a_file_of_gaps_that_cannot_be_used_says_why(tmp_path, text, message):
    (tmp_path / "gaps.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    section = {"kind": "empirical", "file": "gaps.csv", "column": "gap_s"}
    with pytest.raises(ScenarioError, match=message):
        arrivals_of(
            TypeAdapter(Arrivals).validate_python(section),
            MONDAY,
            "w",
            lambda name: tmp_path / name,
        )
