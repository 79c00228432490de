"""The linear program of a dispatch, by arrays: columns are pairs of class and pool.

minimise  sum cost[k, p] x[k, p] + sum unserved[k] u[k]
tasks     sum_p x[k, p] + u[k] = count[k]                 for every class k
room      sum_k demand[k, r] x[k, p] <= capacity[p, r]    for every pool p, resource r
sides     sum amount x <= limit                           for every side limit
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from scheduler.optimise.counts import CountProblem, Floats, Ints
from scheduler.optimise.solvers import LinearModel

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Where which class may go, by class and then by pool."""

    class_of: npt.NDArray[np.intp]
    pool_of: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.class_of)


@dataclass(frozen=True, slots=True, eq=False)
class CountModel:
    """A linear program and how its rows were scaled: `scale` times a row is the true row."""

    linear: LinearModel
    pairs: Pairs
    scale: Floats  # of room and side rows


def useful(problem: CountProblem) -> Flags:
    """(classes, pools) where one task may go, fits, and costs no more than to leave it."""
    allowed: Flags = problem.cost <= np.minimum(problem.unserved, np.finfo(float).max)[:, None]
    allowed &= (problem.count > 0)[:, None]
    for needed, room in zip(problem.demand.T, problem.capacity.T, strict=True):
        allowed &= needed[:, None] <= room
    return allowed


def pairs_of(mask: Flags) -> Pairs:
    """The pairs that a mask keeps."""
    return Pairs(*np.nonzero(mask))


def count_model(problem: CountProblem, pairs: Pairs, *, whole: bool = False) -> CountModel:
    """The program of these pairs; `whole` keeps integers in all rows, for a solver of them."""
    classes = len(problem.count)
    rows = sp.vstack(
        [task_rows(problem, pairs), room_rows(problem, pairs), side_rows(problem, pairs)]
    )
    limits = np.concatenate([problem.capacity.ravel(), [side.limit for side in problem.sides]])
    scale = scales(problem, whole=whole)
    rows = rows.tocsr()
    by_row = np.concatenate([np.ones(classes), 1 / scale])
    rows.data *= np.repeat(by_row, np.diff(rows.indptr))
    count = problem.count.astype(float)
    upper = np.concatenate([most(problem, pairs), count])
    model = LinearModel(
        lower=np.zeros(len(upper)),
        upper=upper,
        cost=np.concatenate([problem.cost[pairs.class_of, pairs.pool_of], problem.unserved]),
        row_lower=np.concatenate([count, np.full(len(limits), -math.inf)]),
        row_upper=np.concatenate([count, limits / scale]),
        rows=rows,
        integer=np.full(len(upper), whole),
    )
    return CountModel(model, pairs, scale)


def scales(problem: CountProblem, *, whole: bool) -> Floats:
    """What room and side rows are divided by: the largest amount, or a common divisor."""
    amounts = [*problem.demand.T, *(side.amount for side in problem.sides)]
    divide = np.gcd.reduce if whole else np.max
    by = np.array([max(int(divide(a, initial=0)), 1) for a in amounts], dtype=float)
    resources = problem.demand.shape[1]
    return np.concatenate([np.tile(by[:resources], len(problem.capacity)), by[resources:]])


def most(problem: CountProblem, pairs: Pairs) -> Floats:
    """How many of a class there are at most on a pool."""
    found = problem.count[pairs.class_of].astype(float)
    for needed, room in zip(problem.demand.T, problem.capacity.T, strict=True):
        takes = needed[pairs.class_of]
        fits = room[pairs.pool_of] // np.maximum(takes, 1)
        found = np.where(takes > 0, np.minimum(found, fits), found)
    return found


def task_rows(problem: CountProblem, pairs: Pairs) -> sp.csr_matrix:
    """Each task is somewhere, or left over."""
    classes = len(problem.count)
    starts = np.searchsorted(pairs.class_of, np.arange(classes + 1))
    placed = sp.csr_matrix(
        (np.ones(len(pairs)), np.arange(len(pairs)), starts), shape=(classes, len(pairs))
    )
    return sp.hstack([placed, sp.identity(classes, format="csr")], format="csr")


