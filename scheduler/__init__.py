"""What happens: the only clock, the only mutable state, the solver."""

from scheduler.audit import LawBrokenError
from scheduler.engine import Progress
from scheduler.levels import Levels
from scheduler.optimise.planning import PlanFound, plan_of
from scheduler.optimise.problem import (
    AssignmentPlan,
    AssignmentProblem,
    TwoStagePlan,
    TwoStageProblem,
)
from scheduler.reasons import REASONS, STATES
from scheduler.records import JobTable, Records, Sink
from scheduler.reference import two_timeouts_a_job
from scheduler.registry import POLICIES, PolicyRow, policy_rows
from scheduler.simulation import simulate
from scheduler.state import OverdrawnError
from scheduler.stories import StayTable

__all__ = [
    "POLICIES",
    "REASONS",
    "STATES",
    "AssignmentPlan",
    "AssignmentProblem",
    "JobTable",
    "LawBrokenError",
    "Levels",
    "OverdrawnError",
    "PlanFound",
    "PolicyRow",
    "Progress",
    "Records",
    "Sink",
    "StayTable",
    "TwoStagePlan",
    "TwoStageProblem",
    "plan_of",
    "policy_rows",
    "simulate",
    "two_timeouts_a_job",
]
