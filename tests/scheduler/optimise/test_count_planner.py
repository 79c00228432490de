"""Plans one after another, large ones by columns, and the parts that make them."""

from dataclasses import replace

import numpy as np
import pytest

from scheduler.optimise import (
    CountPlanner,
    CountProblem,
    Effort,
    Side,
    count_columns,
    count_plan_of,
    count_planning,
    greedy_plan_of,
    relaxed_at_once,
)
from scheduler.optimise.count_judge import count_cost, count_faults, exact_faults
from scheduler.optimise.count_model import (
    at_prices,
    bound_of,
    count_model,
    pairs_of,
    useful,
)
from scheduler.optimise.count_prices import prices_of
from scheduler.optimise.count_rounding import Rooms, repaired, rounded
from scheduler.optimise.count_search import searched
from scheduler.optimise.solvers import Limits, LivingModel, Solver, UnsolvedError


def a_question(seed, classes=12, pools=9, most=30):
    """Middling: too large to try all, small enough for every way."""
    rng = np.random.default_rng(seed)
    count = rng.integers(0, most, classes)
    demand = rng.integers(1, 9, (classes, 3)) * (rng.random((classes, 3)) < 0.7)
    asked = (demand * count[:, None]).sum(axis=0)
    share = rng.dirichlet(np.full(pools, 3.0), 3).T
    cost = rng.integers(1, 40, (classes, pools)).astype(float)
    cost[rng.random(cost.shape) < 0.1] = np.inf
    class_of, pool_of = np.nonzero(rng.random(cost.shape) < 0.3)
    amount = rng.integers(1, 5, len(class_of))
    link = Side("link", class_of, pool_of, amount, int(amount.sum()))
    quota = Side(
        "quota", np.zeros(pools, dtype=int), np.arange(pools), np.full(pools, 2), int(count[0])
    )
    room = np.ceil(share * asked * 1.1).astype(np.int64)
    return CountProblem(count, demand, room, cost, np.full(classes, 200.0), (link, quota))


def changed(problem, seed):
    rng = np.random.default_rng(seed)
    return replace(
        problem,
        count=np.maximum(problem.count + rng.integers(-2, 3, problem.count.shape), 0),
        capacity=np.maximum(problem.capacity + rng.integers(-3, 4, problem.capacity.shape), 0),
        cost=problem.cost + (rng.random(problem.cost.shape) < 0.1),
    )


@pytest.mark.parametrize("direct", [0, 10_000])
@pytest.mark.parametrize("seed", range(15))
def test_by_columns_or_at_once_the_program_is_worth_the_same(seed, direct, monkeypatch):
    monkeypatch.setattr(count_planning, "DIRECT", direct)
    problem = a_question(seed)
    found = count_planning.relax(problem, useful(problem), Effort())
    objective, bound = relaxed_at_once(problem)
    assert found.objective == pytest.approx(objective, rel=2 * count_columns.CLOSE)
    assert found.bound <= objective * (1 + 1e-9)
    assert found.bound >= objective * (1 - 2 * count_columns.CLOSE)
    assert bound == pytest.approx(objective, rel=1e-6)


@pytest.mark.parametrize("seed", range(15))
def test_warm_plans_are_as_good_as_cold_ones(seed):
    problem, planner = a_question(seed), CountPlanner(Effort(whole_work=0))
    for step in range(5):
        plan = planner.plan(problem)
        assert count_faults(problem, plan.counts) == []
        assert not exact_faults(problem, plan.counts)
        objective, _ = relaxed_at_once(problem)
        assert plan.bound == pytest.approx(objective, rel=2e-3)
        assert plan.bound <= plan.objective
        problem = changed(problem, 100 * seed + step)


def test_a_planner_takes_whatever_comes_next():
    effort = Effort(whole_work=0)
    planner = CountPlanner(effort)
    for problem in (
        a_question(1),
        a_question(1, classes=5),
        a_question(2, classes=5),
        a_question(3, pools=4),
        a_question(3, classes=1, pools=1),
        a_question(3, most=1),
        a_question(4),
    ):
        plan, cold = planner.plan(problem), count_plan_of(problem, effort)
        assert plan.bound == pytest.approx(cold.bound, rel=2e-3)
        assert plan.objective == pytest.approx(cold.objective, rel=0.02)


def test_the_same_questions_in_the_same_order_have_the_same_answers():
    problems = [changed(a_question(3, classes=30), seed) for seed in range(4)]
    once, again = (CountPlanner(Effort(whole_work=0)) for _ in range(2))
    for problem in problems:
        one, other = once.plan(problem), again.plan(problem)
        assert np.array_equal(one.counts, other.counts)
        assert one.bound == other.bound


