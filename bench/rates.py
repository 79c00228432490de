"""What a node of each pool draws and costs, as arrays by pool in file order.

What is unknown is nan, never 0, and makes nan of every sum that it enters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.cells import Floats, Ints
from bench.tariff_hours import Curve, carbon_of, curves_of
from scenarios import Scenario
from topology import H_PER_YEAR, MILLI, RESOURCES, Cloud, Pool, Server, Topology

NAN = float("nan")
LIFE_YEARS = 6.0  # public-sector computers, at least (accounting standard 3, MoF 2017)
MAINTENANCE_SHARE_YEAR = 0.05  # cap of a city's budget standard (domain table of economics)
W_PER_KW = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """By pool (pools,). `cny_h` is purchase and upkeep of a node-hour; 0 for on-demand pools.

    `driver` is the resource whose use drives a node's power: GPU where nodes have accelerators,
    else vCPU. `fee_cny_h` (pools, resources) is the price of an allocated unit-hour of an
    on-demand cloud, 0 elsewhere.
    """

    number: Mapping[str, int]
    nodes: Floats
    driver: Ints
    idle_kw: Floats
    span_kw: Floats
    pue: Floats
    carbon_kg_kwh: Floats
    cny_h: Floats
    own: NDArray[np.bool_]
    fee_cny_h: Floats
    egress_cny_gb: Floats
    device_gib: Floats
    slices: Mapping[int, tuple[float, ...]]
    curves: Sequence[Curve]
    curve_of_pool: Ints


def rates_of(scenario: Scenario) -> Rates:
    """The rates of one resolved scenario."""
    topology = scenario.topology
    pools = topology.pools
    tariffs = [topology.site(pool.site).tariff for pool in pools]
    known = sorted(set(tariffs), key=lambda name: name or "")
    clouds = [topology.cloud(pool.cloud) for pool in pools]
    devices = [topology.accelerator_of(pool) for pool in pools]
    costs = [node_cost(topology, pool) for pool in pools]
    own = np.array([not cloud.on_demand for cloud in clouds], dtype=np.bool_)
    return Rates(
        number={pool.name: number for number, pool in enumerate(pools)},
        nodes=array(pool.nodes for pool in pools),
        driver=np.array([2 if d else 0 for d in devices], dtype=np.int64),
        idle_kw=array(cost.idle_w for cost in costs) / W_PER_KW,
        span_kw=array(cost.peak_w - cost.idle_w for cost in costs) / W_PER_KW,
        pue=array(topology.site(pool.site).pue for pool in pools),
        carbon_kg_kwh=array(map(carbon_of, tariffs)),
        cny_h=np.where(own, array(cost.cny_h for cost in costs), 0.0),
        own=own,
        fee_cny_h=np.array([fees(cloud) for cloud in clouds]).reshape(-1, len(RESOURCES)),
        egress_cny_gb=array(or_nan(cloud.egress_cny_per_gb) for cloud in clouds),
        device_gib=array((d.memory_gib or 0.0) if d else 0.0 for d in devices),
        slices={
            number: tuple(size / MILLI for size in sorted(d.slices))
            for number, d in enumerate(devices)
            if d and d.slices
        },
        curves=curves_of(known, scenario.start, scenario.horizon_us / 1e6),
        curve_of_pool=np.array([known.index(name) for name in tariffs], dtype=np.int64),
    )


@dataclass(frozen=True, slots=True)
class NodeCost:
    """Wall power of one node, idle and at full use, and CNY of each hour that it is owned."""

    idle_w: float
    peak_w: float
    cny_h: float


def node_cost(topology: Topology, pool: Pool) -> NodeCost:
    """One node of the pool, with the DPU that the pool adds to its server."""
    server = topology.server(pool.server)
    idle_w, peak_w, price_cny = (
        or_nan(value) + added
        for value, added in zip(
            (server.idle_w, server.peak_w, server.price_cny),
            dpu_added(topology, server, pool),
            strict=True,
        )
    )
    return NodeCost(idle_w, peak_w, price_cny * yearly_share(server) / H_PER_YEAR)


def yearly_share(server: Server) -> float:
    """The part of the price that a year costs: write-off and maintenance."""
    life = LIFE_YEARS if server.life_years is None else server.life_years
    upkeep = server.maintenance_share_year
    return 1 / life + (MAINTENANCE_SHARE_YEAR if upkeep is None else upkeep)


def dpu_added(topology: Topology, server: Server, pool: Pool) -> tuple[float, float, float]:
    """Idle W, peak W and CNY that the pool's DPU adds; the server's own is in its row."""
    if pool.dpu is None or pool.dpu == server.dpu:
        return 0.0, 0.0, 0.0
    new, old = dpu_facts(topology, pool.dpu), dpu_facts(topology, server.dpu)
    return new[0] - old[0], new[1] - old[1], new[2] - old[2]


def dpu_facts(topology: Topology, name: str | None) -> tuple[float, float, float]:
    """Idle W, peak W and CNY of a DPU; nothing of none."""
    if name is None:
        return 0.0, 0.0, 0.0
    chip = topology.chip(name)
    return or_nan(chip.idle_w), or_nan(chip.tdp_w), or_nan(chip.price_cny)


def fees(cloud: Cloud) -> list[float]:
    """CNY of a unit-hour of each resource; what an on-demand cloud does not list is free."""
    if not cloud.on_demand:
        return [0.0] * len(RESOURCES)
    price = cloud.price_cny_h
    asked = (price.vcpu, price.memory_gib, price.gpu) if price else (None,) * 3
    return [*(or_nan(value) for value in asked), *[0.0] * (len(RESOURCES) - len(asked))]


def or_nan(value: float | None) -> float:
    """The value, nan where it is unknown."""
    return NAN if value is None else float(value)


def array(values: Any) -> Floats:
    """Numbers as an array."""
    return np.array(list(values), dtype=np.float64)
