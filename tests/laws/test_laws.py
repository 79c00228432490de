"""No law of contracts §4 is broken by any of 2,000 random scenarios (SUANLI_LAWS for more)."""

import os

import pytest

from bench import measure
from scheduler import simulate
from tests.laws.generator import scenario_of, scenario_tree
from tests.laws.judge import faults

COUNT = int(os.environ.get("SUANLI_LAWS", "2000"))
BATCH = 50


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_no_law_is_broken(first):
    found = {}
    for seed in range(first, min(first + BATCH, COUNT)):
        tree = scenario_tree(seed)
        broken = faults(tree, simulate(scenario_of(tree), seed))
        if broken:
            found[seed] = broken[:3]
    assert found == {}


def test_measures_add_up():
    """Five end states make up what was submitted; what is not allocated is unallocated."""
    for seed in range(100):
        tree = scenario_tree(seed)
        records = simulate(scenario_of(tree), seed)
        told = {
            (name, key): value
            for _, name, _, scope, key, _, value in measure(records).rows()
            if scope == "all"
        }
        counted = records.column("counted")
        state = records.column("state")[counted]
        ends = ("finished", "running_at_end", "waiting_at_end", "refused", "failed")
        numbers = [told[f"jobs_{name}", ""] for name in ends]
        assert numbers == [(state == name.removesuffix("_at_end")).sum() for name in ends]
        assert sum(numbers) == told["jobs_submitted", ""] == counted.sum()
        for resource in ("vcpu", "memory", "gpu"):
            parts = [
                told.get((f"{part}_share_{resource}", ""))
                for part in ("allocated", "unallocated", "used", "idle")
            ]
            if None not in parts and parts[0] == parts[0]:
                allocated, unallocated, used, idle = parts
                assert abs(allocated + unallocated - 1) < 1e-9
                assert abs(used + idle - allocated) < 1e-9
