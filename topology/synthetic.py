"""Trees of province, cities and counties of any size, from counts and a seed."""

from itertools import cycle, islice
from math import cos, radians
from typing import Annotated

import numpy as np
from pydantic import Field

from topology.estates import CITY, CORE, COUNTY, LOTS, Estate, Lot, Row
from topology.facts import Fact
from topology.places import NATION
from topology.regions import Region

PROVINCE = "synthetic"
MIDDLE = (30.0, 115.0)  # degrees; a place like any other
KM_PER_DEGREE = 111.2
CITY_KM, COUNTY_KM = 200.0, 40.0  # median distances to the seat above (counties: real ones)
COUNTY_PEOPLE = 450_000  # median of the real counties
SPREAD = 0.6  # of the logarithm of people and distances

Count = Annotated[int, Field(ge=0, le=2000)]


class Synthetic(Fact):
    """How large a made-up tree is: one core, its cities, the counties of each."""

    cities: Annotated[int, Field(ge=1, le=2000)] = Field(description="cities of the province")
    counties_per_city: Count = Field(description="counties of each city")
    pools_per_site: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="pools at each site, of chips in turn"
    )
    townships_per_county: Count = Field(default=0, description="light nodes of each county")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = Field(
        default=1, description="of distances and people"
    )

    @property
    def sites(self) -> int:
        """How many sites it has."""
        return 1 + self.cities * (1 + self.counties_per_city * (1 + self.townships_per_county))


def synthetic_rows(size: Synthetic) -> dict[str, list[Row]]:
    """The rows of such a tree; the same size and seed give the same rows."""
    estate, rng = Estate(), np.random.default_rng(size.seed)
    estate.clouds()
    core = _place(PROVINCE, "province", NATION.name, MIDDLE, None)
    estate.regions([NATION, core])
    regions: list[Region] = []
    estate.site(f"{PROVINCE}-core", "province", core, lots=_lots("province", size), people=0)
    for c in range(1, size.cities + 1):
        city = _around(rng, core, f"city-{c}", "city", CITY_KM)
        regions.append(city)
        estate.site(
            city.name, "city", city, parent=f"{PROVINCE}-core", lots=_lots("city", size)
        )
        for k in range(1, size.counties_per_city + 1):
            regions += _county(estate, rng, city, f"{city.name}-county-{k}", size)
    estate.regions(regions)
    return estate.rows


def _county(
    estate: Estate, rng: np.random.Generator, city: Region, name: str, size: Synthetic
) -> list[Region]:
    people = round(COUNTY_PEOPLE * float(rng.lognormal(0.0, SPREAD)))
    county = _around(rng, city, name, "county", COUNTY_KM, people)
    estate.site(name, "county", county, parent=city.name, lots=_lots("county", size))
    found = [county]
    for t in range(1, size.townships_per_county + 1):
        town = _around(rng, county, f"{name}-town-{t}", "township", COUNTY_KM / 4)
        found.append(town)
        estate.site(town.name, "township", town, parent=name, lots=_lots("township", size))
    return found


def _lots(tier: str, size: Synthetic) -> list[Lot]:
    """As many lots as pools are asked for, the tier's own first; names stay apart."""
    first: dict[tuple[str, str], Lot] = {}
    for lot in (*LOTS[tier], *CORE, *CITY, *COUNTY):
        first.setdefault((lot.cloud, lot.family), lot)
    unique = list(first.values())
    chosen = list(islice(cycle(unique), size.pools_per_site))
    return [_numbered(lot, i // len(unique)) for i, lot in enumerate(chosen)]


def _numbered(lot: Lot, turn: int) -> Lot:
    family = lot.family if not turn else f"{lot.family}-{turn + 1}"
    return Lot(
        lot.cloud, family, lot.server, lot.per_million, lot.least, lot.security_level, lot.stack
    )


def _around(
    rng: np.random.Generator,
    seat: Region,
    name: str,
    level: str,
    median_km: float,
    people: int | None = None,
) -> Region:
    """A place in some direction from a seat."""
    angle, distance_km = rng.uniform(0, 2 * np.pi), median_km * rng.lognormal(0.0, SPREAD)
    lat, lon = seat.lat or 0.0, seat.lon or 0.0
    north = distance_km * np.sin(angle) / KM_PER_DEGREE
    east = distance_km * np.cos(angle) / KM_PER_DEGREE / cos(radians(lat))
    at = (round(float(lat + north), 4), round(float(lon + east), 4))
    return _place(name, level, seat.name, (max(-60.0, min(60.0, at[0])), at[1]), people)


def _place(
    name: str, level: str, parent: str, at: tuple[float, float], people: int | None
) -> Region:
    lat, lon = at
    return Region(name=name, level=level, parent=parent, lat=lat, lon=lon, population=people)
