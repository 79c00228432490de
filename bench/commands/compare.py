"""`suanli compare`: variants or run folders side by side, seed by seed."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands.endings import tell as say
from bench.commands.endings import wrong
from bench.commands.options import Json

amounts = lazy.load("bench.amounts", suppress_warning=True)
comparison = lazy.load("bench.comparison", suppress_warning=True)
folders = lazy.load("bench.folder", suppress_warning=True)
measuring = lazy.load("bench.measures", suppress_warning=True)
scenarios = lazy.load("scenarios")
sentences = lazy.load("bench.sentences", suppress_warning=True)
verdicts = lazy.load("bench.verdict", suppress_warning=True)

NEAR = 8  # names shown of those that may have been meant


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help="Only this measure; repeatable."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Compare all with this one; default: the first, or of several folders each"
            " variant with its like in the first folder.",
        ),
    ] = None,
    scope: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Rows of workload, tenant, tier, site, pool, ...; default: all.",
        ),
    ] = "all",
    as_json: Json = False,
) -> None:
    """Show paired differences with intervals."""
    opened = [folders.open_run(path) for path in runs]
    with folders.blaming(*opened):
        tell(opened, measures or (), base, scope, as_json=as_json)


def tell(
    opened: list[Any],
    measures: Sequence[str],
    base: str | None,
    scope: str = "all",
    *,
    as_json: bool,
) -> None:
    """Print what differs between the variants of these folders."""
    tables = {str(folder.path): folder.measures for folder in opened}
    found = comparison.compare_folders(tables)
    names = verdicts.short_names(found.variants, list(tables))
    known(measures, found.units)
    known_scope(scope, found)
    full = base_of(base, names)
    pairs = found.against(full) if full else comparison.like_with_like(tables)
    chosen = measures or headline(opened, found, scope)
    differences = found.differences(chosen, pairs=pairs, scope=scope)
    if as_json:
        print(json.dumps(as_object(opened, found, differences), ensure_ascii=False))
        return
    shown = differences if measures else [row for row in differences if not is_zero(row)]
    for line in lines(found, shown, names, asked_first(opened, measures)):
        say(line)
    alone = [names[v] for v in found.variants if pairs and not any(v in p for p in pairs)]
    if alone:
        say(f"not compared: {', '.join(alone)}; --base compares with one variant")


HEADLINE = (
    "wait_mean_s",
    "wait_p95_s",
    "latency_mean_s",
    "latency_p95_s",
    "jobs_finished",
    "jobs_refused",
    "allocated_share_vcpu",
    "allocated_share_gpu",
    "censored_share",
    "cost_total_cny",
    "cost_per_job_cny",
    "energy_kwh",
)


def headline(opened: list[Any], found: Any, scope: str) -> list[str]:
    """What the scenarios ask for, then what everybody asks; measures that there are."""
    asked = [folder.summary.get("answer", {}).get("measure", "") for folder in opened]
    there = dict.fromkeys([*asked, *HEADLINE])
    return [name for name in there if name in found.units and found.keys_of(name, scope)]


def asked_first(opened: list[Any], measures: Sequence[str]) -> Any:
    """What the first sentence answers; None where nobody said which way is better."""
    asked = opened[0].summary.get("answer", {})
    measure = measures[0] if measures else asked.get("measure", "wait_p95_s")
    better = verdicts.better_of(measure, asked)
    random = any(folder.manifest.get("random", True) for folder in opened)
    return sentences.Question(measure, better, random) if better else None


def known(measures: Sequence[str], there: Iterable[str]) -> None:
    """End where there is no such measure, with the names that are near."""
    for name in measures:
        if name not in there:
            message = "--measure: nothing of that name in these runs"
            wrong(f"{message}; got '{name}'; {near(name, list(there))}")


def near(word: str, there: Sequence[str]) -> str:
    """Measures that hold the word or are written alike, those of the headline first."""
    first = sorted(there, key=lambda name: name not in HEADLINE)
    holding = [name for name in first if word.casefold() in name]
    alike = holding or difflib.get_close_matches(word, first, n=NEAR)
    if not alike:
        return f"there are {', '.join(first[:NEAR])} and {len(first) - NEAR} others"
    shown = [f"'{name}'" for name in alike[:NEAR]]
    more = [f"{len(alike) - NEAR} others"] if len(alike) > NEAR else []
    *most, last = [*shown, *more]
    return f"did you mean {', '.join(most)}{' or ' if most else ''}{last}?"


def known_scope(scope: str, found: Any) -> None:
    """End where there is no such scope, or nothing in it."""
    if scope not in measuring.SCOPES:
        wrong(f"--scope: expected one of {', '.join(measuring.SCOPES)}; got '{scope}'")
    if not (scope == "all" or found.keys(scope)):
        wrong(f"--scope: these runs have no rows by {scope}")


def base_of(base: str | None, names: Mapping[str, str]) -> str | None:
    """The variant meant by a full or a short name; ends where there is none."""
    if base is None or base in names:
        return base
    full = {short: name for name, short in names.items()}
    if base not in full:
        meant = scenarios.guess(base, full)
        tail = f"; did you mean '{meant}'?" if meant else ""
        wrong(f"--base: nothing of that name in these runs; got '{base}'{tail}")
    return full[base]


def as_object(opened: list[Any], found: Any, differences: list[Any]) -> dict[str, Any]:
    """What programs read: the summary, and every difference in base units."""
    folder = str(opened[0].path) if len(opened) == 1 else [str(one.path) for one in opened]
    summary = {**opened[0].summary, "variants": found.summary()}
    return {"run_dir": folder, **summary, "differences": [as_row(one) for one in differences]}


def as_row(difference: Any) -> dict[str, Any]:
    """A difference for programs; null where there is none."""
    by = difference.by
    numbers = {
        "base_mean": difference.before,
        "variant_mean": difference.after,
        "mean": by.mean,
        "low": by.low,
        "high": by.high,
    }
    return {
        "base": difference.a,
        "variant": difference.b,
        "measure": difference.measure,
        "unit": difference.unit,
        "scope": difference.scope,
        "key": difference.key,
        **{name: comparison.null_if_nan(value) for name, value in numbers.items()},
        "n": by.n,
    }


def is_zero(row: Any) -> bool:
    """Whether there is nothing to see: zero or undefined on both sides."""
    return all(value in {0.0} or value != value for value in (row.before, row.after))  # noqa: PLR0124


def lines(
    found: Any, differences: list[Any], names: Mapping[str, str], question: Any
) -> Iterator[str]:
    """The verdict, then a table for every two variants, in units that people read."""
    if len(found.variants) == 1:
        yield f"{names[found.variants[0]]}: alone; nothing to compare it with"
        return
    pairs = list(dict.fromkeys((row.a, row.b) for row in differences))
    bases = list(dict.fromkeys(a for a, _ in pairs))
    told = question if question and question.measure in found.units else None
    groups = [(bases[0], *(b for _, b in pairs))] if len(bases) == 1 else pairs
    for group in groups if told else ():
        yield verdicts.verdict(found, names, told, group)
    if len({row.measure for row in differences}) == 1 and len(pairs) > 1:
        yield ""
        yield from by_variant(differences, names)
        return
    for pair in pairs:
        yield ""
        yield from by_measure([row for row in differences if (row.a, row.b) == pair], names)
    if not differences:
        yield "nothing to show: the usual measures are 0 or undefined here; see --measure"


def by_measure(rows: Sequence[Any], names: Mapping[str, str]) -> Iterator[str]:
    """One variant against one other: a line a measure, or a line a measure and name."""
    first, seeds = rows[0], max(row.seeds for row in rows)
    yield f"{names[first.b]} against {names[first.a]} (base), {paired(seeds)}"
    keyed = first.scope != "all"
    heads = ("measure", first.scope) if keyed else ("measure",)
    labels = [(row.measure, row.key) if keyed else (row.measure,) for row in rows]
    yield from laid_out(heads, labels, rows, seeds)


def by_variant(rows: Sequence[Any], names: Mapping[str, str]) -> Iterator[str]:
    """One measure: a line a variant, or a line a variant and name."""
    first, seeds = rows[0], max(row.seeds for row in rows)
    yield f"{first.measure}, {paired(seeds)}"
    keyed = first.scope != "all"
    heads = ("variant", "against base", *([first.scope] if keyed else []))
    labels = [(names[row.b], names[row.a], *([row.key] if keyed else [])) for row in rows]
    yield from laid_out(heads, labels, rows, seeds)


def laid_out(
    heads: Sequence[str], labels: Sequence[Sequence[str]], rows: Sequence[Any], seeds: int
) -> Iterator[str]:
    """Columns as wide as what is in them: names to the left, numbers to the right."""
    titles = [*heads, "base", "variant", "difference", "95 % interval"]
    body = [[*label, *cells(row, seeds)] for label, row in zip(labels, rows, strict=True)]
    widths = [max(map(len, column)) for column in zip(titles, *body, strict=True)]
    for line in (titles, *body):
        left = [cell.ljust(w) for cell, w in zip(line, widths, strict=True)]
        right = [cell.rjust(w) for cell, w in zip(line, widths, strict=True)]
        names, numbers = left[: len(heads)], right[len(heads) : -1]
        yield "  ".join([*names, *numbers, line[-1]]).rstrip()


def cells(row: Any, seeds: int) -> tuple[str, ...]:
    """Base, variant, difference and interval in one unit."""
    levels, changes = (row.before, row.after), (row.by.mean, row.by.low, row.by.high)
    *numbers, interval = amounts.difference_cells(row.measure, levels, changes)
    return (*numbers, span(row, interval, seeds))


def span(row: Any, interval: str, seeds: int) -> str:
    """The interval, and of how many seeds if they are not those of the whole table."""
    if not row.seeds:
        return "no common seed"
    few = f" ({row.by.n} of {seeds} seeds)" if row.by.n != seeds else ""
    return ("one run" if row.by.n == 1 else interval) + few


def paired(seeds: int) -> str:
    """How many seeds both ran."""
    if not seeds:
        return "no common seed"
    return f"{seeds} paired seed{'s' * (seeds > 1)}"
