"""Notes before a run: jobs that will be refused whatever happens, and more work than exists."""

from collections.abc import Iterator
from typing import Any

import lazy_loader as lazy

from bench.glossary.reasons import REFUSED

scenarios = lazy.load("scenarios")
scheduler = lazy.load("scheduler")


def notes(scenario: Any, file: str) -> list[str]:
    """What can never be served in any variant, a line each; the first variant's figures."""
    first, *others = scenario.variants
    found = _never_served(first)
    for variant in others:
        if not found:
            return []
        too = {(one.workload, one.reason) for one in _never_served(variant)}
        found = [one for one in found if (one.workload, one.reason) in too]
    return list(_lines(first, found, file))


def _never_served(variant: Any) -> list[Any]:
    return list(scheduler.never_served(variant, scenarios.demand_of(variant, 1).asks))


def _lines(scenario: Any, found: list[Any], file: str) -> Iterator[str]:
    for one in found:
        place = scenario.place_of(one.workload)
        where = ":".join(map(str, (file, *(place or ()))))
        what = "it"
        if one.regions < one.of_regions:
            what = f"its jobs from {one.regions:,} of {one.of_regions:,} regions"
        why = f"{one.reason} ({one.detail or REFUSED[one.reason][0]})"
        yield f"{where}: workloads[{one.workload}]: note: no pool could ever take {what}: {why}"


def loads(scenario: Any, file: str) -> list[str]:
    """Workloads that ask for more than all pools that may take them could do, a line each.

    Judged is the first variant.
    """
    first = scenario.variants[0]
    found = scheduler.offered(first, scenarios.demand_of(first, 1).asks)
    inside = f" in {first.variant}" if len(scenario.variants) > 1 else ""
    return [_load(scenario, one, file, inside) for one in found if one.load > 1]


def _load(scenario: Any, one: Any, file: str, inside: str) -> str:
    place = scenario.place_of(one.workload) if one.workload else None
    where = ":".join(map(str, (file, *(place or ()))))
    what, pools = "workloads", "all pools sell"
    if one.workload:
        what, pools = f"workloads[{one.workload}]", "the pools that may take it sell"
    return (
        f"{where}: {what}: note: asks for {one.load:,.3g} times the {one.resource} that {pools}"
        f"{inside}, mean over the horizon: its queue can only grow"
    )
