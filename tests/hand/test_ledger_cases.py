"""The one ledger and its roll-ups by hand: two sites, two clouds, three pools, two tenants.

One day, 24 h. Amounts are means over the day.

    core (province)   big    gov-a  2 x 16 vCPU, infrastructure 2 each, a quarter kept back
                      rent   pub    1 x 8 vCPU, on demand
    edge (city)       card   gov-a  1 x 8 vCPU, 2 cards of 80 GiB
"""

import math

import pytest

from tests.hand.worlds import told

TEXT = """\
name: ledger
start: 2026-03-02T00:00
horizon_h: 24
drain_h: 0
levels_every_s: 3600
topology:
  chips:
    - {name: plain, kind: cpu, isa: x86_64, cores: 16}
    - {name: other, kind: cpu, isa: aarch64, cores: 8}
    - {name: npu, kind: npu, memory_gib: 80}
  servers:
    - {name: big, cpu: plain, sockets: 1, vcpu: 16, memory_gib: 64, infrastructure_vcpu: 2,
       idle_w: 100, peak_w: 420, price_cny: 87600, life_years: 5, maintenance_share_year: 0.1}
    - {name: small, cpu: other, sockets: 1, vcpu: 8, memory_gib: 32, idle_w: 60, peak_w: 220}
    - {name: carded, cpu: other, accelerator: npu, accelerators: 2, sockets: 1, vcpu: 8,
       memory_gib: 32, idle_w: 200, peak_w: 1000, price_cny: 175200, life_years: 5,
       maintenance_share_year: 0.1}
  clouds:
    - {name: gov-a, egress_cny_per_gb: 0}
    - {name: pub, on_demand: true, price_cny_h: {vcpu: 0.5, memory_gib: 0, gpu: 0},
       egress_cny_per_gb: 0}
  sites:
    - {name: core, tier: province, pue: 1.5, tariff: xizang}
    - {name: edge, tier: city, pue: 2, tariff: xizang}
  pools:
    - {name: big, site: core, cloud: gov-a, server: big, nodes: 2, reserve_share: 0.25}
    - {name: rent, site: core, cloud: pub, server: small, nodes: 1}
    - {name: card, site: edge, cloud: gov-a, server: carded, nodes: 1}
tenants: [{name: a}, {name: b}]
workloads:
  - {name: w1, kind: jobs, tenant: a, chips: {any_of: [plain]}, use: 0.5, demand: {vcpu: 7},
     arrivals: {kind: batch, at: ["00:00", "12:00"], jobs: 1}, work: {kind: fixed, mean_h: 12}}
  - {name: w2, kind: jobs, tenant: b, chips: {any_of: [npu]}, use: 0.25,
     demand: {vcpu: 2, gpu: 0.5}, arrivals: {kind: batch, at: ["06:00"], jobs: 1},
     work: {kind: fixed, mean_h: 6}}
  - {name: w3, kind: jobs, tenant: a, chips: {any_of: [other]}, demand: {vcpu: 4},
     arrivals: {kind: batch, at: ["00:00"], jobs: 1}, work: {kind: fixed, mean_h: 3}}
policies: {dispatch: {name: first-fit}}
"""
KINDS = ("installed", "sellable", "allocated", "used", "idle", "unallocated")
# vCPU: big sells (16 - 2) x 2 x 0.75 = 21. w1 holds 7 all day, half of it busy; w2 2 for a
# quarter of the day, a quarter busy; w3 4 for an eighth of the day, all busy.
POOLS = {
    "big": [32, 21, 7, 3.5, 3.5, 14],
    "rent": [8, 8, 0.5, 0.5, 0, 7.5],
    "card": [8, 8, 0.5, 0.125, 0.375, 7.5],
}
WHERE = {
    ("tier", "province"): ("big", "rent"),
    ("tier", "city"): ("card",),
    ("site", "core"): ("big", "rent"),
    ("site", "edge"): ("card",),
    ("cloud", "gov-a"): ("big", "card"),
    ("cloud", "pub"): ("rent",),
    ("chip", "plain"): ("big",),
    ("chip", "other"): ("rent",),
    ("chip", "npu"): ("card",),
    ("all", ""): ("big", "rent", "card"),
}


@pytest.fixture(params=["plain", "lane"])
def run(request, tmp_path):
    return told(tmp_path, TEXT, engine=request.param)


