"""When nodes of a pool will have room: what runs ends as expected, who waits starts in turn.

Devices of a node are looked at in sum, so that shares of several devices may count as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Amounts = Sequence[int]
Steps = tuple[list[int], list[list[int]]]  # instants, and the room from each on
FAR = 1 << 62
TRIES = 8  # turns between nodes and their sum before a search is given up


class Outlook:
    """The free room of some nodes from now on, step by step."""

    def __init__(self, now_us: int, free: Iterable[Amounts], whole: Amounts) -> None:
        """`free` of each node; `whole` is what all of them may still sell in sum."""
        self.now_us = now_us
        self.nodes: list[Steps] = [([now_us], [list(room)]) for room in free]
        self.whole: Steps = ([now_us], [list(whole)])
        self._bounds: dict[tuple[Amounts, int], tuple[list[int], list[int]]] = {}

    def ends(self, node: int, at_us: int, amounts: Amounts) -> None:
        """That much of a node comes free then; called in the order of time for each node."""
        self._bounds.clear()
        for times, free in (self.nodes[node], self.whole):
            if at_us > times[-1]:
                times.append(at_us)
                free.append(free[-1][:])
            room = free[-1]
            for r, amount in enumerate(amounts):
                room[r] += amount

    def earliest(
        self, amounts: Amounts, span_us: int, after_us: int, members: int = 1
    ) -> tuple[int, list[int]]:
        """When that much is free on so many nodes for so long, and on which; FAR if never.

        Room is only ever taken once questions are asked: who asks for no less, and for no
        shorter, than somebody before need not look at what came before her answer.
        """
        spans, bounds = self._bounds.setdefault((tuple(amounts), members), ([], []))
        place = bisect_right(spans, span_us)
        if place and bounds[place - 1] > after_us:
            after_us = bounds[place - 1]
        at_us, nodes = self._searched(amounts, span_us, after_us, members)
        if after_us <= self.now_us or (place and after_us == bounds[place - 1]):
            last = place
            while last < len(bounds) and bounds[last] <= at_us:
                last += 1
            first = place - 1 if place and spans[place - 1] == span_us else place
            spans[first:last], bounds[first:last] = [span_us], [at_us]
        return at_us, nodes

    def _searched(
        self, amounts: Amounts, span_us: int, after_us: int, members: int
    ) -> tuple[int, list[int]]:
        wanted = [(r, amount) for r, amount in enumerate(amounts) if amount]
        wanted.reverse()  # devices are what is short
        in_sum = [(r, amount * members) for r, amount in wanted]
        for _ in range(TRIES):
            sold_us = earliest_on(*self.whole, in_sum, span_us, after_us)
            if sold_us >= FAR:
                break
            at_us, nodes = self._on_nodes(wanted, span_us, sold_us, members)
            if at_us == sold_us or at_us >= FAR:
                return at_us, nodes
            after_us = at_us
        return FAR, []

    def _on_nodes(
        self, wanted: list[tuple[int, int]], span_us: int, after_us: int, members: int
    ) -> tuple[int, list[int]]:
        found: list[tuple[int, int]] = []
        best = FAR
        for number, (times, free) in enumerate(self.nodes):
            last = free[-1]
            for r, amount in wanted:
                if last[r] < amount:
                    break
            else:
                at = earliest_on(times, free, wanted, span_us, after_us)
                if members > 1:
                    found.append((at, number))
                elif at < best:
                    best, found = at, [(at, number)]
                    if at <= after_us:
                        break
        found.sort()
        if len(found) < members or found[members - 1][0] >= FAR:
            return FAR, []
        return found[members - 1][0], [number for _, number in found[:members]]

    def next_us(self) -> int:
        """When room changes next; FAR if never."""
        times, now_us = self.whole[0], self.now_us
        return next((at_us for at_us in times if at_us > now_us), FAR)

    def take(self, nodes: Sequence[int], amounts: Amounts, begin_us: int, span_us: int) -> None:
        """Somebody holds that much of each of these nodes from then on for so long."""
        for times, free in (*(self.nodes[node] for node in nodes), *[self.whole] * len(nodes)):
            first, last = _cut(times, free, begin_us), _cut(times, free, begin_us + span_us)
            for step in range(first, last):
                room = free[step]
                for r, amount in enumerate(amounts):
                    room[r] -= amount


def earliest_on(
    times: list[int],
    free: list[list[int]],
    wanted: list[tuple[int, int]],
    span_us: int,
    after_us: int,
) -> int:
    """The first instant from which one node has that much for so long."""
    begin = -1
    for step in range(max(0, bisect_right(times, after_us) - 1), len(times)):
        room = free[step]
        for r, amount in wanted:
            if room[r] < amount:
                begin = -1
                break
        else:
            if begin < 0:
                begin = max(times[step], after_us)
            if step + 1 == len(times) or times[step + 1] - begin >= span_us:
                return begin
    return FAR


def _cut(times: list[int], free: list[list[int]], at_us: int) -> int:
    """The step that begins at that instant, made if there is none."""
    step = bisect_right(times, at_us) - 1
    if step < 0:
        return 0
    if times[step] == at_us:
        return step
    times.insert(step + 1, at_us)
    free.insert(step + 1, free[step][:])
    return step + 1
