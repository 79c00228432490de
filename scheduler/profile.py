"""What is free from which instant on: a row of steps, quick to ask.

All amounts of a step are packed into one whole number, 64 bits each. Added to the number of
what is asked, the highest bit of each is set where there is enough: so one sum and one AND look
at a step, devices and all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.instants import NEVER
from scheduler.room import Need

BITS = 64
ZERO = 1 << 62  # what stands for 0, so that what is overdrawn takes nothing from its neighbour
ENOUGH = 1 << 63  # the bit that is set where as much is free as is asked
AMOUNTS = 4  # of a node, before its devices: vcpu_m, memory_mib, dpu_m, local_storage_mb


def packed(values: Sequence[int]) -> int:
    """All values in one number, the first lowest."""
    number = 0
    for value in reversed(values):
        number = (number << BITS) + value
    return number


def flags(count: int, bit: int = ENOUGH) -> int:
    """That bit of the first `count` values."""
    return packed([bit] * count)


@dataclass(frozen=True, slots=True)
class Asked:
    """What must be free: `number` is added to a step, `amounts` are the bits that must be set.

    `devices` are the bits of thousandths of devices (memory lies one above), of which `count`
    must be set together with their memory.
    """

    number: int
    amounts: int
    devices: int = 0
    count: int = 0

    def met(self, found: int) -> bool:
        """Whether these sums (ANDed over the steps of a span) are enough."""
        if found & self.amounts != self.amounts:
            return False
        return not self.count or self.able(found).bit_count() >= self.count

    def able(self, found: int) -> int:
        """The bits of the devices that could serve."""
        return found & found >> BITS & self.devices


def asked_sum(values: Sequence[int]) -> Asked:
    """As much of each value."""
    return Asked(flags(len(values), ENOUGH - ZERO) - packed(values), flags(len(values)))


def asked_node(need: Need, devices: int) -> Asked:
    """Room for one member of a job on a node of up to that many devices."""
    pair = (need.device_m, need.gpu_memory_mib) if need.gpu_m else (0, 0)
    values = amounts_of(need) + [*pair] * devices
    each = packed([0] * AMOUNTS + [ENOUGH, 0] * devices)
    number = flags(len(values), ENOUGH - ZERO) - packed(values)
    return Asked(number, flags(AMOUNTS), each, need.devices)


def amounts_of(need: Need) -> list[int]:
    """All but devices, in the order of AMOUNTS."""
    return [need.vcpu_m, need.memory_mib, need.dpu_m, need.local_storage_mb]


class Profile:
    """What is free from which instant on; the first step holds before the second."""

    __slots__ = ("free", "size", "times")

    def __init__(self, now_us: int, free: Sequence[int]) -> None:
        self.size = len(free)
        self.times = [now_us]
        self.free = [packed(free) + flags(self.size, ZERO)]

    def copy(self) -> Profile:
        """The same, apart."""
        other = object.__new__(Profile)
        other.size, other.times, other.free = self.size, list(self.times), list(self.free)
        return other

    def take(self, at_us: int, until_us: int, load: int) -> None:
        """So much less is free in that span; a negative load gives back."""
        first, free = self._cut(at_us), self.free
        last = self._cut(until_us) if until_us < NEVER else len(free)
        for n in range(first, last):
            free[n] -= load
        self._mend(last)
        self._mend(first)

    def _cut(self, at_us: int) -> int:
        """The step that begins at that instant, from now on."""
        n = bisect_left(self.times, at_us)
        if n == len(self.times) or self.times[n] != at_us:
            self.times.insert(n, at_us)
            self.free.insert(n, self.free[max(n - 1, 0)])
        return n

    def _mend(self, n: int) -> None:
        """No step where nothing changes."""
        if 0 < n < len(self.free) and self.free[n] == self.free[n - 1]:
            del self.times[n], self.free[n]

    def earliest(self, asked: Asked, span_us: int, from_us: int, before_us: int) -> int:
        """The first instant from which all of it is free for so long (devices: the same ones).

        If it is not before `before_us`: some instant from there on, not after it.
        """
        times, free, number, met = self.times, self.free, asked.number, asked.met
        n, count = max(bisect_right(times, from_us) - 1, 0), len(times)
        first, begin_us, found = n, from_us, -1
        while begin_us < before_us:
            found &= free[n] + number
            if not met(found):
                first, found = self._again(asked, first, n)
                if first == count:
                    return NEVER
                begin_us = times[first]
            n += 1
            if n == count or times[n] - begin_us >= span_us:
                return begin_us
        return begin_us

    def _again(self, asked: Asked, first: int, last: int) -> tuple[int, int]:
        """The first step after `first` from which the span may go on past `last`."""
        n, found = last + 1, -1
        while n - 1 > first and asked.met(more := found & self.free[n - 1] + asked.number):
            n, found = n - 1, more
        return n, found

    def least(self, at_us: int, until_us: int) -> list[int]:
        """The least of each value in that span."""
        first = max(bisect_right(self.times, at_us) - 1, 0)
        last = max(bisect_left(self.times, until_us), first + 1)
        rows = (self._values(step) for step in self.free[first:last])
        return [value - ZERO for value in map(min, zip(*rows, strict=True))]

    def _values(self, step: int) -> memoryview:
        return memoryview(step.to_bytes(8 * self.size, "little")).cast("Q")

    def is_overdrawn(self) -> bool:
        """Whether more of something is spoken for than there is, at some time."""
        number, bits = flags(self.size, ENOUGH - ZERO), flags(self.size)
        return any(step + number & bits != bits for step in self.free)

    def after(self, at_us: int) -> int:
        """When the next step begins; NEVER if none does."""
        n = bisect_right(self.times, at_us)
        return self.times[n] if n < len(self.times) else NEVER
