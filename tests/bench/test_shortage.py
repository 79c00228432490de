import math
from dataclasses import replace

import numpy as np
import pytest

from bench.planner_tables import tier_table
from bench.report import first_sentences
from bench.short_tables import (
    effects_table,
    free_where,
    short_sentence,
    short_table,
    since,
    where,
)
from bench.shortage import shortages
from bench.tables import gather
from bench.tier_times import by_tier
from bench.view import MeasureRow
from tests.bench.report_fakes import a_view, resolved, some_jobs, some_levels


def with_reasons(reason, *, pool=None):
    """Jobs that were all held by one reason, or by one in one pool and by none elsewhere."""

    def jobs(variant, seed):
        found = some_jobs(seed)
        for i, why in enumerate(found.texts["reason"]):
            away = pool is not None and found.texts["pool"][i] != pool
            found.texts["reason"][i] = "no-capacity" if away and why else why and reason
        return found

    return jobs


def test_the_shortage_names_resource_place_reason_and_times():
    findings = gather(a_view(variants=("base",), seeds=(1, 2)))
    row = shortages(findings)[0]
    course = findings.courses["base"]
    assert row.reason == "no-capacity"
    assert [place.resource for place in row.places] == ["gpu", "gpu"]
    assert {place.name for place in row.places} == {"hz-gpu", "core-gpu"}
    first, line = row.places[0], course.lines.index(row.places[0].name)
    queued = course.queued[:, line, course.column("gpu")]
    assert first.queued == pytest.approx(course.mean(queued), rel=1e-12)
    assert first.worst_s == course.start_s[queued.argmax()]
    submits = [
        part.columns["submit_s"][np.array(part.texts["reason"]) == "no-capacity"].min()
        for part in (some_jobs(1), some_jobs(2))
    ]
    assert row.first_s == min(submits)


def test_each_cause_has_its_own_place():
    view = a_view(variants=("base",), seeds=(1,), jobs_door=with_reasons("gang", pool="hz-gpu"))
    places = {row.reason: [p.name for p in row.places] for row in shortages(gather(view))}
    assert places == {"gang": ["hz-gpu"], "no-capacity": ["core-gpu"]}


def test_jobs_that_never_ran_wait_in_the_longest_line():
    def jobs(variant, seed):
        found = some_jobs(seed)
        found.texts["pool"][:] = [None] * found.rows
        return found

    row = shortages(gather(a_view(variants=("base",), seeds=(1,), jobs_door=jobs)))[0]
    assert [place.name for place in row.places] == ["hz-gpu", "core-gpu"]


def test_pools_below_a_line_of_a_site_are_named_with_all_that_waits():
    def levels(variant, seed):
        found = some_levels(seed)
        queued = found.queued.sum(axis=1, keepdims=True)
        return replace(found, lines=("site:site-0",), queued=queued)

    view = a_view(variants=("base",), seeds=(1,), levels_door=levels)
    findings = gather(view)
    row = shortages(findings)[0]
    assert {place.name for place in row.places} == {"hz-gpu", "core-gpu"}
    assert all(math.isnan(place.queued) for place in row.places)
    at = findings.courses["base"].column("gpu")
    assert row.queued == findings.courses["base"].mean(findings.courses["base"].queued)[0, at]
    assert "GPUs queued on average; meanwhile" in short_table(findings, "en").rows[0][1].small


def test_a_quota_is_short_of_tenants_not_a_resource():
    settings = resolved() | {"tenants": [{"name": "health", "quota": {"gpu": 8, "vcpu": None}}]}
    view = a_view(
        variants=("base",),
        seeds=(1,),
        jobs_door=with_reasons("quota"),
        resolved={"base": settings},
    )
    row = short_table(gather(view), "en").rows[0]
    assert row[0].text == "quota"
    assert row[1].text == "tenant traffic and health"
    assert row[1].small == "its quota: GPU 8"
    assert row[-1].text == "a larger quota for the tenant"
    assert (
        "Short: quota of tenant traffic and health, since"
        in first_sentences(gather(view), "en")[1]
    )


