"""Explanations as large as a province: 369 pools, 2,000 replicas and more.

Each named set conflicts, none of its lines can be left out, and what is said to be enough is.
"""

import time

import numpy as np
import pytest

from scenarios import edited, read
from scheduler.optimise import placement_program
from scheduler.optimise.alike import Alike
from scheduler.optimise.conflicts import Search, conflict_of, musts, solvable
from scheduler.optimise.explaining import explained
from scheduler.optimise.levers import levers_of
from tests.scheduler.optimise.large_worlds import KINDS, large

SOLVED_AGAIN = 24  # lines of a long set that are each left out, drawn by seed
QUICK = (5,)  # without a long set
SHORT = (1, 3, 4, 8)  # with one that takes seconds


def world(seed, tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(large(seed)[0])
    return file


def lines_to_leave_out(levers, seed, most):
    rng = np.random.default_rng(seed)
    few = len(levers) <= most
    return levers if few else [levers[n] for n in rng.choice(len(levers), most, replace=False)]


def check(seed, tmp_path, most):
    file = world(seed, tmp_path)
    scenario = read(file)
    start = time.process_time()
    why = explained(scenario)
    assert time.process_time() - start < 60
    assert why.open_question == ""
    conflict = conflict_of(scenario, why.workloads).levers
    assert len(why.lines) == len(conflict) > 0
    assert len(why.bunches) <= 60
    others = [
        lever
        for lever in levers_of(scenario, musts(scenario))
        if lever.path not in {own.path for own in conflict}
    ]
    bare = Search(scenario, Alike(scenario, ()), 0).scenario_without
    assert not solvable(bare(others))
    for lever in lines_to_leave_out(conflict, seed, most):
        assert solvable(bare([*others, lever])), lever.path
    for one in why.relaxations:
        assert solvable(read(file, sets=[one.setting])), one
    assert_cheapest(scenario, why, conflict, seed)


def assert_cheapest(scenario, why, conflict, seed):
    """Nothing bought for less in another line is enough: for some, drawn by seed."""
    prices = [one.price_cny for one in why.relaxations if one.kind == "purchase"]
    bought = [lever for lever in conflict if lever.kind == "purchase"]
    for lever in lines_to_leave_out(bought, seed, 10) if prices else ():
        cheaper = [s for s in lever.steps(scenario)[:2000] if (s.price_cny or 0) < min(prices)]
        for step in cheaper if lever.path[-1] == "server" else cheaper[-1:]:
            assert not solvable(edited(scenario, lever.path, step.value)), (lever.path, step)


@pytest.mark.wide
@pytest.mark.parametrize("seed", QUICK)
def test_a_province_is_explained(seed, tmp_path):
    check(seed, tmp_path, SOLVED_AGAIN)


@pytest.mark.wide
@pytest.mark.parametrize("seed", SHORT)
def test_some_kinds_of_large_impossible_worlds(seed, tmp_path):
    check(seed, tmp_path, SOLVED_AGAIN)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [n for n in range(len(KINDS)) if n not in (*QUICK, *SHORT)])
def test_every_other_kind_of_large_impossible_world(seed, tmp_path):
    check(seed, tmp_path, SOLVED_AGAIN)


@pytest.mark.slow
def test_each_line_of_a_large_set_is_needed(tmp_path):
    check(2, tmp_path, 10_000)


@pytest.mark.wide
def test_long_sets_are_told_in_bunches(tmp_path):
    why = explained(read(world(1, tmp_path)))
    told = [(line.path, line.says) for line in why.bunches if "nodes" in line.path]
    assert told[0] == (
        "topology.pools[changsanjiao-hub-national-ascend, wuhu-hub-national-ascend].nodes",
        "64, all 2 pools of national with srv-910b-8 at nation sites",
    )
    assert {line.place.line for line in why.bunches if line.path.startswith("topology")} == {4}
    assert "need 800, have 539 GPU" in why.short


@pytest.mark.wide
def test_where_the_solver_has_no_answer_what_lacks_is_told(tmp_path, monkeypatch):
    scenario = read(world(4, tmp_path))
    monkeypatch.setattr(placement_program, "MOST_COLUMNS", 10)
    why = explained(scenario)
    assert why.lines == ()
    assert "unknowns are too many" in why.open_question
    assert why.short == "web: 9 of 180 replicas have no place"
