"""Is a reassignment legal, and what does it cost: by whole arrays at once, no solver."""

from __future__ import annotations

import numpy as np

from scheduler.optimise.reassignment import Ints, ReassignmentPlan, ReassignmentProblem


def faults(problem: ReassignmentProblem, plan: ReassignmentPlan) -> list[str]:
    """Every rule that the plan breaks, in words; [] if it is legal."""
    machines = len(problem.capacity)
    if len(plan.machines) != len(problem.initial):
        return [f"{len(plan.machines)} processes are placed, not {len(problem.initial)}"]
    if any(not 0 <= machine < machines for machine in plan.machines):
        return [f"a machine is not one of 0 to {machines - 1}"]
    place = np.array(plan.machines, dtype=np.int64)
    return [
        *capacity_faults(problem, place),
        *conflicts(problem, place),
        *spread_faults(problem, place),
        *dependency_faults(problem, place),
    ]


def usage(problem: ReassignmentProblem, place: Ints) -> Ints:
    """(machines, resources) held by those that sit there."""
    used = np.zeros_like(problem.capacity)
    np.add.at(used, place, problem.required)
    return used


def capacity_faults(problem: ReassignmentProblem, place: Ints) -> list[str]:
    """Machines that hold more than they have, of transient resources also for who left."""
    held = usage(problem, place)
    left = place != problem.initial
    gone = np.where(problem.transient, problem.required[left], 0)
    np.add.at(held, problem.initial[left], gone)
    return [
        f"machine {m}: {held[m, r]} of {problem.capacity[m, r]} of resource {r}"
        for m, r in np.argwhere(held > problem.capacity).tolist()
    ]


def conflicts(problem: ReassignmentProblem, place: Ints) -> list[str]:
    """Two processes of one service on one machine."""
    pairs, count = np.unique(
        np.stack((problem.service, place), axis=1), axis=0, return_counts=True
    )
    return [f"service {s}: several on machine {m}" for s, m in pairs[count > 1].tolist()]


def spread_faults(problem: ReassignmentProblem, place: Ints) -> list[str]:
    """Services in too few locations."""
    pairs = np.unique(np.stack((problem.service, problem.location[place]), axis=1), axis=0)
    found = np.bincount(pairs[:, 0], minlength=len(problem.spread))
    return [
        f"service {s}: in {found[s]} locations, not {problem.spread[s]}"
        for s in np.flatnonzero(found < problem.spread).tolist()
    ]


def dependency_faults(problem: ReassignmentProblem, place: Ints) -> list[str]:
    """Neighbourhoods in which a service lacks another that it needs."""
    there: list[set[int]] = [set() for _ in problem.spread]
    areas = problem.neighbourhood[place].tolist()
    for service, area in zip(problem.service.tolist(), areas, strict=True):
        there[service].add(area)
    return [
        f"service {s}: needs service {needed} in neighbourhood {area}"
        for s, others in enumerate(problem.needs)
        for needed in others
        for area in sorted(there[s] - there[needed])
    ]


def cost(problem: ReassignmentProblem, plan: ReassignmentPlan) -> int:
    """What a legal plan costs.

    Raises:
        ValueError: the plan has faults, so it has no cost.
    """
    if found := faults(problem, plan):
        raise ValueError(f"no cost: {found[0]}")
    place = np.array(plan.machines, dtype=np.int64)
    return load_cost(problem, place) + balance_cost(problem, place) + move_cost(problem, place)


def load_cost(problem: ReassignmentProblem, place: Ints) -> int:
    """Weighted load above the safety capacities."""
    over = np.maximum(usage(problem, place) - problem.safety, 0)
    return int((over.sum(axis=0) * problem.load_weight).sum())


def balance_cost(problem: ReassignmentProblem, place: Ints) -> int:
    """Weighted shortness of what should be free together."""
    free = problem.capacity - usage(problem, place)
    return sum(
        one.weight
        * int(np.maximum(one.target * free[:, one.first] - free[:, one.second], 0).sum())
        for one in problem.balances
    )


def move_cost(problem: ReassignmentProblem, place: Ints) -> int:
    """Processes, the service with most of them, and ways between machines."""
    moved = place != problem.initial
    by_service = np.bincount(problem.service[moved], minlength=1)
    ways = int(problem.machine_move[problem.initial, place].sum())
    return (
        problem.weights.process * int(problem.process_move[moved].sum())
        + problem.weights.service * int(by_service.max())
        + problem.weights.machine * ways
    )
