"""Which numbered links a transfer passes between two sites, and which if some are down.

Each link of the topology is two, one for each direction: data there does not slow data back.
Link n is 2n from `a` to `b`, and 2n + 1 back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scheduler.sending import Route
from topology import US_PER_MS, Link, Network, Site, link_delay_ms


class Routes:
    """The shortest routes by delay, over the links that work; kept once they are found."""

    def __init__(self, sites: Sequence[Site], links: Sequence[Link]) -> None:
        self._sites, self._links = tuple(sites), tuple(links)
        self._site = {site.name: site for site in sites}
        self._number = {link: n for n, link in reversed(list(enumerate(links)))}
        self._networks: dict[frozenset[int], Network] = {}
        self._known: dict[tuple[str, str, frozenset[int]], Route | None] = {}

    def capacity_gbit_s(self) -> list[float]:
        """What each numbered link may carry; infinite where unknown."""
        return [link.rate_gbit_s for link in self._links for _ in range(2)]

    def both_ways(self, a: str, b: str) -> tuple[int, ...]:
        """The numbers of all links between two sites, in both directions."""
        return tuple(
            2 * n + way
            for n, link in enumerate(self._links)
            if {link.a, link.b} == {a, b}
            for way in range(2)
        )

    def route(self, start: str, end: str, down: frozenset[int] = frozenset()) -> Route | None:
        """The way from site to site; empty inside a site, None if no working link leads there.

        A link that is down in one direction is not used in the other either.
        """
        broken = frozenset(number // 2 for number in down)
        key = (start, end, broken)
        if key not in self._known:
            self._known[key] = self._found(start, end, broken)
        return self._known[key]

    def _found(self, start: str, end: str, broken: frozenset[int]) -> Route | None:
        if broken and len(broken) == len(self._links):  # no links would mean: all together
            return Route(()) if start == end else None
        path = self._network(broken).path_or_none(start, end)
        return None if path is None else self._numbered(start, path)

    def _network(self, broken: frozenset[int]) -> Network:
        if broken not in self._networks:
            links = [link for n, link in enumerate(self._links) if n not in broken]
            self._networks[broken] = Network(self._sites, links)
        return self._networks[broken]

    def _numbered(self, start: str, path: Iterable[Link]) -> Route:
        numbers, delay_ms, here = list[int](), 0.0, start
        for link in path:
            back = link.a != here
            numbers.append(2 * self._number[link] + back)
            here = link.a if back else link.b
            delay_ms += link_delay_ms(link, self._site[link.a], self._site[link.b]) or 0.0
        return Route(tuple(numbers), delay_ms * US_PER_MS)
