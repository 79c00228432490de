"""Questions of a dispatch to time and judge plans on: made up, the same each time.

Four resources: vCPU and memory of which every pool has some, disk, and accelerators that few
pools have. 90 % of all vCPU and of all accelerators are asked for, less of the rest. Tasks
come from regions; what leaves a region goes over links with limits. To leave a task over
costs ten times its dearest pool.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scheduler.optimise import CountProblem, PackingProblem, Side

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

REGIONS = 10
LOADS = (0.9, 0.75, 0.6, 0.9)  # of vCPU, memory, disk, accelerators
WITH_ACCELERATORS = 0.4  # of the pools
ASKING = 0.25  # tasks that ask for accelerators
SLICES = (250, 500, 1000, 2000)  # thousandths of one
REFUSED = 0.05  # pairs that may not be
CROSSING = 1.0  # of all data, what the links together carry
DEAR = 10  # times the dearest pool
OVERLOADS = (
    1.25,
    1.0,
    0.8,
    1.25,
)  # of the nodes of a packing: vCPU, memory, disk, accelerators


def dispatch_case(classes: int, pools: int, units: int, seed: int = 1) -> CountProblem:
    """So many classes of about `units` tasks each, one each where it is 1."""
    rng = np.random.default_rng(seed)
    count = np.ones(classes, dtype=np.int64)
    if units > 1:
        count = rng.integers(max(1, units // 2), units * 3 // 2 + 1, classes)
    demand = demands(classes, rng)
    region, at = rng.integers(0, REGIONS, classes), rng.integers(0, REGIONS, pools)
    cost = costs(demand, region, at, rng)
    return CountProblem(
        count=count,
        demand=demand,
        capacity=capacities((demand * count[:, None]).sum(axis=0), pools, rng),
        cost=cost,
        unserved=DEAR * cost.max(axis=1, initial=0, where=np.isfinite(cost)),
        sides=links(count, region, at, rng),
    )


def demands(classes: int, rng: np.random.Generator) -> Ints:
    """(classes, 4) of one task: thousandths of vCPU, MiB, MB, thousandths of accelerators."""
    vcpu = rng.integers(1, 17, classes)
    memory_mib = vcpu * rng.choice([2, 4, 8], classes) * 1024
    disk_mb = rng.integers(1, 21, classes) * 10_000
    accelerators = rng.choice(SLICES, classes) * (rng.random(classes) < ASKING)
    return np.stack([vcpu * 1000, memory_mib, disk_mb, accelerators], axis=1)


def capacities(asked: Ints, pools: int, rng: np.random.Generator) -> Ints:
    """(pools, 4), in all as much as makes the loads."""
    size = rng.uniform(0.5, 1.5, pools)
    few = size * (rng.permutation(pools) < max(1, int(pools * WITH_ACCELERATORS)))
    shares = np.stack([size, size, size, few], axis=1)
    room = shares / shares.sum(axis=0) * asked / LOADS
    whole: Ints = np.ceil(room).astype(np.int64)
    return whole


def costs(demand: Ints, region: Ints, at: Ints, rng: np.random.Generator) -> Floats:
    """(classes, pools): work at the pool's tariff, the way there, and what is no rule."""
    classes, pools = len(demand), len(at)
    place = rng.random((REGIONS, 2))
    far = np.linalg.norm(place[:, None] - place, axis=2)[region][:, at]
    work_h = 0.2 + rng.exponential(1, classes)
    hourly = demand[:, 0] / 8000 + demand[:, 3] / 500
    cost = (hourly * work_h)[:, None] * rng.uniform(0.5, 1.5, pools)
    cost += 2 * far * rng.uniform(0.5, 2, classes)[:, None] + rng.uniform(0, 0.3, cost.shape)
    cost[rng.random(cost.shape) < REFUSED] = np.inf
    return cost


def links(count: Ints, region: Ints, at: Ints, rng: np.random.Generator) -> tuple[Side, ...]:
    """One from each region to each other, with a limit of data."""
    data_mb = rng.integers(1, 101, len(count))
    mean = CROSSING * float(data_mb @ count) / REGIONS**2
    found = []
    for a in range(REGIONS):
        for b in range(REGIONS):
            class_of, pool_of = np.nonzero((region == a)[:, None] & (at == b))
            limit = int(mean * rng.uniform(0.3, 1.2)) + 1
            if a != b:
                amount = data_mb[class_of]
                found.append(Side(f"link {a} to {b}", class_of, pool_of, amount, limit))
    return tuple(found)


def packing_case(tasks: int, nodes: int, seed: int = 1) -> PackingProblem:
    """24 classes of tasks for three classes of nodes, a quarter more asked than there is.

    A third of the nodes have accelerators, some large memory. What a task is worth goes with
    what it asks, and luck.
    """
    rng = np.random.default_rng(seed)
    demand = np.concatenate([plain_tasks(rng, 16), accelerated_tasks(rng, 8)])
    share = rng.dirichlet(np.full(len(demand), 4.0))
    count = np.maximum((share * tasks).astype(np.int64), 1)
    asked = (demand * count[:, None]).sum(axis=0)
    part = np.array([nodes // 2, nodes // 5, nodes - nodes // 2 - nodes // 5])
    shape = np.array([[1.0, 0.7, 1, 0], [1, 1.8, 1, 0], [0.8, 1, 1, 1]])
    scale = asked / OVERLOADS / (shape * part[:, None]).sum(axis=0)
    capacity = np.maximum(np.rint(shape * scale), shape * demand.max(axis=0)).astype(np.int64)
    hourly = (demand / np.maximum(asked, 1)).sum(axis=1) * tasks
    value = hourly * rng.uniform(0.6, 1.4, len(demand))
    return PackingProblem(count, demand, value, part, capacity)


def plain_tasks(rng: np.random.Generator, classes: int) -> Ints:
    """(classes, 4) without accelerators."""
    vcpu = rng.integers(1, 17, classes)
    memory_mib = vcpu * rng.choice([1, 2, 4, 8], classes) * 1024
    disk_mb = rng.integers(1, 21, classes) * 10_000
    return np.stack([vcpu * 1000, memory_mib, disk_mb, np.zeros_like(vcpu)], axis=1)


def accelerated_tasks(rng: np.random.Generator, classes: int) -> Ints:
    """(classes, 4) with slices or whole accelerators."""
    found = plain_tasks(rng, classes)
    found[:, 3] = rng.choice(SLICES, classes)
    return found
