"""Shapes: all that a policy may ask of a job but its id and times, as integers, compiled once.

A shape knows which pools could ever take its jobs, what each would have to give, and how long
dispatch and transfers take there; or why no pool ever could.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from scenarios import Ask, Scenario
from scheduler.admission import has_chip, listed, may_enter
from scheduler.deliveries import Deliveries
from scheduler.estate import Estate, PoolFacts
from scheduler.gang_scopes import GangScopes
from scheduler.needs import (
    Fit,
    amounts_of,
    asks_unknown,
    could_hold,
    demand_of_node,
    kind_of,
    need_of,
)
from scheduler.reasons import Reason
from scheduler.residency import Mask, Residency
from scheduler.room import WHOLE_M, Need
from scheduler.ways import Move, Ways
from topology import RESOURCES, Topology, duration_factor

QUOTA_KEYS = {
    "vcpu": ("vcpu", 1000),
    "memory_gib": ("memory", 1024),
    "gpu": ("gpu", 1000),
    "gpu_memory_gib": ("gpu_memory", 1024),
    "dpu_share": ("dpu", 1000),
    "local_storage_gb": ("local_storage", 1000),
}
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
        self._deliveries = Deliveries(scenario)
        self._residency = Residency(self.topology, estate.pools)
        self._gangs = GangScopes(self.topology, estate.pools)
        self._fits: dict[tuple[object, ...], Fit] = {}
        self._stands: dict[tuple[object, ...], Stand] = {}
        self._shared: dict[object, Stands] = {}
        self._sieves: dict[Ask, Sieve] = {}
        self._passed: dict[object, tuple[tuple[int, ...], Reason, frozenset[int]]] = {}
        self._factors: dict[tuple[object, ...], float | None] = {}
        self._has_gpus = estate.devices > 0
        kinds: dict[tuple[object, ...], int] = {}
        self._kind = [kinds.setdefault(kind_of(pool), len(kinds)) for pool in estate.pools]

    @property
    def ways(self) -> Ways | None:
        """Moves between sites; None where no transfer meets another and no set is moved."""
        return self._deliveries.ways

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
        key = (anywhere, self._residency.limit(ask))
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
            spots=tuple(self._gangs.spots(ask, allowed)) if ask.nodes > 1 else (),
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
        demand, found = demand_of_node(ask), []
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
        return Fit(number, need, amounts, could_hold(need, pool), asks_unknown(need, pool))

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
            *self._deliveries.spans_us(ask, pool),
            self._duration_factor(ask, pool) or 1.0,
        )
        moves = self._deliveries.moves(ask, pool)
        key = (fit.number, *times, *moves)
        if key not in self._stands:
            self._stands[key] = Stand(fit.need, fit.number, fit.amounts, *times, *moves)
        return self._stands[key]

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

    def _sieve(self, ask: Ask) -> Sieve:
        """Which pools each rule keeps, in the order of contracts §4; residency apart."""
        if ask not in self._sieves:
            pools, fits = self.estate.pools, self._fits_of(ask)
            rules: tuple[tuple[Reason, list[bool]], ...] = (
                (Reason.NO_CHIP, [has_chip(ask, p) for p in pools]),
                (Reason.NO_SPEED, [self._has_speed(ask, p) for p in pools]),
                (Reason.NOT_LISTED, [listed(ask, p) for p in pools]),
                (Reason.RESIDENCY, []),
                (
                    Reason.SECURITY_LEVEL,
                    [p.security_level >= ask.security_level for p in pools],
                ),
                (Reason.RESERVED, [may_enter(ask, p, silos=self.silos) for p in pools]),
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
            left = left & self._kept(reason, kept, ask)
            if not left.any():
                return (), reason
        known = left & sieve.known
        chosen: list[int] = np.flatnonzero(known if known.any() else left).tolist()
        wide = self._gangs.wide_enough(ask, sieve.fits, chosen)
        if not wide:
            return (), Reason.GANG_TOO_BIG
        return (wide, Reason.NONE) if known.any() else ((), Reason.UNKNOWN_CAPACITY)

    def _kept(self, reason: Reason, kept: Mask, ask: Ask) -> Mask:
        """What a rule of a sieve keeps; residency, which depends on the region, by itself."""
        return self._residency.keeps(ask) if reason is Reason.RESIDENCY else kept

    def barred(self, ask: Ask) -> npt.NDArray[np.int8]:
        """Of each pool the first rule that keeps the ask out, 0 where none does."""
        found = np.zeros(len(self.estate.pools), np.int8)
        for reason, kept in reversed(self._sieve(replace(ask, region=None)).rules):
            found[~self._kept(reason, kept, ask)] = reason
        return found

    def before(self, shape: Shape) -> tuple[PoolFacts, ...]:
        """The pools that are left before the rule that refuses a shape; all if none does."""
        left: Mask = np.ones(len(self.estate.pools), bool)
        for reason, kept in self._sieve(replace(shape.ask, region=None)).rules:
            if reason is shape.refusal:
                break
            left = left & self._kept(reason, kept, shape.ask)
        return tuple(self.estate.pools[p] for p in np.flatnonzero(left).tolist())


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
