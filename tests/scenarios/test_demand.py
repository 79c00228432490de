import math
from itertools import pairwise

import numpy as np
import pytest

from scenarios.demand import demand_of, lowest_with_people, with_people
from scenarios.jobs import CHUNK
from scenarios.problems import ScenarioError
from scenarios.scenario import Origin, Scenario
from topology import Region

HOUR = 3_600_000_000
TOPOLOGY = {
    "servers": ({"name": "host", "vcpu": 64.0, "memory_gib": 256.0},),
    "clouds": ({"name": "c"},),
    "sites": ({"name": "s", "tier": "city", "region": "city"},),
    "regions": (
        {"name": "city", "level": "city", "population": 90},
        {"name": "a", "level": "county", "parent": "city", "population": 10},
        {"name": "b", "level": "county", "parent": "city", "population": 30},
        {"name": "empty", "level": "county", "parent": "city"},
    ),
    "pools": ({"name": "p", "site": "s", "cloud": "c", "server": "host", "nodes": 2},),
}


def a_workload(name="w", per_h=30.0, **changes):
    rows = {
        "name": name,
        "kind": "jobs",
        "arrivals": {"kind": "poisson", "per_h": per_h},
        "demand": {"vcpu": 1.0},
        "work": {"kind": "exponential", "mean_h": 1.0},
    }
    return {**rows, **changes}


def a_scenario(*workloads, folder=None, **settings):
    rows = {"name": "t", "topology": TOPOLOGY, "workloads": workloads, "horizon_h": 168.0}
    scenario = Scenario.model_validate({**rows, **settings})
    return scenario.coming_from(Origin(file="t.yaml", folder=folder)) if folder else scenario


def table(demand, until_us):
    """All jobs as rows, workload first."""
    asks = demand.asks
    return [
        (asks[ask].workload, *rest)
        for chunk in demand.chunks(until_us)
        for ask, *rest in zip(
            chunk.ask.tolist(),
            chunk.submit_us.tolist(),
            chunk.number.tolist(),
            chunk.work_us.tolist(),
            chunk.estimate_us.tolist(),
            [asks[a].region for a in chunk.ask.tolist()],
            strict=True,
        )
    ]


def test_jobs_come_by_submit_then_workload_then_number():
    every = {"kind": "fixed", "every_s": 3600.0}
    batch = {"kind": "batch", "at": ("00:00", "05:00"), "jobs": 12}
    scenario = a_scenario(
        a_workload("z", arrivals=every), a_workload("a", arrivals=batch), a_workload("m")
    )
    rows = table(demand_of(scenario, 1), 30 * HOUR)
    keys = [(submit, workload, number) for workload, submit, number, *_ in rows]
    assert keys == sorted(keys)
    assert {workload for workload, *_ in rows} == {"a", "m", "z"}
    assert [number for workload, _, number, *_ in rows if workload == "a"] == list(range(1, 49))


def test_another_workload_leaves_the_streams_of_the_first_alone():
    alone = table(demand_of(a_scenario(a_workload()), 5), 168 * HOUR)
    beside = table(
        demand_of(a_scenario(a_workload("extra", per_h=700.0), a_workload()), 5), 168 * HOUR
    )
    assert [row for row in beside if row[0] == "w"] == alone


def test_another_demand_or_policy_leaves_instants_and_work_alone():
    first = table(demand_of(a_scenario(a_workload()), 5), 100 * HOUR)
    again = a_scenario(a_workload(demand={"vcpu": 9.0}), policies={"dispatch": "first-fit"})
    assert table(demand_of(again, 5), 100 * HOUR) == first


def test_another_work_leaves_the_instants_alone():
    first = table(demand_of(a_scenario(a_workload()), 5), 100 * HOUR)
    other = a_workload(work={"kind": "lognormal", "mean_h": 3.0, "sigma": 1.0})
    assert [row[1] for row in table(demand_of(a_scenario(other), 5), 100 * HOUR)] == [
        row[1] for row in first
    ]


def test_stream_names_the_random_streams():
    first = table(demand_of(a_scenario(a_workload("old")), 5), 100 * HOUR)
    renamed = table(demand_of(a_scenario(a_workload("new", stream="old")), 5), 100 * HOUR)
    assert [row[1:] for row in renamed] == [row[1:] for row in first]


