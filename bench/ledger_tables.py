"""The ledger and the bill of a variant as tables: means over seeds, a row a key."""

import math
from collections.abc import Iterator, Mapping

from bench.amounts import unit_of
from bench.measures import LEDGER_KINDS, ledger_name
from bench.sections import Cell, Table, number
from bench.view import RunView
from bench.words import Lang, name_measure, name_tier, say
from topology import RESOURCES

LEDGER_SCOPES = ("all", "tier", "cloud", "chip", "tenant", "site", "pool")
BILL_SCOPES = ("all", "tier", "cloud", "chip", "tenant", "workload")
MOST_KEYS = 24  # a scope with more is left to measures.parquet
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


def shown(means: Means, scopes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The places of a table: scopes in their order, without those of too many keys."""
    for scope in scopes:
        keys = [place for place in means if place[0] == scope]
        if len(keys) <= MOST_KEYS:
            yield from keys


def ledger_table(means: Means, lang: Lang) -> Table:
    """Installed to unallocated of each resource; a row a key and resource that it has."""
    heads = [say(f"page_{name}", lang) for name in ("by", "name", "kind_of_resource")]
    heads += [say(f"page_{kind}", lang) for kind in LEDGER_KINDS]
    rows = [
        (*named(scope, key, lang), resource_cell(resource, lang), *amounts)
        for scope, key in shown(means, LEDGER_SCOPES)
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
    return tuple(none if v is None else number("count", v, lang) for v in values)


def bill_table(means: Means, lang: Lang) -> Table:
    """Energy, carbon and money; without rows where nothing has a price or wattage."""
    measures = [m for m in BILL if any(known(line.get(m)) for line in means.values())]
    heads = [say("page_by", lang), say("page_name", lang)]
    heads += [name_measure(measure, lang) for measure in measures]
    rows = [
        (
            *named(scope, key, lang),
            *(number(unit_of(m), means[scope, key].get(m, math.nan), lang) for m in measures),
        )
        for scope, key in shown(means, BILL_SCOPES)
    ]
    return Table(tuple(heads), rows if measures else [])


def known(value: float | None) -> bool:
    """Whether there is a number, and it is not 0."""
    return value is not None and math.isfinite(value) and value != 0


def named(scope: str, key: str, lang: Lang) -> tuple[Cell, Cell]:
    """Whom a row is about."""
    name = name_tier(key, lang) if scope == "tier" else key
    return Cell(say(f"page_of_{scope}", lang)), Cell(name)


def resource_cell(resource: str, lang: Lang) -> Cell:
    """A resource with its unit where the word does not tell it."""
    unit = say(f"unit_{resource}", lang)
    return Cell(say(f"resource_{resource}", lang), unit if unit in {"GB", "GiB"} else "")
