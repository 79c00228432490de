"""Energy, carbon and money by hand; whatever is not known stays unknown."""

import math

import numpy as np
import pytest

from bench.metrics import measure
from scheduler import simulate
from tests.bench.fakes import TEXT as FAKE_TEXT
from tests.bench.fakes import FakeRecords, a_job, a_scenario

RATE = 87_600 * (1 / 6 + 0.05) / 8760  # CNY a node-hour
YEAR = 1 / 6 + 0.05

TEXT = """\
name: bill
start: 2026-03-02T00:00
horizon_h: 24
levels_every_s: 3600
topology:
  chips:
    - {name: plain, kind: cpu, isa: x86_64, cores: 16}
    - {name: card, kind: npu, memory_gib: 64, slices: [250, 500, 1000]}
    - {name: offload, kind: dpu, network_gbit_s: 200, idle_w: 40, tdp_w: 60, price_cny: 8760}
  servers:
    - {name: host, cpu: plain, sockets: 1, vcpu: 16, memory_gib: 64, idle_w: 100, peak_w: 500,
       price_cny: 87600, infrastructure_vcpu: 4}
    - {name: carded, cpu: plain, accelerator: card, accelerators: 2, sockets: 1, vcpu: 16,
       memory_gib: 64, idle_w: 200, peak_w: 1000, price_cny: 87600}
  clouds:
    - {name: gov-a, egress_cny_per_gb: 0.5}
    - {name: public-b, on_demand: true, price_cny_h: {vcpu: 0.125, memory_gib: 0.25, gpu: 9},
       egress_cny_per_gb: 1}
  regions:
    - {name: zhejiang, level: province}
    - {name: town, level: city, parent: zhejiang, population: 900}
    - {name: far, level: city, parent: zhejiang, population: 100}
  sites:
    - {name: core, region: zhejiang, tier: province, pue: 1.5, tariff: zhejiang}
    - {name: edge, region: town, tier: city, parent: core, pue: 2, tariff: zhejiang}
    - {name: out, region: far, tier: city, parent: core, pue: 1.25, tariff: zhejiang}
  pools:
    - {name: core-cpu, site: core, cloud: gov-a, server: host, nodes: 2}
    - {name: edge-npu, site: edge, cloud: gov-a, server: carded, nodes: 1}
    - {name: rent, site: out, cloud: public-b, server: host, nodes: 100}
  links:
    - {a: core, b: edge, delay_ms: 1, capacity_gbit_s: 10}
    - {a: core, b: out, delay_ms: 5, capacity_gbit_s: 10}
workloads:
"""
NIGHT = """\
  - {name: night, kind: trace, file: night.csv, tenant: a, use: 0.5}
"""
POLICIES = "policies: {dispatch: first-fit}\n"
# flat until 23:00, valley until 07:00 (the table of electricity)
FLAT, VALLEY, PEAK = 0.6656, 0.3356, 1.0156
DAY_CNY = 7 * VALLEY + 2 * FLAT + 3 * PEAK + 5 * FLAT + 4 * PEAK + 2 * FLAT + VALLEY


def run(folder, *rows, text=TEXT, workloads=NIGHT, **changes):
    """Measures of a day in which these rows (hour, hours, demand) run."""
    head = "submit_s,run_s,vcpu,memory_gib,gpu,chips\n"
    lines = [f"{at * 3600},{span * 3600},{demand}\n" for at, span, demand in rows]
    (folder / "night.csv").write_text(head + "".join(lines))
    for old, new in changes.pop("replace", []):
        assert old in text + workloads
        text, workloads = text.replace(old, new), workloads.replace(old, new)
    return measure(simulate(a_scenario(folder, text + workloads + POLICIES), 1))


def values(table, names, scope="all", key=""):
    return [table.value_of(name, scope, key) for name in names.split()]


