"""A problem in, a judged plan out: by the models that are found to reach, and a bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from scheduler.optimise.assignment import find_assignment
from scheduler.optimise.judge import cost, faults
from scheduler.optimise.problem import AssignmentProblem, Plan, Problem
from scheduler.optimise.solvers import UnsolvedError
from scheduler.optimise.two_stage import find_two_stage

PROVEN = 1e-7  # relative; below a solver's tolerance nothing is proven


@dataclass(frozen=True, slots=True)
class PlanFound:
    """What came out; without a plan `status` says why, `objective` is exact money."""

    plan: Plan | None
    objective: Fraction | None
    bound: float | None
    status: str
    faults: tuple[str, ...] = ()


def plan_of(problem: Problem, seconds: float, rng: np.random.Generator) -> PlanFound:
    """The best plan within about `seconds`, judged; never an exception for a hard problem."""
    plan: Plan
    try:
        if isinstance(problem, AssignmentProblem):
            plan, bound = find_assignment(problem, seconds, rng)
        else:
            plan, bound = find_two_stage(problem, seconds)
    except UnsolvedError as error:
        return PlanFound(None, None, None, f"no plan: {error}")
    return judged(problem, plan, bound)


def judged(problem: Problem, plan: Plan, bound: float) -> PlanFound:
    """The plan with its true cost, or with its faults and none.

    A bound above the cost by a solver's tolerance is cut; a larger excess is a fault of the
    bound and leaves none.
    """
    found = faults(problem, plan)
    if found:
        return PlanFound(plan, None, None, f"no plan: {found[0]}", tuple(found))
    objective = cost(problem, plan)
    money = float(objective)
    slack = PROVEN * max(1.0, abs(money))
    if not math.isfinite(bound) or bound > money + slack:
        return PlanFound(plan, objective, None, "feasible")
    proven = bound >= money - slack
    return PlanFound(plan, objective, min(bound, money), "optimal" if proven else "feasible")
