"""What happened, as columns: the job table of contracts §2, chunk by chunk, and the levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from scenarios import JobChunk, Scenario
from scheduler.estate import Estate
from scheduler.flow_table import FlowTable
from scheduler.levels import Levels, joined_levels
from scheduler.pairs import FIELDS, PairColumn, Pairs
from scheduler.plan_rows import PlanRow
from scheduler.reasons import REASONS, STATES, State
from scheduler.shapes import Shape, Shapes
from scheduler.stories import StayTable, Story, stay_table

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

CODED = (
    "variant", "workload", "tenant", "region", "class", "chip", "site", "pool", "cloud", "tier",
    "state", "reason",
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What the journal knows of the jobs of one chunk, by row; instants in us, -1 = not yet."""

    chunk: JobChunk
    first: int
    placed_us: Ints
    ended_us: Ints
    pool: npt.NDArray[np.int32]
    node: npt.NDArray[np.int32]
    reason: npt.NDArray[np.int8]
    refused: npt.NDArray[np.bool_]
    joined_us: Ints
    codes: Ints | None  # node and devices of single-node jobs, as journal.py packs them
    open: int  # neither over nor refused, and results that have not arrived
    spilled: bool = False
    in_us: Ints | None = None  # what transfers took that others could slow, -1 = as alone
    out_us: Ints | None = None

    def spans(self, column: Ints | None) -> Ints:
        """The column, or one in which nothing is known."""
        return np.full(len(self.chunk), -1, np.int64) if column is None else column


def outcome_of(chunk: JobChunk, first: int) -> Outcome:
    """Nothing has happened yet to the jobs of `chunk`, numbered from `first`."""
    n = len(chunk)
    return Outcome(
        chunk=chunk,
        first=first,
        placed_us=np.full(n, -1, np.int64),
        ended_us=np.full(n, -1, np.int64),
        pool=np.full(n, -1, np.int32),
        node=np.full(n, -1, np.int32),
        reason=np.zeros(n, np.int8),
        refused=np.zeros(n, np.bool_),
        joined_us=np.full(n, -1, np.int64),
        codes=None,
        open=n,
    )


class ShapeTable:
    """Facts of shapes as arrays to look up by number; grows with the shapes."""

    def __init__(self, shapes: Shapes, estate: Estate) -> None:
        self.shapes, self.estate = shapes, estate
        self.size = -1
        self.pairs = Pairs(shapes.all, len(estate.pools))
        self.need, self.dispatch_us, self.transfer_in_us, self.transfer_out_us = (
            PairColumn(self.pairs, number) for number in range(len(FIELDS))
        )

    def renew(self) -> None:
        """Take in shapes compiled since."""
        shapes = self.shapes.all
        if self.size == len(shapes):
            return
        self.size = len(shapes)
        self.names = {
            name: tuple(sorted({v for s in shapes if (v := of(s)) is not None}))
            for name, of in ASKED.items()
        }
        self.codes = {
            name: _codes([of(s) for s in shapes], self.names[name])
            for name, of in ASKED.items()
        }
        asks = [s.ask for s in shapes]
        self.vcpu = np.array([a.vcpu_m / 1000 for a in asks])
        self.memory_gib = np.array([a.memory_mib / 1024 for a in asks])
        self.gpu = np.array([a.gpu_m / 1000 for a in asks])
        self.nodes = np.array([a.nodes for a in asks], np.int32)
        self.priority = np.array([a.priority for a in asks], np.int32)
        self.endless = np.array([s.endless for s in shapes], bool)
        self.pairs.renew()
        self.amounts_m = np.array(self.shapes.amounts, np.int64).reshape(-1, 6)
        self.amounts = self.amounts_m.astype(np.float64)
        self.uses = np.array(self.shapes.uses, np.float64).reshape(-1, 6)
        self.quota_m = np.array([s.quota for s in shapes], np.int64).reshape(-1, 6)
        self.quota = self.quota_m.astype(np.float64)
        self.tenant = np.array([s.tenant for s in shapes], np.int64)
        self.all_used = bool((self.uses == 1.0).all())


