"""Better reassignments move by move, and part by part through CP-SAT; never a worse one."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from scheduler.optimise.reassignment import Ints, lower_bound
from scheduler.optimise.reassignment_anneal import Anneal, Heat
from scheduler.optimise.reassignment_choice import Choice, of_machines
from scheduler.optimise.reassignment_moves import Indices, shift_changes, swap_changes
from scheduler.optimise.reassignment_parts import Part
from scheduler.optimise.reassignment_relaxed import relaxed_shares
from scheduler.optimise.reassignment_state import Moves, State, Tables
from scheduler.optimise.solvers import Limits, UnsolvedError, solve_whole

MOST_MINE, MOST_OTHERS = 40, 1500  # processes a scan of swaps looks at
PART_WORK, PART_LIMIT = 4.0, 20.0  # most a part may take, of what it should take
COLUMNS = 600.0  # of the first part
RELAX_SHARE = 0.6  # of the first call
TURN_S = 0.2  # of the processor, that a part should take
GROW, SHRINK = 1.08, 0.85  # after a part solved to the end so soon, and after another
LEAST_COLUMNS, MOST_COLUMNS = 60.0, 6000.0
SWAPS = "swaps"  # the way without parts
SWAPS_S = 0.1  # of the clock
ANY_WAY = 0.3  # turns that do not ask what paid
RECENT = 0.2  # weight of the last turn in what pays
WORSE = 7  # times the noise, what a step may lose
SPARE_S = 1.0  # a part may take after the deadline
SMALL = 2000  # processes times machines, solved as one
FIRST_SHARE, LAST_SHARE = 0.25, 1 / 50  # temperatures


@dataclass(slots=True)
class Way:
    """How parts are chosen: their size, and what a second of it brings."""

    columns: float = COLUMNS
    pays: float = 0.0
    turns: int = 0

    def resize(self, *, quick: bool) -> None:
        """Larger parts after one that was solved quickly, else smaller ones."""
        by = GROW if quick else SHRINK
        self.columns = min(max(self.columns * by, LEAST_COLUMNS), MOST_COLUMNS)

    def learn(self, gain: int, seconds: float) -> None:
        """One more turn."""
        self.turns += 1
        weight = max(RECENT, 1 / self.turns)
        self.pays += weight * (gain / max(seconds, 1e-3) - self.pays)


class Search:
    """One searcher, on the machines it may touch."""

    def __init__(self, tables: Tables, rng: np.random.Generator) -> None:
        self.tables, self.rng = tables, rng
        self.choice, self.bound = Choice(tables, rng), lower_bound(tables.problem)
        self.ways = {name: Way() for name in (*self.choice.ways, SWAPS)}
        self.begun = False
        self.noise = 0
        self.steps: list[Moves] = []  # of the last call, in turn

    def anneal(self, place: Ints, deadline: float, warmth: float) -> Ints:
        """The best found on all machines while cooling, from `place`.

        The first temperature is a share of what a process costs above the lower bound.
        """
        state = State(self.tables, place)
        everywhere = np.arange(self.tables.machines)
        self.descend(state, everywhere, deadline)
        above = max(state.cost - self.bound, 1) / self.tables.processes
        first = max(above * FIRST_SHARE * warmth, 1.0)
        heat = Heat(first, max(first * LAST_SHARE, 1.0))
        best = Anneal(state, self.rng).run(heat, deadline)
        moved = np.flatnonzero(best != place)
        self.steps = [list(zip(moved.tolist(), best[moved].tolist(), strict=True))]
        return best

    def improve(self, place: Ints, deadline: float, machines: Indices, noise: int = 0) -> Ints:
        """Where turns on these machines lead from `place`: never a worse one without noise.

        With noise a part sees each cost of a place raised by up to so much, by luck, and what
        it finds is kept if it is not much worse: parts that are solved to the end would
        otherwise soon stay as they are.
        """
        self.noise = noise
        state = State(self.tables, place)
        if not self.begun:
            self.begin(state, machines, deadline)
        while time.monotonic() < deadline:
            self.turn(state, machines, deadline)
        self.steps = state.kept
        return state.place

    def begin(self, state: State, machines: Indices, deadline: float) -> None:
        """What is done once, before any turn."""
        self.begun = True
        self.descend(state, machines, deadline)
        seconds = (deadline - time.monotonic()) * RELAX_SHARE
        if seconds > 0 and (wanted := relaxed_shares(self.tables, seconds)) is not None:
            self.choice.pulled_by(wanted)
            self.ways["pulled"] = Way()

    def turn(self, state: State, machines: Indices, deadline: float) -> None:
        """Some swaps or one part, mostly in the way that pays."""
        name = self.chosen()
        way, before, start = self.ways[name], state.cost, time.process_time()
        if name == SWAPS:
            self.swaps(state, machines, min(deadline, time.monotonic() + SWAPS_S))
        else:
            part = self.choice.part(name, state, machines, way.columns)
            left = deadline - time.monotonic() + SPARE_S
            limits = Limits(min(PART_LIMIT * TURN_S, left), PART_WORK * TURN_S)
            part.blur(self.rng.integers(self.noise + 1, size=part.width))
            seed, worse = int(self.rng.integers(1 << 30)), worse_at(self.noise)
            proven = solved(part, limits, seed, worse)
            if proven or time.monotonic() < deadline:  # else it may just have come too late
                way.resize(quick=proven and time.process_time() - start < TURN_S)
        way.learn(before - state.cost, time.process_time() - start)

    def chosen(self) -> str:
        """The name of a way, by luck in proportion to what it pays."""
        names = list(self.ways)
        pays = np.array([max(way.pays, 0.0) for way in self.ways.values()])
        new = [name for name, way in self.ways.items() if not way.turns]
        if new or not pays.any() or self.rng.random() < ANY_WAY:
            return str(self.rng.choice(new or names))
        return str(self.rng.choice(names, p=pays / pays.sum()))

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
        return state.keep([(int(mine[at]), int(machines[to]))])

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
        return state.keep([(int(mine[at]), int(state.place[other])), (other, machine)])

    def some(self, processes: Indices, most: int) -> Indices:
        """All, or so many of them by luck."""
        if len(processes) <= most:
            return processes
        return self.rng.choice(processes, most, replace=False)


def solved_whole(tables: Tables, place: Ints, seconds: float) -> tuple[Ints, int] | None:
    """A place proven to be the best and its cost, if the whole is small and solved in time."""
    if place.size * tables.machines > SMALL:
        return None
    state = State(tables, place)
    proven = solved(of_machines(state, np.arange(tables.machines)), Limits(seconds), 1)
    return (state.place, state.cost) if proven else None


def worse_at(noise: int) -> int:
    """By how much what a step finds may be worse."""
    return noise * WORSE


def solved(part: Part, limits: Limits, seed: int, worse: int = 0) -> bool:
    """The part placed anew, kept unless worse by more; was it solved to the end?"""
    if not len(part.processes):
        return True
    hint = [int(value) for value in part.values]
    try:
        found = solve_whole(part.model(), limits, hint=hint, seed=seed)
    except UnsolvedError:
        return False
    moves = list(part.moves(found.values))
    done = not moves or part.state.keep(moves, worse)
    return done and found.proven
