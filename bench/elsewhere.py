"""Why the jobs that wait longest do not go where something is free: rule by rule, by chip.

What is free is a mean over time, held against the rules of the engine pool by pool.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.amounts import amount
from bench.place_words import name_any
from bench.places import chip_of
from bench.sections import Cell, Table
from bench.shortage import OTHER_THAN_CAPACITY, shortages
from bench.tables import Findings
from bench.tier_times import by_tier
from bench.view import Elsewhere
from bench.words import Lang, name_tier, say
from scenarios import Scenario, demand_of
from scheduler import barriers

WORTH = 0.02  # of all that is free: less is not worth a row
OPEN = ""


def rules_of(scenario: Scenario, workloads: Iterable[str]) -> Elsewhere:
    """What keeps the jobs of some workloads out of which pools of a resolved scenario."""
    asks = demand_of(scenario, 1).asks
    topology = scenario.topology
    chips = {pool.name: chip_of(topology, pool) or "" for pool in topology.pools}
    return Elsewhere(barriers(scenario, asks, workloads), chips)


@dataclass(frozen=True, slots=True)
class Kept:
    """Free on average of `resource` that a rule keeps from a workload; rule '' = it may go.

    `places` maps (tier, chip) to the part of it there, most first.
    """

    workload: str
    resource: str
    rule: str
    free: float
    share: float
    places: Mapping[tuple[str, str], float]


def kept_away(findings: Findings) -> list[Kept]:
    """For the workloads with most hours of the first shortage: what is free, by rule."""
    first = shortages(findings)[0]
    if not first.places or first.reason in OTHER_THAN_CAPACITY:
        return []
    rules = findings.view.elsewhere(first.variant, first.waiters)
    if not rules.barred:
        return []
    course, resource = findings.courses[first.variant], first.places[0].resource
    at = course.column(resource)
    free = np.nan_to_num(course.capacity[:, at]) - course.mean(course.allocated)[:, at]
    names = by_tier(findings.view, first.variant, course.pools)
    tiers = {pool: tier for tier, pools in names.items() for pool in pools}
    found = []
    for workload in first.waiters:
        shares = dict(rules.barred.get(workload, {}))
        shares[OPEN] = 1 - sum(shares.values(), start=np.zeros(len(free)))
        for rule, share in shares.items():
            parts = np.clip(free, 0, None) * share
            where: dict[tuple[str, str], float] = {}
            for pool, part in zip(course.pools, parts.tolist(), strict=True):
                key = tiers.get(pool, ""), rules.chips.get(pool, "")
                where[key] = where.get(key, 0.0) + part
            row = Kept(workload, resource, rule, float(parts.sum()), 0.0, _most_first(where))
            found.append(_shared(row, float(np.clip(free, 0, None).sum())))
    return sorted(
        (row for row in found if row.share >= WORTH),
        key=lambda row: (first.waiters.index(row.workload), row.rule == OPEN, -row.free),
    )


def _shared(row: Kept, whole: float) -> Kept:
    share = row.free / whole if whole > 0 else math.nan
    return Kept(row.workload, row.resource, row.rule, row.free, share, row.places)


def _most_first(where: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    least = WORTH * sum(where.values())
    order = sorted(where, key=lambda key: (-where[key], key))
    return {key: where[key] for key in order if where[key] > least}


def elsewhere_table(findings: Findings, lang: Lang) -> Table:
    """What is free on average, and which rule keeps whose jobs from it."""
    rows, last = [], ""
    for row in kept_away(findings):
        parts = [_place(key, part, lang) for key, part in row.places.items()]
        rule = say(f"bars_{row.rule or 'nothing'}", lang)
        rows.append(
            (
                Cell("" if row.workload == last else row.workload),
                Cell(rule, row.rule),
                Cell(
                    amount("count", row.free, lang),
                    amount("share", row.share, lang),
                    row.free,
                ),
                Cell(say("comma", lang).join(parts)),
            )
        )
        last = row.workload
    found = kept_away(findings)
    resource = say(f"resource_{found[0].resource}", lang) if found else ""
    heads = (
        say("page_who_workload", lang),
        say("elsewhere_rule", lang),
        say("elsewhere_free", lang, resource=resource),
        say("elsewhere_where", lang),
    )
    return Table(heads, rows, say("elsewhere_title", lang))


def _place(key: tuple[str, str], part: float, lang: Lang) -> str:
    tier, chip = key
    return say(
        "elsewhere_place",
        lang,
        tier=name_tier(tier, lang) if tier else "",
        chip=name_any(chip, lang),
        n=amount("count", part, lang),
    ).strip()
