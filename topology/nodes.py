"""Servers: what one node of a pool is made of."""

from typing import Annotated

from pydantic import Field

from topology.facts import MOST, Fact, Name, Rate, Share

Amount = Annotated[float, Field(ge=0, le=MOST)]
Capacity = Annotated[float, Field(ge=0, le=1e8)]  # times all nodes of a topology: 63 bits
Positive = Annotated[float, Field(gt=0, le=MOST)]


class Server(Fact):
    """One node type. What is None is unknown: a job that asks for it is refused.

    `vcpu` counts hardware threads of the whole node, `idle_w` and `peak_w` are wall power
    with accelerators. `infrastructure_vcpu` is what virtual switch and storage take from
    `vcpu` on a node without DPU.
    """

    name: Name
    cpu: str | None = None
    accelerator: str | None = None
    accelerators: int = Field(default=0, ge=0, le=32)  # devices are bits of a word inside
    dpu: str | None = None
    sockets: Annotated[int, Field(ge=1, le=1000)] | None = None
    vcpu: Capacity | None = None
    memory_gib: Capacity | None = None
    local_storage_gb: Capacity | None = None
    nic_gbit_s: Rate | None = None
    idle_w: Amount | None = None
    peak_w: Amount | None = None
    rack_units: Annotated[int, Field(ge=1, le=1000)] | None = None
    price_cny: Amount | None = None
    price_low_cny: Amount | None = None
    price_high_cny: Amount | None = None
    life_years: Positive | None = None
    maintenance_share_year: Share | None = None
    infrastructure_vcpu: Capacity = 0.0
    meant_for: str | None = None
    source: str | None = None
    confidence: str | None = None

    def with_dpu(self, dpu: str | None) -> "Server":
        """The same node with `dpu` in place of its own; a node with a DPU loses no vCPU."""
        dpu = dpu or self.dpu
        return self if dpu is None else self.model_copy(update=_served_by(dpu))


def _served_by(dpu: str) -> dict[str, str | float]:
    return {"dpu": dpu, "infrastructure_vcpu": 0.0}
