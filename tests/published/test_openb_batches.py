"""Planned batches on openb lists: the command, what it refuses, and more GPU than fgd."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.commands.bench import bench
from bench.published.openb_batches import jobs_of, planned_rows, planned_shares

DATA = Path(os.environ.get("SUANLI_DATA", "../shared/data")) / "openb-2023"
NODES = DATA / "openb_node_list_gpu_node.csv"
DEFAULT = DATA / "openb_pod_list_default.csv"
needs_data = pytest.mark.skipif(not NODES.is_file(), reason="the openb files do not ship")
PUBLISHED_FGD = 0.952  # default list, 100 % arrived


@pytest.fixture
def lists(tmp_path):
    nodes, pods = tmp_path / "nodes.csv", tmp_path / "pods.csv"
    rows = [f"n-{n},32000,131072,4,T4" for n in range(5)]
    nodes.write_text("\n".join(["sn,cpu_milli,memory_mib,gpu,model", *rows]) + "\n")
    head = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,"
    head += "creation_time,deletion_time,scheduled_time"
    kinds = [("1", "500"), ("1", "1000"), ("2", "1000"), ("0", "0")] * 5
    rows = [
        f"p-{n},2000,4096,{gpus},{milli},,LS,Running,{n},{n + 99},{n}"
        for n, (gpus, milli) in enumerate(kinds)
    ]
    pods.write_text("\n".join([head, *rows]) + "\n")
    return nodes, pods


def test_the_command_prints_planned_rows(lists):
    nodes, pods = (str(path) for path in lists)
    asked = ["openb", "--nodes", nodes, "--pods", pods, "--seeds", "2", "--policy", "planned"]
    plain = CliRunner().invoke(bench, asked)
    assert plain.exit_code == 0
    assert {line.split()[1] for line in plain.stdout.splitlines()} == {"policy", "planned"}
    told = CliRunner().invoke(bench, [*asked, "--json"]).stdout
    rows = [json.loads(line) for line in told.splitlines()]
    assert [row["seed"] for row in rows[::6]] == [1, 2, None]
    shares = [row["gpu_allocated_share"] for row in rows if row["gpu_allocated_share"]]
    assert shares
    assert all(0.5 < share <= 1 for share in shares)


def test_pods_that_may_not_run_everywhere_are_refused(lists):
    nodes, pods = lists
    pods.write_text(pods.read_text().replace("1000,,LS", "1000,T4,LS"))
    with pytest.raises(ValueError, match="planned batches know no lists of chips"):
        jobs_of(nodes, pods)
    asked = ["openb", "--nodes", str(nodes), "--pods", str(pods), "--policy", "planned"]
    refused = CliRunner().invoke(bench, asked)
    assert refused.exit_code == 2
    assert "pods.csv: planned batches know no lists of chips" in refused.stderr


def test_the_same_seed_gives_the_same_rows(lists):
    assert list(planned_rows(*lists, 1)) == list(planned_rows(*lists, 1))


@needs_data
def test_planned_batches_allocate_more_than_fgd():
    assert planned_shares(NODES, DEFAULT, 1)[1.0] > PUBLISHED_FGD


@needs_data
@pytest.mark.slow
def test_planned_batches_allocate_more_than_fgd_over_ten_seeds():
    means = {row.arrived_share: row for row in planned_rows(NODES, DEFAULT, 10)}
    assert means[1.0].seed is None
    assert means[1.0].gpu_allocated_share > PUBLISHED_FGD + 0.002
