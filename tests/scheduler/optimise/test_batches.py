"""Batches of jobs packed at prices: legal, whole where they fit, and worth what they say."""

import numpy as np
import pytest

from scheduler.optimise import Fleet, Jobs, batch_faults, batches_packed
from scheduler.optimise.batches import Placing, cuts, served, share_prices, worth_of_rests


def some_jobs(rng, count=150):
    gpu = rng.choice([0, 190, 320, 470, 650, 810, 1000, 2000], count)
    return Jobs(rng.integers(1, 12, count) * 1000, rng.integers(1, 40, count) * 1024, gpu)


def a_fleet(rng, nodes=15):
    return Fleet(
        vcpu_m=rng.integers(8, 65, nodes) * 1000,
        memory_mib=rng.integers(32, 257, nodes) * 1024,
        devices=rng.integers(0, 5, nodes),
        rank=rng.permutation(nodes),
    )


@pytest.mark.parametrize("seed", range(10))
def test_no_batch_breaks_a_rule(seed):
    rng = np.random.default_rng(seed)
    jobs, fleet = some_jobs(rng), a_fleet(rng)
    order = rng.permutation(150)
    placing = batches_packed(fleet, jobs, order, batch=16)
    assert batch_faults(fleet, jobs, placing) == []
    assert placing.job.tolist() == order.tolist()
    assert 0 < (placing.node >= 0).sum() < 150
    again = batches_packed(fleet, jobs, order, batch=16)
    assert again.node.tolist() == placing.node.tolist()


def test_what_fits_is_not_turned_away():
    rng = np.random.default_rng(1)
    jobs = some_jobs(rng, 40)
    fleet = Fleet(np.full(60, 64_000), np.full(60, 1 << 20), np.full(60, 4), np.arange(60))
    assert (batches_packed(fleet, jobs, np.arange(40)).node >= 0).all()
    assert len(batches_packed(fleet, jobs, np.arange(0)).node) == 0


def test_of_a_batch_that_does_not_fit_the_larger_part_stays():
    """One device: half of it came first, all of it is served."""
    jobs = Jobs(np.full(2, 1000), np.full(2, 1024), np.array([500, 1000]))
    fleet = Fleet(np.array([8000]), np.array([65536]), np.array([1]), np.array([0]))
    assert batches_packed(fleet, jobs, np.array([0, 1])).node.tolist() == [-1, 0]
    assert batches_packed(fleet, jobs, np.array([0, 1]), batch=1).node.tolist() == [0, -1]


def test_shares_meet_where_nothing_is_wasted():
    """320 goes beside 650, not beside 470, where another 470 will come."""
    gpu = np.array([650, 470, 320, 470] * 20)
    jobs = Jobs(np.full(80, 1000), np.full(80, 1024), gpu)
    fleet = Fleet(np.array([90_000]), np.array([1 << 20]), np.array([40]), np.array([0]))
    placing = batches_packed(fleet, jobs, np.arange(80), batch=1)
    assert (placing.node == 0).all()
    assert len(set(placing.device.tolist())) == 40


def test_prices_of_shares_by_hand():
    sizes, counts = np.array([300, 500, 700]), np.array([10.0, 8.0, 10.0])
    assert share_prices(sizes, counts) @ counts == pytest.approx(14)
    worth = worth_of_rests(np.repeat(sizes, counts.astype(int)))
    assert worth[1000] == pytest.approx(1, abs=0.01)
    assert worth[500] == pytest.approx(0.5, abs=0.01)
    assert (np.diff(worth) >= 0).all()
    assert worth_of_rests(np.array([0, 1000])).max() == 0


def test_all_ways_to_cut_a_device():
    assert sorted(cuts([600, 400], 1000)) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1]]


def test_more_gpu_is_better_then_more_jobs():
    assert served([500, 1000], [(-1, -1), (0, -1)]) == (1000, 1)
    assert served([500, 500], [(0, 0), (0, 0)]) == (1000, 2)


def test_the_judge_names_what_is_overdrawn():
    jobs = Jobs(np.full(3, 3000), np.full(3, 1024), np.array([600, 500, 1000]))
    fleet = Fleet(np.array([8000]), np.array([2048]), np.array([1]), np.array([0]))
    every, zeros = np.arange(3), np.zeros(3, dtype=int)
    assert batch_faults(fleet, jobs, Placing(every, zeros, np.array([0, 0, -1]))) == [
        "node 0: vCPU: 9000 of 8000",
        "node 0: memory: 3072 of 2048",
        "node 0: device 0: 1100 of 1000",
        "node 0: 2 of 1 devices",
    ]
    alone = Placing(np.array([0]), np.array([0]), np.array([1]))
    assert batch_faults(fleet, jobs, alone) == ["node 0: device 1: 600 of 0"]
    assert batch_faults(fleet, jobs, Placing(every, zeros - 1, zeros - 1)) == []