def test_stopping_earlier_only_cuts_the_end_off():
    demand = demand_of(a_scenario(a_workload(), a_workload("v", per_h=400.0)), 2)
    whole = table(demand, 300 * HOUR)
    for until_us in (1, HOUR, 168 * HOUR, 299 * HOUR):
        assert table(demand, until_us) == [row for row in whole if row[1] < until_us]


def test_chunks_are_bounded_and_in_order():
    demand = demand_of(a_scenario(a_workload(per_h=1200.0), a_workload("v", per_h=300.0)), 2)
    chunks = list(demand.chunks(168 * HOUR))
    assert all(0 < len(chunk) <= CHUNK for chunk in chunks)
    assert len(chunks) > 3
    ends = [(int(chunk.submit_us[0]), int(chunk.submit_us[-1])) for chunk in chunks]
    assert all(before[1] <= after[0] for before, after in pairwise(ends))


def test_the_expected_number_is_about_what_comes():
    demand = demand_of(a_scenario(a_workload(per_h=100.0), a_workload("v", per_h=50.0)), 2)
    assert demand.expected_jobs == pytest.approx(150 * 168)
    found = sum(len(chunk) for chunk in demand.chunks(168 * HOUR))
    assert abs(found - demand.expected_jobs) < 4 * math.sqrt(demand.expected_jobs)


def test_fixed_arrivals_of_fixed_work_are_not_random():
    fixed = a_workload(
        arrivals={"kind": "fixed", "every_s": 60.0}, work={"kind": "fixed", "mean_h": 1.0}
    )
    assert not demand_of(a_scenario(fixed), 1).random
    assert demand_of(a_scenario(fixed, a_workload("v")), 1).random


def test_regions_are_drawn_by_population_among_the_lowest():
    scenario = a_scenario(a_workload(per_h=200.0, region={"weights": "population"}))
    demand = demand_of(scenario, 1)
    regions = [row[-1] for row in table(demand, 168 * HOUR)]
    assert [ask.region for ask in demand.asks] == ["a", "b"]
    share, n = regions.count("b") / len(regions), len(regions)
    assert abs(share - 0.75) < 3.3 * math.sqrt(0.75 * 0.25 / n)


def test_a_level_draws_among_the_regions_of_that_level_only():
    regions = [
        Region(name="p", level="province", population=5),
        Region(name="b", level="city", parent="p", population=2),
        Region(name="a", level="city", parent="p", population=3),
        Region(name="x", level="county", parent="a", population=1),
        Region(name="o", level="city", parent="p"),
    ]
    assert [region.name for region in with_people(regions, "city")] == ["a", "b"]
    assert [region.name for region in with_people(regions, None)] == ["b", "x"]


def test_weighted_regions_leave_instants_and_work_alone():
    plain = table(demand_of(a_scenario(a_workload()), 1), 50 * HOUR)
    split = table(
        demand_of(a_scenario(a_workload(region={"weights": "population"})), 1), 50 * HOUR
    )
    assert [row[:-1] for row in split] == [row[:-1] for row in plain]


def test_a_region_above_one_with_people_is_not_the_lowest():
    regions = [
        Region(name="p", population=5),
        Region(name="c", parent="p"),
        Region(name="x", parent="c", population=1),
        Region(name="o", population=2),
    ]
    assert [region.name for region in lowest_with_people(regions)] == ["o", "x"]


def test_deadlines_are_spans_and_estimates_the_mean_of_the_work():
    chunk = next(demand_of(a_scenario(a_workload(deadline_h=2.0)), 1).chunks(HOUR))
    assert set(chunk.deadline_us.tolist()) == {2 * HOUR}
    assert set(chunk.estimate_us.tolist()) == {HOUR}
    assert chunk.ids is None
    assert chunk.bad is None


TRACE = {"name": "t", "kind": "trace", "file": "jobs.csv"}


def a_trace(tmp_path, text, *others, **changes):
    (tmp_path / "jobs.csv").write_text(text)
    return a_scenario({**TRACE, **changes}, *others, folder=tmp_path)


