"""Faults across the rows of a topology: names that lead nowhere, circles, sites cut off.

Each check is one function from a topology to faults; `faults` joins them. Run it on what was
read (with pools from a nodes file), before `complete`, so that positions are those of the file.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from topology.catalogue import catalogue_tariffs
from topology.chips import Chip
from topology.network import Network, link_delay_ms
from topology.nodes import Server
from topology.regions import Child, parents_of, upward
from topology.topology import TIERS, Topology

Path = tuple[str | int, ...]
Found = Iterator["Fault"]
MOST_NODES = 10_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at `path`: list positions count from 0; `got` None means it is absent.

    `options` are what would have been right, for a guess.
    """

    path: Path
    message: str
    got: object = None
    options: tuple[str, ...] = ()


def faults(topology: Topology) -> tuple[Fault, ...]:
    """All that is wrong across rows; empty for a topology that can be simulated."""
    later = tuple(_not_written_out(topology))
    found = later or tuple(fault for check in CHECKS for fault in check(topology))
    return found or tuple(_cut_off(topology)) or tuple(_narrow(topology))


def unused(topology: Topology) -> tuple[Fault, ...]:
    """Rows in place that no other row of the topology uses: clouds, servers and chips.

    Chips may still be named by a workload.
    """
    pools = [(pool, topology.server_of(pool)) for pool in topology.pools]
    servers = {server.name for _, server in pools}
    used = {
        "clouds": {pool.cloud for pool, _ in pools},
        "servers": servers,
        "chips": {name for server in _servers(topology, servers) for name in _chips_of(server)},
    }
    used["chips"] |= {pool.dpu for pool, _ in pools if pool.dpu}
    return tuple(
        Fault(("topology", section, i), "nothing uses it", item.name)
        for section, names in used.items()
        for i, item in enumerate(getattr(topology, section))
        if item.name not in names
    )


def _servers(topology: Topology, names: Iterable[str]) -> list[Server]:
    return [topology.server(name) for name in names] + list(topology.servers)


def _chips_of(server: Server) -> list[str]:
    return [name for name in (server.cpu, server.accelerator, server.dpu) if name]


def _not_written_out(topology: Topology) -> Found:
    """The reader writes these out before anything is laid over them."""
    for key in ("extends", "synthetic", "backbone"):
        if getattr(topology, key) is not None:
            yield Fault(("topology", key), "belongs to the scenario, not to a variant")


def _same_names(topology: Topology) -> Found:
    for section in (
        "chips",
        "servers",
        "clouds",
        "regions",
        "sites",
        "pools",
        "slices",
        "data_sets",
        "links",
    ):
        seen: set[str | None] = set()
        for i, item in enumerate(getattr(topology, section)):
            if item.name in seen and item.name is not None:
                path = ("topology", section, i, "name")
                yield Fault(path, f"another of {section} has that name", item.name)
            seen.add(item.name)
    for tier, count in Counter(topology.tiers).items():
        if count > 1:
            yield Fault(("topology", "tiers"), "a tier stands there twice", tier)


def _tiers(topology: Topology) -> Found:
    for i, site in enumerate(topology.sites):
        if site.tier not in topology.tiers:
            yield _not_one_of(("topology", "sites", i, "tier"), site.tier, topology.tiers)


def _levels(topology: Topology) -> Found:
    levels = tuple(dict.fromkeys((*topology.tiers, *TIERS)))
    for i, region in enumerate(topology.regions):
        if region.level is not None and region.level not in levels:
            yield _not_one_of(("topology", "regions", i, "level"), region.level, levels)


def _not_one_of(path: Path, got: str, words: tuple[str, ...]) -> Fault:
    listed = " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    return Fault(path, f"expected {listed}", got, words)


def _site_names(topology: Topology) -> Found:
    regions = {region.name for region in topology.regions}
    for i, site in enumerate(topology.sites):
        path = ("topology", "sites", i)
        yield from _unknown((*path, "parent"), "site", site.parent, topology.sites_by_name)
        yield from _unknown((*path, "tariff"), "tariff", site.tariff, catalogue_tariffs())
        yield from _unknown(
            (*path, "region"), "region", site.region, regions or topology.sites_by_name
        )
        if regions and site.region is None and site.name not in regions:
            yield Fault(path, "region is missing, and no region is called", site.name)


def _region_names(topology: Topology) -> Found:
    for i, region in enumerate(topology.regions):
        path = ("topology", "regions", i, "parent")
        yield from _unknown(path, "region", region.parent, topology.regions_by_name)


def _pool_names(topology: Topology) -> Found:
    for i, pool in enumerate(topology.pools):
        path = ("topology", "pools", i)
        yield from _unknown((*path, "site"), "site", pool.site, topology.sites_by_name)
        yield from _unknown((*path, "cloud"), "cloud", pool.cloud, topology.clouds_by_name)
        yield from _unknown((*path, "server"), "server", pool.server, topology.servers_by_name)
        yield from _chip(topology, (*path, "dpu"), pool.dpu, ("dpu",))
        server = topology.servers_by_name.get(pool.server)
        if pool.gpu_jobs_only and server is not None and not server.accelerators:
            message = "no job could enter: server has no accelerator"
            yield Fault((*path, "gpu_jobs_only"), message, server.name)


