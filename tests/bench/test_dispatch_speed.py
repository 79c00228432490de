"""The benchmark of dispatch plans runs, its questions repeat, its plans are close."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from bench import dispatch_speed
from bench.commands.bench import bench
from bench.dispatch_cases import LOADS, dispatch_case, packing_case
from bench.dispatch_speed import dispatch_rows

SMALL = {
    "individual": ((60, 8, 1),),
    "classes": ((10, 8, 20),),
    "build": ((20, 30, 10),),
    "warm": ((20, 30, 50),),
    "packing": ((200, 20, 1),),
}


def test_the_questions_are_the_same_each_time_and_as_loaded_as_they_say():
    once, again = dispatch_case(200, 30, 1), dispatch_case(200, 30, 1)
    assert np.array_equal(once.cost, again.cost)
    assert np.array_equal(once.capacity, again.capacity)
    load = (once.demand * once.count[:, None]).sum(axis=0) / once.capacity.sum(axis=0)
    assert load == pytest.approx(LOADS, rel=0.01)
    assert (once.capacity[:, 3] > 0).sum() == 12
    assert len(once.sides) == 90
    packed = packing_case(500, 50)
    assert packed.nodes.sum() == 50
    assert (packed.demand <= packed.capacity.max(axis=0)).all()


def test_every_case_has_its_rows(monkeypatch):
    monkeypatch.setattr(dispatch_speed, "QUICK", SMALL)
    rows = list(dispatch_rows())
    assert [(row.case, row.method) for row in rows] == [
        ("individual", "greedy"),
        ("individual", "planned"),
        ("classes", "greedy"),
        ("classes", "planned"),
        ("build", "by terms"),
        ("build", "by arrays"),
        ("warm", "cold, all columns"),
        ("warm", "cold"),
        ("warm", "warm"),
        ("packing", "first fit by density"),
        ("packing", "planned"),
    ]
    for row in rows:
        assert row.gap is None or row.gap >= 0
        assert row.variables > 0
        assert row.tasks > 0
    planned = {row.case: row.gap for row in rows if row.method == "planned"}
    simple = {row.case: row.gap for row in rows if row.method.startswith(("greedy", "first"))}
    assert all(planned[case] <= simple[case] for case in planned)


def test_the_command_prints_a_row_a_method(monkeypatch):
    monkeypatch.setattr(dispatch_speed, "QUICK", SMALL)
    asked = ["dispatch", "--case", "packing", "--case", "build"]
    plain = CliRunner().invoke(bench, asked)
    assert plain.exit_code == 0
    lines = [line.split()[0] for line in plain.stdout.splitlines()]
    assert lines == ["case", "packing", "packing", "build", "build"]
    rows = [
        json.loads(row)
        for row in CliRunner().invoke(bench, [*asked, "--json"]).stdout.splitlines()
    ]
    assert list(rows[0])[:10] == [
        *("case", "tasks", "pools", "variables", "method"),
        *("objective", "bound", "gap", "build_s", "solve_s"),
    ]
    assert [row["ratio"] is None for row in rows] == [True, True, False, False]


def test_a_case_that_is_none_is_named():
    asked = CliRunner().invoke(bench, ["dispatch", "--case", "packng"])
    assert asked.exit_code == 2
    assert "--case: expected one of individual, classes, build, warm, packing" in asked.stderr


def gaps(case, **named):
    return {row.method: row for row in dispatch_rows((case,), **named)}


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.wide) for seed in (2, 3))]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_thousand_tasks_on_a_hundred_pools_are_close_to_the_bound(seed):
    rows = [r for r in dispatch_rows(("individual",), seed=seed) if r.method == "planned"]
    assert rows[-1].tasks == 1000
    assert rows[-1].gap <= 0.025


@pytest.mark.parametrize("seed", SEEDS)
def test_five_thousand_tasks_are_packed_close_to_the_bound(seed):
    assert gaps("packing", seed=seed)["planned"].gap <= 0.04


@pytest.mark.slow
def test_large_questions_reach_their_aims():
    named = {"large": True, "quick": False}
    assert gaps("individual", **named)["planned"].gap <= 0.015
    assert gaps("classes", **named)["planned"].gap <= 0.01
    assert gaps("build", **named)["by arrays"].ratio <= 1 / 20
    assert gaps("packing", **named)["planned"].gap <= 0.04


@pytest.mark.slow
def test_starting_warm_is_worth_it():
    assert gaps("warm")["warm"].ratio <= 0.35
