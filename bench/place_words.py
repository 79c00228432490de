"""Generated places, clouds and pools as a Chinese reader calls them.

A site of `extends` is called by a place of the catalogue, a pool SITE-CLOUD-CHIP. Any other
name, and every name in English, stays as the YAML has it.
"""

import re
from collections.abc import Mapping
from functools import cache

from bench.glossary.names import CHIP_FAMILIES, CLOUDS, HUB_NAMES
from bench.words import Lang, say
from topology import Place, catalogue_places

GROUPS = ("-shiqu", "-zhixia")  # of counties right below a province: no city of their own
NUMBERED = re.compile(r"(.+)-([1-9]\d?)")


def name_place(name: str, lang: Lang = "en") -> str:
    """A site or region: 'hangzhou-xihu' is 杭州市西湖区."""
    return name if lang == "en" else _place(name)


def name_cloud(name: str, lang: Lang = "en") -> str:
    """A cloud of generated topologies in words."""
    return name if lang == "en" else CLOUDS.get(name, name)


def name_pool(name: str, lang: Lang = "en") -> str:
    """A generated pool by its place, cloud and chips: 杭州市西湖区·政务云A·昇腾."""
    return name if lang == "en" else _pool(name)


def name_line(line: str, lang: Lang = "en") -> str:
    """Where jobs wait: a pool by its name, a line above pools in words."""
    kind, colon, name = line.partition(":")
    if colon and kind in {"site", "cloud"}:
        told = name_place(name, lang) if kind == "site" else name_cloud(name, lang)
        return say(f"line_{kind}", lang, name=apart(told, lang))
    return say("line_platform", lang) if line == "platform" else name_pool(line, lang)


def apart(name: str, lang: Lang, *, after: bool = False) -> str:
    """A name inside a phrase: Latin letters keep their distance from Chinese ones.

    With `after`, Chinese goes on behind the name too.
    """
    if lang == "en":
        return name
    head, tail = name[:1].isascii(), after and name[-1:].isascii()
    return f"{' ' * head}{name}{' ' * tail}"


def name_key(scope: str, key: str, lang: Lang = "en") -> str:
    """A key of a scope of measures, where it is a place, a cloud or a pool."""
    namers = {"site": name_place, "region": name_place, "cloud": name_cloud, "pool": name_pool}
    return namers[scope](key, lang) if scope in namers else key


def name_any(name: str, lang: Lang = "en") -> str:
    """A name that may be a pool, a site or a cloud."""
    for namer in (name_pool, name_place, name_cloud):
        if (told := namer(name, lang)) != name:
            return told
    return name


@cache
def _place(name: str) -> str:
    places = catalogue_places()
    if name in HUB_NAMES:
        return HUB_NAMES[name]
    if name in places:
        return _label(places[name], places)
    core = name.removesuffix("-core")
    if core != name and core in places and places[core].level == "province":
        return f"{places[core].label_zh}核心"
    numbered = NUMBERED.fullmatch(name)
    if numbered and numbered[1] in places:
        return f"{_label(places[numbered[1]], places)}{numbered[2]}号"
    return name


def _label(place: Place, places: Mapping[str, Place]) -> str:
    """A county with its city before it, or its province where it has no city.

    A city without counties (东莞市) stands in the table once more as its own county.
    """
    above = places.get(place.parent or "")
    if place.level != "county" or above is None:
        return place.label_zh
    if above.name.endswith(GROUPS):
        above = places.get(above.parent or "", above)
    same = above.label_zh == place.label_zh
    return f"{above.label_zh}{'（县级）' if same else place.label_zh}"


@cache
def _pool(name: str) -> str:
    """Cut at the cloud, so that site and chips are what stands around it."""
    for cloud, told in CLOUDS.items():
        site, found, family = name.partition(f"-{cloud}-")
        if found and family in CHIP_FAMILIES and (place := _place(site)) != site:
            return f"{place}·{told}·{CHIP_FAMILIES[family]}"
    return name
