"""The reassignment with processes in shares: where they would go if they could be cut.

Spread, dependencies and the service's part of the move cost are left out: the shares are a
hint for choosing parts, and no bound is taken from them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from scheduler.optimise.reassignment_state import Tables
from scheduler.optimise.solvers import Limits, LinearModel, Solver, UnsolvedError, solve

Floats = npt.NDArray[np.float64]
MOST_PAIRS = 100_000  # processes and machines that fit; more take too long
NEAR = 1e-3  # of the optimum: enough for a hint, and 15 times as fast as exact


def relaxes(tables: Tables) -> bool:
    """Is the relaxed problem small enough to be solved in seconds?"""
    return int(tables.able.sum()) <= MOST_PAIRS


def relaxed_shares(tables: Tables, seconds: float) -> Floats | None:
    """(processes, machines) shares, None if there are too many pairs or it is not in time."""
    if not relaxes(tables):
        return None
    who, where = np.nonzero(tables.able)
    try:
        found = solve(relaxed(tables, who, where), Solver.PDLP, Limits(seconds, gap=NEAR))
    except UnsolvedError:
        return None
    shares = np.zeros(tables.able.shape)
    shares[who, where] = found.values[: len(who)]
    return shares


def relaxed(tables: Tables, who: Any, where: Any) -> LinearModel:
    """A column for each pair, then one for each machine and row of cost."""
    pairs, excesses = len(who), tables.empty.size
    blocks, upper = [], []
    for matrix, most in (
        capacities(tables, who, where),
        costs(tables, who, where),
        apart(tables, who, where),
    ):
        matrix.resize(matrix.shape[0], pairs + excesses)
        blocks.append(matrix)
        upper.append(most)
    once = sp.csr_matrix(
        (np.ones(pairs), (who, np.arange(pairs))), shape=(tables.processes, pairs + excesses)
    )
    row_upper = np.concatenate([np.ones(tables.processes), *upper])
    row_lower = np.full(len(row_upper), -np.inf)
    row_lower[: tables.processes] = 1
    unit = money(tables)
    return LinearModel(
        np.zeros(pairs + excesses),
        np.full(pairs + excesses, np.inf),
        np.concatenate([tables.way[who, where] / unit, np.ones(excesses)]),
        row_lower,
        row_upper,
        sp.csr_matrix(sp.vstack([once, *blocks])),
        np.zeros(pairs + excesses, dtype=bool),
    )


def money(tables: Tables) -> float:
    """A unit in which costs are about 1."""
    return max(float(np.abs(tables.adds).mean()) if tables.adds.size else 1.0, 1.0)


def capacities(tables: Tables, who: Any, where: Any) -> tuple[Any, Floats]:
    """What sits on a machine has room; in shares of what a machine has in the mean."""
    blocks, upper = [], []
    at_home = tables.home[who] == where
    capacity = tables.problem.capacity
    for resource, held_twice in enumerate(tables.problem.transient.tolist()):
        unit = max(float(capacity[:, resource].mean()), 1.0)
        takes = tables.required[who, resource] / unit
        room = capacity[:, resource]
        if held_twice:
            takes = np.where(at_home, 0, takes)
            room = tables.roomiest[:, resource]
        blocks.append(spread_out(where, takes, tables.machines))
        upper.append(room / unit)
    return sp.vstack(blocks).tocsr(), np.concatenate(upper)


def costs(tables: Tables, who: Any, where: Any) -> tuple[Any, Floats]:
    """What comes, less the excess, is at most what is free of cost."""
    unit, excesses = money(tables), tables.empty.size
    blocks = [spread_out(where, more[who] / unit, tables.machines) for more in tables.adds]
    if not blocks:
        return sp.csr_matrix((0, len(who))), np.zeros(0)
    excess = -sp.identity(excesses, format="csr")
    return sp.hstack([sp.vstack(blocks), excess]).tocsr(), -tables.empty.ravel() / unit


def apart(tables: Tables, who: Any, where: Any) -> tuple[Any, Floats]:
    """One of a service on a machine, where more could come."""
    key = tables.service[who] * tables.machines + where
    _, row, count = np.unique(key, return_inverse=True, return_counts=True)
    rows = sp.csr_matrix((np.ones(len(who)), (row, np.arange(len(who)))))
    some = rows[count > 1]
    return some, np.ones(some.shape[0])


def spread_out(row: Any, values: Any, rows: int) -> Any:
    """A matrix with a value in each column."""
    return sp.csr_matrix((values, (row, np.arange(len(row)))), shape=(rows, len(row)))
