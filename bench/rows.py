"""Rows of the report's tables: what was held, what was refused, and how full each pool was."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from bench.chart_data import guarded
from bench.course import Course
from bench.tables import Findings, Floats


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One reason of holds in one variant, a mean run: jobs, hours, share of all hours."""

    variant: str
    reason: str
    jobs: float
    hours: float
    share: float
    first_s: float


def held_rows(findings: Findings) -> list[HeldRow]:
    """Reasons of holds, most hours first inside each variant."""
    return [row for name in findings.view.variants for row in _held_rows(findings, name)]


def _held_rows(findings: Findings, variant: str) -> list[HeldRow]:
    runs = findings.tallies_of(variant)
    hours = {
        reason: sum(run.held[reason].hours for run in runs if reason in run.held) / len(runs)
        for reason in sorted({reason for run in runs for reason in run.held})
    }
    total = sum(hours.values())
    return [
        HeldRow(
            variant,
            reason,
            sum(run.held[reason].jobs for run in runs if reason in run.held) / len(runs),
            hours[reason],
            hours[reason] / total if total else 0.0,
            min(run.held[reason].first_s for run in runs if reason in run.held),
        )
        for reason in sorted(hours, key=lambda reason: -hours[reason])
    ]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One reason of refusals in one variant, a mean run, with the workloads it struck."""

    variant: str
    reason: str
    jobs: float
    share: float
    workloads: tuple[str, ...]


def refused_rows(findings: Findings) -> list[RefusedRow]:
    """Reasons of refusals, most jobs first inside each variant; share of the counted jobs."""
    return [row for name in findings.view.variants for row in _refused_rows(findings, name)]


def _refused_rows(findings: Findings, variant: str) -> list[RefusedRow]:
    runs = findings.tallies_of(variant)
    struck: dict[str, dict[str, int]] = {}
    for run in runs:
        for (reason, workload), jobs in run.refused.items():
            by_workload = struck.setdefault(reason, {})
            by_workload[workload] = by_workload.get(workload, 0) + jobs
    counted = sum(run.counted for run in runs)
    rows = [
        RefusedRow(
            variant,
            reason,
            sum(by.values()) / len(runs),
            sum(by.values()) / counted,
            tuple(sorted(by, key=lambda name: (-by[name], name))),
        )
        for reason, by in struck.items()
    ]
    return sorted(rows, key=lambda row: (-row.jobs, row.reason))


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool, or a line above pools, by its scarcest resource; nan where it has none."""

    name: str
    site: str
    cloud: str
    nodes: int
    resource: str
    installed: float
    sellable: float
    allocated: float
    used: float
    queued: float
    peak: float
    jobs: float
    hours: float


def pool_rows(findings: Findings, variant: str) -> list[PoolRow]:
    """The pools of one variant in file order, then the lines above pools.

    A pool without a line of its own shows the queue of its site's line.
    """
    course = findings.courses[variant]
    facts = {p.get("name"): p for p in _pools_of(findings.view.resolved.get(variant, {}))}
    allocated, used = course.mean(course.allocated), course.mean(course.used)
    queued = course.mean(course.queued)
    runs = findings.tallies_of(variant)
    line_of = {name: number for number, name in enumerate(course.lines)}
    rows = []
    for p, name in enumerate(course.pools):
        r = _scarcest(allocated[p], course.capacity[p])
        fact = facts.get(name, {})
        line = line_of.get(name, line_of.get(f"site:{fact.get('site', '')}", -1))
        rows.append(
            PoolRow(
                name=name,
                site=str(fact.get("site", "")),
                cloud=str(fact.get("cloud", "")),
                nodes=int(fact.get("nodes", 0)),
                resource=course.resources[r],
                installed=float(course.installed[p, r]),
                sellable=float(course.capacity[p, r]),
                allocated=float(allocated[p, r]),
                used=float(used[p, r]),
                queued=float(queued[line, r]) if line >= 0 else np.nan,
                peak=float(course.peak[line, r]) if line >= 0 else np.nan,
                jobs=sum(run.pool_jobs.get(name, 0) for run in runs) / len(runs),
                hours=sum(run.pool_hours.get(name, 0.0) for run in runs) / len(runs),
            )
        )
    return rows + [_line_row(findings, course, queued, line) for line in _upper_lines(course)]


def _pools_of(resolved: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    pools = (resolved.get("topology") or {}).get("pools") or ()
    return [pool for pool in pools if isinstance(pool, Mapping)]


def _upper_lines(course: Course) -> list[int]:
    pools = frozenset(course.pools)
    return [at for at, line in enumerate(course.lines) if line not in pools]


def _line_row(findings: Findings, course: Course, queued: Floats, line: int) -> PoolRow:
    resource = findings.resource
    at = course.column(resource)
    none = float("nan")
    return PoolRow(
        name=course.lines[line],
        site="",
        cloud="",
        nodes=0,
        resource=resource,
        installed=none,
        sellable=none,
        allocated=none,
        used=none,
        queued=float(queued[line, at]) if at >= 0 else none,
        peak=float(course.peak[line, at]) if at >= 0 else none,
        jobs=none,
        hours=none,
    )


def lone_rows(rows: Sequence[PoolRow]) -> list[PoolRow]:
    """The rows without the lines of sites whose queue a pool's row shows already."""
    told = {(f"site:{row.site}", row.resource) for row in rows if row.site}
    return [row for row in rows if row.site or (row.name, row.resource) not in told]


def _scarcest(allocated: Floats, capacity: Floats) -> int:
    """The resource of a pool with the largest allocated share; its first, if all idle."""
    known = np.isfinite(capacity) & (capacity > 0)
    shares = np.where(known, allocated / np.where(known, capacity, 1.0), -1.0)
    return int(np.argmax(np.round(np.nan_to_num(shares, nan=-1.0), 9)))


def pools_csv(findings: Findings) -> str:
    """Every pool and line of every variant as CSV, in base units."""
    names = [field.name for field in fields(PoolRow)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["variant", *names])
    for variant in findings.view.variants:
        for row in pool_rows(findings, variant):
            cells = [variant, *(getattr(row, name) for name in names)]
            writer.writerow([guarded(cell) for cell in cells])
    return out.getvalue()
