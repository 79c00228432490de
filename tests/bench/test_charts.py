import csv
import io
import re
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib as mpl
import pytest

from bench.chart_data import clock, guarded, start_of
from bench.charts import CHARTS, Look, draw, missing_glyphs, save, svg_of
from bench.tables import gather
from tests.bench.report_fakes import FakeLevels, a_view, some_levels

HOSTILE = (
    "$\\frac{",
    "<script>alert(1)</script>",
    "--><img src=x>",
    "=cmd|' /C calc'!A0",
    "a\x00b\u202ec",
    "_underlined",
    "杭州",
    "line\nbreak",
)


@pytest.fixture(scope="module")
def findings():
    return gather(a_view())


@pytest.mark.parametrize("kind", CHARTS)
def test_every_chart_draws_and_tells_its_numbers(kind, findings, tmp_path):
    drawn = draw(kind, findings)
    assert not drawn.empty
    assert all(len(row) == len(drawn.columns) for row in drawn.rows)
    svg, png = save(drawn, tmp_path / kind)
    assert svg.stat().st_size > 5_000
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", CHARTS)
@pytest.mark.wide
def test_the_same_numbers_give_the_same_bytes(kind, tmp_path):
    written = [
        [path.read_bytes() for path in save(draw(kind, gather(a_view())), tmp_path / name)]
        for name in ("one", "two")
    ]
    assert written[0] == written[1]


@pytest.mark.parametrize("style", ["paper", "slides", "zh"])
def test_every_style_draws(style, findings):
    assert "<svg" in svg_of(draw("queues", findings, Look(style=style, lang="zh")), style)


def test_hyphens_name_a_chart_too(findings):
    assert draw("wait-cdf", findings).columns == draw("wait_cdf", findings).columns


def test_an_unknown_chart_is_refused_with_the_names_there_are(findings):
    with pytest.raises(ValueError, match="no chart 'pie'; there are wait_cdf, allocation"):
        draw("pie", findings)


def test_drawing_leaves_the_settings_of_others_alone(findings):
    mine = {"font.size": 31.0, "text.usetex": True, "svg.fonttype": "none", "axes.grid": False}
    plain = svg_of(draw("allocation", findings))
    with mpl.rc_context(mine):
        assert svg_of(draw("allocation", findings)) == plain
        assert {key: mpl.rcParams[key] for key in mine} == mine


