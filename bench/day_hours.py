"""The hours of the day in which most of the waiting falls."""

import numpy as np

from bench.chart_data import start_of
from bench.periods import warmup_of
from bench.tables import Findings, Floats

MOST = 0.8  # of what waited
LONGEST_H = 18  # a longer part of the day says nothing
LEAST_DAYS = 2
HOUR_S = 3600.0


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
