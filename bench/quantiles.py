"""Exact quantiles of values that may not all fit into memory, for the keys of every scope.

Few values are kept and sorted. Of many only counts in narrow classes are kept: they tell in
which class each wanted value lies, and a second pass picks the values of those classes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.cells import Floats, Groups, Ints

LIMIT = 1 << 20
"""So many values are kept, 12 bytes each; a run of that many jobs is measured in one pass."""

CLASS_BITS = 15
"""Classes are the first bits of a float64: its exponent and 4 digits, 16 classes an octave."""

COMPACT_AT = 1 << 18

Spans = Callable[[], Iterator[tuple[Floats, Ints]]]
"""Goes through the values of a run and their cells, chunk by chunk, whenever it is called."""


class Ranked(Protocol):
    """Values in ascending order, of which perhaps only some are at hand."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, rank: int, /) -> float:
        """The value with so many before it."""


class Quantiles(Protocol):
    """The values of each key of a scope."""

    def of(self, groups: Groups) -> Sequence[Ranked]:
        """Key by key."""


def quantile(ascending: Ranked | Floats, share: float) -> float:
    """The quantile of sorted values by numpy's `linear` rule, to the last bit; nan if none."""
    if not len(ascending):
        return float("nan")
    below, above = ranks(len(ascending), share)
    low, high = float(ascending[below]), float(ascending[above])
    part = share * (len(ascending) - 1) - below
    # numpy interpolates from the nearer end; equal digits matter to a reader who checks
    return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part


def ranks(count: int, share: float) -> tuple[int, int]:
    """The ranks of the two values that a quantile of `count` values lies between."""
    below = int(share * (count - 1))
    return below, min(below + 1, count - 1)


# --- few: all of them ---------------------------------------------------------------------


class Kept:
    """Values kept as they come, zeros as counts, until there are too many."""

    def __init__(self) -> None:
        self._values: list[Floats] = []
        self._cells: list[NDArray[np.int32]] = []
        self._zeros = np.zeros(0, dtype=np.int64)
        self._count = 0

    @property
    def few(self) -> bool:
        """Whether they are still all there."""
        return self._count <= LIMIT

    def add(self, value: Floats, cell: Ints, cells: int) -> None:
        """Takes in the values of a chunk; `cells` = cells met so far."""
        some = value != 0
        self._zeros = _grown(self._zeros, np.bincount(cell[~some], minlength=cells))
        self._count += int(np.count_nonzero(some))
        if self.few:
            self._values.append(value[some])
            self._cells.append(cell[some].astype(np.int32))
        else:
            self._values, self._cells = [], []

    def pooled(self, order: Sequence[int]) -> "Pooled":
        """All values by cell, the cells renumbered by their place in `order`."""
        value, cell = np.concatenate([np.empty(0), *self._values]), _joined(self._cells)
        self._values, self._cells = [], []
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return pooled(value, place[cell], _grown(self._zeros, len(order))[order])


def _grown(counts: Ints, more: Ints | int) -> Ints:
    """Counts of more cells, with `more` added if it is counts."""
    cells = more if isinstance(more, int) else len(more)
    found = np.zeros(cells, dtype=np.int64) if isinstance(more, int) else more.copy()
    found[: len(counts)] += counts
    return found


def _joined(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate([np.empty(0, dtype=np.int32), *parts])


@dataclass(frozen=True, slots=True)
class Whole:
    """Zeros, then all other values."""

    zeros: int
    others: Floats

    def __len__(self) -> int:
        """How many there are."""
        return self.zeros + len(self.others)

    def __getitem__(self, rank: int, /) -> float:
        """The value with so many before it."""
        return 0.0 if rank < self.zeros else float(self.others[rank - self.zeros])


@dataclass(frozen=True, slots=True)
class Pooled:
    """Values lying cell by cell, so that those of any key are a few slices."""

    values: Floats
    bounds: Sequence[int]
    zeros: Ints

    def of(self, groups: Groups) -> Sequence[Ranked]:
        """Key by key."""
        return [self._of(cells) for cells in groups.members()]

    def _of(self, cells: Sequence[int]) -> Whole:
        bounds = self.bounds
        slices = [self.values[bounds[cell] : bounds[cell + 1]] for cell in cells]
        together = np.concatenate([np.empty(0), *slices])
        together.sort()
        return Whole(int(self.zeros[cells].sum()) if cells else 0, together)


def pooled(values: Floats, cell_of_value: NDArray[np.int32], zeros: Ints) -> Pooled:
    """Values laid out by cell."""
    cells = len(zeros)
    kind = np.uint16 if cells <= np.iinfo(np.uint16).max else np.int64  # 16 bits: radix sort
    order = np.argsort(cell_of_value.astype(kind), kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(cell_of_value, minlength=cells))])
    return Pooled(values[order], bounds.tolist(), zeros)


# --- many: counts, then a pick ------------------------------------------------------------


