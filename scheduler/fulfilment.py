"""Whether all are served that must be: asked of the scenario, before and after any run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from scenarios import Replicas, Scenario, demand_of, served_regions
from scheduler.estate import PoolFacts, estate_of
from scheduler.lines import Member
from scheduler.replicas import (
    UNITS_A_CNY,
    Group,
    PlacementProblem,
    Seating,
    group_units,
    lacking_of,
)
from scheduler.seating import seated
from scheduler.shapes import Shapes


def required(scenario: Scenario) -> frozenset[str]:
    """The workloads of replicas that must find a place: a plan has to place all of them."""
    planned = scenario.policies.placement.name == "planned"
    return frozenset(
        w.name for w in scenario.workloads if w.kind == "replicas" and (w.must_serve or planned)
    )


def shapes_of(scenario: Scenario) -> Shapes:
    """All that jobs of a scenario ask for, as far as it is known without drawing them."""
    shapes = Shapes(scenario, estate_of(scenario))
    shapes.add(demand_of(scenario, 1).asks)
    return shapes


def refused(scenario: Scenario, shapes: Shapes) -> dict[str, list[str]]:
    """By workload that must be served, why no pool could ever take some of its jobs."""
    musts = {w.name for w in scenario.workloads if w.must_serve} | required(scenario)
    found: dict[str, list[str]] = {}
    for shape in shapes.all:
        if shape.refusal and shape.ask.workload in musts:
            word = f"refused {shape.refusal.name.lower().replace('_', '-')}"
            found.setdefault(shape.ask.workload, []).append(word)
    return found


@dataclass(frozen=True, slots=True)
class Stand:
    """How the replicas of one workload stand.

    `pools` counts them by name of pool. Of its regions the one that is farthest from its
    nearest replica is `region`, `delay_ms` away (None: none is served). `cny_h` is what they
    cost an hour, distance included. `lacks` says what is missing, `told` what a plan has to say
    that is none, `proven` whether no cheaper placement exists.
    """

    workload: str
    count: int
    pools: Mapping[str, int]
    bound_ms: float | None
    region: str | None
    delay_ms: float | None
    cny_h: float
    lacks: tuple[str, ...]
    told: str
    proven: bool


def stands_of(scenario: Scenario, *, allow_code: bool = False) -> tuple[Stand, ...]:
    """Where the replicas of a scenario stand, workloads in file order; empty without any."""
    shapes = shapes_of(scenario)
    placed = seated(scenario, shapes.estate, shapes, allow_code=allow_code)
    if placed is None:
        return ()
    problem, seating = placed
    rows = {
        group.name: _stand(scenario, group, members, placed)
        for group, members in zip(problem.groups, seating.members, strict=True)
    }
    return tuple(rows[w.name] for w in scenario.workloads if isinstance(w, Replicas))


def _stand(
    scenario: Scenario,
    group: Group,
    members: Sequence[Member | None],
    placed: tuple[PlacementProblem, Seating],
) -> Stand:
    problem, seating = placed
    pools = [member[0] for member in members if member is not None]
    names = [problem.estate.pools[p].name for p in pools]
    workload = next(w for w in scenario.workloads if w.name == group.name)
    assert isinstance(workload, Replicas)
    region, delay_ms = _farthest(scenario, workload, [problem.estate.pools[p] for p in pools])
    return Stand(
        workload=group.name,
        count=group.count,
        pools={name: names.count(name) for name in dict.fromkeys(names)},
        bound_ms=workload.max_delay_ms,
        region=region,
        delay_ms=delay_ms,
        cny_h=group_units(group, pools, problem) / UNITS_A_CNY,
        lacks=tuple(lacking_of(group, pools)),
        told=seating.told,
        proven=seating.proven,
    )


def _farthest(
    scenario: Scenario, workload: Replicas, pools: Sequence[PoolFacts]
) -> tuple[str | None, float | None]:
    """The region with the longest way to its nearest replica, ties the first; and that way."""
    topology = scenario.topology
    far = [
        (min(float(topology.region_delay_ms(name)[p.site]) for p in pools), name)
        for name, _ in served_regions(workload, topology)
        if pools
    ]
    known = [row for row in far if isfinite(row[0])]
    if not known:
        return None, None
    delay_ms, region = max(known, key=lambda row: row[0])
    return region, delay_ms


def refusals(scenario: Scenario) -> dict[str, list[str]]:
    """By workload that must be served, why no pool could ever take some of its jobs."""
    return refused(scenario, shapes_of(scenario))


def unmet(scenario: Scenario, *, allow_code: bool = False) -> dict[str, list[str]]:
    """By workload that must be served, what is missing; empty if nothing is."""
    found = refused(scenario, shapes_of(scenario))
    for stand in stands_of(scenario, allow_code=allow_code):
        if stand.workload in required(scenario) and stand.lacks:
            found.setdefault(stand.workload, []).extend(stand.lacks)
    return found
