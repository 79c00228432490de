"""What jobs held of the pools inside [warm-up, horizon), summed up cell by cell.

A job holds its dominant share of a node: the largest share, over resources, of what one node
sells. It is the part of a node that others cannot use, so it is what money is shared by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.cells import CellBook, CellName, Cells, Floats, Ints
from bench.energy import Course
from bench.rates import Rates
from bench.view import Jobs, StoppedJobs
from scenarios import Scenario, Workload
from scheduler import StayTable
from topology import MB_PER_GB, RESOURCES, S_PER_H

VCPU, MEMORY, GPU, GPU_MEMORY, DPU, STORAGE = range(len(RESOURCES))
WHOLE = 1.0  # a GPU: less is a share of one device


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Sums over jobs by cell. `_nh` are node-hours, `_nc` node-hours x CNY a kWh of each hour.

    `share` is by dominant share and `idle` the part of it that was not used; `busy` is the used
    share of the resource that drives a node's power. `hours` and `used` are unit-hours by
    resource; `ended` counts jobs that finished inside the window.
    """

    cells: Cells
    share_nh: Floats
    share_nc: Floats
    idle_nh: Floats
    idle_nc: Floats
    busy_nh: Floats
    busy_nc: Floats
    hours: Floats
    used: Floats
    ended: Floats


Sums = dict[str, Floats]


