"""The promises of a line: which nodes and devices each waiting job will have, and when.

A job is promised the first instant from which what it asks is free for as long as it declares,
behind all that the `Calendar` knows. What a look found too late for a job is too late for all
that ask the same for as long, until something is given back there: that is what `bounds` keep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from heapq import heapify, heappop, heappush

from scheduler.calendar import Calendar, Promise
from scheduler.instants import NEVER
from scheduler.lines import Member, Placement, Waiting
from scheduler.rules import Rules
from scheduler.shapes import Stand


class Promises:
    """Everyone's promise in one line, and where they may be had sooner."""

    def __init__(self, rules: Rules, calendar: Calendar | None = None) -> None:
        self.rules = rules
        self.calendar = calendar or Calendar(rules)
        self.of = self.calendar.promises  # by job
        # by need and (about) span, by node: the span looked for, and until when in vain
        self.bounds: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
        self.spans: dict[int, dict[tuple[int, ...], int]] = {}  # by job and pools

    def copy(self) -> Promises:
        """The same, for a trial that nobody will see."""
        return Promises(self.rules, self.calendar.copy())

    def add(self, promise: Promise) -> None:
        """Keep it from now on."""
        self.calendar.add(promise)

    def drop(self, promise: Promise) -> None:
        """Keep it no longer."""
        self.calendar.drop(promise)
        self.ease(node for _, node, _ in promise.placement)

    def ease(self, nodes: Iterable[int]) -> None:
        """Something was given back there."""
        for node in nodes:
            for there in self.bounds.values():
                there.pop(node, None)

    def forget(self, job: Waiting) -> None:
        """The job waits no more."""
        self.spans.pop(job.index, None)

    def clear(self) -> None:
        """Forget all."""
        self.calendar.clear()
        self.bounds.clear()

    # -- one node --------------------------------------------------------------------------

    def span(self, job: Waiting, pools: tuple[int, ...]) -> int:
        """How long the job is declared to hold nodes of these pools; at the slowest of them."""
        known = self.spans.setdefault(job.index, {})
        if pools not in known:
            known[pools] = span_of(self.rules, job, pools)
        return known[pools]

    def bounds_of(self, stand: Stand, span_us: int) -> dict[int, tuple[int, int]]:
        """By node: the span that was asked, and an instant before which it can't begin."""
        return self.bounds.setdefault((stand.number, span_us.bit_length()), {})

    def begins(
        self, node: int, stand: Stand, span_us: int, from_us: int, before_us: int
    ) -> int:
        """When a member of a job can begin on that node; see Profile.earliest."""
        calendar = self.calendar
        return calendar.node(node).earliest(calendar.asked(stand), span_us, from_us, before_us)

    def gains(self, promise: Promise, pool: int, nodes: Iterable[int]) -> bool:
        """Whether a job of one node could begin on one of the pool's before it was promised."""
        job, at_us = promise.job, promise.at_us
        stand, span_us = job.shape.stand(pool), self.span(job, (pool,))
        bounds, now_us = self.bounds_of(stand, span_us), self.calendar.now_us
        for node in nodes:
            if node == promise.placement[0][1]:
                begin_us = self._own(promise, node, stand, span_us)
            else:
                known = bounds.get(node)
                bound_us = known[1] if known and known[0] <= span_us else now_us
                if bound_us >= at_us:
                    continue
                begin_us = self.begins(node, stand, span_us, max(bound_us, now_us), at_us)
                if not known or span_us <= known[0]:
                    bounds[node] = span_us, begin_us
            if begin_us < at_us:
                return True
        return False

    def _own(self, promise: Promise, node: int, stand: Stand, span_us: int) -> int:
        """As `begins`, on the node of the promise itself."""
        calendar = self.calendar
        calendar.lift(promise, node, -1)
        begin_us = self.begins(node, stand, span_us, calendar.now_us, promise.at_us)
        calendar.lift(promise, node, 1)
        return begin_us

    # -- a promise -------------------------------------------------------------------------

    def soonest(
        self, job: Waiting, before_us: int, fresh: Collection[int] | None
    ) -> Promise | None:
        """What the job can be promised soonest, if before that; ties by rank.

        Nodes that are not `fresh` need no look: what they offer is no better than before.
        """
        best: Promise | None = None
        gang = job.shape.nodes > 1
        for spot in self.rules.spots(job) if gang else [(pool,) for pool in job.pools]:
            found = self._in(job, spot, before_us, fresh)
            if found is not None:
                best, before_us = found, found.at_us
        return best

    def _in(
        self, job: Waiting, spot: tuple[int, ...], before_us: int, fresh: Collection[int] | None
    ) -> Promise | None:
        span_us, at_us = self.span(job, spot), self.calendar.now_us
        nodes = self._nodes(spot, fresh)
        if len(nodes) < job.shape.nodes:
            return None
        soonest = Soonest(self, job, nodes, span_us, before_us)
        while at_us < before_us:
            later_us = self._sums_from(job, spot, span_us, at_us)
            later_us = max(later_us, soonest.of(job.shape.nodes, at_us))
            if later_us > at_us:
                at_us = later_us
                continue
            placement = self._chosen(job, spot, soonest, at_us, at_us + span_us)
            if placement is not None:
                return Promise(job, placement, at_us, min(at_us + span_us, NEVER))
            at_us = self._after(spot, nodes, at_us)
        return None

    def _nodes(
        self, spot: tuple[int, ...], fresh: Collection[int] | None
    ) -> list[tuple[int, int]]:
        """Pool and node, in order."""
        pools = self.rules.estate.pools
        return [
            (p, node)
            for p in spot
            for node in range(pools[p].first_node, pools[p].first_node + pools[p].nodes)
            if fresh is None or node in fresh
        ]

    def _sums_from(self, job: Waiting, spot: tuple[int, ...], span_us: int, at_us: int) -> int:
        """When the tenant's quota, and the pool if it is only one, have room for all of it."""
        begin_us = self.calendar.quota_from(job, span_us, at_us)
        if len(spot) > 1:
            return begin_us
        asked = [job.shape.nodes * a for a in job.shape.stand(spot[0]).amounts]
        return self.calendar.sells_from(spot[0], asked, span_us, begin_us)

    def _chosen(
        self, job: Waiting, spot: tuple[int, ...], soonest: Soonest, at_us: int, until_us: int
    ) -> Placement | None:
        """The first nodes of the pools in order that could begin then, if they are enough."""
        calendar, shape = self.calendar, job.shape
        members: list[Member] = []
        most = {p: calendar.members(p, shape.stand(p).amounts, at_us, until_us) for p in spot}
        for pool, node in soonest.ready(at_us):
            if len(members) == shape.nodes or not most[pool]:
                continue
            most[pool] -= 1
            devices = calendar.devices(node, shape.stand(pool).need, at_us, until_us)
            members.append((pool, node, devices))
        return tuple(members) if len(members) == shape.nodes else None

    def _after(self, spot: tuple[int, ...], nodes: list[tuple[int, int]], at_us: int) -> int:
        """The next instant at which anything changes in these pools."""
        calendar = self.calendar
        sums = [p for p in spot if self.rules.estate.pools[p].capped]
        profiles = [calendar.node(node) for _, node in nodes] + [calendar.pool(p) for p in sums]
        return min(profile.after(at_us) for profile in profiles)


