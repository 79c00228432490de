"""What a job asks for, as keys of a scenario file: nodes, chips, data, and how busy it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from scenarios.values import Amount, Name, Positive, Share, UnfitError
from topology import Fact

MOST_LISTED = 500  # names in a list of one workload

Within = Literal["pool", "site", "cloud", "province"]


def _whole_or_share(count: float) -> float:
    if count > 1 and not float(count).is_integer():
        raise UnfitError("expected a share up to 1 or a whole number")
    return count


class NodeDemand(Fact):
    """What a job asks for on each of its nodes.

    `gpu` is a share of one device up to 1, or a whole number of devices.
    """

    vcpu: Amount = Field(default=0.0, description="hardware threads")
    memory_gib: Amount = Field(default=0.0, description="GiB of main memory")
    gpu: Annotated[Amount, AfterValidator(_whole_or_share)] = Field(
        default=0.0, description="accelerators: a share up to 1, or a whole number"
    )
    gpu_memory_gib: Positive | None = Field(
        default=None, description="GiB of device memory; default the share of the device's"
    )
    dpu_share: Share = Field(default=0.0, description="share of the node's DPU")
    local_storage_gb: Amount = Field(default=0.0, description="GB of the node's own disks")
    nodes: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=1, description="members of a gang, on distinct nodes, all or none"
    )
    gang_within: Within = Field(default="pool", description="how far apart members may be")

    @model_validator(mode="after")
    def _possible(self) -> NodeDemand:
        if self.gpu_memory_gib is not None and self.gpu == 0:
            raise UnfitError("needs gpu above 0", "gpu_memory_gib")
        if not any(
            (self.vcpu, self.memory_gib, self.gpu, self.dpu_share, self.local_storage_gb)
        ):
            raise UnfitError("expected at least one resource above 0")
        return self


class Chips(Fact):
    """Which chips a job may run on: all rules hold together."""

    any_of: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        max_length=MOST_LISTED,
        description="CPUs or accelerators; a family ends in `*`",
    )
    isa: tuple[str, ...] = Field(
        default=(), max_length=MOST_LISTED, description="instruction sets of the CPU"
    )
    stack: tuple[str, ...] = Field(
        default=(), max_length=MOST_LISTED, description="software stacks of the pool"
    )
    domestic_only: bool = Field(default=False, description="only domestic chips")
    safe_reliable_only: bool = Field(default=False, description="only chips on the list")


class Data(Fact):
    """Where a job's data is, how much moves, and how far it may go."""

    input_gb: Amount = Field(default=0.0, description="GB read before the job starts")
    at: str | None = Field(
        default=None, description="site of the input; default the first of the set, the region"
    )
    output_gb: Amount = Field(default=0.0, description="GB sent back to the region")
    data_class: str | None = Field(default=None, description="one of `data_classes`")
    stays_within: str | None = Field(default=None, description="`site` or a level of regions")
    set: Name | None = Field(
        default=None, description="one of `topology.data_sets`, read whole where the job runs"
    )


class UseLevel(Fact):
    """How busy an allocation is: the mean counts at all times, p95 is for sizing."""

    mean: Share = Field(description="mean share of the allocation that is busy")
    p95: Share | None = Field(default=None, description="share not passed 95 % of the time")


def _level_kind(value: Any) -> str:
    return "level" if isinstance(value, dict | UseLevel) else "share"


Level = Annotated[
    Annotated[Share, Tag("share")] | Annotated[UseLevel, Tag("level")],
    Discriminator(_level_kind),
]


class UseByResource(Fact):
    """How busy each resource of an allocation is; what is not named is fully used."""

    vcpu: Level | None = Field(default=None, description="of the vCPUs")
    memory: Level | None = Field(default=None, description="of the memory")
    gpu: Level | None = Field(default=None, description="of the accelerators")
    gpu_memory: Level | None = Field(default=None, description="of the device memory")
    dpu: Level | None = Field(default=None, description="of the DPU")
    local_storage: Level | None = Field(default=None, description="of the disks")


def _use_kind(value: Any) -> str:
    if isinstance(value, UseByResource):
        return "resources"
    if isinstance(value, dict) and not {"mean", "p95"} & set(value):
        return "resources"
    return _level_kind(value)


Use = Annotated[
    Annotated[Share, Tag("share")]
    | Annotated[UseLevel, Tag("level")]
    | Annotated[UseByResource, Tag("resources")],
    Discriminator(_use_kind),
]
