"""Where load 1 lies, by hand."""

import pytest

from scenarios import read
from scheduler.optimise import fullness, rated

HEAD = """
name: full
horizon_h: 168
topology:
  clouds: [{name: c}]
  sites: [{name: a, tier: city}, {name: b, tier: city}]
  pools:
    - {name: here, site: a, cloud: c, server: srv-910b-8, nodes: 1}
    - {name: there, site: b, cloud: c, server: srv-910b-8, nodes: 1}
workloads:
  - {name: w, kind: jobs, region: a, arrivals: {kind: poisson, per_h: 2},
     demand: {vcpu: 1, gpu: 1}, work: {kind: fixed, mean_h: 2}}
"""


def scenario_of(tmp_path, text):
    path = tmp_path / "full.yaml"
    path.write_text(text)
    return read(str(path))


def test_sixteen_devices_for_four_jobs_at_a_time_are_four_times_the_rate(tmp_path):
    full = fullness(scenario_of(tmp_path, HEAD))
    assert full.factor == pytest.approx(4)
    assert (full.resource, full.pools) == ("gpu", ("here", "there"))


def test_who_may_not_leave_fills_the_one_pool(tmp_path):
    bound = HEAD.replace("demand:", "data: {stays_within: site}, demand:")
    full = fullness(scenario_of(tmp_path, bound))
    assert full.factor == pytest.approx(2)
    assert full.pools == ("here",)


def test_batches_stay_as_declared(tmp_path):
    text = HEAD + (
        "  - {name: n, kind: jobs, region: a, arrivals: {kind: fixed, every_s: 900},\n"
        "     demand: {vcpu: 1, gpu: 1}, work: {kind: fixed, mean_h: 1}}\n"
    )
    scenario = scenario_of(tmp_path, text)
    assert fullness(scenario).factor == pytest.approx(3, rel=1e-3)  # 12 of 16 are left
    assert rated(scenario) == {"w": 2.0}


def test_nothing_that_grows_and_no_room_are_told(tmp_path):
    still = HEAD.replace("{kind: poisson, per_h: 2}", "{kind: fixed, every_s: 3600}")
    with pytest.raises(ValueError, match="no workload with a rate"):
        fullness(scenario_of(tmp_path, still))
    crowd = HEAD + (
        "  - {name: n, kind: jobs, region: a, arrivals: {kind: fixed, every_s: 100},\n"
        "     demand: {vcpu: 1, gpu: 1}, work: {kind: fixed, mean_h: 1}}\n"
    )
    with pytest.raises(ValueError, match="find no room"):
        fullness(scenario_of(tmp_path, crowd))
