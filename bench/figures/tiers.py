"""Where the time goes, tier by tier."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from bench.amounts import Scale, scale_of
from bench.chart_data import (
    Cell,
    shown_variants,
)
from bench.figures.axes import stacked, title
from bench.figures.canvas import Drawn, Look
from bench.journeys import SPANS
from bench.tables import Findings
from bench.tier_times import TierTime, tier_times
from bench.words import name_tier

# one look a span of time; greys and hatches differ too
SPAN_LOOKS = (
    ("#000000", ""),
    ("#56B4E9", "\\\\\\\\"),
    ("#D55E00", ""),
    ("#d9d9d9", ""),
    ("#0072B2", "////"),
)


def latency_by_tier(findings: Findings, look: Look) -> Drawn:
    """Mean latency of the jobs that ended on each tier, as a bar stacked of its spans."""
    names = shown_variants(findings)
    found = {name: tier_times(findings, name) for name in names}
    heights = [1.5 * max(len(times), 1) + 1.2 for times in found.values()]
    figure, panels = stacked(look, len(names), [heights[0] + 1.5, *heights[1:]])
    longest = max((t.total_s for times in found.values() for t in times), default=0.0)
    scale = scale_of("s", [longest])
    for axes, name in zip(panels, names, strict=True):
        for y, time in enumerate(found[name]):
            _span_bar(axes, y, time, longest, look)
        title(axes, name, findings)
        labels = [f"{name_tier(t.tier, look.words)}  ({t.jobs:,.0f})" for t in found[name]]
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(max(len(labels), 1) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, (longest or 1.0) * 1.16)
    panels[-1].set_xlabel(look.say("axis_latency", unit=scale.name(look.words)))
    _even_ticks(panels[-1], longest, scale)
    _span_legend(figure, look)
    rows: list[tuple[Cell, ...]] = [
        (t.variant, t.tier, t.jobs, *t.seconds) for times in found.values() for t in times
    ]
    return Drawn(figure, ("variant", "tier", "jobs", *SPANS), rows, not rows)


def _span_bar(axes: Axes, y: int, time: TierTime, longest: float, look: Look) -> None:
    left = 0.0
    for seconds, (colour, hatch) in zip(time.seconds, SPAN_LOOKS, strict=True):
        axes.barh(y, seconds, 0.62, left, color=colour, hatch=hatch, edgecolor="white", lw=0.4)
        if seconds > 0.09 * longest:
            text = scale_of("s", [seconds]).amount(seconds, look.words)
            dark = colour in {"#000000", "#0072B2"}
            axes.text(
                left + seconds / 2,
                y,
                text,
                ha="center",
                va="center",
                fontsize="small",
                color="white" if dark else "black",
            )
        left += seconds
    total = scale_of("s", [left]).amount(left, look.words)
    axes.annotate(
        total,
        (left, y),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize="small",
    )


def _span_legend(figure: Figure, look: Look) -> None:
    patches = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=look.say(f"span_{name}"))
        for name, (colour, hatch) in zip(SPANS, SPAN_LOOKS, strict=True)
    ]
    figure.legend(
        handles=patches, loc="outside upper right", ncols=len(SPANS), fontsize="small"
    )


def _even_ticks(axes: Axes, longest: float, scale: Scale) -> None:
    """Ticks at round numbers of the unit that the axis is told in."""
    marks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(0, (longest or 1) / scale.size)
    inside = [mark for mark in marks if 0 <= mark * scale.size <= (longest or 1.0) * 1.16]
    axes.set_xticks(
        [mark * scale.size for mark in inside], [f"{mark:,.10g}" for mark in inside]
    )
