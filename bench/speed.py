"""How fast the engine is, as a ratio to the least that SimPy itself needs for the same jobs.

The reference is two SimPy Timeouts with callbacks a job, a submission and an end, and nothing
else, with as many jobs in flight. Machines differ and are shared; the ratio, measured in turn
within one process, stays. The paths with `-journeys` run the same jobs where chips differ in
speed, clouds take time to dispatch and data is moved first.
"""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from bench.metrics import measure
from scenarios import Ask, Demand, JobChunk, Scenario, demand_of, read
from scheduler import simulate, two_timeouts_a_job

POOLS_A_TIER = 10
TIERS = ("province", "city", "county")
SITES = POOLS_A_TIER * len(TIERS)
VCPU_A_NODE = 64
# share of jobs and what they ask for: 20 % of them a part of a GPU, five resources in all
MIX = (
    (0.2, "vcpu: 2, memory_gib: 8, local_storage_gb: 50"),
    (0.2, "vcpu: 4, memory_gib: 16, local_storage_gb: 50"),
    (0.4, "vcpu: 8, memory_gib: 32, local_storage_gb: 100"),
    (0.1, "vcpu: 4, memory_gib: 16, local_storage_gb: 50, gpu: 0.25, gpu_memory_gib: 20"),
    (0.1, "vcpu: 8, memory_gib: 32, local_storage_gb: 50, gpu: 0.5, gpu_memory_gib: 40"),
)
MEAN_VCPU = 5.6
CPUS = ("kunpeng-920-7260", "intel-8380", "kunpeng-920-7260")  # of the tiers; speeds differ


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """One path at one size: jobs a second, and that over the reference of the same run."""

    path: str
    nodes: int
    jobs: int
    jobs_per_s: float
    ratio: float
    peak_mib: float


class MadeBefore:
    """Demand whose jobs were drawn before the clock of the benchmark starts."""

    def __init__(self, demand: Demand, until_us: int) -> None:
        self.asks: list[Ask] = demand.asks
        self.expected_jobs = demand.expected_jobs
        self.random = demand.random
        self.kept = list(demand.chunks(until_us))

    def chunks(self, until_us: int) -> Iterator[JobChunk]:
        """The jobs, as Demand gives them."""
        return iter(self.kept)


def speed_scenario(
    nodes: int, jobs: int, load: float = 0.8, *, journeys: bool = False
) -> Scenario:
    """Three tiers of ten pools; each site's own jobs load it to `load`, overflow goes up."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "speed.yaml"
        text = scenario_text(nodes, jobs, load, journeys=journeys)
        path.write_text(text, encoding="utf-8")
        return read(str(path)).variants[0]


def scenario_text(nodes: int, jobs: int, load: float, *, journeys: bool = False) -> str:
    """The YAML of the benchmark."""
    delay_ms, moves = (80, ", data: {input_gb: 0.5, output_gb: 0.1}") if journeys else (0, "")
    a_pool = max(1, nodes // (POOLS_A_TIER * len(TIERS)))
    vcpus = VCPU_A_NODE * a_pool * POOLS_A_TIER * len(TIERS)
    per_h = load * vcpus / MEAN_VCPU  # jobs take one hour on average
    sites, pools, workloads = [], [], []
    for level, tier in enumerate(TIERS):
        for n in range(POOLS_A_TIER):
            name = f"{tier}-{n}"
            parent = f", parent: {TIERS[level - 1]}-{n}" if level else ""
            sites.append(f"    - {{name: {name}, tier: {tier}{parent}}}")
            pools.append(
                f"    - {{name: pool-{name}, site: {name}, cloud: c, server: host-{tier}, "
                f"nodes: {a_pool}}}"
            )
            workloads += [
                f"  - {{name: w-{name}-{k}, kind: jobs, region: {name}, demand: {{{demand}}}, "
                f"arrivals: {{kind: poisson, per_h: {per_h * share / SITES}}}, "
                f"work: {{kind: exponential, mean_h: 1}}{moves}{class_of(demand, journeys)}}}"
                for k, (share, demand) in enumerate(MIX)
            ]
    return "\n".join(
        [
            "name: speed",
            f"horizon_h: {jobs / per_h}",
            "drain_h: 0",
            "topology:",
            "  chips:",
            "    - {name: plain, kind: cpu, isa: x86_64, cores: 32}",
            "    - {name: card, kind: gpu, memory_gib: 80}",
            "  servers:",
            *(
                f"    - {{name: host-{tier}, cpu: {cpu if journeys else 'plain'}, sockets: 2, "
                f"accelerator: card, accelerators: 2, vcpu: {VCPU_A_NODE}, memory_gib: 512, "
                "local_storage_gb: 4000, nic_gbit_s: 25}"
                for tier, cpu in zip(TIERS, CPUS, strict=True)
            ),
            f"  clouds: [{{name: c, control_plane_delay_ms: {delay_ms}}}]",
            "  sites:",
            *sites,
            "  pools:",
            *pools,
            "workloads:",
            *workloads,
        ]
    )


def class_of(demand: str, journeys: bool) -> str:
    """Work that takes longer on one chip than on another; on GPUs it takes equally long."""
    return ", class: transaction_service" if journeys and "gpu" not in demand else ""


def speed_rows(nodes: int, jobs: int, rounds: int = 5, *, plain: bool = True) -> list[SpeedRow]:
    """All paths, each beside the reference: the jobs alone, then with their journeys."""
    rows = rows_of(speed_scenario(nodes, jobs), nodes, rounds, plain=plain)
    journeys = speed_scenario(nodes, jobs, journeys=True)
    return rows + rows_of(journeys, nodes, rounds, plain=plain, journeys=True)


def rows_of(
    scenario: Scenario, nodes: int, rounds: int, *, plain: bool, journeys: bool = False
) -> list[SpeedRow]:
    """The fast engine with and without laws, and the plain one, each beside the reference."""
    demand = MadeBefore(demand_of(scenario, 1), scenario.horizon_us)
    submit_us = np.concatenate([c.submit_us for c in demand.kept]).tolist()
    work_us = np.concatenate([c.work_us for c in demand.kept]).tolist()
    count = len(submit_us)
    times: dict[str, list[float]] = {"reference": [], "fast": [], "fast-no-laws": []}
    if plain:
        times["plain"] = []
    for _ in range(rounds):
        times["reference"].append(two_timeouts_a_job(submit_us, work_us))
        times["fast"].append(timed(scenario, demand, laws=True))
        times["fast-no-laws"].append(timed(scenario, demand, laws=False))
        if plain:
            times["plain"].append(timed(scenario, demand, laws=True, engine="plain"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        SpeedRow(
            path=f"{path}-journeys" if journeys else path,
            nodes=nodes,
            jobs=count,
            jobs_per_s=count / median(seconds),
            ratio=median(r / s for r, s in zip(times["reference"], seconds, strict=True)),
            peak_mib=peak,
        )
        for path, seconds in times.items()
        if not (journeys and path == "reference")
    ]


def timed(scenario: Scenario, demand: MadeBefore, *, laws: bool, engine: str = "lane") -> float:
    """Seconds of one simulation and its measures."""
    gc.collect()
    start = perf_counter()
    records = simulate(scenario, 1, engine=engine, laws=laws, demand=demand)  # type: ignore[arg-type]
    measure(records)
    return perf_counter() - start
