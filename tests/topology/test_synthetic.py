"""Made-up trees: of the size that is asked for, the same for the same seed."""

import json

import pytest

from topology import Synthetic, Topology, complete, faults, synthetic_rows


def built(**size):
    rows = synthetic_rows(Synthetic(**size))
    return complete(Topology.model_validate_json(json.dumps(rows)))


@pytest.mark.parametrize(
    ("size", "sites"),
    [
        ({"cities": 1, "counties_per_city": 0}, 2),
        ({"cities": 3, "counties_per_city": 4}, 16),
        ({"cities": 2, "counties_per_city": 2, "townships_per_county": 3}, 19),
        ({"cities": 2, "counties_per_city": 1, "pools_per_site": 25}, 5),
    ],
)
def test_a_tree_has_the_size_asked_for(size, sites):
    topology = built(**size)
    assert faults(topology) == ()
    assert len(topology.sites) == sites == Synthetic(**size).sites
    assert len(topology.pools) == sites * size.get("pools_per_site", 1)
    assert len(topology.links) == sites - 1


def test_the_same_seed_gives_the_same_tree_and_another_another():
    size = {"cities": 3, "counties_per_city": 3}
    assert built(**size, seed=4) == built(**size, seed=4)
    assert built(**size, seed=4) != built(**size, seed=5)


def test_the_first_pools_of_a_site_are_those_of_its_tier():
    names = [pool.name for pool in built(cities=1, counties_per_city=1, pools_per_site=2).pools]
    assert names[:2] == ["synthetic-core-gov-a-kunpeng", "synthetic-core-gov-a-ascend"]
    assert names[4:] == ["city-1-county-1-gov-a-kunpeng", "city-1-county-1-gov-a-ascend"]


def test_people_live_in_counties():
    peopled = {r.level for r in built(cities=2, counties_per_city=2).regions if r.population}
    assert peopled == {"county"}
