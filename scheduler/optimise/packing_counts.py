"""Many tasks to many nodes: how many of each class to each class of nodes, then node by node.

Nodes of a class are alike, so counts of a few classes say almost all; whole numbers of them
are found at once. Then nodes are filled, large tasks first, each task where what a node has
left looks most like what the task asks. What does not fit after all makes room for others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scheduler.optimise.count_planning import Effort, count_plan_of
from scheduler.optimise.counts import CountProblem, Floats, Ints

EXCHANGES = 8  # on a node, at most
LEAST_GAIN = 1e-9  # relative
LITTLE = 0.05  # resources without a price count a little too


@dataclass(frozen=True, slots=True, eq=False)
class PackingProblem:
    """Classes of like tasks to classes of like nodes, for the most value."""

    count: Ints  # (classes,)
    demand: Ints  # (classes, resources), of one task
    value: Floats  # (classes,), of one task placed
    nodes: Ints  # (node classes,)
    capacity: Ints  # (node classes, resources), of one node

    @property
    def node_class(self) -> Ints:
        """(nodes,) in order."""
        return np.repeat(np.arange(len(self.nodes)), self.nodes)


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """Whole tasks to nodes, their value, and a bound that no packing goes above."""

    counts: Ints  # (nodes, classes)
    value: float
    bound: float


def packing_of(problem: PackingProblem, effort: Effort | None = None) -> Packing:
    """The best packing of a few ways to fill.

    Raises:
        UnsolvedError: the solver has no answer, or one that is wrong.
    """
    plan = count_plan_of(as_counts(problem), effort or Effort(whole_work=0))
    share = 1 / np.maximum(problem.capacity, 1)
    paid = plan.prices / np.maximum((plan.prices * problem.capacity).sum(axis=1), 1e-9)[:, None]
    ways = [
        filled(problem, plan.counts.T, size, weight)
        for size in sizes(problem, share, paid)
        for weight in (share, paid + LITTLE * share)
    ]
    best = max(ways, key=lambda counts: float(counts.sum(axis=0) @ problem.value))
    counts = exchanged(problem, best)
    most = float(problem.count @ problem.value) - plan.bound
    return Packing(counts, float(counts.sum(axis=0) @ problem.value), most)


def exchanged(problem: PackingProblem, counts: Ints) -> Ints:
    """Node by node, up to two tasks leave for up to two that are worth more, while any are."""
    counts, left = counts.copy(), problem.count - counts.sum(axis=0)
    bundles = few_tasks(len(problem.count))
    takes, value = bundles @ problem.demand, bundles @ problem.value
    rooms = problem.capacity[problem.node_class] - counts @ problem.demand
    for node in range(len(counts)):
        for _ in range(EXCHANGES):
            leave = np.flatnonzero((bundles <= counts[node]).all(axis=1))
            enter = np.flatnonzero((bundles <= left).all(axis=1))
            gain = value[enter] - value[leave, None]
            for resource, free in enumerate(rooms[node]):
                fits = takes[enter, resource] <= free + takes[leave, resource, None]
                gain = np.where(fits, gain, 0)
            away, here = np.unravel_index(int(gain.argmax()), gain.shape)
            if gain[away, here] <= LEAST_GAIN * problem.value.max():
                break
            change = bundles[enter[here]] - bundles[leave[away]]
            counts[node] += change
            left -= change
            rooms[node] -= change @ problem.demand
    return counts


def few_tasks(classes: int) -> Ints:
    """(bundles, classes) every way to take up to two tasks."""
    one = np.eye(classes, dtype=np.int64)
    first, second = np.triu_indices(classes)
    return np.concatenate(
        [np.zeros((1, classes), dtype=np.int64), one, one[first] + one[second]]
    )


def sizes(problem: PackingProblem, share: Floats, paid: Floats) -> list[Floats]:
    """(node classes, classes) how large a task is: its largest part, their sum, its price."""
    demand = problem.demand.astype(float)
    parts = demand * share[:, None]
    priced = demand @ (paid + LITTLE * share).T
    return [
        parts.max(axis=2),
        parts.sum(axis=2),
        priced.T,
        priced.T + LITTLE * parts.max(axis=2),
    ]


def as_counts(problem: PackingProblem) -> CountProblem:
    """All nodes of a class as one pool; what fits no single node may not go there."""
    fits = (problem.demand[:, None] <= problem.capacity).all(axis=2)
    return CountProblem(
        count=problem.count,
        demand=problem.demand,
        capacity=problem.capacity * problem.nodes[:, None],
        cost=np.where(fits, 0.0, math.inf),
        unserved=problem.value,
    )


def filled(problem: PackingProblem, wanted: Ints, size: Floats, weight: Floats) -> Ints:
    """(nodes, classes): what the counts want, large tasks first, then what is worth most."""
    fill = Fill(problem, weight)
    for kind, row in enumerate(wanted):
        for klass in np.argsort(-size[kind], kind="stable").tolist():
            fill.place(klass, kind, int(row[klass]))
    for klass in np.argsort(-problem.value, kind="stable").tolist():
        for kind in range(len(problem.nodes)):
            fill.place(klass, kind, int(fill.left[klass]))
    return fill.counts


class Fill:
    """Nodes with what they have left; the one thing here that changes."""

    def __init__(self, problem: PackingProblem, weight: Floats) -> None:
        ends = problem.nodes.cumsum()
        self.span = [slice(e - n, e) for e, n in zip(ends.tolist(), problem.nodes, strict=True)]
        self.demand = problem.demand.astype(float)
        self.room = problem.capacity[problem.node_class].astype(float)
        self.counts: Ints = np.zeros((len(self.room), len(problem.count)), dtype=np.int64)
        self.left = problem.count.copy()
        self.weight = weight

    def place(self, klass: int, kind: int, number: int) -> None:
        """Up to so many, each on the node whose rest looks most like the task."""
        if number < 1:
            return
        room, takes, weight = self.room[self.span[kind]], self.demand[klass], self.weight[kind]
        alike = likeness(room, takes, weight)
        sent = 0
        while sent < number:
            node = int(alike.argmax())
            if alike[node] < 0:
                break
            room[node] -= takes
            self.counts[self.span[kind].start + node, klass] += 1
            alike[node] = likeness(room[node : node + 1], takes, weight)[0]
            sent += 1
        self.left[klass] -= sent


def likeness(room: Floats, takes: Floats, weight: Floats) -> Floats:
    """(nodes,) the cosine of what is left and what is asked; -1 where it does not fit."""
    rest = room * weight
    length = np.sqrt((rest * rest).sum(axis=1))
    alike = rest @ (takes * weight) / np.maximum(length, 1e-12)
    return np.where((room >= takes).all(axis=1), alike, -1.0)


def packing_faults(problem: PackingProblem, counts: Ints) -> list[str]:
    """Every rule that a packing breaks, by plain integers."""
    found = list[str]()
    demand: list[list[int]] = problem.demand.tolist()
    kinds: list[int] = problem.node_class.tolist()
    if counts.shape != (len(kinds), len(demand)):
        return [f"counts of shape {counts.shape} are no packing"]
    for node, (kind, row) in enumerate(zip(kinds, counts.tolist(), strict=True)):
        if min(row, default=0) < 0:
            found.append(f"node {node}: fewer than no tasks")
        for resource, room in enumerate(problem.capacity[kind].tolist()):
            used = sum(n * takes[resource] for n, takes in zip(row, demand, strict=True))
            if used > room:
                found.append(f"node {node}: resource {resource}: {used} of {room}")
    for klass, number in enumerate(counts.sum(axis=0).tolist()):
        if number > problem.count[klass]:
            found.append(f"class {klass}: {number} of {problem.count[klass]} tasks")
    return found
