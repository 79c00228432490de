"""Networks from files: a backbone written out, links as measured."""

import gzip
import os
from pathlib import Path

import pytest

from scenarios import ScenarioError, read
from scenarios.networks import text_of
from topology import TopologyError, measured_pairs

DATA = Path(os.environ.get("SUANLI_DATA", Path(__file__).parents[3] / "shared" / "data"))
TEXT = """\
name: network
horizon_h: 1
topology:
  BACKBONE
  clouds: [{name: gov}]
  pools: [{name: p, site: Krakow, cloud: gov, server: srv-a10-4, nodes: 2}]
workloads:
  - name: load
    kind: jobs
    region: Krakow
    arrivals: {kind: fixed, every_s: 600}
    demand: {vcpu: 1}
    work: {kind: fixed, mean_h: 0.1}
"""
SNDLIB = """\
?SNDlib native format; type: network; version: 1.0
NODES (
  Krakow ( 19.95 50.05 )
  Katowice ( 19.02 50.26 )
  Kolobrzeg ( 15.58 54.18 )
)
LINKS (
  L1 ( Krakow Katowice ) 155.00 0.00 0.00 0.00 ( 155.00 156.00 )
  L2 ( Katowice Kolobrzeg ) 622.00 0.00 0.00 0.00 ( 155.00 156.00 )
)
"""


@pytest.fixture
def told(tmp_path):
    def scenario(backbone, more="", sets=()):
        (tmp_path / "net.txt").write_text(SNDLIB, encoding="utf-8")
        file = tmp_path / "s.yaml"
        file.write_text(TEXT.replace("BACKBONE", backbone) + more, encoding="utf-8")
        return read(file, sets=sets)

    return scenario


def problems(error):
    return [f"{p.line}:{p.column} {p.path}: {p.message}" for p in error.value.problems]


def test_a_backbone_is_written_out(told):
    scenario = told("backbone: {file: net.txt, format: sndlib, tier: city}")
    topology = scenario.topology
    assert [site.name for site in topology.sites] == ["Krakow", "Katowice", "Kolobrzeg"]
    assert {site.tier for site in topology.sites} == {"city"}
    assert [link.capacity_gbit_s for link in topology.links] == [0.155, 0.622]
    assert topology.backbone is None
    assert any(note.startswith("topology.backbone: capacities") for note in scenario.notes)


def test_the_unit_of_capacity(told):
    scenario = told("backbone: {file: net.txt, format: sndlib, gbit_s_per_unit: 1}")
    assert [link.capacity_gbit_s for link in scenario.topology.links] == [155, 622]


def test_rows_of_the_file_lie_over_it_and_variants_address_it(told):
    more = 'variants:\n  base: {}\n  cool: {"topology.sites[Kolobrzeg].pue": 1.1}\n'
    backbone = (
        "backbone: {file: net.txt, format: sndlib}\n"
        "  sites: [{name: Krakow, pue: 1.5}]\n"
        "  links: [{a: Katowice, b: Krakow, delay_ms: 7, capacity_gbit_s: 9}]"
    )
    base, cool = told(backbone, more).variants
    assert (base.topology.site("Krakow").pue, base.topology.site("Krakow").lat) == (1.5, 50.05)
    assert cool.topology.site("Kolobrzeg").pue == 1.1
    (link,) = base.topology.path("Krakow", "Katowice")
    assert (link.delay_ms, link.capacity_gbit_s) == (7, 9)
    assert len(base.topology.links) == 2


def test_a_backbone_that_is_none(told):
    with pytest.raises(ScenarioError) as error:
        told("backbone: {file: net.txt, format: topology-zoo}")
    (line,) = problems(error)
    assert line.startswith("4:20 topology.backbone.file: not GraphML of the Topology Zoo")
    with pytest.raises(ScenarioError) as error:
        told("backbone: {file: lost.txt, format: sndlb}")
    assert "topology.backbone.format: expected topology-zoo or sndlib" in str(error.value)
    with pytest.raises(ScenarioError) as error:
        told("backbone: {file: lost.txt, format: sndlib}")
    assert "no such file" in str(error.value)


MEASURED = TEXT.replace(
    "BACKBONE",
    "sites: [{name: Krakow, tier: city}, {name: b, tier: city}, {name: c, tier: city}]\n"
    "  links:\n"
    "    - {a: Krakow, b: b, override: {matrix: NAMES}}\n"
    "    - {a: Krakow, b: c, delay_ms: 1}\n"
    "    - {a: c, b: b, delay_ms: 1}",
)


