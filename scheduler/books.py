"""What a planning policy may read of a run: who runs where until when, and who waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from scheduler.estate import Estate
from scheduler.freight import Freight
from scheduler.lines import Line, Waiting
from scheduler.shapes import Shape
from scheduler.state import State
from scheduler.stays import Held


class Told(Protocol):
    """What of the rules a policy may read (see rules.Rules)."""

    now_us: int
    running: list[list[tuple[int, int, Held]]]
    lines: list[Line]
    estate: Estate
    state: State
    moves: list[int]
    freight: Freight | None

    def would_start(self, shape: Shape, pool: int, estimate_us: int) -> bool:
        """Whether a job that joined the line of this pool now would start in it at once."""


class Books:
    """The rules of a run, to be read only."""

    def __init__(self) -> None:
        self._told: Told | None = None

    def of(self, rules: Told) -> None:
        """From now on the books of these rules, which are made after them."""
        self._told = rules

    @property
    def _rules(self) -> Told:
        assert self._told is not None
        return self._told

    @property
    def now_us(self) -> int:
        """The instant of the last submission."""
        return self._rules.now_us

    def running(self, pool: int) -> Sequence[tuple[int, int, Held]]:
        """(declared end, job, what it holds) of all who hold nodes of a pool, ascending."""
        return self._rules.running[pool]

    def waiting(self, pool: int) -> Sequence[tuple[tuple[int, ...], Waiting]]:
        """Who stands in the line of a pool, first to last."""
        return self._rules.lines[self._rules.estate.line_of[pool]].jobs

    def free(self, pool: int) -> Sequence[int]:
        """What the pool may still sell, in the order of RESOURCES."""
        return self._rules.state.pool_free[pool]

    def free_of_all(self) -> Sequence[Sequence[int]]:
        """The same of every pool."""
        return self._rules.state.pool_free

    def nodes_free(self, pool: int) -> list[tuple[int, ...]]:
        """What each node of a pool has free, in the order of RESOURCES."""
        state, facts = self._rules.state, self._rules.estate.pools[pool]
        return [
            (
                state.vcpu[n],
                state.memory[n],
                state.gpu_sum[n],
                sum(state.gpu_memory[n]),
                state.dpu[n],
                state.local_storage[n],
            )
            for n in range(facts.first_node, facts.first_node + facts.nodes)
        ]

    def moves(self, pool: int) -> int:
        """A number that stays as long as the room of the pool does."""
        return self._rules.moves[pool]

    def starts_now(self, shape: Shape, pool: int, estimate_us: int) -> bool:
        """Whether a job would start at once if it joined the line of the pool."""
        return self._rules.would_start(shape, pool, estimate_us)

    def brings_us(self, shape: Shape, pool: int) -> int:
        """How long until the data set of a job would be at a pool, with nobody else sending."""
        freight = self._rules.freight
        return 0 if freight is None else freight.brings_us(shape, pool, self.now_us)
