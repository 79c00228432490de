"""What an hour of a job costs in a pool, as far as prices are known (contracts §4, Money)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from scheduler.estate import PoolFacts
from scheduler.policy import View
from scheduler.shapes import Shape
from topology import (
    RESOURCES,
    Cloud,
    CloudPrice,
    Server,
    Site,
    catalogue_tariffs,
    tariff_of_month,
)

HOURS_A_YEAR = 8760


@dataclass(frozen=True, slots=True)
class Cost:
    """CNY an hour, and CNY once for what leaves the cloud; parts nobody knows count nothing."""

    hour_cny: float
    egress_cny: float
    unknown: bool


def cost_of(shape: Shape, pool: int, view: View) -> Cost:
    """The cost of jobs of this shape in a pool that may take them."""
    facts, topology = view.estate.pools[pool], view.topology
    cloud, site = topology.cloud(facts.cloud), topology.site(facts.site_name)
    if cloud.on_demand:
        parts = _rented(shape, pool, cloud)
    else:
        server, share = (
            topology.server_of(topology.pool(facts.name)),
            share_of(shape.stand(pool).amounts, node_of(facts)),
        )
        use = dict(shape.ask.use).get(RESOURCES[shape.dominant], 1.0)
        price = electricity_cny_kwh(site, view.month)
        bought = (bought_cny_h(server), _powered(server, use, site.pue, price))
        parts = [None if cny is None else cny * share for cny in bought]
    egress = _egress(shape, facts, view, cloud)
    known = sum(part or 0.0 for part in parts) * shape.nodes
    return Cost(known, egress or 0.0, None in (*parts, egress))


def _rented(shape: Shape, pool: int, cloud: Cloud) -> list[float | None]:
    """CNY an hour of each resource of one node's demand that the cloud has a price for."""
    price, amounts = cloud.price_cny_h or CloudPrice(), shape.stand(pool).amounts
    rows = (
        (amounts[0] / 1000, price.vcpu),
        (amounts[1] / 1024, price.memory_gib),
        (amounts[2] / 1000, price.gpu),
    )
    return [None if one is None else amount * one for amount, one in rows if amount]


def node_of(facts: PoolFacts) -> tuple[int, ...]:
    """What an empty node has, in the order of RESOURCES."""
    return (
        facts.vcpu_m,
        facts.memory_mib,
        facts.devices * 1000,
        facts.devices * facts.device_memory_mib,
        facts.dpu_m,
        facts.local_storage_mb,
    )


def share_of(amounts: tuple[int, ...], node: tuple[int, ...]) -> float:
    """The largest part of a node that these amounts are."""
    return max(a / t if t > 0 else 0.0 for a, t in zip(amounts, node, strict=True))


def bought_cny_h(server: Server) -> float | None:
    """CNY an hour of a whole node: its price over its life, and its upkeep."""
    price, life, upkeep = server.price_cny, server.life_years, server.maintenance_share_year
    if price is None or life is None or upkeep is None:
        return None
    return price * (1 / life + upkeep) / HOURS_A_YEAR


def _powered(server: Server, use: float, pue: float, price: float | None) -> float | None:
    """CNY an hour of the power of a whole node at this use."""
    if server.idle_w is None or server.peak_w is None or price is None:
        return None
    return (server.idle_w + (server.peak_w - server.idle_w) * use) / 1000 * pue * price


def electricity_cny_kwh(site: Site, month: int) -> float | None:
    """The mean over the hours of a day: a job may run through any of them."""
    return mean_cny_kwh(site.tariff or "", month)


@cache
def mean_cny_kwh(tariff: str, month: int) -> float | None:
    """The mean of a tariff of the catalogue; the catalogue never changes."""
    row = tariff_of_month(catalogue_tariffs().get(tariff, ()), month)
    prices = [row.price_at(hour) for hour in range(24)] if row else [None]
    known = [price for price in prices if price is not None]
    return sum(known) / len(known) if len(known) == len(prices) else None


def _egress(shape: Shape, facts: PoolFacts, view: View, cloud: Cloud) -> float | None:
    """CNY for the output of a job that goes back to another site."""
    ask = shape.ask
    if not ask.output_mb or ask.region is None:
        return 0.0
    if facts.site_name in view.topology.home_sites(ask.region):
        return 0.0
    price = cloud.egress_cny_per_gb
    return None if price is None else ask.output_mb / 1000 * price
