"""Plans as they are kept: in memory, in a run folder and in its measures."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

PLANNED = "planned"  # the status of a plan that was followed; any other says why it was not
NOW = "now"  # the part of time that the plan of every `every_s` is for
PACKING = "packing"  # the part of a plan that says what the rest of a device is worth
MIGRATIONS = "migrations"  # the part of a plan that moves jobs so that another starts


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan. `part` is `now`, `hour k` of the day to come, `packing` or `migrations`.

    `counts` are jobs by kind and group of pools, `binding` rows that the plan fills and what
    one more unit-second of each is worth by its prices, in CNY. Of packing, `counts` are shares
    by size, and prices are devices; of migrations, jobs by workload and pool. A plan that
    failed has no counts.
    """

    time_s: float
    part: str
    status: str
    solver: str
    objective: float
    bound: float
    gap: float
    counts: tuple[tuple[str, str, int], ...] = ()
    left_over: tuple[tuple[str, int], ...] = ()
    binding: tuple[tuple[str, float], ...] = ()


def failed(time_s: float, part: str, solver: str, why: str) -> PlanRow:
    """A plan that was none."""
    return PlanRow(time_s, part, why, solver, nan, nan, nan)
