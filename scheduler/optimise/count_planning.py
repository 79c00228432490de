"""A question of counts in, a judged plan out: linear program, whole tasks, better ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from scheduler.optimise.count_columns import (
    TOLERANCE,
    Relaxed,
    at_once,
    believed,
    by_columns,
    relaxed_of,
)
from scheduler.optimise.count_judge import count_cost, count_faults
from scheduler.optimise.count_model import Flags, at_prices, count_model, pairs_of, useful
from scheduler.optimise.count_prices import STEPS, Prices, prices_of
from scheduler.optimise.count_rounding import Rooms, hardest_first, repaired, rounded
from scheduler.optimise.count_search import searched
from scheduler.optimise.counts import CountPlan, CountProblem, Ints
from scheduler.optimise.solvers import Limits, LivingModel, Solver, UnsolvedError, solve

SMALL = 3000  # pairs: so many a solver of whole numbers masters, speed.md C
DIRECT = 10_000  # pairs: beyond, few columns are sooner found than all are solved
PROVEN = 1e-7  # relative


@dataclass(frozen=True, slots=True)
class Effort:
    """Which solver (None: by size), and when to stop.

    GLOP and PDLP solve the linear program whole; any other also solves in whole numbers,
    however many pairs there are. `whole_work` is that solver's, in CP-SAT's deterministic
    seconds or in nodes; 0 leaves it out. `tries` are entries that the search tries to better.
    """

    solver: Solver | None = None
    limits: Limits = field(default_factory=Limits)
    whole_work: float = 1.0
    tries: int = 20_000
    steps: int = STEPS  # of prices, before the first columns are chosen


@dataclass(slots=True)
class CountPlanner:
    """Plans of one kind of question, one after another: each starts from the last one.

    Where only counts, limits and costs have changed, the solver's last basis serves; where
    the pools are the same, their last prices do. What it finds depends on what it was asked
    before, in order, and on nothing else.
    """

    effort: Effort = field(default_factory=Effort)
    last: CountProblem | None = None
    relaxed: Relaxed | None = None
    living: LivingModel | None = None

    def plan(self, problem: CountProblem) -> CountPlan:
        """The best plan found, judged.

        Raises:
            UnsolvedError: the solver has no answer, or one that is wrong.
        """
        mask = useful(problem)
        try:
            relaxed = self.relax(problem, mask)
        except UnsolvedError:
            self.last = self.relaxed = self.living = None
            raise
        rooms = whole_tasks(problem, mask, relaxed)
        counts = searched(problem, rooms, self.effort.tries)
        return finished(problem, mask, relaxed, counts, self.effort)

    def relax(self, problem: CountProblem, mask: Flags) -> Relaxed:
        """The linear program, as warm as may be.

        Raises:
            UnsolvedError: the solver has no answer, or one that is wrong.
        """
        last, before = self.last, self.relaxed
        alike = last is not None and same_rows(last, problem)
        if not alike:
            self.living = None
        if before is None or self.effort.solver is Solver.PDLP:
            found = relax(problem, mask, self.effort)
        elif alike and (before.kept <= mask).all():
            found = self.again(problem, mask, before)
        elif before.prices.room.shape == problem.capacity.shape and len(
            before.prices.sides
        ) == len(problem.sides):
            nothing = np.zeros(mask.shape, dtype=bool)
            found = by_columns(problem, mask, nothing, before.prices, self.effort.limits)
        else:
            found = relax(problem, mask, self.effort)
        if (
            before is None
            or (found.kept.shape != before.kept.shape)
            or (found.kept != before.kept).any()
        ):
            self.living = None
        self.last, self.relaxed = problem, found
        return found

    def again(self, problem: CountProblem, mask: Flags, before: Relaxed) -> Relaxed:
        """The columns of the last plan from its basis, then those that are missed."""
        model = count_model(problem, pairs_of(before.kept))
        if self.living is None:
            self.living = LivingModel(model.linear)
        else:
            self.living.change(model.linear)
        found = believed(Solver.GLOP, model, self.living.solve(self.effort.limits))
        relaxed = relaxed_of(problem, mask, model, found)
        if relaxed.objective - relaxed.bound <= CLOSE_ENOUGH * abs(relaxed.bound):
            return relaxed
        return by_columns(problem, mask, before.kept, relaxed.prices, self.effort.limits)


CLOSE_ENOUGH = 1e-3  # relative; what whole numbers cost beyond the program is more


def same_rows(one: CountProblem, other: CountProblem) -> bool:
    """Do the programs differ in counts, limits and costs only?"""
    if one.cost.shape != other.cost.shape or len(one.sides) != len(other.sides):
        return False
    if not np.array_equal(one.demand, other.demand):
        return False
    return all(
        np.array_equal(a.class_of, b.class_of)
        and np.array_equal(a.pool_of, b.pool_of)
        and np.array_equal(a.amount, b.amount)
        for a, b in zip(one.sides, other.sides, strict=True)
    )


def count_plan_of(problem: CountProblem, effort: Effort | None = None) -> CountPlan:
    """The best plan found, judged; the same each time if no limit of wall time was met.

    Raises:
        UnsolvedError: the solver has no answer, or one that is wrong.
    """
    return CountPlanner(effort or Effort()).plan(problem)


def relax(problem: CountProblem, mask: Flags, effort: Effort) -> Relaxed:
    """The linear program from the start: whole where small or asked for, else by columns.

    Raises:
        UnsolvedError: the solver has no answer, or one that is wrong.
    """
    if effort.solver in TOLERANCE:
        return at_once(problem, mask, mask, effort.solver, effort.limits)
    if mask.sum() <= DIRECT:
        return at_once(problem, mask, mask, Solver.GLOP, effort.limits)
    prices: Prices = prices_of(problem, mask, effort.steps)
    nothing = np.zeros(mask.shape, dtype=bool)
    return by_columns(problem, mask, nothing, prices, effort.limits)


def whole_tasks(problem: CountProblem, mask: Flags, relaxed: Relaxed) -> Rooms:
    """Rounded down, the rest placed at the prices of the relaxation."""
    total = at_prices(problem, relaxed.prices.room, relaxed.prices.sides)
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
    if by_whole_numbers(mask, effort) and cost > bound + PROVEN * abs(cost):
        best, proven = in_whole_numbers(problem, mask, best, effort)
        cost = count_cost(problem, best)
        bound = max(bound, proven) if proven <= cost + slack(cost) else bound
    status = "optimal" if bound >= cost - slack(cost) else "feasible"
    prices = relaxed.prices
    return CountPlan(best, cost, min(bound, cost), prices.room, prices.sides, status)


def slack(cost: float) -> float:
    """Below a solver's tolerance nothing is proven."""
    return PROVEN * max(1.0, abs(cost))


