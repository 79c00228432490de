"""Hours waited by region."""

import pytest

from bench.area_hours import by_area
from tests.bench.report_fakes import a_view


def areas(**hours):
    view = a_view(variants=("base",), seeds=(1,))
    named = {name.replace("_", "-"): spent for name, spent in hours.items()}
    return by_area(view, "base", named)


def test_the_widest_level_that_tells_places_apart_is_told():
    """hz-gpu and xihu-edge stand in Hangzhou, core-gpu in the province itself."""
    assert areas(hz_gpu=1.0, xihu_edge=2.0, core_gpu=3.0) == (
        ("hangzhou", pytest.approx(0.5)),
        ("zhejiang", pytest.approx(0.5)),
    )


def test_where_one_region_has_nearly_all_a_narrower_level_is_told():
    assert areas(hz_gpu=5.0, xihu_edge=5.0) == (("hangzhou", 0.5), ("xihu", 0.5))


def test_one_place_is_no_group():
    assert areas(hz_gpu=9.0, core_gpu=1.0) == ()
    assert areas(unknown=9.0) == areas() == ()
