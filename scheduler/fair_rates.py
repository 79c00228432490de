"""Rates of transfers that share links: guarantees first, then class by class, fairly.

Max-min fair: no transfer can go faster without slowing one that is as slow or slower. Rates
and capacities are in one unit, whichever; infinite is no limit. Routes are one matrix `(hops,
transfers)` of link numbers, filled up with the number of links where a route is shorter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rates = NDArray[np.float64]
Numbers = NDArray[np.intp]

NOTHING = 1e-12  # of a link's capacity: what rounding leaves of a full one


@dataclass(frozen=True, slots=True)
class Demands:
    """Transfers that send now, one a column or element.

    `cap` is what the ends of a transfer can do (line rate). Classes of smaller `rank` take
    all they can before the next. `slice_of` is the slice that guarantees for it, -1 none.
    """

    paths: Numbers
    cap: Rates
    rank: Numbers
    slice_of: Numbers


def shared_rates(capacity: Rates, floors: Rates, demands: Demands) -> Rates:
    """The rate of each transfer.

    First the transfers of each slice share its floor; what they cannot use is not kept for
    them. What is then left of the links goes to the classes by rank, on top. Both times
    max-min fair. Where a link is too small for its floors, rank decides here too.
    """
    rates = np.zeros(demands.cap.size)
    left = capacity
    if (demands.slice_of >= 0).any():
        left = _guarantee(left, floors, demands, rates)
    for rank in np.unique(demands.rank):
        left = _add(left, demands.paths, demands.cap, demands.rank == rank, rates)
    return rates


def _guarantee(left: Rates, floors: Rates, demands: Demands, rates: Rates) -> Rates:
    """Add what slices guarantee: a floor is one more link that its transfers share."""
    links, inside = left.size, demands.slice_of >= 0
    paths = np.where(demands.paths == links, links + floors.size, demands.paths)
    paths = np.vstack((paths, np.where(inside, links + demands.slice_of, links + floors.size)))
    wide = np.append(left, floors)
    for rank in np.unique(demands.rank[inside]):
        wide = _add(wide, paths, demands.cap, inside & (demands.rank == rank), rates)
    return wide[:links]


def _add(
    left: Rates, paths: Numbers, cap: Rates, who: NDArray[np.bool_], rates: Rates
) -> Rates:
    """Add to the rates of some their fair shares of what is left: what is left then."""
    if not who.all():
        paths, cap, had = paths[:, who], cap[who], rates[who]
    else:
        had = rates
    added = max_min(left, paths, cap - had if had.any() else cap)
    rates[who] = had + added
    after: Rates = left - load(left.size, paths, added)
    after[(after <= NOTHING * left) & np.isfinite(left)] = 0.0
    return after


def load(links: int, paths: Numbers, rates: Rates) -> Rates:
    """What passes each link; transfers without any limit pass only links without one."""
    finite = np.where(np.isfinite(rates), rates, 0.0)
    sums = np.bincount(paths.ravel(), np.tile(finite, paths.shape[0]), links + 1)
    return np.asarray(sums[:links], np.float64)


def max_min(capacity: Rates, paths: Numbers, cap: Rates) -> Rates:
    """The max-min fair rate of each transfer.

    Each round settles, everywhere at once, all transfers over links that are sure: the
    tightest for every transfer on them (a transfer's cap counts as a link of its own).
    Infinite where neither a link nor the cap sets a limit.
    """
    by_flow = paths.T
    passes = by_flow < capacity.size
    hops, edge = passes.sum(axis=1), by_flow[passes]  # links of all routes, one after another
    rates = np.where(hops == 0, cap, 0.0)
    passing = np.bincount(edge, minlength=capacity.size)
    used = np.flatnonzero(passing)
    left, count = capacity[used], passing[used].astype(np.float64)
    edge = (np.cumsum(passing > 0) - 1)[edge]  # numbered among those that anybody passes
    open_ = np.flatnonzero(hops)
    cap, hops = cap[open_], hops[open_]
    while open_.size:
        owner, first = np.repeat(np.arange(open_.size), hops), np.cumsum(hops) - hops
        tight = (left / np.maximum(count, 1.0))[edge]
        level = np.minimum(np.minimum.reduceat(tight, first), cap)
        wide = level[owner]
        sure = np.bincount(edge, tight == wide, used.size) == count
        settled = np.logical_or.reduceat(sure[edge], first) | (level == cap)
        rates[open_[settled]] = level[settled]
        gone = settled[owner]
        taken = np.where(np.isfinite(wide[gone]), wide[gone], 0.0)
        count -= np.bincount(edge[gone], minlength=used.size)
        left = np.maximum(left - np.bincount(edge[gone], taken, used.size), 0.0)
        stay, edge = ~settled, edge[~gone]
        open_, hops, cap = open_[stay], hops[stay], cap[stay]
    return rates
