"""Fair rates against a textbook: one level that rises for all at once, in exact fractions."""

from fractions import Fraction
from math import inf

import numpy as np
import pytest

from scheduler.fair_rates import Demands, max_min, shared_rates
from tests.scheduler.textbook_rates import textbook


def matrix(routes, links):
    """Routes as the matrix that fair_rates reads, one column each."""
    hops = max([len(route) for route in routes], default=0)
    paths = np.full((hops, len(routes)), links, np.intp)
    for n, route in enumerate(routes):
        paths[: len(route), n] = route
    return paths


def a_world(seed):
    """A random network; integers, so that ties are real ties."""
    rng = np.random.default_rng(seed)
    links, flows = int(rng.integers(1, 15)), int(rng.integers(1, 30))
    slices = int(rng.integers(0, 4))
    kinds = rng.choice(3, links, p=[0.8, 0.1, 0.1])
    capacity = [
        None if k == 1 else Fraction(0 if k == 2 else int(rng.integers(1, 20))) for k in kinds
    ]
    sizes = rng.integers(0, min(links, 6) + 1, flows)
    routes = [rng.choice(links, size, replace=False).tolist() for size in sizes]
    cap = [None if rng.random() < 0.6 else Fraction(int(rng.integers(0, 9))) for _ in routes]
    rank = rng.integers(0, rng.integers(1, 4), flows).tolist()
    floors = [Fraction(int(rng.integers(0, 8)), 2) for _ in range(slices)]
    slice_of = rng.integers(-1, slices, flows).tolist()
    return capacity, floors, routes, cap, rank, slice_of


def limits(values):
    return np.array([inf if v is None else float(v) for v in values], float)


def fast(world):
    capacity, floors, routes, cap, rank, slice_of = world
    demands = Demands(
        matrix(routes, len(capacity)), limits(cap), np.array(rank), np.array(slice_of)
    )
    return shared_rates(limits(capacity), limits(floors), demands)


@pytest.mark.parametrize("block", range(10))
def test_a_thousand_random_networks_agree_with_the_textbook(block):
    for seed in range(100 * block, 100 * block + 100):
        world = a_world(seed)
        assert fast(world) == pytest.approx(textbook(world), rel=1e-9, abs=1e-9), seed


def test_the_random_networks_hold_every_kind_of_case():
    worlds = [a_world(seed) for seed in range(1000)]
    assert any(0 in w[0] for w in worlds)
    assert any(None in w[0] for w in worlds)
    assert any([] in w[2] for w in worlds)
    assert any(len(set(w[4])) == 3 for w in worlds)
    assert any(inf in textbook(w) for w in worlds[:100])
    assert sum(max(w[5]) >= 0 for w in worlds) > 300


def rates(capacity, routes, cap=None, *, rank=None, floors=(), slice_of=None):
    return fast(
        (
            capacity,
            floors,
            routes,
            cap or [None] * len(routes),
            rank or [0] * len(routes),
            slice_of or [-1] * len(routes),
        )
    ).tolist()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(rates([10], [[0], [0]]), [5, 5], id="equal shares"),
        pytest.param(rates([10], [[0], [0]], [2, None]), [2, 8], id="a cap leaves the rest"),
        pytest.param(rates([10, 4], [[0], [0, 1]]), [6, 4], id="the narrow link first"),
        pytest.param(rates([2, 1], [[0, 1], [0], [1]]), [0.5, 1.5, 0.5], id="the classic"),
        pytest.param(rates([10, 0], [[0, 1], [0]]), [0, 10], id="a dead link"),
        pytest.param(rates([10], [[], []], [3, None]), [3, inf], id="no links at all"),
        pytest.param(rates([None], [[0], [0]], [3, None]), [3, inf], id="an unknown link"),
        pytest.param(rates([], []), [], id="nobody"),
        pytest.param(rates([10], [[0]] * 3, rank=[1, 0, 1], cap=[None, 4, None]), [3, 4, 3]),
        pytest.param(rates([10], [[0]] * 2, rank=[0, 1]), [10, 0], id="strict classes"),
        pytest.param(
            rates([10], [[0]] * 2, rank=[0, 1], floors=[3], slice_of=[-1, 0]),
            [7, 3],
            id="a floor stands before a higher class",
        ),
        pytest.param(
            rates([10], [[0]] * 2, floors=[4], slice_of=[-1, 0]), [3, 7], id="on top of it"
        ),
        pytest.param(
            rates([10], [[0]] * 2, [None, 1], floors=[4], slice_of=[-1, 0]),
            [9, 1],
            id="an unused floor is lent",
        ),
        pytest.param(
            rates([10], [[0]] * 2, rank=[1, 0], floors=[8, 8], slice_of=[0, 1]),
            [2, 8],
            id="floors too large: by class",
        ),
    ],
)
def test_rates_by_hand(given, expected):
    assert given == pytest.approx(expected, rel=1e-15, abs=1e-15)


@pytest.mark.parametrize("seed", range(30))
def test_no_link_is_overdrawn_and_nobody_could_have_more(seed):
    """The definition itself: each is at its cap or on a full link where nobody has more."""
    rng = np.random.default_rng(seed)
    capacity = rng.uniform(0.1, 10, 40)
    routes = [rng.choice(40, rng.integers(1, 7), replace=False) for _ in range(200)]
    cap = np.where(rng.random(200) < 0.5, np.inf, rng.uniform(0, 1, 200))
    found = max_min(capacity, matrix(routes, 40), cap)
    total = np.zeros(40)
    for route, rate in zip(routes, found, strict=True):
        total[route] += rate
    assert (total <= capacity * (1 + 1e-12)).all()
    top = [
        max((r for p, r in zip(routes, found, strict=True) if e in p), default=0)
        for e in range(40)
    ]
    for route, rate, most in zip(routes, found, cap, strict=True):
        full = [e for e in route if total[e] >= capacity[e] * (1 - 1e-12)]
        assert rate == most or any(rate >= top[e] * (1 - 1e-12) for e in full)


def test_order_of_transfers_changes_no_rate():
    world = a_world(7)
    capacity, floors, *columns = world
    turned = [list(reversed(column)) for column in columns]
    assert fast((capacity, floors, *turned)).tolist()[::-1] == pytest.approx(
        fast(world).tolist(), rel=1e-12
    )
