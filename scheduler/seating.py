"""The plain placement of replicas, and what an engine holds of any placement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scenarios import Problem, Scenario, ScenarioError
from scheduler.estate import Estate
from scheduler.finder import LadderFinder
from scheduler.lines import Member
from scheduler.registry import policy_of
from scheduler.replicas import (
    Group,
    PlacementPolicy,
    PlacementProblem,
    Seating,
    group_units,
    placement_problem,
    seating_faults,
)
from scheduler.rules import Rules
from scheduler.shapes import Shapes
from scheduler.state import State


@dataclass(frozen=True, slots=True)
class Greedy:
    """Each replica where it brings most regions within the bound, then where it is cheapest.

    Inside a pool it takes the node that it fills best. Ties: pool name.
    """

    opening_cny_h: float = 0.0
    delay_cny_h_ms: float = 1.0

    def seat(self, problem: PlacementProblem) -> Seating:
        """See PlacementPolicy."""
        state = State(problem.estate, list(problem.limits), mirrored=False)
        return Seating(tuple(tuple(_seated(g, problem, state)) for g in problem.groups))


def _seated(group: Group, problem: PlacementProblem, state: State) -> Iterator[Member | None]:
    finder, full = LadderFinder(state), set[int]()
    taken: list[int] = []
    ranked: list[int] = []
    for _ in range(group.count):
        if not ranked:  # the order changes with the pools that are taken, not with how many
            ranked = _ranked(group, taken, problem)
        for pool in _open(group, taken, ranked, state):
            stand = group.shape.stand(pool)
            found = None if pool in full else finder.find(((pool, stand.need),), 0, ())
            if found is None or not state.sells(pool, stand.amounts):
                full.add(pool)  # nothing comes free
                continue
            state.reserve(pool, found[0], stand.need, stand.amounts, found[1])
            state.charge(group.shape.tenant, group.shape.quota, 1)
            ranked = ranked if pool in taken else []
            taken.append(pool)
            yield pool, *found
            break
        else:
            yield None


def _ranked(group: Group, taken: list[int], problem: PlacementProblem) -> list[int]:
    """Pools that may take it: most regions newly near, then cheapest, then by name."""
    pools, there = problem.estate.pools, list(dict.fromkeys(taken))

    def order(pool: int) -> tuple[int, int, str]:
        new = sum(near.isdisjoint(there) and pool in near for _, near in group.reach)
        return -new, group_units(group, [*there, pool], problem), pools[pool].name

    return sorted(group.shape.allowed, key=order)


def _open(group: Group, taken: list[int], ranked: list[int], state: State) -> Iterator[int]:
    """Pools of `ranked` that the rules leave to the next replica."""
    apart, shape = group.apart, group.shape
    limited = shape.tenant < len(state.limits)
    if limited and not state.within_quota(shape.tenant, shape.quota):
        return
    used = set() if apart is None else {apart[pool] for pool in taken}
    for pool in ranked:
        if apart is None or apart[pool] not in used:
            yield pool


def seated(
    scenario: Scenario, estate: Estate, shapes: Shapes, *, allow_code: bool = False
) -> tuple[PlacementProblem, Seating] | None:
    """Where the replicas of a scenario stand by its own policy, judged; None without any.

    Raises:
        ScenarioError: the policy is code without leave, or its seating breaks a rule.
    """
    if not any(shape.ask.replica for shape in shapes.all):
        return None
    choice, file = scenario.policies.placement, scenario.origin.file
    problem = placement_problem(scenario, estate, shapes)
    policy: PlacementPolicy = policy_of("placement", choice, file, allow_code=allow_code)
    seating = policy.seat(problem)
    faults = seating_faults(problem, seating)
    if faults:
        place = file, choice.line, choice.column
        raise ScenarioError([Problem(*place, "policies.placement", faults[0])], file)
    return problem, seating


def hold(rules: Rules, problem: PlacementProblem, seating: Seating) -> None:
    """The rules hold every place; replicas take them by number, those without come last."""
    for group, members in zip(problem.groups, seating.members, strict=True):
        rules.hold_seats(group.shape, sorted(members, key=lambda member: member is None))
