"""What a scenario declares of the jobs to come: rates by hour and means, never the jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenarios.arrivals import arrivals_of
from scenarios.asks import Ask, ask_of
from scenarios.demand import origin_of
from scenarios.scenario import Scenario
from scenarios.work import work_of
from scenarios.workload import Jobs


@dataclass(frozen=True, slots=True)
class Forecast:
    """One workload: `expected(t)` jobs are submitted before an instant t, in the mean.

    `shares` says how they divide among `asks` (they add up to 1); a job's work is `work_us` in
    the mean, on the chip that it was measured on.
    """

    workload: str
    asks: tuple[Ask, ...]
    shares: tuple[float, ...]
    expected: Callable[[int], float]
    work_us: int


def forecasts_of(scenario: Scenario) -> tuple[Forecast, ...]:
    """What is declared of each workload of kind `jobs`, by name; a trace declares nothing."""
    rows = sorted(scenario.workloads, key=lambda one: one.name)
    return tuple(_forecast(one, scenario) for one in rows if isinstance(one, Jobs))


def _forecast(workload: Jobs, scenario: Scenario) -> Forecast:
    name = workload.stream or workload.name
    origin = origin_of(workload, scenario.topology, name)
    return Forecast(
        workload.name,
        tuple(ask_of(workload, scenario.data_classes, region) for region in origin.regions),
        tuple(np.diff(origin.cumulative, prepend=0.0).tolist()),
        arrivals_of(workload.arrivals, scenario.start, name, scenario.file).expected,
        work_of(workload.work, name, scenario.file).mean_us,
    )