@pytest.mark.parametrize("pool", POOLS)
def test_leaves(run, pool):
    found = [run.value(f"{kind}_vcpu", "pool", pool) for kind in KINDS]
    assert found == pytest.approx(POOLS[pool], abs=1e-9)


@pytest.mark.parametrize(("scope", "key"), WHERE)
def test_every_line_is_the_sum_of_its_pools(run, scope, key):
    expected = [
        sum(column) for column in zip(*(POOLS[p] for p in WHERE[scope, key]), strict=True)
    ]
    found = [run.value(f"{kind}_vcpu", scope, key) for kind in KINDS]
    assert found == pytest.approx(expected, abs=1e-9)


def test_tenants_hold_what_is_allocated(run):
    held = {t: [run.value(f"{k}_vcpu", "tenant", t) for k in KINDS[2:5]] for t in "ab"}
    assert held["a"] == pytest.approx([7.5, 4, 3.5], abs=1e-9)
    assert held["b"] == pytest.approx([0.5, 0.125, 0.375], abs=1e-9)


def test_other_resources(run):
    gpu = [run.value(f"{kind}_gpu") for kind in KINDS]
    # half a card for a quarter of the day, a quarter of that busy
    assert gpu == pytest.approx([2, 2, 0.125, 0.03125, 0.09375, 1.875], abs=1e-9)
    memory = [run.value(f"{kind}_gpu_memory_gib", "chip", "npu") for kind in KINDS]
    assert memory == pytest.approx([160, 160, 10, 2.5, 7.5, 150], abs=1e-9)
    # memory of hosts: 128 of which a quarter is kept back, 32 and 32; nobody asks for any
    host = [run.value(f"{kind}_memory_gib") for kind in KINDS]
    assert host == pytest.approx([192, 96 + 64, 0, 0, 0, 160], abs=1e-9)


def test_energy_and_money_of_every_pool(run):
    """Xizang: 0.55 CNY a kWh all day. A big node costs 87,600 x 0.3 / 8,760 = 3 CNY an hour."""
    # w1 works with half of 7 of the 32 vCPU of two nodes that span 0.32 kW each
    big_kwh = (2 * 0.1 + 2 * 0.32 * 3.5 / 32) * 24 * 1.5
    # w2 with a quarter of half a card of two: a sixteenth of 0.8 kW for 6 h
    card_kwh = (0.2 * 24 + 0.8 * (0.25 * 0.5 / 2) * 6) * 2
    # rented for 3 h: half a node, and half of its span
    rent_kwh = (0.5 * 0.06 + 0.16 * 4 / 8) * 3 * 1.5
    for pool, kwh in (("big", big_kwh), ("card", card_kwh), ("rent", rent_kwh)):
        assert run.value("energy_kwh", "pool", pool) == pytest.approx(kwh, rel=1e-9)
    cny = {
        "big": 2 * 24 * 3 + big_kwh * 0.55,
        "card": 24 * 6 + card_kwh * 0.55,
        "rent": 3 * 4 * 0.5,
    }
    for (scope, key), pools in WHERE.items():
        expected = math.fsum(cny[pool] for pool in pools)
        assert run.value("cost_total_cny", scope, key) == pytest.approx(expected, rel=1e-9)
    # a third of a node that sells 21 / 2 vCPU is w1's: 7 of 21, so two thirds of two nodes
    share = 2 * 7 / 21
    a_cny = share * 24 * 3 + (share * 0.1 + 2 * 0.32 * 3.5 / 32) * 24 * 1.5 * 0.55 + 6
    assert run.value("cost_total_cny", "tenant", "a") == pytest.approx(a_cny, rel=1e-9)
    # w2: a quarter of the node for 6 h
    b_cny = 0.25 * 6 * 6 + (0.25 * 0.2 + 0.8 * 0.0625) * 6 * 2 * 0.55
    assert run.value("cost_total_cny", "tenant", "b") == pytest.approx(b_cny, rel=1e-9)
    assert run.value("cost_allocated_cny") == pytest.approx(a_cny + b_cny, rel=1e-9)
    rest = sum(cny.values()) - a_cny - b_cny
    assert run.value("cost_unallocated_cny") == pytest.approx(rest, rel=1e-9)


