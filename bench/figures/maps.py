"""Sites where they are, with load, links and the jobs that left home."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.amounts import amount, short
from bench.chart_data import (
    Cell,
    shown_variants,
)
from bench.figures.axes import FILL, title
from bench.figures.canvas import INK, Drawn, Look
from bench.map_data import SiteMap, Spot, site_map
from bench.place_words import name_place
from bench.tables import Findings
from bench.words import Lang

MAP_NAMES = 36
LARGE_DOT = 4.0  # points: names keep off dots of this radius and more
LINK = (0, (1.2, 1.8))  # dotted, so that grey print tells links from flows
SCALE_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
Side = tuple[int, int]
Window = tuple[float, float, float, float]
Box = tuple[float, float, float, float]


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
        room = MAP_NAMES // across, largest
        points = look.width * 72 / across
        _map_names(axes, found[name], window, points, room, look.words)
        title(axes, name, findings)
        rows += _map_rows(name, found[name])
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    _map_legend(figure, grid, image, most, look)
    if not spots:
        grid[0].text(0.5, 0.5, look.say("no_places"), transform=grid[0].transAxes, ha="center")
    columns = ("variant", "what", "from", "to", "lat", "lon", "sellable", "share", "jobs")
    return Drawn(figure, columns, rows, min(len(each.spots) for each in found.values()) < 2)


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
    ends = [(found.spots[a], found.spots[b]) for a, b in found.links]
    # sites at one place have one line to each other place
    lines = dict.fromkeys(((a.lon, a.lat), (b.lon, b.lat)) for a, b in ends)
    axes.add_collection(
        LineCollection([*lines], colors="#8a8a8a", linestyles=[LINK], lw=0.9, zorder=1)
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
    shares = np.ma.masked_invalid([s.share for s in spots])
    bare = [s for s in spots if not math.isfinite(s.share)]
    look: dict[str, Any] = {"edgecolors": INK, "lw": 0.7}
    axes.scatter(
        _lons(bare),
        _lats(bare),
        s=[_area(s, largest) for s in bare],
        c="white",
        zorder=3,
        **look,
    )
    sizes = [_area(s, largest) for s in spots]
    scale: dict[str, Any] = {"cmap": FILL, "vmin": 0, "vmax": 1}
    return axes.scatter(
        _lons(spots), _lats(spots), s=sizes, c=shares, zorder=4, **scale, **look
    )


def _lons(spots: Sequence[Spot]) -> list[float]:
    return [s.lon for s in spots]


def _lats(spots: Sequence[Spot]) -> list[float]:
    return [s.lat for s in spots]


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


def _map_names(
    axes: Axes,
    found: SiteMap,
    window: Window,
    points: float,
    room: tuple[int, float],
    lang: Lang,
) -> None:
    """Names of sites, the largest first, where neither name nor large dot stands yet.

    `room` = how many names at most, and what the largest dot stands for.
    """
    west, east, south, north = window
    degree, (most, largest) = points / (east - west), room
    spots = sorted(found.spots.values(), key=lambda s: (-s.sellable, s.site))
    place = {
        s.site: ((s.lon - west) * degree, (s.lat - south) * degree / _squeeze(south, north))
        for s in spots
    }
    dots = {s.site: _around(*place[s.site], _radius(s, largest)) for s in spots}
    large = [dots[s.site] for s in spots if _radius(s, largest) > LARGE_DOT]
    taken: list[Box] = []
    for spot in spots:
        text = short(name_place(spot.site, lang), 18)
        (x, y), away = place[spot.site], _radius(spot, largest) + 2
        wide = 5 + 5.0 * sum(1 + (c > "\u2e80") for c in text)
        right, left = (
            (x + away, y - 5, x + away + wide, y + 6),
            (x - away - wide, y - 5, x - away, y + 6),
        )
        others = [*taken, *(box for box in large if box != dots[spot.site])]
        box = next((b for b in (right, left) if _is_free(b, others, points)), None)
        if box is not None and len(taken) < most:
            taken.append(box)
            axes.annotate(
                text,
                (spot.lon, spot.lat),
                xytext=(-away if box is left else away, 0),
                textcoords="offset points",
                ha="right" if box is left else "left",
                va="center",
                fontsize="small",
                zorder=5,
                bbox={"boxstyle": "square,pad=0.08", "fc": "white", "alpha": 0.75, "lw": 0},
            )


def _radius(spot: Spot, largest: float) -> float:
    """The radius of a dot in points."""
    return math.sqrt(_area(spot, largest) / math.pi)


def _area(spot: Spot, largest: float) -> float:
    """The area of a dot in points squared; sites without the resource keep a small one."""
    return 16 + 320 * (spot.sellable / largest if largest else 0.0)


def _around(x: float, y: float, radius: float) -> Box:
    return x - radius, y - radius, x + radius, y + radius


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
        bar.ax.xaxis.set_major_formatter(look.percent)
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
