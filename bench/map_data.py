"""What the map draws: sites with their load, links, and the jobs that left their home."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.tables import Findings
from bench.tier_times import DEFAULT_TIERS

FLOWS = 60  # more lines hide each other; the largest are kept
MOST_SPOTS = 500  # more dots are a blot: the lowest tiers join the site above them
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
    """A map of one variant; `lost` names sites without coordinates.

    `sites` counts all of them, `folded` those in the dot of the site above them.
    """

    spots: Mapping[str, Spot]
    links: Sequence[tuple[str, str]]
    flows: Sequence[Flow]
    lost: Sequence[str]
    sites: int
    folded: int


def site_map(findings: Findings, variant: str) -> SiteMap:
    """Sites, links and flows of one variant, by its scarcest resource."""
    topology = findings.view.resolved.get(variant, {}).get("topology") or {}
    sites = {str(s["name"]): s for s in topology.get("sites") or () if "name" in s}
    regions = {str(r["name"]): r for r in topology.get("regions") or () if "name" in r}
    dots = dots_of(topology, sites)
    load = _load(findings, variant, topology, dots)
    spots = {
        name: Spot(name, *place, *load.get(name, (0.0, math.nan)))
        for name in dict.fromkeys(dots.values())
        if (place := _place(sites[name], regions)) is not None
    }
    return SiteMap(
        spots=spots,
        links=[pair for pair in _links(topology, dots) if set(pair) <= set(spots)],
        flows=[
            f
            for f in _flows(findings, variant, topology, dots)
            if {f.home, f.site} <= set(spots)
        ],
        lost=[name for name in sites if dots[name] not in spots],
        sites=len(sites),
        folded=sum(dots[name] != name for name in sites),
    )


def dots_of(topology: Row, sites: Mapping[str, Row]) -> dict[str, str]:
    """Site -> the site whose dot shows it: its own, or of many sites that of its parent.

    The lowest tier joins its parents first, then the next, until `MOST_SPOTS` are left; a
    site without a parent keeps its own.
    """
    dots = {name: name for name in sites}
    tiers = [str(tier) for tier in topology.get("tiers") or DEFAULT_TIERS]
    for tier in reversed(tiers[1:]):
        if len(set(dots.values())) <= MOST_SPOTS:
            break
        joined = {
            name: str(site["parent"])
            for name, site in sites.items()
            if site.get("tier") == tier and site.get("parent") in sites
        }
        above = {name: joined.get(dot, dot) for name, dot in dots.items()}
        dots = above if len(set(above.values())) > 1 else dots  # one dot is no map
    return dots


def _links(topology: Row, dots: Mapping[str, str]) -> list[tuple[str, str]]:
    """Links between dots, each pair once."""
    ends = [(str(link["a"]), str(link["b"])) for link in topology.get("links") or ()]
    pairs = [(dots.get(a, a), dots.get(b, b)) for a, b in ends]
    return [*dict.fromkeys(pair for pair in pairs if pair[0] != pair[1])]


def lost_sites(findings: Findings) -> tuple[int, int]:
    """How many sites of the first variant have no coordinates, and how many there are."""
    found = site_map(findings, findings.view.variants[0])
    return len(found.lost), found.sites


def _place(site: Row, regions: Mapping[str, Row]) -> tuple[float, float] | None:
    """A site's own coordinates, else those of its region."""
    for row in (site, regions.get(str(site.get("region") or site["name"]), {})):
        if row.get("lat") is not None and row.get("lon") is not None:
            return float(row["lat"]), float(row["lon"])
    return None


def _load(
    findings: Findings, variant: str, topology: Row, dots: Mapping[str, str]
) -> dict[str, tuple[float, float]]:
    """Dot -> sellable amount of the scarcest resource, share of it allocated on average."""
    course = findings.courses[variant]
    at = course.column(findings.resource)
    if at < 0:
        return {}
    where = _where(topology, dots)
    allocated = course.mean(course.allocated)[:, at]
    sums: dict[str, tuple[float, float]] = {}
    for p, pool in enumerate(course.pools):
        capacity, busy = float(course.capacity[p, at]), float(allocated[p])
        if pool in where and capacity > 0:
            before = sums.get(where[pool], (0.0, 0.0))
            sums[where[pool]] = (before[0] + capacity, before[1] + busy)
    return {site: (total, busy / total) for site, (total, busy) in sums.items()}


def _where(topology: Row, dots: Mapping[str, str]) -> dict[str, str]:
    """Pool -> the dot of its site."""
    pools = topology.get("pools") or ()
    return {str(p.get("name")): dots.get(str(p.get("site")), str(p.get("site"))) for p in pools}


def _flows(
    findings: Findings, variant: str, topology: Row, dots: Mapping[str, str]
) -> list[Flow]:
    """The largest flows between dots, most jobs first; who stays at home makes none."""
    regions = {str(r["name"]): r for r in topology.get("regions") or () if "name" in r}
    where = _where(topology, dots)
    homes = {
        region: [dots.get(site, site) for site in own]
        for region, own in _homes(topology, regions).items()
    }
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
