"""The variants side by side, measure by measure."""

import math
import textwrap
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bench.amounts import MINUS, bounded, scale_of, short, unit_of
from bench.chart_data import (
    Cell,
    key_measures,
)
from bench.figures.axes import MARKERS, colour, gridded
from bench.figures.canvas import Drawn, Look
from bench.sentences import interval_of
from bench.tables import Findings
from bench.words import name_measure


def variants(findings: Findings, look: Look) -> Drawn:
    """Key measures, a panel each: a dot a variant with its 95 % interval over seeds."""
    view = findings.view
    measures = key_measures(findings)
    names = list(view.variants)
    across = 3 if len(measures) > 4 else 2
    down = max(-(-len(measures) // across), 1)
    figure, grid = gridded(look, down, across, 4.4 + 1.35 * len(names))
    rows: list[tuple[Cell, ...]] = []
    for at, axes in enumerate(grid):
        if at >= len(measures):
            axes.set_visible(False)
            continue
        found = {
            name: interval_of(values) for name, values in view.values(measures[at]).items()
        }
        _dots(axes, measures[at], found, look, at % across == 0)
        rows += [(name, measures[at], *found[name]) for name in names]
    return Drawn(
        figure, ("variant", "measure", "mean", "low", "high", "seeds"), rows, not measures
    )


def _dots(
    axes: Axes,
    measure: str,
    found: Mapping[str, tuple[float, float, float, int]],
    look: Look,
    labels: bool,
) -> None:
    names = list(found)
    scale = scale_of(unit_of(measure), [bound for row in found.values() for bound in row[:3]])
    for y, name in enumerate(names):
        mean, low, high, _ = found[name]
        low, high = bounded(unit_of(measure), low, high)
        if math.isfinite(low):
            axes.plot(
                [low / scale.size, high / scale.size],
                [y, y],
                color=colour(y),
                lw=3,
                alpha=0.45,
                solid_capstyle="butt",
            )
        axes.plot(mean / scale.size, y, MARKERS[y % 7], color=colour(y), ms=5)
        axes.annotate(
            scale.number(mean),
            (mean / scale.size, y),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize="small",
        )
    unit = scale.name(look.words)
    text = name_measure(measure, look.words) + (f" ({unit})" if unit else "")
    axes.set_title(_wrapped(text, look), fontsize="medium")
    axes.set_yticks(
        range(len(names)), [short(n, 22) for n in names] if labels else [""] * len(names)
    )
    axes.set_ylim(len(names) - 0.4, -0.75)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    _room_around(axes, found, unit_of(measure), scale.size)


def _wrapped(text: str, look: Look) -> str:
    """A title in lines that fit a third of the width; Chinese characters count double."""
    return "\n".join(textwrap.wrap(text, 30 if look.words == "en" else 18))


def _room_around(
    axes: Axes, found: Mapping[str, tuple[float, float, float, int]], unit: str, size: float
) -> None:
    """Limits that start at zero unless the variants lie close together far from it."""
    ends = [(row[0], *bounded(unit, *row[1:3])) for row in found.values()]
    bounds = [b / size for row in ends for b in row if math.isfinite(b)]
    low, high = min(bounds, default=0.0), max(bounds, default=1.0)
    near = high - low < 0.25 * abs(high) and len(found) > 1 and high > low
    start = low - (high - low) * 0.6 if near else min(low, 0.0)
    span = (high - start) or 1.0
    high = start + span
    axes.set_xlim(start - span * (0.08 if start <= 0 else 0.0), high + span * 0.14)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}".replace("-", MINUS)))
