"""What a job's data means to the network: how much, which way, and how fast at best."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf

from scenarios import Ask
from scheduler.estate import PoolFacts
from scheduler.routes import Routes
from scheduler.sending import BITS_PER_US, Route
from scheduler.transfers import Floor
from topology import TRAFFIC, US_PER_MS, Topology

BITS_PER_MB = 8_000_000
LEAST_RATE = 1e-12  # Gbit/s: below, a share of a link is nothing
MOST_MOVE_US = 2**60  # two of them and a work, added to any instant, still fit 64 bits


@dataclass(frozen=True, slots=True)
class Move:
    """So many bits over a route, at most as fast as the node at its end.

    `rank` is a place in TRAFFIC. `alone_us` is how long it takes if nobody else sends.
    """

    bits: int
    route: Route
    cap_gbit_s: float
    rank: int
    alone_us: int


class Ways:
    """Moves between sites. Where links are not `shared` each move has them for itself."""

    def __init__(self, topology: Topology, *, shared: bool) -> None:
        self.topology, self.shared = topology, shared
        self.routes = Routes(topology.sites, topology.links)
        known = self.routes.capacity_gbit_s()
        self.capacity_gbit_s = [max(rate, LEAST_RATE) for rate in known]

    def move(
        self, size_mb: int, start: str, end: str, pool: PoolFacts, rank: int, delay_ms: float
    ) -> Move | None:
        """The move of so much to or from a pool; None if sharing can not change how long.

        That is where nothing limits its rate, or where even alone it takes no microsecond.
        """
        found, rate = self._any(size_mb, start, end, pool, rank, delay_ms)
        return found if rate < inf and found.alone_us else None

    def any_move(
        self, size_mb: int, start: str, pool: PoolFacts, rank: int, delay_ms: float
    ) -> Move:
        """The move of so much to a pool, even where nothing limits it."""
        return self._any(size_mb, start, pool.site_name, pool, rank, delay_ms)[0]

    def _any(
        self, size_mb: int, start: str, end: str, pool: PoolFacts, rank: int, delay_ms: float
    ) -> tuple[Move, float]:
        """A move, and its rate alone; where links are not shared that is all it knows."""
        route = self.routes.route(start, end)
        links = route.links if route is not None else ()
        cap = max(pool.line_rate_gbit_s or inf, LEAST_RATE)
        rate = min(cap, *(self.capacity_gbit_s[n] for n in links), inf)
        bits = size_mb * BITS_PER_MB
        span_us = bits / (rate * BITS_PER_US) + delay_ms * US_PER_MS
        alone_us = min(round(span_us), MOST_MOVE_US)
        if not self.shared:
            links, cap = (), rate
        return Move(bits, Route(links, delay_ms * US_PER_MS), cap, rank, alone_us), rate

    def floors(self) -> list[Floor]:
        """What the slices guarantee: a floor in each direction of their paths."""
        found = []
        for row in self.topology.slices if self.shared else ():
            for way, path in (("there", row.path), ("back", row.path[::-1])):
                links = frozenset(
                    number
                    for a, b in pairwise(path)
                    if (route := self.routes.route(a, b)) is not None
                    for number in route.links
                )
                rank = TRAFFIC.index(row.traffic)
                found.append(Floor(f"{row.name} {way}", links, row.floor_gbit_s, rank))
        return found


def rank_of(ask: Ask) -> int:
    """Whose data goes first: a place in TRAFFIC."""
    return TRAFFIC.index(ask.traffic)
