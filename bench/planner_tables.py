"""Tables for a planner: what is short, where the time goes, and whether each rule was kept."""

import math

from bench.amounts import amount, scale_of
from bench.chart_data import clock, start_of
from bench.compliance import Check, unread_workloads, untested, wide_gangs
from bench.glossary.reasons import HELD_HELP
from bench.journeys import SPANS
from bench.sections import Cell, Table, number
from bench.sentences import listed, quoted
from bench.shortage import OTHER_THAN_CAPACITY, Shortage, shortages
from bench.tables import Findings
from bench.tier_times import TierTime, tier_times
from bench.words import Lang, name_hold, name_line, name_tier, say

FULL = 0.85  # a pool this full while jobs wait: packing and order save little


def short_table(findings: Findings, lang: Lang) -> Table:
    """What is short, where, since when, why, and what would help: a row a variant."""
    many = len(findings.view.variants) > 1
    keys = ("short", "where", "first_wait", "worst", "mostly", "help")
    heads = [say("page_variant", lang)] * many + [say(f"page_{key}", lang) for key in keys]
    cells = [
        (Cell(row.variant), *_short(row, findings, lang))[not many :]
        for row in shortages(findings)
    ]
    return Table(tuple(heads), cells)


def _short(row: Shortage, findings: Findings, lang: Lang) -> tuple[Cell, ...]:
    none = Cell(say("page_not_applicable", lang))
    if not row.reason:
        return (Cell(say("nothing_waited", lang)), none, none, none, none, none)
    start = start_of(findings)
    worst = clock(start, row.worst_s, lang) if math.isfinite(row.worst_s) else none.text
    share = scale_of("share", [row.share]).amount(row.share, lang)
    return (
        Cell(_what(row, lang)),
        _where(row, lang),
        Cell(clock(start, row.first_s, lang)),
        Cell(worst),
        Cell(name_hold(row.reason, lang), say("page_of_hours", lang, share=share)),
        Cell(_help(row, lang)),
    )


def _what(row: Shortage, lang: Lang) -> str:
    """What there is too little of: a resource, or what the reason of the holds names."""
    if row.reason in OTHER_THAN_CAPACITY:
        return say(f"short_{row.reason}", lang)
    return say(f"resource_{row.resource}" if row.resource else "page_not_applicable", lang)


def _help(row: Shortage, lang: Lang) -> str:
    """What would help; behind a stuck head in a full pool that is more nodes first."""
    if row.reason == "head-of-line" and row.full >= FULL:
        return say("help_full_first", lang)
    return say(f"held_help_{row.reason}" if row.reason in HELD_HELP else "page_none", lang)


def _where(row: Shortage, lang: Lang) -> Cell:
    """The lines with the longest queues, and what waits there on average."""
    if not row.lines:
        return Cell(say("page_not_applicable", lang))
    names = listed([name_line(line, lang) for line in row.lines], lang)
    amounts = listed([amount("count", value, lang) for value in row.queued], lang)
    unit = say(f"unit_{row.counted_in}", lang)
    small = say("page_waiting", lang, amounts=amounts, unit=unit)
    if math.isfinite(row.full):
        share = amount("share", row.full, lang)
        small += say("semicolon", lang) + say("page_full", lang, share=share)
    return Cell(names, small)


def tier_table(findings: Findings, lang: Lang) -> Table:
    """The mean spans of the jobs that ended on each tier, to the last millisecond."""
    many = len(findings.view.variants) > 1
    found = [row for name in findings.view.variants for row in tier_times(findings, name)]
    spans = [say(f"span_{span}", lang) for span in SPANS]
    heads = [say("page_tier", lang), say("page_jobs", lang), *spans, say("page_latency", lang)]
    if many:
        heads.insert(0, say("page_variant", lang))
    cells = [(Cell(row.variant), *_tier(row, lang))[not many :] for row in found]
    return Table(tuple(heads), cells)


def _tier(row: TierTime, lang: Lang) -> tuple[Cell, ...]:
    return (
        Cell(name_tier(row.tier, lang)),
        number("count", row.jobs, lang),
        *(number("s", seconds, lang) for seconds in (*row.seconds, row.total_s)),
    )


def rules_table(findings: Findings, lang: Lang) -> Table:
    """Each hard rule that jobs carried: how often tested, how close, how often broken."""
    many = len(findings.view.variants) > 1
    keys = ("rule", "limit", "carried", "placed", "margin", "broken")
    heads = [say("page_variant", lang)] * many + [say(f"page_{key}", lang) for key in keys]
    found = findings.checks
    return Table(
        tuple(heads), [(Cell(row.variant), *_check(row, lang))[not many :] for row in found]
    )


def _check(row: Check, lang: Lang) -> tuple[Cell, ...]:
    broken = number("count", row.broken, lang)
    return (
        Cell(say(f"rule_{row.kind}", lang)),
        Cell(limit_words(row, lang)),
        number("count", row.jobs, lang),
        number("count", row.placed, lang),
        Cell(margin_words(row.margin, lang)),
        Cell(broken.text, sort=broken.sort, strong=row.broken > 0),
    )


def limit_words(row: Check, lang: Lang) -> str:
    """The limit of a rule as people say it."""
    if row.kind == "chips":
        return row.limit
    if row.kind == "not-listed":
        return say(f"limit_{row.limit}", lang)
    limit = name_tier(row.limit, lang) if row.kind == "residency" else row.limit
    return say(f"limit_{row.kind}", lang, limit=limit)


def margin_words(margin: int | None, lang: Lang) -> str:
    """How many levels were left at the closest; a dash where nothing can be measured."""
    if margin is None:
        return say("page_not_applicable", lang)
    if margin < 0:
        return say("margin_over", lang, n=-margin)
    return say("margin_some", lang, n=margin) if margin else say("margin_none", lang)


def rules_notes(findings: Findings, lang: Lang) -> list[str]:
    """What was checked again, what no job tested, and what the tables cannot tell."""
    found = findings.checks
    placed, broken = sum(row.placed for row in found), sum(row.broken for row in found)
    notes = [say("rules_checked", lang, placed=f"{placed:,}", broken=f"{broken:,}")] * bool(
        found
    )
    if missing := untested(found):
        names = [say(f"rule_{kind}", lang) for kind in missing]
        notes.append(say("rules_untested", lang, rules=say("comma", lang).join(names)))
    if names := unread_workloads(findings.view):
        named = listed([quoted(name) for name in names], lang)
        notes.append(say("rules_of_rows", lang, workloads=named))
    if wide_gangs(findings.view):
        notes.append(say("rules_of_gangs", lang))
    return notes


def broken_rules(findings: Findings, lang: Lang) -> str:
    """The sentence for the first screen if any rule was broken, else ''."""
    broken = sum(row.broken for row in findings.checks)
    return say("rules_broken", lang, n=f"{broken:,}") if broken else ""
