from dataclasses import replace

import numpy as np
import pytest

from bench.day_hours import busy_day, busy_hours, shortest_window
from bench.short_tables import short_table
from bench.tables import gather
from tests.bench.report_fakes import a_view, resolved, some_levels


def hours(**weights):
    found = np.zeros(24)
    for name, weight in weights.items():
        found[int(name[1:])] = weight
    return found


@pytest.mark.parametrize(
    ("by_hour", "window"),
    [
        (hours(h9=4, h10=4, h3=1), (9, 11)),
        (hours(h23=5, h0=5, h12=1), (23, 1)),
        (hours(h22=1, h23=8), (23, 0)),
        (np.ones(24), None),
        (np.zeros(24), None),
    ],
)
def test_the_shortest_part_of_the_day_holds_most_of_the_waiting(by_hour, window):
    assert shortest_window(by_hour) == window


def test_the_hours_are_those_of_the_clock():
    findings = gather(a_view(variants=("base",), seeds=(1,)))
    assert busy_hours(findings, "base", "gpu") == (12, 17)  # the fakes queue around 14:00
    late = {"base": resolved() | {"start": "2026-03-02T05:00"}}
    findings = gather(a_view(variants=("base",), seeds=(1,), resolved=late))
    assert busy_hours(findings, "base", "gpu") == (17, 22)
    assert "mostly 17:00–22:00" in short_table(findings, "en").rows[0][3].text
    assert "多在 17:00–22:00" in short_table(findings, "zh").rows[0][3].text


@pytest.mark.parametrize(
    "kwargs",
    [
        {"levels": {"steps": 0}},
        {"levels": {"steps": 24 * 12}},  # one day tells no pattern
        {"levels": {"steps": 84, "step_s": 7200.0}},
        {"resolved": {}},
    ],
)
def test_hours_that_cannot_be_told_apart_are_not_told(kwargs):
    findings = gather(a_view(variants=("base",), seeds=(1,), **kwargs))
    assert busy_hours(findings, "base", "gpu") is None


def test_the_worst_day_of_the_queue_is_told_with_its_share():
    def levels(variant, seed):
        found = some_levels(seed)
        third_day = (found.time_s >= 2 * 86_400) & (found.time_s < 3 * 86_400)
        queued = np.where(third_day[:, None, None], found.queued, found.queued * 0.1)
        return replace(found, queued=queued)

    findings = gather(a_view(variants=("base",), seeds=(1,), levels_door=levels))
    start_s, share = busy_day(findings, "base", "gpu")
    assert start_s == 2 * 86_400
    assert 0.6 < share < 0.8
    cell = short_table(findings, "en").rows[0][3]
    assert "most on Wed 4 Mar (" in cell.text
    assert "3月4日 周三最多（" in short_table(findings, "zh").rows[0][3].text


def test_no_day_is_told_without_a_queue_or_of_a_single_day():
    calm = gather(a_view(variants=("base",), seeds=(1,), levels={"queue": False}))
    assert busy_day(calm, "base", "gpu") is None
    short = gather(a_view(variants=("base",), seeds=(1,), levels={"steps": 288}))
    assert busy_day(short, "base", "gpu") is None
