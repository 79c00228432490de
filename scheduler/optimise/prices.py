"""Large split problems by prices: a bound without a solver, and facilities worth opening.

Each customer pays a price for being served; at given prices every facility decides alone, by
a knapsack that is easy because customers may be split. Their sum is below every plan's cost.
Prices move against what is served too often or too little (a subgradient). The facilities
that open most are the candidates, and adding, dropping and swapping them is tried with the
true cost of each choice, a transport problem.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.optimise.problem import AssignmentProblem
from scheduler.optimise.solvers import Floats

STEPS = 400
PATIENCE = 12  # steps without a better bound before the step is halved
TARGET = 1.03  # times the best bound: where the prices aim
SPARE = 6  # candidates beyond half as many again as are needed

Opened = frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """The best bound in whole `unit`s, and how often each facility opened, late steps more."""

    bound: float
    opened: Floats


def priced(problem: AssignmentProblem, deadline: float) -> Priced:
    """Prices moved until the steps or the time are spent."""
    cost = problem.cost.astype(float)
    prices, best = np.partition(cost, 1, axis=0)[1] if len(cost) > 1 else cost[0], -np.inf
    kept, often, step, idle = prices, np.zeros(len(cost)), 1.0, 0
    for number in range(STEPS):
        bound, opened, served = at_prices(problem, cost, prices)
        often += number * opened
        idle = 0 if bound > best else idle + 1
        if bound > best:
            best, kept = bound, prices
        if idle >= PATIENCE:
            step, idle, prices = step / 2, 0, kept
            continue
        lacking = 1 - served
        length = float(lacking @ lacking)
        if length < 1e-9 or step < 1e-4 or time.monotonic() > deadline:
            break
        aim = best + (TARGET - 1) * abs(best) - bound
        prices = prices + lacking * (step * aim / length)
    return Priced(best, often)


def at_prices(
    problem: AssignmentProblem, cost: Floats, prices: Floats
) -> tuple[float, Floats, Floats]:
    """The bound, which share of each facility opens, how much of each customer is served."""
    gain = prices - cost
    taken = knapsacks(problem, gain)
    worth = problem.opening - (taken * gain).sum(axis=1)
    opened = cheapest_cover(worth, problem.capacity, int(problem.weight[0].sum()))
    return float(prices.sum() + worth @ opened), opened, opened @ taken


def knapsacks(problem: AssignmentProblem, gain: Floats) -> Floats:
    """(facilities, customers) the part of each that a facility takes to gain most."""
    weight = problem.weight.astype(float)
    value = gain / np.maximum(weight, 1)  # who weighs nothing takes no room wherever it stands
    order = np.argsort(-value, axis=1, kind="stable")
    sizes = np.take_along_axis(weight, order, axis=1)
    before = sizes.cumsum(axis=1) - sizes
    room = problem.capacity[:, None] - before
    part = np.clip(room / np.maximum(sizes, 1), 0, 1)
    taken = np.empty_like(part)
    np.put_along_axis(taken, order, part, axis=1)
    return np.where(gain > 0, np.where(weight > 0, taken, 1.0), 0.0)


def cheapest_cover(worth: Floats, capacity: npt.NDArray[np.int64], least: int) -> Floats:
    """What to open at least cost so that all demand has room; the last one in part."""
    ratio = worth / np.maximum(capacity, 1)
    order = np.argsort(ratio, kind="stable")
    before = np.cumsum(capacity[order]) - capacity[order]
    part = np.clip((least - before) / np.maximum(capacity[order], 1), 0, 1)
    opened = np.zeros(len(worth))
    opened[order] = np.where(worth[order] < 0, 1.0, part)
    return opened


def candidates(problem: AssignmentProblem, often: Floats) -> npt.NDArray[np.intp]:
    """Those that opened most, half as many again as demand needs, and some to spare."""
    order = np.argsort(-often, kind="stable")
    room = np.cumsum(problem.capacity[order])
    needed = int(np.searchsorted(room, problem.weight[0].sum())) + 1
    return order[: needed * 3 // 2 + SPARE]


def best_choice(
    problem: AssignmentProblem,
    among: npt.NDArray[np.intp],
    cost_of: Callable[[Opened], float],
    deadline: float,
) -> Opened:
    """The set of facilities that no single change improves, or the best when time ends."""
    best = frozenset(among.tolist())
    cost = cost_of(best)
    improved = True
    while improved:
        improved = False
        for choice in changes(problem, best, among.tolist()):
            if time.monotonic() > deadline:
                return best
            if (other := cost_of(choice)) < cost:
                best, cost, improved = choice, other, True
                break
    return best


def changes(problem: AssignmentProblem, chosen: Opened, among: list[int]) -> Iterator[Opened]:
    """One less, one swapped, one more; only those with room for all."""
    least = int(problem.weight[0].sum())
    outside = [one for one in among if one not in chosen]
    fewer = [chosen - {one} for one in reversed(among) if one in chosen]
    swapped = [choice | {one} for one in outside for choice in fewer]
    for choice in [*fewer, *swapped, *(chosen | {one} for one in outside)]:
        if choice and sum(int(problem.capacity[one]) for one in choice) >= least:
            yield choice
