"""What the jobs of a run met and how full the pools were: every measure of one run.

Only counted jobs enter (submitted from warm-up to horizon). Quantities are pooled first and
divided last; a quantity over nothing is nan. Equations: docs/model.md, "Measures".
"""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.account import account, aligned, seen
from bench.cells import Cells, Floats, Groups, groups_of
from bench.costs import Bookkeeper
from bench.faces import Run
from bench.flows import flow_measures
from bench.job_sums import STATE_MEASURES, JobSums
from bench.level_sums import LevelSums, level_sums
from bench.measures import JOB_UNITS, LEVEL_SCOPES, SCOPES, UNITS, MeasureTable, joined
from bench.objective import Yardstick
from bench.places import Places, places_of
from bench.plans import plan_measures
from bench.quantiles import Ranked, quantile
from bench.view import StoppedJobs
from topology import RESOURCES

GPU = RESOURCES.index("gpu")
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
SPREADS = {"wait": QUANTILES | {"max": 1.0}, "latency": QUANTILES}
"""Which quantiles are asked of what."""


def measure(records: Run) -> MeasureTable:
    """Every measure of one run in every scope: a tidy table, ordered by scope, key, measure."""
    places = places_of(records.scenario)
    books = Bookkeeper(records, places)
    levels = level_sums(seen(records.level_chunks(), books.levels))
    yardstick = Yardstick(records.scenario, places)

    def see(chunk: StoppedJobs) -> None:
        books.jobs(chunk)
        yardstick.add(chunk)

    jobs = JobSums(records, places, see)
    bill = books.bill()
    held = {scope: job_groups(bill.held.cells, scope, places) for scope in SCOPES}
    # whoever held something has a key, even if none of its jobs is counted
    scopes = {s: job_groups(jobs.cells, s, places, held[s].keys) for s in SCOPES}
    values_of = {scope: means(jobs, groups) for scope, groups in scopes.items()}
    for name in SPREADS:
        for scope, found in quantiles_of(jobs, name, scopes).items():
            values_of[scope] |= found
    parts: list[MeasureTable] = []
    for scope, groups in scopes.items():
        values = {name: values_of[scope][name] for name in JOB_UNITS}
        if scope == "all":
            more = {"objective_mean_cny": yardstick.mean()}
            more |= plan_measures(records.plans) if records.plans else {}
            values |= {name: np.array([value]) for name, value in more.items()}
        if scope in LEVEL_SCOPES:
            values |= level_measures(levels, groups.keys, places.pool[scope])
        cells = aligned(held[scope], groups.keys)
        values |= account(bill, records.scenario, places, scope, cells, values["jobs_finished"])
        parts.append(scope_table(records, scope, groups.keys, values))
    return joined([*parts, flow_measures(records)])


def scope_table(
    records: Run, scope: str, keys: Sequence[str], values: Mapping[str, Floats]
) -> MeasureTable:
    """The rows of one scope, key by key, made by column: a nation has a million."""
    names, count = tuple(values), len(values) * len(keys)
    columns = np.array([values[name] for name in names], dtype=np.float64)
    return MeasureTable(
        variant=(records.variant,) * count,
        measure=names * len(keys),
        unit=tuple(UNITS[name] for name in names) * len(keys),
        scope=(scope,) * count,
        key=tuple(key for key in keys for _ in names),
        seed=np.full(count, records.seed, dtype=np.int32),
        value=columns.T.ravel(),
    )


def job_groups(cells: Cells, scope: str, places: Places, also: Sequence[str] = ()) -> Groups:
    """The cells of each key of a scope. Jobs never placed belong to no pool, site, ... ."""
    known = (*places.known.get(scope, ()), *also)
    if scope == "all":
        return groups_of([""] * cells.count, ("",))
    if scope in ("tier", "cloud", "site"):
        key_of = places.pool[scope]
        return groups_of([pool and key_of[pool] for pool in cells.values("pool")], known)
    if scope == "data_class":
        workloads = cells.values("workload")
        return groups_of([places.data_class.get(name or "") for name in workloads], known)
    return groups_of(cells.values(scope), known)


def means(jobs: JobSums, groups: Groups) -> dict[str, Floats]:
    """Measures of the counted jobs of each key, quantiles apart."""
    total = {name: groups.total(values) for name, values in jobs.sums.items()}

    def mean(name: str) -> Floats:
        return over(total[name], total[f"{name}_n"])

    return {
        "jobs_submitted": total["jobs_submitted"],
        **{name: total[name] for name in STATE_MEASURES.values()},
        **{f"{name}_mean_s": mean(name) for name in MEANS},
        "slowdown_mean": mean("slowdown"),
        "deadline_met_share": mean("deadline"),
        "cross_region_share": mean("cross_region"),
        "transferred_gb": total["transferred_gb"],
        "preemptions": total["preemptions"],
        "lost_s": total["lost"],
        "censored_share": mean("censored"),
    }


MEANS = ("wait", "latency", "run", "transfer", "dispatch")
"""Spans of which the mean is a measure."""


def quantiles_of(
    jobs: JobSums, name: str, scopes: Mapping[str, Groups]
) -> dict[str, dict[str, Floats]]:
    """The quantiles of one span by scope, of each key."""
    shares = SPREADS[name]
    spread = jobs.quantiles(name, list(scopes.values()), list(shares.values()))
    found = {}
    for scope, groups in scopes.items():
        ascending = spread.of(groups)
        found[scope] = {f"{name}_{q}_s": quantiles(ascending, s) for q, s in shares.items()}
    return found


def quantiles(ascending: Sequence[Ranked], share: float) -> Floats:
    """One quantile of each key's values."""
    return np.array([quantile(values, share) for values in ascending], dtype=np.float64)


def level_measures(
    levels: LevelSums, keys: Sequence[str], key_of: Mapping[str, str]
) -> dict[str, Floats]:
    """Shares of the sellable capacity of each key, time-weighted over [warm-up, horizon)."""
    pools = groups_of([key_of[pool] for pool in levels.pools], keys)
    found: dict[str, Floats] = {}
    for number, resource in enumerate(RESOURCES):
        sellable = pools.total(levels.sellable[:, number])
        allocated = pools.total(levels.allocated[:, number])
        used = pools.total(levels.used[:, number])
        found[f"allocated_share_{resource}"] = over(allocated, sellable)
        found[f"used_share_{resource}"] = over(used, sellable)
        found[f"idle_share_{resource}"] = over(allocated - used, sellable)
        found[f"unallocated_share_{resource}"] = over(sellable - allocated, sellable)
    sellable = pools.total(levels.sellable[:, GPU])
    pieces = np.full(len(keys), np.nan)
    if levels.fragmented is not None:
        pieces = pools.total(levels.fragmented)
    found["fragmented_share_gpu"] = over(pieces, sellable)
    return found


def over(part: Floats, whole: Floats) -> Floats:
    """A quotient, nan where there is no whole."""
    found: Floats = np.full(len(whole), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found
