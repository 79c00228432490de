"""Shapes: all that a policy may ask of a job but its id and times, as integers, compiled once.

A shape knows which pools could ever take its jobs, what each would have to give, and how long
dispatch and transfers take there; or why no pool ever could.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from scenarios import Ask, Scenario
from scheduler.estate import UNKNOWN, Estate, PoolFacts
from scheduler.reasons import Reason
from scheduler.room import WHOLE_M, Need
from scheduler.ways import LEAST_RATE, MOST_MOVE_US, Move, Ways, rank_of
from topology import RESOURCES, Topology, duration_factor

QUOTA_KEYS = {
    "vcpu": ("vcpu", 1000),
    "memory_gib": ("memory", 1024),
    "gpu": ("gpu", 1000),
    "gpu_memory_gib": ("gpu_memory", 1024),
    "dpu_share": ("dpu", 1000),
    "local_storage_gb": ("local_storage", 1000),
}


Mask = npt.NDArray[np.bool_]
LONGEST_US = 2**61  # a span that still fits 64 bits when added to any instant


@dataclass(frozen=True, slots=True)
class Stand:
    """What one node of one pool gives a member of a job, and the times that come with it.

    `amounts` is `need` in the order of RESOURCES (thousandths, MiB, MB). `duration_factor` is
    how long the work takes here, over its hours as they were measured (contracts §4, Speed).
    Transfers take as long as told if nobody else sends; `move_in` and `move_out` are those
    that others may slow.
    """

    need: Need
    number: int
    amounts: tuple[int, ...]
    dispatch_us: int
    transfer_in_us: int
    transfer_out_us: int
    duration_factor: float = 1.0
    move_in: Move | None = None
    move_out: Move | None = None

    def takes_us(self, work_us: int) -> int:
        """The span here of what is `work_us` long on the chip it was measured on."""
        if self.duration_factor == 1.0:
            return work_us
        return min(max(1, round(work_us * self.duration_factor)), LONGEST_US)


class Stands(dict[int, Stand]):
    """What each pool that may take a job gives it, worked out when it is first asked for."""

    def __init__(self, make: Callable[[int], Stand]) -> None:
        self._make = make

    def __missing__(self, pool: int) -> Stand:
        """The stand of a pool, kept from now on."""
        stand = self[pool] = self._make(pool)
        return stand


@dataclass(frozen=True, slots=True)
class Shape:
    """One class of equal jobs. `stands` holds the pools of `allowed`, each when asked for."""

    number: int
    ask: Ask
    allowed: tuple[int, ...]
    stands: Stands = field(compare=False)
    refusal: Reason
    tenant: int
    quota: tuple[int, ...]
    dominant: int
    nodes: int
    priority: int
    spots: tuple[tuple[int, ...], ...]
    endless: bool

    @property
    def region(self) -> str | None:
        """Where the job comes from."""
        return self.ask.region

    def stand(self, pool: int) -> Stand:
        """What pool `pool`, one of `allowed`, gives."""
        return self.stands[pool]


@dataclass(frozen=True, slots=True)
class Fit:
    """One demand on one kind of pool: what a node gives, and whether it ever could.

    `number` is that of the need.
    """

    number: int
    need: Need
    amounts: tuple[int, ...]
    could_hold: bool
    asks_unknown: bool


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which pools each rule keeps, for all asks that differ in nothing but their region."""

    fits: list[Fit]
    rules: tuple[tuple[Reason, Mask], ...]
    known: Mask


