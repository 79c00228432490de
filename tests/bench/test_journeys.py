import numpy as np
import pytest

from bench.journeys import NOWHERE, Journeys, Trip, joined, journeys
from bench.tables import gather
from bench.tier_times import tier_times
from tests.bench.report_fakes import FakeJobs, a_view

NAN = float("nan")


def some_jobs():
    return FakeJobs(
        {
            "counted": np.array([True, True, False, True]),
            "preemptions": np.array([0, 1, 0, 1]),
            "submit_s": np.arange(4.0),
            "latency_s": np.array([110.0, 60.0, 9.0, NAN]),
            "dispatch_s": np.array([1.0, 2.0, 3.0, NAN]),
            "transfer_in_s": np.array([4.0, 5.0, 3.0, NAN]),
            "transfer_s": np.array([10.0, 5.0, 3.0, NAN]),
            "wait_s": np.array([20.0, 0.0, 0.0, 7.0]),
            "run_s": np.array([79.0, 53.0, 0.0, NAN]),
        },
        {
            "tier": ["city", "city", "city", None],
            "workload": ["a", "a", "b", "b"],
            "tenant": ["t", "t", "t", "t"],
            "region": ["xihu", "xihu", None, None],
            "pool": ["p", "p", "q", None],
        },
    )


def test_trips_are_counted_with_nothing_for_what_a_job_lacks():
    assert journeys(some_jobs()).trips == {
        Trip("a", "t", "xihu", "p", True): 2,
        Trip("b", "t", "", "q", False): 1,
        Trip("b", "t", "", "", True): 1,
    }


def test_interrupted_jobs_count_where_they_were_placed():
    assert journeys(some_jobs()).moved == 1  # the other one never was
    assert joined(journeys(some_jobs()), journeys(some_jobs())).moved == 2


def test_spans_are_those_of_counted_jobs_whose_result_arrived():
    # jobs, dispatch, transfer in, wait, run, transfer out: add up to both latencies
    assert journeys(some_jobs()).spans == {"city": (2.0, 3.0, 9.0, 20.0, 132.0, 6.0)}


def test_parts_of_a_run_join_to_the_whole():
    one = journeys(some_jobs())
    both = joined(joined(NOWHERE, one), Journeys({Trip("c", "", "", "", True): 5}, one.spans))
    assert both.trips == {**one.trips, Trip("c", "", "", "", True): 5}
    assert both.spans == {"city": (4.0, 6.0, 18.0, 40.0, 264.0, 12.0)}


def test_spans_add_up_to_the_mean_latency_and_tiers_keep_their_order():
    findings = gather(a_view(variants=("base",), seeds=(1, 2)))
    rows = tier_times(findings, "base")
    assert [row.tier for row in rows] == ["province", "city"]
    latency_s = np.concatenate(
        [findings.view.jobs("base", seed).column("latency_s") for seed in (1, 2)]
    )
    total = sum(row.total_s * row.jobs for row in rows) / sum(row.jobs for row in rows)
    assert total == pytest.approx(np.nanmean(latency_s), rel=1e-12)
