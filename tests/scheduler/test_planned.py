"""Dispatch by plan in whole runs: both engines, every failure, the same bytes."""

import subprocess
import sys
import time

import numpy as np
import pytest

from scenarios import ScenarioError, read
from scheduler import NOW, PLANNED, planned, simulate
from scheduler.optimise.flow_judge import exact_faults, faults
from scheduler.optimise.solvers import UnsolvedError, solve
from scheduler.outlook import FAR, Outlook
from tests.laws.generator import scenario_of, scenario_tree
from tests.laws.tables import differences
from tests.scheduler.optimise.test_flow import FAILURES


def a_week(name="two-tiers", *sets, dispatch="planned", hours=48):
    """The first hours of a bundled scenario."""
    sets = (f"policies.dispatch={dispatch}", f"horizon_h={hours}", "warmup_h=0", *sets)
    return read(name, sets=sets).variants[0]


@pytest.mark.parametrize(
    "name", ["first-run", pytest.param("two-tiers", marks=pytest.mark.wide)]
)
@pytest.mark.parametrize("queue", [
    "{name: fcfs, at: pool}",
    "{name: easy-backfill, at: site}",
    "{name: conservative-backfill, at: pool}",
    "{name: drf, at: platform}",
    "{name: priority, at: cloud, max_waiting: 5}",
])  # fmt: skip
def test_both_engines_give_the_same_tables_and_plans(name, queue):
    scenario = a_week(name, f"policies.queue={queue}")
    plain, lane = (simulate(scenario, 3, engine=engine) for engine in ("plain", "lane"))
    assert differences(plain, lane) == []
    assert plain.plans == lane.plans != ()


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=pytest.mark.wide) for n in (20, 40))]
)
def test_random_scenarios_keep_the_laws_under_both_engines(first):
    for seed in range(first, first + 20):
        tree = scenario_tree(910_000 + seed)
        tree["policies"]["dispatch"] = {"name": "planned", "every_s": 1200}
        if tree["policies"]["queue"]["name"] == "conservative-backfill":
            tree["policies"].pop("preemption", None)
        scenario = scenario_of(tree)
        plain, lane = (simulate(scenario, seed, engine=engine) for engine in ("plain", "lane"))
        assert differences(plain, lane) == [], seed
        assert [str(row) for row in plain.plans] == [str(row) for row in lane.plans], seed
        assert all(row.status == PLANNED for row in lane.plans), seed


def test_every_plan_of_a_run_passes_both_judges(monkeypatch):
    seen = []

    class Watched(planned.Desk):
        def _solved(self, problem):
            plan = super()._solved(problem)
            seen.append(faults(problem, plan) + exact_faults(problem, plan))
            return plan

    monkeypatch.setattr(planned, "Desk", Watched)
    simulate(a_week(hours=24), 1)
    assert len(seen) > 50
    assert not any(seen)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.wide if i % 3 else ()) for i, n in enumerate(FAILURES)],
)
def test_a_run_goes_on_with_its_fallback_whatever_the_solver_does(name):
    records = simulate(a_week(hours=12), 1, planning={"solve": FAILURES[name]})
    greedy = simulate(a_week(hours=12, dispatch="local-first"), 1)
    assert differences(records, greedy) == []
    assert records.plans
    assert not [row for row in records.plans if row.status == PLANNED]


def test_a_solver_that_hangs_counts_as_failed():
    def hangs(model, name, limits):
        time.sleep(0.05)
        return solve(model, name, limits)

    scenario = a_week(hours=3)
    records = simulate(scenario, 1, planning={"solve": hangs, "patience_s": 0.005})
    assert {row.status for row in records.plans} == {"GLOP: hung for 0.005 s"}


def test_one_plan_that_fails_costs_only_its_own_time():
    calls = []

    def now_and_then(model, name, limits):
        calls.append(1)
        if len(calls) % 40 == 30:
            raise UnsolvedError("GLOP: ABNORMAL")
        return solve(model, name, limits)

    records = simulate(a_week(hours=24), 1, planning={"solve": now_and_then})
    failed = [row for row in records.plans if row.status != PLANNED]
    assert {row.status for row in failed} == {"GLOP: ABNORMAL"}
    assert 0 < len(failed) < len(records.plans) / 10
    assert all(np.isnan(row.gap) and row.counts == () for row in failed)


