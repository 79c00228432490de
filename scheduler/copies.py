"""Where data sets lie now: copies from the start, and those that jobs have had sent."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.estate import Estate
from scheduler.ways import Move, Ways
from topology import MB_PER_GB, Topology


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was sent to a site, and kept."""

    name: str
    site: str
    size_gb: float
    begin_us: int
    end_us: int


class Copies:
    """Which sites hold which data set."""

    def __init__(self, topology: Topology, estate: Estate, ways: Ways) -> None:
        self._topology, self._estate, self._ways = topology, estate, ways
        self._sets = {row.name: row for row in topology.data_sets}
        self._there = {row.name: set(row.at) for row in topology.data_sets}
        self.copies: list[Copy] = []

    def site_of(self, pool: int) -> str:
        """The site of a pool, by number."""
        return self._estate.pools[pool].site_name

    def lacks(self, name: str, pool: int) -> bool:
        """Whether the site of a pool has no copy."""
        return self.site_of(pool) not in self._there[name]

    def move(self, name: str, pool: int, rank: int) -> Move:
        """What brings a copy to a pool's site, from the nearest that has one."""
        there, place = self._estate.pools[pool], self._topology.site_index
        delays = self._topology.delay_ms[:, there.site]
        start = min(self._there[name], key=lambda site: (float(delays[place[site]]), site))
        size_mb = -(-round(self._sets[name].size_gb * MB_PER_GB, 6) // 1)
        delay_ms = float(delays[place[start]])
        return self._ways.any_move(int(size_mb), start, there, rank, delay_ms)

    def keep(self, name: str, site: str, begin_us: int, end_us: int) -> None:
        """A copy has arrived."""
        self._there[name].add(site)
        self.copies.append(Copy(name, site, self._sets[name].size_gb, begin_us, end_us))
