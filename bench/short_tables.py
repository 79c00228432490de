"""What is short, since when, and what would help: tables and sentence of the first screen."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bench.amounts import amount, scale_of
from bench.chart_data import clock, date_words, start_of
from bench.glossary.reasons import HELD_HELP, REFUSED_HELP
from bench.place_words import apart, name_line, name_place
from bench.quota_rows import QuotaRow, quota_rows
from bench.rows import RefusedRow
from bench.sections import (
    Cell,
    Table,
    by_variant,
    difference,
    five_numbers,
    label_of,
    renamed,
)
from bench.sentences import listed, mean_of, quoted
from bench.shortage import OTHER_THAN_CAPACITY, Shortage, refusals, shortages
from bench.tables import Findings
from bench.tier_times import by_tier, tiers_of
from bench.words import Lang, name_hold, name_refusal, name_tier, say

FULL = 0.85  # a pool this full while jobs wait: packing and order save little
EFFECTS = 4
AREAS = 4
QUOTAS = {
    "vcpu": "vcpu",
    "memory_gib": "memory",
    "gpu": "gpu",
    "gpu_memory_gib": "gpu_memory",
    "dpu_share": "dpu",
    "local_storage_gb": "local_storage",
}
"""Key of a quota -> its resource."""


def short_table(findings: Findings, lang: Lang) -> Table:
    """What is short, where, for whom, since when, why, and what would help."""
    many = len(findings.view.variants) > 1
    keys = ("short", "where", "who", "since", "mostly", "help")
    heads = [say("page_variant", lang)] * many + [say(f"page_{key}", lang) for key in keys]
    refused = refusals(findings)
    rows: list[tuple[str, tuple[Cell, ...]]] = []
    blamed: set[str] = set()  # tenants whose quota is told already
    for variant in findings.view.variants:
        own = [row for row in shortages(findings) if row.variant == variant]
        struck = [row for row in refused if row.variant == variant]
        held = [row for row in own if row.reason or not struck]
        rows += [(variant, _short(row, findings, lang)) for row in held]
        told = {name for row in own if row.reason == "quota" for name in row.tenants}
        blamed |= told
        full = [row for row in quota_rows(findings, variant) if row.tenant not in blamed]
        blamed |= {row.tenant for row in full}
        rows += [(variant, _quota(row, findings, lang)) for row in full]
        rows += [(variant, _refused(row, lang)) for row in struck]
    return Table(tuple(heads), by_variant(rows, findings.view.variants, lang))


def _short(row: Shortage, findings: Findings, lang: Lang) -> tuple[Cell, ...]:
    none = Cell(say("page_not_applicable", lang))
    if not row.reason:
        return (Cell(say("nothing_waited", lang)), none, none, none, none, none)
    return (
        Cell(what(row, lang)),
        _where(row, findings, lang),
        _who(row, findings, lang),
        _since(row, findings, lang),
        Cell(name_hold(row.reason, lang), _of_hours(row, lang)),
        Cell(helps(row, lang)),
    )


def _quota(row: QuotaRow, findings: Findings, lang: Lang) -> tuple[Cell, ...]:
    """A quota that was full when jobs came, whatever the table of holds books them to."""
    none = Cell(say("page_not_applicable", lang))
    of = say("page_tenant", lang, names=row.tenant)
    hours = say("page_quota_hours", lang, hours=amount("count", row.hours, lang))
    return (
        Cell(say("short_quota", lang)),
        Cell(of, quota_of(findings, row.variant, (row.tenant,), lang)),
        Cell(listed(row.workloads, lang)),
        none,
        Cell(say("page_quota_full", lang, **quota_counts(row, lang)), hours),
        Cell(say("help_quota_first", lang)),
    )


def quota_counts(row: QuotaRow, lang: Lang) -> dict[str, str]:
    """How many of how many waiting jobs found the quota full, a run."""
    return {"n": amount("count", row.full, lang), "all": amount("count", row.waited, lang)}


def quota_sentence(findings: Findings, lang: Lang) -> str:
    """The tenants of the first variant whose quota held jobs up; '' where none did."""
    variant = findings.view.variants[0]
    rows = quota_rows(findings, variant)
    if not rows:
        return ""
    parts = [
        say("quota_says_part", lang, tenant=quoted(row.tenant), **quota_counts(row, lang))
        for row in rows
    ]
    return say("quota_says", lang, parts=listed(parts, lang))


def _who(row: Shortage, findings: Findings, lang: Lang) -> Cell:
    """Whose hours they are, and whose jobs are more, if others."""
    most = listed(crowd(findings, row), lang)
    small = say("page_crowd", lang, who=most) if most else ""
    return Cell(listed(row.waiters, lang) or say("page_not_applicable", lang), small)


def _refused(row: RefusedRow, lang: Lang) -> tuple[Cell, ...]:
    none = Cell(say("page_not_applicable", lang))
    lack = f"lack_{row.reason}" if row.reason in REFUSED_HELP else "page_none"
    share = amount("share", row.share, lang)
    return (
        Cell(say(lack, lang)),
        none,
        Cell(listed(row.workloads, lang)),
        none,
        Cell(name_refusal(row.reason, lang), say("page_refused_share", lang, share=share)),
        Cell(say(f"refused_help_{row.reason}", lang) if row.reason in REFUSED_HELP else ""),
    )


def _of_hours(row: Shortage, lang: Lang) -> str:
    share = scale_of("share", [row.share]).amount(row.share, lang)
    return say("page_of_hours", lang, share=share)


def what(row: Shortage, lang: Lang) -> str:
    """What there is too little of: resources, or what the reason of the holds names."""
    if row.reason in OTHER_THAN_CAPACITY:
        return say(f"short_{row.reason}", lang)
    resources = dict.fromkeys(place.resource for place in row.places)
    names = [say(f"resource_{resource}", lang) for resource in resources]
    return listed(names, lang) or say("page_not_applicable", lang)


def helps(row: Shortage, lang: Lang) -> str:
    """What would help; behind a stuck head in a full pool that is more nodes first."""
    if row.reason == "head-of-line" and row.places and row.places[0].full >= FULL:
        return say("help_full_first", lang)
    return say(f"held_help_{row.reason}" if row.reason in HELD_HELP else "page_none", lang)


def _where(row: Shortage, findings: Findings, lang: Lang) -> Cell:
    """The lines where those jobs waited and what waits there on average, or whose quota."""
    if row.reason == "quota":
        return _whose(row, findings, lang)
    if not row.places:
        return Cell(say("page_not_applicable", lang))
    first = row.places[0]
    amounts = listed(
        [
            amount("count", place.queued, lang)
            for place in row.places
            if place.resource == first.resource
        ],
        lang,
    )
    unit, total = say(f"unit_{first.resource}", lang), amount("count", row.queued, lang)
    text = say("page_waiting", lang, amount=amounts, unit=unit)
    if not math.isfinite(first.queued):  # a line above its pools
        text = say("page_waiting", lang, amount=total, unit=unit)
    elif row.others:
        text = say("page_waiting_of", lang, amount=amounts, total=total, unit=unit)
    if math.isfinite(first.full):
        share = amount("share", first.full, lang)
        name = name_line(first.name, lang)
        text += say("semicolon", lang) + say(
            "page_full", lang, share=share, name=apart(name, lang, after=True)
        )
    names = renamed([place.name for place in row.places], lang)
    return Cell(where(row, findings, lang), text, title=names)


def where(row: Shortage, findings: Findings, lang: Lang) -> str:
    """The lines, or the tenants whose quota it is, by name."""
    if row.reason == "quota":
        return say("page_tenant", lang, names=listed([*row.tenants], lang))
    if row.areas:
        return _areas(row, findings, lang)
    names = [name_line(place.name, lang) for place in row.places]
    if row.others:
        rest = say("and_others", lang, n=len(row.others))
        gap = " " * (lang == "zh" and names[-1][-1:].isascii())
        found = by_tier(findings.view, row.variant, row.others)
        tiers = tier_counts(found, lang) if len(row.others) > 1 else ""
        return say("comma", lang).join(names) + gap + rest + tiers
    return listed(names, lang)


def _areas(row: Shortage, findings: Findings, lang: Lang) -> str:
    """The regions with most of the hours and their shares, and how many pools that is."""
    shown = row.areas[:AREAS]
    parts = [
        say("short_area", lang, name=name_place(name, lang), share=amount("share", share, lang))
        for name, share in shown
    ]
    if rest := len(row.areas) - len(shown):
        parts.append(say("short_areas_more", lang, n=rest))
    every = (*(place.name for place in row.places), *row.others)
    tiers = tier_counts(by_tier(findings.view, row.variant, every), lang)
    found = say("comma", lang).join(parts)
    return say("short_areas", lang, areas=found, n=len(every), tiers=tiers)


def _whose(row: Shortage, findings: Findings, lang: Lang) -> Cell:
    return Cell(where(row, findings, lang), quota_of(findings, row.variant, row.tenants, lang))


def quota_of(findings: Findings, variant: str, tenants: Sequence[str], lang: Lang) -> str:
    """The quotas of tenants as the scenario sets them; '' where they have none."""
    resolved = findings.view.resolved.get(variant, {})
    quotas = {t.get("name"): t.get("quota") for t in resolved.get("tenants") or ()}
    parts = [
        f"{say(f'resource_{QUOTAS[key]}', lang)} {amount('count', float(limit), lang)}"
        for tenant in tenants
        for key, limit in (quotas.get(tenant) or {}).items()
        if limit is not None and key in QUOTAS
    ]
    return say("page_quota_of", lang, parts=say("comma", lang).join(parts)) if parts else ""


def _since(row: Shortage, findings: Findings, lang: Lang) -> Cell:
    """When most of the waiting fell, below it the rest; else since when."""
    start = start_of(findings)
    worst = [place.worst_s for place in row.places if math.isfinite(place.worst_s)]
    when = [
        words for words in (hours_words(row, lang), day_words(row, findings, lang)) if words
    ]
    queue = [say("page_worst_at", lang, at=clock(start, worst[0], lang))] if worst else []
    at = clock(start, row.first_s, lang)
    if not when:
        text = say("short_already", lang, at=at) if row.early else at
        return Cell(text, say("semicolon", lang).join(queue))
    first = [] if row.early else [say("short_since", lang, at=at)]
    comma, semicolon = say("short_and", lang), say("semicolon", lang)
    return Cell(comma.join(when), semicolon.join([*first, *queue]))


def day_words(row: Shortage, findings: Findings, lang: Lang) -> str:
    """The day that holds most of the waiting, and its share; '' where none is told."""
    start = start_of(findings)
    if row.day is None or start is None:
        return ""
    at = start + timedelta(seconds=row.day[0])
    weekday, date = say(f"day_{at.weekday()}", lang), date_words(at, lang)
    told = f"{date} {weekday}" if lang == "zh" else f"{weekday} {date}"
    return say("short_day", lang, day=told, share=amount("share", row.day[1], lang))


def hours_words(row: Shortage, lang: Lang) -> str:
    """The part of the day that holds most of the waiting; '' where there is none."""
    if row.hours is None:
        return ""
    first, last = row.hours
    return say("short_hours", lang, first=f"{first:02d}:00", last=f"{last:02d}:00")


def since(row: Shortage, findings: Findings, lang: Lang) -> str:
    """When most of the waiting fell, and since when, as a part of a sentence."""
    when = [
        words for words in (hours_words(row, lang), day_words(row, findings, lang)) if words
    ]
    at = clock(start_of(findings), row.first_s, lang)
    if not row.early or not when:
        when.insert(0, say("short_already" if row.early else "short_since", lang, at=at))
    return say("short_and", lang).join(when)


def tier_counts(found: Mapping[str, list[str]], lang: Lang) -> str:
    """' (90 county, 2 city)', most first; '' where no tier is known."""
    order = sorted(found, key=lambda tier: -len(found[tier]))
    parts = [
        say("tier_count", lang, n=len(found[tier]), tier=name_tier(tier, lang))
        for tier in order
    ]
    comma = say("comma", lang)
    return say("short_of_tiers", lang, parts=comma.join(parts)) if parts else ""


def free_where(findings: Findings, lang: Lang) -> str:
    """How much of what is short is allocated on each tier: why it is short with some free."""
    row = shortages(findings)[0]
    if not row.places or row.reason in OTHER_THAN_CAPACITY:
        return ""
    view, resource = findings.view, row.places[0].resource
    measure = f"allocated_share_{resource}"
    shares = {
        tier: mean_of(view.values_of("tier", tier, measure)[row.variant])
        for tier in tiers_of(view.resolved.get(row.variant, {}))
    }
    parts = [
        f"{name_tier(tier, lang)} {amount('share', share, lang)}"
        for tier, share in shares.items()
        if math.isfinite(share)
    ]
    if len(parts) < 2:
        return ""
    many = len(view.variants) > 1
    return say(
        "short_free",
        lang,
        resource=say(f"resource_{resource}", lang),
        inside=say("short_inside", lang, variant=row.variant) if many else "",
        whole=amount("share", mean_of(view.values(measure)[row.variant]), lang),
        parts=say("comma", lang).join(parts),
    )


def short_sentence(findings: Findings, lang: Lang) -> str:
    """The largest shortage of the first variant; '' where refusals alone tell it."""
    row = shortages(findings)[0]
    many = len(findings.view.variants) > 1
    inside = say("short_inside", lang, variant=row.variant) if many else ""
    if not row.reason:
        struck = any(last.variant == row.variant for last in refusals(findings))
        return "" if struck else say("short_nothing", lang, inside=inside)
    place = where(row, findings, lang)
    return say(
        "short_says",
        lang,
        inside=inside,
        what=what(row, lang),
        where=say(_preposition(row), lang, where=apart(place, lang)) if place else "",
        since=since(row, findings, lang),
        waited=amount("share", _waited(findings, row.variant), lang),
        crowd=_quoted("short_crowd", crowd(findings, row), lang),
        who=_quoted("short_who", row.waiters, lang),
        why=name_hold(row.reason, lang),
        share=_of_hours(row, lang),
        help=helps(row, lang),
    )


def _quoted(key: str, names: Sequence[str], lang: Lang) -> str:
    return say(key, lang, who=listed([quoted(name) for name in names], lang)) if names else ""


def crowd(findings: Findings, row: Shortage) -> tuple[str, ...]:
    """The workload of most jobs that waited, where others waited most hours.

    A few jobs that wait for days outweigh many that wait for minutes: both are told.
    """
    jobs: dict[str, int] = {}
    for run in findings.tallies_of(row.variant):
        for (scope, name), own in run.waiters.items():
            if scope == "workload":
                jobs[name] = jobs.get(name, 0) + own.waited
    most = min(jobs, key=lambda name: (-jobs[name], name), default="")
    return (most,) if row.waiters and jobs.get(most) and most not in row.waiters else ()


def _waited(findings: Findings, variant: str) -> float:
    """The share of jobs that waited at all, of those not refused: the mean over seeds."""
    runs = findings.tallies_of(variant)
    return mean_of(
        {
            seed: 1 - run.at_once / run.waits if run.waits else math.nan
            for seed, run in enumerate(runs)
        }
    )


def _preposition(row: Shortage) -> str:
    return "short_where_quota" if row.reason == "quota" else "short_where"


def effects_table(findings: Findings, lang: Lang, most: int) -> Table:
    """What each other variant changes against the first; no row for a single variant."""
    base, *others = findings.view.variants
    measures = [name for name in five_numbers(findings) if name != "censored_share"][:EFFECTS]
    priced = [name for name in ("cost_total_cny", "cost_capex_cny") if findings.view.has(name)]
    measures += [name for name in priced[:1] if name not in measures]
    columns = {
        name: [difference(findings, name, base, other, lang) for other in others[:most]]
        for name in measures
    }
    told = [n for n in measures if n == measures[0] or any(c.text != "0" for c in columns[n])]
    heads = [say("page_variant", lang), *(label_of(findings, name, lang) for name in told)]
    rows = [
        (Cell(other), *(columns[name][at] for name in told))
        for at, other in enumerate(others[:most])
    ]
    return Table(tuple(heads), rows, say("page_effects", lang, base=base))