def _link_names(topology: Topology) -> Found:
    for i, link in enumerate(topology.links):
        path = ("topology", "links", i)
        yield from _unknown((*path, "a"), "site", link.a, topology.sites_by_name)
        yield from _unknown((*path, "b"), "site", link.b, topology.sites_by_name)
        if link.a == link.b:
            yield Fault((*path, "b"), "expected another site than a", link.b)


def _slice_names(topology: Topology) -> Found:
    for i, row in enumerate(topology.slices):
        path = ("topology", "slices", i, "path")
        for k, site in enumerate(row.path):
            yield from _unknown((*path, k), "site", site, topology.sites_by_name)
            if k and site == row.path[k - 1]:
                yield Fault((*path, k), "expected another site than before it", site)
        if not topology.links:
            yield Fault(path, "there are no links: nothing could ever be short")


def _data_set_places(topology: Topology) -> Found:
    for i, row in enumerate(topology.data_sets):
        for k, site in enumerate(row.at):
            path = ("topology", "data_sets", i, "at", k)
            yield from _unknown(path, "site", site, topology.sites_by_name)


def _unknown(path: Path, word: str, name: str | None, names: Collection[str]) -> Found:
    if name is not None and name not in names:
        yield Fault(path, f"no {word} of that name", name, tuple(names))


def _server_chips(topology: Topology) -> Found:
    for i, server in enumerate(topology.servers):
        path = ("topology", "servers", i)
        yield from _chip(topology, (*path, "cpu"), server.cpu, ("cpu",))
        yield from _chip(topology, (*path, "accelerator"), server.accelerator, ("gpu", "npu"))
        yield from _chip(topology, (*path, "dpu"), server.dpu, ("dpu",))
        if server.accelerators and server.accelerator is None:
            yield Fault(path, "accelerator is missing: accelerators counts it")
        if server.accelerator is not None and not server.accelerators:
            yield Fault((*path, "accelerators"), "expected at least 1 with an accelerator", 0)


def _chip(topology: Topology, path: Path, name: str | None, kinds: tuple[str, ...]) -> Found:
    if name is None:
        return
    chips = topology.chips_by_name
    right = tuple(chip.name for chip in chips.values() if chip.kind in kinds)
    if name not in chips:
        yield Fault(path, "no chip of that name", name, right)
    elif name not in right:
        yield Fault(path, _wrong_kind(chips[name], kinds), name, right)


def _wrong_kind(chip: Chip, kinds: tuple[str, ...]) -> str:
    return f"expected a chip of kind {' or '.join(kinds)}, and this is a {chip.kind}"


def _circles(topology: Topology) -> Found:
    yield from _circles_of("sites", topology.sites)
    yield from _circles_of("regions", topology.regions)


def _circles_of(section: str, items: Sequence[Child]) -> Found:
    """One fault a circle, at its first row."""
    parents, told = parents_of(items), set[str]()
    for i, item in enumerate(items):
        circle = upward(parents, item.name)
        if item.name not in told and parents[circle[-1]] == item.name:
            told.update(circle)
            message = f"parents go round in a circle: {' > '.join((*circle, item.name))}"
            yield Fault(("topology", section, i, "parent"), message, item.parent)


def _coordinates(topology: Topology) -> Found:
    for section in ("regions", "sites"):
        for i, item in enumerate(getattr(topology, section)):
            if (item.lat is None) != (item.lon is None):
                missing = "lat" if item.lat is None else "lon"
                yield Fault(("topology", section, i), f"{missing} is missing: a place has both")


def _link_delays(topology: Topology) -> Found:
    sites = topology.sites_by_name
    for i, link in enumerate(topology.links):
        known = link.a in sites and link.b in sites
        if known and link_delay_ms(link, sites[link.a], sites[link.b]) is None:
            message = "delay_ms is missing, or lat and lon of both sites"
            yield Fault(("topology", "links", i), message)


def _too_many_nodes(topology: Topology) -> Found:
    nodes = sum(pool.nodes for pool in topology.pools)
    if nodes > MOST_NODES:
        yield Fault(("topology", "pools"), f"expected at most {MOST_NODES:,} nodes", nodes)


def _cut_off(topology: Topology) -> Found:
    """Looked for only where all else is right, since every lost link cuts a site off."""
    for main, lost in Network(topology.sites, topology.links).unreachable():
        path = ("topology", "sites", topology.site_index[lost])
        yield Fault(path, f"no path of links to {main!r}", lost)


def _narrow(topology: Topology) -> Found:
    """A slice guarantees no more than the links of its path carry."""
    for i, row in enumerate(topology.slices):
        links = [link for a, b in pairwise(row.path) for link in topology.path(a, b)]
        least = min(links, key=lambda link: link.rate_gbit_s)
        if row.floor_gbit_s > least.rate_gbit_s:
            rate = f"{least.rate_gbit_s:g} Gbit/s of {least.a} to {least.b}"
            path = ("topology", "slices", i, "floor_gbit_s")
            yield Fault(path, f"expected at most the {rate}", row.floor_gbit_s)


CHECKS: tuple[Callable[[Topology], Found], ...] = (
    _same_names,
    _tiers,
    _levels,
    _site_names,
    _region_names,
    _pool_names,
    _link_names,
    _slice_names,
    _data_set_places,
    _server_chips,
    _circles,
    _coordinates,
    _link_delays,
    _too_many_nodes,
)
