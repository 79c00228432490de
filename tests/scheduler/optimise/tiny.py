"""Tiny random problems and the best plan of each by trying all: no solver, no model."""

from fractions import Fraction
from itertools import product

import numpy as np

from scheduler.optimise import AssignmentPlan, AssignmentProblem, TwoStagePlan, TwoStageProblem
from scheduler.optimise.judge import cost, faults


def an_assignment(rng, *, split=False, own_weights=False):
    facilities, customers = int(rng.integers(1, 4)), int(rng.integers(1, 5 - split))
    demand = rng.integers(0 if split else 1, 4, customers)
    weight = np.tile(demand, (facilities, 1))
    if own_weights:
        weight = rng.integers(1, 5, (facilities, customers))
    return AssignmentProblem(
        capacity=rng.integers(1, 8, facilities),
        opening=rng.integers(0, 20, facilities) * (not own_weights),
        weight=weight,
        cost=rng.integers(0, 30, (facilities, customers)),
        split=split,
        unit=10,
    )


def two_stages(rng):
    plants, depots, customers = (int(n) for n in rng.integers(1, 3, 3))
    return TwoStageProblem(
        demand=rng.integers(0, 4, customers),
        plant_capacity=rng.integers(1, 6, plants),
        plant_opening=rng.integers(0, 20, plants),
        plant_cost=rng.integers(0, 9, (plants, depots)),
        depot_capacity=rng.integers(1, 6, depots),
        depot_opening=rng.integers(0, 20, depots),
        depot_cost=rng.integers(0, 9, (depots, customers)),
        unit=10,
    )


def shares(amount, places):
    """All ways to split a whole amount over places."""
    if places == 1:
        return [(amount,)]
    return [
        (first, *rest)
        for first in range(amount + 1)
        for rest in shares(amount - first, places - 1)
    ]


def assignments(problem):
    """Every plan that opens only what it uses."""
    facilities, _ = problem.cost.shape
    pieces = np.maximum(problem.weight[0], 1).tolist() if problem.split else None
    options = (
        [
            [tuple((i, Fraction(a, n)) for i, a in enumerate(way) if a) for way in ways]
            for n, ways in ((n, shares(n, facilities)) for n in pieces)
        ]
        if pieces
        else [[((i, Fraction(1)),) for i in range(facilities)]] * problem.cost.shape[1]
    )
    for served in product(*options):
        opened = frozenset(i for parts in served for i, _ in parts)
        yield AssignmentPlan(opened, tuple(served))


def flows(problem):
    """Every plan in whole units that opens only what it uses."""
    plants, depots = problem.plant_cost.shape
    for ways in product(*(shares(int(d), depots) for d in problem.demand)):
        second = tuple((j, k, a) for k, way in enumerate(ways) for j, a in enumerate(way) if a)
        passed = [sum(way[j] for way in ways) for j in range(depots)]
        for fed in product(*(shares(amount, plants) for amount in passed)):
            first = tuple(
                (i, j, a) for j, way in enumerate(fed) for i, a in enumerate(way) if a
            )
            yield TwoStagePlan(
                frozenset(i for i, _, _ in first),
                frozenset(j for j, _, _ in second),
                first,
                second,
            )


def least_cost(problem):
    """The optimum, None if there is no legal plan."""
    plans = flows(problem) if isinstance(problem, TwoStageProblem) else assignments(problem)
    costs = [cost(problem, plan) for plan in plans if not faults(problem, plan)]
    return min(costs, default=None)