class Shapes:
    """Compiles asks to shapes, each once; numbers of tenants and needs grow with them."""

    def __init__(self, scenario: Scenario, estate: Estate) -> None:
        self.estate = estate
        self.topology: Topology = scenario.topology
        self.silos = scenario.policies.silos.name == "tenant"
        self.quotas = {t.name: quota_of(t.quota) for t in scenario.tenants if t.quota}
        self.tenants: list[str] = sorted({t.name for t in scenario.tenants})
        self.all: list[Shape] = []
        self.needs: dict[Need, int] = {}
        self.amounts: list[tuple[int, ...]] = []
        self.uses: list[tuple[float, ...]] = []
        self._place = {site.name: number for number, site in enumerate(self.topology.sites)}
        shared = scenario.policies.network.name == "shared"
        some = shared or self.topology.data_sets
        self.ways = Ways(self.topology, shared=shared) if some else None
        self._moves: dict[tuple[object, ...], int] = {}
        self._rates: dict[tuple[str, str], float | None] = {}
        self._fits: dict[tuple[object, ...], Fit] = {}
        self._stands: dict[tuple[object, ...], Stand] = {}
        self._shared: dict[object, Stands] = {}
        self._sieves: dict[Ask, Sieve] = {}
        self._passed: dict[object, tuple[tuple[int, ...], Reason, frozenset[int]]] = {}
        self._homes: dict[str, tuple[npt.NDArray[np.object_], dict[object, Mask]]] = {}
        self._factors: dict[tuple[object, ...], float | None] = {}
        self._has_gpus = estate.devices > 0
        kinds: dict[tuple[object, ...], int] = {}
        self._kind = [kinds.setdefault(_kind(pool), len(kinds)) for pool in estate.pools]

    def limits(self) -> list[tuple[int, ...] | None]:
        """Quota of each tenant by number, None where it has none."""
        return [self.quotas.get(name) for name in self.tenants]

    def add(self, asks: Iterable[Ask]) -> None:
        """Compile the asks beyond those known already."""
        for ask in asks:
            self.all.append(self._shape(ask))

    def _shape(self, ask: Ask) -> Shape:
        if ask.tenant not in self.tenants:
            self.tenants.append(ask.tenant)
        anywhere = replace(ask, region=None)
        sieve = self._sieve(anywhere)
        key = (anywhere, self._limit(ask))
        if key not in self._passed:
            allowed, refusal = self._passing(ask, sieve)
            self._passed[key] = allowed, refusal, frozenset(allowed)
        allowed, refusal, _ = self._passed[key]
        stands = self._stands_of(ask, sieve, key)
        quota = self._asked(ask)
        if not refusal and _exceeds(quota, self.quotas.get(ask.tenant)):
            refusal, allowed = Reason.QUOTA_TOO_SMALL, ()
        means = dict(ask.use)
        self.uses.append(tuple(means.get(r, 1.0) for r in RESOURCES))
        return Shape(
            number=len(self.all),
            ask=ask,
            allowed=allowed,
            stands=stands,
            refusal=refusal,
            tenant=self.tenants.index(ask.tenant),
            quota=quota,
            dominant=self._dominant(quota),
            nodes=ask.nodes,
            priority=ask.priority,
            spots=tuple(self._spots(ask, allowed)) if ask.nodes > 1 else (),
            endless=ask.forever,
        )

    def _asked(self, ask: Ask) -> tuple[int, ...]:
        """The whole job's demand in the order of RESOURCES, before slices round it up."""
        gpu_memory = max(ask.gpu_memory_mib, 0) * max(1, -(-ask.gpu_m // WHOLE_M))
        one = (
            ask.vcpu_m,
            ask.memory_mib,
            ask.gpu_m,
            gpu_memory,
            ask.dpu_m,
            ask.local_storage_mb,
        )
        return tuple(amount * ask.nodes for amount in one)

    def _dominant(self, asked: tuple[int, ...]) -> int:
        """The resource of which the job asks the largest share of all that is sellable."""
        total = self.estate.total
        shares = [a / t if t else 0.0 for a, t in zip(asked, total, strict=True)]
        return shares.index(max(shares))

    def _fits_of(self, ask: Ask) -> list[Fit]:
        """The ask against every pool; pools of one kind share the answer."""
        demand = (
            ask.vcpu_m,
            ask.memory_mib,
            ask.dpu_m,
            ask.local_storage_mb,
            ask.gpu_m,
            ask.gpu_memory_mib,
        )
        found = []
        for pool, kind in zip(self.estate.pools, self._kind, strict=True):
            key = (demand, kind)
            if key not in self._fits:
                self._fits[key] = self._fit(need_of(ask, pool), pool)
            found.append(self._fits[key])
        return found

    def _fit(self, need: Need, pool: PoolFacts) -> Fit:
        amounts, number = amounts_of(need), self.needs.setdefault(need, len(self.needs))
        if number == len(self.amounts):
            self.amounts.append(amounts)
        could_hold, asks_unknown = _could_hold(need, pool), _asks_unknown(need, pool)
        return Fit(number, need, amounts, could_hold, asks_unknown)

    def _stands_of(self, ask: Ask, sieve: Sieve, key: object) -> Stands:
        """The stands of an ask; asks that move nothing share theirs wherever they come from."""
        moves = ask.region is not None and (ask.input_mb or ask.output_mb)
        if not moves and key in self._shared:
            return self._shared[key]
        allowed = self._passed[key][2]

        def make(pool: int) -> Stand:
            if pool not in allowed:
                raise KeyError(f"a job of {ask.workload} can never run in pool {pool}")
            return self._stand(ask, self.estate.pools[pool], sieve.fits[pool])

        stands = Stands(make)
        if not moves:
            self._shared[key] = stands
        return stands

    def _stand(self, ask: Ask, pool: PoolFacts, fit: Fit) -> Stand:
        times = (
            0 if ask.replica else pool.dispatch_us,  # it stood there before the clock started
            self._transfer_us(ask, pool, ask.input_mb, ask.data_at),
            self._transfer_us(ask, pool, ask.output_mb, None),
            self._duration_factor(ask, pool) or 1.0,
        )
        moves: tuple[Move | None, Move | None] = (None, None)
        if self.ways is not None and self.ways.shared and ask.region is not None:
            moves = self._move_in(self.ways, ask, pool), self._move_out(self.ways, ask, pool)
        key = (fit.number, *times, *moves)
        if key not in self._stands:
            self._stands[key] = Stand(fit.need, fit.number, fit.amounts, *times, *moves)
        return self._stands[key]

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

    def _duration_factor(self, ask: Ask, pool: PoolFacts) -> float | None:
        """How long the work takes here; 1 where it takes equally long everywhere."""
        if ask.klass is None or ask.run_is_fixed or ask.forever:
            return 1.0
        key = (ask.klass, ask.on, ask.gpu_m > 0, pool.name)
        if key not in self._factors:
            there = self.topology.pool(pool.name)
            found = duration_factor(self.topology, there, ask.klass, ask.on, gpu=ask.gpu_m > 0)
            self._factors[key] = None if found is None else float(found)
        return self._factors[key]

    def _has_speed(self, ask: Ask, pool: PoolFacts) -> bool:
        """A speed is known here; where no pool has a GPU, that is not what is missing."""
        if ask.gpu_m and not self._has_gpus:
            return True
        return self._duration_factor(ask, pool) is not None

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

    def _sieve(self, ask: Ask) -> Sieve:
        """Which pools each rule keeps, in the order of contracts §4; residency apart."""
        if ask not in self._sieves:
            pools, fits = self.estate.pools, self._fits_of(ask)
            rules: tuple[tuple[Reason, list[bool]], ...] = (
                (Reason.NO_CHIP, [_has_chip(ask, p) for p in pools]),
                (Reason.NO_SPEED, [self._has_speed(ask, p) for p in pools]),
                (Reason.NOT_LISTED, [_listed(ask, p) for p in pools]),
                (Reason.RESIDENCY, []),
                (
                    Reason.SECURITY_LEVEL,
                    [p.security_level >= ask.security_level for p in pools],
                ),
                (Reason.RESERVED, [_may_enter(ask, p, silos=self.silos) for p in pools]),
                (Reason.TOO_BIG, [fit.could_hold for fit in fits]),
            )
            masks = tuple((reason, np.array(kept, bool)) for reason, kept in rules)
            known = np.array([not fit.asks_unknown for fit in fits], bool)
            self._sieves[ask] = Sieve(fits, masks, known)
        return self._sieves[ask]

    def _passing(self, ask: Ask, sieve: Sieve) -> tuple[tuple[int, ...], Reason]:
        """Pools that could ever take the job, or the first rule that leaves none."""
        left: Mask = np.ones(len(self.estate.pools), bool)
        for reason, kept in sieve.rules:
            left = left & (self._may_stay(ask) if reason is Reason.RESIDENCY else kept)
            if not left.any():
                return (), reason
        known = left & sieve.known
        chosen: list[int] = np.flatnonzero(known if known.any() else left).tolist()
        wide = self._wide_enough(ask, sieve.fits, chosen)
        if not wide:
            return (), Reason.GANG_TOO_BIG
        return (wide, Reason.NONE) if known.any() else ((), Reason.UNKNOWN_CAPACITY)

    def barred(self, ask: Ask) -> npt.NDArray[np.int8]:
        """Of each pool the first rule that keeps the ask out, 0 where none does."""
        found = np.zeros(len(self.estate.pools), np.int8)
        for reason, kept in reversed(self._sieve(replace(ask, region=None)).rules):
            found[~(self._may_stay(ask) if reason is Reason.RESIDENCY else kept)] = reason
        return found

    def before(self, shape: Shape) -> tuple[PoolFacts, ...]:
        """The pools that are left before the rule that refuses a shape; all if none does."""
        left: Mask = np.ones(len(self.estate.pools), bool)
        for reason, kept in self._sieve(replace(shape.ask, region=None)).rules:
            if reason is shape.refusal:
                break
            left = left & (self._may_stay(shape.ask) if reason is Reason.RESIDENCY else kept)
        return tuple(self.estate.pools[p] for p in np.flatnonzero(left).tolist())

    def _limit(self, ask: Ask) -> object:
        """All that residency asks of a pool; equal for places inside the same limit."""
        if ask.stays_within is None:
            return None
        if ask.stays_within == "site":
            return ("site", ask.data_at) if ask.data_at is not None else ("region", ask.region)
        place = self.topology.region_of(ask.data_at) if ask.data_at else ask.region
        if place is None:
            return ("region", None)
        limit = self.topology.ancestor_at(place, ask.stays_within)
        return ("region", place) if limit is None else (ask.stays_within, limit)

    def _may_stay(self, ask: Ask) -> Mask:
        """The pools that residency keeps (see Topology.within)."""
        limit = self._limit(ask)
        if not isinstance(limit, tuple):
            return np.ones(len(self.estate.pools), bool)
        kind, name = limit
        if name is None:
            return np.zeros(len(self.estate.pools), bool)
        if kind not in self._homes:
            self._homes[kind] = (np.array([self._home(kind, p) for p in self.estate.pools]), {})
        homes, masks = self._homes[kind]
        if name not in masks:
            masks[name] = homes == name
        return masks[name]

    def _home(self, kind: str, pool: PoolFacts) -> str:
        """The site, the region, or the region of a level around it, of a pool; '' for none."""
        if kind == "site":
            return pool.site_name
        if kind == "region":
            return pool.region
        return self.topology.ancestor_at(pool.region, kind) or ""

    def _wide_enough(self, ask: Ask, fits: list[Fit], left: list[int]) -> tuple[int, ...]:
        """Pools in whose scope (pool, site, cloud, province) an empty estate holds the gang."""
        if ask.nodes == 1:
            return tuple(left)
        pools = self.estate.pools
        room: dict[str, int] = {}
        for p in left:
            scope = self.scope(ask, p)
            room[scope] = room.get(scope, 0) + members_when_empty(fits[p].need, pools[p])
        return tuple(p for p in left if room[self.scope(ask, p)] >= ask.nodes)

    def scope(self, ask: Ask, p: int) -> str:
        """What the members of a gang share: their pool, site, cloud or province."""
        pool = self.estate.pools[p]
        if ask.gang_within == "site":
            return pool.site_name
        if ask.gang_within == "cloud":
            return pool.cloud
        if ask.gang_within == "province":
            return self._province(pool.region)
        return pool.name

    def _province(self, region: str) -> str:
        """The ancestor of level province; a region without one stands for itself."""
        for name in self.topology.ancestors(region):
            if self.topology.region(name).level == "province":
                return name
        return region

    def _spots(self, ask: Ask, allowed: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
        """Groups of pools over which one gang may spread; single pools otherwise."""
        groups: dict[str, list[int]] = {}
        for p in allowed:
            groups.setdefault(self.scope(ask, p), []).append(p)
        return [tuple(g) for g in groups.values()]


def quota_of(quota: object) -> tuple[int, ...]:
    """Quota in the order of RESOURCES; where a resource is not named: no limit (-1)."""
    values = quota if isinstance(quota, dict) else dict(quota)  # type: ignore[call-overload]
    limits = dict.fromkeys(RESOURCES, -1)
    for key, amount in values.items():
        if amount is not None:
            name, scale = QUOTA_KEYS[key]
            limits[name] = int(round(amount * scale, 6))
    return tuple(limits[r] for r in RESOURCES)


def _exceeds(asked: tuple[int, ...], quota: tuple[int, ...] | None) -> bool:
    return quota is not None and any(
        q >= 0 and a > q for a, q in zip(asked, quota, strict=True)
    )


def need_of(ask: Ask, pool: PoolFacts) -> Need:
    """What one node of `pool` gives: shares rounded up to slices, memory written out.

    Whole devices come with all their memory; a share without `gpu_memory_gib` with its part.
    """
    gpu_m, memory, there = ask.gpu_m, ask.gpu_memory_mib, max(pool.device_memory_mib, 0)
    if 0 < gpu_m < WHOLE_M and pool.accelerator and pool.accelerator.slices:
        gpu_m = min((s for s in pool.accelerator.slices if s >= gpu_m), default=WHOLE_M)
    if not gpu_m:
        memory = 0
    elif gpu_m >= WHOLE_M:
        memory = max(memory, there)
    elif memory < 0:
        memory = there * gpu_m // WHOLE_M  # down: shares that fill a device must fit its memory
    return Need(ask.vcpu_m, ask.memory_mib, ask.dpu_m, ask.local_storage_mb, gpu_m, memory)


def amounts_of(need: Need) -> tuple[int, ...]:
    """`need` in the order of RESOURCES; GPU memory is that of all devices taken."""
    return (
        need.vcpu_m,
        need.memory_mib,
        need.gpu_m,
        need.gpu_memory_mib * need.devices,
        need.dpu_m,
        need.local_storage_mb,
    )


def _has_chip(ask: Ask, pool: PoolFacts) -> bool:
    """Named chip, ISA and stack are there; a DPU where a share of one is asked for."""
    names = [c.name for c in (pool.cpu, pool.accelerator) if c is not None]
    if ask.chips and not any(fnmatchcase(n, want) for n in names for want in ask.chips):
        return False
    if ask.isa and pool.cpu.isa not in ask.isa:
        return False
    if ask.stack and pool.stack not in ask.stack:
        return False
    return not ask.dpu_m or pool.dpu is not None


def _listed(ask: Ask, pool: PoolFacts) -> bool:
    """The CPU, and the accelerator if asked for, are domestic; the CPU is on the list.

    The safe-and-reliable list of 2023 covers processors only, so no accelerator is on it.
    """
    used = [pool.cpu] + ([pool.accelerator] if ask.gpu_m and pool.accelerator else [])
    if ask.domestic_only and not all(c.domestic for c in used):
        return False
    return not ask.safe_reliable_only or bool(pool.cpu.safe_reliable)


def _kind(pool: PoolFacts) -> tuple[object, ...]:
    """What decides how much of a pool a job takes: equal for pools of equal nodes and size."""
    slices = pool.accelerator.slices if pool.accelerator else ()
    return (
        pool.nodes,
        pool.vcpu_m,
        pool.memory_mib,
        pool.devices,
        pool.device_memory_mib,
        pool.dpu_m,
        pool.local_storage_mb,
        pool.sellable,
        slices,
    )


def _may_enter(ask: Ask, pool: PoolFacts, *, silos: bool) -> bool:
    """A pool kept for others is closed; in silos one that is reserved for nobody too."""
    if pool.gpu_jobs_only and not ask.gpu_m:
        return False
    return ask.tenant in pool.reserved_for or not (silos or pool.reserved_for)


def _pairs(need: Need, pool: PoolFacts) -> tuple[tuple[int, int], ...]:
    """(asked, there) on one node; devices are looked at apart."""
    return (
        (need.vcpu_m, pool.vcpu_m),
        (need.memory_mib, pool.memory_mib),
        (need.dpu_m, pool.dpu_m),
        (need.local_storage_mb, pool.local_storage_mb),
        (need.gpu_memory_mib, pool.device_memory_mib),
    )


def _could_hold(need: Need, pool: PoolFacts) -> bool:
    """An empty node would take it as far as is known; and the pool may sell that much."""
    if need.devices > pool.devices or not pool.nodes:
        return False
    if any(asked > there != UNKNOWN for asked, there in _pairs(need, pool)):
        return False
    sold = zip(amounts_of(need), pool.sellable, strict=True)
    return all(asked <= may or may == UNKNOWN for asked, may in sold)


def _asks_unknown(need: Need, pool: PoolFacts) -> bool:
    """The pool has no figure for something that is asked for."""
    return any(asked > 0 and there == UNKNOWN for asked, there in _pairs(need, pool))


def members_when_empty(need: Need, pool: PoolFacts) -> int:
    """How many members, each on a node of its own, the empty pool holds and may sell."""
    most = pool.nodes
    for asked, may in zip(amounts_of(need), pool.sellable, strict=True):
        if asked and may != UNKNOWN:
            most = min(most, may // asked)
    return most