def by_whole_numbers(mask: Flags, effort: Effort) -> bool:
    """Is a solver of whole numbers asked for, or the question small enough for one?"""
    if effort.whole_work <= 0:
        return False
    chosen = effort.solver is not None and effort.solver not in TOLERANCE
    return chosen or int(mask.sum()) <= SMALL


def in_whole_numbers(
    problem: CountProblem, mask: Flags, counts: Ints, effort: Effort
) -> tuple[Ints, float]:
    """The better of `counts` and the solver's plan within its work, and its bound.

    Raises:
        UnsolvedError: the solver fails otherwise than for want of work, or its plan has faults.
    """
    whole = effort.solver not in (None, *TOLERANCE)
    solver = effort.solver if whole and effort.solver else Solver.CP_SAT
    model = count_model(problem, pairs_of(mask), whole=True)
    over = problem.count - counts.sum(axis=1)
    hint = np.concatenate([counts[mask], over]).astype(float)
    limits = Limits(effort.limits.seconds, effort.whole_work)
    try:
        found = solve(model.linear, solver, limits, hint=hint)
    except UnsolvedError as error:
        if "NOT_SOLVED" in str(error):
            return counts, -math.inf
        raise
    other = np.zeros_like(counts)
    other[mask] = np.rint(found.values[: len(model.pairs)]).astype(np.int64)
    faults = count_faults(problem, other)
    if faults:
        raise UnsolvedError(f"{solver}: {faults[0]}")
    better = count_cost(problem, other) < count_cost(problem, counts)
    return (other if better else counts), found.bound
