"""What `read` gives: defaults, times, files, places, digests."""

import json
import pickle
import time

import pytest

from scenarios import ScenarioError, bundled, read
from tests.scenarios.snippets import changed, written

TRACE = """\
name: replay
topology:
  clouds: [{name: gov}]
  sites: [{name: hz, tier: city}]
  pools: [{name: p, site: hz, cloud: gov, server: srv-910b-8, nodes: 2}]
workloads:
  - {name: rows, kind: trace, file: rows.csv, columns: {submit_s: arrive}}
"""
NEED_DATA = ("openb-replay",)
ROWS = "arrive,run_s,vcpu\n0,10,1\n7200.5,20,2\n"


def test_defaults_are_those_of_the_contract(tmp_path):
    scenario = read(written(tmp_path, changed(("horizon_h: 24\n", ""))))
    assert (scenario.horizon_h, scenario.warmup_h, scenario.drain_h) == (168.0, 0.0, 168.0)
    assert (scenario.seeds, scenario.levels_every_s) == (10, 300.0)
    assert scenario.start.isoformat() == "2026-03-02T00:00:00"
    assert (scenario.answer.measure, scenario.answer.better) == ("wait_p95_s", "lower")
    rules = {one.name: (one.stays_within, one.security_level) for one in scenario.data_classes}
    assert rules == {
        "core": ("site", 4),
        "important": ("province", 3),
        "general": ("nation", 1),
    }
    names = {kind: getattr(scenario.policies, kind).name for kind in ("dispatch", "packing")}
    assert names == {"dispatch": "local-first", "packing": "best-fit"}


def test_times_inside_are_whole_microseconds(tmp_path):
    scenario = read(written(tmp_path), sets=["warmup_h=0.1", "drain_h=0", "levels_every_s=1.5"])
    assert scenario.horizon_us == 24 * 3_600_000_000
    assert (scenario.warmup_us, scenario.drain_us) == (360_000_000, 0)
    assert scenario.levels_every_us == 1_500_000


def test_a_data_class_in_the_file_joins_the_defaults(tmp_path):
    edit = ("horizon_h: 24", "data_classes: {core: {security_level: 5}, mine: {}}")
    rules = {one.name: one for one in read(written(tmp_path, changed(edit))).data_classes}
    assert sorted(rules) == ["core", "general", "important", "mine"]
    assert (rules["core"].stays_within, rules["core"].security_level) == ("site", 5)
    assert (rules["mine"].stays_within, rules["mine"].security_level) == ("nation", 1)


def test_regions_are_written_out(tmp_path):
    topology = read(written(tmp_path)).topology
    assert [(region.name, region.parent) for region in topology.regions] == [
        ("hz", None),
        ("xh", "hz"),
    ]


def test_policies_know_their_place(tmp_path):
    queue = read(written(tmp_path)).policies.queue
    assert (queue.name, queue.options, queue.line, queue.column) == (
        "fcfs",
        {"at": "pool"},
        27,
        17,
    )


def test_a_trace_sets_the_horizon(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    scenario = read(written(tmp_path, TRACE))
    assert scenario.horizon_us == 7_200_500_001
    assert scenario.drain_us == scenario.horizon_us


def test_a_trace_beyond_the_horizon_of_all_is_refused(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS.replace("7200.5", "900000000"))
    with pytest.raises(
        ScenarioError, match="expected a last submit within 87,600 h; got 250000"
    ):
        read(written(tmp_path, TRACE))
    (tmp_path / "rows.csv").write_text(ROWS)
    with pytest.raises(ScenarioError, match=r"warmup_h: expected less than the horizon \(2"):
        read(written(tmp_path, TRACE), sets=["warmup_h=3"])


def test_broken_rows_refuse_the_scenario_or_are_skipped(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS + "9000,x,1\n")
    path = written(tmp_path, TRACE)
    with pytest.raises(ScenarioError, match=r"rows\.csv:4:"):
        read(path)
    assert read(path, sets=["workloads[rows].on_bad_rows=skip"]).horizon_us == 9_000_000_001


def test_files_are_found_in_folders_given(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (there / "rows.csv").write_text(ROWS)
    scenario = read(written(here, TRACE), data=[there])
    assert scenario.file("rows.csv") == there / "rows.csv"
    assert scenario.folder == here
    assert scenario.data == (there,)
    for name in ("../rows.csv", str(there / "rows.csv"), "none.csv", "../here"):
        with pytest.raises(ScenarioError):
            scenario.file(name)


def test_a_node_list_makes_pools(tmp_path):
    rows = "sn,cpu_milli,memory_mib,gpu,model\na,64000,262144,2,P100\nb,64000,262144,2,P100\n"
    (tmp_path / "nodes.csv").write_text(rows + "c,32000,65536,0,\n")
    text = TRACE.replace(
        TRACE[TRACE.index("  clouds") : TRACE.index("workloads")],
        "  nodes_file: {file: nodes.csv, format: openb}\n",
    )
    (tmp_path / "rows.csv").write_text(ROWS)
    scenario = read(written(tmp_path, text))
    assert [(pool.name, pool.nodes) for pool in scenario.topology.pools] == [
        ("P100-64c-2g", 2),
        ("cpu-32c", 1),
    ]
    assert [site.name for site in scenario.topology.sites] == ["cluster"]
    (tmp_path / "nodes.csv").write_text(rows + "c,many,65536,0,\n")
    with pytest.raises(ScenarioError, match=r"nodes\.csv:4"):
        read(tmp_path / "s.yaml")


def test_the_digest_follows_meaning_and_files(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    path = written(tmp_path, TRACE)
    digest = read(path).digest
    assert len(digest) == 64
    written(tmp_path, "# a comment\n" + TRACE.replace("tier: city", 'tier: "city"'))
    assert read(path).digest == digest
    assert read(path, seeds=3).digest != digest
    (tmp_path / "rows.csv").write_text(ROWS + "9,9,9\n")
    assert read(path).digest != digest


def test_resolved_values_read_again_give_the_same(tmp_path):
    first = read(written(tmp_path), sets=["topology.pools[big].nodes=9"], seeds=3)
    assert (first.seeds, first.variants[1].seeds) == (3, 3)
    again = read(written(tmp_path, json.dumps(first.resolved), "again.json"))
    assert again.digest == first.digest
    assert [one.digest for one in again.variants] == [one.digest for one in first.variants]
    assert [one.topology for one in again.variants] == [one.topology for one in first.variants]


def test_a_scenario_travels_to_another_process(tmp_path):
    scenario = read(written(tmp_path))
    other = pickle.loads(pickle.dumps(scenario.variants[1]))
    assert other == scenario.variants[1]
    assert (other.variant, other.digest) == ("more", scenario.variants[1].digest)


@pytest.mark.parametrize("name", sorted(bundled()))
def test_bundled_scenarios_are_right(name):
    if name not in NEED_DATA:
        assert read(name).notes == ()
        return
    with pytest.raises(ScenarioError, match="--data folder: openb_") as error:
        read(name)
    assert len(error.value.problems) == 1


def test_a_large_scenario_is_read_soon(tmp_path):
    row = "    - {{name: p{}, site: hz, cloud: gov, server: srv-910b-8, nodes: 2}}\n"
    rows = "".join(row.format(i) for i in range(20_000))
    start = time.perf_counter()
    scenario = read(written(tmp_path, changed(("  pools:\n", "  pools:\n" + rows))))
    assert len(scenario.topology.pools) == 20_002
    assert time.perf_counter() - start < 20  # about 3 s on a quiet machine
