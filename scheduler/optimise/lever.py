"""A lever: one value of a scenario that can stand in the way of being served.

`freed` takes it out of the question altogether: only to find out whether it is part of a
conflict. `steps` are what a planner could really set it to, gentlest first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scenarios import Change, Scenario

Path = tuple[str, ...]
Kind = Literal["purchase", "rule", "demand"]
STRICT = ("site", "township", "county", "city", "province", "nation")


@dataclass(frozen=True, slots=True)
class Step:
    """A value that a lever may take, and its price in CNY; None if nobody knows it."""

    value: Any
    price_cny: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Lever:
    """One value that may be in the way; `steps` rise from little to much."""

    path: Path
    kind: Kind
    freed: Callable[[Scenario], list[Change]]
    steps: Callable[[Scenario], Sequence[Step]]


class Steps(Sequence[Step]):
    """Many steps, each made when it is looked at."""

    def __init__(self, count: int, step: Callable[[int], Step]) -> None:
        self.size, self.step = max(0, count), step

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at: Any) -> Any:
        found = range(self.size)[at]
        return self.step(found) if isinstance(found, int) else [self.step(n) for n in found]


def put(path: Path, value: Any) -> Callable[[Scenario], list[Change]]:
    """Freed by one value."""
    return lambda _: [(path, value)]


def given_up(path: Path, value: Any, words: str) -> Callable[[Scenario], Sequence[Step]]:
    """A rule that is given up costs no money."""
    return lambda _: [Step(value, 0.0, words)]
