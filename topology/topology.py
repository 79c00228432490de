"""All that exists, frozen, and how to find one's way in it."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from math import inf
from typing import Annotated, Literal, Protocol, TypeVar

import numpy as np
from pydantic import Field

from topology.catalogue import catalogue_chips, catalogue_servers
from topology.chips import UNKNOWN_CPU, Chip
from topology.data_sets import DataSet
from topology.facts import MOST, Fact, FileName, Name
from topology.network import Link, Matrix, Network, fibre_delay_ms
from topology.nodes import Server
from topology.pools import Pool
from topology.regions import Region, parents_of, region_of_site, upward
from topology.sites import Cloud, Site
from topology.slices import Slice
from topology.synthetic import Synthetic

OF_PLACES = (
    *("delay_ms", "network", "region_delays", "ancestors_at", "site_index", "sites_by_name"),
    *("sites_by_region", "clouds_by_name", "regions_by_name", "region_parents"),
)  # what is looked up of sites, regions and links alone
TIERS = ("nation", "province", "city", "county", "township")


class TopologyError(LookupError):
    """A name that the topology does not hold."""


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The name."""


Item = TypeVar("Item")
NamedItem = TypeVar("NamedItem", bound=Named)


class NodesFile(Fact):
    """A public list of nodes to make pools from."""

    file: str
    format: Literal["openb"] = "openb"


class BackboneFile(Fact):
    """A published backbone to make sites, regions and links from.

    A link whose ends do not both have coordinates takes `missing_delay_ms`, else the median of
    the others. `gbit_s_per_unit` is the unit of capacity of a file of SNDlib.
    """

    file: FileName
    format: Literal["topology-zoo", "sndlib"] = "topology-zoo"
    tier: Name = "province"
    missing_delay_ms: Annotated[float, Field(ge=0, le=MOST)] | None = None
    gbit_s_per_unit: Annotated[float, Field(gt=0, le=MOST)] | None = None


