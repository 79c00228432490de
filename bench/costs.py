"""Money, energy and carbon of one run: what jobs held and what nobody did, adding up to all.

Every amount is over [warm-up, horizon). Of pools one owns all hours count, of on-demand clouds
only what was allocated. Equations: docs/model.md, "Energy and money".
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.cells import Floats, Groups, Ints
from bench.energy import Course, Power
from bench.faces import Run
from bench.gangs import spread
from bench.holds import Held, Holds
from bench.places import Places
from bench.rates import Rates, rates_of
from bench.untold import told
from bench.view import Jobs
from scheduler import Levels

NAN = float("nan")
TERMS = ("capex_cny", "energy_cny", "network_cny", "cloud_cny")
"""The terms of the total; staff is no input yet and stands outside."""

PARTS = (*TERMS, "kwh", "it_kwh", "carbon_kg", "idle_kwh", "idle_cny")
"""What is added up, of cells and of pools."""

Sums = Mapping[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Bill:
    """What was held, by cell, and the rest, by pool; both by the names of `PARTS`.

    `allocated_h` and `used_h` (cells, resources) are unit-hours that add up to those of pools.
    """

    rates: Rates
    course: Course
    held: Held
    allocated: Sums
    unallocated: Sums
    allocated_h: Floats
    used_h: Floats

    def measures(self, cells: Groups, pools: Groups | None, finished: Floats) -> Sums:
        """All measures of the keys of a scope; `pools` where capacity belongs to them too."""
        held = {name: cells.total(values) for name, values in self.allocated.items()}
        zero = np.zeros(len(cells.keys))
        rest = {
            name: pools.total(values) if pools else zero
            for name, values in self.unallocated.items()
        }
        return named(held, rest, finished)


def named(held: Sums, rest: Sums, finished: Floats) -> Sums:
    """Measures of keys from what was held and what was not."""
    both = {name: held[name] + rest[name] for name in PARTS}
    held_cny, rest_cny = (np.sum([part[t] for t in TERMS], axis=0) for part in (held, rest))
    total = held_cny + rest_cny
    return {
        "energy_kwh": both["kwh"],
        "energy_allocated_kwh": held["kwh"],
        "energy_idle_kwh": held["idle_kwh"],
        "energy_unallocated_kwh": rest["kwh"],
        "carbon_kg": both["carbon_kg"],
        "pue_mean": quotient(both["kwh"], both["it_kwh"]),
        **{f"cost_{name}": both[name] for name in TERMS},
        "cost_staff_cny": np.full(len(total), NAN),
        "cost_total_cny": total,
        "cost_allocated_cny": held_cny,
        "cost_idle_cny": held["idle_cny"],
        "cost_unallocated_cny": rest_cny,
        "cost_per_job_cny": quotient(total, finished),
    }


def quotient(part: Floats, whole: Floats) -> Floats:
    """A quotient, nan where the whole is 0 or unknown."""
    found: Floats = np.full(len(whole), NAN)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


class Bookkeeper:
    """Sees all levels of a run, then all its jobs, each once, and writes the bill."""

    def __init__(self, records: Run, places: Places) -> None:
        self._scenario, self._places = records.scenario, places
        self._rates = rates_of(records.scenario)
        self._power = Power(self._rates)
        self._holds: Holds | None = None

    def levels(self, chunk: Levels) -> None:
        """Some steps, in time order."""
        self._power.add(chunk)

    def jobs(self, chunk: Jobs) -> None:
        """Some jobs; after all levels."""
        self._ready().add(chunk)

    def _ready(self) -> Holds:
        if self._holds is None:
            self._holds = Holds(self._scenario, self._rates, self._power.course())
        return self._holds

    def bill(self) -> Bill:
        """The bill of the run."""
        window_s = np.array([self._scenario.warmup_us, self._scenario.horizon_us]) / 1e6
        course = self._power.course()
        held = told(self._ready().held(), course, self._rates, self._scenario)
        held = spread(held, course, self._rates, self._scenario)
        return bill_of(self._rates, course, held, self._places, window_s)


def bill_of(rates: Rates, course: Course, held: Held, places: Places, window_s: Floats) -> Bill:
    """Shares of jobs and the levels of pools made to agree, then priced."""
    pool = np.array([rates.number[name or ""] for name in held.cells.values("pool")], dtype=int)
    parts = Fitted.of(rates, course, held, pool, hour_cost(rates, window_s))
    return Bill(
        rates=rates,
        course=course,
        held=held,
        allocated=allocated(rates, parts, pool, network(rates, held, places, pool)),
        unallocated=unallocated(rates, parts),
        allocated_h=in_sum(held.hours, course.allocated_h),
        used_h=in_sum(held.used, course.used_h),
    )


def hour_cost(rates: Rates, window_s: Floats) -> Floats:
    """CNY of one kW through the whole window, by pool."""
    begin, end = window_s[:1], np.maximum(window_s[1:], window_s[:1])
    by_curve = np.array([curve.between(begin, end)[0] for curve in rates.curves])
    return by_curve[rates.curve_of_pool]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Cells whose sums agree with the pools they stand on, and what of pools no cell holds.

    `rest_nh` and `rest_nc` are nodes that nobody held, `stray_*` work of levels without a job.
    """

    share_nh: Floats
    share_nc: Floats
    idle_nh: Floats
    idle_nc: Floats
    busy_nh: Floats
    busy_nc: Floats
    hours: Floats
    rest_nh: Floats
    rest_nc: Floats
    stray_nh: Floats
    stray_nc: Floats
    stray_h: Floats

    @classmethod
    def of(
        cls, rates: Rates, course: Course, held: Held, pool: Ints, hour_cny: Floats
    ) -> "Fitted":
        """Shares that add up to more than the nodes shrink; work adds up to that of levels."""
        whole = {"nh": rates.nodes * course.hours, "nc": rates.nodes * hour_cny}
        found: dict[str, Floats] = {}
        for unit, nodes in whole.items():
            share, idle = getattr(held, f"share_{unit}"), getattr(held, f"idle_{unit}")
            taken = per_pool(share, pool, len(nodes))
            shrink = np.where(taken > nodes, nodes / np.where(taken > 0, taken, 1.0), 1.0)
            left = np.where(taken > nodes, 0.0, nodes - taken)
            found[f"share_{unit}"], found[f"idle_{unit}"] = (
                share * shrink[pool],
                idle * shrink[pool],
            )
            found[f"rest_{unit}"] = np.where(rates.own, left, 0.0)
            busy, level = getattr(held, f"busy_{unit}"), getattr(course, f"busy_{unit}")
            found[f"busy_{unit}"], found[f"stray_{unit}"] = agreed(busy, level, pool)
        hours, stray_h = agreed(held.hours, course.allocated_h, pool)
        return cls(**found, hours=hours, stray_h=stray_h)