ASKED: dict[str, Callable[[Shape], str | None]] = {
    "workload": lambda s: s.ask.workload,
    "tenant": lambda s: s.ask.tenant,
    "region": lambda s: s.ask.region,
    "class": lambda s: s.ask.klass,
}


def _codes(values: Sequence[str | None], names: Sequence[str]) -> npt.NDArray[np.int32]:
    number = {name: n for n, name in enumerate(names)}
    return np.array([-1 if v is None else number[v] for v in values], np.int32)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is the same for all jobs of a run: names, windows, and when the run stopped."""

    scenario: Scenario
    seed: int
    table: ShapeTable
    above_pool: bool
    gang_parts: dict[
        int, tuple[int, int, int]
    ]  # job: largest dispatch, transfer in and out, us
    stories: dict[int, Story]  # by row
    at_end_us: int

    @property
    def pool_names(self) -> dict[str, list[str]]:
        """Name of each pool's chip, site, cloud and tier, and its own, by pool number."""
        pools = self.table.estate.pools
        return {
            "chip": [p.chip for p in pools],
            "site": [p.site_name for p in pools],
            "pool": [p.name for p in pools],
            "cloud": [p.cloud for p in pools],
            "tier": [p.tier for p in pools],
        }


class JobTable:
    """Some jobs in order of submission, by column; each column is made when it is asked for."""

    def __init__(self, outcome: Outcome, frame: Frame, rows: int) -> None:
        self._o, self._f = outcome, frame
        self.rows = rows
        self._at = slice(0, rows)
        self._spans: dict[str, Ints] | None = None

    def column(self, name: str) -> Array:
        """One column: float64 with nan = null, int32, bool, or str objects with None = null."""
        if name in CODED:
            codes, names = self.coded(name)
            return np.array([*names, None], dtype=object)[codes]
        return _COLUMNS[name](self)

    def coded(self, name: str) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
        """A text column as codes (-1 = null) into names."""
        if name == "variant":
            return np.zeros(self.rows, np.int32), (self._f.scenario.variant,)
        if name == "state":
            return self.states(), STATES
        if name == "reason":
            return self._o.reason[self._at].astype(np.int32), REASONS
        if name in ASKED:
            table = self._f.table
            return table.codes[name][self.shape], table.names[name]
        return self._of_pool(name)

    def _of_pool(self, name: str) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
        by_pool = self._f.pool_names[name]
        number = {name: n for n, name in enumerate(dict.fromkeys(by_pool))}
        codes = np.array([*[number[name] for name in by_pool], -1], np.int32)
        return codes[self._o.pool[self._at]], tuple(number)

    @property
    def shape(self) -> npt.NDArray[np.int32]:
        """Number of the shape of each job."""
        return self._o.chunk.ask[self._at]

    def states(self) -> npt.NDArray[np.int32]:
        """End state of each job, as index into STATES."""
        o, at = self._o, self._at
        states = np.full(self.rows, State.WAITING, np.int32)
        states[o.placed_us[at] >= 0] = State.RUNNING
        states[o.ended_us[at] >= 0] = State.FINISHED
        states[o.refused[at]] = State.REFUSED
        return states

    def spans(self) -> dict[str, Ints]:
        """Parts of the latency in us, valid where the state has reached them."""
        if self._spans is None:
            self._spans = self._make_spans()
        return self._spans

    def _make_spans(self) -> dict[str, Ints]:
        o, at, table = self._o, self._at, self._f.table
        shape, pool = self.shape, o.pool[at]
        dispatch = table.dispatch_us[shape, pool]
        transfer_in = table.transfer_in_us[shape, pool]
        transfer_out = table.transfer_out_us[shape, pool]
        for index, parts in self._f.gang_parts.items():
            row = index - o.first
            if 0 <= row < self.rows:
                dispatch[row], transfer_in[row], transfer_out[row] = parts
        transfer_in = _known(o.in_us, at, transfer_in)
        transfer_out = _known(o.out_us, at, transfer_out)
        before = dispatch + transfer_in
        placed, submit = o.placed_us[at], o.chunk.submit_us[at]
        above = self._f.above_pool
        end = np.where(placed >= 0, placed, self._f.at_end_us)
        begun = submit if above else np.where(placed >= 0, submit + before, o.joined_us[at])
        begun = np.where(begun < 0, end, begun)  # still on its way to the line: no wait yet
        start = placed + before if above else placed
        wait, run = end - begun, o.ended_us[at] - start
        for row, story in self._stories():
            first = int(submit[row] if above else submit[row] + before[row])
            wait[row] = story.first_placed_us - first + story.again_us(self._f.at_end_us)
            start[row] = story.starts_us
            run[row] = o.ended_us[row] - story.begins_us + story.run_us
            if above:
                dispatch[row], transfer_in[row] = story.paid_us()
        return {
            "dispatch": dispatch,
            "transfer_in": transfer_in,
            "transfer": transfer_in + transfer_out,
            "wait": wait,
            "start": start,
            "run": run,
            "latency": o.ended_us[at] + transfer_out - submit,
        }

    def _stories(self) -> list[tuple[int, Story]]:
        """Jobs that were stopped for others, by row."""
        return [(row, story) for row, story in self._f.stories.items() if row < self.rows]

    def stays(self) -> StayTable:
        """All that the jobs which were stopped held: the row of the job tells the last only."""
        names = tuple(self._f.pool_names["pool"])
        o = self._o
        return stay_table(dict(self._stories()), o.pool.astype(np.int64), o.ended_us, names)

    def of_stories(self, figure: Callable[[Story], int]) -> Ints:
        """A figure of the jobs that were stopped, 0 for all others."""
        found = np.zeros(self.rows, np.int64)
        for row, story in self._stories():
            found[row] = figure(story)
        return found

    def seconds(self, name: str, known: Array) -> Array:
        """A span in seconds, nan where not known."""
        return np.where(known, self.spans()[name] / 1e6, np.nan)

    def begun(self) -> Array:
        """Which jobs had reached their start when the run stopped."""
        return self.placed() & (self.spans()["start"] <= self._f.at_end_us)

    def placed(self) -> Array:
        """Which jobs ever got nodes."""
        found: Array = self._o.placed_us[self._at] >= 0
        for row, _ in self._stories():
            found[row] = True
        return found

    def ended(self) -> Array:
        """Which jobs ended."""
        return self._o.ended_us[self._at] >= 0

    def counted(self) -> Array:
        """Which jobs were submitted in [warm-up, horizon)."""
        scenario, submit = self._f.scenario, self._o.chunk.submit_us[self._at]
        return (submit >= scenario.warmup_us) & (submit < scenario.horizon_us)

    def ids(self) -> Array:
        """The trace's id of each job, else workload-number."""
        chunk = self._o.chunk
        codes, names = self.coded("workload")
        given: Sequence[str | None] = chunk.ids[self._at] if chunk.ids else [None] * self.rows
        numbers = chunk.number[self._at].tolist()
        return np.array(
            [
                i if i else f"{names[c]}-{n}"
                for i, c, n in zip(given, codes.tolist(), numbers, strict=True)
            ],
            dtype=object,
        )

    def deadline_met(self) -> Array:
        """1.0 met, 0.0 missed (or past it when the run stopped), nan without a deadline."""
        o, at = self._o, self._at
        span = o.chunk.deadline_us[at]
        refused, ended = o.refused[at], self.ended()
        took = np.where(
            ended, self.spans()["latency"], self._f.at_end_us - o.chunk.submit_us[at]
        )
        known = (span >= 0) & (ended | refused | (took > span))
        return np.where(known, (took <= span) & ended, np.nan)

    def raw(self, name: str) -> Array:
        """A column of the demand or of the journal, as it is."""
        owner = self._o.chunk if hasattr(self._o.chunk, name) else self._o
        found: Array = getattr(owner, name)
        return found[self._at]

    def of_shape(self, name: str) -> Array:
        """A fact of each job's shape."""
        found: Array = getattr(self._f.table, name)
        return found[self.shape]

    @property
    def seed(self) -> int:
        """The seed of the run."""
        return self._f.seed


