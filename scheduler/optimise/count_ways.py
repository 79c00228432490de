"""Other ways to the same questions, to time and to compare with: none of them plans a run."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from scheduler.optimise.count_columns import at_once
from scheduler.optimise.count_judge import count_cost
from scheduler.optimise.count_model import count_model, pairs_of, useful
from scheduler.optimise.count_planning import CountPlanner
from scheduler.optimise.count_rounding import Rooms, hardest_first, repaired
from scheduler.optimise.counts import CountProblem
from scheduler.optimise.packing_counts import PackingProblem
from scheduler.optimise.solvers import Limits, Solver, built_model, filled_model


def pairs_in(problem: CountProblem) -> int:
    """How many columns the whole linear program has, those of leftovers apart."""
    return int(useful(problem).sum())


def build_seconds(problem: CountProblem, *, by_terms: bool = False) -> float:
    """How long the solver's model of the whole program takes, from the question.

    By terms only the calls to the solver count; the arrays they read are there already.
    """
    start = perf_counter()
    model = count_model(problem, pairs_of(useful(problem))).linear
    if by_terms:
        start = perf_counter()
        built_model(model, Solver.GLOP)
    else:
        filled_model(model)
    return perf_counter() - start


def greedy_plan_of(problem: CountProblem) -> float:
    """What it costs to place class by class, each where it is cheapest and has room."""
    mask = useful(problem)
    rooms = Rooms(problem, mask)
    repaired(rooms, problem.cost, hardest_first(problem, problem.cost, mask))
    return count_cost(problem, rooms.counts)


def relaxed_at_once(problem: CountProblem) -> tuple[float, float]:
    """Objective and bound of the linear program with all its columns."""
    mask = useful(problem)
    found = at_once(problem, mask, mask, Solver.GLOP, Limits(600))
    return found.objective, found.bound


def relaxed_again(planner: CountPlanner, problem: CountProblem) -> tuple[float, float]:
    """Objective and bound of the linear program as the planner finds it now."""
    found = planner.relax(problem, useful(problem))
    return found.objective, found.bound


def first_fit(problem: PackingProblem) -> float:
    """The value of placing what is worth most for its size first, on the first node it fits."""
    room = problem.capacity[problem.node_class].copy()
    size = (problem.demand / np.maximum(room.sum(axis=0), 1)).sum(axis=1)
    total = 0.0
    for klass in np.argsort(-problem.value / size, kind="stable").tolist():
        takes = problem.demand[klass]
        for _ in range(int(problem.count[klass])):
            fits = (room >= takes).all(axis=1)
            node = int(fits.argmax())
            if not fits[node]:
                break
            room[node] -= takes
            total += float(problem.value[klass])
    return total
