"""From parts of tasks to whole ones: round down, then place the rest where there is room."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scheduler.optimise.count_model import Flags, Pairs, side_terms
from scheduler.optimise.counts import CountProblem, Floats, Ints

NEARLY = 1e-6  # a solver's 0.9999999 is one


class Rooms:
    """Whole tasks so far and the room they leave; the one thing here that changes.

    Pools are columns, so that a resource of all pools is one array.
    """

    def __init__(self, problem: CountProblem, mask: Flags) -> None:
        self.problem = problem
        self.mask = mask
        self.counts: Ints = np.zeros(problem.cost.shape, dtype=np.int64)
        self.left: Ints = problem.count.copy()
        self.room: Ints = problem.capacity.T.copy()  # (resources, pools)
        self.side_room: Ints = np.array([side.limit for side in problem.sides], dtype=np.int64)
        pairs = Pairs(*np.nonzero(mask))
        side, column, amount = side_terms(problem, pairs)
        order = np.argsort(column, kind="stable")
        self.side_of, self.side_amount = side[order], amount[order]
        self.side_pool = pairs.pool_of[column[order]]
        by_class = pairs.class_of[column[order]]
        self.side_start = np.searchsorted(by_class, np.arange(len(problem.count) + 1)).tolist()
        self.needs: list[list[tuple[int, int]]] = [
            [(resource, takes) for resource, takes in enumerate(row) if takes]
            for row in problem.demand.tolist()
        ]

    def sides_at(self, klass: int) -> tuple[Ints, Ints, Ints]:
        """(pool, side, amount) for all that a class takes of sides."""
        part = slice(self.side_start[klass], self.side_start[klass + 1])
        return self.side_pool[part], self.side_of[part], self.side_amount[part]

    def fits(self, klass: int) -> Ints:
        """(pools,) how many more of a class each pool could take, at most all that are left."""
        most = np.where(self.mask[klass], self.left[klass], 0)
        for resource, amount in self.needs[klass]:
            np.minimum(most, self.room[resource] // amount, out=most)
        if self.side_start[klass + 1] > self.side_start[klass]:
            pool, side, takes = self.sides_at(klass)
            np.minimum.at(most, pool, self.side_room[side] // takes)
        return np.maximum(most, 0)

    def place(self, klass: int, pool: int, number: int) -> None:
        """Send so many more; fewer than none takes them back."""
        self.counts[klass, pool] += number
        self.left[klass] -= number
        for resource, amount in self.needs[klass]:
            self.room[resource, pool] -= amount * number
        if self.side_start[klass + 1] > self.side_start[klass]:
            pools, side, takes = self.sides_at(klass)
            here = pools == pool
            np.subtract.at(self.side_room, side[here], takes[here] * number)


def rounded(problem: CountProblem, mask: Flags, parts: Floats) -> Rooms:
    """(classes, pools) parts of a linear program rounded down, where they then are legal.

    A solver may overdraw by its tolerance; a class that no longer fits is cut to what does.
    """
    rooms = Rooms(problem, mask)
    whole = np.floor(np.clip(parts, 0, problem.count[:, None]) + NEARLY).astype(np.int64) * mask
    used = whole.T @ problem.demand
    sides = [int((whole[s.class_of, s.pool_of] * s.amount).sum()) for s in problem.sides]
    legal = (used <= problem.capacity).all() and (whole.sum(axis=1) <= problem.count).all()
    if legal and all(u <= s.limit for u, s in zip(sides, problem.sides, strict=True)):
        rooms.counts = whole
        rooms.left = problem.count - whole.sum(axis=1)
        rooms.room = np.ascontiguousarray((problem.capacity - used).T)
        rooms.side_room = rooms.side_room - np.array(sides, dtype=np.int64)
        return rooms
    for klass, pool in zip(*(axis.tolist() for axis in whole.nonzero()), strict=True):
        number = min(int(whole[klass, pool]), int(rooms.fits(klass)[pool]))
        rooms.place(klass, pool, number)
    return rooms


def repaired(rooms: Rooms, total: Floats, order: npt.NDArray[np.intp]) -> None:
    """Place what is left, class by class, each where `total` (classes, pools) is least."""
    for klass in order.tolist():
        while rooms.left[klass] > 0:
            fits = rooms.fits(klass)
            pools = np.flatnonzero(fits)
            if not len(pools):
                break
            pool = int(pools[np.argmin(total[klass, pools])])
            rooms.place(klass, pool, int(fits[pool]))


def hardest_first(problem: CountProblem, total: Floats, mask: Flags) -> npt.NDArray[np.intp]:
    """Classes by what it costs to leave one over, beyond its cheapest place."""
    least = np.where(mask, total, np.inf).min(axis=1, initial=np.inf)
    regret = np.where(
        np.isfinite(least), problem.unserved - np.minimum(least, problem.unserved), 0
    )
    size = (problem.demand / np.maximum(problem.capacity.sum(axis=0), 1)).max(axis=1)
    return np.lexsort((np.arange(len(regret)), -size, -regret))
