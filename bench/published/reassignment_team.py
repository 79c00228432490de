"""Two searchers on one reassignment: each has half of the machines for a while, then anew."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from bench.workers import of_workers
from scenarios import stream
from scheduler.optimise import (
    Moves,
    ReassignmentPlan,
    ReassignmentProblem,
    Search,
    State,
    Tables,
    lower_bound,
    reassignment_cost,
    reassignment_faults,
    relaxes,
    solved_whole,
    worse_at,
)

WHOLE_SHARE = 0.2  # of the time at most, for a small problem solved as one
FIRST_SHARE = 0.15  # of the time, for the first annealing
COOLER, COOLEST = 0.3, 0.02  # an annealing than the one before; than the first at most
ROUNDS = 40
LEAST_S, MOST_S = 1.0, 8.0  # a round
NOISE = 0.2  # of what a process costs above the bound, in the mean
NOISY_FROM, QUIET_AT = 0.2, 0.95  # of the time: before and after it no step may lose
AGAIN = 6  # rounds until the other way of sharing machines is tried again
FIRST_ROUND = 4  # times as long as another
FEWEST = 8  # machines of a searcher of its own
SPARE_SHARE = 0.03  # of the time, for merging and judging


Ask = tuple[str, tuple[Any, ...], float]  # a search, what it is told, its deadline
Answer = tuple[tuple[int, ...], list[Moves]]  # the machine of each process; by which steps


@dataclass(frozen=True, slots=True)
class Reassigned:
    """The best plan found, and a bound that no plan is below."""

    plan: ReassignmentPlan
    bound: int


def reassign(problem: ReassignmentProblem, deadline: float, workers: int) -> Reassigned:
    """The best found until the deadline (of time.monotonic()) by so many processes.

    Raises:
        ChildProcessError: a searcher was killed.
    """
    start = time.monotonic()
    seconds = (deadline - start) * WHOLE_SHARE
    tables = Tables(problem)
    if (whole := solved_whole(tables, problem.initial, seconds)) is not None:
        place, cost = whole
        return Reassigned(ReassignmentPlan(tuple(place.tolist())), cost)
    last = deadline - SPARE_SHARE * (deadline - start)
    plan = ReassignmentPlan(tuple(problem.initial.tolist()))
    with hired(problem, workers) as team:
        first, annealed = time.monotonic() + FIRST_SHARE * (last - start), False
        if not relaxes(tables):
            plan, annealed = first_round(problem, plan, team, first)
        plan = in_turn(tables, plan, team, last, annealed=annealed)
    return Reassigned(plan, lower_bound(problem))


def first_round(
    problem: ReassignmentProblem, plan: ReassignmentPlan, team: list[Connection], until: float
) -> tuple[ReassignmentPlan, bool]:
    """The better of an annealing and of improved parts, and whether it is the annealing.

    Where services must keep their spread annealing costs more than it brings.
    """
    (everything,) = shares(problem, 1, stream(1, "reassignment/first"))
    asks: list[Ask] = [("anneal", (1.0,), until), ("improve", (everything,), until)]
    found = [ReassignmentPlan(place) for place, _ in answers(plan, team, asks)]
    best = min(found, key=lambda one: reassignment_cost(problem, one))
    return best, found.index(best) % len(asks) == 0


def in_turn(
    tables: Tables,
    plan: ReassignmentPlan,
    team: list[Connection],
    last: float,
    *,
    annealed: bool,
) -> ReassignmentPlan:
    """Rounds of the kind that gained most when last made; an annealing is cooler each time.

    While parts are improved searchers have machines of their own (apart), and nothing they do
    clashes, or all of them (whole), for what helps most may need machines of both.
    """
    problem, rng = tables.problem, stream(len(team), "reassignment/halves")
    start = time.monotonic()
    each = min(max((last - start) / ROUNDS, LEAST_S), MOST_S)
    bound, warmth, best, rounds = lower_bound(problem), 1.0, plan, 0
    gained = dict.fromkeys(("whole", "apart", *(("anneal",) if annealed else ())), math.inf)
    while (now := time.monotonic()) < last and reassignment_cost(problem, best) > bound:
        how = max(gained, key=lambda kind: gained[kind])
        if (rounds := rounds + 1) % AGAIN == 0 and how != "anneal":
            how = "apart" if how == "whole" else "whole"
        before = reassignment_cost(problem, plan)
        long = FIRST_ROUND if rounds == 1 else 1  # for what a searcher does once
        until = min(last, now + long * each)
        noise = noise_at(problem, before - bound, (now - start) / (last - start))
        asks: list[Ask]
        if how == "anneal":
            warmth = max(warmth * COOLER, COOLEST)
            asks = [(how, (warmth,), until)]
        else:
            pieces = len(team) if how == "apart" else 1
            asks = [("improve", (of, noise), until) for of in shares(problem, pieces, rng)]
        plan = asked(tables, plan, team, asks, worse_at(noise))
        best = min(best, plan, key=lambda one: reassignment_cost(problem, one))
        gained[how] = before - reassignment_cost(problem, plan)
    return best


def noise_at(problem: ReassignmentProblem, above: int, elapsed: float) -> int:
    """None, then a share of what a process costs above the bound, less and less, then none."""
    if elapsed < NOISY_FROM:
        return 0
    still = max(0.0, (QUIET_AT - elapsed) / (QUIET_AT - NOISY_FROM))
    return int(NOISE * above / len(problem.initial) * still)


def shares(problem: ReassignmentProblem, count: int, rng: np.random.Generator) -> list[Any]:
    """Machines for each of so many searchers; one share of all if they are few."""
    machines = len(problem.capacity)
    pieces = count if machines >= FEWEST * count else 1
    return [np.sort(share) for share in np.array_split(rng.permutation(machines), pieces)]


def asked(
    tables: Tables,
    plan: ReassignmentPlan,
    team: list[Connection],
    asks: list[Ask],
    worse: int = 0,
) -> ReassignmentPlan:
    """What the searchers make of the plan together.

    Raises:
        ChildProcessError: a searcher was killed.
    """
    return merged(tables, plan, answers(plan, team, asks), worse)


def answers(plan: ReassignmentPlan, team: list[Connection], asks: list[Ask]) -> list[Answer]:
    """What each searcher makes of the plan: one ask for each of them, or one for all.

    Raises:
        ChildProcessError: a searcher was killed.
    """
    try:
        for number, pipe in enumerate(team):
            pipe.send((plan.machines, *asks[number % len(asks)]))
        return [pipe.recv() for pipe in team]
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise ChildProcessError("a searcher was killed") from None


def merged(
    tables: Tables, base: ReassignmentPlan, found: list[Answer], worse: int = 0
) -> ReassignmentPlan:
    """The best of them, and of the others' steps those that are legal and not much worse."""
    problem = tables.problem
    legal = [one for one in found if not reassignment_faults(problem, ReassignmentPlan(one[0]))]
    ranked = sorted(legal, key=lambda one: reassignment_cost(problem, ReassignmentPlan(one[0])))
    if not ranked:
        return base
    state = State(tables, np.array(ranked[0][0], dtype=np.int64))
    for _, steps in ranked[1:]:
        for moves in steps:
            state.keep(moves, worse)
    return ReassignmentPlan(tuple(state.place.tolist()))


@contextlib.contextmanager
def hired(problem: ReassignmentProblem, count: int) -> Iterator[list[Connection]]:
    """Pipes to so many searchers."""
    team: list[tuple[Any, Connection]] = []
    try:
        team.extend(hire(problem, number) for number in range(count))
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
            place = np.array(machines, dtype=np.int64)
            run = search.anneal if how == "anneal" else search.improve
            place = run(place, until, *what)
            pipe.send((tuple(place.tolist()), search.steps))
