import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bench.assumptions import data_classes, fully_used, perfect_estimates, unknown_amounts
from bench.charts import CHARTS, Look, draw
from bench.facts import facts, policy_texts
from bench.measures import UNITS
from bench.pools_table import MOST_POOLS
from bench.report import draw_all, first_sentences, page, write_report
from bench.sections import (
    difference_of,
    five_numbers,
    renamed,
    variants_table,
    variants_tables,
)
from bench.tables import gather
from bench.view import MeasureRow
from bench.weak_rows import weak_rows
from scheduler import REASONS
from tests.bench.report_fakes import a_view, resolved
from topology import catalogue_places

DATA = "data:image/png;base64,"


def page_of(view, lang="en", *, drawn=False):
    findings = gather(view)
    return page(findings, draw_all(findings, lang) if drawn else {}, lang)


@pytest.fixture(scope="module")
def html():
    return page_of(a_view(), drawn=True)


class Outline(HTMLParser):
    """The tags, ids and addresses of a page, and whether its tags close in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.targets, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in {"meta", "img", "link", "br"}:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in {"href", "src", "xlink:href", "action"}:
                self.targets.append(value)
            assert not name.startswith("on"), (tag, name)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_its_ids_are_unique(html):
    outline = Outline(html)
    assert outline.open == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert outline.tags.count("script") == 1


def test_the_policy_comes_first_in_the_head_but_for_the_charset(html):
    head = html[html.index("<head>") :]
    assert re.match(
        r'<head>\s*<meta charset="utf-8">\s*<meta http-equiv="Content-Security-Policy" '
        r"content=\"default-src &#39;none&#39;; style-src",
        head,
    )


def test_nothing_points_outside_the_page(html):
    outline = Outline(html)
    assert all(target.startswith(("#", DATA)) for target in outline.targets)
    for target in outline.targets:
        assert not target.startswith("#") or target[1:] in outline.ids
    assert "@import" not in html


def test_the_answer_comes_first_and_refused_jobs_right_after(html):
    question = html.index(
        "Does the city need its own GPUs, or can it borrow the province&#39;s?"
    )
    answer = html.index("“own-gpus” is better than “borrow”: its 95th-percentile wait is")
    refused = html.index("Refused in every variant: 12 of 400 jobs a run (3.0")
    assert question < answer < refused < html.index("Five numbers") < html.index("<nav")


def test_five_numbers_with_refused_jobs_among_them():
    names = five_numbers(gather(a_view()))
    assert names == [
        "wait_p95_s", "allocated_share_gpu", "jobs_refused", "jobs_finished", "wait_mean_s",
    ]  # fmt: skip
    other = five_numbers(gather(a_view(measure="jobs_finished", jobs={"waiting": 5})))
    assert len(set(other)) == 5
    assert {"jobs_finished", "jobs_refused", "censored_share", "wait_p95_s"} <= set(other)


def test_intervals_stand_below_the_numbers(html):
    numbers = html[html.index('id="numbers"') : html.index("<nav")]
    assert len(re.findall(r"<small>[\d.,]+ to [\d.,]+</small>", numbers)) >= 4
    assert "Mean over 5 seeds" in numbers


def test_a_certain_run_has_no_interval_and_says_so():
    text = page_of(a_view(seeds=(1,), random=False))
    numbers = text[text.index('id="numbers"') : text.index("<nav")]
    assert "Nothing is random in this scenario" in numbers
    table = numbers[: numbers.index("</section>")]
    assert " to " not in re.sub(r"<[^>]+>", "", table)


def test_reasons_are_in_the_planners_words_with_counts_and_hours(html):
    held = html[html.index('id="held"') : html.index('id="refused"')]
    assert "free capacity was enough in sum, on no single node or device" in held
    assert "more nodes, or letting jobs overflow" in held
    assert "Mon\N{NO-BREAK SPACE}2" not in held
    refused = html[html.index('id="refused"') : html.index('id="figures"')]
    assert "larger than any node that it may use" in refused
    assert "its data may not leave for any pool that fits" in refused


def test_nothing_held_and_nothing_refused_are_said():
    text = page_of(a_view(scales=[0.0, 0.0], jobs={"refused": 0}, levels={"queue": False}))
    assert "No counted job waited." in text
    assert "No counted job was refused." in text
    assert "No job was refused in any variant." in text
    assert "No figure of queues: no line had any." in text


def test_differences_are_bold_where_they_are_more_than_chance():
    names = ["wait_mean_s", "jobs_refused"]
    table = variants_table(gather(a_view()), "en", names)
    assert table.heads == ("measure", "borrow", "own-gpus", "own-gpus − borrow")
    by_name = {row[0].small: row for row in table.rows}
    assert by_name["wait_mean_s"][3].strong
    assert not by_name["jobs_refused"][3].strong
    shown = [t for _, tables, _ in variants_tables(gather(a_view()), "en") for t in tables]
    assert all(row[0].small != "deadline_met_share" for table in shown for row in table.rows)


def test_many_variants_get_their_differences_in_a_table_of_their_own():
    names = tuple("abcdefgh")
    text = page_of(a_view(variants=names, seeds=(1, 2)))
    assert "Differences from “a”, seed by seed" in text
    assert "6 of 8 variants here, the rest in the table of variants." in text


def test_one_variant_is_not_laid_beside_itself():
    view = a_view(variants=("base",))
    assert "variants" not in draw_all(gather(view))
    text = page_of(view)
    assert "The 95th-percentile wait is" in text
    assert "Refused: 12 of 400 jobs a run (3.0" in text
    assert "All measures" in text


def test_assumptions_are_listed(html):
    part = html[html.index('id="assumptions"') :]
    assert (
        "Jobs count when submitted from 24\N{NO-BREAK SPACE}h until 7\N{NO-BREAK SPACE}days"
        in part
    )
    assert "Data classes (the defaults)" in part
    assert "Used equals allocated for “fine-tune”" in part
    assert "Perfect estimates" not in part
    assert "srv-910b-8" in part


def test_perfect_estimates_are_told():
    view = a_view(jobs={"exact": True})
    assert perfect_estimates(gather(view)) == ["fine-tune", "night-batch"]
    assert "Perfect estimates: every job of “fine-tune” and “night-batch”" in page_of(view)


def test_weak_rows_come_weakest_first_and_own_rows_are_not_the_catalogues():
    rows = weak_rows(gather(a_view()))
    order = ("missing", "unverified", "estimate", "mixed", "derived", "secondary")
    ranks = [order.index(row.confidence) for row in rows]
    assert ranks == sorted(ranks)
    assert rows[0].users == ("hz-gpu", "core-gpu", "xihu-edge")
    own = resolved()
    own["topology"]["servers"] = [{"name": "srv-910b-8", "cpu": None}]
    assert weak_rows(gather(a_view(resolved={"borrow": own, "own-gpus": own}))) == []
    unknown = resolved()
    for pool in unknown["topology"]["pools"]:
        pool["server"] = "host-64"
    text = page_of(a_view(resolved={"borrow": unknown, "own-gpus": unknown}))
    assert "Nothing in use is weaker than “published”." in text


def test_own_data_classes_are_told_apart_from_the_defaults():
    own = resolved(classes=[{"name": "core", "stays_within": "city", "security_level": 5}])
    view = a_view(resolved={"borrow": own, "own-gpus": own})
    assert data_classes(view) == ([("core", "city", 5)], False)
    assert data_classes(a_view())[1]


def test_use_of_one_in_any_form_counts_as_fully_used():
    own = resolved(workloads=[{"name": "a", "use": 1}, {"name": "b", "use": {"mean": 0.3}}])
    assert fully_used(a_view(resolved={"borrow": own, "own-gpus": own})) == ["a"]


def test_facts_name_seeds_policies_versions_and_digest():
    found = dict(facts(gather(a_view()), "en"))
    assert found["seeds"] == "1–5"
    assert found["policies"] == "dispatch local-first, queue fcfs at=pool, packing best-fit"
    assert found["versions"] == "suanli 0.1.0, python 3.11.7, simpy 4.1.2"
    assert found["scenario digest"] == "0f" * 32
    assert found["jobs simulated"] == "4,000 in 10 runs"
    assert dict(facts(gather(a_view(seeds=(1, 5))), "en"))["seeds"] == "1, 5"


@pytest.mark.parametrize(
    ("seeds", "more", "text"),
    [
        ((1,), 0, "400"),
        ((1,), 30, "430: 400 counted, submitted from warm-up to horizon; 30 before or after"),
        (
            (1, 2),
            30,
            "860 in 2 runs: 800 counted, submitted from warm-up to horizon; 60 before or after",
        ),
    ],
)
def test_jobs_that_count_are_told_from_all_that_were_simulated(seeds, more, text):
    found = gather(a_view(variants=("borrow",), seeds=seeds))
    tallies = {key: replace(one, rows=one.rows + more) for key, one in found.tallies.items()}
    assert dict(facts(replace(found, tallies=tallies), "en"))["jobs simulated"] == text


def test_policies_that_differ_are_told_by_variant_even_as_written():
    raw = {"policies": {"dispatch": "nearest", "queue": {"name": "fcfs", "at": "site"}}}
    view = a_view(resolved={"borrow": raw, "own-gpus": resolved()})
    assert policy_texts(view) == [
        "borrow: dispatch nearest, queue fcfs at=site",
        "own-gpus: dispatch local-first, queue fcfs at=pool, packing best-fit",
    ]


def test_a_bare_view_still_makes_a_page():
    view = a_view(question="", resolved={"borrow": {}, "own-gpus": {}}, versions={})
    text = page_of(view)
    assert "The scenario asks no question." in text


def test_a_run_without_time_still_makes_a_page():
    assert "Five numbers" in page_of(a_view(levels={"steps": 0}))


def test_a_run_cut_short_says_so_at_once():
    sentences = first_sentences(gather(a_view(jobs={"waiting": 40})), "en")
    assert "Up to 10.0 % of the counted jobs had not ended" in sentences[-1]


def test_it_is_written_in_chinese_too():
    text = page_of(a_view(), "zh")
    assert '<html lang="zh-CN">' in text
    assert "“own-gpus”优于“borrow”" in text
    visible = re.sub(
        r"<svg.*?</svg>|<style.*?</style>|<script.*?</script>", "", text, flags=re.S
    )
    assert "the pool was full" not in visible
    assert "算力池" in visible


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "a\u202eb\x00c\x1b[31m",
    "--><!--",
    "&lt;b&gt; &amp;",
    "]]><![CDATA[",
)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.wide
def test_hostile_names_are_text_everywhere(name):
    other = f"{name}2"
    settings = resolved(pools=(name, other, "x"), workloads=[{"name": name}])
    settings["topology"]["pools"][0] |= {"site": name, "cloud": name, "server": name}
    settings["start"] = name
    view = a_view(
        variants=(name, other),
        pools=(name, other, "x"),
        seeds=(1, 2),
        name=name,
        question=name,
        digest=name,
        versions={name: name},
        resolved={name: settings, other: settings},
    )
    text = page_of(view, drawn=True)
    outline = Outline(text)
    assert outline.tags.count("script") == 1
    assert "img" not in outline.tags
    assert all(target.startswith(("#", DATA)) for target in outline.targets)
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", text, flags=re.S)[0]
    assert not re.search("[\x00-\x08\x1b\u202e]", text)


@pytest.mark.wide
def test_the_report_and_its_figures_are_written_the_same_twice(tmp_path):
    for name in ("one", "two"):
        write_report(a_view(), tmp_path / f"{name}.html", figures=tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    drawn = [f"{kind}.{ending}" for kind in CHARTS for ending in ("svg", "png")]
    assert names == sorted([*drawn, "ledger.csv", "pools.csv"])
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


ALLOWED = {"vCPU", "GPU", "DPU", "CPU", "PUE", "GB", "GiB", "TB", "lat", "lon", "use", "GPUs"}
UNSEEN = r"<(svg|style|script|head)\b.*?</\1>|<!doctype.*?>"


def latin_words(text):
    return set(re.findall(r"(?<![\w.-])[A-Za-z][\w.-]*", text, flags=re.ASCII))


def latin_words_on(page):
    """Latin words that a reader sees on the page, titles of buttons among them."""
    seen = re.sub(UNSEEN, "", page, flags=re.S)
    return latin_words(re.sub(r"<[^>]*>", " ", re.sub(r'title="([^"]*)"', r">\1<", seen)))


def test_no_english_label_is_left_on_the_chinese_page():
    workload = {
        "name": "fine-tune",
        "kind": "jobs",
        "security_level": 2,
        "data": {"data_class": "core"},
        "chips": {"domestic_only": True},
        "demand": {"gang_within": "site"},
    }
    settings = resolved(workloads=[workload, {"name": "night-batch", "kind": "trace"}])
    settings["topology"]["pools"][0]["reserved_for"] = ["health"]
    view = a_view(
        seeds=(1, 2),
        question="城市需要自建智算吗？",
        resolved=dict.fromkeys(("borrow", "own-gpus"), settings),
        jobs={"waiting": 9},
    )
    pools = settings["topology"]["pools"]
    names = {"two-tiers", "fine-tune", "night-batch", *view.variants, view.digest}
    names |= {"health", "traffic", "A"}  # tenants, and the cloud gov-a is 政务云A
    names |= {pool[key] for pool in pools for key in ("name", "site", "cloud")}
    policies = {"local-first", "fcfs", "best-fit", "at", "pool"}
    cited = latin_words(" ".join(f"{row.name} {row.source}" for row in weak_rows(gather(view))))
    known = names | policies | cited | {*UNITS, *REASONS, *view.versions} | ALLOWED
    assert latin_words_on(page_of(view, "zh", drawn=True)) - known == set()


def test_differences_of_the_last_digits_are_none():
    values = {"borrow": {1: 80.0, 2: 80.0}, "own-gpus": {1: 80.0 + 1e-13, 2: 80.0 + 2e-13}}
    rows = [
        MeasureRow(variant, "dispatch_mean_s", "s", "all", "", seed, value)
        for variant, by in values.items()
        for seed, value in by.items()
    ]
    findings = gather(a_view(seeds=(1, 2), measures=tuple(rows)))
    table = variants_table(findings, "en", ["dispatch_mean_s"])
    assert (table.rows[0][3].text, table.rows[0][3].strong) == ("0", False)


def test_intervals_end_where_the_measure_itself_does():
    values = {1: 0.7, 2: 1.0}
    rows = [
        MeasureRow("base", "used_share_gpu", "share", "all", "", s, v)
        for s, v in values.items()
    ]
    rows += [MeasureRow("base", "jobs_refused", "jobs", "all", "", s, s) for s in values]
    findings = gather(a_view(variants=("base",), seeds=(1, 2), measures=tuple(rows)))
    table = variants_table(findings, "en", ["used_share_gpu", "jobs_refused"])
    assert [row[1].small for row in table.rows] == ["0.0 to 100.0", "0.0 to 7.9"]


def test_what_keeps_money_undefined_is_named():
    settings = resolved(workloads=[{"name": "a", "kind": "jobs", "data": {"output_gb": 1}}])
    settings["topology"]["clouds"] = [{"name": "gov-a"}, {"name": "unused"}]
    settings["topology"]["servers"] = [{"name": "srv-910b-8", "price_cny": None, "idle_w": 1}]
    assert unknown_amounts(a_view(resolved={"borrow": settings})) == {
        "price": ["srv-910b-8"],
        "watts": ["srv-910b-8"],
        "tariff": ["site-0", "site-1", "site-2"],
        "egress": ["gov-a"],
    }


@pytest.mark.parametrize(("workload", "told"), [
    ({"estimate": {"kind": "exact"}}, True),
    ({"estimate": {"kind": "factor", "factor": 1}}, True),
    ({"estimate": {"kind": "factor", "factor": 2}}, False),
    ({"work": {"kind": "fixed", "mean_h": 2}}, True),
    ({"work": {"kind": "exponential", "mean_h": 2}}, False),
])  # fmt: skip
def test_exact_estimates_are_told_though_the_work_runs_slower_elsewhere(workload, told):
    settings = resolved(workloads=[{"name": "fine-tune", "class": "llm_decode", **workload}])
    view = a_view(seeds=(1,), resolved=dict.fromkeys(("borrow", "own-gpus"), settings))
    assert ("fine-tune" in perfect_estimates(gather(view))) == told


def test_speeds_tariffs_places_and_sizes_are_among_what_is_weak():
    settings = resolved(
        workloads=[{"name": "fine-tune", "class": "llm_decode", "demand": {"gpu": 1}}]
    )
    topology = settings["topology"]
    topology["regions"] = [region_row("hangzhou"), region_row("hangzhou-xihu")]
    topology["sites"] = [{"name": "site-0", "region": "hangzhou-xihu", "tariff": "zhejiang"}]
    topology["pools"][0] |= {"name": "hz-gpu", "stack": "mindie"}
    topology["pools"].append(
        {"name": "site-0-gov-a-x", "site": "site-0", "cloud": "gov-a", "server": "srv-910b-8"}
    )
    view = a_view(variants=("base",), seeds=(1,), resolved={"base": settings})
    found = {(row.kind, row.name): row for row in weak_rows(gather(view))}
    assert found["speed", "llm_decode: ascend-910b3"].users == ("fine-tune",)
    assert found["stack", "llm_decode: ascend-910b3, mindie"].confidence == "derived"
    assert found["tariff", "zhejiang: hours"].confidence == "unverified"
    assert found["place", "county"].users == ("hangzhou-xihu",)
    assert found["size", ""].users == ("site-0-gov-a-x",)
    assert "taken" in {kind for kind, _ in found}


def region_row(name):
    return catalogue_places()[name].region().model_dump()


@pytest.mark.wide
def test_of_many_pools_the_page_shows_those_where_jobs_waited_and_a_file_has_all(tmp_path):
    names = ("hz-gpu", "core-gpu", *(f"edge-{n}" for n in range(60)))
    view = a_view(variants=("base",), seeds=(1,), pools=names)
    write_report(view, tmp_path / "report.html", figures=tmp_path)
    text = (tmp_path / "report.html").read_text()
    assert f"{MOST_POOLS} of 62 pools and lines" in text
    part = text[text.index('id="pools"') : text.index('id="assumptions"')]
    assert part.count("<tr>") == MOST_POOLS + 1
    assert part.index("hz-gpu") < part.index("edge-")
    assert len((tmp_path / "pools.csv").read_text().splitlines()) == 63


def test_a_certain_change_of_no_size_is_not_bold():
    base = {1: 1000.0, 2: 1100.0, 3: 1050.0}
    tiny = {seed: value - 0.5 + 0.001 * seed for seed, value in base.items()}
    more = {seed: value - 20.0 + 0.001 * seed for seed, value in base.items()}
    assert not difference_of("s", base, tiny, "en").strong
    assert difference_of("s", base, more, "en").strong


POOLS = ("hangzhou-gov-a-ascend", "zhejiang-core-gov-b-nvidia", "mine")


def test_the_chinese_page_tells_generated_pools_by_place_and_chips():
    page = page_of(a_view(pools=POOLS, seeds=(1, 2)), "zh", drawn=True)
    told = "杭州市·政务云A·昇腾"
    assert f"<bdi>{told}</bdi><small>{POOLS[0]}</small>" in page  # in the table of pools
    assert f"{told}，始于" in page  # in the sentence of the first screen
    assert re.search(
        rf'<td title="{POOLS[0]}[^"]*"[^>]*><bdi>{told}', page
    )  # where it is short
    assert "名称下方小字为 YAML" in page
    english = page_of(a_view(pools=POOLS, seeds=(1, 2)), "en", drawn=True)
    assert told not in english
    assert "what the YAML and the tables call it" not in english


def test_the_numbers_behind_chinese_figures_keep_the_names_of_the_tables():
    findings = gather(a_view(pools=POOLS, seeds=(1, 2)))
    for kind in ("utilisation_heatmap", "queues"):
        rows = draw(kind, findings, Look(lang="zh")).rows
        assert POOLS[0] in {row[1] for row in rows}
        assert "杭州市·政务云A·昇腾" not in {row[1] for row in rows}


def test_the_names_behind_a_cell_are_as_many_as_it_tells():
    names = [f"hangzhou-xihu-{n}-gov-a-ascend" for n in range(2, 90)]
    assert renamed(names, "zh") == ", ".join(names[:3])
    assert renamed(names, "en") == renamed(["mine"], "zh") == ""
