"""How long and how large a run may be: rules that keep a scenario within memory and reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from scenarios.distributions import (
    BatchArrivals,
    FixedArrivals,
    GammaArrivals,
    PoissonArrivals,
)
from scenarios.extends import MOST_POOLS, MOST_SITES
from scenarios.scenario import MOST_HOURS, Scenario
from scenarios.workload import Jobs, Replicas, Workload
from topology import Fault

Found = Iterator[Fault]
MOST_JOBS = 100_000_000
MOST_REGIONS = 10_000
MOST_LEVELS = 200_000_000


def too_many_places(scenario: Scenario) -> Found:
    """Sections with more rows than can be judged at all."""
    topology = scenario.topology
    for key, rows, most in (
        ("sites", topology.sites, MOST_SITES),
        ("pools", topology.pools, MOST_POOLS),
        ("regions", topology.regions, MOST_REGIONS),
    ):
        if len(rows) > most:
            yield Fault(("topology", key), f"expected at most {most:,}", len(rows))


def _times(scenario: Scenario) -> Found:
    horizon_h = scenario.horizon_h
    if horizon_h is not None and scenario.horizon_us < 1:
        yield Fault(("horizon_h",), "expected at least a microsecond", horizon_h)
    elif horizon_h is not None and scenario.warmup_us >= scenario.horizon_us:
        message = f"expected less than horizon_h ({horizon_h:g})"
        yield Fault(("warmup_h",), message, scenario.warmup_h)
    if horizon_h is not None and horizon_h + (scenario.drain_h or 0) > 2 * MOST_HOURS:
        yield Fault(("drain_h",), f"expected at most {MOST_HOURS:,}", scenario.drain_h)


def _too_many_levels(scenario: Scenario) -> Found:
    """The table of levels has a row for every step, pool and resource."""
    steps = scenario.horizon_us / scenario.levels_every_us
    rows = steps * len(scenario.topology.pools)
    if rows > MOST_LEVELS:
        message = (
            f"expected at most {MOST_LEVELS:,} steps times pools before the horizon, "
            f"and this makes {rows:,.0f}"
        )
        yield Fault(("levels_every_s",), message, scenario.levels_every_s)


def _too_many_jobs(scenario: Scenario) -> Found:
    horizon_h = scenario.horizon_us / 3.6e9
    counts = [_jobs(workload, horizon_h) for workload in scenario.workloads]
    if sum(counts) > MOST_JOBS:
        i = counts.index(max(counts))
        message = (
            f"expected at most {MOST_JOBS:,} jobs a run, and this alone is {counts[i]:,.0f}"
        )
        if counts[i] <= MOST_JOBS:
            message = (
                f"expected at most {MOST_JOBS:,} jobs a run, and all are {sum(counts):,.0f}"
            )
        yield Fault(("workloads", i, "arrivals"), message)


def _jobs(workload: Workload, horizon_h: float) -> float:
    """About how many jobs arrive within the horizon, 0 where only a file knows."""
    if isinstance(workload, Replicas):
        return float(workload.replicas)
    arrivals: Any = workload.arrivals if isinstance(workload, Jobs) else None
    match arrivals:
        case PoissonArrivals() | GammaArrivals():
            return arrivals.per_h * horizon_h
        case FixedArrivals():
            return horizon_h * 3600 / arrivals.every_s
        case BatchArrivals():
            return arrivals.jobs * len(arrivals.at) * max(1.0, horizon_h / 24)
    return 0.0


LIMITS: tuple[Callable[[Scenario], Found], ...] = (_times, _too_many_jobs, _too_many_levels)
