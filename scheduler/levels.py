"""Levels over time: allocated, used and queued, as means over equal steps, while time passes.

A level changes by jumps. A jump d at instant t inside step k adds d x (end of k - t) to the
integral of k and d to every later step, so jumps may come in any order within a flush.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scheduler.estate import Estate
from topology import RESOURCES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SCALE = np.array([1000.0, 1024.0, 1000.0, 1024.0, 1000.0, 1000.0])  # integers to units
GPU = RESOURCES.index("gpu")
WINDOW = 256  # steps held open at once, fewer where there are many rows
WINDOW_CELLS = 1 << 19


@dataclass(frozen=True, slots=True)
class Levels:
    """Means over steps. `time_s` is the start of a step, `length_s` its length.

    `installed`, `capacity` (= sellable) are (pools, resources), nan where unknown; `allocated`
    and `used` (steps, pools, resources); `queued` (steps, lines, resources), in vCPU, GiB, GPU,
    GiB, DPU and GB. `fragmented` (steps, pools) is the part of the unallocated GPUs that the
    jobs to come cannot use (leftovers.py), None where no pool has a GPU.
    """

    pools: tuple[str, ...]
    lines: tuple[str, ...]
    resources: tuple[str, ...]
    time_s: Floats
    length_s: Floats
    installed: Floats
    capacity: Floats
    allocated: Floats
    used: Floats
    queued: Floats
    fragmented: Floats | None = None


@dataclass(frozen=True, slots=True)
class Jumps:
    """Changes of levels: `at_us` (n,), `row` (n,) pool or line.

    `amount(r)` is the change of resource r at each, (n,), or None where it never changes.
    """

    at_us: Ints
    row: Ints
    amount: Callable[[int], Floats | None]


class Meter:
    """Steps of one level over [start, end), closed `window` at a time as time passes."""

    def __init__(
        self,
        rows: int,
        start_us: int,
        end_us: int,
        step_us: int,
        window: int,
        scale: Floats = SCALE,
    ) -> None:
        self.rows, self.start_us, self.end_us, self.step_us = rows, start_us, end_us, step_us
        self.steps = max(0, -(-(end_us - start_us) // step_us))
        self.scale, self.kinds = scale, len(scale)  # what is counted, and integers to units
        self.width = rows * self.kinds
        self.first = 0  # the first step that is still open
        self.level = np.zeros(self.width)  # at the start of that step
        self.window = window
        self._jump = np.zeros((self.window, self.width))
        self._integral = np.zeros((self.window, self.width))

    def ends_us(self, step: Ints) -> Ints:
        """Where steps end; the last may be shorter."""
        return np.minimum(self.start_us + (step + 1) * self.step_us, self.end_us)

    def add(self, jumps: Jumps, until_us: int) -> Iterator[Floats]:
        """Book all jumps up to `until_us`; yields closed steps: (steps, rows, resources)."""
        at_us = np.maximum(jumps.at_us, self.start_us)
        step = (at_us - self.start_us) // self.step_us
        last_step = int(step.max(initial=-1))
        while self.first < self.steps:
            last = min(self.first + self.window, self.steps)
            now: Ints | slice = slice(None)
            if last_step >= last or (len(step) and int(step.min()) < self.first):
                now = np.flatnonzero((step >= self.first) & (step < last))
            if last == self.steps:  # the last step may end before its time
                now = np.flatnonzero((step >= self.first) & (at_us < self.end_us))
            self._book(jumps, step, at_us, now)
            if int(self.ends_us(np.array(last - 1))) > until_us:
                return
            yield self._close(last)

    def _book(self, jumps: Jumps, step: Ints, at_us: Ints, now: Ints | slice) -> None:
        step, at_us = step[now], at_us[now]
        if not len(step):
            return
        cell = (step - self.first) * self.rows + jumps.row[now]
        left_us = (self.ends_us(step) - at_us).astype(np.float64)
        size = self.window * self.rows
        for r in range(self.kinds):
            amount = jumps.amount(r)
            if amount is None:
                continue
            amount = amount[now]
            jump = np.bincount(cell, amount, size).reshape(self.window, self.rows)
            area = np.bincount(cell, amount * left_us, size).reshape(self.window, self.rows)
            self._jump[:, r :: self.kinds] += jump
            self._integral[:, r :: self.kinds] += area

    def _close(self, last: int) -> Floats:
        count = last - self.first
        steps = np.arange(self.first, last)
        length = (self.ends_us(steps) - (self.start_us + steps * self.step_us)).astype(float)
        before = np.cumsum(self._jump[:count], axis=0) - self._jump[:count]
        means = self.level + before + self._integral[:count] / length[:, None]
        self.level = self.level + self._jump[:count].sum(axis=0)
        self.first = last
        self._jump[:] = 0.0
        self._integral[:] = 0.0
        shaped = means.reshape(count, self.rows, self.kinds) / self.scale
        means_in_units: Floats = np.maximum(np.round(shaped, 9), 0.0)
        return means_in_units


def steps_open(rows: int) -> int:
    """How many steps may stand open at once, of so many pools or lines."""
    return max(1, min(WINDOW, WINDOW_CELLS // max(rows * len(RESOURCES), 1)))


class Meters:
    """Allocated, used and queued of one run together, so that their steps close together."""

    def __init__(self, estate: Estate, start_us: int, end_us: int, step_us: int) -> None:
        pools, lines = len(estate.pools), len(estate.lines)
        self.estate, self.start_us, self.step_us, self.end_us = (
            estate,
            start_us,
            step_us,
            end_us,
        )
        window = steps_open(max(pools, lines))
        self.allocated = Meter(pools, start_us, end_us, step_us, window)
        self.used: Meter | None = None  # while all that is allocated is also used
        self.queued = Meter(lines, start_us, end_us, step_us, window)
        self.fragmented: Meter | None = None
        if estate.devices:
            self.fragmented = Meter(
                pools, start_us, end_us, step_us, window, SCALE[GPU : GPU + 1]
            )
        self._step = 0

    def add(
        self,
        allocated: Jumps,
        used: Jumps | None,
        queued: Jumps,
        fragmented: Jumps | None,
        until_us: int,
    ) -> Iterator[Levels]:
        """Book the jumps of a flush; yields the steps that it closed."""
        if used is not None and self.used is None:
            self.used = deepcopy(self.allocated)
        blocks = list(self.allocated.add(allocated, until_us))
        busy = blocks
        if self.used is not None:
            busy = list(self.used.add(used or allocated, until_us))
        waiting = list(self.queued.add(queued, until_us))
        lost: list[Floats | None] = [None] * len(blocks)
        if self.fragmented is not None and fragmented is not None:
            lost = [block[:, :, 0] for block in self.fragmented.add(fragmented, until_us)]
        for block, use, queue, pieces in zip(blocks, busy, waiting, lost, strict=True):
            yield self._levels(block, use, queue, pieces)

    def _levels(
        self, allocated: Floats, used: Floats, queued: Floats, fragmented: Floats | None
    ) -> Levels:
        steps = np.arange(self._step, self._step + len(allocated))
        self._step += len(allocated)
        start_us = self.start_us + steps * self.step_us
        end_us = np.minimum(start_us + self.step_us, self.end_us)
        capacity = _in_units([p.sellable for p in self.estate.pools])
        if (
            fragmented is not None
        ):  # what is kept in reserve is not for sale, in pieces or whole
            left = np.maximum(capacity[:, GPU] - allocated[:, :, GPU], 0.0)
            fragmented = np.fmin(fragmented, left)
        return Levels(
            pools=tuple(p.name for p in self.estate.pools),
            lines=self.estate.lines,
            resources=RESOURCES,
            time_s=start_us / 1e6,
            length_s=(end_us - start_us) / 1e6,
            installed=_in_units([p.installed for p in self.estate.pools]),
            capacity=capacity,
            allocated=allocated,
            used=used,
            queued=queued,
            fragmented=fragmented,
        )


def _in_units(rows: list[tuple[int, ...]]) -> Floats:
    amounts = np.array(rows, dtype=np.float64).reshape(len(rows), len(RESOURCES))
    return np.where(amounts < 0, np.nan, amounts / SCALE)


def joined_levels(parts: list[Levels]) -> Levels:
    """One table of steps from its parts in time order."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return Levels(
        pools=first.pools,
        lines=first.lines,
        resources=first.resources,
        time_s=np.concatenate([p.time_s for p in parts]),
        length_s=np.concatenate([p.length_s for p in parts]),
        installed=first.installed,
        capacity=first.capacity,
        allocated=np.concatenate([p.allocated for p in parts]),
        used=np.concatenate([p.used for p in parts]),
        queued=np.concatenate([p.queued for p in parts]),
        fragmented=joined([p.fragmented for p in parts]),
    )


def joined(parts: Sequence[Floats | None]) -> Floats | None:
    """One array of steps from its parts, None where there is nothing."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None
