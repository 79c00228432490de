"""Dispatch by plan: every few minutes a plan says what room is worth, and jobs go by it.

A plan is made when the first job comes after it is due: it looks at who runs and who waits, at
what the scenario declares of jobs to come, and counts how many of each kind should go where
(flows.py, optimise/flow.py). What a unit of room is worth to others by that plan is charged to
a job beside its own cost and the wait that is expected in each line (waits.py); it goes where
the sum is least. A second plan, for the day to come and made every twelve hours, prices what
a job holds beyond the horizon. Jobs that run for ever go to the nearest pool with room: where
they stand is a question of placement.

Where a plan fails for whatever reason, the fallback policy ranks until the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from scenarios import Scenario
from scheduler.bringing import Bringing
from scheduler.dispatch import Nearest
from scheduler.flows import S_H, US_S, Flows
from scheduler.learning import Pace
from scheduler.optimise.flow import Solve, planned_flow
from scheduler.optimise.flow_judge import FlowPlan, FlowProblem
from scheduler.optimise.patience import within
from scheduler.optimise.solvers import Limits, Solver, UnsolvedError
from scheduler.optimise.solvers import solve as solved
from scheduler.optimise.units import Made, binding
from scheduler.outlook import FAR
from scheduler.own_cost import US_H, Kind, Kinds, worth_to_others
from scheduler.plan_rows import NOW, PLANNED, PlanRow, failed
from scheduler.policy import Changes, Dispatch, View
from scheduler.shapes import Shape
from scheduler.stays import Held
from scheduler.waits import Waits

Floats = npt.NDArray[np.float64]
SOLVERS: Mapping[str, Solver] = {
    "auto": Solver.GLOP,  # questions of dispatch are small: some milliseconds
    "glop": Solver.GLOP,
    "pdlp": Solver.PDLP,
    "cp-sat": Solver.CP_SAT,
    "scip": Solver.SCIP,
    "highs": Solver.HIGHS,
}
WORK = 20_000  # iterations of a linear program for a `work_limit` of 1
DAY_EVERY_US = 12 * 3_600_000_000
DAY_PARTS, DAY_PART_US = 24, 3_600_000_000
MOST_HOURS = 168.0  # of a job, for what it costs


@dataclass(frozen=True, slots=True)
class Given:
    """What a planning policy is given of the run."""

    scenario: Scenario
    shapes: Any  # Shapes
    fallback: Dispatch
    solve: Solve = solved
    patience_s: float = 60.0  # wall time after which a solver counts as hung
    watch: Callable[[Made], None] | None = None  # told of each plan for what is now


@dataclass(slots=True)
class Planned:
    """Pools by a plan for the next hour: own cost, worth of the room to others, expected wait.

    Re-planned every `every_s` of simulated time; where a plan fails, `fallback` ranks until the
    next. `weights` (default: `objective`) are CNY, see docs/model.md.
    """

    changes: ClassVar[Changes] = "time"

    every_s: float = 300.0
    horizon_s: float = 3600.0
    fallback: str = "local-first"
    solver: str = "auto"
    work_limit: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict)
    given: Given | None = None
    rows: list[PlanRow] = field(default_factory=list, init=False)
    _desk: Desk | None = field(default=None, init=False)

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch."""
        if self._desk is None:
            assert self.given is not None
            self._desk = Desk(self, self.given, view)
        return self._desk.rank(shape, draw)

    def ended(self, held: Held, now_us: int) -> None:
        """Told of each job that ends."""
        if self._desk is not None:
            self._desk.pace.ended(held, now_us)


