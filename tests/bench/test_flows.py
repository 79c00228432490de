"""Measures of links and data sets, in memory and from a run folder."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bench import measure
from bench.bandwidth import bandwidth_note
from bench.faults import RunFolderError
from bench.store import RunWriter, StoredRecords
from bench.tables import gather
from bench.view import MeasureRow
from scenarios import read
from scheduler import simulate
from tests.bench.report_fakes import a_view
from tests.hand.test_data_set_cases import SETS
from tests.hand.test_network_cases import load, text_of


def read_text(tmp_path, text):
    (tmp_path / "s.yaml").write_text(text)
    (scenario,) = read(tmp_path / "s.yaml").variants
    return scenario


def stored(tmp_path, scenario):
    sink = RunWriter(tmp_path / "jobs", tmp_path / "levels", "base", 1)
    simulate(scenario, 1, sink=sink)
    sink.close()
    return StoredRecords(tmp_path / "jobs", tmp_path / "levels", scenario, "base", 1)


def test_how_full_links_are(tmp_path):
    # 160 Gbit there and 80 back over a link of 1 Gbit/s in an hour; 80 over half of one of 2
    loads = load("a", out=10), load("b", stack="far")
    records = simulate(read_text(tmp_path, text_of(*loads)), 1)
    table = measure(records)
    near, far = "west - east", "east - far"
    assert table.value_of("link_used_share", "link", near) == pytest.approx(160 / 3600)
    assert table.value_of("link_transferred_gb", "link", near) == pytest.approx(30)
    assert table.value_of("link_used_share", "link", far) == pytest.approx(80 / 3600)
    assert table.value_of("link_transferred_gb", "link", far) == pytest.approx(10)
    assert table.value_of("transferred_gb") == 30


def test_only_what_passes_between_warm_up_and_horizon(tmp_path):
    # 1 s of dispatch, then 1 Gbit/s for 80 s, of which 21 s lie after the first minute
    text = text_of(load("a")).replace(
        "horizon_h: 1\n", "horizon_h: 1\nwarmup_h: 0.0166666666667\n"
    )
    table = measure(simulate(read_text(tmp_path, text), 1))
    used = table.value_of("link_used_share", "link", "west - east")
    assert used == pytest.approx(21 / 3540, abs=1e-7)


def test_a_link_without_capacity_has_no_share(tmp_path):
    text = text_of(load("a")).replace("delay_ms: 2, capacity_gbit_s: 1", "delay_ms: 2")
    table = measure(simulate(read_text(tmp_path, text), 1))
    assert math.isnan(table.value_of("link_used_share", "link", "west - east"))
    assert table.value_of("link_transferred_gb", "link", "west - east") == pytest.approx(10)


def test_a_run_folder_tells_the_same(tmp_path):
    text = text_of(load("a").replace("output_gb: 0", "output_gb: 0, set: maps"), load("b"))
    text = text.replace("workloads:", SETS.replace("MORE", "") + "workloads:")
    scenario = read_text(
        tmp_path, text.replace("delay_ms: 2, capacity_gbit_s: 1", "delay_ms: 2")
    )
    one, other = measure(simulate(scenario, 1)), measure(stored(tmp_path, scenario))
    assert one.value_of("data_sets_moved") == 1
    assert one.value_of("data_sets_moved_gb") == 10
    assert [row[:6] for row in one.rows()] == [row[:6] for row in other.rows()]
    assert np.array_equal(one.value, other.value, equal_nan=True)


def test_notes_of_links_that_are_broken(tmp_path, monkeypatch):
    scenario = read_text(tmp_path, text_of(load("a")))
    monkeypatch.setattr("bench.store.levels.flow_notes", lambda table: {"links": []})
    with pytest.raises(RunFolderError, match="broken: its notes are missing"):
        _ = stored(tmp_path, scenario).flows


def test_alone_there_are_no_such_rows(tmp_path):
    table = measure(simulate(read_text(tmp_path, text_of(load("a"), network="alone")), 1))
    assert "link" not in table.scope
    assert "data_sets_moved" not in table.measure


def told(rows, lang="en", variants=("base",)):
    """The note of a report whose measures are these: measure, scope, key, value."""
    view = a_view(variants=variants, seeds=(1,))
    known = [MeasureRow("base", m, "", scope, key, 1, value) for m, scope, key, value in rows]
    return bandwidth_note(gather(replace(view, measures=(*view.measures, *known))), lang)


BULK = [
    ("transfer_mean_s", "workload", "bulk", 400_000.0),
    ("latency_mean_s", "workload", "bulk", 500_000.0),
    ("transfer_mean_s", "workload", "orders", 5.0),
    ("latency_mean_s", "workload", "orders", 6.0),
]
LINKS = [("link_used_share", "link", "a - b", 0.25), ("link_used_share", "link", "b - c", 0.75)]


def test_the_report_says_when_bandwidth_decides():
    text = "Data of “bulk” is on its way for 4.63 days a job, 80.0 % of its latency:"
    assert " ".join(told(BULK).split()).startswith(text)
    assert "取决于带宽" in told(BULK, "zh")
    assert "“bulk” in “base”" in told(BULK, variants=("base", "other"))
    assert told(BULK[2:]) == ""


def test_the_report_names_the_fullest_link():
    assert told(LINKS).startswith("The fullest link is “b - c”: 75.0")
    assert "“b - c” in “base”" in told(LINKS, variants=("base", "other"))
    assert told(LINKS[:1]) == ""
