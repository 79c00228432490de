"""Topologies by name: provinces as they are laid out, Zhejiang by hand, hubs, the nation."""

import json
import time

import pytest

from topology import HUBS, Topology, complete, faults, named_topologies, province_names, unused


def built(name):
    rows = named_topologies()[name]()
    return complete(Topology.model_validate_json(json.dumps(rows)))


@pytest.mark.parametrize("name", province_names())
def test_every_province_is_whole(name):
    topology = built(f"province/{name}")
    assert faults(topology) == ()
    assert unused(topology) == ()
    assert topology.site(f"{name}-core").tier == "province"
    assert all(site.tariff for site in topology.sites)


def test_a_province_has_a_core_with_two_clouds_and_one_cloud_runs_many_chips():
    topology = built("province/guizhou")
    core = [pool for pool in topology.pools if pool.site == "guizhou-core"]
    assert {pool.cloud for pool in core} == {"gov-a", "gov-b"}
    city = [p.name for p in topology.pools if p.site == "guiyang" and p.cloud == "gov-a"]
    assert {"guiyang-gov-a-kunpeng", "guiyang-gov-a-phytium", "guiyang-gov-a-hygon"} <= set(
        city
    )
    tiers = [site.tier for site in topology.sites]
    assert (tiers.count("province"), tiers.count("city")) == (1, 9)
    assert topology.site("guiyang-yunyan").parent == "guiyang"


def test_a_site_is_called_after_its_region_and_a_pool_after_site_cloud_and_family():
    topology = built("province/hebei")
    for site in topology.sites:
        assert site.name in (site.region, "hebei-core")
    for pool in topology.pools:
        assert pool.name.startswith(f"{pool.site}-{pool.cloud}-")
        family = pool.name.removeprefix(f"{pool.site}-{pool.cloud}-")
        chip = topology.accelerator_of(pool) or topology.cpu_of(pool)
        assert chip.name.startswith(family)


@pytest.mark.parametrize("name", ["xizang", "zhejiang", "beijing"])
def test_every_pool_with_accelerators_has_some_to_sell(name):
    """A reserve of a tenth of one card leaves none: single cards are sold whole."""
    topology = built(f"province/{name}")
    for pool in topology.pools:
        devices = pool.nodes * topology.server_of(pool).accelerators
        assert not devices or int(devices * (1 - pool.reserve_share)) >= 1
    assert {pool.reserve_share for pool in topology.pools} <= {0.0, 0.1}


def test_data_may_stay_within_city_province_and_nation():
    topology = built("province/zhejiang")
    assert topology.within("ningbo", "province", "hangzhou-xihu")
    assert not topology.within("ningbo", "city", "hangzhou-xihu")
    assert topology.within("hangzhou-yuhang", "city", "hangzhou-xihu")
    assert topology.ancestor_at("hangzhou-xihu", "nation") == "china"


def test_counties_right_below_the_province_hang_on_its_core():
    topology = built("province/henan")
    assert topology.site("henan-jiyuan").parent == "henan-core"
    assert "henan-zhixia" not in topology.sites_by_name


def test_delays_are_those_of_fibre_and_a_hop_at_each_end():
    topology = built("province/zhejiang")
    (link,) = topology.path("hangzhou", "zhejiang-core")
    assert (link.delay_ms, link.capacity_gbit_s) == (0.1, 10)
    (link,) = topology.path("ningbo", "zhejiang-core")
    assert 0.9 < link.delay_ms < 1.2
    assert topology.path("hangzhou-xihu", "hangzhou")[0].capacity_gbit_s == 1


def test_hangzhou_has_80_edge_nodes_in_13_districts_and_counties():
    topology = built("zhejiang")
    assert faults(topology) == ()
    edge = [
        s for s in topology.sites if s.tier == "county" and s.region.startswith("hangzhou-")
    ]
    assert (len(edge), len({site.region for site in edge})) == (80, 13)
    assert "hangzhou-xihu-9" in topology.sites_by_name
    assert topology.overflow("hangzhou-xihu-9") == (
        "hangzhou",
        "zhejiang-core",
        "changsanjiao-hub",
    )


def test_zhejiang_rents_at_the_hubs_what_it_does_not_own():
    topology = built("zhejiang")
    hubs = [pool for pool in topology.pools if topology.site(pool.site).tier == "nation"]
    assert len(hubs) == 6
    assert {pool.cloud for pool in hubs} == {"national"}
    assert topology.cloud("national").on_demand
    assert not topology.cloud("gov-a").on_demand


def test_accelerators_are_kept_for_those_who_ask_and_edge_nodes_keep_nothing_back():
    topology = built("zhejiang")
    for pool in topology.pools:
        assert pool.gpu_jobs_only == (topology.accelerator_of(pool) is not None)
        edge = topology.site(pool.site).tier == "county"
        assert pool.reserve_share == (0.0 if edge else 0.1)


def test_people_of_zhejiang_are_those_of_its_counties_only():
    topology = built("zhejiang")
    outside = [r for r in topology.regions if r.name.startswith(("shanghai", "wuhu", "anhui"))]
    assert outside
    assert all(region.population is None for region in outside)


def test_ten_hubs_stand_on_the_nation_tier_and_reach_each_other():
    topology = built("hubs")
    assert faults(topology) == ()
    assert [site.name for site in topology.sites] == list(HUBS)
    assert {site.tier for site in topology.sites} == {"nation"}
    assert (len(HUBS), len(topology.links)) == (10, 45)
    assert topology.delay_ms.max() < 20  # one way: the circle of 20 ms


def test_the_delay_between_hubs_agrees_with_the_catalogue():
    """Shanghai to Zhongwei: 23.6 ms there and back, 19.8 to 28.2."""
    topology = built("hubs")
    i = topology.site_index
    delay_ms = topology.delay_ms[i["changsanjiao-hub"], i["zhongwei-hub"]]
    assert 19.8 < 2 * delay_ms < 28.2


def test_a_nation_builds_within_ten_seconds():
    start_s = time.perf_counter()
    topology = built("nation")
    assert faults(topology) == ()
    assert topology.delay_ms.shape == (len(topology.sites),) * 2
    assert time.perf_counter() - start_s < 10
    cities = [region for region in topology.regions if region.level == "city"]
    assert (len(cities), len(topology.sites)) == (342, 3357)
    assert topology.site("zhejiang-core").parent == "changsanjiao-hub"
