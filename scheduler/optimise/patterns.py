"""What fits together on one node: every fullest mix of replicas, and on which devices.

Nodes of a pool are alike, so that a plan need only say how many of them hold which mix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scheduler.estate import UNKNOWN, PoolFacts
from scheduler.optimise.solvers import UnsolvedError
from scheduler.room import WHOLE_M, Need

MOST_PATTERNS = 4_000  # of one kind of node
MOST_TRIED = 400_000  # mixes looked at on the way

Counts = tuple[int, ...]
Devices = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Node:
    """An empty node: amounts of the four plain resources, and its devices."""

    plain: tuple[int, ...]
    devices: int
    device_memory_mib: int


def node_of(facts: PoolFacts) -> Node:
    """One node of a pool; what no source tells does not bind."""
    plain = (facts.vcpu_m, facts.memory_mib, facts.dpu_m, facts.local_storage_mb)
    return Node(plain, facts.devices, facts.device_memory_mib)


def plain_of(need: Need) -> tuple[int, ...]:
    """What a replica takes of the four plain resources."""
    return need.vcpu_m, need.memory_mib, need.dpu_m, need.local_storage_mb


def most_on(node: Node, need: Need, most: int) -> int:
    """How many of one kind fit on an empty node, at most `most`."""
    for there, asked in zip(node.plain, plain_of(need), strict=True):
        if asked and there != UNKNOWN:
            most = min(most, there // asked)
    if need.gpu_m:
        per_device = WHOLE_M // need.device_m
        if need.gpu_memory_mib and node.device_memory_mib != UNKNOWN:
            per_device = min(per_device, node.device_memory_mib // need.gpu_memory_mib)
        most = min(most, node.devices * per_device // need.devices)
    return max(most, 0)


def patterns(node: Node, needs: Sequence[Need], most: Sequence[int]) -> tuple[Counts, ...]:
    """Every mix of at most `most` of each need that fits, and to which nothing can be added.

    Raises:
        UnsolvedError: there are too many.
    """
    found = _patterns(node, tuple(needs), tuple(most))
    if found is None:
        raise UnsolvedError(f"placement: more than {MOST_PATTERNS:,} mixes fit on one node")
    return found


@lru_cache(maxsize=1_024)  # a hundred questions of one explanation have most nodes in common
def _patterns(node: Node, needs: tuple[Need, ...], most: Counts) -> tuple[Counts, ...] | None:
    if devices_of(node, needs, most) is not None:
        return (most,)  # all of them fit together
    found: list[Counts] = []
    for tried, counts in enumerate(_mixes(node, needs, most)):
        if tried > MOST_TRIED or len(found) > MOST_PATTERNS:
            return None
        if not any(_can_add(node, needs, most, counts, k) for k in range(len(needs))):
            found.append(counts)
    return tuple(found)


def _can_add(
    node: Node, needs: Sequence[Need], most: Sequence[int], counts: Counts, k: int
) -> bool:
    more = (*counts[:k], counts[k] + 1, *counts[k + 1 :])
    return more[k] <= most[k] and devices_of(node, needs, more) is not None


def _mixes(node: Node, needs: Sequence[Need], most: Sequence[int]) -> Iterator[Counts]:
    """All mixes that fit."""

    def grow(counts: Counts) -> Iterator[Counts]:
        k = len(counts)
        if k == len(needs):
            yield counts
            return
        for count in range(most[k] + 1):
            mix = (*counts, count, *(0 for _ in needs[k + 1 :]))
            if devices_of(node, needs, mix) is None:
                return
            yield from grow((*counts, count))

    yield from grow(())


def devices_of(node: Node, needs: Sequence[Need], counts: Counts) -> Devices | None:
    """The devices of each replica of a mix, needs in order; None where the mix does not fit."""
    for r, there in enumerate(node.plain):
        used = sum(plain_of(n)[r] * count for n, count in zip(needs, counts, strict=True))
        if used > there != UNKNOWN:
            return None
    rows = [need for need, count in zip(needs, counts, strict=True) for _ in range(count)]
    asking = [need for need in rows if need.gpu_m]
    if sum(need.gpu_m for need in asking) > node.devices * WHOLE_M:
        return None
    dealt = _dealt(node, asking) if asking else []
    if dealt is None:
        return None
    own = iter(dealt)
    return [next(own) if need.gpu_m else () for need in rows]


def _dealt(node: Node, rows: Sequence[Need]) -> Devices | None:
    """A deal of the devices, the largest needs first; devices that are alike are tried once."""
    order = sorted(range(len(rows)), key=lambda i: (-rows[i].gpu_m, -rows[i].gpu_memory_mib))
    free = [WHOLE_M] * node.devices
    endless = node.device_memory_mib == UNKNOWN
    memory = [1 << 60 if endless else node.device_memory_mib] * node.devices
    dealt: Devices = [() for _ in rows]
    trail = [_choices(rows[order[0]], free, memory)]  # a stack: mixes may be a thousand long
    while trail:
        at = len(trail) - 1
        need = rows[order[at]]
        for d in dealt[order[at]]:  # what was tried last comes back
            free[d] += need.device_m
            memory[d] += need.gpu_memory_mib
        dealt[order[at]] = next(trail[-1], ())
        if not dealt[order[at]]:
            trail.pop()
            continue
        for d in dealt[order[at]]:
            free[d] -= need.device_m
            memory[d] -= need.gpu_memory_mib
        if at + 1 == len(order):
            return dealt
        trail.append(_choices(rows[order[at + 1]], free, memory))
    return None


def _choices(need: Need, free: list[int], memory: list[int]) -> Iterator[tuple[int, ...]]:
    """Devices that could serve it: the lowest whole ones, or one of each kind for a share."""
    able = [
        d
        for d, left in enumerate(free)
        if left >= need.device_m and memory[d] >= need.gpu_memory_mib
    ]
    if need.gpu_m >= WHOLE_M:
        if len(able) >= need.devices:
            yield tuple(able[: need.devices])
        return
    alike: dict[tuple[int, int], int] = {}
    for d in able:
        alike.setdefault((free[d], memory[d]), d)
    for _, d in sorted(alike.items()):
        yield (d,)
