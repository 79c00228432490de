"""Plants, depots, customers: the mixed program, a rule a function, and plans out of it."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from scheduler.optimise.columns import Recipe, solve_by_columns
from scheduler.optimise.problem import TwoStagePlan, TwoStageProblem
from scheduler.optimise.solvers import Floats, LinearModel, Solver, solve

Rows = tuple[sp.csr_matrix, Floats, Floats]


def find_two_stage(problem: TwoStageProblem, seconds: float) -> tuple[TwoStagePlan, float]:
    """A plan and a bound in money.

    Raises:
        UnsolvedError: no plan.
    """
    deadline = time.monotonic() + seconds
    recipe = Recipe(Solver.SCIP, deadline, first=0.4, proof=1.0, per_group=8, only_used=True)
    found = solve_by_columns(
        program(problem), groups_of(problem), recipe, lambda values, *_: values
    )
    plants, depots = problem.plant_cost.shape
    opened = found.values[-plants - depots :] > 0.5
    return flow_plan(problem, opened[:plants], opened[plants:]), found.bound


def program(problem: TwoStageProblem) -> LinearModel:
    """u[i, j] units, v[j, k] parts of a demand, then y[i], z[j] whole; costs in money."""
    plants, depots = problem.plant_cost.shape
    flows = problem.plant_cost.size + problem.depot_cost.size
    opens = plants + depots
    money = float(problem.unit)
    blocks = [
        customers_served(problem),
        depots_balanced(problem),
        plants_within_capacity(problem),
        depots_within_capacity(problem),
        *room_for_all(problem),
        only_from_open_depots(problem),
        only_to_open_depots(problem),
    ]
    costs = [
        problem.plant_cost.ravel() / problem.weight_unit,
        (problem.depot_cost * problem.demand.astype(float)).ravel() / problem.weight_unit,
        problem.plant_opening,
        problem.depot_opening,
    ]
    parts = np.ones(problem.depot_cost.size + opens)
    return LinearModel(
        lower=np.zeros(flows + opens),
        upper=np.concatenate([most_between(problem).ravel(), parts]),
        cost=np.concatenate(costs) / money,
        row_lower=np.concatenate([low for _, low, _ in blocks]),
        row_upper=np.concatenate([high for _, _, high in blocks]),
        rows=sp.csr_matrix(sp.vstack([rows for rows, _, _ in blocks])),
        integer=np.concatenate([np.zeros(flows, dtype=bool), np.ones(opens, dtype=bool)]),
    )


def groups_of(problem: TwoStageProblem) -> npt.NDArray[np.int64]:
    """The flows into a depot are a group, those into a customer another; openings none."""
    plants, depots = problem.plant_cost.shape
    _, customers = problem.depot_cost.shape
    first = np.tile(np.arange(depots), plants)
    second = np.tile(depots + np.arange(customers), depots)
    return np.concatenate([first, second, np.full(plants + depots, -1)])


def most_between(problem: TwoStageProblem) -> Floats:
    """(plants, depots) the most that can flow between two."""
    most = np.minimum(problem.plant_capacity[:, None], problem.depot_capacity[None, :])
    least: Floats = np.minimum(most, problem.demand.sum()).astype(float)
    return least


def side_by_side(problem: TwoStageProblem, **blocks: sp.spmatrix) -> sp.csr_matrix:
    """Rows over all columns from those that they touch: u, v, y, z."""
    plants, depots = problem.plant_cost.shape
    widths = {
        "u": problem.plant_cost.size,
        "v": problem.depot_cost.size,
        "y": plants,
        "z": depots,
    }
    count = next(iter(blocks.values())).shape[0]
    empty = {name: sp.csr_matrix((count, width)) for name, width in widths.items()}
    return sp.csr_matrix(sp.hstack([blocks.get(name, empty[name]) for name in widths]))


def customers_served(problem: TwoStageProblem) -> Rows:
    """sum_j v[j, k] = 1 for every customer k that asks for something, else 0."""
    depots, customers = problem.depot_cost.shape
    rows = side_by_side(problem, v=sp.hstack([sp.identity(customers)] * depots))
    asks = (problem.demand > 0).astype(float)
    return rows, asks, asks


def depots_balanced(problem: TwoStageProblem) -> Rows:
    """sum_i u[i, j] = sum_k demand[k] v[j, k] for every depot j."""
    plants, depots = problem.plant_cost.shape
    out = sp.kron(sp.identity(depots), -problem.demand.astype(float)[None, :])
    rows = side_by_side(problem, u=sp.hstack([sp.identity(depots)] * plants), v=out)
    return rows, np.zeros(depots), np.zeros(depots)


def plants_within_capacity(problem: TwoStageProblem) -> Rows:
    """sum_j u[i, j] <= capacity[i] y[i] for every plant i."""
    plants, depots = problem.plant_cost.shape
    sent = sp.kron(sp.identity(plants), np.ones((1, depots)))
    rows = side_by_side(problem, u=sent, y=sp.diags(-problem.plant_capacity.astype(float)))
    return rows, np.full(plants, -np.inf), np.zeros(plants)


def depots_within_capacity(problem: TwoStageProblem) -> Rows:
    """sum_k demand[k] v[j, k] <= capacity[j] z[j] for every depot j."""
    depots, _ = problem.depot_cost.shape
    sent = sp.kron(sp.identity(depots), problem.demand.astype(float)[None, :])
    rows = side_by_side(problem, v=sent, z=sp.diags(-problem.depot_capacity.astype(float)))
    return rows, np.full(depots, -np.inf), np.zeros(depots)


def room_for_all(problem: TwoStageProblem) -> tuple[Rows, Rows]:
    """Open plants, and open depots, hold all demand together; implied, but it cuts."""
    least, most = np.array([float(problem.demand.sum())]), np.array([np.inf])
    plants = sp.csr_matrix(problem.plant_capacity.astype(float)[None, :])
    depots = sp.csr_matrix(problem.depot_capacity.astype(float)[None, :])
    return (
        (side_by_side(problem, y=plants), least, most),
        (side_by_side(problem, z=depots), least, most),
    )


def only_from_open_depots(problem: TwoStageProblem) -> Rows:
    """v[j, k] <= z[j] for every depot and customer; the bound lives on it."""
    depots, customers = problem.depot_cost.shape
    pairs = depots * customers
    opened = sp.kron(sp.identity(depots), -np.ones((customers, 1)))
    rows = side_by_side(problem, v=sp.identity(pairs), z=opened)
    return rows, np.full(pairs, -np.inf), np.zeros(pairs)


def only_to_open_depots(problem: TwoStageProblem) -> Rows:
    """u[i, j] <= what can flow between them z[j] for every plant and depot."""
    plants, depots = problem.plant_cost.shape
    pairs = plants * depots
    opened = sp.vstack([sp.diags(-most) for most in most_between(problem)])
    rows = side_by_side(problem, u=sp.identity(pairs), z=opened)
    return rows, np.full(pairs, -np.inf), np.zeros(pairs)


def flow_plan(
    problem: TwoStageProblem, plants: npt.NDArray[np.bool_], depots: npt.NDArray[np.bool_]
) -> TwoStagePlan:
    """The cheapest flow through what is open: a corner of a flow program, so whole.

    Raises:
        UnsolvedError: what is open is too small.
    """
    blocks = [
        (side_by_side(problem, v=units_in(problem)), problem.demand, problem.demand),
        units_balanced(problem),
        open_capacity(problem, plants, depots),
    ]
    columns = problem.plant_cost.size + problem.depot_cost.size
    costs = [problem.plant_cost.ravel(), problem.depot_cost.ravel()]
    model = LinearModel(
        lower=np.zeros(columns),
        upper=np.full(columns, float(problem.demand.sum())),
        cost=np.concatenate(costs) / (problem.unit * problem.weight_unit),
        row_lower=np.concatenate([low for _, low, _ in blocks]).astype(float),
        row_upper=np.concatenate([high for _, _, high in blocks]).astype(float),
        rows=sp.csr_matrix(sp.vstack([rows for rows, _, _ in blocks]))[:, :columns],
        integer=np.zeros(columns, dtype=bool),
    )
    amounts = np.rint(solve(model, Solver.GLOP).values).astype(np.int64)
    first, second = np.split(amounts, [problem.plant_cost.size])
    to_depots = flows_of(first.reshape(problem.plant_cost.shape))
    to_customers = flows_of(second.reshape(problem.depot_cost.shape))
    return TwoStagePlan(
        frozenset(plant for plant, _, _ in to_depots),
        frozenset(depot for depot, _, _ in to_customers),
        to_depots,
        to_customers,
    )


def units_in(problem: TwoStageProblem) -> sp.spmatrix:
    """What reaches each customer."""
    depots, customers = problem.depot_cost.shape
    return sp.hstack([sp.identity(customers)] * depots)


def units_balanced(problem: TwoStageProblem) -> Rows:
    """What reaches each depot less what leaves it is nothing."""
    plants, depots = problem.plant_cost.shape
    _, customers = problem.depot_cost.shape
    out = sp.kron(sp.identity(depots), -np.ones((1, customers)))
    rows = side_by_side(problem, u=sp.hstack([sp.identity(depots)] * plants), v=out)
    return rows, np.zeros(depots), np.zeros(depots)


def open_capacity(
    problem: TwoStageProblem, plants: npt.NDArray[np.bool_], depots: npt.NDArray[np.bool_]
) -> Rows:
    """What leaves each plant and depot is at most what it has, nothing where it is closed."""
    _, to = problem.plant_cost.shape
    _, customers = problem.depot_cost.shape
    sent = sp.kron(sp.identity(len(plants)), np.ones((1, to)))
    passed = sp.kron(sp.identity(len(depots)), np.ones((1, customers)))
    rows = sp.vstack([side_by_side(problem, u=sent), side_by_side(problem, v=passed)])
    room = [problem.plant_capacity * plants, problem.depot_capacity * depots]
    most = np.concatenate(room).astype(float)
    return rows, np.full(len(most), -np.inf), most


def flows_of(amounts: npt.NDArray[np.int64]) -> tuple[tuple[int, int, int], ...]:
    """(from, to, amount) of everything that flows."""
    return tuple(
        (int(a), int(b), int(amounts[a, b])) for a, b in np.argwhere(amounts != 0).tolist()
    )
