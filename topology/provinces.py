"""Topologies by name: any province, the ten hubs, the nation, and Zhejiang tuned by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from topology.estates import CLOUDS, CORE, GOVERNMENT, HUB, HUB_LINK_GBIT_S, Estate, Lot, Row
from topology.places import NATION, Place, catalogue_places, inside, province_names
from topology.regions import Region

Rows = Mapping[str, list[Row]]

# Tariffs are named in English, provinces in pinyin.
TARIFFS = {"neimenggu": "inner-mongolia"}
CORE_LINK_GBIT_S = 100.0  # between provinces (estimate)
NO_CITY = "-zhixia"  # counties right below the province: a group without a seat

# The ten clusters of the eight hubs (东数西算), each at a place of the table.
HUBS: Mapping[str, str] = {
    "zhangjiakou-hub": "zhangjiakou",
    "changsanjiao-hub": "shanghai-qingpu",
    "wuhu-hub": "wuhu",
    "shaoguan-hub": "shaoguan",
    "tianfu-hub": "chengdu",
    "chongqing-hub": "chongqing-shiqu",
    "guian-hub": "guiyang",
    "helingeer-hub": "huhehaote-helingeer",
    "qingyang-hub": "qingyang",
    "zhongwei-hub": "zhongwei",
}

# Hangzhou: 80 edge nodes in its 13 districts and counties, dealt out by hand (estimate).
HANGZHOU_EDGE: Mapping[str, int] = {
    "hangzhou-shangcheng": 9,
    "hangzhou-gongshu": 8,
    "hangzhou-xihu": 9,
    "hangzhou-binjiang": 7,
    "hangzhou-xiaoshan": 9,
    "hangzhou-yuhang": 9,
    "hangzhou-linping": 6,
    "hangzhou-qiantang": 6,
    "hangzhou-fuyang": 4,
    "hangzhou-linan": 4,
    "hangzhou-tonglu": 3,
    "hangzhou-chunan": 3,
    "hangzhou-jiande": 3,
}
EDGE = (
    Lot(GOVERNMENT, "kunpeng", "srv-edge-kunpeng-1p", 0.0, 1),
    Lot(GOVERNMENT, "ascend", "srv-edge-310p-1", 0.0, 2),
)
# A province does not own the hubs next door: it pays by the hour (accelerators CNY 8 to 12,
# 2023 price guide; vCPU and memory are estimates) and by the GB that leaves (list price).
RENTED: Row = {
    "name": "national",
    "control_plane_delay_ms": 150.0,
    "on_demand": True,
    "price_cny_h": {"vcpu": 0.12, "memory_gib": 0.03, "gpu": 9.0},
    "egress_cny_per_gb": 0.8,
}
RENTED_HUB = tuple(replace(lot, cloud="national") for lot in HUB)
# The core of Zhejiang has what the catalogue holds newest beside what is there (estimate).
ZHEJIANG_CORE = (*CORE, Lot(GOVERNMENT, "phytium", "srv-phytium-s5000c-2p", 0.0, 48))


def named_topologies() -> Mapping[str, Callable[[], Rows]]:
    """What `extends` may name, each with what makes its rows (clouds, regions, sites, ...)."""
    named = {f"province/{name}": partial(province, name) for name in province_names()}
    return {"zhejiang": zhejiang, "hubs": hubs, "nation": nation, **named}


def province(name: str) -> Rows:
    """A province: a core with two clouds, city pools of mixed chips, county edge nodes."""
    estate = Estate()
    estate.clouds()
    _province(estate, name)
    return estate.rows


def zhejiang() -> Rows:
    """Zhejiang by hand: 80 edge nodes in Hangzhou, and the two hubs next to it above."""
    estate = Estate()
    estate.clouds((*CLOUDS, RENTED))
    _hubs(estate, ("changsanjiao-hub", "wuhu-hub"), RENTED_HUB)
    _province(
        estate,
        "zhejiang",
        Tuning(core=ZHEJIANG_CORE, edge=HANGZHOU_EDGE, parent="changsanjiao-hub"),
    )
    estate.link("zhejiang-core", "wuhu-hub", 100.0)
    return estate.rows


def hubs() -> Rows:
    """The ten hub clusters as sites of the nation, each linked with all others."""
    estate = Estate()
    estate.clouds()
    _hubs(estate, tuple(HUBS))
    return estate.rows


def nation() -> Rows:
    """The ten hubs and all 31 provinces, each core linked to its two nearest hubs."""
    return several(("hubs", *(f"province/{name}" for name in province_names())))


def several(names: Sequence[str]) -> Rows:
    """Provinces side by side, and the hubs if they are named.

    Each core is linked to its two nearest hubs, the nearer is its parent; without hubs the
    cores are linked with each other.

    Args:
        names: `province/NAME`, each once, and `hubs` or not.
    """
    chosen = [name for name in province_names() if f"province/{name}" in names]
    estate = Estate()
    estate.clouds()
    estate.regions([NATION, *(place.region() for p in chosen for place in inside(p))])
    if "hubs" in names:
        _hubs(estate, tuple(HUBS))
    for name in chosen:
        seat = catalogue_places()[name]
        estate.at[seat.name] = seat
        if "hubs" in names:
            first, second, *_ = estate.nearest(seat.name, HUBS)
            _province(estate, name, Tuning(parent=first))
            estate.link(f"{name}-core", second, 100.0)
        else:
            _province(estate, name)
    cores = [f"{name}-core" for name in chosen] if "hubs" not in names else []
    for a, b in combinations(cores, 2):
        estate.link(a, b, CORE_LINK_GBIT_S)
    return estate.rows


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a province has other than by default; `edge` counts the edge nodes of a county."""

    core: tuple[Lot, ...] = CORE
    edge: Mapping[str, int] | None = None
    parent: str | None = None


