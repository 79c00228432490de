"""Levels as rows: which pools, lines and resources have a row in each step.

Resources that no pool has are left out, and pools without a resource have no row for it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduler import Levels
from topology import RESOURCES

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class LevelRows:
    """Which rows one step has: its place, resource, pool and line by number (-1 = none)."""

    names: tuple[str, ...]
    place: NDArray[np.int64]
    resource: NDArray[np.int64]
    pool: NDArray[np.int64]
    line: NDArray[np.int64]

    def of_pools(self, table: Array) -> Array:
        """(pools, resources) as rows; nan above pools."""
        return np.where(self.pool >= 0, table[self.pool, self.resource], np.nan)

    def of_steps(self, table: Array) -> Array:
        """(steps, pools, resources) as rows; nan above pools."""
        taken: Array = np.where(self.pool >= 0, table[:, self.pool, self.resource], np.nan)
        return taken.ravel()

    def of_lines(self, table: Array) -> Array:
        """(steps, lines, resources) as rows; nothing queues where there is no line."""
        if not table.shape[1]:
            return np.zeros(len(table) * len(self.line))
        taken: Array = np.where(self.line >= 0, table[:, self.line, self.resource], 0.0)
        return taken.ravel()


def level_rows(chunk: Levels) -> LevelRows:
    """The rows of each step of these levels."""
    pools, lines = chunk.pools, chunk.lines
    known = frozenset(pools)
    names = (*pools, *(line for line in lines if line not in known))
    has = chunk.installed != 0  # nan, unknown, counts as there
    there = [
        (place, resource)
        for place in range(len(names))
        for resource in range(len(RESOURCES))
        if (has[place, resource] if place < len(pools) else has[:, resource].any())
    ]
    place, resource = np.array(there, dtype=np.int64).reshape(-1, 2).T
    line_of = {name: number for number, name in enumerate(lines)}
    return LevelRows(
        names=names,
        place=place,
        resource=resource,
        pool=np.where(place < len(pools), place, -1),
        line=np.array([line_of.get(name, -1) for name in names], dtype=np.int64)[place],
    )
