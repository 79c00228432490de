"""Rules across the sections of a scenario: names lead somewhere, and rules can be kept.

Each check is one function from a scenario to faults, whose paths are those of the file. Those
of policies are in policy_checks.py, those of sizes in limits.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from scenarios.asks import STRICTNESS
from scenarios.job_table import matches
from scenarios.limits import LIMITS, too_many_places
from scenarios.policy_checks import POLICY_RULES
from scenarios.policy_names import LINES
from scenarios.problems import UNKNOWN_KEY, either
from scenarios.scenario import Scenario
from scenarios.workload import TRACE_COLUMNS, RegionWeights, Replicas, Trace, Workload
from topology import Fault, faults, speed_classes, speed_of

Found = Iterator[Fault]


def check(scenario: Scenario) -> list[Fault]:
    """All that is wrong across sections; `scenario.topology` is as read, not yet complete."""
    found = list(too_many_places(scenario))
    if found:
        return found  # judging them all would take too long
    found = list(faults(scenario.topology))
    return found + [fault for rule in RULES for fault in rule(scenario)]


def _pools(scenario: Scenario) -> Found:
    if not scenario.topology.pools:
        yield Fault(("topology", "pools"), "expected at least 1 pool")


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


RULES: tuple[Callable[[Scenario], Found], ...] = (
    _pools,
    *POLICY_RULES,
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
    *LIMITS,
)
