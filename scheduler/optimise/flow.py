"""Jobs of some classes to groups of like pools over a span of time, at the least cost.

    minimise    sum_k cost[k] n[k] + sum_c unserved[c] u[c] + sum_i crowding_i(used[i])
    subject to  sum_{k of c} n[k] + u[c] = count[c]                 for every class c
                used[i] = sum_k amount[k, i] n[k] <= limit[i]       for every row i
                n, u whole and not negative

A pair k is a class that may go to a group. A row is a resource of a group over the span, a
tenant's quota or a link. Crowding is what the last part of a room is worth to jobs nobody has
foreseen: piecewise linear in the share used (`TIERS`), times `worth[i]`.

The linear program, of what may be short only (`core_of`), gives a hint and prices. Counts are
rounded to whole jobs that fit, judged by `flow_judge`, and the bound is that of Lagrange for
the prices, in plain arithmetic: what a solver claims enters neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from scheduler.optimise.flow_judge import FlowPlan, FlowProblem, cost_of, faults, lagrange
from scheduler.optimise.solvers import Limits, LinearModel, Solution, Solver, UnsolvedError
from scheduler.optimise.solvers import solve as solved

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Solve = Callable[[LinearModel, Solver, Limits], Solution]

LINEAR = (Solver.GLOP, Solver.PDLP)
EXACT = 1e-9  # a gap that is none
ROWS = 1e-6  # how far the rows of a linear program may be from kept, relative
LOOSE = 2e-3  # the same of a first-order solver
OPTIMAL = 1e-5  # how far a claimed optimum may be above its own prices' bound, relative


def planned_flow(
    problem: FlowProblem,
    solver: Solver = Solver.GLOP,
    limits: Limits | None = None,
    solve: Solve = solved,
) -> FlowPlan:
    """A plan that both rounding and judge have passed, with prices and a bound of our own.

    Prices come from a linear program. With a solver for whole numbers the counts come from it,
    where rounding has left a gap.

    Raises:
        UnsolvedError: no plan, or one that plain arithmetic does not believe, and why.
    """
    core = core_of(problem)
    model, within = model_of(core.problem), limits or Limits()
    linear = solver if solver in LINEAR else Solver.GLOP
    found = asked(solve, model, linear, within)
    pairs, prices = core.whole(*trusted(core.problem, model, found, linear))
    plan = judged(problem, rounded(problem, pairs), prices, linear)
    if solver in LINEAR or plan.gap <= EXACT:
        return plan
    whole = asked(solve, replace(model, integer=wholes(core.problem, model)), solver, within)
    if whole.values.shape != model.cost.shape:
        raise UnsolvedError(f"{solver}: numbers for another question")
    hint, _ = core.whole(whole.values[: len(core.pairs)], prices[core.rows])
    other = judged(problem, rounded(problem, hint, whole=True), prices, solver)
    return min(plan, other, key=lambda one: one.objective)


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """What of a question a solver need see: `problem` is of these `pairs` and `rows` only."""

    problem: FlowProblem
    pairs: npt.NDArray[np.intp]
    rows: npt.NDArray[np.intp]
    sizes: tuple[int, int]  # how many pairs and rows the question has

    def whole(self, counts: Floats, prices: Floats) -> tuple[Floats, Floats]:
        """Counts and prices of the question; what is left out has none."""
        pairs, rows = (np.zeros(size) for size in self.sizes)
        pairs[self.pairs], rows[self.rows] = counts, prices
        return pairs, rows


def core_of(problem: FlowProblem) -> Core:
    """Without pairs that nobody asks for, and rows that stay free of cost whoever goes where.

    Nothing is lost: such rows are worth nothing, for even all who may use them together take
    no more than the first tier, which costs nothing.
    """
    asked_for = problem.count[problem.class_of] > 0
    most = problem.amount * problem.count[problem.class_of[problem.pair_at]].astype(np.float64)
    used = np.bincount(problem.row_at, most, len(problem.limit))
    width, each = problem.tiers[0]
    tight = used > width * problem.limit if not each else np.ones(len(used), dtype=np.bool_)
    pairs, rows = np.flatnonzero(asked_for), np.flatnonzero(tight)
    kept = np.flatnonzero(asked_for[problem.pair_at] & tight[problem.row_at])
    pair_at = (np.cumsum(asked_for) - 1)[problem.pair_at[kept]]
    core = replace(
        problem,
        class_of=problem.class_of[pairs],
        cost=problem.cost[pairs],
        pair_at=pair_at,
        row_at=(np.cumsum(tight) - 1)[problem.row_at[kept]],
        amount=problem.amount[kept],
        limit=problem.limit[rows],
        worth=problem.worth[rows],
        starts=tuple(np.searchsorted(pair_at, np.arange(len(pairs) + 1)).tolist()),
        pairs=(),
        rows=(),
    )
    return Core(core, pairs, rows, (len(asked_for), len(tight)))


def asked(solve: Solve, model: LinearModel, solver: Solver, limits: Limits) -> Solution:
    """What a solver claims.

    Raises:
        UnsolvedError: whatever it raises; no plan is an answer.
    """
    try:
        found = solve(model, solver, limits)
    except UnsolvedError:
        raise
    except Exception as error:
        raise UnsolvedError(f"{solver}: {type(error).__name__}: {error}") from error
    if not np.isfinite(found.values).all():
        raise UnsolvedError(f"{solver}: numbers that are none")
    return found


def wholes(problem: FlowProblem, model: LinearModel) -> npt.NDArray[np.bool_]:
    """Jobs are whole, parts of rooms are not."""
    return np.arange(len(model.cost)) < len(problem.class_of)


def judged(problem: FlowProblem, counts: Ints, prices: Floats, solver: Solver) -> FlowPlan:
    """The plan of these counts.

    Raises:
        UnsolvedError: the judge finds a fault.
    """
    plan = FlowPlan(
        counts=counts,
        objective=float(cost_of(problem, counts)),
        bound=float(lagrange(problem, prices)),
        prices=prices,
    )
    wrong = faults(problem, plan)
    if wrong:
        raise UnsolvedError(f"{solver}: the plan is refused: {wrong[0]}")
    return plan


def model_of(problem: FlowProblem) -> LinearModel:
    """Columns: pairs, what is left over of each class, and each row's tiers one after another.

    Rows are scaled by their limits, so that all are of the order of one.
    """
    classes, pairs, rows = len(problem.count), len(problem.class_of), len(problem.limit)
    tiers = len(problem.tiers)
    scale = np.maximum(problem.limit, 1).astype(np.float64)
    number = np.arange(rows)
    entries = [
        (problem.class_of, np.arange(pairs), np.ones(pairs)),
        (np.arange(classes), pairs + np.arange(classes), np.ones(classes)),
        (classes + problem.row_at, problem.pair_at, problem.amount / scale[problem.row_at]),
    ]
    widths = [width for width, _ in problem.tiers]
    for tier in range(tiers):
        column = pairs + classes + tier * rows + number
        entries.append((classes + number, column, -np.ones(rows)))
    row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
    width = pairs + classes + tiers * rows
    there = (problem.limit > 0).astype(np.float64)
    equal = np.concatenate([problem.count.astype(np.float64), np.zeros(rows)])
    most = problem.count[problem.class_of].astype(np.float64)
    return LinearModel(
        lower=np.zeros(width),
        upper=np.concatenate([most, problem.count, *[there * part for part in widths]]),
        cost=np.concatenate(
            [
                problem.cost,
                problem.unserved,
                *[problem.worth * each for _, each in problem.tiers],
            ]
        ),
        row_lower=equal,
        row_upper=equal,
        rows=sp.csr_matrix((value, (row, column)), shape=(classes + rows, width)),
        integer=np.zeros(width, dtype=np.bool_),
    )


def trusted(
    problem: FlowProblem, model: LinearModel, found: Solution, solver: Solver
) -> tuple[Floats, Floats]:
    """The counts and prices that a solver claims, if its own numbers bear each other out.

    Raises:
        UnsolvedError: not finite, out of bounds, a row not kept, a wrong cost, or above what
            its own prices prove.
    """
    values, slack = found.values, LOOSE if solver is Solver.PDLP else ROWS
    if values.shape != model.cost.shape or found.reduced is None:
        raise UnsolvedError(f"{solver}: numbers for another question")
    if not (np.isfinite(values).all() and np.isfinite(found.reduced).all()):
        raise UnsolvedError(f"{solver}: numbers that are none")
    size = slack * (1 + np.abs(values).max(initial=0.0))
    if (values < model.lower - size).any() or (values > model.upper + size).any():
        raise UnsolvedError(f"{solver}: a count out of bounds")
    if (np.abs(model.rows @ values - model.row_upper) > size).any():
        raise UnsolvedError(f"{solver}: a row overdrawn or a job lost")
    cost = float(model.cost @ values)
    if abs(cost - found.objective) > slack * (1 + abs(cost)):
        raise UnsolvedError(f"{solver}: a cost of {found.objective:g} that is {cost:g}")
    first = len(problem.class_of) + len(problem.count)
    rows = len(problem.limit)
    scale = np.maximum(problem.limit, 1)
    prices = np.maximum(0.0, first_cost(problem) - found.reduced[first : first + rows]) / scale
    if cost - float(lagrange(problem, prices)) > OPTIMAL * slack / ROWS * (1 + abs(cost)):
        raise UnsolvedError(f"{solver}: OPTIMAL, but its own prices prove less")
    return values[: len(problem.class_of)], prices


def first_cost(problem: FlowProblem) -> Floats:
    """Cost of the first tier of each row: its reduced cost is this less the row's price."""
    found: Floats = problem.worth * problem.tiers[0][1]
    return found