def test_nothing_waited_is_said():
    def jobs(variant, seed):
        found = some_jobs(seed, refused=0)
        found.columns["wait_s"][:] = 0.0
        return found

    findings = gather(a_view(variants=("base",), seeds=(1,), jobs_door=jobs))
    row = shortages(findings)[0]
    assert row.reason == ""
    assert math.isnan(row.first_s)
    assert short_table(findings, "zh").rows[0][0].text == "没有等待"
    assert first_sentences(findings, "en")[1] == "Nothing was short: no counted job waited."


def test_where_all_is_refused_that_is_what_is_short():
    def jobs(variant, seed):
        found = some_jobs(seed, refused=399)
        found.columns["wait_s"][399] = 0.0
        found.texts["reason"][:] = ["too-big"] * 399 + [""]
        return found

    findings = gather(a_view(variants=("base",), seeds=(1,), jobs_door=jobs, measures=()))
    (row,) = short_table(findings, "en").rows
    assert row[0].text == "nodes large enough"
    assert row[4].small == "99.8 % of the jobs refused"
    assert row[5].text == "larger nodes, or smaller jobs"
    assert not any("Nothing was short" in text for text in first_sentences(findings, "en"))


def test_a_wait_without_any_step_has_no_place():
    findings = gather(a_view(variants=("base",), seeds=(1,), levels={"steps": 0}))
    row = shortages(findings)[0]
    assert row.places == ()
    assert [cell.text for cell in short_table(findings, "en").rows[0]][1] == "–"


def test_what_is_the_same_in_all_variants_is_said_once():
    view = a_view(seeds=(1,), scales=[1.0, 1.0], loads=[1.0, 1.0])
    table = short_table(gather(view), "en")
    assert "all variants" in [row[0].text for row in table.rows]
    assert len({row[1:] for row in table.rows}) == len(table.rows)


def test_variants_are_laid_against_the_first():
    table = effects_table(gather(a_view()), "en", 6)
    assert table.caption == "What the variants change against “borrow”"
    assert [row[0].text for row in table.rows] == ["own-gpus"]
    assert table.rows[0][1].text.startswith("−")
    assert table.rows[0][1].strong
    assert effects_table(gather(a_view(variants=("base",))), "en", 6).rows == []


def test_several_variants_have_a_column_of_their_own():
    findings = gather(a_view(seeds=(1,)))
    assert short_table(findings, "en").heads[:2] == ("variant", "short of")
    assert [row[0].text for row in tier_table(findings, "en").rows] == [
        "borrow", "borrow", "own-gpus", "own-gpus",
    ]  # fmt: skip


def test_a_full_pool_behind_a_stuck_head_needs_nodes_first():
    view = a_view(variants=("base",), seeds=(1,), jobs_door=with_reasons("head-of-line"))
    findings = gather(view)
    assert 0.85 < shortages(findings)[0].places[0].full <= 1
    texts = [row[-1].text for row in short_table(findings, "en").rows]
    assert texts[0].startswith("more nodes: the pool was full")


def test_a_wait_in_the_first_measured_hour_was_there_already():
    def jobs(variant, seed):
        found = some_jobs(seed)
        for name in ("wait_s", "submit_s"):
            found.columns[name][20] = 24 * 3600 + 600.0
        found.columns["counted"][:20] = False
        found.columns["submit_s"][21:] += 48 * 3600
        found.texts["reason"][20] = "no-capacity"
        return found

    kwargs = {"variants": ("base",), "seeds": (1,), "jobs_door": jobs}
    findings = gather(a_view(**kwargs))
    text = short_table(findings, "en").rows[0][3].text
    assert text.startswith("mostly 12:00–17:00, most on Tue 3 Mar (")
    row = replace(shortages(findings)[0], hours=None, day=None)
    assert since(row, findings, "en") == "already when measuring began (Tue 3 Mar 00:10)"
    assert since(row, findings, "zh") == "统计开始时（3月3日 周二 00:10）已存在"
    assert ", mostly 12:00–17:00, most on Tue 3 Mar (" in short_sentence(findings, "en")
    assert "began" not in short_sentence(findings, "en")
    later = gather(a_view(**kwargs, resolved={"base": resolved() | {"warmup_h": 0}}))
    assert ", since Tue 3 Mar 00:10, mostly " in short_sentence(later, "en")


