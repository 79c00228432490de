"""Bundled scenarios about plans: they read without a problem and run at a small size."""

import numpy as np
import pytest

from scenarios import read
from scheduler import PLANNED, simulate

NAMES = ("full-capital", "cost-or-delay", "five-provinces")


@pytest.mark.parametrize("name", NAMES)
def test_reads_with_a_question_and_variants(name):
    scenario = read(name)
    assert scenario.question.endswith("?")
    assert len(scenario.variants) >= 3
    planned = [v for v in scenario.variants if v.policies.dispatch.name == "planned"]
    assert planned
    assert scenario.answer.measure in ("objective_mean_cny", "wait_p95_s")


@pytest.mark.wide
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_serves_its_first_hours(name):
    small = read(name, sets=["horizon_h=9", "warmup_h=0", "drain_h=24"])
    variant = next(v for v in small.variants if v.policies.dispatch.name == "planned")
    records = simulate(variant, 1)
    assert records.rows > 0
    assert {row.status for row in records.plans} == {PLANNED}
    assert "refused" not in set(records.column("state"))
    assert np.nanmin(records.column("wait_s")) >= 0


def test_general_data_may_leave_its_province_and_important_data_may_not():
    small = read("five-provinces", sets=["horizon_h=10", "warmup_h=0", "drain_h=24"])
    variant = next(v for v in small.variants if v.policies.dispatch.name == "nearest")
    records, topology = simulate(variant, 1), variant.topology
    province = {
        (workload, topology.ancestors(region)[-1] == home_of(topology, pool))
        for workload, region, pool in zip(
            *(records.column(name) for name in ("workload", "region", "pool")), strict=True
        )
        if pool is not None
    }
    assert ("records", False) not in province
    assert ("reports", False) not in province


def home_of(topology, pool):
    return topology.ancestors(topology.region_of(topology.pool(pool).site))[-1]
