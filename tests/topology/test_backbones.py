"""Published backbones as rows, from small texts of our own; the real ones where they are."""

import os
from pathlib import Path

import pytest

from topology import Network, TopologyError, fibre_delay_ms, sndlib_rows, topology_zoo_rows
from topology.backbones import Span, Spot, backbone, clean_name, unique_names

DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data"))

ABC = (Spot("A", 30, 120), Spot("B", 31, 121), Spot("C", 32, 122))


def links_of(rows):
    return [(x.a, x.b, x.delay_ms, x.capacity_gbit_s) for x in rows.links]


def test_a_place_is_a_region_with_a_site():
    rows = backbone(ABC, [Span(0, 1, 10), Span(1, 2)], tier="city")
    assert next((r.name, r.level, r.lat, r.lon) for r in rows.regions) == ("A", "city", 30, 120)
    assert [(s.name, s.tier, s.region, s.lat) for s in rows.sites][2] == ("C", "city", "C", 32)
    assert links_of(rows) == [("A", "B", None, 10), ("B", "C", None, None)]
    assert rows.notes == ("1 of 2 links have no capacity: they set no limit",)


def test_delays_are_those_of_the_great_circle():
    rows = backbone(ABC, [Span(0, 1), Span(1, 2)])
    delay_ms = Network(rows.sites, rows.links).delay_ms()
    a, b, c = rows.sites
    assert delay_ms[0, 2] == pytest.approx(fibre_delay_ms(a, b) + fibre_delay_ms(b, c))


def test_lines_side_by_side_become_one_link_of_their_sum():
    spans = [Span(0, 1, 10), Span(1, 0, 2.5), Span(1, 2, 1), Span(1, 2), Span(2, 2, 1)]
    rows = backbone(ABC, spans)
    assert links_of(rows) == [("A", "B", None, 12.5), ("B", "C", None, None)]
    assert rows.notes[:2] == (
        "lines beside another, now one link with it: 2",
        "lines that lead back to where they start, left out: 1",
    )


def test_a_link_without_a_distance_gets_the_median_of_the_others_or_what_is_given():
    spots = (*ABC, Spot("International"))
    spans = [Span(0, 1, 1), Span(1, 2, 1), Span(2, 3, 1)]
    rows = backbone(spots, spans)
    a, b, c, _ = rows.sites
    known = sorted((fibre_delay_ms(a, b), fibre_delay_ms(b, c)))
    assert rows.links[2].delay_ms == pytest.approx(sum(known) / 2)
    assert rows.notes[0] == "1 of 4 places have no coordinates"
    assert rows.notes[1].startswith("1 of 3 links have no distance: ")
    assert backbone(spots, spans, missing_delay_ms=7).links[2].delay_ms == 7


def test_where_no_link_has_a_distance_a_delay_must_be_given():
    spots, spans = (Spot("A"), Spot("B")), [Span(0, 1, 1)]
    with pytest.raises(TopologyError, match="no link has a distance; give missing_delay_ms"):
        backbone(spots, spans)
    assert links_of(backbone(spots, spans, missing_delay_ms=2)) == [("A", "B", 2, 1)]


def test_the_largest_part_is_kept_and_the_others_are_named():
    spots = [Spot("X", 0, 0), *ABC, *(Spot(f"far {n}", 1, n) for n in range(6))]
    rows = backbone(spots, [Span(1, 2, 1), Span(3, 2, 1), Span(4, 5, 1)])
    assert [site.name for site in rows.sites] == ["A", "B", "C"]
    assert rows.notes == (
        "no line leads from the 3 kept places to X, far 0, far 1, far 2, far 3 and 2 more: "
        "left out",
    )


def test_a_file_without_places_is_refused():
    with pytest.raises(TopologyError, match="the file holds no place"):
        backbone([], [])


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Xi'an", "Xi-an"),
        (" Washington, DC ", "Washington- DC"),
        ("C&NLMAN", "C-NLMAN"),
        ("(Hub) 1", "Hub) 1"),
        ("杭州", "杭州"),
        ("", "unnamed"),
        ("??", "unnamed"),
        ("x" * 80, "x" * 64),
        ("../etc", "etc"),
        ("aws:ap-east-1", "aws-ap-east-1"),
    ],
)
def test_a_label_becomes_a_name(label, name):
    assert clean_name(label) == name


