import math

import pytest

from bench.planner_tables import short_table, tier_table
from bench.shortage import shortages
from bench.tables import gather
from tests.bench.report_fakes import a_view, some_jobs


def test_the_shortage_names_resource_place_reason_and_times():
    findings = gather(a_view(variants=("base",), seeds=(1, 2)))
    (row,) = shortages(findings)
    course = findings.courses["base"]
    at = course.column(row.counted_in)
    assert row.resource == "gpu"
    assert row.lines == ("hz-gpu", "core-gpu")
    assert row.queued[0] == pytest.approx(course.mean(course.queued)[0, at], rel=1e-12)
    assert row.worst_s == course.start_s[course.queued[:, :, at].sum(axis=1).argmax()]
    submits = [
        part.columns["submit_s"][part.columns["wait_s"] > 0].min()
        for part in (some_jobs(1), some_jobs(2))
    ]
    assert row.first_s == min(submits)


def test_a_quota_is_short_not_a_resource():
    def jobs(variant, seed):
        found = some_jobs(seed)
        found.texts["reason"][:] = ["quota" if r else r for r in found.texts["reason"]]
        return found

    findings = gather(a_view(variants=("base",), seeds=(1,), jobs_door=jobs))
    assert shortages(findings)[0].resource == ""
    texts = [cell.text for cell in short_table(findings, "en").rows[0]]
    assert texts[0] == "quota"
    assert texts[-1] == "a larger quota for the tenant"


def test_nothing_waited_is_said():
    def jobs(variant, seed):
        found = some_jobs(seed)
        found.columns["wait_s"][:] = 0.0
        return found

    findings = gather(a_view(variants=("base",), seeds=(1,), jobs_door=jobs))
    row = shortages(findings)[0]
    assert row.reason == ""
    assert math.isnan(row.first_s)
    assert short_table(findings, "zh").rows[0][0].text == "没有等待"


def test_a_wait_without_any_step_has_no_place():
    findings = gather(a_view(variants=("base",), seeds=(1,), levels={"steps": 0}))
    row = shortages(findings)[0]
    assert (row.lines, row.resource) == ((), "")
    assert [cell.text for cell in short_table(findings, "en").rows[0]][1] == "–"


def test_several_variants_have_a_column_of_their_own():
    findings = gather(a_view(seeds=(1,)))
    assert short_table(findings, "en").heads[:2] == ("variant", "short of")
    assert [row[0].text for row in tier_table(findings, "en").rows] == [
        "borrow", "borrow", "own-gpus", "own-gpus",
    ]  # fmt: skip


def test_a_full_pool_behind_a_stuck_head_needs_nodes_first():
    def jobs(variant, seed):
        found = some_jobs(seed)
        found.texts["reason"][:] = ["head-of-line" if r else r for r in found.texts["reason"]]
        return found

    findings = gather(a_view(variants=("base",), seeds=(1,), jobs_door=jobs))
    row = shortages(findings)[0]
    assert 0.85 < row.full <= 1
    assert (
        short_table(findings, "en").rows[0][-1].text.startswith("more nodes: the pool was full")
    )
