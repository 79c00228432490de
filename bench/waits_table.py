"""Who waits and how long: a table by workload or tenant, each variant beside the first."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.amounts import amount, unit_of
from bench.quota_rows import LEAST, full_of
from bench.sections import Cell, Table, difference_of, with_interval
from bench.sentences import mean_of
from bench.tables import Findings, Waiters
from bench.words import Lang, name_measure, say

MEASURES = ("wait_mean_s", "wait_p95_s", "deadline_met_share")
NOBODY = Waiters(0, 0, 0)

Values = Mapping[str, Mapping[int, float]]


def waits_table(findings: Findings, scope: str, lang: Lang, most: int) -> Table:
    """Jobs, waits and deadlines of each workload or tenant, who waited longest first.

    A row a variant, at most `most`; one row for all where none differs from the first.
    Those that never waited and missed no deadline are left to the note.
    """
    view = findings.view
    variants = view.variants[:most]
    measures = [name for name in MEASURES if _known(findings, scope, name)]
    labels = [name_measure(name, lang) for name in measures]
    heads = [say(f"page_who_{scope}", lang), say("page_jobs", lang), say("page_waited", lang)]
    rows: list[tuple[Cell, ...]] = []
    for who in _in_order(findings, scope):
        columns: list[tuple[str, Values]] = [
            ("share", _counts(findings, scope, who, _waited_share)),
            *((unit_of(name), view.values_of(scope, who, name)) for name in measures),
        ]
        if _worth_a_row(columns, measures):
            jobs = _counts(findings, scope, who, _jobs)
            own = _rows(who, [("count", jobs), *columns], variants, lang)
            small = _quota(findings, scope, who, lang)
            rows += [(replace(own[0][0], small=small), *own[0][1:]), *own[1:]]
    if len(variants) > 1:
        heads.insert(1, say("page_variant", lang))
    else:
        rows = [(row[0], *row[2:]) for row in rows]
    return Table((*heads, *labels), rows)


def _quota(findings: Findings, scope: str, who: str, lang: Lang) -> str:
    """How many of the waiting jobs found their tenant's quota full, in the first variant."""
    full, waited = full_of(findings, findings.view.variants[0], scope, who)
    if not full or full < LEAST * waited:
        return ""
    counts = {"n": amount("count", full, lang), "all": amount("count", waited, lang)}
    return say("page_quota_full", lang, **counts)


def _known(findings: Findings, scope: str, measure: str) -> bool:
    """True if any workload or tenant has a value of `measure` in any run."""
    return any(
        row.value is not None
        for (found, _, name), rows in findings.view.by_whom.items()
        if found == scope and name == measure
        for row in rows
    )


def _rows(
    who: str, columns: list[tuple[str, Values]], variants: tuple[str, ...], lang: Lang
) -> list[tuple[Cell, ...]]:
    base, *others = variants
    first = tuple(
        replace(with_interval(unit, of[base], [mean_of(of[base])], lang), sort=0.0)
        for unit, of in columns
    )
    alike = [
        other for other in others if all(_the_same(of, (base, other)) for _, of in columns)
    ]
    names = say("comma", lang).join((base, *alike))
    if alike and len(alike) == len(others):
        names = say("page_all_variants", lang)
    rows = [(Cell(who), Cell(names), *first)]
    for other in others:
        if other not in alike:
            cells = (_against(unit, of[base], of[other], lang) for unit, of in columns)
            rows.append((Cell(""), Cell(other), *cells))
    return rows


def _the_same(of: Values, pair: tuple[str, str]) -> bool:
    """True where every seed has the same value in both variants; two nan are the same."""
    one, other = (_by_seed(of[name]) for name in pair)
    return np.array_equal(one, other, equal_nan=True)


def _by_seed(values: Mapping[int, float]) -> NDArray[np.float64]:
    return np.array([(seed, values[seed]) for seed in sorted(values)], dtype=np.float64)


def _against(
    unit: str, base: Mapping[int, float], other: Mapping[int, float], lang: Lang
) -> Cell:
    """The mean of `other`, below it the difference from `base` with its interval."""
    mean = with_interval(unit, other, [mean_of(other)], lang)
    apart = difference_of(unit, base, other, lang)
    if not math.isfinite(mean_of(other)) or apart.text == "0":
        return Cell(mean.text, sort=mean.sort)
    small = (
        say("page_apart", lang, by=apart.text, range=apart.small) if apart.small else apart.text
    )
    small = small.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}(", " (")
    return Cell(mean.text, small, mean.sort, strong_small=apart.strong)


def _counts(
    findings: Findings, scope: str, who: str, count: Callable[[Waiters], float]
) -> Values:
    return {
        variant: {
            seed: count(findings.tallies[variant, seed].waiters.get((scope, who), NOBODY))
            for seed in findings.view.seeds
        }
        for variant in findings.view.variants
    }


def _jobs(found: Waiters) -> float:
    return float(found.jobs)


def _waited_share(found: Waiters) -> float:
    return found.waited / found.waits if found.waits else math.nan


def _worth_a_row(columns: list[tuple[str, Values]], measures: list[str]) -> bool:
    """True if anybody waited or missed a deadline in any run."""
    waited = any(value > 0 for by in columns[0][1].values() for value in by.values())
    met = dict(zip(measures, columns[1:], strict=True)).get("deadline_met_share")
    return waited or bool(
        met and any(value < 1 for by in met[1].values() for value in by.values())
    )


def _in_order(findings: Findings, scope: str) -> list[str]:
    """Workloads or tenants with jobs, most hours waited in the first variant first."""
    at = 2 if scope == "workload" else 1
    hours: dict[str, float] = {}
    for run in findings.tallies.values():
        hours |= {name: hours.get(name, 0.0) for of, name in run.waiters if of == scope}
    for run in findings.tallies_of(findings.view.variants[0]):
        for names, spent in run.waited.items():
            hours[names[at]] = hours.get(names[at], 0.0) + spent
    return sorted((name for name in hours if name), key=lambda name: (-hours[name], name))


def waits_note(findings: Findings, table: Table, lang: Lang, most: int) -> str:
    """What the columns and small figures mean, and which workloads `table` leaves out."""
    variants = findings.view.variants
    parts = [say("page_waits_note", lang)]
    if len(variants) > 1:
        parts.append(say("page_waits_apart", lang, base=variants[0]))
    elif findings.seeds > 1:
        parts.append(say("page_waits_interval", lang))
    if len(variants) > most:
        parts.append(say("page_waits_more", lang, shown=most, all=len(variants)))
    shown = {row[0].text for row in table.rows}
    if idle := [name for name in _in_order(findings, "workload") if name not in shown]:
        parts.append(say("page_waits_none", lang, names=say("comma", lang).join(idle)))
    return " ".join(parts) if lang == "en" else "".join(parts)
