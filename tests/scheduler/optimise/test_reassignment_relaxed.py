"""The relaxed reassignment below every plan, and what the ways of choosing parts lift."""

import numpy as np
import pytest

from scheduler.optimise import ReassignmentPlan, Tables
from scheduler.optimise.reassignment_choice import Choice
from scheduler.optimise.reassignment_judge import cost, faults
from scheduler.optimise.reassignment_relaxed import MOST_PAIRS, money, relaxed, relaxed_shares
from scheduler.optimise.reassignment_state import State
from scheduler.optimise.solvers import Solver, solve
from tests.scheduler.optimise.small_moves import a_reassignment, all_plans


def test_the_relaxed_is_below_every_plan():
    for seed in range(40):
        problem = a_reassignment(np.random.default_rng(seed))
        legal = [plan for plan in all_plans(problem) if not faults(problem, plan)]
        least = min(cost(problem, plan) for plan in legal)
        tables = Tables(problem)
        found = solve(relaxed(tables, *np.nonzero(tables.able)), Solver.GLOP)
        assert found.objective * money(tables) <= least * (1 + 1e-6) + 1e-6


def test_shares_of_a_process_are_one_and_where_it_fits():
    for seed in range(10):
        tables = Tables(a_reassignment(np.random.default_rng(seed), processes=9, machines=4))
        shares = relaxed_shares(tables, 10)
        assert shares.sum(axis=1) == pytest.approx(1, abs=0.05)
        assert not shares[~tables.able].any()


def test_too_many_pairs_or_no_time_is_no_hint():
    tables = Tables(a_reassignment(np.random.default_rng(1)))
    assert relaxed_shares(tables, 1e-9) is None
    tables.able = np.ones((MOST_PAIRS + 1, 1), dtype=bool)
    assert relaxed_shares(tables, 10) is None


def test_what_the_hint_has_elsewhere_is_lifted_first():
    rng = np.random.default_rng(2)
    problem = a_reassignment(rng, processes=9, machines=4)
    choice, state = Choice(Tables(problem), rng), State(Tables(problem), problem.initial)
    count = len(problem.initial)
    wanted = np.zeros((count, 4))
    wanted[np.arange(count), problem.initial] = 1
    wanted[3] = np.roll(wanted[3], 1)
    choice.pulled_by(wanted)
    lifted = np.zeros(count)
    for _ in range(200):
        lifted[choice.part("pulled", state, np.arange(4), 1).processes] += 1
    assert lifted.argmax() == 3
    assert lifted[3] > 100


@pytest.mark.parametrize("way", ["machines", "luck", "services", "dear"])
def test_a_part_has_about_the_columns_asked_for_on_its_machines(way):
    rng = np.random.default_rng(3)
    problem = a_reassignment(rng, processes=40, machines=10, services=20, slack=60)
    tables = Tables(problem)
    state, some = State(tables, problem.initial), np.arange(6)
    for columns in (1, 20, 60):
        part = Choice(tables, rng).part(way, state, some, columns)
        assert np.isin(part.where, some).all()
        assert np.isin(part.here, some).all()
        assert way == "machines" or part.width <= columns + 6
        assert np.diff(part.processes).min(initial=1) > 0
    assert part.width > 10


def test_a_plan_is_where_it_was():
    problem = a_reassignment(np.random.default_rng(4))
    state = State(Tables(problem), problem.initial)
    assert not state.keep([(0, int(problem.initial[0]))], worse=-1)
    assert state.keep([(0, int(problem.initial[0]))], worse=0)
    assert state.kept == [[(0, int(problem.initial[0]))]]
    assert cost(problem, ReassignmentPlan(tuple(state.place.tolist()))) == state.cost