def rounded(problem: FlowProblem, pairs: Floats, *, whole: bool = False) -> Ints:
    """Whole jobs near a hint: rounded down, then the rest one by one where the hint is largest.

    What no row has room for is left over; nothing is ever overdrawn. A `whole` hint is only
    cut back to what fits.
    """
    counts = np.floor(np.clip(pairs, 0, None) + (0.5 if whole else 1e-7)).astype(np.int64)
    left = problem.limit.copy()
    np.subtract.at(left, problem.row_at, problem.amount * counts[problem.pair_at])
    places = [slice(a, b) for a, b in zip(problem.starts, problem.starts[1:], strict=False)]
    for pair in np.flatnonzero(counts).tolist():  # a hint may be over by its tolerance
        rows, amount = problem.row_at[places[pair]], problem.amount[places[pair]]
        while counts[pair] and (left[rows] < 0).any():
            counts[pair] -= 1
            np.add.at(left, rows, amount)
    if whole:
        return counts
    owed = problem.count.copy()
    np.subtract.at(owed, problem.class_of, counts)
    order = np.lexsort((np.arange(len(pairs)), counts - pairs))
    for pair in order.tolist():
        kind = problem.class_of[pair]
        if owed[kind] <= 0 or (pairs[pair] <= counts[pair] and pairs[pair] < 1e-9):
            continue
        rows, amount = problem.row_at[places[pair]], problem.amount[places[pair]]
        if (left[rows] >= amount).all():
            counts[pair] += 1
            owed[kind] -= 1
            left[rows] -= amount
    return improved(problem, counts, owed, left, places)


def improved(
    problem: FlowProblem, counts: Ints, owed: Ints, left: Ints, places: list[slice]
) -> Ints:
    """Who is still left over, to the cheapest pair with room, if cheaper than waiting."""
    for kind in np.flatnonzero(owed > 0).tolist():
        own = np.flatnonzero(problem.class_of == kind)
        for pair in own[np.argsort(problem.cost[own], kind="stable")].tolist():
            if problem.cost[pair] >= problem.unserved[kind]:
                break
            rows, amount = problem.row_at[places[pair]], problem.amount[places[pair]]
            used = amount > 0
            fits = int((left[rows][used] // amount[used]).min(initial=int(owed[kind])))
            more = min(int(owed[kind]), max(0, fits))
            counts[pair] += more
            owed[kind] -= more
            left[rows] -= more * amount
            if not owed[kind]:
                break
    return counts
