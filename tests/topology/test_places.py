"""31 provinces with their cities and counties: pinyin names, coordinates, people."""

import re
from collections import Counter

import pytest

from topology import catalogue_places, great_circle_km, province_names


def test_31_provinces_342_cities_and_all_counties():
    assert Counter(place.level for place in catalogue_places().values()) == {
        "province": 31,
        "city": 342,
        "county": 2978,
    }
    assert {"beijing", "shanxi", "shaanxi", "neimenggu", "xizang"} <= set(province_names())


@pytest.mark.parametrize(
    ("name", "label_zh"),
    [
        ("shanxi", "山西省"),
        ("shaanxi", "陕西省"),
        ("chongqing", "重庆市"),
        ("hangzhou", "杭州市"),
        ("hangzhou-xihu", "西湖区"),
        ("zhejiang-taizhou", "台州市"),
        ("jiangsu-taizhou", "泰州市"),
        ("jilin-jilin", "吉林市"),
        ("lishui", "丽水市"),
        ("xiamen", "厦门市"),
        ("bengbu", "蚌埠市"),
        ("bozhou", "亳州市"),
        ("luan", "六安市"),
        ("changzhi-zhangzi", "长子县"),
        ("tangshan-laoting", "乐亭县"),
        ("wenzhou-yueqing", "乐清市"),
        ("zhengzhou-xingyang", "荥阳市"),
        ("anqing-susong", "宿松县"),
        ("lishui-jingning", "景宁畲族自治县"),
        ("yili-yiningshi", "伊宁市"),
        ("yili-yiningxian", "伊宁县"),
        ("beijing-haidian", "海淀区"),
        ("enshi", "恩施土家族苗族自治州"),
    ],
)
def test_names_are_pinyin_prefixed_where_not_unique(name, label_zh):
    assert catalogue_places()[name].label_zh == label_zh


def test_names_are_short_and_plain():
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in catalogue_places())
    assert max(map(len, catalogue_places())) <= 40


def test_parents_lead_from_county_to_province():
    level = {"county": "city", "city": "province"}
    for place in catalogue_places().values():
        parent = catalogue_places()[place.parent] if place.parent else None
        assert (parent.level if parent else None) == level.get(place.level)


def test_the_people_of_a_city_are_shared_equally_among_its_counties():
    districts = [p for p in catalogue_places().values() if p.parent == "hangzhou"]
    assert len(districts) == 13
    assert (
        sum(p.population for p in districts)
        == catalogue_places()["hangzhou"].population
        == 8_700_400
    )
    assert max(p.population for p in districts) - min(p.population for p in districts) <= 1
    assert catalogue_places()["zhejiang"].population == 54_427_000


def test_counties_without_coordinates_stand_at_the_seat_of_their_city():
    seat, linping = catalogue_places()["hangzhou"], catalogue_places()["hangzhou-linping"]
    assert (linping.lat, linping.lon, linping.stands) == (seat.lat, seat.lon, "seat")
    assert linping.confidence == "estimate"


def test_coordinates_are_those_of_the_world():
    """The hall of the West Lake district lies within 1 km of where WGS 84 has it."""
    xihu = catalogue_places()["hangzhou-xihu"]
    hall = xihu.model_copy(update={"lat": 30.2595, "lon": 120.1303})
    assert great_circle_km(xihu, hall) < 1


def test_no_county_is_on_the_other_side_of_the_country():
    far = {
        place.name: great_circle_km(place, catalogue_places()[place.parent])
        for place in catalogue_places().values()
        if place.level == "county"
    }
    known = ("hulunbeier", "ali-", "haixi-", "xilinguole", "alashan", "sansha", "neimenggu")
    strange = [n for n, km in far.items() if km and km > 500 and not n.startswith(known)]
    assert strange == []


def test_every_row_tells_its_sources():
    rows = catalogue_places().values()
    assert all("57a0aa9cef47" in row.source for row in rows)
    assert {row.confidence for row in rows} == {"secondary", "estimate", "unverified"}
    assert [row.name for row in rows if row.confidence == "unverified"] == ["sansha"]
