"""`suanli bench openb --policy planned`: pods in batches of 64, packed at prices.

The same lists, orders and shares as `bench.published.openb`, without the engine: nobody
leaves, so a batch waits for nothing and its places are all that counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.published.openb import (
    ARRIVED_SHARES,
    OpenbRow,
    arrival_order,
    list_name,
    mean_of,
    read_lists,
    shares_at,
)
from scenarios import import_openb, stream
from scheduler.optimise import Fleet, Jobs, batch_faults, batches_packed

POLICY = "planned"


def planned_rows(nodes: Path, pods: Path, seeds: int) -> Iterator[OpenbRow]:
    """A row a seed, then the mean.

    Raises:
        ScenarioError: a file cannot be read.
        ValueError: pods may not run everywhere, which these plans know nothing of.
    """
    runs = []
    for seed in range(1, seeds + 1):
        runs.append(planned_shares(nodes, pods, seed))
        yield from (
            OpenbRow(list_name(pods), POLICY, seed, at, s, None) for at, s in runs[-1].items()
        )
    for at in ARRIVED_SHARES:
        mean = mean_of([run[at] for run in runs])
        yield OpenbRow(list_name(pods), POLICY, None, at, mean, None)


def planned_shares(nodes: Path, pods: Path, seed: int) -> dict[float, float | None]:
    """GPU allocated / installed when so much had arrived."""
    fleet, jobs = fleet_of(nodes, pods, seed), jobs_of(nodes, pods)
    all_m = int(fleet.devices.sum()) * 1000
    order = np.array(arrival_order(jobs.gpu_m, all_m, seed), dtype=np.int64)
    placing = batches_packed(fleet, jobs, order)
    assert batch_faults(fleet, jobs, placing) == []
    return shares_at(jobs.gpu_m[order], placing.node >= 0, all_m)


def jobs_of(nodes: Path, pods: Path) -> Jobs:
    """What each pod asks for.

    Raises:
        ValueError: some may not run everywhere.
    """
    table, _ = read_lists(nodes, pods)
    if "chips" in table.texts and any(table.texts["chips"].values()):
        raise ValueError(f"{pods.name}: planned batches know no lists of chips")
    ask = {name: np.nan_to_num(table.numbers[name]) for name in ("vcpu", "memory_gib", "gpu")}
    return Jobs(
        vcpu_m=np.rint(ask["vcpu"] * 1000).astype(np.int64),
        memory_mib=np.ceil(ask["memory_gib"] * 1024 - 1e-6).astype(np.int64),
        gpu_m=np.rint(ask["gpu"] * 1000).astype(np.int64),
    )


def fleet_of(nodes: Path, pods: Path, seed: int) -> Fleet:
    """The nodes, in an order of their own for each seed where they tie."""
    _, topology = import_openb(pods, nodes)
    servers = {server["name"]: server for server in topology["servers"]}
    rows = [servers[pool["server"]] for pool in topology["pools"] for _ in range(pool["nodes"])]
    gib = [math.floor(row["memory_gib"] * 1024 + 1e-6) for row in rows]
    return Fleet(
        vcpu_m=np.array([round(row["vcpu"] * 1000) for row in rows], dtype=np.int64),
        memory_mib=np.array(gib, dtype=np.int64),
        devices=np.array([row.get("accelerators", 0) for row in rows], dtype=np.int64),
        rank=stream(seed, "openb/ties").permutation(len(rows)),
    )
