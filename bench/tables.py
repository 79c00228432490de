"""The tables behind charts and report: each run's large tables are read once and made small."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.view import Jobs, Levels, RunView

Floats = NDArray[np.float64]

WAIT_GRID_S: Floats = np.round(10.0 ** (np.arange(-3 * 40, 9 * 40 + 1) / 40), 9)
BINS = 240
ROUND_S = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
PERFECT_S = 2e-6  # declared and run agree to the rounding of two instants


@dataclass(frozen=True, slots=True)
class Held:
    """Jobs of one run with one reason: how many, hours they waited, the first one's submit."""

    jobs: int
    hours: float
    first_s: float


@dataclass(frozen=True, slots=True)
class Tally:
    """One run's job table made small; only counted jobs enter.

    `within` is how many jobs waited at most each wait of `WAIT_GRID_S`, `at_once` how many did
    not wait, `waits` how many have a wait at all (refused ones do not). `refused` maps
    (reason, workload) to jobs; `exact` maps a workload to whether each of its finished jobs
    declared its true duration.
    """

    counted: int
    waits: int
    at_once: int
    within: NDArray[np.int64]
    held: Mapping[str, Held]
    refused: Mapping[tuple[str, str], int]
    pool_hours: Mapping[str, float]
    pool_jobs: Mapping[str, int]
    exact: Mapping[str, bool]
    rows: int


@dataclass(frozen=True, slots=True)
class Course:
    """Levels of one variant over time: bins instead of steps, means over seeds.

    `allocated used` (bins, pools, resources), `queued` (bins, lines, resources), `whole`
    (seeds, bins, resources) = allocated over all pools by seed, `peak` (lines, resources) = the
    largest step of any seed, `mean_*` = means over the whole time.
    """

    start_s: Floats
    end_s: Floats
    step_s: float
    pools: tuple[str, ...]
    lines: tuple[str, ...]
    resources: tuple[str, ...]
    installed: Floats
    capacity: Floats
    allocated: Floats
    used: Floats
    queued: Floats
    whole: Floats
    peak: Floats

    def column(self, resource: str) -> int:
        """The index of `resource`, -1 if this run has none of it."""
        return self.resources.index(resource) if resource in self.resources else -1

    def mean(self, values: Floats) -> Floats:
        """The mean of `values` (bins, ...) over time, each bin weighted by its length."""
        length = self.end_s - self.start_s
        if not length.sum() > 0:
            return np.full(values.shape[1:], np.nan)
        return np.tensordot(length / length.sum(), values, axes=1)


@dataclass(frozen=True, slots=True)
class Findings:
    """A view with its tallies by (variant, seed) and its courses by variant."""

    view: RunView
    tallies: Mapping[tuple[str, int], Tally]
    courses: Mapping[str, Course]

    def tallies_of(self, variant: str) -> list[Tally]:
        """The tallies of one variant, in the order of seeds."""
        return [self.tallies[variant, seed] for seed in self.view.seeds]

    @property
    def seeds(self) -> int:
        """How many runs each variant has."""
        return len(self.view.seeds)


def gather(view: RunView) -> Findings:
    """Reads every run's tables once, one after the other, and keeps only small ones."""
    pairs = [(variant, seed) for variant in view.variants for seed in view.seeds]
    return Findings(
        view=view,
        tallies={pair: tally(view.jobs(*pair)) for pair in pairs},
        courses={v: course([view.levels(v, seed) for seed in view.seeds]) for v in view.variants},
    )


def tally(jobs: Jobs) -> Tally:
    """Counts one run's job table."""
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
        refused=_refused(refused, reason, _text(jobs, "workload")),
        pool_hours=_sums(pool, waiting, np.where(waiting, wait_s, 0.0) / 3600),
        pool_jobs={name: int(n) for name, n in _sums(pool, waiting, None).items()},
        exact=_exact(jobs, counted & state.equals("finished")),
        rows=jobs.rows,
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
        name: Held(int(mask.sum()), float(wait_s[mask].sum()) / 3600, float(submit_s[mask].min()))
        for name, mask in reason.masks(among)
    }


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


