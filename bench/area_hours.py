"""Hours waited by region, so that many pools read as few places."""

from collections.abc import Mapping

from bench.tier_times import tiers_of
from bench.view import RunView

TOO_MUCH = 0.6  # of all hours in one region: a narrower level tells more


def by_area(
    view: RunView, variant: str, hours: Mapping[str, float]
) -> tuple[tuple[str, float], ...]:
    """Regions by their share of the hours of their pools, most first.

    Of the widest level of which no region holds more than 60 %; pools above it count for
    their own region. Nothing where no level tells places apart.
    """
    topology = view.resolved.get(variant, {}).get("topology") or {}
    regions = {r["name"]: r for r in topology.get("regions") or ()}
    region_of = {s.get("name"): s.get("region") for s in topology.get("sites") or ()}
    site_of = {p.get("name"): p.get("site") for p in topology.get("pools") or ()}
    known = {p: h for p, h in hours.items() if region_of.get(site_of.get(p)) in regions and h}
    whole = sum(known.values())
    for level in tiers_of(view.resolved.get(variant, {})):
        sums: dict[str, float] = {}
        for pool, spent in known.items():
            area = _above(regions, str(region_of[site_of[pool]]), level)
            sums[area] = sums.get(area, 0.0) + spent
        if sums and max(sums.values()) <= TOO_MUCH * whole:
            order = sorted(sums, key=lambda name: (-sums[name], name))
            return tuple((name, sums[name] / whole) for name in order)
    return ()


def _above(regions: Mapping[str, Mapping[str, object]], region: str, level: str) -> str:
    """The region of that level around a region, itself included; itself if there is none."""
    at = region
    while at in regions:
        if regions[at].get("level") == level:
            return at
        at = str(regions[at].get("parent"))
    return region
