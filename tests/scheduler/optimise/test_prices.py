"""Prices: a bound below every plan, found without a solver, and choices worth their cost."""

import time

import numpy as np
import pytest

from scheduler.optimise import AssignmentProblem
from scheduler.optimise.assignment import find_by_prices, program
from scheduler.optimise.judge import cost, faults
from scheduler.optimise.prices import at_prices, priced
from scheduler.optimise.solvers import Solver, solve
from tests.scheduler.optimise.tiny import an_assignment, least_cost


def soon(seconds=10):
    return time.monotonic() + seconds


@pytest.mark.parametrize("seed", range(40))
def test_any_prices_bound_every_plan(seed):
    rng = np.random.default_rng(seed)
    problem = an_assignment(rng, split=True)
    best = least_cost(problem)
    if best is None:
        return
    money = problem.cost.astype(float)
    for _ in range(10):
        prices = rng.uniform(-10, 60, problem.cost.shape[1])
        assert at_prices(problem, money, prices)[0] <= float(best) * problem.unit + 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_the_prices_find_legal_plans_and_true_bounds(seed):
    problem = an_assignment(np.random.default_rng(seed), split=True)
    best = least_cost(problem)
    if best is None:
        return
    plan, bound = find_by_prices(problem, soon())
    assert faults(problem, plan) == []
    assert bound <= float(best) + 1e-9 <= float(cost(problem, plan)) + 2e-9


def test_the_bound_comes_close_to_the_relaxation():
    rng = np.random.default_rng(3)
    problem = AssignmentProblem(
        capacity=rng.integers(80, 160, 12),
        opening=rng.integers(200, 400, 12),
        weight=np.tile(rng.integers(1, 20, 40), (12, 1)),
        cost=rng.integers(1, 100, (12, 40)),
        split=True,
    )
    relaxed = solve(program(problem).relaxed(), Solver.GLOP).bound
    bound = priced(problem, soon()).bound
    assert 0.98 * relaxed <= bound <= relaxed * (1 + 1e-9)
    plan, _ = find_by_prices(problem, soon())
    assert relaxed <= float(cost(problem, plan)) <= 1.1 * relaxed


def test_time_that_ends_leaves_a_legal_plan():
    problem = an_assignment(np.random.default_rng(8), split=True)
    plan, _ = find_by_prices(problem, soon(0))
    assert faults(problem, plan) == []
