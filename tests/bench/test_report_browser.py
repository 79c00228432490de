import re
import shutil

import pytest
from playwright.sync_api import sync_playwright

from bench.report import write_report
from tests.bench.report_fakes import a_view

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"
)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the report of a view, offline; what it said stands beside it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)

    def open_report(view, lang="en"):
        path = write_report(view, tmp_path / "report.html", lang=lang)
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_timeout(50)
        assert asked == [path.as_uri()]
        assert said == []
        return page, said

    yield open_report
    context.close()


@pytest.mark.parametrize("lang", ["en", pytest.param("zh", marks=pytest.mark.wide)])
def test_it_opens_offline_without_an_error_or_a_request(opened, lang):
    page, _ = opened(a_view(), lang)
    assert page.locator("figure svg").count() == 7


@pytest.mark.wide
def test_chinese_shows_on_a_machine_without_a_chinese_font(opened):
    page, _ = opened(a_view(seeds=(1, 2)), "zh")
    page.evaluate("document.fonts.ready")
    loaded = "[...document.fonts].map(face => [face.family, face.status])"
    assert page.evaluate(loaded) == [["Suanli CJK", "loaded"]]


@pytest.mark.wide
@pytest.mark.parametrize("variants", [("base",), ("a", "b"), tuple("abcdef")])
def test_answer_refused_jobs_and_five_numbers_fit_the_first_screen(opened, variants):
    page, _ = opened(a_view(variants=variants, seeds=(1, 2, 3)))
    box = page.locator("#numbers table").bounding_box()
    assert box["y"] + box["height"] < 900
    assert page.locator("#numbers thead th").count() == 6
    assert page.locator("#answer").bounding_box()["y"] < 300
    assert "efused" in page.locator(".also").nth(1).inner_text()


@pytest.mark.wide
def test_a_click_sorts_a_table_by_number_and_again_the_other_way(opened):
    page, _ = opened(a_view(seeds=(1, 2)))
    head = page.locator("#held thead th", has_text="hours waited")

    def hours():
        cells = page.locator("#held tbody tr td:nth-child(4)").all()
        return [float(cell.get_attribute("data-v")) for cell in cells]

    head.locator("button").click()
    assert hours() == sorted(hours(), reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    head.locator("button").click()
    assert hours() == sorted(hours())


def test_names_with_scripts_run_nothing(opened):
    names = (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(2)>',
        "<svg onload=alert(3)>",
    )
    page, said = opened(a_view(variants=names, pools=names, question=names[1], seeds=(1, 2)))
    page.locator("#held thead th button").first.click()
    assert said == []
    assert page.locator("h1").inner_text() == names[1]
    assert page.locator("img").count() == 0


@pytest.mark.wide
def test_the_policy_stops_what_might_slip_through(opened):
    page, said = opened(a_view(seeds=(1,)))
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.slipped = 1';
            const image = document.createElement('img');
            image.src = 'https://example.invalid/x.png';
            document.body.append(script, image);
        }"""
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.slipped") is None
    assert any("Content Security Policy" in text for text in said)


@pytest.mark.wide
@pytest.mark.parametrize("variants", [("base",), ("a", "b"), tuple("abcdef")])
def test_it_prints_on_a4_without_running_over_the_edge(opened, variants):
    page, _ = opened(a_view(variants=variants, seeds=(1, 2)))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 695, "height": 1000})  # 184 mm, the type area of A4
    assert page.evaluate("document.documentElement.scrollWidth") <= 695
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.wide
def test_every_fold_is_open_in_print(opened):
    page, _ = opened(a_view(seeds=(1, 2)))
    folded = page.locator("#waits details:not([open]) td").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()


MANY = tuple(f"zhejiang-taizhou-luqiao-{n}-gov-a-ascend" for n in range(2, 62))


@pytest.mark.wide
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_paper_shows_the_first_rows_of_long_tables_and_says_how_many_more(opened, lang):
    page, _ = opened(a_view(pools=MANY, seeds=(1, 2)), lang)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    first, second = page.locator("#pools table").all()
    note = page.locator("#pools .more")
    shown = "rows => rows.filter(row => row.checkVisibility()).length"

    def rows():
        return [t.locator("tbody tr").evaluate_all(shown) for t in (first, second)]

    assert rows() == [40, 40]
    assert not note.is_visible()
    page.emulate_media(media="print")
    assert rows() == [40, 10]
    assert note.is_visible()
    assert re.search(r"\b30\b.*figures/pools\.csv", note.inner_text())


@pytest.mark.wide
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_of_many_pools_prints_on_few_pages(opened, lang):
    page, _ = opened(a_view(pools=MANY, variants=("a", "b", "c"), seeds=(1, 2)), lang)
    printed = page.pdf(prefer_css_page_size=True)
    assert 3 < len(re.findall(rb"/Type\s*/Page\b", printed)) <= 12
