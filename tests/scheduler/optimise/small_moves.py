"""Tiny random reassignments, all their plans, and the text of their files."""

from itertools import product

import numpy as np

from scheduler.optimise import Balance, MoveWeights, ReassignmentPlan, ReassignmentProblem


def a_reassignment(rng, *, processes=None, machines=None, services=None, slack=7, needs=True):
    machines = machines or int(rng.integers(2, 4))
    count = processes or int(rng.integers(2, 6))
    services, resources = services or int(rng.integers(1, 5)), 2
    service = rng.integers(0, services, count)
    initial = apart(rng, service, machines)
    keep = initial >= 0
    service, initial = service[keep], initial[keep]
    required = rng.integers(0, 6, (len(service), resources))
    location, neighbourhood = rng.integers(0, 3, machines), rng.integers(0, 2, machines)
    used = np.zeros((machines, resources), dtype=np.int64)
    np.add.at(used, initial, required)
    sites = [len(set(location[initial[service == s]].tolist())) for s in range(services)]
    areas = [set(neighbourhood[initial[service == s]].tolist()) for s in range(services)]
    return ReassignmentProblem(
        transient=rng.random(resources) < 0.4,
        load_weight=rng.integers(0, 4, resources),
        location=location,
        neighbourhood=neighbourhood,
        capacity=used + rng.integers(0, slack, used.shape),
        safety=rng.integers(0, 8, used.shape),
        machine_move=rng.integers(0, 4, (machines, machines)) * ~np.eye(machines, dtype=bool),
        spread=np.array([int(rng.integers(0, n + 1)) for n in sites]),
        needs=tuple(
            tuple(
                other
                for other in range(services)
                if needs and areas[s] <= areas[other] and rng.random() < 0.5
            )
            for s in range(services)
        ),
        service=service,
        required=required,
        process_move=rng.integers(0, 5, len(service)),
        balances=(Balance(0, 1, int(rng.integers(1, 4)), int(rng.integers(0, 4))),),
        weights=MoveWeights(*(int(n) for n in rng.integers(0, 3, 3))),
        initial=initial,
    )


def apart(rng, service, machines):
    """A machine for each process such that no service is twice on one; -1 if there is none."""
    found = np.full(len(service), -1)
    for process, one in enumerate(service.tolist()):
        taken = set(found[:process][service[:process] == one].tolist())
        free = [m for m in range(machines) if m not in taken]
        if free:
            found[process] = free[int(rng.integers(len(free)))]
    return found


def all_plans(problem):
    machines = range(len(problem.capacity))
    return map(ReassignmentPlan, product(machines, repeat=len(problem.initial)))


def model_text(problem):
    lines = [str(len(problem.load_weight))]
    pairs = zip(problem.transient.tolist(), problem.load_weight.tolist(), strict=True)
    lines += [f"{int(a)} {b}" for a, b in pairs]
    lines.append(str(len(problem.capacity)))
    for m in range(len(problem.capacity)):
        rows = (problem.capacity[m], problem.safety[m], problem.machine_move[m])
        numbers = [problem.neighbourhood[m], problem.location[m], *np.concatenate(rows)]
        lines.append(words(numbers))
    lines.append(str(len(problem.spread)))
    for spread, needed in zip(problem.spread.tolist(), problem.needs, strict=True):
        lines.append(words([spread, len(needed), *needed]))
    lines.append(str(len(problem.initial)))
    for p in range(len(problem.initial)):
        lines.append(words([problem.service[p], *problem.required[p], problem.process_move[p]]))
    lines.append(str(len(problem.balances)))
    for one in problem.balances:
        lines.append(f"{one.first} {one.second} {one.target}\n{one.weight}")
    weights = problem.weights
    lines.append(words([weights.process, weights.service, weights.machine]))
    return "\n".join(lines) + "\n"


def words(numbers):
    return " ".join(str(int(n)) for n in numbers)
