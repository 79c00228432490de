"""Better reassignments move by move, and part by part through CP-SAT; never a worse one."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduler.optimise.reassignment import Ints, lower_bound
from scheduler.optimise.reassignment_anneal import Anneal, Heat
from scheduler.optimise.reassignment_moves import Indices, shift_changes, swap_changes
from scheduler.optimise.reassignment_parts import Part, of_machines
from scheduler.optimise.reassignment_state import State, Tables
from scheduler.optimise.solvers import Limits, UnsolvedError, solve_whole

MOST_MINE, MOST_OTHERS = 40, 1500  # processes a scan of swaps looks at
PART_WORK_S, PART_LIMIT_S = 1.5, 6.0  # deterministic seconds of CP-SAT, and of the clock
FEWEST, MOST = 2, 12  # machines of a part
PART_PROCESSES = 80  # of the first part, about
GROW, SHRINK = 0.05, 0.2  # after a part solved to the end, and after one that was not
BY_LUCK = 0.3  # parts whose machines are chosen at random
SWAPS_S, PARTS_S = 0.5, 4.0  # in turn
SMALL = 2000  # processes times machines, solved as one
FIRST_SHARE, LAST_SHARE = 0.25, 1 / 50  # temperatures


class Search:
    """One searcher, on the machines it may touch."""

    def __init__(self, tables: Tables, rng: np.random.Generator) -> None:
        self.tables, self.rng = tables, rng
        self.size = min(6.0, PART_PROCESSES * tables.machines / tables.processes)

    def anneal(self, place: Ints, warmth: float, deadline: float) -> Ints:
        """The best found on all machines while cooling, from `place`.

        The first temperature is a share of what a process costs above the lower bound.
        """
        state = State(self.tables, place)
        everywhere = np.arange(self.tables.machines)
        self.descend(state, everywhere, deadline)
        above = max(state.cost - lower_bound(self.tables.problem), 1) / self.tables.processes
        first = max(above * FIRST_SHARE * warmth, 1.0)
        heat = Heat(first, max(first * LAST_SHARE, 1.0))
        return Anneal(state, self.rng).run(heat, deadline)

    def improve(self, place: Ints, machines: Indices, deadline: float) -> Ints:
        """The best found on these machines, never a worse one, from `place`."""
        state = State(self.tables, place)
        self.descend(state, machines, deadline)
        while time.monotonic() < deadline:
            self.swaps(state, machines, min(deadline, time.monotonic() + SWAPS_S))
            self.parts(state, machines, min(deadline, time.monotonic() + PARTS_S))
        return state.place

    def descend(self, state: State, machines: Indices, deadline: float) -> None:
        """Single moves while one of them helps."""
        before = state.cost + 1
        while state.cost < before and time.monotonic() < deadline:
            before = state.cost
            for machine in self.rng.permutation(machines).tolist():
                while self.shift(state, machine, machines) and time.monotonic() < deadline:
                    pass

    def shift(self, state: State, machine: int, machines: Indices) -> bool:
        """The best move of one process from the machine, if it helps."""
        if not state.on[machine]:
            return False
        mine = np.array(state.on[machine])
        changes = shift_changes(state, mine)[:, machines]
        at, to = divmod(int(changes.argmin()), len(machines))
        if changes[at, to] >= 0:
            return False
        return kept(state, [(int(mine[at]), int(machines[to]))])

    def swaps(self, state: State, machines: Indices, until: float) -> None:
        """The best exchange with one machine after another, where it helps."""
        allowed = np.zeros(self.tables.machines, dtype=bool)
        allowed[machines] = True
        while time.monotonic() < until:
            machine = int(self.rng.choice(machines))
            self.shift(state, machine, machines)
            self.swap(state, machine, allowed)

    def swap(self, state: State, machine: int, allowed: Indices) -> bool:
        """The best exchange of two processes, one on the machine, if it helps."""
        there = allowed[state.place]
        there[state.on[machine]] = False
        others = self.some(np.flatnonzero(there), MOST_OTHERS)
        mine = self.some(np.array(state.on[machine], dtype=np.int64), MOST_MINE)
        if not (len(others) and len(mine)):
            return False
        changes = swap_changes(state, machine, mine, others)
        at, to = divmod(int(changes.argmin()), len(others))
        if changes[at, to] >= 0:
            return False
        other = int(others[to])
        return kept(state, [(int(mine[at]), int(state.place[other])), (other, machine)])

    def some(self, processes: Indices, most: int) -> Indices:
        """All, or so many of them by luck."""
        if len(processes) <= most:
            return processes
        return self.rng.choice(processes, most, replace=False)

    def parts(self, state: State, machines: Indices, until: float) -> None:
        """A few machines after another solved anew; as many as can be within the limit."""
        while time.monotonic() < until:
            size = min(max(FEWEST, round(self.size)), len(machines))
            chosen = self.chosen(state, machines, size)
            seconds = min(PART_LIMIT_S, until - time.monotonic() + 1.0)
            seed = int(self.rng.integers(1 << 30))
            if solve_part(state, sorted(chosen.tolist()), seconds, seed):
                self.size = min(self.size + GROW, MOST)
            else:
                self.size = max(self.size - SHRINK, FEWEST)

    def chosen(self, state: State, machines: Indices, size: int) -> Indices:
        """So many machines: mostly a dear one, some that could take its dearest, and others."""
        if self.rng.random() < BY_LUCK or size < 3:
            return self.rng.choice(machines, size, replace=False)
        first = int(self.rng.choice(machines, p=shares(np.sqrt(state.machine_cost[machines]))))
        takers = self.takers(state, first, machines)[: max(1, size // 2 - 1)]
        rest = np.setdiff1d(machines, np.append(takers, first))
        some = self.rng.choice(rest, size - 1 - len(takers), replace=False)
        return np.concatenate([[first], takers, some])

    def takers(self, state: State, first: int, machines: Indices) -> Indices:
        """Machines that could hold a dear process of the first; cheap ones first, with luck."""
        tables = self.tables
        on = np.array(state.on[first], dtype=np.int64)
        if not len(on):
            return on
        left = np.maximum(state.rows[:, [first]] - tables.adds[:, on], 0).sum(axis=0)
        saved = np.maximum(state.machine_cost[first] - left, 0)
        process = int(self.rng.choice(on, p=shares(saved)))
        fits = (tables.required[process] <= tables.roomiest).all(axis=1)
        fits[tables.home[process]] = True
        fits[first] = False
        able = machines[fits[machines]]
        rows = state.rows[:, able] + tables.adds[:, [process]]
        dearer = np.maximum(rows, 0).sum(axis=0) - state.machine_cost[able]
        rank = dearer.argsort(kind="stable").argsort(kind="stable")
        order = (self.rng.random(len(able)) * (rank + 2)).argsort(kind="stable")
        found: Indices = able[order]
        return found


def shares(weights: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Probabilities in proportion to the weights, none of them zero."""
    above = weights.astype(float) + 1.0
    found: npt.NDArray[np.float64] = above / above.sum()
    return found


