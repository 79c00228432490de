"""What charts draw: plain arrays and labels out of findings, before any figure exists."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np

from bench.amounts import amount, short
from bench.course import Course
from bench.place_words import name_line
from bench.tables import WAIT_GRID_S, Findings, Floats
from bench.words import Lang, say

Cell = str | float | int | None
NO_HOURS: Mapping[str, float] = MappingProxyType({})
PANELS = 4
LINES_SHOWN = 6
FEW_IDLE = 3  # more idle pools than these share a row
LABEL = 36  # letters of a pool's name beside the heat map
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def guarded(cell: Cell) -> Cell:
    """`cell`, with ' before text that starts as a formula does; undefined numbers are empty."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
    return "" if cell is None or not math.isfinite(cell) else cell


def shown_variants(findings: Findings, most: int = PANELS) -> list[str]:
    """The variants that get a panel: all, or the first `most` in the order of the file."""
    return list(findings.view.variants[:most])


def waited_within(findings: Findings, variant: str, low: float, high: float) -> list[Floats]:
    """[pooled, lower, upper quartile]: share that did not wait, then shares by wait."""
    inside = (low <= WAIT_GRID_S) & (high >= WAIT_GRID_S)
    runs = [run for run in findings.tallies_of(variant) if run.waits]
    if not runs:
        return []
    counts = np.array([[run.at_once, *run.within[inside]] for run in runs], dtype=np.float64)
    waits = np.array([[run.waits] for run in runs], dtype=np.float64)
    shares = counts / waits
    return [counts.sum(axis=0) / waits.sum(), *middle_half(shares)]


def middle_half(by_seed: Floats) -> tuple[Floats, Floats]:
    """Lower and upper quartile over seeds (the first axis)."""
    low, high = np.quantile(by_seed, [0.25, 0.75], axis=0)
    return low, high


def wait_range(findings: Findings) -> tuple[float, float]:
    """From below the shortest to above the longest positive wait, on the grid."""
    low, high = [], []
    for run in findings.tallies.values():
        some = np.flatnonzero((run.within > run.at_once) & (run.within > 0))
        if len(some) and run.waits > run.at_once:
            # a hundredth of the waiters may wait microseconds: it would stretch the axis
            enough = run.at_once + max((run.waits - run.at_once) * 0.01, 1)
            low.append(WAIT_GRID_S[int(np.argmax(run.within >= enough))])
            high.append(
                WAIT_GRID_S[min(int(np.argmax(run.within >= run.waits)), len(WAIT_GRID_S) - 1)]
            )
    if not low:
        return 1.0, 3600.0
    return min(low) / 1.2, max(max(high) * 1.05, min(low) * 10)


def heat(
    course: Course,
    resource: str,
    budget: int,
    lang: Lang,
    hours: Mapping[str, float] = NO_HOURS,
) -> tuple[list[str], Floats]:
    """Names and shares (rows, bins): some pools in file order, the others in one row.

    Of many those where jobs waited most `hours`, then the largest.

    Pools that are never allocated share a row too, where there are more than a few.
    """
    at = course.column(resource)
    if at < 0:
        return [], np.zeros((0, len(course.start_s)))
    capacity = np.nan_to_num(course.capacity[:, at])
    having = np.flatnonzero(capacity > 0)
    busy = having[course.allocated[:, having, at].any(axis=0)]
    idle = [p for p in having if p not in set(busy)]
    if len(idle) <= FEW_IDLE:
        busy, idle = having, []
    budget = max(budget - bool(idle), 1)
    waited = np.array([hours.get(name, 0.0) for name in course.pools])
    order = np.lexsort((-capacity[busy], -waited[busy]))
    kept = sorted(busy[order][: budget - 1 if len(busy) > budget else budget])
    names = [course.pools[p] for p in kept]
    groups = [[p] for p in kept]
    if rest := [p for p in busy if p not in set(kept)]:
        names.append(say("other_pools", lang, n=len(rest)))
        groups.append(rest)
    if idle:
        names.append(say("idle_pools", lang, n=len(idle)))
        groups.append(idle)
    shares = [course.allocated[:, g, at].sum(axis=1) / capacity[g].sum() for g in groups]
    return names, np.array(shares).reshape(len(groups), len(course.start_s))


def hours_by_pool(findings: Findings, variant: str) -> dict[str, float]:
    """Hours that jobs waited before they ran in each pool, all seeds together."""
    found: dict[str, float] = {}
    for run in findings.tallies_of(variant):
        for pool, hours in run.pool_hours.items():
            found[pool] = found.get(pool, 0.0) + hours
    return found


def queued_lines(course: Course, resource: str, lang: Lang) -> list[tuple[str, Floats]]:
    """The lines in which anything waited, longest first; beyond a few the others as one."""
    at = course.column(resource)
    if at < 0:
        return []
    queued = course.queued[:, :, at]
    means = course.mean(queued)
    order = [line for line in np.argsort(-means, kind="stable") if means[line] > 0]
    many = len(order) > LINES_SHOWN
    kept, rest = (order[: LINES_SHOWN - 1], order[LINES_SHOWN - 1 :]) if many else (order, [])
    lines = [(course.lines[line], queued[:, line]) for line in kept]
    if rest:
        lines.append((say("other_lines", lang, n=len(rest)), queued[:, rest].sum(axis=1)))
    return lines


def label_of_line(name: str, lang: Lang) -> str:
    """A pool or line beside its row or curve."""
    return short(name_line(name, lang), LABEL)


def key_measures(findings: Findings, most: int = 6) -> list[str]:
    """The measures that tell variants apart at a glance, the answer's first."""
    view = findings.view
    wanted = [
        view.measure,
        "wait_p95_s",
        f"allocated_share_{findings.resource}",
        "jobs_refused",
        "censored_share" if _any(findings, "censored_share") else "jobs_finished",
        "wait_mean_s",
        "deadline_met_share",
        "latency_mean_s",
        "cost_total_cny",
    ]
    return [name for name in dict.fromkeys(wanted) if view.has(name)][:most]


def _any(findings: Findings, measure: str) -> bool:
    return any(
        v > 0 for by_seed in findings.view.values(measure).values() for v in by_seed.values()
    )


def start_of(findings: Findings) -> datetime | None:
    """The scenario's `start`, local time without a zone; None if there is none to read."""
    text = findings.view.resolved.get(findings.view.variants[0], {}).get("start")
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def clock(start: datetime | None, at_s: float, lang: Lang) -> str:
    """An instant as people say it: 'Tue 3 Mar 10:20', or the time since the start."""
    if start is None or not math.isfinite(at_s):
        return amount("s", at_s, lang)
    at = start + timedelta(seconds=at_s)
    day = say(f"day_{at.weekday()}", lang)
    if lang == "zh":
        return f"{at.month}月{at.day}日 {day} {at:%H:%M}"
    return f"{day} {date_words(at, lang)} {at:%H:%M}"


def date_words(at: datetime, lang: Lang) -> str:
    """A date without its year, whatever the locale: '3 Mar'."""
    return f"{at.month}月{at.day}日" if lang == "zh" else f"{at.day} {MONTHS[at.month - 1]}"
