"""Estates made from places: what a province of so many people would run, as rows of a topology.

Every size here is a planning estimate: nodes for each million people, at least so many. Replace
what matters by rows of the same name; the places, distances and chips are real.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from topology.catalogue import catalogue_servers
from topology.network import fibre_delay_ms
from topology.regions import Region

Row = dict[str, object]
SECTIONS = ("clouds", "regions", "sites", "pools", "links")

HOP_MS = 0.05  # a router or switch, one way (catalogue: network, unverified)
HOPS = 2  # one at each end of a link
MILLION = 1_000_000
GOVERNMENT, SECOND = "gov-a", "gov-b"
# Data moves on the government's own network, which is rented by the month, not by the GB.
CLOUDS: tuple[Row, ...] = (
    {"name": GOVERNMENT, "control_plane_delay_ms": 80.0, "egress_cny_per_gb": 0.0},
    {"name": SECOND, "control_plane_delay_ms": 120.0, "egress_cny_per_gb": 0.0},
)


@dataclass(frozen=True, slots=True)
class Lot:
    """Nodes of one server in one cloud: `per_million` people, at least `least`.

    Pools of accelerators take jobs that ask for one only, so that no clerk's report keeps a
    card waiting for want of a CPU.
    """

    cloud: str
    family: str
    server: str
    per_million: float
    least: int = 1
    security_level: int = 3
    stack: str | None = None

    def pool(self, site: str, people: int, reserve_share: float) -> Row:
        """The pool of this lot at a site that serves so many people."""
        nodes = max(self.least, round(self.per_million * people / MILLION))
        more: Row = {} if self.stack is None else {"stack": self.stack}
        more |= {"gpu_jobs_only": True} if catalogue_servers()[self.server].accelerators else {}
        return {
            "name": f"{site}-{self.cloud}-{self.family}",
            "site": site,
            "cloud": self.cloud,
            "server": self.server,
            "nodes": nodes,
            "reserve_share": reserve_share,
            "security_level": self.security_level,
            **more,
        }


# One cloud, many chips: Kunpeng, Phytium and Hygon stand side by side in `gov-a` of each city.
CORE = (
    Lot(GOVERNMENT, "kunpeng", "srv-kunpeng-7260-2p", 2.0, 4, security_level=4),
    Lot(GOVERNMENT, "ascend", "srv-910b-8", 0.2, 2, stack="mindie"),
    Lot(SECOND, "hygon", "srv-hygon-7390-2p", 1.5, 4),
    Lot(SECOND, "nvidia", "srv-a800-8", 0.1, 1),
)
CITY = (
    Lot(GOVERNMENT, "kunpeng", "srv-kunpeng-5250-2p", 3.0, 2),
    Lot(GOVERNMENT, "phytium", "srv-phytium-s2500-2p", 1.5, 1),
    Lot(GOVERNMENT, "hygon", "srv-hygon-7285-2p", 1.5, 1),
    Lot(GOVERNMENT, "ascend", "srv-910b4-8", 0.3, 1, stack="mindie"),
)
COUNTY = (
    Lot(GOVERNMENT, "kunpeng", "srv-edge-kunpeng-1p", 4.0, 2),
    Lot(GOVERNMENT, "ascend", "srv-edge-310p-1", 2.0, 1),
)
TOWNSHIP = (Lot(GOVERNMENT, "kunpeng", "srv-edge-kunpeng-1p", 4.0, 1),)
HUB = (
    Lot(GOVERNMENT, "kunpeng", "srv-kunpeng-7260-2p", 0.0, 64),
    Lot(GOVERNMENT, "ascend", "srv-910b-8", 0.0, 32, stack="mindie"),
    Lot(SECOND, "hygon", "srv-hygon-7490-2p", 0.0, 32),
)
LOTS: Mapping[str, Sequence[Lot]] = {
    "nation": HUB,
    "province": CORE,
    "city": CITY,
    "county": COUNTY,
    "township": TOWNSHIP,
}
# A tenth of one card is no card: what is kept back stands in the city and above.
RESERVE_SHARE: Mapping[str, float] = {"nation": 0.1, "province": 0.1, "city": 0.1}
# New large centres 1.25 to 1.3, national average 1.42, old county rooms 1.6 to 2.2.
PUE: Mapping[str, float] = {
    "nation": 1.2,
    "province": 1.3,
    "city": 1.5,
    "county": 1.8,
    "township": 2.0,
}
# Between a site and its parent: core upgrades at 10, county uplinks at 1 (both unverified).
UPLINK_GBIT_S: Mapping[str, float] = {
    "province": 100.0,
    "city": 10.0,
    "county": 1.0,
    "township": 0.1,
}
HUB_LINK_GBIT_S = 400.0


class Somewhere(Protocol):
    """A place of a table or a region."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def lat(self) -> float | None:
        """Degrees north."""

    @property
    def lon(self) -> float | None:
        """Degrees east."""

    @property
    def population(self) -> int | None:
        """People."""


@dataclass(slots=True)
class Estate:
    """Rows of a topology under construction; `at` remembers where each site stands."""

    rows: dict[str, list[Row]] = field(
        default_factory=lambda: {section: [] for section in SECTIONS}
    )
    at: dict[str, Somewhere] = field(default_factory=dict)

    def clouds(self, clouds: Iterable[Row] = CLOUDS) -> None:
        """Add the clouds that pools name."""
        self.rows["clouds"] += clouds

    def region(self, region: Region) -> None:
        """Add a region, unless it is there."""
        if all(row["name"] != region.name for row in self.rows["regions"]):
            self.rows["regions"].append(region.model_dump(exclude_none=True))

    def regions(self, regions: Iterable[Region]) -> None:
        """Add regions, those that are there already left as they are."""
        known = {row["name"] for row in self.rows["regions"]}
        fresh = [region for region in regions if region.name not in known]
        self.rows["regions"] += [region.model_dump(exclude_none=True) for region in fresh]

    def site(
        self,
        name: str,
        tier: str,
        place: Somewhere,
        *,
        parent: str | None = None,
        tariff: str | None = None,
        lots: Sequence[Lot] | None = None,
        people: int | None = None,
    ) -> None:
        """Add a site, its pools, and the link to its parent."""
        row = {
            "name": name,
            "tier": tier,
            "region": place.name,
            "parent": parent,
            "lat": place.lat,
            "lon": place.lon,
            "pue": PUE[tier],
            "tariff": tariff,
        }
        self.at[name] = place
        self.rows["sites"].append({key: cell for key, cell in row.items() if cell is not None})
        served = (place.population or 0) if people is None else people
        chosen = LOTS[tier] if lots is None else lots
        kept = RESERVE_SHARE.get(tier, 0.0)
        self.rows["pools"] += [lot.pool(name, served, kept) for lot in chosen]
        if parent is not None:
            self.link(name, parent, UPLINK_GBIT_S[tier])

    def link(self, a: str, b: str, capacity_gbit_s: float) -> None:
        """Add a link of fibre along the great circle, with a hop at each end."""
        fibre_ms = fibre_delay_ms(self.at[a], self.at[b]) or 0.0
        delay_ms = round(fibre_ms + HOPS * HOP_MS, 3)
        self.rows["links"].append(
            {"a": a, "b": b, "delay_ms": delay_ms, "capacity_gbit_s": capacity_gbit_s}
        )

    def nearest(self, site: str, others: Iterable[str]) -> Iterator[str]:
        """Other sites, the nearest first; ties by name."""
        here = self.at[site]
        yield from sorted(others, key=lambda o: (fibre_delay_ms(here, self.at[o]) or 0.0, o))
