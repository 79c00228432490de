"""What levers are worth: rows of paired differences, and the command that prints them."""

import json
from dataclasses import replace

import pytest

from bench import compare, experiment, worth
from bench.amounts import THIN
from bench.commands import main
from bench.commands.bench import worth_heads, worth_line
from bench.store import read_measures
from bench.worth import LEVERS, Lever, WorthRow, worth_rows
from scenarios import read

LEVER = Lever("fifth server", "first-run", "as-it-is", "fifth-server", ("wait_mean_s",))


def test_every_lever_names_variants_of_its_scenario():
    for lever in LEVERS:
        names = [variant.variant for variant in read(lever.scenario).variants]
        assert {lever.without, lever.with_it} <= set(names), lever


@pytest.mark.wide
def test_a_row_is_the_paired_difference_of_the_run(tmp_path):
    names = [variant.variant for variant in read("first-run").variants]
    lever = Lever("a", "first-run", names[0], names[1], ("wait_mean_s", "cost_total_cny"))
    rows = list(worth_rows([lever], seeds=3))
    out = tmp_path / "run"
    experiment.run(read("first-run"), seeds=3, out=out)
    found = compare(read_measures(out / "measures.parquet"))
    by = found.difference(names[0], names[1], "wait_mean_s").by
    assert [row.measure for row in rows] == ["wait_mean_s", "cost_total_cny"]
    first = rows[0]
    assert (first.difference, first.low, first.high, first.seeds) == (
        by.mean,
        by.low,
        by.high,
        3,
    )
    assert first.with_it - first.without == pytest.approx(first.difference)


@pytest.mark.wide
def test_the_command_prints_a_line_a_measure_and_json(monkeypatch, capsys):
    names = [variant.variant for variant in read("first-run").variants]
    levers = (Lever("a", "first-run", names[0], names[1], ("wait_mean_s",)),)
    monkeypatch.setattr(worth, "LEVERS", levers)
    monkeypatch.setattr(worth_rows, "__defaults__", (levers, 10, 1))
    for more in ([], ["--json"]):
        monkeypatch.setattr("sys.argv", ["suanli", "bench", "worth", "--seeds", "2", *more])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code in (0, None)
    lever, head, line, row = capsys.readouterr().out.splitlines()
    assert lever == (f"a: first-run, without = {names[0]}, with = {names[1]}, 2 paired seeds")
    assert (head.split()[0], line.split()[0]) == ("measure", "wait_mean_s")
    assert json.loads(row)["seeds"] == 2
    assert (json.loads(row)["base"], json.loads(row)["variant"]) == tuple(names[:2])


ROW = WorthRow(
    "lever", "s", "a", "b", "wait_mean_s", "s", 7200.0, 9000.0, 1800.0, 900.0, 2700.0, 10
)


def test_a_line_has_one_unit():
    line = worth_line(ROW).replace(THIN, " ")
    assert line.split("  ")[-1] == "0.25 to 0.75 h"
    assert [word for word in line.split() if word.isalpha()] == ["h", "h", "h", "to", "h"]
    share = replace(ROW, measure="idle_share_gpu", without=0.5, with_it=0.25)
    line = worth_line(replace(share, difference=-0.25, low=-0.3, high=-0.2)).replace(THIN, " ")
    numbers = ["50.0", "%", "25.0", "%", "−25.0", "points", "−30.0", "to", "−20.0", "points"]
    assert line.split()[1:] == numbers


def test_scenario_and_variants_are_told_once_a_lever():
    what, heads = worth_heads(ROW, first=True)
    assert what == "lever: s, without = a, with = b, 10 paired seeds"
    assert heads.split()[:4] == ["measure", "without", "with", "difference"]
    assert worth_heads(ROW, first=False)[0] == ""  # a line between two levers
