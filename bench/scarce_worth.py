"""What one more of the scarcest things is worth: by plans, and by runs made again with it.

Plans rank. A run that is made again with one more solves every plan again too, and carries
what follows from one plan to the next; a plan alone looks at its own hour and calls a job that
must wait for the next hour lost. The figure of some seeds is laid beside the interval of
others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import lazy_loader as lazy

from bench.intervals import estimate
from bench.objective import Yardstick
from bench.places import places_of
from scenarios import Scenario, edited, read, value_at
from scheduler import simulate
from topology import Link

optimise = lazy.load("scheduler.optimise", suppress_warning=True)  # a third of a second


@dataclass(frozen=True, slots=True)
class ScarceRow:
    """CNY over the measured time that one more saves, its own cost not counted.

    `plan_cny` by solving the plans of the first seed again; `worth_cny` by runs with one more,
    the mean over the first seeds; `mean`, `low` and `high` the same over other seeds, with a
    95 % interval.
    """

    kind: str
    name: str
    binding: float
    plan_cny: float
    worth_cny: float
    mean: float
    low: float
    high: float
    seeds: int
    others: int

    @property
    def inside(self) -> bool:
        """Whether the figure of the first seeds lies in the interval of the others."""
        return self.low <= self.worth_cny <= self.high

    @property
    def plan_inside(self) -> bool:
        """The same of the figure by plans."""
        return self.low <= self.plan_cny <= self.high


def loaded(name: str, load: float, sets: Sequence[str] = ()) -> Scenario:
    """The first variant of a bundled scenario, planned, with `load` times as many jobs."""
    sets = ("policies.dispatch.name=planned", *sets)
    changes = []
    for workload in read(name, sets=sets).variants[0].workloads:
        arrivals: Any = getattr(workload, "arrivals", None)
        at = f"workloads[{workload.name}].arrivals"
        if getattr(arrivals, "per_h", None):
            changes.append(f"{at}.per_h={arrivals.per_h * load:.12g}")
        elif getattr(arrivals, "jobs", None):
            changes.append(f"{at}.jobs={max(1, round(arrivals.jobs * load))}")
    return read(name, sets=(*sets, *changes)).variants[0]


def scarce_worth(
    scenario: Scenario, seeds: Sequence[int], others: Sequence[int], most: int = 10
) -> Iterator[ScarceRow]:
    """A row a thing, the dearest by plans first; takes a run a thing and seed."""
    before = {seed: objective_cny(scenario, seed) for seed in (*seeds, *others)}
    for one in optimise.scarcest(scenario, seeds[0], most):
        more = with_one_more(scenario, one.kind, one.name)
        saved = {seed: cny - objective_cny(more, seed) for seed, cny in before.items()}
        found = estimate([saved[seed] for seed in others])
        yield ScarceRow(
            kind=one.kind,
            name=one.name,
            binding=one.binding,
            plan_cny=one.plan_cny,
            worth_cny=sum(saved[seed] for seed in seeds) / len(seeds),
            mean=found.mean,
            low=found.low,
            high=found.high,
            seeds=len(seeds),
            others=len(others),
        )


def objective_cny(scenario: Scenario, seed: int) -> float:
    """What all counted jobs of a run cost by the weights of the scenario."""
    yardstick = Yardstick(scenario, places_of(scenario))
    for chunk in simulate(scenario, seed).chunks():
        yardstick.add(chunk)
    return yardstick.total()


def with_one_more(scenario: Scenario, kind: str, name: str) -> Scenario:
    """The scenario with one more node, unit of quota or Gbit/s."""
    if kind == "node":
        nodes = scenario.topology.pool(name).nodes
        return edited(scenario, ("topology", "pools", name, "nodes"), nodes + 1)
    if kind == "quota":
        tenant, _, resource = name.rpartition(" ")
        path = ("tenants", tenant, "quota", QUOTA_KEYS.get(resource, resource))
        return edited(scenario, path, value_at(scenario, path) + 1)
    topology = scenario.topology
    rows = {key: getattr(topology, key) for key in type(topology).model_fields}
    rows["links"] = tuple(_wider(link, name) for link in topology.links)
    return scenario.model_copy(update={"topology": type(topology).model_validate(rows)})


QUOTA_KEYS = {
    "memory": "memory_gib",
    "gpu_memory": "gpu_memory_gib",
    "dpu": "dpu_share",
    "local_storage": "local_storage_gb",
}


def _wider(link: Link, name: str) -> Link:
    if f"{link.a} - {link.b}" != name or link.capacity_gbit_s is None:
        return link
    return link.model_copy(update={"capacity_gbit_s": link.capacity_gbit_s + 1})
