"""Where data may be worked on: inside its site, its region, or a level around that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scenarios import Ask
from scheduler.estate import PoolFacts
from topology import Topology

Mask = npt.NDArray[np.bool_]


class Residency:
    """The pools that residency keeps, worked out once for each limit that is asked for."""

    def __init__(self, topology: Topology, pools: Sequence[PoolFacts]) -> None:
        self.topology, self.pools = topology, pools
        self._homes: dict[str, tuple[npt.NDArray[np.object_], dict[object, Mask]]] = {}

    def limit(self, ask: Ask) -> object:
        """All that residency asks of a pool; equal for places inside the same limit."""
        if ask.stays_within is None:
            return None
        if ask.stays_within == "site":
            return ("site", ask.data_at) if ask.data_at is not None else ("region", ask.region)
        place = self.topology.region_of(ask.data_at) if ask.data_at else ask.region
        if place is None:
            return ("region", None)
        limit = self.topology.ancestor_at(place, ask.stays_within)
        return ("region", place) if limit is None else (ask.stays_within, limit)

    def keeps(self, ask: Ask) -> Mask:
        """The pools that residency keeps (see Topology.within)."""
        limit = self.limit(ask)
        if not isinstance(limit, tuple):
            return np.ones(len(self.pools), bool)
        kind, name = limit
        if name is None:
            return np.zeros(len(self.pools), bool)
        if kind not in self._homes:
            self._homes[kind] = (np.array([self._home(kind, p) for p in self.pools]), {})
        homes, masks = self._homes[kind]
        if name not in masks:
            masks[name] = homes == name
        return masks[name]

    def _home(self, kind: str, pool: PoolFacts) -> str:
        """The site, the region, or the region of a level around it, of a pool; '' for none."""
        if kind == "site":
            return pool.site_name
        if kind == "region":
            return pool.region
        return self.topology.ancestor_at(pool.region, kind) or ""
