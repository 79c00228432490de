"""Which processes are placed anew together: several ways to choose, at a wanted size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduler.optimise.reassignment_moves import Indices
from scheduler.optimise.reassignment_parts import Part
from scheduler.optimise.reassignment_state import State, Tables

WIDEST = 30.0  # machines that a lifted process is offered, in the mean
FEWEST, MOST = 2, 12  # machines of which all processes are lifted
BY_LUCK = 0.3  # of these, chosen at random
LEAST_PULL = 0.02  # of what already is where the relaxed would have it


class Choice:
    """Parts of about so many columns, by the name of the way in which they are chosen."""

    def __init__(self, tables: Tables, rng: np.random.Generator) -> None:
        self.tables, self.rng = tables, rng
        self.offers = tables.able.sum() / tables.processes  # machines a process
        self.ways: dict[str, Callable[[State, Indices, float], Part]] = {
            "machines": self.by_machines,
            "luck": partial(self.lifted, self.luck),
            "services": partial(self.lifted, self.services),
            "dear": partial(self.lifted, self.dear),
        }

    def pulled_by(self, wanted: npt.NDArray[np.float64]) -> None:
        """One more way: lift what `wanted` (processes, machines), in shares, has elsewhere."""
        everyone = np.arange(self.tables.processes)
        required, capacity = self.tables.required, self.tables.problem.capacity
        size = (required / np.maximum(capacity.mean(axis=0), 1)).max(axis=1) + LEAST_PULL

        def pull(state: State, processes: Indices) -> npt.NDArray[np.float64]:
            away = 1 - wanted[everyone, state.place].clip(0, 1) + LEAST_PULL
            return self.sooner((away * size)[processes])

        self.ways["pulled"] = partial(self.lifted, pull)

    def sooner(self, weights: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Keys by luck, mostly the less the more weight."""
        found: npt.NDArray[np.float64] = self.rng.exponential(size=len(weights)) / weights
        return found

    def part(self, way: str, state: State, machines: Indices, columns: float) -> Part:
        """Some of what sits on these machines, to stay among them."""
        return self.ways[way](state, machines, columns)

    def lifted(
        self,
        key: Callable[[State, Indices], npt.NDArray[np.float64]],
        state: State,
        machines: Indices,
        columns: float,
    ) -> Part:
        """Processes with the least keys until their offers make up the columns."""
        share = len(machines) / self.tables.machines
        wide = max(FEWEST, int(len(machines) * WIDEST / max(self.offers * share, WIDEST)))
        among = np.zeros(self.tables.machines, dtype=bool)
        among[self.rng.choice(machines, wide, replace=False)] = True
        there = np.flatnonzero(among[state.place])
        order = there[key(state, there).argsort(kind="stable")]
        offered = self.tables.able[order[: int(columns)]] & among
        count = int(np.searchsorted(offered.sum(axis=1).cumsum(), columns)) + 1
        rank = order[:count].argsort(kind="stable")
        return Part(state, order[:count][rank], offered[:count][rank])

    def luck(self, _: State, processes: Indices) -> npt.NDArray[np.float64]:
        """Any of them."""
        return self.rng.random(len(processes))

    def services(self, _: State, processes: Indices) -> npt.NDArray[np.float64]:
        """Whole services, for they may exchange places."""
        return self.rng.random(len(self.tables.needs))[self.tables.service[processes]]

    def dear(self, state: State, processes: Indices) -> npt.NDArray[np.float64]:
        """By luck, the sooner the more their machine would save."""
        return self.sooner(shares(saved(state, processes)))

    def by_machines(self, state: State, machines: Indices, columns: float) -> Part:
        """All that sits on a few machines."""
        tables = self.tables
        a_pair = tables.processes * self.offers / tables.machines**2
        size = min(max(FEWEST, round((columns / a_pair) ** 0.5)), MOST, len(machines))
        return of_machines(state, np.sort(self.few(state, machines, size)))

    def few(self, state: State, machines: Indices, size: int) -> Indices:
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
        process = int(self.rng.choice(on, p=shares(saved(state, on))))
        fits = tables.able[process].copy()
        fits[first] = False
        able = machines[fits[machines]]
        rows = state.rows[:, able] + tables.adds[:, [process]]
        dearer = np.maximum(rows, 0).sum(axis=0) - state.machine_cost[able]
        rank = dearer.argsort(kind="stable").argsort(kind="stable")
        order = (self.rng.random(len(able)) * (rank + 2)).argsort(kind="stable")
        found: Indices = able[order]
        return found


def saved(state: State, processes: Indices) -> npt.NDArray[np.int64]:
    """(processes,): what its machine would cost less without it."""
    here = state.place[processes]
    left = np.maximum(state.rows[:, here] - state.tables.adds[:, processes], 0).sum(axis=0)
    found: npt.NDArray[np.int64] = np.maximum(state.machine_cost[here] - left, 0)
    return found


def shares(weights: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Probabilities in proportion to the weights, none of them zero."""
    above = weights.astype(float) + 1.0
    found: npt.NDArray[np.float64] = above / above.sum()
    return found


def of_machines(state: State, machines: Indices) -> Part:
    """All that sits on some machines, among them."""
    processes = np.array(sorted(p for m in machines for p in state.on[m]), dtype=np.intp)
    offered = np.zeros((len(processes), state.tables.machines), dtype=bool)
    offered[:, machines] = True
    return Part(state, processes, offered)
