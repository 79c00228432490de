"""What scopes need to know of a scenario: where pools stand, what workloads move."""

from collections.abc import Mapping
from dataclasses import dataclass

from scenarios import Scenario, Workload, with_set_rules
from topology import Pool, Topology


@dataclass(frozen=True, slots=True)
class Moved:
    """GB that a job of one workload brings and takes; `at` = the site its input lies at."""

    input_gb: float
    output_gb: float
    at: str | None


@dataclass(frozen=True, slots=True)
class Places:
    """Look-ups from the names of the job table to the keys of scopes.

    `pool[scope][name]` is the key of a pool in a scope where nodes stand. `known[scope]`
    are the keys that appear in a table of measures even if no job touched them. `moved` is
    None for a workload whose GB are told row by row in a trace.
    """

    pool: Mapping[str, Mapping[str, str]]
    known: Mapping[str, tuple[str, ...]]
    data_class: Mapping[str, str]
    endless: frozenset[str]
    moved: Mapping[str, Moved | None]
    home: Mapping[str, frozenset[str]]


def places_of(scenario: Scenario) -> Places:
    """The look-ups of one resolved scenario."""
    topology, workloads = scenario.topology, scenario.workloads
    pool = pool_scopes(topology)
    data_class = {w.name: w.data.data_class for w in workloads if w.data and w.data.data_class}
    known = {scope: tuple(sorted(set(keys.values()))) for scope, keys in pool.items()}
    known["workload"] = tuple(w.name for w in workloads)
    known["tenant"] = tuple(tenant.name for tenant in scenario.tenants)
    known["data_class"] = tuple(sorted(set(data_class.values())))
    return Places(
        pool=pool,
        known=known,
        data_class=data_class,
        endless=frozenset(w.name for w in workloads if is_endless(w)),
        moved={w.name: moved_by(w) for w in with_set_rules(scenario)},
        home={r.name: frozenset(topology.home_sites(r.name)) for r in topology.regions},
    )


def pool_scopes(topology: Topology) -> dict[str, dict[str, str]]:
    """For each scope where nodes stand: the key of every pool."""
    site = {s.name: s for s in topology.sites}
    return {
        "all": {p.name: "" for p in topology.pools},
        "tier": {p.name: site[p.site].tier for p in topology.pools},
        "cloud": {p.name: p.cloud for p in topology.pools},
        "site": {p.name: p.site for p in topology.pools},
        "pool": {p.name: p.name for p in topology.pools},
        "chip": {p.name: chip_of(topology, p) for p in topology.pools},
    }


def chip_of(topology: Topology, pool: Pool) -> str:
    """The accelerator of a pool, else its CPU."""
    accelerator = topology.accelerator_of(pool)
    return accelerator.name if accelerator else topology.cpu_of(pool).name


def is_endless(workload: Workload) -> bool:
    """Whether its jobs run for ever: nobody waits for their end."""
    return workload.work is not None and workload.work.kind == "forever"


def moved_by(workload: Workload) -> Moved | None:
    """GB per job, None where a trace may tell them row by row."""
    data = workload.data
    if workload.kind == "trace":
        return None
    if data is None:
        return Moved(0.0, 0.0, None)
    return Moved(data.input_gb, data.output_gb, data.at)