def test_a_pool_that_nobody_uses_draws_idle_power_and_costs_its_price(tmp_path):
    table = run(tmp_path, (0, 1, "1,0,1,card"))
    found = values(
        table,
        "energy_kwh carbon_kg pue_mean cost_capex_cny cost_energy_cny cost_total_cny "
        "cost_allocated_cny energy_unallocated_kwh",
        "pool",
        "core-cpu",
    )
    kwh = 2 * 0.1 * 24 * 1.5
    energy, capex = 2 * 0.1 * 1.5 * DAY_CNY, 2 * 24 * RATE
    expected = [kwh, kwh * 0.5153, 1.5, capex, energy, capex + energy, 0, kwh]
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_job_across_the_tariff_s_midnight_pays_each_hour_its_price(tmp_path):
    # 6 of the 12 vCPU that a node sells = half a node, from 22:00 on; half of it is used
    table = run(tmp_path, (22, 2, "6,0,0,plain"))
    used_kw = 0.5 * 6 / 16 * 0.4  # use x vCPU / installed x (peak - idle)
    price = FLAT + VALLEY
    energy = (0.5 * 0.1 + used_kw) * 1.5 * price
    capex = 0.5 * 2 * RATE
    for scope, key in [("workload", "night"), ("tenant", "a")]:
        assert values(
            table,
            "cost_energy_cny cost_capex_cny cost_total_cny cost_unallocated_cny energy_kwh "
            "energy_idle_kwh cost_idle_cny cost_per_job_cny",
            scope,
            key,
        ) == pytest.approx(
            [
                energy,
                capex,
                capex + energy,
                0,
                (0.5 * 0.1 + used_kw) * 2 * 1.5,
                0.25 * 0.1 * 2 * 1.5,
                capex / 2 + 0.25 * 0.1 * 1.5 * price,
                capex + energy,
            ],
            rel=1e-12,
        )
    assert table.value_of("cost_energy_cny", "pool", "core-cpu") == pytest.approx(
        (2 * 0.1 * DAY_CNY + used_kw * price) * 1.5, rel=1e-12
    )


def test_a_step_that_a_tariff_cuts_is_split_by_time(tmp_path):
    # one step is the whole day: its mean power meets every price in its hours
    table = run(
        tmp_path,
        (0, 24, "6,0,0,plain"),
        replace=[("levels_every_s: 3600", "levels_every_s: 86400")],
    )
    used_kw = 0.5 * 6 / 16 * 0.4
    assert table.value_of("cost_energy_cny", "pool", "core-cpu") == pytest.approx(
        (2 * 0.1 + used_kw) * 1.5 * DAY_CNY, rel=1e-12
    )


MANY = [
    (0, 5, "6,0,0,plain"), (1, 30, "2,40,0,plain"), (2.25, 3.5, "1,0,0.3,card"),
    (3, 2, "1,0,1,card"), (7, 9, "12,1,0,plain"), (8, 9, "12,1,0,plain"),
    (9, 1, "6,30,0,plain"),
]  # fmt: skip


@pytest.mark.parametrize("scope", ["all", "tier", "cloud", "site", "pool", "chip", "tenant"])
def test_allocated_and_unallocated_add_up_to_the_total_exactly(tmp_path, scope):
    table = run(tmp_path, *MANY)
    keys = {row[4] for row in table.rows() if row[3] == scope}
    for key in keys:
        for total, held, rest in (
            ("cost_total_cny", "cost_allocated_cny", "cost_unallocated_cny"),
            ("energy_kwh", "energy_allocated_kwh", "energy_unallocated_kwh"),
        ):
            whole, part, left = values(table, f"{total} {held} {rest}", scope, key)
            assert whole == part + left
            assert part >= 0
            assert left >= 0


@pytest.mark.parametrize("scope", ["tier", "cloud", "site", "pool", "chip"])
@pytest.mark.parametrize(
    "name", ["cost_total_cny", "energy_kwh", "carbon_kg", "cost_unallocated_cny", "idle_vcpu"]
)
def test_a_total_is_the_sum_of_its_leaves(tmp_path, scope, name):
    table = run(tmp_path, *MANY)
    leaves = [row[6] for row in table.rows() if (row[1], row[3]) == (name, scope)]
    assert table.value_of(name) == pytest.approx(math.fsum(leaves), rel=1e-12)


