"""Who is sending: a row for each transfer, and the columns that fair rates are made of."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from scheduler.fair_rates import Demands, Numbers
from scheduler.instants import NEVER
from topology import TRAFFIC

PARTS = 1 << 60  # of a bit: no rate of a link is rounded by more than its own last digit
BITS_PER_US = 1_000.0  # of one Gbit/s
NOBODY = int(np.iinfo(np.int64).max)  # the key of an empty slot


@dataclass(frozen=True, slots=True)
class Route:
    """Numbers of the links passed, and the one-way delay over all of them, not yet rounded."""

    links: tuple[int, ...]
    delay_us: float = 0.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """So many bits over a route, never faster than the node at its end.

    `key` is its name and breaks ties: smaller first. `rank` is a place in TRAFFIC, of which
    the first goes first.
    """

    key: int
    bits: int
    route: Route
    line_rate_gbit_s: float = inf
    rank: int = len(TRAFFIC) - 1


@dataclass(slots=True)
class Sending:
    """A transfer that has not sent its last bit: what was left at an instant, and its pace."""

    transfer: Transfer
    route: Route
    left: int  # parts
    at_us: int
    pace: int = 0  # parts a microsecond
    gbit_s: float = 0.0

    def settle(self, now_us: int) -> int:
        """Count what was sent until now: parts."""
        sent = self.pace * (now_us - self.at_us)
        self.left -= sent
        self.at_us = now_us
        return sent

    def end_us(self) -> int:
        """When the last bit leaves, at this pace, to the nearest microsecond."""
        if self.gbit_s == inf:
            return self.at_us
        if not self.pace:
            return NEVER
        return min(NEVER, self.at_us + (2 * self.left + self.pace) // (2 * self.pace))

    def arrival_us(self) -> int:
        """When the last bit is there: sending and delay are rounded together."""
        span_us = self.left / self.pace if self.pace else 0.0
        return max(self.end_us(), self.at_us + round(span_us + self.route.delay_us))


class Slots:
    """A table with gaps: who leaves makes room for who comes."""

    def __init__(self, links: int) -> None:
        self.links = links
        self.of: dict[int, int] = {}  # key -> slot
        self.sending: list[Sending] = []
        self._free: list[int] = []
        self._paths = np.full((4, 16), links, np.intp)
        self._cap = np.zeros(16)
        self._rank = np.zeros(16, np.intp)
        self._keys = np.full(16, NOBODY, np.int64)
        self._end_us = np.full(16, NEVER, np.int64)
        self.slice_of = np.full(16, -1, np.intp)
        self.gbit_s = np.zeros(16)

    def add(self, sending: Sending, slice_of: int) -> int:
        """A row for one more transfer, which does not send yet: its slot."""
        transfer = sending.transfer
        slot = self._empty(sending)
        self.of[transfer.key] = slot
        self._cap[slot], self._rank[slot] = transfer.line_rate_gbit_s, transfer.rank
        self._keys[slot], self._end_us[slot] = transfer.key, NEVER
        self.gbit_s[slot] = 0.0
        self.set_route(slot, slice_of)
        return slot

    def _empty(self, sending: Sending) -> int:
        if self._free:
            slot = self._free.pop()
            self.sending[slot] = sending
            return slot
        self.sending.append(sending)
        if len(self.sending) > self._keys.size:
            self._grow()
        return len(self.sending) - 1

    def _grow(self) -> None:
        size = self._keys.size
        self._paths = np.pad(self._paths, ((0, 0), (0, size)), constant_values=self.links)
        self._cap = np.pad(self._cap, (0, size))
        self._rank = np.pad(self._rank, (0, size))
        self._keys = np.pad(self._keys, (0, size), constant_values=NOBODY)
        self._end_us = np.pad(self._end_us, (0, size), constant_values=NEVER)
        self.slice_of = np.pad(self.slice_of, (0, size), constant_values=-1)
        self.gbit_s = np.pad(self.gbit_s, (0, size))

    def set_route(self, slot: int, slice_of: int) -> None:
        """Note the route that the row names now, and the slice that it lies in."""
        links = self.sending[slot].route.links
        lack = len(links) - self._paths.shape[0]
        if lack > 0:
            self._paths = np.pad(self._paths, ((0, lack), (0, 0)), constant_values=self.links)
        self._paths[:, slot] = self.links
        self._paths[: len(links), slot] = links
        self.slice_of[slot] = slice_of

    def set_rate(self, slot: int, gbit_s: float, now_us: int) -> int:
        """From now on it sends so fast: parts sent until now."""
        row = self.sending[slot]
        sent = row.settle(now_us)
        row.gbit_s = gbit_s
        row.pace = 0 if gbit_s == inf else int(gbit_s * BITS_PER_US * PARTS)
        self.gbit_s[slot], self._end_us[slot] = gbit_s, row.end_us()
        return sent

    def drop(self, key: int) -> None:
        """Forget a transfer."""
        slot = self.of.pop(key)
        self._keys[slot], self._end_us[slot] = NOBODY, NEVER
        self._paths[:, slot] = self.links
        self._free.append(slot)

    def order(self) -> Numbers:
        """The slots in use by key, so that the past decides nothing."""
        return np.argsort(self._keys, kind="stable")[: len(self.of)]

    def demands(self, order: Numbers) -> Demands:
        """The columns of these slots."""
        return Demands(
            self._paths[:, order], self._cap[order], self._rank[order], self.slice_of[order]
        )

    def next_us(self) -> int:
        """When the next last bit leaves."""
        return int(self._end_us.min())

    def due(self, now_us: int) -> list[Sending]:
        """Whose last bit has left by now, by key."""
        slots = np.flatnonzero(self._end_us <= now_us).tolist()
        return sorted((self.sending[s] for s in slots), key=lambda row: row.transfer.key)

    def any_on(self, link: int) -> bool:
        """Whether anybody passes the link."""
        return bool((self._paths == link).any())
