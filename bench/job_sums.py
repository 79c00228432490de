"""The counted jobs of a run summed up cell by cell, chunk by chunk.

A sum goes on where the chunk before left it, so that its bits do not depend on chunks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.cells import CellBook, Cells, Floats, Groups, Ints
from bench.faces import Run
from bench.places import Moved, Places
from bench.quantiles import Kept, Quantiles, selected
from bench.view import Jobs, StoppedJobs

Bools = NDArray[np.bool_]
Sums = dict[str, NDArray[Any]]

STATE_MEASURES = {
    "finished": "jobs_finished",
    "running": "jobs_running_at_end",
    "waiting": "jobs_waiting_at_end",
    "refused": "jobs_refused",
    "failed": "jobs_failed",
}
"""End state of a job and the measure that counts it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some counted jobs: which rows of the table, and the cell of each."""

    rows: Bools | slice
    cell: Ints


@dataclass(frozen=True, slots=True)
class Span:
    """A value of some jobs that is defined for all of them, and the cell of each."""

    value: Floats
    cell: Ints


@dataclass(frozen=True, slots=True)
class Parts:
    """The counted jobs of a chunk, those that ended, and those that were let in."""

    every: Part
    ended: Part
    met: Part
    state: NDArray[np.int8]


class JobSums:
    """Sums per cell, from which every scope is added up; NAME_n counts what NAME sums."""

    def __init__(
        self, records: Run, places: Places, also: Callable[[StoppedJobs], None] | None = None
    ) -> None:
        """Reads all jobs once; `also` sees each chunk in passing."""
        self._records = records
        self._book = CellBook()
        self._kept = {name: Kept() for name in SPREAD}
        totals = Totals()
        for chunk in records.chunks():
            self._add(chunk, totals)
            if also:
                also(chunk)
        self._order = self._book.order()
        self.cells = Cells(sorted_names(self._book))
        sums = totals.sums(self._order)
        self.sums = sums | censored(self.cells, sums, places) | reach(self.cells, sums, places)

    def _add(self, chunk: Jobs, totals: "Totals") -> None:
        parts = parts_of(chunk, self._book)
        cells = self._book.count
        totals.count(parts, cells)
        for name, part in parts_summed(parts).items():
            found = span(chunk, COLUMN[name], part)
            totals.put(name, found, cells)
            if name in SPREAD:
                self._kept[name].add(found.value, found.cell, cells)
        totals.put("slowdown", slowdowns(chunk, parts.ended), cells)

    def quantiles(
        self, name: str, scopes: Sequence[Groups], shares: Sequence[float]
    ) -> Quantiles:
        """What is needed for quantiles of the waits or latencies; asked once of each."""
        kept = self._kept.pop(name)
        if kept.few:
            return kept.pooled(self._order)
        place = np.argsort(np.array(self._order, dtype=np.int64))

        def spans() -> Iterator[tuple[Floats, Ints]]:
            for chunk in self._records.chunks():
                part = parts_summed(parts_of(chunk, self._book))[name]
                found = span(chunk, COLUMN[name], part)
                yield found.value, place[found.cell]

        return selected(spans, scopes, shares)


STATE_NUMBER = {state: number for number, state in enumerate(STATE_MEASURES)}
"""States by number, so that those that were neither refused nor failed come first."""


SPREAD = ("wait", "latency")
"""What quantiles are asked of."""

COLUMN = {
    **{name: f"{name}_s" for name in ("wait", "latency", "run", "transfer", "dispatch")},
    "preemptions": "preemptions",
    "lost": "lost_s",
    "deadline": "deadline_met",
}
"""The column that each sum adds up."""


def parts_of(chunk: Jobs, book: CellBook) -> Parts:
    """The counted jobs of a chunk by how far they came; new cells enter the book."""
    counted = chunk.column("counted").astype(bool, copy=False)
    cell = book.cells_of(chunk, counted)
    state = states_of(chunk)

    def part(among: Bools) -> Part:
        if among.all():
            return Part(slice(None), cell)  # most chunks: no copy of each column
        return Part(among, cell[among[counted]])

    every = part(counted)
    return Parts(
        every=every,
        ended=part(counted & (state == STATE_NUMBER["finished"])),
        met=part(counted & (state < STATE_NUMBER["refused"])),
        state=state[every.rows],
    )


def parts_summed(parts: Parts) -> dict[str, Part]:
    """Which jobs enter each sum."""
    ended = dict.fromkeys(("latency", "run", "transfer", "dispatch"), parts.ended)
    return {
        "wait": parts.met,
        **ended,
        "preemptions": parts.every,
        "lost": parts.every,
        "deadline": parts.every,
    }


def states_of(jobs: Jobs) -> NDArray[np.int8]:
    """The number of each job's end state."""
    codes, names = jobs.coded("state")
    number: NDArray[np.int8] = np.array([STATE_NUMBER[name] for name in names], dtype=np.int8)
    return number[codes.astype(np.int64)]


