"""The ledger and the bill on the page: from a run's measures to rows of text."""

import pytest

from bench.ledger_tables import (
    MOST_KEYS,
    bill_table,
    ledger_csv,
    ledger_parts,
    ledger_table,
    means_of,
    shown,
)
from bench.metrics import measure
from bench.report import ledgers
from bench.view import MeasureRow
from scheduler import simulate
from tests.bench.fakes import TEXT, a_scenario
from tests.bench.report_fakes import a_view


def a_run_s_view(folder, text=TEXT):
    table = measure(simulate(a_scenario(folder, text), 1))
    rows = tuple(MeasureRow(*row) for row in table.rows())
    return a_view(variants=("base",), seeds=(1,), measures=rows)


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_every_scope_and_resource_has_its_line(tmp_path):
    ((_, means),) = means_of(a_run_s_view(tmp_path)).items()
    rows = texts(ledger_table(means, "en"))
    assert {row[0] for row in rows} == {
        "all",
        "tier",
        "cloud",
        "chip",
        "tenant",
        "site",
        "pool",
    }
    assert ["pool", "core-cpu", "memory", "256", "256", "0", "0", "0", "256"] in rows
    assert not any(row[1:3] == ["core-cpu", "GPU"] for row in rows)
    tenant = next(row for row in rows if row[0] == "tenant")
    assert (tenant[3], tenant[4], tenant[8]) == ("–", "–", "–")


def test_without_any_price_or_wattage_there_is_no_bill(tmp_path):
    ((_, means),) = means_of(a_run_s_view(tmp_path)).items()
    assert bill_table(means, "en").rows == []


def test_the_bill_shows_what_is_known_and_a_dash_for_the_rest(tmp_path):
    text = TEXT.replace("name: host, cpu", "name: host, price_cny: 52560, cpu")
    ((_, means),) = means_of(a_run_s_view(tmp_path, text)).items()
    table = bill_table(means, "en")
    rows = {tuple(row[:2]): row[2:] for row in texts(table)}
    assert table.heads[2] == "purchase cost"
    assert rows["cloud", "gov-a"][0] == "–"
    assert rows["tier", "province"][0] == "5.20 CNY"  # 4 nodes x 1.3 CNY x 1 h


def test_of_too_many_keys_the_largest_are_shown_and_the_title_says_so():
    row = ("base", "installed_vcpu", "vCPU")
    rows = [MeasureRow(*row, "site", f"s{n}", 1, 1.0 + n) for n in range(MOST_KEYS + 1)]
    rows += [MeasureRow(*row, "pool", "p", 1, 1.0)]
    view = a_view(variants=("base",), seeds=(1,), measures=tuple(rows))
    sites, pools = ledger_parts(means_of(view)["base"], "en")
    assert sites[0] == "by site (the 24 largest of 25; all are in figures/ledger.csv)"
    assert "s0" not in [line[1] for line in texts(sites[1])]
    assert len(sites[1].rows) == MOST_KEYS
    assert (pools[0], len(pools[1].rows)) == ("by pool", 1)
    assert len(ledger_csv(view).splitlines()) == MOST_KEYS + 3


def test_what_rounding_leaves_is_nothing():
    row = ("base", "{}_vcpu", "vCPU", "pool", "p", 1)
    values = {"installed": 640.0, "unallocated": 1e-9}
    rows = [
        MeasureRow(row[0], row[1].format(kind), *row[2:], value)
        for kind, value in values.items()
    ]
    view = a_view(variants=("base",), seeds=(1,), measures=tuple(rows))
    assert texts(ledger_table(means_of(view)["base"], "en"))[0][-1] == "0"


def test_tiers_stand_in_their_order():
    rows = [
        MeasureRow("base", "installed_vcpu", "vCPU", "tier", tier, 1, 1.0)
        for tier in ("city", "county", "nation", "province")
    ]
    view = a_view(variants=("base",), seeds=(1,), measures=tuple(rows))
    ((_, table),) = ledger_parts(means_of(view)["base"], "en")
    assert [line[1] for line in texts(table)] == ["nation", "province", "city", "county"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_run_of_an_older_version_has_no_ledger(lang):
    assert ledgers(a_view(), lang) == []


def test_long_scopes_come_largest_first_and_others_in_their_order():
    means = {
        (scope, key): {"installed_vcpu": size}
        for scope in ("pool", "tenant")
        for key, size in (("a", 8.0), ("b", 64.0), ("c", 8.0))
    }
    assert [key for _, key in shown(means, ["pool"], [])] == ["b", "a", "c"]
    assert [key for _, key in shown(means, ["tenant"], [])] == ["a", "b", "c"]
