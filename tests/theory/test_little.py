"""Little's law, exactly: what stood in line and in use over time is what the jobs say.

Per pool or line and resource, the integral of a level over the window equals the sum over jobs
of what each asked for times how long it stood there within the window. Level tables hold nine
decimals; nothing else separates the two sides.
"""

import numpy as np
import pytest

from scenarios import read
from scheduler import simulate
from tests.theory.worlds import queue, scenario_of

RESOURCES = ("vcpu", "memory", "gpu")
ENGINES = pytest.mark.parametrize("engine", ["lane", "plain"])


def integral(levels, name):
    """Resource-seconds of a level by pool or line: (rows, 3)."""
    columns = [levels.resources.index(resource) for resource in RESOURCES]
    return np.einsum("s,sra->ra", levels.length_s, getattr(levels, name)[:, :, columns])


def asked(records):
    """What each whole job asked for: (jobs, 3)."""
    one = [records.column(name) for name in ("vcpu", "memory_gib", "gpu")]
    return np.stack(one, axis=1) * records.column("nodes")[:, None]


def within_s(records, begin_s, end_s):
    """Seconds of each span that lie in the window of the levels."""
    scenario = records.scenario
    low, high = scenario.warmup_us / 1e6, scenario.horizon_us / 1e6
    return np.maximum(np.minimum(end_s, high) - np.maximum(begin_s, low), 0.0)


def placed_s(records):
    """When each job got its nodes; the window's end for one that had none yet."""
    start_s = records.column("start_s")
    if records.scenario.policies.queue.options.get("at", "pool") != "pool":
        start_s = start_s - records.column("dispatch_s") - records.column("transfer_in_s")
    return np.where(np.isnan(start_s), np.inf, start_s)


def by_row(keys, names, amounts):
    """Sums of (jobs, 3) amounts by name of pool or line: (names, 3)."""
    known = np.array([key is not None for key in keys])
    index = [names.index(key) for key in keys[known]]
    sums = np.zeros((len(names), 3))
    np.add.at(sums, index, amounts[known])
    return sums


def line_of(records):
    """The line in which each job stood; the job table does not say it of jobs never placed."""
    at = records.scenario.policies.queue.options.get("at", "pool")
    if at == "platform":
        return np.array(["platform"] * records.rows, dtype=object)
    keys = records.column(at)
    prefix = "" if at == "pool" else f"{at}:"
    return np.array([key and prefix + key for key in keys], dtype=object)


def assert_little(records):
    """Both sides of the law: in sum, line by line where all were placed, pool by pool."""
    levels, amounts, placed = records.levels, asked(records), placed_s(records)
    end_s = records.column("end_s")
    queued_s = within_s(records, records.column("submit_s"), placed)
    held_s = within_s(records, placed, np.where(np.isnan(end_s), np.inf, end_s))
    queues = amounts * queued_s[:, None]
    holds = amounts * np.where(np.isinf(placed), 0.0, held_s)[:, None]
    # nine decimals a step: at most half of one is lost in each
    error = {"rtol": 1e-12, "atol": 1e-9 * float(levels.length_s.sum())}
    np.testing.assert_allclose(
        integral(levels, "queued").sum(axis=0), queues.sum(axis=0), **error
    )
    lines = line_of(records)
    if None not in lines:
        by_line = by_row(lines, levels.lines, queues)
        np.testing.assert_allclose(integral(levels, "queued"), by_line, **error)
    by_pool = by_row(records.column("pool"), levels.pools, holds)
    np.testing.assert_allclose(integral(levels, "allocated"), by_pool, **error)
    assert queues.sum() > 0


@ENGINES
def test_mean_jobs_in_line_are_arrivals_times_wait(engine):
    # forty jobs come each evening, two servers, everything inside the window
    world = queue(
        arrivals='{kind: batch, at: ["22:00"], jobs: 40, over_h: 2}',
        work="{kind: fixed, mean_h: 0.9}",
        horizon_h=168,
        warmup_h=0,
        nodes=2,
    )
    records = simulate(world, 1, engine=engine)
    levels, counted = records.levels, records.column("counted")
    hours = 168.0
    assert_little(records)
    inside = records.column("submit_s") < (hours - 24) * 3600  # the last evening reaches beyond
    evenings = levels.time_s < (hours - 24) * 3600 + 22 * 3600 - 1
    in_line = float((levels.queued[evenings, 0, 0] * levels.length_s[evenings]).sum())
    wait_s = float(records.column("wait_s")[counted & inside].sum())
    assert in_line == pytest.approx(wait_s, rel=1e-12)
    in_use = float((levels.allocated[evenings, 0, 0] * levels.length_s[evenings]).sum())
    assert in_use == pytest.approx(float(records.column("run_s")[inside].sum()), rel=1e-12)


@ENGINES
@pytest.mark.parametrize("name", ["first-run", "two-tiers"])
def test_bundled_scenarios_obey_it_in_every_variant(name, engine):
    for variant in read(name, sets=("horizon_h=72",)).variants:
        assert_little(simulate(variant, 1, engine=engine))


@ENGINES
@pytest.mark.parametrize("at", ["pool", "site", "cloud", "platform"])
@pytest.mark.parametrize("rule", ["fcfs", "priority", "shortest-first", "easy-backfill"])
def test_every_line_obeys_it(at, rule, engine):
    # odd window, a short last step, dispatch times, gangs, an overload that never drains
    records = simulate(scenario_of(MIXED.format(at=at, rule=rule)), 1, engine=engine)
    assert (records.column("state") == "waiting").any()
    assert_little(records)


MIXED = """
name: mixed
horizon_h: 9.3
warmup_h: 1.7
drain_h: 1
levels_every_s: 777
topology:
  chips: [{{name: plain, kind: cpu}}, {{name: fast, kind: gpu, memory_gib: 32}}]
  servers:
    - {{name: host, cpu: plain, vcpu: 16, memory_gib: 64}}
    - {{name: box, cpu: plain, vcpu: 32, memory_gib: 128, accelerator: fast, accelerators: 4}}
  clouds: [{{name: a, control_plane_delay_ms: 700}}, {{name: b}}]
  sites: [{{name: s, tier: city}}, {{name: t, tier: county, parent: s}}]
  pools:
    - {{name: one, site: s, cloud: a, server: host, nodes: 3}}
    - {{name: two, site: t, cloud: b, server: host, nodes: 2, reserve_share: 0.2}}
    - {{name: box, site: s, cloud: a, server: box, nodes: 2}}
workloads:
  - name: small
    kind: jobs
    region: t
    arrivals: {{kind: poisson, per_h: 20}}
    demand: {{vcpu: 2.5, memory_gib: 3}}
    work: {{kind: exponential, mean_h: 1}}
  - name: gang
    kind: jobs
    region: s
    priority: 3
    arrivals: {{kind: gamma, per_h: 2, cv: 2}}
    demand: {{vcpu: 8, memory_gib: 16, nodes: 2}}
    work: {{kind: lognormal, mean_h: 2, sigma: 1}}
  - name: share
    kind: jobs
    region: t
    arrivals: {{kind: poisson, per_h: 12}}
    demand: {{vcpu: 1, gpu: 0.3}}
    work: {{kind: fixed, mean_h: 2}}
    data: {{input_gb: 4, at: s, output_gb: 1}}
policies:
  dispatch: {{name: least-loaded}}
  queue: {{name: {rule}, at: {at}}}
"""
