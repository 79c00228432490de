"""What shared links must show: orders are not hurt, a pooled cluster, a hub that is cut."""

import numpy as np
import pytest

from bench import measure
from scenarios import read
from scheduler import simulate

HUB = """\
name: hub
horizon_h: 24
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 8}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 64, memory_gib: 256, nic_gbit_s: 25}]
  clouds: [{name: gov}]
  sites:
    - {name: west, tier: province}
    - {name: hub, tier: nation}
    - {name: north, tier: nation}
    - {name: east, tier: province}
  links:
    - {a: west, b: hub, delay_ms: 8, capacity_gbit_s: 1}
    - {a: hub, b: east, delay_ms: 8, capacity_gbit_s: 1}
    - {a: west, b: north, delay_ms: 20, capacity_gbit_s: 0.5}
    - {a: north, b: east, delay_ms: 20, capacity_gbit_s: 0.5}
  pools: [{name: p, site: east, cloud: gov, server: host, nodes: 200}]
workloads:
  - name: orders
    kind: jobs
    region: west
    arrivals: {kind: poisson, per_h: 60}
    demand: {vcpu: 1}
    work: {kind: exponential, mean_h: 0.02}
    data: {input_gb: 0.5, output_gb: 0.1}
    traffic: order
  - name: bulk
    kind: jobs
    region: west
    arrivals: {kind: poisson, per_h: BULK}
    demand: {vcpu: 1}
    work: {kind: exponential, mean_h: 0.5}
    data: {input_gb: 40, output_gb: 4}
policies: {network: shared}
"""


def told(tmp_path, bulk, text=HUB, sets=()):
    (tmp_path / "s.yaml").write_text(text.replace("BULK", str(bulk)))
    return read(tmp_path / "s.yaml", sets=sets)


def p99_s(table, workload="orders"):
    return table.value_of("latency_p99_s", "workload", workload)


@pytest.mark.wide
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.wide) for n in (2, 3))]
)
def test_orders_hardly_notice_that_sharing_fills_the_link(tmp_path, seed):
    """Bulk asks for 14 x 40 GB an hour = 1.24 Gbit/s of a link of 1; orders for a fifteenth."""
    quiet = measure(simulate(told(tmp_path, 0.001), seed))
    full = measure(simulate(told(tmp_path, 14), seed))
    assert full.value_of("transfer_mean_s", "workload", "bulk") > 2 * 352  # 352 s alone
    assert abs(p99_s(full) / p99_s(quiet) - 1) <= 0.05


@pytest.mark.wide
def test_without_a_class_of_their_own_orders_are_hurt(tmp_path):
    text = HUB.replace("traffic: order", "traffic: sharing")
    quiet = measure(simulate(told(tmp_path, 0.001, text), 1))
    full = measure(simulate(told(tmp_path, 14, text), 1))
    assert p99_s(full) > 1.5 * p99_s(quiet)


def test_cutting_a_hub_raises_latency_and_loses_nothing(tmp_path):
    """The longer way has half the room: data takes longer, and every bit arrives."""
    links = [line for line in HUB.splitlines() if "{a:" in line and "hub" in line]
    cut = HUB.replace("    - {name: hub, tier: nation}\n", "")
    for line in links:
        cut = cut.replace(line + "\n", "")
    whole, less = (simulate(told(tmp_path, 3, text), 1) for text in (HUB, cut))
    before, after = measure(whole), measure(less)
    counted = less.column("counted")
    assert set(less.column("state")[counted].tolist()) == {"finished"}
    for name in ("jobs_submitted", "jobs_finished"):
        assert after.value_of(name) == before.value_of(name)
    assert after.value_of("latency_mean_s") > before.value_of("latency_mean_s") + 10
    assert p99_s(after) > p99_s(before)
    assert after.value_of("transferred_gb") == before.value_of("transferred_gb")


POOLED = """\
name: pooled
horizon_h: 48
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 8}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 8, memory_gib: 32}]
  clouds: [{name: gov}]
  regions: [{name: all}]
  sites: [SITES]
  LINKS
  pools: [POOLS]
workloads:
  - name: work
    kind: jobs
    region: all
    arrivals: {kind: poisson, per_h: 11}
    demand: {vcpu: 8}
    work: {kind: lognormal, mean_h: 0.9, sigma: 1}
    data: {input_gb: 100, output_gb: 50}
policies: {dispatch: first-fit, queue: {at: platform}, network: shared}
"""


def starts(tmp_path, places, nodes, seed):
    names = [f"s{n}" for n in range(places)]
    links = ", ".join(f"{{a: s0, b: {name}, delay_ms: 0}}" for name in names[1:])
    text = (
        POOLED.replace(
            "SITES", ", ".join(f"{{name: {n}, tier: city, region: all}}" for n in names)
        )
        .replace("LINKS", f"links: [{links}]")
        .replace(
            "POOLS",
            ", ".join(
                f"{{name: p{n}, site: {n}, cloud: gov, server: host, nodes: {nodes}}}"
                for n in names
            ),
        )
    )
    records = simulate(told(tmp_path, 0, text), seed)
    return records.column("start_s"), records.column("latency_s")


def test_no_delay_and_endless_bandwidth_are_one_pooled_cluster(tmp_path):
    for seed in (1, 2, 3):
        spread, pooled = starts(tmp_path, 5, 2, seed), starts(tmp_path, 1, 10, seed)
        assert len(spread[0]) > 400
        for one, other in zip(spread, pooled, strict=True):
            assert np.array_equal(one, other, equal_nan=True)
