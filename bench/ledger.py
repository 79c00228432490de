"""The one ledger (资源一本账): how much of each resource there was, and what became of it.

Means over [warm-up, horizon) in units. Every line is the sum of the pools, or of the cells of
jobs, that belong to it; sums are of amounts, never of shares.
"""

from collections.abc import Mapping

import numpy as np

from bench.cells import Floats, Groups
from bench.costs import Bill
from bench.measures import ledger_name
from topology import RESOURCES

Amounts = Mapping[str, Floats]


def pool_amounts(bill: Bill) -> Amounts:
    """Each kind by pool (pools, resources); nan where a capacity is unknown."""
    course = bill.course
    hours = course.hours or np.nan
    allocated, used = course.allocated_h / hours, course.used_h / hours
    return {
        "installed": course.installed,
        "sellable": course.sellable,
        "allocated": allocated,
        "used": used,
        "idle": allocated - used,
        "unallocated": course.sellable - allocated,
    }


def cell_amounts(bill: Bill) -> Amounts:
    """What the jobs of each cell held (cells, resources)."""
    hours = bill.course.hours or np.nan
    allocated, used = bill.allocated_h / hours, bill.used_h / hours
    return {"allocated": allocated, "used": used, "idle": allocated - used}


def ledger(amounts: Amounts, groups: Groups, there: tuple[str, ...]) -> dict[str, Floats]:
    """The lines of the keys of a scope, of those resources."""
    return {
        ledger_name(kind, resource): groups.total(values[:, RESOURCES.index(resource)])
        for resource in there
        for kind, values in amounts.items()
    }


def resources_there(bill: Bill) -> tuple[str, ...]:
    """Resources that some pool has, or may have where that is unknown."""
    installed = bill.course.installed
    has = (installed != 0).any(axis=0)
    return tuple(r for r, any_ in zip(RESOURCES, has.tolist(), strict=True) if any_)