class Counts:
    """How often each pair (major, minor) of whole numbers occurred."""

    def __init__(self) -> None:
        empty = np.zeros(0, dtype=np.int64)
        self._parts: list[tuple[Ints, Ints, Ints]] = [(empty, empty, empty)]
        self._pending = 0

    def add(self, major: Ints, minor: Ints) -> None:
        """Counts pairs."""
        self._parts.append(_counted(major, minor, np.ones(len(major), dtype=np.int64)))
        self._pending += len(self._parts[-1][0])
        if self._pending > max(COMPACT_AT, len(self._parts[0][0])):
            self.total()

    def total(self) -> tuple[Ints, Ints, Ints]:
        """Major, minor and count of each pair, ascending."""
        if len(self._parts) > 1:
            major, minor, count = (np.concatenate(c) for c in zip(*self._parts, strict=True))
            self._parts = [_counted(major, minor, count)]
            self._pending = 0
        return self._parts[0]


def _counted(major: Ints, minor: Ints, count: Ints) -> tuple[Ints, Ints, Ints]:
    order = np.lexsort((minor, major))
    major, minor, count = major[order], minor[order], count[order]
    new = np.ones(len(major), dtype=bool)
    new[1:] = (major[1:] != major[:-1]) | (minor[1:] != minor[:-1])
    first = np.flatnonzero(new)
    if not len(first):
        return major, minor, count
    return major[first], minor[first], np.add.reduceat(count, first)


def bits_of(value: Floats) -> Ints:
    """Whole numbers in the order of these values, none of which is below zero."""
    bits: Ints = (np.abs(value) + 0.0).view(np.int64)
    return bits


@dataclass(frozen=True, slots=True)
class Wanted:
    """One class of one key: which pairs (cell, class) are in it, and how many values before."""

    pairs: Ints
    before: int


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the values of a key: ranks where known stretches begin, and their values."""

    count: int
    stretches: Sequence[tuple[int, Floats, Ints]]

    def __len__(self) -> int:
        """How many there are, known or not."""
        return self.count

    def __getitem__(self, rank: int, /) -> float:
        """The value with so many before it."""
        before, values, ends = next(s for s in reversed(self.stretches) if s[0] <= rank)
        return float(values[np.searchsorted(ends, rank - before, side="right")])


@dataclass(frozen=True, slots=True)
class Selected:
    """The values that were picked, by scope."""

    found: Mapping[Groups, Sequence[Ranked]]

    def of(self, groups: Groups) -> Sequence[Ranked]:
        """Key by key."""
        return self.found[groups]


def selected(spans: Spans, scopes: Sequence[Groups], shares: Sequence[float]) -> Selected:
    """What is needed for these quantiles of each key of each scope, in two passes."""
    coarse = Counts()
    for value, cell in spans():
        coarse.add(cell, bits_of(value) >> (63 - CLASS_BITS))
    cell, kind, count = coarse.total()
    wanted = [wanted_of(groups, cell, kind, count, shares) for groups in scopes]
    needed = np.zeros(len(cell), dtype=bool)
    for _, classes in (key for keys in wanted for key in keys):
        for each in classes:
            needed[each.pairs] = True
    fine = _picked(spans, (cell << CLASS_BITS) + kind, needed)
    return Selected(
        {
            groups: [Found(n, [_stretch(c, fine) for c in classes]) for n, classes in keys]
            for groups, keys in zip(scopes, wanted, strict=True)
        }
    )


def wanted_of(
    groups: Groups, cell: Ints, kind: Ints, count: Ints, shares: Sequence[float]
) -> list[tuple[int, list[Wanted]]]:
    """How many values each key has, and the classes in which its quantiles lie, ascending."""
    key = groups.of_cell[cell]
    order = np.lexsort((kind, key))
    bounds = np.searchsorted(key[order], np.arange(len(groups.keys) + 1))
    found = []
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        pairs = order[begin:end]
        kinds, upto = kind[pairs], np.cumsum(count[pairs])
        total = int(upto[-1]) if len(upto) else 0
        places = {r for share in shares if total for r in ranks(total, share)}
        hit = sorted({int(kinds[np.searchsorted(upto, r, side="right")]) for r in places})
        found.append((total, [_wanted(pairs, kinds, upto, k) for k in hit]))
    return found


def _wanted(pairs: Ints, kinds: Ints, upto: Ints, kind: int) -> Wanted:
    begin, end = np.searchsorted(kinds, [kind, kind + 1]).tolist()
    return Wanted(pairs[begin:end], int(upto[begin - 1]) if begin else 0)


def _picked(spans: Spans, code: Ints, needed: NDArray[np.bool_]) -> tuple[Ints, Floats, Ints]:
    """Bounds by pair, values and counts of what lies in the pairs needed."""
    fine = Counts()
    for value, cell in spans():
        bits = bits_of(value)
        pair = np.searchsorted(code, (cell << CLASS_BITS) + (bits >> (63 - CLASS_BITS)))
        pick = needed[pair]
        fine.add(pair[pick], bits[pick])
    pair, bits, count = fine.total()
    return np.searchsorted(pair, np.arange(len(code) + 1)), bits.view(np.float64), count


def _stretch(wanted: Wanted, fine: tuple[Ints, Floats, Ints]) -> tuple[int, Floats, Ints]:
    """Rank of the first value of a class, its values, and up to which rank each goes."""
    bounds, values, counts = fine
    at = np.concatenate([np.arange(bounds[p], bounds[p + 1]) for p in wanted.pairs.tolist()])
    at = at[np.argsort(values[at], kind="stable")]
    return wanted.before, values[at], np.cumsum(counts[at])
