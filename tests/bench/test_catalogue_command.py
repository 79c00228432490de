"""`suanli catalogue`: every table, filtered, for people and for programs."""

import json

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.catalogue import _cut


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    """Whoever runs the tests in parallel gives them a width."""
    monkeypatch.delenv("COLUMNS", raising=False)


def catalogue(*args):
    done = CliRunner().invoke(app, ["catalogue", *args])
    return done.exit_code, done.stdout, done.stderr


def rows(*args):
    status, out, _ = catalogue(*args, "--json")
    assert status == 0
    return [json.loads(line) for line in out.splitlines()]


def test_without_a_table_it_tells_what_there_is():
    status, out, _ = catalogue()
    assert status == 0
    assert {"chips: 55 rows", "servers: 32 rows", "speeds: 368 rows"} <= set(out.splitlines())


def test_a_row_for_programs_has_every_column_and_null_where_unknown():
    (row,) = rows("chips", "--where", "name=nvidia-a100-sxm-80")
    assert (row["kind"], row["memory_gib"], row["price_cny"]) == ("gpu", 80, None)
    assert row["confidence"] == "published"
    assert row["source"]


def test_conditions_and_text_narrow_together():
    narrow = ("speeds", "--where", "benchmark=recommended_default", "--where", "class=video_ai")
    assert [row["factor"] for row in rows(*narrow, "ascend-910b3")] == [0.8]


def test_a_family_ends_in_a_star():
    names = [row["name"] for row in rows("chips", "--where", "name=ascend-910b*")]
    assert names == ["ascend-910b1", "ascend-910b2", "ascend-910b3", "ascend-910b4"]
    assert rows("chips", "--where", "name=*910b3") == []


def test_text_is_looked_for_in_every_table():
    found = rows("servers", "KUNPENG")
    assert all("kunpeng" in json.dumps(row).lower() for row in found)
    assert {row["table"] for row in rows()} >= {"chips", "stacks", "network", "reliability"}


def test_a_table_for_people_has_source_and_confidence():
    status, out, _ = catalogue("stacks", "--where", "chip=ascend-910b3")
    title, head, *lines = out.splitlines()
    assert status == 0
    assert title == f"stacks: {len(lines)} rows"
    assert head.split()[-2:] == ["confidence", "source"]
    assert all("derived" in line and "GPUStack" in line for line in lines)


def test_a_cell_too_long_for_the_terminal_is_cut_but_no_name(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    _, out, _ = catalogue("chips")
    _, head, *lines = out.splitlines()
    assert head.split()[-2:] == ["confidence", "source"]
    assert all(len(line) <= 100 for line in lines)
    assert sum(line.endswith("…") for line in lines) > 40
    names = [row["name"] for row in rows("chips")]
    assert [line.split()[0] for line in lines] == names
    assert any(len(row["source"]) > 100 for row in rows("chips"))


def test_chinese_takes_two_columns_and_is_cut_all_the_same():
    assert (_cut("智算中心", 8), _cut("智算中心", 6), _cut("abc", 2)) == (
        "智算中心",
        "智算…",
        "a…",
    )


def test_nothing_is_cut_where_no_terminal_is(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert "…" not in catalogue("chips")[1]


def test_a_value_that_no_row_has_is_told_with_those_there_are():
    status, out, err = catalogue("chips", "--where", "kind=gpuu")
    assert (status, out.splitlines()[0]) == (0, "chips: 0 rows")
    kinds = ", ".join(sorted({row["kind"] for row in rows("chips")}))
    assert err == f"--where: no kind is 'gpuu'; did you mean 'gpu'? (there are {kinds})\n"
    _, _, err = catalogue("chips", "--where", "name=none-such", "--where", "kind=gpu")
    assert err.startswith("--where: no name is 'none-such'")
    assert "others)" in err


def test_three_confidences_of_electricity_stand_beside_each_other():
    _, out, _ = catalogue("tariffs", "zhejiang")
    columns = ("price_confidence", "hours_confidence", "carbon_confidence", "source")
    assert all(column in out.splitlines()[1] for column in columns)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("chip",), "got 'chip'; did you mean 'chips'?"),
        (("chips", "--where", "nam=x"), "no such column; got 'nam'; did you mean 'name'?"),
        (("chips", "--where", "name"), "--where: expected column=value; got 'name'"),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_guess(args, message):
    status, out, err = catalogue(*args)
    assert (status, out) == (2, "")
    assert message in err


def test_places_are_told_by_name_level_and_chinese_label():
    found = {row["name"]: (row["level"], row["label_zh"]) for row in rows("places")}
    assert found["shanxi"] == ("province", "山西省")
    assert found["hangzhou-xihu"] == ("county", "西湖区")
    assert sum(level == "province" for level, _ in found.values()) == 31


KINDS = {
    "chips": "ascend-910b3",
    "servers": "srv-910b-8",
    "speeds": "llm_decode",
    "tariffs": "zhejiang",
    "network": "Shanghai",
    "reliability": "gpu_hbm",
    "stacks": "mindie",
    "places": "hangzhou-xihu",
}


@pytest.mark.parametrize("table", KINDS)
def test_every_table_is_printed_whole_and_one_object_a_line(table):
    status, out, _ = catalogue(table)
    title, head, *lines = out.splitlines()
    found = rows(table)
    assert status == 0
    assert title == f"{table}: {len(found)} rows"
    assert len(lines) == len(found)
    assert len({tuple(row) for row in found}) == 1  # all have the same columns
    columns = set(found[0])
    assert set(head.split()) <= columns
    if table != "places":
        assert any(column.endswith("confidence") for column in columns)
        assert all(row["source"] for row in found)


def test_the_tables_are_those_of_the_contract():
    status, out, _ = catalogue()
    assert status == 0
    assert {line.split(":")[0] for line in out.splitlines()} == set(KINDS)


@pytest.mark.parametrize(("table", "text"), KINDS.items())
def test_a_text_narrows_every_table(table, text):
    """Kept are the rows that hold it in some cell, whatever its case, and no others."""

    def holds(row):
        return any(text.lower() in str(cell).lower() for cell in row.values())

    every, kept = rows(table), rows(table, text)
    assert kept == [row for row in every if holds(row)]
    assert 0 < len(kept) < len(every)
