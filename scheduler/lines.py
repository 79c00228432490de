"""Waiting lines and who stands in them."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from scheduler.reasons import HOLDS, Reason
from scheduler.shapes import Shape

Member = tuple[int, int, tuple[int, ...]]  # pool, node, devices
Placement = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Paid:
    """Dispatch and transfer in that a stopped job need not pay in these pools again."""

    pools: frozenset[int]
    dispatch_us: int
    transfer_in_us: int


@dataclass(slots=True, eq=False)
class Waiting:
    """A job from its submission to its start: where it may go and what held it how long."""

    index: int  # running number over all jobs, in the order of (submit, workload, id)
    shape: Shape
    submit_us: int
    run_us: int
    estimate_us: int
    draw: int  # 64 random bits of this job, for random policies; 0 where none is random
    pools: tuple[int, ...] = ()  # of its line, in the order ranked when it was submitted
    key: tuple[int, ...] = ()
    line: int = -1
    joined_us: int = -1
    reason: Reason = Reason.NONE
    since_us: int = 0
    held_us: dict[Reason, int] = field(default_factory=dict)
    bad: bool = False  # a broken row of a trace: refused when it comes
    preemptions: int = 0  # how often it was stopped for others; `run_us` is what is left then
    paid: Paid | None = None  # where it was stopped last

    def runs_us(self, placement: Placement) -> int:
        """How long it runs on these nodes: at the pace of the slowest member."""
        return self._takes_us(self.run_us, placement)

    def declared_us(self, placement: Placement) -> int:
        """How long its user says that it runs on these nodes."""
        return self._takes_us(self.estimate_us, placement)

    def _takes_us(self, work_us: int, placement: Placement) -> int:
        if len(placement) == 1:
            return self.shape.stand(placement[0][0]).takes_us(work_us)
        return max(self.shape.stand(pool).takes_us(work_us) for pool, _, _ in placement)

    def hold(self, reason: Reason, now_us: int) -> None:
        """Book the time since the last change on the old reason and go on with `reason`."""
        if reason is not self.reason:
            self._book(now_us)
            self.reason, self.since_us = reason, now_us

    def _book(self, now_us: int) -> None:
        spent = now_us - self.since_us
        if self.reason and spent:
            self.held_us[self.reason] = self.held_us.get(self.reason, 0) + spent

    def dominant(self, now_us: int) -> Reason:
        """The reason that held it longest in sum, ties the first; NONE if nothing held it."""
        self._book(now_us)
        self.since_us = now_us
        return max(HOLDS, key=lambda r: self.held_us.get(r, 0)) if self.held_us else Reason.NONE


class Line:
    """Jobs that wait for the same pools, sorted by the queue's key."""

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.jobs: list[tuple[tuple[int, ...], Waiting]] = []
        self.head: Waiting | None = None  # who blocked the line when it was last tried

    def block(self, head: Waiting, now_us: int) -> None:
        """`head` blocks the line from now on; who did before stands behind, or is gone."""
        if self.head is not None and self.head is not head:
            self.head.hold(Reason.HEAD_OF_LINE, now_us)
        self.head = head

    def join(self, job: Waiting) -> None:
        """Stand where the key says."""
        insort(self.jobs, (job.key, job))

    def leave(self, job: Waiting) -> None:
        """Step out, from wherever in the line."""
        del self.jobs[bisect_left(self.jobs, (job.key,))]

    def __len__(self) -> int:
        return len(self.jobs)
