"""`suanli compare`: variants or run folders side by side, seed by seed."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands.endings import tell as say
from bench.commands.endings import wrong
from bench.commands.options import Json, Lang, language

comparison = lazy.load("bench.comparison", suppress_warning=True)
comparison_lines = lazy.load("bench.comparison_lines", suppress_warning=True)
folders = lazy.load("bench.folder", suppress_warning=True)
measuring = lazy.load("bench.measures", suppress_warning=True)
scenarios = lazy.load("scenarios")
settings = lazy.load("bench.settings_apart", suppress_warning=True)
sentences = lazy.load("bench.sentences", suppress_warning=True)
verdicts = lazy.load("bench.verdict", suppress_warning=True)

MOST_SETTINGS = 10
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
    lang: Lang = "en",
    as_json: Json = False,
) -> None:
    """Show paired differences with intervals."""
    language(lang)
    opened = [folders.open_run(path) for path in runs]
    with folders.blaming(*opened):
        tell(opened, measures or (), base, scope, lang=lang, as_json=as_json)


def tell(
    opened: list[Any],
    measures: Sequence[str],
    base: str | None,
    scope: str = "all",
    *,
    lang: str = "en",
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
    telling = comparison_lines.Telling(names, lang)
    for line in apart(opened, pairs, found, telling):
        say(line)
    question = asked_first(opened, measures, lang)
    for line in comparison_lines.lines(found, shown, telling, question):
        say(line)
    alone = [names[v] for v in found.variants if pairs and not any(v in p for p in pairs)]
    if alone:
        say(telling.say("left", names=", ".join(alone)))


def apart(
    opened: list[Any], pairs: Sequence[tuple[str, str]], found: Any, telling: Any
) -> list[str]:
    """What was asked differently in each two variants of different folders; seeds left out."""
    tables = {str(folder.path): folder.measures for folder in opened}
    place = {
        full: (folder, variant)
        for folder in opened
        for variant, full in full_names(folder, tables).items()
    }
    told: dict[tuple[str, ...], str] = {}
    for a, b in pairs:
        (one, own), (other, its) = place[a], place[b]
        if one is other:
            continue
        resolved = (
            one.manifest["resolved"].get(own, {}),
            other.manifest["resolved"].get(its, {}),
        )
        told.setdefault(
            tuple(setting_lines(*resolved, telling)), f"{telling.names[a]} → {telling.names[b]}"
        )
    lines = [line for own, pair in told.items() for line in (pair, *own)]
    return lines + [text for text in [seeds_left(found, pairs, telling)] if text]


def full_names(folder: Any, tables: Mapping[str, Any]) -> dict[str, str]:
    """What each variant of a folder is called in this comparison."""
    table = folder.measures
    if len(tables) == 1:
        return {variant: variant for variant in folder.variants}
    return dict(comparison.names_in(str(folder.path), table))


def setting_lines(before: Any, after: Any, telling: Any) -> list[str]:
    """The settings that differ, a line each, after what makes it another question."""
    found = settings.changes(before, after)
    lines = [telling.say("setting", path=c.path, a=c.before, b=c.after) for c in found]
    rest = len(lines) - MOST_SETTINGS
    shown = lines[:MOST_SETTINGS] + [telling.say("settings_more", n=rest)] * (rest > 0)
    other = settings.other_question(before, after)
    head = [telling.say("other_question", keys=", ".join(other))] if other else []
    return head + (shown or [telling.say("same_settings")] * (not other))


def seeds_left(found: Any, pairs: Sequence[tuple[str, str]], telling: Any) -> str:
    """A line where one ran with seeds that another did not; '' where all ran with the same."""
    ran = [found.seeds(name) for pair in pairs for name in pair]
    if not ran or all(seeds == ran[0] for seeds in ran):
        return ""
    common, every = set.intersection(*ran), set.union(*ran)
    return str(telling.say("seeds_cut", n=len(common), all=len(every))) if common else ""


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


def asked_first(opened: list[Any], measures: Sequence[str], lang: str) -> Any:
    """What the first sentence answers; None where nobody said which way is better."""
    asked = opened[0].summary.get("answer", {})
    measure = measures[0] if measures else asked.get("measure", "wait_p95_s")
    better = verdicts.better_of(measure, asked)
    random = any(folder.manifest.get("random", True) for folder in opened)
    return sentences.Question(measure, better, random, lang) if better else None


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