def _known(took_us: Ints | None, at: slice, alone_us: Ints) -> Ints:
    """What transfers took, and where nobody could slow them what they take alone."""
    if took_us is None:
        return alone_us
    return np.where(took_us[at] >= 0, took_us[at], alone_us)


_COLUMNS: dict[str, Callable[[JobTable], Array]] = {
    "id": JobTable.ids,
    "seed": lambda t: np.full(t.rows, t.seed, np.int32),
    "nodes": lambda t: t.of_shape("nodes"),
    "priority": lambda t: t.of_shape("priority"),
    "preemptions": lambda t: t.of_stories(lambda s: s.preemptions).astype(np.int32),
    "node": lambda t: t.raw("node"),
    "counted": JobTable.counted,
    "deadline_met": JobTable.deadline_met,
    "submit_s": lambda t: t.raw("submit_us") / 1e6,
    "start_s": lambda t: t.seconds("start", t.begun()),
    "end_s": lambda t: np.where(t.ended(), t.raw("ended_us") / 1e6, np.nan),
    "dispatch_s": lambda t: t.seconds("dispatch", t.placed()),
    "transfer_in_s": lambda t: t.seconds("transfer_in", t.placed()),
    "transfer_s": lambda t: t.seconds("transfer", t.ended()),
    "wait_s": lambda t: t.seconds("wait", ~t.raw("refused")),
    "run_s": lambda t: t.seconds("run", t.ended()),
    "latency_s": lambda t: t.seconds("latency", t.ended()),
    "estimate_s": lambda t: t.raw("estimate_us") / 1e6,
    "lost_s": lambda t: np.where(t.placed(), t.of_stories(lambda s: s.lost_us) / 1e6, np.nan),
    "vcpu": lambda t: t.of_shape("vcpu"),
    "memory_gib": lambda t: t.of_shape("memory_gib"),
    "gpu": lambda t: t.of_shape("gpu"),
}


