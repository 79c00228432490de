"""Jobs that come in batches, packed at prices: what the rest of a device is still worth.

A device is cut into the shares that jobs ask for. Which cuts waste least if jobs come as they
usually do is a linear program (cutting stock); its prices say what a share is worth, and so
what any rest of a device is: the dearest shares that fit. A share goes where the worth of the
rest falls least, then where fragments grow least (as fgd). A batch that does not fit whole is
packed in several orders, and the one that serves most GPU stays. Nothing that fits is turned
away, and nothing is known of jobs to come but how common each is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from scheduler.fragments import Typical, first_of_a_kind, typical_jobs
from scheduler.optimise.solvers import Floats, Limits, LinearModel, Solver, solve
from scheduler.room import WHOLE_M, Flags, Ints, Need

BATCH = 64  # jobs planned together at most
COMMON = 0.002  # of all shares: rarer ones have no price of their own
SMALLEST = 100  # thousandths: smaller shares fit almost anywhere, and in too many ways
BY_SIZE = 0.002  # what a whole device is worth for its size alone: a larger rest is better
HUNDREDTHS = 100
ROUNDED = 10  # a hundredth of a device outweighs so many steps of fgd's score
NOWHERE = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, eq=False)
class Jobs:
    """What each job asks of one node: (jobs,) each."""

    vcpu_m: Ints
    memory_mib: Ints
    gpu_m: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """What each node has: (nodes,) each; ties go to the node of least `rank`."""

    vcpu_m: Ints
    memory_mib: Ints
    devices: Ints
    rank: Ints


Place = tuple[int, int]
"""A node, and the device of a share; -1 is none."""
NONE = (-1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """Which job arrived, its node (-1 turned away), the device of a share (else -1)."""

    job: Ints  # (arrivals,)
    node: Ints
    device: Ints


def worth_of_rests(gpu_m: Ints) -> Floats:
    """(1001,) what so many thousandths of a device are worth, a whole one about 1.

    Raises:
        UnsolvedError: the solver has no answer.
    """
    sizes, counts = np.unique(gpu_m[(gpu_m > 0) & (gpu_m < WHOLE_M)], return_counts=True)
    common = (counts > COMMON * counts.sum()) & (sizes >= SMALLEST)
    sizes, counts = sizes[common], counts[common]
    return worth_by(sizes, share_prices(sizes, counts.astype(float)))


def worth_by(sizes: Ints, prices: Floats) -> Floats:
    """(1001,) the dearest shares of these sizes that fit into so many thousandths."""
    prices = prices + BY_SIZE * sizes / WHOLE_M
    worth = np.zeros(WHOLE_M + 1)
    for rest in range(1, WHOLE_M + 1):
        cut = sizes <= rest
        best = (worth[rest - sizes[cut]] + prices[cut]).max(initial=0.0)
        worth[rest] = max(worth[rest - 1], best)
    return worth


def share_prices(sizes: Ints, counts: Floats) -> Floats:
    """(sizes,) parts of a device that one more share of each size takes.

        minimise  sum y[w]   over ways w to cut a device
        shares    sum ways[s, w] y[w] >= count[s]   for every size s

    Raises:
        UnsolvedError: the solver has no answer.
    """
    if not len(sizes):
        return np.zeros(0)
    ways = np.array(cuts(sizes.tolist(), WHOLE_M), dtype=float)
    model = LinearModel(
        lower=np.zeros(len(ways)),
        upper=np.full(len(ways), np.inf),
        cost=np.ones(len(ways)),
        row_lower=counts,
        row_upper=np.full(len(counts), np.inf),
        rows=sp.csr_matrix(ways.T),
        integer=np.zeros(len(ways), dtype=bool),
    )
    duals = solve(model, Solver.GLOP, Limits()).duals
    assert duals is not None
    return np.maximum(duals, 0)


def cuts(sizes: Sequence[int], left: int) -> list[list[int]]:
    """How many of each size, for all ways to cut what is left."""
    if not sizes:
        return [[]]
    return [
        [number, *rest]
        for number in range(left // sizes[0] + 1)
        for rest in cuts(sizes[1:], left - number * sizes[0])
    ]


def batches_packed(fleet: Fleet, jobs: Jobs, order: Ints, batch: int = BATCH) -> Placing:
    """Where each job goes, in the order of arrival.

    Raises:
        UnsolvedError: the solver has no answer.
    """
    packer, found = Packer(fleet, jobs), list[Place]()
    for start in range(0, len(order), batch):
        found += packer.best_of_orders(order[start : start + batch])
    places = np.array(found, dtype=np.int64).reshape(-1, 2)
    return Placing(order, places[:, 0], places[:, 1])


def large_first(jobs: Jobs) -> list[Callable[[int], tuple[int, ...]]]:
    """Orders for a batch that does not fit whole; whole devices waste nothing, so they lead."""
    gpu, vcpu = jobs.gpu_m.tolist(), jobs.vcpu_m.tolist()
    half = WHOLE_M // 2
    return [
        lambda j: (-(gpu[j] >= WHOLE_M), -(0 < gpu[j] <= half), -gpu[j], -vcpu[j]),
        lambda j: (gpu[j] == 0, -gpu[j], -vcpu[j]),
        lambda j: (-(gpu[j] >= WHOLE_M), vcpu[j], -gpu[j]),
    ]


class Packer:
    """Nodes with their free room, and remembered scores; the one thing here that changes."""

    def __init__(self, fleet: Fleet, jobs: Jobs) -> None:
        self.jobs, self.rank = jobs, fleet.rank
        most = int(fleet.devices.max(initial=0))
        self.vcpu_m, self.memory_mib = fleet.vcpu_m.copy(), fleet.memory_mib.copy()
        self.gpu = np.where(np.arange(most) < fleet.devices[:, None], WHOLE_M, -1)
        self.version = np.zeros(len(fleet.rank), dtype=np.int64)
        self.known: dict[tuple[int, int, int], tuple[Ints, Ints, Ints]] = {}
        self.typical = typical_of(jobs)
        worth = worth_of_rests(jobs.gpu_m)
        self.worth = np.rint(worth * HUNDREDTHS * WHOLE_M).astype(np.int64)
        self.orders = large_first(jobs)

    def best_of_orders(self, part: Ints) -> list[Place]:
        """Jobs without GPU first; where some do not fit, the order that serves most GPU."""
        before = self.state()
        gpu: list[int] = self.jobs.gpu_m[part].tolist()
        numbers = range(len(part))
        best = self.placed(part, sorted(numbers, key=lambda n: gpu[n] > 0))
        if NONE not in best:
            return best
        after = self.state()
        ways = [sorted(numbers, key=lambda n, k=key: k(int(part[n]))) for key in self.orders]  # type: ignore[misc]
        for order in [list(numbers), *ways]:
            self.back_to(before)
            other = self.placed(part, order)
            if served(gpu, other) > served(gpu, best):
                best, after = other, self.state()
        self.back_to(after)
        return best

    def state(self) -> tuple[Ints, Ints, Ints]:
        """All free room now."""
        return self.vcpu_m.copy(), self.memory_mib.copy(), self.gpu.copy()

    def back_to(self, state: tuple[Ints, Ints, Ints]) -> None:
        """As it was then."""
        changed = (self.vcpu_m != state[0]) | (self.memory_mib != state[1])
        changed |= (self.gpu != state[2]).any(axis=1)
        self.version[changed] += 1
        for now, then in zip((self.vcpu_m, self.memory_mib, self.gpu), state, strict=True):
            now[:] = then

    def placed(self, part: Ints, order: Sequence[int]) -> list[Place]:
        """Where each job of a batch goes, placed one by one in an order."""
        found = [NONE] * len(part)
        for number in order:
            job = int(part[number])
            scores, devices = self.scores(job)
            most = scores.max(initial=NOWHERE)
            if most > NOWHERE:
                best = np.flatnonzero(scores == most)
                node = int(best[self.rank[best].argmin()])
                found[number] = (node, int(devices[node]))
                self.take(job, *found[number])
        return found

    def take(self, job: int, node: int, device: int) -> None:
        """Whole devices are the lowest free ones."""
        gpu_m = int(self.jobs.gpu_m[job])
        self.vcpu_m[node] -= self.jobs.vcpu_m[job]
        self.memory_mib[node] -= self.jobs.memory_mib[job]
        if gpu_m >= WHOLE_M:
            free = np.flatnonzero(self.gpu[node] == WHOLE_M)
            self.gpu[node, free[: gpu_m // WHOLE_M]] = 0
        elif gpu_m:
            self.gpu[node, device] -= gpu_m
        self.version[node] += 1

    def scores(self, job: int) -> tuple[Ints, Ints]:
        """(nodes,) scores, the higher the better, and the device of a share."""
        jobs = self.jobs
        key = (int(jobs.vcpu_m[job]), int(jobs.memory_mib[job]), int(jobs.gpu_m[job]))
        if key not in self.known:
            nodes = len(self.rank)
            empty = (np.zeros(nodes, np.int64), np.full(nodes, -1), np.full(nodes, -1))
            self.known[key] = empty
        scores, devices, seen = self.known[key]
        stale = np.flatnonzero(seen != self.version)
        scores[stale] = NOWHERE
        seen[stale] = self.version[stale]
        self.renew(key, stale[self.fits(key, stale)], scores, devices)
        return scores, devices

    def fits(self, key: tuple[int, int, int], nodes: Ints) -> Flags:
        """Which of the nodes have room."""
        vcpu_m, memory_mib, gpu_m = key
        ok: Flags = (self.vcpu_m[nodes] >= vcpu_m) & (self.memory_mib[nodes] >= memory_mib)
        if gpu_m:
            free = self.gpu[nodes] >= min(gpu_m, WHOLE_M)
            ok &= free.sum(axis=1) >= max(gpu_m // WHOLE_M, 1)
        return ok

    def renew(
        self, key: tuple[int, int, int], nodes: Ints, scores: Ints, devices: Ints
    ) -> None:
        """Scores of nodes with room: fgd's, and for shares what the rest loses in worth."""
        vcpu_m, _, gpu_m = key
        free, vcpu = self.gpu[nodes], self.vcpu_m[nodes]
        if not 0 < gpu_m < WHOLE_M:
            after = free.copy()
            able = free == WHOLE_M
            after[able & (able.cumsum(axis=1) <= gpu_m // WHOLE_M)] = 0
            scores[nodes] = self.saved(nodes, vcpu, free, vcpu - vcpu_m, after)
            return
        at, on = np.nonzero(first_of_a_kind(np.where(free >= gpu_m, free, -1)))
        after, rest = free[at], free[at, on]
        after[np.arange(len(at)), on] -= gpu_m
        score = self.saved(nodes[at], vcpu[at], free[at], vcpu[at] - vcpu_m, after)
        lost = (self.worth[rest] - self.worth[rest - gpu_m] + WHOLE_M // 2) // WHOLE_M
        score -= ROUNDED * lost
        order = np.argsort(score, kind="stable")  # the best of a node is written last
        scores[nodes[at[order]]] = score[order]
        devices[nodes[at[order]]] = on[order]

    def saved(self, nodes: Ints, vcpu: Ints, free: Ints, vcpu_after: Ints, after: Ints) -> Ints:
        """Fgd's score: 0 to 99."""
        less = self.typical.fragments(vcpu, free, nodes)
        less -= self.typical.fragments(vcpu_after, after, nodes)
        return np.searchsorted(self.typical.thresholds, less, side="right").astype(np.int64)


def served(gpu_m: Sequence[int], places: Sequence[Place]) -> tuple[int, int]:
    """GPU of the jobs that have a place, and how many have one."""
    placed = [gpu for gpu, place in zip(gpu_m, places, strict=True) if place != NONE]
    return sum(placed), len(placed)


def typical_of(jobs: Jobs) -> Typical:
    """How common each need is, wherever it may run."""
    needs = np.stack([jobs.vcpu_m, jobs.gpu_m], axis=1)
    kinds, counts = np.unique(needs, axis=0, return_counts=True)
    weighed = [
        (Need(vcpu_m=vcpu, gpu_m=gpu), (0,), float(count))
        for (vcpu, gpu), count in zip(kinds.tolist(), counts.tolist(), strict=True)
    ]
    return Typical(typical_jobs(weighed, np.zeros(1, np.int64)).needs)


def batch_faults(fleet: Fleet, jobs: Jobs, placing: Placing) -> list[str]:
    """Every rule that is broken, by plain integers."""
    there: dict[int, list[tuple[int, int]]] = {}
    columns = (placing.node.tolist(), placing.job.tolist(), placing.device.tolist())
    for node, job, device in zip(*columns, strict=True):
        if node >= 0:
            there.setdefault(node, []).append((job, device))
    found = list[str]()
    for node, placed in sorted(there.items()):
        for what, asked, has in (
            ("vCPU", jobs.vcpu_m, fleet.vcpu_m),
            ("memory", jobs.memory_mib, fleet.memory_mib),
        ):
            used = sum(int(asked[job]) for job, _ in placed)
            if used > int(has[node]):
                found.append(f"node {node}: {what}: {used} of {int(has[node])}")
        shares = [(device, int(jobs.gpu_m[job])) for job, device in placed]
        found += device_faults(node, int(fleet.devices[node]), shares)
    return found


def device_faults(node: int, devices: int, placed: Sequence[tuple[int, int]]) -> list[str]:
    """Shares that overdraw their device, and more whole devices than are left."""
    cut: dict[int, int] = {}
    whole = sum(gpu_m // WHOLE_M for _, gpu_m in placed if gpu_m >= WHOLE_M)
    for device, gpu_m in placed:
        if 0 < gpu_m < WHOLE_M:
            cut[device] = cut.get(device, 0) + gpu_m
    found = [
        f"node {node}: device {device}: {used} of {WHOLE_M if 0 <= device < devices else 0}"
        for device, used in sorted(cut.items())
        if used > WHOLE_M or not 0 <= device < devices
    ]
    if whole + len(cut) > devices:
        found.append(f"node {node}: {whole + len(cut)} of {devices} devices")
    return found
