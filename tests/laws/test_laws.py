"""No law of contracts §4 is broken by any of 2,000 random scenarios (SUANLI_LAWS for more)."""

import os

import pytest

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
