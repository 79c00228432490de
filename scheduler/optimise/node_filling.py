"""Replicas dealt to equal nodes one kind after the other: quick where room is left."""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.estate import UNKNOWN
from scheduler.optimise.halving import first_true
from scheduler.optimise.patterns import Counts, Node, devices_of, plain_of
from scheduler.room import WHOLE_M, Need

Dealt = Sequence[tuple[Counts, int]]  # mixes, each with how many nodes it stands on


def dealt_to(
    node: Node, nodes: int, needs: Sequence[Need], counts: Sequence[int]
) -> Dealt | None:
    """So many replicas of each need on at most so many nodes; None if no order works out."""
    for order in _orders(node, needs):
        dealt = _dealt_in(order, node, nodes, needs, counts)
        if dealt is not None:
            return dealt
    return None


def some_mixes(node: Node, needs: Sequence[Need], most: Counts) -> tuple[Counts, ...]:
    """Mixes that fit, a few of many: what each order fills a node with, each need alone too."""
    alone = [
        tuple(m if k == own else 0 for k, m in enumerate(most)) for own in range(len(most))
    ]
    filled = [_filled(order, node, needs, most) for order in _orders(node, needs)]
    return tuple(dict.fromkeys([*filled, *alone]))


def _orders(node: Node, needs: Sequence[Need]) -> list[tuple[int, ...]]:
    """The largest share of a node first; then every other need first."""
    ranked = sorted(range(len(needs)), key=lambda k: (-_share(node, needs[k]), k))
    return [(*ranked[at:], *ranked[:at]) for at in range(len(ranked))]


def _share(node: Node, need: Need) -> float:
    """The largest part of a node that one replica takes."""
    parts = [
        asked / there
        for asked, there in zip(plain_of(need), node.plain, strict=True)
        if there not in (0, UNKNOWN)
    ]
    return max([*parts, need.gpu_m / (node.devices * WHOLE_M) if node.devices else 0.0])


def _dealt_in(
    order: Sequence[int], node: Node, nodes: int, needs: Sequence[Need], counts: Sequence[int]
) -> Dealt | None:
    left, dealt = list(counts), list[tuple[Counts, int]]()
    while any(left):
        mix = _filled(order, node, needs, left)
        if not nodes or not any(mix):
            return None
        times = min(n // m for n, m in zip(left, mix, strict=True) if m)
        times = min(nodes, times)
        left = [n - m * times for n, m in zip(left, mix, strict=True)]
        nodes -= times
        dealt.append((mix, times))
    return dealt


def _filled(
    order: Sequence[int], node: Node, needs: Sequence[Need], left: Sequence[int]
) -> Counts:
    """As many as fit on one node of what is left, in this order."""
    mix = [0] * len(needs)
    for k in order:

        def too_many(more: int, k: int = k) -> bool:
            return devices_of(node, needs, (*mix[:k], more + 1, *mix[k + 1 :])) is None

        first = first_true(left[k], too_many)
        mix[k] = left[k] if first is None else first
    return tuple(mix)
