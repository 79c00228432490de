"""Levers of what exists: nodes, what a node has, who may enter, quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Any

from scenarios import Change, Replicas, Scenario, value_at
from scheduler.optimise.lever import Lever, Path, Step, Steps, given_up, put
from topology import Server

ENDLESS = 1e8  # of a node: holds whatever is asked for
MOST_DEVICES = 32
SIZES = ("vcpu", "memory_gib", "local_storage_gb", "accelerators")


def nodes_of_pools(scenario: Scenario) -> Iterator[Lever]:
    """How many nodes there are."""
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

        def more(at: int) -> Step:
            k = at + 1
            words = f"{k:,} more node{'s' * (k > 1)} in {pool.name}"
            return Step(pool.nodes + k, None if price is None else k * price, words)

        return Steps(most - pool.nodes, more)

    return steps


def sizes(scenario: Scenario) -> Iterator[Lever]:
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
        return Lever(path, "purchase", put(path, MOST_DEVICES), lambda _: steps)
    unit = {"vcpu": "vCPU", "memory_gib": "GiB of memory", "local_storage_gb": "GB of disks"}
    return Lever(path, "purchase", put(path, ENDLESS), _larger(path, unit[key]))


def _larger(path: Path, unit: str) -> Callable[[Scenario], Sequence[Step]]:
    def steps(scenario: Scenario) -> Sequence[Step]:
        now = float(value_at(scenario, path))
        key = path[-1]
        asked = [getattr(w.demand, key) for w in scenario.workloads if w.demand]
        most = ceil(now + sum(asked) * _plenty(scenario))

        def larger(at: int) -> Step:
            value = int(now) + 1 + at
            return Step(value, None, f"{value:,} {unit} in each {path[2]}")

        return Steps(most - int(now), larger)

    return steps


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


def rules_of_pools(scenario: Scenario) -> Iterator[Lever]:
    """Who may enter."""
    for pool in scenario.topology.pools:
        row: Path = ("topology", "pools", pool.name)
        if pool.security_level < 5:
            path = (*row, "security_level")
            levels = [
                Step(level, 0.0, f"security level {level} for {pool.name}")
                for level in range(pool.security_level + 1, 6)
            ]
            yield Lever(path, "rule", put(path, 5), lambda _, levels=levels: levels)  # type: ignore[misc]
        if pool.reserve_share:
            path = (*row, "reserve_share")
            words = f"no reserve in {pool.name}"
            yield Lever(path, "rule", put(path, 0.0), given_up(path, 0, words))
        if pool.reserved_for:
            path = (*row, "reserved_for")
            words = f"{pool.name} open to everybody"
            yield Lever(path, "rule", put(path, ()), given_up(path, [], words))
        if pool.gpu_jobs_only:
            path = (*row, "gpu_jobs_only")
            words = f"{pool.name} open to jobs without GPU"
            yield Lever(path, "rule", put(path, False), given_up(path, False, words))


def quotas(scenario: Scenario, tenants: set[str]) -> Iterator[Lever]:
    """What a tenant may hold."""
    for tenant in scenario.tenants:
        if tenant.quota is None or tenant.name not in tenants:
            continue
        for key in type(tenant.quota).model_fields:
            if getattr(tenant.quota, key) is not None:
                path = ("tenants", tenant.name, "quota", key)
                yield Lever(path, "rule", put(path, None), _larger_quota(path))


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
