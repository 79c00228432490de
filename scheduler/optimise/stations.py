"""Room that is given away in turn: stations, and what jobs hold of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.outlook import Outlook, Steps

Amounts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """So much of each of these nodes from then on for so long."""

    at_us: int
    span_us: int
    nodes: tuple[int, ...]
    amounts: Amounts


@dataclass(slots=True)
class Station:
    """Nodes of like pools, or what a tenant may hold; `last_us` is when the last one began.

    `strict`: nobody begins before who came earlier.
    """

    outlook: Outlook
    strict: bool = False
    last_us: int = 0

    def since(self, now_us: int) -> Station:
        """The same from now on, to change apart."""
        found = Outlook(now_us, (), ())
        found.nodes = [_since(steps, now_us) for steps in self.outlook.nodes]
        found.whole = _since(self.outlook.whole, now_us)
        return Station(found, self.strict, self.last_us)

    def with_node(self, now_us: int, amounts: Amounts) -> Station:
        """The same from now on with one more node, empty."""
        found = self.since(now_us)
        found.outlook.nodes.append(([now_us], [list(amounts)]))
        _add(found.outlook.whole, now_us, amounts)
        return found

    def wider(self, now_us: int, amounts: Amounts) -> Station:
        """The same from now on with more room of its one node, as of a quota."""
        found = self.since(now_us)
        for steps in (*found.outlook.nodes, found.outlook.whole):
            _add(steps, now_us, amounts)
        return found

    def earliest(
        self, amounts: Amounts, span_us: int, now_us: int, after_us: int, members: int = 1
    ) -> tuple[int, list[int]]:
        """When and on which nodes a job could begin; FAR if never.

        Who asks later has a later `now_us`: what was found from one on holds for the next.
        """
        self.outlook.now_us = now_us
        first_us = max(after_us, self.last_us) if self.strict else after_us
        return self.outlook.earliest(amounts, span_us, first_us, members)

    def take(self, hold: Hold) -> None:
        """A job holds its nodes."""
        self.outlook.take(hold.nodes, hold.amounts, hold.at_us, hold.span_us)
        self.last_us = max(self.last_us, hold.at_us)

    def stands(self, nodes: Sequence[int], amounts: Amounts, now_us: int) -> None:
        """A job holds its nodes for ever."""
        less = tuple(-amount for amount in amounts)
        for steps in (
            *(self.outlook.nodes[n] for n in nodes),
            *[self.outlook.whole] * len(nodes),
        ):
            _add(steps, now_us, less)

    def with_room(self, nodes: Sequence[int], amounts: Amounts, members: int) -> list[int]:
        """As many of these nodes as have room for ever, once all is over; none if too few."""
        whole = tuple(amount * members for amount in amounts)
        fit = [n for n in nodes if has(self.outlook.nodes[n][1][-1], amounts)]
        enough = len(fit) >= members and has(self.outlook.whole[1][-1], whole)
        return fit[:members] if enough else []


def has(room: Sequence[int], amounts: Amounts) -> bool:
    """Whether there is as much."""
    return all(there >= amount for there, amount in zip(room, amounts, strict=True) if amount)


def _since(steps: Steps, now_us: int) -> Steps:
    times, free = steps
    first = max(0, bisect_right(times, now_us) - 1)
    return [now_us, *times[first + 1 :]], [room[:] for room in free[first:]]


def _add(steps: Steps, now_us: int, amounts: Amounts) -> None:
    times, free = steps
    for room in free[max(0, bisect_right(times, now_us) - 1) :]:
        for r, amount in enumerate(amounts):
            room[r] += amount