def per_pool(values: Floats, pool: Ints, pools: int) -> Floats:
    """Sums over the cells (cells, ...) of each pool."""
    found = np.zeros((pools, *values.shape[1:]))
    np.add.at(found, pool, values)
    return found


def agreed(cells: Floats, levels: Floats, pool: Ints) -> tuple[Floats, Floats]:
    """Cells in their proportions, adding up to the levels; and levels that have no cell.

    They agree by themselves but for jobs that were interrupted, gangs over several pools and
    tariffs that change inside a step.
    """
    found = per_pool(cells, pool, len(levels))
    there = found > 0
    factor = np.where(there, levels / np.where(there, found, 1.0), 1.0)
    factor = np.where(np.isnan(found), np.nan, factor)
    stray = np.where(there | np.isnan(found), 0.0, levels)
    return cells * factor[pool], stray


def in_sum(cells: Floats, levels: Floats) -> Floats:
    """Cells in their proportions (cells, resources), adding up to the levels of all pools.

    Not pool by pool: a gang over several pools is told at the first, and what it holds there
    and elsewhere is its tenant's all the same. Where some are unknown the others stay.
    """
    found, whole = cells.sum(axis=0), levels.sum(axis=0)
    known = found > 0  # nan is not
    return cells * np.where(known, whole / np.where(known, found, 1.0), 1.0)


