"""Rows of the catalogue that mattered and rest on less than a published source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.tables import Findings
from bench.view import RunView
from topology import (
    Chip,
    Place,
    Server,
    Tariff,
    catalogue_chips,
    catalogue_places,
    catalogue_servers,
    catalogue_stacks,
    catalogue_tariffs,
    recommended_speeds,
    speed_classes,
)

WEAKEST_FIRST = (
    "missing",
    "unverified",
    "estimate",
    "mixed",
    "derived",
    "secondary",
    "published",
)
KINDS = ("speed", "stack", "server", "chip", "tariff", "taken", "size", "place")


@dataclass(frozen=True, slots=True)
class WeakRow:
    """A row in use whose source is less than published, and who uses it.

    `kind` is one of `KINDS`. Estimates that a default made have neither name nor source here:
    the glossary has theirs.
    """

    kind: str
    name: str
    confidence: str
    source: str
    users: tuple[str, ...]


def weak_rows(findings: Findings) -> list[WeakRow]:
    """What is in use and not 'published', weakest first, then by kind and name."""
    found: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for row in _rows(findings):
        key = (row.kind, row.name, row.confidence, row.source)
        found.setdefault(key, {}).update(dict.fromkeys(row.users))
    weak = [WeakRow(*key, tuple(users)) for key, users in found.items()]
    return sorted(
        (row for row in weak if row.confidence != "published"),
        key=lambda row: (_rank(row.confidence), KINDS.index(row.kind), row.name),
    )


def _rank(confidence: str) -> int:
    return WEAKEST_FIRST.index(confidence) if confidence in WEAKEST_FIRST else 0


def _rows(findings: Findings) -> Iterator[WeakRow]:
    view = findings.view
    yield from _machines(view)
    yield from _tariffs(view)
    yield from _speeds(findings)
    yield from _places(view)


def _machines(view: RunView) -> Iterator[WeakRow]:
    for resolved in view.resolved.values():
        topology = resolved.get("topology") or {}
        own = _own_rows(topology)
        for pool in topology.get("pools") or ():
            for row in _rows_of(pool, own):
                kind = "server" if isinstance(row, Server) else "chip"
                users = (str(pool["name"]),)
                yield WeakRow(
                    kind, row.name, row.confidence or "missing", row.source or "", users
                )
                if isinstance(row, Server) and row.infrastructure_vcpu and not pool.get("dpu"):
                    yield WeakRow("taken", "", "estimate", "", users)


def _own_rows(topology: Mapping[str, Any]) -> frozenset[str]:
    """Rows that the scenario writes in place: the planner's numbers, not the catalogue's."""
    parts = [*(topology.get("servers") or ()), *(topology.get("chips") or ())]
    return frozenset(row["name"] for row in parts if not row.get("source"))


def _rows_of(pool: Mapping[str, Any], own: frozenset[str]) -> Iterator[Server | Chip]:
    server = catalogue_servers().get(pool.get("server", ""))
    if server is None or server.name in own:
        return
    yield server
    for name in (server.cpu, server.accelerator, pool.get("dpu") or server.dpu):
        chip = catalogue_chips().get(name or "")
        if chip is not None and chip.name not in own:
            yield chip


def _tariffs(view: RunView) -> Iterator[WeakRow]:
    """Prices, hours and carbon of the tariffs of sites that have pools."""
    for resolved in view.resolved.values():
        topology = resolved.get("topology") or {}
        used = {pool.get("site") for pool in topology.get("pools") or ()}
        for site in topology.get("sites") or ():
            if site.get("tariff") and site["name"] in used:
                for row in catalogue_tariffs().get(site["tariff"], ()):
                    yield from _tariff(row, str(site["name"]))


def _tariff(row: Tariff, site: str) -> Iterator[WeakRow]:
    """A row for each confidence among its price, hours and carbon."""
    parts: dict[str, list[str]] = {}
    for part in ("price", "hours", "carbon"):
        parts.setdefault(getattr(row, f"{part}_confidence") or "missing", []).append(part)
    for confidence, names in parts.items():
        name = f"{row.name}: {'+'.join(names)}"
        yield WeakRow("tariff", name, confidence, row.source or "", (site,))


def _speeds(findings: Findings) -> Iterator[WeakRow]:
    """Speeds and stacks of the chips on which jobs with a class were placed."""
    for (variant, _), tally in findings.tallies.items():
        resolved = findings.view.resolved.get(variant, {})
        pools = {p.get("name"): p for p in (resolved.get("topology") or {}).get("pools") or ()}
        works = {w.get("name"): w for w in resolved.get("workloads") or ()}
        pairs = {(t.workload, t.pool) for t in tally.journeys.trips if t.pool}
        for workload, pool in sorted(pairs):
            yield from _speed(works.get(workload, {}), pools.get(pool, {}))


def _speed(workload: Mapping[str, Any], pool: Mapping[str, Any]) -> Iterator[WeakRow]:
    klass = workload.get("class") or workload.get("klass") or ""
    server = catalogue_servers().get(pool.get("server", ""))
    if not klass or server is None:
        return
    gpu = (workload.get("demand") or {}).get("gpu")
    chip = server.accelerator if gpu else server.cpu
    origin = (workload.get("work") or {}).get("on") or speed_classes().get(klass)
    users = (str(workload["name"]),)
    for name in {chip or "", origin or ""}:
        row = recommended_speeds().get((klass, name))
        if row is not None:
            yield WeakRow("speed", f"{klass}: {name}", row.confidence, row.source, users)
    stack = catalogue_stacks().get((klass, chip or "", pool.get("stack") or ""))
    if stack is not None:
        name = f"{klass}: {chip}, {stack.stack}"
        yield WeakRow("stack", name, stack.confidence, stack.source, users)


def _places(view: RunView) -> Iterator[WeakRow]:
    """Places that stand as the catalogue has them, and pools whose size came with them."""
    for resolved in view.resolved.values():
        topology = resolved.get("topology") or {}
        regions = {row.get("name"): row for row in topology.get("regions") or ()}
        taken = {name: place for name, row in regions.items() if (place := _place(row))}
        for place in taken.values():
            yield WeakRow("place", place.level, place.confidence, place.source, (place.name,))
        home = {s["name"]: s.get("region") or s["name"] for s in topology.get("sites") or ()}
        for pool in topology.get("pools") or ():
            generated = str(pool["name"]).startswith(f"{pool.get('site')}-{pool.get('cloud')}-")
            if generated and home.get(pool.get("site")) in taken:
                yield WeakRow("size", "", "estimate", "", (str(pool["name"]),))


def _place(row: Mapping[str, Any]) -> Place | None:
    """The place of the catalogue that a region was made from, unchanged; else None."""
    place = catalogue_places().get(str(row.get("name")))
    if place is None or (place.lat, place.lon) != (row.get("lat"), row.get("lon")):
        return None
    return place if place.population == row.get("population") else None
