"""Money, energy, coverage and the ledger of one scope, key by key."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from bench.cells import Floats, Groups, groups_of
from bench.costs import Bill
from bench.coverage import COVERAGE_SCOPES, coverage
from bench.ledger import cell_amounts, ledger, pool_amounts, resources_there
from bench.places import Places
from scenarios import Scenario

Part = TypeVar("Part")


def account(
    bill: Bill, scenario: Scenario, places: Places, scope: str, cells: Groups, finished: Floats
) -> dict[str, Floats]:
    """All measures of the keys of `cells`, which are the cells of `bill`."""
    key_of = places.pool.get(scope)
    pools = groups_of(list(key_of.values()), cells.keys) if key_of else None
    found = dict(bill.measures(cells, pools, finished))
    if key_of and scope in COVERAGE_SCOPES:
        found |= coverage(scenario.topology, cells.keys, key_of)
    if pools:
        found |= ledger(pool_amounts(bill), pools, resources_there(bill))
    elif scope == "tenant":
        found |= ledger(cell_amounts(bill), cells, resources_there(bill))
    return found


def aligned(groups: Groups, keys: Sequence[str]) -> Groups:
    """The same grouping with these keys in their order; cells of other keys belong to none."""
    place = {key: number for number, key in enumerate(keys)}
    number = np.array([*(place.get(key, -1) for key in groups.keys), -1], dtype=np.int64)
    return Groups(tuple(keys), number[groups.of_cell])


def seen(parts: Iterable[Part], by: Callable[[Part], None]) -> Iterator[Part]:
    """The parts, each shown to `by` in passing."""
    for part in parts:
        by(part)
        yield part
