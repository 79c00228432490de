import pytest

from bench.amounts import (
    amount,
    difference_cells,
    difference_unit,
    plain,
    scale_of,
    short,
    unit_of,
)


@pytest.mark.parametrize(("unit", "value", "text"), [
    ("s", 0, "0 s"),
    ("s", 2.5e-5, "25 µs"),
    ("s", 0.25, "250 ms"),
    ("s", 45.2, "45.2 s"),
    ("s", 60, "1 min"),
    ("s", 3600, "1 h"),
    ("s", 720, "12 min"),
    ("s", 12_300, "3.42 h"),
    ("s", 86_400, "24 h"),
    ("s", 7 * 86_400, "7 days"),
    ("s", float("nan"), "–"),
    ("share", 0.863, "86.3 %"),
    ("share", 0.0012, "0.12 %"),
    ("share", 0, "0.0 %"),
    ("points", -0.0987, "−9.9 points"),
    ("count", 8152, "8,152"),
    ("count", 8152.4, "8,152"),
    ("count", 90.83, "90.8"),
    ("count", float("inf"), "–"),
    ("CNY", 1_234_567.0, "1,234,567 CNY"),
    ("kWh", 25_000, "25.0 MWh"),
    ("", 2.345, "2.35"),
    ("", 0.00001, "0.0000"),
])  # fmt: skip
def test_an_amount_reads_with_its_unit_and_three_digits(unit, value, text):
    assert amount(unit, value) == text


def test_amounts_speak_chinese():
    assert amount("s", 12_300, "zh") == "3.42 小时"
    assert amount("points", 0.05, "zh") == "5.0 个百分点"


def test_minus_is_a_minus_and_zero_has_no_sign():
    scale = scale_of("s", [12_300])
    assert scale.number(-12_300) == "−3.42"
    assert scale.number(-0.001) == "0.00"


@pytest.mark.parametrize(("measure", "unit"), [
    ("wait_p95_s", "s"),
    ("allocated_share_gpu", "share"),
    ("censored_share", "share"),
    ("jobs_refused", "count"),
    ("preemptions", "count"),
    ("energy_kwh", "kWh"),
    ("cost_per_job_cny", "CNY"),
    ("transferred_gb", "GB"),
    ("slowdown_mean", ""),
])  # fmt: skip
def test_a_measure_tells_its_unit_by_its_name(measure, unit):
    assert unit_of(measure) == unit


def test_shares_differ_by_points():
    assert difference_unit("share") == "points"
    assert difference_unit("s") == "s"


def test_characters_that_steer_a_page_are_shown_as_such():
    steered = "a\x00b\u202ec\nd\ud800e\u2066\uffff"
    assert plain(steered) == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd\ufffd"
    assert plain("杭州 é $x_1$ <b>") == "杭州 é $x_1$ <b>"


def test_long_names_keep_both_ends():
    assert short("a" * 26) == "a" * 26
    assert short("hangzhou-" + "x" * 40 + "-gpu") == "hangzhou-xxxxxxx…xxxxx-gpu"


def test_no_time_is_no_seconds_on_every_scale():
    days, minutes = scale_of("s", [0.0, 5e5]), scale_of("s", [0.0, 200.0])
    assert [days.amount(0.0), minutes.amount(-0.0), days.amount(0.0, "zh")] == [
        "0 s", "0 s", "0 秒",
    ]  # fmt: skip
    assert (days.number(0.0), days.number(1.0)) == ("0", "0.00")
    assert scale_of("share", [0.0, 0.5]).amount(0.0) == "0.0 %"


@pytest.mark.parametrize(
    ("measure", "levels", "changes", "cells"),
    [
        ("wait_mean_s", (7200.0, 9000.0), (1800.0, 900.0, 2700.0),
         ("2.00 h", "2.50 h", "0.50 h", "0.25 to 0.75 h")),
        ("used_share_gpu", (0.25, 0.5), (0.25, 0.2, 0.3),
         ("25.0 %", "50.0 %", "25.0 points", "20.0 to 30.0 points")),
        ("energy_kwh", (20_000.0, 20_012.0), (12.0, 11.0, 13.0),
         ("20.000 MWh", "20.012 MWh", "0.012 MWh", "0.011 to 0.013 MWh")),
        ("wait_mean_s", (7200.0, 0.0), (-7200.0, float("nan"), float("nan")),
         ("2.00 h", "0 h", "−2.00 h", "–")),
    ],
)  # fmt: skip
def test_levels_and_their_difference_share_unit_and_decimals(measure, levels, changes, cells):
    shown = difference_cells(measure, levels, changes)
    assert tuple(cell.replace("\u202f", " ").replace("\u2009", " ") for cell in shown) == cells
