"""What the members of a gang share: their pool, site, cloud or province."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scenarios import Ask
from scheduler.estate import PoolFacts
from scheduler.needs import Fit, members_when_empty
from topology import Topology


class GangScopes:
    """Over which pools one gang may spread, and which of those could hold all its members."""

    def __init__(self, topology: Topology, pools: Sequence[PoolFacts]) -> None:
        self.topology, self.pools = topology, pools

    def wide_enough(self, ask: Ask, fits: list[Fit], left: list[int]) -> tuple[int, ...]:
        """Pools in whose scope (pool, site, cloud, province) an empty estate holds the gang."""
        if ask.nodes == 1:
            return tuple(left)
        room: dict[str, int] = {}
        for p in left:
            scope = self.scope(ask, p)
            room[scope] = room.get(scope, 0) + members_when_empty(fits[p].need, self.pools[p])
        return tuple(p for p in left if room[self.scope(ask, p)] >= ask.nodes)

    def scope(self, ask: Ask, p: int) -> str:
        """What the members of a gang share: their pool, site, cloud or province."""
        pool = self.pools[p]
        if ask.gang_within == "site":
            return pool.site_name
        if ask.gang_within == "cloud":
            return pool.cloud
        if ask.gang_within == "province":
            return self._province(pool.region)
        return pool.name

    def spots(self, ask: Ask, allowed: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
        """Groups of pools over which one gang may spread; single pools otherwise."""
        groups: dict[str, list[int]] = {}
        for p in allowed:
            groups.setdefault(self.scope(ask, p), []).append(p)
        return [tuple(g) for g in groups.values()]

    def _province(self, region: str) -> str:
        """The ancestor of level province; a region without one stands for itself."""
        for name in self.topology.ancestors(region):
            if self.topology.region(name).level == "province":
                return name
        return region
