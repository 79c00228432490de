"""Where replicas may stand, what that costs an hour, and whether a seating keeps the rules.

Replicas are placed once, before the clock starts: all of them together, on nodes that nobody
has yet. Money is in whole units of 1/10,000 CNY an hour, so that sums are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from scenarios import POLICY_AMOUNTS, Replicas, Scenario, served_regions
from scheduler.costs import cost_of
from scheduler.estate import UNKNOWN, Estate, PoolFacts
from scheduler.lines import Member
from scheduler.policy import View
from scheduler.room import WHOLE_M, Need
from scheduler.shapes import Shape, Shapes
from topology import RESOURCES

UNITS_A_CNY = 10_000
MOST_UNITS = 10**12  # an hour of one replica: sums of all stay exact in a float


@dataclass(frozen=True, slots=True)
class Group:
    """The replicas of one workload: `count` equal ones of `shape`.

    `apart` gives each pool a number; no two replicas stand in pools of one number (None: they
    may). `reach` holds for each region that has a bound the pools within it. `hour` is what one
    replica costs an hour by pool, `far` for each region what its distance to the nearest
    replica costs an hour by pool; both in units of money.
    """

    name: str
    shape: Shape
    count: int
    apart: tuple[int, ...] | None
    reach: tuple[tuple[str, frozenset[int]], ...]
    hour: Mapping[int, int]
    far: tuple[Mapping[int, int], ...]


@dataclass(frozen=True, slots=True)
class PlacementProblem:
    """All replicas of a scenario; `limits` are quotas by number of tenant.

    `opening` is what each site that hosts a workload costs an hour on top, in units of money.
    """

    groups: tuple[Group, ...]
    estate: Estate
    limits: tuple[tuple[int, ...] | None, ...]
    opening: int


@dataclass(frozen=True, slots=True)
class Seating:
    """Node and devices of each replica, by group; None where there was no place for it.

    `proven`: no cheaper seating exists, and who has no place has none in any. `told` is what
    a policy has to say of a seating that is not its own best, `impossible` whether none exists.
    """

    members: tuple[tuple[Member | None, ...], ...]
    proven: bool = False
    told: str = ""
    impossible: bool = False


class PlacementPolicy(Protocol):
    """Says where all replicas go."""

    def seat(self, problem: PlacementProblem) -> Seating:
        """A seating that keeps all rules, as complete as it finds one."""


def placement_problem(
    scenario: Scenario, estate: Estate, shapes: Shapes, *, priced: bool = True
) -> PlacementProblem:
    """The replicas of a scenario whose asks are compiled; groups by priority, then name.

    Not `priced` all is free: enough to ask whether there is a seating.
    """
    options = {**POLICY_AMOUNTS["placement"], **scenario.policies.placement.options}
    view = View(estate, scenario.topology, lambda _pool, _resource: 0.0, lambda _workload: -1)
    view = View(estate, view.topology, view.load, view.last, month=scenario.start.month)
    found = {s.ask.workload: s for s in shapes.all if s.ask.replica}
    groups = [
        _group(
            workload,
            found[workload.name],
            view,
            float(options["delay_cny_h_ms"]) if priced else 0.0,
            priced=priced,
        )
        for workload in scenario.workloads
        if isinstance(workload, Replicas)
    ]
    return PlacementProblem(
        groups=tuple(sorted(groups, key=lambda g: (-g.shape.priority, g.name))),
        estate=estate,
        limits=tuple(shapes.limits()),
        opening=_units(float(options["opening_cny_h"])),
    )


def _group(
    workload: Replicas, shape: Shape, view: View, delay_cny_h_ms: float, *, priced: bool
) -> Group:
    regions = served_regions(workload, view.topology)
    pools, bound = shape.allowed, workload.max_delay_ms
    delays = [(name, share, view.delay_ms_from(name)) for name, share in regions]
    reach = [
        (name, frozenset(p for p in pools if delay_ms[p] <= bound))
        for name, _, delay_ms in delays
        if bound is not None
    ]
    far = [
        {p: _units(delay_cny_h_ms * share * delay_ms[p]) for p in pools}
        for _, share, delay_ms in delays
        if delay_cny_h_ms and all(isfinite(delay_ms[p]) for p in pools)
    ]
    return Group(
        name=workload.name,
        shape=shape,
        count=workload.replicas,
        apart=_apart(workload.anti_affinity, view.estate),
        reach=tuple(reach),
        hour={p: _units(cost_of(shape, p, view).hour_cny) if priced else 0 for p in pools},
        far=tuple(far),
    )


def _units(cny: float) -> int:
    return min(round(cny * UNITS_A_CNY), MOST_UNITS)


def _apart(wide: str | None, estate: Estate) -> tuple[int, ...] | None:
    """The number of each pool's site or region, where no two replicas may share one."""
    if wide is None:
        return None
    names = [p.site_name if wide == "site" else p.region for p in estate.pools]
    number = {name: n for n, name in enumerate(dict.fromkeys(names))}
    return tuple(number[name] for name in names)


# -- what a seating costs, and what is wrong with it: whole numbers, no solver ----------------


def cost_units(problem: PlacementProblem, seating: Seating) -> int:
    """Units of money an hour: replicas, opened sites, and distance to the nearest replica."""
    total = 0
    for group, members in zip(problem.groups, seating.members, strict=True):
        pools = [member[0] for member in members if member is not None]
        total += group_units(group, pools, problem)
    return total


