"""Two judges of a plan of flows: plain arithmetic, and exact fractions without numpy.

Neither knows a solver. Both look at every row, every class and the cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
COST = 1e-9  # relative; sums of a few thousand terms

# share of a room, and what a unit in it costs, as parts of the row's worth
TIERS = ((0.7, 0.0), (0.15, 0.05), (0.1, 0.2), (0.05, 0.5))


@dataclass(frozen=True, slots=True, eq=False)
class FlowProblem:
    """See flow.py. Entries of rows are sorted by pair: those of k from `starts[k]` on."""

    count: Ints  # (classes,)
    class_of: Ints  # (pairs,)
    cost: Floats  # (pairs,) CNY a job
    unserved: Floats  # (classes,) CNY a job
    pair_at: Ints  # (entries,)
    row_at: Ints  # (entries,)
    amount: Ints  # (entries,)
    limit: Ints  # (rows,)
    worth: Floats  # (rows,) CNY of the whole limit
    starts: tuple[int, ...]  # (pairs + 1,)
    classes: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()  # names of the groups of pools
    rows: tuple[str, ...] = ()
    tiers: tuple[tuple[float, float], ...] = TIERS


@dataclass(frozen=True, slots=True, eq=False)
class FlowPlan:
    """Whole jobs by pair, their cost, a proven bound, and the price of a unit of each row."""

    counts: Ints
    objective: float
    bound: float
    prices: Floats

    @property
    def gap(self) -> float:
        """How far the cost may be above the least, relative."""
        return max(0.0, self.objective - self.bound) / max(abs(self.objective), 1e-9)


def used_of(problem: FlowProblem, counts: Ints) -> Ints:
    """What the plan takes of each row."""
    used = np.zeros(len(problem.limit), dtype=np.int64)
    np.add.at(used, problem.row_at, problem.amount * counts[problem.pair_at])
    return used


def cost_of(problem: FlowProblem, counts: Ints) -> float:
    """The cost of whole counts, in plain arithmetic."""
    left = problem.count.copy()
    np.subtract.at(left, problem.class_of, counts)
    own = float(problem.cost @ counts + problem.unserved @ left)
    share = used_of(problem, counts) / np.maximum(problem.limit, 1)
    return own + float(problem.worth @ crowding(share, problem.tiers))


def crowding(share: Floats, tiers: tuple[tuple[float, float], ...]) -> Floats:
    """The cost of each share used, as part of the worth of the whole row."""
    found, begin = np.zeros(len(share)), 0.0
    for width, each in tiers:
        found += each * np.clip(share - begin, 0, width)
        begin += width
    return found


def lagrange(problem: FlowProblem, prices: Floats) -> float:
    """A bound below the cost of every plan, true for any prices that are not negative."""
    priced = problem.cost.copy()
    np.add.at(priced, problem.pair_at, prices[problem.row_at] * problem.amount)
    least = problem.unserved.copy()
    np.minimum.at(least, problem.class_of, priced)
    whole = prices * np.maximum(problem.limit, 1)
    given, there = np.zeros(len(whole)), problem.limit > 0
    for width, each in problem.tiers:
        given += width * np.minimum(0.0, problem.worth * each - whole)
    return float(problem.count @ least + given[there].sum())


def faults(problem: FlowProblem, plan: FlowPlan) -> list[str]:
    """What is wrong with a plan; empty if nothing is."""
    counts = plan.counts
    if counts.shape != problem.class_of.shape or counts.dtype != np.int64:
        return ["counts of another question"]
    found = [f"{problem.pairs[k]}: {counts[k]} jobs" for k in np.flatnonzero(counts < 0)]
    served = np.zeros(len(problem.count), dtype=np.int64)
    np.add.at(served, problem.class_of, counts)
    over = np.flatnonzero(served > problem.count)
    found += [f"{problem.classes[c]}: {served[c]} of {problem.count[c]} jobs" for c in over]
    used = used_of(problem, counts)
    found += [
        f"{problem.rows[i]}: {used[i]} of {problem.limit[i]}"
        for i in np.flatnonzero(used > problem.limit)
    ]
    cost = cost_of(problem, counts)
    if not abs(cost - plan.objective) <= COST * (1 + abs(cost)):  # nan is caught so
        found.append(f"costs {cost:g}, not {plan.objective:g}")
    if not plan.bound <= plan.objective + COST * (1 + abs(cost)):
        found.append(f"bound {plan.bound:g} above its cost {plan.objective:g}")
    if not (np.isfinite(plan.prices).all() and (plan.prices >= 0).all()):
        found.append("prices that are none")
    return found


def exact_faults(problem: FlowProblem, plan: FlowPlan) -> list[str]:
    """The same by loops over whole numbers and fractions; costs agree to 1e-9."""
    counts = [int(n) for n in plan.counts]
    found = [f"{problem.pairs[k]}: {n} jobs" for k, n in enumerate(counts) if n < 0]
    served = [0] * len(problem.count)
    cost = Fraction(0)
    for k, n in enumerate(counts):
        served[int(problem.class_of[k])] += n
        cost += Fraction(float(problem.cost[k])) * n
    for c, asked in enumerate(int(n) for n in problem.count):
        if served[c] > asked:
            found.append(f"{problem.classes[c]}: {served[c]} of {asked} jobs")
        cost += Fraction(float(problem.unserved[c])) * (asked - served[c])
    used = [0] * len(problem.limit)
    for k, i, amount in zip(problem.pair_at, problem.row_at, problem.amount, strict=True):
        used[int(i)] += int(amount) * counts[int(k)]
    for i, limit in enumerate(int(n) for n in problem.limit):
        if used[i] > limit:
            found.append(f"{problem.rows[i]}: {used[i]} of {limit}")
        share = Fraction(used[i], max(limit, 1))
        for width, each in problem.tiers:
            part = min(max(share, Fraction(0)), Fraction(width))
            cost += Fraction(float(problem.worth[i])) * Fraction(each) * part
            share -= Fraction(width)
    if abs(cost - Fraction(plan.objective)) > Fraction(COST) * (1 + abs(cost)):
        found.append(f"costs {float(cost):g}, not {plan.objective:g}")
    return found
