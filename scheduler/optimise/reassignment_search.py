"""Better reassignments move by move, and part by part through CP-SAT; never a worse one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduler.optimise.reassignment import Ints, ReassignmentProblem
from scheduler.optimise.reassignment_moves import Indices, shift_changes, swap_changes
from scheduler.optimise.reassignment_parts import Part
from scheduler.optimise.reassignment_state import State, Tables
from scheduler.optimise.solvers import Limits, UnsolvedError, solve_whole

MOST_MINE, MOST_OTHERS = 40, 1500  # processes a scan of swaps looks at
PART_LIMIT_S = 3.0
FEWEST, MOST = 2, 6  # machines of a part


class Search:
    """One searcher, on the machines it may touch."""

    def __init__(self, tables: Tables, rng: np.random.Generator) -> None:
        self.tables, self.rng = tables, rng
        self.size = 3.0

    def run(self, place: Ints, machines: Indices, deadline: float) -> Ints:
        """The best found until the deadline (of time.monotonic()), from `place`."""
        state = State(self.tables, place)
        self.descend(state, machines, deadline)
        while time.monotonic() < deadline:
            self.swaps(state, machines, min(deadline, time.monotonic() + 0.5))
            self.parts(state, machines, min(deadline, time.monotonic() + 2.0))
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
            chosen = self.rng.choice(machines, size, replace=False)
            seconds = min(PART_LIMIT_S, until - time.monotonic() + 1.0)
            if solve_part(
                state, sorted(chosen.tolist()), seconds, int(self.rng.integers(1 << 30))
            ):
                self.size = min(self.size + 0.05, MOST)
            else:
                self.size = max(self.size - 0.2, FEWEST)


def solve_part(state: State, machines: list[int], seconds: float, seed: int) -> bool:
    """The machines solved anew, kept unless worse; was it solved to the end?"""
    if not any(state.on[machine] for machine in machines):
        return True
    part = Part(state, machines)
    hint = [int(value) for value in part.values]
    try:
        found = solve_whole(part.model(), Limits(seconds), hint=hint, seed=seed)
    except UnsolvedError:
        return False
    kept(state, list(part.moves(found.values)), worse=0)
    return found.proven


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
