"""How long jobs wait: a curve a variant."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from bench.amounts import short
from bench.chart_data import (
    Cell,
    wait_range,
    waited_within,
)
from bench.figures.axes import MARKERS, colour, draw_line, legend, stacked
from bench.figures.canvas import Drawn, Look
from bench.tables import WAIT_GRID_S, Findings

TIMES = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
FINE_MARKS = (
    *((n, unit) for unit in ("ms", "s") for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *((n, unit) for unit in ("min", "h") for n in (1, 2, 5, 10, 20, 24, 40)),
    *((n, "d") for n in (2, 3, 5, 7, 10, 20, 40, 100)),
)
WAIT_MARKS = tuple(
    (n, unit)
    for n, unit in FINE_MARKS
    if (n, unit)
    not in {(100, "s"), (200, "s"), (500, "s"), (24, "min"), (40, "min"), (20, "h"), (40, "h")}
)
MARKS_SHOWN = 9  # more would touch
Mark = tuple[float, str]
BANDS = 3  # more bands than these hide each other


def wait_cdf(findings: Findings, look: Look) -> Drawn:
    """Share of counted jobs that waited at most so long, a step line a variant, seeds pooled.

    The wait is on a log scale; who did not wait at all is counted at the left edge. The band
    holds the middle half of the seeds.
    """
    figure, (axes,) = stacked(look, 1, 19)
    low, high = wait_range(findings)
    grid = WAIT_GRID_S[(low <= WAIT_GRID_S) & (high >= WAIT_GRID_S)]
    rows: list[tuple[Cell, ...]] = []
    ends: list[tuple[float, str, int]] = []
    for at, variant in enumerate(findings.view.variants):
        table = waited_within(findings, variant, low, high)
        if not len(table):
            continue
        x, pooled = np.concatenate([[low / 2, low / 1.4], grid]), table[0]
        y = np.concatenate([[pooled[0], pooled[0]], pooled[1:]])
        draw_line(axes, x, y, at, short(variant), width=1.6)
        axes.plot(low / 2, pooled[0], MARKERS[at % 7], color=colour(at), ms=4, clip_on=False)
        if findings.seeds > 1 and len(findings.view.variants) <= BANDS:
            band = [np.concatenate([[t[0], t[0]], t[1:]]) for t in table[1:]]
            axes.fill_between(x, band[0], band[1], color=colour(at), alpha=0.15, lw=0)
        ends.append((pooled[0], variant, at))
        waits = [0.0, *grid]
        rows += [(variant, w, *(float(t[k]) for t in table)) for k, w in enumerate(waits)]
    _wait_axes(axes, low, high, look)
    legend(axes, len(ends))
    return Drawn(
        figure, ("variant", "wait_s", "share", "share_q25", "share_q75"), rows, not ends
    )


def _wait_axes(axes: Axes, low: float, high: float, look: Look) -> None:
    marks = [(n * TIMES[unit], f"{n} {look.say(f'unit_{unit}')}") for n, unit in WAIT_MARKS]
    inside = _apart([mark for mark in marks if low <= mark[0] <= high], low, high)
    axes.set_xscale("log")
    axes.set_xlim(low / 2, high)
    axes.set_xticks(
        [low / 2, *(at for at, _ in inside)], [look.say("no_wait"), *(t for _, t in inside)]
    )
    axes.minorticks_off()
    axes.axvline(low / 1.18, color="#999999", lw=0.8, ls=(0, (2, 2)))
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(look.percent)
    axes.set_xlabel(look.say("axis_wait"))
    axes.set_ylabel(look.say("axis_jobs_within"))


def _apart(marks: Sequence[Mark], low: float, high: float) -> list[Mark]:
    """Those marks that keep their distance on the axis, round ones first, in order."""
    least = math.log(2 * high / low) / MARKS_SHOWN
    kept: list[Mark] = []
    for mark in sorted(marks, key=_roundness):
        if all(abs(math.log(mark[0] / other[0])) >= least for other in kept):
            kept.append(mark)
    return sorted(kept)


def _roundness(mark: Mark) -> tuple[bool, bool, float]:
    """Ones before tens before the rest, so that coarse axes show whole units."""
    number = mark[1].split(" ")[0]
    return number != "1", number != "10", mark[0]