def solved_whole(tables: Tables, place: Ints, seconds: float) -> tuple[Ints, int] | None:
    """A place proven to be the best and its cost, if the whole is small and solved in time."""
    if place.size * tables.machines > SMALL:
        return None
    state = State(tables, place)
    proven = solve_part(state, list(range(tables.machines)), seconds, 1, work=None)
    return (state.place, state.cost) if proven else None


def solve_part(
    state: State,
    machines: list[int],
    seconds: float,
    seed: int,
    work: float | None = PART_WORK_S,
) -> bool:
    """The machines solved anew, kept unless worse; was it solved to the end?"""
    if not any(state.on[machine] for machine in machines):
        return True
    return solved(of_machines(state, machines), seconds, seed, work)


def solved(part: Part, seconds: float, seed: int, work: float | None = PART_WORK_S) -> bool:
    """The part solved, kept unless worse; was it solved to the end?"""
    hint = [int(value) for value in part.values]
    try:
        found = solve_whole(part.model(), Limits(seconds, work), hint=hint, seed=seed)
    except UnsolvedError:
        return False
    moves = list(part.moves(found.values))
    done = not moves or kept(part.state, moves, worse=0)
    return done and found.proven


def kept(state: State, moves: list[tuple[int, int]], worse: int = -1) -> bool:
    """The moves made if they are legal and change the cost by at most `worse`."""
    before = state.cost
    undo = [(process, int(state.place[process])) for process, _ in moves]
    if not state.move_all(moves):
        return False
    if state.cost - before <= worse:
        return True
    state.move_all(undo)
    return False
