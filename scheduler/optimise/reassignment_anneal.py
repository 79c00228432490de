"""Annealing by whole scans: of thousands of moves at once, one of those that luck lets through.

A scan stands for as many proposals as it has moves: each is let through with probability
min(1, exp(-change / temperature)), and one of those is made. When it is cold hardly any is, so
a scan is worth its moves; when it is warm scans are made narrower.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from scheduler.optimise.reassignment import Ints
from scheduler.optimise.reassignment_moves import (
    Indices,
    ejection_changes,
    shift_changes,
    swap_changes,
)
from scheduler.optimise.reassignment_state import Moves, State

LUCK = 1 << 18  # draws of luck kept; a scan uses a random stretch of them
MOST_MINE = 40  # processes of a machine in a scan
NARROW, WIDE = 50, 1500  # processes elsewhere
COOL_EVERY = 50  # scans
GROW = 1.02  # of the width of scans, after each


@dataclass(frozen=True, slots=True)
class Heat:
    """From which temperature to which, in money."""

    first: float
    last: float


@dataclass(slots=True)
class Scan:
    """One kind of move from a machine: what each would change, and those let through."""

    kind: str
    mine: Indices
    others: Indices
    targets: Indices
    passed: Indices


class Anneal:
    """One run from a state; `best` is the best place of all seen."""

    def __init__(self, state: State, rng: np.random.Generator) -> None:
        self.state, self.rng, self.tables = state, rng, state.tables
        self.luck = rng.standard_exponential(LUCK)
        self.noise: Ints = np.zeros(LUCK, dtype=np.int64)
        self.width, self.passing = float(WIDE), 1.0
        self.best, self.least = state.place.copy(), state.cost

    def run(self, heat: Heat, deadline: float) -> Ints:
        """Cools until the deadline (of time.monotonic())."""
        start = time.monotonic()
        whole = max(deadline - start, 1e-9)
        while (now := time.monotonic()) < deadline:
            cold = heat.first * (heat.last / heat.first) ** ((now - start) / whole)
            self.noise = (self.luck * cold).astype(np.int64)
            for _ in range(COOL_EVERY):
                self.step()
        return self.best

    def step(self) -> None:
        """One move from a random machine, if one is let through."""
        machine = int(self.rng.integers(self.tables.machines))
        if not self.state.on[machine]:
            return
        scans = self.scans(machine)
        count = sum(len(scan.passed) for scan in scans)
        if not count:
            return
        chosen = int(self.rng.integers(count))
        for scan in scans:
            if chosen < len(scan.passed):
                self.make(scan, machine, int(scan.passed[chosen]))
                return
            chosen -= len(scan.passed)

    def scans(self, machine: int) -> list[Scan]:
        """Shifts, swaps and ejections."""
        state, rng, tables = self.state, self.rng, self.tables
        mine = np.array(state.on[machine], dtype=np.int64)
        if len(mine) > MOST_MINE:
            mine = rng.choice(mine, MOST_MINE, replace=False)
        shifts = shift_changes(state, mine)
        found = [Scan("shift", mine, mine, mine, self.passed(shifts))]
        others = self.others(machine)
        if not len(others):
            return found
        swaps = Scan(
            "swap",
            mine,
            others,
            others,
            self.passed(swap_changes(state, machine, mine, others)),
        )
        self.passing = 0.95 * self.passing + 0.05 * len(swaps.passed)
        by = GROW if self.passing < 1 else 1 / GROW
        self.width = min(max(self.width * by, NARROW), WIDE)
        home = rng.random(len(others)) < 0.5
        luck = rng.integers(tables.machines, size=len(others))
        targets = np.where(home, tables.home[others], luck)
        fine = (targets != machine) & (targets != state.place[others])
        others, targets = others[fine], targets[fine]
        changes = ejection_changes(state, machine, mine, others, targets)
        return [*found, swaps, Scan("ejection", mine, others, targets, self.passed(changes))]

    def others(self, machine: int) -> Indices:
        """Some processes elsewhere."""
        count = self.tables.processes
        some = self.rng.integers(count, size=min(int(self.width), count))
        elsewhere: Indices = some[self.state.place[some] != machine]
        return elsewhere

    def passed(self, changes: Ints) -> Indices:
        """Flat indices of those let through."""
        flat = changes.ravel()
        start = int(self.rng.integers(LUCK - 1))
        noise = self.noise[start : start + len(flat)]
        if len(noise) < len(flat):
            noise = np.resize(self.noise, len(flat))
        found: Indices = np.flatnonzero(flat <= noise)
        return found

    def make(self, scan: Scan, machine: int, flat: int) -> None:
        """The move, if it is legal to the last rule."""
        state = self.state
        wide = self.tables.machines if scan.kind == "shift" else len(scan.others)
        at, to = divmod(flat, wide)
        process = int(scan.mine[at])
        if scan.kind == "shift":
            moves: Moves = [(process, to)]
        else:
            other = int(scan.others[to])
            target = machine if scan.kind == "swap" else int(scan.targets[to])
            moves = [(process, int(state.place[other])), (other, target)]
        if state.move_all(moves) and state.cost < self.least:
            self.best, self.least = state.place.copy(), state.cost
