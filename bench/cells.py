"""Jobs gathered into cells, jobs alike in every scope, so that each sum is taken once.

A million jobs fall into some dozens of cells; the eleven scopes then add up cells, not jobs.
Codes are renamed to the order of names first: the same jobs give the same sums, bit by bit,
whether they come from memory or from a file, and in whatever order names were met.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.faces import Run

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DIMENSIONS = ("workload", "tenant", "region", "class", "chip", "pool")
"""Columns of the job table that tell cells apart; site, cloud and tier follow from the pool."""

SMALL_TABLE = 1 << 20


@dataclass(frozen=True, slots=True)
class Cells:
    """The cell of each kept job, and what is common to the jobs of a cell.

    `names[d][code[d][c]]` is the value of dimension `d` in cell `c`; None = null.
    """

    of_job: Ints
    count: int
    names: dict[str, tuple[str | None, ...]]
    code: dict[str, Ints]

    def values(self, dimension: str) -> list[str | None]:
        """The value of a dimension in each cell."""
        names = self.names[dimension]
        return [names[code] for code in self.code[dimension].tolist()]


def cells_of(records: Run, keep: NDArray[np.bool_]) -> Cells:
    """Cells of the jobs to keep."""
    of_job = np.zeros(int(np.count_nonzero(keep)), dtype=np.int64)
    code: dict[str, Ints] = {}
    names: dict[str, tuple[str | None, ...]] = {}
    count = 1 if len(of_job) else 0
    for dimension in DIMENSIONS:
        codes, names[dimension] = by_name(*records.coded(dimension))
        radix = len(names[dimension])
        of_job, present = compacted(of_job * radix + codes[keep], count * radix)
        code = {d: c[present // radix] for d, c in code.items()}
        code[dimension] = present % radix
        count = len(present)
    return Cells(of_job, count, names, code)


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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Pooled:
    """Values lying cell by cell, so that those of any key are a few slices."""

    values: Floats
    bounds: list[int]

    def of(self, members: Sequence[int]) -> Floats:
        """The values of these cells, ascending."""
        bounds = self.bounds
        slices = [self.values[bounds[cell] : bounds[cell + 1]] for cell in members]
        together = np.concatenate([np.empty(0), *slices])
        together.sort()
        return together


def pooled(values: Floats, cell_of_value: Ints, cells: int) -> Pooled:
    """Values laid out by cell."""
    kind = np.uint16 if cells <= np.iinfo(np.uint16).max else np.int64  # 16 bits: radix sort
    order = np.argsort(cell_of_value.astype(kind), kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(cell_of_value, minlength=cells))])
    return Pooled(values[order], bounds.tolist())


def quantile(ascending: Floats, share: float) -> float:
    """The quantile of sorted values by numpy's `linear` rule, to the last bit; nan if none."""
    if not len(ascending):
        return float("nan")
    place = share * (len(ascending) - 1)
    below = int(place)
    low = float(ascending[below])
    high = float(ascending[min(below + 1, len(ascending) - 1)])
    part = place - below
    # numpy interpolates from the nearer end; equal digits matter to a reader who checks
    return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part
