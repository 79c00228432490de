"""The solver: plain problems in, judged plans out.

A front door of its own beside the room's, for OR-Tools takes a third of a second to load and
most runs plan nothing. `solvers.py` is the door to OR-Tools.
"""

from scheduler.optimise.planning import PlanFound, plan_of
from scheduler.optimise.problem import (
    AssignmentPlan,
    AssignmentProblem,
    TwoStagePlan,
    TwoStageProblem,
)
from scheduler.optimise.reassignment import (
    Balance,
    MoveWeights,
    ReassignmentPlan,
    ReassignmentProblem,
    lower_bound,
)
from scheduler.optimise.reassignment_judge import cost as reassignment_cost
from scheduler.optimise.reassignment_judge import faults as reassignment_faults
from scheduler.optimise.reassignment_search import Search, solved_whole
from scheduler.optimise.reassignment_state import Tables

__all__ = [
    "AssignmentPlan",
    "AssignmentProblem",
    "Balance",
    "MoveWeights",
    "PlanFound",
    "ReassignmentPlan",
    "ReassignmentProblem",
    "Search",
    "Tables",
    "TwoStagePlan",
    "TwoStageProblem",
    "lower_bound",
    "plan_of",
    "reassignment_cost",
    "reassignment_faults",
    "solved_whole",
]
