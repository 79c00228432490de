"""What the rest of a device is worth to the shares that jobs ask for: a plan, and its judge.

The program is the one of `batches.share_prices`; here its answer is judged before anybody goes
by it, in whole numbers: prices are rounded to billionths and no arithmetic rounds after that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from scheduler.optimise.batches import COMMON, SMALLEST, cuts, worth_by
from scheduler.optimise.solvers import (
    Floats,
    Limits,
    LinearModel,
    Solution,
    Solver,
    UnsolvedError,
    solve,
)
from scheduler.room import WHOLE_M, Ints

Solve = Callable[[LinearModel, Solver, Limits], Solution]
MOST_WAYS = 5000  # to cut a device; of more sizes the rarest have no price
UNIT = 10**9  # prices and numbers of devices are judged in billionths
SLACK = 10**3  # billionths a device, as solvers round
WORK = 20_000  # iterations


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """How many shares of each size are to be cut, and all ways to cut a device into them."""

    sizes: Ints  # (S,) thousandths, ascending
    counts: Ints  # (S,)
    ways: Ints  # (W, S)


@dataclass(frozen=True, slots=True, eq=False)
class DevicePlan:
    """Devices cut in each way, and the price of each size in devices."""

    shares: Shares
    cut: Floats  # (W,)
    prices: Floats  # (S,)

    @property
    def objective(self) -> float:
        """Devices that all shares take."""
        return float(self.cut.sum())

    @property
    def bound(self) -> float:
        """Devices that they take at least, by the prices."""
        return float(self.prices @ self.shares.counts)

    @property
    def gap(self) -> float:
        """How far the one is from the other."""
        return max(0.0, self.objective - self.bound) / max(self.objective, 1.0)

    @property
    def worth(self) -> Floats:
        """(1001,) devices that a rest of so many thousandths is worth."""
        return worth_by(self.shares.sizes, self.prices)


def shares_of(mix: Mapping[int, int]) -> Shares:
    """The common sizes of a mix, as many of the commonest as can be cut in few enough ways."""
    known = {size: n for size, n in mix.items() if SMALLEST <= size < WHOLE_M and n > 0}
    least = COMMON * sum(n for size, n in mix.items() if 0 < size < WHOLE_M)
    ranked = sorted((s for s, n in known.items() if n > least), key=lambda s: (-known[s], -s))
    while ways_to_cut(ranked) > MOST_WAYS:
        ranked.pop()
    sizes = sorted(ranked)
    ways = np.array(cuts(sizes, WHOLE_M), dtype=np.int64)
    counts = np.array([known[size] for size in sizes], dtype=np.int64)
    return Shares(np.array(sizes, dtype=np.int64), counts, ways)


def ways_to_cut(sizes: list[int]) -> int:
    """How many multisets of these sizes a device holds."""
    found = [1, *[0] * WHOLE_M]  # by what is cut off
    for size in sizes:
        for at in range(size, WHOLE_M + 1):
            found[at] += found[at - size]
    return sum(found)


def device_plan(
    shares: Shares, solver: Solve = solve, limits: Limits | None = None
) -> DevicePlan:
    """Fewest devices for all shares, and what each share is worth then.

    Raises:
        UnsolvedError: the solver has no answer, or the judge refuses it.
    """
    if not len(shares.sizes):
        return DevicePlan(shares, np.zeros(1), np.zeros(0))
    ways = len(shares.ways)
    model = LinearModel(
        lower=np.zeros(ways),
        upper=np.full(ways, np.inf),
        cost=np.ones(ways),
        row_lower=shares.counts.astype(float),
        row_upper=np.full(len(shares.sizes), np.inf),
        rows=sp.csr_matrix(shares.ways.T.astype(float)),
        integer=np.zeros(ways, dtype=bool),
    )
    found = solver(model, Solver.GLOP, limits or Limits(work=WORK))
    if found.duals is None:
        raise UnsolvedError("GLOP: no prices")
    wrong = device_faults(shares, found.values, found.duals)
    if wrong:
        raise UnsolvedError(f"the plan is refused: {wrong[0]}")
    return DevicePlan(shares, np.maximum(found.values, 0), np.maximum(found.duals, 0))


def device_faults(shares: Shares, cut: Floats, prices: Floats) -> list[str]:
    """Why these are not the fewest devices and the prices that prove it; whole numbers only."""
    ways, sizes = shares.ways.shape
    if cut.shape != (ways,) or prices.shape != (sizes,):
        return ["an answer to another question"]
    top = 1e6 + 10 * float(shares.counts.sum())
    if not all(np.isfinite(v).all() and np.abs(v).max() <= top for v in (cut, prices)):
        return ["numbers that are none"]
    made = [round(value * UNIT) for value in cut.tolist()]
    paid = [round(value * UNIT) for value in prices.tolist()]
    slack = SLACK * (1 + int(shares.counts.sum()))
    found = [f"way {w}: cut {n} times" for w, n in enumerate(made) if n < -SLACK]
    found += [f"size {shares.sizes[s]}: price {p}" for s, p in enumerate(paid) if p < -SLACK]
    used = [(row, n) for row, n in zip(shares.ways.tolist(), made, strict=True) if n]
    for s, count in enumerate(shares.counts.tolist()):
        there = sum(row[s] * n for row, n in used)
        if there < count * UNIT - SLACK * (1 + count):
            found.append(f"size {shares.sizes[s]}: {there / UNIT:.6f} of {count} shares")
    dearest = int((shares.ways @ np.array(paid, dtype=np.int64)).max(initial=0))
    if dearest > UNIT + SLACK:
        found.append(f"shares of one device are worth {dearest / UNIT:.6f}")
    worth = sum(p * n for p, n in zip(paid, shares.counts.tolist(), strict=True))
    if abs(sum(made) - worth) > slack:
        found.append(f"{sum(made) / UNIT:.6f} devices, {worth / UNIT:.6f} by the prices")
    return found
