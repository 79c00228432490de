"""What is scarce in a run that plans, and what one more of it would be worth to its plans.

Prices of a plan's rows say where to look: what one more would be worth if it were divisible.
They stop at the first whole job, so the worth itself comes from solving each plan again with
one more unit. Plans of an hour each are laid end to end over the measured time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from scenarios import Scenario
from scheduler.optimise.flow import planned_flow
from scheduler.optimise.flow_judge import FlowProblem, cost_of, used_of
from scheduler.optimise.solvers import UnsolvedError
from scheduler.optimise.units import Made, Unit, binding
from scheduler.simulation import simulate

MOST = 10
CENT = 0.01  # CNY: less is nothing


@dataclass(frozen=True, slots=True)
class Scarce:
    """Something that plans are short of.

    `binding` is the share of the plans that it binds, `price_cny` what one more is worth by
    prices and `plan_cny` by solving again, both summed over the measured time; `like` are pools
    that the plans do not tell apart from this one. `plans` is how many were solved again.
    """

    kind: str
    name: str
    like: tuple[str, ...]
    binding: float
    price_cny: float
    plan_cny: float
    plans: int


def scarcest(
    scenario: Scenario, seed: int, most: int = MOST, *, allow_code: bool = False
) -> list[Scarce]:
    """The scarcest things of one planned run, which is made once more for its questions."""
    return ranked(tiled(scenario, seed, allow_code=allow_code), most)


def tiled(
    scenario: Scenario, seed: int, *, allow_code: bool = False
) -> list[tuple[float, Made]]:
    """Plans that follow each other through the measured time, and the share each counts for.

    One plan for each horizon: those between look at the same hours again.
    """
    span_s = float(scenario.policies.dispatch.options.get("horizon_s", 3600.0))
    first, last = scenario.warmup_us / 1e6, scenario.horizon_us / 1e6
    found: dict[int, Made] = {}

    def watch(made: Made) -> None:
        if first <= made.time_s < last:
            found.setdefault(int((made.time_s - first) // span_s), made)

    simulate(scenario, seed, allow_code=allow_code, planning={"watch": watch})
    return [
        (min(1.0, (last - first - tile * span_s) / span_s), made)
        for tile, made in sorted(found.items())
    ]


def ranked(plans: Sequence[tuple[float, Made]], most: int = MOST) -> list[Scarce]:
    """The dearest by prices, each solved again, the one of most worth first.

    Those that are worth nothing are left out.
    """
    by_price: dict[tuple[str, str], list[float]] = {}
    bound: dict[tuple[str, str], int] = {}
    for share, made in plans:
        binds = binding(made.problem, made.plan)
        for unit in made.units:
            key = unit.kind, unit.name
            by_price.setdefault(key, []).append(share * priced(made, unit))
            bound[key] = bound.get(key, 0) + bool(binds[unit.rows].any())
    sums = {key: math.fsum(values) for key, values in by_price.items()}
    foremost = sorted((key for key in sums if sums[key] >= CENT), key=lambda k: (-sums[k], k))
    found = []
    for key in foremost[:most]:
        own = [(s, m, u) for s, m in plans for u in m.units if (u.kind, u.name) == key]
        found.append(
            Scarce(
                *key,
                like=own[0][2].like,
                binding=bound[key] / len(plans),
                price_cny=sums[key],
                plan_cny=math.fsum(s * solved_worth(m, u) for s, m, u in own),
                plans=len(own),
            )
        )
    known = [row for row in found if row.plan_cny >= CENT]
    return sorted(known, key=lambda row: (-row.plan_cny, row.kind, row.name))


def priced(made: Made, unit: Unit) -> float:
    """What one more is worth to a plan by its prices, in CNY: no whole job is looked at."""
    return float(made.plan.prices[unit.rows] @ unit.added)


def solved_worth(made: Made, unit: Unit) -> float:
    """What one more is worth to a plan, in CNY, by solving it again; never below 0.

    Either plan stands in for the other where it fits and is cheaper, so that luck in rounding
    is not taken for worth.
    """
    before, more = made.problem, with_more(made.problem, unit)
    if not made.plan.prices[unit.rows].any():
        return 0.0  # no price: not even its room is crowded
    counts = [made.plan.counts]
    with suppress(UnsolvedError):  # then the first plan, with more room, is all that is known
        counts.append(planned_flow(more).counts)
    return max(0.0, least(before, counts) - least(more, counts))


def least(problem: FlowProblem, counts: Iterable[np.ndarray]) -> float:
    """The lowest cost of those counts that fit."""
    fit = [c for c in counts if (used_of(problem, c) <= problem.limit).all()]
    return min(float(cost_of(problem, c)) for c in fit)


def with_more(problem: FlowProblem, unit: Unit) -> FlowProblem:
    """The question with one more unit; a room keeps the worth of each of its parts."""
    limit = problem.limit.copy()
    limit[unit.rows] += np.where(limit[unit.rows] > 0, unit.added, 0)
    worth = problem.worth * limit / np.maximum(problem.limit, 1)
    return replace(problem, limit=limit, worth=worth)
