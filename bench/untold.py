"""What rows of a trace ask for and the job table does not tell: device memory, DPUs, disks.

The levels know the sum of it by pool. Where jobs of one kind (a cell) alone can have held it,
it is theirs; where several can, nobody can tell, and each of theirs is unknown.
"""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from bench.cells import Floats
from bench.energy import Course
from bench.holds import DPU, GPU_MEMORY, STORAGE, Held, mean_use
from bench.rates import Rates
from scenarios import Scenario

UNTOLD = (GPU_MEMORY, DPU, STORAGE)
NEAR_H = 1e-6  # levels keep nine decimals: nearer than this is the same


def told(held: Held, course: Course, rates: Rates, scenario: Scenario) -> Held:
    """The cells with what only the levels tell of those of traces."""
    uses = {w.name: mean_use(w.use) for w in scenario.workloads if w.kind == "trace"}
    if not uses:
        return held
    names = held.cells.values("workload")
    pools = [rates.number[name or ""] for name in held.cells.values("pool")]
    traced: dict[int, list[int]] = defaultdict(list)
    for cell, (name, pool) in enumerate(zip(names, pools, strict=True)):
        if name in uses:
            traced[pool].append(cell)
    sums = np.zeros_like(course.allocated_h)
    np.add.at(sums, np.array(pools, dtype=np.int64), held.hours)
    hours, used = held.hours.copy(), held.used.copy()
    for pool, cells in traced.items():
        for resource in UNTOLD:
            more = float(course.allocated_h[pool, resource] - sums[pool, resource])
            if abs(more) > NEAR_H:
                give(hours, cells, resource, more)
                busy = [uses[names[cell] or ""][resource] for cell in cells]
                used[cells, resource] = hours[cells, resource] * busy
    return replace(held, hours=hours, used=used)


def give(hours: Floats, cells: list[int], resource: int, more: float) -> None:
    """What is left to the only cell, else nan to each."""
    hours[cells, resource] += more if len(cells) == 1 else np.nan
