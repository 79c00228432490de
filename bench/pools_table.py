"""The table of pools: each by its scarcest resource, with the lines in which jobs wait."""

import math
from collections.abc import Iterator
from dataclasses import replace

from bench.amounts import amount
from bench.place_words import name_cloud, name_line, name_place
from bench.rows import PoolRow, lone_rows, pool_rows
from bench.sections import Cell, Table, number, sortable, told
from bench.tables import Findings
from bench.words import Lang, say

MOST_POOLS = 40
POOL_HEADS = ("pool", "site", "cloud", "nodes", "resource", "installed", "sellable",
              "allocated", "used", "queue_mean", "queue_peak", "jobs", "hours")  # fmt: skip


def pools_table(findings: Findings, variant: str, lang: Lang) -> Table:
    """The pools of one variant, each by its scarcest resource, then lines without a pool.

    Of many only those where jobs waited longest, then the fullest.
    """
    heads = tuple(say(f"page_{key}", lang) for key in POOL_HEADS)
    rows = lone_rows(pool_rows(findings, variant))
    own = frozenset(findings.courses[variant].lines)
    return Table(heads, [_pool(row, lang) for row in _queue_once(_foremost(rows), own)])


def _queue_once(rows: list[PoolRow], lines: frozenset[str]) -> Iterator[PoolRow]:
    """The rows, each site's queue only in the first of its pools that shows it."""
    told: set[tuple[str, str]] = set()
    for row in rows:
        key = row.site, row.resource
        shared = bool(row.site) and row.name not in lines
        yield replace(row, queued=math.nan, peak=math.nan) if shared and key in told else row
        told |= {key} if shared else set()


def _foremost(rows: list[PoolRow]) -> list[PoolRow]:
    """All rows of a few; of many the pools that come first, then lines with a queue."""
    if len(rows) <= MOST_POOLS:
        return rows
    lines = sorted((row for row in rows if not row.nodes and row.peak > 0), key=_queue_first)
    pools = sorted((row for row in rows if row.nodes), key=_queue_first)
    last = lines[: MOST_POOLS // 4]
    return [*pools[: MOST_POOLS - len(last)], *last]


def _queue_first(row: PoolRow) -> tuple[float, float, float]:
    """Where jobs waited longest, then where most was queued, then the fullest."""
    known = [value if math.isfinite(value) else 0.0 for value in (row.hours, row.queued)]
    return -known[0], -known[1], -_fullness(row)


def _fullness(row: PoolRow) -> float:
    return row.allocated / row.sellable if row.sellable > 0 else 0.0


def _pool(row: PoolRow, lang: Lang) -> tuple[Cell, ...]:
    unit = say(f"unit_{row.resource}", lang)
    resource = say(f"resource_{row.resource}", lang)
    return (
        told(row.name, name_line(row.name, lang)),
        Cell(name_place(row.site, lang)),
        Cell(name_cloud(row.cloud, lang)),
        number("count", row.nodes or math.nan, lang),
        Cell(resource, unit if unit in {"GB", "GiB"} else ""),
        number("count", row.installed, lang),
        number("count", row.sellable, lang),
        _of_sellable(row.allocated, row.sellable, lang),
        _of_sellable(row.used, row.sellable, lang),
        number("count", row.queued, lang),
        number("count", row.peak, lang),
        number("count", row.jobs, lang),
        number("count", row.hours, lang),
    )


def _of_sellable(value: float, sellable: float, lang: Lang) -> Cell:
    share = value / sellable if sellable else math.nan
    small = amount("share", share, lang) if math.isfinite(share) else ""
    return Cell(amount("count", value, lang), small, sortable(share))
