"""People within reach: how near the nearest site is that serves them, one way."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.cells import Floats
from topology import Region, Topology

LIMITS_MS = (1, 5, 10, 20)
COVERAGE_SCOPES = ("all", "tier", "cloud")
ROUNDING_MS = 1e-9  # sums of delays are floats


def coverage(
    topology: Topology, keys: Sequence[str], key_of: Mapping[str, str]
) -> dict[str, Floats]:
    """Share of people whose nearest site with a pool of the key is within each limit.

    People are those of the lowest regions that have any; without people nan.
    """
    regions = lowest(topology.regions)
    people = np.array([float(region.population or 0) for region in regions])
    sites_of = serving(topology, key_of)
    sites = [sites_of[key] for key in keys]
    delays = (topology.region_delay_ms(region.name) for region in regions)
    nearest = np.array([[row[at].min() for at in sites] for row in delays])
    nearest = nearest.reshape(len(regions), len(keys))
    return {
        f"covered_share_{limit}_ms": shares(people, nearest <= limit + ROUNDING_MS)
        for limit in LIMITS_MS
    }


def serving(topology: Topology, key_of: Mapping[str, str]) -> dict[str, list[int]]:
    """Numbers of the sites that have a pool of each key."""
    number = {site.name: n for n, site in enumerate(topology.sites)}
    found: dict[str, set[int]] = {}
    for pool in topology.pools:
        found.setdefault(key_of[pool.name], set()).add(number[pool.site])
    return {key: sorted(sites) for key, sites in found.items()}


def lowest(regions: Iterable[Region]) -> list[Region]:
    """Regions with people below which no other has any."""
    every = tuple(regions)
    peopled = [region for region in every if region.population]
    parents = parents_with_people(peopled, {region.name: region for region in every})
    return [region for region in peopled if region.name not in parents]


def parents_with_people(peopled: Sequence[Region], by_name: Mapping[str, Region]) -> set[str]:
    """Every region above one that has people."""
    above: set[str] = set()
    for region in peopled:
        parent = region.parent
        while parent is not None and parent not in above and parent in by_name:
            above.add(parent)
            parent = by_name[parent].parent
    return above


def shares(people: Floats, within: NDArray[np.bool_]) -> Floats:
    """Those within (regions, keys), of all, by key."""
    total = people.sum()
    if not total:
        return np.full(within.shape[1], np.nan)
    found: Floats = people @ within / total
    return found
