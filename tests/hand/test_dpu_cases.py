"""What a DPU is worth: vCPUs to sell, time on the line, watts and yuan, by hand.

A node of the catalogue: 2 x Kunpeng 7260, 128 vCPU, 50 Gbit/s, 150 W idle and 480 W at full
use, 95,000 CNY, written off in 6 years, upkeep 5 % a year. BlueField-3: 400 Gbit/s, 75 to
150 W, 18,000 CNY. Infrastructure takes 12 vCPU of a node that has no DPU.
"""

import json

import pytest
from typer.testing import CliRunner

from bench.commands import app
from tests.hand.worlds import told, told_variants, written
from topology import catalogue_chips

TEXT = """\
name: dpu
start: 2026-03-02T00:00   # Zhejiang's valley lasts until 07:00
horizon_h: 7
seeds: 1
levels_every_s: 3600
topology:
  clouds: [{name: gov, egress_cny_per_gb: 0}]
  sites: [{name: here, tier: city, pue: 1.25, tariff: zhejiang}]
  pools: [{name: p, site: here, cloud: gov, server: srv-kunpeng-7260-2p, nodes: 2}]
workloads:
  - name: j
    kind: jobs
    region: here
    arrivals: {kind: batch, at: ["01:00"], jobs: 1}
    demand: {vcpu: 58}
    work: {kind: fixed, mean_h: 2}
    data: {input_gb: 50}
    use: 0.5
variants:
  without: {}
  with: {"topology.pools[p].dpu": bluefield-3}
"""
VALLEY = 0.3356
PUE = 1.25
YEARLY = 1 / 6 + 0.05


@pytest.fixture(params=["plain", "lane"])
def both(request, tmp_path):
    return told_variants(tmp_path, TEXT, engine=request.param)


def test_a_dpu_gives_back_the_vcpus_of_infrastructure(both):
    sold = {name: run.value("sellable_vcpu") for name, run in both.items()}
    # 2 x (128 - 12), and 2 x 128; installed are the same
    assert sold == {"without": 232, "with": 256}
    assert {run.value("installed_vcpu") for run in both.values()} == {256}


def test_a_dpu_is_the_line_rate_of_its_node(both):
    moved = {name: run.jobs()["j-1"].transfer_in_s for name, run in both.items()}
    # 50 GB are 400 Gbit: at 50 Gbit/s, and at 400
    assert moved == {"without": 8, "with": 1}
    starts = {name: run.jobs()["j-1"].start_s for name, run in both.items()}
    assert starts == {"without": 3608, "with": 3601}


def test_a_dpu_draws_power_whatever_is_done(both):
    # two idle nodes for 7 h, and for 2 h one of them does 58 of its 128 vCPU, half of that busy
    work_h = 2 * 0.5 * 58 / 128
    for name, idle_kw, peak_kw in (("without", 0.150, 0.480), ("with", 0.225, 0.630)):
        kwh = (2 * idle_kw * 7 + (peak_kw - idle_kw) * work_h) * PUE
        assert both[name].value("energy_kwh") == pytest.approx(kwh, rel=1e-12)
        money = kwh * VALLEY
        assert both[name].value("cost_energy_cny") == pytest.approx(money, rel=1e-12)


def test_a_dpu_costs_its_price_and_makes_each_share_of_a_node_smaller(both):
    # 58 vCPU are half of 116, and 58 parts of 128
    for name, price_cny, share in (("without", 95_000, 58 / 116), ("with", 113_000, 58 / 128)):
        hour_cny = price_cny * YEARLY / 8760
        run = both[name]
        assert run.value("cost_capex_cny") == pytest.approx(2 * 7 * hour_cny, rel=1e-12)
        held = run.value("cost_capex_cny", "tenant", "default")
        assert held == pytest.approx(2 * share * hour_cny, rel=1e-12)
        idle = run.value("cost_unallocated_cny") - run.value("energy_unallocated_kwh") * VALLEY
        assert idle == pytest.approx((14 - 2 * share) * hour_cny, rel=1e-12)


