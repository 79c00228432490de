"""Lookups of a topology, by hand."""

import pickle
from math import inf

import pytest

from topology import (
    UNKNOWN_CPU,
    Chip,
    Cloud,
    Link,
    Pool,
    Region,
    Server,
    Site,
    Topology,
    TopologyError,
    complete,
    faults,
    fibre_delay_ms,
)


def a_topology(**fields):
    """A province core `core`, a city `hz` under it with county `xihu` that has no site."""
    rows = {
        "clouds": (Cloud(name="gov"),),
        "chips": (
            Chip(name="plain", kind="cpu", isa="x86_64"),
            Chip(name="card", kind="gpu", memory_gib=16),
        ),
        "servers": (
            Server(name="host", cpu="plain", vcpu=64, infrastructure_vcpu=8),
            Server(name="gpu-host", accelerator="card", accelerators=2, vcpu=32),
        ),
        "regions": (
            Region(name="zhejiang", level="province"),
            Region(name="hangzhou", level="city", parent="zhejiang", lat=30.25, lon=120.17),
            Region(name="xihu", level="county", parent="hangzhou", lat=30.26, lon=120.13),
            Region(name="ningbo", level="city", parent="zhejiang", lat=29.87, lon=121.55),
            Region(name="anhui", level="province"),
        ),
        "sites": (
            Site(name="core", tier="province", region="zhejiang"),
            Site(
                name="hz", tier="city", region="hangzhou", parent="core", lat=30.27, lon=120.15
            ),
            Site(
                name="hz2", tier="city", region="hangzhou", parent="core", lat=30.4, lon=120.3
            ),
        ),
        "pools": (
            Pool(name="cpus", site="hz", cloud="gov", server="host", nodes=2),
            Pool(name="gpus", site="hz", cloud="gov", server="gpu-host", nodes=1),
            Pool(
                name="dpus", site="core", cloud="gov", server="host", nodes=1, dpu="bluefield-3"
            ),
            Pool(name="h100", site="core", cloud="gov", server="srv-h100-8", nodes=1),
        ),
        "links": (
            Link(a="hz", b="core", delay_ms=2.0),
            Link(a="hz2", b="core", delay_ms=3.0),
            Link(a="hz", b="hz2", delay_ms=0.5),
        ),
    }
    return complete(Topology(**{**rows, **fields}))


def test_the_example_has_no_faults():
    assert faults(a_topology()) == ()


def test_items_are_found_by_name():
    topology = a_topology()
    assert topology.site("hz").parent == "core"
    assert topology.cloud("gov").name == "gov"
    assert topology.pool("gpus").nodes == 1
    assert topology.region("xihu").level == "county"
    assert topology.chip("card").memory_gib == 16
    assert topology.chip("nvidia-t4").memory_gib == 16
    assert topology.server("srv-t4-4").accelerators == 4


@pytest.mark.parametrize(
    ("lookup", "word"),
    [
        (Topology.site, "site"),
        (Topology.cloud, "cloud"),
        (Topology.pool, "pool"),
        (Topology.region, "region"),
        (Topology.chip, "chip"),
        (Topology.server, "server"),
        (Topology.overflow, "site"),
        (Topology.region_of, "site"),
        (Topology.ancestors, "region"),
        (Topology.sites_of, "region"),
        (Topology.home_sites, "region"),
        (Topology.region_delay_ms, "region"),
    ],
)
def test_an_unknown_name_is_an_error(lookup, word):
    with pytest.raises(TopologyError, match=f"no {word} of that name; got 'nowhere'"):
        lookup(a_topology(), "nowhere")


def test_rows_in_place_come_before_those_of_the_catalogue():
    topology = a_topology(
        chips=(Chip(name="nvidia-t4", kind="gpu", memory_gib=15),), servers=()
    )
    assert topology.chip("nvidia-t4").memory_gib == 15


def test_what_a_pool_is_made_of():
    topology = a_topology()
    cpus, gpus, _, h100 = topology.pools
    assert topology.cpu_of(cpus).isa == "x86_64"
    assert topology.accelerator_of(cpus) is None
    assert topology.dpu_of(cpus) is None
    assert topology.accelerator_of(gpus).name == "card"
    assert topology.cpu_of(gpus) is UNKNOWN_CPU
    assert topology.dpu_of(h100).name == "bluefield-3"
    assert topology.server_of(h100).infrastructure_vcpu == 0


def test_the_dpu_of_a_pool_overrides_and_gives_back_the_infrastructure():
    topology = a_topology()
    assert topology.server_of(topology.pool("cpus")).infrastructure_vcpu == 8
    served = topology.server_of(topology.pool("dpus"))
    assert (served.dpu, served.infrastructure_vcpu, served.vcpu) == ("bluefield-3", 0, 64)
    assert topology.dpu_of(topology.pool("dpus")).network_gbit_s == 400


