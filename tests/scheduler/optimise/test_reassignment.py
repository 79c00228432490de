"""Reassignments against blind enumeration, the judge, and the scans against single moves."""

import time

import numpy as np
import pytest

from scheduler.optimise import ReassignmentPlan, Search, Tables, lower_bound, solved_whole
from scheduler.optimise.reassignment_anneal import Anneal, Heat
from scheduler.optimise.reassignment_choice import of_machines
from scheduler.optimise.reassignment_judge import cost, faults
from scheduler.optimise.reassignment_moves import (
    NEVER,
    ejection_changes,
    shift_changes,
    swap_changes,
)
from scheduler.optimise.reassignment_search import solved
from scheduler.optimise.reassignment_state import State
from scheduler.optimise.solvers import (
    Limits,
    Solver,
    UnsolvedError,
    WholeModel,
    solve,
    solve_whole,
)
from tests.scheduler.optimise.small_moves import a_reassignment, all_plans


def plan_at(place):
    return ReassignmentPlan(tuple(int(machine) for machine in place))


def without_service_cost(problem, place):
    moved = place != problem.initial
    by_service = np.bincount(problem.service[moved], minlength=1)
    return cost(problem, plan_at(place)) - problem.weights.service * int(by_service.max())


def worlds(count, **how):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield a_reassignment(rng, **how), rng


def wandered(problem, rng, steps=6):
    """A state some legal moves from home."""
    state = State(Tables(problem), problem.initial)
    for _ in range(steps):
        process = int(rng.integers(len(problem.initial)))
        state.move_all([(process, int(rng.integers(len(problem.capacity))))])
    return state


def test_the_whole_solved_equals_blind_enumeration():
    for problem, _ in worlds(120):
        legal = [plan for plan in all_plans(problem) if not faults(problem, plan)]
        least = min(cost(problem, plan) for plan in legal)
        place, claimed = solved_whole(Tables(problem), problem.initial, 30)
        assert faults(problem, plan_at(place)) == []
        assert cost(problem, plan_at(place)) == claimed == least
        assert lower_bound(problem) <= least


def test_a_state_agrees_with_the_judge_about_every_plan():
    for problem, _ in worlds(40):
        state = State(Tables(problem), problem.initial)
        for plan in all_plans(problem):
            before = state.place.copy()
            made = state.move_all(enumerate(plan.machines))
            assert made is (faults(problem, plan) == [])
            assert state.place.tolist() == (list(plan.machines) if made else before.tolist())
            assert state.cost == cost(problem, plan_at(state.place))


def test_a_scan_of_shifts_is_exact():
    for problem, rng in worlds(60):
        state = wandered(problem, rng)
        changes = shift_changes(state, np.arange(len(problem.initial)))
        before = without_service_cost(problem, state.place)
        for (process, to), change in np.ndenumerate(changes):
            place = state.place.copy()
            place[process] = to
            legal = not faults(problem, plan_at(place)) and to != state.place[process]
            assert legal == (change < NEVER)
            if legal:
                assert without_service_cost(problem, place) - before == change


@pytest.mark.parametrize("kind", ["swap", "ejection"])
def test_a_scan_of_two_moves_is_exact(kind):
    tried = 0
    roomy = {"processes": 9, "machines": 4, "services": 5, "slack": 12}
    for problem, rng in worlds(80, needs=False, **roomy):
        state = wandered(problem, rng)
        machine = int(state.place[-1])
        mine = np.array(state.on[machine])
        others = np.flatnonzero(state.place != machine)
        targets = rng.integers(len(problem.capacity), size=len(others))
        if kind == "ejection":
            fine = (targets != machine) & (targets != state.place[others])
            others, targets = others[fine], targets[fine]
            changes = ejection_changes(state, machine, mine, others, targets)
        else:
            targets = np.full(len(others), machine)
            changes = swap_changes(state, machine, mine, others)
        before = without_service_cost(problem, state.place)
        for (at, to), change in np.ndenumerate(changes):
            one, other = mine[at], others[to]
            if kind == "ejection" and problem.service[one] == problem.service[other]:
                continue  # refused too often, never too seldom
            place = state.place.copy()
            place[one], place[other] = place[other], targets[to]
            legal = not faults(problem, plan_at(place))
            assert legal == (change < NEVER)
            if legal:
                tried += 1
                assert without_service_cost(problem, place) - before == change
    assert tried > 50


