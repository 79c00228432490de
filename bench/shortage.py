"""What was short in each variant, since when, where, why, and what would help."""

import math
from dataclasses import dataclass

import numpy as np

from bench.rows import HeldRow, held_rows
from bench.tables import Course, Findings

OTHER_THAN_CAPACITY = ("batch-window", "network", "quota")
PLACES = 2
WORTH_NAMING = 0.1  # of the longest queue: shorter ones are not where it is short


@dataclass(frozen=True, slots=True)
class Shortage:
    """The shortage of one variant; without any wait `reason` is '' and all else empty.

    `resource` is the one with the largest mean queue against what is sellable, '' where
    not capacity but the reason itself is short. `lines` are those where most of it waited,
    `queued` how much, in the unit of `counted_in`, `full` the allocated share of the first
    one's pool while jobs waited there (nan for a line above pools). `first_s` is the submit of
    the first job that waited, `worst_s` the start of the bin with the longest queue (nan if
    unknown).
    """

    variant: str
    resource: str
    lines: tuple[str, ...]
    queued: tuple[float, ...]
    reason: str
    share: float
    first_s: float
    worst_s: float
    counted_in: str = ""
    full: float = math.nan


def shortages(findings: Findings) -> list[Shortage]:
    """A row a variant, in file order."""
    held = held_rows(findings)
    return [
        _shortage(findings.courses[name], name, [row for row in held if row.variant == name])
        for name in findings.view.variants
    ]


def _shortage(course: Course, variant: str, held: list[HeldRow]) -> Shortage:
    if not held:
        return Shortage(variant, "", (), (), "", 0.0, math.nan, math.nan)
    most, first_s = held[0], min(row.first_s for row in held)
    at = _scarcest(course)
    if at < 0:
        return Shortage(variant, "", (), (), most.reason, most.share, first_s, math.nan)
    queued = course.queued[:, :, at]
    means = course.mean(queued)
    least = max(means.max(initial=0.0) * WORTH_NAMING, 1e-9)
    order = [line for line in np.argsort(-means, kind="stable") if means[line] >= least]
    return Shortage(
        variant=variant,
        resource="" if most.reason in OTHER_THAN_CAPACITY else course.resources[at],
        lines=tuple(course.lines[line] for line in order[:PLACES]),
        queued=tuple(float(means[line]) for line in order[:PLACES]),
        reason=most.reason,
        share=most.share,
        first_s=first_s,
        counted_in=course.resources[at],
        full=_full(course, order[0], at),
        worst_s=float(course.start_s[int(np.argmax(queued.sum(axis=1)))]),
    )


def _full(course: Course, line: int, at: int) -> float:
    """The allocated share of a line's pool, weighted by what waited there."""
    name, queued = (
        course.lines[line],
        course.queued[:, line, at] * (course.end_s - course.start_s),
    )
    if name not in course.pools:
        return math.nan
    pool = course.pools.index(name)
    shares = course.allocated[:, pool, at] / course.capacity[pool, at]
    return float((shares * queued).sum() / queued.sum())


def _scarcest(course: Course) -> int:
    """The resource with the largest mean queue over all lines / sellable; -1 for none."""
    if not len(course.start_s):
        return -1
    queued = course.mean(course.queued).sum(axis=0)
    sellable = np.nan_to_num(course.capacity).sum(axis=0)
    shares = np.where(sellable > 0, queued / np.where(sellable > 0, sellable, 1.0), 0.0)
    return int(np.argmax(np.round(shares, 12))) if shares.max(initial=0.0) > 0 else -1
