"""Where replicas stand, and why what must be served cannot be: for manifest and page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import lazy_loader as lazy

from scenarios import Scenario
from scheduler import refusals, stands_of

optimise = lazy.load("scheduler.optimise", suppress_warning=True)  # a third of a second
Told = Mapping[str, Any]


def stands(variants: Iterable[Scenario], *, allow_code: bool) -> list[dict[str, Any]]:
    """The replicas of every variant, a row a workload, as plain data."""
    return [
        {"variant": variant.variant, **asdict(stand)}
        for variant in variants
        for stand in stands_of(variant, allow_code=allow_code)
    ]


def unplaced(variants: Iterable[Scenario], rows: Sequence[Told]) -> set[str]:
    """Workloads whose replicas had to find a place and did not, in any variant."""
    lacking = {(row["variant"], row["workload"]) for row in rows if row["lacks"]}
    return {
        w.name
        for variant in variants
        for w in variant.workloads
        if (variant.variant, w.name) in lacking and (w.must_serve or is_planned(variant))
    }


def is_planned(variant: Scenario) -> bool:
    """Whether all replicas have to find a place: a plan was asked for."""
    return variant.policies.placement.name == "planned"


def reasons(
    variants: Iterable[Scenario], rows: Sequence[Told], *, allow_code: bool
) -> list[dict[str, Any]]:
    """Why each variant cannot serve what it must, as plain data; asked only if one does not."""
    found = []
    for variant in variants:
        own = [row for row in rows if row["variant"] == variant.variant]
        names = {*unplaced([variant], own), *refusals(variant)}
        why = optimise.explained(variant, names, allow_code=allow_code) if names else None
        if why is not None:
            found.append({"variant": variant.variant, **plain(why)})
    return found


def plain(why: Any) -> dict[str, Any]:
    """An explanation as plain data."""
    told = asdict(why)
    for line in (*told["lines"], *told["bunches"]):
        line["file"], line["line"], line["column"] = line.pop("place")
    return told


# --- what a planner reads -------------------------------------------------------------------


def lines_of(reason: Told, file: str) -> list[str]:
    """An explanation as lines for stderr: what conflicts, what lacks, what would be enough."""
    found = [f"{at(line)}: {line['path']}: {line['says']}" for line in bunches(reason)]
    told = [known(reason), *mended(reason)]
    return found + [f"{file}: {text}" for text in told if text]


def bunches(reason: Told) -> Sequence[Told]:
    """The lines of a conflict as they are told, pools that are alike together."""
    found: Sequence[Told] = reason.get("bunches") or reason["lines"]
    return found


def known(reason: Told) -> str:
    """What is proven of the lines of an explanation, and what is not."""
    count, why = len(reason["lines"]), reason["open_question"]
    if not why:
        return conflict(count) if count else ""
    if count:
        return f"these {count:,} lines conflict; whether fewer of them do is not known ({why})"
    return f"no placement was found, and none is ruled out ({why})"


def at(line: Told) -> str:
    """FILE:LINE:COL of a line, the file alone where nothing was written."""
    place = f"{line['file']}:{line['line']}:{line['column']}"
    return place if line["line"] else str(line["file"])


def conflict(count: int) -> str:
    """What a smallest set is."""
    if count == 1:
        return "this line is enough to make it impossible"
    return f"these {count:,} lines conflict: without any one of them it can be done"


def mended(reason: Told) -> list[str]:
    """What lacks with the cheapest change that is enough, then the others."""
    first, *others = reason["relaxations"] or [None]
    short = reason["short"]
    if first is None:
        none = ["no single change is enough"] if reason["lines"] else []
        return [short] * bool(short) + none
    head = f"{short}; {price(first)}" if short else f"cheapest: {price(first)}"
    return [f"{head} ({first['setting']})"] + [
        f"or: {price(other)} ({other['setting']})" for other in others
    ]


def price(one: Told) -> str:
    """A change in words, with what it costs."""
    if one["kind"] != "purchase":
        return str(one["words"])
    cny = one["price_cny"]
    return f"{one['words']}, " + ("price unknown" if cny is None else f"{cny:,.0f} CNY")
