"""The room of a run before it begins, and what plans for its hours say that it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

import scheduler.flows  # it may be what loads this file: its names are looked up later
from scenarios import Objective, Scenario
from scheduler.books import Books
from scheduler.learning import Pace
from scheduler.optimise.flow import planned_flow
from scheduler.optimise.stations import Station
from scheduler.outlook import Outlook
from scheduler.own_cost import Kinds
from scheduler.policy import View
from scheduler.shapes import Shape
from topology import RESOURCES

Floats = npt.NDArray[np.float64]
HOUR_US, HALF_DAY = 3_600_000_000, 12
ENDLESS = 1 << 60  # room where nobody sets a limit


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a planning policy knows of a run before it begins."""

    weights: Objective
    view: View
    books: Books
    kinds: Kinds
    flows: scheduler.flows.Flows


def sight_of(
    scenario: Scenario, weights: Objective, shapes: Sequence[Shape], view: View
) -> Sight:
    """All kinds of jobs are known before pools are grouped."""
    assert view.books is not None
    kinds = Kinds(weights)
    flows = scheduler.flows.Flows(scenario, shapes, kinds, view, view.books, Pace())
    for shape in shapes:
        kinds.of(shape, view)
    return Sight(weights, view, view.books, kinds, flows)


@dataclass(slots=True)
class Rooms:
    """Stations by number: groups of pools first, then tenants' quotas."""

    sight: Sight
    limits: Mapping[int, Mapping[int, int]]  # by tenant and resource
    strict: bool
    found: dict[int, Station] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Pools of each group."""
        return self.sight.flows.frame().pools

    def quota(self, shape: Shape) -> int:
        """The station of a tenant's quota, -1 if it has none."""
        return len(self.groups) + shape.tenant if shape.tenant in self.limits else -1

    def __getitem__(self, number: int) -> Station:
        """A station as it is without one more."""
        if number not in self.found:
            strict = self.strict and number < len(self.groups)
            self.found[number] = Station(self._opened(number), strict)
        return self.found[number]

    def _opened(self, number: int) -> Outlook:
        groups, books = self.groups, self.sight.books
        if number >= len(groups):
            limits = self.limits[number - len(groups)]
            room = [limits.get(r, ENDLESS) for r in range(len(RESOURCES))]
            return Outlook(0, [room], room)
        free = [node for pool in groups[number] for node in books.nodes_free(pool)]
        whole = np.sum([books.free(pool) for pool in groups[number]], axis=0)
        return Outlook(0, free, whole.tolist())

    def nodes(self, pool: int) -> tuple[int, range]:
        """The station of a pool, and which of its nodes are the pool's."""
        view, frame = self.sight.view, self.sight.flows.frame()
        number, first = int(frame.group_of[pool]), 0
        for other in frame.pools[number]:
            if other == pool:
                break
            first += view.estate.pools[other].nodes
        return number, range(first, first + view.estate.pools[pool].nodes)


@dataclass(slots=True)
class Prices:
    """CNY of a unit-hour of each group of pools, by plans for each hour as it is declared."""

    sight: Sight
    hours: dict[int, Floats] = field(default_factory=dict)
    means: dict[int, Floats] = field(default_factory=dict)

    def at(self, now_us: int) -> tuple[Floats, Floats]:
        """That of the hour, and the mean of the day that follows the last half."""
        hour = now_us // HOUR_US
        half = hour // HALF_DAY
        if half not in self.means:
            first = half * HALF_DAY
            day = [self._hour(first + part) for part in range(2 * HALF_DAY)]
            self.means[half] = np.sum(day, axis=0) / len(day)
        return self._hour(hour), self.means[half]

    def _hour(self, hour: int) -> Floats:
        if hour not in self.hours:
            flows = self.sight.flows
            problem = flows.question(hour * HOUR_US, (hour + 1) * HOUR_US, stands=True)
            self.hours[hour] = flows.hour_prices(planned_flow(problem).prices)
        return self.hours[hour]
