"""How fast dispatch plans are found and how far they may be from the best: made-up questions.

Times are of one process; ratios are of two ways taken in turn within it. `solve_s` runs from
the question to the judged plan and holds everything; `build_s` is one filling of the whole
linear program. `gap` is over the bound (for packings: of the bound below it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter, process_time
from typing import TypeVar

import numpy as np

from bench.dispatch_cases import dispatch_case, packing_case
from scheduler.optimise import (
    CountPlanner,
    CountProblem,
    PackingProblem,
    build_seconds,
    count_plan_of,
    first_fit,
    greedy_plan_of,
    packing_of,
    pairs_in,
    relaxed_again,
    relaxed_at_once,
)

Answer = TypeVar("Answer")

CHANGED = 0.05  # of classes and of pools, between two plans
RE_PLANS = 5
Size = tuple[int, int, int]  # classes, pools, tasks a class
QUICK: dict[str, tuple[Size, ...]] = {
    "individual": ((100, 10, 1), (1000, 100, 1)),
    "classes": ((50, 30, 20), (200, 300, 50)),
    "build": ((200, 300, 50),),
    "warm": ((200, 300, 50),),
    "packing": ((1000, 100, 1), (5000, 500, 1)),
}
LARGE: dict[str, tuple[Size, ...]] = {
    "individual": ((10_000, 300, 1),),
    "classes": ((500, 1000, 200),),
    "build": ((1000, 1200, 50),),
    "warm": (),
    "packing": ((20_000, 2000, 1),),
}
CASES = tuple(QUICK)


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """One method on one question.

    `ratio` is its time as a part of another way's: of building by terms, of solving cold.
    `cpu_s` is the processor's part of `solve_s`; more wall time than that is other work's.
    """

    case: str
    tasks: int
    pools: int
    variables: int
    method: str
    objective: float | None
    bound: float | None
    gap: float | None
    build_s: float | None
    solve_s: float | None
    ratio: float | None = None
    cpu_s: float | None = None


def dispatch_rows(
    cases: Sequence[str] = CASES, *, seed: int = 1, large: bool = False, quick: bool = True
) -> Iterator[DispatchRow]:
    """Row by row, as they are found."""
    rows_of = {"build": _build, "warm": _warm, "packing": _packing}
    for case in cases:
        sizes = (QUICK[case] if quick else ()) + (LARGE[case] if large else ())
        for size in sizes:
            yield from rows_of.get(case, _plans)(case, size, seed)


def _seconds(work: Callable[[], Answer]) -> tuple[Answer, float, float]:
    """The answer, and how long it took by the clock and by the processor."""
    start, spent = perf_counter(), process_time()
    answer = work()
    return answer, perf_counter() - start, process_time() - spent


def _row(case: str, problem: CountProblem, method: str) -> DispatchRow:
    """A row without figures."""
    tasks, pools = int(problem.count.sum()), len(problem.capacity)
    return DispatchRow(
        case, tasks, pools, pairs_in(problem), method, None, None, None, None, None
    )


def _plans(case: str, size: Size, seed: int) -> Iterator[DispatchRow]:
    """Greedy, for comparison, and planned."""
    problem = dispatch_case(*size, seed)
    planned, *seconds = _seconds(lambda: count_plan_of(problem))
    greedy, *greedy_s = _seconds(lambda: greedy_plan_of(problem))
    bound = planned.bound
    for method, objective, (solve_s, cpu_s) in (
        ("greedy", greedy, greedy_s),
        ("planned", planned.objective, seconds),
    ):
        yield replace(
            _row(case, problem, method),
            objective=objective,
            bound=bound,
            gap=objective / bound - 1,
            build_s=None if method == "greedy" else build_seconds(problem),
            solve_s=solve_s,
            cpu_s=cpu_s,
        )


def _build(case: str, size: Size, seed: int) -> Iterator[DispatchRow]:
    """The whole linear program, term by term and by arrays."""
    problem = dispatch_case(*size, seed)
    terms_s = build_seconds(problem, by_terms=True)
    arrays_s = median(build_seconds(problem) for _ in range(3))
    yield replace(_row(case, problem, "by terms"), build_s=terms_s, ratio=1.0)
    yield replace(_row(case, problem, "by arrays"), build_s=arrays_s, ratio=arrays_s / terms_s)


def _warm(case: str, size: Size, seed: int) -> Iterator[DispatchRow]:
    """The same linear programs, one after another, cold and from the last one's basis."""
    rng = np.random.default_rng(seed)
    problem, planner = dispatch_case(*size, seed), CountPlanner()
    relaxed_again(planner, problem)
    relaxed_again(planner, _changed(problem, rng))
    times: dict[str, list[float]] = {"cold, all columns": [], "cold": [], "warm": []}
    cpu: dict[str, list[float]] = {method: [] for method in times}
    answers: dict[str, tuple[float, float]] = {}
    for _ in range(RE_PLANS):
        problem = _changed(problem, rng)
        ways: dict[str, Callable[[], tuple[float, float]]] = {
            "cold, all columns": lambda p=problem: relaxed_at_once(p),  # type: ignore[misc]
            "cold": lambda p=problem: relaxed_again(CountPlanner(), p),  # type: ignore[misc]
            "warm": lambda p=problem: relaxed_again(planner, p),  # type: ignore[misc]
        }
        for method, way in ways.items():
            answers[method], seconds, cpu_s = _seconds(way)
            times[method].append(seconds)
            cpu[method].append(cpu_s)
    for method, spent in times.items():
        objective, bound = answers[method]
        yield replace(
            _row(case, problem, method),
            objective=objective,
            bound=bound,
            gap=objective / bound - 1,
            solve_s=median(spent),
            ratio=median(a / b for a, b in zip(spent, times["cold"], strict=True)),
            cpu_s=median(cpu[method]),
        )


def _changed(problem: CountProblem, rng: np.random.Generator) -> CountProblem:
    """Some classes have up to a fifth more or fewer tasks, some rooms up to a tenth less."""
    count, capacity = problem.count, problem.capacity
    more = rng.uniform(0.8, 1.2, count.shape)
    less = rng.uniform(0.9, 1.0, capacity.shape)
    return replace(
        problem,
        count=np.where(rng.random(count.shape) < CHANGED, (count * more).astype(int), count),
        capacity=np.where(
            rng.random(capacity.shape) < CHANGED, (capacity * less).astype(int), capacity
        ),
    )


def _packing(case: str, size: Size, seed: int) -> Iterator[DispatchRow]:
    """The densest first where it first fits, and counts of classes, then node by node."""
    problem = packing_case(size[0], size[1], seed)
    planned, *seconds = _seconds(lambda: packing_of(problem))
    simple, *simple_s = _seconds(lambda: first_fit(problem))
    for method, value, (solve_s, cpu_s) in (
        ("first fit by density", simple, simple_s),
        ("planned", planned.value, seconds),
    ):
        yield DispatchRow(
            case=case,
            tasks=int(problem.count.sum()),
            pools=int(problem.nodes.sum()),
            variables=variables_in(problem),
            method=method,
            objective=value,
            bound=planned.bound,
            gap=1 - value / planned.bound,
            build_s=None,
            solve_s=solve_s,
            cpu_s=cpu_s,
        )


def variables_in(problem: PackingProblem) -> int:
    """Counts of a class of tasks on a class of nodes."""
    return len(problem.count) * len(problem.nodes)
