"""Which rule keeps a workload out of which pools, before any run."""

from scenarios import demand_of, read
from scheduler import barriers

TEXT = """\
name: barriers
horizon_h: 2
topology:
  clouds: [{name: gov}]
  regions:
    - {name: east, population: 100}
    - {name: west, population: 100}
  sites:
    - {name: e, tier: city, region: east}
    - {name: w, tier: city, region: west}
  links: [{a: e, b: w, delay_ms: 1}]
  pools:
    - {name: cards-e, site: e, cloud: gov, server: srv-910b-8, nodes: 2}
    - {name: cards-w, site: w, cloud: gov, server: srv-910b-8, nodes: 2}
    - {name: plain-e, site: e, cloud: gov, server: srv-kunpeng-7260-2p, nodes: 3}
workloads:
  - name: stays
    kind: jobs
    region: {weights: population}
    arrivals: {kind: poisson, per_h: 2}
    work: {kind: fixed, mean_h: 0.1}
    demand: {vcpu: 4, gpu: 1}
    data: {stays_within: site}
  - name: high
    kind: jobs
    arrivals: {kind: poisson, per_h: 2}
    work: {kind: fixed, mean_h: 0.1}
    demand: {vcpu: 1}
    security_level: 5
"""


def test_each_pool_is_booked_to_the_first_rule_against_it(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(TEXT, encoding="utf-8")
    scenario = read(file)
    asks = demand_of(scenario, 1).asks
    found = barriers(scenario, asks, ["stays", "high", "nobody"])
    told = {who: {why: s.tolist() for why, s in by.items()} for who, by in found.items()}
    assert told == {
        "stays": {"residency": [0.5, 0.5, 0.5], "too-big": [0, 0, 0.5]},
        "high": {"security-level": [1, 1, 1]},
    }
