"""Packing by plan: a share goes where the rest of a device loses least of its worth.

What a rest is worth says a linear program (optimise/device_prices.py) over the shares that
the scenario declares and those that have come so far. It is made when the first job comes
after it is due, so that it hangs on nothing but who has come. Where worth is equal, and for
whole devices, fgd decides. Where a plan fails, the fallback scores until the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduler.fragments import Fgd, Job, Typical
from scheduler.optimise.batches import HUNDREDTHS, NOWHERE, ROUNDED
from scheduler.optimise.device_prices import (
    WORK,
    DevicePlan,
    Shares,
    Solve,
    device_plan,
    shares_of,
)
from scheduler.optimise.patience import within
from scheduler.optimise.solvers import Limits, Solver, UnsolvedError
from scheduler.optimise.solvers import solve as solved
from scheduler.packing import Packing, fullest
from scheduler.plan_rows import PACKING, PLANNED, PlanRow, failed
from scheduler.room import WHOLE_M, Ints, Need, Room
from scheduler.shapes import Shape

US_S = 1_000_000
KEPT_SCORES = 4_000_000  # scores remembered over all needs, about 64 MB


@dataclass(frozen=True, slots=True)
class Given:
    """What a planning policy is given of the run."""

    typical: Typical
    declared: Sequence[Job]
    fallback: Packing
    solve: Solve = solved
    patience_s: float = 60.0  # wall time after which a solver counts as hung


@dataclass(slots=True)
class Planned:
    """Where the rest of the device loses least worth by a plan, then as fgd.

    Re-planned every `every_s` of simulated time; where a plan fails, `fallback` scores until
    the next. At most `migrations` jobs are moved in that time so that others can start.
    """

    every_s: float = 300.0
    fallback: str = "fgd"
    migrations: int = 0
    given: Given | None = None
    plans: list[PlanRow] = field(default_factory=list, init=False)
    _mix: dict[int, int] | None = field(default=None, init=False)
    _worth: Ints | None = field(default=None, init=False)  # (1001,) thousandths of a hundredth
    _fgd: Fgd | None = field(default=None, init=False)
    _next_us: int = field(default=0, init=False)
    _shares: Shares | None = field(default=None, init=False)
    _known: dict[Need, tuple[Ints, Ints]] = field(default_factory=dict, init=False)

    @property
    def parts(self) -> Given:
        """What it was given."""
        assert self.given is not None
        return self.given

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """The score of fgd, and for a share ten less a hundredth of a device lost."""
        if self._worth is None:
            return self.parts.fallback.score(need, room, nodes)
        fgd = self._by_fgd()
        if not 0 < need.gpu_m < WHOLE_M:
            return fgd.score(need, room, nodes)
        scores, version = self._row(need, len(room.version))
        stale = nodes[version[nodes] != room.version[nodes]]
        if len(stale):
            found, at, _ = self._shared(need, room, stale)
            best = np.full(len(stale), NOWHERE)
            np.maximum.at(best, at, found)
            scores[stale], version[stale] = best, room.version[stale]
        return scores[nodes]

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The best scored of the devices that fit a share, else the lowest free ones."""
        if self._worth is None:
            return self.parts.fallback.device(need, room, node)
        if not 0 < need.gpu_m < WHOLE_M:
            return fullest(need, room, node)
        scores, _, devices = self._shared(need, room, np.array([node]))
        return (int(devices[scores.argmax()]),)

    def _by_fgd(self) -> Fgd:
        if self._fgd is None:
            self._fgd = Fgd(self.parts.typical)
        return self._fgd

    def _shared(self, need: Need, room: Room, nodes: Ints) -> tuple[Ints, Ints, Ints]:
        """For every node and device worth trying: score, index into `nodes`, device."""
        assert self._worth is not None
        scores, at, devices = self._by_fgd().shared(need, room, nodes)
        rest = room.gpu_free[nodes[at], devices]
        lost = self._worth[rest] - self._worth[rest - need.gpu_m]
        return scores - ROUNDED * ((lost + WHOLE_M // 2) // WHOLE_M), at, devices

    def _row(self, need: Need, nodes: int) -> tuple[Ints, Ints]:
        """Remembered scores of a need and what they were made for; the oldest go first."""
        if need not in self._known:
            if len(self._known) >= max(KEPT_SCORES // max(nodes, 1), 1):
                del self._known[next(iter(self._known))]
            self._known[need] = np.zeros(nodes, np.int64), np.full(nodes, -1, np.int64)
        return self._known[need]

    # -- a plan ------------------------------------------------------------------------------

    def came(self, shape: Shape, now_us: int) -> None:
        """Told of each job that comes."""
        if self._mix is None:
            self._mix = {}
            for need, _, weight in self.parts.declared:
                self._count(need.gpu_m, round(weight))
        if shape.allowed:
            self._count(shape.stand(shape.allowed[0]).need.gpu_m, shape.nodes)
        if now_us >= self._next_us:
            every_us = max(1, round(self.every_s * US_S))
            self._next_us = (now_us // every_us + 1) * every_us
            self._plan(now_us, shares_of(self._mix))

    def _count(self, gpu_m: int, jobs: int) -> None:
        if self._mix is not None and 0 < gpu_m < WHOLE_M:
            self._mix[gpu_m] = self._mix.get(gpu_m, 0) + jobs

    def _plan(self, now_us: int, shares: Shares) -> None:
        """New prices, or none if the plan fails."""
        self._known.clear()
        try:
            plan = self._solved(shares)
        except UnsolvedError as error:
            self._worth = None
            self.plans.append(failed(now_us / US_S, PACKING, "glop", str(error)))
            return
        self._worth = np.rint(plan.worth * HUNDREDTHS * WHOLE_M).astype(np.int64)
        self.plans.append(kept(now_us, plan))

    def _solved(self, shares: Shares) -> DevicePlan:
        """The plan.

        Raises:
            UnsolvedError: no plan that the judge passes within the patience.
        """
        given = self.parts
        limits = Limits(given.patience_s, WORK)
        return within(
            given.patience_s, Solver.GLOP, lambda: device_plan(shares, given.solve, limits)
        )


def kept(now_us: int, plan: DevicePlan) -> PlanRow:
    """A plan by names: how many shares of each size, and what each is worth in devices."""
    names = [f"gpu {size / WHOLE_M:g}" for size in plan.shares.sizes.tolist()]
    counts = plan.shares.counts.tolist()
    return PlanRow(
        time_s=now_us / US_S,
        part=PACKING,
        status=PLANNED,
        solver="glop",
        objective=plan.objective,
        bound=plan.bound,
        gap=plan.gap,
        counts=tuple((name, "devices", n) for name, n in zip(names, counts, strict=True)),
        binding=tuple(zip(names, plan.prices.tolist(), strict=True)),
    )
