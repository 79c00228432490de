"""Backbones of the Internet Topology Zoo, from GraphML.

Apart from `network.py` because it answers another question: what a file says, not which way
data goes. networkx knows the format, with its typed keys and its parallel edges.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import isfinite
from typing import Any

import networkx as nx

from topology.backbones import Backbone, Span, Spot, backbone
from topology.topology import TopologyError

BIT_S_PER_GBIT_S = 1e9


def topology_zoo_rows(
    text: str, *, tier: str = "province", missing_delay_ms: float | None = None
) -> Backbone:
    """The rows of one network; nodes by `label`, speeds by `LinkSpeedRaw` in bit/s.

    Raises:
        TopologyError: the text is no such file.
    """
    graph = _graph(text)
    spots = [_spot(data) for _, data in graph.nodes(data=True)]
    place = {node: n for n, node in enumerate(graph)}
    spans = [Span(place[a], place[b], _gbit_s(data)) for a, b, data in graph.edges(data=True)]
    return backbone(spots, spans, tier=tier, missing_delay_ms=missing_delay_ms)


def _graph(text: str) -> nx.Graph[str]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # they can make a small file endless
        raise TopologyError("not GraphML of the Topology Zoo: it declares a document type")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # networkx goes on where a key has no type
            return nx.parse_graphml(text)
    except (
        UserWarning,
        nx.NetworkXError,
        SyntaxError,
        ValueError,
        LookupError,
        TypeError,
    ) as problem:
        raise TopologyError(f"not GraphML of the Topology Zoo: {problem}") from problem


def _spot(data: Mapping[str, Any]) -> Spot:
    lat, lon = _number(data.get("Latitude"), 90), _number(data.get("Longitude"), 180)
    spot = Spot(str(data.get("label", "")), lat, lon)
    return spot.bare() if lat is None or lon is None else spot


def _number(value: object, most: float) -> float | None:
    if not isinstance(value, int | float) or not isfinite(value) or abs(value) > most:
        return None
    return float(value)


def _gbit_s(data: Mapping[str, Any]) -> float | None:
    raw = data.get("LinkSpeedRaw")
    return raw / BIT_S_PER_GBIT_S if isinstance(raw, int | float) else None
