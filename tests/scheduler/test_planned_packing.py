"""Packing by plan in whole runs: both engines, every failure, the judge, the same again."""

import subprocess
import sys
import time

import pytest

from scheduler import PACKING, PLANNED, simulate
from scheduler.optimise.solvers import solve
from tests.laws.generator import scenario_of, scenario_tree
from tests.laws.tables import differences
from tests.scheduler.optimise.test_device_prices import FAILURES


def tree_of(seed, **options):
    """A random scenario whose packing plans."""
    tree = scenario_tree(920_000 + seed)
    tree["policies"]["packing"] = {"name": "planned", "every_s": 1200, **options}
    return tree


def both(tree, seed):
    scenario = scenario_of(tree)
    return [simulate(scenario, seed, engine=engine) for engine in ("plain", "lane")]


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.wide) for n in (20, 40))]
)
def test_random_scenarios_keep_the_laws_under_both_engines(first):
    for seed in range(first, first + 20):
        plain, lane = both(tree_of(seed), seed)
        assert differences(plain, lane) == [], seed
        assert [str(row) for row in plain.plans] == [str(row) for row in lane.plans], seed
        assert all(row.status == PLANNED for row in lane.plans), seed


@pytest.mark.parametrize("name", FAILURES)
def test_a_run_goes_on_with_its_fallback_whatever_the_solver_does(name):
    for seed in SHARES:
        tree = tree_of(seed, fallback="best-fit")
        records = simulate(scenario_of(tree), 1, planning={"solve": FAILURES[name]})
        tree["policies"]["packing"] = {"name": "best-fit"}
        assert differences(records, simulate(scenario_of(tree), 1)) == []
        planned = [row.part for row in records.plans if row.status != PLANNED]
        assert planned
        assert set(planned) == {PACKING}


SHARES = (0, 2, 21)  # seeds of scenarios where jobs ask for shares


def test_a_solver_that_hangs_counts_as_failed():
    def hangs(model, name, limits):
        time.sleep(0.05)
        return solve(model, name, limits)

    scenario = scenario_of(tree_of(SHARES[0]))
    records = simulate(scenario, 1, planning={"solve": hangs, "patience_s": 0.005})
    assert "GLOP: hung for 0.005 s" in {row.status for row in records.plans}


def test_plans_come_every_so_often_and_never_twice_in_a_span():
    records = simulate(scenario_of(tree_of(SHARES[0])), 1)
    spans = [row.time_s // 1200 for row in records.plans if row.part == PACKING]
    assert len(spans) == len(set(spans)) > 1
    assert all(row.gap < 1e-6 for row in records.plans)


def test_dispatch_and_packing_both_plan_and_each_is_given_its_own_parts():
    tree = tree_of(SHARES[0])
    tree["policies"]["dispatch"] = {"name": "planned", "every_s": 1200}
    seen = []
    records = simulate(scenario_of(tree), 1, planning={"watch": seen.append})
    assert {row.part for row in records.plans} > {PACKING}
    assert seen
    assert differences(records, simulate(scenario_of(tree), 1, engine="plain")) == []


def test_only_runs_that_plan_load_the_solvers():
    code = "import sys, scheduler\nassert not {'ortools', 'scipy'} & set(sys.modules)\n"
    subprocess.run([sys.executable, "-c", code], check=True)
