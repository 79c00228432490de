"""What jobs that are sent again consist of: where they may go, when, and what it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.optimise.stations import Hold, Station
from scheduler.shapes import Shape, Stand

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Worth:
    """What one more would have saved under one seed, in CNY; its own cost is not counted.

    A node of pool `name` (or of one of those `like` it) or one unit of a tenant's quota
    (`name`: tenant and resource).
    """

    kind: str
    name: str
    like: tuple[str, ...]
    cny: float


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Where jobs of a shape may go: a station each, by its pool that is cheapest to reach.

    `quota` is the station of the tenant's quota, -1 if it has none; `touched` are all.
    """

    shape: Shape
    stations: tuple[int, ...]
    stands: tuple[Stand, ...]
    hour_cny: Floats
    once: Floats
    factor: Floats
    amounts: Floats  # (stations, resources and parts of a node)
    quota: int
    touched: frozenset[int]


@dataclass(frozen=True, slots=True)
class Job:
    """One job that is sent, and by place of its `ways` what awaits it there.

    `order` has the cheapest first by `price_cny`, its own cost and the worth of its room to
    others, without its wait; of this `own_cny` is what it costs itself. A job stands in line
    from `ready_us` on and holds nodes for `span_us`.
    """

    ways: Ways
    submit_us: int
    counted: bool
    order: Sequence[int]
    price_cny: Sequence[float]
    own_cny: Sequence[float]
    ready_us: Sequence[int]
    span_us: Sequence[int]


@dataclass(frozen=True, slots=True)
class Sent:
    """What a job holds of each station that it touches, and what it counts."""

    holds: Mapping[int, Hold]
    cny: float


@dataclass(slots=True)
class World:
    """The room with one more of something: stations that differ, and CNY saved so far."""

    kind: str
    name: str
    like: tuple[str, ...]
    own: dict[int, Station]
    saved_cny: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """When a job could begin at a station, and on which nodes."""

    at_us: int
    nodes: tuple[int, ...]
