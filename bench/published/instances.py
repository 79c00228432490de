"""Readers of published instance sets: numbers in a known order, nothing else.

| set | a file holds, in this order |
|---|---|
| cap | m n; m of (capacity, opening); n of (demand, m costs of serving all of it) |
| gap | m n; m rows of n costs; m rows of n weights; m capacities |
| sscflp | m n; m capacities; m openings; n demands; n rows of m costs |
| tscflp | I J K; K demands; I of (capacity, opening); I rows of J costs of a unit; J of (capacity, opening); J rows of K costs of a unit |

Several instances may follow each other, with or without their count in front. In cap, one
capacity that the caller gives takes the place of all in the file, be they numbers or the word
`capacity` as in OR-Library's capa, capb and capc.
"""  # noqa: E501 - a table is read by its rows

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from scheduler.optimise import AssignmentProblem, TwoStageProblem

LARGEST_FILE = 1 << 28  # bytes, unpacked
LARGEST_EXPONENT = 15  # of ten, a number's
MOST_DECIMALS = 9
LARGEST_SUM = 1 << 53  # whole numbers beyond are no doubles
NUMBER = re.compile(r"[-+]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})([eE][-+]?\d{1,3})?")
CAPACITY = "capacity"

Ints = npt.NDArray[np.int64]
AnyProblem = AssignmentProblem | TwoStageProblem


class InstanceError(Exception):
    """The file is not of the format; the message names the file and the place."""


class Numbers:
    """The words of a file, taken one after the other."""

    def __init__(self, file: Path, words: Sequence[str], at: int, capacity: int | None) -> None:
        self.file, self.words, self.at, self.capacity = file, words, at, capacity

    def wrong(self, message: str) -> InstanceError:
        """The complaint, with the place."""
        return InstanceError(f"{self.file}: number {self.at + 1}: {message}")

    def take(self, count: int) -> list[Decimal]:
        """The next `count` numbers.

        Raises:
            InstanceError: there are fewer, or a word is none.
        """
        if self.at + count > len(self.words):
            left = len(self.words) - self.at
            raise self.wrong(f"expected {count:,} more numbers; the file has {left:,}")
        found = []
        for word in self.words[self.at : self.at + count]:
            found.append(self.number(word))
            self.at += 1
        return found

    def number(self, word: str) -> Decimal:
        """One word as a number.

        Raises:
            InstanceError: it is none, or too large or fine to be counted in whole numbers.
        """
        if word == CAPACITY and self.capacity is not None:
            return Decimal(self.capacity)
        if not NUMBER.fullmatch(word):
            hint = "; say which with --capacity" if word == CAPACITY else ""
            raise self.wrong(f"expected a number; got '{word[:40]}'{hint}")
        value = Decimal(word)
        if value and value.adjusted() >= LARGEST_EXPONENT:
            raise self.wrong(f"expected less than 1e{LARGEST_EXPONENT}; got {word[:40]}")
        if decimals(value) > MOST_DECIMALS:
            raise self.wrong(f"expected {MOST_DECIMALS} decimals at most; got {word[:40]}")
        return value

    def counts(self, count: int) -> list[int]:
        """The next sizes, each a whole number from 1.

        Raises:
            InstanceError: one is not.
        """
        start = self.at
        values = self.take(count)
        for offset, value in enumerate(values):
            if value < 1 or value != int(value):
                self.at = start + offset
                raise self.wrong(f"expected a count from 1; got {value}")
        return [int(value) for value in values]

    def amounts(self, count: int) -> list[Decimal]:
        """The next numbers, none below zero.

        Raises:
            InstanceError: one is.
        """
        start = self.at
        values = self.take(count)
        for offset, value in enumerate(values):
            if value < 0:
                self.at = start + offset
                raise self.wrong(f"expected at least 0; got {value}")
        return values

    def unit(self, *groups: Sequence[Decimal]) -> int:
        """The power of ten that makes all these whole.

        Raises:
            InstanceError: their sum is then too large for a solver's arithmetic.
        """
        digits = max((decimals(value) for group in groups for value in group), default=0)
        total = sum(abs(value) for group in groups for value in group)
        if total * 10**digits > LARGEST_SUM:
            raise self.wrong("the numbers before are too large and too fine to be exact")
        return int(10**digits)


