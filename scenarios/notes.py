"""What is no problem of a scenario but worth knowing: rows and keys that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scenarios.job_table import matches
from scenarios.scenario import Scenario
from scenarios.workload import Replicas, Trace
from topology import Fault, unused

Found = Iterator[Fault]


def notes(scenario: Scenario) -> list[Fault]:
    """What is no problem but worth knowing, of a scenario without faults."""
    return [fault for rule in NOTES for fault in rule(scenario)]


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
