"""Slices of the network: what one class of traffic gets on a path, come what may."""

from typing import Annotated, Literal

from pydantic import Field

from topology.facts import Fact, Name, Rate

Traffic = Literal["order", "business", "sharing"]  # the first goes first
TRAFFIC: tuple[Traffic, ...] = ("order", "business", "sharing")


class Slice(Fact):
    """A floor of `floor_gbit_s` in each direction along a path of sites.

    It is for transfers of one class of traffic whose whole way lies on the path; between two
    sites named in a row the shortest way counts. What they do not use, others may.
    """

    name: Name
    path: Annotated[tuple[str, ...], Field(min_length=2, max_length=1_000)]
    floor_gbit_s: Rate
    traffic: Traffic = "sharing"
