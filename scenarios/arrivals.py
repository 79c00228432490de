"""Instants at which jobs arrive, as streams of blocks in time order.

Every stream gives the same instants whatever the block size and wherever one stops, and
holds one block at a time: a run of a year needs no more memory than one of a day.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from scenarios.columns import sample_s
from scenarios.distributions import Arrivals as Section
from scenarios.distributions import (
    BatchArrivals,
    EmpiricalArrivals,
    FixedArrivals,
    GammaArrivals,
    PoissonArrivals,
)
from scenarios.seeds import stream
from scenarios.shapes_of_week import (
    HOUR_US,
    WEEK_H,
    Burst,
    Floats,
    Ints,
    Week,
    hours_into_week,
    week_shape,
    weeks,
)

BLOCK = 65_536
DAY_US = 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When the jobs of one workload arrive.

    `blocks(seed, until_us, size)` yields sorted arrays of instants, microseconds after the
    scenario's start; all instants before `until_us` come, in blocks of at most `size` (a
    window of `batch` may be larger). `expected(until_us)` is the mean number of them.
    """

    blocks: Callable[[int, int, int], Iterator[Ints]]
    expected: Callable[[int], float]
    random: bool


def arrivals_of(
    arrivals: Section, start: datetime, name: str, file: Callable[[str], Path]
) -> Arrivals:
    """The arrivals that the section `arrivals` of a workload describes.

    `name` is the workload's stream, `file` finds a file of the scenario.
    """
    if isinstance(arrivals, FixedArrivals):
        return _fixed(arrivals.every_s)
    if isinstance(arrivals, EmpiricalArrivals):
        return _empirical(sample_s(file(arrivals.file), arrivals.column), name)
    if isinstance(arrivals, BatchArrivals):
        return _batch(Batch.of(arrivals), start)
    return _renewal(arrivals, start, name)


def _renewal(arrivals: PoissonArrivals | GammaArrivals, start: datetime, name: str) -> Arrivals:
    """Unit-rate gaps, stretched so that the rate follows the week (inversion)."""
    shape = week_shape(arrivals.shape).rolled(hours_into_week(start))
    section = arrivals.bursts
    bursts = Burst(section.per_week, section.factor, section.hours) if section else None
    gaps = gamma_gaps(arrivals.cv) if isinstance(arrivals, GammaArrivals) else exponential_gaps

    def blocks(seed: int, until_us: int, size: int) -> Iterator[Ints]:
        units = unit_times(gaps, stream(seed, f"{name}/arrivals"), size)
        rate = weeks(shape, arrivals.per_h, bursts, stream(seed, f"{name}/bursts"))
        return _stretched(units, rate, until_us)

    def expected(until_us: int) -> float:
        mean = arrivals.per_h * (bursts.mean_factor if bursts else 1.0)
        plain = next(iter(weeks(shape, mean, None, stream(0, name))))
        whole, rest = divmod(until_us, WEEK_H * HOUR_US)
        part = np.interp(rest, plain.edges_us, plain.expected)
        return float(whole * plain.expected[-1] + part)

    return Arrivals(blocks, expected, random=arrivals.per_h > 0)


Gaps = Callable[[np.random.Generator, int, bool], Floats]


def exponential_gaps(rng: np.random.Generator, n: int, first: bool) -> Floats:
    """Gaps of a Poisson process of rate one."""
    return rng.standard_exponential(n)


def gamma_gaps(cv: float) -> Gaps:
    """Gaps of mean one with this coefficient of variation.

    The first one is a residual gap (uniform part of a length-biased one), so that the process
    is stationary and the mean count is exactly the rate times the time.
    """
    k = 1 / cv**2

    def gaps(rng: np.random.Generator, n: int, first: bool) -> Floats:
        if not first:
            return rng.standard_gamma(k, n) / k
        residual = rng.random() * rng.standard_gamma(k + 1) / k
        return np.concatenate([[residual], rng.standard_gamma(k, n - 1) / k])

    return gaps


def unit_times(gaps: Gaps, rng: np.random.Generator, size: int) -> Iterator[Floats]:
    """Instants of a process of rate one, for ever, in blocks of `size`."""
    last, first = 0.0, True
    while True:
        block = gaps(rng, size, first)
        block[0] += last
        # cumsum adds one by one, so the carried sum is the same for every block size
        np.cumsum(block, out=block)
        yield block
        last, first = float(block[-1]), False


