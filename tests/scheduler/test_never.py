"""Workloads that no pool could ever take are known before a run, by the rules of the run."""

import pytest

from scenarios import demand_of, read
from scheduler import NeverServed, never_served, simulate

TEXT = """\
name: never
horizon_h: 2
topology:
  clouds: [{name: gov}]
  regions:
    - {name: east, population: 100}
    - {name: west, population: 100}
    - {name: north, population: 100}
  sites:
    - {name: e, tier: city, region: east}
    - {name: w, tier: city, region: west}
    - {name: n, tier: city, region: north}
  links:
    - {a: e, b: w, delay_ms: 1}
    - {a: w, b: n, delay_ms: 1}
  pools:
    - {name: cards, site: e, cloud: gov, server: srv-910b-8, nodes: 2}
    - {name: plain, site: w, cloud: gov, server: srv-kunpeng-7260-2p, nodes: 3}
    - {name: small, site: n, cloud: gov, server: srv-kunpeng-7260-2p, nodes: 1}
workloads:
  - name: load
    kind: jobs
    arrivals: {kind: fixed, every_s: 60}
    work: {kind: fixed, mean_h: 0.1}
"""
TENANTS = "tenants: [{name: school, quota: {vcpu: 8}}]\n"


@pytest.fixture
def never(tmp_path):
    def found(more, trace=None):
        file = tmp_path / "s.yaml"
        text = TEXT if trace is None else TEXT[: TEXT.index("    kind: jobs")]
        text += "".join(f"    {line}\n" for line in more)
        text += TENANTS if "tenant: school" in more else ""
        file.write_text(text, encoding="utf-8")
        if trace is not None:
            (tmp_path / "jobs.csv").write_text(trace, encoding="utf-8")
        scenario = read(file)
        told = never_served(scenario, demand_of(scenario, 1).asks)
        refused = simulate(scenario, 1).column("state") == "refused"
        assert bool(told and told[0].regions == told[0].of_regions) == bool(refused.all())
        return told

    return found


@pytest.mark.parametrize(
    ("more", "reason", "detail"),
    [
        (
            ["demand: {memory_gib: 512000}"],
            "too-big",
            "memory_gib 512000; the largest that it may use has 1,536",
        ),
        (
            ["demand: {vcpu: 0.5, gpu: 9}"],
            "too-big",
            "gpu 9; the largest that it may use has 8",
        ),
        (["demand: {vcpu: 128, gpu: 1}"], "", ""),
        (
            ["demand: {vcpu: 1}", "security_level: 5"],
            "security-level",
            "security_level 5; the highest that it may use is 1",
        ),
        (["demand: {vcpu: 1}", "chips: {any_of: [ascend-310p]}"], "no-chip", ""),
        (["demand: {vcpu: 9}", "tenant: school"], "quota-too-small", ""),
        (["demand: {vcpu: 1, nodes: 99}"], "gang-too-big", ""),
    ],
)
def test_a_workload_that_nothing_takes(more, reason, detail, never):
    told = never(more)
    assert told == ((NeverServed("load", reason, detail, 1, 1),) if reason else ())


def test_the_regions_from_which_nothing_is_taken_are_counted(never):
    more = [
        "demand: {vcpu: 1, gpu: 1}",
        "region: {weights: population}",
        "data: {stays_within: site}",
    ]
    (told,) = never(more)
    assert (told.reason, told.regions, told.of_regions) == ("too-big", 2, 3)
    assert told.detail == "gpu 1; the largest that it may use has 0"


def test_a_trace_is_told_of_only_if_all_of_it_is_refused(never):
    rows = "id,submit_s,duration_s,vcpu\na,0,60,9000\nb,60,60,{}\n"
    more = ["kind: trace", "file: jobs.csv"]
    (told,) = never(more, trace=rows.format(8000))
    assert (told.workload, told.reason) == ("load", "too-big")
    assert never(more, trace=rows.format(1)) == ()


def test_a_trace_of_too_many_kinds_of_jobs_is_not_judged(never, monkeypatch):
    monkeypatch.setattr("scheduler.never.MOST_ASKS", 1)
    rows = "id,submit_s,duration_s,vcpu\na,0,60,1\nb,60,60,8000\n"
    assert never(["kind: trace", "file: jobs.csv"], trace=rows) == ()
