"""Better whole plans by small changes: a task moves, two swap places, one pushes another on.

An entry is all tasks of one class at one place; the last place is to be left over, which has
endless room. For one entry all changes with all other entries are weighed at once by arrays.
What arrays find is checked once more, exactly, before it is done.
"""

from __future__ import annotations

import math
from time import monotonic

import numpy as np
import numpy.typing as npt

from scheduler.optimise.count_model import Pairs, side_terms
from scheduler.optimise.count_rounding import Rooms
from scheduler.optimise.counts import CountProblem, Floats, Ints

ENDLESS = 1 << 60
LEAST_GAIN = 1e-9  # relative to the price of a task left over
WAYS = 8  # pools where room is made for one that is left over, at most
MOST_AWAY = 4  # entries sent away for it
STALE = 64  # changes after which second-best places are looked up anew


class Sides:
    """What pairs take of side limits, in layers of at most one side a pair."""

    def __init__(self, problem: CountProblem, rooms: Rooms) -> None:
        classes, pools = problem.cost.shape
        pairs = Pairs(*np.nonzero(rooms.mask))
        side, column, amount = side_terms(problem, pairs)
        order = np.lexsort((side, column))
        side, column, amount = side[order], column[order], amount[order]
        rank = np.arange(len(column)) - np.searchsorted(column, column)
        self.layers = int(rank.max(initial=-1)) + 1
        none = len(problem.sides)
        self.room = np.append(rooms.side_room, ENDLESS)
        self.side = np.full((self.layers, classes, pools + 1), none, dtype=np.int32)
        self.amount = np.zeros((self.layers, classes, pools + 1), dtype=np.int64)
        at = (rank, pairs.class_of[column], pairs.pool_of[column])
        self.side[at], self.amount[at] = side, amount

    def take(self, klass: int, place: int, number: int) -> None:
        """Give a side to so many more."""
        for layer in range(self.layers):
            side = self.side[layer, klass, place]
            self.room[side] -= self.amount[layer, klass, place] * number

    def open_to(self, klass: int, source: int) -> npt.NDArray[np.bool_]:
        """(places,) where a task of a class may go from `source`."""
        self.take(klass, source, -1)
        found = (self.amount[:, klass] <= self.room[self.side[:, klass]]).all(axis=0)
        self.take(klass, source, 1)
        return np.asarray(found)

    def open_at(self, place: int, class_of: Ints, source: Ints) -> npt.NDArray[np.bool_]:
        """(entries,) which of them may come to a place from where they are."""
        found = np.ones(len(class_of), dtype=bool)
        for layer in range(self.layers):
            to, asked = self.side[layer, class_of, place], self.amount[layer, class_of, place]
            back = np.where(
                self.side[layer, class_of, source] == to,
                self.amount[layer, class_of, source],
                0,
            )
            found &= asked - back <= self.room[to]
        return found


