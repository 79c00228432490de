"""What it takes to bring the input of a job to a pool, and its result home."""

from __future__ import annotations

from scenarios import Ask, Scenario
from scheduler.estate import PoolFacts
from scheduler.ways import LEAST_RATE, MOST_MOVE_US, Move, Ways, rank_of


class Deliveries:
    """How long the transfers of a job take alone, and what of them others may slow."""

    def __init__(self, scenario: Scenario) -> None:
        self.topology = scenario.topology
        shared = scenario.policies.network.name == "shared"
        some = shared or self.topology.data_sets
        self.ways = Ways(self.topology, shared=shared) if some else None
        self._place = {site.name: number for number, site in enumerate(self.topology.sites)}
        self._moves: dict[tuple[object, ...], int] = {}
        self._rates: dict[tuple[str, str], float | None] = {}

    def spans_us(self, ask: Ask, pool: PoolFacts) -> tuple[int, int]:
        """How long input and result are on their way if nobody else sends."""
        coming = self._transfer_us(ask, pool, ask.input_mb, ask.data_at)
        return coming, self._transfer_us(ask, pool, ask.output_mb, None)

    def moves(self, ask: Ask, pool: PoolFacts) -> tuple[Move | None, Move | None]:
        """What brings the input and what takes the result home, where others may slow it."""
        if self.ways is None or not self.ways.shared or ask.region is None:
            return None, None
        return self._move_in(self.ways, ask, pool), self._move_out(self.ways, ask, pool)

    def _move_in(self, ways: Ways, ask: Ask, pool: PoolFacts) -> Move | None:
        """What brings the input of a job here, where others may slow it."""
        if not ask.input_mb or ask.region is None:
            return None
        start, delay_ms = self._source(ask.region, pool, ask.data_at)
        size, here = ask.input_mb, pool.site_name
        return ways.move(size, start, here, pool, rank_of(ask), delay_ms)

    def _move_out(self, ways: Ways, ask: Ask, pool: PoolFacts) -> Move | None:
        """What takes the result of a job to its region, where others may slow it."""
        if not ask.output_mb or ask.region is None:
            return None
        end, delay_ms = self._source(ask.region, pool, None)
        size, here = ask.output_mb, pool.site_name
        return ways.move(size, here, end, pool, rank_of(ask), delay_ms)

    def _transfer_us(self, ask: Ask, pool: PoolFacts, size_mb: int, at: str | None) -> int:
        """Delay + GB x 8 / the slowest rate; 0 without data or region (contracts §4)."""
        if not size_mb or ask.region is None:
            return 0
        key = (ask.region, pool.site, pool.line_rate_gbit_s, size_mb, at)
        if key not in self._moves:
            self._moves[key] = self._move_us(ask.region, pool, size_mb, at)
        return self._moves[key]

    def _source(self, region: str, pool: PoolFacts, at: str | None) -> tuple[str, float]:
        """The site that data comes from, the region's nearest if none is told; one-way ms."""
        if at is not None:
            return at, self._delay_ms(at, pool)
        homes = self.topology.home_sites(region)
        start = homes[0]
        if len(homes) > 1:
            start = min(homes, key=lambda s: (self._delay_ms(s, pool), s))
        return start, float(self.topology.region_delay_ms(region)[pool.site])

    def _move_us(self, region: str, pool: PoolFacts, size_mb: int, at: str | None) -> int:
        start, delay_ms = self._source(region, pool, at)
        rates = (self._link_rate(start, pool.site_name), pool.line_rate_gbit_s or None)
        known = [rate for rate in rates if rate is not None]
        seconds = size_mb / 1000 * 8 / max(min(known), LEAST_RATE) if known else 0.0
        return min(round(delay_ms * 1000 + seconds * 1e6), MOST_MOVE_US)

    def _link_rate(self, start: str, end: str) -> float | None:
        """The slowest link on the way in Gbit/s, None without a known one."""
        if start == end:
            return None
        if (start, end) not in self._rates:
            path = self.topology.path(start, end)
            rates = (k.capacity_gbit_s * k.share for k in path if k.capacity_gbit_s is not None)
            self._rates[start, end] = min(rates, default=None)
        return self._rates[start, end]

    def _delay_ms(self, site: str, pool: PoolFacts) -> float:
        return float(self.topology.delay_ms[self._place[site], pool.site])
