"""The door to OR-Tools: arrays in, numbers out, and no plan without a status that says so.

Models are filled from arrays through `model_builder_helper`, 50 to 100 times as fast as one
call a term, but not a documented face of OR-Tools. Should it lose
`fill_model_from_sparse_data`, the same model is built term by term through `pywraplp`
(`by_terms`), slower and without hints; the tests solve small models both ways.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from ortools.linear_solver import pywraplp  # type: ignore[attr-defined]
from ortools.linear_solver.python import model_builder_helper as helper
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model_helper as cp

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# all rows in the relaxation, and no search before the search: half the time for parts
BY_ROWS = "linearization_level: 2 cp_model_probing_level: 0 symmetry_level: 0"
BY_ARRAYS = hasattr(helper.ModelBuilderHelper, "fill_model_from_sparse_data")


class Solver(StrEnum):
    """What OR-Tools ships and we use; the value is its name there."""

    GLOP = "GLOP"  # simplex: vertices and reduced costs
    PDLP = "PDLP"  # first order: large, rows overdrawn by its tolerance, a hint only
    CP_SAT = "CP_SAT"  # integers only
    SCIP = "SCIP"  # mixed
    HIGHS = "HIGHS"  # mixed; out of time it hands back no plan, not even one it had


class UnsolvedError(Exception):
    """No plan, and why: a result of the question, not a defect."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: `seconds` of wall time, `work` in the solver's own unit, relative `gap`.

    Work is iterations (GLOP, PDLP), deterministic seconds (CP-SAT) or nodes (SCIP, HiGHS).
    Only an answer that came before the wall limit is the same again on another machine.
    """

    seconds: float = 60.0
    work: float | None = None
    gap: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Minimise cost @ v, row_lower <= rows @ v <= row_upper, lower <= v <= upper."""

    lower: Floats
    upper: Floats
    cost: Floats
    row_lower: Floats
    row_upper: Floats
    rows: Any  # scipy CSR, (rows, columns)
    integer: Flags

    def relaxed(self) -> LinearModel:
        """The same without whole numbers."""
        return replace(self, integer=np.zeros(len(self.integer), dtype=bool))

    def of_columns(self, kept: npt.NDArray[np.intp]) -> LinearModel:
        """The same with the columns `kept` only; the others are held at zero.

        Rows that then hold by themselves (`-y <= 0`) go too: a solver's presolve is slower.
        """
        rows = self.rows[:, kept]
        grows = np.asarray((rows > 0).sum(axis=1)).ravel() > 0
        nothing = ~grows & np.isneginf(self.row_lower) & (self.row_upper >= 0)
        binding = np.flatnonzero(~nothing | (self.lower[kept] < 0).any())
        return LinearModel(
            self.lower[kept],
            self.upper[kept],
            self.cost[kept],
            self.row_lower[binding],
            self.row_upper[binding],
            rows[binding],
            self.integer[kept],
        )

    def around(self, values: Floats, columns: npt.NDArray[np.intp]) -> LinearModel:
        """The model of `columns` with all the others held at their values."""
        held = values.copy()
        held[columns] = 0
        used = self.rows @ held
        rows = self.rows[:, columns]
        kept = np.flatnonzero(np.diff(rows.indptr))
        return LinearModel(
            self.lower[columns],
            self.upper[columns],
            self.cost[columns],
            (self.row_lower - used)[kept],
            (self.row_upper - used)[kept],
            rows[kept],
            self.integer[columns],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What a solver claims; `bound` is below every objective.

    A linear program has `reduced` costs of its columns and `duals` of its rows.
    """

    values: Floats
    objective: float
    bound: float
    proven: bool
    reduced: Floats | None = None
    duals: Floats | None = None


def solve(
    model: LinearModel,
    solver: Solver,
    limits: Limits | None = None,
    *,
    hint: Floats | None = None,
    by_arrays: bool = BY_ARRAYS,
) -> Solution:
    """The solver's best solution, one thread, no signal handler of its own.

    Raises:
        UnsolvedError: any status but OPTIMAL or FEASIBLE, named; or numbers that are none.
    """
    within = limits or Limits()
    if within.seconds <= 0:
        raise UnsolvedError(f"{solver}: no time left")
    if by_arrays:
        return from_arrays(model, solver, within, hint)
    return by_terms(model, solver, within)


def from_arrays(
    model: LinearModel, solver: Solver, limits: Limits, hint: Floats | None
) -> Solution:
    """Filled in one call."""
    filled = filled_model(model)
    if hint is not None:
        for column, value in enumerate(hint.tolist()):
            filled.add_hint(column, value)
    run = helper.ModelSolverHelper(solver.value)
    run.set_time_limit_in_seconds(limits.seconds)
    run.set_solver_specific_parameters(parameters(solver, limits))
    run.solve(filled)
    proven = checked(solver, run.status().name, run.status_string())
    lp = solver in (Solver.GLOP, Solver.PDLP)
    claim = trusted(
        solver,
        np.array(run.variable_values(), dtype=float),
        run.objective_value(),
        run.objective_value() if lp and proven else run.best_objective_bound(),
        proven,
        np.array(run.reduced_costs(), dtype=float) if lp else None,
    )
    return replace(claim, duals=np.array(run.dual_values(), dtype=float)) if lp else claim


def filled_model(model: LinearModel) -> Any:
    """The model as OR-Tools keeps it, from arrays."""
    filled = helper.ModelBuilderHelper()
    fill: Any = filled.fill_model_from_sparse_data  # its stub knows no shapes
    fill(model.lower, model.upper, model.cost, model.row_lower, model.row_upper, model.rows)
    for column in np.flatnonzero(model.integer).tolist():
        filled.set_var_integrality(column, True)
    return filled


def built_model(model: LinearModel, solver: Solver) -> tuple[Any, list[Any], list[Any]]:
    """The model as the documented face keeps it, term by term; its variables and its rows.

    Raises:
        UnsolvedError: there is no such solver.
    """
    run: Any = pywraplp.Solver.CreateSolver(solver.value)
    if run is None:
        raise UnsolvedError(f"{solver}: not in this OR-Tools")
    variables = [
        run.Var(low, high, whole, "")
        for low, high, whole in zip(
            model.lower.tolist(), model.upper.tolist(), model.integer.tolist(), strict=True
        )
    ]
    goal = run.Objective()
    for variable, cost in zip(variables, model.cost.tolist(), strict=True):
        goal.SetCoefficient(variable, cost)
    bounds = zip(model.row_lower.tolist(), model.row_upper.tolist(), strict=True)
    rows = [run.Constraint(low, high) for low, high in bounds]
    terms = sp.coo_matrix(model.rows)
    for row, column, value in zip(
        terms.row.tolist(), terms.col.tolist(), terms.data.tolist(), strict=True
    ):
        rows[row].SetCoefficient(variables[column], value)
    return run, variables, rows


def by_terms(model: LinearModel, solver: Solver, limits: Limits) -> Solution:
    """The fallback: the documented face, term by term, without hints."""
    run, variables, rows = built_model(model, solver)
    goal = run.Objective()
    run.SetTimeLimit(math.ceil(limits.seconds * 1000))
    settings = pywraplp.MPSolverParameters()
    settings.SetDoubleParam(settings.RELATIVE_MIP_GAP, limits.gap)
    if solver is Solver.HIGHS:  # takes no text here, so no limit of work
        run.SuppressOutput()
    elif not run.SetSolverSpecificParametersAsString(parameters(solver, limits)):
        raise UnsolvedError(f"{solver}: INVALID_SOLVER_PARAMETERS")
    status = PYWRAPLP_STATUSES.get(run.Solve(settings), "UNKNOWN_STATUS")
    proven = checked(solver, status, "")
    lp = solver in (Solver.GLOP, Solver.PDLP)
    claim = trusted(
        solver,
        np.array([variable.solution_value() for variable in variables], dtype=float),
        goal.Value(),
        goal.Value() if lp and proven else goal.BestBound(),
        proven,
        np.array([variable.reduced_cost() for variable in variables]) if lp else None,
    )
    return replace(claim, duals=np.array([row.dual_value() for row in rows])) if lp else claim


class LivingModel:
    """A linear program that stays with GLOP: limits and costs change, the last basis serves.

    The rows' coefficients stay as they were.
    """

    def __init__(self, model: LinearModel) -> None:
        self.model = model
        self.within = mathopt.Model.from_model_proto(proto_of(model))
        self.variables = list(self.within.variables())
        self.rows = list(self.within.linear_constraints())
        self.solver = mathopt.IncrementalSolver(self.within, mathopt.SolverType.GLOP)

    def change(self, model: LinearModel) -> None:
        """Only what differs is told to the solver."""
        old, objective = self.model, self.within.objective
        for one in np.flatnonzero(old.upper != model.upper).tolist():
            self.variables[one].upper_bound = float(model.upper[one])
        for one in np.flatnonzero(old.cost != model.cost).tolist():
            objective.set_linear_coefficient(self.variables[one], float(model.cost[one]))
        for one in np.flatnonzero(old.row_upper != model.row_upper).tolist():
            self.rows[one].upper_bound = float(model.row_upper[one])
        for one in np.flatnonzero(old.row_lower != model.row_lower).tolist():
            self.rows[one].lower_bound = float(model.row_lower[one])
        self.model = model

    def solve(self, limits: Limits) -> Solution:
        """As `solve`, from where the last one ended.

        Raises:
            UnsolvedError: any status but optimal, or numbers that are none.
        """
        settings = mathopt.SolveParameters(
            time_limit=datetime.timedelta(seconds=limits.seconds),
            iteration_limit=None if limits.work is None else int(limits.work),
            lp_algorithm=mathopt.LPAlgorithm.DUAL_SIMPLEX,
            threads=1,
        )
        found = self.solver.solve(params=settings)
        checked(Solver.GLOP, found.termination.reason.name, found.termination.detail)
        objective = found.objective_value()
        claim = trusted(
            Solver.GLOP,
            np.array(found.variable_values(self.variables), dtype=float),
            objective,
            objective,
            True,
            np.array(found.reduced_costs(self.variables), dtype=float),
        )
        return replace(claim, duals=np.array(found.dual_values(self.rows), dtype=float))


def proto_of(model: LinearModel) -> model_pb2.ModelProto:
    """The model as MathOpt takes it, whole columns of numbers at once."""
    proto, rows = model_pb2.ModelProto(), sp.csr_matrix(model.rows)
    proto.variables.ids.extend(range(len(model.cost)))
    proto.variables.lower_bounds.extend(model.lower.tolist())
    proto.variables.upper_bounds.extend(model.upper.tolist())
    proto.variables.integers.extend(model.integer.tolist())
    used = np.flatnonzero(model.cost)
    proto.objective.linear_coefficients.ids.extend(used.tolist())
    proto.objective.linear_coefficients.values.extend(model.cost[used].tolist())
    proto.linear_constraints.ids.extend(range(len(model.row_upper)))
    proto.linear_constraints.lower_bounds.extend(model.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(model.row_upper.tolist())
    rows.sort_indices()
    of_row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    proto.linear_constraint_matrix.row_ids.extend(of_row.tolist())
    proto.linear_constraint_matrix.column_ids.extend(rows.indices.tolist())
    proto.linear_constraint_matrix.coefficients.extend(rows.data.tolist())
    return proto


PYWRAPLP_STATUSES = {
    getattr(pywraplp.Solver, name): name
    for name in (
        *("OPTIMAL", "FEASIBLE", "INFEASIBLE", "UNBOUNDED", "ABNORMAL", "NOT_SOLVED"),
        "MODEL_INVALID",
    )
}


def checked(solver: Solver, status: str, message: str) -> bool:
    """True if proven optimal, False if merely legal; the only place that reads a status.

    Raises:
        UnsolvedError: any other status; the values then read as zeros without an error.
    """
    if status not in ("OPTIMAL", "FEASIBLE"):
        raise UnsolvedError(f"{solver}: {status}" + (f" ({message})" if message else ""))
    return status == "OPTIMAL"


def trusted(
    solver: Solver,
    values: Floats,
    objective: float,
    bound: float,
    proven: bool,
    reduced: Floats | None,
) -> Solution:
    """The claim, if all its numbers are numbers; a bound that is none is -inf.

    Raises:
        UnsolvedError: a value or the objective is NaN or infinite.
    """
    if not (np.isfinite(values).all() and math.isfinite(objective)):
        raise UnsolvedError(f"{solver}: claims a plan, but its numbers are not finite")
    below = -math.inf if math.isnan(bound) else bound
    return Solution(values, objective, below, proven, reduced)


def parameters(solver: Solver, limits: Limits) -> str:
    """One thread, no output, and the limits in the solver's own words."""
    work = limits.work
    match solver:
        case Solver.GLOP:
            words = ["use_dual_simplex: true"]
            words += [] if work is None else [f"max_number_of_iterations: {int(work)}"]
        case Solver.PDLP:
            words = ["num_threads: 1"]
            if work is not None:
                words += [f"termination_criteria {{ iteration_limit: {int(work)} }}"]
            if limits.gap:
                near = f"eps_optimal_relative: {limits.gap} eps_optimal_absolute: {limits.gap}"
                near = f"simple_optimality_criteria {{ {near} }}"
                words += [f"termination_criteria {{ {near} }}"]
        case Solver.CP_SAT:
            words = ["num_workers: 1 catch_sigint_signal: false"]
            words += [f"relative_gap_limit: {limits.gap}"]
            words += [] if work is None else [f"max_deterministic_time: {work}"]
        case Solver.SCIP:
            words = [f"limits/gap = {limits.gap}"]
            words += [] if work is None else [f"limits/nodes = {int(work)}"]
            return "\n".join(words)
        case Solver.HIGHS:
            words = ["output_flag=false", "threads=1", f"mip_rel_gap={limits.gap}"]
            words += [] if work is None else [f"mip_max_nodes={int(work)}"]
            return "\n".join(words)
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class WholeModel:
    """Minimise cost @ v in whole numbers: 0 <= v <= upper, lower <= terms of a row <= upper."""

    upper: Sequence[int]
    cost: Sequence[int]
    row_lower: Sequence[int]
    row_upper: Sequence[int]
    columns: Sequence[Sequence[int]]  # of each row
    factors: Sequence[Sequence[int]]

    def linear(self) -> LinearModel:
        """The same for the solvers that count in doubles."""
        terms = [len(columns) for columns in self.columns]
        shape = (len(self.columns), len(self.cost))
        starts = np.concatenate([[0], np.cumsum(terms)])
        flat = np.array([c for columns in self.columns for c in columns], dtype=np.int64)
        values = np.array([f for factors in self.factors for f in factors], dtype=float)
        return LinearModel(
            np.zeros(len(self.cost)),
            np.array(self.upper, dtype=float),
            np.array(self.cost, dtype=float),
            endless(self.row_lower),
            endless(self.row_upper),
            sp.csr_matrix((values, flat, starts), shape=shape),
            np.ones(len(self.cost), dtype=bool),
        )


ENDLESS = 1 << 60


def endless(bounds: Sequence[int]) -> Floats:
    """Bounds as floats; those of 2^60 and beyond are none."""
    values = np.array(bounds, dtype=float)
    values[np.abs(values) >= ENDLESS] *= np.inf
    return values


def solve_whole(
    model: WholeModel, limits: Limits, *, hint: Sequence[int] | None = None, seed: int = 1
) -> Solution:
    """CP-SAT on whole numbers of any size, one worker, no signal handler of its own.

    Raises:
        UnsolvedError: any status but OPTIMAL or FEASIBLE, named.
    """
    if limits.seconds <= 0:
        raise UnsolvedError("CP_SAT: no time left")
    run: Any = cp.SolveWrapper()
    settings: Any = cp.SatParameters()
    words = f"{parameters(Solver.CP_SAT, limits)} random_seed: {seed} {BY_ROWS}"
    settings.merge_text_format(f"{words} max_time_in_seconds: {limits.seconds}")
    run.set_parameters(settings)
    answer = run.solve(cp_proto(model, hint))
    proven = checked(Solver.CP_SAT, answer.status.name, "")
    return trusted(
        Solver.CP_SAT,
        np.array(answer.solution, dtype=float),
        answer.objective_value,
        answer.best_objective_bound,
        proven,
        None,
    )


def cp_proto(model: WholeModel, hint: Sequence[int] | None) -> Any:
    """The model in CP-SAT's own words."""
    proto = cp.CpModelProto()
    for upper in model.upper:
        proto.variables.add().domain.extend([0, upper])
    bounds = zip(model.row_lower, model.row_upper, strict=True)
    terms = zip(model.columns, model.factors, strict=True)
    for (lower, upper), (columns, factors) in zip(bounds, terms, strict=True):
        row = proto.constraints.add().linear
        row.vars.extend(columns)
        row.coeffs.extend(factors)
        row.domain.extend([lower, upper])
    proto.objective.vars.extend(range(len(model.cost)))
    proto.objective.coeffs.extend(model.cost)
    if hint is not None:
        proto.solution_hint.vars.extend(range(len(hint)))
        proto.solution_hint.values.extend(hint)
    return proto