@pytest.mark.parametrize("name", ["cost_allocated_cny", "energy_allocated_kwh", "used_gpu"])
def test_what_tenants_hold_is_what_pools_have_allocated(tmp_path, name):
    assert run(tmp_path, *MANY).value_of(name) == pytest.approx(
        run(tmp_path, *MANY).value_of(name, "tenant", "a"), rel=1e-12
    )


def test_power_follows_the_accelerator_and_a_share_pays_its_slice(tmp_path):
    # 0.3 of a device becomes the slice of 0.5: a quarter of the node's two devices
    table = run(tmp_path, (12, 1, "1,0,0.3,card"))
    kwh = (0.25 * 0.2 + 0.5 * 0.25 * 0.8) * 2
    assert table.value_of("energy_allocated_kwh", "pool", "edge-npu") == pytest.approx(kwh)
    assert table.value_of("cost_capex_cny", "tenant", "a") == pytest.approx(0.25 * RATE)


def test_dominant_shares_that_exceed_a_node_share_its_whole_price(tmp_path):
    # one takes 3/4 of the vCPU, the other 3/4 of the memory of the only node
    table = run(
        tmp_path,
        (0, 24, "9,16,0,plain"),
        (0, 24, "3,48,0,plain"),
        replace=[("server: host, nodes: 2", "server: host, nodes: 1")],
    )
    assert table.value_of("cost_capex_cny", "tenant", "a") == pytest.approx(24 * RATE)
    assert table.value_of("cost_unallocated_cny", "pool", "core-cpu") == 0


def test_a_dpu_sells_what_infrastructure_took_and_brings_its_price_and_power(tmp_path):
    job = (0, 10, "6,0,0,plain")
    without, with_dpu = (
        run(tmp_path, job, replace=[("host, nodes: 2", f"host, nodes: 2{more}")])
        for more in ("", ", dpu: offload")
    )
    pool = ("pool", "core-cpu")
    assert values(without, "sellable_vcpu installed_vcpu", *pool) == [24, 32]
    assert values(with_dpu, "sellable_vcpu installed_vcpu", *pool) == [32, 32]
    assert with_dpu.value_of("cost_capex_cny", *pool) == pytest.approx(2 * 24 * 11 * YEAR)
    share = 6 / 16
    assert with_dpu.value_of("cost_capex_cny", "tenant", "a") == pytest.approx(
        share * 10 * 11 * YEAR
    )
    assert without.value_of("cost_capex_cny", "tenant", "a") == pytest.approx(0.5 * 10 * RATE)
    # 40 W idle to 60 W at full use on top of 100 to 500
    power_kw = 2 * 0.14 * 24 + 0.5 * share * (0.56 - 0.14) * 10
    assert with_dpu.value_of("energy_kwh", *pool) == pytest.approx(power_kw * 1.5)


FAR = """\
  - name: far
    kind: jobs
    region: far
    arrivals: {kind: fixed, every_s: 43200}
    demand: {vcpu: 4, memory_gib: 8}
    work: {kind: fixed, mean_h: 2}
    use: 0.25
    data: {output_gb: 10}
"""


def test_on_demand_clouds_cost_what_is_allocated_and_nothing_else(tmp_path):
    policies = POLICIES.replace("first-fit", "nearest")
    table = measure(simulate(a_scenario(tmp_path, TEXT + FAR + policies), 1))
    fee = 4 * (4 * 0.125 + 8 * 0.25)  # two jobs of two hours
    found = values(
        table,
        "cost_capex_cny cost_energy_cny cost_network_cny cost_cloud_cny cost_total_cny "
        "cost_unallocated_cny energy_unallocated_kwh cost_idle_cny cost_per_job_cny",
        "pool",
        "rent",
    )
    assert found == pytest.approx([0, 0, 0, fee, fee, 0, 0, fee * 0.75, fee / 2])
    # a third of a node: 4 of 12 vCPU; 4 of 16 at a quarter of the span
    kwh = 4 * (0.1 / 3 + 0.25 * 0.25 * 0.4) * 1.25
    assert table.value_of("energy_kwh", "pool", "rent") == pytest.approx(kwh)


