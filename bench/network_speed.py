"""How fast fair rates are worked out again, beside a textbook that keeps them in dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import median
from time import perf_counter

import numpy as np

from scheduler import max_min
from topology import Link, Network, Site

HUBS = 30  # where transfers start
SIZES_GBIT_S = (1.0, 2.5, 10.0, 40.0)
LINKS_A_SITE = 1.35  # a tree with chords


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """One size: milliseconds of one working out of all rates, and how many times faster."""

    transfers: int
    links: int
    fast_ms: float
    dict_ms: float
    ratio: float
    largest_difference: float


def network_rows(
    sizes: Sequence[int] = (100, 1000, 5000), *, sites: int = 2000, rounds: int = 5
) -> list[NetworkRow]:
    """The two ways, in turn within one process; medians of `rounds`."""
    return [_row(size, sites, rounds) for size in sizes]


def _row(transfers: int, sites: int, rounds: int) -> NetworkRow:
    capacity, routes, cap = a_network(sites, transfers)
    links = len(capacity)
    paths = np.full((max(map(len, routes)), transfers), links, np.intp)
    for n, route in enumerate(routes):
        paths[: len(route), n] = route
    fast, slow, differences = [], [], []
    for _ in range(rounds):
        start = perf_counter()
        rates = max_min(np.array(capacity), paths, np.array(cap))
        middle = perf_counter()
        known = rates_by_dicts(
            dict(enumerate(capacity)), dict(enumerate(routes)), dict(enumerate(cap))
        )
        fast.append(middle - start)
        slow.append(perf_counter() - middle)
        expected = np.array([known[n] for n in range(transfers)])
        differences.append(float(np.abs(rates / expected - 1).max()))
    ratio = median(s / f for f, s in zip(fast, slow, strict=True))
    return NetworkRow(
        transfers, links, median(fast) * 1e3, median(slow) * 1e3, ratio, max(differences)
    )


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
    capacity: Mapping[int, float],
    routes: Mapping[int, Sequence[int]],
    cap: Mapping[int, float],
) -> dict[int, float]:
    """The textbook: the tightest link of all settles its transfers; again, until none is left.

    Before that, those whose cap is no more than its share settle at their caps.
    """
    left, rates = dict(capacity), dict[int, float]()
    on: dict[int, set[int]] = {}
    for flow, route in routes.items():
        for link in route:
            on.setdefault(link, set()).add(flow)
    capped = sorted((flow for flow in routes if cap[flow] < inf), key=lambda f: -cap[f])
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
    return {flow: rates.get(flow, inf) for flow in routes}


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
