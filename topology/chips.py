"""Chips: CPU, GPU, NPU and DPU models."""

from typing import Annotated, Literal

from pydantic import Field

from topology.facts import MOST, Fact, Name, Rate

Positive = Annotated[float, Field(gt=0, le=MOST)]
Watts = Annotated[float, Field(ge=0, le=MOST)]
Slice = Annotated[int, Field(ge=1, le=1000)]


class Chip(Fact):
    """A chip model. What is None is unknown, never zero.

    `isa` is the instruction set of a CPU, the programming platform of an accelerator.
    `slices` are the thousandths of a device that can be given out (MIG, vGPU); empty means
    any. `safe_reliable` is None where the list of safe and reliable products does not cover
    this kind of chip. Throughputs are dense peaks.
    """

    name: Name
    kind: Literal["cpu", "gpu", "npu", "dpu"]
    vendor: str | None = None
    model: str | None = None
    isa: str | None = None
    cores: Annotated[int, Field(ge=1, le=100_000)] | None = None
    threads: Annotated[int, Field(ge=1, le=100_000)] | None = None
    base_clock_ghz: Positive | None = None
    specrate2017_int_socket: Positive | None = None
    specrate_basis: str | None = None
    specint2017_one_copy: Positive | None = None
    fp64_tflops: Positive | None = None
    fp32_tflops: Positive | None = None
    fp16_tflops: Positive | None = None
    int8_tops: Positive | None = None
    memory_gib: Annotated[float, Field(gt=0, le=1e6)] | None = None
    memory_type: str | None = None
    memory_gb_s: Positive | None = None
    scaleup_gb_s: Positive | None = None
    slices: tuple[Slice, ...] = Field(default=(), max_length=1000)
    network_gbit_s: Rate | None = None
    idle_w: Watts | None = None
    tdp_w: Watts | None = None
    price_cny: Annotated[float, Field(ge=0, le=MOST)] | None = None
    release_year: int | None = None
    domestic: bool | None = None
    safe_reliable: bool | None = None
    source: str | None = None
    confidence: str | None = None

    @property
    def accelerates(self) -> bool:
        """Whether jobs can ask for it as `gpu`."""
        return self.kind in ("gpu", "npu")


UNKNOWN_CPU = Chip(name="unknown", kind="cpu")
"""Stands for the CPU of a server whose row names none."""
