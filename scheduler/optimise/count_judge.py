"""Is a dispatch plan legal, and what does it cost: plain integers, no solver, no numpy.

`exact_cost` and `exact_faults` are a second opinion: written apart, pool by pool, in
fractions.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

from scheduler.optimise.counts import CountProblem, Ints, Side


def count_faults(problem: CountProblem, counts: Ints) -> list[str]:
    """Every rule that whole tasks to pools break, in words; [] if they are legal."""
    if counts.shape != problem.cost.shape or counts.dtype.kind != "i":
        return [f"counts of shape {counts.shape} of {counts.dtype} are no plan"]
    found = list[str]()
    room: list[list[int]] = problem.capacity.tolist()
    demand: list[list[int]] = problem.demand.tolist()
    sent = sent_of(counts)
    for klass, pool, number in sent:
        if number < 0:
            found.append(f"class {klass} on pool {pool}: {number} tasks")
        if not math.isfinite(problem.cost[klass, pool]):
            found.append(f"class {klass} may not go to pool {pool}")
        for resource, amount in enumerate(demand[klass]):
            room[pool][resource] -= amount * number
    found += [
        f"pool {pool}: resource {resource} overdrawn by {-left}"
        for pool, lefts in enumerate(room)
        for resource, left in enumerate(lefts)
        if left < 0
    ]
    for klass, number in enumerate(counts.sum(axis=1).tolist()):
        if number > problem.count[klass]:
            found.append(f"class {klass}: {number} of {problem.count[klass]} tasks")
    by_pair = {(klass, pool): number for klass, pool, number in sent}
    for side in problem.sides:
        used = side_use(side, by_pair)
        if used > side.limit:
            found.append(f"{side.name}: {used} of {side.limit}")
    return found


def sent_of(counts: Ints) -> list[tuple[int, int, int]]:
    """(class, pool, tasks) where there are any."""
    classes, pools = counts.nonzero()
    numbers: list[int] = counts[classes, pools].tolist()
    return list(zip(classes.tolist(), pools.tolist(), numbers, strict=True))


def side_use(side: Side, sent: dict[tuple[int, int], int]) -> int:
    """How much of a side limit a plan takes."""
    pairs = zip(side.class_of.tolist(), side.pool_of.tolist(), strict=True)
    return sum(
        int(amount) * sent.get(pair, 0)
        for pair, amount in zip(pairs, side.amount.tolist(), strict=True)
    )


def count_cost(problem: CountProblem, counts: Ints) -> float:
    """What a legal plan costs, those left over included.

    Raises:
        ValueError: the plan has faults, so it has no cost.
    """
    found = count_faults(problem, counts)
    if found:
        raise ValueError(f"no cost: {found[0]}")
    sent = [problem.cost[k, p].item() * number for k, p, number in sent_of(counts)]
    over = (problem.count - counts.sum(axis=1)).tolist()
    return math.fsum(
        sent + [n * u for n, u in zip(over, problem.unserved.tolist(), strict=True)]
    )


def exact_faults(problem: CountProblem, counts: Ints) -> bool:
    """Does the plan break any rule?"""
    classes, pools = range(len(problem.count)), range(len(problem.capacity))
    plan = [[Fraction(int(counts[k, p])) for p in pools] for k in classes]
    limits = [
        sum(plan[k][p] * int(problem.demand[k, r]) for k in classes) <= int(room)
        for p in pools
        for r, room in enumerate(problem.capacity[p])
    ]
    limits += [
        sum(
            plan[k][p] * int(a) for k, p, a in zip(s.class_of, s.pool_of, s.amount, strict=True)
        )
        <= s.limit
        for s in problem.sides
    ]
    limits += [sum(plan[k]) <= int(problem.count[k]) for k in classes]
    for k, p in product(classes, pools):
        limits.append(plan[k][p] >= 0)
        limits.append(plan[k][p] == 0 or problem.cost[k, p] != math.inf)
    return not all(limits)


def exact_cost(problem: CountProblem, counts: Ints) -> Fraction:
    """What the plan costs: all left over, less what each task sent is worth."""
    classes = range(len(problem.count))
    left = [Fraction(problem.unserved[k].item()) for k in classes]
    total = sum((int(problem.count[k]) * left[k] for k in classes), Fraction(0))
    for p in range(len(problem.capacity)):
        for k in classes:
            if counts[k, p]:
                total += int(counts[k, p]) * (Fraction(problem.cost[k, p].item()) - left[k])
    return total


def exact_bound(
    problem: CountProblem, prices: list[list[Fraction]], sides: list[Fraction]
) -> Fraction:
    """No plan costs less, whatever the prices of room and of sides, none of them below zero.

    Each task goes where it is cheapest at these prices, as many as fit there alone, or is
    left over; room that exists is paid back.
    """
    pools, resources = problem.capacity.shape
    total = -sum(
        (
            prices[p][r] * int(problem.capacity[p, r])
            for p in range(pools)
            for r in range(resources)
        ),
        Fraction(0),
    )
    extra: dict[tuple[int, int], Fraction] = {}
    for side, price in zip(problem.sides, sides, strict=True):
        total -= price * side.limit
        for k, p, a in zip(
            side.class_of.tolist(), side.pool_of.tolist(), side.amount, strict=True
        ):
            extra[k, p] = extra.get((k, p), Fraction(0)) + price * int(a)
    for k in range(len(problem.count)):
        left = int(problem.count[k])
        for way, fits in sorted(priced_ways(problem, k, prices, extra)):
            total += min(left, fits) * way
            left -= min(left, fits)
    return total


def priced_ways(
    problem: CountProblem,
    klass: int,
    prices: list[list[Fraction]],
    extra: dict[tuple[int, int], Fraction],
) -> list[tuple[Fraction, int]]:
    """(what a task costs there, how many fit) for all places of a class."""
    number, asked = int(problem.count[klass]), problem.demand[klass].tolist()
    found = [(Fraction(problem.unserved[klass].item()), number)]
    for p, room in enumerate(problem.capacity.tolist()):
        fits = min([number, *(has // a for a, has in zip(asked, room, strict=True) if a)])
        if fits and math.isfinite(problem.cost[klass, p]):
            paid = sum((y * a for y, a in zip(prices[p], asked, strict=True)), Fraction(0))
            way = Fraction(problem.cost[klass, p].item()) + paid
            found.append((way + extra.get((klass, p), Fraction(0)), fits))
    return found
