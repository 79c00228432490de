"""What figures share: panels, looks that grey print tells apart, legends, the axis of time."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.amounts import short
from bench.chart_data import (
    date_words,
    start_of,
)
from bench.course import Course
from bench.figures.canvas import Look
from bench.tables import Findings, Floats

# Okabe and Ito's colours, dark and light in turn; dashes tell them apart where colour cannot.
COLOURS = ("#0072B2", "#D55E00", "#000000", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = (
    "-",
    (0, (5, 2)),
    (0, (1.2, 1.6)),
    (0, (6, 2, 1.2, 2)),
    (0, (10, 3)),
    (0, (1, 1)),
    (0, (3, 3)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
FILL = LinearSegmentedColormap.from_list("fill", ["#ffffff", "#c6dbef", "#4292c6", "#08306b"])


def stacked(
    look: Look, count: int, lines: float | Sequence[float], *, same_y: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of `count` panels on top of each other, each so many lines of text high."""
    heights = list(lines) if isinstance(lines, Sequence) else [float(lines)] * count
    figure = Figure(figsize=(look.width, (sum(heights) + 3) * look.unit), layout="constrained")
    axes = figure.subplots(
        count, 1, sharex=True, sharey=same_y, squeeze=False, height_ratios=heights
    )
    return figure, list(axes[:, 0])


def gridded(look: Look, down: int, across: int, lines: float) -> tuple[Figure, list[Axes]]:
    """A figure of `down` by `across` panels, each so many lines of text high."""
    figure = Figure(figsize=(look.width, (down * lines + 1) * look.unit), layout="constrained")
    return figure, list(figure.subplots(down, across, squeeze=False).flat)


def colour(at: int) -> str:
    """The colour of series `at`."""
    return COLOURS[at % len(COLOURS)]


def draw_line(axes: Axes, x: Floats, y: Floats, at: int, label: str, *, width: float) -> None:
    """Series `at`, in the colour and the dashes that tell it apart."""
    axes.plot(x, y, color=colour(at), linestyle=dash(at), lw=width, label=label)


def dash(at: int) -> Any:
    """The line style of series `at`: it tells what colour cannot in print."""
    return DASHES[at % len(DASHES)]


def middle(course: Course) -> Floats:
    """The middles of the bins of time, in seconds."""
    return (course.start_s + course.end_s) / 2


def title(axes: Axes, variant: str, findings: Findings) -> None:
    """The name of a panel's variant, where there are several."""
    if len(findings.view.variants) > 1:
        axes.set_title(short(variant, 60), fontsize="medium", fontweight="bold")


def legend(axes: Axes, count: int, *, beside: bool = False) -> None:
    """A legend where there is more than one series; `beside` the panel it covers no line."""
    if count > 1 and beside:
        axes.legend(
            loc="upper left", bbox_to_anchor=(1.0, 1.05), fontsize="small", handlelength=2.6
        )
    elif count > 1:
        axes.legend(
            loc="best",
            fontsize="small",
            handlelength=3.2,
            frameon=True,
            facecolor="white",
            edgecolor="none",
            framealpha=0.8,
        )


def time_axis(panels: Sequence[Axes], findings: Findings, look: Look) -> None:
    """Weekdays where the time is a fortnight or less, else hours or days from the start."""
    courses = [c for c in findings.courses.values() if len(c.start_s)]
    if not courses:
        return
    first, last = min(c.start_s[0] for c in courses), max(c.end_s[-1] for c in courses)
    panels[-1].set_xlim(first, last)
    start = start_of(findings)
    span = last - first
    if start is not None and 2 * 86_400 <= span <= 15 * 86_400:
        label = _week(panels[-1], start, first, last, look)
    else:
        label = _since(panels[-1], span, look)
    panels[-1].set_xlabel(label)


def _week(axes: Axes, start: datetime, first: float, last: float, look: Look) -> str:
    midnight = (
        start.replace(hour=0, minute=0, second=0, microsecond=0) - start
    ).total_seconds()
    ticks = [
        midnight + day * 86_400
        for day in range(400)
        if first <= midnight + day * 86_400 <= last
    ]
    days = [(start + timedelta(seconds=tick)).weekday() for tick in ticks]
    axes.set_xticks(ticks, [look.say(f"day_{day}") for day in days], ha="left")
    day = look.say("date_year", date=date_words(start, look.words), year=start.year)
    return look.say("axis_week", start=day)


def _since(axes: Axes, span: float, look: Look) -> str:
    units = (("s", 1.0), ("min", 60.0), ("h", 3_600.0), ("d", 86_400.0))
    unit, size = next(((u, s) for u, s in reversed(units) if span >= 3 * s), units[0])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / size:,.6g}"))
    step = _round_step(span / size, unit)
    low, high = axes.get_xlim()
    axes.set_xticks(
        [
            k * step * size
            for k in range(math.ceil(low / size / step), int(high / size / step) + 1)
        ]
    )
    return look.say(f"axis_{unit}")


def _round_step(span: float, unit: str) -> float:
    steps = (1, 2, 3, 6, 12, 24) if unit == "h" else (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
    return float(next((step for step in steps if span / step <= 9), steps[-1]))
