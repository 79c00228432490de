"""The ledger and the bill of a variant as tables: means over seeds, a row a key."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence

from bench.amounts import unit_of
from bench.chart_data import guarded
from bench.measures import LEDGER_KINDS, ledger_name
from bench.place_words import name_key
from bench.sections import Cell, Table, number
from bench.tier_times import DEFAULT_TIERS
from bench.view import RunView
from bench.words import Lang, name_measure, name_tier, say
from topology import RESOURCES

LEDGER_SCOPES = ("all", "tier", "cloud", "chip", "tenant", "site", "pool")
BILL_SCOPES = ("all", "tier", "cloud", "chip", "tenant", "workload")
BY_SIZE = ("chip", "site", "pool")  # long ones: paper shows their first rows only
MOST_KEYS = 24  # of a scope with more the largest; all are in figures/ledger.csv
SIZES = ("installed_vcpu", "allocated_vcpu", "cost_capex_cny", "energy_kwh")
BILL = (
    "energy_kwh",
    "carbon_kg",
    "cost_capex_cny",
    "cost_energy_cny",
    "cost_network_cny",
    "cost_cloud_cny",
    "cost_total_cny",
    "cost_allocated_cny",
    "cost_idle_cny",
    "cost_unallocated_cny",
)

Spot = tuple[str, str]
Means = Mapping[tuple[str, str], Mapping[str, float]]
"""(scope, key) -> measure -> mean over seeds; nan where a seed has none."""


def means_of(view: RunView) -> dict[str, Means]:
    """Of each variant, the means of what the tables show."""
    wanted = {ledger_name(kind, r) for kind in LEDGER_KINDS for r in RESOURCES} | {*BILL}
    scopes = {*LEDGER_SCOPES, *BILL_SCOPES}
    sums: dict[str, dict[tuple[str, str], dict[str, float]]] = {v: {} for v in view.variants}
    for variant, measure, _, scope, key, _, value in view.measures:
        if measure in wanted and scope in scopes and variant in sums:
            line = sums[variant].setdefault((scope, key), {})
            line[measure] = line.get(measure, 0.0) + (math.nan if value is None else value)
    seeds = len(view.seeds)
    return {
        variant: {place: {m: v / seeds for m, v in line.items()} for place, line in by.items()}
        for variant, by in sums.items()
    }


def shown(means: Means, scopes: Sequence[str], tiers: Sequence[str]) -> Iterator[Spot]:
    """The places of a table: scopes in their order, the `MOST_KEYS` largest keys of each.

    Chips, sites and pools come largest first.
    """
    for scope in scopes:
        keys = [place for place in means if place[0] == scope]
        if scope == "tier":
            keys.sort(key=lambda place: tiers.index(place[1]) if place[1] in tiers else 99)
        largest = sorted(keys, key=lambda place: -_size(means[place]))[:MOST_KEYS]
        kept = {*largest}
        yield from largest if scope in BY_SIZE else (place for place in keys if place in kept)


def _size(line: Mapping[str, float]) -> float:
    """How much a place has: its machines, or what it was given."""
    values = (line.get(name, math.nan) for name in SIZES)
    return next((value for value in values if math.isfinite(value)), 0.0)


def ledger_parts(
    means: Means, lang: Lang, tiers: Sequence[str] = DEFAULT_TIERS
) -> list[tuple[str, Table]]:
    """The ledger scope by scope: all and tiers together, then clouds, chips, tenants, ...

    A title says how many of a scope are shown where there are more.
    """
    parts = []
    for scopes in (LEDGER_SCOPES[:2], *((scope,) for scope in LEDGER_SCOPES[2:])):
        table = ledger_table(means, lang, scopes, tiers)
        if table.rows:
            count = sum(place[0] == scopes[-1] for place in means)
            name = say(f"page_of_{scopes[-1]}", lang)
            title = say("page_by_scope", lang, scope=name)
            if count > MOST_KEYS:
                title += say("page_largest", lang, shown=MOST_KEYS, all=count)
            parts.append((title, table))
    return parts


def ledger_table(
    means: Means,
    lang: Lang,
    scopes: Sequence[str] = LEDGER_SCOPES,
    tiers: Sequence[str] = DEFAULT_TIERS,
) -> Table:
    """Installed to unallocated of each resource; a row a key and resource that it has."""
    heads = [say(f"page_{name}", lang) for name in ("by", "name", "kind_of_resource")]
    heads += [say(f"page_{kind}", lang) for kind in LEDGER_KINDS]
    rows = [
        (*named(scope, key, lang), resource_cell(resource, lang), *amounts)
        for scope, key in shown(means, scopes, tiers)
        for resource in RESOURCES
        if (amounts := ledger_cells(means[scope, key], resource, lang))
    ]
    return Table(tuple(heads), rows)


def ledger_cells(line: Mapping[str, float], resource: str, lang: Lang) -> tuple[Cell, ...]:
    """The amounts of one resource; nothing where there is none of it."""
    values = [line.get(ledger_name(kind, resource)) for kind in LEDGER_KINDS]
    if not any(value != 0 for value in values if value is not None):
        return ()
    none = Cell(say("page_not_applicable", lang), sort=-1.0)
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    return tuple(none if v is None else number("count", rid(v, largest), lang) for v in values)


def rid(value: float, beside: float) -> float:
    """`value`, 0 where it is what rounding left of a difference of amounts like `beside`."""
    return 0.0 if abs(value) <= 1e-9 * beside else value


def bill_table(means: Means, lang: Lang, tiers: Sequence[str] = DEFAULT_TIERS) -> Table:
    """Energy, carbon and money; without rows where nothing has a price or wattage."""
    measures = [m for m in BILL if any(known(line.get(m)) for line in means.values())]
    heads = [say("page_by", lang), say("page_name", lang)]
    heads += [name_measure(measure, lang) for measure in measures]
    rows = [
        (
            *named(scope, key, lang),
            *(_charge(means[scope, key], measure, lang) for measure in measures),
        )
        for scope, key in shown(means, BILL_SCOPES, tiers)
    ]
    return Table(tuple(heads), rows if measures else [])


def _charge(line: Mapping[str, float], measure: str, lang: Lang) -> Cell:
    largest = max((abs(v) for v in line.values() if math.isfinite(v)), default=0.0)
    return number(unit_of(measure), rid(line.get(measure, math.nan), largest), lang)


def known(value: float | None) -> bool:
    """Whether there is a number, and it is not 0."""
    return value is not None and math.isfinite(value) and value != 0


def named(scope: str, key: str, lang: Lang) -> tuple[Cell, Cell]:
    """Whom a row is about."""
    name = name_tier(key, lang) if scope == "tier" else name_key(scope, key, lang)
    title = key if name_key(scope, key, lang) != key else ""
    return Cell(say(f"page_of_{scope}", lang)), Cell(name, title=title)


def resource_cell(resource: str, lang: Lang) -> Cell:
    """A resource with its unit where the word does not tell it."""
    unit = say(f"unit_{resource}", lang)
    return Cell(say(f"resource_{resource}", lang), unit if unit in {"GB", "GiB"} else "")


def ledger_csv(view: RunView) -> str:
    """Every line of the ledger and the bill, all variants: means over seeds, base units."""
    names = [ledger_name(kind, r) for r in RESOURCES for kind in LEDGER_KINDS] + [*BILL]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["variant", "scope", "key", *names])
    for variant, means in means_of(view).items():
        for (scope, key), line in means.items():
            cells = [variant, scope, key, *(line.get(name) for name in names)]
            writer.writerow([guarded(cell) for cell in cells])
    return out.getvalue()
