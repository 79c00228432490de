"""Levers of what is asked: rules of a workload, and how much it wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, isfinite
from typing import Any

from scenarios import (
    REMOVED,
    Change,
    Replicas,
    Scenario,
    Workload,
    served_regions,
    value_at,
)
from scheduler.optimise.lever import STRICT, Lever, Path, Step, Steps, given_up, put

DEMANDS = ("vcpu", "memory_gib", "gpu", "gpu_memory_gib", "dpu_share", "local_storage_gb")
CHIP_RULES = ("any_of", "isa", "stack", "domestic_only", "safe_reliable_only")
DATA_RULES = ("stays_within", "data_class")


def rules_of(workload: Workload) -> Iterator[Lever]:
    """Where it may go."""
    row: Path = ("workloads", workload.name)
    if isinstance(workload, Replicas):
        yield from _bounds(workload, row)
    if workload.security_level > 1:
        path = (*row, "security_level")
        levels = [
            Step(level, 0.0, f"security level {level} for {workload.name}")
            for level in range(workload.security_level - 1, 0, -1)
        ]
        yield Lever(path, "rule", put(path, 1), lambda _: levels)
    for key in CHIP_RULES if workload.chips else ():
        if getattr(workload.chips, key):
            path = (*row, "chips", key)
            value: Any = False if key.endswith("only") else ()
            shown: Any = False if key.endswith("only") else []
            words = f"no {key} for {workload.name}"
            yield Lever(path, "rule", put(path, value), given_up(path, shown, words))
    for key in DATA_RULES if workload.data else ():
        if getattr(workload.data, key) is not None:
            path = (*row, "data", key)
            yield Lever(path, "rule", put(path, None), _looser(path))


def _bounds(workload: Replicas, row: Path) -> Iterator[Lever]:
    if workload.max_delay_ms is not None:
        path = (*row, "max_delay_ms")
        yield Lever(path, "rule", put(path, None), _longer(workload))
    if workload.anti_affinity is not None:
        path = (*row, "anti_affinity")
        words = f"no anti_affinity for {workload.name}"
        yield Lever(path, "rule", put(path, None), given_up(path, None, words))


def _longer(workload: Replicas) -> Callable[[Scenario], Sequence[Step]]:
    """Every delay from its regions to a pool that is above the bound."""

    def steps(scenario: Scenario) -> Sequence[Step]:
        topology = scenario.topology
        sites = [topology.site_index[pool.site] for pool in topology.pools]
        delays = {
            ceil(float(topology.region_delay_ms(region)[site]) * 1000) / 1000
            for region, _ in served_regions(workload, topology)
            for site in sites
            if isfinite(topology.region_delay_ms(region)[site])
        }
        above = sorted(d for d in delays if d > (workload.max_delay_ms or 0.0))
        return [Step(d, 0.0, f"{d:,g} ms for {workload.name}") for d in above]

    return steps


def _looser(path: Path) -> Callable[[Scenario], Sequence[Step]]:
    """Wider limits; or other classes of data, strict ones first."""

    def steps(scenario: Scenario) -> Sequence[Step]:
        now, name = value_at(scenario, path), path[1]
        if path[-1] == "stays_within":
            wider = STRICT[STRICT.index(now) + 1 :]
            return [Step(level, 0.0, f"data of {name} within the {level}") for level in wider]
        classes = sorted(
            (c for c in scenario.data_classes if c.name != now),
            key=lambda c: (-c.security_level, STRICT.index(c.stays_within), c.name),
        )
        return [Step(c.name, 0.0, f"data class {c.name} for {name}") for c in classes]

    return steps


def demands_of(workload: Workload) -> Iterator[Lever]:
    """What is asked for: less of it is the last resort, and it names the conflict."""
    row: Path = ("workloads", workload.name)
    if workload.demand is not None:
        for key in DEMANDS:
            if getattr(workload.demand, key):
                path = (*row, "demand", key)
                yield Lever(path, "demand", _nothing(path), lambda _: [])
        if workload.demand.nodes > 1:
            path = (*row, "demand", "nodes")
            yield Lever(path, "demand", put(path, 1), lambda _: [])
    if isinstance(workload, Replicas):
        path = (*row, "replicas")
        fewer = Steps(workload.replicas - 1, lambda at: _fewer(workload, at + 1))
        yield Lever(path, "demand", put(("workloads", workload.name), REMOVED), lambda _: fewer)
    else:
        path = (*row, "must_serve")
        words = f"{workload.name} may be refused"
        yield Lever(
            path,
            "demand",
            put(("workloads", workload.name), REMOVED),
            given_up(path, False, words),
        )


def _fewer(workload: Replicas, by: int) -> Step:
    left = workload.replicas - by
    return Step(left, 0.0, f"{left:,} replica{'s' * (left > 1)} of {workload.name}")


def _nothing(path: Path) -> Callable[[Scenario], list[Change]]:
    """None of it is asked for; who asks for no GPU may enter pools of jobs with GPU as well."""

    def freed(scenario: Scenario) -> list[Change]:
        closed = [p.name for p in scenario.topology.pools if p.gpu_jobs_only]
        rows = [("topology", "pools", name, "gpu_jobs_only") for name in closed]
        opened: list[Change] = [(row, False) for row in rows if path[-1] == "gpu"]
        return [*opened, (path, None if path[-1] == "gpu_memory_gib" else 0.0)]

    return freed
