import pytest

from bench.charts import Look, draw, svg_of
from bench.map_data import Flow, site_map
from bench.report import draw_all, figure_notes, map_notes
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


def a_land(cities, counties):
    """A core, its cities, and the counties of each, all in one line; pools in counties."""
    sites = [{"name": "core", "tier": "province", "lat": 30.0, "lon": 119.0}]
    for c in range(cities):
        city = {"name": f"city-{c}", "tier": "city", "parent": "core"}
        sites.append({**city, "lat": 30.0, "lon": 120.0 + c})
        for n in range(counties):
            place = {"lat": 30.0 + n / 100, "lon": 120.0 + c}
            county = {"name": f"county-{c}-{n}", "tier": "county", "parent": f"city-{c}"}
            sites.append({**county, **place})
    found = resolved()
    pools = [
        {"name": "hz-gpu", "site": "county-0-0"},
        {"name": "core-gpu", "site": "county-0-1"},
    ]
    found["topology"] |= {
        "sites": sites,
        "pools": pools,
        "links": [{"a": s["name"], "b": s["parent"]} for s in sites[1:]],
        "regions": [
            {"name": "xihu", "parent": "county-1-0"},
            {"name": "binjiang", "parent": "city-0"},
        ]
        + [{"name": s["name"]} for s in sites],
    }
    return findings_of(found)


def test_the_counties_of_many_sites_are_part_of_their_citys_dot():
    findings = a_land(cities=3, counties=200)
    found = site_map(findings, "base")
    assert set(found.spots) == {"core", "city-0", "city-1", "city-2"}
    assert (found.sites, found.folded) == (604, 600)
    assert set(found.links) == {("city-0", "core"), ("city-1", "core"), ("city-2", "core")}
    course, gpu = findings.courses["base"], 2
    assert found.spots["city-0"].sellable == course.capacity[:2, gpu].sum()
    busy = course.mean(course.allocated)[:2, gpu].sum()
    assert found.spots["city-0"].share == pytest.approx(busy / course.capacity[:2, gpu].sum())
    # binjiang's jobs stay inside the dot of city-0, xihu's leave that of city-1
    assert {(flow.home, flow.site) for flow in found.flows} == {("city-1", "city-0")}
    assert found.flows[0].jobs > 100
    assert "600 of 604 sites are part of the dot" in map_notes(findings, "en")[0]


def test_few_sites_each_have_a_dot():
    found = site_map(a_land(cities=3, counties=3), "base")
    assert (len(found.spots), found.folded, map_notes(a_land(3, 3), "en")) == (13, 0, [])


def test_a_map_keeps_more_than_one_dot():
    found = site_map(a_land(cities=501, counties=1), "base")
    assert (len(found.spots), found.folded) == (502, 501)
