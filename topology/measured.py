"""Measured delays and rates between places: they count more than a distance."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from math import isfinite
from statistics import fmean

from topology.backbones import clean_name, rate_or_none
from topology.facts import MOST
from topology.network import Link
from topology.topology import TopologyError

Pair = tuple[str, str]  # from, to
Values = Mapping[Pair, float]
DELAYS = {"delay_ms": 1.0, "avg_rtt_ms": 0.5, "rtt_ms": 0.5}  # column: one way of it
RATES = {"gbit_s": 1.0, "received_gbps": 1.0}
TIERS = ("src_tier", "dst_tier")
BEST = ("PREMIUM", "PREMIUM")  # the provider's own backbone, where it sells two


@dataclass(frozen=True, slots=True)
class Measured:
    """One-way delays and rates from place to place; a pair may have either, both or none."""

    delay_ms: Values = field(default_factory=dict)
    gbit_s: Values = field(default_factory=dict)

    def delay_between(self, a: str, b: str) -> float | None:
        """As measured from `a` to `b`, else the other way round."""
        return _either(self.delay_ms, a, b)

    def rate_between(self, a: str, b: str) -> float | None:
        """As measured from `a` to `b`, else the other way round."""
        return _either(self.gbit_s, a, b)

    def beside(self, other: Measured) -> Measured:
        """Both together; of what both have, the other's."""
        return Measured({**self.delay_ms, **other.delay_ms}, {**self.gbit_s, **other.gbit_s})

    def places(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted({name for pair in (*self.delay_ms, *self.gbit_s) for name in pair}))


def measured_pairs(text: str) -> Measured:
    """A matrix as CSV: `src`, `dst` and a column of delays or rates.

    Half of a round trip is taken for one way. Names become names of sites (`aws:ap-east-1`
    is `aws-ap-east-1`). Of rows between the same two, those of the best network tier count;
    of those the mean. A place to itself is left out.

    Raises:
        TopologyError: no CSV, a column is missing, or a value is no number above 0.
    """
    try:
        return _read(csv.DictReader(StringIO(text)))
    except csv.Error as problem:
        raise TopologyError(f"not a matrix as CSV: {problem}") from problem


def _read(rows: csv.DictReader[str]) -> Measured:
    columns = tuple(rows.fieldnames or ())
    delays = next((c for c in DELAYS if c in columns), None)
    rates = next((c for c in RATES if c in columns), None)
    if not {"src", "dst"} <= set(columns) or not (delays or rates):
        wanted = ", ".join((*DELAYS, *RATES))
        raise TopologyError(f"expected the columns src, dst and one of {wanted}")
    kept = _best_rows(rows)
    return Measured(
        _means(kept, delays, DELAYS[delays]) if delays else {},
        _means(kept, rates, RATES[rates]) if rates else {},
    )


def overridden(links: Iterable[Link], matrix: Measured) -> tuple[Link, ...]:
    """The links, each with the delay and the rate that were measured between its ends."""
    return tuple(_overridden(link, matrix) for link in links)


def _overridden(link: Link, matrix: Measured) -> Link:
    found = {
        "delay_ms": matrix.delay_between(link.a, link.b),
        "capacity_gbit_s": rate_or_none(matrix.rate_between(link.a, link.b)),
    }
    return link.model_copy(update={k: v for k, v in found.items() if v is not None})


Row = tuple[int, dict[str, str]]  # number of the line, its cells


def _best_rows(rows: csv.DictReader[str]) -> dict[Pair, list[Row]]:
    """The rows of each pair that are of the best tier it has."""
    kept: dict[Pair, list[Row]] = {}
    tier_of: dict[Pair, tuple[bool, str, str]] = {}
    for row in rows:
        pair = clean_name(row["src"] or ""), clean_name(row["dst"] or "")
        src_tier, dst_tier = (row.get(column) or "" for column in TIERS)
        tier = ((src_tier, dst_tier) != BEST, src_tier, dst_tier)
        if pair[0] == pair[1] or tier > tier_of.get(pair, tier):
            continue
        if tier != tier_of.get(pair):
            kept[pair], tier_of[pair] = [], tier
        kept[pair].append((rows.line_num, row))
    return kept


def _means(rows: Mapping[Pair, list[Row]], column: str, factor: float) -> dict[Pair, float]:
    return {
        pair: fmean(_value(line, row, column) for line, row in found) * factor
        for pair, found in rows.items()
    }


def _value(line: int, row: dict[str, str], column: str) -> float:
    text = row.get(column) or ""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not isfinite(value) or not 0 < value <= MOST:
        raise TopologyError(f"line {line}: {column}: expected a number above 0; got '{text}'")
    return value


def _either(values: Values, a: str, b: str) -> float | None:
    return values.get((a, b), values.get((b, a)))
