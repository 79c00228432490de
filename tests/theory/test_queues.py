"""Waits, losses and utilisation of textbook queues, inside intervals over fixed seeds.

The intervals hold all checks of this file together at 99.9 % (Bonferroni). Each check also
names a wrong answer that lies near, which the interval must be narrow enough to leave out.
"""

import pytest

from bench.intervals import interval
from tests.theory.formulas import (
    erlang_b,
    erlang_c,
    second_moment,
    wait_dm1_h,
    wait_mg1_h,
    wait_mmc_h,
)
from tests.theory.worlds import LOADS, runs

CHECKS = [
    # world, measure, true, near but wrong
    ("M/M/1", "wait_mean_h", wait_mmc_h(1, 0.6), wait_mg1_h(0.6, 1)),
    ("M/M/1", "waited_share", 0.6, 0.7),
    ("M/M/5 on five nodes", "wait_mean_h", wait_mmc_h(5, 3.5), wait_mmc_h(4, 3.5)),
    ("M/M/5 on five nodes", "waited_share", erlang_c(5, 3.5), erlang_b(5, 3.5)),
    ("M/M/8 on one node", "wait_mean_h", wait_mmc_h(8, 6.0), wait_mmc_h(7, 6.0)),
    ("M/M/8 on one node", "waited_share", erlang_c(8, 6.0), erlang_b(8, 6.0)),
    ("M/D/1", "wait_mean_h", wait_mg1_h(0.7, 1), wait_mmc_h(1, 0.7)),
    ("M/D/1", "waited_share", 0.7, 0.6),
    ("M/G/1", "wait_mean_h", wait_mg1_h(0.6, second_moment(0.6)), wait_mmc_h(1, 0.6)),
    ("M/G/1", "wait_mean_h", wait_mg1_h(0.6, second_moment(0.6)), wait_mg1_h(0.6, 1)),
    ("D/M/1", "wait_mean_h", wait_dm1_h(0.8), wait_mmc_h(1, 0.8)),
    ("M/M/4 loss", "lost_share", erlang_b(4, 3.0), erlang_b(4, 3.3)),
    ("M/G/6 loss", "lost_share", erlang_b(6, 6.0), erlang_b(6, 6.6)),
]
UTILISATIONS = [
    *((name, load, 1.1 * load) for name, load in LOADS.items()),
    ("M/M/4 loss", 3 / 4 * (1 - erlang_b(4, 3.0)), 3 / 4),
    ("M/G/6 loss", 1 - erlang_b(6, 6.0), 1.0),
]
LEVEL = 1 - 0.001 / (2 * len(CHECKS) + 2 * len(UTILISATIONS))
WORLDS_OF_PLAIN = ("M/M/5 on five nodes", "M/M/4 loss")


def by_engine(checks):
    """Every check on the lane, those of two worlds on the plain engine too."""
    return [
        pytest.param(
            engine,
            *check,
            marks=pytest.mark.wide if engine == "plain" else (),
            id=f"{engine}-{'-'.join(map(str, check[:-2]))}",
        )
        for check in checks
        for engine in ("lane", "plain")
        if engine == "lane" or check[0] in WORLDS_OF_PLAIN
    ]


@pytest.mark.parametrize(("engine", "world", "measure", "true", "wrong"), by_engine(CHECKS))
def test_waits_and_losses_are_those_of_theory(engine, world, measure, true, wrong):
    values = [run[measure] for run in runs(world, engine)]
    _, low, high = interval(values, level=LEVEL)
    assert low <= true <= high
    assert not low <= wrong <= high


@pytest.mark.parametrize(("engine", "world", "true", "wrong"), by_engine(UTILISATIONS))
def test_utilisation_is_the_load_that_is_carried(engine, world, true, wrong):
    values = [run["allocated_share_vcpu"] for run in runs(world, engine)]
    _, low, high = interval(values, level=LEVEL)
    assert low <= true <= high
    assert not low <= wrong <= high


@pytest.mark.parametrize("world", LOADS)
def test_what_is_allocated_and_fully_used_is_never_idle(world):
    for run in runs(world, "lane"):
        assert run["used_share_vcpu"] == run["allocated_share_vcpu"]
        assert run["idle_share_vcpu"] == 0
