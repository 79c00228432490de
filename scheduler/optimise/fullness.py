"""How many times its declared rates a scenario could be asked for before some room is full.

A linear program, in the mean over the horizon: every job goes, in parts if need be, to pools
that may take it; batches and jobs that run for ever are asked for as declared, streams with a
rate as often as the factor says. The factor is the largest for which all find room, so at it
the scarcest pools together are fully asked for. That room comes in nodes, and that jobs come
in waves, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from scenarios import Scenario, demand_of, forecasts_of
from scheduler.estate import Estate, estate_of
from scheduler.optimise.solvers import LinearModel, Solver, UnsolvedError, solve
from scheduler.shapes import Shape, Shapes
from topology import RESOURCES

US_H = 3.6e9
MOST = 1e6  # times the declared rates
BINDS = 1e-9
GPU, GPU_MEMORY = RESOURCES.index("gpu"), RESOURCES.index("gpu_memory")


@dataclass(frozen=True, slots=True)
class Fullness:
    """The factor on the rates, and what is full at it: the resource first, then its pools."""

    factor: float
    resource: str
    pools: tuple[str, ...]


@dataclass(slots=True)
class Flow:
    """Jobs of one kind: those an hour (or those there, if they stay), hours of work of each."""

    shape: Shape
    rated: float = 0.0
    fixed: float = 0.0
    work_h: float = 1.0


def fullness(scenario: Scenario) -> Fullness:
    """Where load 1 lies; of one resolved variant.

    Raises:
        ValueError: what does not grow has no room by itself, or nothing has a rate.
    """
    estate = estate_of(scenario)
    flows = flows_of(scenario, estate)
    if not any(flow.rated for flow in flows):
        raise ValueError(f"{scenario.name}: no workload with a rate that could grow")
    model, rows = model_of(flows, estate)
    try:
        found = solve(model, Solver.GLOP)
    except UnsolvedError as error:
        raise ValueError(f"{scenario.name}: batches alone find no room ({error})") from error
    assert found.duals is not None
    worth = np.abs(found.duals[len(flows) :])
    rows = [(pool, GPU if r == GPU_MEMORY else r) for pool, r in rows]  # full together
    by_resource = [
        sum(w for w, (_, r) in zip(worth.tolist(), rows, strict=True) if r == resource)
        for resource in range(len(RESOURCES))
    ]
    scarce = int(np.argmax(by_resource))
    names = {
        estate.pools[pool].name
        for price, (pool, r) in zip(worth.tolist(), rows, strict=True)
        if r == scarce and price > BINDS
    }
    return Fullness(float(found.values[-1]), RESOURCES[scarce], tuple(sorted(names)))


def rated(scenario: Scenario) -> dict[str, float]:
    """Arrivals an hour of each workload that has a rate (poisson, gamma)."""
    rates = {
        w.name: getattr(getattr(w, "arrivals", None), "per_h", None) for w in scenario.workloads
    }
    return {name: float(rate) for name, rate in rates.items() if rate is not None}


def flows_of(scenario: Scenario, estate: Estate) -> list[Flow]:
    """Kinds of jobs with what is declared of them, the mean over the horizon."""
    shapes = Shapes(scenario, estate)
    shapes.add(demand_of(scenario, 1).asks)
    by_ask = {shape.ask: shape for shape in shapes.all}
    grows, hours = rated(scenario), scenario.horizon_us / US_H
    found: dict[object, Flow] = {}
    for one in forecasts_of(scenario):
        expected = one.expected(scenario.horizon_us)
        for ask, share in zip(one.asks, one.shares, strict=True):
            shape = by_ask.get(ask)
            if shape is None or not shape.allowed:
                continue
            key = (replace(ask, region=None), shape.allowed)
            flow = found.setdefault(key, Flow(shape))
            if shape.endless:
                flow.fixed += expected * share
                continue
            flow.work_h = one.work_us / US_H
            if one.workload in grows:
                flow.rated += expected * share / hours
            else:
                flow.fixed += expected * share / hours
    return list(found.values())


def model_of(flows: list[Flow], estate: Estate) -> tuple[LinearModel, list[tuple[int, int]]]:
    """Columns: jobs of each kind in each pool, then the factor. Rows: kinds, then room."""
    number: dict[tuple[int, int], int] = {}
    entries: list[tuple[int, int, float]] = []
    width = 0
    for k, flow in enumerate(flows):
        for pool in sorted(flow.shape.allowed):
            stand = flow.shape.stand(pool)
            entries.append((k, width, 1.0))
            for resource, amount in enumerate(stand.amounts):
                there = estate.pools[pool].sellable[resource]
                if amount and there >= 0:
                    at = number.setdefault((pool, resource), len(number))
                    held = amount * flow.shape.nodes * flow.work_h * stand.duration_factor
                    entries.append((len(flows) + at, width, held / max(there, 1)))
            width += 1
        entries.append((k, -1, -flow.rated))
    row, column, value = (np.array(part) for part in zip(*entries, strict=True))
    column[column < 0] = width
    fixed = np.array([flow.fixed for flow in flows])
    none, ones = np.full(len(number), -np.inf), np.ones(len(number))
    model = LinearModel(
        lower=np.zeros(width + 1),
        upper=np.append(np.full(width, np.inf), MOST),
        cost=np.append(np.zeros(width), -1.0),
        row_lower=np.concatenate([fixed, none]),
        row_upper=np.concatenate([fixed, ones]),
        rows=sp.csr_matrix((value, (row, column)), shape=(len(flows) + len(number), width + 1)),
        integer=np.zeros(width + 1, dtype=np.bool_),
    )
    return model, list(number)
