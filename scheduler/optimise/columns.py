"""Mixed programs by their cheap columns: relaxation, few columns, then all that still count.

The relaxation gives a bound and what each column would cost more. A program of the cheapest
columns finds a good plan quickly. With its cost at hand, every column whose reduced cost
alone exceeds what is left between bound and plan is out for good; the rest is solved too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.optimise.solvers import (
    Floats,
    Limits,
    LinearModel,
    Solution,
    Solver,
    UnsolvedError,
    solve,
)

Columns = npt.NDArray[np.intp]
Polish = Callable[[Floats, float, float], Floats]
"""From values, with the deadline and the bound, to values at most as costly."""

EPSILON = 1e-9
WHOLE = 1 - 1e-6
FREED_AT_A_TIME = 50  # one part in so many of the groups


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which solver, until when, and the parts of the time for the first two programs."""

    solver: Solver
    deadline: float  # of time.monotonic()
    first: float = 0.15
    proof: float = 0.85
    per_group: int = 5  # columns kept of each group
    only_used: bool = False  # first open only what the relaxation opens in part: always legal
    whole_costs: bool = False  # every plan's cost is a whole number


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best values, and a bound that no plan goes below."""

    values: Floats
    bound: float


def solve_by_columns(
    model: LinearModel, groups: npt.NDArray[np.int64], recipe: Recipe, polish: Polish
) -> Found:
    """The best values by the recipe; columns of group -1 are always kept.

    Raises:
        UnsolvedError: there is no plan, or none was found in time.
    """
    start = time.monotonic()
    span = recipe.deadline - start
    relaxed = solve(model.relaxed(), Solver.GLOP, Limits(span))
    bound = rounded_up(relaxed.bound, recipe)
    assert relaxed.reduced is not None
    few = cheap_columns(relaxed, groups, recipe.per_group)
    if recipe.only_used:
        few = few[(groups[few] >= 0) | (relaxed.values[few] > EPSILON)]
    try:
        best = few_columns(model, few, recipe, start + span * recipe.first)
    except UnsolvedError:
        best = around_whole_shares(model, groups, relaxed, recipe)
    cost = worth(model, best)
    if not closed(cost, bound) and time.monotonic() < recipe.deadline:
        limit = Limits(min(span * recipe.proof, recipe.deadline - time.monotonic()))
        best, proof = with_all_that_count(model, relaxed, best, recipe.solver, limit)
        cost = worth(model, best)
        bound = max(bound, rounded_up(min(proof, cost), recipe))
    if not closed(cost, bound) and time.monotonic() < recipe.deadline:
        best = polish(best, recipe.deadline, bound)
    return Found(best, bound)


def worth(model: LinearModel, values: Floats) -> float:
    """The objective, summed the same way everywhere."""
    return math.fsum((model.cost * values).tolist())


def closed(cost: float, bound: float) -> bool:
    """Is there nothing left to gain?"""
    return cost - bound <= EPSILON * max(1.0, abs(cost))


def rounded_up(bound: float, recipe: Recipe) -> float:
    """The next whole number where all costs are whole; a solver's tolerance is let go."""
    slack = EPSILON * max(1e3, abs(bound))
    return math.ceil(bound - slack) if recipe.whole_costs and math.isfinite(bound) else bound


def cheap_columns(relaxed: Solution, groups: npt.NDArray[np.int64], per_group: int) -> Columns:
    """Of each group those of least reduced cost, and whatever the relaxation uses."""
    assert relaxed.reduced is not None
    order = np.lexsort((np.arange(len(groups)), relaxed.reduced, groups))
    ordered = groups[order]
    starts = np.searchsorted(ordered, ordered)  # where the own group begins
    kept = np.zeros(len(groups), dtype=bool)
    kept[order] = np.arange(len(order)) - starts < per_group
    return np.flatnonzero(kept | (groups < 0) | (relaxed.values > EPSILON))


def few_columns(model: LinearModel, few: Columns, recipe: Recipe, until: float) -> Floats:
    """A plan of few columns.

    Raises:
        UnsolvedError: they hold none, or none was found in time.
    """
    seconds = max(until - time.monotonic(), 0.1)
    part = solve(model.of_columns(few), recipe.solver, Limits(seconds))
    return spread(part.values, few, len(model.cost))


def around_whole_shares(
    model: LinearModel, groups: npt.NDArray[np.int64], relaxed: Solution, recipe: Recipe
) -> Floats:
    """A plan that keeps whole shares of the relaxation and solves the split ones anew.

    Where that leaves no plan, more whole shares are let go, twice as many each time.

    Raises:
        UnsolvedError: not even everything solved anew holds a plan, or none came in time.
    """
    shares = np.where(groups >= 0, relaxed.values, 0.0)
    largest = np.zeros(groups.max() + 1)
    np.maximum.at(largest, np.maximum(groups, 0), shares)
    order = np.argsort(largest, kind="stable")
    count, step = int((largest < WHOLE).sum()), len(order) // FREED_AT_A_TIME + 1
    while True:
        count = min(count + step, len(order))
        free = np.zeros(len(order), dtype=bool)
        free[order[:count]] = True
        columns = np.flatnonzero((groups < 0) | free[np.maximum(groups, 0)])
        left = recipe.deadline - time.monotonic()
        limit = left if count == len(order) else min(left, left / 4 + 0.1)
        values = np.rint(shares)
        try:
            part = solve(model.around(values, columns), recipe.solver, Limits(limit))
        except UnsolvedError:
            if count == len(order) or time.monotonic() > recipe.deadline:
                raise
            step *= 2
            continue
        values[columns] = part.values
        return values


def spread(values: Floats, columns: Columns, count: int) -> Floats:
    """Values of some columns among zeros."""
    every = np.zeros(count)
    every[columns] = values
    return every


def with_all_that_count(
    model: LinearModel, relaxed: Solution, best: Floats, solver: Solver, limits: Limits
) -> tuple[Floats, float]:
    """The better of `best` and what the solver finds, and the solver's bound.

    A plan that uses a dropped column costs at least as much as `best`, so the bound holds
    for all plans once it is cut at the cost of `best`.
    """
    assert relaxed.reduced is not None
    cost = worth(model, best)
    reach = relaxed.bound + np.abs(relaxed.reduced) * (model.lower == 0)
    counts = np.flatnonzero((reach <= cost + abs(cost) * 1e-7) | (relaxed.values > EPSILON))
    try:
        part = solve(model.of_columns(counts), solver, limits, hint=best[counts])
    except UnsolvedError:
        return best, relaxed.bound
    values = spread(part.values, counts, len(model.cost))
    better = values if part.objective < cost else best
    return better, part.bound
