"""One more of what a plan may lack, and which rows of a plan bind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.optimise.flow_judge import FlowPlan, FlowProblem, used_of

Ints = npt.NDArray[np.int64]
BINDING = 0.999  # share of a limit that is used, from which on it binds


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One more of something: what it adds to which rows of a question.

    A node of pool `name` (or of one of those `like` it, which no plan tells apart), one unit of
    a tenant's quota (`name`: tenant and resource) or 1 Gbit/s of a link.
    """

    kind: str
    name: str
    like: tuple[str, ...]
    rows: Ints
    added: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A plan for what is now, with its question, and one more of all that it may lack."""

    time_s: float
    problem: FlowProblem
    plan: FlowPlan
    units: tuple[Unit, ...]


def binding(problem: FlowProblem, plan: FlowPlan) -> npt.NDArray[np.bool_]:
    """Rows that the whole jobs of a plan fill, or that its prices say are full.

    Where the last job is too large for what is left, only the price tells: it is then above
    what the last part of the room costs by crowding.
    """
    filled = used_of(problem, plan.counts) >= BINDING * problem.limit
    crowded = problem.worth * problem.tiers[-1][1] / np.maximum(problem.limit, 1)
    dear = plan.prices > crowded * (1 + 1e-6) + 1e-15
    found: npt.NDArray[np.bool_] = (problem.limit > 0) & (filled | dear)
    return found
