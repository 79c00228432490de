from pathlib import Path

import pytest

from scenarios.inventories import expand_nodes_file, openb_topology
from scenarios.problems import ScenarioError
from topology import Chip, Pool, Server

SAMPLES = Path(__file__).parent / "samples"
SECTION = {"file": "nodes.csv", "format": "openb"}


def test_each_node_type_is_a_pool_in_file_order():
    _, _, pools = expand_nodes_file(SECTION, SAMPLES / "nodes.csv")
    assert [(pool["name"], pool["nodes"]) for pool in pools] == [
        ("G2-96c-8g", 2),
        ("P100-64c-2g", 1),
        ("cpu-64c-128gib", 1),
        ("cpu-64c-256gib", 1),
        ("V100M32-82c-1g", 1),
    ]
    assert {pool["site"] for pool in pools} == {"cluster"}


def test_rows_are_those_of_a_scenario():
    chips, servers, pools = expand_nodes_file(
        SECTION, SAMPLES / "nodes.csv", site="s", cloud="c"
    )
    assert [Chip(**row).memory_gib for row in chips] == [None, 16.0, 32.0]
    built = [Server(**row) for row in servers]
    assert [Pool(**row).server for row in pools] == [server.name for server in built]
    assert [(server.accelerator, server.accelerators) for server in built][1:3] == [
        ("P100", 2),
        (None, 0),
    ]
    assert {(row["site"], row["cloud"]) for row in pools} == {("s", "c")}


def test_memory_is_exact_in_mib():
    _, servers, _ = expand_nodes_file(SECTION, SAMPLES / "nodes.csv")
    assert [row["memory_gib"] * 1024 for row in servers][-1] == 100_001


def test_the_section_names_the_site_and_cloud():
    section = {**SECTION, "site": "x", "cloud": "y"}
    _, _, pools = expand_nodes_file(section, SAMPLES / "nodes.csv", site="s", cloud="c")
    assert {(row["site"], row["cloud"]) for row in pools} == {("x", "y")}


def test_a_list_makes_a_topology_of_its_own():
    section = openb_topology(SAMPLES / "nodes.csv")
    assert section["sites"] == [{"name": "cluster", "tier": "city"}]
    assert len(section["pools"]) == len(section["servers"]) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("n-0,96000,", "n-0,lots,", r"nodes.csv:2:1: cpu_milli: expected a number; got 'lots'"),
        (
            "262144,2,P",
            "262144,,P",
            r"nodes.csv:3:1: gpu: expected a whole number; got 'nothing'",
        ),
        ("262144,2,P", "262144,-1,P", r"nodes.csv:3:1: gpu: expected a whole number; got '-1'"),
        ("n-0,96000,", "n-0,", r"nodes.csv:2:1: expected 5 columns; got 4"),
        ("cpu_milli,", "cpus,", r"nodes.csv:1:1: cpu_milli: this column is required"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path, old, new, message):
    path = tmp_path / "nodes.csv"
    path.write_text((SAMPLES / "nodes.csv").read_text().replace(old, new, 1))
    with pytest.raises(ScenarioError, match=message):
        expand_nodes_file(SECTION, path)


def test_a_list_without_nodes_is_none(tmp_path):
    (tmp_path / "nodes.csv").write_text("sn,cpu_milli,memory_mib,gpu,model\n")
    with pytest.raises(ScenarioError, match="expected at least one row"):
        expand_nodes_file(SECTION, tmp_path / "nodes.csv")
