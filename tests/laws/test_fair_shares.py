"""The law of fair shares sees an unfair queue; test_laws.py holds it on all scenarios."""

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
