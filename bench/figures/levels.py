"""What is allocated and what is queued, over time."""

from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bench.amounts import short
from bench.chart_data import (
    Cell,
    heat,
    hours_by_pool,
    label_of_line,
    middle_half,
    queued_lines,
    shown_variants,
)
from bench.course import Course
from bench.figures.axes import (
    FILL,
    colour,
    draw_line,
    legend,
    middle,
    stacked,
    time_axis,
    title,
)
from bench.figures.canvas import Drawn, Look
from bench.tables import Findings, Floats

HEAT_ROWS = 60


def utilisation_heatmap(findings: Findings, look: Look) -> Drawn:
    """Allocated share of the scarcest resource, pool by time, one panel a variant."""
    resource = findings.resource
    variants = shown_variants(findings)
    budget = max(8, HEAT_ROWS // len(variants))
    parts = [
        heat(
            findings.courses[name],
            resource,
            budget,
            look.words,
            hours_by_pool(findings, name),
        )
        for name in variants
    ]
    heights = [max(len(names), 1) for names, _ in parts]
    figure, panels = stacked(look, len(parts), [max(h * 0.95, 3) + 2 for h in heights])
    rows: list[tuple[Cell, ...]] = []
    image = None
    for axes, name, (names, shares) in zip(panels, variants, parts, strict=True):
        course = findings.courses[name]
        labels = [label_of_line(line, look.words) for line in names]
        image = _heat_panel(axes, course, labels, shares) or image
        title(axes, name, findings)
        rows += [
            (name, pool, resource, float(at), float(share))
            for pool, line in zip(names, shares, strict=True)
            for at, share in zip(course.start_s, line, strict=True)
        ]
    time_axis(panels, findings, look)
    if image is not None:
        bar = figure.colorbar(
            image, ax=panels, location="top", shrink=0.5, aspect=34, pad=0.02, anchor=(1.0, 0.5)
        )
        bar.ax.xaxis.set_major_formatter(look.percent)
        bar.set_label(look.say("axis_allocated"))
        bar.outline.set_visible(False)
    return Drawn(
        figure,
        ("variant", "pool", "resource", "time_s", "allocated_share"),
        rows,
        not any(row[-1] for row in rows),
    )


def _heat_panel(axes: Axes, course: Course, labels: list[str], shares: Floats) -> Any:
    axes.grid(visible=False)
    if not shares.size:
        return None
    edges = np.append(course.start_s, course.end_s[-1])
    image = axes.pcolormesh(
        edges, np.arange(len(labels) + 1), shares, cmap=FILL, vmin=0, vmax=1, rasterized=True
    )
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.hlines(np.arange(1, len(labels)), edges[0], edges[-1], color="white", lw=1.0)
    return image


def queues(findings: Findings, look: Look) -> Drawn:
    """What waiting jobs ask for over time, of the resource that is asked for most."""
    resource = findings.resource
    variants = shown_variants(findings)
    figure, panels = stacked(look, len(variants), 9 if len(variants) > 1 else 13, same_y=True)
    rows: list[tuple[Cell, ...]] = []
    for axes, name in zip(panels, variants, strict=True):
        course = findings.courses[name]
        for at, (line, queued) in enumerate(queued_lines(course, resource, look.words)):
            label = label_of_line(line, look.words)
            draw_line(axes, middle(course), queued, at, label, width=1.2)
            rows += [
                (name, line, resource, float(t), float(q))
                for t, q in zip(course.start_s, queued, strict=True)
            ]
        legend(axes, 2 if axes.lines else 0, beside=True)
        title(axes, name, findings)
        if not axes.lines:
            axes.text(
                0.5,
                0.5,
                look.say("nothing_waited"),
                transform=axes.transAxes,
                ha="center",
                color="#777777",
            )
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    time_axis(panels, findings, look)
    most = max((float(cast(float, row[-1])) for row in rows), default=0.0)
    panels[0].set_ylim(0, 1.05 * most or 1.0)  # all panels share it
    unit = look.say(f"unit_{resource}")
    figure.supylabel(look.say("axis_queued", unit=unit), fontsize="medium")
    return Drawn(figure, ("variant", "line", "resource", "time_s", "queued"), rows, not rows)


def allocation(findings: Findings, look: Look) -> Drawn:
    """Allocated share of the scarcest resource over all pools and time, a line a variant."""
    resource = findings.resource
    figure, (axes,) = stacked(look, 1, 15)
    rows: list[tuple[Cell, ...]] = []
    for at, name in enumerate(findings.view.variants):
        course = findings.courses[name]
        r = course.column(resource)
        total = np.nan_to_num(course.capacity[:, r]).sum() if r >= 0 else 0.0
        if not total or not len(course.start_s):
            continue
        shares = course.whole[:, :, r] / total
        mean, low, high = shares.mean(axis=0), *middle_half(shares)
        draw_line(axes, middle(course), mean, at, short(name), width=1.3)
        if len(shares) > 1 and len(findings.view.variants) == 1:
            axes.fill_between(middle(course), low, high, color=colour(at), alpha=0.12, lw=0)
        rows += [
            (name, resource, *map(float, row))
            for row in zip(course.start_s, mean, low, high, strict=True)
        ]
    axes.set_ylim(0, max(1.02, axes.get_ylim()[1] if rows else 0))
    axes.yaxis.set_major_formatter(look.percent)
    axes.set_ylabel(look.say("axis_allocated"))
    legend(axes, len(findings.view.variants) if rows else 0)
    time_axis([axes], findings, look)
    columns = ("variant", "resource", "time_s", "allocated_share", "share_q25", "share_q75")
    return Drawn(figure, columns, rows, not any(row[3] for row in rows))
