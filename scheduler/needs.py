"""What one node of a pool would have to give a job, and whether an empty one could."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios import Ask
from scheduler.estate import UNKNOWN, PoolFacts
from scheduler.room import WHOLE_M, Need


@dataclass(frozen=True, slots=True)
class Fit:
    """One demand on one kind of pool: what a node gives, and whether it ever could.

    `number` is that of the need.
    """

    number: int
    need: Need
    amounts: tuple[int, ...]
    could_hold: bool
    asks_unknown: bool


def demand_of_node(ask: Ask) -> tuple[int, ...]:
    """All that a need depends on but the pool, in the order of Need."""
    return (
        ask.vcpu_m,
        ask.memory_mib,
        ask.dpu_m,
        ask.local_storage_mb,
        ask.gpu_m,
        ask.gpu_memory_mib,
    )


def need_of(ask: Ask, pool: PoolFacts) -> Need:
    """What one node of `pool` gives: shares rounded up to slices, memory written out.

    Whole devices come with all their memory; a share without `gpu_memory_gib` with its part.
    """
    gpu_m, memory, there = ask.gpu_m, ask.gpu_memory_mib, max(pool.device_memory_mib, 0)
    if 0 < gpu_m < WHOLE_M and pool.accelerator and pool.accelerator.slices:
        gpu_m = min((s for s in pool.accelerator.slices if s >= gpu_m), default=WHOLE_M)
    if not gpu_m:
        memory = 0
    elif gpu_m >= WHOLE_M:
        memory = max(memory, there)
    elif memory < 0:
        memory = there * gpu_m // WHOLE_M  # down: shares that fill a device must fit its memory
    return Need(ask.vcpu_m, ask.memory_mib, ask.dpu_m, ask.local_storage_mb, gpu_m, memory)


def amounts_of(need: Need) -> tuple[int, ...]:
    """`need` in the order of RESOURCES; GPU memory is that of all devices taken."""
    return (
        need.vcpu_m,
        need.memory_mib,
        need.gpu_m,
        need.gpu_memory_mib * need.devices,
        need.dpu_m,
        need.local_storage_mb,
    )


def kind_of(pool: PoolFacts) -> tuple[object, ...]:
    """What decides how much of a pool a job takes: equal for pools of equal nodes and size."""
    slices = pool.accelerator.slices if pool.accelerator else ()
    return (
        pool.nodes,
        pool.vcpu_m,
        pool.memory_mib,
        pool.devices,
        pool.device_memory_mib,
        pool.dpu_m,
        pool.local_storage_mb,
        pool.sellable,
        slices,
    )


def _pairs(need: Need, pool: PoolFacts) -> tuple[tuple[int, int], ...]:
    """(asked, there) on one node; devices are looked at apart."""
    return (
        (need.vcpu_m, pool.vcpu_m),
        (need.memory_mib, pool.memory_mib),
        (need.dpu_m, pool.dpu_m),
        (need.local_storage_mb, pool.local_storage_mb),
        (need.gpu_memory_mib, pool.device_memory_mib),
    )


def could_hold(need: Need, pool: PoolFacts) -> bool:
    """An empty node would take it as far as is known; and the pool may sell that much."""
    if need.devices > pool.devices or not pool.nodes:
        return False
    if any(asked > there != UNKNOWN for asked, there in _pairs(need, pool)):
        return False
    sold = zip(amounts_of(need), pool.sellable, strict=True)
    return all(asked <= may or may == UNKNOWN for asked, may in sold)


def asks_unknown(need: Need, pool: PoolFacts) -> bool:
    """The pool has no figure for something that is asked for."""
    return any(asked > 0 and there == UNKNOWN for asked, there in _pairs(need, pool))


def members_when_empty(need: Need, pool: PoolFacts) -> int:
    """How many members, each on a node of its own, the empty pool holds and may sell."""
    most = pool.nodes
    for asked, may in zip(amounts_of(need), pool.sellable, strict=True):
        if asked and may != UNKNOWN:
            most = min(most, may // asked)
    return most
