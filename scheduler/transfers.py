"""Data on its way over links that are shared: who sends how fast, and when it is there.

It knows no clock: callers say what happens at which instant, in order of time, and ask for
the next instant at which anything arrives or has been sent (`next_us`). Instants are whole
microseconds. What is left to send is kept in whole parts of a bit, so that any number of
changes of rate loses nothing; the end is rounded to the nearest microsecond, once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

import numpy as np
from numpy.typing import NDArray

from scheduler.fair_rates import load, shared_rates
from scheduler.instants import NEVER
from scheduler.sending import BITS_PER_US, PARTS, Route, Sending, Slots, Transfer

FULL = 1 - 1e-9  # of a link: less is room enough that nobody is slowed by it

Reroute = Callable[[Transfer, frozenset[int]], Route | None]


@dataclass(frozen=True, slots=True)
class Floor:
    """A slice: what transfers of one class within these links get in sum at least."""

    name: str
    links: frozenset[int]
    floor_gbit_s: float
    rank: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """The last bit left at `sent_us` and arrived `at_us`."""

    at_us: int
    sent_us: int
    transfer: Transfer


class Transfers:
    """All transfers in progress. Rates are worked out once an instant, if something matters.

    `reroute` is asked for everyone who passes a link that is down, whenever a link fails or is
    mended; without a way it keeps its route and stands still until that works again. What was
    sent stays sent.
    """

    def __init__(
        self,
        capacity_gbit_s: Sequence[float],
        floors: Iterable[Floor] = (),
        reroute: Reroute | None = None,
    ) -> None:
        self.now_us = 0
        self.reworked = 0  # how often rates were worked out
        self.carried_parts = 0
        self.carried_bits = np.zeros(len(capacity_gbit_s))  # by link, up to `_since_us`
        self._nominal = np.array(capacity_gbit_s, np.float64)
        self._room = self._nominal.copy()
        self._floors = sorted(floors, key=lambda floor: floor.name)
        self._floor_gbit_s = np.array([f.floor_gbit_s for f in self._floors], np.float64)
        self._reroute = reroute
        self._down: set[int] = set()
        self._load = np.zeros(self._room.size)
        self._since_us = 0
        self._stale = False
        self._slots = Slots(self._room.size)
        self._arriving: list[tuple[int, int, Arrival]] = []

    # -- what happens ----------------------------------------------------------------------

    def start(self, now_us: int, transfer: Transfer) -> None:
        """Begin to send; nothing to send arrives at once (contracts §4: 0 GB = 0 s).

        Raises:
            ValueError: a transfer of this key is still sending.
        """
        self._go(now_us)
        if transfer.key in self._slots.of:
            raise ValueError(f"transfer {transfer.key} is already sending")
        if not transfer.bits:
            self._arrive(Arrival(now_us, now_us, transfer))
            return
        sending = Sending(transfer, transfer.route, transfer.bits * PARTS, now_us)
        slot = self._slots.add(sending, self._floor_of(transfer, transfer.route))
        self._stale = self._stale or not self._takes_all(slot, sending)

    def cancel(self, now_us: int, key: int) -> int:
        """Stop sending: how many whole bits were sent. 0 if it is not sending any more.

        What is under way behind the last bit still arrives.
        """
        self._go(now_us)
        if key not in self._slots.of:
            return 0
        sending = self._slots.sending[self._slots.of[key]]
        self.carried_parts += sending.settle(now_us)
        self._leave(sending)
        return sending.transfer.bits - -(-sending.left // PARTS)

    def set_capacity(self, now_us: int, link: int, gbit_s: float) -> None:
        """A link holds more or less from now on; one that is down, when it is mended."""
        self._go(now_us)
        self._nominal[link] = gbit_s
        if link not in self._down:
            self._set_room(link, gbit_s)

    def fail(self, now_us: int, links: Collection[int]) -> None:
        """Links go down; who passes them looks for another way."""
        self._go(now_us)
        self._down.update(links)
        for link in sorted(links):
            self._set_room(link, 0.0)
        self._look_for_ways()

    def mend(self, now_us: int, links: Collection[int]) -> None:
        """Links work again; who moved elsewhere stays there."""
        self._go(now_us)
        self._down.difference_update(links)
        for link in sorted(links):
            self._set_room(link, float(self._nominal[link]))
        self._look_for_ways()

    def advance(self, now_us: int) -> list[Arrival]:
        """What has arrived until now, in order of time and key."""
        self._go(now_us)
        self._send_last_bits()
        found = []
        while self._arriving and self._arriving[0][0] <= now_us:
            found.append(heappop(self._arriving)[2])
        return found

    def next_us(self) -> int:
        """The next instant at which to call `advance`; NEVER if nothing moves."""
        self._rework()
        arrival_us = self._arriving[0][0] if self._arriving else NEVER
        return min(self._slots.next_us(), arrival_us)

    # -- what can be asked -----------------------------------------------------------------

    def rate_gbit_s(self, key: int) -> float:
        """How fast a transfer sends now."""
        self._rework()
        return self._slots.sending[self._slots.of[key]].gbit_s

    def left_bits(self, key: int) -> float:
        """What a transfer has still to send now."""
        sending = self._slots.sending[self._slots.of[key]]
        return (sending.left - sending.pace * (self.now_us - sending.at_us)) / PARTS

    def senders(self) -> list[int]:
        """Who is sending, in order."""
        return sorted(self._slots.of)

    def link_bits(self) -> NDArray[np.float64]:
        """What has passed each link until now."""
        return self.carried_bits + self._load * (self.now_us - self._since_us) * BITS_PER_US

    def pass_to(self, now_us: int) -> None:
        """Let time pass until now; what arrives on the way is told by the next `advance`."""
        self._go(now_us)

    def left_parts(self) -> int:
        """Parts of bits that `carried_parts` does not count yet, of all who are sending."""
        return sum(self._slots.sending[slot].left for slot in self._slots.of.values())

    def most_bits(self) -> NDArray[np.float64]:
        """What each link could have carried until now; rounding leaves a billionth more."""
        finite = np.isfinite(self._nominal)
        bits = np.where(finite, self._nominal, 0.0) * self.now_us * BITS_PER_US
        return np.where(finite, bits * (1 + 1e-9) + 1, inf)

    # -- time ------------------------------------------------------------------------------

    def _go(self, now_us: int) -> None:
        """Let time pass; whoever ends on the way leaves its share to the others."""
        if now_us < self.now_us:
            raise ValueError(f"time goes back from {self.now_us} to {now_us} us")
        while self.now_us < now_us:
            self._rework()
            self.now_us = min(self._slots.next_us(), now_us)
            self._send_last_bits()

    def _send_last_bits(self) -> None:
        for sending in self._slots.due(self.now_us):
            at_us = sending.arrival_us()
            # The end was rounded by half a microsecond at most: the rest goes now.
            self.carried_parts += sending.settle(self.now_us) + sending.left
            self.carried_bits[list(sending.route.links)] += sending.left / PARTS
            self._leave(sending)
            self._arrive(Arrival(at_us, self.now_us, sending.transfer))

    def _arrive(self, arrival: Arrival) -> None:
        heappush(self._arriving, (arrival.at_us, arrival.transfer.key, arrival))

    # -- rates -----------------------------------------------------------------------------

    def _rework(self) -> None:
        """Work out all rates, if anything happened that may change one."""
        if not self._stale:
            return
        self._stale = False
        self.reworked += 1
        self._account()
        slots, order = self._slots, self._slots.order()
        demands = slots.demands(order)
        rates = shared_rates(self._room, self._floor_gbit_s, demands)
        for n in np.flatnonzero(rates != slots.gbit_s[order]).tolist():
            self.carried_parts += slots.set_rate(int(order[n]), float(rates[n]), self.now_us)
        self._load = load(self._room.size, demands.paths, rates)

    def _account(self) -> None:
        """Add what has passed the links since their load last changed."""
        self.carried_bits = self.link_bits()
        self._since_us = self.now_us

    def _takes_all(self, slot: int, sending: Sending) -> bool:
        """Whether a newcomer finds room for all it can send, so that nobody else changes."""
        rate, links = sending.transfer.line_rate_gbit_s, list(sending.route.links)
        if rate == inf or self._slots.slice_of[slot] >= 0:
            return False
        if (self._load[links] + rate >= self._room[links] * FULL).any():
            return False
        self._account()
        self._load[links] += rate
        self._slots.set_rate(slot, rate, self.now_us)
        return True

    def _leave(self, sending: Sending) -> None:
        """Forget a transfer; others gain only by what it had, where a link was full."""
        slot, links = self._slots.of[sending.transfer.key], list(sending.route.links)
        sliced = self._slots.slice_of[slot] >= 0
        self._slots.drop(sending.transfer.key)
        if self._stale or not (sliced or sending.gbit_s) or sending.gbit_s == inf:
            return
        if sliced or (self._load[links] >= self._room[links] * FULL).any():
            self._stale = True
            return
        self._account()
        self._load[links] -= sending.gbit_s

    def _set_room(self, link: int, gbit_s: float) -> None:
        """A link holds so much now; of no matter where nobody fills it, before or after."""
        smaller = min(float(self._room[link]), gbit_s)
        changes, self._room[link] = self._room[link] != gbit_s, gbit_s
        if changes and self._load[link] >= smaller * FULL and self._slots.any_on(link):
            self._stale = True

    # -- ways ------------------------------------------------------------------------------

    def _look_for_ways(self) -> None:
        """Everyone on a link that is down asks for another route, in order of key."""
        if self._reroute is None:
            return
        for key in self.senders():
            slot = self._slots.of[key]
            sending = self._slots.sending[slot]
            if self._down.isdisjoint(sending.route.links):
                continue
            way = self._reroute(sending.transfer, frozenset(self._down))
            if way is not None and way != sending.route:
                sending.route = way
                self._slots.set_route(slot, self._floor_of(sending.transfer, way))
                self._stale = True

    def _floor_of(self, transfer: Transfer, route: Route) -> int:
        """The first slice by name of this class that holds the whole route; -1 none."""
        for n, floor in enumerate(self._floors):
            if (
                route.links
                and floor.rank == transfer.rank
                and floor.links.issuperset(route.links)
            ):
                return n
        return -1
