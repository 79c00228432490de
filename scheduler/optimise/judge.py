"""Is a plan legal, and what does it cost: whole numbers and fractions, no solver, no numpy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from scheduler.optimise.problem import (
    AssignmentPlan,
    AssignmentProblem,
    Plan,
    Problem,
    TwoStagePlan,
    TwoStageProblem,
)

Flows = Sequence[tuple[int, int, int]]


def faults(problem: Problem, plan: Plan) -> list[str]:
    """Every rule that the plan breaks, in words; [] if it is legal."""
    if isinstance(problem, AssignmentProblem) and isinstance(plan, AssignmentPlan):
        return assignment_faults(problem, plan)
    if isinstance(problem, TwoStageProblem) and isinstance(plan, TwoStagePlan):
        return two_stage_faults(problem, plan)
    return ["the plan answers another kind of problem"]


def cost(problem: Problem, plan: Plan) -> Fraction:
    """What a legal plan costs, in money.

    Raises:
        ValueError: the plan has faults, so it has no cost.
    """
    if faults(problem, plan):
        raise ValueError(f"no cost: {faults(problem, plan)[0]}")
    if isinstance(problem, AssignmentProblem) and isinstance(plan, AssignmentPlan):
        return assignment_cost(problem, plan)
    assert isinstance(problem, TwoStageProblem)
    assert isinstance(plan, TwoStagePlan)
    return two_stage_cost(problem, plan)


def assignment_faults(problem: AssignmentProblem, plan: AssignmentPlan) -> list[str]:
    """Everybody served whole, by open facilities, within their capacity."""
    capacity: list[int] = problem.capacity.tolist()
    weight: list[list[int]] = problem.weight.tolist()
    customers = len(weight[0]) if weight else 0
    found = strangers("facility", plan.opened, len(capacity))
    if len(plan.served) != customers:
        found.append(f"{len(plan.served)} customers are served, not {customers}")
    if found:
        return found
    load = [Fraction(0)] * len(capacity)
    for customer, parts in enumerate(plan.served):
        wrong = part_faults(problem, plan, customer, parts)
        found += wrong
        for facility, part in () if wrong else parts:
            load[facility] += part * weight[facility][customer]
    return found + [
        f"facility {facility}: {float(used)} of {room}"
        for facility, (used, room) in enumerate(zip(load, capacity, strict=True))
        if used > room
    ]


def part_faults(
    problem: AssignmentProblem,
    plan: AssignmentPlan,
    customer: int,
    parts: Sequence[tuple[int, Fraction]],
) -> list[str]:
    """What is wrong with how one customer is served."""
    found = [
        f"customer {customer}: facility {facility} is not open"
        for facility, _ in parts
        if facility not in plan.opened
    ]
    if len({facility for facility, _ in parts}) < len(parts):
        found.append(f"customer {customer}: a facility is named twice")
    if any(part <= 0 for _, part in parts):
        found.append(f"customer {customer}: a part is not above zero")
    if sum((part for _, part in parts), Fraction(0)) != 1:
        found.append(f"customer {customer}: its parts do not add up to one")
    if len(parts) > 1 and not problem.split:
        found.append(f"customer {customer}: served by several")
    return found


def assignment_cost(problem: AssignmentProblem, plan: AssignmentPlan) -> Fraction:
    """Opening and serving."""
    opening: list[int] = problem.opening.tolist()
    serving: list[list[int]] = problem.cost.tolist()
    total = Fraction(sum(opening[facility] for facility in plan.opened))
    for customer, parts in enumerate(plan.served):
        total += sum(part * serving[facility][customer] for facility, part in parts)
    return total / problem.unit


def two_stage_faults(problem: TwoStageProblem, plan: TwoStagePlan) -> list[str]:
    """Customers get what they ask, depots pass on what they get, nobody gives too much."""
    plants, depots = problem.plant_capacity.tolist(), problem.depot_capacity.tolist()
    demand = problem.demand.tolist()
    found = strangers("plant", plan.plants, len(plants))
    found += strangers("depot", plan.depots, len(depots))
    found += flow_faults("plant", plan.to_depots, plan.plants, plan.depots)
    found += flow_faults("depot", plan.to_customers, plan.depots, range(len(demand)))
    if found:
        return found
    made, arrived = sums(plan.to_depots, len(plants), len(depots))
    left, got = sums(plan.to_customers, len(depots), len(demand))
    found += over("plant", made, plants) + over("depot", left, depots)
    found += unequal("depot", arrived, left) + unequal("customer", got, demand)
    return found


def strangers(what: str, named: Iterable[int], count: int) -> list[str]:
    """Those that do not exist."""
    return [f"{what} {one} does not exist" for one in sorted(named) if not 0 <= one < count]


def flow_faults(
    what: str, flows: Flows, sources: Iterable[int], targets: Iterable[int]
) -> list[str]:
    """Flows that are not whole and positive, or start or end at what is not open."""
    open_sources, open_targets = set(sources), set(targets)
    return [
        f"{what} {source} to {target}: {amount} cannot flow"
        for source, target, amount in flows
        if not isinstance(amount, int)
        or amount <= 0
        or source not in open_sources
        or target not in open_targets
    ]


def sums(flows: Flows, sources: int, targets: int) -> tuple[list[int], list[int]]:
    """What leaves each source, and what reaches each target."""
    left, got = [0] * sources, [0] * targets
    for source, target, amount in flows:
        left[source] += amount
        got[target] += amount
    return left, got


def over(what: str, used: Sequence[int], room: Sequence[int]) -> list[str]:
    """Those that give more than they have."""
    pairs = enumerate(zip(used, room, strict=True))
    return [f"{what} {one}: {asked} of {has}" for one, (asked, has) in pairs if asked > has]


def unequal(what: str, got: Sequence[int], asked: Sequence[int]) -> list[str]:
    """Those where two sums that should agree do not."""
    pairs = enumerate(zip(got, asked, strict=True))
    return [f"{what} {one}: {a}, not {b}" for one, (a, b) in pairs if a != b]


def two_stage_cost(problem: TwoStageProblem, plan: TwoStagePlan) -> Fraction:
    """Opening and both stages of flow."""
    first: list[list[int]] = problem.plant_cost.tolist()
    second: list[list[int]] = problem.depot_cost.tolist()
    plants, depots = problem.plant_opening.tolist(), problem.depot_opening.tolist()
    opening: int = sum(plants[i] for i in plan.plants) + sum(depots[j] for j in plan.depots)
    to_depots: int = sum(first[i][j] * amount for i, j, amount in plan.to_depots)
    to_customers: int = sum(second[j][k] * amount for j, k, amount in plan.to_customers)
    flow = Fraction(to_depots + to_customers, problem.weight_unit)  # costs are a whole unit's
    return (opening + flow) / problem.unit