def test_egress_is_paid_for_output_that_leaves_the_cloud_s_site(tmp_path):
    table = measure(simulate(a_scenario(tmp_path, TEXT + FAR + POLICIES), 1))
    assert table.value_of("cost_network_cny", "cloud", "gov-a") == 2 * 10 * 0.5
    assert table.value_of("cost_network_cny", "region", "far") == 10


@pytest.mark.parametrize(
    ("old", "new", "null", "known"),
    [
        pytest.param(
            "price_cny: 87600, infrastructure_vcpu: 4", "infrastructure_vcpu: 4",
            "cost_capex_cny cost_total_cny cost_unallocated_cny cost_per_job_cny",
            "energy_kwh cost_energy_cny",
            id="price",
        ),
        pytest.param(
            "idle_w: 100, peak_w: 500,", "idle_w: 100,",
            "energy_kwh carbon_kg cost_energy_cny cost_total_cny pue_mean", "cost_capex_cny",
            id="wattage",
        ),
        pytest.param(
            "pue: 1.5, tariff: zhejiang", "pue: 1.5",
            "carbon_kg cost_energy_cny cost_total_cny", "energy_kwh pue_mean cost_capex_cny",
            id="tariff",
        ),
        pytest.param(
            "host, nodes: 2", "host, nodes: 2, dpu: bluefield-2",
            "cost_capex_cny cost_total_cny", "energy_kwh", id="price of a DPU",
        ),
        pytest.param(
            "gov-a, egress_cny_per_gb: 0.5", "gov-a",
            "cost_network_cny cost_total_cny", "energy_kwh cost_energy_cny", id="egress",
        ),
    ],
)  # fmt: skip
def test_what_is_unknown_is_null_in_all_that_rests_on_it(tmp_path, old, new, null, known):
    text = TEXT.replace(old, new)
    assert text != TEXT
    table = measure(simulate(a_scenario(tmp_path, text + FAR + POLICIES), 1))
    assert all(math.isnan(value) for value in values(table, null))
    assert not any(math.isnan(value) for value in values(table, known))
    assert math.isnan(table.value_of("cost_total_cny", "pool", "core-cpu"))
    assert not math.isnan(table.value_of("cost_total_cny", "pool", "edge-npu"))


def test_an_unpriced_cloud_is_null_only_if_someone_went_there(tmp_path):
    fee = ", price_cny_h: {vcpu: 0.125, memory_gib: 0.25, gpu: 9}"
    text = TEXT.replace(fee, "")
    assert text != TEXT
    quiet = measure(simulate(a_scenario(tmp_path, text + FAR + POLICIES), 1))
    assert quiet.value_of("cost_cloud_cny") == 0
    policies = POLICIES.replace("first-fit", "nearest")
    used = measure(simulate(a_scenario(tmp_path, text + FAR + policies), 1))
    assert math.isnan(used.value_of("cost_cloud_cny"))


def test_staff_is_no_input_so_it_is_null_and_outside_the_total(tmp_path):
    table = run(tmp_path, *MANY)
    assert math.isnan(table.value_of("cost_staff_cny"))
    terms = "cost_capex_cny cost_energy_cny cost_network_cny cost_cloud_cny"
    assert table.value_of("cost_total_cny") == pytest.approx(sum(values(table, terms)))


def test_only_hours_from_warm_up_to_horizon_count(tmp_path):
    warm = [("horizon_h: 24", "horizon_h: 24\nwarmup_h: 4")]
    table = run(tmp_path, (2, 4, "6,0,0,plain"), (22, 9, "6,0,0,plain"), replace=warm)
    assert table.value_of("cost_capex_cny", "pool", "core-cpu") == pytest.approx(2 * 20 * RATE)
    assert table.value_of("cost_capex_cny", "tenant", "a") == pytest.approx(0.5 * 4 * RATE)


