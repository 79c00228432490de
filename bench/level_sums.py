"""Levels added up over time: what each pool could sell, had promised and used."""

from collections.abc import Iterable
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
    fragmented: Floats | None = None  # by pool, GPUs only; None where levels do not say


def level_sums(chunks: Iterable[Levels]) -> LevelSums:
    """Levels weighted by the length of their steps, of which the last may be shorter."""
    length_us = 0
    allocated = used = np.zeros((1, 1, 1))
    fragmented: Floats | None = np.zeros((1, 1))
    for levels in chunks:
        length_us += round_us(levels.length_s)
        weight = levels.length_s[:, np.newaxis, np.newaxis]
        allocated = gone_on(allocated, levels.allocated * weight)
        used = gone_on(used, levels.used * weight)
        if fragmented is not None:
            pieces = levels.fragmented
            fragmented = (
                None if pieces is None else gone_on(fragmented, pieces * weight[:, :, 0])
            )
    known = levels.capacity >= 0  # not nan, and not a mark for unknown
    return LevelSums(
        pools=levels.pools,
        sellable=np.where(known, levels.capacity, 0.0) * (length_us / 1e6),
        allocated=np.where(known, allocated[0], 0.0),
        used=np.where(known, used[0], 0.0),
        fragmented=None if fragmented is None else fragmented[0],
    )


def round_us(length_s: Floats) -> int:
    """The sum of these lengths: whole microseconds add up the same in any chunks."""
    return int(np.rint(length_s * 1e6).astype(np.int64).sum())


def gone_on(total: Floats, steps: Floats) -> Floats:
    """The total and these steps, one after the other, as one step."""
    start = np.broadcast_to(total, (1, *steps.shape[1:]))
    found: Floats = np.sum(np.concatenate([start, steps]), axis=0, keepdims=True)
    return found