def _province(estate: Estate, name: str, tuning: Tuning | None = None) -> None:
    told = tuning or Tuning()
    rows = inside(name)
    estate.regions([NATION, *(place.region() for place in rows)])
    tariff, core = TARIFFS.get(name, name), f"{name}-core"
    estate.site(core, "province", rows[0], parent=told.parent, tariff=tariff, lots=told.core)
    for place in rows[1:]:
        if place.level == "city" and not place.name.endswith(NO_CITY):
            estate.site(place.name, "city", place, parent=core, tariff=tariff)
        elif place.level == "county":
            _county(estate, place, core, tariff, (told.edge or {}).get(place.name, 0))


def _county(estate: Estate, place: Place, core: str, tariff: str, count: int) -> None:
    """One site of the county, or `count` of them, numbered."""
    parent = place.parent if place.parent in estate.at else core
    if not count:
        estate.site(place.name, "county", place, parent=parent, tariff=tariff)
    for number in range(1, count + 1):
        name = place.name if number == 1 else f"{place.name}-{number}"
        estate.site(name, "county", place, parent=parent, tariff=tariff, lots=EDGE)


def _hubs(estate: Estate, names: tuple[str, ...], lots: tuple[Lot, ...] = HUB) -> None:
    estate.regions([NATION, *(region for name in names for region in _around(HUBS[name]))])
    for name in names:
        place = catalogue_places()[HUBS[name]]
        home = _around(place.name)[0].name
        tariff = TARIFFS.get(home, home)
        estate.site(name, "nation", place, tariff=tariff, lots=lots, people=0)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            estate.link(a, b, HUB_LINK_GBIT_S)


def _around(name: str) -> list[Region]:
    """A place and what it lies in, the widest first; without people, who would ask for jobs."""
    found: list[Region] = []
    here: str | None = name
    while here is not None:
        place = catalogue_places()[here]
        found.insert(0, place.region().model_copy(update={"population": None}))
        here = place.parent
    return found