def allocated(rates: Rates, parts: Fitted, pool: Ints, network_cny: Floats) -> Sums:
    """What the jobs of each cell drew and cost."""
    own, pue, idle_kw, span_kw = (
        values[pool] for values in (rates.own, rates.pue, rates.idle_kw, rates.span_kw)
    )
    it_kwh = parts.share_nh * idle_kw + parts.busy_nh * span_kw
    fee = priced(parts.hours, rates.fee_cny_h[pool])
    share = np.where(parts.share_nh > 0, parts.share_nh, 1.0)
    rate = rates.cny_h[pool]
    idle_energy_cny = parts.idle_nc * idle_kw * pue
    return {
        "capex_cny": parts.share_nh * rate,
        "energy_cny": np.where(
            own, (parts.share_nc * idle_kw + parts.busy_nc * span_kw) * pue, 0.0
        ),
        "network_cny": network_cny,
        "cloud_cny": fee,
        "kwh": it_kwh * pue,
        "it_kwh": it_kwh,
        "carbon_kg": it_kwh * pue * rates.carbon_kg_kwh[pool],
        "idle_kwh": parts.idle_nh * idle_kw * pue,
        "idle_cny": np.where(
            own, parts.idle_nh * rate + idle_energy_cny, fee * parts.idle_nh / share
        ),
    }


def unallocated(rates: Rates, parts: Fitted) -> Sums:
    """What the nodes of each pool drew and cost that nobody held; nothing of on-demand ones."""
    it_kwh = parts.rest_nh * rates.idle_kw + parts.stray_nh * rates.span_kw
    it_nc = parts.rest_nc * rates.idle_kw + parts.stray_nc * rates.span_kw
    none = np.zeros(len(rates.nodes))
    kwh = it_kwh * rates.pue
    return {
        "capex_cny": parts.rest_nh * rates.cny_h,
        "energy_cny": np.where(rates.own, it_nc * rates.pue, 0.0),
        "network_cny": none,
        "cloud_cny": priced(parts.stray_h, rates.fee_cny_h),
        "kwh": np.where(rates.own, kwh, np.where(parts.stray_nh > 0, kwh, 0.0)),
        "it_kwh": np.where(rates.own, it_kwh, np.where(parts.stray_nh > 0, it_kwh, 0.0)),
        "carbon_kg": np.where(rates.own | (parts.stray_nh > 0), kwh * rates.carbon_kg_kwh, 0.0),
        "idle_kwh": none,
        "idle_cny": none,
    }


def priced(hours: Floats, price: Floats) -> Floats:
    """Unit-hours (n, resources) x price, in sum; nothing used costs nothing at any price."""
    found: Floats = np.where(hours > 0, hours * price, 0.0).sum(axis=1)
    return found


def network(rates: Rates, held: Held, places: Places, pool: Ints) -> Floats:
    """Egress of each cell: output of jobs that ended in the window at a site not their home."""
    cells = held.cells
    names = (cells.values(name) for name in ("workload", "region", "pool"))
    gb = np.array(
        [output_gb(places, w or "", r, p or "") for w, r, p in zip(*names, strict=True)]
    )
    moved = gb.reshape(-1) * held.ended
    free = (moved == 0) | (rates.egress_cny_gb[pool] == 0)
    found: Floats = np.where(free, 0.0, moved * rates.egress_cny_gb[pool])
    return found


def output_gb(places: Places, workload: str, region: str | None, pool: str) -> float:
    """GB that a job of a workload sends out of its site; nan where only its trace tells."""
    if region is None or places.pool["site"][pool] in places.home[region]:
        return 0.0
    moved = places.moved[workload]
    return NAN if moved is None else moved.output_gb