def sorted_names(book: CellBook) -> list[tuple[str | None, ...]]:
    """The names of all cells in their order."""
    names = list(book.number)
    return [names[number] for number in book.order()]


class Totals:
    """Running sums by cell, as cells were met."""

    def __init__(self) -> None:
        self._sums: dict[str, NDArray[Any]] = {}
        self._states = np.zeros((0, len(STATE_MEASURES)), dtype=np.int64)

    def count(self, parts: Parts, cells: int) -> None:
        """Jobs of a chunk in each end state."""
        states = len(STATE_MEASURES)
        counts = np.bincount(
            parts.every.cell * states + parts.state, minlength=cells * states
        ).reshape(cells, states)
        counts[: len(self._states)] += self._states
        self._states = counts

    def put(self, name: str, span: Span, cells: int) -> None:
        """Adds a span of a chunk, and how many values it has."""
        before = self._sums.get(name, np.zeros(0))
        # what was summed before comes first: the same additions as in one go
        cell = np.concatenate([np.arange(len(before)), span.cell])
        weights = np.concatenate([before, span.value])
        self._sums[name] = np.bincount(cell, weights=weights, minlength=cells)
        counts = np.bincount(span.cell, minlength=cells)
        counts[: len(before)] += self._sums.get(f"{name}_n", counts[:0])
        self._sums[f"{name}_n"] = counts

    def sums(self, order: Sequence[int]) -> Sums:
        """All sums, cells in this order."""
        counts = self._states[order]
        found: Sums = {name: counts[:, n] for n, name in enumerate(STATE_MEASURES.values())}
        zeros = np.zeros(0)
        return (
            found
            | {"jobs_submitted": counts.sum(axis=1)}
            | {f"{name}{end}": zeros for name in (*COLUMN, "slowdown") for end in ("", "_n")}
            | {name: values[order] for name, values in self._sums.items()}
        )


def span(jobs: Jobs, name: str, part: Part) -> Span:
    """A column of some jobs, without those for which it is null."""
    return defined(jobs.column(name)[part.rows].astype(np.float64, copy=False), part.cell)


def defined(value: Floats, cell: Ints) -> Span:
    """The values that are not null."""
    null = np.isnan(value)
    return Span(value[~null], cell[~null]) if null.any() else Span(value, cell)


def slowdowns(jobs: Jobs, ended: Part) -> Span:
    """(wait + run) / run of jobs that ran at all: 1 = never waited."""
    run_s = jobs.column("run_s")[ended.rows]
    wait_s = jobs.column("wait_s")[ended.rows]
    ran = run_s > 0
    ratio = np.divide(wait_s + run_s, run_s, out=np.full(len(run_s), np.nan), where=ran)
    return defined(ratio, ended.cell)


def censored(cells: Cells, sums: Sums, places: Places) -> Sums:
    """Counted jobs that had not ended when the run stopped; endless ones stand outside."""
    finite = np.array([name not in places.endless for name in cells.values("workload")], bool)
    open_ = sums["jobs_running_at_end"] + sums["jobs_waiting_at_end"]
    return {"censored": open_ * finite, "censored_n": sums["jobs_submitted"] * finite}


def reach(cells: Cells, sums: Sums, places: Places) -> Sums:
    """Jobs placed away from home, and GB that left a site."""
    site_of = places.pool["site"]
    where = [
        (workload or "", region, site_of[pool])
        if pool is not None and region is not None
        else None
        for workload, region, pool in zip(
            cells.values("workload"), cells.values("region"), cells.values("pool"), strict=True
        )
    ]
    placed = np.array([w is not None for w in where], dtype=bool)
    away = np.array(
        [w is not None and w[2] not in places.home[w[1]] for w in where], dtype=bool
    )
    gb = np.array([gb_of(places, *w) if w else (0.0, 0.0) for w in where]).reshape(-1, 2)
    started = sums["jobs_finished"] + sums["jobs_running_at_end"]
    return {
        "cross_region": sums["jobs_submitted"] * away,
        "cross_region_n": sums["jobs_submitted"] * placed,
        "transferred_gb": started * gb[:, 0] + sums["jobs_finished"] * gb[:, 1],
    }


def gb_of(places: Places, workload: str, region: str, site: str) -> tuple[float, float]:
    """GB that one job placed at a site brings from and sends to elsewhere."""
    moved: Moved | None = places.moved[workload]
    if moved is None:
        return float("nan"), float("nan")
    home = places.home[region]
    source = {moved.at} if moved.at else home
    return (
        0.0 if site in source else moved.input_gb,
        0.0 if site in home else moved.output_gb,
    )
