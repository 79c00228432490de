"""Placement against blind enumeration, and judged by arithmetic that knows no solver."""

import os

import pytest

from scenarios import demand_of
from scheduler.estate import estate_of
from scheduler.optimise.any_seating import possible
from scheduler.optimise.placement import Planned, planned
from scheduler.optimise.placement_program import NoSeatingError
from scheduler.replicas import (
    UNITS_A_CNY,
    cost_units,
    lacking,
    placement_problem,
    seating_faults,
)
from scheduler.seating import Greedy
from scheduler.shapes import Shapes
from tests.laws.generator import scenario_of
from tests.scheduler.optimise.replica_worlds import cheapest, tiny_tree

CASES = int(os.environ.get("SUANLI_PLACEMENTS", "500"))
BATCH = 25


def problem_of(tree):
    scenario = scenario_of(tree)
    estate = estate_of(scenario)
    shapes = Shapes(scenario, estate)
    shapes.add(demand_of(scenario, 1).asks)
    return placement_problem(scenario, estate, shapes)


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_the_plan_costs_as_little_as_any_placement(first):
    for seed in range(first, min(first + BATCH, CASES)):
        tree = tiny_tree(seed)
        problem, least = problem_of(tree), cheapest(tree)
        assert possible(problem) is (least is not None), seed
        if least is None:
            with pytest.raises(NoSeatingError):
                planned(problem)
            continue
        seating = planned(problem)
        assert seating_faults(problem, seating) + lacking(problem, seating) == [], seed
        rounding = sum(
            len(m) + len(g.far) for m, g in zip(seating.members, problem.groups, strict=True)
        )
        cost = cost_units(problem, seating)
        assert abs(cost - least * UNITS_A_CNY) <= rounding, seed
        assert seating.proven, seed


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_greedy_keeps_all_rules_and_never_beats_the_plan(first):
    for seed in range(first, min(first + BATCH, CASES)):
        problem = problem_of(tiny_tree(seed))
        plain, plan = Greedy().seat(problem), Planned().seat(problem)
        assert seating_faults(problem, plain) == [] == seating_faults(problem, plan), seed
        if not lacking(problem, plain):
            assert cost_units(problem, plan) <= cost_units(problem, plain), seed
        assert bool(plan.impossible) is not possible(problem), seed