class Soonest:
    """When each of some nodes could begin a member of a job; looked up as little as possible.

    A heap of (instant, place of the node in order, whether that was looked up). Instants from
    `before_us` on are of no interest and may be too early.
    """

    def __init__(
        self,
        promises: Promises,
        job: Waiting,
        nodes: list[tuple[int, int]],
        span_us: int,
        before_us: int,
    ) -> None:
        self.promises, self.nodes, self.stands = promises, nodes, job.shape.stands
        self.span_us, self.before_us = span_us, before_us
        self.now_us = promises.calendar.now_us
        pools = dict.fromkeys(pool for pool, _ in nodes)
        self.bounds = {p: promises.bounds_of(self.stands[p], span_us) for p in pools}
        self.heap = [(self._bound(*at), n, False) for n, at in enumerate(nodes)]
        heapify(self.heap)

    def _bound(self, pool: int, node: int) -> int:
        """An instant before which a member can't begin there, as far as was looked."""
        known = self.bounds[pool].get(node)
        return known[1] if known and known[0] <= self.span_us else self.now_us

    def of(self, count: int, from_us: int) -> int:
        """The instant at which the first `count` could each begin, not before `from_us`."""
        heap, taken = self.heap, list[tuple[int, int, bool]]()
        while len(taken) < count:
            begin_us, n, known = heappop(heap)
            if known and begin_us >= from_us:
                taken.append((begin_us, n, known))
                continue
            first = from_us == self.now_us or (not known and begin_us >= from_us)
            heappush(heap, (self._look(n, max(begin_us, from_us), first=first), n, True))
        for entry in taken:
            heappush(heap, entry)
        return taken[-1][0]

    def _look(self, n: int, from_us: int, *, first: bool) -> int:
        """When it can begin; if there was none before that is `first` of all, it is kept."""
        pool, node = self.nodes[n]
        span_us, stand, bounds = self.span_us, self.stands[pool], self.bounds[pool]
        found = self.promises.begins(node, stand, span_us, from_us, self.before_us)
        if first and (node not in bounds or span_us <= bounds[node][0]):
            bounds[node] = span_us, found
        return found

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


def span_of(rules: Rules, job: Waiting, pools: tuple[int, ...]) -> int:
    """How long the job is declared to hold nodes of these pools; at the slowest of them."""
    if job.shape.endless:
        return NEVER
    there = tuple((pool, -1, ()) for pool in pools)
    return max(1, rules.before_run_us(job, there) + job.declared_us(there))
