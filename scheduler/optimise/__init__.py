"""The solver: plain problems in, judged plans out.

A front door of its own beside the room's, for OR-Tools takes a third of a second to load and
most runs plan nothing. `solvers.py` is the door to OR-Tools.
"""

from scheduler.optimise.explaining import Explanation, explained
from scheduler.optimise.planning import PlanFound, plan_of
from scheduler.optimise.problem import (
    AssignmentPlan,
    AssignmentProblem,
    TwoStagePlan,
    TwoStageProblem,
)

__all__ = [
    "AssignmentPlan",
    "AssignmentProblem",
    "Explanation",
    "PlanFound",
    "TwoStagePlan",
    "TwoStageProblem",
    "explained",
    "plan_of",
]
