"""How fast fair rates are worked out again, beside a textbook that keeps them in dicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median
from time import perf_counter

import numpy as np

from scheduler import Route, Transfer, Transfers, max_min
from topology import Link, Network, Site

CHANGES = 10  # a round: the quick ones are timed so often
ENDLESS_BITS = 1 << 50
HUBS = 30  # where transfers start
SIZES_GBIT_S = (1.0, 2.5, 10.0, 40.0)
LINKS_A_SITE = 1.35  # a tree with chords


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """One size: milliseconds of one working out of all rates, and how many times faster.

    `change_ms` is a whole change in a run: one transfer ends, one starts, all rates are worked
    out again, and the next instant is known.
    """

    transfers: int
    links: int
    fast_ms: float
    change_ms: float
    dict_ms: float
    ratio: float
    largest_difference: float


def network_rows(
    sizes: Sequence[int] = (100, 1000, 5000), *, sites: int = 2000, rounds: int = 5
) -> list[NetworkRow]:
    """The two ways, in turn within one process; medians over all rounds."""
    return [_row(size, sites, rounds) for size in sizes]


def _row(transfers: int, sites: int, rounds: int) -> NetworkRow:
    capacity, routes, cap = a_network(sites, transfers)
    room, limits = np.array(capacity), np.array(cap)
    links = room.size
    paths = np.full((max(map(len, routes)), transfers), links, np.intp)
    for n, route in enumerate(routes):
        paths[: len(route), n] = route
    change = Change(capacity, routes, cap)
    fast, slow, changes = [], [], []
    for _ in range(rounds):
        fast += [_seconds(lambda: max_min(room, paths, limits)) for _ in range(CHANGES)]
        slow.append(_seconds(lambda: rates_by_dicts(capacity, routes, cap)))
        changes += [_seconds(change.happen) for _ in range(CHANGES)]
    known = rates_by_dicts(capacity, routes, cap)
    expected = np.array([known[n] for n in range(transfers)])
    return NetworkRow(
        transfers=transfers,
        links=links,
        fast_ms=median(fast) * 1e3,
        change_ms=median(changes) * 1e3,
        dict_ms=median(slow) * 1e3,
        ratio=median(slow) / median(fast),
        largest_difference=float(np.abs(max_min(room, paths, limits) / expected - 1).max()),
    )


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


class Change:
    """Transfers in progress; each time the oldest ends and starts again."""

    def __init__(
        self, capacity: list[float], routes: list[tuple[int, ...]], cap: list[float]
    ) -> None:
        self.net = Transfers(capacity)
        self.now_us = self.turn = 0
        self.about = list(zip(routes, cap, strict=True))
        for key in range(len(routes)):
            self._start(key)
        self.net.next_us()

    def _start(self, key: int) -> None:
        route, cap = self.about[key]
        self.net.start(self.now_us, Transfer(key, ENDLESS_BITS, Route(route), cap))

    def happen(self) -> None:
        """One ends, and starts again."""
        self.now_us += 1000
        self.net.cancel(self.now_us, self.turn)
        self._start(self.turn)
        self.turn = (self.turn + 1) % len(self.about)
        self.net.next_us()


def a_network(
    sites: int, transfers: int, seed: int = 1
) -> tuple[list[float], list[tuple[int, ...]], list[float]]:
    """Capacities, routes and caps: a tree of sites with chords, transfers from hubs to sites.

    Links are bought in usual sizes and shared with others; every third transfer has a line
    rate that may bind.
    """
    rng = np.random.default_rng(seed)
    links = _links(sites, rng)
    number = {(link.a, link.b): n for n, link in enumerate(links)}
    network = Network([Site(name=_name(n), tier="city") for n in range(sites)], links)
    routes = []
    for _ in range(transfers):
        hub, far = int(rng.integers(HUBS)), int(rng.integers(HUBS, sites))
        way = network.path(_name(hub), _name(far))
        routes.append(tuple(number[link.a, link.b] for link in way))
    cap = np.where(rng.random(transfers) < 1 / 3, rng.uniform(0.01, 2, transfers), inf)
    return [link.rate_gbit_s for link in links], routes, cap.tolist()


def _links(sites: int, rng: np.random.Generator) -> list[Link]:
    """A link of each site to one before it, then chords between any two."""
    pairs = {(int(rng.integers(max(1, n // 2))), n): None for n in range(1, sites)}
    while len(pairs) < int(sites * LINKS_A_SITE):
        a, b = sorted(int(n) for n in rng.choice(sites, 2, replace=False))
        pairs.setdefault((a, b))
    return [
        Link(
            a=_name(a),
            b=_name(b),
            delay_ms=float(rng.uniform(0.1, 5)),
            capacity_gbit_s=float(rng.choice(SIZES_GBIT_S)),
            share=float(rng.uniform(0.1, 1)),
        )
        for a, b in pairs
    ]


def _name(n: int) -> str:
    return f"site-{n:05}"


def rates_by_dicts(
    capacity: Sequence[float], routes: Sequence[Sequence[int]], cap: Sequence[float]
) -> dict[int, float]:
    """The textbook: the tightest link of all settles its transfers; again, until none is left.

    Before that, those whose cap is no more than its share settle at their caps.
    """
    left, rates = dict(enumerate(capacity)), dict[int, float]()
    on: dict[int, set[int]] = {}
    for flow, route in enumerate(routes):
        for link in route:
            on.setdefault(link, set()).add(flow)
    capped = sorted((f for f in range(len(routes)) if cap[f] < inf), key=lambda f: -cap[f])
    while on or capped:
        tightest = min(on, key=lambda link: left[link] / len(on[link]), default=None)
        share = inf if tightest is None else max(0.0, left[tightest] / len(on[tightest]))
        settled = list[int]()
        while capped and cap[capped[-1]] <= share:
            settled.append(capped.pop())
        if not settled and tightest is not None:
            settled = sorted(on[tightest])
        for flow in settled:
            if flow not in rates:
                rates[flow] = min(share, cap[flow])
                _leave(rates[flow], flow, routes[flow], left, on)
    return {flow: rates.get(flow, inf) for flow in range(len(routes))}


def _leave(
    rate: float,
    flow: int,
    route: Sequence[int],
    left: dict[int, float],
    on: dict[int, set[int]],
) -> None:
    """Take a settled transfer off its links."""
    for link in route:
        left[link] -= rate
        on[link].discard(flow)
        if not on[link]:
            del on[link]
