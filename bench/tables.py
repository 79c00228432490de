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
        courses={
            v: course([view.levels(v, seed) for seed in view.seeds]) for v in view.variants
        },
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
        name: Held(
            int(mask.sum()), float(wait_s[mask].sum()) / 3600, float(submit_s[mask].min())
        )
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
