"""The door: every solver, both ways of building, and no plan without a status that says so."""

import math

import numpy as np
import pytest
import scipy.sparse as sp

import scheduler.optimise.solvers as door
from scheduler.optimise.solvers import (
    Limits,
    LinearModel,
    Solver,
    UnsolvedError,
    checked,
    solve,
    trusted,
)

SOLVERS = pytest.mark.parametrize("solver", list(Solver))
WAYS = pytest.mark.parametrize("by_arrays", [True, False], ids=["arrays", "terms"])


def a_model(*, least=3.0, most=2.0, whole=True, cost=(2.0, 3.0)):
    """Two of up to `most` make at least `least` at least cost."""
    return LinearModel(
        lower=np.zeros(2),
        upper=np.full(2, most),
        cost=np.array(cost),
        row_lower=np.array([least]),
        row_upper=np.array([math.inf]),
        rows=sp.csr_matrix(np.array([[1.0, 1.0]])),
        integer=np.full(2, whole),
    )


@WAYS
@SOLVERS
def test_every_solver_finds_the_same(solver, by_arrays):
    lp = solver in (Solver.GLOP, Solver.PDLP)
    found = solve(a_model(whole=not lp), solver, by_arrays=by_arrays)
    assert np.rint(found.values).tolist() == [2, 1]
    assert found.objective == pytest.approx(7, abs=1e-3)
    assert found.bound == pytest.approx(7, abs=1e-3)
    assert found.proven
    assert (found.reduced is not None) == lp


@WAYS
@SOLVERS
def test_no_plan_has_a_named_reason(solver, by_arrays):
    whole = solver not in (Solver.GLOP, Solver.PDLP)
    with pytest.raises(UnsolvedError, match=f"^{solver.value}: [A-Z_]+"):
        solve(a_model(least=5, whole=whole), solver, Limits(5), by_arrays=by_arrays)


@SOLVERS
def test_a_cost_that_is_no_number_is_no_plan(solver):
    with pytest.raises(UnsolvedError):
        solve(a_model(cost=(math.nan, 1.0)), solver, Limits(5))


@SOLVERS
@pytest.mark.parametrize("work", [1000, None])
def test_work_limits_are_understood(solver, work):
    whole = solver not in (Solver.GLOP, Solver.PDLP)
    found = solve(a_model(whole=whole), solver, Limits(10, work=work, gap=0.0))
    assert found.proven


def test_too_little_work_ends_without_a_plan():
    with pytest.raises(UnsolvedError, match="GLOP: "):
        solve(large_model(), Solver.GLOP, Limits(10, work=1))


def large_model():
    rng = np.random.default_rng(1)
    return LinearModel(
        lower=np.zeros(60),
        upper=np.ones(60),
        cost=rng.integers(1, 100, 60).astype(float),
        row_lower=np.full(30, 5.0),
        row_upper=np.full(30, math.inf),
        rows=sp.csr_matrix(rng.integers(0, 3, (30, 60)).astype(float)),
        integer=np.zeros(60, dtype=bool),
    )


def test_the_clock_at_zero_is_no_time():
    with pytest.raises(UnsolvedError, match="SCIP: no time left"):
        solve(a_model(), Solver.SCIP, Limits(0))


@pytest.mark.parametrize("status", ["INFEASIBLE", "UNBOUNDED", "NOT_SOLVED", "rubbish", ""])
def test_only_two_statuses_mean_a_plan(status):
    with pytest.raises(UnsolvedError, match=f"SCIP: {status}"):
        checked(Solver.SCIP, status, "")
    assert [checked(Solver.SCIP, s, "") for s in ("OPTIMAL", "FEASIBLE")] == [True, False]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_claim_without_numbers_is_not_trusted(value):
    with pytest.raises(UnsolvedError, match="not finite"):
        trusted(Solver.SCIP, np.array([value]), 1.0, 1.0, True, None)
    with pytest.raises(UnsolvedError, match="not finite"):
        trusted(Solver.SCIP, np.array([1.0]), value, 1.0, True, None)
    assert trusted(Solver.SCIP, np.ones(1), 1.0, math.nan, True, None).bound == -math.inf


@pytest.mark.parametrize("hint", [[2.0, 1.0], [1.0, 2.0], [0.0, 0.0], [9.0, -1.0]])
@pytest.mark.parametrize("solver", [Solver.CP_SAT, Solver.SCIP])
def test_a_hint_is_only_a_hint(solver, hint):
    found = solve(a_model(), solver, Limits(5), hint=np.array(hint))
    assert np.rint(found.values).tolist() == [2, 1]


def test_parameters_that_a_solver_refuses_are_no_plan(monkeypatch):
    monkeypatch.setattr(door, "parameters", lambda *_: "no_such_thing: 1")
    for by_arrays in (True, False):
        with pytest.raises(UnsolvedError, match="CP_SAT: "):
            solve(a_model(), Solver.CP_SAT, Limits(5), by_arrays=by_arrays)


def test_a_solver_that_is_not_there_is_no_plan(monkeypatch):
    monkeypatch.setattr(door.pywraplp.Solver, "CreateSolver", lambda *_: None)
    with pytest.raises(UnsolvedError, match="SCIP: not in this OR-Tools"):
        solve(a_model(), Solver.SCIP, by_arrays=False)


def test_a_first_order_answer_may_be_as_rough_as_asked():
    rng = np.random.default_rng(1)
    rows = sp.csr_matrix(rng.random((40, 60)))
    model = LinearModel(
        lower=np.zeros(60),
        upper=np.full(60, math.inf),
        cost=1 + rng.random(60),
        row_lower=np.ones(40),
        row_upper=np.full(40, math.inf),
        rows=rows,
        integer=np.zeros(60, dtype=bool),
    )
    exact = solve(model, Solver.GLOP).objective
    off = [
        abs(solve(model, Solver.PDLP, Limits(gap=gap)).objective - exact) / exact
        for gap in (1e-2, 0)
    ]
    assert off[1] < 1e-4 < off[0] < 0.05
