"""A few machines and all that sits on them, solved anew; everything else stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scheduler.optimise.reassignment import Ints
from scheduler.optimise.reassignment_state import State
from scheduler.optimise.solvers import Floats, WholeModel


@dataclass(slots=True)
class Rows:
    """Rows of a model as they come: lower <= terms <= upper."""

    lower: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    columns: list[list[int]] = field(default_factory=list)
    factors: list[list[int]] = field(default_factory=list)

    def add(self, lower: int, columns: list[int], factors: list[int], upper: int) -> None:
        """One more row."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.columns.append(columns)
        self.factors.append(factors)


LARGEST = 1 << 60


class Part:
    """The model of a part: x[p, m] = 1 if process p goes to machine m, then excesses.

    Columns p * machines + m for the processes, one an excess e[m, k] >= 0, one for the most
    moves of a service, and one for each (service, location) that a spread needs.
    """

    def __init__(self, state: State, machines: list[int]) -> None:
        self.state, self.machines = state, machines
        self.processes = sorted(p for machine in machines for p in state.on[machine])
        tables = state.tables
        self.wide = len(machines)
        self.rows = Rows()
        self.cost = tables.way[np.ix_(self.processes, machines)].ravel().tolist()
        self.upper = [1] * len(self.cost)
        self.values = (state.place[self.processes][:, None] == machines).ravel().tolist()
        self.members: dict[int, list[int]] = {}
        self.outsiders: dict[int, Ints] = {}
        for index, process in enumerate(self.processes):
            self.members.setdefault(int(tables.service[process]), []).append(index)
        self.placed()
        self.capacities()
        self.excesses()
        self.apart()
        self.spread()
        self.near()
        self.most_moved()

    def column(self, cost: int, upper: int, value: int) -> int:
        """One more column."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.values.append(value)
        return len(self.cost) - 1

    def of(self, index: int) -> list[int]:
        """The columns of a process."""
        return list(range(index * self.wide, (index + 1) * self.wide))

    def at(self, machine: int, indices: list[int] | None = None) -> list[int]:
        """The columns of processes (all, or these) at a machine."""
        some = range(len(self.processes)) if indices is None else indices
        return [index * self.wide + machine for index in some]

    def placed(self) -> None:
        """sum_m x[p, m] = 1 for every process p."""
        for index in range(len(self.processes)):
            self.rows.add(1, self.of(index), [1] * self.wide, 1)

    def capacities(self) -> None:
        """sum_p required[p, r] x[p, m] <= capacity[m, r]; home takes no transient r."""
        tables, state = self.state.tables, self.state
        asked = tables.required[self.processes]
        home = tables.home[self.processes]
        for at, machine in enumerate(self.machines):
            here = state.place[self.processes] == machine
            for resource, held_twice in enumerate(tables.problem.transient.tolist()):
                takes = asked[:, resource]
                if held_twice:
                    takes = np.where(home == machine, 0, takes)
                room = int(state.room[resource, machine]) + int(takes[here].sum())
                if takes.sum() > room:
                    self.rows.add(-LARGEST, self.at(at), takes.tolist(), room)

    def excesses(self) -> None:
        """e[m, k] >= empty[m, k] + sum_p adds[k, p] x[p, m]; in a unit that divides all."""
        tables, state = self.state.tables, self.state
        adds = tables.adds[:, self.processes]
        for at, machine in enumerate(self.machines):
            for row, more in enumerate(adds):
                start = int(tables.empty[row, machine])
                most = start + int(np.maximum(more, 0).sum())
                if most <= 0:
                    continue
                unit = int(np.gcd(np.gcd.reduce(more), start))
                value = max(0, int(state.rows[row, machine]) // unit)
                excess = self.column(unit, most // unit, value)
                factors = [*(more // unit).tolist(), -1]
                self.rows.add(-LARGEST, [*self.at(at), excess], factors, -start // unit)

    def apart(self) -> None:
        """sum_p x[p, m] <= 1 over the processes of a service."""
        for indices in self.members.values():
            for at in range(self.wide if len(indices) > 1 else 0):
                self.rows.add(0, self.at(at, indices), [1] * len(indices), 1)

    def spread(self) -> None:
        """sum_l y[s, l] >= what is missing outside, for every service s that may lack it."""
        tables, state = self.state.tables, self.state
        for service, indices in self.members.items():
            mine = state.place[[self.processes[index] for index in indices]]
            inside = np.bincount(tables.location[mine], minlength=state.in_location.shape[1])
            outside = state.in_location[service] - inside
            missing = int(tables.spread[service]) - int((outside > 0).sum())
            if missing > 0:
                covers = self.covers(indices, inside, outside)
                self.rows.add(missing, covers, [1] * len(covers), LARGEST)

    def covers(self, indices: list[int], inside: Ints, outside: Ints) -> list[int]:
        """y[s, l] <= sum_p,m x[p, m], a column for every location l without one outside."""
        places = self.state.tables.location[self.machines]
        found = []
        for location in sorted(set(places[outside[places] == 0].tolist())):
            inner = np.flatnonzero(places == location).tolist()
            some = [column for at in inner for column in self.at(at, indices)]
            cover = self.column(0, 1, int(inside[location] > 0))
            self.rows.add(-LARGEST, [cover, *some], [1] + [-1] * len(some), 0)
            found.append(cover)
        return found

    def near(self) -> None:
        """A service needs the others it needs in each area where none of them is outside."""
        tables = self.state.tables
        if not tables.any_needs:
            return
        self.outsiders = {service: self.outside(service) for service in self.members}
        areas = tables.area[self.machines]
        for area in sorted(set(areas.tolist())):
            inner = np.flatnonzero(areas == area).tolist()
            for service, indices in self.members.items():
                self.wanted_outside(service, indices, area, inner)
                self.needed_inside(service, indices, area, inner)

    def fixed(self, service: int, area: int) -> bool:
        """Is one of the service in the area, whatever the part does?"""
        counts = self.outsiders.get(service)
        return bool((self.state.in_area[service] if counts is None else counts)[area])

    def wanted_outside(
        self, service: int, indices: list[int], area: int, inner: list[int]
    ) -> None:
        """sum_p,m x[p, m] >= 1 where one outside needs the service and has none else."""
        wanted = self.state.tables.wanted_by[service]
        if self.fixed(service, area) or not any(self.fixed(s, area) for s in wanted):
            return
        mine = [column for at in inner for column in self.at(at, indices)]
        self.rows.add(1, mine, [1] * len(mine), LARGEST)

    def needed_inside(
        self, service: int, indices: list[int], area: int, inner: list[int]
    ) -> None:
        """sum_m x[p, m] <= sum of x over those that p needs, where none is outside."""
        for other in self.state.tables.needs[service]:
            if self.fixed(other, area):
                continue
            members = self.members.get(other, [])
            helps = [column for at in inner for column in self.at(at, members)]
            for index in indices:
                own = [index * self.wide + at for at in inner]
                terms = [1] * len(own) + [-1] * len(helps)
                self.rows.add(-LARGEST, own + helps, terms, 0)

    def outside(self, service: int) -> Ints:
        """(areas,): processes of the service that are no part of this."""
        tables, state = self.state.tables, self.state
        mine = state.place[[self.processes[index] for index in self.members[service]]]
        left: Ints = state.in_area[service].astype(np.int64)
        np.subtract.at(left, tables.area[mine], 1)
        return left

    def most_moved(self) -> None:
        """Z >= processes of a service that are not at home, over all services."""
        tables, state = self.state.tables, self.state
        counts = list(state.moved)
        for service, indices in self.members.items():
            mine = [self.processes[index] for index in indices]
            counts[service] -= int((state.place[mine] != tables.home[mine]).sum())
        floor = max(counts)
        most = {s: counts[s] + len(indices) for s, indices in self.members.items()}
        top = max(most.values())
        if not tables.problem.weights.service or top <= floor:
            return
        column = self.column(tables.problem.weights.service, top, state.most_moved)
        self.rows.add(floor, [column], [1], LARGEST)
        for service, indices in self.members.items():
            if most[service] > floor:
                stay = self.at_home(indices)
                terms = [1] * (1 + len(stay))
                self.rows.add(most[service], [column, *stay], terms, LARGEST)

    def at_home(self, indices: list[int]) -> list[int]:
        """The columns of these processes at home, of those at home inside."""
        at = {machine: number for number, machine in enumerate(self.machines)}
        homes = [(i, int(self.state.tables.home[self.processes[i]])) for i in indices]
        return [index * self.wide + at[home] for index, home in homes if home in at]

    def model(self) -> WholeModel:
        """All of it."""
        rows = self.rows
        return WholeModel(
            self.upper, self.cost, rows.lower, rows.upper, rows.columns, rows.factors
        )

    def moves(self, values: Floats) -> Iterator[tuple[int, int]]:
        """What a solution changes."""
        chosen = values[: len(self.processes) * self.wide].reshape(-1, self.wide).argmax(axis=1)
        for process, at in zip(self.processes, chosen.tolist(), strict=True):
            if self.state.place[process] != self.machines[at]:
                yield process, self.machines[at]
