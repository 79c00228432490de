"""What a run cost its jobs, all told in CNY: one yardstick for every variant of a scenario.

The weights are those under `objective` of the scenario, the terms those of contracts §3.3 that
a single job has: wait, latency, transfer, money, energy, carbon and cross_region. A price that
nobody knows makes the sum unknown, unless its weight is 0.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np

from bench.cells import Floats, Ints
from bench.holds import GPU, GPU_MEMORY, MEMORY, VCPU, Asked, asked_by, device_memory, sliced
from bench.places import Places
from bench.rates import rates_of
from bench.tariff_hours import curves_of
from bench.view import Jobs
from scenarios import Scenario
from topology import RESOURCES, S_PER_H, Pool, Topology

DPU, STORAGE = RESOURCES.index("dpu"), RESOURCES.index("local_storage")


class Yardstick:
    """Values jobs of one scenario; `of` a part of the job table, in CNY a job."""

    def __init__(self, scenario: Scenario, places: Places) -> None:
        self._places = places
        self._weight = scenario.objective
        self._rates = rates_of(scenario)
        self._per_unit = node_parts(scenario.topology)
        self._above = scenario.policies.queue.options.get("at", "pool") != "pool"
        self._asked = {w.name: asked_by(w) for w in scenario.workloads}
        span_s = (scenario.horizon_us + scenario.drain_us) / 1e6
        tariffs = sorted(
            {scenario.topology.site(p.site).tariff for p in scenario.topology.pools},
            key=lambda name: name or "",
        )
        self._curves = curves_of(tariffs, scenario.start, span_s)

        self._cny: list[float] = []

    def add(self, chunk: Jobs) -> None:
        """The counted jobs of a part of the table that were let in and end some day."""
        states, names = chunk.coded("state")
        met = np.array([name not in ("refused", "failed") for name in names] or [False])
        workloads, named = chunk.coded("workload")
        ends = np.array([name not in self._places.endless for name in named] or [False])
        counted = chunk.column("counted").astype(bool, copy=False)
        rows = np.flatnonzero(counted & met[states] & ends[workloads])
        if len(rows):
            self._cny += self.of(chunk, rows).tolist()

    def mean(self) -> float:
        """CNY a job; nan where a price is unknown or there was no job."""
        return math.fsum(self._cny) / len(self._cny) if self._cny else float("nan")

    def total(self) -> float:
        """CNY of all jobs that were added; nan where a price is unknown."""
        return math.fsum(self._cny)

    def of(self, jobs: Jobs, rows: Ints) -> Floats:
        """CNY of each of these jobs, none of them refused; nan where a price is unknown.

        A job that has not ended enters with its wait so far.
        """
        weight, found = self._weight, jobs.column("wait_s")[rows] * self._weight.wait / S_PER_H
        pool, _ = jobs.coded("pool")
        ended = ~np.isnan(jobs.column("latency_s")[rows]) & (pool[rows] >= 0)
        some = rows[ended]
        added = np.zeros(len(some))
        for name, per_h in (("latency_s", weight.latency), ("transfer_s", weight.transfer)):
            if per_h:
                added += jobs.column(name)[some] * per_h / S_PER_H
        found[ended] += added + self._held(jobs, some) + self._moved(jobs, some)
        return found

    def _held(self, jobs: Jobs, rows: Ints) -> Floats:
        """Money, energy and carbon of the nodes that each job held."""
        weight, rates = self._weight, self._rates
        pool = self._pools(jobs, rows)
        workload = self._texts(jobs, rows, "workload")
        amounts = self._amounts(jobs, rows, pool, workload)
        hours = jobs.column("run_s")[rows].astype(np.float64)
        if self._above:
            hours = hours + jobs.column("dispatch_s")[rows] + jobs.column("transfer_in_s")[rows]
        hours = hours / S_PER_H
        share = np.max([a * self._per_unit[pool, r] for r, a in amounts.items()], axis=0)
        found = np.zeros(len(rows))
        if weight.money:
            fees = [a * rates.fee_cny_h[pool, r] for r, a in amounts.items()]
            paid = [
                np.where(a > 0, fee, 0.0) for a, fee in zip(amounts.values(), fees, strict=True)
            ]
            found += weight.money * hours * (share * rates.cny_h[pool] + np.sum(paid, axis=0))
        if weight.energy or weight.carbon:
            use = self._each(workload, lambda asked: asked.use)
            busy = np.zeros(len(rows))
            for r, amount in amounts.items():
                drives = rates.driver[pool] == r
                busy += np.where(drives, amount * self._per_unit[pool, r] * use[:, r], 0.0)
            kw = (share * rates.idle_kw[pool] + busy * rates.span_kw[pool]) * rates.pue[pool]
            if weight.carbon:
                found += weight.carbon * kw * hours * rates.carbon_kg_kwh[pool]
            if weight.energy:
                own = rates.own[pool]
                found += weight.energy * np.where(
                    own, kw * self._kwh(jobs, rows, pool, hours), 0.0
                )
        return found

    def _kwh(self, jobs: Jobs, rows: Ints, pool: Ints, hours: Floats) -> Floats:
        """CNY of one kW through each hold, up to the end of its run."""
        end_s = jobs.column("end_s")[rows]
        begin_s, found = end_s - hours * S_PER_H, np.zeros(len(rows))
        for number, curve in enumerate(self._curves):
            some = self._rates.curve_of_pool[pool] == number
            found[some] = curve.between(begin_s[some], end_s[some])
        return found

    def _moved(self, jobs: Jobs, rows: Ints) -> Floats:
        """Egress, and GB that cross the border of a region."""
        weight, places = self._weight, self._places
        if not (weight.money or weight.cross_region):
            return np.zeros(len(rows))
        keys = list(
            zip(
                self._texts(jobs, rows, "workload"),
                self._texts(jobs, rows, "region"),
                self._texts(jobs, rows, "pool"),
                strict=True,
            )
        )
        price = {key: self._move_cny(places, *key) for key in dict.fromkeys(keys)}
        return np.array([price[key] for key in keys], dtype=np.float64).reshape(-1)

    def _move_cny(self, places: Places, workload: str, region: str | None, pool: str) -> float:
        if region is None:
            return 0.0
        moved, site = places.moved[workload], places.pool["site"][pool]
        if moved is None:
            return float("nan")
        home = places.home[region]
        out_gb = 0.0 if site in home else moved.output_gb
        in_gb = 0.0 if site in ({moved.at} if moved.at else home) else moved.input_gb
        egress = self._rates.egress_cny_gb[self._rates.number[pool]]
        cny = self._weight.money * out_gb * egress if out_gb and self._weight.money else 0.0
        return float(cny + self._weight.cross_region * (in_gb + out_gb))

    def _amounts(
        self, jobs: Jobs, rows: Ints, pool: Ints, workload: list[str]
    ) -> dict[int, Floats]:
        """What each job holds on all its nodes, by resource."""
        nodes = jobs.column("nodes")[rows]
        gpu = sliced(jobs.column("gpu")[rows].astype(np.float64), pool, self._rates)
        rest = self._each(workload, lambda a: (a.gpu_memory_gib, a.dpu, a.local_storage_gb))
        found = {
            VCPU: jobs.column("vcpu")[rows],
            MEMORY: jobs.column("memory_gib")[rows],
            GPU: gpu,
            GPU_MEMORY: device_memory(gpu, self._rates.device_gib[pool], rest[:, 0]),
            DPU: rest[:, 1],
            STORAGE: rest[:, 2],
        }
        return {resource: amount * nodes for resource, amount in found.items()}

    def _each(self, workload: list[str], of: Callable[[Asked], Iterable[float]]) -> Floats:
        known = {name: tuple(of(asked)) for name, asked in self._asked.items()}
        width = len(next(iter(known.values())))
        return np.array([known[name] for name in workload], np.float64).reshape(-1, width)

    def _pools(self, jobs: Jobs, rows: Ints) -> Ints:
        codes, names = jobs.coded("pool")
        number = np.array([self._rates.number[name] for name in names] or [0], dtype=np.int64)
        found: Ints = number[codes[rows]]
        return found

    def _texts(self, jobs: Jobs, rows: Ints, name: str) -> list[str]:
        codes, names = jobs.coded(name)
        return [names[code] if code >= 0 else None for code in codes[rows].tolist()]  # type: ignore[misc]


def node_parts(topology: Topology) -> Floats:
    """The part of a node that one sellable unit is (pools, resources); 0 if unknown."""
    found = np.zeros((len(topology.pools), len(RESOURCES)))
    for number, pool in enumerate(topology.pools):
        for resource, there in enumerate(node_amounts(topology, pool)):
            if there and pool.reserve_share < 1:
                found[number, resource] = 1 / (there * (1 - pool.reserve_share))
    return found


def node_amounts(topology: Topology, pool: Pool) -> tuple[float, ...]:
    """What one node offers, in units of the job table and the order of RESOURCES."""
    server, device = topology.server_of(pool), topology.accelerator_of(pool)
    devices = server.accelerators if device else 0
    return (
        max((server.vcpu or 0.0) - (server.infrastructure_vcpu or 0.0), 0.0),
        server.memory_gib or 0.0,
        float(devices),
        devices * ((device.memory_gib or 0.0) if device else 0.0),
        1.0 if topology.dpu_of(pool) else 0.0,
        server.local_storage_gb or 0.0,
    )
