"""Which waiting job is next: the queues of contracts §3.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
class EasyBackfill:
    """By submission; others may pass the head where they do not delay its reservation."""

    strict: ClassVar[bool] = False

    def key(self, job: Waiting) -> tuple[int, ...]:
        """See Queue."""
        return (job.index,)

    def starts(self, rules: Rules, line: Line, now_us: int, *, told: bool) -> Started:
        """See Queue."""
        started, stuck = until_stuck(rules, line, now_us, told=told)
        behind = line.jobs[stuck + 1 :]
        if not behind:
            return started
        promise = reserve_head(rules, line.jobs[stuck][1], now_us, started)
        for _, job in behind:
            if rules.quota_full(job):
                _tell(job, Reason.QUOTA, now_us, told=told)
                continue
            placement, delays = beside(rules, job, promise, now_us)
            if placement is not None:
                started.append((job, placement))
                promise.starting.append(rules.held(job, placement, now_us))
            elif told:
                job.hold(Reason.BACKFILL_RESERVATION if delays else rules.why(job), now_us)
        return started


def until_stuck(rules: Rules, line: Line, now_us: int, *, told: bool) -> tuple[Started, int]:
    """Start jobs in order until one lacks capacity: those started, and where it stands."""
    started: Started = []
    for at, (_, job) in enumerate(line.jobs):
        if rules.quota_full(job):
            _tell(job, Reason.QUOTA, now_us, told=told)
            continue
        placement = rules.place(job)
        if placement is None:
            if told:
                job.hold(rules.why(job), now_us)
            return started, at
        started.append((job, placement))
    return started, len(line.jobs)


def beside(
    rules: Rules, job: Waiting, promise: Reservation, now_us: int
) -> tuple[Placement | None, bool]:
    """Nodes for a job that may pass the head, reserved; and whether only the promise forbids it."""
    delays, pools = False, job.pools
    for spot in rules.spots(job) if job.shape.nodes > 1 else [(p,) for p in pools]:
        job.pools = spot
        placement = rules.place(job)
        if placement is None:
            continue
        if promise.allows(rules, job, placement, now_us):
            job.pools = pools
            return placement, False
        rules.undo(job, placement)
        delays = True
    job.pools = pools
    return None, delays


def _tell(job: Waiting, reason: Reason, now_us: int, *, told: bool) -> None:
    if told:
        job.hold(reason, now_us)
