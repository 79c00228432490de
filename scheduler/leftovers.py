"""Free GPUs that the jobs to come cannot use: what is left over in pieces (碎片).

The fragment of a node is its free GPU minus the part that a job could take, averaged over the
kinds of GPU jobs that may run there, weighted by how often they come (the notion is that of
Weng et al., "Beware of Fragmentation", USENIX ATC 2023, taken over the jobs of each pool
alone: a chip that a job may not use at all is not in pieces for it). It is worked out from the
holds in the journal: a node changes only when a hold begins or ends, so its course is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from scenarios import JobChunk
from scheduler.audit import Entries, Groups, grouped
from scheduler.estate import MOST_DEVICES, UNKNOWN, Estate, PoolFacts
from scheduler.fragments import head_that_reaches
from scheduler.needs import demand_of_node, need_of
from scheduler.room import WHOLE_M, Flags, Need
from scheduler.shapes import Shape

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

WEIGHT_SUM = 2**20  # integer weights of the kinds of one pool add up to this
TYPICAL = 0.95  # the commonest kinds that make up so much of the jobs stand for all
PLENTY = 1 << 40  # of what no source tells
MOST_STATES = 65_536  # that are remembered at once, about 10 MB
FIXED = 4  # columns of a state before its devices: vCPU, memory, DPU, local storage
FIXED_AMOUNTS = (0, 1, 4, 5)  # the same in the order of RESOURCES
_MIX = np.random.default_rng(20260302).integers(1, 2**62, 2 * MOST_DEVICES + FIXED + 1) | 1
"""A state's code is its dot product with these, modulo 2^64: what is added to a state is added
to its code, and two states of one code are rare beyond all measure (3e-8 in a million)."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds of GPU jobs that may run in a pool, commonest first; weights sum to WEIGHT_SUM."""

    needs: tuple[Need, ...]
    weights: tuple[int, ...]

    def fragments(self, states: Ints, devices: int) -> Ints:
        """Free GPU that the mean job cannot use, in thousandths, rounded down: (n,).

        `states` (n, FIXED + 2 x devices) is the room of n nodes: vCPU, memory, DPU, storage,
        then the share of each device that is free, then the memory of each.
        """
        share, memory = states[:, FIXED : FIXED + devices], states[:, FIXED + devices :]
        idle = share.sum(axis=1)
        usable = np.zeros(len(states), np.int64)
        for need, weight in zip(self.needs, self.weights, strict=True):
            able = (share >= need.device_m) & (memory >= need.gpu_memory_mib)
            asked = (need.vcpu_m, need.memory_mib, need.dpu_m, need.local_storage_mb)
            fits = (states[:, :FIXED] >= np.array(asked)).all(axis=1)
            fits &= able.sum(axis=1) >= need.devices
            usable += np.where(fits, np.where(able, share, 0).sum(axis=1), 0) * weight
        lost: Ints = idle - -(-usable // WEIGHT_SUM)
        return lost


@dataclass(frozen=True, slots=True)
class Taken:
    """What each of n holds changes of its node, negative where it begins.

    `fixed` is (n, FIXED); `share` and `memory` are those of each device in `mask`.
    """

    at_us: Ints
    node: Ints
    mask: Ints
    fixed: Ints
    share: Ints
    memory: Ints

    @classmethod
    def of(cls, holds: Entries, there: Ints) -> Taken:
        """Some of the holds; a job has as many devices as its GPUs, rounded up."""
        kind, sign, amounts = holds.kind[there], -holds.sign[there], holds.amounts
        count = np.maximum(-(-amounts[:, 2] // WHOLE_M), 1)
        return cls(
            at_us=holds.at_us[there],
            node=holds.node[there],
            mask=holds.mask[there],
            fixed=amounts[:, FIXED_AMOUNTS][kind] * sign[:, None],
            share=(amounts[:, 2] // count)[kind] * sign,
            memory=(amounts[:, 3] // count)[kind] * sign,
        )

    def take(self, rows: Ints | slice) -> Taken:
        """Some rows."""
        return Taken(*(getattr(self, name)[rows] for name in self.__slots__))

    def codes(self, mix: Ints, devices: int) -> Ints:
        """What each adds to the code of its node: `changes` times `mix`."""
        code, ones = self.fixed @ mix[:FIXED], np.zeros((2, len(self.mask)), np.int64)
        for device in range(devices):
            bit = (self.mask >> device) & 1
            ones += bit * mix[FIXED + device :: devices][:2, None]
        codes: Ints = code + ones[0] * self.share + ones[1] * self.memory
        return codes

    def changes(self, rows: slice, devices: int) -> Ints:
        """What some add to the states of their nodes: (n, columns of a state)."""
        bits = (self.mask[rows, None] >> np.arange(devices)) & 1
        share, memory = self.share[rows, None], self.memory[rows, None]
        return np.hstack([self.fixed[rows], bits * share, bits * memory])


class Leftovers:
    """The fragments of every node with GPUs, brought forward by the holds of each flush.

    Nodes of equal room, in pools of equal kinds, have equal fragments, and few rooms are ever
    new. So the course of a node is followed by the code of its state (_MIX), one number, and
    the state itself is worked out only where its code was not met before.
    """

    def __init__(self, estate: Estate, shapes: Sequence[Shape], pool_of: Ints) -> None:
        self.estate, self.shapes, self.pool_of = estate, shapes, pool_of
        self.devices = estate.devices
        self.asked: dict[tuple[object, ...], tuple[Shape, int]] | None = None
        self.found: list[Kinds] = [Kinds((), ())]
        self.which = np.full(len(estate.pools), -1)  # of `found`, of each pool met so far
        width = FIXED + 2 * self.devices
        self.mix = _MIX[:width]
        self.code = np.zeros(estate.nodes, np.int64)  # of the state of each node
        self.row_of: dict[int, int] = {}  # of a code, in the two below
        self.states = np.zeros((0, width), np.int64)
        self.lost = np.zeros(0, np.int64)  # the fragment of each state

    def first(self, chunk: JobChunk) -> None:
        """The first chunk of demand tells how often each kind of job comes."""
        if self.asked is not None:
            return
        self.asked = {}
        numbers, counts = np.unique(chunk.ask, return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            shape = self.shapes[number]
            if shape.ask.gpu_m and shape.allowed and not shape.endless:
                key = (*demand_of_node(shape.ask), id(shape.allowed))
                known = self.asked.get(key, (shape, 0))[1]
                self.asked[key] = shape, known + count * shape.nodes

    def course(self, holds: Entries) -> tuple[Ints, Ints, Floats]:
        """Jumps of the fragments of pools: instants, pools, thousandths of a GPU; all (n,)."""
        there = np.flatnonzero(self._with_kinds(self.pool_of[holds.node]))
        if not len(there):
            return holds.at_us[there], holds.node[there], np.zeros(0)
        if len(self.states) > MOST_STATES:
            self._forget()
        taken = Taken.of(holds, there)
        groups = grouped(taken.node, np.argsort(taken.at_us, kind="stable"))
        taken = taken.take(groups.order)
        step = taken.codes(self.mix, self.devices)
        total = np.cumsum(step)
        size = np.diff(np.append(groups.heads, len(step)))
        before = self.code[groups.key] - (total[groups.heads] - step[groups.heads])
        code = total + np.repeat(before, size)
        # of one node at one instant only what is left at its end lasts
        ends = np.append((np.diff(taken.node) != 0) | (np.diff(taken.at_us) != 0), True)
        self._learn(taken, groups, code, ends)
        rows, back = np.unique(
            np.concatenate([self.code[groups.key], code[ends]]), return_inverse=True
        )
        lost = self.lost[[self.row_of[one] for one in rows.tolist()]][back]
        earlier, lost = lost[: len(groups.key)], lost[len(groups.key) :]
        self.code[groups.key] = code[np.append(groups.heads[1:], len(code)) - 1]
        return self._jumps(taken.at_us[ends], taken.node[ends], lost, earlier)

    def _jumps(
        self, at_us: Ints, node: Ints, lost: Ints, earlier: Ints
    ) -> tuple[Ints, Ints, Floats]:
        """Changes of fragments; `earlier` is that of each node before its first row."""
        before = np.append(0, lost[:-1])
        before[np.flatnonzero(np.diff(node, prepend=-1))] = earlier
        return at_us, self.pool_of[node], (lost - before).astype(np.float64)

    def _learn(self, taken: Taken, groups: Groups, code: Ints, ends: Flags) -> None:
        """Work out the states that were not met before."""
        codes, first = np.unique(code[ends], return_index=True)
        fresh = [n for n, one in enumerate(codes.tolist()) if one not in self.row_of]
        if not fresh:
            return
        at = np.flatnonzero(ends)[first[fresh]]
        of_node = np.searchsorted(groups.heads, at, side="right") - 1
        states = np.empty((len(at), len(self.mix)), np.int64)
        for group in np.unique(of_node).tolist():  # the whole course of a node with new states
            rows, start = np.flatnonzero(of_node == group), int(groups.heads[group])
            changes = taken.changes(slice(start, int(at[rows].max()) + 1), self.devices)
            base = self.states[self.row_of[int(self.code[groups.key[group]])]]
            states[rows] = base + np.cumsum(changes, axis=0)[at[rows] - start]
        self._remember(code[at], states, self.which[self.pool_of[taken.node[at]]])

    def _remember(self, codes: Ints, states: Ints, which: Ints) -> None:
        lost = np.zeros(len(states), np.int64)
        for number in np.unique(which).tolist():
            rows = np.flatnonzero(which == number)
            lost[rows] = self.found[number].fragments(states[rows], self.devices)
        fresh = range(len(self.lost), len(self.lost) + len(codes))
        self.row_of |= zip(codes.tolist(), fresh, strict=True)
        self.states = np.concatenate([self.states, states])
        self.lost = np.concatenate([self.lost, lost])

    def _forget(self) -> None:
        """Keep the states that nodes are in now."""
        now = [one for one in np.unique(self.code).tolist() if one in self.row_of]
        rows = [self.row_of[one] for one in now]
        self.states, self.lost = self.states[rows], self.lost[rows]
        self.row_of = {one: row for row, one in enumerate(now)}

    def _with_kinds(self, pool: Ints) -> npt.NDArray[np.bool_]:
        """Of which rows the pool has GPUs that some kind of job may use."""
        fresh = np.unique(pool[self.which[pool] < 0])
        for number in fresh.tolist():
            self._meet(number)
        return self.which[pool] > 0

    def _meet(self, number: int) -> None:
        """The first hold in a pool: its kinds of jobs, and its nodes, all free."""
        facts = self.estate.pools[number]
        kinds = self._kinds(number, facts) if facts.devices else self.found[0]
        if kinds not in self.found:
            self.found.append(kinds)
        self.which[number] = self.found.index(kinds)
        if kinds.needs:
            empty = _empty(facts, self.devices)
            # equal rooms count as different where other kinds of jobs come
            code = empty[None] @ self.mix + self.which[number, None] * _MIX[-1:]
            self.code[facts.first_node : facts.first_node + facts.nodes] = code
            if int(code[0]) not in self.row_of:
                self._remember(code, empty[None], self.which[number, None])

    def _kinds(self, number: int, facts: PoolFacts) -> Kinds:
        counts: dict[Need, int] = {}
        for shape, count in (self.asked or {}).values():
            if number in shape.allowed:
                need = need_of(shape.ask, facts)
                counts[need] = counts.get(need, 0) + count
        return kinds_of(counts)


def kinds_of(counts: dict[Need, int]) -> Kinds:
    """The commonest needs that make up TYPICAL of the jobs; ties go to the larger."""
    ranked = sorted(counts.items(), key=lambda one: (one[1], astuple(one[0])), reverse=True)
    head = ranked[: head_that_reaches(TYPICAL, [float(count) for _, count in ranked])]
    total = sum(count for _, count in head)
    weights = [count * WEIGHT_SUM // total for _, count in head]
    if weights:
        weights[0] += WEIGHT_SUM - sum(weights)
    return Kinds(tuple(need for need, _ in head), tuple(weights))


def _empty(facts: PoolFacts, devices: int) -> Ints:
    """The state of an empty node; devices that it does not have are taken."""
    here = np.arange(devices) < facts.devices
    fixed = (facts.vcpu_m, facts.memory_mib, facts.dpu_m, facts.local_storage_mb)
    known = [PLENTY if amount == UNKNOWN else amount for amount in fixed]
    memory = PLENTY if facts.device_memory_mib == UNKNOWN else facts.device_memory_mib
    return np.hstack([known, here * WHOLE_M, here * memory]).astype(np.int64)
