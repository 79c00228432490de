"""How the rate of arrivals moves through a week: piecewise constant weights with mean one.

A week is measured from the scenario's start, so that week 0 begins at instant 0 whatever
weekday that is. Bursts multiply the rate for some hours; they come on top of `per_h`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

WEEK_H = 168
HOUR_US = 3_600_000_000
WEEK_US = WEEK_H * HOUR_US

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Weekday of an office in half-hours: (until, weight); nights outside (contract: office-hours).
_OFFICE_DAY = ((8.5, 0.07), (9.5, 1.0), (11.0, 1.5), (12.0, 1.0), (14.0, 0.6), (14.5, 1.0),
               (16.0, 1.5), (17.5, 1.0), (24.0, 0.07))  # fmt: skip
_WEEKEND = 0.2


@dataclass(frozen=True, slots=True)
class WeekShape:
    """Relative rate in a week: `weights[i]` holds from `edges_h[i]` to `edges_h[i + 1]`.

    `edges_h` runs from 0 to 168, hours after Monday 00:00 or after the scenario's start once
    `rolled`. The time-weighted mean of `weights` is 1.
    """

    edges_h: Floats
    weights: Floats

    def rolled(self, offset_h: float) -> "WeekShape":
        """The same week seen from `offset_h` hours after its Monday 00:00."""
        moved = np.mod(self.edges_h - offset_h, WEEK_H)
        edges = np.unique(np.concatenate([[0.0], moved, [float(WEEK_H)]]))
        middle = np.mod((edges[:-1] + edges[1:]) / 2 + offset_h, WEEK_H)
        return WeekShape(edges, self.at(middle))

    def at(self, hours: Floats) -> Floats:
        """The weights at these hours of the week (0 to below 168)."""
        return self.weights[np.searchsorted(self.edges_h, hours, side="right") - 1]


def week_shape(shape: str | Sequence[float]) -> WeekShape:
    """The week called `shape`, from Monday 00:00, or one of 168 hourly weights.

    `daily` repeats an office's weekday seven times; `weekly` has level days, the weekend at
    its office weight.
    """
    edges, weights = _steps(shape)
    mean = math.fsum(np.diff(edges) * weights) / WEEK_H
    return WeekShape(edges, weights / mean)


def _steps(shape: str | Sequence[float]) -> tuple[Floats, Floats]:
    if not isinstance(shape, str):
        return np.arange(WEEK_H + 1.0), np.asarray(shape, dtype=np.float64)
    if shape == "flat":
        return np.array([0.0, WEEK_H]), np.ones(1)
    if shape == "weekly":
        return np.array([0.0, 120.0, WEEK_H]), np.array([1.0, _WEEKEND])
    days = 7 if shape == "daily" else 5
    until = [24.0 * day + end for day in range(days) for end, _ in _OFFICE_DAY]
    weights = [weight for _ in range(days) for _, weight in _OFFICE_DAY]
    if days == 5:
        until.append(float(WEEK_H))
        weights.append(_WEEKEND)
    return np.array([0.0, *until]), np.array(weights)


def hours_into_week(start: datetime) -> float:
    """Hours from Monday 00:00 to `start` (local time, no daylight saving)."""
    return start.weekday() * 24 + start.hour + start.minute / 60 + start.second / 3600


@dataclass(frozen=True, slots=True)
class Burst:
    """Bursts begin as a Poisson process and multiply the rate by `factor` for `hours`.

    Where two overlap the factor counts once.
    """

    per_week: float
    factor: float
    hours: float

    @property
    def mean_factor(self) -> float:
        """Long-run mean of the rate's multiplier (the share of time covered is M/D/inf)."""
        covered = -math.expm1(-self.per_week * self.hours / WEEK_H)
        return 1 + (self.factor - 1) * covered


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a rate, cumulated: arrivals expected since instant 0 at each edge."""

    start_us: int
    edges_us: Floats  # after start_us
    expected: Floats  # at each edge, over all weeks so far

    def times_us(self, units: Floats) -> Ints:
        """Instants at which `units` arrivals are expected (rounded to microseconds)."""
        inside = np.interp(units, self.expected, self.edges_us)
        return np.rint(inside).astype(np.int64) + self.start_us


def weeks(
    shape: WeekShape, per_h: float, bursts: Burst | None, rng: np.random.Generator
) -> Iterator[Week]:
    """Week after week of the rate `per_h` x `shape` x bursts, for ever."""
    total, start_us = 0.0, 0
    for edges_h, weights in _burst_weeks(shape, bursts, rng) if bursts else _plain_weeks(shape):
        steps = np.cumsum(np.diff(edges_h) * weights) * per_h
        expected = np.concatenate([[total], total + steps])
        yield Week(start_us, edges_h * HOUR_US, expected)
        total, start_us = float(expected[-1]), start_us + WEEK_US


def _plain_weeks(shape: WeekShape) -> Iterator[tuple[Floats, Floats]]:
    while True:
        yield shape.edges_h, shape.weights


def _burst_weeks(
    shape: WeekShape, bursts: Burst, rng: np.random.Generator
) -> Iterator[tuple[Floats, Floats]]:
    starts = np.zeros(0)  # hours after the current week's start, negative = begun before it
    for _ in range(math.ceil(bursts.hours / WEEK_H)):
        starts = _shifted(starts, bursts, rng)
    while True:
        starts = _shifted(starts, bursts, rng)
        cuts = np.clip(np.concatenate([starts, starts + bursts.hours]), 0, WEEK_H)
        edges = np.unique(np.concatenate([shape.edges_h, cuts]))
        middle = (edges[:-1] + edges[1:]) / 2
        begun = np.searchsorted(starts, middle, side="right")
        ended = np.searchsorted(starts + bursts.hours, middle, side="right")
        yield edges, shape.at(middle) * np.where(begun > ended, bursts.factor, 1.0)


def _shifted(starts: Floats, bursts: Burst, rng: np.random.Generator) -> Floats:
    """Burst starts that matter to the next week: those still on, then its own."""
    still_on = starts[starts + bursts.hours > WEEK_H] - WEEK_H
    new = np.sort(rng.random(rng.poisson(bursts.per_week))) * WEEK_H
    return np.concatenate([still_on, new])
