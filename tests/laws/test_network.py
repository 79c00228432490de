"""Laws of shared links: both engines agree, endless room is no sharing, nothing is lost."""

import os
from itertools import pairwise

import numpy as np
import pytest

from scheduler import simulate
from tests.laws.generator import Dice, scenario_of
from tests.laws.tables import differences
from tests.laws.test_engines_agree import tree_of

COUNT = int(os.environ.get("SUANLI_AGREE_NETWORK", "100"))
BATCH = 50
FIRST = 40_000
TRAFFIC = ("order", "business", "sharing")


def shared_tree(seed: int) -> dict:
    """A random scenario in which data moves, over links that are often too small for it."""
    tree = tree_of(FIRST + seed)
    dice = Dice(np.random.default_rng([seed, 7]))
    topology = tree["topology"]
    if tree["policies"]["queue"]["at"] != "pool":
        tree["policies"].pop("preemption", None)
    if dice.chance(0.7):
        spread(topology)
    places = [place["name"] for place in topology.get("regions", topology["sites"])]
    sets = [
        {
            "name": name,
            "at": [site["name"] for site in dice.some(topology["sites"][-2:])],
            "size_gb": dice.pick([0.001, 10, 100]),
        }
        for name in ("maps", "films")[: dice.pick([0, 0, 1, 2])]
    ]
    topology["data_sets"] = sets
    for workload in tree["workloads"]:
        workload.setdefault("region", dice.pick(places))
        data = workload.setdefault("data", {})
        data |= {"input_gb": dice.pick([0, 1, 8, 40]), "output_gb": dice.pick([0, 2, 20])}
        for key in ("stays_within", "data_class"):
            data.pop(key, None)
        if dice.chance(0.6):
            data["at"] = dice.pick(topology["sites"][-2:])["name"]
        workload["traffic"] = dice.pick(TRAFFIC)
        if sets and dice.chance(0.6):
            data["set"] = dice.pick(sets)["name"]
    for link in topology.get("links", []):
        if dice.chance(0.8):
            link["capacity_gbit_s"] = dice.pick([0.02, 0.1, 0.5, 10])
    links = topology.get("links", [])
    if links and dice.chance(0.4):
        link = dice.pick(links)
        floor = link.get("capacity_gbit_s", 1) * link.get("share", 1) * dice.pick([0.1, 0.5])
        topology["slices"] = [
            {"name": "s", "path": [link["a"], link["b"]], "floor_gbit_s": floor,
             "traffic": dice.pick(TRAFFIC)}
        ]  # fmt: skip
    tree["policies"]["network"] = {"name": "shared"}
    return tree


def spread(topology: dict) -> None:
    """Two more sites behind the first, where data may lie, and links between all."""
    sites = topology["sites"]
    for name in ("site-y", "site-z"):
        sites.append({"name": name, "tier": "city"})
        if "regions" in topology:
            sites[-1]["region"] = "nb"
    names = [site["name"] for site in sites]
    known = {name for link in topology.get("links", []) for name in (link["a"], link["b"])}
    links = topology.setdefault("links", [])
    for a, b in pairwise(names):
        if b not in known:
            links.append({"a": a, "b": b, "delay_ms": 1.5})


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_both_engines_share_links_alike(first):
    found = {}
    for seed in range(first, first + BATCH):
        scenario = scenario_of(shared_tree(seed))
        runs = [simulate(scenario, seed, engine=engine) for engine in ("plain", "lane")]
        differ = differences(*runs)
        if differ:
            found[seed] = differ
    assert found == {}


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_shared_with_endless_capacity_is_alone(first):
    found = {}
    for seed in range(first, first + BATCH):
        tree = shared_tree(seed)
        for link in tree["topology"].get("links", []):
            link.pop("capacity_gbit_s", None)
        tree["topology"].pop("slices", None)
        shared = simulate(scenario_of(tree), seed)
        tree["policies"]["network"] = {"name": "alone"}
        differ = differences(simulate(scenario_of(tree), seed), shared)
        if differ:
            found[seed] = differ
    assert found == {}


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_both_engines_move_data_sets_alike_where_nothing_is_shared(first):
    found = {}
    for seed in range(first, first + BATCH):
        tree = shared_tree(seed)
        if not tree["topology"]["data_sets"]:
            continue
        tree["policies"]["network"] = {"name": "alone"}
        runs = [simulate(scenario_of(tree), seed, engine=name) for name in ("plain", "lane")]
        differ = differences(*runs)
        if differ:
            found[seed] = differ
    assert found == {}


def test_sharing_changes_many_of_these_runs():
    changed = 0
    for seed in range(60):
        tree = shared_tree(seed)
        shared = simulate(scenario_of(tree), seed)
        tree["policies"]["network"] = {"name": "alone"}
        changed += bool(differences(simulate(scenario_of(tree), seed), shared))
    assert changed >= 20
