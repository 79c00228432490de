"""Whose quota was full when their jobs came, told from the job table by arithmetic of its own.

The job table books a wait to the reason that held longest. A job that finds its tenant's quota
full joins a line; if that line's pools are full by the time the quota frees, its wait is booked
to them. So the table of holds alone would send a planner to buy nodes where a larger quota,
which costs nothing, is to be tried first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.view import Jobs

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

COUNTED = ("vcpu", "memory_gib", "gpu")
"""Keys of a quota that the job table tells; other keys are left out."""
ROUNDING = 1e-6


class Full(NamedTuple):
    """Counted jobs of one tenant and workload that waited and found the quota full."""

    jobs: int
    hours: float


@dataclass(frozen=True, slots=True)
class Spans:
    """What jobs of one tenant held: from when to when, and amounts in the order of COUNTED."""

    begin_s: Floats
    end_s: Floats
    amounts: Floats

    def held_at(self, at_s: Floats) -> Floats:
        """What they hold together at each instant; what ends then is free already."""
        taken = _running(self.begin_s, self.amounts, at_s)
        return taken - _running(self.end_s, self.amounts, at_s)

    def after(self, at_s: float) -> "Spans":
        """Those that go on after an instant."""
        on = self.end_s > at_s
        return Spans(self.begin_s[on], self.end_s[on], self.amounts[on])

    def joined(self, other: "Spans") -> "Spans":
        """Both together."""
        return Spans(
            np.concatenate([self.begin_s, other.begin_s]),
            np.concatenate([self.end_s, other.end_s]),
            np.concatenate([self.amounts, other.amounts]),
        )


NO_SPANS = Spans(np.zeros(0), np.zeros(0), np.zeros((0, len(COUNTED))))


def _running(instants_s: Floats, amounts: Floats, at_s: Floats) -> Floats:
    """The sum of the amounts whose instant has come by each of `at_s`."""
    order = np.argsort(instants_s, kind="stable")
    sums = np.concatenate([np.zeros((1, amounts.shape[1])), np.cumsum(amounts[order], axis=0)])
    found: Floats = sums[np.searchsorted(instants_s[order], at_s, side="right")]
    return found


@dataclass(frozen=True, slots=True)
class Limits:
    """Quotas by tenant in the order of COUNTED (inf = none); `above`: lines above pools."""

    of: Mapping[str, Floats]
    above: bool = False


NO_LIMITS = Limits({})


def limits_of(resolved: Mapping[str, Any]) -> Limits:
    """The quotas of a resolved scenario that the job table can be held against."""
    found = {}
    for tenant in resolved.get("tenants") or ():
        quota = tenant.get("quota") or {}
        limits = [quota.get(key) for key in COUNTED]
        if any(limit is not None for limit in limits):
            limit = [np.inf if one is None else float(one) for one in limits]
            found[str(tenant["name"])] = np.array(limit)
    queue = (resolved.get("policies") or {}).get("queue") or {}
    at = (queue.get("options") or queue).get("at", "pool")
    return Limits(found, above=at != "pool")


class QuotaBook:
    """Reads a run's jobs part by part; keeps of earlier parts what still holds nodes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[str, Spans] = {}

    def read(self, jobs: Jobs, waited: Bools) -> dict[tuple[str, str], Full]:
        """(tenant, workload) -> the jobs of `waited` that found the quota full."""
        codes, names = jobs.coded("tenant")
        found: dict[tuple[str, str], Full] = {}
        for code, tenant in enumerate(names):
            if tenant in self._limits.of:
                rows = np.flatnonzero(codes == code)
                found |= {
                    (tenant, who): full for who, full in self._of(jobs, tenant, rows, waited)
                }
        return found

    def _of(
        self, jobs: Jobs, tenant: str, rows: NDArray[Any], waited: Bools
    ) -> Iterator[tuple[str, Full]]:
        if not len(rows):
            return
        nodes = jobs.column("nodes")[rows]
        asked = np.stack([jobs.column(key)[rows] * nodes for key in COUNTED], axis=1)
        spans = self._open.get(tenant, NO_SPANS).joined(self._spans(jobs, rows, asked))
        submit_s = jobs.column("submit_s")[rows].astype(np.float64)
        self._open[tenant] = spans.after(float(submit_s[-1]))
        late = waited[rows]
        over = spans.held_at(submit_s[late]) + asked[late]
        full = (over > self._limits.of[tenant] + ROUNDING).any(axis=1)
        workload, names = jobs.coded("workload")
        who, wait_s = workload[rows][late][full], jobs.column("wait_s")[rows][late][full]
        for code in np.unique(who):
            own = who == code
            yield names[code], Full(int(own.sum()), float(wait_s[own].sum()) / 3600)

    def _spans(self, jobs: Jobs, rows: NDArray[Any], asked: Floats) -> Spans:
        """When each of the jobs held nodes; of one that was stopped, from first to last."""
        begin_s = jobs.column("start_s")[rows].astype(np.float64)
        if self._limits.above:
            before = jobs.column("dispatch_s")[rows] + jobs.column("transfer_in_s")[rows]
            begin_s = begin_s - np.nan_to_num(before)
        end_s = jobs.column("end_s")[rows].astype(np.float64)
        ran = np.isfinite(begin_s)
        return Spans(begin_s[ran], np.where(np.isnan(end_s), np.inf, end_s)[ran], asked[ran])
