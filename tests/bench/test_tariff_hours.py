"""Tariffs by the hour: periods, midnight, seasons, and what is not known."""

from datetime import datetime

import numpy as np
import pytest

from bench.tariff_hours import curve_of, curves_of, table_of_year
from topology import Tariff, catalogue_tariffs, tariff_of_month

DAY = {
    "price_peak_cny_kwh": 1.0,
    "price_flat_cny_kwh": 0.5,
    "price_valley_cny_kwh": 0.25,
    "hours_peak": "09-12;17-21",
    "hours_flat": "07-09;12-17;21-23",
    "hours_valley": "23-07",
}
MONDAY = datetime.fromisoformat("2026-03-02")


def a_tariff(**changes):
    return Tariff(**{"name": "here", **DAY, **changes})


@pytest.mark.parametrize(
    ("hour", "price"),
    [(22, 0.5), (23, 0.25), (0, 0.25), (6, 0.25), (7, 0.5), (9, 1.0), (11, 1.0), (12, 0.5)],
)
def test_a_period_holds_from_its_first_hour_to_before_its_last(hour, price):
    assert a_tariff().price_at(hour) == price


def test_tip_counts_where_it_overlaps_peak():
    tip = a_tariff(hours_tip="17-19", price_tip_cny_kwh=2.0)
    assert (tip.price_at(17), tip.price_at(19)) == (2.0, 1.0)


def test_without_hours_the_flat_price_holds_all_day():
    flat = Tariff(name="flat", price_flat_cny_kwh=0.55)
    assert {flat.price_at(hour) for hour in range(24)} == {0.55}


def test_an_hour_in_no_period_or_without_a_price_is_unknown():
    assert a_tariff(hours_valley="23-06").price_at(6) is None
    assert a_tariff(price_peak_cny_kwh=None).price_at(9) is None


def test_a_season_may_wrap_the_year():
    assert a_tariff(season="Nov-Feb").named_months() == (11, 12, 1, 2)
    assert a_tariff(season="Jul").named_months() == (7,)


def test_other_months_take_the_other_row():
    summer, rest = a_tariff(season="Jul-Sep"), a_tariff(season="other")
    assert tariff_of_month((rest, summer), 8) is summer
    assert tariff_of_month((summer, rest), 10) is rest
    assert tariff_of_month((summer,), 10) is None


def test_a_kilowatt_across_midnight():
    curve = curve_of((a_tariff(),), MONDAY, 48 * 3600)
    begin, end = np.array([22.5, 23.5]) * 3600, np.array([24.5, 31.5]) * 3600
    # half an hour flat and one and a half valley; seven and a half valley and half flat
    assert curve.between(begin, end).tolist() == pytest.approx(
        [0.5 * 0.5 + 1.5 * 0.25, 7.5 * 0.25 + 0.5 * 0.5], rel=1e-14
    )


def test_local_time_decides_even_from_a_start_inside_an_hour():
    curve = curve_of((a_tariff(),), datetime.fromisoformat("2026-03-02T22:45"), 3600)
    assert curve.until(np.array([3600.0])).tolist() == [0.25 * 0.5 + 0.75 * 0.25]


def test_a_season_ends_at_midnight_between_two_months():
    rows = a_tariff(season="Jul-Sep"), a_tariff(season="other", price_valley_cny_kwh=0.125)
    curve = curve_of(rows, datetime.fromisoformat("2026-09-30T23:00"), 2 * 3600)
    assert curve.until(np.array([7200.0])).tolist() == [0.25 + 0.125]


def test_no_tariff_and_an_unknown_hour_are_nan():
    assert np.isnan(curves_of([None], MONDAY, 3600)[0].until(np.array([3600.0]))).all()
    holes = curve_of((a_tariff(hours_valley=None),), MONDAY, 24 * 3600)
    assert np.isnan(holes.until(np.array([86_400.0]))).all()


def test_an_empty_run_costs_nothing():
    assert curve_of((a_tariff(),), MONDAY, 0.0).until(np.array([0.0])).tolist() == [0.0]


def test_every_tariff_of_the_catalogue_has_a_price_at_every_hour_of_the_year():
    holes = [
        name for name, t in catalogue_tariffs().items() if np.isnan(table_of_year(t)).any()
    ]
    assert holes == []
