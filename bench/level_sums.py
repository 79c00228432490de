"""Levels added up over time: what each pool could sell, had promised and used."""

from dataclasses import dataclass

import numpy as np

from bench.cells import Floats
from scheduler import Levels


@dataclass(frozen=True, slots=True)
class LevelSums:
    """Resource-seconds by (pool, resource); all zero where the capacity is unknown."""

    pools: tuple[str, ...]
    sellable: Floats
    allocated: Floats
    used: Floats


def level_sums(levels: Levels) -> LevelSums:
    """Levels weighted by the length of their steps, of which the last may be shorter."""
    known = levels.capacity >= 0  # not nan, and not a mark for unknown
    length_s = levels.length_s[:, np.newaxis, np.newaxis]
    return LevelSums(
        pools=levels.pools,
        sellable=np.where(known, levels.capacity, 0.0) * float(np.sum(levels.length_s)),
        allocated=np.where(known, np.sum(levels.allocated * length_s, axis=0), 0.0),
        used=np.where(known, np.sum(levels.used * length_s, axis=0), 0.0),
    )