def test_names_are_made_unique_in_file_order():
    labels = ["Mumbai", "Pune", "Mumbai", "Mumbai (2)", "Mumbai", "None", "None", "x" * 70]
    assert unique_names([*labels, "x" * 64]) == [
        "Mumbai",
        "Pune",
        "Mumbai (3)",
        "Mumbai (2)",
        "Mumbai (4)",
        "None",
        "None (2)",
        "x" * 64,
        "x" * 56 + " (2)",
    ]


# -- Topology Zoo -----------------------------------------------------------------------------

KEYS = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="n"/>
  <key attr.name="Latitude" attr.type="double" for="node" id="lat"/>
  <key attr.name="Longitude" attr.type="double" for="node" id="lon"/>
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="speed"/>
  <graph edgedefault="undirected">"""


def zoo_text(nodes, edges):
    rows = []
    for n, (label, lat, lon) in enumerate(nodes):
        place = (
            "" if lat is None else f'<data key="lat">{lat}</data><data key="lon">{lon}</data>'
        )
        rows.append(f'<node id="{n}"><data key="n">{label}</data>{place}</node>')
    for a, b, speed in edges:
        data = "" if speed is None else f'<data key="speed">{speed}</data>'
        rows.append(f'<edge source="{a}" target="{b}">{data}</edge>')
    return KEYS + "".join(rows) + "</graph></graphml>"


def test_a_network_of_the_zoo():
    text = zoo_text(
        [
            ("Delhi", 28.6, 77.2),
            ("Mumbai", 19.1, 72.9),
            ("Mumbai", 19.2, 72.9),
            ("Sea", None, 0),
        ],
        [(0, 1, 2.5e9), (1, 0, 1e10), (1, 2, None), (2, 3, 0.0)],
    )
    rows = topology_zoo_rows(text)
    assert [site.name for site in rows.sites] == ["Delhi", "Mumbai", "Mumbai (2)", "Sea"]
    assert [x.capacity_gbit_s for x in rows.links] == [12.5, None, None]
    assert rows.links[2].delay_ms is not None
    assert "1 of 4 places have no coordinates" in rows.notes


def test_impossible_coordinates_are_none():
    rows = topology_zoo_rows(
        zoo_text(
            [("a", 1, 1), ("b", 2, 1), ("c", 91, 1), ("d", "nan", 1)],
            [(0, 1, None), (1, 2, None), (2, 3, None)],
        )
    )
    assert [site.lat for site in rows.sites] == [1, 2, None, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not GraphML of the Topology Zoo: "),
        ("<graphml", "not GraphML of the Topology Zoo: "),
        ("<html/>", "not GraphML of the Topology Zoo: "),
        (KEYS + "</graph></graphml>", "the file holds no place"),
        (KEYS.replace("double", "colour") + "</graph></graphml>", "not GraphML"),
        (KEYS.replace('attr.type="double"', "") + "</graph></graphml>", "No key type for id"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + KEYS, "it declares a document type"),
    ],
)
def test_what_is_no_network_of_the_zoo_is_refused(text, message):
    with pytest.raises(TopologyError, match=message):
        topology_zoo_rows(text)


# -- SNDlib -----------------------------------------------------------------------------------

SND = """?SNDlib native format; type: network; version: 1.0
# a comment
NODES (
  Wu ( 120.30 31.57 )
  Su ( 120.62 31.32 )\t\tBORDERNODE
  Hu ( 121.47 31.23 )
)

