"""Workloads whose jobs no pool could ever take, told before a run by the engine's own rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scenarios import Ask, Scenario, Trace
from scheduler.estate import UNKNOWN, PoolFacts, estate_of
from scheduler.reasons import REASONS, Reason
from scheduler.shapes import Shape, Shapes

MOST_ASKS = 5_000  # of one trace; one with more kinds of jobs is not judged


@dataclass(frozen=True, slots=True)
class NeverServed:
    """Jobs of a workload that are refused whatever else happens.

    `reason` is the most frequent of their refusals; `detail` tells the amount that is too much,
    empty where none is. They come from `regions` of the `of_regions` of the workload.
    """

    workload: str
    reason: str
    detail: str
    regions: int
    of_regions: int


def never_served(scenario: Scenario, asks: Iterable[Ask]) -> tuple[NeverServed, ...]:
    """What could never be served, in file order; of traces only those refused as a whole.

    `asks` are those of the demand of this resolved scenario.
    """
    shapes = Shapes(scenario, estate_of(scenario))
    own: dict[str, list[Ask]] = {}
    for ask in asks:
        own.setdefault(ask.workload, []).append(ask)
    found = []
    for workload in scenario.workloads:
        its = own.get(workload.name, [])
        refused = _refused(shapes, its, whole=isinstance(workload, Trace))
        if refused:
            found.append(_told(shapes, refused, len(its)))
    return tuple(found)


def _refused(shapes: Shapes, asks: Sequence[Ask], *, whole: bool) -> list[Shape]:
    """The asks that are refused; `whole`: none unless all are."""
    if whole and len(asks) > MOST_ASKS:
        return []
    refused = []
    for ask in asks:
        shapes.add([ask])
        if shapes.all[-1].refusal:
            refused.append(shapes.all[-1])
        elif whole:
            return []
    return refused


def _told(shapes: Shapes, refused: list[Shape], asks: int) -> NeverServed:
    """The most frequent refusal; of equally many the first of contracts §4."""
    counts = Counter(shape.refusal for shape in refused)
    reason = min(counts, key=lambda one: (-counts[one], one))
    example = next(shape for shape in refused if shape.refusal is reason)
    detail = _detail(example, shapes.before(example))
    return NeverServed(example.ask.workload, REASONS[reason], detail, len(refused), asks)


def _detail(shape: Shape, pools: Sequence[PoolFacts]) -> str:
    if shape.refusal is Reason.SECURITY_LEVEL:
        most = max(pool.security_level for pool in pools)
        return (
            f"security_level {shape.ask.security_level}; the highest that it may use is {most}"
        )
    if shape.refusal is Reason.TOO_BIG:
        return _too_much(shape.ask, pools)
    return ""


def _too_much(ask: Ask, pools: Sequence[PoolFacts]) -> str:
    """The first demand that is more than any node has; empty if only all together is."""
    rows = (
        ("vcpu", ask.vcpu_m, [pool.vcpu_m for pool in pools], 1000),
        ("memory_gib", ask.memory_mib, [pool.memory_mib for pool in pools], 1024),
        ("gpu", ask.gpu_m, [pool.devices * 1000 for pool in pools], 1000),
        (
            "gpu_memory_gib",
            ask.gpu_memory_mib,
            [pool.device_memory_mib for pool in pools],
            1024,
        ),
        ("dpu_share", ask.dpu_m, [pool.dpu_m for pool in pools], 1000),
        ("local_storage_gb", ask.local_storage_mb, [p.local_storage_mb for p in pools], 1000),
    )
    for key, asked, there, scale in rows:
        if UNKNOWN not in there and asked > max(there):
            has = f"{max(there) / scale:,.15g}"
            return f"{key} {asked / scale:.15g}; the largest that it may use has {has}"
    return ""
