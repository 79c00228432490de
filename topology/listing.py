"""The catalogue as one list of tables, for those who print or search it."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from topology.catalogue import (
    catalogue_chips,
    catalogue_electricity,
    catalogue_network,
    catalogue_reliability,
    catalogue_servers,
    catalogue_speeds,
    catalogue_stacks,
)
from topology.facts import Fact
from topology.places import catalogue_places

CATALOGUE: Mapping[str, Callable[[], Iterable[Fact]]] = MappingProxyType(
    {
        "chips": lambda: catalogue_chips().values(),
        "servers": lambda: catalogue_servers().values(),
        "speeds": catalogue_speeds,
        "tariffs": catalogue_electricity,
        "network": catalogue_network,
        "reliability": catalogue_reliability,
        "stacks": lambda: catalogue_stacks().values(),
        "places": lambda: catalogue_places().values(),
    }
)
"""Every table by name; its rows are read when called."""
