"""What a figure is drawn on: its style, its fonts, its bytes.

Nothing here is global: every figure is drawn and saved under matplotlib's own defaults plus
ours, so that a stranger's `matplotlibrc` changes nothing. Text becomes paths, dates and salts
are fixed: the same numbers give the same bytes.
"""

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from bench.chart_data import (
    Cell,
    guarded,
)
from bench.tables import Findings
from bench.words import Lang, say

Style = Literal["paper", "slides", "zh"]
PATH = re.compile(r' d="[^"]*"')
LONG = re.compile(r"-?\d+\.\d{3,}")
INK, FAINT = "#222222", "#d9d9d9"
FONT = Path(__file__).parent.parent / "fonts" / "SuanliCJK-Regular.otf"
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

    @property
    def percent(self) -> PercentFormatter:
        """Shares as people of the language write them."""
        return PercentFormatter(1.0, symbol="%" if self.words == "zh" else " %")

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
    return PATH.sub(_rounded_path, out.getvalue())


def _rounded_path(path: re.Match[str]) -> str:
    """A hundredth of a point is finer than any screen or printer; it halves a map."""
    return LONG.sub(lambda n: f"{float(n.group()):.2f}".rstrip("0").rstrip("."), path.group())


def missing_glyphs(text: str) -> bool:
    """True if a figure would show a box for a character of `text`."""
    fonts = [
        font_manager.get_font(font_manager.findfont(FONTS[0])),
        font_manager.get_font(FONT),
    ]
    return any(
        not any(font.get_char_index(ord(c)) for font in fonts) for c in text if not c.isspace()
    )
