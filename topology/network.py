"""Links between sites: routes and one-way delay."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import asin, cos, inf, radians, sin, sqrt
from typing import Annotated, Any, Protocol

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, WithJsonSchema

from topology.facts import MOST, Fact, FileName, Name, Rate, Share
from topology.sites import Site
from topology.units import EARTH_RADIUS_KM, FIBRE_US_PER_KM, ROUTE_FACTOR, US_PER_MS

Matrix = NDArray[np.float64]
Leaf = tuple[str, str, float]  # a site, the only one that it is linked to, and their delay
MANY_SITES = 64  # from then on trees are added up leaf by leaf, instead of searched


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Files = Annotated[
    tuple[FileName, ...],
    Field(min_length=1, max_length=10),
    BeforeValidator(_as_list),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    ),
]


class Override(Fact):
    """Where the delay and the rate of a link were measured: a matrix as CSV, or several."""

    matrix: Files = Field(description="CSV, also .gz: src, dst and a column of delays or rates")


class Link(Fact):
    """A path between two sites, usable in both directions.

    `delay_ms` is one way and without queueing; without it the great circle decides. `share`
    is the part of `capacity_gbit_s` that this platform may fill; without a capacity the link
    sets no limit. With an `override` both are those of a matrix, from `a` to `b` or else back,
    and nothing goes another way between these two sites, even if that were shorter.
    """

    name: Name | None = Field(default=None, description="for variants and --set; optional")
    a: str
    b: str
    delay_ms: Annotated[float, Field(ge=0, le=MOST)] | None = None
    capacity_gbit_s: Rate | None = None
    share: Annotated[Share, Field(gt=0)] = 1.0
    override: Override | None = None

    @property
    def rate_gbit_s(self) -> float:
        """What one transfer alone may fill, in Gbit/s; infinite where unknown."""
        return inf if self.capacity_gbit_s is None else self.capacity_gbit_s * self.share


class Placed(Protocol):
    """Anything with coordinates in degrees, or without."""

    @property
    def lat(self) -> float | None:
        """Degrees north."""

    @property
    def lon(self) -> float | None:
        """Degrees east."""


def great_circle_km(a: Placed, b: Placed) -> float | None:
    """Kilometres over the ground, None where a coordinate is missing."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b.lon - a.lon) / 2
    square = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, square)))


def fibre_delay_ms(a: Placed, b: Placed) -> float | None:
    """One-way delay of a fibre along the great circle, None where a coordinate is missing."""
    distance_km = great_circle_km(a, b)
    return None if distance_km is None else _fibre_ms(distance_km)


def _fibre_ms(distance_km: float) -> float:
    return distance_km * ROUTE_FACTOR * FIBRE_US_PER_KM / US_PER_MS


def link_delay_ms(link: Link, a: Placed, b: Placed) -> float | None:
    """The link's own delay, else that of the great circle between its ends."""
    return fibre_delay_ms(a, b) if link.delay_ms is None else link.delay_ms


