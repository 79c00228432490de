"""Reader of the model and assignment files of ROADEF/EURO 2012: whole numbers in an order.

A model: resources, of each (transient, load weight); machines, of each (neighbourhood,
location, capacities, safety capacities, cost of moving to every machine); services, of each
(spread, how many needed, those needed); processes, of each (service, requirements, move cost);
balances, of each (two resources, target, weight); three weights of moves. An assignment: a
machine a process.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.published.instances import LARGEST_SUM, InstanceError, Ints, words_of
from scheduler.optimise import Balance, MoveWeights, ReassignmentProblem

MOST_DIGITS = 15


class WholeNumbers:
    """The words of a file as numbers from 0, taken one after the other."""

    def __init__(self, file: Path) -> None:
        self.file, self.words, self.at = file, words_of(file), 0

    def wrong(self, at: int, message: str) -> InstanceError:
        """The complaint, with the place."""
        return InstanceError(f"{self.file}: number {at + 1}: {message}")

    def some(self, count: int, below: int | None = None) -> Ints:
        """The next `count` numbers.

        Raises:
            InstanceError: there are fewer, or one is none, or is not below `below`.
        """
        left = len(self.words) - self.at
        if count > left:
            raise self.wrong(self.at, f"expected {count:,} more numbers; the file has {left:,}")
        words = self.words[self.at : self.at + count]
        for at, word in enumerate(words, self.at):
            if not (word.isascii() and word.isdigit()) or len(word) > MOST_DIGITS:
                wanted = f"expected a whole number of {MOST_DIGITS} digits at most"
                raise self.wrong(at, f"{wanted}; got '{word[:40]}'")
        values = np.array(list(map(int, words)), dtype=np.int64)
        if below is not None and count and values.max() >= below:
            at = self.at + int((values >= below).argmax())
            raise self.wrong(at, f"expected less than {below:,}; got {self.words[at]}")
        self.at += count
        return values

    def one(self, below: int | None = None) -> int:
        """The next number."""
        return int(self.some(1, below)[0])

    def count(self) -> int:
        """The next number, which is not zero.

        Raises:
            InstanceError: it is.
        """
        value = self.one()
        if not value:
            raise self.wrong(self.at - 1, "expected a count from 1; got 0")
        return value

    def end(self) -> None:
        """Nothing is left.

        Raises:
            InstanceError: something is.
        """
        if self.at < len(self.words):
            raise self.wrong(self.at, f"expected the end; got '{self.words[self.at][:40]}'")


def read_reassignment(model: Path, assignment: Path) -> ReassignmentProblem:
    """The problem of a model file and where its processes sit.

    Raises:
        InstanceError: a file is not of the format.
        OSError: one cannot be read.
    """
    words = WholeNumbers(model)
    kinds = [(words.one(2), words.one()) for _ in range(words.count())]
    wide, count = len(kinds), words.count()
    rows = words.some(count * (2 + 2 * wide + count)).reshape(count, -1)
    services = words.count()
    spread, needs = zip(*(service(words, services) for _ in range(services)), strict=True)
    items, at = words.count(), words.at
    body = words.some(items * (wide + 2)).reshape(items, -1)
    if (wild := body[:, 0] >= services).any():
        place = at + int(wild.argmax()) * (wide + 2)
        raise words.wrong(place, f"expected less than {services:,}; got {words.words[place]}")
    balances = tuple(balance(words, wide) for _ in range(words.one()))
    weights = MoveWeights(words.one(), words.one(), words.one())
    words.end()
    problem = ReassignmentProblem(
        transient=np.array([kind[0] for kind in kinds], dtype=bool),
        load_weight=np.array([kind[1] for kind in kinds], dtype=np.int64),
        neighbourhood=rows[:, 0].copy(),
        location=rows[:, 1].copy(),
        capacity=rows[:, 2 : 2 + wide].copy(),
        safety=rows[:, 2 + wide : 2 + 2 * wide].copy(),
        machine_move=rows[:, 2 + 2 * wide :].copy(),
        spread=np.array(spread, dtype=np.int64),
        needs=needs,
        service=body[:, 0].copy(),
        required=body[:, 1:-1].copy(),
        process_move=body[:, -1].copy(),
        balances=balances,
        weights=weights,
        initial=read_assignment(assignment, items, count),
    )
    if largest_cost(problem) > LARGEST_SUM:
        raise InstanceError(f"{model}: the numbers are too large for an exact cost")
    return problem


def read_assignment(file: Path, processes: int, machines: int) -> Ints:
    """The machine of each process."""
    words = WholeNumbers(file)
    found = words.some(processes, machines)
    words.end()
    return found


def service(words: WholeNumbers, services: int) -> tuple[int, tuple[int, ...]]:
    """In how many locations it wants to be, and whom it needs near."""
    spread, needed = words.one(), words.one()
    return spread, tuple(words.some(needed, services).tolist())


def balance(words: WholeNumbers, resources: int) -> Balance:
    """One cost of unbalanced free capacity."""
    first, second = words.some(2, resources).tolist()
    return Balance(first, second, words.one(), words.one())


def largest_cost(problem: ReassignmentProblem) -> int:
    """No plan costs more, and no sum on the way to its cost is larger."""
    amounts: list[int] = [
        sum(column) + sum(more)
        for column, more in zip(
            problem.required.T.tolist(), problem.capacity.T.tolist(), strict=True
        )
    ]
    load: int = sum(w * n for w, n in zip(problem.load_weight.tolist(), amounts, strict=True))
    uneven: int = sum(
        one.weight * (one.target * amounts[one.first] + amounts[one.second])
        for one in problem.balances
    )
    moves: int = (
        problem.weights.process * sum(problem.process_move.tolist())
        + problem.weights.service * len(problem.initial)
        + problem.weights.machine * len(problem.initial) * int(problem.machine_move.max())
    )
    safe: int = sum(max(column) for column in problem.safety.T.tolist()) * len(problem.capacity)
    return load + uneven + moves + safe * max(1, int(problem.load_weight.max()))
