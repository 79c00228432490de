"""Tenants whose quota was full when their jobs came, as rows of the report, a mean run."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.quotas import Full
from bench.tables import Findings

LEAST = 0.1  # of a tenant's waiting jobs: less is not worth a name


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """`full` of a tenant's `waited` jobs found its quota full, and waited `hours` in sum.

    `workloads` are those of the jobs that found it full, most first.
    """

    variant: str
    tenant: str
    workloads: tuple[str, ...]
    full: float
    waited: float
    hours: float


def quota_rows(findings: Findings, variant: str) -> list[QuotaRow]:
    """Most hours first, without tenants of whose waiting jobs hardly any found it full."""
    runs = findings.tallies_of(variant)
    full: dict[str, dict[str, Full]] = {}
    for run in runs:
        for (tenant, workload), found in run.quota_full.items():
            own = full.setdefault(tenant, {})
            before = own.get(workload, Full(0, 0.0))
            own[workload] = Full(before.jobs + found.jobs, before.hours + found.hours)
    rows = [_row(findings, variant, tenant, own) for tenant, own in full.items()]
    worth = [row for row in rows if row.full >= LEAST * row.waited]
    return sorted(worth, key=lambda row: (-row.hours, row.tenant))


def _row(findings: Findings, variant: str, tenant: str, own: Mapping[str, Full]) -> QuotaRow:
    runs = findings.tallies_of(variant)
    found, waited = full_of(findings, variant, "tenant", tenant)
    return QuotaRow(
        variant=variant,
        tenant=tenant,
        workloads=tuple(sorted(own, key=lambda name: (-own[name].jobs, name))),
        full=found,
        waited=waited,
        hours=sum(part.hours for part in own.values()) / len(runs),
    )


def full_of(findings: Findings, variant: str, scope: str, who: str) -> tuple[float, float]:
    """(found the quota full, waited) of one workload or tenant, a mean run."""
    at = ("tenant", "workload").index(scope)
    runs = findings.tallies_of(variant)
    full = sum(n.jobs for run in runs for key, n in run.quota_full.items() if key[at] == who)
    waited = sum(run.waiters[scope, who].waited for run in runs if (scope, who) in run.waiters)
    return full / len(runs), waited / len(runs)
