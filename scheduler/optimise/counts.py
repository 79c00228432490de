"""How many of each class go to which pool: the question of a dispatch, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One limit that is no pool's: a link in a window, a tenant's quota.

    A task of class `class_of[k]` on pool `pool_of[k]` takes `amount[k]` of `limit`.
    """

    name: str
    class_of: Ints
    pool_of: Ints
    amount: Ints
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class CountProblem:
    """Classes of like tasks to pools of limited room, at the least cost.

    Resources are whole numbers as inside the simulator (thousandths, MiB); `cost` is that of
    one task of a class on a pool, infinite where it may not go; `unserved` that of one left
    over. Classes and pools stand in the order of their names.
    """

    count: Ints  # (classes,)
    demand: Ints  # (classes, resources), of one task
    capacity: Ints  # (pools, resources)
    cost: Floats  # (classes, pools)
    unserved: Floats  # (classes,)
    sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CountPlan:
    """Whole tasks to pools, a bound from below, and what one more unit of room is worth.

    `prices` and `side_prices` are a dual solution of the linear program (not the only one
    where it is degenerate), zero or negative cost a unit turned positive.
    """

    counts: Ints  # (classes, pools)
    objective: float
    bound: float
    prices: Floats  # (pools, resources)
    side_prices: Floats  # (sides,)
    status: str
