"""Packing that wastes least GPU for the jobs to come: fragmentation gradient descent (FGD).

The fragment of a node is the idle GPU that the typical job cannot use, averaged over the
typical jobs. FGD places a job where the fragment grows least. All sums are integers, so that
no machine orders two nodes differently; the sigmoid becomes 99 thresholds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scheduler.packing import BEST, fullest
from scheduler.room import VCPU, WHOLE_M, Flags, Ints, Need, Room, fitting

WEIGHT_SUM = 2**30  # weights as integers add up to about this
KEPT_SCORES = 8_000_000  # scores remembered over all rows, about 80 MB


Job = tuple[Need, tuple[int, ...], float]  # need, pools where it may run, weight


def typical_jobs(jobs: Iterable[Job], pool_of: Ints, *, share: float = 0.95) -> Typical:
    """The commonest jobs that together make up `share` of the demand.

    Jobs are told apart by vCPU, GPU and the pools they may use; ties go to the larger.
    `pool_of` (N,) is the pool of each node.
    """
    weights: dict[tuple[int, int, tuple[int, ...]], float] = {}
    for need, pools, weight in jobs:
        key = (need.vcpu_m, need.gpu_m, pools)
        weights[key] = weights.get(key, 0.0) + weight
    ranked = sorted(((weight, *key) for key, weight in weights.items()), reverse=True)
    head = ranked[: head_that_reaches(share, [weight for weight, *_ in ranked])]
    return Typical(
        tuple((Need(vcpu_m=vcpu_m, gpu_m=gpu_m), weight) for weight, vcpu_m, gpu_m, _ in head),
        np.array([np.isin(pool_of, pools) for *_, pools in head], bool).reshape(
            -1, len(pool_of)
        ),
    )


def head_that_reaches(share: float, weights: list[float]) -> int:
    """How many of the first weights make up `share` of their sum."""
    reached, least = 0.0, share * sum(weights)
    for count, weight in enumerate(weights):
        if reached >= least:
            return count
        reached += weight
    return len(weights)


@dataclass(frozen=True)
class Typical:
    """The typical jobs as arrays over J jobs; `where` says on which nodes each may run."""

    needs: tuple[tuple[Need, float], ...]
    where: Flags | None = None  # (J, N); None: everywhere

    @cached_property
    def vcpu_m(self) -> Ints:
        """Asked vCPU: (J,)."""
        return np.array([need.vcpu_m for need, _ in self.needs], np.int64)

    @cached_property
    def devices(self) -> Ints:
        """Devices asked for: (J,)."""
        return np.array([need.devices for need, _ in self.needs], np.int64)

    @cached_property
    def device_m(self) -> Ints:
        """Asked thousandths a device: (J,); beyond any device where no GPU is asked for."""
        return np.array([need.device_m or 2 * WHOLE_M for need, _ in self.needs], np.int64)

    @cached_property
    def levels(self) -> tuple[Ints, npt.NDArray[np.intp]]:
        """The distinct values of `device_m`, and which of them each job asks for."""
        values, index = np.unique(self.device_m, return_inverse=True)
        return values, index

    @cached_property
    def weights(self) -> Ints:
        """Weights as integers that add up to about WEIGHT_SUM: (J,)."""
        total = sum(weight for _, weight in self.needs) or 1.0
        return np.array([round(w / total * WEIGHT_SUM) for _, w in self.needs], np.int64)

    @cached_property
    def weight_sum(self) -> int:
        """The sum of `weights`."""
        return int(self.weights.sum())

    @cached_property
    def thresholds(self) -> Ints:
        """Least saving of fragments for scores 1 to 99: (99,), in thousandths x weight."""
        unit = Decimal(self.weight_sum * WHOLE_M)
        odds = (Decimal(score) / (BEST - score) for score in range(1, BEST))
        steps = [(odd.ln() * unit).to_integral_value(ROUND_CEILING) for odd in odds]
        return np.array([int(step) for step in steps], np.int64)

    def fragments(self, vcpu_m: Ints, gpu_free: Ints, nodes: Ints) -> Ints:
        """Idle GPU that typical jobs cannot use, in thousandths x weight: (K,).

        `vcpu_m` (K,) and `gpu_free` (K, D) are K states of `nodes` (K,).
        """
        levels, level = self.levels
        devices = np.ascontiguousarray(gpu_free.T)[:, :, None]  # short axis first: fast sums
        enough = devices >= levels
        count = enough.sum(axis=0)[:, level]
        usable = np.where(enough, devices, 0).sum(axis=0)[:, level]
        able = (count >= self.devices) & (vcpu_m[:, None] >= self.vcpu_m)
        if self.where is not None:
            able &= self.where.T[nodes]
        idle = np.maximum(gpu_free, 0).sum(axis=1)
        wasted: Ints = idle * self.weight_sum - np.where(able, usable, 0) @ self.weights
        return wasted


@dataclass(slots=True)
class Row:
    """Scores of one need on every node, and the version of the node they were made for."""

    scores: npt.NDArray[np.int16]
    version: Ints


@dataclass(frozen=True, slots=True)
class Fgd:
    """The node (and device) where placing the job adds least fragments. One room per policy."""

    typical: Typical
    rows: dict[Need, Row] = field(default_factory=dict, compare=False, repr=False)

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """floor(100 sigmoid(fragments before - after)), fragments in GPUs."""
        row = self._row(need, len(room.version))
        stale = nodes[row.version[nodes] != room.version[nodes]]
        if len(stale):
            row.scores[stale] = self.best(need, room, stale)
            row.version[stale] = room.version[stale]
        return row.scores[nodes].astype(np.int64)

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The best scored of the devices that fit a share, else the lowest free ones."""
        if not 0 < need.gpu_m < WHOLE_M:
            return fullest(need, room, node)
        scores, _, devices = self.shared(need, room, np.array([node]))
        return (int(devices[scores.argmax()]),)

    def _row(self, need: Need, nodes: int) -> Row:
        """The remembered scores of a need; the oldest row goes when there are too many."""
        row = self.rows.get(need)
        if row is None:
            if len(self.rows) >= max(KEPT_SCORES // max(nodes, 1), 1):
                del self.rows[next(iter(self.rows))]
            row = Row(np.zeros(nodes, np.int16), np.full(nodes, -1, np.int64))
            self.rows[need] = row
        return row

    def best(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """The score of each node, on its best device."""
        if 0 < need.gpu_m < WHOLE_M:
            scores, at, _ = self.shared(need, room, nodes)
            best = np.zeros(len(nodes), np.int64)
            np.maximum.at(best, at, scores)
            return best
        gpu_free = room.gpu_free[nodes]
        if need.gpu_m:
            able = fitting(need, room, nodes)
            gpu_free[able & (able.cumsum(axis=1) <= need.devices)] = 0
        return self._scores(need, room, nodes, gpu_free)

    def shared(self, need: Need, room: Room, nodes: Ints) -> tuple[Ints, Ints, Ints]:
        """For every node and device worth trying: score, index into `nodes`, device."""
        free = room.gpu_free[nodes]
        at, devices = np.nonzero(
            first_of_a_kind(np.where(fitting(need, room, nodes), free, -1))
        )
        after = free[at]
        after[np.arange(len(at)), devices] -= need.gpu_m
        return self._scores(need, room, nodes[at], after), at, devices

    def _scores(self, need: Need, room: Room, nodes: Ints, after: Ints) -> Ints:
        """Scores of `nodes` if their devices become `after` and the vCPUs are taken."""
        vcpu_m = room.free[VCPU, nodes]
        before = self.typical.fragments(vcpu_m, room.gpu_free[nodes], nodes)
        saved = before - self.typical.fragments(vcpu_m - need.vcpu_m, after, nodes)
        return np.searchsorted(self.typical.thresholds, saved, side="right")


def first_of_a_kind(free: Ints) -> Flags:
    """Of the devices of a node that are equally free only the lowest: (M, D). -1 is none."""
    earlier = np.tri(free.shape[1], k=-1, dtype=np.bool_)
    same = (free[:, :, None] == free[:, None, :]) & earlier
    first: Flags = (free >= 0) & ~same.any(axis=2)
    return first
