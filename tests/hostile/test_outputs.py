"""Hostile names on their way to HTML, SVG, CSV and the terminal: text there, never more.

Most of them no name may have; question, tenants and ids of a table, and the names of files may
hold nearly anything. What draws and writes is tried with all of them in every place.
"""

# ruff: noqa: E501 - lists of names read best dense

import csv
import html.parser
import io
import json
import re
import shutil
from functools import partial
from xml.etree import ElementTree

import pytest
from playwright.sync_api import sync_playwright

from bench.charts import CHARTS, Look, draw, svg_of
from bench.commands import app
from bench.commands.endings import ending
from bench.report import draw_all, page
from bench.tables import gather
from scenarios import ScenarioError, import_table, read
from tests.bench.report_fakes import a_view
from tests.scenarios.snippets import SMALL

pytestmark = pytest.mark.wide

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# what may be shown, as text; those of GOOD are names that a scenario may have
NAMES = (
    "<script>alert(1)</script>", "<script src=//example.org/x.js></script>", "</script><script>alert(2)",
    "<img src=x onerror=alert(3)>", '"><img src=x onerror=alert(4)>', "'><svg onload=alert(5)>",
    "<svg><script>alert(6)</script></svg>", "<iframe src=javascript:alert(7)>", "<a href=javascript:alert(8)>x</a>",
    "javascript:alert(9)", "<body onload=alert(10)>", "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//example.org/x.css>", "<base href=//example.org/>",
    "<meta http-equiv=refresh content=0;url=//example.org>", "<form action=//example.org><button>x",
    "-->", "<!--", "]]>", "<![CDATA[x]]>", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "&lt;script&gt;", "&#60;b&#62;", "</title><b>", "</style><b>", "</svg><b>", '" onmouseover="alert(11)',
    "' onfocus='alert(12)' autofocus='", "{{ 7*7 }}", "{% raw %}", "{0.__class__}", "%s%n%d", "${HOME}", "`id`",
    "$(id)", r"$\frac{1}{0}$", r"$\input{/etc/passwd}$", r"\href{javascript:alert(13)}{x}", "_x^{2}_{y}",
    "=1+1", "=cmd|'/c calc'!A1", "+1", "-1+1|x", "@SUM(A1:A9)", "=HYPERLINK(\"//example.org\")", "=IMPORTXML(1)",
    "url(//example.org/x)", "data:text/html,<b>", "//example.org", "../../x", "CON", "-rf", "a" * 200,
    "a" * 3000, "漢" * 100, "аdmin", "e\u0301" * 30, "Z\u0310\u0323\u0331" * 20, "😀👩\u200d💻", "＝1＋1",
    "x /* font */ y", "nan", "null", "hz-gpu (old) 1.0",
)  # fmt: skip
GOOD = ("nan", "null", "аdmin", "hz-gpu (old) 1.0", "CON", "e\u0301" * 30)
UNSEEN = (
    "a\tb", "a\nb", "a\rb", "a\0b", "a\x07b", "a\x1b[31mb", "a\x1b]0;x\x07b", "a\x9b31mb", "a\x7fb",
    "a\x08b", "a\u202eb", "a\u2066b", "a\u200bb", "a\ufeffb", "a\u2028b", "a\u061cb",
)  # fmt: skip
FORMULA = re.compile(r"[=+\-@\t\r\n]")


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def of_hostile_names(**more):
    """An experiment in which all that has a name has a hostile one."""
    return a_view(
        variants=NAMES[:4], pools=NAMES, question=" ".join(NAMES), seeds=(1, 2), **more
    )


