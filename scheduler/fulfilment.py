"""Whether all are served that must be: asked of the scenario, before and after any run."""

from __future__ import annotations

from scenarios import Scenario, demand_of
from scheduler.estate import estate_of
from scheduler.replicas import PlacementProblem, Seating, lacking_of
from scheduler.seating import seated
from scheduler.shapes import Shapes


def required(scenario: Scenario) -> frozenset[str]:
    """The workloads of replicas that must find a place: a plan has to place all of them."""
    planned = scenario.policies.placement.name == "planned"
    return frozenset(
        w.name for w in scenario.workloads if w.kind == "replicas" and (w.must_serve or planned)
    )


def shapes_of(scenario: Scenario) -> Shapes:
    """All that jobs of a scenario ask for, as far as it is known without drawing them."""
    shapes = Shapes(scenario, estate_of(scenario))
    shapes.add(demand_of(scenario, 1).asks)
    return shapes


def refused(scenario: Scenario, shapes: Shapes) -> dict[str, list[str]]:
    """By workload that must be served, why no pool could ever take some of its jobs."""
    musts = {w.name for w in scenario.workloads if w.must_serve} | required(scenario)
    found: dict[str, list[str]] = {}
    for shape in shapes.all:
        if shape.refusal and shape.ask.workload in musts:
            word = f"refused {shape.refusal.name.lower().replace('_', '-')}"
            found.setdefault(shape.ask.workload, []).append(word)
    return found


def unmet(scenario: Scenario, *, allow_code: bool = False) -> dict[str, list[str]]:
    """By workload that must be served, what is missing; empty if nothing is."""
    shapes = shapes_of(scenario)
    found = refused(scenario, shapes)
    placed = seated(scenario, shapes.estate, shapes, allow_code=allow_code)
    for name, lacks in _unseated(*placed).items() if placed else ():
        if name in required(scenario):
            found.setdefault(name, []).extend(lacks)
    return found


def _unseated(problem: PlacementProblem, seating: Seating) -> dict[str, list[str]]:
    rows = zip(problem.groups, seating.members, strict=True)
    found = {g.name: lacking_of(g, [m[0] for m in ms if m is not None]) for g, ms in rows}
    return {name: lacks for name, lacks in found.items() if lacks}
