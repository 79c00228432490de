"""Finds the node for one member of a job: packing policy, tie order and free room together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from scheduler.estate import Estate
from scheduler.ladder import LOCAL_BITS, LOCAL_MASK
from scheduler.packing import Packing
from scheduler.room import WHOLE_M, Ints, Need, fits
from scheduler.state import State

Found = tuple[int, tuple[int, ...]]  # node, devices


class Finder(Protocol):
    """Says which node of some pools takes a need now; None where no node has room."""

    def find(
        self, needs: Sequence[tuple[int, Need]], draw: int, taken: Collection[int]
    ) -> Found | None:
        """The node and its devices, among the pools of `needs`, not one of `taken`."""


@dataclass(frozen=True, slots=True)
class ScoreFinder:
    """Scores every node that fits: the specification of packing.

    `order` is the rank of each node in ties: pool name and node number, or shuffled.
    """

    state: State
    packing: Packing
    order: Ints

    def find(
        self, needs: Sequence[tuple[int, Need]], draw: int, taken: Collection[int]
    ) -> Found | None:
        """See Finder. Nodes of several pools compete by score where their needs are equal."""
        room = self.state.room
        if room is None:
            raise ValueError("a score finder needs a mirrored state")
        best: tuple[int, int, int, Need] | None = None
        for need, nodes in self._groups(needs):
            able = nodes[fits(need, room, nodes)]
            if taken:
                able = able[~np.isin(able, np.fromiter(taken, np.int64))]
            if not len(able):
                continue
            scores = self.packing.score(need, room, able)
            first = int(np.lexsort((self.order[able], -scores))[0])
            found = (-int(scores[first]), int(self.order[able[first]]), int(able[first]), need)
            best = found if best is None else min(best, found, key=lambda f: f[:2])
        if best is None:
            return None
        node, need = best[2], best[3]
        return node, self.packing.device(need, room, node)

    def _groups(self, needs: Sequence[tuple[int, Need]]) -> list[tuple[Need, Ints]]:
        """Nodes by equal need, so that scores are stretched over all that compete."""
        pools = self.state.estate.pools
        ranges: dict[Need, list[Ints]] = {}
        for p, need in needs:
            facts = pools[p]
            span = np.arange(facts.first_node, facts.first_node + facts.nodes)
            ranges.setdefault(need, []).append(span)
        return [(need, np.concatenate(spans)) for need, spans in ranges.items()]


@dataclass(slots=True)
class RandomFinder:
    """Any node that fits, then any device that fits, drawn from the job's own random bits.

    So a job's luck does not hang on how often others were tried before it. Which nodes fit is
    kept from one search to the next where `changes` says what has changed in between.
    """

    state: State
    changes: Changes | None = None
    _known: dict[tuple[int, Need], tuple[list[int], int]] = field(default_factory=dict)

    def find(
        self, needs: Sequence[tuple[int, Need]], draw: int, taken: Collection[int]
    ) -> Found | None:
        """See Finder."""
        doing = [(self._able(pool, need, taken), need) for pool, need in needs]
        count = sum(len(nodes) for nodes, _ in doing)
        if not count:
            return None
        draw = scrambled(draw + len(taken))
        node, need = _nth(doing, draw % count)
        return node, self._devices(node, need, draw)

    def _devices(self, node: int, need: Need, draw: int) -> tuple[int, ...]:
        if not 0 < need.gpu_m < WHOLE_M:
            return self.state.devices(need, node) if need.gpu_m else ()
        free, memory = self.state.gpu[node], self.state.gpu_memory[node]
        doing = [
            d
            for d in range(len(free))
            if free[d] >= need.gpu_m and memory[d] >= need.gpu_memory_mib
        ]
        return (doing[(draw >> 32) % len(doing)],)

    def _able(self, pool: int, need: Need, taken: Collection[int]) -> list[int]:
        """Nodes that fit, by number, but for those taken."""
        if self.changes is None:
            nodes = sorted(able(self.state, pool, need))
        else:
            nodes = self._kept(self.changes, pool, need)
        return [node for node in nodes if node not in taken] if taken else nodes

    def _kept(self, changes: Changes, pool: int, need: Need) -> list[int]:
        known = self._known.get((pool, need))
        changed = None if known is None else changes.since(pool, known[1])
        if known is None or changed is None:
            nodes = sorted(able(self.state, pool, need))
        else:
            nodes = known[0]
            for node in changed:
                at = bisect_left(nodes, node)
                listed = at < len(nodes) and nodes[at] == node
                if self.state.fits(need, node):
                    if not listed:
                        nodes.insert(at, node)
                elif listed:
                    del nodes[at]
        self._known[pool, need] = nodes, changes.count(pool)
        return nodes


class Changes:
    """Which nodes of each pool changed, in order; the oldest are forgotten in time."""

    __slots__ = ("_first", "_most", "_nodes")

    def __init__(self, estate: Estate) -> None:
        self._nodes: list[list[int]] = [[] for _ in estate.pools]
        self._first = [0] * len(estate.pools)  # number of the first change still known
        self._most = [64 + 4 * facts.nodes for facts in estate.pools]

    def add(self, pool: int, node: int) -> None:
        """A node's room has changed."""
        nodes = self._nodes[pool]
        nodes.append(node)
        if len(nodes) > self._most[pool]:
            self._first[pool] += len(nodes)
            nodes.clear()

    def count(self, pool: int) -> int:
        """How many changes there were so far."""
        return self._first[pool] + len(self._nodes[pool])

    def since(self, pool: int, count: int) -> set[int] | None:
        """Nodes that changed after so many changes; None where that is forgotten."""
        first = self._first[pool]
        return set(self._nodes[pool][count - first :]) if count >= first else None


