"""More work than exists is told before a run."""

import pytest

from scenarios import demand_of, read
from scheduler import offered

TEXT = """\
name: offered
horizon_h: 10
topology:
  clouds: [{name: gov}]
  sites: [{name: a, tier: city}]
  servers: [{name: box, cpu: kunpeng-920-7260, sockets: 1, vcpu: 32, memory_gib: 64,
             infrastructure_vcpu: 0}]
  pools: [{name: p, site: a, cloud: gov, server: box, nodes: 2}]
workloads:
  - name: much
    kind: jobs
    arrivals: {kind: poisson, per_h: 4}
    demand: {vcpu: 16, memory_gib: 1}
    work: {kind: exponential, mean_h: 2}
  - name: memory
    kind: jobs
    arrivals: {kind: poisson, per_h: 1}
    demand: {vcpu: 1, memory_gib: 32}
    work: {kind: fixed, mean_h: 1}
  - name: ever
    kind: jobs
    arrivals: {kind: poisson, per_h: 1}
    demand: {vcpu: 1, memory_gib: 1}
    work: {kind: forever}
"""


def test_load_is_rate_times_mean_times_demand_over_sellable(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(TEXT, encoding="utf-8")
    scenario = read(file)
    found = offered(scenario, demand_of(scenario, 1).asks)
    told = {one.workload: (one.resource, one.load) for one in found}
    assert told == {
        "much": ("vcpu", pytest.approx(4 * 2 * 16 / 64)),
        "memory": ("memory", pytest.approx(32 / 128)),
        "": ("vcpu", pytest.approx((4 * 2 * 16 + 1) / 64)),
    }