def group_units(group: Group, pools: Sequence[int], problem: PlacementProblem) -> int:
    """What replicas of a group in these pools cost an hour; nothing for none."""
    sites = {problem.estate.pools[p].site for p in pools}
    near = sum(min(far[p] for p in pools) for far in group.far) if pools else 0
    return sum(group.hour[p] for p in pools) + problem.opening * len(sites) + near


def seating_faults(problem: PlacementProblem, seating: Seating) -> list[str]:
    """Every rule that a seating breaks, in words; [] if it is legal, complete or not."""
    if [len(m) for m in seating.members] != [g.count for g in problem.groups]:
        return ["it seats other replicas than those that are asked for"]
    found = [fault for pair in _pairs(problem, seating) for fault in _strays(*pair, problem)]
    return found or [
        *_overdrawn_nodes(problem, seating),
        *_overdrawn_pools(problem, seating),
        *_over_quota(problem, seating),
        *(fault for pair in _pairs(problem, seating) for fault in _together(*pair)),
    ]


def lacking(problem: PlacementProblem, seating: Seating) -> list[str]:
    """Every replica without a place, and every region that none is near enough to."""
    return [
        lack
        for group, members in zip(problem.groups, seating.members, strict=True)
        for lack in lacking_of(group, [m[0] for m in members if m is not None])
    ]


def lacking_of(group: Group, pools: Sequence[int]) -> list[str]:
    """What is missing of one workload whose replicas stand in these pools."""
    without = group.count - len(pools)
    found = [f"{group.name}: {without} of {group.count} replicas have no place"]
    return (found if without else []) + [
        f"{group.name}: no replica is near enough to {region}"
        for region, near in group.reach
        if not near.intersection(pools)
    ]


Pair = tuple[Group, list[Member]]


def _pairs(problem: PlacementProblem, seating: Seating) -> list[Pair]:
    rows = zip(problem.groups, seating.members, strict=True)
    return [(group, [m for m in members if m is not None]) for group, members in rows]


def _strays(
    group: Group, members: Iterable[Member], problem: PlacementProblem
) -> Iterator[str]:
    for pool, node, devices in members:
        facts = problem.estate.pools[pool] if pool in group.shape.allowed else None
        if facts is None:
            yield f"{group.name}: pool {pool} may not take it"
        elif not facts.first_node <= node < facts.first_node + facts.nodes:
            yield f"{group.name}: node {node} is not of {facts.name}"
        elif len(set(devices)) != group.shape.stand(pool).need.devices:
            yield f"{group.name}: {len(set(devices))} devices of node {node}"
        elif any(not 0 <= d < facts.devices for d in devices):
            yield f"{group.name}: node {node} has no such device"


def _overdrawn_nodes(problem: PlacementProblem, seating: Seating) -> Iterator[str]:
    loads: dict[tuple[int, int], list[tuple[Need, tuple[int, ...]]]] = {}
    for group, members in _pairs(problem, seating):
        for pool, node, devices in members:
            need = group.shape.stand(pool).need
            loads.setdefault((pool, node), []).append((need, devices))
    for (pool, node), load in sorted(loads.items()):
        facts = problem.estate.pools[pool]
        for word, used, there in _sums(load, facts):
            if used > there != UNKNOWN:
                where = f"node {node - facts.first_node} of {facts.name}"
                yield f"{word} of {where}: {used} of {there}"


def _sums(
    load: Sequence[tuple[Need, tuple[int, ...]]], facts: PoolFacts
) -> Iterator[tuple[str, int, int]]:
    """(What, used, there) of one node and each of its devices."""
    yield "vcpu", sum(n.vcpu_m for n, _ in load), facts.vcpu_m
    yield "memory", sum(n.memory_mib for n, _ in load), facts.memory_mib
    yield "dpu", sum(n.dpu_m for n, _ in load), facts.dpu_m
    yield "local storage", sum(n.local_storage_mb for n, _ in load), facts.local_storage_mb
    for d in range(facts.devices):
        yield f"device {d}", sum(n.device_m for n, on in load if d in on), WHOLE_M
        memory = sum(n.gpu_memory_mib for n, on in load if d in on)
        yield f"memory of device {d}", memory, facts.device_memory_mib


def _overdrawn_pools(problem: PlacementProblem, seating: Seating) -> Iterator[str]:
    sums: dict[int, list[int]] = {}
    for group, members in _pairs(problem, seating):
        for pool, _, _ in members:
            into = sums.setdefault(pool, [0] * len(RESOURCES))
            for r, amount in enumerate(group.shape.stand(pool).amounts):
                into[r] += amount
    for pool, used in sorted(sums.items()):
        facts = problem.estate.pools[pool]
        for r, there in enumerate(facts.sellable):
            if used[r] > there != UNKNOWN:
                yield f"{RESOURCES[r]} of {facts.name}: {used[r]} of {there} sellable"


def _over_quota(problem: PlacementProblem, seating: Seating) -> Iterator[str]:
    for tenant, limit in enumerate(problem.limits):
        for r, most in enumerate(limit or ()):
            used = sum(
                group.shape.quota[r] * len(members)
                for group, members in _pairs(problem, seating)
                if group.shape.tenant == tenant
            )
            if used > most >= 0:
                yield f"quota of tenant {tenant}: {RESOURCES[r]} {used} of {most}"


def _together(group: Group, members: Sequence[Member]) -> Iterator[str]:
    if group.apart is not None:
        for count in Counter(group.apart[pool] for pool, _, _ in members).values():
            if count > 1:
                yield f"{group.name}: {count} replicas stand together"
