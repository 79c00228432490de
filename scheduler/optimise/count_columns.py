"""Large programs by the columns that matter: first by prices, then those that prices miss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scheduler.optimise.count_model import (
    CountModel,
    Flags,
    at_prices,
    bound_of,
    count_model,
    most,
    pairs_of,
)
from scheduler.optimise.count_prices import Prices
from scheduler.optimise.counts import CountProblem, Floats
from scheduler.optimise.solvers import Limits, Solution, Solver, UnsolvedError, solve

ROUNDS = 12
CLOSE = 5e-4  # relative, between the program of few columns and the bound of all
PER_CLASS = 4  # columns of a class at least
SPARE = 2  # times as much room as a class needs, in its first columns
TOLERANCE = {Solver.GLOP: 1e-6, Solver.PDLP: 1e-2}  # what a row may be overdrawn by, scaled


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """Parts of tasks to pools, prices, the bound they give, and the columns that gave them."""

    parts: Floats  # (classes, pools)
    prices: Prices
    bound: float
    objective: float
    kept: Flags  # (classes, pools)
    class_prices: Floats  # (classes,) a task's


def at_once(
    problem: CountProblem, mask: Flags, kept: Flags, solver: Solver, limits: Limits
) -> Relaxed:
    """The program of the columns `kept`, and a bound for all of `mask`.

    Raises:
        UnsolvedError: the solver has no answer, or one that is wrong.
    """
    model = count_model(problem, pairs_of(kept))
    found = believed(solver, model, solve(model.linear, solver, limits))
    return relaxed_of(problem, mask, model, found)


def by_columns(
    problem: CountProblem, mask: Flags, kept: Flags, prices: Prices, limits: Limits
) -> Relaxed:
    """Rounds of GLOP, each with the columns that the last one's prices miss.

    Raises:
        UnsolvedError: the solver has no answer, or one that is wrong.
    """
    kept = kept | first_columns(problem, mask, prices)
    best = -math.inf
    for _ in range(ROUNDS):
        found = at_once(problem, mask, kept, Solver.GLOP, limits)
        best = max(best, found.bound)
        if found.objective - best <= CLOSE * abs(best):
            break
        missed = missed_columns(problem, mask & ~kept, found)
        if not missed.any():
            break
        kept = kept | missed
    return Relaxed(
        found.parts, found.prices, best, found.objective, found.kept, found.class_prices
    )


def first_columns(problem: CountProblem, mask: Flags, prices: Prices) -> Flags:
    """Of each class the cheapest at these prices: some, and as many as hold it with ease."""
    total = np.where(mask, at_prices(problem, prices.room, prices.sides), math.inf)
    order = np.argsort(total, axis=1, kind="stable")
    pairs = pairs_of(mask)
    room = np.zeros(total.shape)
    room[pairs.class_of, pairs.pool_of] = most(problem, pairs)
    room = np.take_along_axis(room, order, axis=1)
    enough = room.cumsum(axis=1) - room < SPARE * problem.count[:, None]
    enough &= problem.count[:, None] > 1
    enough[:, :PER_CLASS] = True
    kept = np.zeros(mask.shape, dtype=bool)
    np.put_along_axis(kept, order, enough, axis=1)
    return kept & mask


def missed_columns(problem: CountProblem, others: Flags, found: Relaxed) -> Flags:
    """Of each class the cheapest that beat what the program pays for one of its tasks."""
    total = at_prices(problem, found.prices.room, found.prices.sides)
    paid = found.class_prices - 1e-9 * np.maximum(1.0, np.abs(found.class_prices))
    beats = others & (total < paid[:, None])
    total = np.where(beats, total, math.inf)
    several = min(PER_CLASS, total.shape[1]) - 1
    worst = np.partition(total, several, axis=1)[:, several]
    return beats & (total <= worst[:, None])


def believed(solver: Solver, model: CountModel, found: Solution) -> Solution:
    """The solution, if it keeps its own rows.

    Raises:
        UnsolvedError: it does not.
    """
    linear, values = model.linear, found.values
    used = linear.rows @ values
    size = np.maximum(1.0, np.where(np.isfinite(linear.row_upper), linear.row_upper, 1.0))
    over = np.maximum(used - linear.row_upper, linear.row_lower - used) / size
    beyond = np.maximum(values - linear.upper, linear.lower - values)
    beyond /= np.maximum(1.0, linear.upper)
    worst = max(over.max(initial=0.0), beyond.max(initial=0.0))
    if worst > TOLERANCE[solver]:
        raise UnsolvedError(f"{solver}: its plan breaks a rule of its own by {worst:.2g}")
    return found


def relaxed_of(
    problem: CountProblem, mask: Flags, model: CountModel, found: Solution
) -> Relaxed:
    """The solution in the shapes of the problem.

    Raises:
        UnsolvedError: its prices are no numbers.
    """
    pools, resources = problem.capacity.shape
    classes, pairs = len(problem.count), model.pairs
    duals = found.duals
    if duals is None or not np.isfinite(duals).all():
        raise UnsolvedError("GLOP: its prices are no numbers")
    worth = np.maximum(-duals[classes:] / model.scale, 0)
    prices = Prices(
        worth[: pools * resources].reshape(pools, resources), worth[pools * resources :]
    )
    parts, kept = np.zeros(problem.cost.shape), np.zeros(problem.cost.shape, dtype=bool)
    parts[pairs.class_of, pairs.pool_of] = found.values[: len(pairs)]
    kept[pairs.class_of, pairs.pool_of] = True
    return Relaxed(
        parts=parts,
        prices=prices,
        bound=bound_of(problem, prices.room, prices.sides, mask),
        objective=float(model.linear.cost @ found.values),
        kept=kept,
        class_prices=duals[:classes],
    )
