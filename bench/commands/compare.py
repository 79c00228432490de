"""`suanli compare`: variants or run folders side by side, seed by seed."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands.endings import tell as say
from bench.commands.endings import wrong
from bench.commands.options import Json

scenarios = lazy.load("scenarios")
comparison = lazy.load("bench.comparison", suppress_warning=True)
folders = lazy.load("bench.folder", suppress_warning=True)


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help="Only this measure; repeatable."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Compare with this one; default: the first."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show paired differences with intervals."""
    opened = [folders.open_run(path) for path in runs]
    with folders.blaming(*opened):
        tell(opened, measures or (), base, as_json=as_json)


def tell(
    opened: list[Any], measures: Sequence[str], base: str | None, *, as_json: bool
) -> None:
    """Print what differs between the variants of these folders."""
    found = comparison.compare_folders({str(folder.path): folder.measures for folder in opened})
    known(measures, found.units, "--measure")
    known([base] if base else (), found.variants, "--base")
    differences = found.differences(measures or headline(opened, found), base=base)
    if as_json:
        rows = [as_row(one) for one in differences]
        summary = {**opened[0].summary, "variants": found.summary()}
        folder = str(opened[0].path) if len(opened) == 1 else [str(one.path) for one in opened]
        print(
            json.dumps({"run_dir": folder, **summary, "differences": rows}, ensure_ascii=False)
        )
        return
    for line in lines(found, differences, base or found.variants[0]):
        say(line)


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
)


def headline(opened: list[Any], found: Any) -> list[str]:
    """What the scenarios ask for, then what everybody asks; measures that there are."""
    asked = [folder.summary.get("answer", {}).get("measure", "") for folder in opened]
    return [name for name in dict.fromkeys([*asked, *HEADLINE]) if name in found.units]


def known(names: Sequence[str], there: Any, option: str) -> None:
    """End where a name is not there."""
    for name in names:
        if name not in there:
            meant = scenarios.guess(name, there)
            tail = f"; did you mean '{meant}'?" if meant else ""
            wrong(f"{option}: nothing of that name in these runs; got '{name}'{tail}")


def as_row(difference: Any) -> dict[str, Any]:
    """A difference for programs; null where there is none."""
    by = difference.by
    numbers = {"mean": by.mean, "low": by.low, "high": by.high}
    return {
        "base": difference.a,
        "variant": difference.b,
        "measure": difference.measure,
        "unit": difference.unit,
        **{name: comparison.null_if_nan(value) for name, value in numbers.items()},
        "n": by.n,
    }


def lines(found: Any, differences: list[Any], base: str) -> Iterator[str]:
    """The table as people read it: every variant against the base, measure by measure."""
    if not differences:
        yield f"{base}: alone; nothing to compare it with"
        return
    heads = f"{base[:22]:>24}{'variant':>14}{'difference':>14}  95 % interval"
    yield f"{'measure':<24}{'variant':<24}{heads}"
    for one in differences:
        before = found.estimate(base, one.measure).mean
        after = found.estimate(one.b, one.measure).mean
        low, high = number(one.by.low), number(one.by.high)
        span = f"{low} to {high}" if one.by.n > 1 else "one run"
        cells = f"{number(before):>24}{number(after):>14}{number(one.by.mean):>14}"
        yield f"{one.measure:<24}{one.b[:22]:<24}{cells}  {span}"


def number(value: float) -> str:
    """Four figures; a dash where there is no value."""
    return (
        "-" if math.isnan(value) else f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    )
