"""Why something is impossible: a smallest set of lines that conflict, and what is enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scenarios import Scenario, edited, place_of
from scheduler.fulfilment import shapes_of, unmet
from scheduler.optimise.conflict_words import Line, bunches_of, lack_of, line_of
from scheduler.optimise.conflicts import conflict_of, musts, solvable
from scheduler.optimise.lever import Lever
from scheduler.optimise.levers import levers_of
from scheduler.optimise.mending import Relaxation, relaxations_of, served
from scheduler.optimise.solvers import UnsolvedError


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why some workloads cannot be served.

    `lines` is a set that conflicts, a smallest one unless there is an `open_question`, which
    then says why that is not known. Without lines nothing is proven. `bunches` are the same
    lines as they are told: pools that are alike together. `short` says what lacks in sum (''
    if nothing), `relaxations` are single changes after which all are served, cheapest first.
    """

    workloads: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    bunches: tuple[Line, ...] = ()
    short: str = ""
    relaxations: tuple[Relaxation, ...] = ()
    open_question: str = ""


def explained(
    scenario: Scenario, names: Iterable[str] | None = None, *, allow_code: bool = False
) -> Explanation | None:
    """Why what must be served cannot be; None if it can. `names` are those that lack something.

    Without `names` they are looked for first, by the scenario's own placement.
    """
    if names is None:
        names = unmet(scenario, allow_code=allow_code)
    names = tuple(sorted(names))
    if not names:
        return None
    try:
        if solvable(scenario):
            return _greedy_fault(scenario, names)
    except UnsolvedError as error:
        return _unproven(scenario, names, str(error), allow_code=allow_code)
    conflict = conflict_of(scenario, names)
    return Explanation(
        workloads=names,
        lines=tuple(line_of(scenario, lever) for lever in conflict.levers),
        bunches=tuple(bunches_of(scenario, conflict.levers)),
        short=lack_of(scenario, conflict.levers),
        relaxations=tuple(relaxations_of(scenario, conflict.levers)),
        open_question=conflict.unsure,
    )


def _unproven(
    scenario: Scenario, names: tuple[str, ...], told: str, *, allow_code: bool
) -> Explanation:
    """No placement was found and none is ruled out: what lacks, and what is enough for sure."""
    lacks = [lack for own in unmet(scenario, allow_code=allow_code).values() for lack in own]
    return Explanation(
        names,
        short="; ".join(lacks),
        relaxations=tuple(relaxations_of(scenario, _in_question(scenario, names))),
        open_question=told,
    )


def _in_question(scenario: Scenario, names: Iterable[str]) -> Sequence[Lever]:
    """Nodes of the pools that these workloads may use, and all that they ask for themselves."""
    shapes, wanted = shapes_of(scenario), frozenset(names)
    pools = {p for shape in shapes.all if shape.ask.workload in wanted for p in shape.allowed}
    used = {shapes.estate.pools[p].name for p in pools}
    return [
        lever
        for lever in levers_of(scenario, musts(scenario))
        if lever.path[0] != "topology" or (lever.path[-1] == "nodes" and lever.path[2] in used)
    ]


def _greedy_fault(scenario: Scenario, names: tuple[str, ...]) -> Explanation:
    """A placement exists, and the scenario's own policy does not find it."""
    path = ("policies", "placement")
    choice = scenario.policies.placement
    line = Line(place_of(scenario, path), "policies.placement", choice.name)
    plan = choice.model_copy(update={"name": "planned"})
    if not _planned_serves(edited(scenario, path, plan)):
        lack = "a placement exists, but not of all replicas"
        return Explanation(names, (line,), (line,), lack)
    mended = Relaxation(
        "policies.placement.name=planned", "placement: planned finds it", "rule", 0.0
    )
    return Explanation(names, (line,), (line,), "", (mended,))


def _planned_serves(scenario: Scenario) -> bool:
    try:
        return served(scenario)
    except UnsolvedError:  # of more replicas than must be served
        return False
