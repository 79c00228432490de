"""The solver: plain problems in, judged plans out.

A front door of its own beside the room's, for OR-Tools takes a third of a second to load and
most runs plan nothing. `solvers.py` is the door to OR-Tools.
"""

from scheduler.optimise.batches import Fleet, Jobs, batch_faults, batches_packed
from scheduler.optimise.count_planning import CountPlanner, Effort, count_plan_of
from scheduler.optimise.count_ways import (
    build_seconds,
    first_fit,
    greedy_plan_of,
    pairs_in,
    relaxed_again,
    relaxed_at_once,
)
from scheduler.optimise.counts import CountPlan, CountProblem, Side
from scheduler.optimise.explaining import Explanation, explained
from scheduler.optimise.fullness import Fullness, fullness, rated
from scheduler.optimise.packing_counts import Packing, PackingProblem, packing_of
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
from scheduler.optimise.reassignment_relaxed import relaxes
from scheduler.optimise.reassignment_search import Search, solved_whole, worse_at
from scheduler.optimise.reassignment_state import Moves, State, Tables
from scheduler.optimise.replay import worths
from scheduler.optimise.replay_parts import Worth
from scheduler.optimise.scarcity import Scarce, scarcest

__all__ = [
    "AssignmentPlan",
    "AssignmentProblem",
    "Balance",
    "CountPlan",
    "CountPlanner",
    "CountProblem",
    "Effort",
    "Explanation",
    "Fleet",
    "Fullness",
    "Jobs",
    "MoveWeights",
    "Moves",
    "Packing",
    "PackingProblem",
    "PlanFound",
    "ReassignmentPlan",
    "ReassignmentProblem",
    "Scarce",
    "Search",
    "Side",
    "State",
    "Tables",
    "TwoStagePlan",
    "TwoStageProblem",
    "Worth",
    "batch_faults",
    "batches_packed",
    "build_seconds",
    "count_plan_of",
    "explained",
    "first_fit",
    "fullness",
    "greedy_plan_of",
    "lower_bound",
    "packing_of",
    "pairs_in",
    "plan_of",
    "rated",
    "reassignment_cost",
    "reassignment_faults",
    "relaxed_again",
    "relaxed_at_once",
    "relaxes",
    "scarcest",
    "solved_whole",
    "worse_at",
    "worths",
]
