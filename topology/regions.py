"""Regions: administrative places, each inside its parent."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Protocol

from pydantic import Field

from topology.facts import Fact, Latitude, Longitude, Name
from topology.sites import Site


class Child(Protocol):
    """Anything that may have a parent."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def parent(self) -> str | None:
        """The name of its parent."""


class Region(Fact):
    """An administrative place, where demand comes from and where data may stay.

    `level` is one of the topology's tiers. `population` weighs the places of a workload
    that is split among them.
    """

    name: Name
    level: str | None = None
    parent: str | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    population: Annotated[int, Field(ge=0, le=10**10)] | None = None


def region_of_site(site: Site) -> Region:
    """The region that a site is where no regions are given."""
    return Region(
        name=site.name, level=site.tier, parent=site.parent, lat=site.lat, lon=site.lon
    )


def upward(parents: Mapping[str, str | None], start: str) -> tuple[str, ...]:
    """`start`, its parent, and so on; ends at an unknown name or where it would repeat."""
    chain: dict[str, None] = {}
    name: str | None = start
    while name is not None and name in parents and name not in chain:
        chain[name] = None
        name = parents[name]
    return tuple(chain)


def parents_of(items: Iterable[Child]) -> dict[str, str | None]:
    """Name to parent's name."""
    return {item.name: item.parent for item in items}
