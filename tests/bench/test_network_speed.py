"""The benchmark of fair rates runs, and its two ways agree."""

import json
from math import inf

import pytest
from typer.testing import CliRunner

from bench.commands.bench import bench
from bench.network_speed import a_network, network_rows, rates_by_dicts


def test_both_ways_give_the_same_rates():
    rows = network_rows((30, 200), sites=300, rounds=1)
    assert [row.transfers for row in rows] == [30, 200]
    assert all(row.largest_difference < 1e-9 for row in rows)
    assert all(row.ratio > 0 and row.fast_ms > 0 and row.change_ms > 0 for row in rows)


def test_the_network_is_the_same_each_time_and_routes_stay_on_it():
    capacity, routes, cap = a_network(300, 200)
    assert a_network(300, 200) == (capacity, routes, cap)
    assert len(capacity) == 405
    assert all(0 <= link < 405 for route in routes for link in route)
    assert all(0 < len(set(route)) == len(route) for route in routes)
    assert sum(c < inf for c in cap) > 40


@pytest.mark.parametrize(
    ("routes", "cap", "expected"),
    [
        ([(0,), (0, 1)], [inf, inf], {0: 6, 1: 4}),
        ([(0,), (0,)], [3, inf], {0: 3, 1: 7}),
        ([(), ()], [3, inf], {0: 3, 1: inf}),
    ],
)
def test_the_textbook_by_hand(routes, cap, expected):
    assert rates_by_dicts([10, 4], routes, cap) == expected


def test_the_command_prints_a_row_a_size():
    small = [
        "network",
        "--transfers",
        "20",
        "--transfers",
        "30",
        "--sites",
        "100",
        "--rounds",
        "1",
    ]
    plain = CliRunner().invoke(bench, small)
    assert plain.exit_code == 0
    assert [line.split()[0] for line in plain.stdout.splitlines()] == ["transfers", "20", "30"]
    rows = CliRunner().invoke(bench, [*small, "--json"]).stdout.splitlines()
    assert [json.loads(row)["links"] for row in rows] == [135, 135]