class Topology(Fact):
    """Clouds, sites, pools and links. Lookups expect `faults(topology) == ()`.

    Sites, pools and links keep file order. Regions are those given or, after `complete`,
    one for each site.
    """

    extends: str | tuple[str, ...] | None = Field(
        default=None,
        description="zhejiang, hubs, nation, synthetic or province/NAME; "
        "or a list of provinces, with hubs or without",
    )
    synthetic: Synthetic | None = Field(
        default=None, description="how large a tree extends: synthetic makes"
    )
    tiers: Annotated[tuple[Name, ...], Field(min_length=1)] = TIERS
    chips: tuple[Chip, ...] = ()
    servers: tuple[Server, ...] = ()
    clouds: tuple[Cloud, ...] = ()
    regions: tuple[Region, ...] = ()
    sites: tuple[Site, ...] = ()
    pools: tuple[Pool, ...] = ()
    links: tuple[Link, ...] = ()
    slices: tuple[Slice, ...] = ()
    data_sets: tuple[DataSet, ...] = ()
    nodes_file: NodesFile | None = None
    backbone: BackboneFile | None = Field(
        default=None, description="a Topology Zoo or SNDlib file that sites and links come from"
    )

    def __eq__(self, other: object) -> bool:
        """Equal by its rows; what was looked up so far is no part of it."""
        return isinstance(other, Topology) and self._rows() == other._rows()

    def __hash__(self) -> int:
        return hash((self.sites, self.pools, self.links))

    def _rows(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in Topology.model_fields}

    def site(self, name: str) -> Site:
        """The site of that name."""
        return _find(self.sites_by_name, name, "site")

    def cloud(self, name: str) -> Cloud:
        """The cloud of that name."""
        return _find(self.clouds_by_name, name, "cloud")

    def pool(self, name: str) -> Pool:
        """The pool of that name."""
        return _find(self.pools_by_name, name, "pool")

    def region(self, name: str) -> Region:
        """The region of that name."""
        return _find(self.regions_by_name, name, "region")

    def chip(self, name: str) -> Chip:
        """The chip of that name, written in place or else of the catalogue."""
        return _find(self.chips_by_name, name, "chip")

    def server(self, name: str) -> Server:
        """The server of that name, written in place or else of the catalogue."""
        return _find(self.servers_by_name, name, "server")

    def server_of(self, pool: Pool) -> Server:
        """One node of the pool, with the pool's own DPU if it names one."""
        return self.server(pool.server).with_dpu(pool.dpu)

    def cpu_of(self, pool: Pool) -> Chip:
        """The CPU of the pool's nodes; one called `unknown` if the server names none."""
        name = self.server(pool.server).cpu
        return UNKNOWN_CPU if name is None else self.chip(name)

    def accelerator_of(self, pool: Pool) -> Chip | None:
        """The accelerator of the pool's nodes, None if they have none."""
        name = self.server(pool.server).accelerator
        return None if name is None else self.chip(name)

    def dpu_of(self, pool: Pool) -> Chip | None:
        """The DPU of the pool's nodes, None if they have none."""
        name = self.server_of(pool).dpu
        return None if name is None else self.chip(name)

    def path(self, site_a: str, site_b: str) -> tuple[Link, ...]:
        """Links passed from one site to the other, in that order; empty inside a site."""
        return self.network.path(self.site(site_a).name, self.site(site_b).name)

    def overflow(self, site: str) -> tuple[str, ...]:
        """The sites that take what this one cannot: its parent, the parent's parent, ..."""
        return upward(parents_of(self.sites), self.site(site).name)[1:]

    def region_of(self, site: str) -> str:
        """The region where a site stands: the one it names, else the one of its own name."""
        return self.site(site).region or site

    def sites_of(self, region: str) -> tuple[str, ...]:
        """The sites that stand in this very region, in file order."""
        return self.sites_by_region.get(self.region(region).name, ())

    def ancestors(self, region: str) -> tuple[str, ...]:
        """The region itself, its parent, the parent's parent, ..."""
        return upward(self.region_parents, self.region(region).name)

    def ancestor_at(self, region: str, level: str) -> str | None:
        """The region of that level which holds this one (itself included), None without."""
        key = (region, level)
        if key not in self.ancestors_at:
            self.ancestors_at[key] = next(
                (a for a in self.ancestors(region) if self.region(a).level == level), None
            )
        return self.ancestors_at[key]

    def home_sites(self, region: str) -> tuple[str, ...]:
        """The region's own sites, else those of its nearest ancestor that has any."""
        homes = (self.sites_of(ancestor) for ancestor in self.ancestors(region))
        return next((sites for sites in homes if sites), ())

    def within(self, site: str, level: str, place: str) -> bool:
        """Whether data of the region `place` that stays within `level` may go to the site.

        Without an ancestor of that level data stays in its own region.
        """
        limit, there = self.ancestor_at(place, level), self.region_of(site)
        return there == place if limit is None else self.ancestor_at(there, level) == limit

    def region_delay_ms(self, region: str) -> Matrix:
        """One-way delay from a region to each site `(sites,)`; the nearest home counts.

        Homes of an ancestor are the great circle away, where both have coordinates.
        A region without any home is infinitely far.
        """
        if region not in self.region_delays:
            self.region_delays[region] = _frozen(self._from_homes(self.region(region)))
        return self.region_delays[region]

    def _from_homes(self, region: Region) -> Matrix:
        homes = self.home_sites(region.name)
        if not homes:
            return np.full(len(self.sites), inf)
        own = self.region_of(homes[0]) == region.name
        rows = [self.delay_ms[self.site_index[home]] for home in homes]
        to_home = [
            0.0 if own else fibre_delay_ms(region, self.site(home)) or 0.0 for home in homes
        ]
        delays: Matrix = np.array(rows) + np.array(to_home)[:, None]
        nearest: Matrix = delays.min(axis=0)
        return nearest

    def with_nodes(self, pools: tuple[Pool, ...], servers: tuple[Server, ...]) -> "Topology":
        """The same places with other pools and servers; what is known of the way is kept."""
        rows = {**self._rows(), "pools": pools, "servers": servers}
        other = Topology.model_validate(rows)
        kept = {name: self.__dict__[name] for name in OF_PLACES if name in self.__dict__}
        other.__dict__.update(kept)
        return other

    @cached_property
    def delay_ms(self) -> Matrix:
        """One-way delays `(sites, sites)` in file order of sites; read only."""
        return _frozen(self.network.delay_ms())

    @cached_property
    def network(self) -> Network:
        """All routes between the sites."""
        return Network(self.sites, self.links)

    @cached_property
    def region_delays(self) -> dict[str, Matrix]:
        """Answers of `region_delay_ms` so far."""
        return {}

    @cached_property
    def ancestors_at(self) -> dict[tuple[str, str], str | None]:
        """Answers of `ancestor_at` so far."""
        return {}

    @cached_property
    def site_index(self) -> Mapping[str, int]:
        """Place of each site in file order."""
        return {site.name: i for i, site in enumerate(self.sites)}

    @cached_property
    def sites_by_name(self) -> Mapping[str, Site]:
        """Sites by name."""
        return _by_name(self.sites)

    @cached_property
    def sites_by_region(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the sites that stand in each region."""
        regions: dict[str, tuple[str, ...]] = {}
        for site in self.sites:
            region = self.region_of(site.name)
            regions[region] = (*regions.get(region, ()), site.name)
        return regions

    @cached_property
    def clouds_by_name(self) -> Mapping[str, Cloud]:
        """Clouds by name."""
        return _by_name(self.clouds)

    @cached_property
    def pools_by_name(self) -> Mapping[str, Pool]:
        """Pools by name."""
        return _by_name(self.pools)

    @cached_property
    def regions_by_name(self) -> Mapping[str, Region]:
        """Regions by name."""
        return _by_name(self.regions)

    @cached_property
    def region_parents(self) -> Mapping[str, str | None]:
        """Name of each region to the name of its parent."""
        return parents_of(self.regions)

    @cached_property
    def chips_by_name(self) -> Mapping[str, Chip]:
        """The catalogue's chips and those in place, which come first of two of one name."""
        return {**catalogue_chips(), **_by_name(self.chips)}

    @cached_property
    def servers_by_name(self) -> Mapping[str, Server]:
        """The catalogue's servers and those in place, which come first of two of one name."""
        return {**catalogue_servers(), **_by_name(self.servers)}


def complete(topology: Topology) -> Topology:
    """The same topology with every region written out.

    Without regions each site is one; a site that names none stands in the one of its name.
    """
    regions = topology.regions or tuple(region_of_site(site) for site in topology.sites)
    names = {region.name for region in regions}
    sites = tuple(_placed(site, names) for site in topology.sites)
    return Topology.model_validate({**topology._rows(), "regions": regions, "sites": sites})


def _placed(site: Site, regions: set[str]) -> Site:
    known = site.region is None and site.name in regions
    return site.model_copy(update={"region": site.name}) if known else site


def _find(items: Mapping[str, Item], name: str, word: str) -> Item:
    """The item of that name.

    Raises:
        TopologyError: there is none.
    """
    if name not in items:
        raise TopologyError(f"no {word} of that name; got {name!r}")
    return items[name]


def _by_name(items: Iterable[NamedItem]) -> dict[str, NamedItem]:
    return {item.name: item for item in items}


def _frozen(array: Matrix) -> Matrix:
    array.setflags(write=False)
    return array