def test_the_command_line_shows_all_four(tmp_path):
    file = written(tmp_path, TEXT)
    args = ["run", str(file), "--out", str(tmp_path / "out"), "--json", "--workers", "1"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0
    variants = json.loads(done.stdout.splitlines()[-1])["variants"]
    names = ("sellable_vcpu", "transfer_mean_s", "energy_kwh", "cost_capex_cny")
    means = {v: [variants[v][name]["mean"] for name in names] for v in variants}
    work_h = 2 * 0.5 * 58 / 128
    assert means["without"] == pytest.approx(
        [232, 8, (2.1 + 0.330 * work_h) * PUE, 14 * 95_000 * YEARLY / 8760]
    )
    assert means["with"] == pytest.approx(
        [256, 1, (3.15 + 0.405 * work_h) * PUE, 14 * 113_000 * YEARLY / 8760]
    )


SHARES = """\
name: dpu shares
horizon_h: 2
topology:
  clouds: [{name: gov}]
  sites: [{name: here, tier: city}]
  pools:
    - {name: none, site: here, cloud: gov, server: srv-kunpeng-7260-2p, nodes: 9}
    - {name: some, site: here, cloud: gov, server: srv-kunpeng-7260-2p, nodes: 1, dpu: yusur-k2}
workloads:
  - name: j
    kind: jobs
    arrivals: {kind: batch, at: ["00:00", "00:10", "00:20"], jobs: 1}
    demand: {vcpu: 1, dpu_share: 0.5}
    work: {kind: fixed, mean_h: 1}
policies: {dispatch: {name: first-fit}}
"""


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_jobs_share_the_dpu_of_a_node_and_wait_for_it(tmp_path, engine):
    run = told(tmp_path, SHARES, engine=engine)
    jobs = run.jobs().values()
    # two halves are the whole; the third waits 40 min for the first although vCPUs are free
    assert [job.pool for job in jobs] == ["some"] * 3
    assert [job.start_s for job in jobs] == [0, 600, 3600]
    assert [job.reason for job in jobs] == ["", "", "no-capacity"]
    # [0, 2 h): a half for 1 h + 1 h + 1 h, of one DPU
    assert run.value("allocated_dpu") == pytest.approx(0.5 * 3 / 2)


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_without_a_dpu_anywhere_it_is_no_chip(tmp_path, engine):
    text = SHARES.replace(", dpu: yusur-k2", "")
    run = told(tmp_path, text, engine=engine)
    assert [job.reason for job in run.jobs().values()] == ["no-chip"] * 3


def test_the_dpu_of_a_server_of_the_catalogue_is_in_its_price_and_its_power(tmp_path):
    """An H100 node has a BlueField-3 in its row: named again, it costs nothing more."""
    text = TEXT.replace("srv-kunpeng-7260-2p", "srv-h100-8")
    runs = told_variants(tmp_path, text)
    for run in runs.values():
        # 2.4 million CNY; 1.5 kW idle to 10.2 kW at full use of its GPUs, which are idle here
        assert run.value("sellable_vcpu") == 2 * 224
        capex = 14 * 2_400_000 * YEARLY / 8760
        assert run.value("cost_capex_cny") == pytest.approx(capex, rel=1e-12)
        assert run.value("energy_kwh") == pytest.approx(14 * 1.5 * PUE, rel=1e-12)


def test_only_one_dpu_of_the_catalogue_has_a_price_and_others_make_money_unknown(tmp_path):
    priced = {c.name for c in catalogue_chips().values() if c.kind == "dpu" and c.price_cny}
    assert priced == {"bluefield-3"}
    run = told_variants(tmp_path, TEXT.replace("bluefield-3", "yusur-k2"))["with"]
    assert run.value("cost_capex_cny") != run.value("cost_capex_cny")
    assert run.value("sellable_vcpu") == 256
    # 200 Gbit/s, 30 W idle
    assert run.jobs()["j-1"].transfer_in_s == 2
    work_h = 2 * 0.5 * 58 / 128
    kwh = (2 * 0.180 * 7 + (0.540 - 0.180) * work_h) * PUE
    assert run.value("energy_kwh") == pytest.approx(kwh, rel=1e-12)