def able(state: State, pool: int, need: Need) -> Iterator[int]:
    """Nodes of a pool with room for a need now, in the order of their ladder."""
    ladder, first = state.ladders[pool], state.estate.pools[pool].first_node
    for gpu_m in ladder.steps[bisect_left(ladder.steps, need.gpu_m) :]:
        rung = ladder.rungs[gpu_m]
        for key in rung[bisect_left(rung, ladder.key(need.vcpu_m, gpu_m, 0)) :]:
            node = first + (key & LOCAL_MASK)
            if state.fits(need, node):
                yield node


def _nth(doing: list[tuple[list[int], Need]], place: int) -> tuple[int, Need]:
    """The node at a place counted over several lists of them."""
    for nodes, need in doing:
        if place < len(nodes):
            return nodes[place], need
        place -= len(nodes)
    raise IndexError(place)


def scrambled(bits: int) -> int:
    """64 bits that look independent of the neighbours' (the finaliser of splitmix64)."""
    bits = (bits + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return bits ^ (bits >> 31)


@dataclass(frozen=True, slots=True)
class LadderFinder:
    """Best fit by climbing each pool's ladder from the smallest node that could do."""

    state: State

    def find(
        self, needs: Sequence[tuple[int, Need]], draw: int, taken: Collection[int]
    ) -> Found | None:
        """See Finder; for one pool only (by-node dispatch scores)."""
        state = self.state
        ((pool, need),) = needs
        ladder, first = state.ladders[pool], state.estate.pools[pool].first_node
        taken_weight = need.vcpu_m * state.vcpu_weight + need.gpu_m * state.gpu_weight
        best, roof = (1 << 62, 1 << LOCAL_BITS), 1 << 200
        for gpu_m in ladder.steps[bisect_left(ladder.steps, need.gpu_m) :]:
            lowest = ladder.key(need.vcpu_m, gpu_m, 0)
            if lowest >= roof:
                break
            rung = ladder.rungs[gpu_m]
            for key in rung[bisect_left(rung, lowest) :]:
                if key >= roof:
                    break
                local = key & LOCAL_MASK
                if first + local in taken or not state.fits(need, first + local):
                    continue
                lost = ladder.lost((key >> LOCAL_BITS) - taken_weight)
                if (lost, local) < best:
                    best, roof = (lost, local), ladder.roof(lost, taken_weight)
        if best[1] == 1 << LOCAL_BITS:
            return None
        at = first + best[1]
        return at, state.devices(need, at) if need.gpu_m else ()


def tie_order(estate: Estate, shuffle: np.random.Generator | None) -> Ints:
    """Rank of each node in ties: by pool name and node number, or one random order: (N,)."""
    if shuffle is not None:
        return shuffle.permutation(estate.nodes).astype(np.int64)
    order = np.empty(estate.nodes, np.int64)
    rank = 0
    for facts in sorted(estate.pools, key=lambda p: p.name):
        span = slice(facts.first_node, facts.first_node + facts.nodes)
        order[span] = np.arange(rank, rank + facts.nodes)
        rank += facts.nodes
    return order
