"""What the map draws: sites with their load, links, and the jobs that left their home."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.tables import Findings

FLOWS = 60  # more lines hide each other; the largest are kept
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """A site with a place: its sellable amount of a resource and the share allocated."""

    site: str
    lat: float
    lon: float
    sellable: float
    share: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Counted jobs of a mean run from the site of their home to the site that served them."""

    home: str
    site: str
    jobs: float


@dataclass(frozen=True, slots=True)
class SiteMap:
    """A map of one variant; `lost` names sites without coordinates."""

    spots: Mapping[str, Spot]
    links: Sequence[tuple[str, str]]
    flows: Sequence[Flow]
    lost: Sequence[str]


def site_map(findings: Findings, variant: str) -> SiteMap:
    """Sites, links and flows of one variant, by its scarcest resource."""
    topology = findings.view.resolved.get(variant, {}).get("topology") or {}
    sites = {str(s["name"]): s for s in topology.get("sites") or () if "name" in s}
    regions = {str(r["name"]): r for r in topology.get("regions") or () if "name" in r}
    load = _load(findings, variant, topology)
    spots = {
        name: Spot(name, *place, *load.get(name, (0.0, math.nan)))
        for name, site in sites.items()
        if (place := _place(site, regions)) is not None
    }
    links = [(str(link["a"]), str(link["b"])) for link in topology.get("links") or ()]
    return SiteMap(
        spots=spots,
        links=[pair for pair in links if set(pair) <= set(spots)],
        flows=[
            f
            for f in _flows(findings, variant, topology, regions)
            if {f.home, f.site} <= set(spots)
        ],
        lost=[name for name in sites if name not in spots],
    )


def lost_sites(findings: Findings) -> tuple[int, int]:
    """How many sites of the first variant have no coordinates, and how many there are."""
    found = site_map(findings, findings.view.variants[0])
    return len(found.lost), len(found.lost) + len(found.spots)


def _place(site: Row, regions: Mapping[str, Row]) -> tuple[float, float] | None:
    """A site's own coordinates, else those of its region."""
    for row in (site, regions.get(str(site.get("region") or site["name"]), {})):
        if row.get("lat") is not None and row.get("lon") is not None:
            return float(row["lat"]), float(row["lon"])
    return None


def _load(findings: Findings, variant: str, topology: Row) -> dict[str, tuple[float, float]]:
    """Site -> sellable amount of the scarcest resource, share of it allocated on average."""
    course = findings.courses[variant]
    at = course.column(findings.resource)
    if at < 0:
        return {}
    where = {p.get("name"): str(p.get("site")) for p in topology.get("pools") or ()}
    allocated = course.mean(course.allocated)[:, at]
    sums: dict[str, tuple[float, float]] = {}
    for p, pool in enumerate(course.pools):
        capacity, busy = float(course.capacity[p, at]), float(allocated[p])
        if pool in where and capacity > 0:
            before = sums.get(where[pool], (0.0, 0.0))
            sums[where[pool]] = (before[0] + capacity, before[1] + busy)
    return {site: (total, busy / total) for site, (total, busy) in sums.items()}


def _flows(
    findings: Findings, variant: str, topology: Row, regions: Mapping[str, Row]
) -> list[Flow]:
    """The largest flows between sites, most jobs first; who stays at home makes none."""
    where = {p.get("name"): str(p.get("site")) for p in topology.get("pools") or ()}
    homes = _homes(topology, regions)
    runs = findings.tallies_of(variant)
    jobs: dict[tuple[str, str], int] = {}
    for run in runs:
        for trip, n in run.journeys.trips.items():
            site, own = where.get(trip.pool), homes.get(trip.region, [])
            if trip.counted and site and own and site not in own:
                jobs[own[0], site] = jobs.get((own[0], site), 0) + n
    order = sorted(jobs, key=lambda pair: (-jobs[pair], pair))[:FLOWS]
    return [Flow(*pair, jobs[pair] / len(runs)) for pair in order]


def _homes(topology: Row, regions: Mapping[str, Row]) -> dict[str, list[str]]:
    """Region -> its own sites, else those of its nearest ancestor that has any."""
    own: dict[str, list[str]] = {}
    for site in topology.get("sites") or ():
        own.setdefault(str(site.get("region") or site["name"]), []).append(str(site["name"]))
    found: dict[str, list[str]] = {}
    for name in {**regions, **own}:
        seen: set[str] = set()
        place = name
        while place and place not in own and place not in seen:
            seen.add(place)
            place = str(regions.get(place, {}).get("parent") or "")
        found[name] = own.get(place, [])
    return found
