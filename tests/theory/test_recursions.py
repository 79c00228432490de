"""Every start of a single line, to the microsecond, and its theory over a million jobs.

The engine is first shown to start each job when a recursion of five lines says; the recursion
is then fed from the same streams of demand for far longer than the engine needs to be run.
"""

from heapq import heapify, heapreplace

import numpy as np
import pytest

from bench.intervals import interval
from scenarios import demand_of
from scheduler import simulate
from tests.theory.formulas import second_moment, wait_dm1_h, wait_mg1_h, wait_mmc_h
from tests.theory.worlds import WORLDS, scenario

SERVERS = {
    "M/M/1": 1,
    "M/M/5 on five nodes": 5,
    "M/M/8 on one node": 8,
    "M/D/1": 1,
    "M/G/1": 1,
    "D/M/1": 1,
}
SEEDS = (101,)
LONG_SEEDS = range(1, 21)
LONG_US = 50_000 * 3_600_000_000
LONG = {
    "M/M/1": wait_mmc_h(1, 0.6),
    "M/M/5 on five nodes": wait_mmc_h(5, 3.5),
    "M/D/1": wait_mg1_h(0.7, 1),
    "M/G/1": wait_mg1_h(0.6, second_moment(0.6)),
    "D/M/1": wait_dm1_h(0.8),
}
LEVEL = 1 - 0.001 / len(LONG)


def starts_us(submit_us, run_us, servers):
    """First come, first served (Kiefer and Wolfowitz): the first free server is next."""
    free_us = [0] * servers
    heapify(free_us)
    starts = []
    for submit, run in zip(submit_us.tolist(), run_us.tolist(), strict=True):
        starts.append(max(submit, free_us[0]))
        heapreplace(free_us, starts[-1] + run)
    return np.array(starts)


def demand_us(name, seed, until_us):
    """Submissions and durations of all jobs before an instant."""
    chunks = list(demand_of(scenario(name), seed).chunks(until_us))
    submit = np.concatenate([chunk.submit_us for chunk in chunks])
    return submit, np.concatenate([chunk.work_us for chunk in chunks])


def as_us(seconds):
    """Instants of a table in microseconds."""
    return np.rint(seconds * 1e6).astype(np.int64)


@pytest.mark.parametrize("engine", ["lane", "plain"])
@pytest.mark.parametrize("name", SERVERS)
def test_every_job_starts_when_the_recursion_says(name, engine):
    for seed in SEEDS:
        records = simulate(scenario(name), seed, engine=engine)
        submit_us, run_us = demand_us(name, seed, 2 * scenario(name).horizon_us)
        expected = starts_us(submit_us, run_us, SERVERS[name])
        start_s, end_s = records.column("start_s"), records.column("end_s")
        began, ended = ~np.isnan(start_s), ~np.isnan(end_s)
        assert records.rows >= WORLDS[name]["horizon_h"] * 0.5
        assert began[records.column("counted")].all()
        assert (as_us(records.column("submit_s")) == submit_us[: records.rows]).all()
        assert (as_us(start_s[began]) == expected[: records.rows][began]).all()
        end_us = (expected + run_us)[: records.rows]
        assert (as_us(end_s[ended]) == end_us[ended]).all()


def mean_wait_h(name, seed):
    """The mean wait of a long recursion, without its first hundredth."""
    submit_us, run_us = demand_us(name, seed, LONG_US)
    if SERVERS[name] > 1:
        wait_us = starts_us(submit_us, run_us, SERVERS[name]) - submit_us
    else:  # Lindley: the work found, less the idle time so far
        net_us = np.cumsum(np.concatenate([[0], run_us[:-1] - np.diff(submit_us)]))
        wait_us = net_us - np.minimum.accumulate(net_us)
    return float(wait_us[len(wait_us) // 100 :].mean()) / 3.6e9


@pytest.mark.parametrize("name", LONG)
def test_the_recursion_agrees_with_theory_over_a_million_jobs(name):
    seeds = LONG_SEEDS if SERVERS[name] == 1 else LONG_SEEDS[:10]
    mean, low, high = interval([mean_wait_h(name, seed) for seed in seeds], level=LEVEL)
    assert low <= LONG[name] <= high
    assert high - low < mean / 5
