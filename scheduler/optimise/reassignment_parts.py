"""Some processes placed anew, each on machines it is offered; everything else stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scheduler.optimise.reassignment import Flags, Ints
from scheduler.optimise.reassignment_moves import Indices
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
    """The model of a part: a column for each process and machine that may be joined.

    Then come a column an excess e[m, k] >= 0, one for the most moves of a service, and one
    for each (service, location) that a spread needs.
    """

    def __init__(self, state: State, processes: Indices, offered: Flags) -> None:
        """`offered` (processes, machines): where each may go; where it sits it always may."""
        self.state, self.processes = state, processes
        tables = state.tables
        self.here = state.place[processes]
        self.home = tables.home[processes]
        self.service = tables.service[processes]
        self.asked = tables.required[processes]
        self.empty_of_them()
        who, where = np.nonzero(self.able(offered))
        self.who, self.where = who, where
        self.rows = Rows()
        self.cost: list[int] = tables.way[processes[who], where].tolist()
        self.upper = [1] * len(who)
        self.values = (self.here[who] == where).astype(np.int64).tolist()
        self.width = len(who)
        self.of_machine = grouped(where, tables.machines)
        self.of_process = grouped(who, len(processes))
        self.members = {
            int(s): np.flatnonzero(self.service == s) for s in np.unique(self.service)
        }
        self.build()

    def build(self) -> None:
        """Every rule and cost."""
        self.placed()
        for machine in np.unique(self.where).tolist():
            self.capacities(machine)
            self.excesses(machine)
        self.apart()
        self.spread()
        self.near()
        self.most_moved()

    def empty_of_them(self) -> None:
        """What all machines hold, owe and count without these processes."""
        state, tables = self.state, self.state.tables
        at_home = (self.here == self.home)[:, None]
        held = np.where(at_home & tables.problem.transient, 0, self.asked)
        self.room: Ints = state.room.T.copy()
        np.add.at(self.room, self.here, held)
        self.owed: Ints = state.rows.T.copy()
        np.subtract.at(self.owed, self.here, tables.adds[:, self.processes].T)
        self.outside: Ints = np.zeros_like(state.in_location, dtype=np.int64)
        self.outside += state.in_location
        np.subtract.at(self.outside, (self.service, tables.location[self.here]), 1)
        self.around: Ints = np.zeros_like(state.in_area, dtype=np.int64)
        self.around += state.in_area
        np.subtract.at(self.around, (self.service, tables.area[self.here]), 1)

    def able(self, offered: Flags) -> Flags:
        """(processes, machines): offered, room if it came alone, and none of its service."""
        state, tables = self.state, self.state.tables
        able = offered.copy()
        kept = state.count[self.service].astype(np.int64)
        fellows = self.service[:, None] == self.service
        taken = np.zeros((len(able), tables.machines), dtype=np.int64)
        taken[np.arange(len(able)), self.here] = 1
        able &= kept == fellows.astype(np.int64) @ taken
        at_home = np.zeros_like(able)
        at_home[np.arange(len(able)), self.home] = True
        for resource, held_twice in enumerate(tables.problem.transient.tolist()):
            fits = self.asked[:, [resource]] <= self.room[:, resource]
            able &= (fits | at_home) if held_twice else fits
        able[np.arange(len(able)), self.here] = True
        return able

    def column(self, cost: int, upper: int, value: int) -> int:
        """One more column."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.values.append(value)
        return len(self.cost) - 1

    def placed(self) -> None:
        """A process is somewhere."""
        for columns in self.of_process:
            self.rows.add(1, columns.tolist(), [1] * len(columns), 1)

    def capacities(self, machine: int) -> None:
        """What comes to the machine has room; at home it takes no transient resource."""
        columns = self.of_machine[machine]
        some = self.who[columns]
        at_home = self.home[some] == machine
        names = columns.tolist()
        for resource, held_twice in enumerate(self.state.tables.problem.transient.tolist()):
            takes = self.asked[some, resource]
            if held_twice:
                takes = np.where(at_home, 0, takes)
            room = int(self.room[machine, resource])
            if takes.sum() > room:
                self.rows.add(-LARGEST, names, takes.tolist(), room)

    def excesses(self, machine: int) -> None:
        """An excess >= owed + what comes, in whole units; no column where it is never 0."""
        columns = self.of_machine[machine]
        adds = self.state.tables.adds[:, self.processes[self.who[columns]]]
        chosen = np.array([self.values[column] for column in columns.tolist()], dtype=bool)
        for start, more in zip(self.owed[machine].tolist(), adds, strict=True):
            if start + int(np.maximum(more, 0).sum()) <= 0:
                continue
            if start + int(np.minimum(more, 0).sum()) >= 0:
                for column, extra in zip(columns.tolist(), more.tolist(), strict=True):
                    self.cost[column] += extra
                continue
            self.excess(columns, more, start, chosen)

    def excess(self, columns: Indices, more: Ints, start: int, chosen: Flags) -> None:
        """One column, one row."""
        unit = int(np.gcd(np.gcd.reduce(more), start))
        most = (start + int(np.maximum(more, 0).sum())) // unit
        value = max(0, (start + int(more[chosen].sum())) // unit)
        own = self.column(unit, most, value)
        factors = [*(more // unit).tolist(), -1]
        self.rows.add(-LARGEST, [*columns.tolist(), own], factors, -start // unit)

    def apart(self) -> None:
        """At most one of a service on a machine."""
        machines = self.state.tables.machines
        key = self.service[self.who] * machines + self.where
        order = key.argsort(kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        for columns in np.split(order, starts[1:]):
            if len(columns) > 1:
                self.rows.add(0, columns.tolist(), [1] * len(columns), 1)

    def spread(self) -> None:
        """A service is in as many locations as it must be, where that is not so without it."""
        tables = self.state.tables
        for service, members in self.members.items():
            missing = int(tables.spread[service]) - int((self.outside[service] > 0).sum())
            if missing > 0:
                covers = self.covers(service, members)
                self.rows.add(missing, covers, [1] * len(covers), LARGEST)

    def covers(self, service: int, members: Indices) -> list[int]:
        """A column for every location it could be new in: 0 unless one of it is there."""
        tables = self.state.tables
        columns = np.concatenate([self.of_process[member] for member in members.tolist()])
        places = tables.location[self.where[columns]]
        sits = set(tables.location[self.here[members]].tolist())
        found = []
        for location in sorted(set(places[self.outside[service][places] == 0].tolist())):
            some = columns[places == location].tolist()
            cover = self.column(0, 1, int(location in sits))
            self.rows.add(-LARGEST, [cover, *some], [1] + [-1] * len(some), 0)
            found.append(cover)
        return found

    def near(self) -> None:
        """A service has the others it needs in each area, where none of them stays there."""
        tables = self.state.tables
        if not tables.any_needs:
            return
        areas = tables.area[self.where]
        for service, members in self.members.items():
            columns = np.concatenate([self.of_process[m] for m in members.tolist()])
            for area in range(self.around.shape[1]):
                if self.around[service, area]:
                    continue
                inside = columns[areas[columns] == area]
                if any(self.around[s, area] for s in tables.wanted_by[service]):
                    self.rows.add(1, inside.tolist(), [1] * len(inside), LARGEST)
        for service, members in self.members.items():
            for needed in tables.needs[service]:
                self.needed(members, needed, areas)

    def needed(self, members: Indices, needed: int, areas: Ints) -> None:
        """In an area a process of a service is, only if one of the needed service is."""
        helpers = self.members.get(needed)
        helps = np.array([], dtype=np.intp)
        if helpers is not None:
            helps = np.concatenate([self.of_process[h] for h in helpers.tolist()])
        for member in members.tolist():
            columns = self.of_process[member]
            for area in np.unique(areas[columns]).tolist():
                if self.around[needed, area]:
                    continue
                own = columns[areas[columns] == area].tolist()
                some = helps[areas[helps] == area].tolist()
                factors = [1] * len(own) + [-1] * len(some)
                self.rows.add(-LARGEST, own + some, factors, 0)

    def most_moved(self) -> None:
        """Z >= processes of a service that are not at home, over all services."""
        state, weight = self.state, self.state.tables.problem.weights.service
        counts = np.array(state.moved, dtype=np.int64)
        np.subtract.at(counts, self.service, self.here != self.home)
        floor = int(counts.max())
        most = {s: int(counts[s]) + len(members) for s, members in self.members.items()}
        top = max(most.values())
        if not weight or top <= floor:
            return
        column = self.column(weight, top, state.most_moved)
        self.rows.add(floor, [column], [1], LARGEST)
        at_home = self.home[self.who] == self.where
        for service, members in self.members.items():
            if most[service] > floor:
                own = np.concatenate([self.of_process[m] for m in members.tolist()])
                stay = own[at_home[own]].tolist()
                self.rows.add(most[service], [column, *stay], [1] * (1 + len(stay)), LARGEST)

    def blur(self, noise: Ints) -> None:
        """Each place of a process costs so much more."""
        self.cost[: self.width] = (np.array(self.cost[: self.width]) + noise).tolist()

    def model(self) -> WholeModel:
        """All of it."""
        rows = self.rows
        return WholeModel(
            self.upper, self.cost, rows.lower, rows.upper, rows.columns, rows.factors
        )

    def moves(self, values: Floats) -> Iterator[tuple[int, int]]:
        """What a solution changes."""
        chosen = np.flatnonzero(values[: self.width] > 0.5)
        for who, to in zip(self.who[chosen].tolist(), self.where[chosen].tolist(), strict=True):
            if self.here[who] != to:
                yield int(self.processes[who]), to


def grouped(labels: Indices, count: int) -> list[Indices]:
    """Where each label below `count` occurs."""
    order = labels.argsort(kind="stable")
    sizes = np.bincount(labels, minlength=count)
    return list(np.split(order, np.cumsum(sizes)[:-1]))
