"""`suanli bench openb`: how much GPU six packings allocate on a production cluster's pods.

Repeats the experiment of Weng et al., "Beware of Fragmentation" (USENIX ATC 2023): a list of
pods, made as long as 130 % of the GPUs, arrives pod by pod; who does not fit is dropped, nobody
leaves. docs/decisions/0003-packing-scores.md tells what the published runs do and why.
"""

from __future__ import annotations

import csv
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.workers import of_workers
from scenarios import JobTable, Scenario, ScenarioError, import_openb, read, stream
from scheduler import simulate

Ints = npt.NDArray[np.int64]

PUBLISHED_NAMES: Mapping[str, str] = {
    "random": "01-Random",
    "dot-product": "02-DotProd",
    "gpu-clustering": "03-GpuClustering",
    "gpu-packing": "04-GpuPacking",
    "best-fit": "05-BestFit",
    "fgd": "06-FGD",
}
"""Our packing policies, in the order of the paper, and their names there."""

PLANNED_PACKING = "planned-packing"  # packing by plan in the engine, job by job
ARRIVED_SHARES = (0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
ARRIVE_IN_ALL = 1.3  # GPU asked for by the whole list / GPU installed
SUMMARY = "published_fgd_summary.csv"

SCENARIO = """\
name: openb-arrivals
horizon_h: {horizon_h}
drain_h: 0
seeds: 1
levels_every_s: 3600
topology:
  nodes_file: {{file: nodes.csv, format: openb}}
workloads:
  - {{name: pods, kind: trace, file: pods.csv}}
policies:
  dispatch: {{name: by-node}}
  queue: {{name: fcfs, at: platform, max_waiting: 0}}
  packing: {{name: {policy}, ties: shuffled}}
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """One run: which list on which nodes, by which policy, with which seed."""

    nodes: Path
    pods: Path
    policy: str
    seed: int


@dataclass(frozen=True, slots=True)
class OpenbRow:
    """One row of the answer; `seed` None is the mean over seeds. Shares run from 0 to 1."""

    list: str
    policy: str
    seed: int | None
    arrived_share: float
    gpu_allocated_share: float | None
    published: float | None


def openb_rows(
    nodes: Path,
    pods: Path,
    seeds: int = 10,
    *,
    policies: Sequence[str] = tuple(PUBLISHED_NAMES),
    workers: int | None = None,
) -> Iterator[OpenbRow]:
    """The rows of each policy as soon as its seeds are done: a row a seed, then the mean.

    Raises:
        ScenarioError: a file cannot be read.
    """
    read_lists(nodes, pods)  # a wrong file ends here with all its problems, not in a worker
    name, known = list_name(pods), published(pods)
    every = range(1, seeds + 1)
    replays = [Replay(nodes, pods, policy, seed) for policy in policies for seed in every]
    size, context = workers or os.cpu_count(), get_context("spawn")
    with of_workers(), ProcessPoolExecutor(size, context) as team:
        shares = team.map(allocated_shares, replays)
        for policy in policies:
            runs = [next(shares) for _ in every]
            for seed, run in zip(every, runs, strict=True):
                yield from (OpenbRow(name, policy, seed, at, run[at], None) for at in run)
            for at in ARRIVED_SHARES:
                mean = mean_of([run[at] for run in runs])
                yield OpenbRow(name, policy, None, at, mean, known.get((name, policy, at)))


def list_name(pods: Path) -> str:
    """`default` of openb_pod_list_default.csv.gz; the bare file name of any other."""
    return pods.name.removesuffix(".gz").removesuffix(".csv").removeprefix("openb_pod_list_")


def mean_of(values: Sequence[float | None]) -> float | None:
    """The mean, None where a value is missing."""
    known = [value for value in values if value is not None]
    return round(math.fsum(known) / len(known), 6) if len(known) == len(values) > 0 else None


def published(pods: Path) -> dict[tuple[str, str, float], float]:
    """Published means by list, policy and arrived share; {} without their table.

    It is looked for beside the list, then in openb-2023 of $SUANLI_DATA and of ../shared/data.
    """
    data = os.environ.get("SUANLI_DATA")
    folders = [pods.parent, *([Path(data) / "openb-2023"] if data else [])]
    folders.append(Path("../shared/data/openb-2023"))
    found = next((f / SUMMARY for f in folders if (f / SUMMARY).is_file()), None)
    if found is None:
        return {}
    ours = {theirs: policy for policy, theirs in PUBLISHED_NAMES.items()}
    with found.open(encoding="utf-8", newline="") as file:
        return {
            (row["workload"], ours[row["policy"]], int(row["arrived_gpu_pct"]) / 100): round(
                float(row["mean"]) / 100, 6
            )
            for row in csv.DictReader(file)
            if row["metric"] == "gpu_alloc_pct" and row["policy"] in ours
        }


def read_lists(nodes: Path, pods: Path) -> tuple[JobTable, int]:
    """The pods, and how many GPUs the nodes have.

    Raises:
        ScenarioError: a file cannot be read, or has broken rows.
    """
    table, topology = import_openb(pods, nodes)
    if table.problems:
        raise ScenarioError(list(table.problems), pods.name)
    devices = {row["name"]: row.get("accelerators", 0) for row in topology["servers"]}
    return table, sum(row["nodes"] * devices[row["server"]] for row in topology["pools"])


def allocated_shares(replay: Replay) -> dict[float, float | None]:
    """GPU allocated / installed when so much had arrived: one run of the ordinary engine."""
    table, gpus = read_lists(replay.nodes, replay.pods)
    with tempfile.TemporaryDirectory(prefix="suanli-openb-") as folder:
        scenario = replay_scenario(replay, table, gpus, Path(folder))
        records = simulate(scenario, replay.seed)
    gpu_m = np.rint(records.column("gpu") * 1000).astype(np.int64)
    pools, _ = records.coded("pool")
    return shares_at(gpu_m, pools >= 0, gpus * 1000)


def shares_at(
    gpu_m: Ints, placed: npt.NDArray[np.bool_], all_m: int
) -> dict[float, float | None]:
    """Allocated share by arrived share: the mean over arrivals that round to that percent."""
    percent = np.rint(gpu_m.cumsum() * 100 / all_m)
    allocated = np.where(placed, gpu_m, 0).cumsum() / all_m
    means: dict[float, float | None] = {}
    for share in ARRIVED_SHARES:
        at = allocated[percent == round(share * 100)].tolist()
        means[share] = round(math.fsum(at) / len(at), 6) if at else None
    return means


def replay_scenario(replay: Replay, pods: JobTable, gpus: int, folder: Path) -> Scenario:
    """An ordinary scenario of one replay, its files written to `folder`."""
    gpu_m = np.rint(np.nan_to_num(pods.numbers["gpu"]) * 1000).astype(np.int64)
    order = arrival_order(gpu_m, gpus * 1000, replay.seed)
    shutil.copyfile(replay.nodes, folder / "nodes.csv")
    write_arrivals(folder / "pods.csv", pods, order)
    hours = len(order) // 3600 + 1
    path = folder / "openb-arrivals.yaml"
    policy = "planned" if replay.policy == PLANNED_PACKING else replay.policy
    text = SCENARIO.format(horizon_h=hours, policy=policy)
    path.write_text(text, encoding="utf-8")
    return read(path).variants[0]


def arrival_order(gpu_m: Ints, all_m: int, seed: int) -> list[int]:
    """Which pod arrives when: all shuffled, then lengthened or thinned to 130 % of `all_m`.

    Pods drawn with replacement are appended until the next would pass the mark, where several
    GPUs count as one, as in the published runs; a list that is too long loses pods at random.
    """
    random = stream(seed, "openb/list")
    order: list[int] = random.permutation(len(gpu_m)).tolist()
    asked_m, mark_m = int(gpu_m.sum()), ARRIVE_IN_ALL * all_m
    if asked_m > mark_m:
        return thinned(order, gpu_m, mark_m, random)
    if not asked_m:
        return order
    while True:
        pod = int(random.integers(len(gpu_m)))
        if asked_m + min(int(gpu_m[pod]), 1000) > mark_m:
            return order
        asked_m += int(gpu_m[pod])
        order.append(pod)


def thinned(
    order: list[int], gpu_m: Ints, mark_m: float, random: np.random.Generator
) -> list[int]:
    """`order` without pods taken at random until the rest asks for at most `mark_m`."""
    leaving: list[int] = random.permutation(len(order)).tolist()
    excess = int(gpu_m.sum()) - mark_m
    gone: set[int] = set()
    for place in leaving:
        if excess <= 0:
            break
        gone.add(place)
        excess -= int(gpu_m[order[place]])
    return [pod for place, pod in enumerate(order) if place not in gone]


def write_arrivals(path: Path, pods: JobTable, order: Sequence[int]) -> None:
    """A job table in this order, a second apart, for ever; GPU memory plays no part."""
    columns = [pods.numbers[name].tolist() for name in ("vcpu", "memory_gib", "gpu")]
    chips = pods.texts["chips"].values() if "chips" in pods.texts else [None] * pods.rows
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("submit_s", "vcpu", "memory_gib", "gpu", "gpu_memory_gib", "chips"))
        for second, pod in enumerate(order):
            numbers = [column[pod] for column in columns]
            writer.writerow((second, *numbers, 0, chips[pod] or ""))
