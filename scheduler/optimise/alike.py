"""Which pools nobody could tell apart: what is proven of one holds for all that are alike.

Two sites are alike if they could change places, with all that stands there, and every question
stayed the same: equal pools, the same province, within the same bounds of delay and residency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from math import isfinite

from scenarios import Replicas, Scenario, Workload, served_regions
from scheduler.optimise.lever import STRICT, Lever
from topology import Pool


class Alike:
    """Keys of levers: equal for those that are alike, as far as the search has gone."""

    def __init__(self, scenario: Scenario, names: Iterable[str]) -> None:
        topology, wanted = scenario.topology, frozenset(names)
        own = [w for w in scenario.workloads if w.name in wanted]
        self.site_of = {pool.name: pool.site for pool in topology.pools}
        self.kind_of: dict[str, Hashable] = {}
        at: dict[str, Counter[Hashable]] = {}
        for pool in sorted(topology.pools, key=lambda p: p.name):
            there = at.setdefault(pool.site, Counter())
            kind = _kind(pool)
            # of equal pools of one site each is its own: sites change places, pools do not
            self.kind_of[pool.name] = (there[kind], kind)
            there[kind] += 1
        crowd = Counter(topology.region_of(site) for site in at)
        bounds, homes = _bounds(scenario, own), _homes(scenario, own)
        self.of_site: dict[str, Hashable] = {
            site: (
                frozenset(pools.items()),
                topology.site(site).tier,
                topology.ancestor_at(topology.region_of(site), "province"),
                topology.region_of(site) if crowd[topology.region_of(site)] > 1 else None,
                bounds[topology.site_index[site]],
                _at_home(scenario, site, homes),
            )
            for site, pools in at.items()
        }

    def key(self, lever: Lever) -> Hashable:
        """Equal for levers that are alike; a lever of no pool is alike to none."""
        if lever.path[:2] != ("topology", "pools"):
            return lever.path
        pool = lever.path[2]
        return lever.path[-1], self.kind_of[pool], self.of_site[self.site_of[pool]]

    def grouped(self, levers: Iterable[Lever]) -> list[list[Lever]]:
        """Levers by what they are alike to, in the order of the first of each."""
        found: dict[Hashable, list[Lever]] = {}
        for lever in levers:
            found.setdefault(self.key(lever), []).append(lever)
        return list(found.values())

    def tell_apart(self, some: Sequence[Lever]) -> None:
        """The sites of these levers are no longer like those that they were like."""
        for lever in some:
            site = self.site_of[lever.path[2]]
            self.of_site[site] = (self.of_site[site], lever.path[-1])


def _kind(pool: Pool) -> Hashable:
    return (
        pool.cloud,
        pool.server,
        pool.dpu,
        pool.nodes,
        pool.reserve_share,
        pool.security_level,
        pool.stack,
        tuple(pool.reserved_for),
        pool.gpu_jobs_only,
    )


def _bounds(scenario: Scenario, own: Sequence[Workload]) -> list[Hashable]:
    """By number of site, which regions of which workload are within their bound."""
    topology = scenario.topology
    rows: list[list[bool]] = [[] for _ in topology.sites]
    for workload in own:
        if not isinstance(workload, Replicas) or workload.max_delay_ms is None:
            continue
        for region, _ in served_regions(workload, topology):
            for row, delay in zip(rows, topology.region_delay_ms(region).tolist(), strict=True):
                row.append(isfinite(delay) and delay <= workload.max_delay_ms)
    return [tuple(row) for row in rows]


def _homes(scenario: Scenario, own: Sequence[Workload]) -> tuple[str, ...]:
    """The places that data of these workloads may have to stay near to."""
    topology = scenario.topology
    found: set[str] = set()
    for workload in own:
        data, region = workload.data, getattr(workload, "region", None)
        if data is None:
            continue
        if data.at is not None:
            found |= {data.at, topology.region_of(data.at)}
        elif isinstance(region, str):
            found.add(region)
        else:
            found |= {place.name for place in topology.regions}
    return tuple(sorted(found))


def _at_home(scenario: Scenario, site: str, homes: Sequence[str]) -> Hashable:
    """How near a site is to each of these places: the strictest limit that it keeps."""
    topology = scenario.topology
    region = topology.region_of(site)
    regions = topology.regions_by_name
    return tuple(
        site == home
        or (
            region == home,
            tuple(
                topology.ancestor_at(region, level) == topology.ancestor_at(home, level)
                for level in STRICT[1:]
            )
            if home in regions
            else (),
        )
        for home in homes
    )
