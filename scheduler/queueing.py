"""Which waiting job is next: the queues of contracts §3.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scheduler.finder import RandomFinder
from scheduler.lines import Line, Placement, Waiting
from scheduler.reasons import Reason
from scheduler.reservation import Reservation, reserve_head
from scheduler.rules import Rules

Started = list[tuple[Waiting, Placement]]


@dataclass(frozen=True, slots=True)
class FirstCome:
    """Strictly by submission; only a job held by its own tenant's quota steps aside."""

    strict: ClassVar[bool] = True
    by_submission: ClassVar[bool] = True

    def key(self, job: Waiting) -> tuple[int, ...]:
        """See Queue."""
        return (job.index,)

    def starts(self, rules: Rules, line: Line, now_us: int, *, told: bool) -> Started:
        """See Queue."""
        started, stuck = until_stuck(rules, line, now_us, told=told)
        if told and stuck < len(line.jobs):
            line.block(line.jobs[stuck][1], now_us)
        if told and rules.limited:
            for _, job in line.jobs[stuck + 1 :]:
                full = rules.quota_full(job)
                job.hold(Reason.QUOTA if full else Reason.HEAD_OF_LINE, now_us)
        return started


@dataclass(frozen=True, slots=True)
class Priority(FirstCome):
    """The larger priority first, then by submission."""

    by_submission: ClassVar[bool] = False

    def key(self, job: Waiting) -> tuple[int, ...]:
        """See Queue."""
        return (-job.shape.priority, job.index)


@dataclass(frozen=True, slots=True)
class ShortestFirst(FirstCome):
    """The shortest declared duration (at its best-ranked pool) first, then by submission."""

    by_submission: ClassVar[bool] = False

    def key(self, job: Waiting) -> tuple[int, ...]:
        """See Queue."""
        there = job.shape.stand(job.pools[0])
        return (there.takes_us(job.estimate_us), job.index)


@dataclass(frozen=True, slots=True)
class DominantShare:
    """The tenant with the smallest dominant share / weight first, its jobs by submission.

    Shares are what a tenant holds over all pools, looked at anew before every start; the head
    blocks its line as under first come, first served.
    """

    strict: ClassVar[bool] = False  # the order of a line hangs on more than its keys

    def key(self, job: Waiting) -> tuple[int, ...]:
        """See Queue."""
        return (job.index,)

    def starts(self, rules: Rules, line: Line, now_us: int, *, told: bool) -> Started:
        """See Queue."""
        waiting: dict[int, list[Waiting]] = {}
        for _, job in reversed(line.jobs):
            waiting.setdefault(job.shape.tenant, []).append(job)
        started: Started = []
        while (head := _least(rules, waiting, now_us, told=told)) is not None:
            placement = rules.place(head)
            if placement is None:
                if _makes_way(rules, line, head, started, now_us, told=told):
                    break
                if told:
                    _block(rules, line, head, waiting, now_us)
                break
            started.append((head, placement))
            waiting[head.shape.tenant].pop()
        return started


def _least(
    rules: Rules, waiting: dict[int, list[Waiting]], now_us: int, *, told: bool
) -> Waiting | None:
    """The first job of the tenant with the smallest share; who lacks quota steps aside."""
    for jobs in waiting.values():
        while jobs and rules.quota_full(jobs[-1]):
            _tell(jobs.pop(), Reason.QUOTA, now_us, told=told)
    heads = [jobs[-1] for jobs in waiting.values() if jobs]
    return min(heads, key=lambda job: (rules.share(job), job.index), default=None)


def _block(
    rules: Rules, line: Line, head: Waiting, waiting: dict[int, list[Waiting]], now_us: int
) -> None:
    """The head lacks capacity: everyone else waits for it, or for quota."""
    head.hold(rules.why(head), now_us)
    line.block(head, now_us)
    for job in (job for jobs in waiting.values() for job in jobs if job is not head):
        job.hold(Reason.QUOTA if rules.quota_full(job) else Reason.HEAD_OF_LINE, now_us)


@dataclass(frozen=True, slots=True)
class Tried:
    """A line as a trial left it: nobody behind the head could start, and each knows why.

    As long as no room of its pools changes (`moves`) and the promise lies ahead, all of them
    would meet the same answer: later instants only make the rest of the time up to it shorter.
    Nobody among them has a quota, which may come free without a move.
    Who is turned away leaves without a move, but then the line is shorter and tried at once.
    """

    promise: Reservation
    moves: int
    last: tuple[int, ...]  # key of the last in line
    count: int

    def stands(self, rules: Rules, line: Line, now_us: int) -> bool:
        """Whether a trial now needs to look only at those who joined since."""
        jobs, promise = line.jobs, self.promise
        return (
            now_us < promise.at_us
            and len(jobs) >= self.count
            and jobs[self.count - 1][0] == self.last
            and jobs[0][1] is promise.head
            and moves_of(rules, line) == self.moves
        )


