"""Where every process sits, and all that follows from it, kept up to date move by move.

The cost of a machine is a sum of max(0, v) over its rows: a row a weighted resource (load
above safety) and a row a balance (what is short). A process adds a fixed amount to each row, so
what a move changes is found from the rows of two machines.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from scheduler.optimise.reassignment import Flags, Ints, ReassignmentProblem

Counts = npt.NDArray[np.int16]
Moves = list[tuple[int, int]]  # process and its new machine


class Tables:
    """What never changes, in the layout the scans want; read only."""

    def __init__(self, problem: ReassignmentProblem) -> None:
        self.problem = problem
        self.home = problem.initial
        self.service = problem.service
        self.location = dense(problem.location)
        self.area = dense(problem.neighbourhood)
        self.spread = problem.spread
        self.needs = [sorted(set(needed) - {s}) for s, needed in enumerate(problem.needs)]
        self.wanted_by: list[list[int]] = [[] for _ in self.needs]
        for service, needed in enumerate(self.needs):
            for other in needed:
                self.wanted_by[other].append(service)
        self.any_needs = any(self.needs)
        self.required = problem.required
        self.plain = np.where(problem.transient, 0, problem.required)
        self.foreign = np.where(problem.transient, problem.required, 0)
        self.roomiest = problem.capacity.copy()  # with none but its own transient ones
        np.subtract.at(self.roomiest, self.home, self.foreign)
        self.able = able(problem, self.roomiest)
        self.adds, self.empty = cost_rows(problem)
        self.way = way_costs(problem)

    @property
    def processes(self) -> int:
        """How many."""
        return len(self.home)

    @property
    def machines(self) -> int:
        """How many."""
        return len(self.location)


def dense(labels: Ints) -> Ints:
    """The labels numbered from 0."""
    found: Ints = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return found


def able(problem: ReassignmentProblem, roomiest: Ints) -> Flags:
    """(processes, machines): is there room if it were alone? There is at home."""
    found = np.ones((len(problem.initial), len(roomiest)), dtype=bool)
    for asked, room in zip(problem.required.T, roomiest.T, strict=True):
        found &= asked[:, None] <= room
    found[np.arange(len(found)), problem.initial] = True
    return found


def cost_rows(problem: ReassignmentProblem) -> tuple[Ints, Ints]:
    """What a process adds to the rows of its machine, and the rows of empty machines.

    Returns (rows, processes) and (rows, machines), in money.
    """
    free, asked = problem.capacity.T, problem.required.T
    adds, empty = [], []
    for resource in np.flatnonzero(problem.load_weight).tolist():
        weight = problem.load_weight[resource]
        adds.append(weight * asked[resource])
        empty.append(-weight * problem.safety.T[resource])
    for one in problem.balances:
        adds.append(one.weight * (asked[one.second] - one.target * asked[one.first]))
        empty.append(one.weight * (one.target * free[one.first] - free[one.second]))
    shape = (len(adds), -1)
    wide, count = len(problem.capacity), len(problem.initial)
    if not adds:
        return np.zeros((0, count), dtype=np.int64), np.zeros((0, wide), dtype=np.int64)
    return np.array(adds).reshape(shape), np.array(empty).reshape(shape)


def way_costs(problem: ReassignmentProblem) -> Ints:
    """(processes, machines): moving the process there from home, but for the service's part."""
    way = problem.weights.machine * problem.machine_move[problem.initial]
    way += problem.weights.process * problem.process_move[:, None]
    everyone = np.arange(len(problem.initial))
    way[everyone, problem.initial] -= problem.weights.process * problem.process_move
    return way


