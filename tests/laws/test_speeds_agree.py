"""With speeds that differ from pool to pool both engines still give the same tables."""

from copy import deepcopy

import pytest

from scheduler import simulate
from tests.laws.generator import scenario_of
from tests.laws.tables import differences
from tests.laws.test_engines_agree import tree_of

CPUS = ("kunpeng-920-7260", "hygon-7285", "intel-8380", "phytium-s2500", "amd-epyc-9654")
CLASSES = ("batch_analytics", "transaction_service", None)
COUNT, BATCH = 200, 50


def with_speeds(tree: dict, seed: int) -> dict:
    """The same scenario on CPUs of the catalogue; two of three workloads have a class."""
    tree = deepcopy(tree)
    for n, server in enumerate(tree["topology"].get("servers", [])):
        server["cpu"] = CPUS[(n + seed) % len(CPUS)]
    for n, workload in enumerate(tree["workloads"]):
        klass = CLASSES[(n + seed) % len(CLASSES)]
        if klass is not None and workload["kind"] == "jobs":
            workload["class"] = klass
            workload.get("chips", {}).pop("any_of", None)
    return tree


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_both_engines_give_the_same_tables(first):
    found, stretched = {}, 0
    for seed in range(first, first + BATCH):
        scenario = scenario_of(with_speeds(tree_of(seed), seed))
        runs = [simulate(scenario, 1, engine=engine) for engine in ("plain", "lane")]
        stretched += any(name for name in runs[0].coded("class")[1])
        differ = differences(*runs)
        if differ:
            found[seed] = differ
    assert found == {}
    assert stretched > BATCH / 2
