"""How long jobs run, and what their users declare."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenarios.columns import sample_s
from scenarios.distributions import (
    EmpiricalWork,
    EndlessWork,
    Estimate,
    FactorEstimate,
    LognormalWork,
)
from scenarios.distributions import Work as WorkSection
from scenarios.seeds import stream
from scenarios.shapes_of_week import HOUR_US, Floats, Ints

FOREVER_US = 2**61
"""The span of a job that never ends: added to any instant it still fits 64 bits."""


@dataclass(frozen=True, slots=True)
class Work:
    """Hours of work of one workload's jobs, as spans in microseconds.

    `drawer(seed)` gives a function that draws the next n; `mean_us` is the distribution's mean,
    `random` whether anything is drawn at all.
    """

    drawer: Callable[[int], Callable[[int], Ints]]
    mean_us: int
    random: bool


def work_of(work: WorkSection, name: str, file: Callable[[str], Path]) -> Work:
    """The work that the section `work` describes; `name` is the workload's stream."""
    if isinstance(work, EndlessWork):
        return _constant(FOREVER_US)
    if isinstance(work, EmpiricalWork):
        spans_h = sample_s(file(work.file), work.column) / 3600
        return _drawn(_resampled(spans_h), 1.0, name, mean_us=_us(float(spans_h.mean())))
    if isinstance(work, LognormalWork):
        return _drawn(_unit_lognormal(work.sigma), work.mean_h, name)
    if work.kind == "exponential":
        return _drawn(lambda rng, n: rng.standard_exponential(n), work.mean_h, name)
    return _constant(_us(work.mean_h))


def _us(hours: float) -> int:
    return max(1, round(hours * HOUR_US))


def _constant(span_us: int) -> Work:
    return Work(
        lambda _seed: lambda n: np.full(n, span_us, dtype=np.int64), span_us, random=False
    )


def _drawn(
    draw: Callable[[np.random.Generator, int], Floats],
    mean_h: float,
    name: str,
    *,
    mean_us: int | None = None,
) -> Work:
    def drawer(seed: int) -> Callable[[int], Ints]:
        rng = stream(seed, f"{name}/work")
        return lambda n: spans_us(draw(rng, n) * mean_h)

    return Work(drawer, mean_us or _us(mean_h), random=True)


def _unit_lognormal(sigma: float) -> Callable[[np.random.Generator, int], Floats]:
    """Factors whose arithmetic mean is 1: the logarithm's mean lies below 0."""
    return lambda rng, n: rng.lognormal(-(sigma**2) / 2, sigma, n)


def _resampled(values: Floats) -> Callable[[np.random.Generator, int], Floats]:
    return lambda rng, n: values[(rng.random(n) * len(values)).astype(np.int64)]


def spans_us(hours: Floats) -> Ints:
    """Hours as whole microseconds: nearest, at least 1, at most `FOREVER_US`."""
    return _whole(hours * HOUR_US)


def _whole(spans_us: Floats) -> Ints:
    whole: Ints = np.clip(np.rint(spans_us), 1, FOREVER_US).astype(np.int64)
    return whole


def estimates_us(estimate: Estimate | None, work_us: Ints, mean_us: int) -> Ints:
    """What the users declare: by default the mean of the workload's work."""
    if estimate is None:
        return np.full(len(work_us), mean_us, dtype=np.int64)
    if isinstance(estimate, FactorEstimate):
        return _whole(work_us.astype(np.float64) * estimate.factor)
    return work_us