def course(runs: Sequence[Levels]) -> Course:
    """The levels of one variant's runs, in at most `BINS` bins, averaged over seeds."""
    first = runs[0]
    starts = np.arange(0, len(first.time_s), _group(first.length_s))
    binned = [_binned(run, starts) for run in runs]
    allocated = [parts[0] for parts in binned]
    ends = np.append(first.time_s, _end(first))[[*starts[1:], len(first.time_s)]]
    return Course(
        start_s=np.asarray(first.time_s, dtype=np.float64)[starts],
        end_s=ends[: len(starts)],
        step_s=float(first.length_s.max()) if len(first.length_s) else 0.0,
        pools=first.pools,
        lines=first.lines,
        resources=first.resources,
        installed=np.asarray(first.installed, dtype=np.float64),
        capacity=np.asarray(first.capacity, dtype=np.float64),
        allocated=_mean(allocated),
        used=_mean([parts[1] for parts in binned]),
        queued=_mean([parts[2] for parts in binned]),
        whole=np.stack([part.sum(axis=1) for part in allocated]),
        peak=np.max([_peak(run.queued) for run in runs], axis=0),
    )


def _group(length_s: NDArray[Any]) -> int:
    """How many steps make a bin: a round time where one fits."""
    least = max(-(-len(length_s) // BINS), 1)
    step_s = float(length_s[0]) if len(length_s) else 1.0
    fitting = [s for s in ROUND_S if s >= least * step_s and s % step_s == 0]
    return round(fitting[0] / step_s) if least > 1 and fitting else least


def _end(levels: Levels) -> float:
    return float(levels.time_s[-1] + levels.length_s[-1]) if len(levels.time_s) else 0.0


def _binned(levels: Levels, starts: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    return (
        _bin(levels.allocated, levels.length_s, starts),
        _bin(levels.used, levels.length_s, starts),
        _bin(levels.queued, levels.length_s, starts),
    )


def _bin(values: NDArray[Any], length_s: NDArray[Any], starts: NDArray[np.int64]) -> Floats:
    """Means of `values` (steps, ...) over the steps from each start to the next."""
    if not len(starts):
        return np.zeros((0, *values.shape[1:]))
    weights = length_s.reshape(-1, *[1] * (values.ndim - 1))
    total = np.add.reduceat(values * weights, starts, axis=0)
    return np.asarray(total / np.add.reduceat(weights, starts, axis=0), dtype=np.float64)


def _peak(queued: NDArray[Any]) -> Floats:
    return np.asarray(queued.max(axis=0, initial=0.0), dtype=np.float64)


def _mean(parts: Sequence[Floats]) -> Floats:
    return np.asarray(np.mean(parts, axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One reason of holds in one variant, a mean run: jobs, hours, share of all hours waited."""

    variant: str
    reason: str
    jobs: float
    hours: float
    share: float
    first_s: float


def held_rows(findings: Findings) -> list[HeldRow]:
    """Reasons of holds, most hours first inside each variant."""
    return [row for name in findings.view.variants for row in _held_rows(findings, name)]


def _held_rows(findings: Findings, variant: str) -> list[HeldRow]:
    runs = findings.tallies_of(variant)
    hours = {
        reason: sum(run.held[reason].hours for run in runs if reason in run.held) / len(runs)
        for reason in sorted({reason for run in runs for reason in run.held})
    }
    total = sum(hours.values())
    return [
        HeldRow(
            variant,
            reason,
            sum(run.held[reason].jobs for run in runs if reason in run.held) / len(runs),
            hours[reason],
            hours[reason] / total if total else 0.0,
            min(run.held[reason].first_s for run in runs if reason in run.held),
        )
        for reason in sorted(hours, key=lambda reason: -hours[reason])
    ]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One reason of refusals in one variant, a mean run, with the workloads it struck."""

    variant: str
    reason: str
    jobs: float
    share: float
    workloads: tuple[str, ...]


def refused_rows(findings: Findings) -> list[RefusedRow]:
    """Reasons of refusals, most jobs first inside each variant; share of the counted jobs."""
    return [row for name in findings.view.variants for row in _refused_rows(findings, name)]


def _refused_rows(findings: Findings, variant: str) -> list[RefusedRow]:
    runs = findings.tallies_of(variant)
    struck: dict[str, dict[str, int]] = {}
    for run in runs:
        for (reason, workload), jobs in run.refused.items():
            by_workload = struck.setdefault(reason, {})
            by_workload[workload] = by_workload.get(workload, 0) + jobs
    counted = sum(run.counted for run in runs)
    rows = [
        RefusedRow(
            variant,
            reason,
            sum(by.values()) / len(runs),
            sum(by.values()) / counted,
            tuple(sorted(by, key=lambda name: (-by[name], name))),
        )
        for reason, by in struck.items()
    ]
    return sorted(rows, key=lambda row: (-row.jobs, row.reason))


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool, or a line above pools, by its scarcest resource; nan where it has no such number."""

    name: str
    site: str
    cloud: str
    nodes: int
    resource: str
    installed: float
    sellable: float
    allocated: float
    used: float
    queued: float
    peak: float
    jobs: float
    hours: float


def pool_rows(findings: Findings, variant: str) -> list[PoolRow]:
    """The pools of one variant in file order, then the lines above pools."""
    course = findings.courses[variant]
    facts = {p.get("name"): p for p in _pools_of(findings.view.resolved.get(variant, {}))}
    allocated, used = course.mean(course.allocated), course.mean(course.used)
    queued = course.mean(course.queued)
    runs = findings.tallies_of(variant)
    rows = []
    for p, name in enumerate(course.pools):
        r = _scarcest(allocated[p], course.capacity[p])
        line = course.lines.index(name) if name in course.lines else -1
        fact = facts.get(name, {})
        rows.append(
            PoolRow(
                name=name,
                site=str(fact.get("site", "")),
                cloud=str(fact.get("cloud", "")),
                nodes=int(fact.get("nodes", 0)),
                resource=course.resources[r],
                installed=float(course.installed[p, r]),
                sellable=float(course.capacity[p, r]),
                allocated=float(allocated[p, r]),
                used=float(used[p, r]),
                queued=float(queued[line, r]) if line >= 0 else np.nan,
                peak=float(course.peak[line, r]) if line >= 0 else np.nan,
                jobs=sum(run.pool_jobs.get(name, 0) for run in runs) / len(runs),
                hours=sum(run.pool_hours.get(name, 0.0) for run in runs) / len(runs),
            )
        )
    return rows + [_line_row(findings, course, queued, line) for line in _upper_lines(course)]


def _pools_of(resolved: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    pools = (resolved.get("topology") or {}).get("pools") or ()
    return [pool for pool in pools if isinstance(pool, Mapping)]


def _upper_lines(course: Course) -> list[int]:
    return [at for at, line in enumerate(course.lines) if line not in course.pools]


def _line_row(findings: Findings, course: Course, queued: Floats, line: int) -> PoolRow:
    resource = findings.view.scarcest()
    at = course.column(resource)
    none = float("nan")
    return PoolRow(
        name=course.lines[line],
        site="",
        cloud="",
        nodes=0,
        resource=resource,
        installed=none,
        sellable=none,
        allocated=none,
        used=none,
        queued=float(queued[line, at]),
        peak=float(course.peak[line, at]),
        jobs=none,
        hours=none,
    )


def _scarcest(allocated: Floats, capacity: Floats) -> int:
    """The resource of a pool with the largest allocated share; the first it has, if all idle."""
    known = np.isfinite(capacity) & (capacity > 0)
    shares = np.where(known, allocated / np.where(known, capacity, 1.0), -1.0)
    return int(np.argmax(np.round(np.nan_to_num(shares, nan=-1.0), 9)))
