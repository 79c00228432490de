"""Replicas beside all that jobs do: engines agree, and each stands where it was put."""

import os

import numpy as np
import pytest

from scheduler import simulate, stands_of
from tests.laws.generator import Dice, scenario_of, scenario_tree
from tests.laws.tables import differences

COUNT = int(os.environ.get("SUANLI_AGREE", "1000")) // 5
BATCH = 20
FIRST = 900_000


def tree_of(seed):
    """A world of the laws with one or two workloads of replicas in it."""
    tree = scenario_tree(FIRST + seed)
    dice = Dice(np.random.default_rng(seed))
    jobs = tree["workloads"][0]
    for name in ("aaa", "zzz")[: dice.pick((1, 2))]:  # before and after all others
        row = {"name": name, "kind": "replicas", "replicas": dice.pick((1, 2, 3, 5))}
        row["demand"] = {"vcpu": dice.pick((0.5, 1, 2)), "memory_gib": dice.pick((0, 1))}
        if dice.chance(0.3):
            row["anti_affinity"] = dice.pick(("site", "region"))
        if "tenant" in jobs:
            row["tenant"] = jobs["tenant"]
        tree["workloads"].append(row)
    tree["policies"]["placement"] = {"name": "greedy"}
    return tree


@pytest.mark.parametrize("first", range(0, max(COUNT, 1), BATCH))
def test_both_engines_give_the_same_tables(first):
    for seed in range(first, min(first + BATCH, COUNT)):
        scenario = scenario_of(tree_of(seed))
        plain, lane = [simulate(scenario, seed, engine=one) for one in ("plain", "lane")]
        assert differences(plain, lane) == [], seed
        stand_where_they_were_put(scenario, lane, seed)


def stand_where_they_were_put(scenario, records, seed):
    """Each runs from the start to the end, or was refused; nobody waits."""
    workload = records.column("workload")
    for stand in stands_of(scenario):
        mine = workload == stand.workload
        state, pool = records.column("state")[mine], records.column("pool")[mine]
        assert sum(state == "running") == sum(stand.pools.values()), seed
        assert set(state) <= {"running", "refused"}, seed
        counts = {name: int((pool == name).sum()) for name in stand.pools}
        assert counts == dict(stand.pools), seed
        assert set(records.column("start_s")[mine][state == "running"]) <= {0.0}, seed