def decimals(value: Decimal) -> int:
    """How many decimals it needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def whole(values: Sequence[Decimal], unit: int, *shape: int) -> Ints:
    """The values in whole units."""
    return np.array([int(value * unit) for value in values], dtype=np.int64).reshape(shape)


def cap(numbers: Numbers) -> AssignmentProblem:
    """Customers may be split."""
    m, n = numbers.counts(2)
    head = numbers.amounts(2 * m)
    if numbers.capacity is not None:
        head[::2] = [Decimal(numbers.capacity)] * m
    body = numbers.take(n * (m + 1))
    demand, costs = body[:: m + 1], [v for at, v in enumerate(body) if at % (m + 1)]
    if min(demand) < 0:
        raise numbers.wrong(f"expected demands of at least 0; got {min(demand)}")
    room, money = numbers.unit(head[::2], demand), numbers.unit(head[1::2], costs)
    return AssignmentProblem(
        capacity=whole(head[::2], room, m),
        opening=whole(head[1::2], money, m),
        weight=np.tile(whole(demand, room, n), (m, 1)),
        cost=whole(costs, money, n, m).T.copy(),
        split=True,
        unit=money,
        weight_unit=room,
    )


def gap(numbers: Numbers) -> AssignmentProblem:
    """Every job to one agent; costs are minimised, also where OR-Library maximises."""
    m, n = numbers.counts(2)
    costs, weights, capacity = numbers.take(m * n), numbers.amounts(m * n), numbers.amounts(m)
    room, money = numbers.unit(weights, capacity), numbers.unit(costs)
    return AssignmentProblem(
        capacity=whole(capacity, room, m),
        opening=np.zeros(m, dtype=np.int64),
        weight=whole(weights, room, m, n),
        cost=whole(costs, money, m, n),
        unit=money,
        weight_unit=room,
    )


def sscflp(numbers: Numbers) -> AssignmentProblem:
    """Every customer from one facility."""
    m, n = numbers.counts(2)
    capacity, opening, demand = numbers.amounts(m), numbers.amounts(m), numbers.amounts(n)
    costs = numbers.take(m * n)
    room, money = numbers.unit(capacity, demand), numbers.unit(opening, costs)
    return AssignmentProblem(
        capacity=whole(capacity, room, m),
        opening=whole(opening, money, m),
        weight=np.tile(whole(demand, room, n), (m, 1)),
        cost=whole(costs, money, n, m).T.copy(),
        unit=money,
        weight_unit=room,
    )


def tscflp(numbers: Numbers) -> TwoStageProblem:
    """Plants, depots, customers; flow may split."""
    i, j, k = numbers.counts(3)
    demand, plants, first = numbers.amounts(k), numbers.amounts(2 * i), numbers.take(i * j)
    depots, second = numbers.amounts(2 * j), numbers.take(j * k)
    room = numbers.unit(demand, plants[::2], depots[::2])
    money = numbers.unit(plants[1::2], depots[1::2], first, second)
    return TwoStageProblem(
        demand=whole(demand, room, k),
        plant_capacity=whole(plants[::2], room, i),
        plant_opening=whole(plants[1::2], money, i),
        plant_cost=whole(first, money, i, j),
        depot_capacity=whole(depots[::2], room, j),
        depot_opening=whole(depots[1::2], money, j),
        depot_cost=whole(second, money, j, k),
        unit=money,
        weight_unit=room,
    )


FORMATS: dict[str, Callable[[Numbers], AnyProblem]] = {
    "cap": cap,
    "gap": gap,
    "sscflp": sscflp,
    "tscflp": tscflp,
}


def read_instances(kind: str, file: Path, capacity: int | None = None) -> list[AnyProblem]:
    """All instances of a file, in its order; `capacity` in the place of all of cap's.

    Raises:
        InstanceError: the file is not of the format.
        OSError: it cannot be read.
    """
    words = words_of(file)
    if not words:
        raise InstanceError(f"{file}: empty")
    try:
        return following(FORMATS[kind], Numbers(file, words, 0, capacity))
    except InstanceError as error:
        counted = counted_instances(FORMATS[kind], file, words, capacity)
        if counted is None:
            raise error from None
        return counted


def words_of(file: Path) -> list[str]:
    """What stands between the blanks, unpacked where the name ends in .gz.

    Raises:
        InstanceError: it is no text, no gzip, or far too large.
    """
    try:
        with file.open("rb") as raw, unpacked(file, raw) as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise InstanceError(f"{file}: not a whole gzip file") from None
    if len(data) > LARGEST_FILE:
        raise InstanceError(f"{file}: expected at most {LARGEST_FILE >> 20} MiB unpacked")
    try:
        return data.decode("utf-8-sig").split()
    except UnicodeDecodeError:
        raise InstanceError(f"{file}: not a text file") from None


def unpacked(file: Path, raw: BinaryIO) -> BinaryIO | gzip.GzipFile:
    """The bytes as they were before gzip."""
    return gzip.GzipFile(fileobj=raw) if file.name.endswith(".gz") else raw


def following(read: Callable[[Numbers], AnyProblem], numbers: Numbers) -> list[AnyProblem]:
    """Instances one after the other until the words end."""
    found = []
    while numbers.at < len(numbers.words):
        found.append(read(numbers))
    return found


def counted_instances(
    read: Callable[[Numbers], AnyProblem],
    file: Path,
    words: Sequence[str],
    capacity: int | None,
) -> list[AnyProblem] | None:
    """The same with their count in front; None if it is not so."""
    try:
        found = following(read, Numbers(file, words, 1, capacity))
    except InstanceError:
        return None
    return found if words[0] == str(len(found)) else None