class Holds:
    """Adds up holds chunk by chunk; the same jobs give the same bits in chunks of any size."""

    def __init__(
        self, scenario: Scenario, rates: Rates, course: Course, chips: Mapping[str, str]
    ) -> None:
        """`chips` names the chip of each pool."""
        self._rates, self._chips = rates, chips
        self._per_unit = course.nodes_per_unit(rates.nodes)
        self._per_installed = course.nodes_per_installed(rates.nodes)
        self._window_s = scenario.warmup_us / 1e6, scenario.horizon_us / 1e6
        self._above = scenario.policies.queue.options.get("at", "pool") != "pool"
        self._asked = {w.name: asked_by(w) for w in scenario.workloads}
        # what is the same for all jobs needs no sums of its own
        self._priced_at_all = any(not np.isnan(c.total[-1]) for c in rates.curves)
        self._all_used = all(level == 1 for a in self._asked.values() for level in a.use)
        self._book = CellBook()
        # jobs that held nodes once, and the stays of those that were stopped: sums of their
        # own, so that each goes on in the order of its rows
        self._sums: Sums = {}
        self._stays: Sums = {}

    def add(self, chunk: StoppedJobs) -> None:
        """Some jobs of the run."""
        stopped = chunk.column("preemptions") > 0
        begin_s, end_s, rows = self._spans(chunk, ~stopped)
        self._add(self._sums, chunk, begin_s, end_s, rows)
        if stopped.any():
            self._add_stays(chunk, chunk.stays())

    def _add_stays(self, chunk: Jobs, table: StayTable) -> None:
        """Jobs that were stopped: each of their stays in the pool where it was."""
        first_s, last_s = self._window_s
        begin_s = np.maximum(table.begin_s, first_s)
        end_s = np.fmin(table.end_s, last_s)
        rows = np.flatnonzero(end_s > begin_s)
        stays = Stays(chunk, table, self._chips)
        self._add(self._stays, stays, begin_s[rows], end_s[rows], rows)

    def _add(self, sums: Sums, chunk: Jobs, begin_s: Floats, end_s: Floats, rows: Ints) -> None:
        if not len(rows):
            return
        keep = np.zeros(chunk.rows, dtype=np.bool_)
        keep[rows] = True
        cell = self._book.cells_of(chunk, keep)
        stands = [self._stand(name) for name in self._book.number]
        amounts = self._amounts(chunk, rows, cell, stands)
        hours = (end_s - begin_s) / S_PER_H
        cost = self._priced(cell, stands, begin_s, end_s) if self._priced_at_all else None
        self._put_all(sums, cell, stands, amounts, hours, cost)
        done = chunk.column("end_s")[rows] < self._window_s[1]
        self._put(sums, "ended", cell, done.astype(np.float64))

    def _spans(self, chunk: Jobs, among: NDArray[np.bool_]) -> tuple[Floats, Floats, Ints]:
        """Begin and end of the holds inside the window, and whose they are."""
        pool, _ = chunk.coded("pool")
        end_s = chunk.column("end_s").astype(np.float64, copy=False)
        run_s = chunk.column("run_s")
        before_s = chunk.column("dispatch_s") + chunk.column("transfer_in_s")
        # nodes taken: above pools before dispatch and transfer in, else after them
        open_s = chunk.column("submit_s") + chunk.column("wait_s")
        length_s = run_s + before_s if self._above else run_s
        begun_s = open_s if self._above else open_s + before_s
        ended = ~np.isnan(end_s)
        first_s, last_s = self._window_s
        begin_s = np.maximum(np.where(ended, end_s - length_s, begun_s), first_s)
        until_s = np.minimum(np.where(ended, end_s, last_s), last_s)
        codes, names = chunk.coded("state")
        waits = np.array([name == "waiting" for name in names] or [False], dtype=np.bool_)
        rows = np.flatnonzero(among & (pool >= 0) & (until_s > begin_s) & ~waits[codes])
        return begin_s[rows], until_s[rows], rows

    def _stand(self, name: CellName) -> tuple[int, "Asked"]:
        workload, pool = name[0] or "", name[5] or ""
        return self._rates.number[pool], self._asked[workload]

    def _amounts(
        self, chunk: Jobs, rows: Ints, cell: Ints, stands: Sequence[tuple[int, "Asked"]]
    ) -> dict[int, Floats]:
        """What each job holds on all its nodes, by resource; those that any holds."""
        rates = self._rates
        pool = np.array([p for p, _ in stands])[cell]
        gpu = sliced(chunk.column("gpu")[rows].astype(np.float64), pool, rates)
        found = {
            VCPU: chunk.column("vcpu")[rows],
            MEMORY: chunk.column("memory_gib")[rows],
            GPU: gpu,
            GPU_MEMORY: gpu,
            DPU: np.array([asked.dpu for _, asked in stands])[cell],
            STORAGE: np.array([asked.local_storage_gb for _, asked in stands])[cell],
        }
        found = {resource: amount for resource, amount in found.items() if amount.any()}
        if GPU in found:
            own = np.array([asked.gpu_memory_gib for _, asked in stands])[cell]
            found[GPU_MEMORY] = device_memory(gpu, rates.device_gib[pool], own)
        nodes = chunk.column("nodes")[rows]
        return {resource: amount * nodes for resource, amount in found.items()}

    def _priced(
        self, cell: Ints, stands: Sequence[tuple[int, "Asked"]], begin_s: Floats, end_s: Floats
    ) -> Floats:
        """CNY of one kW through each hold."""
        curve = self._rates.curve_of_pool[np.array([pool for pool, _ in stands])][cell]
        found = np.zeros(len(cell))
        for number in np.unique(curve):
            some = curve == number
            found[some] = self._rates.curves[number].between(begin_s[some], end_s[some])
        return found

    def _put_all(
        self,
        into: Sums,
        cell: Ints,
        stands: Sequence[tuple[int, "Asked"]],
        amounts: Mapping[int, Floats],
        hours: Floats,
        cost: Floats | None,
    ) -> None:
        rates = self._rates
        pools = np.array([pool for pool, _ in stands])
        uses = np.array([asked.use for _, asked in stands])
        share, busy, idle = np.zeros((3, len(cell)))
        for number, amount in amounts.items():
            part = amount * self._per_unit[pools, number][cell]
            larger = part > share
            share[larger] = part[larger]
            idle[larger] = (part * (1 - uses[:, number])[cell])[larger]
            drives = rates.driver[pools] == number
            power = np.where(drives, self._per_installed[pools, number] * uses[:, number], 0.0)
            busy += amount * power[cell]
            self._put(into, f"hours_{RESOURCES[number]}", cell, amount * hours)
            if not self._all_used:
                used = amount * hours * uses[:, number][cell]
                self._put(into, f"used_{RESOURCES[number]}", cell, used)
        parts = {"share": share, "busy": busy}
        if not self._all_used:
            parts["idle"] = idle
        for name, value in parts.items():
            self._put(into, f"{name}_nh", cell, value * hours)
            if cost is not None:
                self._put(into, f"{name}_nc", cell, value * cost)

    def _put(self, into: Sums, name: str, cell: Ints, value: Floats) -> None:
        before = into.get(name, np.zeros(0))
        # what was summed before comes first: the same additions as in one go
        at = np.concatenate([np.arange(len(before)), cell])
        weights = np.concatenate([before, value])
        sums = np.bincount(at, weights=weights, minlength=self._book.count)
        into[name] = sums.astype(np.float64, copy=False)

    def held(self) -> Held:
        """The sums, cells in the order of names."""
        order = self._book.order()
        names = list(self._book.number)
        whole = np.zeros(len(order))

        def sums(name: str) -> Floats:
            found = whole.copy()
            for part in (self._sums, self._stays):
                values = part.get(name, whole[:0])
                found[: len(values)] += values
            return found[order]

        def costs(name: str) -> Floats:
            return sums(name) if self._priced_at_all else sums("share_nh") * np.nan

        def by_resource(kind: str) -> Floats:
            return np.array([sums(f"{kind}_{r}") for r in RESOURCES]).T

        return Held(
            cells=Cells([names[number] for number in order]),
            share_nh=sums("share_nh"),
            share_nc=costs("share_nc"),
            idle_nh=sums("idle_nh"),
            idle_nc=costs("idle_nc"),
            busy_nh=sums("busy_nh"),
            busy_nc=costs("busy_nc"),
            hours=by_resource("hours"),
            used=by_resource("hours" if self._all_used else "used"),
            ended=sums("ended"),
        )


