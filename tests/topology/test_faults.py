"""Every fault across rows, with its place and words."""

import pytest

from topology import (
    Chip,
    Cloud,
    Fault,
    Link,
    Pool,
    Region,
    Server,
    Site,
    Synthetic,
    Topology,
    faults,
    unused,
)

CLOUD = Cloud(name="gov")
SITE = Site(name="a", tier="city")
OTHER = Site(name="b", tier="city")
POOL = Pool(name="p", site="a", cloud="gov", server="srv-t4-4", nodes=2)


def site(**fields):
    return Site(**{"name": "a", "tier": "city", **fields})


def pool(**fields):
    return POOL.model_copy(update=fields)


def found(**rows):
    """Faults without their options, which are long where the catalogue is meant."""
    topology = Topology(**{"clouds": (CLOUD,), "sites": (SITE,), **rows})
    return [(fault.path[1:], fault.message, fault.got) for fault in faults(topology)]


def test_a_good_topology_has_none():
    assert found(pools=(POOL,)) == []


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (
            {"extends": "zhejiang"},
            (("extends",), "belongs to the scenario, not to a variant", None),
        ),
        (
            {"synthetic": Synthetic(cities=1, counties_per_city=0)},
            (("synthetic",), "belongs to the scenario, not to a variant", None),
        ),
        (
            {"sites": (SITE, SITE)},
            (("sites", 1, "name"), "another of sites has that name", "a"),
        ),
        (
            {"pools": (POOL, POOL)},
            (("pools", 1, "name"), "another of pools has that name", "p"),
        ),
        (
            {"tiers": ("city", "city")},
            (("tiers",), "a tier stands there twice", "city"),
        ),
        (
            {"sites": (site(tier="countie"),)},
            (
                ("sites", 0, "tier"),
                "expected nation, province, city, county or township",
                "countie",
            ),
        ),
        (
            {"tiers": ("core",)},
            (("sites", 0, "tier"), "expected core", "city"),
        ),
        (
            {"regions": (Region(name="a", level="state"),)},
            (
                ("regions", 0, "level"),
                "expected nation, province, city, county or township",
                "state",
            ),
        ),
        (
            {"sites": (site(parent="x"),)},
            (("sites", 0, "parent"), "no site of that name", "x"),
        ),
        (
            {"sites": (site(tariff="zhejang"),)},
            (("sites", 0, "tariff"), "no tariff of that name", "zhejang"),
        ),
        (
            {"sites": (site(region="x"),)},
            (("sites", 0, "region"), "no region of that name", "x"),
        ),
        (
            {"regions": (Region(name="x"),)},
            (("sites", 0), "region is missing, and no region is called", "a"),
        ),
        (
            {"regions": (Region(name="a", parent="x"),)},
            (("regions", 0, "parent"), "no region of that name", "x"),
        ),
        (
            {"pools": (pool(site="x"),)},
            (("pools", 0, "site"), "no site of that name", "x"),
        ),
        (
            {"pools": (pool(cloud="x"),)},
            (("pools", 0, "cloud"), "no cloud of that name", "x"),
        ),
        (
            {"pools": (pool(server="x"),)},
            (("pools", 0, "server"), "no server of that name", "x"),
        ),
        (
            {"pools": (pool(dpu="x"),)},
            (("pools", 0, "dpu"), "no chip of that name", "x"),
        ),
        (
            {"pools": (pool(dpu="nvidia-t4"),)},
            (
                ("pools", 0, "dpu"),
                "expected a chip of kind dpu, and this is a gpu",
                "nvidia-t4",
            ),
        ),
        (
            {"servers": (Server(name="s", cpu="x"),)},
            (("servers", 0, "cpu"), "no chip of that name", "x"),
        ),
        (
            {"servers": (Server(name="s", cpu="nvidia-t4"),)},
            (
                ("servers", 0, "cpu"),
                "expected a chip of kind cpu, and this is a gpu",
                "nvidia-t4",
            ),
        ),
        (
            {"servers": (Server(name="s", accelerator="intel-8380", accelerators=1),)},
            (
                ("servers", 0, "accelerator"),
                "expected a chip of kind gpu or npu, and this is a cpu",
                "intel-8380",
            ),
        ),
        (
            {"servers": (Server(name="s", dpu="intel-8380"),)},
            (
                ("servers", 0, "dpu"),
                "expected a chip of kind dpu, and this is a cpu",
                "intel-8380",
            ),
        ),
        (
            {"servers": (Server(name="s", accelerators=2),)},
            (("servers", 0), "accelerator is missing: accelerators counts it", None),
        ),
        (
            {"servers": (Server(name="s", accelerator="nvidia-t4"),)},
            (
                ("servers", 0, "accelerators"),
                "expected at least 1 with an accelerator",
                0,
            ),
        ),
        (
            {"links": (Link(a="a", b="x", delay_ms=1),)},
            (("links", 0, "b"), "no site of that name", "x"),
        ),
        (
            {"links": (Link(a="a", b="a", delay_ms=1),)},
            (("links", 0, "b"), "expected another site than a", "a"),
        ),
        (
            {"sites": (SITE, OTHER), "links": (Link(a="a", b="b"),)},
            (("links", 0), "delay_ms is missing, or lat and lon of both sites", None),
        ),
        (
            {"sites": (site(parent="a"),)},
            (("sites", 0, "parent"), "parents go round in a circle: a > a", "a"),
        ),
        (
            {"sites": (site(parent="b"), OTHER.model_copy(update={"parent": "a"}))},
            (("sites", 0, "parent"), "parents go round in a circle: a > b > a", "b"),
        ),
        (
            {"regions": (Region(name="a", parent="b"), Region(name="b", parent="a"))},
            (("regions", 0, "parent"), "parents go round in a circle: a > b > a", "b"),
        ),
        (
            {"sites": (site(lat=30.0),)},
            (("sites", 0), "lon is missing: a place has both", None),
        ),
        (
            {"regions": (Region(name="a", lon=30.0),)},
            (("regions", 0), "lat is missing: a place has both", None),
        ),
        (
            {"pools": (pool(nodes=6_000_000), pool(name="q", nodes=5_000_000))},
            (("pools",), "expected at most 10,000,000 nodes", 11_000_000),
        ),
        (
            {
                "sites": (SITE, OTHER, site(name="c")),
                "links": (Link(a="a", b="c", delay_ms=1),),
            },
            (("sites", 1), "no path of links to 'a'", "b"),
        ),
    ],
)
def test_one_fault(rows, fault):
    assert found(**rows) == [fault]