class Tags(html.parser.HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


def harmless(text):
    """The page has one script, ours, and nothing that acts or is fetched."""
    tags = Tags()
    tags.feed(text)
    kinds = [tag for tag, _ in tags.found]
    assert kinds.count("script") == 1
    assert not {"iframe", "object", "embed", "base", "form", "img", "link"} & set(kinds)
    assert kinds.count("meta") == 4
    for _, attributes in tags.found:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png"))


LANGUAGES = ["en", pytest.param("zh", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def findings():
    return gather(of_hostile_names())


@pytest.fixture(scope="module")
def drawn(findings):
    return {kind: draw(kind, findings, Look()) for kind in CHARTS}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.wide
def test_a_page_holds_hostile_names_as_text(lang, findings, drawn):
    text = page(findings, drawn if lang == "en" else draw_all(findings, lang), lang)
    harmless(text)
    for name in ("<script>alert(1)", "<img src=x onerror", "<svg onload", "<b>", "<!--"):
        assert name not in text
    assert "{{ 7*7 }}" in text


def test_a_figure_holds_hostile_names_as_shapes(drawn):
    for picture in drawn.values():
        text = svg_of(picture)
        assert "<!ENTITY" not in text
        for element in ElementTree.fromstring(text).iter():
            tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
            assert tag not in {"script", "foreignObject", "iframe", "a", "set", "animate"}
            for name, value in element.items():
                plain = name.rpartition("}")[2]
                assert not plain.startswith("on")
                assert plain != "href" or value.startswith(("#", "data:image/png"))
                assert "javascript:" not in value
                assert "example.org" not in value


def test_numbers_of_a_figure_hold_no_formula(drawn):
    cells = 0
    for kind, picture in drawn.items():
        for row in csv.reader(io.StringIO(picture.csv())):
            for cell in row:
                cells += cell.startswith("'")
                assert is_number(cell) or not FORMULA.match(cell), (kind, cell)
    assert cells > 0


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_runs_and_fetches_nothing(findings, drawn, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page(findings, drawn), encoding="utf-8")
    said, asked = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_context(offline=True).new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri())
        for button in tab.locator("thead th button").all()[:3]:
            button.click()
        tab.wait_for_timeout(100)
        own = "[...document.scripts].length + document.querySelectorAll('img,iframe,form,base').length"
        assert tab.evaluate(own) == 1
        assert tab.locator("h1").inner_text().startswith("<script>alert(1)</script>")
        browser.close()
    assert said == []
    assert asked == [path.as_uri()]


# --- the doors ----------------------------------------------------------------------------


def edited(old, new):
    assert SMALL.count(old) == 1
    return SMALL.replace(old, new)


@pytest.mark.parametrize("name", [*NAMES, *UNSEEN])
def test_no_such_name_gets_in(name, tmp_path):
    quoted = json.dumps(name)
    path = tmp_path / "s.yaml"
    for old, new in (
        ("name: small", f"name: {quoted}"),
        ("{name: hz, tier: city}", f"{{name: {quoted}, tier: city}}, {{name: hz, tier: city}}"),
        ("  more: {", f"  {quoted}: {{"),
    ):
        text = edited(old, new) if "tier" not in new else edited(
            "    - {name: hz, tier: city}", f"    - {{name: hz, tier: city}}\n    - {{name: {quoted}, tier: city}}"
        )  # fmt: skip
        path.write_text(text, encoding="utf-8")
        if name in GOOD:
            assert read(path)
            continue
        with pytest.raises(ScenarioError) as error:
            read(path)
        assert str(error.value).replace("\n", "").isprintable()


@pytest.mark.parametrize("name", UNSEEN)
def test_no_question_and_no_cell_turns_a_terminal(name, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        f'submit_s,run_s,tenant,id\n1,2,,ok\n1,2,"{name}",x\n', encoding="utf-8", newline=""
    )
    table = import_table(path)
    assert table.bad.any() or table.fatal
    assert all(str(problem).isprintable() for problem in table.problems)
    if name not in ("a\tb", "a\nb", "a\rb"):  # a question may have lines
        scenario = tmp_path / "s.yaml"
        scenario.write_text(f"question: {json.dumps(name)}\n{SMALL}", encoding="utf-8")
        with pytest.raises(ScenarioError, match="is not taken"):
            read(scenario)


def ended(arguments, capsys):
    status = ending(partial(app, arguments, prog_name="suanli"))
    said = capsys.readouterr()
    for line in (said.out + said.err).split("\n"):
        assert line.isprintable(), line
    return status, said


TRACE = """\
name: t
question: QUESTION
topology:
  chips: [{name: plain, kind: cpu}]
  servers: [{name: host, cpu: plain, vcpu: 8}]
  clouds: [{name: gov}]
  sites: [{name: hz, tier: city}]
  pools: [{name: p, site: hz, cloud: gov, server: host, nodes: 2}]
workloads: [{name: w, kind: trace, file: FILE}]
"""


def a_hostile_trace(folder, file):
    """A scenario whose question, file, tenants and ids are hostile."""
    names = [name for name in NAMES if len(name) <= 255 and "\u200d" not in name]
    rows = [[n * 60, 600, 4, name, f"{name}x"] for n, name in enumerate(names)]
    with (folder / file).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["submit_s", "run_s", "vcpu", "tenant", "id"], *rows])
    question = json.dumps(" ".join(names), ensure_ascii=False)
    text = TRACE.replace("FILE", json.dumps(file)).replace("QUESTION", question)
    path = folder / "<img src=x onerror=alert(0)>.yaml"
    path.write_text(text, encoding="utf-8")
    return names, path


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.wide
def test_a_whole_run_of_hostile_words_is_harmless(lang, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names, path = a_hostile_trace(tmp_path, "<svg onload=alert(1)>.csv")
    out = "'><b onclick=alert(2)>"
    arguments = ["run", path.name, "--workers", "1", "--out", out, "--lang", lang]
    status, _ = ended(arguments, capsys)
    assert status == 0
    harmless((tmp_path / out / "report.html").read_text(encoding="utf-8"))
    for picture in (tmp_path / out / "figures").glob("*.svg"):
        assert "alert(" not in picture.read_text(encoding="utf-8")
        ElementTree.parse(picture)
    assert ended(["verify", out], capsys)[0] == 0
    assert ended(["compare", out], capsys)[0] == 0
    assert ended(["chart", out, "--kind", "queues"], capsys)[0] == 0
    assert len(names) > 40


def test_a_table_as_CSV_holds_no_formula(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names, _ = a_hostile_trace(tmp_path, "t.csv")
    assert ended(["trace", "table", "t.csv", "--out", "o.csv"], capsys)[0] == 0
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert [row[rows[0].index("tenant")].removeprefix("'") for row in rows[1:]] == [
        name.removeprefix("'") for name in names
    ]
    assert not [c for row in rows for c in row if not is_number(c) and FORMULA.match(c)]


def test_no_title_and_no_file_name_turns_a_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("submit_s,a\x1b[31mb,x\u202ey\n1,2,3\n", encoding="utf-8")
    assert ended(["trace", "table", "t.csv", "--out", "o.csv"], capsys)[0] == 0
    (tmp_path / "u.csv").write_text("a\x1b[31mb,run_s,run_s\n1,2,3\n", encoding="utf-8")
    assert ended(["trace", "table", "u.csv", "--out", "o.csv"], capsys)[0] == 2
    (tmp_path / "\x1b[2J.yaml").write_text(SMALL, encoding="utf-8")
    assert ended(["check", "\x1b[2J.yaml"], capsys)[0] == 0
    assert ended(["check", "\x1b[2J.yam"], capsys)[0] == 2
    assert ended(["verify", "\x1b[2J"], capsys)[0] == 2
    assert ended(["check", "\x1b[2J.yaml", "--set", "name=\x9b"], capsys)[0] == 2
    assert ended(["check", "\x1b[2J.yaml", "--set", '"\x1b"=1'], capsys)[0] == 2
