"""What a job costs in each pool by the weights of an objective, before anybody waits for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scenarios import Ask, Objective
from scheduler.costs import bought_cny_h, electricity_cny_kwh, node_of, share_of
from scheduler.policy import View
from scheduler.shapes import Shape
from topology import RESOURCES, catalogue_tariffs

Floats = npt.NDArray[np.float64]
US_H = 3.6e9
NODE = len(RESOURCES)  # column of `Kind.amounts` after those of RESOURCES: parts of a node


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Jobs that ask the same and may go to the same pools, wherever they come from.

    Arrays run over `pools`, in the order of names: CNY of an hour of a whole job, how long its
    work takes, and what one member takes (RESOURCES, then the part of a node: one over how many
    fit an empty one).
    """

    number: int
    name: str
    ask: Ask
    pools: tuple[int, ...]
    place: dict[int, int]
    hour_cny: Floats
    factor: Floats
    amounts: Floats
    nodes: int
    stranded: Floats  # GPUs that one job makes unusable by what it takes beside them


class Kinds:
    """Sorts shapes into kinds, each made when its first shape is met."""

    def __init__(self, weights: Objective) -> None:
        self.weights = weights
        self.all: list[Kind] = []
        self._by_ask: dict[object, Kind] = {}
        self._known: dict[int, tuple[Kind, Floats]] = {}

    def of(self, shape: Shape, view: View) -> tuple[Kind, Floats]:
        """The kind of a shape, and what a job of it costs once in each pool, in CNY."""
        found = self._known.get(shape.number)
        if found is None:
            key = (replace(shape.ask, region=None), shape.allowed)
            kind = self._by_ask.get(key)
            if kind is None:
                kind = self._by_ask[key] = self._made(shape, view)
                self.all.append(kind)
            found = self._known[shape.number] = kind, self._once(shape, kind, view)
        return found

    def _made(self, shape: Shape, view: View) -> Kind:
        pools = tuple(sorted(shape.allowed, key=view.name))
        facts = [view.estate.pools[p] for p in pools]
        stands = [shape.stand(p) for p in pools]
        there = [node_of(f) for f in facts]
        parts = [
            1
            / max(
                1,
                min(
                    (t // a for a, t in zip(s.amounts, node, strict=True) if a and t > 0),
                    default=1 << 30,
                ),
            )
            for s, node in zip(stands, there, strict=True)
        ]
        stranded = [stranded_gpus(s.amounts, n) for s, n in zip(stands, there, strict=True)]
        hour = [hour_cny(shape, p, view, self.weights) for p in pools]
        alike = sum(kind.ask.workload == shape.ask.workload for kind in self.all)
        return Kind(
            number=len(self.all),
            name=shape.ask.workload + (f" ({alike + 1})" if alike else ""),
            ask=shape.ask,
            pools=pools,
            place={p: i for i, p in enumerate(pools)},
            hour_cny=np.array(hour) * shape.nodes,
            factor=np.array([s.duration_factor for s in stands]),
            amounts=np.column_stack([np.array([s.amounts for s in stands], float), parts]),
            nodes=shape.nodes,
            stranded=np.array(stranded) * shape.nodes,
        )

    def _once(self, shape: Shape, kind: Kind, view: View) -> Floats:
        """Egress, GB that leave a region, transfers and GPUs made unusable."""
        weights, ask = self.weights, shape.ask
        found = weights.fragmentation * kind.stranded
        if ask.region is None or not (ask.output_mb or ask.input_mb):
            return found
        home = set(view.topology.home_sites(ask.region))
        source = {ask.data_at} if ask.data_at else home
        per_hour = weights.transfer + weights.latency
        for place, pool in enumerate(kind.pools):
            facts = view.estate.pools[pool]
            out_gb = 0.0 if facts.site_name in home else ask.output_mb / 1000
            in_gb = 0.0 if facts.site_name in source else ask.input_mb / 1000
            egress = view.topology.cloud(facts.cloud).egress_cny_per_gb or 0.0
            found[place] += weights.money * out_gb * egress
            found[place] += weights.cross_region * (in_gb + out_gb)
            if per_hour:
                stand = shape.stand(pool)
                moved_us = stand.transfer_in_us + stand.transfer_out_us
                found[place] += per_hour * moved_us / US_H
        return found


def worth_to_others(
    amounts: Floats, now: Floats, later: Floats, hours: Floats, horizon_h: float
) -> Floats:
    """CNY that the room a job holds is worth to others, by place: (pools,).

    `amounts` (pools, NODE + 1) of a whole job; a unit-hour is worth `now` up to the horizon and
    `later` beyond it, arrays of the same shape.
    """
    first = np.minimum(hours, horizon_h)
    found: Floats = (amounts * now).sum(axis=1) * first
    found += (amounts * later).sum(axis=1) * (hours - first)
    return found


def stranded_gpus(amounts: tuple[int, ...], node: tuple[int, ...]) -> float:
    """GPUs of a node that nobody can use since what they need beside them is taken."""
    rest = share_of((*amounts[:2], 0, 0, *amounts[4:]), node)
    return max(0.0, rest * node[2] - amounts[2]) / 1000


def hour_cny(shape: Shape, pool: int, view: View, weights: Objective) -> float:
    """Weighted CNY of an hour of one member; what no source tells counts nothing."""
    facts, topology = view.estate.pools[pool], view.topology
    cloud, site = topology.cloud(facts.cloud), topology.site(facts.site_name)
    server = topology.server_of(topology.pool(facts.name))
    amounts, node = shape.stand(pool).amounts, node_of(facts)
    share = share_of(amounts, node)
    found = 0.0
    if cloud.on_demand and cloud.price_cny_h:
        price = cloud.price_cny_h
        rented = (price.vcpu, price.memory_gib, price.gpu)
        units = (amounts[0] / 1000, amounts[1] / 1024, amounts[2] / 1000)
        found += weights.money * sum(u * (p or 0.0) for u, p in zip(units, rented, strict=True))
    elif not cloud.on_demand:
        found += weights.money * share * (bought_cny_h(server) or 0.0)
    if server.idle_w is None or server.peak_w is None:
        return found
    driver = 2 if facts.devices else 0
    use = dict(shape.ask.use).get(RESOURCES[driver], 1.0)
    busy = use * amounts[driver] / node[driver] if node[driver] > 0 else 0.0
    kw = (share * server.idle_w + busy * (server.peak_w - server.idle_w)) / 1000 * site.pue
    if not cloud.on_demand:
        found += weights.energy * kw * (electricity_cny_kwh(site, view.month) or 0.0)
    rows = catalogue_tariffs().get(site.tariff or "", ())
    known = (row.carbon_kg_kwh for row in rows if row.carbon_kg_kwh is not None)
    return found + weights.carbon * kw * next(known, 0.0)
