"""Quotas by hand: held and refused, for each key of demand, for each tenant by itself."""

import pytest

from tests.hand.worlds import told

TEXT = """\
name: quotas
horizon_h: 1
drain_h: 10
topology:
  chips:
    - {{name: plain, kind: cpu, isa: x86_64, cores: 32}}
    - {{name: card, kind: gpu, memory_gib: 80}}
    - {{name: board, kind: dpu, network_gbit_s: 100}}
  servers:
    - {{name: host, cpu: plain, accelerator: card, accelerators: 8, dpu: board, sockets: 1,
       vcpu: 64, memory_gib: 512, local_storage_gb: 4000}}
  clouds: [{{name: gov}}]
  sites: [{{name: here, tier: city}}, {{name: there, tier: city}}]
  pools:
    - {{name: p, site: here, cloud: gov, server: host, nodes: 2}}
    - {{name: q, site: there, cloud: gov, server: host, nodes: 2}}
tenants:
  - {{name: poor, quota: {{{quota}}}}}
  - {{name: rich}}
workloads:
  - name: j
    kind: jobs
    tenant: poor
    arrivals: {{kind: batch, at: ["00:00", "00:10", "00:20"], jobs: 1}}
    demand: {{{demand}}}
    work: {{kind: fixed, mean_h: 1}}
  - name: r
    kind: jobs
    tenant: rich
    arrivals: {{kind: batch, at: ["00:05", "00:15"], jobs: 1}}
    demand: {{{demand}}}
    work: {{kind: fixed, mean_h: 1}}
"""
KEYS = {
    "vcpu": (8, 16),
    "memory_gib": (100, 200),
    "gpu": (1, 2),
    "gpu_memory_gib": (40, 80),
    "dpu_share": (0.4, 0.8),
    "local_storage_gb": (500, 1000),
}


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


def case(folder, engine, quota, demand):
    run = told(folder, TEXT.format(quota=quota, demand=demand), engine=engine)
    return run.jobs()


def asked(key):
    """Demand of the key and little else; device memory is of a device."""
    return f"vcpu: 1, gpu: 0.5, {key}: " if key == "gpu_memory_gib" else f"{key}: "


@pytest.mark.parametrize("key", KEYS)
def test_each_key_of_demand_is_held_at_its_quota(tmp_path, engine, key):
    """Two fit into the quota; the third, at 00:20, waits 40 min until the first has ended."""
    one, quota = KEYS[key]
    jobs = case(tmp_path, engine, f"{key}: {quota}", asked(key) + str(one))
    found = {name: (job.start_s / 60, job.reason) for name, job in jobs.items()}
    assert found == {
        "j-1": (0, ""), "j-2": (10, ""), "j-3": (60, "quota"), "r-1": (5, ""), "r-2": (15, ""),
    }  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_each_key_of_demand_is_refused_above_its_quota(tmp_path, engine, key):
    one, _ = KEYS[key]
    jobs = case(tmp_path, engine, f"{key}: {one * 0.9}", asked(key) + str(one))
    assert [jobs[f"j-{n}"].reason for n in (1, 2, 3)] == ["quota-too-small"] * 3
    assert [jobs[f"r-{n}"].reason for n in (1, 2)] == ["", ""]


@pytest.mark.parametrize("key", ["vcpu", "memory_gib", "gpu"])
def test_a_gang_asks_for_all_its_members(tmp_path, engine, key):
    """Two members that take one each fit into two; with a little less they never would."""
    one, two = KEYS[key]
    demand = asked(key) + f"{one}, nodes: 2"
    jobs = case(tmp_path, engine, f"{key}: {two}", demand)
    # each gang fills the quota: one after the other
    assert [jobs[f"j-{n}"].start_s for n in (1, 2, 3)] == [0, 3600, 7200]
    jobs = case(tmp_path, engine, f"{key}: {two * 0.95}", demand)
    assert jobs["j-1"].reason == "quota-too-small"


def test_a_quota_is_over_all_pools_of_all_sites(tmp_path, engine):
    text = TEXT.format(quota="vcpu: 64", demand="vcpu: 64")
    text += "policies: {dispatch: {name: round-robin}}\n"
    jobs = told(tmp_path, text, engine=engine).jobs()
    # turn by turn p, q, p; q has room at 10 min, and the quota is full. When j-1 ends both
    # lines are tried in the order of their names: that of p first, where j-3 waits
    assert [jobs[f"j-{n}"].pool for n in (1, 2, 3)] == ["p", "q", "p"]
    assert [jobs[f"j-{n}"].start_s for n in (1, 2, 3)] == [0, 7200, 3600]
    assert jobs["j-2"].reason == "quota"


TWO = """\
name: two quotas
horizon_h: 1
drain_h: 10
topology:
  chips: [{name: plain, kind: cpu, isa: x86_64, cores: 4}]
  servers: [{name: host, cpu: plain, sockets: 1, vcpu: 4, memory_gib: 16}]
  clouds: [{name: gov}]
  sites: [{name: here, tier: city}]
  pools: [{name: p, site: here, cloud: gov, server: host, nodes: 1}]
tenants:
  - {name: a, quota: {vcpu: 1}}
  - {name: b, quota: {vcpu: 2, memory_gib: 4}}
  - {name: c}
workloads:
  - {name: a, kind: jobs, tenant: a, arrivals: {kind: batch, at: ["00:00"], jobs: 2},
     demand: {vcpu: 1}, work: {kind: fixed, mean_h: 1}}
  - {name: b, kind: jobs, tenant: b, arrivals: {kind: batch, at: ["00:00"], jobs: 2},
     demand: {vcpu: 1, memory_gib: 3}, work: {kind: fixed, mean_h: 0.5}}
  - {name: c, kind: jobs, tenant: c, arrivals: {kind: batch, at: ["00:10", "00:20"], jobs: 1},
     demand: {vcpu: 2}, work: {kind: fixed, mean_h: 1}}
"""


def test_each_tenant_steps_aside_by_itself_and_keeps_its_place(tmp_path, engine):
    """4 vCPU. a-2 lacks vCPU of its quota, b-2 memory; both step aside, c-1 takes what is left.

    At 30 min b-1 leaves 1 vCPU: b-2, which came before c-2, has it. At 60 a-1 and b-2 leave:
    a-2, which has waited from the start, has one vCPU, and the other is too little for c-2. At
    70 c-1 leaves and c-2 begins.
    """
    jobs = told(tmp_path, TWO, engine=engine).jobs()
    assert {name: (job.start_s / 60, job.reason) for name, job in jobs.items()} == {
        "a-1": (0, ""),
        "a-2": (60, "quota"),
        "b-1": (0, ""),
        "b-2": (30, "quota"),
        "c-1": (10, ""),
        "c-2": (70, "no-capacity"),
    }


def test_who_is_held_by_its_quota_counts_as_waiting(tmp_path):
    run = told(tmp_path, TWO)
    # waits of 60, 30 and 50 min over six jobs
    assert run.value("wait_mean_s") == pytest.approx((60 + 30 + 50) * 60 / 6)
    assert run.value("wait_max_s", "tenant", "a") == 3600
