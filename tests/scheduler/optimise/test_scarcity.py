"""What one more is worth to plans: hand cases, and the questions of a whole run."""

import numpy as np
import pytest

from scenarios import read
from scheduler import NOW, simulate
from scheduler.optimise import scarcest
from scheduler.optimise.flow import planned_flow
from scheduler.optimise.flow_judge import FlowProblem
from scheduler.optimise.scarcity import priced, ranked, solved_worth, tiled, with_more
from scheduler.optimise.units import Made, Unit, binding


def question(count=5, limit=4, each=2):
    """Jobs of two units each for one room; a job served costs 1 CNY, one left over 11."""
    return FlowProblem(
        count=np.array([count]),
        class_of=np.array([0]),
        cost=np.array([1.0]),
        unserved=np.array([11.0]),
        pair_at=np.array([0]),
        row_at=np.array([0]),
        amount=np.array([each]),
        limit=np.array([limit]),
        worth=np.array([0.0]),
        starts=(0, 1),
        classes=("jobs",),
        pairs=("room",),
        rows=("room vcpu",),
    )


def made(problem, added):
    unit = Unit("node", "room", (), np.array([0]), np.array([added]))
    return Made(0.0, problem, planned_flow(problem), (unit,)), unit


@pytest.mark.parametrize(
    ("added", "worth"), [(1, 0), (2, 10), (3, 10), (4, 20), (6, 30), (99, 30)]
)
def test_one_more_is_worth_the_whole_jobs_that_it_lets_in(added, worth):
    plan, unit = made(question(), added)
    assert solved_worth(plan, unit) == pytest.approx(worth)
    assert priced(plan, unit) == pytest.approx(5 * added)  # the price knows no whole jobs


def test_room_enough_is_worth_nothing_and_binds_nothing():
    plan, unit = made(question(limit=20), 2)
    assert solved_worth(plan, unit) == 0
    assert not binding(plan.problem, plan.plan).any()
    assert ranked([(1.0, plan)]) == []


def test_a_row_binds_though_the_last_whole_job_leaves_a_rest():
    plan, unit = made(question(limit=5), 1)
    assert binding(plan.problem, plan.plan).all()
    assert solved_worth(plan, unit) == pytest.approx(10)


def test_plans_count_by_their_share_of_the_time():
    plan, _ = made(question(), 2)
    (row,) = ranked([(1.0, plan), (0.5, plan)])
    assert (row.plan_cny, row.price_cny) == (pytest.approx(15), pytest.approx(15))
    assert (row.binding, row.plans) == (1.0, 2)


def test_what_is_not_there_at_all_does_not_appear_by_one_more():
    problem = question(limit=0)
    unit = Unit("quota", "a gpu", (), np.array([0]), np.array([2]))
    assert with_more(problem, unit).limit.tolist() == [0]


@pytest.fixture(scope="module")
def week():
    sets = ("policies.dispatch.name=planned", "horizon_h=30", "warmup_h=6")
    quota = "tenants[province-lab].quota={gpu: 8}"
    base = read("two-tiers", sets=sets).variants[0]
    named = any(tenant.name == "province-lab" for tenant in base.tenants)
    return read("two-tiers", sets=(*sets, quota)).variants[0] if named else base


def test_plans_of_a_run_are_laid_end_to_end_through_the_measured_time(week):
    plans = tiled(week, 1)
    times = [made.time_s for _, made in plans]
    hours = [int(time_s // 3600) for time_s in times]
    assert hours == sorted(set(hours))
    assert times[0] >= 6 * 3600
    assert times[-1] < 30 * 3600
    assert len(plans) >= 20
    assert {share for share, _ in plans} == {1.0}


def test_the_scarcest_things_are_told_dearest_first(week):
    rows = scarcest(week, 1)
    worths = [row.plan_cny for row in rows]
    assert worths == sorted(worths, reverse=True)
    assert rows
    assert all(row.plan_cny > 0 and 0 <= row.binding <= 1 for row in rows)
    assert {row.kind for row in rows} <= {"node", "link", "quota"}


def test_units_name_rows_of_the_question_and_add_what_a_node_has(week):
    _, made = tiled(week, 1)[0]
    for unit in made.units:
        names = [made.problem.rows[i] for i in unit.rows.tolist()]
        assert all(unit.name.split(" ")[0] in name for name in names)
        assert (unit.added >= 0).all()
        assert unit.added.any()
    pools = {pool.name: pool for pool in week.topology.pools}
    for unit in made.units:
        if unit.kind == "node":
            server = week.topology.server_of(pools[unit.name])
            assert unit.added[1] == server.memory_gib * 1024 * 3600


@pytest.mark.wide
def test_watching_a_run_changes_nothing_and_binding_rows_are_kept_by_name(week):
    seen = []
    watched = simulate(week, 1, planning={"watch": seen.append})
    assert watched.plans == simulate(week, 1).plans
    now = [row for row in watched.plans if row.part == NOW]
    assert len(seen) == len(now)
    for made, row in zip(seen, now, strict=True):
        binds = binding(made.problem, made.plan)
        assert [name for name, _ in row.binding] == [
            made.problem.rows[i] for i in np.flatnonzero(binds).tolist()
        ]
    assert any(row.binding for row in now)
