"""Pools: identical nodes of one cloud at one site."""

from pydantic import Field

from topology.facts import Fact, Name, Share


class Pool(Fact):
    """Identical nodes of one cloud at one site.

    `reserve_share` of every resource is never sold. Jobs of `security_level` or below may
    enter, and only the tenants of `reserved_for` where that is given. `gpu_jobs_only` closes
    the pool to jobs that ask for no accelerator. `dpu` overrides the DPU of the server.
    """

    name: Name
    site: str
    cloud: str
    server: str
    nodes: int = Field(ge=1, le=10_000_000)
    reserve_share: Share = 0.0
    security_level: int = Field(default=1, ge=1, le=5)
    stack: str | None = None
    reserved_for: tuple[str, ...] = ()
    gpu_jobs_only: bool = False
    dpu: str | None = None
