"""Nodes of one pool in the order of best fit, kept sorted while jobs come and go.

The score of best fit falls with a node's weight: what it has left of vCPU and GPU, each
against the largest node's; it is rounded down, so that 1/50 of the largest weight or less may
part nodes of one score, among which the lowest number wins. Nodes with equally much GPU free
form a rung, sorted by weight and number; a search looks into rungs from the least GPU up, and
stops where even a node with no vCPU to spare would score less than the best one found.
"""

from __future__ import annotations

from bisect import bisect_left, insort

LOCAL_BITS = 24  # low bits of a key: node number inside its pool
LOCAL_MASK = (1 << LOCAL_BITS) - 1


class Ladder:
    """`rungs[gpu_m]`: keys of the nodes with that much GPU free; `steps` sorts them."""

    __slots__ = ("gpu_weight", "rungs", "steps", "vcpu_weight", "whole")

    def __init__(self, vcpu_weight: int, gpu_weight: int, whole: int) -> None:
        self.vcpu_weight, self.gpu_weight, self.whole = vcpu_weight, gpu_weight, whole
        self.rungs: dict[int, list[int]] = {}
        self.steps: list[int] = []

    def key(self, vcpu_m: int, gpu_m: int, local: int) -> int:
        """Sorts a node by what it has free, then by its number."""
        weight = vcpu_m * self.vcpu_weight + gpu_m * self.gpu_weight
        return (weight << LOCAL_BITS) + local

    def lost(self, weight: int) -> int:
        """How far the score is below 100, for the weight left once the job is on the node."""
        return -(-50 * weight // self.whole)

    def roof(self, lost: int, taken: int) -> int:
        """The first key beyond the nodes that lose that much; `taken` is the job's weight."""
        return (lost * self.whole // 50 + taken + 1) << LOCAL_BITS

    def rung(self, gpu_m: int) -> list[int]:
        """The rung of nodes with that much GPU free, made if there was none."""
        found = self.rungs.get(gpu_m)
        if found is None:
            found = self.rungs[gpu_m] = []
            insort(self.steps, gpu_m)
        return found

    def close(self, gpu_m: int) -> None:
        """Take away a rung on which no node stands."""
        del self.rungs[gpu_m]
        self.steps.remove(gpu_m)

    def add(self, vcpu_m: int, gpu_m: int, local: int) -> None:
        """Take in a node with that much free."""
        insort(self.rung(gpu_m), self.key(vcpu_m, gpu_m, local))

    def drop(self, vcpu_m: int, gpu_m: int, local: int) -> None:
        """Leave out a node that had that much free."""
        rung = self.rungs[gpu_m]
        del rung[bisect_left(rung, self.key(vcpu_m, gpu_m, local))]
        if not rung:
            self.close(gpu_m)
