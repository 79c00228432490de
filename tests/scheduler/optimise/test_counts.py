"""Dispatch plans against blind enumeration, two judges, and solvers that lie."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from scheduler.optimise import (
    CountProblem,
    Effort,
    Side,
    count_columns,
    count_plan_of,
    count_planning,
)
from scheduler.optimise.count_judge import (
    count_cost,
    count_faults,
    exact_bound,
    exact_cost,
    exact_faults,
)
from scheduler.optimise.count_model import bound_of, useful
from scheduler.optimise.solvers import Solver, UnsolvedError
from tests.scheduler.optimise.tiny_counts import a_question, is_legal, least_cost, plans


def a_small_one():
    """Two classes, two pools; the second class takes three of one resource."""
    return CountProblem(
        count=np.array([4, 2]),
        demand=np.array([[1, 2], [3, 0]]),
        capacity=np.array([[5, 6], [4, 9]]),
        cost=np.array([[1.0, 2.0], [3.0, math.inf]]),
        unserved=np.array([10.0, 20.0]),
        sides=(Side("link", np.array([0]), np.array([1]), np.array([2]), 4),),
    )


@pytest.mark.parametrize("block", range(10))
def test_plans_cost_what_trying_all_costs(block):
    for seed in range(50 * block, 50 * block + 50):
        problem = a_question(np.random.default_rng(seed))
        plan = count_plan_of(problem)
        assert count_faults(problem, plan.counts) == []
        assert not exact_faults(problem, plan.counts)
        assert exact_cost(problem, plan.counts) == plan.objective == least_cost(problem)
        assert plan.bound <= plan.objective
        assert plan.status == "optimal"


@pytest.mark.parametrize("seed", range(20))
def test_without_a_solver_of_whole_numbers_plans_are_legal_and_the_bound_holds(seed):
    problem = a_question(np.random.default_rng(seed))
    plan = count_plan_of(problem, Effort(whole_work=0))
    assert count_faults(problem, plan.counts) == []
    assert plan.bound <= least_cost(problem) <= plan.objective
    prices = [[Fraction(p) for p in row] for row in plan.prices.tolist()]
    below = exact_bound(problem, prices, [Fraction(p) for p in plan.side_prices.tolist()])
    assert min(below, plan.objective) >= plan.bound


@pytest.mark.parametrize("seed", range(100))
def test_the_judges_agree_on_every_plan(seed):
    problem = a_question(np.random.default_rng(seed))
    for plan in list(plans(problem))[:400]:
        legal = is_legal(problem, plan)
        assert (count_faults(problem, plan) == []) == legal == (not exact_faults(problem, plan))
        if legal:
            assert count_cost(problem, plan) == exact_cost(problem, plan)


def test_the_plan_by_hand():
    plan = count_plan_of(a_small_one())
    assert plan.counts.tolist() == [[2, 2], [1, 0]]
    assert plan.objective == 2 * 1 + 2 * 2 + 3 + 20
    assert plan.status == "optimal"


@pytest.mark.parametrize(
    ("counts", "fault"),
    [
        ([[3, 1], [1, 0]], "pool 0: resource 0 overdrawn by 1"),
        ([[1, 3], [0, 0]], "link: 6 of 4"),
        ([[5, 0], [0, 0]], "class 0: 5 of 4 tasks"),
        ([[-1, 0], [0, 0]], "class 0 on pool 0: -1 tasks"),
        ([[0, 0], [0, 1]], "class 1 may not go to pool 1"),
        ([[0.0, 0], [0, 0]], "counts of shape (2, 2) of float64 are no plan"),
        ([[0, 0]], "counts of shape (1, 2) of int64 are no plan"),
    ],
)
def test_the_judge_names_what_is_wrong(counts, fault):
    problem = a_small_one()
    assert fault in count_faults(problem, np.array(counts))
    with pytest.raises(ValueError, match="no cost: "):
        count_cost(problem, np.array(counts))


@pytest.mark.parametrize("solver", [Solver.GLOP, Solver.PDLP])
def test_the_solver_may_be_chosen(solver):
    plan = count_plan_of(a_small_one(), Effort(solver))
    assert plan.objective == 29
    assert plan.bound == pytest.approx(29, rel=1e-6)


def test_any_prices_give_a_bound():
    problem, rng = a_small_one(), np.random.default_rng(1)
    for _ in range(200):
        prices, side_prices = rng.exponential(2, (2, 2)), rng.exponential(2, 1)
        exact = exact_bound(
            problem,
            [[Fraction(p) for p in row] for row in prices.tolist()],
            [Fraction(p) for p in side_prices.tolist()],
        )
        bound = bound_of(problem, prices, side_prices, useful(problem))
        assert bound <= exact + Fraction(1, 10**9)
        assert exact <= 29


@pytest.mark.parametrize("seed", range(5))
def test_the_same_question_has_the_same_answer(seed):
    problem = a_question(np.random.default_rng(seed))
    once, again = count_plan_of(problem), count_plan_of(problem)
    assert (once.counts == again.counts).all()
    assert once.bound == again.bound
    assert (once.prices == again.prices).all()


def lying(solver, spoil):
    """The door, with one solver's answers spoilt."""
    honest = count_planning.solve

    def solve(model, which, *rest, **named):
        found = honest(model, which, *rest, **named)
        return spoil(model, found) if which is solver else found

    return solve


def test_a_relaxation_that_breaks_its_own_rows_is_no_plan(monkeypatch):
    for by in (1e-4, 1.0, -5.0):
        spoil = lying(Solver.GLOP, lambda _, f, by=by: replace(f, values=f.values + by))
        with monkeypatch.context() as patch:
            patch.setattr(count_columns, "solve", spoil)
            with pytest.raises(UnsolvedError, match="GLOP: its plan breaks a rule"):
                count_plan_of(a_small_one())


def test_whole_numbers_that_break_a_rule_are_no_plan(monkeypatch):
    problem = next(p for p in map(gapped, range(100)) if p is not None)
    spoil = lying(Solver.CP_SAT, lambda model, found: replace(found, values=model.upper + 1))
    monkeypatch.setattr(count_planning, "solve", spoil)
    with pytest.raises(UnsolvedError, match="CP_SAT: "):
        count_plan_of(problem)


def gapped(seed):
    """A question whose relaxation does not close it."""
    problem = a_question(np.random.default_rng(seed))
    plan = count_plan_of(problem, Effort(whole_work=0))
    return problem if plan.status != "optimal" else None
