"""Figures of networks and of reliability: what is known of the world, row by row."""

from topology.facts import Fact


class NetworkFigure(Fact):
    """A target, constant, round trip, link, slice or price of networks, in its own unit."""

    kind: str
    name: str
    from_place: str | None = None
    to_place: str | None = None
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str
    valid_from: int | None = None
    confidence: str
    source: str


class ReliabilityFigure(Fact):
    """A failure, repair, outage, promise or rule; rows of unit `text` hold words."""

    kind: str
    component: str
    metric: str
    value: float | str
    low: float | None = None
    high: float | None = None
    unit: str
    population: str | None = None
    confidence: str
    source: str
