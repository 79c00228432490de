"""Tables of planned dispatch: its plans, and what they are short of."""

import math
from collections.abc import Mapping
from typing import Any

from bench.amounts import amount
from bench.periods import period
from bench.place_words import name_pool
from bench.sections import Cell, Table, by_variant, number, with_interval
from bench.sentences import mean_of
from bench.view import RunView
from bench.words import Lang, name_resource, say

SCARCE_HEADS = ("thing", "where", "binding", "worth", "own")
PLAN_HEADS = ("count", "gap", "failed", "status", "solver")


def planned_variants(view: RunView) -> list[str]:
    """Variants whose dispatch made plans."""
    return [name for name, by in view.values("plans").items() if by]


def scarce_table(view: RunView, lang: Lang) -> Table:
    """A row a thing and variant; without rows where nothing is scarce."""
    heads = [say("page_variant", lang)] * (len(view.variants) > 1) + [
        say(f"page_scarce_{key}", lang) for key in SCARCE_HEADS
    ]
    rows = [(str(row["variant"]), _scarce(row, lang)) for row in view.scarce]
    return Table(tuple(heads), by_variant(rows, view.variants, lang))


def _scarce(row: Mapping[str, Any], lang: Lang) -> tuple[Cell, ...]:
    kind, name, like = str(row["kind"]), str(row["name"]), row["like"]
    text, small, thing = name, "", say("scarce_node", lang)
    if kind == "node":
        text, small = name_pool(name, lang), name
        if like:
            small = f"{name}; {say('scarce_like', lang, n=len(like))}"
    elif kind == "quota":
        text, _, resource = name.rpartition(" ")
        unit = say(f"unit_{resource}", lang) or name_resource(resource, lang)
        thing = say("scarce_quota", lang, unit=unit)
    else:
        thing = say("scarce_link", lang)
    own, worths = row["own_cny"], dict(zip(row["seeds"], row["worths_cny"], strict=True))
    return (
        Cell(thing),
        Cell(text, small if small != text else "", title=", ".join(like)),
        number("share", row["binding"], lang),
        with_interval("CNY", worths, [mean_of(worths)], lang),
        number("CNY", math.nan if own is None else own, lang),
    )


def scarce_notes(view: RunView, lang: Lang) -> list[str]:
    """How the worth was found; that there was none, where plans were made."""
    planned = [name for name in planned_variants(view) if _dispatch(view, name)]
    if not view.scarce:
        return [say("scarce_none", lang)] if planned else []
    notes = [say("scarce_note", lang, period=period(view, "cost_total_cny", lang))]
    first = next((row for row in view.scarce if row["kind"] == "link"), None)
    if first:
        notes.append(say("scarce_links", lang, seed=first["seeds"][0]))
    return notes


def _dispatch(view: RunView, variant: str) -> bool:
    """Whether the dispatch of a variant plans: a packing may do so too."""
    choice = view.resolved.get(variant, {}).get("policies", {}).get("dispatch", {})
    return isinstance(choice, Mapping) and choice.get("name") == "planned"


def plans_table(view: RunView, lang: Lang) -> Table:
    """A row a variant that plans: how many, how good, how many failed and why."""
    many = len(view.variants) > 1
    heads = [say("page_variant", lang)] * many + [
        say(f"page_plans_{key}", lang) for key in PLAN_HEADS
    ]
    rows = []
    for variant in planned_variants(view):
        means = [
            mean_of(view.values(measure)[variant])
            for measure in ("plans", "plan_gap_mean", "plan_fallbacks")
        ]
        dispatch = view.resolved.get(variant, {}).get("policies", {}).get("dispatch", {})
        cells = (
            number("count", means[0], lang),
            number("share", means[1], lang),
            number("count", means[2], lang),
            Cell(_statuses(view.plan_statuses.get(variant, {}), lang)),
            Cell(str(dispatch.get("solver", "auto")) if isinstance(dispatch, Mapping) else ""),
        )
        rows.append((variant, cells))
    return Table(tuple(heads), by_variant(rows, view.variants, lang))


def _statuses(counts: Mapping[str, int], lang: Lang) -> str:
    parts = [f"{name}: {amount('count', n, lang)}" for name, n in counts.items()]
    return say("semicolon", lang).join(parts)
