"""Fair rates by the textbook: one level that rises for all at once, in exact fractions."""

from fractions import Fraction
from math import inf


def rising_level(capacity, routes, cap):
    """The textbook: raise the rate of all who can still grow, by the most that all can."""
    rate = {flow: Fraction(0) for flow in routes}
    left, growing = dict(capacity), set(routes)
    while growing:
        on = {e: [f for f in growing if e in routes[f]] for e in left}
        steps = [left[e] / len(on[e]) for e in left if on[e]]
        steps += [cap[f] - rate[f] for f in growing if cap[f] is not None]
        if not steps:
            return {flow: inf if flow in growing else rate[flow] for flow in routes}
        step = min(steps)
        for flow in growing:
            rate[flow] += step
        for e in left:
            left[e] -= step * len(on[e])
        growing = {
            f
            for f in growing
            if rate[f] != cap[f] and all(left[e] > 0 for e in routes[f] if e in left)
        }
    return rate


def textbook(world):
    """Floors by class, then the rest by class, each by the rising level."""
    capacity, floors, routes, cap, rank, slice_of = world
    left = {e: c for e, c in enumerate(capacity) if c is not None}
    room = dict(left) | {("floor", s): f for s, f in enumerate(floors)}
    rate = dict.fromkeys(range(len(routes)), Fraction(0))
    classes = sorted(set(rank))

    def fill(who, pool, way):
        gets = rising_level(
            pool,
            {f: way(f) for f in who},
            {f: None if cap[f] is None else cap[f] - rate[f] for f in who},
        )
        for flow, extra in gets.items():
            rate[flow] += extra
            for e in way(flow):
                if e in pool:
                    pool[e] -= extra

    for k in classes:
        who = [f for f in rate if rank[f] == k and slice_of[f] >= 0]
        fill(who, room, lambda f: {*routes[f], ("floor", slice_of[f])})
    left = {e: room[e] for e in left}
    for k in classes:
        fill([f for f in rate if rank[f] == k], left, lambda f: set(routes[f]))
    return [float(rate[f]) for f in range(len(routes))]
