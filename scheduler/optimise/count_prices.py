"""Prices of room without a solver: they choose the first columns of a large program.

At given prices each class goes where it is cheapest. Prices rise where that overdraws and
fall where room is left (a subgradient with some memory of its last direction).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from scheduler.optimise.count_model import Flags, Pairs, pairs_of, side_terms
from scheduler.optimise.counts import CountProblem, Floats, Ints

STEPS = 200
AIM = 0.03  # over the best bound so far: where the prices aim
MEMORY = 0.7
PATIENCE = 8  # steps without a better bound before the step is halved
BETTER = 1e-4  # relative
SMALLEST_STEP = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What a unit of each resource of each pool costs, and of each side limit."""

    room: Floats  # (pools, resources)
    sides: Floats  # (sides,)


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """The question as prices see it, limits as numbers to divide by."""

    cost: Floats  # (classes, pools), infinite where useless
    demand: Floats
    count: Floats
    unserved: Floats
    room: Floats
    limit: Floats
    sides: sp.csr_matrix  # (classes * pools, sides)

    def total(self, prices: Prices) -> Floats:
        """(classes, pools) cost with room paid for."""
        found = self.demand @ prices.room.T
        found += self.cost
        if prices.sides.any():
            found += (self.sides @ prices.sides).reshape(found.shape)
        return found

    def at(self, prices: Prices) -> tuple[float, Prices]:
        """The bound at these prices, and how much more of each limit is asked than there is."""
        total = self.total(prices)
        classes, pools = total.shape
        rows = np.arange(classes)
        best = total.argmin(axis=1)
        low = total[rows, best]
        sent = self.count * (low < self.unserved)
        bound = float(
            self.count @ np.minimum(low, self.unserved)
            - (self.room * prices.room).sum()
            - self.limit @ prices.sides
        )
        asked = [np.bincount(best, sent * takes, pools) for takes in self.demand.T]
        on = sp.csr_matrix(
            (sent, (np.zeros(classes, dtype=np.int64), rows * pools + best)),
            shape=(1, total.size),
        )
        on_sides = np.asarray((on @ self.sides).todense()).ravel()
        return bound, Prices(np.stack(asked, axis=1) / self.room - 1, on_sides / self.limit - 1)


def market_of(problem: CountProblem, mask: Flags) -> Market:
    """Limits of nothing count as one."""
    pairs = pairs_of(mask)
    return Market(
        cost=np.where(mask, problem.cost, np.inf),
        demand=problem.demand.astype(float),
        count=problem.count.astype(float),
        unserved=problem.unserved,
        room=np.maximum(problem.capacity, 1).astype(float),
        limit=np.array([max(side.limit, 1) for side in problem.sides], dtype=float),
        sides=side_matrix(problem, pairs),
    )


def side_matrix(problem: CountProblem, pairs: Pairs) -> sp.csr_matrix:
    """What a task of each pair takes of each side."""
    side, column, amount = side_terms(problem, pairs)
    key: Ints = pairs.class_of[column] * len(problem.capacity) + pairs.pool_of[column]
    shape = (problem.cost.size, len(problem.sides))
    return sp.csr_matrix((amount.astype(float), (key, side)), shape=shape)


def prices_of(problem: CountProblem, mask: Flags, steps: int = STEPS) -> Prices:
    """The best prices after so many steps, or when steps have become too small."""
    market = market_of(problem, mask)
    prices = Prices(np.zeros(problem.capacity.shape), np.zeros(len(problem.sides)))
    best, kept, heading, step, idle = -np.inf, prices, prices, 1.0, 0
    for _ in range(steps):
        bound, over = market.at(prices)
        idle = 0 if bound > best + BETTER * abs(best) or best == -np.inf else idle + 1
        if bound > best:
            best, kept = bound, prices
        if idle >= PATIENCE:
            step, idle, prices = step / 2, 0, kept
        heading = onward(over, heading, prices)
        length = float((heading.room**2).sum() + (heading.sides**2).sum())
        if length < BETTER or step < SMALLEST_STEP:
            break
        far = step * (best + AIM * abs(best) - bound) / length
        prices = Prices(
            np.maximum(prices.room + far * heading.room / market.room, 0),
            np.maximum(prices.sides + far * heading.sides / market.limit, 0),
        )
    return kept


def onward(over: Prices, heading: Prices, prices: Prices) -> Prices:
    """The next direction; what is free and not asked for stays free."""
    room = np.where((prices.room <= 0) & (over.room < 0), 0, over.room)
    sides = np.where((prices.sides <= 0) & (over.sides < 0), 0, over.sides)
    return Prices(room + MEMORY * heading.room, sides + MEMORY * heading.sides)
