"""What is free when, in the pools of one line: of nodes, of what is sold, of a tenant's quota.

`Calendar` makes a profile of each from those who run, those who start just now, and promises.
A node's profile is kept until somebody begins or ends there; sums are made for one look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from scheduler.instants import NEVER
from scheduler.lines import Placement, Waiting
from scheduler.profile import AMOUNTS, Asked, Profile, amounts_of, asked_node, asked_sum, packed
from scheduler.room import Need, devices_for
from scheduler.rules import Rules
from scheduler.shapes import Shape, Stand
from scheduler.stays import Held

BOUNDLESS = 1 << 60  # where a quota has no limit
Load = Callable[[Shape, Placement], int]  # what a job takes of a sum, packed


@dataclass(frozen=True, slots=True)
class Promise:
    """A job will have these nodes from `at_us` on, and is declared to leave by `until_us`."""

    job: Waiting
    placement: Placement
    at_us: int
    until_us: int


def expected_us(held: Held, now_us: int) -> int:
    """When a running job is expected to end: as declared, else after twice that, and so on."""
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
        self.promises: dict[int, Promise] = {}
        self.promised: dict[int, dict[int, Promise]] = {}  # by node and job
        self.starting: list[Held] = []  # since a moment ago, not yet known to the rules
        self.nodes: dict[int, Profile] = {}
        self.sums: dict[tuple[str, int], Profile] = {}  # of pools and tenants, for one look
        self.ends: list[tuple[int, int]] = []  # a heap: when a profile of a node is too old
        self.asks: dict[int, Asked] = {}
        self.loads: dict[tuple[Need, tuple[int, ...]], int] = {}

    def copy(self) -> Calendar:
        """The same, for a trial that nobody will see."""
        other = Calendar(self.rules)
        other.promises, other.ends = dict(self.promises), list(self.ends)
        other.promised = {node: dict(them) for node, them in self.promised.items() if them}
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
        return any(self.node(n).is_overdrawn() for n in old if self.promised.get(n)) or any(
            self.pool(p).is_overdrawn() for p in self._capped()
        )

    def _capped(self) -> set[int]:
        """Pools of promises whose sum is limited too."""
        pools = self.rules.estate.pools
        capped = {p for p, facts in enumerate(pools) if facts.capped}
        if not capped:
            return capped
        return {p for q in self.promises.values() for p, _, _ in q.placement if p in capped}

    # -- who holds what when ---------------------------------------------------------------

    def add(self, promise: Promise) -> None:
        """Keep the nodes for the job."""
        self.promises[promise.job.index] = promise
        for _, node, _ in promise.placement:
            self.promised.setdefault(node, {})[promise.job.index] = promise
        self._book(promise.job.shape, promise.placement, promise.at_us, promise.until_us, 1)

    def drop(self, promise: Promise) -> None:
        """Keep them no longer."""
        del self.promises[promise.job.index]
        for _, node, _ in promise.placement:
            del self.promised[node][promise.job.index]
        self._book(promise.job.shape, promise.placement, promise.at_us, promise.until_us, -1)

    def clear(self) -> None:
        """Keep nothing for anybody."""
        self.promises.clear()
        self.promised.clear()
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

    def lift(self, promise: Promise, node: int, sign: int) -> None:
        """See one of its nodes without the promise for a moment (-1), or again with it (1)."""
        pool, devices = next((p, d) for p, at, d in promise.placement if at == node)
        load = self._load(promise.job.shape.stand(pool).need, devices)
        self.node(node).take(promise.at_us, promise.until_us, sign * load)

    def _load(self, need: Need, devices: tuple[int, ...]) -> int:
        known = self.loads.get((need, devices))
        if known is None:
            pairs = [(0, 0)] * (1 + max(devices, default=-1))
            for d in devices:
                pairs[d] = need.device_m, need.gpu_memory_mib
            known = packed(amounts_of(need) + [value for pair in pairs for value in pair])
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
        for promise in self.promised.get(node, {}).values():
            pool, devices = next((p, d) for p, at, d in promise.placement if at == node)
            load = self._load(promise.job.shape.stand(pool).need, devices)
            profile.take(promise.at_us, promise.until_us, load)
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

    def _fill(self, profile: Profile, running: Iterable[Held], load: Load) -> None:
        """Those who run give back what they hold, those promised take it for their span."""
        for held in (*running, *self.starting):
            end_us = expected_us(held, self.now_us)
            if end_us < NEVER:
                profile.take(end_us, NEVER, -load(held.shape, held.placement))
        for promise in self.promises.values():
            amount = load(promise.job.shape, promise.placement)
            if amount:
                profile.take(promise.at_us, promise.until_us, amount)

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
