"""Backfill and random packing are quick, and give what their plain versions give."""

import os

import numpy as np
import pytest

from scheduler import simulate
from scheduler.finder import RandomFinder
from scheduler.queueing import EasyBackfill
from tests.laws.generator import Dice, scenario_of, scenario_tree
from tests.laws.tables import differences
from tests.scheduler.plain_backfill import plain_find, plain_starts
from tests.scheduler.worlds import host, job, policies, pool, starts, world

COUNT = int(os.environ.get("SUANLI_PLAIN", "300"))
BATCH = 50
FIRST = 900_000  # other scenarios than those of the laws


def crowded_tree(seed: int) -> dict:
    """A random scenario under backfill, with so much work that lines grow."""
    tree, dice = scenario_tree(FIRST + seed), Dice(np.random.default_rng(seed))
    for workload in tree["workloads"]:
        arrivals = workload["arrivals"]
        if "per_h" in arrivals:
            arrivals["per_h"] *= dice.pick([1, 2, 3])
        elif "jobs" in arrivals:
            arrivals["jobs"] += dice.pick([0, 10, 30])
        if dice.chance(0.5):
            workload["estimate"] = {"kind": "factor", "factor": dice.pick([0.3, 1, 2, 5])}
    tree["policies"]["queue"]["name"] = "easy-backfill"
    tree["policies"]["queue"].pop("max_waiting", None)
    if dice.chance(0.3):
        tree["policies"]["queue"]["max_waiting"] = dice.pick([0, 1, 2, 5, 20])
    if dice.chance(0.5):
        tree.pop("tenants", None)
        for workload in tree["workloads"]:
            workload.pop("tenant", None)
        for one in tree["topology"]["pools"]:
            one.pop("reserved_for", None)
    return tree


def unlike(trees, monkeypatch, owner, name, plain, engine) -> dict:
    """Where the tables are not those of the plain version."""
    fast = [simulate(scenario_of(tree), 1, engine=engine) for tree in trees]
    monkeypatch.setattr(owner, name, plain)
    slow = [simulate(scenario_of(tree), 1, engine=engine) for tree in trees]
    found = [differences(*pair) for pair in zip(fast, slow, strict=True)]
    return {tree["name"]: unlike for tree, unlike in zip(trees, found, strict=True) if unlike}


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_backfill_gives_what_the_plain_version_gives(first, monkeypatch):
    trees = [crowded_tree(seed) for seed in range(first, min(first + BATCH, COUNT))]
    engine = "plain" if first // BATCH % 2 else "lane"
    assert unlike(trees, monkeypatch, EasyBackfill, "starts", plain_starts, engine) == {}


def random_packing(seed: int) -> dict:
    tree = scenario_tree(FIRST + COUNT + seed)
    tree["policies"]["packing"] = {"name": "random"}
    return tree


@pytest.mark.parametrize("first", range(0, COUNT // 2, BATCH))
def test_random_packing_gives_what_a_walk_over_all_nodes_gives(first, monkeypatch):
    trees = [random_packing(seed) for seed in range(first, first + BATCH)]
    assert unlike(trees, monkeypatch, RandomFinder, "find", plain_find, "lane") == {}


def test_random_packing_forgets_old_changes_and_looks_anew(monkeypatch):
    """Long enough that the list of changes of a small pool is cleared between two searches."""
    tree = world(
        job("small", 0, jobs=400, run_min=0.2, vcpu=1),
        job("rare", 0, 5, 9, 30, 100, run_min=3, vcpu=2),
        pools=[pool(nodes=3, server=host(4))],
        policies=policies(packing="random"),
    )
    assert unlike([tree], monkeypatch, RandomFinder, "find", plain_find, "lane") == {}


def test_who_joins_later_finds_the_promise_as_it_was_left():
    """Jobs that join between two completions are tried alone; the last ends in time."""
    tree = world(
        job("a", 0, run_min=30),
        job("head", 1, vcpu=2),
        job("long", 2, 3, 4, run_min=40),
        job("short", 5, run_min=25),
        policies=policies(queue="easy-backfill"),
    )
    found = starts(tree)
    assert (found["short-1"], found["head-1"], found["long-1"]) == (5, 30, 40)


def test_once_the_promise_is_overdue_everyone_is_tried_again():
    """Until 5 only a is expected to end by the promise; at 7 b is late too, and leaves room."""
    tree = world(
        job("a", 0, vcpu=2, run_min=20, declared_min=5),
        job("b", 0, run_min=20, declared_min=6),
        job("head", 1, vcpu=3),
        job("long", 2, run_min=50),
        job("last", 7),
        pools=[pool(server=host(4))],
        policies=policies(queue="easy-backfill"),
    )
    found = starts(tree)
    assert (found["long-1"], found["head-1"], found["last-1"]) == (7, 20, 30)


def test_a_quota_that_comes_free_in_another_pool_is_seen_behind_a_head():
    """Nothing moves in the head's own pool when a job of the same tenant ends elsewhere."""
    tree = world(
        job("a", 0, run_min=30, tenant="rich"),
        job("elsewhere", 0, tenant="poor", chips={"any_of": ["arm"]}),
        job("head", 1, vcpu=2, tenant="rich"),
        job("poor", 2, tenant="poor", run_min=5, chips={"any_of": ["x86"]}),
        pools=[pool("p"), pool("q", server=host(1, cpu="arm"))],
        tenants=[{"name": "poor", "quota": {"vcpu": 1}}, {"name": "rich"}],
        policies=policies(queue="easy-backfill"),
    )
    found = starts(tree)
    assert (found["poor-1"], found["head-1"]) == (10, 30)


def test_a_shorter_job_of_the_same_shape_is_looked_at_again():
    tree = world(
        job("a", 0, run_min=30),
        job("head", 1, vcpu=2),
        job("b-long", 2, run_min=40),
        job("c-short", 2, run_min=20),
        job("d-long", 2, run_min=40),
        policies=policies(queue="easy-backfill"),
    )
    found = starts(tree)
    assert (found["b-long-1"], found["c-short-1"], found["d-long-1"]) == (40, 2, 40)
