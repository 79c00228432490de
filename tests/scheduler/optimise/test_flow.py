"""Plans of flows against blind enumeration, two judges, and solvers that fail in every way."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from scheduler.optimise.flow import core_of, model_of, planned_flow
from scheduler.optimise.flow_judge import (
    FlowPlan,
    FlowProblem,
    cost_of,
    exact_faults,
    faults,
    used_of,
)
from scheduler.optimise.solvers import Solver, UnsolvedError, solve


def tiny(seed: int) -> FlowProblem:
    """At most 3 classes, 3 groups and 4 rows, so that all plans can be counted out."""
    rng = np.random.default_rng(seed)
    classes, groups = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    pairs = [
        (c, g) for c in range(classes) for g in range(groups) if g == 0 or rng.random() < 0.7
    ]
    entries = [
        (k, row, int(rng.integers(1, 6)))
        for k, (_, g) in enumerate(pairs)
        for row in ([g] if rng.random() < 0.6 else [g, groups])
    ]
    at, row, amount = np.array(entries, dtype=np.int64).T
    limit = rng.integers(0, 13, groups + 1)
    return FlowProblem(
        count=rng.integers(0, 4, classes),
        class_of=np.array([c for c, _ in pairs], dtype=np.int64),
        cost=rng.uniform(0, 5, len(pairs)).round(3),
        unserved=rng.uniform(4, 12, classes).round(3),
        pair_at=at,
        row_at=row,
        amount=amount,
        limit=limit,
        worth=rng.uniform(0, 4, groups + 1).round(3) * (rng.random(groups + 1) < 0.5),
        starts=tuple(np.searchsorted(at, np.arange(len(pairs) + 1)).tolist()),
        classes=tuple(f"class {c}" for c in range(classes)),
        pairs=tuple(f"group {g}" for _, g in pairs),
        rows=tuple(f"row {i}" for i in range(groups + 1)),
    )


def blind(problem: FlowProblem) -> float:
    """The least cost of all whole plans that keep every row."""
    most = [range(int(problem.count[c]) + 1) for c in problem.class_of]
    best = math.inf
    for counts in product(*most):
        n = np.array(counts, dtype=np.int64)
        served = np.bincount(problem.class_of, weights=n, minlength=len(problem.count))
        if (served <= problem.count).all() and (used_of(problem, n) <= problem.limit).all():
            best = min(best, cost_of(problem, n))
    return best


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_bounds_hold_plans_are_legal_and_the_gap_is_the_true_one(first):
    for seed in range(first, first + 50):
        problem = tiny(seed)
        plan = planned_flow(problem)
        assert faults(problem, plan) == [] == exact_faults(problem, plan), seed
        least = blind(problem)
        assert plan.bound <= least + 1e-7, seed
        assert least <= plan.objective + 1e-9, seed


def test_what_a_solver_need_not_see_changes_no_bound():
    for seed in range(200):
        problem = tiny(seed)
        core = core_of(problem)
        found = solve(model_of(problem), Solver.GLOP)
        less = solve(model_of(core.problem), Solver.GLOP)
        assert less.objective == pytest.approx(found.objective), seed
        pairs, prices = core.whole(np.ones(len(core.pairs)), np.ones(len(core.rows)))
        assert len(pairs) == len(problem.class_of)
        assert pairs.sum() == (problem.count[problem.class_of] > 0).sum()
        assert len(prices) == len(problem.limit)


def test_a_solver_for_whole_numbers_finds_the_least_cost_of_all_500():
    for seed in range(500):
        plan = planned_flow(tiny(seed), Solver.SCIP)
        assert plan.objective == pytest.approx(blind(tiny(seed)), abs=1e-7), seed
        assert faults(tiny(seed), plan) == [] == exact_faults(tiny(seed), plan)


def test_rounding_alone_is_the_best_for_nine_of_ten():
    found = [(planned_flow(tiny(s)).objective, blind(tiny(s))) for s in range(500)]
    assert sum(plan <= least + 1e-7 for plan, least in found) >= 450
    assert sum(p for p, _ in found) <= 1.02 * sum(b for _, b in found)


@pytest.mark.parametrize("solver", [Solver.HIGHS, Solver.CP_SAT])
def test_others_for_whole_numbers_are_never_worse_than_rounding(solver):
    for seed in range(40):
        plan = planned_flow(tiny(seed), solver)
        assert plan.objective <= planned_flow(tiny(seed)).objective + 1e-9
        assert faults(tiny(seed), plan) == []


def test_a_plan_of_whole_numbers_that_overdraws_is_refused():
    def greedy(model, name, limits):
        found = solve(model, name, limits)
        return replace(found, values=found.values + 5) if name is Solver.SCIP else found

    problem = tiny(5)
    with pytest.raises(UnsolvedError, match="the plan is refused: class 1: 6 of 3 jobs"):
        planned_flow(problem, Solver.SCIP, solve=greedy)


def lies(**changes):
    """A solver whose solution is another than it found."""

    def solver(model, name, limits):
        found = solve(model, name, limits)
        return replace(found, **{k: change(found, model) for k, change in changes.items()})

    return solver


def raises(error):
    def solver(model, name, limits):
        raise error

    return solver


STATUSES = [
    "INFEASIBLE",
    "UNBOUNDED",
    "ABNORMAL",
    "NOT_SOLVED",
    "MODEL_INVALID",
    "UNKNOWN_STATUS",
]


def overdrawn(found, model):
    values = found.values.copy()
    values[np.argmax(values)] += 1e-4 * (1 + np.abs(values).max())
    return values


FAILURES = {
    **{s: raises(UnsolvedError(f"GLOP: {s}")) for s in STATUSES},
    "exception": raises(RuntimeError("bad_alloc")),
    "death": raises(SystemExit(139)),
    "nan": lies(values=lambda f, m: f.values * np.nan),
    "infinite": lies(values=lambda f, m: f.values + np.inf),
    "nan prices": lies(reduced=lambda f, m: f.reduced * np.nan),
    "no prices": lies(reduced=lambda f, m: None),
    "overdraw by 1e-4": lies(values=overdrawn),
    "OPTIMAL with rubbish": lies(values=lambda f, m: np.full(len(f.values), 0.5)),
    "OPTIMAL with zeros": lies(values=lambda f, m: np.zeros(len(f.values))),
    "a cost that is not": lies(objective=lambda f, m: f.objective * 0.9 - 1),
    "another question": lies(values=lambda f, m: f.values[:-1]),
    "prices of nothing": lies(reduced=lambda f, m: np.full(len(f.reduced), -50.0)),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_failure_of_a_solver_becomes_a_plan(name):
    problem = tiny(3)
    assert problem.count.sum() > 0
    with pytest.raises((UnsolvedError, SystemExit)):
        planned_flow(problem, solve=FAILURES[name])


def test_a_served_job_less_is_no_optimum():
    """Feasible, its cost told truly, but far above what its own prices prove."""

    def lazy(model, name, limits):
        found = solve(model, name, limits)
        values = np.zeros(len(found.values))
        pairs = len(core_of(problem).pairs)
        values[pairs : pairs + len(problem.count)] = problem.count
        return replace(found, values=values, objective=float(model.cost @ values))

    problem = tiny(3)
    with pytest.raises(UnsolvedError, match="its own prices prove less"):
        planned_flow(problem, solve=lazy)


@pytest.mark.parametrize("judge", [faults, exact_faults])
def test_both_judges_see_each_kind_of_wrong(judge):
    problem = tiny(3)
    plan = planned_flow(problem)
    assert judge(problem, plan) == []
    for counts in (plan.counts - 1, plan.counts + 9):
        assert judge(problem, replace(plan, counts=counts))
    assert judge(problem, replace(plan, objective=plan.objective + 1e-3))


def test_a_bound_above_the_cost_is_refused():
    problem = tiny(3)
    plan = planned_flow(problem)
    assert "above its cost" in faults(problem, replace(plan, bound=plan.objective + 1))[0]
    assert faults(problem, replace(plan, prices=plan.prices * np.nan)) == [
        "prices that are none"
    ]
    assert faults(problem, FlowPlan(plan.counts[:-1], 0.0, 0.0, plan.prices)) == [
        "counts of another question"
    ]


def test_a_first_order_solver_may_be_a_little_off():
    problem = tiny(3)
    plan = planned_flow(problem, Solver.PDLP)
    assert faults(problem, plan) == []


def test_the_model_has_a_row_a_class_and_a_row_a_limit():
    problem = tiny(3)
    model = model_of(problem)
    assert model.rows.shape[0] == len(problem.count) + len(problem.limit)
