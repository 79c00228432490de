"""The tables behind charts and report: each run's large tables are read once and made small."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.compliance import Check, checks, unread_workloads
from bench.course import Course, course
from bench.journeys import NOWHERE, Journeys, joined, journeys
from bench.quotas import NO_LIMITS, Full, Limits, QuotaBook, limits_of
from bench.trace_rules import OwnRules, own_rows
from bench.view import JobParts, Jobs, RunView

Floats = NDArray[np.float64]
K = TypeVar("K")
V = TypeVar("V")

WAIT_GRID_S: Floats = np.round(10.0 ** (np.arange(-3 * 40, 9 * 40 + 1) / 40), 9)
WAITED_BY = ("reason", "tenant", "workload", "pool")
WAITERS = ("workload", "tenant")
NO_RULES: Mapping[str, OwnRules] = MappingProxyType({})
PERFECT_S = 2e-6  # declared and run agree to the rounding of two instants


@dataclass(frozen=True, slots=True)
class Held:
    """Jobs of one run with one reason: how many, hours they waited, the first one's submit."""

    jobs: int
    hours: float
    first_s: float


class Waiters(NamedTuple):
    """Counted jobs of one workload or tenant: all, those with a wait, those that waited."""

    jobs: int
    waits: int
    waited: int


@dataclass(frozen=True, slots=True)
class Tally:
    """One run's job table made small; only counted jobs enter.

    `within` is how many jobs waited at most each wait of `WAIT_GRID_S`, `at_once` how many did
    not wait, `waits` how many have a wait at all (refused ones do not). `refused` maps
    (reason, workload) to jobs; `exact` maps a workload to whether each of its finished jobs
    declared its true duration; `waited` maps (reason, tenant,
    workload, pool) to hours; `waiters` maps ("workload" or "tenant", its name) to its jobs, how
    many of them have a wait, and how many waited at all. `quota_full` maps (tenant, workload)
    to the jobs that waited and found their tenant's quota full when they came.
    """

    counted: int
    waits: int
    at_once: int
    within: NDArray[np.int64]
    held: Mapping[str, Held]
    waited: Mapping[tuple[str, ...], float]
    refused: Mapping[tuple[str, str], int]
    pool_hours: Mapping[str, float]
    pool_jobs: Mapping[str, int]
    exact: Mapping[str, bool]
    rows: int
    journeys: Journeys
    waiters: Mapping[tuple[str, str], Waiters]
    quota_full: Mapping[tuple[str, str], Full]


@dataclass(frozen=True, slots=True)
class Findings:
    """A view with its tallies by (variant, seed), its courses by variant, its rules checked.

    `unread` names workloads whose jobs carry rules that could not be checked again.
    """

    view: RunView
    tallies: Mapping[tuple[str, int], Tally]
    courses: Mapping[str, Course]
    checks: Sequence[Check]
    unread: Sequence[str]

    def tallies_of(self, variant: str) -> list[Tally]:
        """The tallies of one variant, in the order of seeds."""
        return [self.tallies[variant, seed] for seed in self.view.seeds]

    @property
    def resource(self) -> str:
        """The resource that page and figures look at: what is most waited for.

        That is the largest queue against what is sellable, of the first variant that has a
        queue; without any the one with the largest allocated share.
        """
        for levels in self.courses.values():
            at = levels.queued_resource()
            if at >= 0:
                return levels.resources[at]
        return self.view.scarcest()

    @property
    def seeds(self) -> int:
        """How many runs each variant has."""
        return len(self.view.seeds)


def gather(view: RunView) -> Findings:
    """Reads every run's tables once, one after the other, and keeps only small ones."""
    pairs = [(variant, seed) for variant in view.variants for seed in view.seeds]
    own = {variant: view.own_rules(variant) for variant in view.variants}
    limits = {variant: limits_of(view.resolved.get(variant, {})) for variant in view.variants}
    tallies = {v: tally(view.jobs(*v), own[v[0]], limits[v[0]]) for v in pairs}
    return Findings(
        view=view,
        tallies=tallies,
        courses={
            v: course([view.levels(v, seed) for seed in view.seeds]) for v in view.variants
        },
        checks=checks(view, {pair: found.journeys for pair, found in tallies.items()}, own),
        unread=unread_workloads(view, own),
    )


def tally(
    jobs: JobParts, own: Mapping[str, OwnRules] = NO_RULES, limits: Limits = NO_LIMITS
) -> Tally:
    """Counts one run's job table, part by part."""
    found, book = NOTHING, QuotaBook(limits)
    for part in jobs.chunks():
        found = _added(found, _tally(part, own, book))
    return found


NO_WAITS = np.zeros(len(WAIT_GRID_S), np.int64)
NOTHING = Tally(0, 0, 0, NO_WAITS, {}, {}, {}, {}, {}, {}, 0, NOWHERE, {}, {})


def _added(a: Tally, b: Tally) -> Tally:
    """Two parts of one run as one."""
    return Tally(
        counted=a.counted + b.counted,
        waits=a.waits + b.waits,
        at_once=a.at_once + b.at_once,
        within=a.within + b.within,
        held=_merged(a.held, b.held, _held_in_both),
        waited=_merged(a.waited, b.waited, operator.add),
        refused=_merged(a.refused, b.refused, operator.add),
        pool_hours=_merged(a.pool_hours, b.pool_hours, operator.add),
        pool_jobs=_merged(a.pool_jobs, b.pool_jobs, operator.add),
        exact=_merged(a.exact, b.exact, operator.and_),
        rows=a.rows + b.rows,
        journeys=joined(a.journeys, b.journeys),
        waiters=_merged(a.waiters, b.waiters, _waiters_in_both),
        quota_full=_merged(a.quota_full, b.quota_full, _full_in_both),
    )


