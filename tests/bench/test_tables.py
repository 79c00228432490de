from dataclasses import replace

import numpy as np
import pytest

from bench.chart_data import heat
from bench.course import course
from bench.pools_table import _queue_once
from bench.rows import held_rows, lone_rows, pool_rows, refused_rows
from bench.tables import WAIT_GRID_S, gather, tally
from tests.bench.report_fakes import FakeJobs, FakeLevels, a_view, some_levels


def five_jobs(**changes):
    columns = {
        "submit_s": np.array([0.0, 10, 20, 30, 40]),
        "wait_s": np.array([0.0, 7200, 3600, np.nan, 60]),
        "run_s": np.array([100.0, 100, 100, np.nan, np.nan]),
        "lost_s": np.array([0.0, 10, 0, np.nan, np.nan]),
        "estimate_s": np.array([100.0, 90, 100, 5, 5]),
        "counted": np.array([True, True, True, True, True]),
        "preemptions": np.zeros(5),
    } | {name: np.array(values) for name, values in changes.items()}
    texts = {
        "state": ["finished", "finished", "finished", "refused", "waiting"],
        "reason": ["", "no-capacity", "quota", "too-big", "no-capacity"],
        "pool": ["a", "a", "b", None, None],
        "workload": ["w", "w", "v", "v", "w"],
        "tenant": ["t"] * 5,
        "region": [None] * 5,
        "tier": ["city", "city", "city", None, None],
    }
    for name in ("dispatch_s", "transfer_in_s", "transfer_s", "latency_s"):
        columns[name] = np.array([0.0, 0, 0, np.nan, np.nan])
    return FakeJobs(columns, texts)


def test_a_tally_counts_what_waited_and_what_was_refused():
    found = tally(five_jobs())
    assert (found.counted, found.waits, found.at_once, found.rows) == (5, 4, 1, 5)
    held = found.held["no-capacity"]
    assert (held.jobs, held.first_s) == (2, 10.0)
    assert held.hours == pytest.approx(2 + 1 / 60)
    assert found.held["quota"].hours == 1.0
    assert found.refused == {("too-big", "v"): 1}
    assert found.pool_hours == {"a": 2.0, "b": 1.0}
    assert found.pool_jobs == {"a": 2, "b": 1}


def test_waits_are_counted_at_or_below_each_point_of_the_grid():
    found = tally(five_jobs())
    one_hour, before = np.searchsorted(WAIT_GRID_S, [3600, 60])
    assert found.within[0] == 1
    assert found.within[one_hour] == 3
    assert found.within[before - 1] == 1
    assert found.within[-1] == 4


def test_only_counted_jobs_enter():
    found = tally(five_jobs(counted=[True, False, True, False, False]))
    assert (found.counted, found.waits, found.rows) == (2, 2, 5)
    assert found.refused == {}
    assert set(found.held) == {"quota"}


def test_estimates_are_perfect_if_every_finished_job_ran_as_declared():
    assert tally(five_jobs()).exact == {"w": True, "v": True}
    assert tally(five_jobs(estimate_s=[100.0, 91, 100, 5, 5])).exact == {"w": False, "v": True}


def test_a_course_weighs_a_short_last_step_by_its_length():
    levels = FakeLevels(
        time_s=np.array([0.0, 10, 20]),
        length_s=np.array([10.0, 10, 5]),
        pools=("a",),
        lines=("a", "platform"),
        installed=np.full((1, 3), 10.0),
        capacity=np.full((1, 3), 10.0),
        allocated=np.array([[[1.0, 0, 0]], [[2.0, 0, 0]], [[6.0, 0, 0]]]),
        used=np.zeros((3, 1, 3)),
        queued=np.zeros((3, 2, 3)),
    )
    found = course([levels, levels])
    assert found.mean(found.allocated)[0, 0] == pytest.approx((10 + 20 + 30) / 25)
    assert list(found.end_s) == [10, 20, 25]
    assert found.whole.shape == (2, 3, 3)


def test_bins_are_round_times_and_keep_the_mean():
    levels = some_levels(1)
    found = course([levels])
    assert set(found.end_s - found.start_s) == {3600.0}
    mean = levels.allocated.mean(axis=0)
    assert found.mean(found.allocated) == pytest.approx(mean)
    assert found.peak == pytest.approx(levels.queued.max(axis=0))


def test_a_run_without_time_has_no_bins_and_no_means():
    found = course([some_levels(1, steps=0)])
    assert len(found.start_s) == 0
    assert np.isnan(found.mean(found.allocated)).all()


def test_rows_are_means_of_a_run_and_shares_add_up():
    findings = gather(a_view())
    rows = [row for row in held_rows(findings) if row.variant == "borrow"]
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert [row.hours for row in rows] == sorted((row.hours for row in rows), reverse=True)
    refused = [row for row in refused_rows(findings) if row.variant == "borrow"]
    assert sum(row.jobs for row in refused) == pytest.approx(12)
    assert sum(row.share for row in refused) == pytest.approx(12 / 400)


def test_a_pool_is_shown_by_its_own_scarcest_resource():
    rows = pool_rows(gather(a_view()), "borrow")
    assert [(row.name, row.resource, row.nodes) for row in rows] == [
        ("hz-gpu", "gpu", 8),
        ("core-gpu", "gpu", 16),
        ("xihu-edge", "vcpu", 24),
    ]
    assert rows[0].sellable == pytest.approx(57.6)
    assert 0 < rows[0].used < rows[0].allocated < rows[0].sellable < rows[0].installed


def test_lines_above_pools_stand_below_them_with_their_queue_only():
    def platform(variant, seed):
        levels = some_levels(seed)
        queued = levels.queued.sum(axis=1, keepdims=True)
        return FakeLevels(**{**levels.__dict__, "lines": ("platform",), "queued": queued})

    rows = pool_rows(gather(a_view(levels_door=platform)), "borrow")
    assert np.isnan(rows[0].queued)
    assert rows[-1].name == "platform"
    assert rows[-1].peak > rows[-1].queued > 0
    assert np.isnan(rows[-1].sellable)


def test_the_line_of_a_site_is_told_in_the_rows_of_its_pools():
    def by_site(variant, seed):
        levels = some_levels(seed)
        lines = ("site:site-0", "site:site-1", "site:elsewhere")
        return FakeLevels(**{**levels.__dict__, "lines": lines})

    rows = pool_rows(gather(a_view(levels_door=by_site)), "borrow")
    own = {row.name: row for row in rows}
    assert own["hz-gpu"].queued == own["site:site-0"].queued > 0
    assert own["hz-gpu"].peak == own["site:site-0"].peak
    assert np.isnan(own["xihu-edge"].queued)
    assert [row.name for row in lone_rows(rows)] == [
        "hz-gpu", "core-gpu", "xihu-edge", "site:elsewhere",
    ]  # fmt: skip


def test_of_many_pools_the_heat_map_shows_those_where_jobs_waited():
    found = course([some_levels(1, pools=tuple(f"p{n}" for n in range(8)))])
    names, _ = heat(found, "vcpu", 4, "en", {"p5": 9.0, "p7": 3.0, "p0": 1.0})
    assert names[:3] == ["p0", "p5", "p7"]


def test_the_queue_of_a_site_is_shown_once():
    rows = pool_rows(gather(a_view(variants=("base",), seeds=(1,))), "base")
    same = [replace(rows[0], name=name, site="s") for name in "ab"]
    once = list(_queue_once(same, frozenset()))
    assert once[0] == same[0]
    assert np.isnan([once[1].queued, once[1].peak]).all()
    assert list(_queue_once(same, frozenset("ab"))) == same
