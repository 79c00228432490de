"""What a careful reader would stumble over: language, overlaps, grey print, sizes, numbers."""

import colorsys
import math
import re
import shutil
from itertools import combinations

import numpy as np
import pytest
from matplotlib import colors
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.transforms import Bbox
from playwright.sync_api import sync_playwright

from bench.amounts import unit_of
from bench.charts import CHARTS, Look, draw, drawing
from bench.figures.axes import COLOURS, DASHES, MARKERS
from bench.figures.tiers import SPAN_LOOKS
from bench.report import write_report
from bench.sections import five_numbers, numbers_table
from bench.sentences import mean_of
from bench.tables import gather
from tests.bench.report_fakes import a_view

pytestmark = pytest.mark.wide

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
browsing = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)
VIEWS = {
    "one variant": {"variants": ("base",), "seeds": (1, 2)},
    "two variants": {"seeds": (1, 2)},
    "many variants": {"variants": tuple("abcdef"), "seeds": (1, 2)},
    "one certain run": {"variants": ("base",), "seeds": (1,), "random": False},
    "long names": {
        "variants": (
            "a-variant-with-a-very-long-name-of-its-own",
            "another-one-nearly-as-long",
        ),
        "pools": tuple(f"zhejiang-taizhou-luqiao-{n}-gov-a-kunpeng" for n in range(30)),
        "seeds": (1, 2),
    },
}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def seen(browser, path, width=1280):
    """The page opened offline, every fold open."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return page


@browsing
@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.wide
def test_the_chinese_page_holds_no_english_sentence(browser, tmp_path, name):
    path = write_report(
        a_view(question="城市需要自建智算吗？", **VIEWS[name]), tmp_path / "r.html", lang="zh"
    )
    page = seen(browser, path)
    for cited in page.locator("#assumptions td:nth-child(4)").all():  # sources are cited
        cited.evaluate("cell => cell.remove()")
    page.locator("#facts").evaluate("part => part.remove()")  # policies go by their names
    text = page.locator("body").inner_text()
    # two English words in a row are a phrase; names are one word with dashes
    assert (
        re.findall(r"[A-Za-z]{2,} [a-z]{2,}", text.replace("GPU", "").replace("vCPU", "")) == []
    )


@browsing
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.wide
def test_no_text_is_cut_or_runs_over_the_page(browser, tmp_path, name, lang, width):
    path = write_report(a_view(**VIEWS[name]), tmp_path / "r.html", lang=lang)
    page = seen(browser, path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = """() => [...document.querySelectorAll('td, th, p, li, summary, dd, h1, h2')]
        .filter(one => one.scrollWidth > one.clientWidth + 1 && !one.closest('svg'))
        .map(one => one.innerText)"""
    assert page.evaluate(cut) == []
    assert not re.search(
        r"\bNaN\b|\bnan\b|None|undefined\b(?! )|Infinity|\{\w+\}|\d{17}",
        page.locator("body").inner_text(),
    )


class Listener(RendererAgg):
    """Draws a figure and keeps each text that it drew, with its box in pixels."""

    def __init__(self, figure):
        super().__init__(*figure.bbox.size, figure.dpi)
        self.found = {}
        figure.draw(self)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if mtext is None:  # a line of a text of several
            wide, high, below = self.get_text_width_height_descent(s, prop, ismath)
            low = self.height - y - below
            self.found[s, x, y] = Bbox([[x, low], [x + wide, low + high]])
        else:
            self.found[id(mtext)] = mtext
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)

    def boxes(self):
        for key, one in self.found.items():
            if isinstance(one, Bbox):
                yield key[0], one
            else:
                yield one.get_text(), one.get_window_extent(self)


LOOKS = [
    *((name, Look("paper", "en")) for name in VIEWS),
    ("long names", Look("slides", "en")),
    ("long names", Look("zh", "zh")),
    ("one variant", Look("zh", "zh")),
]


@pytest.mark.parametrize("kind", CHARTS)
@pytest.mark.parametrize(("name", "look"), LOOKS, ids=lambda part: getattr(part, "style", part))
def test_no_text_of_a_figure_lies_on_another_or_off_the_edge(name, kind, look):
    findings = gather(a_view(**VIEWS[name]))
    with drawing(look.style):
        figure = draw(kind, findings, look).figure
        boxes = [*Listener(figure).boxes()]
        whole = figure.bbox
    off = [
        text
        for text, box in boxes
        if box.x0 < whole.x0 - 1
        or box.x1 > whole.x1 + 1
        or box.y0 < whole.y0 - 1
        or box.y1 > whole.y1 + 1
    ]
    assert off == []
    on = [(a[0], b[0]) for a, b in combinations(boxes, 2) if common(a[1], b[1])]
    assert on == []


def common(a, b):
    """Whether two boxes share more than their rims."""
    wide = min(a.x1, b.x1) - max(a.x0, b.x0)
    high = min(a.y1, b.y1) - max(a.y0, b.y0)
    return wide > 2 and high > 3


def grey(colour):
    """The luminance of a colour in print, 0 black to 1 white."""
    red, green, blue = colors.to_rgb(colour)
    return colorsys.rgb_to_yiq(red, green, blue)[0]


def test_series_differ_without_colour():
    assert len(set(map(str, DASHES))) == len(set(MARKERS)) == len(COLOURS)
    for one, two in combinations(SPAN_LOOKS, 2):
        assert abs(grey(one[0]) - grey(two[0])) > 0.12 or one[1] != two[1]


@pytest.mark.parametrize("kind", ["wait_cdf", "allocation", "queues"])
def test_lines_of_a_figure_differ_by_their_dashes(kind):
    figure = draw(kind, gather(a_view(variants=tuple("abcdef"), seeds=(1, 2))), Look()).figure
    for axes in figure.axes:
        lines = [line for line in axes.lines if not line.get_label().startswith("_")]
        looks = [(str(line._unscaled_dash_pattern), line.get_marker()) for line in lines]
        assert len(set(looks)) == len(looks)


@pytest.mark.wide
def test_the_page_and_its_figures_are_bounded(tmp_path):
    view = a_view(
        variants=tuple("abcdef"), pools=tuple(f"p{n}" for n in range(300)), seeds=(1,)
    )
    path = write_report(view, tmp_path / "r.html", figures=tmp_path / "figures")
    assert path.stat().st_size < 3_000_000
    for figure in (tmp_path / "figures").iterdir():
        assert figure.stat().st_size < 1_500_000, figure.name


def test_each_of_the_five_numbers_is_the_mean_of_its_measure():
    findings = gather(a_view())
    rows = numbers_table(findings, "en", 6).rows
    for column, measure in enumerate(five_numbers(findings), start=1):
        for row, variant in zip(rows, findings.view.variants, strict=True):
            mean = mean_of(findings.view.values(measure)[variant])
            assert row[column].sort == pytest.approx(mean, rel=1e-12)
            size = {"%": 0.01, "h": 3600, "min": 60, "s": 1, "days": 86400}
            number, _, unit = row[column].text.replace(",", "").partition(" ")
            shown = float(number) * size.get(unit, 1)
            assert math.isclose(shown, mean, rel_tol=0.01), (measure, unit_of(measure))


@browsing
def test_the_first_screen_answers_what_since_when_and_what_would_help(browser, tmp_path):
    path = write_report(a_view(seeds=(1, 2, 3)), tmp_path / "r.html")
    page = seen(browser, path)
    said = page.locator(".also").first.inner_text()
    assert page.locator(".also").first.bounding_box()["y"] < 400
    for part in ("Short in “borrow”: GPU at", "since ", "What would help:"):
        assert part in said
    effects = page.locator("#short table").nth(1).inner_text()
    assert "What the variants change against “borrow”" in effects
    assert np.any([sign in effects for sign in ("−", "+")])
