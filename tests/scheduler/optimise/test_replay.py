"""What one more would have saved: queues of which the answer is known by hand."""

import pytest

from bench.scarce import objective_cny, with_one_more
from scenarios import read
from scheduler.optimise import worths

HAND = """
name: hand
start: 2026-03-02T00:00
horizon_h: {horizon_h}
warmup_h: 0
drain_h: {drain_h}
objective: {{wait: 10, money: 0, energy: 0, carbon: 0}}
topology:
  sites:
    - {{name: hall, tier: city}}
  clouds: [{{name: cloud}}]
  servers:
    - {{name: server, cpu: kunpeng-920-5250, sockets: 2, vcpu: 8, memory_gib: 64}}
  pools:
    - {{name: hall-pool, site: hall, cloud: cloud, server: server, nodes: {nodes}}}
tenants:
  - {{name: bureau{quota}}}
workloads:
  - name: jobs
    kind: jobs
    tenant: bureau
    arrivals: {{kind: batch, at: ["00:00"], jobs: {jobs}}}
    demand: {{vcpu: 8, memory_gib: 16}}
    work: {{kind: fixed, mean_h: 1}}
policies:
  dispatch: {{name: planned}}
  queue: {{name: {queue}}}
"""


def hand(
    tmp_path, *, nodes=1, jobs=4, quota="", queue="easy-backfill", horizon_h=6, drain_h=24
):
    file = tmp_path / "hand.yaml"
    file.write_text(
        HAND.format(
            nodes=nodes,
            jobs=jobs,
            quota=quota,
            queue=queue,
            horizon_h=horizon_h,
            drain_h=drain_h,
        ),
        encoding="utf-8",
    )
    return read(str(file)).variants[0]


@pytest.mark.parametrize(
    ("nodes", "jobs", "cny"),
    [
        pytest.param(1, 4, 40, id="waits 0 1 2 3 become 0 0 1 1: four hours"),
        pytest.param(2, 6, 30, id="0 0 1 1 2 2 become 0 0 0 1 1 1: three hours"),
        pytest.param(1, 2, 10, id="0 1 become 0 0"),
    ],
)
@pytest.mark.parametrize("queue", ["easy-backfill", "fcfs"])
def test_a_node_saves_what_all_behind_it_wait_less(tmp_path, nodes, jobs, cny, queue):
    scenario = hand(tmp_path, nodes=nodes, jobs=jobs, queue=queue)
    (row,) = worths(scenario, 1)
    assert (row.kind, row.name, row.like) == ("node", "hall-pool", ())
    assert row.cny == pytest.approx(cny)
    more = with_one_more(scenario, "node", "hall-pool")
    assert objective_cny(scenario, 1) - objective_cny(more, 1) == pytest.approx(cny)


def test_only_what_is_asked_for_is_looked_at(tmp_path):
    scenario = hand(tmp_path)
    assert worths(scenario, 1, only={("node", "elsewhere")}) == []
    assert worths(scenario, 1, only={("node", "hall-pool")}) == worths(scenario, 1)


def test_what_nobody_waits_for_is_not_told(tmp_path):
    assert worths(hand(tmp_path, nodes=4, jobs=4), 1) == []


def test_a_quota_that_holds_jobs_is_worth_what_one_more_unit_lets_in(tmp_path):
    scenario = hand(tmp_path, nodes=4, jobs=4, quota=", quota: {vcpu: 15}")
    (row,) = worths(scenario, 1)
    assert (row.kind, row.name) == ("quota", "bureau vcpu")
    assert row.cny == pytest.approx(40)  # 16 vcpu let two jobs in at once
    more = with_one_more(scenario, "quota", "bureau vcpu")
    assert objective_cny(scenario, 1) - objective_cny(more, 1) == pytest.approx(40)


def test_one_more_unit_that_lets_no_whole_job_in_is_worth_nothing(tmp_path):
    (row,) = worths(hand(tmp_path, nodes=4, jobs=4, quota=", quota: {vcpu: 14}"), 1)
    assert row.cny == 0


def test_who_does_not_end_counts_its_wait_so_far(tmp_path):
    scenario = hand(tmp_path, nodes=1, jobs=4, horizon_h=1, drain_h=1)
    (row,) = worths(scenario, 1)  # waits 0 1 2 2 become 0 0 1 1
    assert row.cny == pytest.approx(30)
    more = with_one_more(scenario, "node", "hall-pool")
    assert objective_cny(scenario, 1) - objective_cny(more, 1) == pytest.approx(30)
