"""The recipe's parts: cheap columns, and plans around whole shares."""

import time

import numpy as np
import pytest

from scheduler.optimise import AssignmentProblem
from scheduler.optimise.assignment import groups_of, program
from scheduler.optimise.columns import Recipe, around_whole_shares, cheap_columns, worth
from scheduler.optimise.solvers import Solution, Solver, UnsolvedError, solve
from tests.scheduler.optimise.tiny import an_assignment, least_cost


def a_recipe():
    return Recipe(Solver.CP_SAT, time.monotonic() + 20, whole_costs=True)


def test_cheap_columns_keep_the_cheapest_of_each_group_and_what_is_used():
    groups = np.array([0, 0, 0, 1, 1, -1])
    reduced = np.array([3.0, 1.0, 2.0, 5.0, 4.0, 9.0])
    used = np.array([0.5, 0, 0, 0, 0, 0])
    relaxed = Solution(used, 0.0, 0.0, True, reduced)
    assert cheap_columns(relaxed, groups, 1).tolist() == [0, 1, 4, 5]


@pytest.mark.parametrize("seed", range(40))
def test_around_whole_shares_finds_a_plan_wherever_there_is_one(seed):
    problem = an_assignment(np.random.default_rng(seed), own_weights=seed % 2 == 0)
    model, groups = program(problem), groups_of(problem)
    best = least_cost(problem)
    try:
        relaxed = solve(model.relaxed(), Solver.GLOP)
        values = around_whole_shares(model, groups, relaxed, a_recipe())
    except UnsolvedError:
        assert best is None
    else:
        used = model.rows @ values
        assert (used >= model.row_lower - 1e-9).all()
        assert (used <= model.row_upper + 1e-9).all()
        assert worth(model, values) >= best * problem.unit


def test_around_whole_shares_is_close_where_there_are_many():
    rng = np.random.default_rng(2)
    weight = rng.integers(1, 100, (8, 300))
    problem = AssignmentProblem(
        capacity=weight.sum(axis=1) // 10,
        opening=np.zeros(8, dtype=np.int64),
        weight=weight,
        cost=111 - weight + rng.integers(-10, 10, weight.shape),
    )
    model, groups = program(problem), groups_of(problem)
    relaxed = solve(model.relaxed(), Solver.GLOP)
    values = around_whole_shares(model, groups, relaxed, a_recipe())
    assert worth(model, values) <= 1.03 * relaxed.bound
