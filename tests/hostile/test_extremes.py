"""Numbers at their ends: each is refused at the door, or simulated and measured in peace."""

import json

import numpy as np
import pytest

from bench.metrics import measure
from scenarios import ScenarioError, demand_of, read
from scheduler import simulate
from tests.fuzz.mutations import at, copy, places
from tests.fuzz.targets import as_lists, is_number, tables, trees

ENDS = (0, -0.0, -1, 1e-300, 1e-9, 1e-6, 32, 1e3, 1e6, 1e9, 1e14)


def rich():
    """The scenario with most kinds of numbers, its levels coarse."""
    tree = as_lists(copy(trees()[1]))
    del tree["variants"]
    return {**tree, "levels_every_s": 900}


def played(tree, folder):
    """Whether it was right; then its first seed is simulated if that is a small matter."""
    path = folder / "s.yaml"
    path.write_text(json.dumps(tree), encoding="utf-8")
    try:
        scenario = read(path)
    except ScenarioError:
        return False
    nodes = sum(pool.nodes for pool in scenario.topology.pools)
    long = (scenario.horizon_h or 0) + (scenario.drain_h or 0) > 2000
    if demand_of(scenario, 1).expected_jobs < 2000 and nodes < 10_000 and not long:
        rows = measure(simulate(scenario, 1)).rows()
        assert not [row for row in rows if np.isinf(row[-1])]
    return True


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("topology", "links", 0, "share"), 5e-324),
        (("topology", "links", 0, "capacity_gbit_s"), 1e-6),
        (("topology", "clouds", 0, "control_plane_delay_ms"), 1e9),
        (("workloads", 0, "work", "sigma"), -0.0),
        (("workloads", 1, "arrivals", "cv"), 0.01),
        (("workloads", 2, "arrivals", "over_h"), 8760),
        (("horizon_h",), 3e-10),
    ],
)
def test_an_end_that_once_broke_the_engine(path, value, tmp_path):
    tables(tmp_path)
    tree = rich()
    if path == ("horizon_h",):
        tree["warmup_h"] = 0
    at(tree, path[:-1])[path[-1]] = value
    assert played(tree, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_every_number_at_its_ends(end, tmp_path):
    tables(tmp_path)
    numbers = [path for path in places(rich()) if is_number(at(rich(), path))]
    assert len(numbers) > 60
    for path in numbers:
        tree = rich()
        whole = isinstance(at(tree, path), int) and float(end).is_integer()
        at(tree, path[:-1])[path[-1]] = int(end) if whole else end
        played(tree, tmp_path)
