import pytest

from bench.charts import Look, draw, svg_of
from bench.map_data import Flow, site_map
from bench.report import draw_all, figure_notes
from bench.tables import gather
from tests.bench.report_fakes import a_view, resolved


def findings_of(found, **kwargs):
    return gather(a_view(variants=("base",), seeds=(1,), resolved={"base": found}, **kwargs))


def test_load_is_the_allocated_share_of_a_sites_pools():
    findings = gather(a_view(variants=("base",), seeds=(1, 2)))
    course, found = findings.courses["base"], site_map(findings, "base")
    gpu = course.column("gpu")
    assert found.spots["site-0"].sellable == course.capacity[0, gpu]
    share = course.mean(course.allocated)[0, gpu] / course.capacity[0, gpu]
    assert found.spots["site-0"].share == pytest.approx(share)
    assert found.spots["site-2"].sellable == 0


def test_jobs_that_leave_home_make_a_flow_and_those_at_home_none():
    findings = gather(a_view(variants=("base",), seeds=(1,)))
    jobs = findings.view.jobs("base", 1)
    pairs = list(zip(jobs.texts["region"], jobs.texts["pool"], strict=True))
    # xihu's own site is site-2; binjiang has none, so hangzhou's site-0 is its home
    assert set(site_map(findings, "base").flows) == {
        Flow("site-2", "site-0", pairs.count(("xihu", "hz-gpu"))),
        Flow("site-2", "site-1", pairs.count(("xihu", "core-gpu"))),
        Flow("site-0", "site-1", pairs.count(("binjiang", "core-gpu"))),
    }


def test_a_site_without_coordinates_stands_at_its_region_or_is_told():
    found = resolved()
    for site in found["topology"]["sites"]:
        del site["lat"], site["lon"]
    findings = findings_of(found)
    assert list(site_map(findings, "base").spots) == ["site-1"]
    drawn = draw_all(findings)
    assert "map" not in drawn
    notes = figure_notes(findings, drawn, "en")
    assert "No map: it takes two sites with coordinates (lat, lon); 2 of 3 have none." in notes


def test_some_sites_without_coordinates_are_told_in_the_caption():
    found = resolved()
    del found["topology"]["sites"][2]["lat"]
    assert site_map(findings_of(found), "base").lost == ["site-2"]


def test_the_numbers_behind_the_map_are_sites_links_and_flows():
    drawn = draw("map", gather(a_view(variants=("base",), seeds=(1,))))
    assert [row[1] for row in drawn.rows] == ["site"] * 3 + ["link"] * 2 + ["flow"] * 3


def test_many_sites_at_one_place_and_long_names_draw():
    found = resolved()
    found["topology"]["sites"] += [
        {"name": f"county-{n} with a very long name", "lat": 30.0, "lon": 120.0 + n // 2 * 1e-6}
        for n in range(200)
    ]
    assert "<svg" in svg_of(draw("map", findings_of(found), Look(lang="zh")))
