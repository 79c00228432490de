"""A published backbone as rows of a topology: names made right, parts told apart, notes kept.

A link between places with coordinates carries no delay of its own, so that the one formula of
`network.py` decides, and a place that is corrected moves its links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from statistics import median

from topology.facts import MOST
from topology.network import Link, fibre_delay_ms
from topology.regions import Region
from topology.sites import Site
from topology.topology import TopologyError

LONGEST_NAME = 64
LEAST_GBIT_S = 1e-6  # of a Rate
NAMED = 5  # items of a note


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as a file has it: any label, degrees where known."""

    label: str
    lat: float | None = None
    lon: float | None = None

    def bare(self) -> Spot:
        """Without coordinates."""
        return replace(self, lat=None, lon=None)


@dataclass(frozen=True, slots=True)
class Span:
    """A line between two spots, by their numbers."""

    a: int
    b: int
    gbit_s: float | None = None


@dataclass(frozen=True, slots=True)
class Backbone:
    """Rows for a topology, and what a reader should know about how they came about."""

    regions: tuple[Region, ...]
    sites: tuple[Site, ...]
    links: tuple[Link, ...]
    notes: tuple[str, ...]


def backbone(
    spots: Sequence[Spot],
    spans: Iterable[Span],
    *,
    tier: str = "province",
    missing_delay_ms: float | None = None,
    notes: Sequence[str] = (),
) -> Backbone:
    """A region and a site for each spot of the largest connected part, and its links.

    Lines side by side become one link that holds what they hold together, nothing if that of
    one is unknown. A link whose ends do not both have coordinates gets `missing_delay_ms`,
    else the median delay of the others.

    Raises:
        TopologyError: no place, or no delay known and none given.
    """
    said = list(notes)
    names = unique_names([spot.label for spot in spots])
    bundles = _bundled(spans, said)
    kept = _main_part(names, bundles, said)
    sites = [
        Site(name=names[n], tier=tier, region=names[n], lat=spots[n].lat, lon=spots[n].lon)
        for n in kept
    ]
    at = dict(zip(kept, sites, strict=True))
    links = [
        Link(a=names[a], b=names[b], capacity_gbit_s=gbit_s)
        for (a, b), gbit_s in bundles.items()
        if a in at
    ]
    regions = [Region(name=s.name, level=s.tier, lat=s.lat, lon=s.lon) for s in sites]
    links = _with_delays(links, {s.name: s for s in sites}, missing_delay_ms, said)
    unknown = sum(link.capacity_gbit_s is None for link in links)
    if unknown:
        said.append(f"{unknown} of {len(links)} links have no capacity: they set no limit")
    return Backbone(tuple(regions), tuple(sites), tuple(links), tuple(said))


def clean_name(label: str) -> str:
    """The label as a name of an item: other characters become a hyphen."""
    name = re.sub(r"[^\w .()-]+", "-", label.strip())
    name = re.sub(r"^\W+", "", name)[:LONGEST_NAME].rstrip(" -")
    return name or "unnamed"


def unique_names(labels: Iterable[str]) -> list[str]:
    """Clean names in the same order; the second of a name gets ` (2)`, and so on."""
    clean = [clean_name(label) for label in labels]
    taken, names = set(clean), list[str]()
    seen: dict[str, int] = {}
    for name in clean:
        count = seen[name] = seen.get(name, 0) + 1
        fresh = name
        while count > 1 and fresh in taken:
            fresh = f"{name[: LONGEST_NAME - 8]} ({seen[name]})"
            seen[name] += fresh in taken
        taken.add(fresh)
        names.append(fresh)
    return names


def rate_or_none(gbit_s: float | None) -> float | None:
    """A capacity that a link may have; None for none, nonsense or nothing."""
    if gbit_s is None or not isfinite(gbit_s) or not LEAST_GBIT_S <= gbit_s <= MOST:
        return None
    return gbit_s


def _bundled(spans: Iterable[Span], said: list[str]) -> dict[tuple[int, int], float | None]:
    bundles: dict[tuple[int, int], float | None] = {}
    beside = loops = 0
    for span in spans:
        pair, gbit_s = (min(span.a, span.b), max(span.a, span.b)), rate_or_none(span.gbit_s)
        if span.a == span.b:
            loops += 1
        elif pair not in bundles:
            bundles[pair] = gbit_s
        else:
            beside += 1
            had = bundles[pair]
            bundles[pair] = None if had is None or gbit_s is None else had + gbit_s
    if beside:
        said.append(f"lines beside another, now one link with it: {beside}")
    if loops:
        said.append(f"lines that lead back to where they start, left out: {loops}")
    return bundles


def _main_part(
    names: Sequence[str], pairs: Iterable[tuple[int, int]], said: list[str]
) -> list[int]:
    """The places of the largest connected part, in order; of two as large, the first."""
    near: dict[int, list[int]] = {n: [] for n in range(len(names))}
    for a, b in pairs:
        near[a].append(b)
        near[b].append(a)
    parts: list[set[int]] = []
    for start in near:
        if not any(start in part for part in parts):
            parts.append(_reached(start, near))
    if not parts:
        raise TopologyError("the file holds no place")
    kept = max(parts, key=len)
    lost = [names[n] for n in near if n not in kept]
    if lost:
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        some = ", ".join(lost[:NAMED])
        said.append(f"no line leads from the {len(kept)} kept places to {some}{more}: left out")
    return sorted(kept)


def _reached(start: int, near: dict[int, list[int]]) -> set[int]:
    found, edge = {start}, [start]
    while edge:
        fresh = [n for n in near[edge.pop()] if n not in found]
        found.update(fresh)
        edge += fresh
    return found


def _with_delays(
    links: Sequence[Link],
    sites: dict[str, Site],
    missing_delay_ms: float | None,
    said: list[str],
) -> list[Link]:
    """The links, those without a distance given a delay."""
    known = [fibre_delay_ms(sites[link.a], sites[link.b]) for link in links]
    placeless = sorted(s.name for s in sites.values() if s.lat is None or s.lon is None)
    missing = sum(delay is None for delay in known)
    if placeless:
        said.append(f"{len(placeless)} of {len(sites)} places have no coordinates")
    if not missing:
        return list(links)
    delays = [delay for delay in known if delay is not None]
    if missing_delay_ms is None and not delays:
        raise TopologyError("no link has a distance; give missing_delay_ms")
    given = median(delays) if missing_delay_ms is None else missing_delay_ms
    how = "the median of the others" if missing_delay_ms is None else "as given"
    said.append(f"{missing} of {len(links)} links have no distance: {given:.3g} ms, {how}")
    return [
        link.model_copy(update={"delay_ms": given}) if delay is None else link
        for link, delay in zip(links, known, strict=True)
    ]