class State:
    """An assignment that may be changed; `cost` is exact at every time."""

    def __init__(self, tables: Tables, place: Ints) -> None:
        self.tables = tables
        self.place = place.copy()
        self.kept: list[Moves] = []  # what `keep` kept, in turn
        machines, services = tables.machines, len(tables.needs)
        on: list[list[int]] = [[] for _ in range(machines)]
        for process, machine in enumerate(place.tolist()):
            on[machine].append(process)
        self.on = on
        self.rows = tables.empty.copy()
        np.add.at(self.rows.T, place, tables.adds.T)
        self.machine_cost = np.maximum(self.rows, 0).sum(axis=0)
        self.room = self._room()
        self.count = counted(tables.service, place, services, machines)
        self.in_location = self._by(tables.location)
        self.locations = (self.in_location > 0).sum(axis=1)
        self.in_area = self._by(tables.area)
        self.lacking, self.wanted = self._dependencies()
        self.moved = np.bincount(
            tables.service[place != tables.home], minlength=services
        ).tolist()
        self.moved_so_often = np.bincount(self.moved, minlength=tables.processes + 2).tolist()
        self.most_moved = max(self.moved)
        ways = int(tables.way[np.arange(tables.processes), place].sum())
        most = tables.problem.weights.service * self.most_moved
        self.cost = int(self.machine_cost.sum()) + ways + most

    def _room(self) -> Ints:
        """(resources, machines): left for a process that comes from elsewhere."""
        tables, place = self.tables, self.place
        room = tables.problem.capacity.copy()
        np.subtract.at(room, place, tables.plain)
        np.subtract.at(room, tables.home, tables.foreign)
        away = place != tables.home
        np.subtract.at(room, place[away], tables.foreign[away])
        return np.ascontiguousarray(room.T)

    def _by(self, group: Ints) -> Counts:
        """(services, groups): processes in each group of machines."""
        groups = int(group.max()) + 1
        where = group[self.place]
        return counted(self.tables.service, where, len(self.tables.needs), groups)

    def _dependencies(self) -> tuple[Counts, Counts]:
        """(services, areas): how many needed are not there; how many that are need it."""
        there = self.in_area > 0
        lacking, wanted = np.zeros_like(self.in_area), np.zeros_like(self.in_area)
        for service, needed in enumerate(self.tables.needs):
            for other in needed:
                lacking[service] += ~there[other]
                wanted[other] += there[service]
        return lacking, wanted

    def move(self, process: int, to: int) -> None:
        """One process, whether or not that is legal."""
        tables = self.tables
        old, home = int(self.place[process]), int(tables.home[process])
        if old == to:
            return
        self.on[old].remove(process)
        self.on[to].append(process)
        self.place[process] = to
        self._move_rows(process, old, to)
        room = self.room
        room[:, old] += tables.plain[process] if old == home else tables.required[process]
        room[:, to] -= tables.plain[process] if to == home else tables.required[process]
        self._move_service(int(tables.service[process]), old, to)
        if home in (old, to):
            self._count_moved(int(tables.service[process]), 1 if old == home else -1)

    def _move_rows(self, process: int, old: int, to: int) -> None:
        adds = self.tables.adds[:, process]
        self.rows[:, old] -= adds
        self.rows[:, to] += adds
        left = int(np.maximum(self.rows[:, old], 0).sum())
        came = int(np.maximum(self.rows[:, to], 0).sum())
        before = int(self.machine_cost[old] + self.machine_cost[to])
        way = self.tables.way[process]
        self.cost += left + came - before + int(way[to] - way[old])
        self.machine_cost[old], self.machine_cost[to] = left, came

    def _move_service(self, service: int, old: int, to: int) -> None:
        tables = self.tables
        self.count[service, old] -= 1
        self.count[service, to] += 1
        here, there = tables.location[old], tables.location[to]
        if here != there:
            row = self.in_location[service]
            row[here] -= 1
            self.locations[service] -= row[here] == 0
            self.locations[service] += row[there] == 0
            row[there] += 1
        here, there = tables.area[old], tables.area[to]
        if here != there:
            areas = self.in_area[service]
            areas[here] -= 1
            areas[there] += 1
            if tables.any_needs and areas[here] == 0:
                self._presence(service, int(here), -1)
            if tables.any_needs and areas[there] == 1:
                self._presence(service, int(there), 1)

    def _presence(self, service: int, area: int, sign: int) -> None:
        """The service now is (1) or is no more (-1) in the area."""
        for other in self.tables.wanted_by[service]:
            self.lacking[other, area] -= sign
        for other in self.tables.needs[service]:
            self.wanted[other, area] += sign

    def _count_moved(self, service: int, by: int) -> None:
        before, often = self.moved[service], self.moved_so_often
        self.moved[service] = before + by
        often[before] -= 1
        often[before + by] += 1
        weight = self.tables.problem.weights.service
        if before + by > self.most_moved:
            self.most_moved += 1
            self.cost += weight
        elif before == self.most_moved and not often[before]:
            self.most_moved -= 1
            self.cost -= weight

    def move_all(self, moves: Iterable[tuple[int, int]]) -> bool:
        """All of them if the whole is legal afterwards, else none."""
        wanted = list(moves)
        undo = [(process, int(self.place[process])) for process, _ in wanted]
        for process, to in wanted:
            self.move(process, to)
        machines = {to for _, to in wanted} | {old for _, old in undo}
        services = {int(self.tables.service[process]) for process, _ in wanted}
        if self.legal(sorted(machines), sorted(services)):
            return True
        for process, old in reversed(undo):
            self.move(process, old)
        return False

    def keep(self, moves: Moves, worse: int = -1) -> bool:
        """The moves made if they are legal and change the cost by at most `worse`."""
        before = self.cost
        undo = [(process, int(self.place[process])) for process, _ in moves]
        if not self.move_all(moves):
            return False
        if self.cost - before <= worse:
            self.kept.append(moves)
            return True
        self.move_all(undo)
        return False

    def legal(self, machines: list[int], services: list[int]) -> bool:
        """Is everything right on these machines and for these services?"""
        if (self.room[:, machines] < 0).any():
            return False
        if (self.count[np.ix_(services, machines)] > 1).any():
            return False
        if (self.locations[services] < self.tables.spread[services]).any():
            return False
        there = self.in_area[services] > 0
        broken = (there & (self.lacking[services] > 0)) | (~there & (self.wanted[services] > 0))
        return not broken.any()


def counted(first: Ints, second: Ints, wide: int, high: int) -> Counts:
    """(wide, high): how often each pair occurs."""
    cells = np.bincount(first * high + second, minlength=wide * high)
    return cells.astype(np.int16).reshape(wide, high)
