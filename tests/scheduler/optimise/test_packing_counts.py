"""Packings of tasks to nodes: legal, near the bound, the best where all is tried."""

from itertools import product

import numpy as np
import pytest

from scheduler.optimise import PackingProblem, first_fit, packing_of
from scheduler.optimise.packing_counts import exchanged, few_tasks, likeness, packing_faults


def a_question(seed, classes=6, kinds=3, nodes=8):
    rng = np.random.default_rng(seed)
    demand = rng.integers(0, 6, (classes, 3))
    demand[:, 0] += 1
    return PackingProblem(
        count=rng.integers(1, 60, classes),
        demand=demand,
        value=rng.uniform(1, 9, classes),
        nodes=rng.integers(1, nodes, kinds),
        capacity=rng.integers(5, 25, (kinds, 3)),
    )


def value(problem, counts):
    return float(counts.sum(axis=0) @ problem.value)


@pytest.mark.parametrize("seed", range(40))
def test_packings_are_legal_below_the_bound_and_rarely_worse_than_first_fit(seed):
    problem = a_question(seed)
    packed = packing_of(problem)
    assert packing_faults(problem, packed.counts) == []
    assert packed.value == value(problem, packed.counts)
    assert packed.value <= packed.bound * (1 + 1e-9)
    assert packed.value >= 0.97 * first_fit(problem)


@pytest.mark.parametrize("seed", range(20))
def test_one_node_of_few_tasks_is_packed_nearly_as_well_as_can_be(seed):
    problem = a_question(seed, classes=3, kinds=1, nodes=2)
    ways = product(*(range(min(int(n), 8) + 1) for n in problem.count))
    plans = [np.array([way]) for way in ways]
    best = max(value(problem, p) for p in plans if not packing_faults(problem, p))
    packed = packing_of(problem)
    assert 0.9 * best <= packed.value
    assert packed.bound >= best * (1 - 1e-9)


def test_the_judge_names_what_is_wrong():
    problem = PackingProblem(
        count=np.array([3, 1]),
        demand=np.array([[1, 2], [2, 0]]),
        value=np.array([1.0, 5.0]),
        nodes=np.array([1, 1]),
        capacity=np.array([[3, 4], [9, 9]]),
    )
    assert packing_faults(problem, np.array([[1, 1], [2, 0]])) == []
    assert packing_faults(problem, np.array([[2, 1], [1, 0]])) == ["node 0: resource 0: 4 of 3"]
    assert packing_faults(problem, np.array([[0, 0], [4, 0]])) == ["class 0: 4 of 3 tasks"]
    assert packing_faults(problem, np.array([[-1, 0], [0, 0]])) == [
        "node 0: fewer than no tasks"
    ]
    assert packing_faults(problem, np.array([[1, 1]])) == [
        "counts of shape (1, 2) are no packing"
    ]


def test_a_dear_task_takes_the_place_of_two_cheap_ones():
    problem = PackingProblem(
        count=np.array([2, 1]),
        demand=np.array([[2], [4]]),
        value=np.array([1.0, 5.0]),
        nodes=np.array([1]),
        capacity=np.array([[4]]),
    )
    assert exchanged(problem, np.array([[2, 0]])).tolist() == [[0, 1]]
    assert packing_of(problem).value == 5


def test_up_to_two_tasks_are_every_way_to_take_them():
    ways = few_tasks(2).tolist()
    assert sorted(ways) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [2, 0]]


def test_what_is_left_of_a_node_and_looks_like_the_task_is_liked():
    room, weight = np.array([[4.0, 2], [4, 4], [1, 9]]), np.ones(2)
    alike = likeness(room, np.array([2.0, 1]), weight)
    assert alike[0] == pytest.approx(np.sqrt(5))
    assert alike[0] > alike[1] > 0
    assert alike[2] == -1