def room_rows(problem: CountProblem, pairs: Pairs) -> sp.csr_matrix:
    """What tasks take of each resource of each pool."""
    pools, resources = problem.capacity.shape
    takes = problem.demand[pairs.class_of]
    column, resource = takes.nonzero()
    row = pairs.pool_of[column] * resources + resource
    shape = (pools * resources, len(pairs) + len(problem.count))
    amounts = takes[column, resource].astype(float)
    return sp.csr_matrix((amounts, (row, column)), shape=shape)


def side_rows(problem: CountProblem, pairs: Pairs) -> sp.csr_matrix:
    """What tasks take of each side limit."""
    side, column, amount = side_terms(problem, pairs)
    shape = (len(problem.sides), len(pairs) + len(problem.count))
    return sp.csr_matrix((amount.astype(float), (side, column)), shape=shape)


def side_terms(problem: CountProblem, pairs: Pairs) -> tuple[Ints, Ints, Ints]:
    """(side, pair, amount) for all that a pair takes of a side."""
    if not problem.sides or not len(pairs):
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing
    pools = len(problem.capacity)
    side = np.repeat(np.arange(len(problem.sides)), [len(s.amount) for s in problem.sides])
    asked = np.concatenate([s.class_of * pools + s.pool_of for s in problem.sides])
    amount = np.concatenate([s.amount for s in problem.sides])
    keys = pairs.class_of * pools + pairs.pool_of
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    known = (keys[place] == asked) & (amount != 0)
    return side[known], place[known], amount[known]


def at_prices(problem: CountProblem, prices: Floats, side_prices: Floats) -> Floats:
    """(classes, pools) what one task costs with the room it takes paid for."""
    total = problem.cost + problem.demand.astype(float) @ prices.T
    for side, price in zip(problem.sides, side_prices.tolist(), strict=True):
        if price > 0:
            np.add.at(total, (side.class_of, side.pool_of), side.amount * price)
    return total


def bound_of(problem: CountProblem, prices: Floats, side_prices: Floats, mask: Flags) -> float:
    """No plan costs less: true for any prices that are not negative, whoever found them.

    Each task goes where it is cheapest at these prices, as many as fit there alone, and room
    that exists is paid back.
    """
    total = np.where(mask, at_prices(problem, prices, side_prices), math.inf)
    gains = cheapest_ways(problem, total, mask).tolist()
    paid = (problem.capacity * prices).ravel().tolist()
    sides = [
        s.limit * price for s, price in zip(problem.sides, side_prices.tolist(), strict=True)
    ]
    exact = math.fsum(gains + [-p for p in paid + sides])
    return exact - 1e-12 * math.fsum(map(abs, gains + paid + sides))


def cheapest_ways(problem: CountProblem, total: Floats, mask: Flags) -> Floats:
    """(classes,) what all tasks of a class cost at least, each pool alone in the world."""
    pairs = pairs_of(mask)
    least = np.minimum(total.min(axis=1, initial=math.inf), problem.unserved)
    found: Floats = problem.count * least
    room = np.zeros(total.shape)
    room[pairs.class_of, pairs.pool_of] = most(problem, pairs)
    tight = np.flatnonzero(((room < problem.count[:, None]) & mask).any(axis=1))
    if not len(tight):
        return found
    cost = np.minimum(total[tight], problem.unserved[tight, None])
    order = np.argsort(cost, axis=1, kind="stable")
    cost = np.take_along_axis(cost, order, axis=1)
    fits = np.take_along_axis(room[tight], order, axis=1)
    wanted = problem.count[tight, None]
    sent = np.clip(wanted - (fits.cumsum(axis=1) - fits), 0, fits)
    over = problem.count[tight] - sent.sum(axis=1)
    found[tight] = (sent * cost).sum(axis=1) + over * problem.unserved[tight]
    return found
