"""The tables of a report as cells of text: amounts formatted, sort keys beside them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.amounts import Scale, amount, bounded, difference_unit, scale_of, unit_of
from bench.chart_data import clock, key_measures, start_of
from bench.glossary.reasons import HELD_HELP, REFUSED_HELP
from bench.intervals import Estimate
from bench.measures import LEDGER_UNITS
from bench.periods import period
from bench.place_words import name_any
from bench.rows import held_rows, refused_rows
from bench.sentences import NAMES_SHOWN, interval_of, listed, mean_of, paired_by_seed
from bench.tables import Findings
from bench.weak_rows import WeakRow
from bench.words import (
    Lang,
    name_class,
    name_hold,
    name_measure,
    name_refusal,
    name_tier,
    say,
)

NUMBERS = 5
SHORT = 18
BESIDE = 2
GROUPS: Mapping[str, tuple[str, ...]] = {
    "jobs": ("jobs_", "censored_", "deadline_", "preemptions", "migrations"),
    "time": ("wait_", "latency_", "run_", "transfer_", "dispatch_", "slowdown_"),
    "load": ("allocated_share", "used_share", "idle_share", "fragmented_"),
    "money": ("energy_", "carbon_", "pue_", "cost_"),
    "reach": ("covered_", "cross_region_", "transferred_"),
    "other": (),
}
GROUPED = tuple(start for starts in GROUPS.values() for start in starts)
OPEN_GROUPS = 2
WORTH_BOLD = 1e-3  # of the value: smaller changes are certain, and of no use
SAME = 1e-9  # what rounding alone makes differ


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says, a smaller line below it, and the number that its column sorts by.

    `title` is what a pointer over it shows: the names that the YAML has.
    """

    text: str
    small: str = ""
    sort: float | None = None
    strong: bool = False
    strong_small: bool = False
    title: str = ""

    @property
    def key(self) -> bool:
        """True for a text that is short enough to stay on one line."""
        return not self.number and len(self.text) <= SHORT

    @property
    def number(self) -> bool:
        """True for cells that align right."""
        return self.sort is not None


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and rows of cells; `caption` stands above."""

    heads: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    caption: str = ""

    def numeric(self, column: int) -> bool:
        """True if a column aligns right: its first filled cell is a number."""
        return any(row[column].number for row in self.rows)


def told(name: str, text: str) -> Cell:
    """A cell that says `text`, and below it the `name` of the YAML where that is another."""
    return Cell(text, name if text != name and ":" not in name else "")


def number(unit: str, value: float, lang: Lang) -> Cell:
    """A cell of one amount."""
    return Cell(amount(unit, value, lang), sort=sortable(value))


def with_interval(
    unit: str, values: Mapping[int, float], scale_with: Sequence[float], lang: Lang
) -> Cell:
    """A mean over seeds and, where there is one, its interval below; one scale for a row."""
    mean, low, high, seeds = interval_of(values)
    scale = scale_of(unit, scale_with)
    small = _range(scale, *bounded(unit, low, high), lang) if seeds > 1 else ""
    return Cell(scale.amount(mean, lang), small, sortable(mean))


def _range(scale: Scale, low: float, high: float, lang: Lang) -> str:
    """'2.35 to 3.40', with as many more digits as tell the two ends apart."""
    if high - low <= SAME * max(abs(low), abs(high)):
        return say("page_every_seed", lang)
    for decimals in range(scale.decimals, scale.decimals + 4):
        finer = replace(scale, decimals=decimals)
        if finer.number(low) != finer.number(high):
            break
    return say("page_range", lang, low=finer.number(low), high=finer.number(high))


def sortable(value: float) -> float:
    """The value as a sort key, below all others where it is unknown."""
    return value if math.isfinite(value) else -1.0


def five_numbers(findings: Findings) -> list[str]:
    """The measures of the first screen; refused jobs are always among them."""
    names = key_measures(findings, most=9)
    if "jobs_refused" in findings.view.measure_names and "jobs_refused" not in names[:NUMBERS]:
        names = [*names[: NUMBERS - 1], "jobs_refused"]
    return names[:NUMBERS]


def numbers_table(findings: Findings, lang: Lang, most: int) -> Table:
    """The five numbers, a row a variant."""
    measures = five_numbers(findings)
    shown = findings.view.variants[:most]
    heads = (say("page_variant", lang), *(label_of(findings, name, lang) for name in measures))
    columns = [_column(findings, measure, lang) for measure in measures]
    return Table(heads, [(Cell(v), *(column[v] for column in columns)) for v in shown])


def _column(findings: Findings, measure: str, lang: Lang) -> dict[str, Cell]:
    values = findings.view.values(measure)
    means = [interval_of(by_seed)[0] for by_seed in values.values()]
    return {v: with_interval(unit_of(measure), values[v], means, lang) for v in values}


def variants_tables(findings: Findings, lang: Lang) -> list[tuple[str, list[Table], bool]]:
    """Title, tables and whether they are open, by what measures are about."""
    told = _told(findings)
    found = []
    for at, (group, starts) in enumerate(GROUPS.items()):
        names = [name for name in told if name.startswith(starts)]
        if group == "other":
            names = [name for name in told if not name.startswith(GROUPED)]
        if names:
            tables = [variants_table(findings, lang, names)]
            apart = differences_table(findings, lang, names)
            title = say(f"page_group_{group}", lang)
            priced = any(name.startswith("cost_") for name in names)
            unfolded = at < OPEN_GROUPS or priced or len(findings.view.variants) == 1
            found.append((title, tables + [apart] * bool(apart.rows), unfolded))
    return found


def variants_table(findings: Findings, lang: Lang, measures: Sequence[str]) -> Table:
    """Measures over all jobs, a column a variant; up to three with their differences."""
    view = findings.view
    base, *others = view.variants
    beside = others if len(others) <= BESIDE else []
    columns = {measure: _column(findings, measure, lang) for measure in measures}
    rows = [
        (
            Cell(label_of(findings, measure, lang), measure),
            *(column[v] for v in view.variants),
            *(difference(findings, measure, base, other, lang) for other in beside),
        )
        for measure, column in columns.items()
    ]
    heads = (say("page_measure", lang), *view.variants, *(f"{o} − {base}" for o in beside))
    return Table(heads, rows)


def differences_table(findings: Findings, lang: Lang, measures: Sequence[str]) -> Table:
    """The measures' differences from the first variant, seed by seed.

    Without rows where `variants_table` has room for them.
    """
    base, *others = findings.view.variants
    rows = [
        (
            Cell(label_of(findings, measure, lang)),
            *(difference(findings, measure, base, other, lang) for other in others),
        )
        for measure in measures
    ]
    caption = say("page_differences", lang, base=base)
    return Table(
        (say("page_measure", lang), *others), rows if len(others) > BESIDE else [], caption
    )


def label_of(findings: Findings, measure: str, lang: Lang) -> str:
    """A measure in field words; sums of money, energy and data with the time they cover."""
    return name_measure(measure, lang) + period(findings.view, measure, lang)


def _told(findings: Findings) -> list[str]:
    """The measures that a table tells: not those that are 0 or undefined in every run."""
    view = findings.view
    apart = (*LEDGER_UNITS, "unallocated_share_")
    told = [name for name in view.measure_names if not name.startswith(apart)]
    return [name for name in told if not _nothing(view.values(name))]


def _nothing(values: Mapping[str, Mapping[int, float]]) -> bool:
    return not any(
        value and math.isfinite(value) for by in values.values() for value in by.values()
    )


def difference(findings: Findings, measure: str, base: str, other: str, lang: Lang) -> Cell:
    """`other` less `base`, seed by seed, with its interval; strong beyond chance."""
    values = findings.view.values(measure)
    return difference_of(unit_of(measure), values[base], values[other], lang)


def difference_of(
    unit: str, base: Mapping[int, float], other: Mapping[int, float], lang: Lang
) -> Cell:
    """`other` less `base`, both by seed and in the base unit `unit`.

    Strong where the interval leaves 0 out and the change is at least 0.1 % of `base`.
    """
    found = paired_by_seed(base, other)
    if _only_rounding(found, base):
        return Cell("0", say("page_every_seed", lang) if found.n > 1 else "", 0.0)
    scale = scale_of(difference_unit(unit), [found.mean])
    sign = "+" if found.mean > 0 else ""
    text = sign + scale.amount(found.mean, lang)
    if found.mean and not any(digit in "123456789" for digit in scale.number(found.mean)):
        text = "≈ 0"  # less than the last digit shown
    if found.n < 2:
        return Cell(text, sort=sortable(found.mean))
    small = _range(scale, found.low, found.high, lang)
    worth = abs(found.mean) >= WORTH_BOLD * abs(mean_of(base))
    return Cell(text, small, found.mean, strong=found.certain and worth)


def _only_rounding(found: Estimate, values: Mapping[int, float]) -> bool:
    """True where two variants differ by no more than their last digits."""
    largest = max((abs(value) for value in values.values() if math.isfinite(value)), default=0)
    ends = [abs(end) for end in (found.mean, found.low, found.high) if math.isfinite(end)]
    return math.isfinite(found.mean) and max(ends) <= SAME * largest


def by_variant(
    rows: Sequence[tuple[str, tuple[Cell, ...]]], variants: Sequence[str], lang: Lang
) -> list[tuple[Cell, ...]]:
    """Rows with their variants in front; what is the same in several is said once.

    With a single variant nothing stands in front.
    """
    names: dict[tuple[Cell, ...], list[str]] = {}
    for variant, cells in rows:
        names.setdefault(cells, []).append(variant)
    if len(variants) == 1:
        return [*names]
    comma = say("comma", lang)
    return [
        (
            Cell(
                say("page_all_variants", lang) if len(own) == len(variants) else comma.join(own)
            ),
            *cells,
        )
        for cells, own in names.items()
    ]


def held_table(findings: Findings, lang: Lang) -> Table:
    """Reasons of holds: jobs, hours, share, the first, and what would help."""
    keys = ("reason", "jobs", "hours", "share", "first", "help")
    heads = [say(f"page_{key}", lang) for key in keys]
    many = len(findings.view.variants) > 1
    start = start_of(findings)
    rows = []
    for row in held_rows(findings):
        cells = (
            Cell(name_hold(row.reason, lang), row.reason),
            number("count", row.jobs, lang),
            number("count", row.hours, lang),
            number("share", row.share, lang),
            Cell(clock(start, row.first_s, lang), sort=row.first_s),
            Cell(say(f"held_help_{row.reason}", lang) if row.reason in HELD_HELP else ""),
        )
        rows.append((row.variant, cells))
    merged = by_variant(rows, findings.view.variants, lang)
    return Table((say("page_variant", lang), *heads) if many else tuple(heads), merged)


def refused_table(findings: Findings, lang: Lang) -> Table:
    """Reasons of refusals: jobs, share of the counted ones, workloads, and what would help."""
    keys = ("refusal", "jobs", "share", "workloads", "help")
    heads = [say(f"page_{key}", lang) for key in keys]
    many = len(findings.view.variants) > 1
    rows = []
    for row in refused_rows(findings):
        cells = (
            Cell(name_refusal(row.reason, lang), row.reason),
            number("count", row.jobs, lang),
            number("share", row.share, lang),
            Cell(listed(row.workloads, lang)),
            Cell(say(f"refused_help_{row.reason}", lang) if row.reason in REFUSED_HELP else ""),
        )
        rows.append((row.variant, cells))
    merged = by_variant(rows, findings.view.variants, lang)
    return Table((say("page_variant", lang), *heads) if many else tuple(heads), merged)


def weak_table(rows: Sequence[WeakRow], lang: Lang) -> Table:
    """What is in use and weaker than published, weakest first."""
    keys = ("weak_kind", "row", "confidence", "source", "used_by")
    heads = tuple(say(f"page_{key}", lang) for key in keys)
    cells = [
        (
            Cell(say(f"weak_{row.kind}", lang)),
            Cell(weak_name(row, lang)),
            Cell(say(f"confidence_{row.confidence}", lang)),
            Cell(row.source or say(f"weak_source_{row.kind}", lang)),
            Cell(
                listed([name_any(name, lang) for name in row.users], lang),
                title=renamed(row.users, lang),
            ),
        )
        for row in rows
    ]
    return Table(heads, cells, say("page_weak_rows", lang))


def renamed(names: Sequence[str], lang: Lang) -> str:
    """The names of the YAML, as many as are told, where any is told in other words."""
    shown = names[:NAMES_SHOWN]
    other = any(name_any(name.removeprefix("site:"), lang) != name for name in shown)
    return ", ".join(shown) if other else ""


def weak_name(row: WeakRow, lang: Lang) -> str:
    """The name of a row; a level of places and the parts of a tariff in words."""
    if row.kind == "tariff":
        name, _, parts = row.name.partition(": ")
        words = [say(f"weak_tariff_{part}", lang) for part in parts.split("+")]
        return f"{name}: {listed(words, lang)}"
    if row.kind == "place":
        return name_tier(row.name, lang)
    return row.name or say(f"weak_name_{row.kind}", lang)


def classes_table(rows: Sequence[tuple[str, str, int]], default: bool, lang: Lang) -> Table:
    """How far data of each class may go."""
    keys = ("data_class", "stays_within", "security_level")
    which = say("page_data_classes_default" if default else "page_data_classes_own", lang)
    cells = [
        (
            Cell(name_class(name, lang)),
            Cell(name_tier(within, lang)),
            number("count", level, lang),
        )
        for name, within, level in rows
    ]
    caption = f"{say('page_data_classes', lang)} ({which})"
    return Table(tuple(say(f"page_{key}", lang) for key in keys), cells, caption)
