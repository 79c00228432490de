"""Places of China: 31 provinces, their cities and counties, with coordinates and people."""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from topology.catalogue import TABLES
from topology.facts import Fact, Latitude, Longitude, Name
from topology.regions import Region

NATION = Region(name="china", level="nation")
"""The region that holds all provinces: without it nothing could stay within the nation."""

DIVISIONS = "modood/Administrative-divisions-of-China 57a0aa9cef47"
COORDINATES = {
    "own": "88250/city-geo 0e7cb877cb75, moved from BD-09 to WGS 84",
    "seat": "the seat of what it belongs to (88250/city-geo 0e7cb877cb75)",
    "known": "from general knowledge, unverified",
}
PEOPLE = "xmengweb/Traffic-visualization 70df0704e4d3 (census 2010)"
SHARED = ", a city's people shared equally among its counties"


class Place(Fact):
    """One province, city or county. Groups that are no city (`beijing-shiqu`) count as one.

    `stands` tells whose coordinates it has: its own, those of its city's seat, or known ones.
    Counties right below the province are in a group called `<province>-zhixia`, which has no
    coordinates.
    """

    name: Name
    level: Literal["province", "city", "county"]
    label_zh: str
    parent: str | None = None
    code: str
    lat: Latitude | None = None
    lon: Longitude | None = None
    population: Annotated[int, Field(ge=0)] | None = None
    stands: Literal["own", "seat", "known"] | None = None
    confidence: str
    source: str

    def region(self) -> Region:
        """The same place as a region of a topology."""
        return Region(
            name=self.name,
            level=self.level,
            parent=self.parent or NATION.name,
            lat=self.lat,
            lon=self.lon,
            population=self.population,
        )


@cache
def catalogue_places() -> Mapping[str, Place]:
    """All places by name: provinces first, then each city with its counties."""
    with (TABLES / "places.csv").open(encoding="utf-8", newline="") as lines:
        rows = [_place({k: v for k, v in row.items() if v}) for row in csv.DictReader(lines)]
    return MappingProxyType({place.name: place for place in rows})


@cache
def province_names() -> tuple[str, ...]:
    """The names of the 31 provinces."""
    return tuple(
        place.name for place in catalogue_places().values() if place.level == "province"
    )


def inside(province: str) -> tuple[Place, ...]:
    """A province, its cities and their counties, in the order of the table."""
    below = _below()
    cities = below.get(province, ())
    rest = (row for city in cities for row in (city, *below.get(city.name, ())))
    return (catalogue_places()[province], *rest)


@cache
def _below() -> Mapping[str, tuple[Place, ...]]:
    return MappingProxyType(_grouped(catalogue_places().values()))


def _grouped(rows: Iterable[Place]) -> dict[str, tuple[Place, ...]]:
    below: dict[str, list[Place]] = {}
    for row in rows:
        if row.parent is not None:
            below.setdefault(row.parent, []).append(row)
    return {parent: tuple(children) for parent, children in below.items()}


def _place(row: dict[str, str]) -> Place:
    return Place.model_validate(
        {**row, "confidence": _confidence(row), "source": _source(row)}, strict=False
    )


def _confidence(row: Mapping[str, str]) -> str:
    """That of the weakest cell of the row."""
    if row.get("stands") == "known":
        return "unverified"
    weak = row["level"] == "county" or row.get("stands") == "seat"
    return "estimate" if weak else "secondary"


def _source(row: Mapping[str, str]) -> str:
    parts = [f"division: {DIVISIONS}"]
    if "stands" in row:
        parts.append(f"coordinates: {COORDINATES[row['stands']]}")
    if "population" in row:
        parts.append(f"people: {PEOPLE}{SHARED if row['level'] == 'county' else ''}")
    return "; ".join(parts)
