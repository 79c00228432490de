"""Planned beside greedy: rows, their intervals and the command."""

import json

import pytest

from bench.commands import main
from bench.commands.bench import loads_of, planned_lines
from bench.intervals import paired
from bench.planned_worth import (
    OBJECTIVE,
    Trial,
    key_of,
    measured,
    planned_rows,
    remembered,
    rows_of,
    scaled,
    verdict_of,
)
from scenarios import read
from scheduler.optimise import Fullness

FULL = Fullness(2.0, "gpu", ("a",))


def run_of(value):
    names = ("latency_mean_s", "latency_p95_s", "cost_total_cny")
    names += ("allocated_share_gpu", "used_share_gpu")
    return {OBJECTIVE: value} | dict.fromkeys(names, 1.0)


def test_the_interval_holds_for_all_comparisons():
    ours, theirs = [1.0, 2.0, 4.0], [2.0, 4.0, 5.0]
    of = {"planned": [run_of(v) for v in ours], "nearest": [run_of(v) for v in theirs]}
    first, second = rows_of("s", 0.5, FULL, of, 10)
    by = paired(ours, theirs, 0.995)
    assert first.difference != first.difference
    assert (second.difference, second.low, second.high) == (by.mean, by.low, by.high)
    assert (second.factor, second.load, second.comparisons) == (1.0, 0.5, 10)


def test_the_other_measures_are_compared_seed_by_seed_too():
    ours = [run_of(1.0) | {"latency_p95_s": v} for v in (3600.0, 7200.0, 7200.0)]
    theirs = [run_of(1.0) | {"latency_p95_s": v} for v in (7200.0, 10800.0, 14400.0)]
    _, row = rows_of("s", 0.5, FULL, {"planned": ours, "nearest": theirs}, 10)
    by = paired([3600.0, 7200.0, 7200.0], [7200.0, 10800.0, 14400.0], 0.995)
    (found,) = [one for one in row.beside if one.measure == "latency_p95_s"]
    assert (found.mean, found.low, found.high) == (by.mean, by.low, by.high)
    line = next(text for text in planned_lines(row).splitlines() if "p95 h" in text)
    assert line.split()[2] == "+1.33"
    assert len(row.beside) == 5


def test_an_interval_is_told_in_words():
    words = [verdict_of(*span) for span in ((1.0, 2.0), (-2.0, -1.0), (-1.0, 1.0))]
    assert words == ["planned better", "planned worse", "no difference shown"]
    assert verdict_of(float("nan"), float("nan")) == "no difference shown"


def test_a_run_that_is_kept_is_not_made_again(tmp_path):
    trials = [Trial("two-tiers", ("horizon_h=30",), seed, "gpu") for seed in (1, 2)]
    assert len({key_of(trial) for trial in trials}) == 2
    kept = tmp_path / "runs.jsonl"
    first = json.dumps({"run": key_of(trials[0]), "measures": {"made": 0.0}})
    second = json.dumps({"run": key_of(trials[1]), "measures": {"made": 1.0}})
    kept.write_text(first + "\n" + second + "\n" + '{"run": "cut o', encoding="utf-8")
    assert remembered(trials, 1, kept) == [{"made": 0.0}, {"made": 1.0}]
    assert kept.read_text(encoding="utf-8").splitlines() == [first, second]


@pytest.mark.wide
def test_an_interrupted_study_goes_on(tmp_path):
    trials = [Trial("two-tiers", ("horizon_h=30", "drain_h=1"), 1, "gpu")]
    kept = tmp_path / "runs.jsonl"
    made = remembered(trials, 1, kept)
    assert made == list(map(measured, trials)) == remembered(trials, 1, kept)
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 1


def test_only_rates_are_scaled():
    sets = scaled(read("zhejiang-week"), 2.0)
    assert "workloads[reports].arrivals.per_h=40" in sets
    assert not any("month-closing" in one for one in sets)


@pytest.mark.wide
def test_rows_of_a_small_scenario():
    rows = list(planned_rows("two-tiers", loads=[0.5], seeds=1, dispatches=["planned"]))
    assert [row.dispatch for row in rows] == ["planned"]
    assert rows[0].objective_mean_cny > 0
    assert 0 < rows[0].used_share <= rows[0].allocated_share < 1


def test_wrong_words_are_told(monkeypatch, capsys):
    for more in (["--loads", "a"], ["--loads", "0"], ["--dispatch", "best"]):
        monkeypatch.setattr("sys.argv", ["suanli", "bench", "planned", *more])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 2
    assert "expected numbers" in capsys.readouterr().err
    assert loads_of("0.7,1") == (0.7, 1.0)


@pytest.mark.wide
def test_the_command_prints_json(monkeypatch, capsys):
    words = ["--scenario", "two-tiers", "--loads", "0.5", "--seeds", "1", "--workers", "1"]
    words += ["--dispatch", "nearest", "--json"]
    monkeypatch.setattr("sys.argv", ["suanli", "bench", "planned", *words])
    with pytest.raises(SystemExit):
        main()
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["dispatch"] for row in found] == ["planned", "nearest"]
