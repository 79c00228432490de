"""The table of measures: what was measured, in which unit, for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pkgutil import resolve_name
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topology import RESOURCE_UNITS, RESOURCES

SCOPES = (
    "all", "tier", "cloud", "site", "pool", "chip",
    "workload", "tenant", "region", "class", "data_class",
)  # fmt: skip
"""Whom a measure may be about, in the order of the table."""

LEVEL_SCOPES = SCOPES[:6]
"""The scopes in which capacity is counted: where nodes stand, not whose jobs they are."""

JOB_UNITS = {
    "jobs_submitted": "jobs",
    "jobs_finished": "jobs",
    "jobs_running_at_end": "jobs",
    "jobs_waiting_at_end": "jobs",
    "jobs_refused": "jobs",
    "jobs_failed": "jobs",
    "wait_mean_s": "s",
    "wait_p50_s": "s",
    "wait_p95_s": "s",
    "wait_p99_s": "s",
    "wait_max_s": "s",
    "latency_mean_s": "s",
    "latency_p50_s": "s",
    "latency_p95_s": "s",
    "latency_p99_s": "s",
    "run_mean_s": "s",
    "transfer_mean_s": "s",
    "dispatch_mean_s": "s",
    "slowdown_mean": "ratio",
    "deadline_met_share": "share",
    "cross_region_share": "share",
    "transferred_gb": "GB",
    "preemptions": "times",
    "lost_s": "s",
    "censored_share": "share",
}
"""Measures of jobs and their units, in the order of the table."""

LEVEL_UNITS = {
    f"{kind}_share_{resource}": "share"
    for resource in RESOURCES
    for kind in ("allocated", "used", "idle", "unallocated")
} | {"fragmented_share_gpu": "share"}
"""Measures of capacity and their units, in the order of the table."""

ACCOUNT_UNITS = {
    "energy_kwh": "kWh",
    "energy_allocated_kwh": "kWh",
    "energy_idle_kwh": "kWh",
    "energy_unallocated_kwh": "kWh",
    "carbon_kg": "kg",
    "pue_mean": "ratio",
    "cost_capex_cny": "CNY",
    "cost_energy_cny": "CNY",
    "cost_network_cny": "CNY",
    "cost_cloud_cny": "CNY",
    "cost_staff_cny": "CNY",
    "cost_total_cny": "CNY",
    "cost_allocated_cny": "CNY",
    "cost_idle_cny": "CNY",
    "cost_unallocated_cny": "CNY",
    "cost_per_job_cny": "CNY",
}
"""Measures of energy and money and their units, in the order of the table."""

OBJECTIVE_UNITS = {"objective_mean_cny": "CNY"}
"""What a job cost by the weights of `objective`, over all jobs only."""

PLAN_UNITS = {
    "plans": "plans",
    "plan_gap_mean": "share",
    "plan_fallbacks": "plans",
    "migrations": "jobs",
}
"""Measures of plans; a run without a policy that plans has none of them."""

COVERAGE_UNITS = {f"covered_share_{limit}_ms": "share" for limit in (1, 5, 10, 20)}
"""Shares of people within so many milliseconds."""

LEDGER_KINDS = ("installed", "sellable", "allocated", "used", "idle", "unallocated")
LEDGER_SUFFIX = {"memory": "_gib", "gpu_memory": "_gib", "local_storage": "_gb"}


def ledger_name(kind: str, resource: str) -> str:
    """The measure of a line of the ledger: `installed_vcpu`, `idle_memory_gib`, ..."""
    return f"{kind}_{resource}{LEDGER_SUFFIX.get(resource, '')}"


LEDGER_UNITS = {
    ledger_name(kind, resource): RESOURCE_UNITS[resource]
    for resource in RESOURCES
    for kind in LEDGER_KINDS
}
"""Measures of the ledger and their units, in the order of the table."""

FLOW_UNITS = {
    "data_sets_moved": "times",
    "data_sets_moved_gb": "GB",
    "link_used_share": "share",
    "link_transferred_gb": "GB",
}
"""Measures of data sets, and of links (scope `link`), where links are shared."""

UNITS = (
    JOB_UNITS
    | OBJECTIVE_UNITS
    | PLAN_UNITS
    | LEVEL_UNITS
    | ACCOUNT_UNITS
    | COVERAGE_UNITS
    | LEDGER_UNITS
    | FLOW_UNITS
)
"""Every measure and its unit."""

Row = tuple[str, str, str, str, str, int, float]
"""variant, measure, unit, scope, key, seed, value."""


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """One row a measure: variant, measure, unit, scope, key, seed and value.

    `key` is the name of the pool, tenant, ... and '' in scope `all`. A value that is not
    defined (no job, no capacity) is nan here, null on disk and in JSON.
    """

    variant: tuple[str, ...]
    measure: tuple[str, ...]
    unit: tuple[str, ...]
    scope: tuple[str, ...]
    key: tuple[str, ...]
    seed: NDArray[np.int32]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.value)

    def rows(self) -> list[Row]:
        """All rows as tuples, in table order."""
        texts = (self.variant, self.measure, self.unit, self.scope, self.key)
        return list(zip(*texts, self.seed.tolist(), self.value.tolist(), strict=True))

    def where(self, scope: str, key: str | None = None) -> "MeasureTable":
        """The rows of one scope, and of one key if it is given."""
        return table_of(row for row in self.rows() if row[3] == scope and key in (None, row[4]))

    def value_of(
        self, measure: str, scope: str = "all", key: str = "", *, variant: str | None = None
    ) -> float:
        """The value of one measure in the first run of that variant; nan where undefined.

        Raises:
            KeyError: the table has no such row.
        """
        for row in self.rows():
            if (row[1], row[3], row[4]) == (measure, scope, key) and variant in (None, row[0]):
                return row[6]
        raise KeyError(f"{measure} {scope} {key}".strip())

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame."""
        # pandas comes with ortools; it is named here so that nothing else loads it
        return resolve_name("pandas:DataFrame")({name: getattr(self, name) for name in COLUMNS})


COLUMNS = ("variant", "measure", "unit", "scope", "key", "seed", "value")
"""Names of the columns of a table of measures, in order."""


def table_of(rows: Iterable[Row]) -> MeasureTable:
    """A table of these rows, in their order."""
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    variant, measure, unit, scope, key = (tuple(column) for column in columns[:5])
    seed = np.array(columns[5], dtype=np.int32)
    value = np.array(columns[6], dtype=np.float64)
    return MeasureTable(variant, measure, unit, scope, key, seed, value)


def joined(tables: Iterable[MeasureTable]) -> MeasureTable:
    """The tables one below the other."""
    parts = list(tables)
    if not parts:
        return table_of(())
    texts = (chain.from_iterable(getattr(part, name) for part in parts) for name in COLUMNS[:5])
    variant, measure, unit, scope, key = (tuple(text) for text in texts)
    seed, value = (np.concatenate([getattr(p, name) for p in parts]) for name in COLUMNS[5:])
    return MeasureTable(variant, measure, unit, scope, key, seed, value)