def measured(tmp_path, names="rtt.csv", rtt="src,dst,rtt_ms\nKrakow,b,20\nb,Krakow,22\n"):
    (tmp_path / "rtt.csv").write_text(rtt)
    rates = "src,dst,gbit_s\nb,Krakow,2.5\n"
    (tmp_path / "rates.csv.gz").write_bytes(gzip.compress(rates.encode()))
    (tmp_path / "s.yaml").write_text(MEASURED.replace("NAMES", names))
    return read(tmp_path / "s.yaml").topology


def test_what_was_measured_counts_even_if_another_way_is_shorter(tmp_path):
    topology = measured(tmp_path)
    at = topology.site_index
    assert topology.delay_ms[at["Krakow"], at["b"]] == 10
    assert topology.delay_ms[at["b"], at["Krakow"]] == 10
    assert topology.delay_ms[at["Krakow"], at["c"]] == 1
    assert len(topology.path("b", "Krakow")) == 1
    assert topology.links[0].capacity_gbit_s is None


def test_delays_and_rates_of_two_files(tmp_path):
    link = measured(tmp_path, "[rtt.csv, rates.csv.gz]").links[0]
    assert (link.delay_ms, link.capacity_gbit_s) == (10, 2.5)


@pytest.mark.parametrize(
    ("names", "rtt", "message"),
    [
        ("rtt.csv", "src,dst,rtt_ms\nx,y,3\n", "nothing was measured between 'Krakow' and 'b'"),
        ("rtt.csv", "from,to\nx,y\n", "expected the columns src, dst and one of"),
        (
            "rtt.csv",
            "src,dst,rtt_ms\nKrakow,b,-3\n",
            "line 2: rtt_ms: expected a number above 0",
        ),
        ("lost.csv", "", "no such file"),
        ("3", "", "topology.links[#1].override.matrix: expected"),
    ],
)
def test_no_such_measurement(tmp_path, names, rtt, message):
    with pytest.raises(ScenarioError, match=r"topology\.links") as error:
        measured(tmp_path, names, rtt)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xfe", "not text in UTF-8"),
        (b"\x1f\x8b\x08\x00broken", "cannot be read"),
        (b"x" * 101, "expected at most 100 bytes"),
    ],
)
def test_files_that_are_no_text(tmp_path, monkeypatch, data, message):
    monkeypatch.setattr("scenarios.networks.MOST_BYTES", 100)
    name = "net.gz" if message == "cannot be read" else "net.txt"
    (tmp_path / name).write_bytes(data)
    with pytest.raises(TopologyError, match=message):
        text_of(tmp_path / name)


@pytest.mark.skipif(not (DATA / "skyplane-intercloud").is_dir(), reason="data not here")
def test_delays_used_equal_the_skyplane_matrix(tmp_path):
    """Forty regions of three clouds, a link between each two that were measured."""
    path = DATA / "skyplane-intercloud" / "rtt_ms.csv.gz"
    matrix = measured_pairs(gzip.decompress(path.read_bytes()).decode())
    names = matrix.places()[::3][:40]
    pairs = [
        (a, b)
        for n, a in enumerate(names)
        for b in names[n + 1 :]
        if matrix.delay_between(a, b) is not None
    ]
    lines = [f"    - {{a: {a}, b: {b}, override: {{matrix: rtt_ms.csv.gz}}}}" for a, b in pairs]
    sites = ", ".join(f"{{name: {name}, tier: nation}}" for name in names)
    topology = f"sites: [{sites}]\n  links:\n" + "\n".join(lines)
    text = TEXT.replace("BACKBONE", topology).replace("Krakow", names[0])
    (tmp_path / "s.yaml").write_text(text)
    read_ = read(tmp_path / "s.yaml", data=[path.parent]).topology
    at = read_.site_index
    assert len(pairs) > 250
    for a, b in pairs:
        assert read_.delay_ms[at[a], at[b]] == matrix.delay_between(a, b)


@pytest.mark.skipif(not (DATA / "topology-zoo").is_dir(), reason="data not here")
def test_a_file_of_the_topology_zoo_runs(tmp_path):
    text = TEXT.replace("BACKBONE", "backbone: {file: Abilene.graphml}")
    text = text.replace("Krakow", "Chicago")
    (tmp_path / "s.yaml").write_text(text)
    topology = read(tmp_path / "s.yaml", data=[DATA / "topology-zoo"]).topology
    assert (len(topology.sites), len(topology.links)) == (11, 14)
