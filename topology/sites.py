"""Clouds and sites: who runs nodes, and where they stand."""

from typing import Annotated

from pydantic import Field

from topology.facts import MOST, Fact, Latitude, Longitude, Name

Price = Annotated[float, Field(ge=0, le=MOST)]


class CloudPrice(Fact):
    """What an on-demand cloud asks for an hour of each, in CNY; None is unknown."""

    vcpu: Price | None = None
    memory_gib: Price | None = None
    gpu: Price | None = None


class Cloud(Fact):
    """One provider's platform.

    `control_plane_delay_ms` passes once for each placement. `on_demand` nodes are paid by
    the hour at `price_cny_h`, not bought.
    """

    name: Name
    control_plane_delay_ms: float = Field(default=0.0, ge=0, le=MOST)
    egress_cny_per_gb: Price | None = None
    on_demand: bool = False
    price_cny_h: CloudPrice | None = None


class Site(Fact):
    """One machine room.

    `parent` is the site that takes its overflow, `region` the place it belongs to (by
    default the region of the same name). `pue` is metered power over power of the nodes.
    """

    name: Name
    tier: str
    region: str | None = None
    parent: str | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    pue: float = Field(default=1.0, ge=1, le=100)
    tariff: str | None = None
