"""The topology as integers: what each node has, what each pool may sell, who waits where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

from scenarios import Scenario
from topology import RESOURCES, Chip, Pool, Server, Topology

UNKNOWN = -1  # a capacity that no source tells; never given to a job that asks for it
MOST_DEVICES = 32  # bits of a device mask; see records.py


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """One pool: integers per node (thousandths, MiB, MB) and who may enter.

    `sellable` and `installed` are sums over the pool in the order of RESOURCES;
    UNKNOWN where the catalogue has no figure.
    """

    name: str
    site: int
    site_name: str
    cloud: str
    tier: str
    region: str
    first_node: int
    nodes: int
    vcpu_m: int
    memory_mib: int
    devices: int
    device_memory_mib: int
    dpu_m: int
    local_storage_mb: int
    installed: tuple[int, ...]
    sellable: tuple[int, ...]
    capped: bool
    security_level: int
    reserved_for: frozenset[str]
    gpu_jobs_only: bool
    stack: str | None
    cpu: Chip
    accelerator: Chip | None
    dpu: Chip | None
    line_rate_gbit_s: float | None
    dispatch_us: int

    @property
    def chip(self) -> str:
        """The accelerator's name where the pool has one, else the CPU's."""
        return self.accelerator.name if self.accelerator else self.cpu.name


@dataclass(frozen=True, slots=True)
class Estate:
    """All pools in file order; nodes are numbered through them."""

    pools: tuple[PoolFacts, ...]
    nodes: int
    lines: tuple[str, ...]
    line_of: tuple[int, ...]
    most_vcpu_m: int
    most_gpu_m: int
    total: tuple[int, ...]
    pools_at: Mapping[str, tuple[int, ...]]  # by name of site, in file order

    @property
    def devices(self) -> int:
        """The most devices that any node has."""
        return max((p.devices for p in self.pools), default=0)


def estate_of(scenario: Scenario) -> Estate:
    """The topology of a resolved scenario, compiled once before the clock starts."""
    topology = scenario.topology
    pools: list[PoolFacts] = []
    place = {site.name: number for number, site in enumerate(topology.sites)}
    first = 0
    for pool in topology.pools:
        pools.append(_facts(topology, pool, place[pool.site], first))
        first += pool.nodes
    names = [_line_name(p, _at(scenario)) for p in pools]
    lines = tuple(sorted(set(names)))
    number = {name: n for n, name in enumerate(lines)}
    return Estate(
        pools=tuple(pools),
        nodes=first,
        lines=lines,
        line_of=tuple(number[name] for name in names),
        most_vcpu_m=max((p.vcpu_m for p in pools if p.nodes), default=0),
        most_gpu_m=max((p.devices * 1000 for p in pools if p.nodes), default=0),
        total=tuple(sum(max(p.sellable[r], 0) for p in pools) for r in range(len(RESOURCES))),
        pools_at=_by_site(pools),
    )


def _by_site(pools: list[PoolFacts]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, pool in enumerate(pools):
        found[pool.site_name] = (*found.get(pool.site_name, ()), number)
    return found


def _at(scenario: Scenario) -> str:
    return str(scenario.policies.queue.options.get("at", "pool"))


def _line_name(pool: PoolFacts, at: str) -> str:
    names = {
        "pool": pool.name,
        "site": f"site:{pool.site_name}",
        "cloud": f"cloud:{pool.cloud}",
    }
    return names.get(at, "platform")


def _facts(topology: Topology, pool: Pool, place: int, first: int) -> PoolFacts:
    server = topology.server_of(pool)
    site = topology.site(pool.site)
    accelerator, dpu = topology.accelerator_of(pool), topology.dpu_of(pool)
    installed = _node_resources(server, accelerator, has_dpu=dpu is not None)
    infrastructure_m = min(_thousandths(server.infrastructure_vcpu), max(installed[0], 0))
    node = (installed[0] - infrastructure_m if installed[0] >= 0 else UNKNOWN, *installed[1:])
    devices = server.accelerators if accelerator else 0
    return PoolFacts(
        name=pool.name,
        site=place,
        site_name=pool.site,
        cloud=pool.cloud,
        tier=site.tier,
        region=topology.region_of(pool.site),
        first_node=first,
        nodes=pool.nodes,
        vcpu_m=node[0],
        memory_mib=node[1],
        devices=devices,
        device_memory_mib=_mib(accelerator.memory_gib) if accelerator else 0,
        dpu_m=node[4],
        local_storage_mb=node[5],
        installed=tuple(_times(r, pool.nodes) for r in installed),
        sellable=_sellable(node, pool),
        capped=pool.reserve_share > 0,
        security_level=pool.security_level,
        reserved_for=frozenset(pool.reserved_for),
        gpu_jobs_only=pool.gpu_jobs_only,
        stack=pool.stack,
        cpu=topology.cpu_of(pool),
        accelerator=accelerator,
        dpu=dpu,
        line_rate_gbit_s=_line_rate(server, dpu),
        dispatch_us=round((topology.cloud(pool.cloud).control_plane_delay_ms or 0) * 1000),
    )


def _line_rate(server: Server, dpu: Chip | None) -> float | None:
    if dpu is not None and dpu.network_gbit_s:
        return dpu.network_gbit_s
    return server.nic_gbit_s


def _node_resources(
    server: Server, accelerator: Chip | None, *, has_dpu: bool
) -> tuple[int, ...]:
    """Installed on one node, in the order of RESOURCES, capacity rounded down."""
    devices = server.accelerators if accelerator else 0
    memory = _mib(accelerator.memory_gib) if accelerator else 0
    return (
        _thousandths(server.vcpu) if server.vcpu is not None else UNKNOWN,
        _mib(server.memory_gib),
        devices * 1000,
        _times(memory, devices),
        1000 if has_dpu else 0,
        floor(round(server.local_storage_gb * 1000, 6))
        if server.local_storage_gb is not None
        else UNKNOWN,
    )


def _sellable(node: tuple[int, ...], pool: Pool) -> tuple[int, ...]:
    """(installed - infrastructure) x (1 - reserve_share), GPU floored to whole devices."""
    keep = 1 - pool.reserve_share
    sums = [UNKNOWN if r < 0 else floor(round(r * pool.nodes * keep, 6)) for r in node]
    sums[2] = sums[2] // 1000 * 1000
    return tuple(sums)


def _times(amount: int, count: int) -> int:
    return UNKNOWN if amount < 0 else amount * count


def _thousandths(amount: float | None) -> int:
    return 0 if amount is None else floor(round(amount * 1000, 6))


def _mib(gib: float | None) -> int:
    return UNKNOWN if gib is None else floor(round(gib * 1024, 6))