def _merged(a: Mapping[K, V], b: Mapping[K, V], both: Callable[[V, V], V]) -> dict[K, V]:
    return {**a, **b, **{key: both(a[key], b[key]) for key in a if key in b}}


def _waiters_in_both(a: Waiters, b: Waiters) -> Waiters:
    return Waiters(a.jobs + b.jobs, a.waits + b.waits, a.waited + b.waited)


def _full_in_both(a: Full, b: Full) -> Full:
    return Full(a.jobs + b.jobs, a.hours + b.hours)


def _held_in_both(a: Held, b: Held) -> Held:
    return Held(a.jobs + b.jobs, a.hours + b.hours, min(a.first_s, b.first_s))


def _tally(jobs: Jobs, own: Mapping[str, OwnRules], book: QuotaBook) -> Tally:
    counted = jobs.column("counted").astype(bool)
    state, reason = _text(jobs, "state"), _text(jobs, "reason")
    wait_s = jobs.column("wait_s").astype(np.float64)
    refused = counted & state.equals("refused")
    waiting = counted & ~refused & np.isfinite(wait_s)
    waits = np.sort(wait_s[waiting])
    pool = _text(jobs, "pool")
    return Tally(
        counted=int(counted.sum()),
        waits=len(waits),
        at_once=int((waits <= 0).sum()),
        within=np.searchsorted(waits, WAIT_GRID_S, side="right"),
        held=_held(waiting & (wait_s > 0), reason, wait_s, jobs.column("submit_s")),
        waited=_waited(jobs, waiting & (wait_s > 0), wait_s),
        refused=_refused(refused, reason, _text(jobs, "workload")),
        pool_hours=_sums(pool, waiting, np.where(waiting, wait_s, 0.0) / 3600),
        pool_jobs={name: int(n) for name, n in _sums(pool, waiting, None).items()},
        exact=_exact(jobs, counted & state.equals("finished")),
        rows=jobs.rows,
        journeys=journeys(jobs, own_rows(jobs, own)),
        waiters=_waiters(jobs, (counted, waiting, waiting & (wait_s > 0))),
        quota_full=book.read(jobs, waiting & (wait_s > 0)),
    )


@dataclass(frozen=True, slots=True)
class _Text:
    codes: NDArray[Any]
    names: tuple[str, ...]

    def equals(self, name: str) -> NDArray[np.bool_]:
        at = self.names.index(name) if name in self.names else -2
        return np.asarray(self.codes == at)

    def masks(self, among: NDArray[np.bool_]) -> Iterable[tuple[str, NDArray[np.bool_]]]:
        for code in np.unique(self.codes[among]):
            yield self.names[code] if code >= 0 else "", among & (self.codes == code)


def _text(jobs: Jobs, name: str) -> _Text:
    return _Text(*jobs.coded(name))


def _held(
    among: NDArray[np.bool_], reason: _Text, wait_s: Floats, submit_s: Floats
) -> dict[str, Held]:
    return {
        name: Held(
            int(mask.sum()), float(wait_s[mask].sum()) / 3600, float(submit_s[mask].min())
        )
        for name, mask in reason.masks(among)
    }


def _waited(
    jobs: Jobs, among: NDArray[np.bool_], wait_s: Floats
) -> dict[tuple[str, ...], float]:
    """Hours waited by the names of `WAITED_BY`; '' = none."""
    rows = np.flatnonzero(among)
    texts = [_text(jobs, name) for name in WAITED_BY]
    key = np.zeros(len(rows), dtype=np.int64)
    for text in texts:
        key = key * (len(text.names) + 1) + text.codes[rows].astype(np.int64) + 1
    keys, at = np.unique(key, return_inverse=True)
    hours = np.bincount(at, wait_s[rows], minlength=len(keys)) / 3600
    parts: list[list[str]] = []
    for text in reversed(texts):
        keys, code = np.divmod(keys, len(text.names) + 1)
        parts.insert(0, [text.names[c - 1] if c else "" for c in code])
    return dict(zip(zip(*parts, strict=True), hours.tolist(), strict=True))


def _waiters(
    jobs: Jobs, masks: tuple[NDArray[np.bool_], ...]
) -> dict[tuple[str, str], Waiters]:
    """How many jobs of each workload and tenant are in each mask."""
    found = {}
    for scope in WAITERS:
        text = _text(jobs, scope)
        sums = [_sums(text, mask, None) for mask in masks]
        for name in text.names:
            counts = Waiters(*(int(sums_of[name]) for sums_of in sums))
            if counts.jobs:
                found[scope, name] = counts
    return found


def _refused(
    among: NDArray[np.bool_], reason: _Text, workload: _Text
) -> dict[tuple[str, str], int]:
    return {
        (why, who): int(both.sum())
        for why, mask in reason.masks(among)
        for who, both in workload.masks(mask)
    }


def _sums(text: _Text, among: NDArray[np.bool_], weights: Floats | None) -> dict[str, float]:
    placed = among & (text.codes >= 0)
    picked = None if weights is None else weights[placed]
    totals = np.bincount(text.codes[placed], picked, minlength=len(text.names))
    return {name: float(total) for name, total in zip(text.names, totals, strict=True)}


def _exact(jobs: Jobs, finished: NDArray[np.bool_]) -> dict[str, bool]:
    """Whether all finished jobs of a workload ran exactly as long as they had declared."""
    true_s = jobs.column("run_s") - np.nan_to_num(jobs.column("lost_s"))
    hit = np.abs(jobs.column("estimate_s") - true_s) <= PERFECT_S
    workload = _text(jobs, "workload")
    return {name: bool(hit[mask].all()) for name, mask in workload.masks(finished)}
