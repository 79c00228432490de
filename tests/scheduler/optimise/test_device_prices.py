"""Prices of shares: hand cases, blind enumeration, and what the judge refuses."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from scheduler.optimise.batches import cuts
from scheduler.optimise.device_prices import (
    MOST_WAYS,
    device_faults,
    device_plan,
    shares_of,
    ways_to_cut,
)
from scheduler.optimise.solvers import UnsolvedError, solve


def test_thirds_and_halves_by_hand():
    """500 + 500 and 300 + 300 + 300 fill devices: half a device, and a third, each."""
    plan = device_plan(shares_of({500: 4, 300: 6}))
    assert plan.objective == pytest.approx(4.0)
    assert plan.prices == pytest.approx([1 / 3, 1 / 2])
    assert plan.gap < 1e-9
    worth = plan.worth
    assert worth[299] == 0
    assert worth[300] == pytest.approx(1 / 3, abs=0.002)
    assert worth[799] == pytest.approx(2 / 3, abs=0.003)
    assert worth[800] == pytest.approx(5 / 6, abs=0.003)
    assert (np.diff(worth) >= 0).all()


def test_no_shares_no_prices():
    plan = device_plan(shares_of({1000: 4, 50: 9}))
    assert (len(plan.prices), plan.objective, plan.bound, plan.gap) == (0, 0, 0, 0)
    assert plan.worth.tolist() == [0] * 1001


@pytest.mark.parametrize("seed", range(40))
def test_whole_devices_are_never_fewer_than_the_bound(seed):
    """Blind: the fewest whole devices for a handful of shares, by trying all assignments."""
    random = np.random.default_rng(seed)
    sizes = random.choice(np.arange(200, 1000, 50), 3, replace=False)
    mix = {int(size): int(random.integers(1, 3)) for size in sizes}
    plan = device_plan(shares_of(mix))
    jobs = [size for size, n in mix.items() for _ in range(n)]
    fewest = len(jobs)
    for places in product(range(len(jobs)), repeat=len(jobs)) if len(jobs) < 6 else ():
        loads = np.bincount(places, jobs)
        if loads.max() <= 1000:
            fewest = min(fewest, len(set(places)))
    assert plan.bound <= fewest + 1e-9
    assert device_faults(plan.shares, plan.cut, plan.prices) == []


def test_so_many_sizes_that_the_rarest_have_no_price():
    mix = {size: 1000 - size for size in range(100, 1000, 5)}
    shares = shares_of(mix)
    assert len(shares.ways) <= MOST_WAYS
    assert 0 < len(shares.sizes) < 20
    assert set(shares.sizes.tolist()) == set(sorted(mix)[: len(shares.sizes)])


def test_ways_are_counted_as_they_are_made():
    for sizes in ([100], [250, 500], [120, 333, 410, 700]):
        assert ways_to_cut(sizes) == len(cuts(sizes, 1000))


def lies(**changes):
    """A solver whose solution is another than it found."""

    def solver(model, name, limits):
        found = solve(model, name, limits)
        return replace(found, **{key: change(found) for key, change in changes.items()})

    return solver


def raises(error):
    def solver(model, name, limits):
        raise error

    return solver


FAILURES = {
    **{
        status: raises(UnsolvedError(f"GLOP: {status}"))
        for status in ("INFEASIBLE", "UNBOUNDED", "ABNORMAL", "NOT_SOLVED", "MODEL_INVALID")
    },
    "exception": raises(RuntimeError("bad_alloc")),
    "death": raises(SystemExit(139)),
    "nan": lies(values=lambda f: f.values * np.nan),
    "infinite": lies(values=lambda f: f.values + np.inf),
    "nan prices": lies(duals=lambda f: f.duals * np.nan),
    "no prices": lies(duals=lambda f: None),
    "short by 1e-4": lies(values=lambda f: f.values * (1 - 1e-4)),
    "OPTIMAL with rubbish": lies(values=lambda f: np.full(len(f.values), 0.37)),
    "OPTIMAL with zeros": lies(values=lambda f: np.zeros(len(f.values))),
    "less than nothing": lies(values=lambda f: f.values - 1),
    "another question": lies(values=lambda f: f.values[:-1]),
    "too dear": lies(duals=lambda f: f.duals * 1.001),
    "prices below nothing": lies(duals=lambda f: f.duals - 2),
    "prices of nothing": lies(duals=lambda f: f.duals * 0),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_failure_of_a_solver_becomes_a_plan(name):
    with pytest.raises((UnsolvedError, RuntimeError, SystemExit)):
        device_plan(shares_of({500: 4, 300: 6, 700: 3}), FAILURES[name])