def test_other_places_are_counted_by_tier():
    view = a_view(variants=("base",), seeds=(1,))
    findings = gather(view)
    row = replace(shortages(findings)[0], others=("site:site-2", "xihu-edge", "site:site-0"))
    assert where(row, findings, "en").endswith(" and 3 others (2 county, 1 city)")
    assert where(row, findings, "zh").endswith("-gpu 及另外 3 个（县 2 个、市 1 个）")
    assert by_tier(view, "base", ["core-gpu", "platform"]) == {"province": ["core-gpu"]}


def test_what_is_free_is_told_by_tier():
    view = a_view(variants=("base",), seeds=(1,))
    shares = {"province": 0.5, "city": 0.25}
    rows = [
        MeasureRow("base", "allocated_share_gpu", "share", "tier", tier, 1, share)
        for tier, share in shares.items()
    ]
    findings = gather(replace(view, measures=(*view.measures, *rows)))
    told = free_where(findings, "en")
    assert told.startswith("GPU allocated on average: province 50.0 %, city 25.0 %; ")
    assert free_where(findings, "zh").startswith("GPU 平均分配率：省 50.0%、市 25.0%；整体 ")
    assert free_where(gather(view), "en") == ""


def a_few_huge(variant, seed):
    """Ten jobs that wait for ten days each beside many that wait for half a minute."""
    found = some_jobs(seed)
    huge = np.arange(len(found.texts["workload"])) % 40 == 39
    wait_s = found.columns["wait_s"]
    wait_s[:] = np.where(np.isnan(wait_s), np.nan, np.where(huge, 864_000.0, 30.0))
    found.texts["workload"][:] = ["huge" if one else "small" for one in huge]
    found.texts["reason"][:] = ["no-capacity" if w > 0 else "" for w in np.nan_to_num(wait_s)]
    return found


def test_few_jobs_with_most_hours_and_many_that_waited_are_both_told():
    findings = gather(a_view(variants=("base",), seeds=(1,), jobs_door=a_few_huge))
    said = short_sentence(findings, "en")
    assert "of the jobs waited (most of these jobs: “small”). Held:" in said
    assert "(100.0 % of the hours waited, most of them of “huge”)" in said
    assert "的作业有等待（作业数最多：“small”）。" in short_sentence(findings, "zh")
    who = short_table(findings, "en").rows[0][2]
    assert (who.text, who.small) == ("huge", "most jobs that waited: small")


def test_whose_hours_and_jobs_are_most_is_told_once():
    findings = gather(a_view(variants=("base",), seeds=(1,)))
    assert "these jobs" not in short_sentence(findings, "en")
    assert short_table(findings, "en").rows[0][2].small == ""


def test_many_pools_are_told_by_region():
    view = a_view(variants=("base",), seeds=(1,))
    row = replace(
        shortages(gather(view))[0],
        areas=(("hangzhou", 0.4), ("xihu", 0.3), ("a", 0.1), ("b", 0.1), ("c", 0.1)),
        others=("xihu-edge",),
    )
    said = where(row, gather(view), "en")
    assert said == (
        "3 pools (1 province, 1 city, 1 county), by hours waited: "
        "hangzhou 40.0 %, xihu 30.0 %, a 10.0 %, b 10.0 %, 1 other regions"
    )
    assert "按等待小时数：杭州市 40.0%" in where(row, gather(view), "zh")


@pytest.mark.parametrize(("seeds", "said"), [((1,), "Only 1 seed:"), ((1, 2), "Only 2 seeds:")])
def test_few_seeds_are_said(seeds, said):
    last = first_sentences(gather(a_view(seeds=seeds)), "en")[-1]
    assert last.startswith(said)
    assert last.endswith("run more (--seeds 10).")


def test_enough_seeds_or_no_chance_are_not_warned_of():
    for view in (a_view(), a_view(seeds=(1,), random=False)):
        assert not any("--seeds" in said for said in first_sentences(gather(view), "en"))
