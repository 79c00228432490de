"""Tables and sentences of replicas: where they stand, how near, and why it cannot be."""

from collections.abc import Iterable, Mapping
from typing import Any

from bench.placing import bunches, price
from bench.sections import Cell, Table, by_variant, number
from bench.sentences import listed, quoted
from bench.view import RunView
from bench.words import Lang, say

HEADS = ("workload", "placed", "where", "region", "delay", "bound", "margin", "cost", "lacks")
MOST_POOLS = 6
COMMAND_LINE = "--set"


def replicas_table(view: RunView, lang: Lang) -> Table:
    """A row a workload of replicas and variant; without rows where there are none."""
    many = len(view.variants) > 1
    heads = [say("page_variant", lang)] * many + [
        say(f"page_replica_{key}", lang) for key in HEADS
    ]
    rows = [(str(row["variant"]), _row(row, lang)) for row in view.replicas]
    return Table(tuple(heads), by_variant(rows, view.variants, lang))


def _row(row: Mapping[str, Any], lang: Lang) -> tuple[Cell, ...]:
    placed, delay, bound = sum(row["pools"].values()), row["delay_ms"], row["bound_ms"]
    margin = None if delay is None or bound is None else bound - delay
    return (
        Cell(str(row["workload"])),
        Cell(
            say("replica_of", lang, placed=f"{placed:,}", count=f"{row['count']:,}"),
            sort=float(placed),
            strong=placed < row["count"],
        ),
        Cell(_where(row["pools"], lang)),
        Cell(str(row["region"] or say("page_not_applicable", lang))),
        _ms(delay, lang),
        _ms(bound, lang),
        _ms(margin, lang),
        number("CNY", row["cny_h"], lang),
        Cell(say("semicolon", lang).join(_lacks(row)) or say("page_not_applicable", lang)),
    )


def _lacks(row: Mapping[str, Any]) -> list[str]:
    return [str(text).removeprefix(f"{row['workload']}: ") for text in row["lacks"]]


def _where(pools: Mapping[str, int], lang: Lang) -> str:
    named = [say("replica_at", lang, pool=p, n=n) for p, n in pools.items()]
    rest = len(named) - MOST_POOLS
    more = [say("replica_more", lang, n=rest)] if rest > 0 else []
    return say("comma", lang).join([*named[:MOST_POOLS], *more])


def _ms(delay_ms: float | None, lang: Lang) -> Cell:
    if delay_ms is None:
        return Cell(say("page_not_applicable", lang))
    return Cell(f"{delay_ms:,.3f} ms", sort=delay_ms, strong=delay_ms < 0)


def replicas_notes(view: RunView, lang: Lang) -> list[str]:
    """What the table counts, what is proven, and which plans were none."""
    if not view.replicas:
        return []
    proven = [row["workload"] for row in view.replicas if row["proven"]]
    notes = [say("replicas_note", lang)]
    if proven:
        notes.append(say("replicas_proven", lang, workloads=_names(proven, lang)))
    told: dict[str, list[str]] = {}
    for row in view.replicas:
        if row["told"]:
            told.setdefault(row["told"], []).append(row["workload"])
    return notes + [
        say("replicas_fallback", lang, workloads=_names(names, lang), told=why)
        for why, names in told.items()
    ]


LINES_TOLD = 6  # of a conflict on the first screen; stderr and the manifest have all


def _names(names: Iterable[str], lang: Lang) -> str:
    return listed([quoted(name) for name in dict.fromkeys(names)], lang)


def impossible_sentences(view: RunView, lang: Lang) -> list[str]:
    """For the first screen: who is not served that must be, why, and what would be enough."""
    return [text for reason in view.impossible for text in [_sentence(reason, view, lang)]]


def _sentence(reason: Mapping[str, Any], view: RunView, lang: Lang) -> str:
    parts = [say("impossible", lang, workloads=_names(reason["workloads"], lang))]
    if reason["lines"]:
        found = bunches(reason)
        lines = [_line(line, lang) for line in found[:LINES_TOLD]]
        if len(found) > LINES_TOLD:
            lines.append(say("impossible_more", lang, n=f"{len(found) - LINES_TOLD:,}"))
        parts.append(say("impossible_lines", lang, lines=say("comma", lang).join(lines)))
    if reason["short"]:
        short = str(reason["short"])
        parts.append(f"{short[0].upper()}{short[1:]}.")
    if reason["open_question"]:
        key = "impossible_some" if reason["lines"] else "impossible_open"
        parts.append(say(key, lang, why=reason["open_question"]))
    if reason["relaxations"]:
        first = reason["relaxations"][0]
        parts.append(
            say("impossible_mended", lang, change=price(first), setting=first["setting"])
        )
    else:
        parts.append(say("impossible_none", lang))
    told = " ".join(parts)
    return f"{quoted(reason['variant'])}: {told}" if len(view.variants) > 1 else told


def _line(line: Mapping[str, Any], lang: Lang) -> str:
    key = "impossible_set" if line["file"] == COMMAND_LINE else "impossible_line"
    return say(key, lang, path=line["path"], line=line["line"])
