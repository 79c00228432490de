"""Which rule keeps the jobs of a workload out of which pools, by the engine's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from scenarios import Ask, Scenario
from scheduler.estate import estate_of
from scheduler.reasons import REASONS
from scheduler.shapes import Shapes

MOST_ASKS = 500  # of one workload; of more kinds of jobs every n-th is looked at

Shares = npt.NDArray[np.float64]


def barriers(
    scenario: Scenario, asks: Iterable[Ask], workloads: Iterable[str]
) -> Mapping[str, Mapping[str, Shares]]:
    """Workload -> rule -> of each pool, in file order, the share of its asks that it keeps out.

    A pool is booked to the first rule that is against it, in the order of contracts §4; the
    asks of a workload, one a region, count alike.
    """
    own: dict[str, list[Ask]] = {name: [] for name in workloads}
    for ask in asks:
        if ask.workload in own:
            own[ask.workload].append(ask)
    shapes = Shapes(scenario, estate_of(scenario))
    return {name: _shares(shapes, found) for name, found in own.items() if found}


def _shares(shapes: Shapes, asks: list[Ask]) -> dict[str, Shares]:
    some = asks[:: -(-len(asks) // MOST_ASKS)]
    rules = np.stack([shapes.barred(ask) for ask in some])
    return {REASONS[rule]: (rules == rule).mean(axis=0) for rule in np.unique(rules) if rule}