def test_a_trace_is_merged_with_other_workloads(tmp_path):
    text = "submit_s,run_s,vcpu,id\n7200,60,2,late\n0,30,1,first\n7200,1,2,\n"
    every = a_workload("b", arrivals={"kind": "fixed", "every_s": 7200.0})
    demand = demand_of(a_trace(tmp_path, text, every), 1)
    chunk = next(demand.chunks(3 * HOUR))
    assert chunk.ids == ["b-1", "first", "b-2", "late", "t-3"]
    assert chunk.submit_us.tolist() == [0, 0, 2 * HOUR, 2 * HOUR, 2 * HOUR]
    assert [demand.asks[i].vcpu_m for i in chunk.ask.tolist()] == [1000, 1000, 1000, 2000, 2000]
    assert chunk.work_us.tolist()[1] == 30_000_000
    assert chunk.estimate_us.tolist()[3] == 60_000_000


def test_a_trace_alone_is_not_random(tmp_path):
    demand = demand_of(a_trace(tmp_path, "submit_s,run_s,vcpu\n1,0,1\n5,2,1\n"), 1)
    assert not demand.random
    assert demand.expected_jobs == 2
    assert len(demand.asks) == 1
    assert next(demand.chunks(HOUR)).work_us.tolist() == [0, 2_000_000]


def test_columns_override_the_workload_and_empty_cells_take_its_value(tmp_path):
    text = (
        "submit_s,run_s,vcpu,priority,preemptible,region,chips,data_class,input_at,deadline_s,"
        "estimate_s\n1,5,1,7,false,a,T4|P100,core,s,9,50\n2,,0.3,,,,,,,,\n"
    )
    scenario = a_trace(
        tmp_path,
        text,
        priority=2,
        preemptible=True,
        region="b",
        chips={"any_of": ("x",)},
        deadline_h=1.0,
        estimate={"kind": "factor", "factor": 2.0},
    )
    demand = demand_of(scenario, 1)
    first, second = demand.asks
    assert (first.priority, first.preemptible, first.region) == (7, False, "a")
    assert (first.chips, first.data_at, first.stays_within) == (("T4", "P100"), "s", "site")
    assert (first.security_level, first.forever, first.run_is_fixed) == (4, False, True)
    assert (second.priority, second.preemptible, second.region) == (2, True, "b")
    assert (second.chips, second.vcpu_m, second.forever) == (("x",), 300, True)
    chunk = next(demand.chunks(HOUR))
    assert chunk.deadline_us.tolist() == [9_000_000, HOUR]
    assert chunk.estimate_us.tolist()[0] == 50_000_000


def test_broken_rows_are_refused_or_skipped(tmp_path):
    text = "submit_s,run_s,vcpu\n1,5,1\n2,x,1\n3,4\n4,5,1\n"
    with pytest.raises(ScenarioError, match=r"jobs.csv:3:1: run_s: expected a number; got 'x'"):
        demand_of(a_trace(tmp_path, text), 1)
    chunk = next(demand_of(a_trace(tmp_path, text, on_bad_rows="skip"), 1).chunks(HOUR))
    assert len(chunk) == 4
    assert chunk.bad.sum() == 2
    assert chunk.submit_us[~chunk.bad].tolist() == [1_000_000, 4_000_000]


def test_rows_that_name_what_the_scenario_lacks_are_broken(tmp_path):
    header = "submit_s,run_s,region,tenant,data_class,input_at,stays_within"
    text = f"{header}\n1,5,A,ghost,cora,x,town\n"
    with pytest.raises(ScenarioError) as caught:
        demand_of(_listed(tmp_path, text), 1)
    lines = str(caught.value).splitlines()
    assert (
        "jobs.csv:2:1: region: expected a, b, city or empty; got 'A'; did you mean 'a'?"
        in lines
    )
    assert any("tenant: expected bureau; got 'ghost'" in line for line in lines)
    assert any("did you mean 'core'?" in line for line in lines)
    assert any("input_at: expected s; got 'x'" in line for line in lines)
    assert any("stays_within: expected" in line for line in lines)


def _listed(tmp_path, text):
    (tmp_path / "jobs.csv").write_text(text)
    return a_scenario(
        {**TRACE, "tenant": "bureau"}, folder=tmp_path, tenants=({"name": "bureau"},)
    )


def test_ten_thousand_jobs_at_one_instant_come_in_file_order(tmp_path):
    text = "submit_s,run_s,vcpu\n" + "0,1,1\n" * 70_000
    chunks = list(demand_of(a_trace(tmp_path, text), 1).chunks(HOUR))
    assert [len(chunk) for chunk in chunks] == [CHUNK, 70_000 - CHUNK]
    assert np.concatenate([c.number for c in chunks]).tolist() == list(range(1, 70_001))