@dataclass(frozen=True, slots=True)
class Stays:
    """Jobs that were stopped, a row a stay, each in the pool where it was."""

    chunk: Jobs
    table: StayTable
    chips: Mapping[str, str]

    @property
    def rows(self) -> int:
        """How many stays."""
        return len(self.table.row)

    def column(self, name: str) -> NDArray[Any]:
        """A column of the job of each stay; `end_s` only for the stay that ended it."""
        found: NDArray[Any] = self.chunk.column(name)[self.table.row]
        if name == "end_s":
            return np.where(self.table.end_s == found, found, np.nan)
        return found

    def coded(self, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
        """A text column, pool and chip being those of the stay."""
        pools = self.table.pools
        if name == "pool":
            return self.table.pool, pools
        if name == "chip":
            chips = [self.chips[pool] for pool in pools]
            names = tuple(dict.fromkeys(chips))
            number = np.array([names.index(chip) for chip in chips], dtype=np.int32)
            return number[self.table.pool], names
        codes, names = self.chunk.coded(name)
        return codes[self.table.row], names


@dataclass(frozen=True, slots=True)
class Asked:
    """What the job table does not tell of a workload's jobs; nan = the device's own share."""

    gpu_memory_gib: float
    dpu: float
    local_storage_gb: float
    use: tuple[float, ...]


def asked_by(workload: Workload) -> Asked:
    """The rest of a job's demand; rows of a trace count as asking for none of it."""
    use, demand = mean_use(workload.use), workload.demand
    if demand is None:
        return Asked(float("nan"), 0.0, 0.0, use)
    memory = demand.gpu_memory_gib
    return Asked(
        float("nan") if memory is None else memory,
        demand.dpu_share,
        np.ceil(round(demand.local_storage_gb * MB_PER_GB, 6)) / MB_PER_GB,
        use,
    )


def mean_use(use: Any) -> tuple[float, ...]:
    """The busy share of an allocation by resource; one number counts for all, none is 1."""
    levels = (getattr(use, resource, use) for resource in RESOURCES)
    return tuple(
        1.0 if level is None else float(getattr(level, "mean", level)) for level in levels
    )


def device_memory(gpu: Floats, device: Floats, own: Floats) -> Floats:
    """GiB of devices held: a share's own, nan = its part of one; whole devices give all."""
    part = np.where(np.isnan(own), device * gpu, own)
    whole = np.fmax(own, device) * gpu
    found: Floats = np.where(gpu >= WHOLE, whole, np.where(gpu > 0, part, 0.0))
    return found


def sliced(gpu: Floats, pool: Ints, rates: Rates) -> Floats:
    """GPUs given for GPUs asked: shares of a device rounded up to its slices."""
    for number, sizes in rates.slices.items():
        some = (pool == number) & (gpu > 0) & (gpu < WHOLE)
        steps = np.array([*(size for size in sizes if size < WHOLE), WHOLE])
        gpu[some] = steps[np.searchsorted(steps, gpu[some])]
    return gpu