GANG = """\
name: gang over two pools
start: 2026-03-02T00:00
horizon_h: 4
levels_every_s: 3600
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 8}]
  servers:
    - {name: host, cpu: plain, sockets: 1, vcpu: 8, memory_gib: 32, idle_w: 100, peak_w: 500,
       price_cny: 87600, life_years: 5, maintenance_share_year: 0.1}
  clouds:
    - {name: gov, egress_cny_per_gb: 0}
    - {name: pub, on_demand: true, price_cny_h: {vcpu: 0.5, memory_gib: 0, gpu: 0},
       egress_cny_per_gb: 0}
  sites: [{name: here, tier: city, pue: 1, tariff: xizang}]
  pools:
    - {name: own, site: here, cloud: gov, server: host, nodes: 1}
    - {name: rent, site: here, cloud: pub, server: host, nodes: 4}
tenants: [{name: a}, {name: b}]
workloads:
  - {name: gang, kind: jobs, tenant: a, demand: {vcpu: 6, nodes: 3, gang_within: site},
     use: 0.5, arrivals: {kind: batch, at: ["00:00"], jobs: 1},
     work: {kind: fixed, mean_h: 2}}
  - {name: beside, kind: jobs, tenant: b, demand: {vcpu: 2},
     arrivals: {kind: batch, at: ["00:00"], jobs: 2}, work: {kind: fixed, mean_h: 1}}
policies: {dispatch: {name: first-fit}, queue: {name: fcfs, at: site}}
"""


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_a_gang_over_two_pools_pays_in_both(tmp_path, engine):
    """One member has 6 of the own node's 8 vCPU, two stand on rented ones, for 2 of 4 h.

    The other two vCPU of the own node are b's for an hour.
    """
    text = GANG.replace("name: beside", "name: later").replace("jobs: 2}", "jobs: 1}")
    run = told(tmp_path, text, engine=engine)
    jobs = run.jobs()
    assert (jobs["gang-1"].pool, jobs["later-1"].pool) == ("own", "own")
    # vCPU-hours over 4 h: the gang 6 x 2 and 12 x 2, the other 2 x 1
    held = {p: run.value("allocated_vcpu", "pool", p) for p in ("own", "rent")}
    assert held == pytest.approx({"own": 14 / 4, "rent": 24 / 4})
    tenants = {t: run.value("allocated_vcpu", "tenant", t) for t in "ab"}
    assert tenants == pytest.approx({"a": 36 / 4, "b": 2 / 4})
    # the rented members cost 12 x 0.5 CNY an hour, the own one 6/8 of 3 CNY and of its power
    a_cloud = 12 * 0.5 * 2
    a_capex = 0.75 * 3 * 2
    a_energy = (0.75 * 0.1 + 0.5 * 0.75 * 0.4) * 2 * 0.55
    assert run.value("cost_cloud_cny", "tenant", "a") == pytest.approx(a_cloud)
    assert run.value("cost_capex_cny", "tenant", "a") == pytest.approx(a_capex)
    assert run.value("cost_energy_cny", "tenant", "a") == pytest.approx(a_energy)
    assert run.value("cost_cloud_cny", "pool", "rent") == pytest.approx(a_cloud)
    assert run.value("cost_unallocated_cny", "pool", "rent") == 0
    b_capex, b_energy = 0.25 * 3, (0.25 * 0.1 + 0.25 * 0.4) * 0.55
    assert run.value("cost_total_cny", "tenant", "b") == pytest.approx(b_capex + b_energy)
    # three members' power, of which two stand where nobody pays for it by the kWh
    kwh = 3 * (0.75 * 0.1 + 0.5 * 0.75 * 0.4) * 2
    assert run.value("energy_kwh", "tenant", "a") == pytest.approx(kwh)


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_a_gang_that_found_the_first_pool_full(tmp_path, engine):
    """Two jobs of 2 vCPU come first by name; the gang needs 6 of the 4 that they leave."""
    run = told(tmp_path, GANG, engine=engine)
    jobs = run.jobs()
    assert [jobs[n].pool for n in ("beside-1", "beside-2", "gang-1")] == ["own", "own", "rent"]
    assert run.value("cost_cloud_cny", "tenant", "a") == pytest.approx(18 * 0.5 * 2)
    assert run.value("cost_capex_cny", "tenant", "a") == 0
    assert run.value("allocated_vcpu", "pool", "own") == pytest.approx(4 / 4)


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_a_tenant_whose_jobs_all_came_in_the_warm_up_has_its_line(tmp_path, engine):
    """8 vCPU all day by one who came at 00:00; only the second half of the day is looked at."""
    text = TEXT.replace("tenants: [{name: a}, {name: b}]\n", "warmup_h: 12\n")
    text = text.split("workloads:")[0] + (
        "workloads:\n"
        "  - {name: early, kind: jobs, tenant: early, demand: {vcpu: 8},\n"
        '     arrivals: {kind: batch, at: ["00:00"], jobs: 1},\n'
        "     work: {kind: fixed, mean_h: 24}}\n"
    )
    run = told(tmp_path, text, engine=engine)
    assert run.value("jobs_submitted") == 0
    assert run.value("allocated_vcpu") == pytest.approx(8)
    assert run.value("allocated_vcpu", "tenant", "early") == pytest.approx(8)
    assert run.value("jobs_submitted", "tenant", "early") == 0
    whole = run.value("cost_allocated_cny")
    assert run.value("cost_total_cny", "tenant", "early") == pytest.approx(whole)
    assert whole > 0


