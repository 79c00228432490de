"""Whose quota was full when their jobs came, whatever the table of holds says."""

from dataclasses import replace

import numpy as np
import pytest

from bench.quota_rows import full_of, quota_rows
from bench.quotas import Full, Limits, QuotaBook, limits_of
from bench.report import first_sentences
from bench.short_tables import quota_sentence, short_table
from bench.tables import gather
from bench.waits_table import waits_table
from tests.bench.report_fakes import FakeJobs, a_view, resolved, some_jobs


def some(submit, start, end, vcpu, *, tenant=None, gpu=0.0, nodes=1):
    count = len(submit)
    of = np.array
    return FakeJobs(
        {
            "submit_s": of(submit, float),
            "start_s": of(start, float),
            "end_s": of(end, float),
            "wait_s": of(start, float) - of(submit, float),
            "vcpu": of(vcpu, float),
            "memory_gib": np.ones(count),
            "gpu": np.full(count, gpu),
            "nodes": np.full(count, nodes),
            "dispatch_s": np.zeros(count),
            "transfer_in_s": np.zeros(count),
        },
        {"tenant": tenant or ["t"] * count, "workload": [f"w{n}" for n in range(count)]},
    )


def limit(**amounts):
    return limits_of({"tenants": [{"name": "t", "quota": amounts}]})


def found(jobs, limits):
    return QuotaBook(limits).read(jobs, jobs.column("wait_s") > 0)


def test_a_job_that_would_pass_the_quota_on_arrival_found_it_full():
    jobs = some([0, 10], [0, 3610], [50, 4000], [6, 6])
    assert found(jobs, limit(vcpu=10)) == {("t", "w1"): Full(1, 1.0)}
    assert found(jobs, limit(vcpu=12)) == {}
    assert found(jobs, limit(memory_gib=1)) == {("t", "w1"): Full(1, 1.0)}


def test_what_ends_at_that_instant_is_free_already():
    jobs = some([0, 50], [0, 60], [50, 90], [6, 6])
    assert found(jobs, limit(vcpu=10)) == {}


def test_who_did_not_wait_or_has_no_quota_is_not_asked():
    at_once = some([0, 10], [0, 10], [50, 60], [6, 6])
    assert found(at_once, limit(vcpu=10)) == {}
    other = some([0, 10], [0, 3610], [50, 4000], [6, 6], tenant=["u", "u"])
    assert found(other, limit(vcpu=10)) == {}
    assert limits_of({"tenants": [{"name": "t", "quota": None}, {"name": "u"}]}).of == {}


def test_all_nodes_of_a_gang_count():
    jobs = some([0, 10], [0, 3610], [50, 4000], [3, 3], nodes=2)
    assert found(jobs, limit(vcpu=10)) == {("t", "w1"): Full(1, 1.0)}


def test_what_still_runs_of_earlier_parts_counts():
    whole = some([0, 10, 20], [0, 10, 3620], [15, np.nan, 4000], [4, 6, 6])
    one = some([0, 10], [0, 10], [15, np.nan], [4, 6])
    other = some([20], [3620], [4000], [6])
    book = QuotaBook(limit(vcpu=10))
    assert book.read(one, one.column("wait_s") > 0) == {}
    assert book.read(other, other.column("wait_s") > 0) == {("t", "w0"): Full(1, 1.0)}
    assert found(whole, limit(vcpu=10)) == {("t", "w2"): Full(1, 1.0)}


def test_above_pools_nodes_are_held_before_the_start():
    settings = {"tenants": [{"name": "t", "quota": {"vcpu": 10}}]}
    above = limits_of(settings | {"policies": {"queue": {"options": {"at": "site"}}}})
    jobs = some([0, 10], [20, 3610], [50, 4000], [6, 6])
    jobs.columns["dispatch_s"][0] = 15
    late = np.array([False, True])
    assert QuotaBook(above).read(jobs, late) == {("t", "w1"): Full(1, 1.0)}
    assert QuotaBook(Limits(above.of)).read(jobs, late) == {}


def a_tight_quota(vcpu):
    """All jobs of 'health' run from their submit to the end of the week, 8 vCPUs each."""

    def jobs(variant, seed):
        made = some_jobs(seed)
        made.columns["start_s"] = made.columns["submit_s"] + np.nan_to_num(
            made.columns["wait_s"], nan=np.inf
        )
        made.columns["start_s"][np.isinf(made.columns["start_s"])] = np.nan
        return made

    settings = resolved() | {"tenants": [{"name": "health", "quota": {"vcpu": vcpu}}]}
    return gather(
        a_view(variants=("base",), seeds=(1, 2), jobs_door=jobs, resolved={"base": settings})
    )


def test_the_report_says_to_raise_the_quota_before_buying():
    findings = a_tight_quota(8)
    [row] = quota_rows(findings, "base")
    assert (row.tenant, set(row.workloads)) == ("health", {"fine-tune", "night-batch"})
    assert 0 < row.full <= row.waited
    assert (row.full, row.waited) == full_of(findings, "base", "tenant", "health")
    [last] = [r for r in short_table(findings, "en").rows if r[0].text == "quota"]
    assert last[0].text == "quota"
    assert (last[1].text, last[1].small) == ("tenant health", "its quota: vCPU 8")
    assert last[-1].text.startswith("raise the quota first: it buys nothing")
    sentence = quota_sentence(findings, "en")
    assert sentence in first_sentences(findings, "en")
    assert sentence.startswith("Before buying, raise the quota of “health” (full when ")
    assert "先提高租户配额" in quota_sentence(findings, "zh")
    smalls = [r[0].small for r in waits_table(findings, "tenant", "en", 6).rows]
    assert any(small.startswith("quota full when they came: ") for small in smalls)
    assert all(r[0].small for r in waits_table(findings, "workload", "zh", 6).rows)


def test_a_wide_quota_is_not_blamed():
    findings = a_tight_quota(1_000_000)
    assert quota_rows(findings, "base") == []
    assert quota_sentence(findings, "en") == ""
    assert all(not r[0].small for r in waits_table(findings, "tenant", "en", 6).rows)


def test_hardly_any_full_is_not_worth_a_name():
    findings = a_tight_quota(8)
    few = {
        key: replace(run, quota_full={("health", "fine-tune"): Full(1, 0.1)})
        for key, run in findings.tallies.items()
    }
    assert quota_rows(replace(findings, tallies=few), "base") == []
    assert full_of(findings, "base", "workload", "fine-tune")[0] == pytest.approx(
        sum(
            n.jobs
            for run in findings.tallies_of("base")
            for (_, who), n in run.quota_full.items()
            if who == "fine-tune"
        )
        / 2
    )
