"""Writes down what the rules tell it, and turns it into tables, levels and audits in batches.

Entries pile up in plain lists, since the clock runs through here once a job; every
FLUSH_AT entries become arrays, are checked against the laws and added to the levels.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from scenarios import JobChunk, Scenario
from scheduler.audit import Audit, Entries, LawBrokenError
from scheduler.estate import Estate
from scheduler.flow_table import flow_table
from scheduler.freight import Freight
from scheduler.leftovers import Leftovers
from scheduler.levels import Jumps, Meters
from scheduler.lines import Placement
from scheduler.reasons import Reason
from scheduler.records import Frame, JobTable, Outcome, ShapeTable, Sink, outcome_of
from scheduler.shapes import Shape, Shapes
from scheduler.spill import KEPT, Spill
from scheduler.stays import Stop
from scheduler.stories import Story, netted

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
FLUSH_AT = 65_536
MASK_BITS = 32  # low bits of a placed code: the devices taken
DEVICES = (1 << MASK_BITS) - 1


_NONE = np.zeros(0, np.int64)
NO_JOBS = JobChunk(_NONE, np.zeros(0, np.int32), _NONE, _NONE, _NONE, _NONE)


class Book:
    """The journal of one run. Lists are public: the lane writes them without a call."""

    def __init__(
        self, scenario: Scenario, seed: int, estate: Estate, shapes: Shapes, sink: Sink
    ) -> None:
        self.scenario, self.seed, self.estate, self.sink = scenario, seed, estate, sink
        self.table = ShapeTable(shapes, estate)
        self.above_pool = scenario.policies.queue.options.get("at", "pool") != "pool"
        self.audit = Audit(estate)
        self.meters = Meters(
            estate,
            scenario.warmup_us,
            scenario.horizon_us,
            scenario.levels_every_us,
        )
        self.pool_of = self.audit.pool_of.astype(np.int32)
        self.leftovers: Leftovers | None = None
        if estate.devices:
            self.leftovers = Leftovers(estate, shapes.all, self.audit.pool_of)
        self.first_node = np.array([p.first_node for p in estate.pools], np.int32)
        self.placed_index: list[int] = []
        self.placed_us: list[int] = []
        self.placed_code: list[int] = []
        self.ended_index: list[int] = []
        self.ended_us: list[int] = []
        self.queued_row: list[tuple[int, int, int]] = []  # job, instant, line
        self.left_row: list[tuple[int, int, int]] = []  # job, instant, line
        self.reasons: list[tuple[int, int]] = []
        self.refusals: list[tuple[int, int]] = []
        self.gangs: dict[int, tuple[int, ...]] = {}  # running gangs: codes of all members
        # holds that are not told by one code of the job: of gangs, and those broken off
        self.gang_rows: list[tuple[int, int, int, int]] = []  # job, instant, code, sign
        self.stories: dict[int, Story] = {}  # of jobs that were stopped
        self.stops: list[tuple[int, int]] = []  # job, instant
        self.gang_parts: dict[int, tuple[int, int, int]] = {}
        self.line_of_job: dict[int, int] = {}
        self.outcomes: deque[Outcome] = deque()
        self.firsts: list[int] = []
        self.total = 0
        self.spill = Spill()
        self.checks = True
        self.open_counted: set[int] | None = None  # from the horizon on: whom the run waits for
        self.last_us = 0

    # -- what the rules tell ---------------------------------------------------------------

    def placed(self, index: int, now_us: int, shape: Shape, placement: Placement) -> None:
        """See rules.Journal."""
        self.placed_index.append(index)
        self.placed_us.append(now_us)
        self.placed_code.append(code_of(placement[0][1], placement[0][2]))
        if shape.nodes > 1:
            codes = tuple(code_of(node, devices) for _, node, devices in placement)
            self.gangs[index] = codes
            self.gang_rows += [(index, now_us, code, 1) for code in codes]
            stands = [shape.stand(pool) for pool in dict.fromkeys(p for p, _, _ in placement)]
            if len(stands) > 1:
                self.gang_parts[index] = (
                    max(s.dispatch_us for s in stands),
                    max(s.transfer_in_us for s in stands),
                    max(s.transfer_out_us for s in stands),
                )
            elif index in self.gang_parts:  # stopped, and back on fewer pools
                del self.gang_parts[index]

    def ended(self, index: int, now_us: int) -> None:
        """See rules.Journal."""
        self.ended_index.append(index)
        self.ended_us.append(now_us)
        if self.open_counted is not None:
            self.done(index, now_us)
        if self.gangs and index in self.gangs:
            self.gang_rows += [(index, now_us, code, -1) for code in self.gangs.pop(index)]

    def stopped(self, index: int, now_us: int, stop: Stop) -> None:
        """See rules.Journal."""
        if index not in self.stories:
            self.stories[index] = Story(stop.placed_us)
        self.stories[index].stop(now_us, stop)
        self.stops.append((index, now_us))
        codes = self.gangs.pop(index, None)
        if codes is None:
            codes = (code_of(stop.placement[0][1], stop.placement[0][2]),)
        self.gang_rows += [(index, now_us, code, -1) for code in codes]

    def resumed(self, index: int, now_us: int, dispatch_us: int, transfer_in_us: int) -> None:
        """See rules.Journal."""
        self.stories[index].resume(now_us, dispatch_us, transfer_in_us)

    def queued(self, index: int, now_us: int, place: int) -> None:
        """See rules.Journal."""
        self.queued_row.append((index, now_us, place))
        self.line_of_job[index] = place

    def joined(self, index: int, now_us: int) -> None:
        """See rules.Journal."""
        outcome = self._outcome(index)
        outcome.joined_us[index - outcome.first] = now_us

    def left(self, index: int, now_us: int) -> None:
        """See rules.Journal."""
        self.left_row.append((index, now_us, self.line_of_job.pop(index)))

    def loaded(self, index: int, span_us: int) -> None:
        """See freight.Told."""
        outcome = self._outcome(index)
        outcome.in_us = outcome.spans(outcome.in_us)
        outcome.in_us[index - outcome.first] = span_us

    def sending(self, index: int) -> None:
        """See freight.Told."""
        self._outcome(index).open += 1

    def delivered(self, index: int, span_us: int) -> None:
        """See freight.Told."""
        outcome = self._outcome(index)
        outcome.out_us = outcome.spans(outcome.out_us)
        outcome.out_us[index - outcome.first] = span_us
        outcome.open -= 1

    def check(self, freight: Freight) -> None:
        """See rules.Journal."""
        if self.checks:
            freight.check()
        links = self.scenario.topology.links if freight.shared else ()
        span_us = self.scenario.horizon_us - self.scenario.warmup_us
        bits = freight.link_bits if freight.shared else (np.zeros(0), np.zeros(0))
        self.sink.flows(flow_table(links, bits, span_us, freight.copies.copies))

    def held(self, index: int, reason: Reason) -> None:
        """See rules.Journal."""
        self.reasons.append((index, reason))

    def refused(self, index: int, now_us: int, reason: Reason) -> None:
        """See rules.Journal."""
        self.refusals.append((index, reason))
        if self.open_counted is not None:
            self.done(index, now_us)

    def refused_bad(self, index: int, now_us: int) -> None:
        """A broken row of a trace came."""
        self.refused(index, now_us, Reason.BAD_ROW)

    # -- whom the run waits for ------------------------------------------------------------

    def done(self, index: int, now_us: int) -> None:
        """A job is over; if the run waits for it, it does so no longer."""
        if self.open_counted is not None and index in self.open_counted:
            self.open_counted.discard(index)
            self.last_us = now_us

    def waits_for_any(self, now_us: int, arrived: int) -> bool:
        """Whether a counted job is open, endless ones apart; asked from the horizon on."""
        if self.open_counted is None:
            self.flush(now_us, arrived=arrived)
            scenario, found = self.scenario, set()
            for outcome in self.outcomes:
                submit_us = outcome.chunk.submit_us
                is_open = (outcome.ended_us < 0) & ~outcome.refused
                is_open &= ~self.table.endless[outcome.chunk.ask]
                is_open &= (submit_us >= scenario.warmup_us) & (submit_us < scenario.horizon_us)
                found |= set((np.flatnonzero(is_open) + outcome.first).tolist())
            self.open_counted = found
        return bool(self.open_counted)

    # -- chunks ----------------------------------------------------------------------------

    def open(self, chunk: JobChunk) -> int:
        """Make room for the jobs of the next chunk: the number of its first."""
        self.table.renew()
        if self.leftovers is not None:
            self.leftovers.first(chunk)
        first = self.total
        self.outcomes.append(outcome_of(chunk, first))
        self.firsts.append(first)
        self.total += len(chunk)
        if len(self.outcomes) > KEPT:
            self._make_room()
        return first

    def _make_room(self) -> None:
        """Chunks that wait for an older one to be over go to disk."""
        for outcome in list(self.outcomes)[:-KEPT]:
            if not outcome.spilled:
                self.spill.put(outcome)

    def _outcome(self, index: int) -> Outcome:
        return self.outcomes[bisect_right(self.firsts, index) - 1]

    def pending(self) -> int:
        """Entries since the last flush."""
        return len(self.placed_index) + len(self.ended_index)

    def flush(self, now_us: int, *, arrived: int) -> None:
        """Turn all entries into arrays, check them, add up levels, hand on finished chunks."""
        self.table.renew()
        placed = _ints(self.placed_index), _ints(self.placed_us), _ints(self.placed_code)
        ended = _ints(self.ended_index), _ints(self.ended_us)
        for entries in (
            self.placed_index,
            self.placed_us,
            self.placed_code,
            self.ended_index,
            self.ended_us,
        ):
            entries.clear()
        self._write_placed(*placed)
        self._write_rest(*ended)
        self._add_up(placed, ended, now_us)
        while self.outcomes and not self.outcomes[0].open and self._past(arrived):
            self._emit(len(self.outcomes[0].chunk), now_us)

    def _past(self, arrived: int) -> bool:
        return self.outcomes[0].first + len(self.outcomes[0].chunk) <= arrived

    def close(self, at_end_us: int, arrived: int) -> None:
        """Write down the rest when the run has stopped; jobs from `arrived` on never came."""
        horizon = self.scenario.horizon_us
        if not self.total:
            self.open(NO_JOBS)
        self.flush(max(at_end_us, horizon), arrived=arrived)
        while self.outcomes:
            rows = min(len(self.outcomes[0].chunk), arrived - self.outcomes[0].first)
            self._emit(max(rows, 0), at_end_us)
        self.spill.close()

    def _emit(self, rows: int, now_us: int) -> None:
        outcome = self.outcomes.popleft()
        self.firsts.pop(0)
        frame = Frame(
            scenario=self.scenario,
            seed=self.seed,
            table=self.table,
            above_pool=self.above_pool,
            gang_parts=self._parts_of(outcome),
            stories=self._stories_of(outcome),
            at_end_us=now_us,
        )
        if rows or not outcome.first:
            self.sink.jobs(JobTable(outcome, frame, rows))
        self.spill.drop(outcome)

    def _parts_of(self, outcome: Outcome) -> dict[int, tuple[int, int, int]]:
        last = outcome.first + len(outcome.chunk)
        return {i: p for i, p in self.gang_parts.items() if outcome.first <= i < last}

    def _stories_of(self, outcome: Outcome) -> dict[int, Story]:
        """Stories of the jobs of a chunk, by row."""
        last = outcome.first + len(outcome.chunk)
        found = [i for i in self.stories if outcome.first <= i < last]
        return {index - outcome.first: self.stories.pop(index) for index in found}

    # -- batches ---------------------------------------------------------------------------

    def _split(self, index: Ints) -> Iterator[tuple[Outcome, npt.NDArray[np.bool_] | slice]]:
        """Each chunk that some of the jobs belong to, and which of them."""
        if not len(index):
            return
        low, high = int(index.min()), int(index.max())
        for outcome in self.outcomes:
            last = outcome.first + len(outcome.chunk)
            if outcome.first <= high and low < last:
                if outcome.first <= low and high < last:
                    yield outcome, slice(None)
                    return
                some = (index >= outcome.first) & (index < last)
                if some.any():
                    yield outcome, some

    def _write_placed(self, index: Ints, at_us: Ints, code: Ints) -> None:
        for job, _ in self.stops:  # it is free to be placed once more
            outcome = self._outcome(job)
            outcome.placed_us[job - outcome.first] = -1
        node = code >> MASK_BITS
        pool = self.pool_of[node] if len(node) else np.zeros(0, np.int32)
        for outcome, some in self._split(index):
            row = index[some] - outcome.first
            if self.checks and (outcome.placed_us[row] >= 0).any():
                raise LawBrokenError("a job was placed twice")
            outcome.placed_us[row] = at_us[some]
            outcome.pool[row] = pool[some]
            outcome.node[row] = node[some] - self.first_node[pool[some]]
        for job in {job for job, _ in self.stops}:
            if self.stories[job].placed_us < 0:  # it waits; pool and node stay those it had
                outcome = self._outcome(job)
                outcome.placed_us[job - outcome.first] = -1

    def _write_rest(self, index: Ints, at_us: Ints) -> None:
        for outcome, some in self._split(index):
            row = index[some] - outcome.first
            outcome.ended_us[row] = at_us[some]
            outcome.open -= len(row)
        for rows, refused in ((self.reasons, False), (self.refusals, True)):
            codes = np.array(rows, np.int64).reshape(-1, 2)
            rows.clear()
            for outcome, some in self._split(codes[:, 0]):
                row = codes[some, 0] - outcome.first
                outcome.reason[row] = codes[some, 1]
                if refused:
                    outcome.refused[row] = True
                    outcome.open -= len(row)

    def _look(self, index: Ints, name: str) -> Ints:
        """A column of the outcomes at some jobs."""
        found = np.empty(len(index), np.int64)
        for outcome, some in self._split(index):
            column = outcome.chunk.ask if name == "ask" else getattr(outcome, name)
            found[some] = column[index[some] - outcome.first]
        return found

    def _add_up(
        self, placed: tuple[Ints, Ints, Ints], ended: tuple[Ints, Ints], now_us: int
    ) -> None:
        index, at_us, code, sign = self._holds(placed, ended)
        shape, node = self._look(index, "ask"), code >> MASK_BITS
        pool = self.pool_of[node].astype(np.int64) if len(node) else node
        table, signs = self.table, sign.astype(np.float64)
        kind = table.need[shape, pool]
        holds = Entries(at_us, sign, node, code & DEVICES, kind, table.amounts_m)
        if self.checks:
            brief = bool((self._look(ended[0], "placed_us") == ended[1]).any())
            self._check(index, holds, brief=brief)
            self._check_quotas(placed, ended)
        self.stops.clear()

        def allocated(r: int) -> Floats | None:
            amounts = table.amounts[:, r]
            return amounts[kind] * signs if amounts.any() else None

        def used(r: int) -> Floats | None:
            busy = allocated(r)
            return None if busy is None else busy * table.uses[:, r][shape]

        for levels in self.meters.add(
            Jumps(at_us, pool, allocated),
            None if table.all_used else Jumps(at_us, pool, used),
            self._queues(),
            self._pieces(holds),
            now_us,
        ):
            self.sink.levels(levels)

    def _pieces(self, holds: Entries) -> Jumps | None:
        """How the free GPUs that no job could use grew and shrank, where there are GPUs."""
        if self.leftovers is None:
            return None
        at_us, pool, jumps = self.leftovers.course(holds)
        return Jumps(at_us, pool, lambda _: jumps)

    def _check_quotas(self, placed: tuple[Ints, Ints, Ints], ended: tuple[Ints, Ints]) -> None:
        """The audit of quotas, by whole jobs; those of no length are left out."""
        self.audit.limits = self.table.shapes.limits()
        if not any(self.audit.limits):
            return
        stops = np.array(self.stops, np.int64).reshape(-1, 2)
        index = np.concatenate([placed[0], ended[0], stops[:, 0]])
        if not len(index):
            return
        at_us = np.concatenate([placed[1], ended[1], stops[:, 1]])
        sign = np.ones(len(index), np.int64)
        sign[len(placed[0]) :] = -1
        keep = self._look(index, "placed_us") != self._look(index, "ended_us")
        if self.stories:
            once = ~self._were_stopped(index)
            keep = keep[once]
            index, at_us, _, sign = netted(index, at_us, index, sign, ~once)
            keep = np.append(keep, np.ones(len(index) - len(keep), bool))
        shape = self._look(index, "ask")[keep]
        self.audit.quotas(
            at_us[keep], sign[keep], self.table.tenant[shape], self.table.quota_m[shape]
        )

    def _holds(
        self, placed: tuple[Ints, Ints, Ints], ended: tuple[Ints, Ints]
    ) -> tuple[Ints, Ints, Ints, Ints]:
        """Every hold begun and ended, a row a member: job, instant, code, sign."""
        index = np.concatenate([placed[0], ended[0]])
        at_us = np.concatenate([placed[1], ended[1]])
        sign = np.ones(len(index), np.int64)
        sign[len(placed[0]) :] = -1
        code = np.concatenate([placed[2], self._codes(ended[0], placed)])
        gang = np.array(self.gang_rows, np.int64).reshape(-1, 4)
        self.gang_rows.clear()
        if len(gang) or self.table.nodes.max(initial=1) > 1:
            single = self.table.nodes[self._look(index, "ask")] == 1
            index, at_us, code, sign = index[single], at_us[single], code[single], sign[single]
            index = np.concatenate([index, gang[:, 0]])
            at_us = np.concatenate([at_us, gang[:, 1]])
            code = np.concatenate([code, gang[:, 2]])
            sign = np.concatenate([sign, gang[:, 3]])
        if self.stories:
            return netted(index, at_us, code, sign, self._were_stopped(index))
        return index, at_us, code, sign

    def _were_stopped(self, index: Ints) -> npt.NDArray[np.bool_]:
        """Which of some jobs were stopped for others."""
        return np.isin(index, np.fromiter(self.stories, np.int64, len(self.stories)))

    def _codes(self, index: Ints, placed: tuple[Ints, Ints, Ints]) -> Ints:
        """Where jobs that end now were placed, with their devices."""
        found = np.empty(len(index), np.int64)
        for outcome, some in self._split(placed[0]):
            if outcome.codes is None:
                outcome.codes = np.full(len(outcome.chunk), -1, np.int64)
            outcome.codes[placed[0][some] - outcome.first] = placed[2][some]
        for outcome, some in self._split(index):
            if outcome.codes is None:
                raise LawBrokenError("a job ended that was never placed")
            found[some] = outcome.codes[index[some] - outcome.first]
        if self.checks and (found < 0).any():
            raise LawBrokenError("a job ended that was never placed")
        return found

    def _check(self, index: Ints, holds: Entries, *, brief: bool) -> None:
        """The audit; `brief` holds, which took no time at all, say nothing and are left out."""
        if brief:
            keep = lasting = self._look(index, "placed_us") != self._look(index, "ended_us")
            if self.stories:  # of which there are none left
                keep = lasting | self._were_stopped(index)
            holds = holds.some(keep)
        self.audit.add(holds)

    def _queues(self) -> Jumps:
        """Jobs that began or ceased to wait since the last flush, as jumps of their lines."""
        rows = [(index, at_us, line, 1) for index, at_us, line in self.queued_row]
        rows += [(index, at_us, line, -1) for index, at_us, line in self.left_row]
        self.queued_row.clear()
        self.left_row.clear()
        table = np.array(rows, np.int64).reshape(-1, 4)
        shape, sign, quota = self._look(table[:, 0], "ask"), table[:, 3], self.table.quota
        return Jumps(table[:, 1], table[:, 2], lambda r: quota[:, r][shape] * sign)


def code_of(node: int, devices: tuple[int, ...]) -> int:
    """A node and its devices as one number."""
    mask = 0
    for d in devices:
        mask |= 1 << d
    return node << MASK_BITS | mask


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)
