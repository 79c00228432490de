"""What a report sees of a finished experiment: plain data, and doors to its large tables.

A run in memory and a run folder both become a `RunView`; charts and report know nothing else.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from scheduler import StayTable

WHO = ("workload", "tenant", "tier", "link")


class MeasureRow(NamedTuple):
    """One row of the table of measures; `value` is None where it is undefined."""

    variant: str
    measure: str
    unit: str
    scope: str
    key: str
    seed: int
    value: float | None


class Jobs(Protocol):
    """The job table of one run, or of a part of it, column by column."""

    @property
    def rows(self) -> int:
        """How many jobs."""

    def column(self, name: str) -> NDArray[Any]:
        """A column of the job table as an array; nan = null."""

    def coded(self, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
        """A text column as codes (-1 = null) into names."""


class StoppedJobs(Jobs, Protocol):
    """Jobs, some of which were stopped for others and so held nodes more than once."""

    def stays(self) -> StayTable:
        """All that they held; asked only where `preemptions` is not 0 for all."""


class JobParts(Protocol):
    """The job table of one run in parts."""

    def chunks(self) -> Iterator[Jobs]:
        """Its parts, in order of submission."""


class Levels(Protocol):
    """Step means of one run: arrays (steps,), (pools, resources), (steps, pools, resources)."""

    @property
    def time_s(self) -> NDArray[Any]:
        """Start of each step."""

    @property
    def length_s(self) -> NDArray[Any]:
        """Length of each step."""

    @property
    def pools(self) -> tuple[str, ...]:
        """Names of the pools."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Names of the lines: a pool's, or 'site:x', 'cloud:x', 'platform'."""

    @property
    def resources(self) -> tuple[str, ...]:
        """Resource words."""

    @property
    def installed(self) -> NDArray[Any]:
        """(pools, resources) as bought."""

    @property
    def capacity(self) -> NDArray[Any]:
        """(pools, resources) sellable."""

    @property
    def allocated(self) -> NDArray[Any]:
        """(steps, pools, resources)."""

    @property
    def used(self) -> NDArray[Any]:
        """(steps, pools, resources)."""

    @property
    def queued(self) -> NDArray[Any]:
        """(steps, lines, resources)."""

    @property
    def fragmented(self) -> NDArray[Any] | None:
        """(steps, pools) GPUs that are free and of no use to the jobs to come."""


class LevelParts(Protocol):
    """Step means of one run in parts."""

    def lengths_s(self) -> NDArray[Any]:
        """The lengths of all steps."""

    def chunks(self) -> Iterator[Levels]:
        """Its parts, in time order; at least one."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Workload -> rule -> of each pool, in file order, the share of its jobs' kinds kept out.

    `chips` are the chips of pools by name.
    """

    barred: Mapping[str, Mapping[str, NDArray[np.float64]]] = field(default_factory=dict)
    chips: Mapping[str, str] = field(default_factory=dict)


NO_RULES = Elsewhere()


@dataclass(frozen=True, slots=True)
class RunView:
    """An experiment as the report sees it.

    `resolved` holds each variant's resolved scenario as plain data with the YAML's keys; `jobs`
    and `levels` open the tables of (variant, seed) and are each called once. `random` is False
    where nothing varies with the seed. `versions` are names and version texts.
    `own_rules` gives a variant's workloads whose jobs carry rules of their own (traces), as
    `trace_rules.OwnRules`, as far as they can be read again. `elsewhere` tells of a variant and
    some of its workloads which rule keeps them out of which pools, as far as that is known.
    `replicas` and `impossible` are what the manifest says of them (see bench/placing.py),
    `scarce` too (see bench/scarce.py); `plan_statuses` are counts by variant and status over
    all seeds.
    """

    name: str
    digest: str
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    measures: tuple[MeasureRow, ...]
    resolved: Mapping[str, Mapping[str, Any]]
    jobs: Callable[[str, int], JobParts]
    levels: Callable[[str, int], LevelParts]
    question: str = ""
    measure: str = "wait_p95_s"
    better: str = "lower"
    random: bool = True
    versions: Mapping[str, str] = field(default_factory=dict)
    own_rules: Callable[[str], Mapping[str, Any]] = lambda _: {}
    replicas: tuple[Mapping[str, Any], ...] = ()
    impossible: tuple[Mapping[str, Any], ...] = ()
    elsewhere: Callable[[str, Sequence[str]], Elsewhere] = lambda *_: NO_RULES
    scarce: tuple[Mapping[str, Any], ...] = ()
    plan_statuses: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    overall: Mapping[str, list[MeasureRow]] = field(init=False, repr=False, compare=False)
    by_whom: Mapping[tuple[str, str, str], list[MeasureRow]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Finds the rows over all jobs and by who waits once: other scopes are many more."""
        who: dict[tuple[str, str, str], list[MeasureRow]] = {}
        rows: dict[str, list[MeasureRow]] = {}
        for row in self.measures:
            if row.scope == "all":
                rows.setdefault(row.measure, []).append(row)
            elif row.scope in WHO:
                who.setdefault((row.scope, row.key, row.measure), []).append(row)
        object.__setattr__(self, "by_whom", who)
        object.__setattr__(self, "overall", rows)

    def values(self, measure: str) -> dict[str, dict[int, float]]:
        """Variant -> seed -> value of `measure` over all jobs or pools; nan where undefined."""
        return self._by_seed(self.overall.get(measure, ()))

    def values_of(self, scope: str, key: str, measure: str) -> dict[str, dict[int, float]]:
        """The same of one workload, tenant or tier; `scope` says which of them."""
        return self._by_seed(self.by_whom.get((scope, key, measure), ()))

    def _by_seed(self, rows: Iterable[MeasureRow]) -> dict[str, dict[int, float]]:
        found: dict[str, dict[int, float]] = {variant: {} for variant in self.variants}
        for row in rows:
            if row.variant in found:
                found[row.variant][row.seed] = np.nan if row.value is None else row.value
        return found

    def has(self, measure: str) -> bool:
        """True if `measure` has a value for all jobs in any run."""
        found = self.values(measure).values()
        return any(not math.isnan(value) for by_seed in found for value in by_seed.values())

    @property
    def measure_names(self) -> tuple[str, ...]:
        """The measures over all jobs or pools, in the order of the table."""
        return tuple(self.overall)

    def scarcest(self) -> str:
        """The resource with the largest allocated share in any variant, else 'vcpu'."""
        means = {
            name.removeprefix("allocated_share_"): max(map(_mean, self.values(name).values()))
            for name in self.measure_names
            if name.startswith("allocated_share_") and self.has(name)
        }
        if not self._asks("gpu_memory_gib"):
            means.pop("gpu_memory", None)  # then it only follows the devices
        return max(means, key=lambda name: round(means[name], 9), default="vcpu")

    def _asks(self, demand: str) -> bool:
        """True if a workload asks for this by itself."""
        rows = [row for r in self.resolved.values() for row in r.get("workloads") or ()]
        return any((row.get("demand") or {}).get(demand) for row in rows)


def _mean(values: Mapping[int, float]) -> float:
    known = [value for value in values.values() if not math.isnan(value)]
    return sum(known) / len(known) if known else -1.0
