"""How much work is asked for against what exists, before a run: plain arithmetic of means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scenarios import Ask, Scenario, demand_of
from scheduler.estate import estate_of
from scheduler.shapes import Shape, Shapes
from topology import RESOURCES


@dataclass(frozen=True, slots=True)
class Offered:
    """A workload's mean work over the horizon / all that its pools could do in that time.

    `workload` is '' for all together, which counts each at its fastest pool. `resource` is the
    one with the largest load. Above 1 its queue can only grow.
    """

    workload: str
    resource: str
    load: float


def offered(scenario: Scenario, asks: Iterable[Ask]) -> tuple[Offered, ...]:
    """The load of each workload with work of known mean, then of all of them together.

    Endless workloads and traces are left out. `asks` are those of the scenario's demand.
    """
    shapes = Shapes(scenario, estate_of(scenario))
    own: dict[str, list[Ask]] = {}
    for ask in asks:
        own.setdefault(ask.workload, []).append(ask)
    whole = [0.0] * len(RESOURCES)
    found = []
    for workload in scenario.workloads:
        mean_h = getattr(getattr(workload, "work", None), "mean_h", None)
        its = own.get(workload.name, [])
        if mean_h is None or not its or its[0].forever:
            continue
        alone = scenario.model_copy(update={"workloads": (workload,)})
        busy_h = demand_of(alone, 1).expected_jobs * mean_h
        shapes.add(its)
        allowed = [shape for shape in shapes.all[-len(its) :] if shape.allowed]
        if allowed:
            loads, least = _loads(shapes, allowed, busy_h / (scenario.horizon_us / 3.6e9))
            whole = [a + b for a, b in zip(whole, least, strict=True)]
            found.append(_largest(workload.name, loads))
    total = [max(amount, 0) for amount in shapes.estate.total]
    shares = [w / t if t else 0.0 for w, t in zip(whole, total, strict=True)]
    return (*found, _largest("", shares)) if found else ()


def _largest(name: str, loads: list[float]) -> Offered:
    at = loads.index(max(loads))
    return Offered(name, RESOURCES[at], loads[at])


def _loads(
    shapes: Shapes, allowed: list[Shape], running: float
) -> tuple[list[float], list[float]]:
    """By resource: load on the pools that any of these may use, and the least it takes.

    `running` is how many jobs run at once on the chip that the work was measured on.
    """
    where = {pool: shape for shape in allowed for pool in shape.allowed}
    stands = {pool: shape.stand(pool) for pool, shape in where.items()}
    fastest = min(stand.duration_factor for stand in stands.values())
    nodes = allowed[0].nodes
    loads, least = [], []
    for at in range(len(RESOURCES)):
        could = 0.0  # jobs of this kind at once, in work of the chip it was measured on
        for pool, stand in stands.items():
            asked = stand.amounts[at] * nodes
            sellable = max(shapes.estate.pools[pool].sellable[at], 0)
            could += sellable / asked / stand.duration_factor if asked else 0.0
        loads.append(running / could if could else 0.0)
        amounts = min(stand.amounts[at] for stand in stands.values())
        least.append(running * fastest * amounts * nodes)
    return loads, least
