"""Silos against sharing by hand: three nodes, three bureaus, nearly all the work at one."""

import pytest

from tests.hand.worlds import told, told_variants

TEXT = """\
name: silos
horizon_h: 4
drain_h: 0
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 4}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 4, memory_gib: 16}]
  clouds: [{name: gov}]
  sites: [{name: here, tier: city}]
  pools:
    - {name: health, site: here, cloud: gov, server: host, nodes: 1, reserved_for: [health]}
    - {name: tax, site: here, cloud: gov, server: host, nodes: 1, reserved_for: [tax]}
    - {name: open, site: here, cloud: gov, server: host, nodes: 1}
tenants: [{name: health}, {name: tax}, {name: roads}]
workloads:
  - {name: h, kind: jobs, tenant: health, arrivals: {kind: batch, at: ["00:00"], jobs: 3},
     demand: {vcpu: 4}, work: {kind: fixed, mean_h: 1}}
  - {name: r, kind: jobs, tenant: roads, arrivals: {kind: batch, at: ["00:30"], jobs: 1},
     demand: {vcpu: 4}, work: {kind: fixed, mean_h: 1}}
policies: {dispatch: {name: first-fit}}
variants:
  shared: {"topology.pools[health].reserved_for": [], "topology.pools[tax].reserved_for": []}
  reserved: {}
  silos: {policies.silos.name: tenant}
"""


def told_of(run):
    return {n: (j.pool, j.start_s / 3600, j.reason) for n, j in run.jobs().items()}


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_sharing_reserving_and_silos(tmp_path, engine):
    runs = told_variants(tmp_path, TEXT, engine=engine)
    # all three nodes for all: three at once, and roads waits for the first to end
    assert told_of(runs["shared"]) == {
        "h-1": ("health", 0, ""), "h-2": ("tax", 0, ""), "h-3": ("open", 0, ""),
        "r-1": ("health", 1, "no-capacity"),
    }  # fmt: skip
    # health has its own node and the open one; the third goes back to its own line (file order)
    assert told_of(runs["reserved"]) == {
        "h-1": ("health", 0, ""), "h-2": ("open", 0, ""), "h-3": ("health", 1, "no-capacity"),
        "r-1": ("open", 1, "no-capacity"),
    }  # fmt: skip
    # only its own, one after the other; the third is behind the second for an hour and lacks
    # room for another: of two that held equally long the first is told
    silos = told_of(runs["silos"])
    assert silos["r-1"][::2] == (None, "reserved")  # roads has no node at all
    assert {name: silos[name] for name in ("h-1", "h-2", "h-3")} == {
        "h-1": ("health", 0, ""), "h-2": ("health", 1, "no-capacity"),
        "h-3": ("health", 2, "head-of-line"),
    }  # fmt: skip


def test_what_silos_cost_in_waits_and_idle_nodes(tmp_path):
    runs = told_variants(tmp_path, TEXT)
    wait_h = {name: run.value("wait_mean_s") / 3600 for name, run in runs.items()}
    # 0.5 h of four; 1 h and 0.5 h of four; 1 h and 2 h of the three that were let in
    assert wait_h == pytest.approx({"shared": 0.125, "reserved": 0.375, "silos": 1})
    used = {name: run.value("allocated_share_vcpu") for name, run in runs.items()}
    # node-hours of 3 nodes x 4 h
    assert used == pytest.approx({"shared": 4 / 12, "reserved": 4 / 12, "silos": 3 / 12})
    assert runs["silos"].value("unallocated_share_vcpu", "pool", "tax") == 1
    assert {n: run.value("jobs_refused") for n, run in runs.items()} == {
        "shared": 0, "reserved": 0, "silos": 1,
    }  # fmt: skip


def test_a_pool_may_be_reserved_for_several(tmp_path):
    text = TEXT.replace("reserved_for: [tax]", "reserved_for: [tax, roads, health]")
    text = text.split("variants:")[0] + "  # end\n"
    jobs = told(tmp_path, text.replace("}}\n  # end", "}, silos: {name: tenant}}")).jobs()
    # health has two nodes now; roads comes at 00:30 and waits in the line of the second
    assert [(jobs[n].pool, jobs[n].start_s / 3600) for n in ("h-1", "h-2", "h-3", "r-1")] == [
        ("health", 0), ("tax", 0), ("health", 1), ("tax", 1),
    ]  # fmt: skip
