"""Replicas in a scenario: what is taken, what is refused, and the demand that they make."""

# ruff: noqa: E501 - messages are compared whole

import numpy as np
import pytest

from scenarios import ScenarioError, demand_of, read, served_regions

TEXT = """name: r
horizon_h: 1
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 8}]
  servers: [{name: host, cpu: plain, vcpu: 8, memory_gib: 32}]
  clouds: [{name: gov}]
  regions:
    - {name: n, level: province}
    - {name: east, level: city, parent: n, population: 300}
    - {name: west, level: city, parent: n, population: 100}
  sites: [{name: core, tier: city, region: n}]
  pools: [{name: p, site: core, cloud: gov, server: host, nodes: 4}]
workloads:
  - name: web
    kind: replicas
    replicas: 3
    region: {weights: population}
    demand: {vcpu: 2}
    max_delay_ms: 4
    anti_affinity: site
policies:
  placement: {name: planned, opening_cny_h: 2}
"""
# fmt: off
WRONG = {
    "none": ("replicas: 3", "replicas: 0", "s.yaml:16:15: workloads[web].replicas: expected at least 1; got 0"),
    "half": ("replicas: 3", "replicas: 2.5", "s.yaml:16:15: workloads[web].replicas: expected a whole number; got 2.5"),
    "plenty": ("replicas: 3", "replicas: 20000", "s.yaml:16:15: workloads[web].replicas: expected at most 10,000; got 20000"),
    "not said": ("    replicas: 3\n", "", "s.yaml:14:5: workloads[web].replicas: required key is missing"),
    "before": ("max_delay_ms: 4", "max_delay_ms: -1", "s.yaml:19:19: workloads[web].max_delay_ms: expected at least 0; got -1"),
    "from nowhere": ("    region: {weights: population}\n", "", "s.yaml:18:19: workloads[web].max_delay_ms: needs region, to know from where; got 4"),
    "rack": ("affinity: site", "affinity: rack", "s.yaml:20:20: workloads[web].anti_affinity: expected site or region; got 'rack'"),
    "gang": ("{vcpu: 2}", "{vcpu: 2, nodes: 2}", "s.yaml:18:30: workloads[web].demand.nodes: expected 1: a replica stands on one node; got 2"),
    "input": ("affinity: site", "affinity: site\n    data: {input_gb: 3}", "s.yaml:21:22: workloads[web].data.input_gb: expected 0: a replica moves nothing when it is placed; got 3"),
    "output": ("affinity: site", "affinity: site\n    data: {output_gb: 3}", "s.yaml:21:23: workloads[web].data.output_gb: expected 0: a replica moves nothing when it is placed; got 3"),
    "work": ("affinity: site", "affinity: site\n    work: {kind: forever}", "s.yaml:21:5: workloads[web]: unknown key; got 'work'"),
    "stays where": ("affinity: site", "affinity: site\n    data: {stays_within: city}", "s.yaml:21:26: workloads[web].data.stays_within: needs data.at or region, to know where the data is; got 'city'"),
    "kind": ("kind: replicas", "kind: replica", "s.yaml:15:11: workloads[web].kind: expected jobs, trace or replicas; got 'replica'; did you mean 'replicas'?"),
    "option": ("opening_cny_h", "opening_cny", "s.yaml:22:30: policies.placement: unknown key; got 'opening_cny'; did you mean 'opening_cny_h'?"),
    "less than nothing": ("cny_h: 2", "cny_h: -2", "s.yaml:22:45: policies.placement.opening_cny_h: expected a number of at least 0; got -2"),
    "no number": ("cny_h: 2", "cny_h: yes", "s.yaml:22:45: policies.placement.opening_cny_h: expected a number of at least 0; got 'yes'"),
    "policy": ("name: planned", "name: plannd", "s.yaml:22:21: policies.placement.name: expected greedy or planned; got 'plannd'; did you mean 'planned'?"),
}
# fmt: on


def scenario(folder, text=TEXT):
    (folder / "s.yaml").write_text(text)
    return read("s.yaml")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_once_with_its_place(name, tmp_path):
    old, new, message = WRONG[name]
    assert old in TEXT
    with pytest.raises(ScenarioError) as error:
        scenario(tmp_path, TEXT.replace(old, new, 1))
    assert str(error.value).splitlines() == [message, "s.yaml: 1 problem"]


def test_a_bound_needs_a_site_to_measure_from(tmp_path):
    text = TEXT.replace("{weights: population}", "east").replace("region: n}", "region: west}")
    with pytest.raises(ScenarioError) as error:
        scenario(tmp_path, text)
    message = "workloads[web].region: no site stands there, nor in a region above; got 'east'"
    assert str(error.value).splitlines()[0] == f"s.yaml:17:13: {message}"


def test_all_come_at_the_start_and_never_end(tmp_path):
    demand = demand_of(scenario(tmp_path), 1)
    (chunk,) = demand.chunks(3_600_000_000)
    assert chunk.submit_us.tolist() == [0, 0, 0]
    assert chunk.number.tolist() == [1, 2, 3]
    assert not demand.random
    assert demand.expected_jobs == 3
    (ask,) = demand.asks
    assert ask.forever
    assert ask.replica
    assert ask.region is None
    assert list(demand.chunks(0)) == []


def test_they_serve_regions_by_their_people(tmp_path):
    found = scenario(tmp_path)
    shares = served_regions(found.workloads[0], found.topology)
    assert [name for name, _ in shares] == ["east", "west"]
    assert np.allclose([share for _, share in shares], [0.75, 0.25])
