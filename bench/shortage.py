"""What was short in each variant, since when, where, who waited, and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.area_hours import by_area
from bench.course import Course
from bench.day_hours import busy_day, busy_hours
from bench.periods import warmup_of
from bench.rows import HeldRow, RefusedRow, held_rows, refused_rows
from bench.tables import WAITED_BY, Findings, Floats

OTHER_THAN_CAPACITY = ("batch-window", "network", "quota")
PLACES = 2
MANY = 8  # so many pools beside those named are told by region
EARLY_S = 3600.0
CAUSES = 3  # more causes than these are left to the table of holds
WORTH_NAMING = 0.1  # of all hours, or of the largest part: less is not worth a name


@dataclass(frozen=True, slots=True)
class Place:
    """A pool or line where jobs waited, by the resource with its largest queue.

    `queued` is the mean amount in its line (nan for a pool that has none of its own), `full`
    the allocated share of the pool while jobs waited (nan for a line above pools), `worst_s`
    the start of the bin with the longest queue.
    """

    name: str
    resource: str
    queued: float
    full: float
    worst_s: float


@dataclass(frozen=True, slots=True)
class Shortage:
    """One cause of waits in one variant; without any wait `reason` is '' and all else empty.

    `share` is its part of all hours waited, `first_s` the submit of the first job that it
    held, `waiters` the workloads with most of its hours, `tenants` likewise. `places` are the
    pools where those jobs waited and later ran, or, where none ever ran, the longest lines;
    `others` are the names of the rest, `queued` is what waits in all lines of the first's
    resource. `early` is True where somebody was held within the first hour that is measured,
    `hours` the shortest part of the day that holds most of what waited (None: no such part),
    `day` the start of the day with most of it and its share (None: not told). `areas` are the
    shares of these hours by region, most first, where many pools hold them.
    """

    variant: str
    reason: str
    share: float = 0.0
    first_s: float = math.nan
    places: tuple[Place, ...] = ()
    others: tuple[str, ...] = ()
    queued: float = 0.0
    waiters: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    early: bool = False
    hours: tuple[int, int] | None = None
    day: tuple[float, float] | None = None
    areas: tuple[tuple[str, float], ...] = ()


def shortages(findings: Findings) -> list[Shortage]:
    """The main causes of the first variant, the largest of each other, in file order."""
    held = held_rows(findings)
    found: list[Shortage] = []
    for at, variant in enumerate(findings.view.variants):
        rows = [row for row in held if row.variant == variant]
        worth = [row for row in rows if row.share >= WORTH_NAMING] or rows[:1]
        found += [_shortage(findings, row) for row in worth[: 1 if at else CAUSES]]
        found += [] if worth else [Shortage(variant, "")]
    return found


def _shortage(findings: Findings, row: HeldRow) -> Shortage:
    by: dict[str, dict[str, float]] = {name: {} for name in WAITED_BY}
    for run in findings.tallies_of(row.variant):
        for names, hours in run.waited.items():
            if names[0] == row.reason:
                for column, name in zip(WAITED_BY, names, strict=True):
                    by[column][name] = by[column].get(name, 0.0) + hours
    places, others = _places(findings.courses[row.variant], by["pool"])
    queue = _queued_for(row, places)
    warmup_s = warmup_of(findings.view, row.variant)
    return Shortage(
        variant=row.variant,
        reason=row.reason,
        share=row.share,
        first_s=row.first_s,
        places=places,
        others=others,
        queued=_queued(findings.courses[row.variant], places),
        waiters=_most(by["workload"]),
        tenants=_most(by["tenant"]),
        early=0 <= row.first_s - warmup_s < EARLY_S,
        hours=busy_hours(findings, row.variant, queue) if queue else None,
        day=busy_day(findings, row.variant, queue) if queue else None,
        areas=by_area(findings.view, row.variant, by["pool"]) if len(others) >= MANY else (),
    )


def _queued_for(row: HeldRow, places: tuple[Place, ...]) -> str | None:
    """The resource of the queue; what a quota or a window holds may not stand in it."""
    if not places or row.reason in OTHER_THAN_CAPACITY:
        return None
    return places[0].resource


def _most(counts: Mapping[str, float]) -> tuple[str, ...]:
    """The names with most, at most two, without those that hardly count."""
    least = max(counts.values(), default=0.0) * WORTH_NAMING
    order = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(name for name in order if counts[name] >= least and counts[name] > 0)[:PLACES]


def _places(
    course: Course, hours: Mapping[str, float]
) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """Where it was, and the names of the other places.

    Pools by name, if they hold most of the hours; else the longest lines.
    """
    names = [name for name in _most(hours) if name]
    others = [name for name, spent in hours.items() if name and spent > 0]
    if not names or hours.get("", 0.0) > sum(hours.values()) / 2:
        others = _queueing(course)
        names = others[:PLACES]
    found = [place for name in names if (place := _place(course, name)) is not None]
    shown = {place.name for place in found}
    return tuple(found), tuple(name for name in others if name not in shown)


def _queueing(course: Course) -> list[str]:
    """The lines with any queue of the resource that is shortest over all, longest first."""
    at = course.queued_resource()
    if at < 0:
        return []
    means = course.mean(course.queued[:, :, at])
    return [
        course.lines[line] for line in np.argsort(-means, kind="stable") if means[line] > 1e-9
    ]


def _queued(course: Course, places: tuple[Place, ...]) -> float:
    """What waits in all lines on average, of the resource of the first place."""
    if not places:
        return 0.0
    at = course.column(places[0].resource)
    return float(course.mean(course.queued)[:, at].sum())


def _place(course: Course, name: str) -> Place | None:
    """A pool or line by the resource whose queue is largest against what can be sold."""
    own = course.lines.index(name) if name in course.lines else -1
    pool = course.pools.index(name) if name in course.pools else -1
    at = course.queued_resource(own, pool)
    if at < 0:
        return None
    queued = course.queued[:, own, at] if own >= 0 else course.queued[:, :, at].sum(axis=1)
    return Place(
        name=name,
        resource=course.resources[at],
        queued=float(course.mean(queued)) if own >= 0 else math.nan,
        full=_full(course, queued, pool, at),
        worst_s=float(course.start_s[int(np.argmax(queued))]),
    )


def _full(course: Course, queued: Floats, pool: int, at: int) -> float:
    """The allocated share of a pool, weighted by what waited there."""
    weights = queued * (course.end_s - course.start_s)
    if pool < 0 or not course.capacity[pool, at] > 0:
        return math.nan
    shares = course.allocated[:, pool, at] / course.capacity[pool, at]
    return float((shares * weights).sum() / weights.sum())


def refusals(findings: Findings) -> list[RefusedRow]:
    """Of each variant the refusal that struck most jobs; none where nothing was refused."""
    found: dict[str, RefusedRow] = {}
    for row in refused_rows(findings):
        found.setdefault(row.variant, row)
    return [*found.values()]
