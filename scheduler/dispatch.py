"""Which pool serves a job: dispatch policies. The engine tests room; policies only rank."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from scheduler.costs import Cost, cost_of
from scheduler.finder import scrambled
from scheduler.policy import Changes, View
from scheduler.shapes import Shape


@dataclass(frozen=True, slots=True)
class FirstFit:
    """Pools in the order of the file."""

    changes: ClassVar[Changes] = "never"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        return list(shape.allowed)


@dataclass(frozen=True, slots=True)
class ByNode:
    """All pools as one cluster: packing compares their nodes; waiting goes by file order."""

    changes: ClassVar[Changes] = "never"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        return list(shape.allowed)


@dataclass(frozen=True, slots=True)
class LocalFirst:
    """Pools of the job's region, then of the parents of those sites, and so on up.

    A region without a site goes to its nearest ancestor's. Inside a level the nearest comes
    first. Pools off that path serve only a job that nobody on it could ever take. Without a
    region the pool's name decides.
    """

    changes: ClassVar[Changes] = "never"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        region = shape.ask.region
        if region is None:
            return sorted(shape.allowed, key=view.name)
        pools, delay_ms = view.estate.pools, view.topology.region_delay_ms(region)
        level_of = self._levels(region, view)
        # from the few sites on the way: a nation has thousands of pools
        there = (p for site in level_of for p in view.estate.pools_at.get(site, ()))
        on_path = [p for p in there if _among(shape.allowed, p)]
        return sorted(
            on_path or shape.allowed,
            key=lambda p: (
                level_of.get(pools[p].site_name, 0),
                float(delay_ms[pools[p].site]),
                pools[p].name,
            ),
        )

    def _levels(self, region: str, view: View) -> dict[str, int]:
        """Steps up from the region's own sites to each site on the way."""
        steps: dict[str, int] = {}
        here = list(view.topology.home_sites(region))
        step = 0
        while here:
            for site in here:
                steps.setdefault(site, step)
            parents = {view.topology.site(s).parent for s in here} - {None}
            here = sorted(str(p) for p in parents if p not in steps)
            step += 1
        return steps


def _among(ascending: Sequence[int], number: int) -> bool:
    at = bisect_left(ascending, number)
    return at < len(ascending) and ascending[at] == number


@dataclass(frozen=True, slots=True)
class Nearest:
    """Pools by one-way delay from where the job comes from; by name without a region."""

    changes: ClassVar[Changes] = "never"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        if shape.ask.region is None:
            return sorted(shape.allowed, key=view.name)
        delay_ms = view.delay_ms_from(shape.ask.region)
        return sorted(shape.allowed, key=lambda p: (delay_ms[p], view.name(p)))


@dataclass(frozen=True, slots=True)
class LeastLoaded:
    """Pools by (allocated + queued) / sellable of the job's dominant resource."""

    changes: ClassVar[Changes] = "load"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        resource = shape.dominant
        return sorted(shape.allowed, key=lambda p: (view.load(p, resource), view.name(p)))


@dataclass(frozen=True, slots=True)
class Random:
    """A random order, so that the first with room is any of those with room, equally likely."""

    changes: ClassVar[Changes] = "job"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch. Fisher and Yates, fed by the job's own 64 random bits."""
        pools = sorted(shape.allowed, key=view.name)
        for left in range(len(pools) - 1, 0, -1):
            draw = scrambled(draw)
            other = draw % (left + 1)
            pools[left], pools[other] = pools[other], pools[left]
        return pools


@dataclass(frozen=True, slots=True)
class RoundRobin:
    """The next pool in file order after the one the workload's last job went to."""

    changes: ClassVar[Changes] = "job"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        last = view.last(shape.ask.workload)
        return sorted(shape.allowed, key=lambda p: (p <= last, p))


@dataclass(frozen=True, slots=True)
class Fastest:
    """Pools by how long the work takes there, by name where equally long."""

    changes: ClassVar[Changes] = "never"

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        return sorted(
            shape.allowed, key=lambda p: (shape.stand(p).duration_factor, view.name(p))
        )


@dataclass(frozen=True, slots=True)
class Cheapest:
    """Pools by CNY of an hour of the job and its egress / declared hours.

    A pool with a part of the cost unknown comes after all whose cost is known. Electricity
    counts at its mean over a day in the month of the start.
    """

    changes: ClassVar[Changes] = "job"
    _costs: dict[int, list[tuple[int, Cost]]] = field(default_factory=dict, init=False)

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        costs = self._costs.get(shape.number)
        if costs is None:
            costs = [(p, cost_of(shape, p, view)) for p in sorted(shape.allowed, key=view.name)]
            self._costs[shape.number] = costs
        declared_us = view.declared_us()

        def order(row: tuple[int, Cost]) -> tuple[bool, float]:
            pool, cost = row
            hours = max(shape.stand(pool).takes_us(declared_us), 1) / 3.6e9
            return cost.unknown, cost.hour_cny + cost.egress_cny / hours

        return [pool for pool, _ in sorted(costs, key=order)]
