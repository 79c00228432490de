"""The lines of a scenario that can stand in the way of being served, and what each may become.

A lever is one value. `freed` takes it out of the question altogether: only to find out whether
it is part of a conflict. `steps` are what a planner could really set it to, gentlest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any, Literal

from scenarios import (
    REMOVED,
    Change,
    Replicas,
    Scenario,
    Workload,
    served_regions,
    value_at,
)
from topology import Server

Path = tuple[str, ...]
Kind = Literal["purchase", "rule", "demand"]
STRICT = ("site", "township", "county", "city", "province", "nation")
ENDLESS = 1e8  # of a node: holds whatever is asked for
MOST_DEVICES = 32
SIZES = ("vcpu", "memory_gib", "local_storage_gb", "accelerators")
DEMANDS = ("vcpu", "memory_gib", "gpu", "gpu_memory_gib", "dpu_share", "local_storage_gb")
CHIP_RULES = ("any_of", "isa", "stack", "domestic_only", "safe_reliable_only")
DATA_RULES = ("stays_within", "data_class")


@dataclass(frozen=True, slots=True)
class Step:
    """A value that a lever may take, and its price in CNY; None if nobody knows it."""

    value: Any
    price_cny: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Lever:
    """One value that may be in the way; `steps` rise from little to much."""

    path: Path
    kind: Kind
    freed: Callable[[Scenario], list[Change]]
    steps: Callable[[Scenario], Sequence[Step]]


def levers_of(
    scenario: Scenario, names: frozenset[str], used: frozenset[str] = frozenset()
) -> list[Lever]:
    """All levers of the workloads `names` and of what exists; pools of `used` come last.

    So those that stand in nobody's way are next to each other, and are soon out of question.
    """
    levers = _all_levers(scenario, names)
    last = {
        lever.path: lever.path[0] == "topology" and lever.path[2] in used for lever in levers
    }
    return sorted(levers, key=lambda lever: last[lever.path])


def _all_levers(scenario: Scenario, names: frozenset[str]) -> list[Lever]:
    own = [w for w in scenario.workloads if w.name in names]
    return [
        *_rules_of_pools(scenario),
        *(lever for w in own for lever in _rules_of(w)),
        *_quotas(scenario, {w.tenant for w in own}),
        *_sizes(scenario),
        *_nodes(scenario),
        *(lever for w in own for lever in _demands(w)),
    ]


def _set(path: Path, value: Any) -> Callable[[Scenario], list[Change]]:
    return lambda _: [(path, value)]


def _one(path: Path, value: Any, words: str) -> Callable[[Scenario], Sequence[Step]]:
    """A rule that is given up costs no money."""
    return lambda _: [Step(value, 0.0, words)]


# -- what exists ----------------------------------------------------------------------------


def _nodes(scenario: Scenario) -> Iterator[Lever]:
    for pool in scenario.topology.pools:
        path = ("topology", "pools", pool.name, "nodes")
        yield Lever(path, "purchase", _with_plenty(path), _more_nodes(path))


def _plenty(scenario: Scenario) -> int:
    """Nodes that hold all replicas and any gang, each on one of its own."""
    replicas = sum(w.replicas for w in scenario.workloads if isinstance(w, Replicas))
    gangs = [w.demand.nodes for w in scenario.workloads if w.demand]
    return max(replicas, *gangs, 1)


def _with_plenty(path: Path) -> Callable[[Scenario], list[Change]]:
    def freed(scenario: Scenario) -> list[Change]:
        nodes = value_at(scenario, path) + _plenty(scenario)
        # a reserve keeps its share of the new nodes too
        return [(path, min(nodes * 20, 10_000_000))]

    return freed


def _more_nodes(path: Path) -> Callable[[Scenario], Sequence[Step]]:
    def steps(scenario: Scenario) -> Sequence[Step]:
        pool = scenario.topology.pool(path[2])
        price = scenario.topology.server_of(pool).price_cny
        most = 20 * (pool.nodes + _plenty(scenario))
        return [
            Step(
                pool.nodes + k,
                None if price is None else k * price,
                f"{k:,} more node{'s' * (k > 1)} in {pool.name}",
            )
            for k in range(1, most - pool.nodes + 1)
        ]

    return steps


def _sizes(scenario: Scenario) -> Iterator[Lever]:
    """What a node has: by server where the file writes it, else by pool."""
    in_place = {server.name for server in scenario.topology.servers}
    used = [pool.server for pool in scenario.topology.pools]
    for server in scenario.topology.servers:
        for key in SIZES if server.name in used else ():
            if getattr(server, key):
                yield _size(server, key)
    for pool in scenario.topology.pools:
        if pool.server not in in_place:
            path = ("topology", "pools", pool.name, "server")
            yield Lever(path, "purchase", _largest_server(path), _other_servers(path))


def _size(server: Server, key: str) -> Lever:
    path = ("topology", "servers", server.name, key)
    if key == "accelerators":
        more = range(server.accelerators + 1, MOST_DEVICES + 1)
        words = [f"{n} accelerators in {server.name}" for n in more]
        steps = [Step(n, None, word) for n, word in zip(more, words, strict=True)]
        return Lever(path, "purchase", _set(path, MOST_DEVICES), lambda _: steps)
    unit = {"vcpu": "vCPU", "memory_gib": "GiB of memory", "local_storage_gb": "GB of disks"}
    return Lever(path, "purchase", _set(path, ENDLESS), _larger(path, unit[key]))


def _larger(path: Path, unit: str) -> Callable[[Scenario], Sequence[Step]]:
    def steps(scenario: Scenario) -> Sequence[Step]:
        now = float(value_at(scenario, path))
        key = path[-1]
        asked = [getattr(w.demand, key) for w in scenario.workloads if w.demand]
        most = ceil(now + sum(asked) * _plenty(scenario))
        return _Sizes(path[2], unit, int(now) + 1, most)

    return steps


class _Sizes(Sequence[Step]):
    """Every whole amount of a range, each made when it is looked at."""

    def __init__(self, name: str, unit: str, first: int, last: int) -> None:
        self.name, self.unit, self.first, self.last = name, unit, first, last

    def __len__(self) -> int:
        return max(0, self.last - self.first + 1)

    def __getitem__(self, at: Any) -> Any:
        value = self.first + range(len(self))[at]
        return Step(value, None, f"{value:,} {self.unit} in each {self.name}")


def _largest_server(path: Path) -> Callable[[Scenario], list[Change]]:
    """Another node, larger than any job, with the chips of its own."""

    def freed(scenario: Scenario) -> list[Change]:
        old = scenario.topology.server(value_at(scenario, path))
        sizes: dict[str, Any] = dict.fromkeys(SIZES[:3], ENDLESS)
        sizes["accelerators"] = MOST_DEVICES if old.accelerator else 0
        name = f"{old.name} without end"
        new = old.model_copy(update={**sizes, "name": name})
        return [(("topology", "servers", name), new), (path, name)]

    return freed


def _other_servers(path: Path) -> Callable[[Scenario], Sequence[Step]]:
    """Other servers of the same chips for all nodes of the pool, cheapest first."""

    def steps(scenario: Scenario) -> Sequence[Step]:
        pool = scenario.topology.pool(path[2])
        old = scenario.topology.server_of(pool)
        others = [
            server
            for server in scenario.topology.servers_by_name.values()
            if (server.cpu, server.accelerator) == (old.cpu, old.accelerator)
            and server.name != old.name
            and server.price_cny is not None
        ]
        return [
            Step(
                server.name,
                pool.nodes * (server.price_cny or 0.0),
                f"{pool.nodes:,} nodes of {server.name} in {pool.name}",
            )
            for server in sorted(others, key=lambda s: (s.price_cny or 0.0, s.name))
        ]

    return steps


def _rules_of_pools(scenario: Scenario) -> Iterator[Lever]:
    for pool in scenario.topology.pools:
        row: Path = ("topology", "pools", pool.name)
        if pool.security_level < 5:
            path = (*row, "security_level")
            levels = [
                Step(level, 0.0, f"security level {level} for {pool.name}")
                for level in range(pool.security_level + 1, 6)
            ]
            yield Lever(path, "rule", _set(path, 5), lambda _, levels=levels: levels)  # type: ignore[misc]
        if pool.reserve_share:
            path = (*row, "reserve_share")
            words = f"no reserve in {pool.name}"
            yield Lever(path, "rule", _set(path, 0.0), _one(path, 0, words))
        if pool.reserved_for:
            path = (*row, "reserved_for")
            words = f"{pool.name} open to everybody"
            yield Lever(path, "rule", _set(path, ()), _one(path, [], words))
        if pool.gpu_jobs_only:
            path = (*row, "gpu_jobs_only")
            words = f"{pool.name} open to jobs without GPU"
            yield Lever(path, "rule", _set(path, False), _one(path, False, words))


def _quotas(scenario: Scenario, tenants: set[str]) -> Iterator[Lever]:
    for tenant in scenario.tenants:
        if tenant.quota is None or tenant.name not in tenants:
            continue
        for key in type(tenant.quota).model_fields:
            if getattr(tenant.quota, key) is not None:
                path = ("tenants", tenant.name, "quota", key)
                yield Lever(path, "rule", _set(path, None), _larger_quota(path))


def _larger_quota(path: Path) -> Callable[[Scenario], Sequence[Step]]:
    def steps(scenario: Scenario) -> Sequence[Step]:
        own = [w for w in scenario.workloads if w.tenant == path[1] and w.demand]
        key = path[-1]
        asked = [
            (getattr(w.demand, key) or 0.0)
            * w.demand.nodes
            * (w.replicas if isinstance(w, Replicas) else 1)
            for w in own
            if w.demand
        ]
        need = max(sum(asked), max(asked, default=0.0))
        value = int(need) if float(need).is_integer() else need
        return [Step(value, 0.0, f"a quota of {value:,g} {key} for {path[1]}")]

    return steps


# -- what is asked --------------------------------------------------------------------------


def _rules_of(workload: Workload) -> Iterator[Lever]:
    row: Path = ("workloads", workload.name)
    if isinstance(workload, Replicas):
        yield from _bounds(workload, row)
    if workload.security_level > 1:
        path = (*row, "security_level")
        levels = [
            Step(level, 0.0, f"security level {level} for {workload.name}")
            for level in range(workload.security_level - 1, 0, -1)
        ]
        yield Lever(path, "rule", _set(path, 1), lambda _: levels)
    for key in CHIP_RULES if workload.chips else ():
        if getattr(workload.chips, key):
            path = (*row, "chips", key)
            value: Any = False if key.endswith("only") else ()
            shown: Any = False if key.endswith("only") else []
            words = f"no {key} for {workload.name}"
            yield Lever(path, "rule", _set(path, value), _one(path, shown, words))
    for key in DATA_RULES if workload.data else ():
        if getattr(workload.data, key) is not None:
            path = (*row, "data", key)
            yield Lever(path, "rule", _set(path, None), _looser(path))


def _bounds(workload: Replicas, row: Path) -> Iterator[Lever]:
    if workload.max_delay_ms is not None:
        path = (*row, "max_delay_ms")
        yield Lever(path, "rule", _set(path, None), _longer(workload))
    if workload.anti_affinity is not None:
        path = (*row, "anti_affinity")
        words = f"no anti_affinity for {workload.name}"
        yield Lever(path, "rule", _set(path, None), _one(path, None, words))


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


def _demands(workload: Workload) -> Iterator[Lever]:
    """What is asked for: less of it is the last resort, and it names the conflict."""
    row: Path = ("workloads", workload.name)
    if workload.demand is not None:
        for key in DEMANDS:
            if getattr(workload.demand, key):
                path = (*row, "demand", key)
                yield Lever(path, "demand", _nothing(path), lambda _: [])
        if workload.demand.nodes > 1:
            path = (*row, "demand", "nodes")
            yield Lever(path, "demand", _set(path, 1), lambda _: [])
    if isinstance(workload, Replicas):
        path = (*row, "replicas")
        fewer = [
            Step(n, 0.0, f"{n:,} replica{'s' * (n > 1)} of {workload.name}")
            for n in range(workload.replicas - 1, 0, -1)
        ]
        yield Lever(
            path, "demand", _set(("workloads", workload.name), REMOVED), lambda _: fewer
        )
    else:
        path = (*row, "must_serve")
        words = f"{workload.name} may be refused"
        yield Lever(
            path,
            "demand",
            _set(("workloads", workload.name), REMOVED),
            _one(path, False, words),
        )


def _nothing(path: Path) -> Callable[[Scenario], list[Change]]:
    """None of it is asked for; who asks for no GPU may enter pools of jobs with GPU as well."""

    def freed(scenario: Scenario) -> list[Change]:
        closed = [p.name for p in scenario.topology.pools if p.gpu_jobs_only]
        rows = [("topology", "pools", name, "gpu_jobs_only") for name in closed]
        opened: list[Change] = [(row, False) for row in rows if path[-1] == "gpu"]
        return [*opened, (path, None if path[-1] == "gpu_memory_gib" else 0.0)]

    return freed
