"""Journeys: from where to where the jobs of a run went, and what their time was spent on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.view import Jobs

SPANS = ("dispatch_s", "transfer_in_s", "wait_s", "run_s", "transfer_out_s")
NAMES = ("workload", "tenant", "region", "pool")


class Trip(NamedTuple):
    """What a job belongs to and where it was placed; '' = none.

    `own` is the number of the rules that the job carries itself, 0 for its workload's.
    """

    workload: str
    tenant: str
    region: str
    pool: str
    counted: bool
    own: int = 0


@dataclass(frozen=True, slots=True)
class Journeys:
    """One run's jobs: how many made each trip, and by tier their number and sums of spans.

    `spans[tier]` = finished counted jobs, then seconds in the order of `SPANS`. `moved` are
    the placed jobs that were interrupted: they may have run elsewhere before.
    """

    trips: Mapping[Trip, int]
    spans: Mapping[str, tuple[float, ...]]
    moved: int = 0


NOWHERE = Journeys({}, {})


def journeys(jobs: Jobs, own: NDArray[np.int64] | None = None) -> Journeys:
    """The journeys of a job table, or of a part of it; `own` numbers each job's rules."""
    moved = (jobs.column("preemptions") > 0) & (jobs.coded("pool")[0] >= 0)
    return Journeys(_trips(jobs, own), _spans(jobs), int(moved.sum()))


def joined(a: Journeys, b: Journeys) -> Journeys:
    """Two parts of one run as one."""
    trips, spans = dict(a.trips), dict(a.spans)
    for trip, jobs in b.trips.items():
        trips[trip] = trips.get(trip, 0) + jobs
    for tier, sums in b.spans.items():
        before = spans.get(tier, (0.0,) * len(sums))
        spans[tier] = tuple(x + y for x, y in zip(before, sums, strict=True))
    return Journeys(trips, spans, a.moved + b.moved)


def _trips(jobs: Jobs, own: NDArray[np.int64] | None) -> dict[Trip, int]:
    texts = [jobs.coded(name) for name in NAMES]
    rules = np.zeros(jobs.rows, dtype=np.int64) if own is None else own
    key = rules * 2 + jobs.column("counted").astype(np.int64)
    for codes, names in texts:
        key = key * (len(names) + 1) + codes.astype(np.int64) + 1
    found, counts = np.unique(key, return_counts=True)
    parts: list[list[str]] = []
    for _, names in reversed(texts):
        found, at = np.divmod(found, len(names) + 1)
        parts.insert(0, [names[i - 1] if i else "" for i in at])
    rules, counted = np.divmod(found, 2)
    rows = zip(*parts, counted.astype(bool).tolist(), rules.tolist(), strict=True)
    return {Trip(*row): int(n) for row, n in zip(rows, counts, strict=True)}


def _spans(jobs: Jobs) -> dict[str, tuple[float, ...]]:
    """Sums over counted jobs whose result is there: those with a latency."""
    codes, names = jobs.coded("tier")
    ended = jobs.column("counted").astype(bool) & np.isfinite(jobs.column("latency_s"))
    among = ended & (codes >= 0)
    transfer_in_s = jobs.column("transfer_in_s")
    columns = [
        jobs.column("dispatch_s"),
        transfer_in_s,
        jobs.column("wait_s"),
        jobs.column("run_s"),
        jobs.column("transfer_s") - transfer_in_s,
    ]
    count = np.bincount(codes[among], minlength=len(names))
    sums = [np.bincount(codes[among], c[among], minlength=len(names)) for c in columns]
    return {
        name: (float(count[at]), *(float(total[at]) for total in sums))
        for at, name in enumerate(names)
        if count[at]
    }
