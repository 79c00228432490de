"""A question of counts in, a judged plan out: linear program, whole tasks, better ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from scheduler.optimise.count_judge import count_cost, count_faults
from scheduler.optimise.count_model import (
    CountModel,
    Flags,
    at_prices,
    bound_of,
    count_model,
    pairs_of,
    useful,
)
from scheduler.optimise.count_rounding import Rooms, hardest_first, repaired, rounded
from scheduler.optimise.counts import CountPlan, CountProblem, Floats, Ints
from scheduler.optimise.solvers import Limits, Solution, Solver, UnsolvedError, solve

SMALL = 3000  # pairs: so many a solver of whole numbers masters, speed.md C
PROVEN = 1e-7  # relative
TOLERANCE = {Solver.GLOP: 1e-6, Solver.PDLP: 1e-2}  # what a row may be overdrawn by, scaled


@dataclass(frozen=True, slots=True)
class Effort:
    """Which solver of linear programs (None: by size), and when to stop.

    `whole_work` is CP-SAT's, in its deterministic seconds, for the small; 0 leaves it out.
    """

    solver: Solver | None = None
    limits: Limits = field(default_factory=Limits)
    whole_work: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """Parts of tasks to pools, prices of room and sides, and the bound these prices give."""

    parts: Floats  # (classes, pools)
    prices: Floats  # (pools, resources)
    side_prices: Floats  # (sides,)
    bound: float


def count_plan_of(problem: CountProblem, effort: Effort | None = None) -> CountPlan:
    """The best plan found, judged; the same each time if no limit of wall time was met.

    Raises:
        UnsolvedError: the solver has no answer, or one that is wrong.
    """
    effort = effort or Effort()
    mask = useful(problem)
    relaxed = relax(problem, mask, effort)
    rooms = whole_tasks(problem, mask, relaxed)
    return finished(problem, mask, relaxed, rooms.counts, effort)


def relax(problem: CountProblem, mask: Flags, effort: Effort) -> Relaxed:
    """The linear program solved at once.

    Raises:
        UnsolvedError: the solver has no answer, or one that is wrong.
    """
    pairs = pairs_of(mask)
    model = count_model(problem, pairs)
    solver = effort.solver if effort.solver in TOLERANCE else Solver.GLOP
    found = believed(solver, model, solve(model.linear, solver, effort.limits))
    return relaxed_of(problem, mask, model, found)


def believed(solver: Solver, model: CountModel, found: Solution) -> Solution:
    """The solution, if it keeps its own rows.

    Raises:
        UnsolvedError: it does not.
    """
    linear, values = model.linear, found.values
    used = linear.rows @ values
    size = np.maximum(
        1.0, np.where(np.isfinite(linear.row_upper), np.abs(linear.row_upper), 1.0)
    )
    over = np.maximum(used - linear.row_upper, linear.row_lower - used) / size
    beyond = np.maximum(values - linear.upper, linear.lower - values)
    worst = max(
        over.max(initial=0.0), (beyond / np.maximum(1.0, linear.upper)).max(initial=0.0)
    )
    if worst > TOLERANCE[solver]:
        raise UnsolvedError(f"{solver}: its plan breaks a rule of its own by {worst:.2g}")
    return found


def relaxed_of(
    problem: CountProblem, mask: Flags, model: CountModel, found: Solution
) -> Relaxed:
    """The solution in the shapes of the problem."""
    pools, resources = problem.capacity.shape
    parts = np.zeros(problem.cost.shape)
    parts[model.pairs.class_of, model.pairs.pool_of] = found.values[: len(model.pairs)]
    assert found.duals is not None
    duals = np.maximum(-found.duals[len(problem.count) :] / model.scale, 0)
    prices = duals[: pools * resources].reshape(pools, resources)
    side_prices = duals[pools * resources :]
    return Relaxed(parts, prices, side_prices, bound_of(problem, prices, side_prices, mask))


def whole_tasks(problem: CountProblem, mask: Flags, relaxed: Relaxed) -> Rooms:
    """Rounded down, the rest placed at the prices of the relaxation."""
    total = at_prices(problem, relaxed.prices, relaxed.side_prices)
    rooms = rounded(problem, mask, relaxed.parts)
    repaired(rooms, total, hardest_first(problem, total, mask))
    return rooms


def finished(
    problem: CountProblem, mask: Flags, relaxed: Relaxed, counts: Ints, effort: Effort
) -> CountPlan:
    """The plan, solved in whole numbers where it is small, judged.

    Raises:
        UnsolvedError: the plan has faults.
    """
    bound, best = relaxed.bound, counts
    faults = count_faults(problem, best)
    if faults:
        raise UnsolvedError(f"dispatch: {faults[0]}")
    cost = count_cost(problem, best)
    if effort.whole_work > 0 and mask.sum() <= SMALL and cost > bound + PROVEN * abs(cost):
        best, proven = in_whole_numbers(problem, mask, best, effort)
        cost = count_cost(problem, best)
        bound = max(bound, proven) if proven <= cost + PROVEN * max(1.0, abs(cost)) else bound
    closed = bound >= cost - PROVEN * max(1.0, abs(cost))
    status = "optimal" if closed else "feasible"
    return CountPlan(best, cost, min(bound, cost), relaxed.prices, relaxed.side_prices, status)


def in_whole_numbers(
    problem: CountProblem, mask: Flags, counts: Ints, effort: Effort
) -> tuple[Ints, float]:
    """The better of `counts` and CP-SAT's plan within its work, and CP-SAT's bound.

    Raises:
        UnsolvedError: CP-SAT's plan has faults.
    """
    model = count_model(problem, pairs_of(mask), whole=True)
    over = problem.count - counts.sum(axis=1)
    hint = np.concatenate([counts[mask], over]).astype(float)
    limits = Limits(effort.limits.seconds, effort.whole_work)
    try:
        found = solve(model.linear, Solver.CP_SAT, limits, hint=hint)
    except UnsolvedError:
        return counts, -math.inf
    other = np.zeros_like(counts)
    other[mask] = np.rint(found.values[: len(model.pairs)]).astype(np.int64)
    faults = count_faults(problem, other)
    if faults:
        raise UnsolvedError(f"CP_SAT: {faults[0]}")
    better = count_cost(problem, other) < count_cost(problem, counts)
    return (other if better else counts), found.bound
