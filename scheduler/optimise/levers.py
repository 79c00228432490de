"""The lines of a scenario that can stand in the way of being served, in the order of search."""

from __future__ import annotations

from scenarios import Scenario
from scheduler.optimise.lever import Lever
from scheduler.optimise.levers_asked import demands_of, rules_of
from scheduler.optimise.levers_there import nodes_of_pools, quotas, rules_of_pools, sizes


def levers_of(
    scenario: Scenario, names: frozenset[str], used: frozenset[str] = frozenset()
) -> list[Lever]:
    """All levers of the workloads `names` and of what exists; pools of `used` come last.

    So those that stand in nobody's way are next to each other, and are soon out of question.
    """
    levers = _all_levers(scenario, names)
    last = {
        lever.path: lever.path[0] == "topology" and lever.path[2] in used for lever in levers
    }
    return sorted(levers, key=lambda lever: last[lever.path])


def _all_levers(scenario: Scenario, names: frozenset[str]) -> list[Lever]:
    own = [w for w in scenario.workloads if w.name in names]
    return [
        *rules_of_pools(scenario),
        *(lever for w in own for lever in rules_of(w)),
        *quotas(scenario, {w.tenant for w in own}),
        *sizes(scenario),
        *nodes_of_pools(scenario),
        *(lever for w in own for lever in demands_of(w)),
    ]
