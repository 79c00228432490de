"""What a dispatch policy sees and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from scheduler.books import Books
from scheduler.estate import Estate
from scheduler.shapes import Shape
from topology import Topology

Changes = Literal["never", "load", "time", "job"]


@dataclass(frozen=True, slots=True)
class View:
    """What a policy may know: the estate, distances, and the load of each pool now.

    `load(pool, resource)` is (allocated + queued) / sellable of that resource, by number in
    RESOURCES; `last(workload)` the pool that the workload's last job went to, -1 at first;
    `declared_us()` the estimate of the job that is ranked, before any factor of speed; `month`
    that of the start; `books` who runs and who waits, for policies that plan.
    """

    estate: Estate
    topology: Topology
    load: Callable[[int, int], float]
    last: Callable[[str], int]
    declared_us: Callable[[], int] = lambda: 0
    month: int = 1
    books: Books | None = None

    def name(self, pool: int) -> str:
        """The pool's name, which breaks ties."""
        return self.estate.pools[pool].name

    def delay_ms_from(self, region: str) -> Sequence[float]:
        """One-way delay from a region to each pool, by pool number."""
        to_site: np.ndarray = self.topology.region_delay_ms(region)
        return [float(to_site[p.site]) for p in self.estate.pools]


class Dispatch(Protocol):
    """Ranks the pools that a job of this shape may go to."""

    @property
    def changes(self) -> Changes:
        """How long an answer stays true."""

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """Pools, best first: an order of `shape.allowed`. Same view and draw, same answer."""
