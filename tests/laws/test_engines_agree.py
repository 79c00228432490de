"""The fast engine and the plain one give the same tables, to the last bit."""

import os

import numpy as np
import pytest

from scenarios import read
from scheduler import simulate
from tests.laws.generator import Dice, scenario_of, scenario_tree, text_of
from tests.laws.tables import differences

COUNT = int(os.environ.get("SUANLI_AGREE", "1000"))
BATCH = 50
FIRST = 500_000  # other scenarios than those of test_laws.py


QUICK_QUEUES = ("fcfs", "fcfs", "fcfs", "priority", "shortest-first", "easy-backfill")


def plainer(tree: dict, seed: int) -> dict:
    """The same scenario within what the lane places in its own loop.

    Each of journeys, reserves and quotas is left out of half of them, so that those which
    the loop carries without them are met too.
    """
    dice = Dice(np.random.default_rng(seed))
    queue = {"name": dice.pick(QUICK_QUEUES), "at": tree["policies"]["queue"]["at"]}
    if "max_waiting" in tree["policies"]["queue"]:
        queue["max_waiting"] = tree["policies"]["queue"]["max_waiting"]
    if dice.chance(0.5):
        for pool in tree["topology"]["pools"]:
            pool.pop("reserve_share", None)
    if dice.chance(0.5):
        for cloud in tree["topology"]["clouds"]:
            cloud["control_plane_delay_ms"] = 0
        for workload in tree["workloads"]:
            workload.get("data", {}).pop("input_gb", None)
    if dice.chance(0.5):
        tree["tenants"] = [{"name": tenant["name"]} for tenant in tree.get("tenants", [])]
    dispatch = dice.pick(["local-first", "first-fit", "nearest"])
    kept = {k: v for k, v in tree["policies"].items() if k == "preemption"}
    tree["policies"] = {"dispatch": {"name": dispatch}, "queue": queue, **kept}
    return tree


def tree_of(seed: int) -> dict:
    """Every other scenario is one for the lane's own loop."""
    tree = scenario_tree(FIRST + seed)
    return plainer(tree, seed) if seed % 2 else tree


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_both_engines_give_the_same_tables(first):
    found = {}
    for seed in range(first, min(first + BATCH, COUNT)):
        scenario = scenario_of(tree_of(seed))
        runs = [simulate(scenario, seed, engine=engine) for engine in ("plain", "lane")]
        differ = differences(*runs)
        if differ:
            found[seed] = differ
    assert found == {}


@pytest.mark.wide
@pytest.mark.parametrize("engine", ["plain", "lane"])
def test_the_size_of_chunks_and_batches_changes_nothing(engine, monkeypatch):
    trees = [tree_of(seed) for seed in range(COUNT, COUNT + 40)]
    whole = [simulate(scenario_of(tree), 1, engine=engine) for tree in trees]
    for name in ("scenarios.demand.CHUNK", "scenarios.jobs.CHUNK"):
        monkeypatch.setattr(name, 16)
    for name in ("scheduler.engine.FLUSH_AT", "scheduler.lane.FLUSH_AT"):
        monkeypatch.setattr(name, 8, raising=False)
    parts = [simulate(scenario_of(tree), 1, engine=engine) for tree in trees]
    assert [differences(*pair, levels=False) for pair in zip(whole, parts, strict=True)] == [
        []
    ] * len(trees)
    for one, other in zip(whole, parts, strict=True):
        assert np.allclose(one.levels.allocated, other.levels.allocated, atol=1e-6)
        assert np.allclose(one.levels.queued, other.levels.queued, atol=1e-6)


@pytest.mark.parametrize("chunk", [65_536, 16])
def test_traces_with_bad_rows_are_the_same_under_both(tmp_path, monkeypatch, chunk):
    for name in ("scenarios.demand.CHUNK", "scenarios.jobs.CHUNK"):
        monkeypatch.setattr(name, chunk)
    for seed in range(20):
        dice = Dice(np.random.default_rng(seed))
        submits = sorted(dice.whole(0, 40) * 30 for _ in range(80))
        rows = [
            f"{at},{dice.pick([30, 60, 60, 600, 'oops'])},{dice.pick([0.5, 1, 2, 9])},j{n}"
            for n, at in enumerate(submits)
        ]
        (tmp_path / "rows.csv").write_text("submit_s,run_s,vcpu,id\n" + "\n".join(rows))
        tree = scenario_tree(FIRST + seed)
        load = {"name": "t", "kind": "trace", "file": "rows.csv", "on_bad_rows": "skip"}
        tree |= {"tenants": [], "workloads": [load]}
        for pool in tree["topology"]["pools"]:
            pool.pop("reserved_for", None)
        (tmp_path / "s.yaml").write_text(text_of(plainer(tree, seed) if seed % 2 else tree))
        scenario = read(tmp_path / "s.yaml")
        one, other = (simulate(scenario, 1, engine=engine) for engine in ("plain", "lane"))
        assert differences(one, other) == []
        assert one.rows == 80
        assert "bad-row" in one.column("reason").tolist()