class Sink(Protocol):
    """Who takes the tables of a run as they are finished."""

    def jobs(self, table: JobTable) -> None:
        """Jobs in order of submission, each chunk once."""

    def levels(self, levels: Levels) -> None:
        """Steps in time order, each once."""

    def flows(self, flows: FlowTable) -> None:
        """What passed the links, once, where transfers share them or data sets are moved."""

    def plans(self, rows: Sequence[PlanRow]) -> None:
        """All plans of a run whose dispatch plans, at its end."""


class Keep:
    """The sink of a run that keeps its tables in memory."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def jobs(self, table: JobTable) -> None:
        """See Sink."""
        self._records.add_jobs(table)

    def levels(self, levels: Levels) -> None:
        """See Sink."""
        self._records.add_levels(levels)

    def flows(self, flows: FlowTable) -> None:
        """See Sink."""
        self._records.flows = flows

    def plans(self, rows: Sequence[PlanRow]) -> None:
        """See Sink."""
        self._records.plans = tuple(rows)


class Records:
    """All tables of one run in memory."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.variant = scenario.variant
        self.seed = seed
        self._tables: list[JobTable] = []
        self._levels: list[Levels] = []
        self.flows: FlowTable | None = None
        self.plans: tuple[PlanRow, ...] = ()

    def add_jobs(self, table: JobTable) -> None:
        """More jobs, in order of submission."""
        self._tables.append(table)

    def add_levels(self, levels: Levels) -> None:
        """More steps, in time order."""
        self._levels.append(levels)

    def level_chunks(self) -> Iterator[Levels]:
        """The steps in parts, in time order."""
        return iter(self._levels)

    @property
    def rows(self) -> int:
        """Number of jobs."""
        return sum(t.rows for t in self._tables)

    def chunks(self) -> Iterator[JobTable]:
        """The job table in parts, in order of submission."""
        return iter(self._tables)

    def column(self, name: str) -> Array:
        """A whole column of the job table; see JobTable.column."""
        return np.concatenate([t.column(name) for t in self._tables])

    def coded(self, name: str) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
        """A whole text column as codes (-1 = null) into names."""
        codes = [t.coded(name) for t in self._tables]
        return np.concatenate([c for c, _ in codes]), codes[-1][1]

    @property
    def levels(self) -> Levels:
        """All steps of [warm-up, horizon)."""
        return joined_levels(self._levels)
