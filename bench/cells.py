"""Jobs gathered into cells, jobs alike in every scope, so that each sum is taken once.

A million jobs fall into some dozens of cells; the eleven scopes then add up cells, not jobs.
In the end cells stand in the order of names: the same jobs give the same sums, bit by bit,
whether they come from memory or from a file, in chunks of any size, and in whatever order
names were met.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.view import Jobs

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DIMENSIONS = ("workload", "tenant", "region", "class", "chip", "pool")
"""Columns of the job table that tell cells apart; site, cloud and tier follow from the pool."""

SMALL_TABLE = 1 << 20


CellName = tuple[str | None, ...]
"""The value of each dimension, None = null."""


class CellBook:
    """Numbers of cells in the order in which they were met."""

    def __init__(self) -> None:
        self.number: dict[CellName, int] = {}

    @property
    def count(self) -> int:
        """Cells met so far."""
        return len(self.number)

    def cells_of(self, jobs: Jobs, keep: NDArray[np.bool_]) -> Ints:
        """The cell of each job to keep."""
        of_job, names = cells_of(jobs, keep)
        known = [self.number.setdefault(name, len(self.number)) for name in names]
        return np.array(known, dtype=np.int64)[of_job]

    def order(self) -> list[int]:
        """Numbers of cells in the order of names, null first."""
        by_name = sorted(self.number, key=lambda name: [(v is not None, v or "") for v in name])
        return [self.number[name] for name in by_name]


@dataclass(frozen=True, slots=True)
class Cells:
    """What is common to the jobs of each cell."""

    names: Sequence[CellName]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names)

    def values(self, dimension: str) -> list[str | None]:
        """The value of a dimension in each cell."""
        place = DIMENSIONS.index(dimension)
        return [name[place] for name in self.names]


def cells_of(jobs: Jobs, keep: NDArray[np.bool_]) -> tuple[Ints, list[CellName]]:
    """The cell of each job to keep, and the names of these cells."""
    of_job = np.zeros(int(np.count_nonzero(keep)), dtype=np.int64)
    code: list[Ints] = []
    names: list[tuple[str | None, ...]] = []
    count = 1 if len(of_job) else 0
    for dimension in DIMENSIONS:
        codes, known = by_name(*jobs.coded(dimension))
        radix = len(known)
        if radix == 1:  # null for all
            code, names = [*code, np.zeros(count, dtype=np.int64)], [*names, known]
            continue
        of_job, present = compacted(of_job * radix + codes[keep], count * radix)
        code = [c[present // radix] for c in code] + [present % radix]
        names.append(known)
        count = len(present)
    columns = [[n[c] for c in cs.tolist()] for n, cs in zip(names, code, strict=True)]
    return of_job, list(zip(*columns, strict=True))


def by_name(
    codes: NDArray[np.int32], names: Sequence[str]
) -> tuple[NDArray[np.int64], tuple[str | None, ...]]:
    """Codes in the order of names, 0 standing for null."""
    order = sorted(set(names))
    place = {name: number for number, name in enumerate(order, start=1)}
    table = np.array([*(place[name] for name in names), 0], dtype=np.int64)
    return table[codes], (None, *order)  # -1, null, finds the 0 at the end


def compacted(codes: Ints, below: int) -> tuple[Ints, Ints]:
    """The codes renumbered without gaps, and the codes that occur, ascending."""
    if below > max(SMALL_TABLE, 4 * len(codes)):
        present, renumbered = np.unique(codes, return_inverse=True)
        return renumbered, present
    seen = np.zeros(below, dtype=bool)
    seen[codes] = True
    number = np.cumsum(seen) - 1
    return number[codes], np.flatnonzero(seen)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Which key of a scope each cell belongs to; -1 = to none."""

    keys: tuple[str, ...]
    of_cell: Ints

    def total(self, per_cell: NDArray[Any]) -> Floats:
        """Sum over the cells of each key."""
        weights: Floats = per_cell.astype(np.float64)
        size = len(self.keys) + 1
        sums = np.bincount(self.of_cell + 1, weights=weights, minlength=size)
        return sums[1:].astype(np.float64)  # bincount of nothing counts in integers

    def members(self) -> list[list[int]]:
        """The cells of each key."""
        found: list[list[int]] = [[] for _ in self.keys]
        for cell, key in enumerate(self.of_cell.tolist()):
            if key >= 0:
                found[key].append(cell)
        return found


def groups_of(per_cell: Sequence[str | None], known: Sequence[str]) -> Groups:
    """Cells grouped by a value of theirs; `known` keys are listed even without a job."""
    keys = sorted(set(known) | {value for value in per_cell if value is not None})
    place: dict[str | None, int] = {key: number for number, key in enumerate(keys)}
    of_cell = np.array([place.get(value, -1) for value in per_cell], dtype=np.int64)
    return Groups(tuple(keys), of_cell)
