"""Who serves whom from where: facility location and assignment as plain exact data.

All amounts are whole numbers: what a file gives with decimals is multiplied by `unit` (money)
or `weight_unit` (capacity) where it is read, and divided again where it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentProblem:
    """Customers to facilities of limited capacity that cost money to open.

    `weight[i, j]` is what customer j takes of facility i if i serves all of it, `cost[i, j]`
    what that costs. A `split` customer may be served by several, in parts; its weight is then
    the same everywhere. Generalised assignment is the case without opening costs.
    """

    capacity: Ints  # (facilities,)
    opening: Ints  # (facilities,)
    weight: Ints  # (facilities, customers)
    cost: Ints  # (facilities, customers)
    split: bool = False
    unit: int = 1
    weight_unit: int = 1


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """Which facilities open, and for each customer who serves which part of it."""

    opened: frozenset[int]
    served: tuple[tuple[tuple[int, Fraction], ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class TwoStageProblem:
    """Goods from plants through depots to customers; flow may split, costs are a unit's."""

    demand: Ints  # (customers,)
    plant_capacity: Ints  # (plants,)
    plant_opening: Ints
    plant_cost: Ints  # (plants, depots)
    depot_capacity: Ints  # (depots,)
    depot_opening: Ints
    depot_cost: Ints  # (depots, customers)
    unit: int = 1
    weight_unit: int = 1


@dataclass(frozen=True, slots=True)
class TwoStagePlan:
    """What opens, and what flows: (from, to, amount) in whole `weight_unit`s."""

    plants: frozenset[int]
    depots: frozenset[int]
    to_depots: tuple[tuple[int, int, int], ...]
    to_customers: tuple[tuple[int, int, int], ...]


Problem = AssignmentProblem | TwoStageProblem
Plan = AssignmentPlan | TwoStagePlan
