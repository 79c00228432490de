"""Jobs that were stopped held nodes more than once: money and energy of each stay, by hand."""

import pytest

from bench.metrics import measure
from bench.store import RunWriter, StoredRecords
from scheduler import simulate
from tests.bench.fakes import a_scenario
from tests.laws.generator import scenario_of, scenario_tree

TEXT = """\
name: stays
horizon_h: 24
topology:
  chips:
    - {name: x, kind: cpu, isa: x86_64, cores: 16}
    - {name: k, kind: cpu, isa: aarch64, cores: 16}
  servers:
    - {name: small, cpu: x, sockets: 1, vcpu: 16, memory_gib: 64, idle_w: 100, peak_w: 500,
       price_cny: 87600}
    - {name: large, cpu: k, sockets: 1, vcpu: 32, memory_gib: 64, idle_w: 200, peak_w: 1000,
       price_cny: 175200}
  clouds: [{name: gov}]
  sites:
    - {name: core, tier: province, pue: 1.5}
    - {name: edge, tier: city, pue: 2}
  pools:
    - {name: one, site: core, cloud: gov, server: small, nodes: 1}
    - {name: two, site: edge, cloud: gov, server: large, nodes: 1}
workloads:
  - {name: low, kind: jobs, tenant: a, arrivals: {kind: batch, at: ["00:00"], jobs: 1},
     demand: {vcpu: 16}, work: {kind: fixed, mean_h: 3}, preemptible: true,
     checkpoint_every_h: 1}
  - {name: high, kind: jobs, tenant: b, arrivals: {kind: batch, at: ["01:30"], jobs: 1},
     demand: {vcpu: 16}, work: {kind: fixed, mean_h: 4}, priority: 1,
     chips: {any_of: [x]}}
policies:
  dispatch: first-fit
  queue: {name: fcfs, at: platform}
  preemption: priority
"""
RATE = 87_600 * (1 / 6 + 0.05) / 8760  # CNY an hour of the small node; the large costs twice


def stored(folder, scenario, seed=1):
    """The records of a run, written and read again."""
    writer = RunWriter(folder / "jobs", folder / "levels", scenario.variant, seed)
    simulate(scenario, seed, sink=writer)
    writer.close()
    return StoredRecords(folder / "jobs", folder / "levels", scenario, scenario.variant, seed)


@pytest.fixture(params=["memory", "disk"])
def table(request, tmp_path):
    """Low: `one` 0:00 to 1:30 (1 h kept), `two` 1:30 to 3:30; high: `one` 1:30 to 5:30."""
    scenario = a_scenario(tmp_path, TEXT)
    if request.param == "disk":
        return measure(stored(tmp_path, scenario))
    return measure(simulate(scenario, 1))


def test_energy_of_two_stays_is_that_of_both_pools(table):
    """1.5 h x 0.5 kW x 1.5 in `one`; 2 h x half a node of (0.2 + 0.8) kW x 2 in `two`."""
    one, two = 1.5 * 0.5 * 1.5, 2 * (0.1 + 0.4) * 2
    value = table.value_of
    assert value("energy_allocated_kwh", "workload", "low") == pytest.approx(one + two)
    assert value("energy_allocated_kwh", "pool", "two") == pytest.approx(two)
    assert value("energy_allocated_kwh", "pool", "one") == pytest.approx(one + 4 * 0.75)


def test_money_of_two_stays_is_that_of_both_pools(table):
    value = table.value_of
    assert value("cost_capex_cny", "workload", "low") == pytest.approx((1.5 + 2 * 2 / 2) * RATE)
    assert value("cost_capex_cny", "tenant", "b") == pytest.approx(4 * RATE)
    assert value("cost_capex_cny", "all", "") == pytest.approx(24 * 3 * RATE)


def test_the_ledger_adds_up_over_tenants_and_pools(table):
    value = table.value_of
    hours = {"one": 16 * 5.5, "two": 16 * 2}
    for name, amount in hours.items():
        assert value("allocated_vcpu", "pool", name) == pytest.approx(amount / 24)
    assert value("allocated_vcpu", "tenant", "a") == pytest.approx(16 * 3.5 / 24)
    assert value("allocated_vcpu", "tenant", "b") == pytest.approx(16 * 4 / 24)


def test_stops_are_counted_and_lost_time_is_added_up(table):
    value = table.value_of
    assert value("preemptions", "all", "") == 1
    assert value("preemptions", "tenant", "a") == 1
    assert value("lost_s", "all", "") == value("lost_s", "workload", "low") == 1800
    assert value("jobs_finished", "pool", "two") == 1


def test_a_run_on_disk_measures_as_one_in_memory(tmp_path):
    seen = 0
    for seed in range(3000):
        tree = scenario_tree(seed)
        if "preemption" not in tree["policies"]:
            continue
        scenario = scenario_of(tree)
        records = simulate(scenario, seed)
        if not records.column("preemptions").any():
            continue
        seen += 1
        folder = tmp_path / str(seed)
        folder.mkdir()
        one, other = measure(records), measure(stored(folder, scenario, seed))
        assert repr(one.rows()) == repr(other.rows())
        if seen == 20:
            return
    raise AssertionError("too few stops to see")
