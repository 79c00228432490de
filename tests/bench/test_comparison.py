"""Variants side by side, and run folders side by side."""

import json

import pytest

from bench import compare as front_door
from bench.comparison import compare, compare_folders
from bench.measures import table_of

NAN = float("nan")


def a_table(values, measure="wait_p95_s", scope="all", key=""):
    """variant -> values of seeds 1, 2, ...."""
    return table_of(
        (variant, measure, "s", scope, key, seed, value)
        for variant, by_seed in values.items()
        for seed, value in enumerate(by_seed, start=1)
    )


def test_variants_keep_their_order_and_get_intervals():
    found = compare(a_table({"z": [1.0, 3.0], "a": [5.0, 5.0]}))
    assert found.variants == ("z", "a")
    assert found.estimate("z", "wait_p95_s").mean == 2
    assert found.estimate("a", "wait_p95_s").low == 5
    assert found.estimate("a", "energy_kwh").n == 0


def test_differences_are_paired_by_seed():
    found = compare(a_table({"a": [10.0, 20.0, 30.0], "b": [11.0, 21.0, 31.0]}))
    [difference] = found.differences()
    assert (difference.a, difference.b, difference.unit) == ("a", "b", "s")
    assert (difference.by.mean, difference.by.low, difference.by.high) == (1, 1, 1)
    assert found.differences(["wait_p95_s"], base="b")[0].by.mean == -1


def test_only_seeds_that_both_have_are_compared():
    found = compare(a_table({"a": [1.0, 2.0], "b": [3.0]}))
    assert found.difference("a", "b", "wait_p95_s").by.n == 1


def test_tables_of_single_runs_are_joined():
    parts = [a_table({"a": [1.0]}), a_table({"b": [2.0]})]
    assert compare(parts).variants == ("a", "b")
    assert front_door is compare


def test_keys_of_a_scope():
    found = compare(a_table({"a": [1.0]}, scope="pool", key="p"))
    assert found.keys("pool") == ("p",)
    assert found.estimate("a", "wait_p95_s", "pool", "p").mean == 1


def test_the_summary_is_json_without_nan():
    summary = compare(a_table({"a": [1.0], "b": [NAN]})).summary()
    assert json.loads(json.dumps(summary, allow_nan=False)) == {
        "a": {"wait_p95_s": {"mean": 1.0, "low": None, "high": None, "n": 1, "unit": "s"}},
        "b": {"wait_p95_s": {"mean": None, "low": None, "high": None, "n": 0, "unit": "s"}},
    }


@pytest.mark.parametrize(
    ("folders", "variants"),
    [
        pytest.param({"x": ["a", "b"]}, ("a", "b"), id="one folder: as they are"),
        pytest.param(
            {"x": ["a", "b"], "y": ["a"]}, ("x/a", "x/b", "y"), id="several: by folder"
        ),
    ],
)
def test_folders_side_by_side(folders, variants):
    tables = {
        name: a_table({variant: [1.0] for variant in those}) for name, those in folders.items()
    }
    assert compare_folders(tables).variants == variants
