"""An independent check of what was written down: nothing overdrawn at any instant.

It sees only the journal's entries (who held which node and devices from when to when) and the
estate; it shares no counter with `state.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.estate import UNKNOWN, Estate
from scheduler.room import WHOLE_M

Ints = npt.NDArray[np.int64]


class LawBrokenError(AssertionError):
    """The records contradict a law of contracts §4. A defect of ours, never of the input."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Holds begun (`sign` 1) and ended (-1), in any order: arrays of one length.

    `amount` is (n, 6) per node in the order of RESOURCES; `mask` names the devices by bits.
    """

    at_us: Ints
    sign: Ints
    node: Ints
    mask: Ints
    amount: Ints


class Audit:
    """What every node, device, pool and quota holds after the entries seen so far."""

    def __init__(self, estate: Estate) -> None:
        pools = estate.pools
        counts = [p.nodes for p in pools]
        self.names = [p.name for p in pools]
        self.pool_of = np.repeat(np.arange(len(pools)), counts)
        per_node = [
            (p.vcpu_m, p.memory_mib, p.devices * WHOLE_M, -1, p.dpu_m, p.local_storage_mb)
            for p in pools
        ]
        self.may = _limits(per_node)
        self.may_sell = _limits([p.sellable for p in pools])
        self.capped = np.array([p.capped for p in pools], bool)
        self.devices = max(estate.devices, 1)
        self.memory = _limits([(p.device_memory_mib,) for p in pools])[:, 0]
        self.held = np.zeros((estate.nodes, 6), np.int64)
        self.sold = np.zeros((len(pools), 6), np.int64)
        self.shares = np.zeros(estate.nodes * self.devices, np.int64)
        self.device_memory = np.zeros(estate.nodes * self.devices, np.int64)
        self.now_us = 0

    def add(self, entries: Entries) -> None:
        """Check the entries of one flush on top of all before.

        Raises:
            LawBrokenError: an entry overdraws a node, a device or a pool, or time goes back.
        """
        if not len(entries.at_us):
            return
        if int(entries.at_us.min()) < self.now_us:
            raise LawBrokenError("time went back")
        order = np.argsort(entries.at_us * 2 + (entries.sign > 0), kind="stable")
        node, sign = entries.node[order], entries.sign[order]
        self.now_us = int(entries.at_us.max())
        change = entries.amount[order] * sign[:, None]
        self._nodes(node, change)
        if self.capped.any():
            self._pools(self.pool_of[node], change)
        self._devices(node, entries.mask[order], change, sign)

    def _nodes(self, node: Ints, change: Ints) -> None:
        by = np.argsort(_small(node), kind="stable")
        node = node[by]
        heads = np.flatnonzero(np.diff(node, prepend=-1))
        sizes = np.diff(heads, append=len(node))
        for r in (0, 1, 2, 4, 5):
            column = change[by, r]
            if not column.any():
                continue
            level = running(column, heads, sizes, self.held[node[heads], r])
            if (level > self.may[self.pool_of[node], r]).any() or (level < 0).any():
                at = node[
                    int(np.argmax((level > self.may[self.pool_of[node], r]) | (level < 0)))
                ]
                raise LawBrokenError(
                    f"node {at} of pool {self.names[self.pool_of[at]]} is overdrawn"
                )
            self.held[node[heads], r] = level[heads + sizes - 1]

    def _pools(self, pool: Ints, change: Ints) -> None:
        by = np.argsort(_small(pool), kind="stable")
        pool = pool[by]
        heads = np.flatnonzero(np.diff(pool, prepend=-1))
        sizes = np.diff(heads, append=len(pool))
        for r in range(6):
            level = running(change[by, r], heads, sizes, self.sold[pool[heads], r])
            if (level > self.may_sell[pool, r]).any():
                raise LawBrokenError("a pool sold more than it may")
            self.sold[pool[heads], r] = level[heads + sizes - 1]

    def _devices(self, node: Ints, mask: Ints, change: Ints, sign: Ints) -> None:
        has = np.flatnonzero(mask)
        if not len(has):
            return
        bits = (mask[has, None] >> np.arange(self.devices)) & 1
        row, device = np.nonzero(bits)
        held = has[row]
        count = bits.sum(axis=1)[row]
        share = change[held, 2] // count
        if (np.abs(share) > WHOLE_M).any() or (share * count != change[held, 2]).any():
            raise LawBrokenError("a job holds more of a device than there is")
        slot = node[held] * self.devices + device
        by = np.argsort(slot, kind="stable")
        slot = slot[by]
        heads = np.flatnonzero(np.diff(slot, prepend=-1))
        sizes = np.diff(heads, append=len(slot))
        last = heads + sizes - 1
        level = running(share[by], heads, sizes, self.shares[slot[heads]])
        memory = running(
            (change[held, 3] // count)[by], heads, sizes, self.device_memory[slot[heads]]
        )
        may = self.memory[self.pool_of[slot // self.devices]]
        if (level > WHOLE_M).any() or (level < 0).any() or (memory > may).any():
            raise LawBrokenError("a device is overdrawn")
        self.shares[slot[heads]] = level[last]
        self.device_memory[slot[heads]] = memory[last]


def running(change: Ints, heads: Ints, sizes: Ints, before: Ints) -> Ints:
    """Level after each change, group by group: groups begin at `heads` from `before`."""
    total = np.cumsum(change)
    base = total[heads] - change[heads] - before
    return total - np.repeat(base, sizes)


def _small(codes: Ints) -> npt.NDArray[np.uint16] | Ints:
    """As 16 bits where they fit: a stable sort of those takes linear time."""
    if len(codes) and int(codes.max()) < 1 << 16:
        return codes.astype(np.uint16)
    return codes


def _limits(rows: Sequence[tuple[int, ...]]) -> Ints:
    """Limits as an array; what is unknown is no limit."""
    limits = np.array(rows, np.int64).reshape(len(rows), -1)
    return np.where(limits == UNKNOWN, np.int64(1 << 60), limits)
