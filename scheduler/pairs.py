"""Figures of shapes in pools as arrays: need and times of each pair that occurs, by number.

A province has a hundred thousand pairs, a nation a hundred million, and few of them meet; what
a pool gives a shape is worked out when the first job of it comes there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduler.shapes import Shape

Ints = npt.NDArray[np.int64]

MOST_CELLS = 1_000_000  # of a table of all shapes in all pools; beyond, a sorted list of pairs
FIELDS = ("number", "dispatch_us", "transfer_in_us", "transfer_out_us")  # of a Stand


class Pairs:
    """Rows of figures by pair; row 0, all zeros, is that of no pool (-1)."""

    def __init__(self, shapes: Sequence[Shape], pools: int) -> None:
        self._shapes, self._width = shapes, pools + 1
        self.figures = np.zeros((1, len(FIELDS)), np.int64)
        self._index: Table | Sorted = Table(self._width)

    def renew(self) -> None:
        """Make room for shapes compiled since."""
        if isinstance(self._index, Table):
            if len(self._shapes) * self._width > MOST_CELLS:
                self._index = Sorted(*self._index.known())
            else:
                self._index.grow(len(self._shapes))

    def rows(self, shape: npt.NDArray[Any], pool: npt.NDArray[Any]) -> Ints:
        """The row of each pair (shapes, pools)."""
        codes = shape.astype(np.int64) * self._width + (pool.astype(np.int64) + 1)
        rows = self._index.find(codes)
        if (rows < 0).any():
            fresh = np.unique(codes[rows < 0])
            more = [self._figures(*divmod(code, self._width)) for code in fresh.tolist()]
            self._index.add(fresh, np.arange(len(more)) + len(self.figures))
            self.figures = np.concatenate([self.figures, np.array(more, np.int64)])
            rows = self._index.find(codes)
        return rows

    def _figures(self, shape: int, place: int) -> tuple[int, ...]:
        if not place:
            return (0,) * len(FIELDS)
        stand = self._shapes[shape].stand(place - 1)
        return tuple(getattr(stand, name) for name in FIELDS)


class Table:
    """Rows in a table of all pairs, -1 where not known yet."""

    def __init__(self, width: int) -> None:
        self._rows = np.zeros((0, width), np.int64)

    def grow(self, shapes: int) -> None:
        """As many shapes from now on."""
        more = np.full((shapes - len(self._rows), self._rows.shape[1]), -1, np.int64)
        self._rows = np.concatenate([self._rows, more])

    def find(self, codes: Ints) -> Ints:
        """The row of each pair."""
        rows: Ints = self._rows.reshape(-1)[codes]
        return rows

    def add(self, codes: Ints, rows: Ints) -> None:
        """New pairs."""
        self._rows.reshape(-1)[codes] = rows

    def known(self) -> tuple[Ints, Ints]:
        """All pairs so far, ascending, and their rows."""
        codes = np.flatnonzero(self._rows.reshape(-1) >= 0)
        return codes, self.find(codes)


@dataclass(slots=True)
class Sorted:
    """Rows beside their pairs, ascending."""

    codes: Ints
    at: Ints

    def find(self, codes: Ints) -> Ints:
        """The row of each pair, -1 where not known yet."""
        if not len(self.codes):
            return np.full(len(codes), -1, np.int64)
        place = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[place] == codes, self.at[place], -1)

    def add(self, codes: Ints, rows: Ints) -> None:
        """New pairs, not known before."""
        codes, rows = np.concatenate([self.codes, codes]), np.concatenate([self.at, rows])
        order = np.argsort(codes)
        self.codes, self.at = codes[order], rows[order]


@dataclass(frozen=True, slots=True)
class PairColumn:
    """One figure of each pair, to be asked like a table: `column[shapes, pools]`."""

    pairs: Pairs
    number: int

    def __getitem__(self, at: tuple[npt.NDArray[Any], npt.NDArray[Any]]) -> Ints:
        """The figure of each pair; 0 where the pool is -1."""
        rows = self.pairs.rows(*at)
        found: Ints = self.pairs.figures[rows, self.number]
        return found
