"""Who runs where and may be stopped, and what a stop leaves of its work (contracts §3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.estate import Estate
from scheduler.lines import Paid, Placement, Waiting
from scheduler.shapes import Shape


@dataclass(frozen=True, slots=True)
class Held:
    """What a running job holds, when its user said it would end, and when its run began."""

    index: int
    shape: Shape
    placement: Placement
    declared_us: int
    begin_us: int = 0

    def __lt__(self, other: Held) -> bool:
        return self.index < other.index


@dataclass(frozen=True, slots=True, eq=False)
class Stay:
    """A job on the nodes that it has held since `placed_us`.

    Nodes are held for dispatch and transfer in first (0 where those came before the wait).
    """

    job: Waiting
    held: Held
    placed_us: int
    dispatch_us: int
    transfer_in_us: int

    @property
    def index(self) -> int:
        """Number of the job."""
        return self.job.index

    @property
    def start_us(self) -> int:
        """When it begins to run here."""
        return self.placed_us + self.dispatch_us + self.transfer_in_us


@dataclass(frozen=True, slots=True)
class Stop:
    """What a stay came to when the job was stopped: spans in us, `lost_us` inside `run_us`."""

    placement: Placement
    placed_us: int
    started: bool
    dispatch_us: int
    transfer_in_us: int
    run_us: int
    lost_us: int


class Stays:
    """All stays of now. `yielding[p]`: the preemptible ones in pool p, by priority and job."""

    def __init__(self, estate: Estate) -> None:
        self.of: dict[int, Stay] = {}
        self.yielding: list[dict[int, dict[int, Stay]]] = [{} for _ in estate.pools]
        self.returning: list[Waiting] = []  # stopped at this instant, not in their line yet

    def add(self, stay: Stay) -> None:
        """A job begins to hold nodes."""
        shape = stay.job.shape
        self.of[stay.index] = stay
        if shape.ask.preemptible:
            for pool, _, _ in stay.held.placement:
                self.yielding[pool].setdefault(shape.priority, {})[stay.index] = stay

    def drop(self, stay: Stay) -> None:
        """It ends, or is stopped."""
        shape = stay.job.shape
        del self.of[stay.index]
        if shape.ask.preemptible:
            for pool in {pool for pool, _, _ in stay.held.placement}:
                del self.yielding[pool][shape.priority][stay.index]

    def are_over(self, held: Held) -> bool:
        """Whether these nodes were given back before: the end that was due is none."""
        stay = self.of.get(held.index)
        return stay is None or stay.held is not held


def stop_of(stay: Stay, now_us: int) -> Stop:
    """What is left of a stay that ends now: work up to the last checkpoint counts as done."""
    spent_us = now_us - stay.placed_us
    dispatch_us = min(spent_us, stay.dispatch_us)
    transfer_in_us = min(spent_us - dispatch_us, stay.transfer_in_us)
    run_us = spent_us - dispatch_us - transfer_in_us
    every_us = stay.job.shape.ask.checkpoint_us
    return Stop(
        placement=stay.held.placement,
        placed_us=stay.placed_us,
        started=now_us >= stay.start_us,
        dispatch_us=dispatch_us,
        transfer_in_us=transfer_in_us,
        run_us=run_us,
        lost_us=run_us % every_us if every_us else run_us,
    )


def keep_work(job: Waiting, stop: Stop) -> None:
    """Take from the job what is done for good, and remember what it has paid where it was.

    Work is kept in the units of `run_us`, not in time, so that another chip does the rest at
    its own pace; of the estimate the declared time that has been made good is gone.
    """
    kept_us = stop.run_us - stop.lost_us
    runs_us, declared_us = job.runs_us(stop.placement), job.declared_us(stop.placement)
    job.run_us = _left(job.run_us, runs_us, kept_us)
    job.estimate_us = _left(job.estimate_us, declared_us, kept_us)
    pools = frozenset(pool for pool, _, _ in stop.placement)
    before = job.paid if job.paid is not None and pools <= job.paid.pools else Paid(pools, 0, 0)
    job.paid = Paid(
        before.pools,
        before.dispatch_us + stop.dispatch_us,
        before.transfer_in_us + stop.transfer_in_us,
    )
    job.preemptions += 1


def _left(work_us: int, takes_us: int, done_us: int) -> int:
    """Work that is left of some that takes `takes_us` here, rounded to the nearest."""
    if done_us >= takes_us:
        return 0
    return (2 * work_us * (takes_us - done_us) + takes_us) // (2 * takes_us)
