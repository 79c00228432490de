"""Conservative backfill: every waiting job of a line holds a promise that nobody delays.

Whoever can start now beside all promises does. Whenever a line is tried, those whose nodes came
free early, or that a promise has left, are looked at in the order of the line: each promise is
made anew and kept where that is no earlier. So promises move up only. But where a job outlasts
what it declared and is in the way of a promise, it is expected to run twice as long in all, and
all promises of the line are forgotten once and made anew in its order (docs/decisions/0006).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from scheduler.calendar import Calendar, Promise
from scheduler.instants import NEVER
from scheduler.lines import Line, Member, Placement, Waiting
from scheduler.promises import Promises, span_of
from scheduler.reasons import Reason
from scheduler.rules import Rules

Started = list[tuple[Waiting, Placement]]


class Gaps:
    """Where a job may start now beside all promises (see rules.Beside)."""

    def __init__(self, calendar: Calendar, job: Waiting, spot: tuple[int, ...]) -> None:
        self.calendar, self.job = calendar, job
        whole, now_us = span_of(calendar.rules, job, spot), calendar.now_us
        gang = job.shape.nodes > 1
        self.spans = {p: whole if gang else span_of(calendar.rules, job, (p,)) for p in spot}
        self.most = {pool: self._most(pool, span_us) for pool, span_us in self.spans.items()}
        self.closed = {
            node
            for node, promises in calendar.promised.items()
            if promises and self._begins(node) > now_us
        }

    def _most(self, pool: int, span_us: int) -> int:
        """How many members the pool and the quota allow."""
        calendar, job, now_us = self.calendar, self.job, self.calendar.now_us
        if calendar.quota_from(job, span_us, now_us) > now_us:
            return 0
        amounts = job.shape.stand(pool).amounts
        return calendar.members(pool, amounts, now_us, now_us + span_us)

    def _begins(self, node: int) -> int:
        """When a member could begin there; now or later."""
        calendar, now_us = self.calendar, self.calendar.now_us
        pool = calendar.rules.pool_of(node)
        if pool not in self.spans:
            return now_us
        asked = calendar.asked(self.job.shape.stand(pool))
        return calendar.node(node).earliest(asked, self.spans[pool], now_us, now_us + 1)

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
        calendar, need = self.calendar, self.job.shape.stand(pool).need
        if not devices or not calendar.promised.get(node):
            return member
        now_us = calendar.now_us
        until_us = now_us + self.spans[pool]
        if calendar.has_devices(node, need, devices, now_us, until_us):
            return member
        return pool, node, calendar.devices(node, need, now_us, until_us)


class Trial:
    """One look at a line at one instant."""

    def __init__(self, rules: Rules, line: Line, promises: Promises, now_us: int) -> None:
        self.rules, self.line, self.promises, self.now_us = rules, line, promises, now_us
        self.calendar = promises.calendar
        self.started: Started = []
        self.eased = sorted(rules.eased[line.number])
        self.seen: dict[int, int] = {}  # of `eased`, by job
        self._fresh_at: tuple[int, int] = (0, 0)
        self._fresh: dict[int, list[int]] = {}
        promises.ease(self.eased)
        self.overdrawn = self.calendar.look_at(now_us, rules.touched[line.number])
        here = {job.index for _, job in line.jobs}
        for index in [index for index in promises.of if index not in here]:
            self._withdraw(promises.of[index])

    def run(self) -> Started:
        """Look at everyone in order, again as long as promises leave nodes to others."""
        if self.overdrawn or self._is_late():
            self._forget()
        waiting = [job for _, job in self.line.jobs]
        while True:
            before = len(self.eased)
            waiting = [job for job in waiting if not self._starts(job)]
            if len(self.eased) == before:
                return self.started

    def _is_late(self) -> bool:
        """Whether the time of a promise has passed: another job outlasted what it declared.

        Those whose quota is full lose theirs, since others of the tenant took it elsewhere.
        """
        late = [p for p in self.promises.of.values() if p.at_us < self.now_us]
        if not all(self.rules.quota_full(promise.job) for promise in late):
            return True
        for promise in late:
            self._withdraw(promise)
        return False

    def _forget(self) -> None:
        """All promises of the line are made anew."""
        self.promises.clear()

    def _withdraw(self, promise: Promise) -> None:
        self.promises.drop(promise)
        self.promises.forget(promise.job)
        self._leave(promise)

    def _leave(self, promise: Promise) -> None:
        self.eased += [node for _, node, _ in promise.placement]

    # -- one job ---------------------------------------------------------------------------

    def _starts(self, job: Waiting) -> bool:
        """Start the job or promise it what it can have; nothing if its quota is full."""
        promise = self.promises.of.get(job.index)
        seen = self.seen.get(job.index, 0)
        self.seen[job.index] = len(self.eased)
        if self.rules.quota_full(job) or (promise and not self._may_gain(promise, seen)):
            return False
        if promise is None:
            better = self.promises.soonest(job, NEVER, None)
        else:
            self.promises.drop(promise)
            better = self._better(promise, seen)
        if better and better.at_us <= self.now_us and self._start(job, promise):
            return True
        kept = better or promise
        if kept:
            self.promises.add(kept)
        if better and promise and better is not promise:
            self._leave(promise)
        return False

    def _may_gain(self, promise: Promise, seen: int) -> bool:
        """Whether it is due, or something came free for it since it was last looked at."""
        if promise.at_us <= self.now_us or self.rules.limited:
            return True
        if seen == len(self.eased):
            return False
        job, fresh = promise.job, self._since(seen)
        here = {pool: fresh[pool] for pool in job.pools if pool in fresh}
        if not here or self._is_involved(job):
            return bool(here)
        return any(self.promises.gains(promise, pool, nodes) for pool, nodes in here.items())

    def _better(self, promise: Promise, seen: int) -> Promise | None:
        """An earlier promise, or the same if it is due."""
        job = promise.job
        if promise.at_us <= self.now_us:
            return promise
        if self._is_involved(job):
            return self.promises.soonest(job, promise.at_us, None)
        fresh = {n for nodes in self._since(seen).values() for n in nodes}
        return self.promises.soonest(job, promise.at_us, fresh)

    def _since(self, seen: int) -> dict[int, list[int]]:
        """Nodes that were eased since, by pool."""
        if self._fresh_at != (seen, len(self.eased)):
            self._fresh_at, self._fresh = (seen, len(self.eased)), {}
            for node in sorted(set(self.eased[seen:])):
                self._fresh.setdefault(self.rules.pool_of(node), []).append(node)
        return self._fresh

    def _is_involved(self, job: Waiting) -> bool:
        """Whether more than one node has a say in when the job may begin."""
        pools = self.rules.estate.pools
        return (
            job.shape.nodes > 1 or self.rules.limited or any(pools[p].capped for p in job.pools)
        )

    def _start(self, job: Waiting, promise: Promise | None) -> bool:
        """Nodes for the job now, reserved; what it was promised beyond them comes free."""
        placement = self._place(job)
        if placement is None:
            return False
        held = self.rules.held(job, placement, self.now_us)
        self.calendar.start(held)
        self.promises.forget(job)
        self.started.append((job, placement))
        if promise and (promise.placement, promise.until_us) != (placement, held.declared_us):
            self._leave(promise)
        return True

    def _place(self, job: Waiting) -> Placement | None:
        for spot in self.rules.spots(job) if job.shape.nodes > 1 else [job.pools]:
            placement = self.rules.place_beside(job, spot, Gaps(self.calendar, job, spot))
            if placement is not None:
                return placement
        return None

    # -- why the others wait ---------------------------------------------------------------

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
        promises: Promises = rules.tried.setdefault(line.number, Promises(rules))
        if not told:
            return Trial(rules, line, promises.copy(), now_us).run()
        trial = Trial(rules, line, promises, now_us)
        started = trial.run()
        trial.tell()
        rules.eased[line.number].clear()
        rules.touched[line.number].clear()
        return started
