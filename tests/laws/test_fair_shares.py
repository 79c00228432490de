"""The law of fair shares sees an unfair queue; test_laws.py holds it on all scenarios."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from scheduler import simulate
from scheduler.fairness import Shares
from tests.laws.generator import scenario_of
from tests.laws.judge import faults
from tests.scheduler.worlds import host, job, policies, pool, world


def crowd() -> dict:
    """Two tenants that together want three times what there is."""
    return world(
        job("a", 0, jobs=12, tenant="a"),
        job("b", 0, jobs=12, tenant="b"),
        tenants=[{"name": "a", "weight": 3}, {"name": "b"}],
        pools=[pool(server=host(8))],
        policies=policies(queue="drf"),
    )


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_fair_shares_break_no_law(engine):
    assert faults(crowd(), simulate(scenario_of(crowd()), 1, engine=engine)) == []


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_the_largest_share_first_is_unfair(engine, monkeypatch):
    fair = Shares.of
    monkeypatch.setattr(Shares, "of", lambda *args: -fair(*args))
    found = faults(crowd(), simulate(scenario_of(crowd()), 1, engine=engine))
    assert any("unfair" in line for line in found)


# -- generated crowds --------------------------------------------------------------------------


@dataclass(frozen=True)
class Crowd:
    """Tenants that all want more than there is, on one node, at one instant."""

    tree: dict
    have: tuple[int, int, int]
    asks: dict[str, tuple[int, int, int]]
    weights: dict[str, Fraction]


def a_crowd(seed: int) -> Crowd:
    """Two to five tenants; whole vCPU, GiB and devices, so that fractions are exact."""
    rng = np.random.default_rng(seed)
    have = (int(rng.integers(40, 200)), int(rng.integers(40, 400)), int(rng.integers(4, 17)))
    names = [f"t{n}" for n in range(int(rng.integers(2, 6)))]
    asks = {
        name: (int(rng.integers(1, 9)), int(rng.integers(0, 17)), int(rng.integers(0, 2)))
        for name in names
    }
    weights = {name: Fraction(int(rng.integers(1, 9)), 2) for name in names}
    jobs = [
        job(name, 0, jobs=400, vcpu=v, memory_gib=m, gpu=g, tenant=name, run_min=30)
        for name, (v, m, g) in asks.items()
    ]
    server = {
        "cpu": "x86", "accelerator": "card", "accelerators": have[2], "sockets": 1,
        "vcpu": have[0], "memory_gib": have[1],
    }  # fmt: skip
    tree = world(
        *jobs,
        tenants=[{"name": name, "weight": float(w)} for name, w in weights.items()],
        pools=[pool(server=server)],
        policies=policies(queue="drf"),
        horizon_min=10,
        drain_h=0,
    )
    return Crowd(tree, have, asks, weights)


def share(crowd: Crowd, tenant: str, tasks: int) -> Fraction:
    """Dominant share over weight of a tenant that runs so many tasks."""
    parts = (
        Fraction(tasks * a, h) for a, h in zip(crowd.asks[tenant], crowd.have, strict=True)
    )
    return max(parts) / crowd.weights[tenant]


def filled(crowd: Crowd) -> dict[str, int]:
    """Tasks by progressive filling: whoever has least is next; who does not fit ends it."""
    tasks = dict.fromkeys(crowd.asks, 0)
    left = list(crowd.have)
    while True:
        # equal shares: all came at one instant, so the line's order is that of the names
        poorest = min(sorted(tasks), key=lambda name: share(crowd, name, tasks[name]))
        ask = crowd.asks[poorest]
        if any(a > room for a, room in zip(ask, left, strict=True)):
            return tasks
        left = [room - a for a, room in zip(ask, left, strict=True)]
        tasks[poorest] += 1


def started(crowd: Crowd, engine: str) -> dict[str, int]:
    records = simulate(scenario_of(crowd.tree), 1, engine=engine)
    at_once = records.column("start_s") == 0
    tenants = records.column("tenant")[at_once].tolist()
    return {name: tenants.count(name) for name in crowd.asks}


CROWDS = 40


@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_crowds_get_what_progressive_filling_gives(engine):
    for seed in range(CROWDS):
        crowd = a_crowd(seed)
        assert started(crowd, engine) == filled(crowd), seed


def test_nobody_who_waits_lies_below_while_another_lies_above_by_more_than_one_task():
    """Whoever has more than a waiting tenant was no higher before its last task began."""
    for seed in range(CROWDS, 2 * CROWDS):
        crowd = a_crowd(seed)
        tasks = started(crowd, "lane")
        for rich in crowd.asks:
            before = share(crowd, rich, max(tasks[rich] - 1, 0))
            for poor in crowd.asks:  # each has 400 tasks: all go on waiting
                assert before <= share(crowd, poor, tasks[poor]), (seed, rich, poor)
