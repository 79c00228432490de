"""One function a chart: findings in, a matplotlib Figure and the numbers behind it out.

Nothing here is global: every figure is drawn and saved under matplotlib's own defaults plus
ours, so that a stranger's `matplotlibrc` changes nothing. Text becomes paths, dates and salts
are fixed: the same numbers give the same bytes.
"""

import csv
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from bench.amounts import MINUS, Scale, amount, scale_of, short, unit_of
from bench.chart_data import (
    Cell,
    date_words,
    guarded,
    heat,
    key_measures,
    middle_half,
    queued_lines,
    shown_variants,
    start_of,
    wait_range,
    waited_within,
)
from bench.journeys import SPANS
from bench.map_data import SiteMap, site_map
from bench.sentences import interval_of
from bench.tables import WAIT_GRID_S, Course, Findings, Floats
from bench.tier_times import TierTime, tier_times
from bench.words import Lang, name_measure, name_tier, say

Style = Literal["paper", "slides", "zh"]

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
# one look a span of time; greys and hatches differ too
SPAN_LOOKS = (
    ("#000000", ""),
    ("#56B4E9", "...."),
    ("#D55E00", ""),
    ("#d9d9d9", ""),
    ("#0072B2", "////"),
)
INK, FAINT = "#222222", "#d9d9d9"
BANDS = 3  # more bands than these hide each other
HEAT_ROWS = 60
MAP_NAMES = 36
LINK = (0, (1.2, 1.8))  # dotted, so that grey print tells links from flows
TIMES = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
WAIT_MARKS = (
    *((n, unit) for unit in ("ms", "s") for n in (1, 10, 100) if (n, unit) != (100, "s")),
    *((1, "min"), (10, "min"), (1, "h"), (10, "h"), (4, "d"), (40, "d")),
)
SCALE_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
FONT = Path(__file__).parent / "fonts" / "SuanliCJK-Regular.otf"
FONTS = ("DejaVu Sans", "Suanli CJK")  # a character comes from the first that has it
ALWAYS: Mapping[str, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "suanli",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "legend.frameon": False,
}
SIZES: Mapping[str, tuple[float, float]] = {
    "paper": (7.2, 9.0),
    "slides": (11.0, 15.0),
    "zh": (7.2, 9.0),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure, the numbers behind it, and whether it shows anything."""

    figure: Figure
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    empty: bool = False

    def csv(self) -> str:
        """The numbers as CSV; text that would run as a formula gets a leading '."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([guarded(cell) for cell in row] for row in self.rows)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is drawn: its style and its language."""

    style: Style = "paper"
    lang: Lang = "en"

    @property
    def width(self) -> float:
        """Inches."""
        return SIZES[self.style][0]

    @property
    def unit(self) -> float:
        """The height of a line of text in inches: all heights are multiples of it."""
        return SIZES[self.style][1] / 72 * 1.6

    @property
    def words(self) -> Lang:
        """The language of labels."""
        return "zh" if self.style == "zh" else self.lang

    def say(self, key: str, **parts: object) -> str:
        """The words of `key` in the language of labels."""
        return say(key, self.words, **parts)


Chart = Callable[[Findings, Look], Drawn]


def _know_font() -> None:
    """Makes matplotlib find the font that ships with us; a second time does nothing."""
    known = font_manager.fontManager
    if all(font.fname != str(FONT) for font in known.ttflist):
        known.addfont(FONT)
        known.ttflist.append(replace(known.ttflist[-1], weight=700))  # else bold complains


@contextmanager
def drawing(style: Style) -> Iterator[None]:
    """Matplotlib's own defaults plus ours, for as long as a chart is drawn or saved."""
    ours = {
        **ALWAYS,
        "font.size": SIZES[style][1],
        "font.family": list(FONTS),
    }
    defaults = {
        key: value for key, value in mpl.rcParamsDefault.items() if "backend" not in key
    }
    with mpl.rc_context(), warnings.catch_warnings():
        # A missing glyph is drawn as a box and is told by `missing_glyphs`, not by a warning.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from")
        warnings.simplefilter("ignore", mpl.MatplotlibDeprecationWarning)
        mpl.rcParams.update(cast(Any, {**defaults, **ours}))
        _know_font()
        yield


def draw(kind: str, findings: Findings, look: Look = Look()) -> Drawn:
    """The chart called `kind`, drawn.

    Raises:
        ValueError: there is no chart of that name.
    """
    name = kind.replace("-", "_")
    if name not in CHARTS:
        raise ValueError(f"no chart '{kind}'; there are {', '.join(CHARTS)}")
    with drawing(look.style):
        return CHARTS[name](findings, look)


def save(drawn: Drawn, stem: Path, style: Style = "paper") -> tuple[Path, Path]:
    """Writes `stem`.svg and `stem`.png, the same bytes for the same numbers; their paths."""
    svg, png = stem.with_name(f"{stem.name}.svg"), stem.with_name(f"{stem.name}.png")
    svg.write_text(svg_of(drawn, style), encoding="utf-8", newline="\n")
    with drawing(style):
        drawn.figure.savefig(png, format="png", metadata={"Software": None})
    return svg, png


def svg_of(drawn: Drawn, style: Style = "paper") -> str:
    """The figure as SVG text."""
    out = io.StringIO()
    with drawing(style):
        drawn.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def missing_glyphs(text: str) -> bool:
    """True if a figure would show a box for a character of `text`."""
    fonts = [
        font_manager.get_font(font_manager.findfont(FONTS[0])),
        font_manager.get_font(FONT),
    ]
    return any(
        not any(font.get_char_index(ord(c)) for font in fonts) for c in text if not c.isspace()
    )


def wait_cdf(findings: Findings, look: Look) -> Drawn:
    """Share of counted jobs that waited at most so long, a step line a variant, seeds pooled.

    The wait is on a log scale; who did not wait at all is counted at the left edge. The band
    holds the middle half of the seeds.
    """
    figure, (axes,) = _panels(look, 1, 19)
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
        axes.plot(x, y, color=_colour(at), linestyle=_dash(at), lw=1.6, label=short(variant))
        axes.plot(low / 2, pooled[0], MARKERS[at % 7], color=_colour(at), ms=4, clip_on=False)
        if findings.seeds > 1 and len(findings.view.variants) <= BANDS:
            band = [np.concatenate([[t[0], t[0]], t[1:]]) for t in table[1:]]
            axes.fill_between(x, band[0], band[1], color=_colour(at), alpha=0.15, lw=0)
        ends.append((pooled[0], variant, at))
        waits = [0.0, *grid]
        rows += [(variant, w, *(float(t[k]) for t in table)) for k, w in enumerate(waits)]
    _wait_axes(axes, low, high, look)
    _legend(axes, len(ends))
    return Drawn(
        figure, ("variant", "wait_s", "share", "share_q25", "share_q75"), rows, not ends
    )


def _wait_axes(axes: Axes, low: float, high: float, look: Look) -> None:
    marks = [(n * TIMES[unit], f"{n} {look.say(f'unit_{unit}')}") for n, unit in WAIT_MARKS]
    inside = [(at, text) for at, text in marks if low <= at <= high]
    axes.set_xscale("log")
    axes.set_xlim(low / 2, high)
    axes.set_xticks(
        [low / 2, *(at for at, _ in inside)], [look.say("no_wait"), *(t for _, t in inside)]
    )
    axes.minorticks_off()
    axes.axvline(low / 1.18, color="#999999", lw=0.8, ls=(0, (2, 2)))
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel(look.say("axis_wait"))
    axes.set_ylabel(look.say("axis_jobs_within"))


def utilisation_heatmap(findings: Findings, look: Look) -> Drawn:
    """Allocated share of the scarcest resource, pool by time, one panel a variant."""
    resource = findings.view.scarcest()
    variants = shown_variants(findings)
    budget = max(8, HEAT_ROWS // len(variants))
    parts = [heat(findings.courses[name], resource, budget, look.words) for name in variants]
    heights = [max(len(labels), 1) for labels, _ in parts]
    figure, panels = _panels(look, len(parts), [h * 0.95 + 2 for h in heights])
    rows: list[tuple[Cell, ...]] = []
    image = None
    for axes, name, (labels, shares) in zip(panels, variants, parts, strict=True):
        course = findings.courses[name]
        image = _heat_panel(axes, course, labels, shares) or image
        _title(axes, name, findings)
        rows += [
            (name, label, resource, float(at), float(share))
            for label, line in zip(labels, shares, strict=True)
            for at, share in zip(course.start_s, line, strict=True)
        ]
    _time_axis(panels, findings, look)
    if image is not None:
        bar = figure.colorbar(
            image, ax=panels, location="top", shrink=0.5, aspect=34, pad=0.01, anchor=(1.0, 0.5)
        )
        bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        bar.set_label(look.say("axis_allocated"))
        bar.outline.set_visible(False)
    return Drawn(
        figure, ("variant", "pool", "resource", "time_s", "allocated_share"), rows, not rows
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
    """What waiting jobs ask for of the scarcest resource, over time."""
    resource = findings.view.scarcest()
    variants = shown_variants(findings)
    figure, panels = _panels(look, len(variants), 9 if len(variants) > 1 else 13, same_y=True)
    rows: list[tuple[Cell, ...]] = []
    for axes, name in zip(panels, variants, strict=True):
        course = findings.courses[name]
        for at, (label, queued) in enumerate(queued_lines(course, resource, look.words)):
            axes.plot(
                _middle(course),
                queued,
                color=_colour(at),
                linestyle=_dash(at),
                lw=1.2,
                label=label,
            )
            rows += [
                (name, label, resource, float(t), float(q))
                for t, q in zip(course.start_s, queued, strict=True)
            ]
        _legend(axes, 2 if axes.lines else 0)
        _title(axes, name, findings)
        axes.set_ylim(bottom=0)
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
    _time_axis(panels, findings, look)
    unit = look.say(f"unit_{resource}")
    figure.supylabel(look.say("axis_queued", unit=unit), fontsize="medium")
    return Drawn(figure, ("variant", "line", "resource", "time_s", "queued"), rows, not rows)


def allocation(findings: Findings, look: Look) -> Drawn:
    """Allocated share of the scarcest resource over all pools and time, a line a variant."""
    resource = findings.view.scarcest()
    figure, (axes,) = _panels(look, 1, 15)
    rows: list[tuple[Cell, ...]] = []
    for at, name in enumerate(findings.view.variants):
        course = findings.courses[name]
        r = course.column(resource)
        total = np.nan_to_num(course.capacity[:, r]).sum() if r >= 0 else 0.0
        if not total or not len(course.start_s):
            continue
        shares = course.whole[:, :, r] / total
        mean, low, high = shares.mean(axis=0), *middle_half(shares)
        axes.plot(
            _middle(course),
            mean,
            color=_colour(at),
            linestyle=_dash(at),
            lw=1.3,
            label=short(name),
        )
        if len(shares) > 1 and len(findings.view.variants) == 1:
            axes.fill_between(_middle(course), low, high, color=_colour(at), alpha=0.12, lw=0)
        rows += [
            (name, resource, *map(float, row))
            for row in zip(course.start_s, mean, low, high, strict=True)
        ]
    axes.set_ylim(0, max(1.02, axes.get_ylim()[1] if rows else 0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_ylabel(look.say("axis_allocated"))
    _legend(axes, len(findings.view.variants) if rows else 0)
    _time_axis([axes], findings, look)
    columns = ("variant", "resource", "time_s", "allocated_share", "share_q25", "share_q75")
    return Drawn(figure, columns, rows, not rows)


def variants(findings: Findings, look: Look) -> Drawn:
    """Key measures, a panel each: a dot a variant with its 95 % interval over seeds."""
    view = findings.view
    measures = key_measures(findings)
    names = list(view.variants)
    across = 3 if len(measures) > 4 else 2
    down = max(-(-len(measures) // across), 1)
    figure, grid = _grid(look, down, across, 3.6 + 1.35 * len(names))
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
        if math.isfinite(low):
            axes.plot(
                [low / scale.size, high / scale.size],
                [y, y],
                color=_colour(y),
                lw=3,
                alpha=0.45,
                solid_capstyle="butt",
            )
        axes.plot(mean / scale.size, y, MARKERS[y % 7], color=_colour(y), ms=5)
        axes.annotate(
            scale.number(mean),
            (mean / scale.size, y),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize="small",
        )
    unit = scale.name(look.words)
    axes.set_title(
        name_measure(measure, look.words) + (f" ({unit})" if unit else ""), fontsize="medium"
    )
    axes.set_yticks(
        range(len(names)), [short(n, 22) for n in names] if labels else [""] * len(names)
    )
    axes.set_ylim(len(names) - 0.4, -0.75)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    _room_around(axes, found, scale.size)


def _room_around(
    axes: Axes, found: Mapping[str, tuple[float, float, float, int]], size: float
) -> None:
    """Limits that start at zero unless the variants lie close together far from it."""
    bounds = [b / size for row in found.values() for b in row[:3] if math.isfinite(b)]
    low, high = min(bounds, default=0.0), max(bounds, default=1.0)
    near = high - low < 0.25 * abs(high) and len(found) > 1 and high > low
    start = low - (high - low) * 0.6 if near else min(low, 0.0)
    span = (high - start) or 1.0
    high = start + span
    axes.set_xlim(start - span * (0.08 if start <= 0 else 0.0), high + span * 0.14)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.10g}".replace("-", MINUS)))


def latency_by_tier(findings: Findings, look: Look) -> Drawn:
    """Mean latency of the jobs that ended on each tier, as a bar stacked of its spans."""
    names = shown_variants(findings)
    found = {name: tier_times(findings, name) for name in names}
    heights = [1.5 * max(len(times), 1) + 1.2 for times in found.values()]
    figure, panels = _panels(look, len(names), [heights[0] + 1.5, *heights[1:]])
    longest = max((t.total_s for times in found.values() for t in times), default=0.0)
    scale = scale_of("s", [longest])
    for axes, name in zip(panels, names, strict=True):
        for y, time in enumerate(found[name]):
            _span_bar(axes, y, time, longest, look)
        _title(axes, name, findings)
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


def site_maps(findings: Findings, look: Look) -> Drawn:
    """Sites where they are, shaded by load, with links and with the jobs that left home."""
    names = shown_variants(findings)
    found = {name: site_map(findings, name) for name in names}
    spots = [spot for each in found.values() for spot in each.spots.values()]
    window = _window([(s.lon, s.lat) for s in spots])
    across = min(len(names), 2)
    figure, grid = _map_grid(look, -(-len(names) // across), across, window)
    most = max((flow.jobs for each in found.values() for flow in each.flows), default=0.0)
    largest = max((spot.sellable for spot in spots), default=0.0)
    rows: list[tuple[Cell, ...]] = []
    image = None
    for axes, name in zip(grid, names, strict=False):
        _map_lines(axes, found[name], most)
        image = _map_spots(axes, found[name], largest)
        _map_frame(axes, window)
        _scale_bar(axes, found[name], window, look)
        _map_names(axes, found[name], window, look.width * 72 / across, MAP_NAMES // across)
        _title(axes, name, findings)
        rows += _map_rows(name, found[name])
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    _map_legend(figure, grid, image, most, look)
    columns = ("variant", "what", "from", "to", "lat", "lon", "sellable", "share", "jobs")
    return Drawn(figure, columns, rows, min(len(each.spots) for each in found.values()) < 2)


Window = tuple[float, float, float, float]


def _window(points: Sequence[tuple[float, float]]) -> Window:
    """West, east, south, north of a map with some room around its points."""
    if not points:
        return 0.0, 1.0, 0.0, 1.0
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    room = max(east - west, north - south, 0.02) * 0.09
    tall, wide = north - south + 2 * room, (east - west + 2 * room) * _squeeze(south, north)
    more = max(0.45 * wide - tall, 0.0) / 2, max(0.6 * tall - wide, 0.0) / 2
    beside = more[1] / _squeeze(south, north)
    return (
        west - room - beside,
        east + room + beside,
        south - room - more[0],
        north + room + more[0],
    )


def _squeeze(south: float, north: float) -> float:
    """How much shorter a degree of longitude is than one of latitude."""
    return max(math.cos(math.radians((south + north) / 2)), 0.2)


def _map_grid(look: Look, down: int, across: int, window: Window) -> tuple[Figure, list[Axes]]:
    west, east, south, north = window
    tall = (north - south) / ((east - west) * _squeeze(south, north))
    height = min(look.width / across * tall, 1.15 * look.width) + 2 * look.unit
    figure = Figure(figsize=(look.width, down * height + 3 * look.unit), layout="constrained")
    return figure, list(figure.subplots(down, across, squeeze=False).flat)


def _map_lines(axes: Axes, found: SiteMap, most: float) -> None:
    for a, b in found.links:
        one, two = found.spots[a], found.spots[b]
        axes.plot(
            [one.lon, two.lon], [one.lat, two.lat], color="#8a8a8a", ls=LINK, lw=0.9, zorder=1
        )
    for flow in reversed(found.flows):
        home, goal = found.spots[flow.home], found.spots[flow.site]
        arrow = {
            "arrowstyle": "-|>",
            "connectionstyle": "arc3,rad=0.22",
            "color": "#D55E00",
            "alpha": 0.7,
            "lw": 0.4 + 3.4 * flow.jobs / most,
            "mutation_scale": 7,
            "shrinkA": 3,
            "shrinkB": 5,
        }
        axes.annotate(
            "", (goal.lon, goal.lat), (home.lon, home.lat), arrowprops=arrow, zorder=2
        )


def _map_spots(axes: Axes, found: SiteMap, largest: float) -> Any:
    """Large sites first, so that small ones at the same place stay in sight."""
    spots = sorted(found.spots.values(), key=lambda s: (-s.sellable, s.site))
    sizes = [16 + 320 * (s.sellable / largest if largest else 0.0) for s in spots]
    places = [s.lon for s in spots], [s.lat for s in spots]
    shares = np.ma.masked_invalid([s.share for s in spots])
    axes.scatter(*places, s=sizes, facecolors="white", edgecolors=INK, lw=0.7, zorder=3)
    return axes.scatter(
        *places, s=sizes, c=shares, cmap=FILL, vmin=0, vmax=1, edgecolors=INK, lw=0.7, zorder=4
    )


def _map_frame(axes: Axes, window: Window) -> None:
    """The same stretch of land in each panel, without grid or ticks."""
    west, east, south, north = window
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1 / _squeeze(south, north))
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)


def _scale_bar(axes: Axes, found: SiteMap, window: Window, look: Look) -> None:
    """A bar of round length in the corner that is furthest from any site."""
    west, east, south, north = window
    km = 111.2 * _squeeze(south, north)
    bar = next((b for b in SCALE_KM if b >= (east - west) * km / 8), SCALE_KM[-1])
    inset = (east - west) * 0.02
    corners = [
        (x, y)
        for y in (south + (north - south) * 0.03, north - (north - south) * 0.06)
        for x in (east - bar / km - inset, west + inset)
    ]
    x, y = max(corners, key=lambda corner: _clearance(corner, bar / km, found))
    axes.plot([x, x + bar / km], [y, y], color=INK, lw=1.6, solid_capstyle="butt")
    axes.annotate(
        f"{bar:,g} {look.say('unit_km')}",
        (x + bar / km / 2, y),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize="small",
    )


def _clearance(corner: tuple[float, float], length: float, found: SiteMap) -> float:
    x, y = corner[0] + length / 2, corner[1]
    return min((math.hypot(s.lon - x, s.lat - y) for s in found.spots.values()), default=0.0)


def _map_names(axes: Axes, found: SiteMap, window: Window, points: float, most: int) -> None:
    """Names of sites, the largest first, where no other name stands yet."""
    west, east, south, north = window
    degree = points / (east - west)
    taken: list[Box] = []
    for spot in sorted(found.spots.values(), key=lambda s: (-s.sellable, s.site)):
        text = short(spot.site, 18)
        wide = 10 + 5.4 * sum(1 + (c > "\u2e80") for c in text)
        x, y = (spot.lon - west) * degree, (spot.lat - south) * degree / _squeeze(south, north)
        right, left = (x, y, x + wide, y + 13), (x - wide, y, x, y + 13)
        box = next((b for b in (right, left) if _is_free(b, taken, points)), None)
        if box is not None and len(taken) < most:
            taken.append(box)
            axes.annotate(
                text,
                (spot.lon, spot.lat),
                xytext=(-6 if box is left else 6, 5),
                textcoords="offset points",
                ha="right" if box is left else "left",
                fontsize="small",
                zorder=5,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )


Box = tuple[float, float, float, float]


def _is_free(box: Box, taken: Sequence[Box], wide: float) -> bool:
    """True if a name there stays on the map and off the other names."""
    return box[0] >= 0 and box[2] <= wide and not any(_meet(box, other) for other in taken)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _map_legend(
    figure: Figure, grid: Sequence[Axes], image: Any, most: float, look: Look
) -> None:
    lines = [Line2D([], [], color="#8a8a8a", ls=LINK, lw=0.9, label=look.say("map_link"))]
    if most:
        label = look.say("map_flow", n=amount("count", most, look.words))
        lines.append(Line2D([], [], color="#D55E00", lw=3.8, alpha=0.7, label=label))
    figure.legend(handles=lines, loc="outside lower left", ncols=2, fontsize="small")
    if image is not None:
        bar = figure.colorbar(image, ax=grid, location="top", shrink=0.5, aspect=34, pad=0.01)
        bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        bar.set_label(look.say("axis_allocated"))
        bar.outline.set_visible(False)


def _map_rows(name: str, found: SiteMap) -> list[tuple[Cell, ...]]:
    sites: list[tuple[Cell, ...]] = [
        (name, "site", s.site, None, s.lat, s.lon, s.sellable, s.share, None)
        for s in found.spots.values()
    ]
    none = (None,) * 4
    sites += [(name, "link", a, b, *none, None) for a, b in found.links]
    return sites + [(name, "flow", f.home, f.site, *none, f.jobs) for f in found.flows]


def _panels(
    look: Look, count: int, lines: float | Sequence[float], *, same_y: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of `count` panels on top of each other, each so many lines of text high."""
    heights = list(lines) if isinstance(lines, Sequence) else [float(lines)] * count
    figure = Figure(figsize=(look.width, (sum(heights) + 3) * look.unit), layout="constrained")
    axes = figure.subplots(
        count, 1, sharex=True, sharey=same_y, squeeze=False, height_ratios=heights
    )
    return figure, list(axes[:, 0])


def _grid(look: Look, down: int, across: int, lines: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(look.width, (down * lines + 1) * look.unit), layout="constrained")
    return figure, list(figure.subplots(down, across, squeeze=False).flat)


def _colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]


def _dash(at: int) -> Any:
    return DASHES[at % len(DASHES)]


def _middle(course: Course) -> Floats:
    return (course.start_s + course.end_s) / 2


def _title(axes: Axes, variant: str, findings: Findings) -> None:
    if len(findings.view.variants) > 1:
        axes.set_title(short(variant, 60), fontsize="medium", fontweight="bold")


def _legend(axes: Axes, count: int) -> None:
    if count > 1:
        axes.legend(loc="best", fontsize="small", handlelength=3.2)


def _time_axis(panels: Sequence[Axes], findings: Findings, look: Look) -> None:
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


CHARTS: Mapping[str, Chart] = {
    "wait_cdf": wait_cdf,
    "allocation": allocation,
    "utilisation_heatmap": utilisation_heatmap,
    "queues": queues,
    "variants": variants,
    "map": site_maps,
    "latency_by_tier": latency_by_tier,
}
