"""`suanli chart`: one figure of a run folder, with the numbers behind it."""

from pathlib import Path
from typing import Annotated, Literal

import lazy_loader as lazy
import typer

from bench.commands.endings import tell, wrong
from bench.commands.options import RunFolder

charts = lazy.load("bench.charts", suppress_warning=True)
dressing = lazy.load("bench.dress", suppress_warning=True)
folders = lazy.load("bench.folder", suppress_warning=True)

Style = Literal["paper", "slides", "zh"]


def chart(
    run: RunFolder,
    kind: Annotated[
        str,
        typer.Option("--kind", metavar="NAME", help="Which figure; without it, all are named."),
    ] = "",
    style: Annotated[Style, typer.Option("--style", help="For whom it is drawn.")] = "paper",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where to; default: here.")
    ] = None,
) -> None:
    """Draw one figure, with the data behind it as CSV."""
    if kind.replace("-", "_") not in charts.CHARTS:
        names = ", ".join(name.replace("_", "-") for name in charts.CHARTS)
        wrong(f"--kind: expected one of {names}" + (f"; got '{kind}'" if kind else ""))
    folder = folders.open_run(run)
    with folders.blaming(folder):
        drawn = charts.draw(kind, dressing.findings_of(folder), charts.Look(style=style))
    place = out or Path()
    place.mkdir(parents=True, exist_ok=True)
    stem = place / f"{folder.path.resolve().name}-{kind.replace('_', '-')}"
    for ending in ("csv", "svg", "png"):
        folders.not_led_away(Path(f"{stem}.{ending}"))
    numbers = Path(f"{stem}.csv")
    numbers.write_text(drawn.csv(), encoding="utf-8", newline="\n")
    for path in (*charts.save(drawn, stem, style), numbers):
        tell(path)
