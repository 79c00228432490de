"""Backbones of SNDlib, from its native text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from topology.backbones import Backbone, Span, Spot, backbone
from topology.topology import TopologyError

MBIT_S = 0.001  # Gbit/s
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
NODE = re.compile(rf"(\S+)(?:\s*\(\s*({NUMBER})\s+({NUMBER})\s*\))?")
LINK = re.compile(rf"(\S+)\s*\(\s*(\S+)\s+(\S+)\s*\)(?:\s+({NUMBER}))?")


def sndlib_rows(
    text: str,
    *,
    tier: str = "province",
    missing_delay_ms: float | None = None,
    gbit_s_per_unit: float = MBIT_S,
) -> Backbone:
    """The rows of one network.

    A link holds its pre-installed capacity, in a unit that the format does not tell; modules
    that could be bought are not there yet. Where coordinates are points of a drawing, there
    are none. Two lines of opposite direction are one link.

    Raises:
        TopologyError: the text is no such file, or a link names a node that it lacks.
    """
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    notes: list[str] = []
    spots = _degrees([_spot(line) for line in _section(lines, "NODES")], notes)
    place = {spot.label: n for n, spot in enumerate(spots)}
    spans = _one_way([_span(line, place, gbit_s_per_unit) for line in _section(lines, "LINKS")])
    if any(span.gbit_s for span in spans):
        notes.append(f"capacities are taken as multiples of {gbit_s_per_unit:g} Gbit/s")
    return backbone(spots, spans, tier=tier, missing_delay_ms=missing_delay_ms, notes=notes)


def _section(lines: list[str], title: str) -> Iterator[str]:
    """The lines of one section.

    Raises:
        TopologyError: it is not there, or does not end.
    """
    head = re.compile(rf"{title}\s*\($")
    start = next((n for n, line in enumerate(lines) if head.match(line)), None)
    if start is None or ")" not in lines[start:]:
        raise TopologyError(f"not a network of SNDlib: no section {title}")
    return (line for line in lines[start + 1 : lines.index(")", start)] if line)


def _spot(line: str) -> Spot:
    found = NODE.match(line)
    if found is None or found[1] in {"(", ")"}:
        raise TopologyError(f"expected a node; got '{line}'")
    label, lon, lat = found.groups()
    return Spot(label) if lon is None else Spot(label, float(lat), float(lon))


def _span(line: str, place: dict[str, int], unit: float) -> Span:
    found = LINK.match(line)
    if found is None:
        raise TopologyError(f"expected a link; got '{line}'")
    name, a, b, installed = found.groups()
    for end in (a, b):
        if end not in place:
            raise TopologyError(f"link {name}: no node is called '{end}'")
    return Span(place[a], place[b], float(installed or 0) * unit or None)


def _degrees(spots: list[Spot], notes: list[str]) -> list[Spot]:
    """The spots, without coordinates if those of any are none on the globe."""
    if all(abs(s.lat or 0) <= 90 and abs(s.lon or 0) <= 180 for s in spots):
        return spots
    notes.append("coordinates are points of a drawing, not degrees: left out")
    return [spot.bare() for spot in spots]


def _one_way(spans: list[Span]) -> list[Span]:
    """Spans without those that are the way back of one before, as large as the larger."""
    there: dict[tuple[int, int], list[int]] = {}
    kept: list[Span] = []
    for span in spans:
        back = there.get((span.b, span.a), [])
        if back:
            n = back.pop(0)
            larger = max(kept[n].gbit_s or 0, span.gbit_s or 0) or None
            kept[n] = Span(kept[n].a, kept[n].b, larger)
        else:
            there.setdefault((span.a, span.b), []).append(len(kept))
            kept.append(span)
    return kept