def test_parts_never_make_it_worse_and_stay_legal():
    for problem, rng in worlds(60):
        state = wandered(problem, rng)
        before = state.cost
        machines = rng.choice(len(problem.capacity), 2, replace=False)
        assert solved(of_machines(state, np.sort(machines)), Limits(30), 1)
        assert state.cost <= before
        assert cost(problem, plan_at(state.place)) == state.cost


def test_a_part_is_the_best_of_its_machines():
    for problem, rng in worlds(60):
        state = wandered(problem, rng)
        machines = sorted(rng.choice(len(problem.capacity), 2, replace=False).tolist())
        free = np.isin(state.place, machines)
        costs = [
            cost(problem, plan)
            for plan in all_plans(problem)
            if all(
                m in machines if inside else m == here
                for m, inside, here in zip(plan.machines, free, state.place, strict=True)
            )
            and not faults(problem, plan)
        ]
        solved(of_machines(state, np.array(machines)), Limits(30), 1)
        assert state.cost == min(costs)


@pytest.mark.parametrize("seed", range(3))
def test_searches_stay_legal_and_get_no_worse(seed):
    rng = np.random.default_rng(seed)
    problem = a_reassignment(rng, processes=12)
    start = cost(problem, plan_at(problem.initial))
    search = Search(Tables(problem), rng)
    everywhere = np.arange(len(problem.capacity))
    annealed = search.anneal(problem.initial, time.monotonic() + 0.3, 1.0)
    improved = search.improve(problem.initial, time.monotonic() + 0.3, everywhere)
    for place in (annealed, improved):
        assert cost(problem, plan_at(place)) <= start


@pytest.mark.wide
def test_with_noise_a_search_may_lose_but_stays_legal():
    lost = 0
    for problem, rng in worlds(12, processes=12, machines=4, slack=12):
        search, place = Search(Tables(problem), rng), problem.initial
        for _ in range(6):
            before = cost(problem, plan_at(place))
            place = search.improve(place, time.monotonic() + 0.05, np.arange(4), noise=9)
            lost += cost(problem, plan_at(place)) > before
    assert lost


def test_the_best_of_an_annealing_is_the_best_it_saw():
    rng = np.random.default_rng(5)
    problem = a_reassignment(rng, processes=12)
    anneal = Anneal(State(Tables(problem), problem.initial), rng)
    best = anneal.run(Heat(50.0, 1.0), time.monotonic() + 0.3)
    assert cost(problem, plan_at(best)) == anneal.least
    assert anneal.least <= cost(problem, plan_at(problem.initial))


def test_a_problem_too_large_is_not_solved_whole():
    rng = np.random.default_rng(1)
    problem = a_reassignment(rng, processes=5)
    tables = Tables(problem)
    tables.location = np.zeros(1000, dtype=np.int64)
    assert solved_whole(tables, problem.initial, 1) is None


@pytest.mark.parametrize(
    ("place", "message"),
    [((0,), "processes are placed, not"), ((0, 0, 0, 0, 9), "a machine is not one of 0 to")],
)
def test_the_judge_refuses_what_is_no_plan(place, message):
    problem = next(p for p, _ in worlds(50, processes=5) if len(p.initial) == 5)
    with pytest.raises(ValueError, match=f"no cost: .*{message}"):
        cost(problem, ReassignmentPlan(place))


KNAPSACK = WholeModel([1, 1, 10**10], [-3, -4, 1], [-(1 << 60)], [5], [[0, 1]], [[3, 4]])


def test_whole_numbers_are_solved_exactly():
    found = solve_whole(KNAPSACK, Limits(10), hint=[1, 0, 7])
    assert (found.values.tolist(), found.objective, found.proven) == ([0, 1, 0], -4, True)
    assert solve(KNAPSACK.linear(), Solver.SCIP).objective == pytest.approx(-4)


def test_no_plan_is_an_answer():
    impossible = WholeModel([1], [0], [2], [3], [[0]], [[1]])
    with pytest.raises(UnsolvedError, match="CP_SAT: INFEASIBLE"):
        solve_whole(impossible, Limits(10))
    with pytest.raises(UnsolvedError, match="CP_SAT: no time left"):
        solve_whole(impossible, Limits(0))
