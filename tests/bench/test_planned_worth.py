"""Planned beside greedy: rows, their intervals and the command."""

import json

import pytest

from bench.commands import main
from bench.commands.bench import loads_of
from bench.intervals import paired
from bench.planned_worth import OBJECTIVE, planned_rows, rows_of, scaled
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
