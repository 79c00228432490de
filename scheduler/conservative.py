"""Conservative backfill: every waiting job of a line holds a promise that nobody delays.

A promise is nodes, devices and the span of time for which they are kept, behind all that runs
(by declared ends, overdue jobs now) and all that was promised before. Whoever can start now
beside all promises does. Whenever a line is tried, each promise is made anew in the order of
the line and kept where that is no earlier; so promises move up only. But where a job outlasts
its estimate and is in the way of a promise that is due, all promises of the line are forgotten
and made anew in its order.

`Calendar` is what a pool will look like: free room now, and the turns (jobs that end, promises
that begin and end) of each node. Only what was eased since the last look is looked at again:
nodes that came free early or that a promise has left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any, ClassVar

from scheduler.lines import Line, Member, Placement, Waiting
from scheduler.reasons import Reason
from scheduler.room import WHOLE_M, Need, devices_for
from scheduler.rules import NEVER, Held, Rules
from scheduler.shapes import Shape, Stand

Started = list[tuple[Waiting, Placement]]
Turn = tuple[int, int, Need, tuple[int, ...]]  # when, 0 free or 1 take, of what
Sums = list[tuple[int, int, tuple[int, ...]]]  # when, 0 free or 1 take, amounts


@dataclass(frozen=True, slots=True)
class Promise:
    """A job will have these nodes from `at_us` on, and is declared to leave by `until_us`."""

    job: Waiting
    placement: Placement
    at_us: int
    until_us: int


@dataclass(slots=True)
class Free:
    """What one node has free: vcpu_m, memory_mib, dpu_m, local_storage_mb; and by device."""

    amounts: list[int]
    devices: list[int]
    memory: list[int]

    def move(self, sign: int, need: Need, devices: Iterable[int]) -> None:
        """Give back (0) or take (1) what one member of a job holds."""
        way, amounts = 1 - 2 * sign, self.amounts
        amounts[0] += way * need.vcpu_m
        amounts[1] += way * need.memory_mib
        amounts[2] += way * need.dpu_m
        amounts[3] += way * need.local_storage_mb
        for d in devices:
            self.devices[d] += way * min(need.gpu_m, WHOLE_M)
            self.memory[d] += way * need.gpu_memory_mib

    def holds(self, need: Need) -> bool:
        """Room for all of it but the devices."""
        vcpu, memory, dpu, disc = self.amounts
        return (
            vcpu >= need.vcpu_m
            and memory >= need.memory_mib
            and dpu >= need.dpu_m
            and disc >= need.local_storage_mb
        )

    def chosen(self, need: Need) -> tuple[int, ...] | None:
        """The devices that a job would get here; None where it does not fit."""
        if not self.holds(need):
            return None
        devices = devices_for(need, self.devices, self.memory) if need.gpu_m else ()
        return devices if len(devices) == need.devices else None

    def at_most(self, other: Free) -> None:
        """No more of anything than `other` has."""
        self.amounts = list(map(min, self.amounts, other.amounts))
        self.devices = list(map(min, self.devices, other.devices))
        self.memory = list(map(min, self.memory, other.memory))

    def copy(self) -> Free:
        """The same, apart."""
        return Free(list(self.amounts), list(self.devices), list(self.memory))


class Calendar:
    """Who holds which node when: those who run, those who start just now, and promises."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.now_us = 0
        self.promises: dict[int, Promise] = {}
        self.promised: dict[int, dict[int, Promise]] = {}  # by node and job
        self.starting: list[Held] = []
        self.kept: dict[int, list[Turn]] = {}  # turns by node, while nothing there changes
        # by node: below which instant no job of that need and (about) that span can begin
        self.bounds: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}

    def copy(self) -> Calendar:
        """The same, for a trial that nobody will see."""
        other = Calendar(self.rules)
        other.promises = dict(self.promises)
        other.promised = {node: dict(them) for node, them in self.promised.items() if them}
        return other

    def add(self, promise: Promise) -> None:
        """Keep the nodes for the job."""
        self.promises[promise.job.index] = promise
        for _, node, _ in promise.placement:
            self.promised.setdefault(node, {})[promise.job.index] = promise
            self.kept.pop(node, None)

    def drop(self, promise: Promise) -> None:
        """Keep them no longer."""
        del self.promises[promise.job.index]
        for _, node, _ in promise.placement:
            del self.promised[node][promise.job.index]
            self.kept.pop(node, None)
            self.bounds.pop(node, None)

    # -- one node --------------------------------------------------------------------------

    def free(self, node: int) -> Free:
        """What the node has free at this moment."""
        state = self.rules.state
        rows = (state.vcpu, state.memory, state.dpu, state.local_storage)
        amounts = [row[node] for row in rows]
        return Free(amounts, list(state.gpu[node]), list(state.gpu_memory[node]))

    def look_at(self, now_us: int) -> None:
        """A new look begins: time has passed, and who started is known to the rules."""
        self.now_us = now_us
        self.starting.clear()
        self.kept.clear()

    def start(self, held: Held) -> None:
        """A job has its nodes since a moment ago."""
        self.starting.append(held)
        for _, node, _ in held.placement:
            self.kept.pop(node, None)

    def turns(self, node: int) -> list[Turn]:
        """What changes on the node from now on, in order; who gives comes before who takes."""
        known = self.kept.get(node)
        if known is None:
            known = self.kept[node] = self._turns(node)
        return known

    def _turns(self, node: int) -> list[Turn]:
        now_us = self.now_us
        rows: list[Turn] = [
            (max(until_us, now_us), 0, need, devices)
            for until_us, need, devices in self.rules.on_node.get(node, {}).values()
            if until_us < NEVER
        ]
        for held in self.starting:
            for pool, at, devices in held.placement:
                if at == node and not held.shape.endless:
                    rows.append((held.declared_us, 0, held.shape.stand(pool).need, devices))
        for promise in self.promised.get(node, {}).values():
            pool, devices = next((p, d) for p, at, d in promise.placement if at == node)
            need = promise.job.shape.stand(pool).need
            rows.append((promise.at_us, 1, need, devices))
            if promise.until_us < NEVER:
                rows.append((promise.until_us, 0, need, devices))
        rows.sort(key=_when)
        return rows

    def earliest(
        self, node: int, need: Need, span_us: int, from_us: int, before_us: int
    ) -> int:
        """The first instant from which the node has room for that long, on the same devices.

        If it is not before `before_us`: some instant from there on, not after it.
        """
        room, turns = self.free(node), self.turns(node)
        at_us, n, count = self.now_us, 0, len(turns)
        whole_us = NEVER
        devices_us = [NEVER] * len(room.devices)  # since when each could serve
        touched: Iterable[int] = range(len(room.devices)) if need.gpu_m else ()
        device_m, memory_mib, wanted = need.device_m, need.gpu_memory_mib, need.devices
        while True:
            while n < count and turns[n][0] <= at_us:
                _, way, given, devices = turns[n]
                room.move(way, given, devices)
                if wanted and devices:
                    touched = {*touched, *devices}
                n += 1
            until_us = turns[n][0] if n < count else NEVER
            if not room.holds(need):
                whole_us = NEVER
            elif whole_us == NEVER:
                whole_us = at_us
            begin_us = max(whole_us, from_us)
            if wanted:
                for d in touched:
                    if room.devices[d] < device_m or room.memory[d] < memory_mib:
                        devices_us[d] = NEVER
                    elif devices_us[d] == NEVER:
                        devices_us[d] = at_us
                touched = ()
                begin_us = max(begin_us, sorted(devices_us)[wanted - 1])
            if begin_us < NEVER and (until_us == NEVER or until_us - begin_us >= span_us):
                return begin_us
            if begin_us >= before_us <= until_us or until_us == NEVER:
                return min(begin_us, until_us)
            at_us = until_us

    def bound(self, node: int, stand: Stand, span_us: int) -> int:
        """An instant before which a member can't begin there, as far as was looked."""
        known = self.bounds.get(node, {}).get((stand.number, span_us.bit_length()))
        return known[1] if known and known[0] <= span_us else self.now_us

    def begins(
        self,
        node: int,
        stand: Stand,
        span_us: int,
        from_us: int,
        before_us: int,
        *,
        first: bool,
    ) -> int:
        """As `earliest`; if none before that instant is `first` of all, it is remembered."""
        found = self.earliest(node, stand.need, span_us, from_us, before_us)
        if first:
            there = self.bounds.setdefault(node, {})
            key = (stand.number, span_us.bit_length())
            if key not in there or span_us <= there[key][0]:
                there[key] = span_us, found
        return found

    def least(self, node: int, at_us: int, until_us: int, *, starts: bool) -> Free:
        """The least that the node has of each in that span.

        Of the turns of `at_us` all have come; if the job `starts`, then what is free at this
        moment counts too: jobs past their estimate have not ended yet.
        """
        room = self.free(node)
        least = room.copy() if starts else None
        for when_us, way, need, devices in self.turns(node):
            if when_us >= until_us:
                break
            if when_us > at_us and least is None:
                least = room.copy()
            room.move(way, need, devices)
            if least is not None and way:
                least.at_most(room)
        return least or room

    # -- sums over a pool and of a tenant --------------------------------------------------

    def members(self, pool: int, asked: Sequence[int], at_us: int, until_us: int) -> int:
        """How many members the pool may sell in that span (contracts §4, Sellable)."""
        rules = self.rules
        if not rules.estate.pools[pool].capped:
            return rules.estate.nodes
        sums = self._sold(pool)
        left = _least_of(rules.state.pool_free[pool], sums, at_us, until_us)
        return min(max(f, 0) // a for f, a in zip(left, asked, strict=True) if a)

    def quota_from(self, job: Waiting, span_us: int, from_us: int) -> int:
        """The first instant from which the quota of its tenant has room for it that long."""
        rules, tenant = self.rules, job.shape.tenant
        limits = rules.state.limits
        limit = limits[tenant] if rules.limited and tenant < len(limits) else None
        if limit is None:
            return from_us
        mine = (p for p in self.promises.values() if p.job.shape.tenant == tenant)
        running = (held for held in self.starting if held.shape.tenant == tenant)
        claims = self._claims((*rules.tenant_running.get(tenant, {}).values(), *running), mine)
        sums = [(at, way, shape.quota) for at, way, shape, _ in claims]
        used = rules.state.charged[tenant]
        free = [q - u if q >= 0 else NEVER for q, u in zip(limit, used, strict=True)]
        return _earliest_of(free, sums, job.shape.quota, span_us, from_us)

    def sells_from(self, pool: int, asked: Sequence[int], span_us: int, from_us: int) -> int:
        """The first instant from which the pool may sell that much for that long."""
        if not self.rules.estate.pools[pool].capped:
            return from_us
        free = self.rules.state.pool_free[pool]
        return _earliest_of(free, self._sold(pool), asked, span_us, from_us)

    def _sold(self, pool: int) -> Sums:
        """What a pool gets back and gives, with time."""
        running = (*(held for *_, held in self.rules.running[pool]), *self.starting)
        sums: Sums = []
        for when_us, way, shape, placement in self._claims(running, self.promises.values()):
            count = sum(p == pool for p, _, _ in placement)
            if count:
                amounts = shape.stand(pool).amounts
                sums.append((when_us, way, tuple(count * a for a in amounts)))
        return sums

    def _claims(
        self, running: Iterable[Held], promises: Iterable[Promise]
    ) -> Iterator[tuple[int, int, Shape, Placement]]:
        """Those who run give back (0), those promised take (1) and give back."""
        for held in running:
            if not held.shape.endless:
                yield max(held.declared_us, self.now_us), 0, held.shape, held.placement
        for promise in promises:
            shape, placement = promise.job.shape, promise.placement
            yield promise.at_us, 1, shape, placement
            if promise.until_us < NEVER:
                yield promise.until_us, 0, shape, placement

    def next_free(self, pools: Sequence[int], after_us: int) -> int:
        """The next instant at which any of the pools gets something back."""
        running = [held for p in pools for *_, held in self.rules.running[p]]
        claims = self._claims((*running, *self.starting), self.promises.values())
        return min((at for at, way, *_ in claims if not way and at > after_us), default=NEVER)


def _when(turn: Sequence[Any]) -> tuple[int, int]:
    return turn[0], turn[1]


def _earliest_of(
    free: Sequence[int], sums: Sums, asked: Sequence[int], span_us: int, from_us: int
) -> int:
    """The first instant from which all amounts asked are free for that long."""
    left, begin_us, turns = list(free), from_us, sorted(sums, key=_when)
    for n, (when_us, way, amounts) in enumerate(turns):
        left = [f - a if way else f + a for f, a in zip(left, amounts, strict=True)]
        until_us = turns[n + 1][0] if n + 1 < len(turns) else NEVER
        if n == 0 and when_us > from_us and _enough(free, asked):
            if when_us - begin_us >= span_us:
                return begin_us
        elif n == 0:
            begin_us = max(when_us, from_us)
        if until_us <= from_us or until_us == when_us:
            continue
        if not _enough(left, asked):
            begin_us = until_us
        elif until_us == NEVER or until_us - begin_us >= span_us:
            return begin_us
    return begin_us if _enough(left, asked) else NEVER


def _enough(free: Sequence[int], asked: Sequence[int]) -> bool:
    return all(a <= f for a, f in zip(asked, free, strict=True))


def _least_of(free: Sequence[int], sums: Sums, at_us: int, until_us: int) -> list[int]:
    """The least of each amount in a span; of the turns of `at_us` all have come."""
    left, least = list(free), list(free)
    for when_us, way, amounts in sorted(sums, key=_when):
        if when_us >= until_us:
            break
        left = [f - a if way else f + a for f, a in zip(left, amounts, strict=True)]
        least = left if when_us <= at_us else list(map(min, least, left))
    return least


@dataclass(slots=True)
class Gaps:
    """Where a job may start now beside all promises (see rules.Beside)."""

    calendar: Calendar
    job: Waiting
    pools: tuple[int, ...]
    spans: dict[int, int]
    most: dict[int, int] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        calendar, job = self.calendar, self.job
        for pool in self.pools:
            asked, now_us, span_us = (
                job.shape.stand(pool).amounts,
                calendar.now_us,
                self.spans[pool],
            )
            in_quota = calendar.quota_from(job, span_us, now_us) == now_us
            most = calendar.members(pool, asked, now_us, now_us + span_us) if in_quota else 0
            self.most[pool] = most
        for node, promises in calendar.promised.items():
            pool = calendar.rules.pool_of(node) if promises else -1
            if pool not in self.spans or not calendar.rules.state.fits(self._need(pool), node):
                continue
            if self._least(pool, node).chosen(self._need(pool)) is None:
                self.closed.add(node)

    def _need(self, pool: int) -> Need:
        return self.job.shape.stand(pool).need

    def _least(self, pool: int, node: int) -> Free:
        now_us = self.calendar.now_us
        return self.calendar.least(node, now_us, now_us + self.spans[pool], starts=True)

    def left(self, spot: Sequence[int], members: Sequence[Member]) -> Sequence[int]:
        """See Beside."""
        here = [pool for pool, _, _ in members]
        return [pool for pool in spot if here.count(pool) < self.most[pool]]

    def barred(self) -> Collection[int]:
        """See Beside."""
        return self.closed

    def devices(self, member: Member) -> Member:
        """See Beside: those that packing chose, unless they are promised to others."""
        pool, node, devices = member
        if not devices or not self.calendar.promised.get(node):
            return member
        least, need = self._least(pool, node), self._need(pool)
        if all(
            least.devices[d] >= need.device_m and least.memory[d] >= need.gpu_memory_mib
            for d in devices
        ):
            return member
        return pool, node, least.chosen(need) or ()


class Soonest:
    """When each of some nodes could begin a member of a job; looked up as little as possible.

    A heap of (instant, place of the node in order, whether that was looked up). Instants from
    `before_us` on are of no interest and may be too early.
    """

    def __init__(
        self,
        calendar: Calendar,
        nodes: list[tuple[int, int]],
        stands: dict[int, Stand],
        span_us: int,
        before_us: int,
    ) -> None:
        self.calendar, self.nodes, self.stands = calendar, nodes, stands
        self.span_us, self.before_us = span_us, before_us
        self.heap = [
            (calendar.bound(node, stands[pool], span_us), n, False)
            for n, (pool, node) in enumerate(nodes)
        ]
        heapify(self.heap)

    def of(self, count: int, from_us: int) -> int:
        """The instant at which the first `count` could each begin, not before `from_us`."""
        heap, taken = self.heap, list[tuple[int, int, bool]]()
        while len(taken) < count:
            begin_us, n, known = heappop(heap)
            if known and begin_us >= from_us:
                taken.append((begin_us, n, known))
                continue
            first = from_us == self.calendar.now_us or (not known and begin_us >= from_us)
            heappush(heap, (self._look(n, max(begin_us, from_us), first=first), n, True))
        for entry in taken:
            heappush(heap, entry)
        return taken[-1][0]

    def _look(self, n: int, from_us: int, *, first: bool) -> int:
        pool, node = self.nodes[n]
        return self.calendar.begins(
            node, self.stands[pool], self.span_us, from_us, self.before_us, first=first
        )

    def ready(self, at_us: int) -> list[tuple[int, int]]:
        """The nodes that could begin at that instant, in order."""
        heap, found = self.heap, list[int]()
        while heap and heap[0][0] <= at_us:
            begin_us, n, known = heappop(heap)
            if not known or begin_us < at_us:
                begin_us = self._look(n, at_us, first=False)
            if begin_us == at_us:
                found.append(n)
            else:
                heappush(heap, (begin_us, n, True))
        for n in found:
            heappush(heap, (at_us, n, True))
        return [self.nodes[n] for n in sorted(found)]


class Trial:
    """One look at a line at one instant."""

    def __init__(self, rules: Rules, line: Line, calendar: Calendar, now_us: int) -> None:
        self.rules, self.line, self.calendar, self.now_us = rules, line, calendar, now_us
        calendar.look_at(now_us)
        self.eased = sorted(rules.eased[line.number])
        for node in self.eased:
            calendar.bounds.pop(node, None)
        self.seen: dict[int, int] = {}  # of `eased`, by job
        self.started: Started = []
        here = {job.index for _, job in line.jobs}
        for promise in list(calendar.promises.values()):
            if promise.job.index not in here:
                self._withdraw(promise)

    def run(self) -> Started:
        """Look at everyone in order, again as long as promises leave nodes to others."""
        self._forget_broken()
        waiting = [job for _, job in self.line.jobs]
        while True:
            before = len(self.eased)
            waiting = [job for job in waiting if not self._starts(job)]
            if len(self.eased) == before:
                return self.started

    def _forget_broken(self) -> None:
        """A promise whose time has passed: another job outlasts its estimate, or took quota."""
        calendar, rules = self.calendar, self.rules
        broken = [p for p in calendar.promises.values() if p.at_us < self.now_us]
        if all(rules.quota_full(promise.job) for promise in broken):
            for promise in broken:
                self._withdraw(promise)
        else:
            calendar.promises.clear()
            calendar.promised.clear()
            calendar.kept.clear()
            calendar.bounds.clear()

    def _withdraw(self, promise: Promise) -> None:
        self.calendar.drop(promise)
        self.eased += [node for _, node, _ in promise.placement]

    def _starts(self, job: Waiting) -> bool:
        """Start the job or promise it what it can have; nothing if its quota is full."""
        promise = self.calendar.promises.get(job.index)
        seen = self.seen.get(job.index, 0)
        self.seen[job.index] = len(self.eased)
        if self.rules.quota_full(job) or (promise and not self._may_gain(promise, seen)):
            return False
        if promise:
            self.calendar.drop(promise)
        placement = self._start(job)
        if placement is not None:
            held = self.rules.held(job, placement, self.now_us)
            self.calendar.start(held)
            self.started.append((job, placement))
            if promise and (promise.placement, promise.until_us) != (
                placement,
                held.declared_us,
            ):
                self.eased += [node for _, node, _ in promise.placement]
            return True
        fresh = None
        if promise and promise.at_us > self.now_us and not self._is_involved(job):
            fresh = self._fresh(job, seen)
        better = self._promise(job, promise.at_us if promise else NEVER, fresh)
        if better and promise:
            self.eased += [node for _, node, _ in promise.placement]
        kept = better or promise
        if kept:
            self.calendar.add(kept)
        return False

    def _may_gain(self, promise: Promise, seen: int) -> bool:
        """Whether it is due, or something came free for it since it was last looked at."""
        if promise.at_us <= self.now_us or self.rules.limited:
            return True
        job = promise.job
        fresh = self._fresh(job, seen)
        if not fresh or self._is_involved(job):
            return bool(fresh)
        own, calendar = promise.placement[0][1] in fresh, self.calendar
        if own:
            calendar.drop(promise)
        gains = any(self._gains(promise, pool, node) for node, pool in fresh.items())
        if own:
            calendar.add(promise)
        return gains

    def _fresh(self, job: Waiting, seen: int) -> dict[int, int]:
        """Nodes of its pools that were eased since, and their pools."""
        pool_of = self.rules.pool_of
        nodes = {node: pool_of(node) for node in sorted(set(self.eased[seen:]))}
        return {node: pool for node, pool in nodes.items() if pool in job.pools}

    def _is_involved(self, job: Waiting) -> bool:
        """Whether more than one node has a say in when the job may begin."""
        pools = self.rules.estate.pools
        return (
            job.shape.nodes > 1 or self.rules.limited or any(pools[p].capped for p in job.pools)
        )

    def _gains(self, promise: Promise, pool: int, node: int) -> bool:
        """Whether the job could begin on that node before it was promised to."""
        job, calendar = promise.job, self.calendar
        stand, span_us = job.shape.stand(pool), self._span(job, (pool,))
        bound_us = max(calendar.bound(node, stand, span_us), self.now_us)
        if bound_us >= promise.at_us:
            return False
        begin_us = calendar.begins(node, stand, span_us, bound_us, promise.at_us, first=True)
        return begin_us < promise.at_us

    def _start(self, job: Waiting) -> Placement | None:
        """Nodes for the job now, reserved."""
        rules = self.rules
        if job.shape.nodes == 1 and not rules.has_room(job):
            return None
        for spot in self._spots(job, apart=False):
            spans = self._spans(job, spot)
            gaps = Gaps(self.calendar, job, spot, spans)
            placement = rules.place_beside(job, spot, gaps)
            if placement is not None:
                return placement
        return None

    def _spots(self, job: Waiting, *, apart: bool) -> list[tuple[int, ...]]:
        if job.shape.nodes > 1:
            return self.rules.spots(job)
        return [(pool,) for pool in job.pools] if apart else [job.pools]

    def _spans(self, job: Waiting, spot: tuple[int, ...]) -> dict[int, int]:
        """How long the job is declared to hold nodes, by pool; a gang at its slowest."""
        spans = {pool: self._span(job, (pool,)) for pool in spot}
        if job.shape.nodes > 1:
            spans = dict.fromkeys(spot, self._span(job, spot))
        return spans

    def _span(self, job: Waiting, pools: tuple[int, ...]) -> int:
        if job.shape.endless:
            return NEVER
        there = tuple((pool, -1, ()) for pool in pools)
        return max(1, self.rules.before_run_us(job.shape, there) + job.declared_us(there))

    def _promise(
        self, job: Waiting, before_us: int, fresh: Collection[int] | None
    ) -> Promise | None:
        """What the job can be promised soonest, if before that; ties by rank.

        Nodes that are not `fresh` need no look: what they offer is no better than before.
        """
        best: Promise | None = None
        for spot in self._spots(job, apart=True):
            found = self._promise_in(job, spot, before_us, fresh)
            if found is not None:
                best, before_us = found, found.at_us
        return best

    def _promise_in(
        self,
        job: Waiting,
        spot: tuple[int, ...],
        before_us: int,
        fresh: Collection[int] | None,
    ) -> Promise | None:
        calendar, shape, pools = self.calendar, job.shape, self.rules.estate.pools
        span_us, at_us = self._spans(job, spot)[spot[0]], self.now_us
        stands = {p: shape.stand(p) for p in spot}
        nodes = [
            (p, node)
            for p in spot
            for node in range(pools[p].first_node, pools[p].first_node + pools[p].nodes)
            if fresh is None or node in fresh
        ]
        if len(nodes) < shape.nodes:
            return None
        soonest = Soonest(calendar, nodes, stands, span_us, before_us)
        while at_us < before_us:
            later_us = max(
                self._sums_from(job, spot, span_us, at_us), soonest.of(shape.nodes, at_us)
            )
            if later_us > at_us:
                at_us = later_us
                continue
            placement = self._chosen(job, spot, soonest, at_us, at_us + span_us)
            if placement is not None:
                return Promise(job, placement, at_us, min(at_us + span_us, NEVER))
            at_us = calendar.next_free(spot, at_us)
        return None

    def _sums_from(self, job: Waiting, spot: tuple[int, ...], span_us: int, at_us: int) -> int:
        """When the tenant's quota, and the pool if it is only one, have room for all of it."""
        begin_us = self.calendar.quota_from(job, span_us, at_us)
        if len(spot) > 1:
            return begin_us
        asked = [job.shape.nodes * a for a in job.shape.stand(spot[0]).amounts]
        return self.calendar.sells_from(spot[0], asked, span_us, begin_us)

    def _chosen(
        self,
        job: Waiting,
        spot: tuple[int, ...],
        soonest: Soonest,
        at_us: int,
        until_us: int,
    ) -> Placement | None:
        """The first nodes of the pools in order that could begin then, if they are enough."""
        calendar, shape = self.calendar, job.shape
        members: list[Member] = []
        most = {p: calendar.members(p, shape.stand(p).amounts, at_us, until_us) for p in spot}
        for pool, node in soonest.ready(at_us):
            if len(members) == shape.nodes or not most[pool]:
                continue
            most[pool] -= 1
            least = calendar.least(node, at_us, until_us, starts=False)
            members.append((pool, node, least.chosen(shape.stand(pool).need) or ()))
        return tuple(members) if len(members) == shape.nodes else None

    def tell(self) -> None:
        """Why each of the others waits: quota, the promises of others, or what lacks."""
        rules, answers = self.rules, dict[object, Reason]()
        gone = {job.index for job, _ in self.started}
        for _, job in self.line.jobs:
            if job.index in gone:
                continue
            if rules.quota_full(job):
                job.hold(Reason.QUOTA, self.now_us)
                continue
            key = (job.shape.number, job.pools)
            if key not in answers:
                answers[key] = self._why(job)
            job.hold(answers[key], self.now_us)

    def _why(self, job: Waiting) -> Reason:
        placement = self.rules.place(job)
        if placement is None:
            return self.rules.why(job)
        self.rules.revert(job, placement)
        return Reason.BACKFILL_RESERVATION


@dataclass(frozen=True, slots=True)
class ConservativeBackfill:
    """By submission; others may pass where they delay no promise, and everyone has one."""

    strict: ClassVar[bool] = False

    def key(self, job: Waiting) -> tuple[int, ...]:
        """See Queue."""
        return (job.index,)

    def starts(self, rules: Rules, line: Line, now_us: int, *, told: bool) -> Started:
        """See Queue."""
        calendar: Calendar = rules.tried.setdefault(line.number, Calendar(rules))
        if not told:
            return Trial(rules, line, calendar.copy(), now_us).run()
        trial = Trial(rules, line, calendar, now_us)
        started = trial.run()
        trial.tell()
        rules.eased[line.number].clear()
        return started
