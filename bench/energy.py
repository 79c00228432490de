"""Levels as power: how many nodes' worth of work each pool did, hour by hour.

A step of the levels is a mean; a tariff that changes inside a step splits it by time.
"""

from dataclasses import dataclass

import numpy as np

from bench.cells import Floats, Ints
from bench.level_sums import gone_on, round_us
from bench.rates import Rates
from scheduler import Levels
from topology import RESOURCES, S_PER_H, US_PER_H


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """By pool: `busy_nh` node-hours at full power, `busy_nc` the same x CNY a kWh of the hour.

    `installed`, `sellable` (pools, resources) in units, nan where unknown; `allocated_h` and
    `used_h` (pools, resources) in unit-hours; `hours` = length of the window.
    """

    hours: float
    busy_nh: Floats
    busy_nc: Floats
    installed: Floats
    sellable: Floats
    allocated_h: Floats
    used_h: Floats

    def nodes_per_unit(self, nodes: Floats) -> Floats:
        """Nodes that one sellable unit of each resource stands for; 0 where none is known."""
        return per_unit(nodes, self.sellable)

    def nodes_per_installed(self, nodes: Floats) -> Floats:
        """Nodes that one installed unit of each resource stands for; 0 where none is known."""
        return per_unit(nodes, self.installed)


def per_unit(nodes: Floats, amount: Floats) -> Floats:
    """Nodes for each unit (pools, resources)."""
    known = amount > 0  # nan is not
    return np.where(known, nodes[:, np.newaxis] / np.where(known, amount, 1.0), 0.0)


class Power:
    """Adds up levels chunk by chunk."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        pools, resources = len(rates.nodes), len(RESOURCES)
        self._length_us = 0
        # (1, pools, ...): node-hours and what they cost, allocated, used
        self._busy = np.zeros((1, pools, 2))
        self._allocated = np.zeros((1, pools, resources))
        self._used = np.zeros((1, pools, resources))
        self._installed = np.full((pools, resources), np.nan)
        self._sellable = np.full((pools, resources), np.nan)

    def add(self, levels: Levels) -> None:
        """Some steps, in time order."""
        at = np.array([self._rates.number[name] for name in levels.pools], dtype=np.int64)
        self._installed[at], self._sellable[at] = levels.installed, levels.capacity
        self._length_us += round_us(levels.length_s)
        hours = (levels.length_s / S_PER_H)[:, np.newaxis, np.newaxis]
        for total, steps in (
            (self._allocated, levels.allocated * hours),
            (self._used, levels.used * hours),
            (self._busy, self._power(levels, at)),
        ):
            total[:, at] = gone_on(total[:, at], steps)

    def _power(self, levels: Levels, at: Ints) -> Floats:
        """Node-hours at full power, and those x CNY a kWh (steps, pools, 2)."""
        rates = self._rates
        driver = rates.driver[at]
        per = per_unit(rates.nodes[at], levels.installed)[np.arange(len(at)), driver]
        busy = levels.used[:, np.arange(len(at)), driver] * per
        begin_s, end_s = levels.time_s, levels.time_s + levels.length_s
        cost = np.array([curve.between(begin_s, end_s) for curve in rates.curves])
        hours = (levels.length_s / S_PER_H)[:, np.newaxis]
        return np.stack([busy * hours, busy * cost[rates.curve_of_pool[at]].T], axis=2)

    def course(self) -> Course:
        """The sums so far."""
        return Course(
            hours=self._length_us / US_PER_H,
            busy_nh=self._busy[0, :, 0],
            busy_nc=self._busy[0, :, 1],
            installed=self._installed,
            sellable=self._sellable,
            allocated_h=self._allocated[0],
            used_h=self._used[0],
        )