def test_delays_stand_in_file_order_of_sites_and_are_read_only():
    topology = a_topology()
    assert topology.delay_ms.tolist() == [[0, 2, 2.5], [2, 0, 0.5], [2.5, 0.5, 0]]
    assert topology.delay_ms is topology.delay_ms
    with pytest.raises(ValueError, match="read-only"):
        topology.delay_ms[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        topology.region_delay_ms("xihu")[0] = 1


def test_paths_are_links():
    topology = a_topology()
    assert [(link.a, link.b) for link in topology.path("core", "hz2")] == [
        ("hz", "core"),
        ("hz", "hz2"),
    ]
    with pytest.raises(TopologyError, match="no site of that name; got 'x'"):
        topology.path("core", "x")


def test_overflow_goes_up_the_parents():
    topology = a_topology()
    assert topology.overflow("hz") == ("core",)
    assert topology.overflow("core") == ()


def test_regions_and_their_sites():
    topology = a_topology()
    assert topology.region_of("hz2") == "hangzhou"
    assert topology.sites_of("hangzhou") == ("hz", "hz2")
    assert topology.sites_of("xihu") == ()
    assert topology.ancestors("xihu") == ("xihu", "hangzhou", "zhejiang")
    assert topology.ancestor_at("xihu", "province") == "zhejiang"
    assert topology.ancestor_at("xihu", "county") == "xihu"
    assert topology.ancestor_at("xihu", "nation") is None


def test_home_is_the_nearest_ancestor_with_sites():
    topology = a_topology()
    assert topology.home_sites("hangzhou") == ("hz", "hz2")
    assert topology.home_sites("xihu") == ("hz", "hz2")
    assert topology.home_sites("ningbo") == ("core",)
    assert topology.home_sites("anhui") == ()


def test_a_region_stands_at_its_nearest_own_site():
    assert a_topology().region_delay_ms("hangzhou").tolist() == [2, 0, 0]


def test_a_region_without_site_adds_the_great_circle_to_its_ancestors_site():
    topology = a_topology()
    region, hz, hz2 = topology.region("xihu"), topology.site("hz"), topology.site("hz2")
    to_hz, to_hz2 = fibre_delay_ms(region, hz), fibre_delay_ms(region, hz2)
    assert topology.region_delay_ms("xihu").tolist() == [
        2 + to_hz,
        to_hz,
        min(0.5 + to_hz, to_hz2),
    ]


def test_a_site_without_coordinates_adds_nothing():
    assert a_topology().region_delay_ms("ningbo").tolist() == [0, 2, 2.5]


def test_a_region_without_any_home_is_infinitely_far():
    assert a_topology().region_delay_ms("anhui").tolist() == [inf] * 3


@pytest.mark.parametrize(
    ("site", "level", "place", "inside"),
    [
        ("hz", "province", "xihu", True),
        ("core", "province", "xihu", True),
        ("hz", "city", "xihu", True),
        ("core", "city", "xihu", False),
        ("hz", "city", "ningbo", False),
        ("hz", "county", "xihu", False),
        ("hz", "province", "anhui", False),
        ("hz", "nation", "hangzhou", True),
        ("hz", "nation", "xihu", False),
        ("core", "nation", "hangzhou", False),
    ],
)
def test_data_stays_within_the_ancestor_of_a_level_else_in_its_region(
    site, level, place, inside
):
    assert a_topology().within(site, level, place) is inside


def test_without_regions_each_site_is_its_own():
    topology = complete(
        Topology(
            sites=(
                Site(name="core", tier="province"),
                Site(name="hz", tier="city", parent="core", lat=30.0, lon=120.0),
            )
        )
    )
    assert topology.regions == (
        Region(name="core", level="province"),
        Region(name="hz", level="city", parent="core", lat=30.0, lon=120.0),
    )
    assert [site.region for site in topology.sites] == ["core", "hz"]
    assert topology.within("core", "province", "hz") is True
    assert topology.region_delay_ms("hz").tolist() == [0, 0]
    assert complete(topology) == topology


def test_a_site_stands_in_the_region_of_its_name():
    topology = a_topology(
        sites=(
            Site(name="hangzhou", tier="city"),
            Site(name="x", tier="city", region="ningbo"),
        ),
        pools=(),
        links=(),
    )
    assert topology.site("hangzhou").region == "hangzhou"
    assert topology.sites_of("hangzhou") == ("hangzhou",)


def test_completing_forgets_what_was_cached():
    sites = (Site(name="a", tier="city"), Site(name="b", tier="city"))
    topology = Topology(sites=sites, links=(Link(a="a", b="b", delay_ms=1),))
    assert topology.delay_ms[0, 1] == 1
    assert topology.sites_by_region == {"a": ("a",), "b": ("b",)}
    assert complete(topology).region_of("a") == "a"


def test_a_topology_travels_to_other_processes():
    topology = a_topology()
    topology.region_delay_ms("xihu")
    copy = pickle.loads(pickle.dumps(topology))
    assert copy == topology
    assert hash(copy) == hash(topology)
    assert copy != a_topology(links=())
    assert copy.region_delay_ms("xihu").tolist() == topology.region_delay_ms("xihu").tolist()
    assert copy.path("core", "hz2") == topology.path("core", "hz2")
