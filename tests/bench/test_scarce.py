"""What is scarce: in the manifest, on the page, and worth what runs made again say."""

import json
from dataclasses import replace

import pytest

from bench import experiment
from bench.dress import view_of_folder
from bench.metrics import measure
from bench.one_run import How
from bench.scarce import binding_of, objective_cny, scarce_rows, with_one_more
from bench.scarce_tables import plans_table, scarce_notes, scarce_table
from bench.scarce_worth import loaded, scarce_worth
from bench.verify import derived_again
from scenarios import read
from scheduler import simulate
from scheduler.optimise import fullness

SETS = ("policies.dispatch.name=planned", "horizon_h=16", "warmup_h=0", "drain_h=24")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("scarce") / "run"
    return experiment.run(read("two-tiers", sets=SETS), seeds=1, out=out)


@pytest.mark.wide
def test_the_manifest_tells_what_planned_variants_are_short_of(folder):
    rows = folder.manifest["scarce"]
    assert {row["variant"] for row in rows} <= set(folder.variants)
    assert {tuple(row["seeds"]) for row in rows} == {(1,)}
    assert all(sum(row["worths_cny"]) > 0 and 0 <= row["binding"] <= 1 for row in rows)
    assert any(row["binding"] for row in rows)
    node = next(row for row in rows if row["kind"] == "node")
    assert node["own_cny"] > 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_has_a_row_a_thing_and_a_row_a_variant_of_plans(folder, lang):
    view = view_of_folder(folder)
    table, plans = scarce_table(view, lang), plans_table(view, lang)
    assert len(table.rows) == len(folder.manifest["scarce"])
    assert all(len(row) == len(table.heads) for row in table.rows)
    assert len(plans.rows) == len(folder.variants)
    assert scarce_notes(view, lang)


def test_runs_that_plan_nothing_have_neither(tmp_path):
    sets = ("horizon_h=12", "warmup_h=0")
    greedy = experiment.run(read("first-run", sets=sets), seeds=1, out=tmp_path / "run")
    assert "scarce" not in greedy.manifest
    view = view_of_folder(greedy)
    assert not plans_table(view, "en").rows
    assert scarce_notes(view, "en") == []


@pytest.mark.wide
def test_plans_are_derived_again(folder):
    plans = folder.manifest["runs"][0]["plans"]
    lines = (folder.path / plans).read_text(encoding="utf-8").splitlines()
    assert all("binding" in json.loads(line) for line in lines)
    files = folder.manifest["files"] | {plans: "0" * 64}
    other = replace(folder, manifest=dict(folder.manifest) | {"files": files})
    assert derived_again(other, 1, How()) == [f"{plans}: derived again, it differs"]


def test_one_more_of_each_kind():
    scenario = loaded("zhejiang-week", 0.95)
    more = with_one_more(scenario, "node", "hangzhou-gov-a-ascend")
    assert more.topology.pool("hangzhou-gov-a-ascend").nodes == 4
    quota = with_one_more(scenario, "quota", "health-bureau gpu").tenants[1].quota
    assert quota.gpu == 65
    link = scenario.topology.links[0]
    wider = with_one_more(scenario, "link", f"{link.a} - {link.b}").topology.links[0]
    before = link.capacity_gbit_s
    assert wider.capacity_gbit_s == (None if before is None else before + 1)


def test_load_is_that_of_the_bench_of_planned_dispatch():
    rates = {w.name: w.arrivals for w in loaded("zhejiang-week", 0.95).workloads}
    factor = 0.95 * fullness(read("zhejiang-week")).factor
    assert rates["reports"].per_h == pytest.approx(20 * factor)
    assert rates["collect-counties"].jobs == 120


@pytest.mark.slow
def test_worth_lies_in_the_interval_of_runs_made_again():
    rows = list(scarce_worth(loaded("zhejiang-week", 0.95), range(1, 11)))
    assert len(rows) == 10
    assert sum(row.inside for row in rows) >= 9


def test_the_objective_of_a_run_is_the_sum_over_its_jobs():
    sets = ("horizon_h=12", "warmup_h=0")
    scenario = read("two-tiers", sets=sets).variants[0]
    counted = measure(simulate(scenario, 1)).rows()
    means = [row[-1] for row in counted if (row[1], row[3]) == ("objective_mean_cny", "all")]
    jobs = [row[-1] for row in counted if (row[1], row[3]) == ("jobs_submitted", "all")]
    assert objective_cny(scenario, 1) == pytest.approx(means[0] * jobs[0])


LINK = """
name: narrow
start: 2026-03-02T00:00
horizon_h: 6
warmup_h: 0
drain_h: 24
objective: {wait: 10, latency: 10, money: 0, energy: 0, carbon: 0}
topology:
  sites:
    - {name: hall, tier: city, lat: 30.0, lon: 120.0}
    - {name: store, tier: city, lat: 30.1, lon: 120.1}
  links: [{a: store, b: hall, capacity_gbit_s: 1}]
  clouds: [{name: cloud}]
  servers:
    - {name: server, cpu: kunpeng-920-5250, sockets: 2, vcpu: 8, memory_gib: 64}
  pools:
    - {name: hall-pool, site: hall, cloud: cloud, server: server, nodes: 40}
workloads:
  - name: jobs
    kind: jobs
    region: hall
    arrivals: {kind: poisson, per_h: 8}
    demand: {vcpu: 8, memory_gib: 16}
    work: {kind: fixed, mean_h: 0.5}
    data: {input_gb: 60, at: store}
policies:
  dispatch: {name: planned}
  network: shared
"""


def test_a_link_that_binds_plans_is_worth_what_a_run_with_one_more_saves(tmp_path):
    file = tmp_path / "narrow.yaml"
    file.write_text(LINK, encoding="utf-8")
    scenario = read(str(file)).variants[0]
    found = experiment.run(read(str(file)), seeds=1, out=tmp_path / "run")
    (row,) = (row for row in found.manifest["scarce"] if row["kind"] == "link")
    more = with_one_more(scenario, "link", "store - hall")
    saved = objective_cny(scenario, 1) - objective_cny(more, 1)
    assert row["worths_cny"] == [pytest.approx(saved)]
    assert saved > 0
    assert row["binding"] > 0
    assert any("1 Gbit/s" in note for note in scarce_notes(view_of_folder(found), "en"))


def test_binding_is_a_share_of_the_plans_for_what_is_now(tmp_path):
    rows = [
        {"part": "now", "status": "planned", "binding": [["a +2 gpu", 1], ["a +2 nodes", 2]]},
        {"part": "now", "status": "planned", "binding": [["quota t gpu", 1]]},
        {"part": "now", "status": "glop: no", "binding": []},
        {"part": "hour 1", "status": "planned", "binding": [["a +2 gpu", 1]]},
    ]
    file = tmp_path / "plans.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert binding_of([file]) == {"a +2": 0.5, "quota t gpu": 0.5}


def test_variants_without_plans_have_no_rows():
    assert scarce_rows(read("first-run").variants, {}) == []
