"""The levels of a variant over time: bins instead of steps, means over its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.view import LevelParts, Levels

Floats = NDArray[np.float64]

BINS = 240
ROUND_S = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


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

    def queued_resource(self, line: int = -1, pool: int = -1) -> int:
        """The resource with the largest mean queue / sellable; -1 where nothing is queued.

        Of one line and its pool, or over all lines and pools.
        """
        if not len(self.start_s):
            return -1
        means = self.mean(self.queued)
        queued = means[line] if line >= 0 else means.sum(axis=0)
        there = self.capacity[pool] if pool >= 0 else np.nan_to_num(self.capacity).sum(axis=0)
        sellable = np.nan_to_num(there)
        shares = np.where(sellable > 0, queued / np.where(sellable > 0, sellable, 1.0), 0.0)
        return int(np.argmax(np.round(shares, 12))) if shares.max(initial=0.0) > 0 else -1


def course(runs: Sequence[LevelParts]) -> Course:
    """The levels of one variant's runs, in at most `BINS` bins, averaged over seeds."""
    length_s = runs[0].lengths_s()
    group = _group(length_s)
    binned = [_binned(run, group, -(-len(length_s) // group)) for run in runs]
    first = binned[0]
    return Course(
        start_s=first.start_s,
        end_s=first.end_s,
        step_s=float(length_s.max()) if len(length_s) else 0.0,
        pools=first.last.pools,
        lines=first.last.lines,
        resources=first.last.resources,
        installed=np.asarray(first.last.installed, dtype=np.float64),
        capacity=np.asarray(first.last.capacity, dtype=np.float64),
        allocated=_mean([run.allocated for run in binned]),
        used=_mean([run.used for run in binned]),
        queued=_mean([run.queued for run in binned]),
        whole=np.stack([run.allocated.sum(axis=1) for run in binned]),
        peak=np.max([run.peak for run in binned], axis=0),
    )


def _group(length_s: NDArray[Any]) -> int:
    """How many steps make a bin: a round time where one fits."""
    least = max(-(-len(length_s) // BINS), 1)
    step_s = float(length_s[0]) if len(length_s) else 1.0
    fitting = [s for s in ROUND_S if s >= least * step_s and s % step_s == 0]
    return round(fitting[0] / step_s) if least > 1 and fitting else least


@dataclass(frozen=True, slots=True)
class _Binned:
    """Levels of one run in bins; `last` is the last part, for what is the same in all."""

    start_s: Floats
    end_s: Floats
    allocated: Floats
    used: Floats
    queued: Floats
    peak: Floats
    last: Levels


def _binned(run: LevelParts, group: int, bins: int) -> _Binned:
    """Means over bins of `group` steps each, and the largest step of each line."""
    start_s, length_s, steps = np.full(bins, np.inf), np.zeros(bins), 0
    totals, peak = [np.zeros((bins, 1, 1))] * 3, np.zeros((1, 1))
    for part in run.chunks():
        at = (steps + np.arange(len(part.time_s))) // group
        steps += len(part.time_s)
        np.minimum.at(start_s, at, part.time_s)
        np.add.at(length_s, at, part.length_s)
        series = (part.allocated, part.used, part.queued)
        weight = part.length_s[:, np.newaxis, np.newaxis]
        totals = [_gone_on(t, at, s * weight) for t, s in zip(totals, series, strict=True)]
        peak = np.maximum(peak, part.queued.max(axis=0, initial=0.0))
    allocated, used, queued = (t / length_s[:, np.newaxis, np.newaxis] for t in totals)
    ends = np.append(start_s[1:], start_s[-1:] + length_s[-1:])
    return _Binned(start_s, ends, allocated, used, queued, peak, part)


def _gone_on(total: Floats, at: NDArray[np.int64], steps: Floats) -> Floats:
    found = np.array(np.broadcast_to(total, (len(total), *steps.shape[1:])))
    np.add.at(found, at, steps)
    return found


def _mean(parts: Sequence[Floats]) -> Floats:
    return np.asarray(np.mean(parts, axis=0), dtype=np.float64)