class Search:
    """A plan that gets better; `left` at the end are leftovers that nothing helps."""

    def __init__(self, problem: CountProblem, rooms: Rooms) -> None:
        self.problem = problem
        self.nowhere = problem.cost.shape[1]
        allowed = np.where(rooms.mask, problem.cost, math.inf)
        self.cost = np.column_stack([allowed, problem.unserved])
        self.cost_at = np.ascontiguousarray(self.cost.T)
        endless = np.full((len(rooms.room), 1), ENDLESS)
        self.room = np.hstack([rooms.room, endless])
        self.demand = problem.demand.T.copy()  # (resources, classes)
        self.sides = Sides(problem, rooms)
        self.least_gain = LEAST_GAIN * max(1.0, float(problem.unserved.max(initial=0)))
        self.number = np.column_stack([rooms.counts, rooms.left])
        self.entries()
        self.look_up()

    def entries(self) -> None:
        """All entries anew, with space for more."""
        class_of, place = np.nonzero(self.number)
        self.count = len(class_of)
        space = self.count + max(64, self.count // 4)
        self.class_of = np.zeros(space, dtype=np.int64)
        self.place = np.full(space, self.nowhere)
        self.class_of[: self.count], self.place[: self.count] = class_of, place
        self.index = {
            key: n for n, key in enumerate(zip(class_of.tolist(), place.tolist(), strict=True))
        }
        self.now = np.full(space, -math.inf)  # what a task costs where it is
        self.now[: self.count] = self.cost[class_of, place]
        self.takes = self.demand[:, self.class_of]
        self.slack = self.room[:, self.place] + self.takes

    def look_up(self) -> None:
        """For each class its cheapest place with room."""
        fits = np.isfinite(self.cost)
        for needed, room in zip(self.demand, self.room, strict=True):
            fits &= needed[:, None] <= room
        if self.sides.layers:
            fits &= (self.sides.amount <= self.sides.room[self.sides.side]).all(axis=0)
        total = np.where(fits, self.cost, math.inf)
        self.best_place = total.argmin(axis=1)
        self.best_cost = np.take_along_axis(total, self.best_place[:, None], axis=1)[:, 0]
        self.changed = 0

    def change(self, klass: int, place: int, number: int) -> None:
        """So many more of a class at a place; entries and room follow."""
        self.number[klass, place] += number
        if place != self.nowhere:
            self.room[:, place] -= self.demand[:, klass] * number
            self.sides.take(klass, place, number)
        entry = self.index.get((klass, place))
        if entry is None:
            if self.count == len(self.class_of):
                self.entries()
                return
            entry = self.index[klass, place] = self.count
            self.count += 1
            self.class_of[entry], self.place[entry] = klass, place
            self.takes[:, entry] = self.demand[:, klass]
        self.now[entry] = self.cost[klass, place] if self.number[klass, place] else -math.inf
        if place != self.nowhere:
            here = np.flatnonzero(self.place[: self.count] == place)
            self.slack[:, here] = self.room[:, place, None] + self.takes[:, here]
        else:
            self.slack[:, entry] = ENDLESS

    def legal(self, moves: list[tuple[int, int, int]], number: int) -> bool:
        """Is there room for all of (class, from, to), so many each, together?"""
        room: dict[tuple[int, int], int] = {}
        sides: dict[int, int] = {}
        for klass, source, target in moves:
            for place, sign in ((source, -number), (target, number)):
                if place == self.nowhere:
                    continue
                for resource, amount in enumerate(self.demand[:, klass].tolist()):
                    key = resource, place
                    room[key] = room.get(key, 0) + sign * amount
                for layer in range(self.sides.layers):
                    side = int(self.sides.side[layer, klass, place])
                    asked = int(self.sides.amount[layer, klass, place])
                    sides[side] = sides.get(side, 0) + sign * asked
        return all(self.room[key] >= asked for key, asked in room.items() if asked > 0) and all(
            self.sides.room[side] >= asked for side, asked in sides.items() if asked > 0
        )

    def do(self, moves: list[tuple[int, int, int]]) -> bool:
        """As many as there are, twice as often each time, if there is room for one."""
        most = min(int(self.number[klass, source]) for klass, source, _ in moves)
        if most < 1 or not self.legal(moves, 1):
            return False
        number = 1
        while number * 2 <= most and self.legal(moves, number * 2):
            number *= 2
        for klass, source, target in moves:
            self.change(klass, source, -number)
            self.change(klass, target, number)
        self.changed += 1
        return True

    def improve(self, entry: int) -> bool:
        """The best change of one entry, if any is worth it."""
        klass, source = int(self.class_of[entry]), int(self.place[entry])
        if not self.number[klass, source]:
            return False
        if self.changed > STALE:
            self.look_up()
        moves = [self.move(klass, source), *self.swap_or_push(klass, source)]
        moves.sort(key=lambda way: -way[0])
        if any(self.do(way) for gain, way in moves if gain > self.least_gain):
            return True
        return source == self.nowhere and self.make_room(klass)

    def make_room(self, klass: int) -> bool:
        """Send several away from a pool, each where it fits, for one that is left over."""
        ways = []
        open_to = np.isfinite(self.cost[klass])
        if self.sides.layers:
            open_to &= self.sides.open_to(klass, self.nowhere)
        self.look_up()
        for pool in np.flatnonzero(open_to[: self.nowhere]).tolist():
            away = self.cheapest_away(klass, pool)
            if away is not None:
                loss, entries = away
                ways.append((self.cost[klass, pool] + loss, pool, entries))
        limit = self.cost[klass, self.nowhere] - self.least_gain
        for total, pool, entries in sorted(ways)[:WAYS]:
            if total < limit and self.send_away(klass, pool, entries):
                return True
        return False

    def cheapest_away(self, klass: int, pool: int) -> tuple[float, list[int]] | None:
        """Entries whose leaving a pool makes room for a task of a class, and what it costs."""
        lacking = np.maximum(self.demand[:, klass] - self.room[:, pool], 0).astype(float)
        members = np.flatnonzero(self.place[: self.count] == pool)
        class_of = self.class_of[members]
        loss = self.best_cost[class_of] - self.now[members]
        may = np.isfinite(loss) & (self.best_place[class_of] != pool)
        members, class_of, loss = members[may], class_of[may], loss[may]
        given = self.demand[:, class_of].astype(float)
        chosen, total = list[int](), 0.0
        while lacking.any() and len(chosen) < MOST_AWAY:
            short = lacking > 0
            helps = (np.minimum(given[short], lacking[short, None]) / lacking[short, None]).sum(
                0
            )
            helps[chosen] = 0
            if not helps.any():
                return None
            with np.errstate(divide="ignore"):
                best = int(
                    np.argmin(np.where(helps > 0, (loss + self.least_gain) / helps, np.inf))
                )
            chosen.append(best)
            total += float(loss[best])
            lacking = np.maximum(lacking - given[:, best], 0)
        return None if lacking.any() else (total, members[chosen].tolist())

    def send_away(self, klass: int, pool: int, entries: list[int]) -> bool:
        """One by one to where each then is cheapest; all comes back if one does not fit."""
        done: list[tuple[int, int, int]] = []
        before = self.cost[klass, self.nowhere]
        for entry in entries:
            other = int(self.class_of[entry])
            gain, way = self.move(other, pool, dearer=True)
            if not way:
                break
            before += gain
            self.step(way[0])
            done.append(way[0])
        last = (klass, self.nowhere, pool)
        fits = len(done) == len(entries) and self.legal([last], 1)
        if fits and before - self.cost[klass, pool] > self.least_gain:
            self.step(last)
            self.changed += 1
            return True
        for other, source, target in reversed(done):
            self.step((other, target, source))
        return False

    def step(self, way: tuple[int, int, int]) -> None:
        """One task of a class from here to there."""
        klass, source, target = way
        self.change(klass, source, -1)
        self.change(klass, target, 1)

    def move(
        self, klass: int, source: int, *, dearer: bool = False
    ) -> tuple[float, list[tuple[int, int, int]]]:
        """The cheapest place with room, cheaper than here unless `dearer` is welcome."""
        limit = math.inf if dearer else self.cost[klass, source]
        fits = self.cost[klass] < limit
        fits[source] = False
        for needed, room in zip(self.demand[:, klass].tolist(), self.room, strict=True):
            if needed:
                fits &= room >= needed
        if self.sides.layers:
            fits &= self.sides.open_to(klass, source)
        places = np.flatnonzero(fits)
        if not len(places):
            return 0.0, []
        target = int(places[self.cost[klass, places].argmin()])
        return float(self.cost[klass, source] - self.cost[klass, target]), [
            (klass, source, target)
        ]

    def swap_or_push(
        self, klass: int, source: int
    ) -> list[tuple[float, list[tuple[int, int, int]]]]:
        """The best swap with another entry, and the best push of another to where it fits."""
        count = self.count
        class_of, place = self.class_of[:count], self.place[:count]
        here = self.now[:count] - self.cost[klass][place] + self.cost[klass, source]
        pushed = here - self.best_cost[class_of]
        swapped = here - self.cost_at[source][class_of]
        other = np.maximum(pushed, swapped) > self.least_gain
        other &= place != source
        chosen = np.flatnonzero(other)
        if not len(chosen):
            return []
        fits = np.ones(len(chosen), dtype=bool)
        for needed, slack in zip(self.demand[:, klass].tolist(), self.slack, strict=True):
            if needed:
                fits &= slack[chosen] >= needed
        chosen = chosen[fits]
        if self.sides.layers and len(chosen):
            chosen = chosen[self.sides.open_to(klass, source)[place[chosen]]]
        if not len(chosen):
            return []
        return [
            *self.best_push(klass, source, chosen, pushed[chosen]),
            *self.best_swap(klass, source, chosen, swapped[chosen]),
        ]

    def best_push(
        self, klass: int, source: int, chosen: npt.NDArray[np.intp], gain: Floats
    ) -> list[tuple[float, list[tuple[int, int, int]]]]:
        """Another leaves for its cheapest place with room."""
        target = self.best_place[self.class_of[chosen]]
        gain = np.where(target == self.place[chosen], -math.inf, gain)
        n = int(gain.argmax())
        other, at = int(self.class_of[chosen[n]]), int(self.place[chosen[n]])
        return [(float(gain[n]), [(other, at, int(target[n])), (klass, source, at)])]

    def best_swap(
        self, klass: int, source: int, chosen: npt.NDArray[np.intp], gain: Floats
    ) -> list[tuple[float, list[tuple[int, int, int]]]]:
        """Another comes here."""
        fits = gain > self.least_gain
        given = (self.room[:, source] + self.demand[:, klass]).tolist()
        for room, takes in zip(given, self.takes, strict=True):
            fits &= takes[chosen] <= room
        chosen, gain = chosen[fits], gain[fits]
        if self.sides.layers and len(chosen):
            open_ = self.sides.open_at(source, self.class_of[chosen], self.place[chosen])
            chosen, gain = chosen[open_], gain[open_]
        if not len(chosen):
            return []
        n = int(gain.argmax())
        other, at = int(self.class_of[chosen[n]]), int(self.place[chosen[n]])
        return [(float(gain[n]), [(other, at, source), (klass, source, at)])]


def searched(
    problem: CountProblem, rooms: Rooms, steps: int, deadline: float = math.inf
) -> Ints:
    """Counts that no small change improves, or the best after so many entries tried.

    Left over first, then those that cost most beyond their cheapest place.
    """
    search = Search(problem, rooms)
    least = search.cost.min(axis=1)
    tried = 0
    improved = True
    while improved and tried < steps:
        improved = False
        beyond = search.now[: search.count] - least[search.class_of[: search.count]]
        order = np.argsort(-beyond, kind="stable")
        for entry in order[beyond[order] > search.least_gain].tolist():
            if tried >= steps or monotonic() > deadline or entry >= search.count:
                break
            tried += 1
            improved |= search.improve(entry)
        if monotonic() > deadline:
            break
    return search.number[:, :-1].copy()