def test_all_faults_come_at_once():
    assert (
        len(found(sites=(site(tier="x", parent="y"),), pools=(pool(cloud="x", dpu="y"),))) == 4
    )


def test_faults_carry_what_would_have_been_right():
    (fault,) = faults(Topology(clouds=(CLOUD,), sites=(SITE,), pools=(pool(cloud="gv"),)))
    assert fault == Fault(
        ("topology", "pools", 0, "cloud"), "no cloud of that name", "gv", ("gov",)
    )


def test_a_chip_of_the_wrong_kind_is_told_chips_of_the_right_one():
    mine = Chip(name="my-dpu", kind="dpu")
    (fault,) = faults(
        Topology(clouds=(CLOUD,), sites=(SITE,), chips=(mine,), pools=(pool(dpu="my-dp"),))
    )
    assert "my-dpu" in fault.options
    assert "bluefield-3" in fault.options
    assert "nvidia-t4" not in fault.options


def test_a_tail_into_a_circle_is_not_another_circle():
    sites = (site(name="t", parent="a"), site(parent="b"), site(name="b", parent="a"))
    assert [path for path, _, _ in found(sites=sites)] == [("sites", 1, "parent")]


def test_rows_that_nothing_uses():
    topology = Topology(
        chips=(Chip(name="mine", kind="cpu"), Chip(name="idle", kind="gpu")),
        servers=(Server(name="s", cpu="mine"), Server(name="spare")),
        clouds=(CLOUD, Cloud(name="other")),
        sites=(SITE,),
        pools=(pool(server="s"),),
    )
    assert [(fault.path[1:], fault.message, fault.got) for fault in unused(topology)] == [
        (("clouds", 1), "nothing uses it", "other"),
        (("servers", 1), "nothing uses it", "spare"),
        (("chips", 1), "nothing uses it", "idle"),
    ]
