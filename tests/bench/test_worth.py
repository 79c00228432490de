"""What levers are worth: rows of paired differences, and the command that prints them."""

import json

import pytest

from bench import compare, experiment, worth
from bench.commands import main
from bench.store import read_measures
from bench.worth import LEVERS, Lever, worth_rows
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
    head, line, row = capsys.readouterr().out.splitlines()
    assert (head.split()[0], line.split()[:2]) == ("lever", ["a", "wait_mean_s"])
    assert json.loads(row)["seeds"] == 2
