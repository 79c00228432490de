"""Plans against blind enumeration, and against every way of spoiling them."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from scheduler.optimise import AssignmentPlan, AssignmentProblem, plan_of
from scheduler.optimise.judge import cost, faults
from scheduler.optimise.planning import judged
from tests.scheduler.optimise.tiny import an_assignment, least_cost, two_stages

KINDS = {
    "cap": lambda rng: an_assignment(rng, split=True),
    "sscflp": an_assignment,
    "gap": lambda rng: an_assignment(rng, own_weights=True),
    "tscflp": two_stages,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(40))
def test_a_plan_costs_what_trying_everything_costs(kind, seed):
    problem = KINDS[kind](np.random.default_rng(seed))
    found, best = plan_of(problem, 20, np.random.default_rng(1)), least_cost(problem)
    if best is None:
        assert found.plan is None
        assert found.status.startswith("no plan: ")
    else:
        assert (found.objective, found.status) == (best, "optimal")
        assert found.bound <= float(best)
        assert faults(problem, found.plan) == []


def test_some_tiny_problems_have_a_plan_and_some_have_none():
    for make in KINDS.values():
        best = [least_cost(make(np.random.default_rng(seed))) for seed in range(40)]
        assert 5 <= sum(b is not None for b in best) < 40


# -- the judge -----------------------------------------------------------------------------

ONE = Fraction(1)
HALF = Fraction(1, 2)


def a_problem(**more):
    given = {
        "capacity": np.array([5, 4]),
        "opening": np.array([10, 20]),
        "weight": np.array([[3, 2], [3, 2]]),
        "cost": np.array([[1, 2], [3, 4]]),
        **more,
    }
    return AssignmentProblem(**given)


def served(*parts, opened=(0, 1)):
    return AssignmentPlan(frozenset(opened), parts)


WHOLE = served(((0, ONE),), ((1, ONE),))


def test_the_cost_is_opening_and_serving_in_money():
    assert cost(a_problem(unit=10), WHOLE) == Fraction(10 + 20 + 1 + 4, 10)


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        pytest.param(served(((0, ONE),)), "1 customers are served, not 2", id="short"),
        pytest.param(
            served(((0, ONE),), ((1, ONE),), opened=[0]),
            "customer 1: facility 1 is not open",
            id="closed",
        ),
        pytest.param(
            served(((0, ONE),), ((7, ONE),), opened=[0, 7]),
            "facility 7 does not exist",
            id="stranger",
        ),
        pytest.param(served(((1, ONE),), ((1, ONE),)), "facility 1: 5.0 of 4", id="overdrawn"),
        pytest.param(
            served(((0, ONE),), ((0, HALF), (1, HALF))),
            "customer 1: served by several",
            id="split",
        ),
        pytest.param(
            served(((0, ONE),), ((0, HALF), (0, HALF))),
            "customer 1: a facility is named twice",
            id="twice",
        ),
        pytest.param(
            served(((0, ONE),), ((0, 2 * ONE), (1, -ONE))),
            "customer 1: a part is not above zero",
            id="below zero",
        ),
        pytest.param(
            served(((0, ONE),), ((1, 1 - Fraction(1, 10**9)),)),
            "customer 1: its parts do not add up to one",
            id="short by a billionth",
        ),
    ],
)
def test_the_judge_names_the_fault(plan, fault):
    assert fault in faults(a_problem(), plan)
    assert judged(a_problem(), plan, 0.0).objective is None
    with pytest.raises(ValueError, match="no cost: "):
        cost(a_problem(), plan)


def spoiled(plan):
    """One flow changed, dropped, doubled, or a door closed behind it."""
    (a, b, amount), *rest = plan.to_customers
    for new in [(a, b, amount + 1)], [], [(a, b, amount)] * 2, [(a, b + 99, amount)]:
        yield replace(plan, to_customers=(*new, *rest))
    (a, b, amount), *rest = plan.to_depots
    for flow in [(a, b, amount + 1)], [(a, b, -amount)], [(a, b, amount + 0.5)], []:
        yield replace(plan, to_depots=(*flow, *rest))
    yield replace(plan, plants=frozenset())
    yield replace(plan, depots=frozenset())
    yield replace(plan, plants=plan.plants | {99})


def test_the_judge_lets_no_spoiled_flow_pass():
    tried = 0
    for seed in range(40):
        problem = two_stages(np.random.default_rng(seed))
        plan = plan_of(problem, 20, np.random.default_rng(1)).plan
        if plan is not None and plan.to_customers:
            tried += 1
            assert all(faults(problem, bad) for bad in spoiled(plan))
    assert tried >= 10


def test_the_judge_sees_capacity_overdrawn_by_flow():
    problem = two_stages(np.random.default_rng(0))
    found = [
        (problem, plan_of(problem, 20, np.random.default_rng(1)).plan)
        for problem in (two_stages(np.random.default_rng(seed)) for seed in range(20))
    ]
    for problem, plan in found:
        if plan is not None and plan.to_customers:
            none = replace(problem, plant_capacity=problem.plant_capacity * 0)
            assert any(fault.startswith("plant ") for fault in faults(none, plan))
            none = replace(problem, depot_capacity=problem.depot_capacity * 0)
            assert any(fault.startswith("depot ") for fault in faults(none, plan))


def test_a_plan_for_another_problem_is_none():
    problem = two_stages(np.random.default_rng(1))
    assert faults(problem, WHOLE) == ["the plan answers another kind of problem"]


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (35.0, (35.0, "optimal")),
        (35.000001, (35.0, "optimal")),
        (34.0, (34.0, "feasible")),
        (36.0, (None, "feasible")),
        (-math.inf, (None, "feasible")),
    ],
)
def test_a_bound_is_shown_only_where_it_can_be_true(bound, expected):
    found = judged(a_problem(), WHOLE, bound)
    assert (found.bound, found.status) == expected


@pytest.mark.wide
def test_a_hard_case_is_bounded_and_comes_in_time():
    rng = np.random.default_rng(5)
    weight = rng.integers(1, 100, (10, 60))
    problem = AssignmentProblem(
        capacity=weight.sum(axis=1) * 8 // 100,
        opening=np.zeros(10, dtype=np.int64),
        weight=weight,
        cost=111 - weight + rng.integers(-10, 10, weight.shape),
    )
    found = plan_of(problem, 5, np.random.default_rng(1))
    assert faults(problem, found.plan) == []
    assert found.bound <= found.objective <= found.bound * 1.05
