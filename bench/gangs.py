"""Gangs over several pools: the job table names the first pool, the levels tell of the rest.

What no other job explains of a pool's levels is the gangs' that may stand there. For gangs of
one kind (a cell) that is exact; of several kinds in the same pools each gets its part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from bench.cells import DIMENSIONS, CellName, Cells, Floats, Ints
from bench.energy import Course
from bench.holds import Held
from bench.places import chip_of
from bench.rates import Rates
from scenarios import Scenario
from topology import Pool, Topology

POOL, CHIP = DIMENSIONS.index("pool"), DIMENSIONS.index("chip")
LEAST_H = 1e-6  # levels keep nine decimals: less than this many unit-hours is nobody's

Reach = Mapping[str, Mapping[str, Sequence[int]]]
"""By workload and first pool: numbers of the pools in which members may stand."""


def spread(held: Held, course: Course, rates: Rates, scenario: Scenario) -> Held:
    """The cells, those of wide gangs once for every pool in which members stood."""
    reach = reach_of(scenario)
    names = held.cells.names
    wide = [n for n, name in enumerate(names) if name[0] in reach]
    if not wide:
        return held
    left = unexplained(held, course, rates, wide)
    stood = [
        (n, pool, part)
        for n in wide
        for pool, part in members(held.hours[n], left, names[n], reach, rates)
    ]
    rows = [n for n in range(len(names)) if n not in set(wide)]
    return joined(held, rows, Stood.of(held, course, rates, stood).held(scenario))


def reach_of(scenario: Scenario) -> Reach:
    """Of the workloads whose gangs may stand in several pools."""
    topology = scenario.topology
    return {
        w.name: same_scope(topology, w.demand.gang_within)
        for w in scenario.workloads
        if w.demand and w.demand.nodes > 1 and w.demand.gang_within != "pool"
    }


def same_scope(topology: Topology, within: str) -> dict[str, list[int]]:
    """Numbers of the pools that share the scope of each pool."""
    scopes = [scope_of(topology, pool, within) for pool in topology.pools]
    return {
        pool.name: [n for n, other in enumerate(scopes) if other == scope]
        for pool, scope in zip(topology.pools, scopes, strict=True)
    }


def scope_of(topology: Topology, pool: Pool, within: str) -> str:
    """What the members of a gang share: their site, cloud or province."""
    if within in ("site", "cloud"):
        return pool.site if within == "site" else pool.cloud
    region = topology.region_of(pool.site)
    return topology.ancestor_at(region, "province") or region


def unexplained(held: Held, course: Course, rates: Rates, wide: Sequence[int]) -> Floats:
    """Unit-hours of the levels (pools, resources) that cells of other jobs do not hold."""
    hours = held.hours.copy()
    hours[list(wide)] = 0
    left = course.allocated_h.copy()
    pool = [rates.number[name or ""] for name in held.cells.values("pool")]
    np.subtract.at(left, np.array(pool, dtype=np.int64), hours)
    return np.where(left > LEAST_H, left, 0.0)  # nan is not


def members(
    hours: Floats, left: Floats, name: CellName, reach: Reach, rates: Rates
) -> list[tuple[int, float]]:
    """Pools in which the gangs of a cell stood, always the first, and the part in each."""
    first = rates.number[name[POOL] or ""]
    pools = reach[name[0] or ""][name[POOL] or ""]
    asked = np.flatnonzero(hours > 0)
    room = np.array([(left[pool, asked] / hours[asked]).min(initial=1.0) for pool in pools])
    if not room.any():
        return [(first, 1.0)]
    parts = (room / room.sum()).tolist()
    return [(p, part) for p, part in zip(pools, parts, strict=True) if part or p == first]


@dataclass(frozen=True, slots=True, eq=False)
class Stood:
    """Parts of cells in pools: `source` and `pool` are numbers, `part` adds up to 1 a source.

    `per_unit` and `per_installed` (parts, resources) are nodes for each unit in that pool.
    """

    whole: Held
    source: Ints
    pool: Ints
    part: Floats
    driver: Ints
    per_unit: Floats
    per_installed: Floats

    @classmethod
    def of(
        cls, held: Held, course: Course, rates: Rates, stood: Sequence[tuple[int, int, float]]
    ) -> "Stood":
        """From (source, pool, part)."""
        source, pool = (np.array([row[n] for row in stood], dtype=np.int64) for n in (0, 1))
        part = np.array([row[2] for row in stood], dtype=np.float64)
        per_unit = course.nodes_per_unit(rates.nodes)[pool]
        per_installed = course.nodes_per_installed(rates.nodes)[pool]
        return cls(held, source, pool, part, rates.driver[pool], per_unit, per_installed)

    def held(self, scenario: Scenario) -> Held:
        """What these parts held; who ended is told at the first pool."""
        whole, row = self.whole, np.arange(len(self.part))
        hours = whole.hours[self.source] * self.part[:, np.newaxis]
        used = whole.used[self.source] * self.part[:, np.newaxis]
        dominant = np.argmax(hours * self.per_unit, axis=1)
        per = self.per_unit[row, dominant]
        share, busy_share = hours[row, dominant] * per, used[row, dominant] * per
        busy = used[row, self.driver] * self.per_installed[row, self.driver]
        cny = self._price()
        names = self._names(scenario)
        at_first = np.array(
            [name == whole.cells.names[n] for name, n in zip(names, self.source, strict=True)]
        )
        idle = np.maximum(share - busy_share, 0.0)
        return Held(
            cells=Cells(names),
            share_nh=share,
            share_nc=share * cny,
            idle_nh=idle,
            idle_nc=idle * cny,
            busy_nh=busy,
            busy_nc=busy * cny,
            hours=hours,
            used=used,
            ended=np.where(at_first, whole.ended[self.source], 0.0),
        )

    def _price(self) -> Floats:
        """CNY a kWh over the hours of each source, as at its first pool; nan if unknown."""
        share, cost = self.whole.share_nh[self.source], self.whole.share_nc[self.source]
        return np.where(share > 0, cost / np.where(share > 0, share, 1.0), cost)

    def _names(self, scenario: Scenario) -> list[CellName]:
        found = []
        for source, number in zip(self.source.tolist(), self.pool.tolist(), strict=True):
            pool = scenario.topology.pools[number]
            name = list(self.whole.cells.names[source])
            name[POOL], name[CHIP] = pool.name, chip_of(scenario.topology, pool)
            found.append(tuple(name))
        return found


def joined(held: Held, rows: Sequence[int], more: Held) -> Held:
    """Some cells of one and all of another."""
    values = {
        field.name: np.concatenate(
            [getattr(held, field.name)[list(rows)], getattr(more, field.name)]
        )
        for field in fields(Held)
        if field.name != "cells"
    }
    names = [*(held.cells.names[n] for n in rows), *more.cells.names]
    return Held(cells=Cells(names), **values)
