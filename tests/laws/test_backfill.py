"""EASY backfill keeps its word: whoever heads a line starts no later than first promised.

With exact estimates a promise is a bound: nobody who passes may push it back. That holds where
nobody comes to stand before the head later (no quota, no way to the pool).
"""

import gzip
import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import scheduler.queueing as queueing
from scenarios import read
from scheduler import simulate
from scheduler.instants import NEVER
from scheduler.queueing import EasyBackfill
from tests.laws.generator import scenario_of, scenario_tree, text_of
from tests.scheduler.worlds import host, job, policies, pool, world

COUNT = int(os.environ.get("SUANLI_PROMISES", "400"))
BATCH = 100
FIRST = 700_000  # other scenarios than those of the other laws
DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data"))


def promising(seed: int) -> dict:
    """A random scenario in which a promise is a bound."""
    tree = scenario_tree(FIRST + seed)
    queue = tree["policies"]["queue"]
    queue["name"] = "easy-backfill"
    queue.pop("max_waiting", None)
    tree["policies"].pop("preemption", None)  # a victim comes back before who was promised
    tree.pop("tenants", None)
    for one in tree["topology"]["pools"]:
        one.pop("reserved_for", None)
    for workload in tree["workloads"]:
        workload.pop("tenant", None)
        workload["estimate"] = {"kind": "exact"}
        if queue["at"] == "pool":
            workload.pop("data", None)
        arrivals = workload["arrivals"]
        if "per_h" in arrivals:
            arrivals["per_h"] *= 3
    if queue["at"] == "pool":
        for cloud in tree["topology"]["clouds"]:
            cloud.pop("control_plane_delay_ms", None)
    return tree


class Promises:
    """First promise to each job that headed a line, in us, and how many passed a head."""

    def __init__(self, monkeypatch):
        self.first: dict[int, int] = {}
        self.passed = 0
        self.told = False
        self._reserve, self._starts = queueing.reserve_head, EasyBackfill.starts
        monkeypatch.setattr(queueing, "reserve_head", self.reserve_head)
        monkeypatch.setattr(
            EasyBackfill,
            "starts",
            lambda queue, *args, told: self.starts(queue, *args, told=told),
        )

    def reserve_head(self, rules, head, now_us, started):
        promise = self._reserve(rules, head, now_us, started)
        if self.told:  # else one who is not in the line may only be imagined there
            self.first.setdefault(head.index, promise.at_us)
        return promise

    def starts(self, queue, rules, line, now_us, *, told):
        self.told = told
        started = self._starts(queue, rules, line, now_us, told=told)
        if told and started:
            left = [job.index for _, job in line.jobs if job not in {one for one, _ in started}]
            self.passed += sum(one.index > min(left, default=NEVER) for one, _ in started)
        return started


def late(tree, promises) -> list[str]:
    """Heads that had their nodes later than first promised, or have none though it is past."""
    promises.first.clear()
    records = simulate(scenario_of(tree), 1)
    ids, placed_s = records.column("id"), records.column("submit_s") + records.column("wait_s")
    return [
        f"{ids[index]}: promised {at_us / 1e6}, not before {placed_s[index]}"
        for index, at_us in promises.first.items()
        if placed_s[index] > at_us / 1e6 + 1e-5
    ]


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_no_head_starts_later_than_first_promised(first, monkeypatch):
    promises, heads, found = Promises(monkeypatch), 0, {}
    for seed in range(first, min(first + BATCH, COUNT)):
        broken = late(promising(seed), promises)
        heads += sum(at_us < NEVER for at_us in promises.first.values())
        if broken:
            found[seed] = broken[:3]
    assert found == {}
    assert (heads > 5 * BATCH, promises.passed > BATCH) == (True, True)


def test_a_promise_that_is_broken_is_seen(monkeypatch):
    """Whoever has room passes, as if nothing had been promised."""
    promises = Promises(monkeypatch)
    monkeypatch.setattr("scheduler.reservation.Reservation.allows", lambda *_: True)
    tree = world(
        job("a", 0, run_min=30),
        job("head", 1, vcpu=2),
        job("long", 2, run_min=90),
        policies=policies(queue="easy-backfill"),
    )
    assert late(tree, promises) == ["head-1: promised 1800.0, not before 5520.0"]