def test_plans_tell_counts_bounds_and_what_binds():
    records = simulate(a_week(), 1)
    assert [row.time_s for row in records.plans] == sorted(row.time_s for row in records.plans)
    now = [row for row in records.plans if row.part == NOW]
    assert all(row.bound <= row.objective + 1e-6 for row in now)
    assert {kind for row in now for kind, _, _ in row.counts} <= {
        "fine-tune", "video-search", "reports", "province-training",
    }  # fmt: skip


def test_plans_come_every_so_often_and_never_twice_in_a_span():
    records = simulate(
        a_week("two-tiers", "policies.dispatch={name: planned, every_s: 900}"), 1
    )
    spans = [row.time_s // 900 for row in records.plans if row.part == NOW]
    assert len(spans) == len(set(spans))


@pytest.mark.wide
def test_weights_of_its_own_change_where_jobs_go():
    far = a_week(
        "zhejiang-week", "policies.dispatch={name: planned, weights: {wait: 0}}", hours=6
    )
    near = a_week("zhejiang-week", hours=6)
    assert differences(simulate(far, 1), simulate(near, 1)) != []


@pytest.mark.wide
def test_the_same_run_under_any_hash_seed():
    code = (
        "from scenarios import read\nfrom scheduler import simulate\n"
        "sets = ['policies.dispatch=planned', 'horizon_h=24', 'warmup_h=0']\n"
        "s = read('two-tiers', sets=sets)\n"
        "r = simulate(s.variants[0], 1)\n"
        "print(r.column('end_s').tolist(), r.column('pool').tolist(), r.plans)\n"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "77")
    ]
    assert found[0] == found[1]


def test_only_runs_that_plan_load_the_solver():
    code = (
        "import sys\nfrom scenarios import read\nfrom scheduler import simulate\n"
        "s = read('first-run', sets=['horizon_h=30'])\nsimulate(s.variants[0], 1)\n"
        "assert not {'ortools', 'scipy'} & set(sys.modules)\n"
    )
    path = ":".join(p for p in sys.path if p)
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, check=True)


@pytest.mark.parametrize(("options", "told"), [
    ("every: 3", "policies.dispatch: unknown key; got 'every'; did you mean 'every_s'?"),
    ("every_s: 0", "policies.dispatch.every_s: expected a number above 0; got 0"),
    ("horizon_s: soon", "policies.dispatch.horizon_s: expected a number above 0; got 'soon'"),
    ("work_limit: true", "policies.dispatch.work_limit: expected a number above 0; got true"),
    ("fallback: planned", "policies.dispatch.fallback: expected local-first, first-fit, "),
    ("solver: gurobi", "expected auto, glop, pdlp, cp-sat, scip or highs; got 'gurobi'"),
    ("weights: 3", "policies.dispatch.weights: expected a map of weights; got 3"),
    ("weights: {wiat: 3}", "policies.dispatch.weights: unknown key; got 'wiat'"),
    ("weights: {wait: -1}", "policies.dispatch.weights.wait: expected a number of at least 0"),
])  # fmt: skip
def test_options_are_checked(options, told):
    with pytest.raises(ScenarioError) as problems:
        read("two-tiers", sets=[f"policies.dispatch={{name: planned, {options}}}"])
    assert told in str(problems.value)


# -- outlooks -------------------------------------------------------------------------------


def an_outlook(*free, whole=None):
    return Outlook(0, free, whole or [sum(part) for part in zip(*free, strict=True)])


def test_room_is_on_one_node_not_in_pieces():
    outlook = an_outlook([3, 3], [3, 3])
    assert outlook.earliest([3, 1], 10, 0) == (0, [0])
    assert outlook.earliest([4, 1], 10, 0) == (FAR, [])
    outlook.ends(1, 50, [2, 0])
    assert outlook.earliest([4, 1], 10, 0) == (50, [1])
    assert outlook.next_us() == 50


def test_who_takes_room_keeps_others_out_for_so_long():
    outlook = an_outlook([4], [4])
    outlook.take([0], [4], 0, 30)
    assert outlook.earliest([4], 10, 0) == (0, [1])
    assert outlook.earliest([4], 10, 0, members=2) == (30, [0, 1])
    outlook.take([1], [3], 5, 10)
    assert outlook.earliest([4], 10, 0) == (15, [1])
    assert outlook.earliest([4], 5, 0) == (0, [1])


def test_what_all_nodes_may_sell_in_sum_holds_too():
    outlook = an_outlook([4], [4], whole=[5])
    outlook.take([0], [4], 0, 20)
    assert outlook.earliest([2], 5, 0) == (20, [0])
