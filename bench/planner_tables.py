"""Tables for a planner: what is short, where the time goes, and whether each rule was kept."""

from bench.compliance import Check, untested, wide_gangs
from bench.journeys import SPANS
from bench.sections import Cell, Table, by_variant, number
from bench.sentences import listed, quoted
from bench.tables import Findings
from bench.tier_times import TierTime, tier_times
from bench.words import Lang, name_tier, say


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
    rows = [(row.variant, _check(row, lang)) for row in findings.checks]
    return Table(tuple(heads), by_variant(rows, findings.view.variants, lang))


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
    if findings.unread:
        named = listed([quoted(name) for name in findings.unread], lang)
        notes.append(say("rules_of_rows", lang, workloads=named))
    runs = [run.journeys for run in findings.tallies.values()]
    if gangs := wide_gangs(findings.view, runs):
        notes.append(say("rules_of_gangs", lang, n=f"{gangs:,}"))
    if moved := sum(run.moved for run in runs):
        notes.append(say("rules_of_moved", lang, n=f"{moved:,}"))
    return notes


def broken_rules(findings: Findings, lang: Lang) -> str:
    """The sentence for the first screen if any rule was broken, else ''."""
    broken = sum(row.broken for row in findings.checks)
    return say("rules_broken", lang, n=f"{broken:,}") if broken else ""
