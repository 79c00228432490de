"""What a job asks for, in the whole numbers that the engine counts with."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from scenarios.requirements import Use, UseByResource, UseLevel, Within
from scenarios.workload import Jobs, Replicas, Trace
from topology import RESOURCES, Traffic

# stays_within from strict to loose; `site` is stricter than any administrative level
STRICTNESS = ("site", "township", "county", "city", "province", "nation")

ALL_USED = tuple((resource, 1.0) for resource in RESOURCES)


class ClassRules(Protocol):
    """What a data class demands (a row of a scenario's `data_classes`)."""

    @property
    def name(self) -> str:
        """The data class."""

    @property
    def stays_within(self) -> str:
        """How far its data may go."""

    @property
    def security_level(self) -> int:
        """The level that a pool needs."""


@dataclass(frozen=True, slots=True)
class Ask:
    """All that a policy may ask of a job but its id and its times; many jobs share one.

    `_m` are thousandths (rounded up from vCPU, GPU and DPU shares). `nodes` members of a gang
    each ask for all of it. `gpu_memory_mib` is -1 where the default counts (the share of the
    device's). `stays_within` and `security_level` are the stricter of the job's own and its
    data class's. `use` is the mean share of the allocation that is busy, for each resource.
    `run_is_fixed` marks jobs of a trace whose run time holds on every chip, class or not;
    `replica` those that are placed before the clock starts.
    """

    workload: str
    tenant: str
    region: str | None = None
    klass: str | None = None
    vcpu_m: int = 0
    memory_mib: int = 0
    gpu_m: int = 0
    gpu_memory_mib: int = -1
    dpu_m: int = 0
    local_storage_mb: int = 0
    nodes: int = 1
    gang_within: Within = "pool"
    chips: tuple[str, ...] = ()
    isa: tuple[str, ...] = ()
    stack: tuple[str, ...] = ()
    domestic_only: bool = False
    safe_reliable_only: bool = False
    security_level: int = 1
    data_class: str | None = None
    stays_within: str | None = None
    data_at: str | None = None
    input_mb: int = 0
    output_mb: int = 0
    priority: int = 0
    preemptible: bool = False
    checkpoint_us: int | None = None
    on: str | None = None
    use: tuple[tuple[str, float], ...] = ALL_USED
    forever: bool = False
    run_is_fixed: bool = False
    traffic: Traffic = "sharing"
    data_set: str | None = None
    replica: bool = False


def rounded_up(amount: float, scale: int) -> int:
    """`amount` x `scale` as the next whole number; noise below 1e-6 of one adds nothing."""
    return math.ceil(round(amount * scale, 6))


def stricter(one: str | None, other: str | None) -> str | None:
    """The stricter of two `stays_within`; None stays anywhere."""
    given = [level for level in (one, other) if level is not None]
    return min(given, key=STRICTNESS.index, default=None)


def under_class(ask: Ask, data_classes: Iterable[ClassRules]) -> Ask:
    """The ask with what its data class demands on top: residency and security level.

    Raises:
        KeyError: the data class is not among `data_classes`.
    """
    if ask.data_class is None:
        return ask
    rules = {rule.name: rule for rule in data_classes}[ask.data_class]
    return replace(
        ask,
        stays_within=stricter(ask.stays_within, rules.stays_within),
        security_level=max(ask.security_level, rules.security_level),
    )


def ask_of(
    workload: Jobs | Replicas, data_classes: Iterable[ClassRules], region: str | None
) -> Ask:
    """The ask of a job of this workload that comes from `region`."""
    demand = workload.demand
    ask = replace(
        own_ask(workload, region),
        vcpu_m=rounded_up(demand.vcpu, 1000),
        memory_mib=rounded_up(demand.memory_gib, 1024),
        gpu_m=rounded_up(demand.gpu, 1000),
        gpu_memory_mib=gpu_memory_mib(demand.gpu_memory_gib),
        dpu_m=rounded_up(demand.dpu_share, 1000),
        local_storage_mb=rounded_up(demand.local_storage_gb, 1000),
        nodes=demand.nodes,
        gang_within=demand.gang_within,
    )
    return under_class(ask, data_classes)


def gpu_memory_mib(gib: float | None) -> int:
    """MiB of device memory, -1 where the device's share is meant."""
    return -1 if gib is None else rounded_up(gib, 1024)


def own_ask(workload: Jobs | Trace | Replicas, region: str | None) -> Ask:
    """What the workload says besides demand and data class (a trace's rows may change it)."""
    chips, data, work = workload.chips, workload.data, workload.work
    every_h = workload.checkpoint_every_h
    return Ask(
        workload=workload.name,
        tenant=workload.tenant,
        region=region,
        klass=workload.klass,
        chips=tuple(chips.any_of) if chips else (),
        isa=tuple(chips.isa) if chips else (),
        stack=tuple(chips.stack) if chips else (),
        domestic_only=bool(chips and chips.domestic_only),
        safe_reliable_only=bool(chips and chips.safe_reliable_only),
        security_level=workload.security_level,
        data_class=data.data_class if data else None,
        stays_within=data.stays_within if data else None,
        data_at=data.at if data else None,
        input_mb=rounded_up(data.input_gb, 1000) if data else 0,
        output_mb=rounded_up(data.output_gb, 1000) if data else 0,
        priority=workload.priority,
        preemptible=workload.preemptible,
        checkpoint_us=None if every_h is None else round(every_h * 3_600_000_000),
        on=work.on if work else None,
        use=use_pairs(workload.use),
        forever=bool(work and work.kind == "forever"),
        traffic="sharing" if isinstance(workload, Replicas) else workload.traffic,
        data_set=data.set if data else None,
        replica=isinstance(workload, Replicas),
    )


def use_pairs(use: Use) -> tuple[tuple[str, float], ...]:
    """The mean busy share of each resource: one number for all, or one each (default 1)."""
    if isinstance(use, UseByResource):
        return tuple((resource, _mean(getattr(use, resource))) for resource in RESOURCES)
    return tuple((resource, _mean(use)) for resource in RESOURCES)


def _mean(level: float | UseLevel | None) -> float:
    if level is None:
        return 1.0
    return level.mean if isinstance(level, UseLevel) else float(level)