# -- what it is for ----------------------------------------------------------------------------

UNKNOWN = [-1] * 18


def swf(rows) -> str:
    """A log in the standard workload format of (submit, run, processors)."""
    lines = []
    for number, (submit_s, run_s, processors) in enumerate(rows, 1):
        line = [number, submit_s, -1, run_s, processors, *UNKNOWN[5:]]
        lines.append(" ".join(str(field) for field in line))
    return "; a log of our own\n" + "\n".join(lines) + "\n"


def small_log(jobs=800, processors=64, load=0.95, seed=1) -> str:
    """Widths are powers of two, runs span three orders of magnitude."""
    rng = np.random.default_rng(seed)
    wide = 2 ** rng.integers(0, 6, jobs)
    run_s = np.ceil(np.exp(rng.uniform(np.log(30), np.log(30_000), jobs))).astype(int)
    every_s = (wide * run_s).mean() / (processors * load)
    submit_s = np.cumsum(rng.exponential(every_s, jobs)).astype(int)
    return swf(zip(submit_s.tolist(), run_s.tolist(), wide.tolist(), strict=True))


def waits_s(folder, log, queue, *, processors, hours) -> np.ndarray:
    """Wait of each job of a log on one machine."""
    (folder / "log.swf").write_text(log)
    tree = world(
        {"name": "log", "kind": "trace", "file": "log.swf", "format": "swf"},
        pools=[pool(server=host(processors))],
        horizon_min=60 * hours,
        policies=policies(queue=queue, packing="best-fit"),
    )
    file = folder / f"{queue}.yaml"
    file.write_text(text_of(tree))
    return simulate(read(file), 1).column("wait_s")


@pytest.mark.parametrize("load", [0.8, 0.95, 1.1])
def test_it_lowers_the_mean_wait_of_a_log_with_perfect_estimates(tmp_path, load):
    log = small_log(load=load)
    easy, conservative, fcfs = (
        waits_s(tmp_path, log, queue, processors=64, hours=24 * 30)
        for queue in ("easy-backfill", "conservative-backfill", "fcfs")
    )
    assert len(easy) == len(conservative) == len(fcfs) == 800
    assert easy.mean() < 0.7 * fcfs.mean()
    assert conservative.mean() < 0.8 * fcfs.mean()


def real_log(jobs: int) -> list[list[bytes]]:
    """The first jobs of the LHC grid's log, where it is at hand."""
    path = DATA / "swf-traces/LCG-2005-1.swf.gz"
    if not path.exists():
        pytest.skip(f"{path} is absent: set SUANLI_DATA to the folder of public data")
    with gzip.open(path) as file:
        rows = (line.split() for line in file if line.strip() and not line.startswith(b";"))
        return list(islice(rows, jobs))


@pytest.mark.slow
def test_on_a_real_log_of_equal_jobs_there_is_nobody_to_pass(tmp_path):
    """All jobs of that log have one processor: who has room is the head, always."""
    log = swf((int(r[1]), int(r[3]), int(r[4])) for r in real_log(20_000))
    easy, fcfs = (
        waits_s(tmp_path, log, queue, processors=768, hours=48)
        for queue in ("easy-backfill", "fcfs")
    )
    assert fcfs.mean() > 1000
    assert np.array_equal(easy, fcfs)


@pytest.mark.slow
def test_on_a_real_log_made_wide_it_lowers_the_mean_wait(tmp_path):
    """Arrivals and runs of that log; widths, which it lacks, are powers of two of our own."""
    rows = real_log(20_000)
    wide = 2 ** np.random.default_rng(3).integers(0, 6, len(rows))
    log = swf((int(r[1]), int(r[3]), int(w)) for r, w in zip(rows, wide.tolist(), strict=True))
    processors = int(768 * wide.mean())
    easy, fcfs = (
        waits_s(tmp_path, log, queue, processors=processors, hours=48)
        for queue in ("easy-backfill", "fcfs")
    )
    assert easy.mean() < fcfs.mean()