def _stretched(units: Iterator[Floats], rate: Iterator[Week], until_us: int) -> Iterator[Ints]:
    """Each unit time at the instant by which so many arrivals are expected."""
    week = next(rate)
    for block in units:
        done = 0
        while done < len(block):
            inside = int(np.searchsorted(block, week.expected[-1]))
            if inside > done:
                yield _before(week.times_us(block[done:inside]), until_us)
                done = inside
            if done < len(block):
                week = next(rate)
            if week.start_us >= until_us:
                return
        if week.times_us(block[-1:])[0] >= until_us:
            return


def _before(times: Ints, until_us: int) -> Ints:
    return times[: np.searchsorted(times, until_us)]


def _fixed(every_s: float) -> Arrivals:
    """At 0, `every_s`, twice that, ...: k times the step, never a running sum."""
    every_us = every_s * 1e6

    def blocks(_seed: int, until_us: int, size: int) -> Iterator[Ints]:
        last = math.ceil(until_us / every_us) + 1
        for first in range(0, last, size):
            steps = np.arange(first, min(first + size, last), dtype=np.float64)
            yield _before(np.rint(steps * every_us).astype(np.int64), until_us)

    return Arrivals(blocks, lambda until_us: math.ceil(until_us / every_us), random=False)


def _empirical(gaps_s: Floats, name: str) -> Arrivals:
    """Gaps drawn, with replacement, from those of a file."""
    mean_us = float(gaps_s.mean() * 1e6)

    def gaps(rng: np.random.Generator, n: int, first: bool) -> Floats:
        return gaps_s[(rng.random(n) * len(gaps_s)).astype(np.int64)]

    def blocks(seed: int, until_us: int, size: int) -> Iterator[Ints]:
        for times_s in unit_times(gaps, stream(seed, f"{name}/arrivals"), size):
            times = np.rint(times_s * 1e6).astype(np.int64)
            yield _before(times, until_us)
            if times[-1] >= until_us:
                return

    return Arrivals(blocks, lambda until_us: until_us / mean_us, random=len(gaps_s) > 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that open at the same hours of some days; `jobs` arrive evenly over each."""

    at_us: tuple[int, ...]  # after midnight
    days: str
    jobs: int
    over_us: int

    @classmethod
    def of(cls, section: BatchArrivals) -> "Batch":
        """Read the section's hours ("22:00") and spans."""
        at_us = sorted(_clock_us(at) for at in section.at)
        return cls(tuple(at_us), section.days, section.jobs, round(section.over_h * HOUR_US))

    def day(self, day: date) -> Ints:
        """Microseconds after midnight of all jobs of this day, sorted."""
        if not _DAYS[self.days](day):
            return np.zeros(0, dtype=np.int64)
        steps = np.arange(self.jobs, dtype=np.int64) * self.over_us // self.jobs
        return np.sort((np.array(self.at_us, dtype=np.int64)[:, None] + steps).ravel())


_DAYS: dict[str, Callable[[date], bool]] = {
    "all": lambda day: True,
    "workdays": lambda day: day.weekday() < 5,
    "weekends": lambda day: day.weekday() >= 5,
    "month-end": lambda day: (day + timedelta(days=1)).day == 1,
}


def _clock_us(text: str) -> int:
    hours, minutes = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000_000


def _batch(batch: Batch, start: datetime) -> Arrivals:
    def blocks(_seed: int, until_us: int, size: int) -> Iterator[Ints]:
        return _windows(batch, start, until_us)

    def expected(until_us: int) -> float:
        return float(sum(len(block) for block in _windows(batch, start, until_us)))

    return Arrivals(blocks, expected, random=False)


def _windows(batch: Batch, start: datetime, until_us: int) -> Iterator[Ints]:
    """Day by day; what a long window leaves for later days waits in `pending`."""
    midnight_us = round(-(start - datetime.combine(start.date(), datetime.min.time())) / _US)
    back = batch.over_us // DAY_US + 1  # a window opened before the start may reach into it
    day, midnight_us = start.date() - timedelta(days=back), midnight_us - back * DAY_US
    pending = np.zeros(0, dtype=np.int64)
    while midnight_us < until_us:
        pending = np.sort(np.concatenate([pending, batch.day(day) + midnight_us]))
        day, midnight_us = day + timedelta(days=1), midnight_us + DAY_US
        done = int(np.searchsorted(pending, min(midnight_us, until_us)))
        yield pending[np.searchsorted(pending, 0) : done]
        pending = pending[done:]


_US = timedelta(microseconds=1)
