"""Profiles of what is free, against a plain table of minutes."""

import numpy as np
import pytest

from scheduler.instants import NEVER
from scheduler.profile import Profile, asked_node, asked_sum, packed
from scheduler.room import Need

END = 60


def drawn(seed: int) -> tuple[Profile, np.ndarray, np.random.Generator]:
    """A node of two devices over an hour: 4 amounts, then thousandths and memory by device."""
    rng = np.random.default_rng(seed)
    free = [8, 8, 8, 8, 1000, 10, 1000, 10]
    profile, table = Profile(0, free), np.tile(free, (END, 1))
    for _ in range(rng.integers(0, 9)):
        at, until = sorted(rng.choice(END, 2, replace=False).tolist())
        device = rng.integers(0, 2)
        load = [int(rng.integers(0, 3)), 1, 0, 0, *[0, 0] * device, 500, int(rng.integers(4))]
        profile.take(at, until, packed(load))
        table[at:until, : len(load)] -= load
    return profile, table, rng


def fits(table: np.ndarray, need: Need, at: int, span: int) -> bool:
    """The least of each in that span is enough; after the hour all is as before it."""
    least = table[at : at + span].min(axis=0)
    amounts = (need.vcpu_m, need.memory_mib, need.dpu_m, need.local_storage_mb)
    able = (least[4::2] >= need.device_m) & (least[5::2] >= need.gpu_memory_mib)
    return bool((least[:4] >= amounts).all()) and able.sum() >= need.devices


@pytest.mark.parametrize("seed", range(60))
def test_the_earliest_instant_is_the_first_minute_that_fits(seed):
    profile, table, rng = drawn(seed)
    for _ in range(20):
        gpu_m = int(rng.choice([0, 500, 1000, 2000]))
        need = Need(int(rng.integers(9)), int(rng.integers(9)), 0, 0, gpu_m, gpu_m // 500)
        span, begin = int(rng.integers(1, 20)), int(rng.integers(0, 30))
        minutes = (m for m in range(begin, END) if fits(table, need, m, span))
        expected, asked = next(minutes, None), asked_node(need, 2)
        if expected is not None:
            assert profile.earliest(asked, span, begin, NEVER) == expected
            assert begin <= profile.earliest(asked, span, begin, begin + 5) <= expected


@pytest.mark.parametrize("seed", range(20))
def test_what_is_given_back_leaves_no_step(seed):
    profile, table, _ = drawn(seed)
    before = profile.times[:], profile.free[:]
    profile.take(7, 31, packed([1, 1]))
    profile.take(7, 31, -packed([1, 1]))
    assert (profile.times, profile.free) == before
    assert profile.least(5, 20) == table[5:20].min(axis=0).tolist()
    assert profile.is_overdrawn() == bool((table < 0).any())


def test_an_overdrawn_amount_takes_nothing_from_its_neighbour():
    profile = Profile(0, [1, 5, 7])
    profile.take(10, 20, packed([3, 0, 0]))
    assert profile.is_overdrawn()
    assert profile.earliest(asked_sum([0, 5, 7]), 5, 10, NEVER) == 20
    assert profile.least(10, 20) == [-2, 5, 7]
    assert (profile.after(0), profile.after(10), profile.after(20)) == (10, 20, NEVER)


def test_what_never_comes_free_is_never():
    assert Profile(0, [1]).earliest(asked_sum([2]), 1, 0, NEVER) == NEVER
