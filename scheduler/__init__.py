"""What happens: the only clock, the only mutable state, the solver."""

from scheduler.audit import LawBrokenError
from scheduler.barriers import barriers
from scheduler.copies import Copy
from scheduler.engine import Progress
from scheduler.fair_rates import max_min
from scheduler.flow_table import FlowTable
from scheduler.fulfilment import Stand, refusals, stands_of, unmet
from scheduler.levels import Levels, joined_levels
from scheduler.never import NeverServed, never_served
from scheduler.offered import Offered, offered
from scheduler.plan_rows import MIGRATIONS, NOW, PACKING, PLANNED, PlanRow
from scheduler.reasons import REASONS, STATES
from scheduler.records import JobTable, Records, Sink
from scheduler.reference import two_timeouts_a_job
from scheduler.registry import POLICIES, PolicyRow, policy_rows
from scheduler.sending import Route, Transfer
from scheduler.shapes import QUOTA_KEYS
from scheduler.simulation import simulate
from scheduler.state import OverdrawnError
from scheduler.stories import StayTable
from scheduler.transfers import Transfers

__all__ = [
    "MIGRATIONS",
    "NOW",
    "PACKING",
    "PLANNED",
    "POLICIES",
    "QUOTA_KEYS",
    "REASONS",
    "STATES",
    "Copy",
    "FlowTable",
    "JobTable",
    "LawBrokenError",
    "Levels",
    "NeverServed",
    "Offered",
    "OverdrawnError",
    "PlanRow",
    "PolicyRow",
    "Progress",
    "Records",
    "Route",
    "Sink",
    "Stand",
    "StayTable",
    "Transfer",
    "Transfers",
    "barriers",
    "joined_levels",
    "max_min",
    "never_served",
    "offered",
    "policy_rows",
    "refusals",
    "simulate",
    "stands_of",
    "two_timeouts_a_job",
    "unmet",
]