@pytest.mark.wide
def test_a_matplotlibrc_in_the_working_folder_changes_nothing(tmp_path):
    script = (
        f"import sys, hashlib; sys.path[:0] = [{str(Path(__file__).parents[2])!r}]\n"
        "from tests.bench.report_fakes import a_view\n"
        "from bench.tables import gather\n"
        "from bench.charts import draw, svg_of\n"
        "print(hashlib.sha256(svg_of(draw('queues', gather(a_view()))).encode()).hexdigest())\n"
    )
    (tmp_path / "hostile").mkdir()
    (tmp_path / "plain").mkdir()
    rc = "text.usetex: True\nfont.size: 40\nsvg.fonttype: none\nlines.linewidth: 9\n"
    (tmp_path / "hostile" / "matplotlibrc").write_text(rc)
    digests = [
        subprocess.run(
            [sys.executable, "-P", "-c", script],
            cwd=tmp_path / name,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in ("hostile", "plain")
    ]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("kind", CHARTS)
def test_hostile_names_draw_as_plain_text(kind):
    findings = gather(a_view(variants=HOSTILE[:4], pools=HOSTILE[4:], seeds=(1, 2)))
    text = svg_of(draw(kind, findings))
    assert "<script" not in text
    assert "<img" not in text
    assert "\x00" not in text


@pytest.mark.parametrize("kind", CHARTS)
def test_no_chart_warns(kind, findings):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg_of(draw(kind, findings))


@pytest.mark.parametrize(("cell", "written"), [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"),
    ("\rx", "'\rx"), ("\nx", "'\nx"), ("a=1", "a=1"), ("", ""), (-1.5, -1.5), (3, 3),
    (float("nan"), ""), (None, ""),
])  # fmt: skip
def test_csv_cells_run_no_formula(cell, written):
    assert guarded(cell) == written


def test_the_csv_reads_back_with_its_formulas_guarded():
    drawn = draw("wait_cdf", gather(a_view(variants=("=1+1", "b"), seeds=(1,))))
    rows = list(csv.reader(io.StringIO(drawn.csv())))
    assert tuple(rows[0]) == drawn.columns
    assert {row[0] for row in rows[1:]} == {"'=1+1", "b"}
    assert len(rows) == len(drawn.rows) + 1


def test_the_wait_curve_starts_with_who_did_not_wait_and_ends_at_one(findings):
    rows = [row for row in draw("wait_cdf", findings).rows if row[0] == "borrow"]
    runs = findings.tallies_of("borrow")
    at_once = sum(run.at_once for run in runs) / sum(run.waits for run in runs)
    assert rows[0][1:3] == (0.0, at_once)
    assert rows[-1][2] == 1.0
    shares = [row[2] for row in rows]
    assert shares == sorted(shares)
    assert all(0 <= low <= high <= 1 for _, _, _, low, high in rows)


def test_jobs_that_never_wait_still_have_a_curve():
    findings = gather(a_view(scales=[0.0, 0.0]))
    drawn = draw("wait_cdf", findings)
    assert not drawn.empty
    assert {row[2] for row in drawn.rows} == {1.0}
    svg_of(drawn)


def test_charts_of_nothing_are_marked_empty_and_still_draw():
    view = a_view(levels={"queue": False, "steps": 0})
    findings = gather(view)
    for kind in ("queues", "allocation", "utilisation_heatmap"):
        drawn = draw(kind, findings)
        assert drawn.empty, kind
        svg_of(drawn)


def test_many_pools_share_one_row():
    pools = tuple(f"pool-{n:03}" for n in range(90))
    drawn = draw(
        "utilisation_heatmap", gather(a_view(variants=("base",), pools=pools, seeds=(1,)))
    )
    names = {row[1] for row in drawn.rows}
    assert "30 other pools" in names
    assert len(names) == 60
    assert all(0 <= row[4] <= 1.000001 for row in drawn.rows)


def test_pools_that_are_never_used_share_a_row():
    def levels(variant, seed):
        found = some_levels(seed, pools=pools)
        allocated = found.allocated.copy()
        allocated[:, 3:] = 0
        return FakeLevels(**{**found.__dict__, "allocated": allocated})

    pools = tuple(f"p{n}" for n in range(9))
    findings = gather(a_view(variants=("base",), pools=pools, seeds=(1,), levels_door=levels))
    rows = draw("utilisation_heatmap", findings).rows
    assert list(dict.fromkeys(row[1] for row in rows)) == ["p0", "p1", "6 pools, always idle"]


def test_many_lines_share_one_line():
    def levels(variant, seed):
        found = some_levels(seed, pools=tuple(f"p{n}" for n in range(9)))
        queued = found.queued + 1.0
        return FakeLevels(**{**found.__dict__, "queued": queued})

    pools = tuple(f"p{n}" for n in range(9))
    drawn = draw("queues", gather(a_view(pools=pools, seeds=(1,), levels_door=levels)))
    assert {row[1] for row in drawn.rows} == {"p0", "p1", "p2", "p3", "p4", "4 other lines"}


def test_more_variants_than_colours_draw():
    names = tuple(f"variant-{n}" for n in range(16))
    findings = gather(a_view(variants=names, seeds=(1, 2)))
    for kind in CHARTS:
        svg_of(draw(kind, findings))


def test_instants_are_said_as_people_do(findings):
    start = start_of(findings)
    assert clock(start, 86_400 + 37_200, "en") == "Tue 3 Mar 10:20"
    assert clock(start, 86_400 + 37_200, "zh") == "3月3日 周二 10:20"
    assert clock(None, 7200, "en") == "2 h"


def test_a_start_that_is_no_date_is_told_in_hours():
    view = a_view()
    findings = gather(a_view(resolved={v: {"start": "yesterday"} for v in view.variants}))
    assert start_of(findings) is None
    svg_of(draw("queues", findings))


def test_missing_glyphs_are_known_beforehand():
    assert not missing_glyphs("hangzhou é µ −")
    assert missing_glyphs("\U00020000")


def test_text_is_paths_and_nothing_points_outside(findings):
    text = svg_of(draw("variants", findings))
    assert "<text" not in text
    targets = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert all(t.startswith(("#", "data:")) for t in targets)
    assert "<dc:date" not in text
