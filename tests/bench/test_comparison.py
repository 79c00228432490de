"""Variants side by side, and run folders side by side."""

import json

import pytest

from bench import compare as front_door
from bench.comparison import compare, compare_folders, like_with_like
from bench.measures import table_of
from bench.sentences import Question
from bench.verdict import better_of, short_names, verdict

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


def test_both_levels_are_over_the_paired_seeds_and_subtract():
    found = compare(a_table({"a": [1.0, 2.0, 100.0], "b": [3.0, 5.0]}))
    by = found.difference("a", "b", "wait_p95_s")
    assert (by.before, by.after, by.by.mean, by.by.n, by.seeds) == (1.5, 4.0, 2.5, 2, 2)


def test_a_seed_without_a_value_in_one_counts_in_neither():
    found = compare(a_table({"a": [1.0, 2.0], "b": [NAN, 5.0]}))
    by = found.difference("a", "b", "wait_p95_s")
    assert (by.before, by.after, by.by.mean, by.by.n, by.seeds) == (2.0, 5.0, 3.0, 1, 2)


def test_without_a_common_seed_the_levels_are_their_own():
    cells = [("a", 1, 4.0), ("b", 2, 6.0)]
    rows = [(name, "wait_p95_s", "s", "all", "", seed, value) for name, seed, value in cells]
    by = compare(table_of(rows)).difference("a", "b", "wait_p95_s")
    assert (by.before, by.after, by.by.n, by.seeds) == (4.0, 6.0, 0, 0)


def test_rows_of_a_scope_come_with_their_names():
    found = compare(a_table({"a": [1.0], "b": [2.0]}, scope="tenant", key="t"))
    [row] = found.differences(scope="tenant")
    assert (row.scope, row.key, row.by.mean) == ("tenant", "t", 1)


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


@pytest.mark.parametrize(
    ("folders", "pairs"),
    [
        pytest.param({"x": "ab"}, [], id="one folder"),
        pytest.param(
            {"x": "ab", "y": "ba"}, [("x/b", "y/b"), ("x/a", "y/a")], id="by their names"
        ),
        pytest.param({"x": "ab", "y": "ac"}, [("x/a", "y/a")], id="some"),
        pytest.param({"x": "a", "y": "b"}, [("x", "y")], id="one each"),
        pytest.param({"x": "a", "y": "bc"}, [], id="none"),
    ],
)
def test_variants_of_several_folders_meet_their_like(folders, pairs):
    tables = {name: a_table({v: [1.0] for v in variants}) for name, variants in folders.items()}
    assert like_with_like(tables) == pairs


@pytest.mark.parametrize(
    ("paths", "short"),
    [
        (("runs/as-bundled", "runs/mine"), ("as-bundled/v", "mine/v")),
        (("a/run", "b/run"), ("a/run/v", "b/run/v")),
        (("/x/a", "b"), ("/x/a/v", "b/v")),
        (("runs/a", "runs/a/b"), ("a/v", "a/b/v")),
    ],
)
def test_names_of_folders_lose_only_what_all_have(paths, short):
    found = short_names([f"{path}/v" for path in paths], paths)
    assert tuple(found.values()) == short


def test_the_verdict_is_over_the_seeds_that_all_have():
    found = compare(a_table({"a": [1.0, 2.0, 100.0], "b": [2.0, 3.0]}))
    names = {"a": "A", "b": "B"}
    said = verdict(found, names, Question("wait_p95_s", "lower"), ("a", "b"))
    assert said.startswith("“A” is better than “B”")
    assert "2 seeds" in said


@pytest.mark.parametrize(
    ("measure", "better"),
    [("used_share_gpu", "higher"), ("wait_mean_s", "lower"), ("jobs_finished", "higher"),
     ("idle_share_gpu", "")],
)  # fmt: skip
def test_which_way_is_better(measure, better):
    assert better_of(measure, {"measure": "used_share_gpu", "better": "higher"}) == better