TRACED = """\
name: traced
horizon_h: 4
levels_every_s: 3600
topology:
  chips:
    - {name: plain, kind: cpu, isa: x86_64, cores: 8}
    - {name: npu, kind: npu, memory_gib: 80}
    - {name: board, kind: dpu, network_gbit_s: 100}
  servers:
    - {name: host, cpu: plain, accelerator: npu, accelerators: 2, dpu: board, sockets: 1,
       vcpu: 8, memory_gib: 32, local_storage_gb: 1000}
  clouds: [{name: gov}]
  sites: [{name: here, tier: city}]
  pools: [{name: p, site: here, cloud: gov, server: host, nodes: 1}]
workloads:
  - {name: old, kind: trace, file: rows.csv, use: 0.5}
  - {name: new, kind: jobs, tenant: c, demand: {vcpu: 1, dpu_share: 0.25},
     arrivals: {kind: batch, at: ["00:00"], jobs: 1}, work: {kind: fixed, mean_h: 4}}
"""
ROWS = "submit_s,run_s,vcpu,gpu,gpu_memory_gib,dpu_share,local_storage_gb,tenant\n"


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_what_rows_of_a_trace_hold_is_their_tenants(tmp_path, engine):
    """Two hours of half an NPU with 30 GiB, half a DPU and 400 GB; `use` is a half."""
    (tmp_path / "rows.csv").write_text(ROWS + "0,7200,2,0.5,30,0.5,400,a\n")
    run = told(tmp_path, TRACED, engine=engine)
    held = {
        "gpu": (0.25, 0.125), "gpu_memory_gib": (15, 7.5), "local_storage_gb": (200, 100),
        "dpu": (0.25, 0.125),
    }  # fmt: skip
    for resource, (allocated, used) in held.items():
        assert run.value(f"allocated_{resource}", "tenant", "a") == pytest.approx(allocated)
        assert run.value(f"used_{resource}", "tenant", "a") == pytest.approx(used)
    # a quarter of the DPU all the time is that of the other workload's
    assert run.value("allocated_dpu", "tenant", "c") == pytest.approx(0.25)
    assert run.value("allocated_dpu") == pytest.approx(0.5)


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_what_several_tenants_of_a_trace_hold_of_it_is_unknown_not_nothing(tmp_path, engine):
    rows = "0,7200,2,0,,0,400,a\n0,7200,2,0,,0,100,b\n"
    (tmp_path / "rows.csv").write_text(ROWS + rows)
    run = told(tmp_path, TRACED, engine=engine)
    assert run.value("allocated_local_storage_gb") == pytest.approx(250)
    assert math.isnan(run.value("allocated_local_storage_gb", "tenant", "a"))
    assert math.isnan(run.value("allocated_local_storage_gb", "tenant", "b"))
    assert run.value("allocated_local_storage_gb", "tenant", "c") == 0
    # what the job table tells stays known
    assert run.value("allocated_vcpu", "tenant", "b") == pytest.approx(1)
    assert run.value("allocated_gpu", "tenant", "a") == 0
