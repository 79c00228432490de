"""Rules across the sections of a scenario: names lead somewhere, and rules can be kept.

Each check is one function from a scenario to faults, whose paths are those of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scenarios.asks import STRICTNESS
from scenarios.extends import MOST_POOLS, MOST_SITES
from scenarios.job_table import matches
from scenarios.policy_names import (
    LINES,
    MOST_MIGRATIONS,
    OWN_CODE,
    OWN_OPTIONS,
    POLICY_AMOUNTS,
    POLICY_DEFAULTS,
    POLICY_NAMES,
    POLICY_OPTIONS,
    WEIGHTS,
    options_of,
)
from scenarios.problems import either
from scenarios.scenario import MOST_HOURS, PolicyChoice, Scenario
from scenarios.workload import (
    MOST,
    TRACE_COLUMNS,
    BatchArrivals,
    FixedArrivals,
    GammaArrivals,
    Jobs,
    PoissonArrivals,
    RegionWeights,
    Replicas,
    Trace,
    Workload,
)
from topology import Fault, faults, speed_classes, speed_of, unused

Found = Iterator[Fault]
MIGRATIONS = ("policies", "packing", "migrations")
STANDING = {  # queues under which nobody who runs may be moved, and why
    "conservative-backfill": "promises what a stop would break",
    "drf": "may give the room of one who moves to another tenant",
}
Path = tuple[str | int, ...]
MOST_JOBS = 100_000_000
MOST_REGIONS = 10_000
MOST_LEVELS = 200_000_000
UNKNOWN_KEY = "unknown key"


def check(scenario: Scenario) -> list[Fault]:
    """All that is wrong across sections; `scenario.topology` is as read, not yet complete."""
    found = list(_too_many_places(scenario))
    if found:
        return found  # judging them all would take too long
    found = list(faults(scenario.topology))
    return found + [fault for rule in RULES for fault in rule(scenario)]


def notes(scenario: Scenario) -> list[Fault]:
    """What is no problem but worth knowing, of a scenario without faults."""
    return [fault for rule in NOTES for fault in rule(scenario)]


def _too_many_places(scenario: Scenario) -> Found:
    topology = scenario.topology
    for key, rows, most in (
        ("sites", topology.sites, MOST_SITES),
        ("pools", topology.pools, MOST_POOLS),
        ("regions", topology.regions, MOST_REGIONS),
    ):
        if len(rows) > most:
            yield Fault(("topology", key), f"expected at most {most:,}", len(rows))


def _pools(scenario: Scenario) -> Found:
    if not scenario.topology.pools:
        yield Fault(("topology", "pools"), "expected at least 1 pool")


def _policies(scenario: Scenario) -> Found:
    for kind in POLICY_DEFAULTS:
        choice: PolicyChoice = getattr(scenario.policies, kind)
        names = POLICY_NAMES[kind]
        if OWN_CODE.fullmatch(choice.name):
            continue
        path = ("policies", kind)
        if choice.name not in names:
            yield Fault((*path, "name"), f"expected {either(names)}", choice.name, names)
        yield from _unknown_options(kind, choice)
    for kind in POLICY_OPTIONS:
        yield from _option_values(kind, getattr(scenario.policies, kind))
    for kind in POLICY_AMOUNTS:
        yield from _option_amounts(kind, getattr(scenario.policies, kind))


def _promises(scenario: Scenario) -> Found:
    """Whoever holds a promise of nodes and time cannot be pushed aside by a stronger job."""
    policies = scenario.policies
    if policies.queue.name == "conservative-backfill" and policies.preemption.name != "none":
        message = "expected none: conservative-backfill promises what a stop would break"
        yield Fault(("policies", "preemption", "name"), message, policies.preemption.name)
    if policies.queue.name in STANDING and _migrates(scenario):
        message = f"expected 0: {policies.queue.name} {STANDING[policies.queue.name]}"
        yield Fault(MIGRATIONS, message, policies.packing.options["migrations"])


def _migrates(scenario: Scenario) -> bool:
    """Whether jobs that run may be moved."""
    packing = scenario.policies.packing
    return packing.name == "planned" and bool(packing.options.get("migrations"))


def _held_for_data(scenario: Scenario) -> Found:
    """Nodes held for data on shared links can not be given up for another job yet."""
    policies = scenario.policies
    at, stops = policies.queue.options.get("at", "pool"), policies.preemption.name != "none"
    if policies.network.name == "shared" and stops and at != "pool":
        message = "expected none, or policies.queue.at: pool, where links are shared"
        yield Fault(("policies", "preemption", "name"), message, policies.preemption.name)
    if policies.network.name == "shared" and _migrates(scenario) and at != "pool":
        message = "expected 0, or policies.queue.at: pool, where links are shared"
        yield Fault(MIGRATIONS, message, policies.packing.options["migrations"])


def _unknown_options(kind: str, choice: PolicyChoice) -> Found:
    known = options_of(kind, choice.name)
    for key in choice.options:
        if key not in known:
            free = tuple(name for name in known if name not in choice.options)
            yield Fault(("policies", kind, key), UNKNOWN_KEY, key, free)


def _own_option_values(scenario: Scenario) -> Found:
    """The options that only one policy has: numbers above 0, words, weights."""
    for (kind, name), options in OWN_OPTIONS.items():
        choice: PolicyChoice = getattr(scenario.policies, kind)
        for key in options if choice.name == name else ():
            if key in choice.options:
                yield from _own_option(
                    ("policies", kind, key), choice.options[key], options[key]
                )


def _own_option(path: Path, value: Any, rule: tuple[str, ...] | str) -> Found:
    if isinstance(rule, tuple):
        if value not in rule:
            yield Fault(path, f"expected {either(rule)}", value, rule)
    elif rule == "weights":
        yield from _weights(path, value)
    elif rule == "count":
        if type(value) is not int or not 0 <= value <= MOST_MIGRATIONS:
            wanted = f"expected a whole number from 0 to {MOST_MIGRATIONS}"
            yield Fault(path, wanted, value)
    elif not _number(value) or not 0 < value <= MOST:
        yield Fault(path, "expected a number above 0", value)


def _weights(path: Path, value: Any) -> Found:
    if not isinstance(value, dict):
        yield Fault(path, "expected a map of weights", value)
        return
    for key, each in value.items():
        if key not in WEIGHTS:
            free = tuple(name for name in WEIGHTS if name not in value)
            yield Fault((*path, key), UNKNOWN_KEY, key, free)
        elif not _number(each) or not 0 <= each <= MOST:
            yield Fault((*path, key), "expected a number of at least 0", each)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _option_values(kind: str, choice: PolicyChoice) -> Found:
    for key, words in POLICY_OPTIONS[kind].items():
        value = choice.options.get(key, words[0] if words else 0)
        path = ("policies", kind, key)
        if words is not None and value not in words:
            yield Fault(path, f"expected {either(words)}", value, words)
        if words is None and (type(value) is not int or value < 0):
            yield Fault(path, "expected a whole number of at least 0", value)


def _option_amounts(kind: str, choice: PolicyChoice) -> Found:
    for key in POLICY_AMOUNTS[kind]:
        value = choice.options.get(key, 0)
        if type(value) not in (int, float) or not 0 <= value <= MOST:
            yield Fault(("policies", kind, key), "expected a number of at least 0", value)


def _same_names(scenario: Scenario) -> Found:
    for section in ("tenants", "workloads"):
        seen: set[str] = set()
        for i, item in enumerate(getattr(scenario, section)):
            if item.name in seen:
                message = f"another of {section} has that name"
                yield Fault((section, i, "name"), message, item.name)
            seen.add(item.name)


def _tenants(scenario: Scenario) -> Found:
    names = tuple(tenant.name for tenant in scenario.tenants)
    if not names:
        return
    for i, workload in enumerate(scenario.workloads):
        path = ("workloads", i, "tenant")
        if "tenant" not in workload.model_fields_set and "default" not in names:
            yield Fault(path, "required where tenants are listed")
        elif workload.tenant not in names:
            yield Fault(path, "no tenant of that name", workload.tenant, names)
    for i, pool in enumerate(scenario.topology.pools):
        for k, tenant in enumerate(pool.reserved_for):
            if tenant not in names:
                row = ("topology", "pools", i, "reserved_for", k)
                yield Fault(row, "no tenant of that name", tenant, names)


def _regions(scenario: Scenario) -> Found:
    places = scenario.topology.regions or scenario.topology.sites
    names = tuple(place.name for place in places)
    peopled = [region for region in scenario.topology.regions if region.population]
    for i, workload in enumerate(scenario.workloads):
        region, path = workload.region, ("workloads", i, "region")
        if isinstance(region, str) and region not in names:
            yield Fault(path, "no region of that name", region, names)
        elif isinstance(region, str) and _moves(workload) and _homeless(scenario, region):
            yield Fault(path, "no site stands there, nor in a region above", region)
        if isinstance(region, RegionWeights) and not peopled:
            yield Fault((*path, "weights"), "no region has a population", region.weights)
        elif isinstance(region, RegionWeights) and region.level is not None:
            levels = tuple(dict.fromkeys(one.level for one in peopled if one.level))
            if region.level not in levels:
                message = "no region of that level has a population"
                yield Fault((*path, "level"), message, region.level, levels)


def _moves(workload: Workload) -> bool:
    """Its jobs bring or send data."""
    data = workload.data
    return data is not None and bool(data.input_gb or data.output_gb)


def _homeless(scenario: Scenario, region: str) -> bool:
    """No site in it or above it: nobody could say how far its jobs and data have to go."""
    topology = scenario.topology
    return bool(topology.regions) and not topology.home_sites(region)


def _data(scenario: Scenario) -> Found:
    sites = tuple(site.name for site in scenario.topology.sites)
    classes = tuple(one.name for one in scenario.data_classes)
    for i, workload in enumerate(scenario.workloads):
        data = workload.data
        path: tuple[str | int, ...] = ("workloads", i, "data")
        if data is None:
            continue
        if data.at is not None and data.at not in sites:
            yield Fault((*path, "at"), "no site of that name", data.at, sites)
        if data.data_class is not None and data.data_class not in classes:
            message = "no data class of that name"
            yield Fault((*path, "data_class"), message, data.data_class, classes)
        sets = tuple(row.name for row in scenario.topology.data_sets)
        if data.set is not None and data.set not in sets:
            yield Fault((*path, "set"), "no data set of that name", data.set, sets)
        yield from _level((*path, "stays_within"), data.stays_within)
        yield from _place_of_data(i, workload)


def _place_of_data(i: int, workload: Workload) -> Found:
    """Data that may not go far is somewhere: else nobody could tell how far that is."""
    data = workload.data
    rows_may_tell = isinstance(workload, Trace) and workload.format == "table"
    # replicas serve all their regions at once, so several are no place
    region = None if _several(workload) else workload.region
    if data is None or region is not None or rows_may_tell:
        return
    if data.at is not None or data.set is not None:
        return
    for key in ("stays_within", "data_class"):
        if getattr(data, key) is not None:
            message = "needs data.at or region, to know where the data is"
            yield Fault(("workloads", i, "data", key), message, getattr(data, key))
            return


def _several(workload: Workload) -> bool:
    return isinstance(workload, Replicas) and isinstance(workload.region, RegionWeights)


def _replicas(scenario: Scenario) -> Found:
    """What jobs may have and replicas may not."""
    for i, workload in enumerate(scenario.workloads):
        if not isinstance(workload, Replicas):
            continue
        path, region = ("workloads", i), workload.region
        if workload.demand.nodes > 1:
            message = "expected 1: a replica stands on one node"
            yield Fault((*path, "demand", "nodes"), message, workload.demand.nodes)
        for key in ("input_gb", "output_gb"):
            moved = getattr(workload.data, key, 0)
            if moved:
                message = "expected 0: a replica moves nothing when it is placed"
                yield Fault((*path, "data", key), message, moved)
        if workload.max_delay_ms is not None and isinstance(region, str):
            names = {place.name for place in scenario.topology.regions}
            if region in names and _homeless(scenario, region):
                yield Fault(
                    (*path, "region"), "no site stands there, nor in a region above", region
                )


def _level(path: tuple[str | int, ...], level: str | None) -> Found:
    if level is not None and level not in STRICTNESS:
        yield Fault(path, f"expected {either(STRICTNESS)}", level, STRICTNESS)


def _data_classes(scenario: Scenario) -> Found:
    classes = tuple(one.name for one in scenario.data_classes)
    for i, row in enumerate(scenario.topology.data_sets):
        if row.data_class is not None and row.data_class not in classes:
            path = ("topology", "data_sets", i, "data_class")
            yield Fault(path, "no data class of that name", row.data_class, classes)
    for one in scenario.data_classes:
        yield from _level(("data_classes", one.name, "stays_within"), one.stays_within)


def _chips(scenario: Scenario) -> Found:
    chips = scenario.topology.chips_by_name
    isas = {chip.isa for chip in chips.values() if chip.isa and chip.kind == "cpu"}
    for i, workload in enumerate(scenario.workloads):
        path = ("workloads", i, "chips")
        for k, pattern in enumerate(workload.chips.any_of if workload.chips else ()):
            yield from _chip((*path, "any_of", k), pattern, chips)
        for k, isa in enumerate(workload.chips.isa if workload.chips else ()):
            if isa not in isas:
                yield Fault((*path, "isa", k), "no chip has that isa", isa, tuple(isas))


def _chip(path: tuple[str | int, ...], pattern: str, chips: Iterable[str]) -> Found:
    if "*" in pattern[:-1]:
        yield Fault(path, "expected a chip, or a family that ends in *", pattern)
    elif not any(matches(pattern, chip) for chip in chips):
        yield Fault(path, "no chip of that name", pattern, tuple(chips))


def _classes(scenario: Scenario) -> Found:
    """A class has speeds, and the chip that its work is measured on is one of those."""
    classes = tuple(speed_classes())
    chips = scenario.topology.chips_by_name
    for i, workload in enumerate(scenario.workloads):
        klass, on = workload.klass, workload.work.on if workload.work else None
        path = ("workloads", i, "work", "on")
        if klass is not None and klass not in classes:
            message = "no class of work of that name"
            yield Fault(("workloads", i, "class"), message, klass, classes)
        elif on is not None and on not in chips:
            yield Fault(path, "no chip of that name", on, tuple(chips))
        elif on is not None and klass is not None and speed_of(on, klass) is None:
            known = tuple(chip for chip in chips if speed_of(chip, klass))
            yield Fault(path, f"no speed in class {klass!r} is known of this chip", on, known)


def _gangs(scenario: Scenario) -> Found:
    """Members of a wide gang are started together, so one line must offer all their pools."""
    at = scenario.policies.queue.options.get("at", "pool")
    for i, workload in enumerate(scenario.workloads):
        demand = workload.demand
        if demand is None or at not in LINES:
            continue
        wide = "platform" if demand.gang_within == "province" else demand.gang_within
        if LINES.index(wide) > LINES.index(at):
            message = f"needs policies.queue.at: {either(LINES[LINES.index(wide) :])}"
            path = ("workloads", i, "demand", "gang_within")
            yield Fault(path, message, demand.gang_within)


def _columns(scenario: Scenario) -> Found:
    for i, workload in enumerate(scenario.workloads):
        for key in workload.columns if isinstance(workload, Trace) else ():
            if key not in TRACE_COLUMNS:
                path = ("workloads", i, "columns", key)
                yield Fault(path, UNKNOWN_KEY, key, tuple(TRACE_COLUMNS))


def _times(scenario: Scenario) -> Found:
    horizon_h = scenario.horizon_h
    if horizon_h is not None and scenario.horizon_us < 1:
        yield Fault(("horizon_h",), "expected at least a microsecond", horizon_h)
    elif horizon_h is not None and scenario.warmup_us >= scenario.horizon_us:
        message = f"expected less than horizon_h ({horizon_h:g})"
        yield Fault(("warmup_h",), message, scenario.warmup_h)
    if horizon_h is not None and horizon_h + (scenario.drain_h or 0) > 2 * MOST_HOURS:
        yield Fault(("drain_h",), f"expected at most {MOST_HOURS:,}", scenario.drain_h)


def _too_many_levels(scenario: Scenario) -> Found:
    """The table of levels has a row for every step, pool and resource."""
    steps = scenario.horizon_us / scenario.levels_every_us
    rows = steps * len(scenario.topology.pools)
    if rows > MOST_LEVELS:
        message = (
            f"expected at most {MOST_LEVELS:,} steps times pools before the horizon, "
            f"and this makes {rows:,.0f}"
        )
        yield Fault(("levels_every_s",), message, scenario.levels_every_s)


def _too_many_jobs(scenario: Scenario) -> Found:
    horizon_h = scenario.horizon_us / 3.6e9
    counts = [_jobs(workload, horizon_h) for workload in scenario.workloads]
    if sum(counts) > MOST_JOBS:
        i = counts.index(max(counts))
        message = (
            f"expected at most {MOST_JOBS:,} jobs a run, and this alone is {counts[i]:,.0f}"
        )
        if counts[i] <= MOST_JOBS:
            message = (
                f"expected at most {MOST_JOBS:,} jobs a run, and all are {sum(counts):,.0f}"
            )
        yield Fault(("workloads", i, "arrivals"), message)


def _jobs(workload: Workload, horizon_h: float) -> float:
    """About how many jobs arrive within the horizon, 0 where only a file knows."""
    if isinstance(workload, Replicas):
        return float(workload.replicas)
    arrivals: Any = workload.arrivals if isinstance(workload, Jobs) else None
    match arrivals:
        case PoissonArrivals() | GammaArrivals():
            return arrivals.per_h * horizon_h
        case FixedArrivals():
            return horizon_h * 3600 / arrivals.every_s
        case BatchArrivals():
            return arrivals.jobs * len(arrivals.at) * max(1.0, horizon_h / 24)
    return 0.0


RULES: tuple[Callable[[Scenario], Found], ...] = (
    _pools,
    _policies,
    _own_option_values,
    _promises,
    _held_for_data,
    _same_names,
    _tenants,
    _regions,
    _data,
    _data_classes,
    _replicas,
    _chips,
    _classes,
    _gangs,
    _columns,
    _times,
    _too_many_jobs,
    _too_many_levels,
)


def _idle_rows(scenario: Scenario) -> Found:
    named = [p for w in scenario.workloads if w.chips for p in w.chips.any_of]
    for fault in unused(scenario.topology):
        is_chip = fault.path[1] == "chips"
        if not is_chip or not any(matches(pattern, str(fault.got)) for pattern in named):
            yield fault


def _idle_sites(scenario: Scenario) -> Found:
    topology = scenario.topology
    used: set[object] = {pool.site for pool in topology.pools}
    used |= {site.parent for site in topology.sites}
    used |= {end for link in topology.links for end in (link.a, link.b)}
    used |= {workload.data.at for workload in scenario.workloads if workload.data}
    used |= {workload.region for workload in scenario.workloads}
    used |= {site for row in topology.data_sets for site in row.at}
    for i, site in enumerate(topology.sites):
        if site.name not in used and site.region not in used:
            yield Fault(("topology", "sites", i), "nothing uses it", site.name)


def _idle_tenants(scenario: Scenario) -> Found:
    if any(isinstance(workload, Trace) for workload in scenario.workloads):
        return
    used = {workload.tenant for workload in scenario.workloads}
    for i, tenant in enumerate(scenario.tenants):
        if tenant.name not in used:
            yield Fault(("tenants", i), "nothing uses it", tenant.name)


def _nowhere(scenario: Scenario) -> Found:
    """Transfers of a job that comes from nowhere take no time."""
    for i, workload in enumerate(scenario.workloads):
        data = workload.data
        rows_may_tell = isinstance(workload, Trace)
        if data is None or rows_may_tell or workload.region is not None:
            continue
        if (data.input_gb > 0 and data.at is None) or data.output_gb > 0:
            message = "without a region nothing is transferred to or from it"
            yield Fault(("workloads", i, "data"), message)


def _not_shared(scenario: Scenario) -> Found:
    """Nobody is slowed where every transfer has its links for itself."""
    if scenario.policies.network.name == "shared":
        return
    for i, row in enumerate(scenario.topology.slices):
        message = "means nothing without policies.network: shared"
        yield Fault(("topology", "slices", i), message, row.name)
    for i, workload in enumerate(scenario.workloads):
        if not isinstance(workload, Replicas) and "traffic" in workload.model_fields_set:
            message = "means nothing without policies.network: shared"
            yield Fault(("workloads", i, "traffic"), message, workload.traffic)


def _idle_sets(scenario: Scenario) -> Found:
    used = {workload.data.set for workload in scenario.workloads if workload.data}
    for i, row in enumerate(scenario.topology.data_sets):
        if row.name not in used:
            yield Fault(("topology", "data_sets", i), "nothing uses it", row.name)


def _on_without_class(scenario: Scenario) -> Found:
    """Hours that hold on every chip are of none."""
    for i, workload in enumerate(scenario.workloads):
        if workload.work and workload.work.on and workload.klass is None:
            path = ("workloads", i, "work", "on")
            yield Fault(path, "means nothing without `class`: every chip takes equally long")


def _no_such_chip_here(scenario: Scenario) -> Found:
    topology = scenario.topology
    here = {chip.name for pool in topology.pools if (chip := topology.accelerator_of(pool))}
    here |= {topology.cpu_of(pool).name for pool in topology.pools}
    for i, workload in enumerate(scenario.workloads):
        for k, pattern in enumerate(workload.chips.any_of if workload.chips else ()):
            if not any(matches(pattern, chip) for chip in here):
                path = ("workloads", i, "chips", "any_of", k)
                yield Fault(path, "no pool has such a chip", pattern)


NOTES: tuple[Callable[[Scenario], Found], ...] = (
    _idle_rows,
    _idle_sites,
    _idle_tenants,
    _nowhere,
    _idle_sets,
    _not_shared,
    _on_without_class,
    _no_such_chip_here,
)
