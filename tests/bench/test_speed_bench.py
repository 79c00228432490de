"""`suanli bench engine`: its rows, and that the loop of the lane carries its journeys."""

import json

from typer.testing import CliRunner

from bench.commands import app
from bench.speed import speed_scenario
from tests.laws.test_loop_is_met import placed_in_loop

PATHS = ["reference", "fast", "fast-no-laws", "fast-journeys", "fast-no-laws-journeys"]


def test_each_path_is_a_row_with_its_ratio_to_the_reference():
    found = CliRunner().invoke(
        app, ["bench", "engine", "--nodes", "60", "--jobs", "1000", "--rounds", "1", "--json"]
    )
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert [row["path"] for row in rows] == PATHS
    assert set(rows[0]) == {"path", "nodes", "jobs", "jobs_per_s", "ratio", "peak_mib"}
    assert all(row["ratio"] > 0 for row in rows)


def test_jobs_with_speeds_and_journeys_are_placed_in_the_loop():
    records, own = placed_in_loop(speed_scenario(300, 3000, journeys=True))
    assert (records.column("transfer_in_s") > 0).mean() > 0.9
    assert own.mean() > 0.99