@pytest.mark.parametrize("at", ["pool", "platform"])
def test_a_line_above_pools_holds_nodes_through_dispatch_and_transfer(tmp_path, at):
    text = TEXT.replace("name: gov-a,", "name: gov-a, control_plane_delay_ms: 3600000,")
    policies = POLICIES.replace("}", f", queue: {{name: fcfs, at: {at}}}}}")
    far = FAR.replace("every_s: 43200", "every_s: 86400")
    table = measure(simulate(a_scenario(tmp_path, text + far + policies), 1))
    hours = {"pool": 2, "platform": 3}[at]
    assert table.value_of("cost_capex_cny", "workload", "far") == pytest.approx(
        hours * RATE / 3
    )


def test_people_within_reach_of_a_site(tmp_path):
    table = run(tmp_path, (0, 1, "1,0,0,plain"))
    shares = [f"covered_share_{limit}_ms" for limit in (1, 5, 10, 20)]
    assert values(table, " ".join(shares)) == [1, 1, 1, 1]
    assert values(table, " ".join(shares), "tier", "province") == [0.9, 1, 1, 1]
    assert values(table, " ".join(shares), "cloud", "gov-a") == [0.9, 1, 1, 1]


def test_without_people_nobody_is_covered_or_not(tmp_path):
    text = TEXT.replace(", population: 900", "").replace(", population: 100", "")
    assert math.isnan(
        run(tmp_path, (0, 1, "1,0,0,plain"), text=text).value_of("covered_share_5_ms")
    )


def test_the_ledger_balances(tmp_path):
    table = run(tmp_path, (0, 12, "6,32,0,plain"), (0, 6, "1,0,0.3,card"))
    kinds = ["installed", "sellable", "allocated", "used", "idle", "unallocated"]

    def lines(name, *where):
        return [table.value_of(f"{kind}_{name}", *where) for kind in kinds]

    assert lines("vcpu", "pool", "core-cpu") == [32, 24, 3, 1.5, 1.5, 21]
    assert lines("memory_gib", "pool", "core-cpu") == [128, 128, 16, 8, 8, 112]
    assert lines("gpu", "chip", "card") == [2, 2, 0.125, 0.0625, 0.0625, 1.875]
    assert lines("gpu_memory_gib", "pool", "edge-npu")[:3] == [128, 128, 8]
    held = [table.value_of(f"{kind}_vcpu", "tenant", "a") for kind in kinds[2:5]]
    assert held == pytest.approx([3.25, 1.625, 1.625])


def test_an_unknown_capacity_stays_unknown_in_every_sum_of_the_ledger(tmp_path):
    text = TEXT.replace("vcpu: 16, memory_gib: 64, idle_w: 100", "vcpu: 16, idle_w: 100")
    assert text != TEXT
    table = run(tmp_path, (0, 1, "1,0,0,plain"), text=text)
    assert math.isnan(table.value_of("sellable_memory_gib", "pool", "core-cpu"))
    assert math.isnan(table.value_of("unallocated_memory_gib"))
    assert table.value_of("sellable_memory_gib", "pool", "edge-npu") == 64


def test_money_has_the_same_bits_in_chunks_of_any_size(tmp_path):
    text = FAKE_TEXT.replace("tier: province", "tier: province, pue: 1.3, tariff: zhejiang")
    text = text.replace("vcpu: 16,", "vcpu: 16, idle_w: 90, peak_w: 410, price_cny: 77777,")
    text = text.replace("demand: {vcpu: 1}\n", "demand: {vcpu: 1}\n    use: 0.3\n")
    scenario = a_scenario(tmp_path, text)
    jobs = [
        a_job(submit_s=n * 7.1, end_s=n * 7.1 + 300 + n / 3, run_s=300 + n / 3, vcpu=0.1 * n)
        for n in range(1, 40)
    ]
    whole, cut = (measure(FakeRecords(jobs, scenario, cut=size)) for size in (1_000_000, 7))
    assert whole.value_of("cost_energy_cny", "tenant", "default") > 0
    np.testing.assert_array_equal(whole.value, cut.value)
    assert whole.key == cut.key
