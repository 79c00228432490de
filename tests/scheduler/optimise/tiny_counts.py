"""Tiny random dispatch questions, and the least cost of each by trying all."""

from itertools import product

import numpy as np

from scheduler.optimise import CountProblem, Side
from scheduler.optimise.count_judge import exact_cost

MOST_WAYS = 3000


def a_question(rng):
    """Small enough to try all plans; costs in quarters, so that sums are exact."""
    while True:
        problem = a_draw(rng)
        if (
            np.prod([len(ways(int(n), len(problem.capacity))) for n in problem.count])
            < MOST_WAYS
        ):
            return problem


def a_draw(rng):
    classes, pools, resources = (int(n) for n in rng.integers(1, 4, 3))
    cost = rng.integers(0, 120, (classes, pools)) / 4
    cost[rng.random((classes, pools)) < 0.15] = np.inf
    sides = []
    for number in range(int(rng.integers(0, 3))):
        class_of, pool_of = np.nonzero(rng.random((classes, pools)) < 0.6)
        amount, limit = rng.integers(0, 4, len(class_of)), int(rng.integers(0, 8))
        sides.append(Side(f"side {number}", class_of, pool_of, amount, limit))
    return CountProblem(
        count=rng.integers(0, 4, classes),
        demand=rng.integers(0, 4, (classes, resources)),
        capacity=rng.integers(0, 9, (pools, resources)),
        cost=cost,
        unserved=rng.integers(0, 240, classes) / 4,
        sides=tuple(sides),
    )


def ways(most, pools):
    """All ways to send at most so many to pools."""
    if not pools:
        return [()]
    return [(n, *rest) for n in range(most + 1) for rest in ways(most - n, pools - 1)]


def plans(problem):
    """All, legal or not."""
    pools = len(problem.capacity)
    for rows in product(*(ways(int(n), pools) for n in problem.count)):
        yield np.array(rows, dtype=np.int64).reshape(len(problem.count), pools)


def is_legal(problem, counts):
    """Written a third time, by arrays."""
    if ((counts > 0) & np.isinf(problem.cost)).any():
        return False
    if (counts.T @ problem.demand > problem.capacity).any():
        return False
    return all(
        (counts[s.class_of, s.pool_of] * s.amount).sum() <= s.limit for s in problem.sides
    )


def least_cost(problem):
    """Leaving all over is always legal."""
    return min(exact_cost(problem, plan) for plan in plans(problem) if is_legal(problem, plan))
