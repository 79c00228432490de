"""Data of jobs on its way: who waits for what, over links that transfers share.

`Transfers` knows bits and rates, the rules know jobs; this knows which transfer belongs to
which job, and what has still to be sent once dispatch is over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scheduler.audit import LawBrokenError
from scheduler.copies import Copies
from scheduler.instants import NEVER
from scheduler.lines import Waiting
from scheduler.sending import PARTS, Transfer
from scheduler.shapes import Shape
from scheduler.stays import Held
from scheduler.transfers import Arrival, Transfers
from scheduler.ways import MOST_MOVE_US, Move, rank_of

IN, OUT = 0, 1
SETS = 1 << 61  # keys from here on are of data sets
POOL_BITS = 16  # of a key: which of the pools of a gang; there are at most 50,000


class Told(Protocol):
    """What the journal is told of data that moves."""

    def loaded(self, index: int, span_us: int) -> None:
        """All that a job needs is there, so long after its dispatch was over."""

    def sending(self, index: int) -> None:
        """A job that has ended sends its result from now on."""

    def delivered(self, index: int, span_us: int) -> None:
        """The whole result has arrived, so long after the end of the job."""


@dataclass(slots=True, eq=False)
class Load:
    """A job that waits for data; nodes are `held` for it where it waited for them first.

    `ready_us` is the earliest instant for parts that nothing can slow.
    """

    job: Waiting
    began_us: int
    alone_us: int
    held: Held | None = None
    ready_us: int = 0
    open: int = 0

    def late(self, now_us: int) -> bool:
        """Whether it takes longer than it would if nobody else sent."""
        return now_us > self.began_us + self.alone_us


@dataclass(slots=True)
class Result:
    """A result on its way back from the pools of a job."""

    index: int
    began_us: int
    ready_us: int
    open: int = 0


class Freight:
    """All data on its way in one run. Instants only go forward."""

    def __init__(
        self,
        transfers: Transfers,
        told: Told,
        copies: Copies,
        *,
        shared: bool,
        span: tuple[int, int],
    ) -> None:
        self.transfers, self.told, self.shared = transfers, told, shared
        self.copies = copies
        self.loads: dict[int, Load] = {}
        self.results: dict[int, Result] = {}
        self.link_bits: list[npt.NDArray[np.float64]] = []  # at both ends of `span`
        self._span = list(span)
        self._due: list[tuple[int, int, Transfer]] = []
        self._begun: dict[int, tuple[int, Move]] = {}
        self._started_bits = 0
        self._sets: dict[int, tuple[str, str]] = {}  # key -> data set, site
        self._coming: dict[tuple[str, str], list[Load]] = {}
        self._promised_us: dict[tuple[str, str], int] = {}  # when it comes, alone
        self._brought = 0  # data sets so far
        self._later: list[tuple[int, int, Load]] = []  # all there but what nothing can slow

    def sends(self, shape: Shape) -> bool:
        """Whether jobs of this shape may move anything."""
        ask = shape.ask
        if ask.data_set is not None:
            return True
        return self.shared and ask.region is not None and bool(ask.input_mb or ask.output_mb)

    def lacks_set(self, shape: Shape, pool: int) -> bool:
        """Whether a data set has still to be brought to a pool for jobs of this shape."""
        name = shape.ask.data_set
        return name is not None and self.copies.lacks(name, pool)

    def brings_us(self, shape: Shape, pool: int, now_us: int) -> int:
        """How long until the set of a job would be at a pool, sent alone; 0: it is there."""
        if not self.lacks_set(shape, pool):
            return 0
        wanted = str(shape.ask.data_set), self.copies.site_of(pool)
        if wanted in self._coming:
            return max(1, self._promised_us[wanted] - now_us)
        return self.copies.move(wanted[0], pool, rank_of(shape.ask)).alone_us

    # -- what jobs ask for -----------------------------------------------------------------

    def fetch(self, at_us: int, load: Load, pools: Collection[int]) -> bool:
        """From `at_us` on bring a job's input to its pools; False if nothing is to be sent."""
        job = load.job
        for n, pool in enumerate(pools):
            move = job.shape.stand(pool).move_in
            if move is not None:
                load.open += 1
                self._send(at_us, key_of(job.index, IN, n), move)
            if self.lacks_set(job.shape, pool):
                self._fetch_set(at_us, load, pool)
        if load.open:
            self.loads[job.index] = load
        return bool(load.open)

    def _fetch_set(self, at_us: int, load: Load, pool: int) -> None:
        """Wait for a replica that is on its way, or have one sent."""
        ask = load.job.shape.ask
        wanted = str(ask.data_set), self.copies.site_of(pool)
        waiting = self._coming.get(wanted)
        if waiting is None:
            waiting = self._coming[wanted] = []
            move = self.copies.move(wanted[0], pool, rank_of(ask))
            key = SETS + self._brought
            self._brought += 1
            self._sets[key] = wanted
            self._send(at_us, key, move)
            self._promised_us[wanted] = at_us + move.alone_us
            load.alone_us = max(load.alone_us, move.alone_us)
        if not waiting or waiting[-1] is not load:  # or both pools of a gang stand there
            waiting.append(load)
            load.open += 1

    def deliver(self, now_us: int, held: Held) -> bool:
        """Send the result of a job that has just ended; False if there is nothing to share."""
        pools = dict.fromkeys(pool for pool, _, _ in held.placement)
        stands = [held.shape.stand(pool) for pool in pools]
        alone_us = max((s.transfer_out_us for s in stands if s.move_out is None), default=0)
        result = Result(held.index, now_us, now_us + alone_us)
        for n, stand in enumerate(stands):
            if stand.move_out is not None:
                result.open += 1
                self._send(now_us, key_of(held.index, OUT, n), stand.move_out)
        if result.open:
            self.results[held.index] = result
            self.told.sending(held.index)
        return bool(result.open)

    def _send(self, at_us: int, key: int, move: Move) -> None:
        transfer = Transfer(key, move.bits, move.route, move.cap_gbit_s, move.rank)
        heappush(self._due, (at_us, key, transfer))
        self._begun[key] = at_us, move

    # -- time ------------------------------------------------------------------------------

    def next_us(self) -> int:
        """The next instant at which to call `advance`."""
        due_us = self._due[0][0] if self._due else NEVER
        mark_us = self._span[0] if self._span else NEVER
        later_us = self._later[0][0] if self._later else NEVER
        return min(due_us, mark_us, later_us, self.transfers.next_us())

    def advance(self, now_us: int) -> list[Load]:
        """Let time pass until now: the loads of which the last part has just arrived."""
        if self._span and self._span[0] <= now_us:
            self._look(now_us)
        while self._due and self._due[0][0] <= now_us:
            _, _, transfer = heappop(self._due)
            self._started_bits += transfer.bits
            self.transfers.start(now_us, transfer)
        for arrival in self.transfers.advance(now_us):
            self._arrived(arrival)
        ready = []
        while self._later and self._later[0][0] <= now_us:
            ready.append(heappop(self._later)[2])
        return ready

    def _look(self, now_us: int) -> None:
        """Note what has passed each link by the warm-up, and by the horizon."""
        while self._span and self._span[0] <= now_us:
            self.transfers.pass_to(self._span.pop(0))
            self.link_bits.append(self.transfers.link_bits())

    def _arrived(self, arrival: Arrival) -> None:
        """What an arrival completes; a law: nothing is faster than it would be alone."""
        key = arrival.transfer.key
        began_us, move = self._begun.pop(key)
        if arrival.at_us - began_us < move.alone_us - 1:
            raise LawBrokenError(f"transfer {key} was faster than its links allow")
        index, out = job_of(key)
        if key >= SETS:
            wanted = self._sets.pop(key)
            self.copies.keep(*wanted, began_us, arrival.at_us)
            for load in self._coming.pop(wanted):
                self._part_there(load, arrival.at_us)
        elif out:
            self._came_back(index, arrival.at_us)
        else:
            self._part_there(self.loads[index], arrival.at_us)

    def _part_there(self, load: Load, at_us: int) -> None:
        """One of the things that a job waits for is there."""
        load.open -= 1
        load.ready_us = max(load.ready_us, at_us)
        if load.open:
            return
        index = load.job.index
        del self.loads[index]
        self.told.loaded(index, load.ready_us - load.began_us)
        heappush(self._later, (load.ready_us, index, load))

    def _came_back(self, index: int, at_us: int) -> None:
        result = self.results[index]
        result.open -= 1
        if not result.open:
            del self.results[index]
            self.told.delivered(index, max(at_us, result.ready_us) - result.began_us)

    # -- the end ---------------------------------------------------------------------------

    def late(self, stop_us: int) -> list[int]:
        """Jobs that wait for data, with no nodes held, longer than if nobody else sent."""
        loads = self.loads.values()
        return sorted(x.job.index for x in loads if x.held is None and x.late(stop_us))

    def close(self, stop_us: int) -> None:
        """The run ends here; what ended jobs and held nodes wait for still arrives.

        Nobody comes any more, so this is how long it takes at most what is known by then.
        """
        self._look(max(stop_us, *self._span, 0))
        while self.results or any(load.held is not None for load in self.loads.values()):
            next_us = self.next_us()
            if next_us >= NEVER:
                break
            self.advance(next_us)
        for result in list(self.results.values()):
            self.told.delivered(result.index, MOST_MOVE_US)
        for load in self.loads.values():
            if load.held is not None:
                self.told.loaded(load.job.index, MOST_MOVE_US)
        self.results.clear()

    def check(self) -> None:
        """The law of bytes: what was begun has been carried, or is still to be sent.

        Raises:
            LawBrokenError: some bits were lost or made up, or a link carried too much.
        """
        transfers = self.transfers
        if transfers.carried_parts + transfers.left_parts() != self._started_bits * PARTS:
            raise LawBrokenError("bits were lost on the way")
        if (transfers.link_bits() > transfers.most_bits()).any():
            raise LawBrokenError("a link carried more than it can")


def key_of(index: int, way: int, place: int) -> int:
    """The name of a transfer: by job, in before out, then by pool of a gang."""
    return (2 * index + way << POOL_BITS) + place


def job_of(key: int) -> tuple[int, bool]:
    """The number of the job that a transfer belongs to, and whether it is its result."""
    number = key >> POOL_BITS
    return number // 2, bool(number & 1)
