import pytest

from bench.glossary.names import CHIP_FAMILIES, CLOUDS, HUB_NAMES
from bench.place_words import (
    apart,
    name_any,
    name_cloud,
    name_key,
    name_line,
    name_place,
    name_pool,
)
from topology import HUBS, named_topologies


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("zhejiang", "浙江省"),
        ("hangzhou", "杭州市"),
        ("hangzhou-xihu", "杭州市西湖区"),
        ("hangzhou-xihu-9", "杭州市西湖区9号"),
        ("zhejiang-taizhou-luqiao", "台州市路桥区"),
        ("beijing-chaoyang", "北京市朝阳区"),
        ("zhejiang-core", "浙江省核心"),
        ("wuhu-hub", "芜湖枢纽"),
        ("my-own-site", "my-own-site"),
        ("hangzhou-core", "hangzhou-core"),
        ("hangzhou-xihu-009", "hangzhou-xihu-009"),
    ],
)
def test_a_generated_site_goes_by_its_place(name, told):
    assert name_place(name, "zh") == told
    assert name_place(name, "en") == name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("hangzhou-xihu-2-gov-a-ascend", "杭州市西湖区2号·政务云A·昇腾"),
        ("zhejiang-core-gov-b-nvidia", "浙江省核心·政务云B·英伟达"),
        ("wuhu-hub-national-kunpeng", "芜湖枢纽·枢纽租用云·鲲鹏"),
        ("mine-gov-a-ascend", "mine-gov-a-ascend"),
        ("hangzhou-gov-a-abacus", "hangzhou-gov-a-abacus"),
        ("hangzhou-gov-c-ascend", "hangzhou-gov-c-ascend"),
    ],
)
def test_a_generated_pool_goes_by_place_cloud_and_chips(name, told):
    assert name_pool(name, "zh") == told
    assert name_pool(name, "en") == name


@pytest.mark.parametrize("name", ["zhejiang", "nation"])
def test_no_generated_name_stays_pinyin_and_no_two_are_told_alike(name):
    rows = named_topologies()[name]()
    assert HUB_NAMES.keys() == HUBS.keys()
    for section, namer in (("sites", name_place), ("pools", name_pool), ("clouds", name_cloud)):
        names = [str(row["name"]) for row in rows[section]]
        told = {name: namer(name, "zh") for name in names}
        assert [name for name in names if told[name] == name] == []
        assert len(set(told.values())) == len(names)


def test_lines_and_keys_of_scopes():
    assert name_line("site:hangzhou", "zh") == "站点队列杭州市"
    assert name_line("site:hangzhou", "en") == "the line of site hangzhou"
    assert name_line("cloud:gov-a", "zh") == "云队列政务云A"
    assert name_line("hangzhou-gov-a-ascend", "zh") == "杭州市·政务云A·昇腾"
    assert name_line("site:mine", "zh") == "站点队列 mine"
    assert apart("mine", "zh", after=True) == " mine "
    assert apart("mine", "en", after=True) == "mine"
    assert name_line("platform", "zh") == "平台统一队列"
    assert name_key("pool", "hangzhou-gov-a-ascend", "zh") == "杭州市·政务云A·昇腾"
    assert name_key("cloud", "gov-b", "zh") == "政务云B"
    assert name_key("tenant", "hangzhou", "zh") == "hangzhou"  # a tenant is no place
    assert [name_any(n, "zh") for n in ("gov-a", "hangzhou", "reports")] == [
        "政务云A",
        "杭州市",
        "reports",
    ]
    assert set(CLOUDS) == {"gov-a", "gov-b", "national"}
    assert set(CHIP_FAMILIES) == {"kunpeng", "phytium", "hygon", "ascend", "nvidia"}
