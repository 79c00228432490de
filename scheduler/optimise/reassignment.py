"""Processes moved between machines: the reassignment of ROADEF/EURO 2012 as plain data.

The words are the challenge's: a service is a set of processes, a process sits on one machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Balance:
    """`weight` a unit of `second` short of `target` times what is free of `first`."""

    first: int
    second: int
    target: int
    weight: int


@dataclass(frozen=True, slots=True)
class MoveWeights:
    """What moving costs: a process, the service with most moves, from machine to machine."""

    process: int
    service: int
    machine: int


@dataclass(frozen=True, slots=True, eq=False)
class ReassignmentProblem:
    """All whole numbers; `initial` is where each process sits, and obeys every rule.

    Of a `transient` resource a process that moves holds its share on both machines.
    """

    transient: Flags  # (resources,)
    load_weight: Ints
    location: Ints  # (machines,)
    neighbourhood: Ints
    capacity: Ints  # (machines, resources)
    safety: Ints
    machine_move: Ints  # (machines, machines), from and to
    spread: Ints  # (services,) at least so many locations
    needs: tuple[tuple[int, ...], ...]  # by service: services wanted in each neighbourhood
    service: Ints  # (processes,)
    required: Ints  # (processes, resources)
    process_move: Ints  # (processes,)
    balances: tuple[Balance, ...]
    weights: MoveWeights
    initial: Ints  # (processes,)


@dataclass(frozen=True, slots=True)
class ReassignmentPlan:
    """The machine of each process."""

    machines: tuple[int, ...]


def lower_bound(problem: ReassignmentProblem) -> int:
    """Load and balance as if all machines were one; moves cost nothing.

    max(0, x) is convex, so no way to spread x over machines sums to less than the whole's.
    """
    used = problem.required.sum(axis=0)
    over = np.maximum(used - problem.safety.sum(axis=0), 0)
    free = problem.capacity.sum(axis=0) - used
    total = int((problem.load_weight * over).sum())
    for one in problem.balances:
        short = one.target * int(free[one.first]) - int(free[one.second])
        total += one.weight * max(short, 0)
    return total
