"""Better plans by solving a few facilities anew, everything else held: large neighbourhoods."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt

from scheduler.optimise.columns import closed, worth
from scheduler.optimise.problem import AssignmentProblem
from scheduler.optimise.solvers import (
    Floats,
    Limits,
    LinearModel,
    Solver,
    UnsolvedError,
    solve,
)

ROUND_WORK_S = 1.0  # deterministic seconds of CP-SAT
ROUND_LIMIT_S = 3.0  # and of the clock, where the machine is slow
FEWEST, MOST = 3, 12  # facilities solved anew in a round


def search(
    model: LinearModel,
    problem: AssignmentProblem,
    values: Floats,
    deadline: float,
    bound: float,
    rng: np.random.Generator,
) -> Floats:
    """Rounds until the deadline or the bound; a round never makes the plan worse.

    Few facilities while that helps; one more after a run of rounds that proved there is
    nothing to gain, one less after a round that ended without proof.
    """
    size, idle = min(FEWEST, len(problem.capacity)), 0
    cost = worth(model, values)
    while not closed(cost, bound) and time.monotonic() < deadline:
        chosen = some_facilities(problem, values, size, rng)
        left = min(deadline - time.monotonic(), ROUND_LIMIT_S)
        values, proven = one_round(model, problem, values, chosen, left)
        idle = 0 if worth(model, values) < cost else idle + 1
        cost = worth(model, values)
        if not proven:
            size = max(size - 1, FEWEST)
        elif idle >= 2 * len(problem.capacity):
            size, idle = min(size + 1, MOST, len(problem.capacity)), 0
    return values


def some_facilities(
    problem: AssignmentProblem, values: Floats, size: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """One that serves, and others that would serve its customers cheaply, with luck."""
    pairs = values[: problem.cost.size].reshape(problem.cost.shape) > 0.5
    first = rng.choice(np.flatnonzero(pairs.any(axis=1)))
    served = pairs[first]
    away = problem.cost[:, served].sum(axis=1) - problem.cost[first, served].sum()
    rank = away.argsort(kind="stable").argsort(kind="stable")
    luck = rng.random(len(rank)) * (rank + 2)
    luck[first] = -1
    order: npt.NDArray[np.intp] = luck.argsort(kind="stable")
    return order[: min(size, len(rank))]


def one_round(
    model: LinearModel,
    problem: AssignmentProblem,
    values: Floats,
    chosen: npt.NDArray[np.intp],
    seconds: float,
) -> tuple[Floats, bool]:
    """The values with the facilities `chosen` and their customers solved anew; proven?"""
    facilities, customers = problem.cost.shape
    pairs = values[: problem.cost.size].reshape(problem.cost.shape) > 0.5
    theirs = np.flatnonzero(pairs[chosen].any(axis=0))
    columns = np.concatenate(
        [(chosen[:, None] * customers + theirs).ravel(), facilities * customers + chosen]
    )
    part = model.around(values, columns)
    try:
        found = solve(part, Solver.CP_SAT, Limits(seconds, ROUND_WORK_S), hint=values[columns])
    except UnsolvedError:
        return values, False
    if found.objective > worth(part, values[columns]):
        return values, found.proven
    better = values.copy()
    better[columns] = np.rint(found.values)
    return better, found.proven
