"""Two searchers on one reassignment: each has half of the machines for a while, then anew."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from bench.workers import of_workers
from scenarios import stream
from scheduler.optimise import (
    ReassignmentPlan,
    ReassignmentProblem,
    Search,
    Tables,
    reassignment_cost,
    reassignment_faults,
)

CYCLES, ANNEALED, COOLER = 3, 0.4, 0.3
ROUNDS = 25
LEAST_S, MOST_S = 1.0, 20.0  # a round
SPARE_S = 0.05  # of the whole, for merging and judging


def reassign(problem: ReassignmentProblem, deadline: float, workers: int) -> ReassignmentPlan:
    """The best plan found until the deadline (of time.monotonic()) by so many processes."""
    best = ReassignmentPlan(tuple(problem.initial.tolist()))
    start, whole = time.monotonic(), deadline - time.monotonic()
    last = deadline - SPARE_S * whole
    count = max(1, min(workers, len(problem.capacity) // 2))
    rng = stream(1, "reassignment/halves")
    with hired(problem, count) as team:
        for cycle in range(CYCLES):
            cooled = start + (cycle + ANNEALED) * (last - start) / CYCLES
            best = asked(problem, best, team, ("anneal", COOLER**cycle, cooled))
            ended = start + (cycle + 1) * (last - start) / CYCLES
            while (now := time.monotonic()) < ended:
                until = min(ended, now + min(max(whole / ROUNDS, LEAST_S), MOST_S))
                parts = np.array_split(rng.permutation(len(problem.capacity)), count)
                asks = [("improve", np.sort(part), until) for part in parts]
                best = asked(problem, best, team, *asks)
    return best


def asked(
    problem: ReassignmentProblem,
    best: ReassignmentPlan,
    team: list[Connection],
    *asks: tuple[str, Any, float],
) -> ReassignmentPlan:
    """What the searchers make of the best: one ask for each of them, or one for all."""
    for number, pipe in enumerate(team):
        pipe.send((best.machines, *asks[number % len(asks)]))
    return merged(problem, best, [pipe.recv() for pipe in team], apart=len(asks) > 1)


def merged(
    problem: ReassignmentProblem,
    base: ReassignmentPlan,
    found: list[tuple[int, ...]],
    *,
    apart: bool,
) -> ReassignmentPlan:
    """All changes together if that is legal and cheapest, else the best of them.

    Each searcher moved only what sits on its own machines, so the changes do not clash, but
    a service may be spread too little when both moved it.
    """
    whole = list(base.machines)
    for other in found:
        for process, machine in enumerate(other):
            if machine != base.machines[process]:
                whole[process] = machine
    plans = [base, *map(ReassignmentPlan, found)]
    if apart:
        plans.append(ReassignmentPlan(tuple(whole)))
    legal = [plan for plan in plans if not reassignment_faults(problem, plan)]
    return min(reversed(legal), key=lambda plan: reassignment_cost(problem, plan))


@contextlib.contextmanager
def hired(problem: ReassignmentProblem, count: int) -> Iterator[list[Connection]]:
    """Pipes to so many searchers."""
    team: list[tuple[Any, Connection]] = []
    try:
        for number in range(count):
            team.append(hire(problem, number))
        yield [pipe for _, pipe in team]
    finally:
        for process, pipe in team:
            pipe.close()
            process.terminate()
        for process, _ in team:
            process.join()


def hire(problem: ReassignmentProblem, number: int) -> tuple[Any, Connection]:
    """A process and the way to it."""
    context = get_context("spawn")  # fork is unsafe beside threads of libraries
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, problem, number), daemon=True)
    with of_workers():
        process.start()
    there.close()
    return process, here


def serve(pipe: Connection, problem: ReassignmentProblem, number: int) -> None:
    """The life of a searcher: one round after the other until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides
    search = Search(Tables(problem), stream(1, f"reassignment/searcher-{number}"))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            machines, how, what, until = pipe.recv()
            run = search.anneal if how == "anneal" else search.improve
            place = run(np.array(machines, dtype=np.int64), what, until)
            pipe.send(tuple(place.tolist()))
