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

    `kind` is the row of `amounts` (kinds, 6) that tells what is held of one node, in the order
    of RESOURCES; `mask` names the devices by bits.
    """

    at_us: Ints
    sign: Ints
    node: Ints
    mask: Ints
    kind: Ints
    amounts: Ints

    def some(self, keep: npt.NDArray[np.bool_]) -> Entries:
        """Those that are to be kept."""
        return Entries(
            at_us=self.at_us[keep],
            sign=self.sign[keep],
            node=self.node[keep],
            mask=self.mask[keep],
            kind=self.kind[keep],
            amounts=self.amounts,
        )


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
        self.limits: list[tuple[int, ...] | None] = []  # quota by number of tenant
        self.booked: dict[int, list[int]] = {}

    def add(self, entries: Entries) -> None:
        """Check the entries of one flush on top of all before.

        Raises:
            LawBrokenError: an entry overdraws a node, a device or a pool, or time goes back.
        """
        if not len(entries.at_us):
            return
        if int(entries.at_us.min()) < self.now_us:
            raise LawBrokenError("time went back")
        self.now_us = int(entries.at_us.max())
        # ends before begins of one instant; begins and ends come sorted, so this is a merge
        order = np.argsort(entries.at_us * 2 + (entries.sign > 0), kind="stable")
        self._nodes(entries, grouped(entries.node, order))
        if self.capped.any():
            self._pools(entries, grouped(self.pool_of[entries.node], order))
        self._devices(entries, order)

    def quotas(self, at_us: Ints, sign: Ints, tenant: Ints, asked: Ints) -> None:
        """Check whole jobs begun and ended against their tenants' quotas; `asked` is (n, 6).

        Raises:
            LawBrokenError: a tenant holds more than its quota.
        """
        groups = grouped(tenant, np.argsort(at_us * 2 + (sign > 0), kind="stable"))
        limits = _limits([q or (-1,) * 6 for q in self.limits])
        held = np.array([self.booked.setdefault(t, [0] * 6) for t in groups.key.tolist()])
        for r in range(6):
            change = (asked[:, r] * sign)[groups.order]
            _, high, last = groups.course(change, held[:, r])
            if (high > limits[groups.key, r]).any():
                raise LawBrokenError("a tenant holds more than its quota")
            for t, amount in zip(groups.key.tolist(), last.tolist(), strict=True):
                self.booked[t][r] = amount

    def _nodes(self, entries: Entries, groups: Groups) -> None:
        node, pool = groups.key, self.pool_of[groups.key]
        kind, sign = entries.kind[groups.order], entries.sign[groups.order]
        for r in (0, 1, 2, 4, 5):
            amounts = entries.amounts[:, r]
            if not amounts.any():
                continue
            low, high, last = groups.course(amounts[kind] * sign, self.held[node, r])
            broken = (high > self.may[pool, r]) | (low < 0)
            if broken.any():
                at = int(node[int(np.argmax(broken))])
                raise LawBrokenError(
                    f"node {at} of pool {self.names[self.pool_of[at]]} is overdrawn"
                )
            self.held[node, r] = last

    def _pools(self, entries: Entries, groups: Groups) -> None:
        kind, sign = entries.kind[groups.order], entries.sign[groups.order]
        for r in range(6):
            change = entries.amounts[:, r][kind] * sign
            _, high, last = groups.course(change, self.sold[groups.key, r])
            if (high > self.may_sell[groups.key, r]).any():
                raise LawBrokenError("a pool sold more than it may")
            self.sold[groups.key, r] = last

    def _devices(self, entries: Entries, order: Ints) -> None:
        order = order[entries.mask[order] != 0]
        if not len(order):
            return
        mask, node = entries.mask[order], entries.node[order]
        bits = (mask[:, None] >> np.arange(self.devices)) & 1
        row, device = np.nonzero(bits)
        entry, count = order[row], bits.sum(axis=1)[row]
        kind, sign = entries.kind[entry], entries.sign[entry]
        gpu = entries.amounts[:, 2][kind]
        share = gpu // count
        if (share > WHOLE_M).any() or (share * count != gpu).any():
            raise LawBrokenError("a job holds more of a device than there is")
        slots = grouped(node[row] * self.devices + device, np.arange(len(row)))
        share, memory = share * sign, entries.amounts[:, 3][kind] // count * sign
        may = self.memory[self.pool_of[slots.key // self.devices]]
        low, high, last = slots.course(share[slots.order], self.shares[slots.key])
        _, most, kept = slots.course(memory[slots.order], self.device_memory[slots.key])
        if (high > WHOLE_M).any() or (low < 0).any() or (most > may).any():
            raise LawBrokenError("a device is overdrawn")
        self.shares[slots.key] = last
        self.device_memory[slots.key] = kept


@dataclass(frozen=True, slots=True)
class Groups:
    """Entries by what they change, each group in time order: `key` (groups,), `order` (n,)."""

    key: Ints
    order: Ints
    heads: Ints

    def course(self, change: Ints, before: Ints) -> tuple[Ints, Ints, Ints]:
        """Lowest, highest and last level of each group, which starts from `before`."""
        total = np.cumsum(change)
        base = total[self.heads] - change[self.heads] - before
        last = total[np.append(self.heads[1:], len(total)) - 1] - base
        return (
            np.minimum.reduceat(total, self.heads) - base,
            np.maximum.reduceat(total, self.heads) - base,
            last,
        )


def grouped(key: Ints, order: Ints) -> Groups:
    """Groups of equal keys; inside each the entries stand as in `order`."""
    by = order[np.argsort(_small(key[order]), kind="stable")]
    keys = key[by]
    heads = np.flatnonzero(np.diff(keys, prepend=-1))
    return Groups(keys[heads], by, heads)


def _small(codes: Ints) -> npt.NDArray[np.uint16] | Ints:
    """As 16 bits where they fit: a stable sort of those takes linear time."""
    if len(codes) and int(codes.max()) < 1 << 16:
        return codes.astype(np.uint16)
    return codes


def _limits(rows: Sequence[tuple[int, ...]]) -> Ints:
    """Limits as an array; what is unknown is no limit."""
    limits = np.array(rows, np.int64).reshape(len(rows), -1)
    return np.where(limits == UNKNOWN, np.int64(1 << 60), limits)
