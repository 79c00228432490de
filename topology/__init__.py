"""What exists: chips, servers, clouds, sites, pools and links.

No clock, and no files but its catalogue.

A `Topology` is frozen. `faults` finds what is wrong across its rows, `complete` writes out
the regions that were not given; after that every lookup of `Topology` answers.
"""

from topology.backbones import Backbone
from topology.catalogue import (
    catalogue_chips,
    catalogue_electricity,
    catalogue_network,
    catalogue_reliability,
    catalogue_servers,
    catalogue_speeds,
    catalogue_stacks,
    catalogue_tariffs,
    recommended_speeds,
    speed_classes,
)
from topology.chips import UNKNOWN_CPU, Chip
from topology.data_sets import DataSet
from topology.durations import duration_factor, speed_of, stack_factor
from topology.facts import Fact, Name, Share
from topology.faults import Fault, faults, unused
from topology.figures import NetworkFigure, ReliabilityFigure
from topology.graphml import topology_zoo_rows
from topology.listing import CATALOGUE
from topology.measured import Measured, measured_pairs, overridden
from topology.network import Link, Network, fibre_delay_ms, great_circle_km, link_delay_ms
from topology.nodes import Server
from topology.places import NATION, Place, catalogue_places, province_names
from topology.pools import Pool
from topology.provinces import HUBS, named_topologies, several
from topology.regions import Region
from topology.resources import RESOURCE_UNITS, RESOURCES
from topology.sites import Cloud, CloudPrice, Site
from topology.slices import TRAFFIC, Slice, Traffic
from topology.sndlib import sndlib_rows
from topology.speeds import Speed, StackFactor
from topology.synthetic import Synthetic, synthetic_rows
from topology.tariffs import ElectricityFigure, Tariff, tariff_of_month
from topology.topology import (
    TIERS,
    BackboneFile,
    NodesFile,
    Topology,
    TopologyError,
    complete,
)
from topology.units import (
    BITS_PER_BYTE,
    H_PER_WEEK,
    H_PER_YEAR,
    MB_PER_GB,
    MIB_PER_GIB,
    MILLI,
    MS_PER_S,
    S_PER_H,
    US_PER_H,
    US_PER_MS,
    US_PER_S,
)

__all__ = [
    "BITS_PER_BYTE",
    "CATALOGUE",
    "HUBS",
    "H_PER_WEEK",
    "H_PER_YEAR",
    "MB_PER_GB",
    "MIB_PER_GIB",
    "MILLI",
    "MS_PER_S",
    "NATION",
    "RESOURCES",
    "RESOURCE_UNITS",
    "S_PER_H",
    "TIERS",
    "TRAFFIC",
    "UNKNOWN_CPU",
    "US_PER_H",
    "US_PER_MS",
    "US_PER_S",
    "Backbone",
    "BackboneFile",
    "Chip",
    "Cloud",
    "CloudPrice",
    "DataSet",
    "ElectricityFigure",
    "Fact",
    "Fault",
    "Link",
    "Measured",
    "Name",
    "Network",
    "NetworkFigure",
    "NodesFile",
    "Place",
    "Pool",
    "Region",
    "ReliabilityFigure",
    "Server",
    "Share",
    "Site",
    "Slice",
    "Speed",
    "StackFactor",
    "Synthetic",
    "Tariff",
    "Topology",
    "TopologyError",
    "Traffic",
    "catalogue_chips",
    "catalogue_electricity",
    "catalogue_network",
    "catalogue_places",
    "catalogue_reliability",
    "catalogue_servers",
    "catalogue_speeds",
    "catalogue_stacks",
    "catalogue_tariffs",
    "complete",
    "duration_factor",
    "faults",
    "fibre_delay_ms",
    "great_circle_km",
    "link_delay_ms",
    "measured_pairs",
    "named_topologies",
    "overridden",
    "province_names",
    "recommended_speeds",
    "several",
    "sndlib_rows",
    "speed_classes",
    "speed_of",
    "stack_factor",
    "synthetic_rows",
    "tariff_of_month",
    "topology_zoo_rows",
    "unused",
]