class Desk:
    """A planning policy at work in one run."""

    def __init__(self, policy: Planned, given: Given, view: View) -> None:
        scenario, books = given.scenario, view.books
        assert books is not None
        self.policy, self.given, self.view, self.books = policy, given, view, books
        self.weights = scenario.objective.model_copy(update=dict(policy.weights))
        self.pace = Pace()
        self.kinds = Kinds(self.weights)
        self.bringing = Bringing(scenario, books, self.weights)
        self.flows = Flows(scenario, given.shapes.all, self.kinds, view, books, self.pace)
        queue = scenario.policies.queue
        self.waits = Waits(view, books, self.pace, strict=queue.name == "fcfs")
        self.above = queue.options.get("at", "pool") != "pool"
        self.standing = Nearest()
        self.now: Floats | None = None  # (pools, ...) CNY of a unit-hour within the horizon
        self.day: Floats | None = None  # the same beyond it
        self.next_us = self.next_day_us = 0

    # -- a job -------------------------------------------------------------------------------

    def rank(self, shape: Shape, draw: int) -> list[int]:
        """The pools of the line where the sum is least, the best first."""
        now_us, estimate_us = self.books.now_us, self.view.declared_us()
        kind, once = self.kinds.of(shape, self.view)
        self.flows.came(shape, kind, now_us, estimate_us)
        if shape.endless:
            return self.standing.rank(shape, self.view, draw)
        if now_us >= self.next_us:
            self.plan(now_us)
        if self.now is None or self.day is None:
            return self.given.fallback.rank(shape, self.view, draw)
        work_h = estimate_us * self.pace.of(shape.ask.workload) / US_H
        hours = np.minimum(kind.factor * work_h, MOST_HOURS)
        price = kind.hour_cny * hours + once + self.weights.latency * hours
        if shape.ask.data_set is not None:
            price += self.bringing.cny(shape, kind)
        price += self._worth_to_others(kind, hours, self.now, self.day)
        return self._cheapest(shape, kind, price, estimate_us)

    def _worth_to_others(self, kind: Kind, hours: Floats, now: Floats, day: Floats) -> Floats:
        pools, amounts = list(kind.pools), kind.amounts * kind.nodes
        horizon_h = self.policy.horizon_s / S_H
        return worth_to_others(amounts, now[pools], day[pools], hours, horizon_h)

    def _cheapest(self, shape: Shape, kind: Kind, price: Floats, estimate_us: int) -> list[int]:
        """Looks at lines from the cheapest pool on until none can be cheaper."""
        order = np.argsort(price, kind="stable").tolist()
        per_us = (self.weights.wait + self.weights.latency) / US_H
        least, best = float("inf"), kind.pools[order[0]]
        for place in order:
            own = float(price[place])
            if own >= least:
                break
            wait_us = self.waits.wait_us(shape, kind.pools[place], estimate_us)
            if wait_us < FAR and own + per_us * wait_us < least:
                least, best = own + per_us * wait_us, kind.pools[place]
        line_of = self.view.estate.line_of
        there = [kind.pools[i] for i in order if line_of[kind.pools[i]] == line_of[best]]
        stand = shape.stand(best)
        brought_us = max(stand.transfer_in_us, self.books.brings_us(shape, best))
        travel_us = 0 if self.above else stand.dispatch_us + brought_us
        if travel_us:
            self.waits.send(best, shape, estimate_us, self.books.now_us + travel_us)
        return [best, *(pool for pool in there if pool != best)]

    # -- a plan ------------------------------------------------------------------------------

    def plan(self, now_us: int) -> None:
        """New prices, or none if a plan fails."""
        every_us = max(1, round(self.policy.every_s * US_S))
        self.next_us = (now_us // every_us + 1) * every_us
        horizon_us = max(US_S, round(self.policy.horizon_s * US_S))
        if now_us >= self.next_day_us or self.day is None:
            self.day = self._day(now_us)
            self.next_day_us = now_us + DAY_EVERY_US
        self.now = self._priced(NOW, now_us, now_us + horizon_us)

    def _day(self, now_us: int) -> Floats | None:
        """Mean prices over the parts of a day, each by what is declared of it."""
        found = []
        for part in range(DAY_PARTS):
            begin_us = now_us + part * DAY_PART_US
            prices = self._priced(f"hour {part + 1}", begin_us, begin_us + DAY_PART_US)
            if prices is None:
                return None
            found.append(prices)
        mean: Floats = np.sum(found, axis=0) / DAY_PARTS
        return mean

    def _priced(self, part: str, begin_us: int, end_us: int) -> Floats | None:
        """CNY of a unit-hour in each pool, (pools, resources and parts of a node)."""
        problem = self.flows.question(begin_us, end_us, stands=part != NOW)
        try:
            plan = self._solved(problem)
        except UnsolvedError as error:
            self.policy.rows.append(
                failed(self.books.now_us / US_S, part, self.policy.solver, str(error))
            )
            return None
        self.policy.rows.append(
            kept(self.books.now_us, part, self.policy.solver, problem, plan)
        )
        if self.given.watch and part == NOW:
            units = self.flows.units((end_us - begin_us) // US_S)
            self.given.watch(Made(self.books.now_us / 1e6, problem, plan, units))
        frame, by_group = self.flows.frame(), self.flows.hour_prices(plan.prices)
        found = np.zeros((len(frame.group_of), by_group.shape[1]))
        known = frame.group_of >= 0
        found[known] = by_group[frame.group_of[known]]
        return found

    def _solved(self, problem: FlowProblem) -> FlowPlan:
        """The plan.

        Raises:
            UnsolvedError: no plan that the judge passes within the patience.
        """
        solver, given = SOLVERS[self.policy.solver], self.given
        limits = Limits(given.patience_s, max(1.0, self.policy.work_limit * WORK))
        return within(
            given.patience_s, solver, lambda: planned_flow(problem, solver, limits, given.solve)
        )


def kept(now_us: int, part: str, solver: str, problem: FlowProblem, plan: FlowPlan) -> PlanRow:
    """A plan by names: what goes where, what is left over, what binds and what it is worth."""
    left = problem.count.copy()
    np.subtract.at(left, problem.class_of, plan.counts)
    binds = binding(problem, plan)
    return PlanRow(
        time_s=now_us / 1e6,
        part=part,
        status=PLANNED,
        solver=solver,
        objective=plan.objective,
        bound=plan.bound,
        gap=plan.gap,
        counts=tuple(
            (problem.classes[problem.class_of[k]], problem.pairs[k], int(plan.counts[k]))
            for k in np.flatnonzero(plan.counts).tolist()
        ),
        left_over=tuple(
            (problem.classes[c], int(left[c])) for c in np.flatnonzero(left).tolist()
        ),
        binding=tuple(
            (problem.rows[i], float(plan.prices[i])) for i in np.flatnonzero(binds).tolist()
        ),
    )
