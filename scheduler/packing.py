"""Which node a job goes to: packing policies, as scores over the nodes that have room.

The highest score wins; the caller breaks ties (by pool and node number, or by one shuffled
order a seed) by the order in which it lists the nodes. Scores are whole numbers from 0 to 100,
rounded down, and the same on every machine: docs/decisions/0003-packing-scores.md gives the
formulas and says where they come from. FGD stands in `fragments.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scheduler.room import VCPU, WHOLE_M, Ints, Need, Room, fitting

BEST = 100
TAG_SHARE = 0  # column of `Room.tags`


class Packing(Protocol):
    """Scores nodes for one need; every node given has room for it."""

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """A number a node, highest best: (len(nodes),)."""

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """Numbers of the devices to take on `node`: none, one for a share, else whole ones."""


def fullest(need: Need, room: Room, node: int) -> tuple[int, ...]:
    """The fullest device that fits a share, else the lowest free ones; ties lowest number."""
    able = able_devices(need, room, node)
    if need.gpu_m < WHOLE_M and len(able):
        free = room.gpu_free[node, able]
        able = able[[int(free.argmin())]]
    return tuple(able[: need.devices].tolist())


def able_devices(need: Need, room: Room, node: int) -> Ints:
    """Numbers of the devices of `node` that could serve `need`, lowest first."""
    return np.flatnonzero(fitting(need, room, np.array([node]))[0])


@dataclass(frozen=True, slots=True)
class FirstFit:
    """The first node in order."""

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """0 everywhere, so that the order decides."""
        return np.zeros(len(nodes), np.int64)

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The fullest device that fits."""
        return fullest(need, room, node)


@dataclass(frozen=True, slots=True)
class BestFit:
    """The node with least vCPU and GPU left afterwards, each against the largest node's."""

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """floor(100 (1 - (vCPU left / C + GPU left / G) / 2)), left with the job there."""
        return left_over_score(need, room, nodes)

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The fullest device that fits."""
        return fullest(need, room, node)


@dataclass(frozen=True, slots=True)
class WorstFit:
    """The reverse of best fit: the emptiest node."""

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """100 less the score of best fit."""
        return BEST - left_over_score(need, room, nodes)

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The fullest device that fits."""
        return fullest(need, room, node)


def left_over_score(need: Need, room: Room, nodes: Ints) -> Ints:
    """The score of best fit, in integers.

    The published one is stretched to 0..100 over the nodes at hand after it was rounded; that
    keeps every order and every tie, so it is left out, and scores of several calls compare.
    """
    most_vcpu_m, most_gpu_m = max(room.most_vcpu_m, 1), max(room.most_gpu_m, 1)
    vcpu_left = room.free[VCPU, nodes] - need.vcpu_m
    gpu_left = room.gpu_free_sum[nodes] - need.gpu_m
    whole = most_vcpu_m * most_gpu_m
    lost = 50 * (vcpu_left * most_gpu_m + gpu_left * most_vcpu_m)
    scores: Ints = (BEST * whole - lost) // whole
    return scores


@dataclass(frozen=True, slots=True)
class DotProduct:
    """The node whose free room, weighed by what is asked, is smallest."""

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """floor(100 (1 - (vCPU free / C x asked / C + GPU free / G x asked / G) / 2))."""
        most_vcpu_m, most_gpu_m = max(room.most_vcpu_m, 1), max(room.most_gpu_m, 1)
        lost = room.free[VCPU, nodes] * (need.vcpu_m / most_vcpu_m**2)
        if need.gpu_m:
            lost += room.gpu_free_sum[nodes] * (need.gpu_m / most_gpu_m**2)
        # 1e-9: a score that is whole must not fall below it by the rounding of a product
        scores: Ints = np.floor(BEST + 1e-9 - 50 * lost).astype(np.int64)
        return scores

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The fullest device that fits."""
        return fullest(need, room, node)


@dataclass(frozen=True, slots=True)
class GpuPacking:
    """Shares to devices in use first, then free devices of nodes in use, then free nodes."""

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """50 to 100 on devices in use, 33 to 49 on nodes in use, below 33 on free nodes."""
        if not need.gpu_m:
            return np.zeros(len(nodes), np.int64)
        count = room.gpu_count[nodes]
        idle = room.gpu_free_sum[nodes] == count * WHOLE_M
        on_free_node = np.maximum(BEST // 3 - count, 0)
        return np.where(idle, on_free_node, self._in_use(need, room, nodes))

    def _in_use(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """Scores as if each node had a device in use."""
        on_free = max(BEST // 2 - need.devices, BEST // 3)
        if need.gpu_m >= WHOLE_M:
            return np.full(len(nodes), on_free, np.int64)
        free = np.where(fitting(need, room, nodes), room.gpu_free[nodes], WHOLE_M)
        least = free.min(axis=1)
        on_shared = np.maximum(BEST - least // 10 // 10, BEST // 2)
        return np.where(least < WHOLE_M, on_shared, on_free)

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The fullest device that fits."""
        return fullest(need, room, node)


@dataclass(frozen=True, slots=True)
class GpuClustering:
    """Jobs of one kind (a share, one GPU, two GPUs ...) together, then the fullest node."""

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """75 beside its kind only, 50 beside it among others, 25 alone, 0 else; + up to 25."""
        if not need.gpu_m:
            return np.zeros(len(nodes), np.int64)
        most_gpu_m = max(room.most_gpu_m, 1)
        full = 25 * (most_gpu_m - room.gpu_free_sum[nodes]) // most_gpu_m
        return self._company(need, room, nodes) + full

    def _company(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """75, 50, 25 or 0 by the kinds of GPU jobs that run on each node."""
        present = room.tags[nodes] > 0
        kinds = present.sum(axis=1)
        same = present[:, tag_of(need)]
        return np.where(same, np.where(kinds == 1, 75, 50), np.where(kinds == 0, 25, 0))

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """The fullest device that fits."""
        return fullest(need, room, node)


def tag_of(need: Need) -> int:
    """The column of `Room.tags` of a job that asks for GPU: 0 a share, k for k devices."""
    return TAG_SHARE if need.gpu_m < WHOLE_M else need.devices


@dataclass(frozen=True, slots=True)
class RandomFit:
    """Any node that fits, all equally likely; a share goes to any device that fits.

    One integer is drawn for a node, one more for the device of a share.
    """

    generator: np.random.Generator

    def score(self, need: Need, room: Room, nodes: Ints) -> Ints:
        """100 for the node drawn, 0 for the others."""
        scores = np.zeros(len(nodes), np.int64)
        scores[self.generator.integers(len(nodes))] = BEST
        return scores

    def device(self, need: Need, room: Room, node: int) -> tuple[int, ...]:
        """Any device that fits a share, else the lowest free ones."""
        able = able_devices(need, room, node)
        if 0 < need.gpu_m < WHOLE_M:
            return (int(able[self.generator.integers(len(able))]),)
        return tuple(able[: need.devices].tolist())