@dataclass(frozen=True, slots=True)
class EasyBackfill:
    """By submission; others may pass the head where they do not delay its reservation."""

    strict: ClassVar[bool] = False

    def key(self, job: Waiting) -> tuple[int, ...]:
        """See Queue."""
        return (job.index,)

    def starts(self, rules: Rules, line: Line, now_us: int, *, told: bool) -> Started:
        """See Queue."""
        tried: Tried | None = rules.tried.pop(line.number, None)
        if tried is not None and tried.stands(rules, line, now_us):
            started: Started = []
            behind, promise = line.jobs[tried.count :], tried.promise
        else:
            started, stuck = until_stuck(rules, line, now_us, told=told)
            behind, tried = line.jobs[stuck + 1 :], None
            if not behind:
                return started
            promise = reserve_head(rules, line.jobs[stuck][1], now_us, started)
        passing = Passing(rules, promise, now_us).start(behind, told=told)
        if not passing:
            if told and not (rules.limited and _has_quotas(rules, line)):
                left = len(line) - len(started)
                tried = Tried(promise, moves_of(rules, line), line.jobs[-1][0], left)
            if tried is not None:
                rules.tried[line.number] = tried
        return started + passing


def _has_quotas(rules: Rules, line: Line) -> bool:
    """Whether a quota limits one of those who wait."""
    return any(rules.has_quota(job.shape.tenant) for _, job in line.jobs)


def moves_of(rules: Rules, line: Line) -> int:
    """A number that stays as long as the room of the line's pools does."""
    moves, count = rules.moves, 0
    for pool in rules.pools_of[line.number]:
        count += moves[pool]
    return count


class Passing:
    """Who passes the head of a line at one instant.

    Jobs of one shape meet the same answer until somebody starts, but that a shorter one may be
    gone before the head wants its nodes: `answers` says below which estimate to look again.
    """

    def __init__(self, rules: Rules, promise: Reservation, now_us: int) -> None:
        self.rules, self.promise, self.now_us = rules, promise, now_us
        self.answers: dict[object, tuple[int, Reason]] = {}
        self.by_shape = rules.dispatch.changes == "never"  # or one shape has several ranks
        self.by_luck = isinstance(rules.finder, RandomFinder)

    def start(self, jobs: list[tuple[tuple[int, ...], Waiting]], *, told: bool) -> Started:
        """Start in order whoever leaves the promise as it is; tell the others why they wait."""
        started: Started = []
        answers, by_shape, now_us = self.answers, self.by_shape, self.now_us
        for _, job in jobs:
            shape = job.shape
            key = shape.number if by_shape else (shape.number, job.pools)
            answer = answers.get(key)
            if answer is None or job.estimate_us < answer[0]:
                placement, answer = self._try(job, told=told)
                if placement is not None:
                    started.append((job, placement))
                    answers.clear()
                    continue
                if not (self.by_luck and answer[1] is Reason.BACKFILL_RESERVATION):
                    answers[key] = answer
            if told and job.reason is not answer[1]:
                job.hold(answer[1], now_us)
        return started

    def _try(self, job: Waiting, *, told: bool) -> tuple[Placement | None, tuple[int, Reason]]:
        """Nodes for the job, reserved; else below which estimate to look again, and why."""
        rules, pools = self.rules, job.pools
        if rules.quota_full(job):
            return None, (0, Reason.QUOTA)
        delays = False
        for spot in rules.spots(job) if job.shape.nodes > 1 else [(p,) for p in pools]:
            job.pools = spot
            placement = rules.place(job)
            if placement is not None:
                if self.promise.allows(rules, job, placement, self.now_us):
                    job.pools = pools
                    return placement, (0, Reason.NONE)
                rules.revert(job, placement)
                delays = True
        job.pools = pools
        if delays:
            return None, (job.estimate_us, Reason.BACKFILL_RESERVATION)
        return None, (0, rules.why(job) if told else Reason.NONE)


def until_stuck(rules: Rules, line: Line, now_us: int, *, told: bool) -> tuple[Started, int]:
    """Start jobs in order until one lacks capacity: those started, and where it stands."""
    started: Started = []
    for at, (_, job) in enumerate(line.jobs):
        if rules.quota_full(job):
            _tell(job, Reason.QUOTA, now_us, told=told)
            continue
        placement = rules.place(job)
        if placement is None:
            if _makes_way(rules, line, job, started, now_us, told=told):
                return started, len(line.jobs)
            if told:
                job.hold(rules.why(job), now_us)
            return started, at
        started.append((job, placement))
    return started, len(line.jobs)


def _makes_way(
    rules: Rules, line: Line, head: Waiting, started: Started, now_us: int, *, told: bool
) -> bool:
    """Whether others are stopped for the head; a mere trial stops nobody."""
    preemption = rules.settings.preemption
    if preemption is None or not told:
        return False
    return preemption.makes_way(rules, line, head, started, now_us)


def _tell(job: Waiting, reason: Reason, now_us: int, *, told: bool) -> None:
    if told:
        job.hold(reason, now_us)