def test_after_a_failure_the_planner_starts_anew(monkeypatch):
    planner, problem = CountPlanner(Effort(whole_work=0)), a_question(1)
    good = planner.plan(problem)

    def fails(*_, **__):
        raise UnsolvedError("GLOP: ABNORMAL")

    with monkeypatch.context() as patch:
        patch.setattr(count_columns, "solve", fails)
        patch.setattr(count_planning.LivingModel, "solve", fails)
        with pytest.raises(UnsolvedError, match="GLOP: ABNORMAL"):
            planner.plan(problem)
    assert planner.last is None
    assert planner.plan(problem).objective == good.objective


@pytest.mark.parametrize("solver", [Solver.SCIP, Solver.HIGHS, Solver.CP_SAT])
def test_solvers_of_whole_numbers_agree(solver):
    problem = a_question(5, classes=4, pools=3, most=6)
    plan = count_plan_of(problem, Effort(solver, whole_work=1000))
    assert plan.status == "optimal"
    assert plan.objective == count_plan_of(problem).objective


def test_too_little_work_for_whole_numbers_leaves_the_rounded_plan():
    problem = a_question(5)
    plan = count_plan_of(problem, Effort(whole_work=1e-9))
    assert plan.objective == count_plan_of(problem, Effort(whole_work=0)).objective


def test_a_failure_of_whole_numbers_is_no_plan(monkeypatch):
    def fails(model, solver, *_, **__):
        raise UnsolvedError(f"{solver}: INFEASIBLE")

    monkeypatch.setattr(count_planning, "solve", fails)
    with pytest.raises(UnsolvedError, match="CP_SAT: INFEASIBLE"):
        count_plan_of(a_question(5))


def test_prices_that_are_no_numbers_are_no_plan(monkeypatch):
    honest = count_columns.solve

    def without_prices(*given, **named):
        found = honest(*given, **named)
        return replace(found, duals=found.duals * np.nan)

    monkeypatch.setattr(count_columns, "solve", without_prices)
    with pytest.raises(UnsolvedError, match="its prices are no numbers"):
        count_plan_of(a_question(5))


@pytest.mark.parametrize("seed", range(10))
def test_rounding_keeps_rooms_whatever_the_parts(seed):
    problem, rng = a_question(seed), np.random.default_rng(seed)
    mask = useful(problem)
    rooms = rounded(problem, mask, rng.exponential(3, problem.cost.shape))
    repaired(rooms, problem.cost, np.arange(len(problem.count)))
    assert count_faults(problem, rooms.counts) == []
    used = rooms.counts.T @ problem.demand
    assert np.array_equal(rooms.room.T, problem.capacity - used)
    assert np.array_equal(rooms.left, problem.count - rooms.counts.sum(axis=1))


@pytest.mark.parametrize("seed", range(30))
def test_the_search_never_breaks_a_rule_and_never_costs_more(seed):
    problem = a_question(seed)
    rooms = Rooms(problem, useful(problem))
    repaired(rooms, np.zeros(problem.cost.shape), np.arange(len(problem.count)))
    before = count_cost(problem, rooms.counts)
    counts = searched(problem, rooms, 5000)
    assert count_faults(problem, counts) == []
    assert count_cost(problem, counts) <= before
    assert count_cost(problem, counts) <= greedy_plan_of(problem) * 1.2


@pytest.mark.parametrize("seed", range(5))
def test_prices_give_a_better_bound_than_none(seed):
    problem = a_question(seed)
    mask = useful(problem)
    prices = prices_of(problem, mask)
    bound = bound_of(problem, prices.room, prices.sides, mask)
    free = bound_of(problem, 0 * prices.room, 0 * prices.sides, mask)
    assert free < bound <= relaxed_at_once(problem)[0] * (1 + 1e-9)
    assert (at_prices(problem, prices.room, prices.sides) >= problem.cost).all()


def test_a_search_that_breaks_a_rule_is_no_plan(monkeypatch):
    too_many = np.full((12, 9), 99)
    monkeypatch.setattr(count_planning, "searched", lambda *_: too_many)
    with pytest.raises(UnsolvedError, match="dispatch: "):
        count_plan_of(replace(a_question(5), cost=np.ones((12, 9))), Effort(whole_work=0))


def test_a_living_program_follows_changes_and_says_when_it_ends_early():
    problem = a_question(2)
    mask = useful(problem)
    model = count_model(problem, pairs_of(mask)).linear
    living = LivingModel(model)
    assert living.solve(Limits()).objective == pytest.approx(relaxed_at_once(problem)[0])
    other = changed(problem, 1)
    living.change(count_model(other, pairs_of(mask)).linear)
    kept = replace(other, cost=np.where(mask, other.cost, np.inf))
    assert living.solve(Limits()).objective == pytest.approx(relaxed_at_once(kept)[0])
    with pytest.raises(UnsolvedError, match="GLOP: "):
        LivingModel(model).solve(Limits(work=1))