class Network:
    """All routes between sites. Ties between equal routes are broken by name of site.

    Of two links between the same sites the shorter counts, then the one with more room.
    A link whose delay nothing tells is no route. Without links all sites are together.
    """

    def __init__(self, sites: Sequence[Site], links: Sequence[Link]) -> None:
        self._names = tuple(site.name for site in sites)
        self._together = not links
        self._graph = _graph(sites, links)
        self._stops: dict[str, dict[str, list[str]]] = {}
        self._core, self._leaves = self._graph, list[Leaf]()
        if len(self._names) > MANY_SITES:
            self._core, self._leaves = _pruned(self._graph)
        self._stem = {leaf: stem for leaf, stem, _ in self._leaves}
        self._direct = {
            frozenset((link.a, link.b)): link for link in links if link.override is not None
        }

    def delay_ms(self) -> Matrix:
        """One-way delays `(sites, sites)` in file order; infinite where no link leads."""
        matrix = np.full((len(self._names),) * 2, 0.0 if self._together else inf)
        if self._together:
            return matrix
        place = {name: i for i, name in enumerate(self._names)}
        for a, lengths in nx.all_pairs_dijkstra_path_length(self._core, weight="delay_ms"):
            for b, length in lengths.items():
                matrix[place[a], place[b]] = length
        # Sums there and back differ in the last bit; a delay is the same both ways.
        same: Matrix = np.minimum(matrix, matrix.T)
        for leaf, stem, delay_ms in reversed(self._leaves):
            at = place[leaf]
            same[at] = same[:, at] = same[place[stem]] + delay_ms
            same[at, at] = 0.0
        for link in self._direct.values():
            a, b = place[link.a], place[link.b]
            if link.delay_ms is not None:
                same[a, b] = same[b, a] = link.delay_ms
        return same

    def path(self, a: str, b: str) -> tuple[Link, ...]:
        """Links passed from `a` to `b`, in that order; empty inside a site or without links.

        Raises:
            networkx.NetworkXNoPath: no link leads there.
        """
        found = self.path_or_none(a, b)
        if found is None:
            raise nx.NetworkXNoPath(f"no link leads from {a} to {b}")
        return found

    def path_or_none(self, a: str, b: str) -> tuple[Link, ...] | None:
        """As `path`; None where no link leads there."""
        if self._together or a == b:
            return ()
        if self._direct and frozenset((a, b)) in self._direct:
            return (self._direct[frozenset((a, b))],)
        down_a, down_b = self._to_core(a), self._to_core(b)
        while len(down_a) > 1 and len(down_b) > 1 and down_a[-2] == down_b[-2]:
            down_a.pop()  # both hang on one tree and meet before its root
            down_b.pop()
        across = self._across(down_a[-1], down_b[-1])
        if across is None:
            return None
        stops = [*down_a[:-1], *across, *reversed(down_b[:-1])]
        return tuple(self._graph.edges[pair]["link"] for pair in pairwise(stops))

    def _to_core(self, site: str) -> list[str]:
        """The site and what it passes down its tree, if it hangs on one, to the root."""
        stops = [site]
        while stops[-1] in self._stem:
            stops.append(self._stem[stops[-1]])
        return stops

    def _across(self, a: str, b: str) -> list[str] | None:
        """The sites passed between two, both of the core or one and the same; None: no way.

        Both directions take the same links, so the smaller name always searches.
        """
        if a == b:
            return [a]
        start, end = min(a, b), max(a, b)
        if start not in self._stops:
            found = nx.single_source_dijkstra_path(self._core, start, weight="delay_ms")
            self._stops[start] = found
        if end not in self._stops[start]:
            return None
        stops = self._stops[start][end]
        return stops if a < b else stops[::-1]

    def unreachable(self) -> tuple[tuple[str, str], ...]:
        """A pair (main site, cut-off site) for each part that no link joins to the main part.

        The main part has most sites; its first site by name, and that of the other part,
        stand for them.
        """
        if self._together:
            return ()
        parts = sorted(
            (sorted(part) for part in nx.connected_components(self._graph)), key=_rank
        )
        return tuple((parts[0][0], part[0]) for part in parts[1:])


def _pruned(graph: "nx.Graph[str]") -> tuple["nx.Graph[str]", list[Leaf]]:
    """The graph without leaves, over and over, and those leaves in the order they were cut."""
    core, leaves = graph.copy(), list[Leaf]()
    ends = [site for site in core if core.degree[site] == 1]
    while ends:
        leaf = ends.pop()
        if core.degree[leaf] != 1:
            continue  # its neighbour was cut before it: it is all that is left of its tree
        stem = next(iter(core[leaf]))
        leaves.append((leaf, stem, core.edges[leaf, stem]["delay_ms"]))
        core.remove_node(leaf)
        if core.degree[stem] == 1:
            ends.append(stem)
    return core, leaves


def _rank(part: list[str]) -> tuple[int, str]:
    return -len(part), part[0]


def _graph(sites: Sequence[Site], links: Iterable[Link]) -> "nx.Graph[str]":
    """Sites and their best links, in order of names so that file order decides nothing."""
    by_name = {site.name: site for site in sites}
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(by_name))
    best: dict[tuple[str, str], tuple[float, float, Link]] = {}
    for link in links:
        delay = link_delay_ms(link, by_name[link.a], by_name[link.b])
        if delay is not None:
            pair, offer = (min(link.a, link.b), max(link.a, link.b)), (delay, -link.rate_gbit_s)
            if pair not in best or offer < best[pair][:2]:
                best[pair] = (*offer, link)
    for (a, b), (delay, _, link) in sorted(best.items(), key=lambda item: item[0]):
        graph.add_edge(a, b, delay_ms=delay, link=link)
    return graph
