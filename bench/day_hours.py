"""The hours of the day, and the day, in which most of the waiting falls."""

import numpy as np

from bench.chart_data import start_of
from bench.periods import warmup_of
from bench.tables import Findings, Floats

MOST = 0.8  # of what waited
LONGEST_H = 18  # a longer part of the day says nothing
LEAST_DAYS = 2
HOUR_S = 3600.0
DAY_S = 86_400.0


def busy_hours(findings: Findings, variant: str, resource: str) -> tuple[int, int] | None:
    """From and to which hour of the day 80 % of the queue of `resource` stands.

    None where it is spread over nearly the whole day, or where hours cannot be told apart.
    """
    course, start = findings.courses[variant], start_of(findings)
    at = course.column(resource)
    from_s = warmup_of(findings.view, variant)
    measured = course.start_s >= from_s
    length_s = course.end_s - course.start_s
    days = float(length_s[measured].sum()) / 86_400
    if start is None or at < 0 or days < LEAST_DAYS or length_s.max() > HOUR_S:
        return None
    clock_s = course.start_s + (start.hour * 60 + start.minute) * 60
    hour = (clock_s // HOUR_S).astype(np.int64) % 24
    queued = course.queued[:, :, at].sum(axis=1) * length_s
    by_hour = np.bincount(hour[measured], queued[measured], minlength=24)
    return shortest_window(by_hour.astype(np.float64))


def busy_day(findings: Findings, variant: str, resource: str) -> tuple[float, float] | None:
    """When the day with the most queue of `resource` starts, and its share of all that waited.

    None where fewer than two days are measured or days cannot be told apart.
    """
    course, start = findings.courses[variant], start_of(findings)
    at = course.column(resource)
    from_s = warmup_of(findings.view, variant)
    measured = course.start_s >= from_s
    length_s = course.end_s - course.start_s
    if start is None or at < 0 or float(length_s[measured].sum()) < LEAST_DAYS * DAY_S:
        return None
    midnight_s = (start.hour * 60 + start.minute) * 60
    day = ((course.start_s[measured] + midnight_s) // DAY_S).astype(np.int64)
    queued = (course.queued[:, :, at].sum(axis=1) * length_s)[measured]
    by_day = np.bincount(day, queued)
    if not by_day.sum() > 0 or length_s.max() > DAY_S / 2:
        return None
    worst = int(np.argmax(by_day))
    return worst * DAY_S - midnight_s, float(by_day[worst] / by_day.sum())


def shortest_window(by_hour: Floats) -> tuple[int, int] | None:
    """The shortest run of hours, over midnight too, that holds 80 %; the fullest of equals."""
    total = float(by_hour.sum())
    if not total > 0:
        return None
    twice = np.concatenate([[0.0], np.cumsum(np.concatenate([by_hour, by_hour]))])
    for length in range(1, LONGEST_H + 1):
        sums = twice[length : length + 24] - twice[:24]
        first = int(np.argmax(sums))
        if sums[first] >= MOST * total:
            return first, (first + length) % 24
    return None
