"""The counted jobs of a run summed up cell by cell, one column in memory at a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.cells import Cells, Floats, Ints, Pooled, cells_of, pooled
from bench.faces import Run
from bench.places import Moved, Places

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
class JobSums:
    """Sums per cell, from which every scope is added up; NAME_n counts what NAME sums."""

    cells: Cells
    sums: Sums
    waits: Pooled
    latencies: Pooled


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


def job_sums(records: Run, places: Places) -> JobSums:
    """All sums over the counted jobs of one run."""
    counted = records.column("counted").astype(bool, copy=False)
    cells = cells_of(records, counted)
    state = states_of(records)
    every = part_of(cells, counted, counted)
    ended = part_of(cells, counted, counted & (state == STATE_NUMBER["finished"]))
    met = part_of(cells, counted, counted & (state < STATE_NUMBER["refused"]))
    sums = state_counts(cells, state[every.rows])
    waits = span(records, "wait_s", met)
    latencies = span(records, "latency_s", ended)
    put(sums, cells, "wait", waits)
    put(sums, cells, "latency", latencies)
    put(sums, cells, "slowdown", slowdowns(records, ended))
    for name in ("run", "transfer", "dispatch"):
        put(sums, cells, name, span(records, f"{name}_s", ended))
    put(sums, cells, "preemptions", span(records, "preemptions", every))
    put(sums, cells, "deadline", span(records, "deadline_met", every))
    return JobSums(
        cells=cells,
        sums=sums | censored(cells, sums, places) | reach(cells, sums, places),
        waits=pooled(waits.value, waits.cell, cells.count),
        latencies=pooled(latencies.value, latencies.cell, cells.count),
    )


STATE_NUMBER = {state: number for number, state in enumerate(STATE_MEASURES)}
"""States by number, so that those that were neither refused nor failed come first."""


def states_of(records: Run) -> NDArray[np.int8]:
    """The number of each job's end state."""
    codes, names = records.coded("state")
    number: NDArray[np.int8] = np.array([STATE_NUMBER[name] for name in names], dtype=np.int8)
    return number[codes.astype(np.int64)]


def state_counts(cells: Cells, state: NDArray[np.int8]) -> Sums:
    """Jobs per cell, in all and in each end state."""
    states = len(STATE_MEASURES)
    counts = np.bincount(cells.of_job * states + state, minlength=cells.count * states)
    table = counts.reshape(cells.count, states)
    sums: Sums = {name: table[:, n] for n, name in enumerate(STATE_MEASURES.values())}
    return sums | {"jobs_submitted": table.sum(axis=1)}


def part_of(cells: Cells, counted: Bools, among: Bools) -> Part:
    """Those of the counted jobs; `among` is as long as the table."""
    if among.all():
        return Part(slice(None), cells.of_job)  # most runs: no copy of each column
    return Part(among, cells.of_job[among[counted]])


def span(records: Run, name: str, part: Part) -> Span:
    """A column of some jobs, without those for which it is null."""
    return defined(records.column(name)[part.rows].astype(np.float64, copy=False), part.cell)


def defined(value: Floats, cell: Ints) -> Span:
    """The values that are not null."""
    null = np.isnan(value)
    return Span(value[~null], cell[~null]) if null.any() else Span(value, cell)


def put(sums: Sums, cells: Cells, name: str, span: Span) -> None:
    """Adds the sum of a span per cell, and how many values it sums."""
    sums[name] = np.bincount(span.cell, weights=span.value, minlength=cells.count)
    sums[f"{name}_n"] = np.bincount(span.cell, minlength=cells.count)


def slowdowns(records: Run, ended: Part) -> Span:
    """(wait + run) / run of jobs that ran at all: 1 = never waited."""
    run_s = records.column("run_s")[ended.rows]
    wait_s = records.column("wait_s")[ended.rows]
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