LINKS (
  L1 ( Wu Su ) 2500.00 0.00 0.00 0.00 ( 1000.00 950000.00 )
  L2 ( Su Hu ) 0.00 0.00 0.00 0.00 ( 40.00 3290.00 )
  L3 ( Hu Su ) 100.00 0.00
  L4 ( Wu Hu )
)
DEMANDS (
  D ( Wu Hu ) 1 34.00 UNLIMITED
)
"""


def test_a_network_of_sndlib():
    rows = sndlib_rows(SND)
    assert [(s.name, s.lat, s.lon) for s in rows.sites][1] == ("Su", 31.32, 120.62)
    assert links_of(rows) == [
        ("Wu", "Su", None, 2.5),
        ("Su", "Hu", None, 0.1),
        ("Wu", "Hu", None, None),
    ]
    assert rows.notes[0] == "capacities are taken as multiples of 0.001 Gbit/s"
    assert sndlib_rows(SND, gbit_s_per_unit=1).links[0].capacity_gbit_s == 2500


def test_points_of_a_drawing_are_no_coordinates():
    rows = sndlib_rows(SND.replace("121.47", "283.00"), missing_delay_ms=1)
    assert {site.lat for site in rows.sites} == {None}
    assert {link.delay_ms for link in rows.links} == {1}
    assert rows.notes[0] == "coordinates are points of a drawing, not degrees: left out"


def test_nodes_may_stand_without_coordinates():
    rows = sndlib_rows("NODES (\nA\nB\n)\nLINKS (\nL ( A B )\n)", missing_delay_ms=1)
    assert links_of(rows) == [("A", "B", 1, None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no section NODES"),
        ("NODES (\n A ( 1 2 )\n", "no section NODES"),
        ("NODES (\n A ( 1 2 )\n)\n", "no section LINKS"),
        (SND.replace("Wu Su )", "Wu Xu )"), "link L1: no node is called 'Xu'"),
        (SND.replace("L4 ( Wu Hu )", "L4 Wu Hu"), "expected a link; got 'L4 Wu Hu'"),
        (SND.replace("  Wu (", "  ("), r"expected a node; got '\( 120.30 31.57 \)'"),
    ],
)
def test_what_is_no_network_of_sndlib_is_refused(text, message):
    with pytest.raises(TopologyError, match=message):
        sndlib_rows(text)


# -- the real files ---------------------------------------------------------------------------


def files(folder, pattern):
    return sorted((DATA / folder).glob(pattern))


@pytest.mark.skipif(not files("topology-zoo", "*.graphml"), reason="no public data here")
def test_every_network_of_the_zoo_is_one_whole_with_finite_delays():
    for path in files("topology-zoo", "*.graphml"):
        rows = topology_zoo_rows(path.read_text(encoding="utf-8"))
        network = Network(rows.sites, rows.links)
        assert network.unreachable() == (), path.name
        assert 0 < network.delay_ms().max() < 200, path.name
        assert len({site.name for site in rows.sites}) == len(rows.sites) > 5, path.name


@pytest.mark.skipif(not files("topology-zoo", "Chinanet.graphml"), reason="no public data here")
def test_the_backbones_of_china():
    chinanet = topology_zoo_rows((DATA / "topology-zoo/Chinanet.graphml").read_text("utf-8"))
    assert (len(chinanet.sites), len(chinanet.links)) == (42, 66)
    degree = {s.name: sum(s.name in (x.a, x.b) for x in chinanet.links) for s in chinanet.sites}
    top = sorted(degree, key=lambda name: -degree[name])[:4]
    assert [(name, degree[name]) for name in top] == [
        ("Beijing", 20),
        ("Shanghai", 14),
        ("Guangzhou", 13),
        ("Xi-an", 11),
    ]
    cernet = topology_zoo_rows((DATA / "topology-zoo/Cernet.graphml").read_text("utf-8"))
    assert (len(cernet.sites), len(cernet.links)) == (41, 58)
    assert sum(link.capacity_gbit_s is not None for link in cernet.links) == 52


@pytest.mark.skipif(not files("sndlib", "*.txt"), reason="no public data here")
def test_every_network_of_sndlib_is_read():
    sizes = {}
    for path in files("sndlib", "*.txt"):
        drawn = path.stem in {"atlanta-15nodes", "ta2-65nodes"}
        rows = sndlib_rows(path.read_text("utf-8"), missing_delay_ms=1 if drawn else None)
        assert Network(rows.sites, rows.links).unreachable() == ()
        assert drawn == any("points of a drawing" in note for note in rows.notes)
        sizes[path.stem.split("-")[0]] = len(rows.sites), len(rows.links)
    assert sizes["germany50"] == (50, 88)
    assert sizes["janos"] == (26, 42)  # 84 lines, there and back
    assert sizes["ta2"] == (65, 108)
