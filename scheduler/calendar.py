"""What is free when: of each node, of what a pool may sell, and of a tenant's quota.

A `Profile` is a row of steps: from an instant on, so much of each amount is free. All amounts of
a step are packed into one whole number, 64 bits each: added to the number of what is asked,
the highest bit of each is set where there is enough. So one sum and one AND look at a step,
devices and all. `Calendar` makes the profiles of one line from those who run and from promises.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

from scheduler.lines import Placement, Waiting
from scheduler.room import Need, devices_for
from scheduler.rules import NEVER, Held, Rules
from scheduler.shapes import Shape, Stand

BITS = 64
ZERO = 1 << 62  # what stands for 0, so that what is overdrawn takes nothing from its neighbour
ENOUGH = 1 << 63  # the bit that is set where as much is free as is asked
BOUNDLESS = 1 << 60
AMOUNTS = 4  # of a node, before its devices: vcpu_m, memory_mib, dpu_m, local_storage_mb


def packed(values: Sequence[int]) -> int:
    """All values in one number, the first lowest."""
    number = 0
    for value in reversed(values):
        number = (number << BITS) + value
    return number


def flags(count: int, bit: int = ENOUGH) -> int:
    """That bit of the first `count` values."""
    return packed([bit] * count)


@dataclass(frozen=True, slots=True)
class Asked:
    """What must be free: `number` is added to a step, `amounts` are the bits that must be set.

    `devices` are the bits of thousandths of devices (memory lies one above), of which `count`
    must be set together with their memory.
    """

    number: int
    amounts: int
    devices: int = 0
    count: int = 0

    def met(self, found: int) -> bool:
        """Whether these sums (ANDed over the steps of a span) are enough."""
        if found & self.amounts != self.amounts:
            return False
        return not self.count or self.able(found).bit_count() >= self.count

    def able(self, found: int) -> int:
        """The bits of the devices that could serve."""
        return found & found >> BITS & self.devices


def asked_sum(values: Sequence[int]) -> Asked:
    """As much of each value."""
    return Asked(flags(len(values), ENOUGH - ZERO) - packed(values), flags(len(values)))


def asked_node(need: Need, devices: int) -> Asked:
    """Room for one member of a job on a node of up to that many devices."""
    pair = (need.device_m, need.gpu_memory_mib) if need.gpu_m else (0, 0)
    values = _amounts(need) + [*pair] * devices
    each = packed([0] * AMOUNTS + [ENOUGH, 0] * devices)
    number = flags(len(values), ENOUGH - ZERO) - packed(values)
    return Asked(number, flags(AMOUNTS), each, need.devices)


def _amounts(need: Need) -> list[int]:
    return [need.vcpu_m, need.memory_mib, need.dpu_m, need.local_storage_mb]


class Profile:
    """What is free from which instant on; the first step holds at any time before the second."""

    __slots__ = ("free", "size", "times")

    def __init__(self, now_us: int, free: Sequence[int]) -> None:
        self.size = len(free)
        self.times = [now_us]
        self.free = [packed(free) + flags(self.size, ZERO)]

    def copy(self) -> Profile:
        """The same, apart."""
        other = object.__new__(Profile)
        other.size, other.times, other.free = self.size, list(self.times), list(self.free)
        return other

    def take(self, at_us: int, until_us: int, load: int) -> None:
        """So much less is free in that span; a negative load gives back."""
        first, free = self._cut(at_us), self.free
        last = self._cut(until_us) if until_us < NEVER else len(free)
        for n in range(first, last):
            free[n] -= load
        self._mend(last)
        self._mend(first)

    def _cut(self, at_us: int) -> int:
        """The step that begins at that instant, from now on."""
        n = bisect_left(self.times, at_us)
        if n == len(self.times) or self.times[n] != at_us:
            self.times.insert(n, at_us)
            self.free.insert(n, self.free[max(n - 1, 0)])
        return n

    def _mend(self, n: int) -> None:
        """No step where nothing changes."""
        if 0 < n < len(self.free) and self.free[n] == self.free[n - 1]:
            del self.times[n], self.free[n]

    def earliest(self, asked: Asked, span_us: int, from_us: int, before_us: int) -> int:
        """The first instant from which all of it is free for so long (devices: the same ones).

        If it is not before `before_us`: some instant from there on, not after it.
        """
        times, free, number, met = self.times, self.free, asked.number, asked.met
        n, count = max(bisect_right(times, from_us) - 1, 0), len(times)
        first, begin_us, found = n, from_us, -1
        while begin_us < before_us:
            found &= free[n] + number
            if not met(found):
                first, found = self._again(asked, first, n)
                if first == count:
                    return NEVER
                begin_us = times[first]
            n += 1
            if n == count or times[n] - begin_us >= span_us:
                return begin_us
        return begin_us

    def _again(self, asked: Asked, first: int, last: int) -> tuple[int, int]:
        """The first step after `first` from which the span may go on past `last`."""
        n, found = last + 1, -1
        while n - 1 > first and asked.met(more := found & self.free[n - 1] + asked.number):
            n, found = n - 1, more
        return n, found

    def least(self, at_us: int, until_us: int) -> list[int]:
        """The least of each value in that span."""
        first = max(bisect_right(self.times, at_us) - 1, 0)
        last = max(bisect_left(self.times, until_us), first + 1)
        rows = (self._values(step) for step in self.free[first:last])
        return [value - ZERO for value in map(min, zip(*rows, strict=True))]

    def _values(self, step: int) -> memoryview:
        return memoryview(step.to_bytes(8 * self.size, "little")).cast("Q")

    def is_overdrawn(self) -> bool:
        """Whether more of something is spoken for than there is, at some time."""
        number, bits = flags(self.size, ENOUGH - ZERO), flags(self.size)
        return any(step + number & bits != bits for step in self.free)

    def after(self, at_us: int) -> int:
        """When the next step begins; NEVER if none does."""
        n = bisect_right(self.times, at_us)
        return self.times[n] if n < len(self.times) else NEVER


class Claim(Protocol):
    """A span of time for which nodes are promised to a job."""

    @property
    def job(self) -> Waiting:
        """Whose."""

    @property
    def placement(self) -> Placement:
        """Which nodes."""

    @property
    def at_us(self) -> int:
        """From when."""

    @property
    def until_us(self) -> int:
        """Until when; NEVER if for good."""


def expected_us(held: Held, now_us: int) -> int:
    """When a running job is expected to end: as declared, else in twice that time, and so on."""
    if held.shape.endless:
        return NEVER
    end_us = held.declared_us
    while end_us <= now_us:
        end_us = held.begin_us + 2 * max(1, end_us - held.begin_us)
    return end_us


class Calendar:
    """The profiles of a line, made when they are first asked for."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.now_us = 0
        self.claims: dict[int, Claim] = {}
        self.claimed: dict[int, dict[int, Claim]] = {}  # by node and job
        self.starting: list[Held] = []  # since a moment ago, not yet known to the rules
        self.nodes: dict[int, Profile] = {}
        self.sums: dict[tuple[str, int], Profile] = {}  # of pools and tenants, for one look
        self.ends: list[tuple[int, int]] = []  # a heap: when a profile of a node is too old
        self.asks: dict[int, Asked] = {}
        self.loads: dict[tuple[Need, tuple[int, ...]], int] = {}

    def copy(self) -> Calendar:
        """The same, for a trial that nobody will see."""
        other = Calendar(self.rules)
        other.claims, other.ends = dict(self.claims), list(self.ends)
        other.claimed = {node: dict(them) for node, them in self.claimed.items() if them}
        other.nodes = {node: profile.copy() for node, profile in self.nodes.items()}
        other.asks, other.loads = self.asks, self.loads
        return other

    def look_at(self, now_us: int, touched: Iterable[int]) -> bool:
        """A new look begins; somebody began or ended on the nodes `touched`.

        Whether more is promised than there will be, since a job outlasts what it declared.
        """
        self.now_us = now_us
        self.starting.clear()
        self.sums.clear()
        old = set(touched)
        while self.ends and self.ends[0][0] <= now_us:
            old.add(heappop(self.ends)[1])
        for node in old:
            self.nodes.pop(node, None)
        return any(self.node(n).is_overdrawn() for n in old if self.claimed.get(n)) or any(
            self.pool(p).is_overdrawn() for p in self._capped()
        )

    def _capped(self) -> set[int]:
        """Pools of promises whose sum is limited too."""
        pools = self.rules.estate.pools
        capped = {p for p, facts in enumerate(pools) if facts.capped}
        if not capped:
            return capped
        return {p for c in self.claims.values() for p, _, _ in c.placement if p in capped}

    # -- who holds what when ---------------------------------------------------------------

    def add(self, claim: Claim) -> None:
        """Keep the nodes for the job."""
        self.claims[claim.job.index] = claim
        for _, node, _ in claim.placement:
            self.claimed.setdefault(node, {})[claim.job.index] = claim
        self._book(claim.job.shape, claim.placement, claim.at_us, claim.until_us, 1)

    def drop(self, claim: Claim) -> None:
        """Keep them no longer."""
        del self.claims[claim.job.index]
        for _, node, _ in claim.placement:
            del self.claimed[node][claim.job.index]
        self._book(claim.job.shape, claim.placement, claim.at_us, claim.until_us, -1)

    def clear(self) -> None:
        """Keep nothing for anybody."""
        self.claims.clear()
        self.claimed.clear()
        self.nodes.clear()
        self.sums.clear()

    def start(self, held: Held) -> None:
        """A job has its nodes since a moment ago."""
        self.starting.append(held)
        until_us = expected_us(held, self.now_us)
        self._book(held.shape, held.placement, self.now_us, until_us, 1)

    def _book(
        self, shape: Shape, placement: Placement, at_us: int, until_us: int, sign: int
    ) -> None:
        self.sums.clear()
        for pool, node, devices in placement:
            if node in self.nodes:
                load = self._load(shape.stand(pool).need, devices)
                self.nodes[node].take(at_us, until_us, sign * load)

    def lift(self, claim: Claim, node: int, sign: int) -> None:
        """See one of its nodes without the claim for a moment (-1), or again with it (1)."""
        pool, devices = next((p, d) for p, at, d in claim.placement if at == node)
        load = self._load(claim.job.shape.stand(pool).need, devices)
        self.node(node).take(claim.at_us, claim.until_us, sign * load)

    def _load(self, need: Need, devices: tuple[int, ...]) -> int:
        known = self.loads.get((need, devices))
        if known is None:
            pairs = [(0, 0)] * (1 + max(devices, default=-1))
            for d in devices:
                pairs[d] = need.device_m, need.gpu_memory_mib
            known = packed(_amounts(need) + [value for pair in pairs for value in pair])
            self.loads[need, devices] = known
        return known

    # -- profiles --------------------------------------------------------------------------

    def asked(self, stand: Stand) -> Asked:
        """What one member of a job asks of a node."""
        known = self.asks.get(stand.number)
        if known is None:
            known = asked_node(stand.need, self.rules.estate.devices)
            self.asks[stand.number] = known
        return known

    def node(self, node: int) -> Profile:
        """What the node has free, from now on."""
        known = self.nodes.get(node)
        if known is None:
            known = self.nodes[node] = self._made(node)
        return known

    def _made(self, node: int) -> Profile:
        """From now on, behind those who run, those who start just now, and promises."""
        state = self.rules.state
        rows = (state.vcpu, state.memory, state.dpu, state.local_storage)
        pairs = zip(state.gpu[node], state.gpu_memory[node], strict=True)
        amounts = [row[node] for row in rows]
        profile = Profile(self.now_us, amounts + [value for pair in pairs for value in pair])
        ends = []
        for held, need, devices in self._on(node):
            end_us = expected_us(held, self.now_us)
            if end_us < NEVER:
                profile.take(end_us, NEVER, -self._load(need, devices))
                ends.append(end_us)
        if ends:
            heappush(self.ends, (min(ends), node))
        for claim in self.claimed.get(node, {}).values():
            pool, devices = next((p, d) for p, at, d in claim.placement if at == node)
            load = self._load(claim.job.shape.stand(pool).need, devices)
            profile.take(claim.at_us, claim.until_us, load)
        return profile

    def _on(self, node: int) -> Iterator[tuple[Held, Need, tuple[int, ...]]]:
        yield from self.rules.on_node.get(node, {}).values()
        for held in self.starting:
            for pool, at, devices in held.placement:
                if at == node:
                    yield held, held.shape.stand(pool).need, devices

    def pool(self, pool: int) -> Profile:
        """What a pool may sell (contracts §4, Sellable)."""
        known = self.sums.get(("pool", pool))
        if known is None:
            running = [held for *_, held in self.rules.running[pool]]

            def load(shape: Shape, placement: Placement) -> int:
                count = sum(p == pool for p, _, _ in placement)
                return count * packed(shape.stand(pool).amounts) if count else 0

            known = Profile(self.now_us, self.rules.state.pool_free[pool])
            self._fill(known, running, load)
            self.sums["pool", pool] = known
        return known

    def quota(self, tenant: int) -> Profile | None:
        """What a tenant may still have; None if any amount."""
        rules = self.rules
        limits = rules.state.limits
        limit = limits[tenant] if rules.limited and tenant < len(limits) else None
        if limit is None:
            return None
        known = self.sums.get(("tenant", tenant))
        if known is None:
            used = rules.state.charged[tenant]
            free = [q - u if q >= 0 else BOUNDLESS for q, u in zip(limit, used, strict=True)]
            known = self.sums["tenant", tenant] = Profile(self.now_us, free)
            running = rules.tenant_running.get(tenant, {}).values()
            self._fill(
                known,
                running,
                lambda shape, _: packed(shape.quota) if shape.tenant == tenant else 0,
            )
        return known

    def _fill(self, profile: Profile, running: Iterable[Held], load: _Load) -> None:
        """Those who run give back what they hold, those promised take it for their span."""
        for held in (*running, *self.starting):
            end_us = expected_us(held, self.now_us)
            if end_us < NEVER:
                profile.take(end_us, NEVER, -load(held.shape, held.placement))
        for claim in self.claims.values():
            amount = load(claim.job.shape, claim.placement)
            if amount:
                profile.take(claim.at_us, claim.until_us, amount)

    # -- what may be asked -----------------------------------------------------------------

    def quota_from(self, job: Waiting, span_us: int, from_us: int) -> int:
        """The first instant from which the quota of its tenant has room for it that long."""
        profile = self.quota(job.shape.tenant)
        if profile is None:
            return from_us
        return profile.earliest(asked_sum(job.shape.quota), span_us, from_us, NEVER)

    def sells_from(self, pool: int, asked: Sequence[int], span_us: int, from_us: int) -> int:
        """The first instant from which the pool may sell that much for that long."""
        if not self.rules.estate.pools[pool].capped:
            return from_us
        return self.pool(pool).earliest(asked_sum(asked), span_us, from_us, NEVER)

    def members(self, pool: int, asked: Sequence[int], at_us: int, until_us: int) -> int:
        """How many members the pool may sell in that span."""
        if not self.rules.estate.pools[pool].capped:
            return self.rules.estate.nodes
        left = self.pool(pool).least(at_us, until_us)
        return min(max(f, 0) // a for f, a in zip(left, asked, strict=True) if a)

    def devices(self, node: int, need: Need, at_us: int, until_us: int) -> tuple[int, ...]:
        """Devices of the node that are free in all of that span; () if not enough."""
        if not need.gpu_m:
            return ()
        left = self.node(node).least(at_us, until_us)
        return devices_for(need, left[AMOUNTS::2], left[AMOUNTS + 1 :: 2])

    def has_devices(
        self, node: int, need: Need, devices: Sequence[int], at_us: int, until_us: int
    ) -> bool:
        """Whether these devices of the node are free in all of that span."""
        left = self.node(node).least(at_us, until_us)[AMOUNTS:]
        pairs = [left[2 * d : 2 * d + 2] for d in devices]
        return all(m >= need.device_m and g >= need.gpu_memory_mib for m, g in pairs)


class _Load(Protocol):
    def __call__(self, shape: Shape, placement: Placement) -> int:
        """What a job takes of the sum in question, packed."""
