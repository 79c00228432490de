"""The report: one HTML page that answers the question first and opens anywhere, offline.

Everything in it is inline: SVG figures, style, and one small script that sorts tables, named by
its hash in the content security policy, so that nothing else can run and nothing is fetched.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.amounts import amount, plain
from bench.assumptions import data_classes
from bench.bandwidth import bandwidth_note
from bench.charts import CHARTS, Drawn, Look, draw, missing_glyphs, save, svg_of
from bench.elsewhere import elsewhere_table
from bench.facts import assumptions, facts, unknown_texts
from bench.ledger_tables import bill_table, ledger_csv, ledger_parts, means_of
from bench.map_data import FLOWS, lost_sites, site_map
from bench.page_font import font_face
from bench.periods import period
from bench.planner_tables import (
    broken_rules,
    rules_notes,
    rules_table,
    tier_table,
)
from bench.pools_table import MOST_POOLS, pools_table
from bench.replica_tables import impossible_sentences, replicas_notes, replicas_table
from bench.rows import lone_rows, pool_rows, pools_csv, refused_rows
from bench.scarce_tables import plans_table, scarce_notes, scarce_table
from bench.sections import (
    Table,
    classes_table,
    five_numbers,
    held_table,
    numbers_table,
    refused_table,
    variants_tables,
    weak_table,
)
from bench.sentences import (
    Question,
    answer,
    censored,
    mean_of,
    plans_failed,
    refused,
    undefined,
)
from bench.short_tables import (
    effects_table,
    free_where,
    quota_sentence,
    short_sentence,
    short_table,
)
from bench.tables import Findings, gather
from bench.tier_times import tiers_of
from bench.view import RunView
from bench.waits_table import waits_note, waits_table
from bench.weak_rows import weak_rows
from bench.words import Lang, name_resource, say

TEMPLATES = Path(__file__).parent / "templates"
FONT_MARK = "/* font */"
FIRST_SCREEN_VARIANTS = 6
ENOUGH_SEEDS = 5
LATER_PARTS = 2  # of the ledgers of all variants but the first
OPEN_POOL_TABLES = 2
OPEN_POOL_ROWS = 40  # longer tables are for looking up, not for reading
UNIT_SPACE = re.compile(r"(?<=\d) (?=%|(?:h|min|s|ms|µs|days|points|CNY|GB|GiB|kWh)\b)")
SORT = (TEMPLATES / "sort.js").read_text(encoding="utf-8").strip()
SORT_HASH = base64.b64encode(hashlib.sha256(SORT.encode()).digest()).decode()
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    f"script-src 'sha256-{SORT_HASH}'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure on the page: its title, its SVG, what to see, and a name for screen readers."""

    kind: str
    title: str
    svg: str
    caption: str


def write_report(
    view: RunView, path: Path, *, lang: Lang = "en", figures: Path | None = None
) -> Path:
    """Writes the report of an experiment to `path`, and its figures to the folder `figures`."""
    findings = gather(view)
    drawn = draw_all(findings, lang)
    if figures is not None:
        figures.mkdir(parents=True, exist_ok=True)
        for kind, picture in drawn.items():
            save(picture, figures / kind)
        write_csv(findings, figures)
    path.write_text(page(findings, drawn, lang), encoding="utf-8", newline="\n")
    return path


def write_csv(findings: Findings, folder: Path) -> None:
    """Writes what the page shows the head of: every pool, every line of the ledger."""
    for name, text in (("pools", pools_csv(findings)), ("ledger", ledger_csv(findings.view))):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")


def draw_all(findings: Findings, lang: Lang = "en") -> dict[str, Drawn]:
    """Every chart that shows something; one variant is not laid beside itself."""
    many = len(findings.view.variants) > 1
    drawn = {
        kind: draw(kind, findings, Look(lang=lang))
        for kind in CHARTS
        if many or kind != "variants"
    }
    return {kind: picture for kind, picture in drawn.items() if not picture.empty}


def page(findings: Findings, drawn: Mapping[str, Drawn], lang: Lang = "en") -> str:
    """The page as text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html")
    text = template.render(say=_sayer(lang), lang=lang, **_parts(findings, drawn, lang))
    return text.replace(FONT_MARK, font_face(text), 1)


def _clean(value: Any) -> Any:
    """Text on its way into the page, without characters that could turn it around."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return UNIT_SPACE.sub("\N{NO-BREAK SPACE}", plain(value))


def _sayer(lang: Lang) -> Callable[..., str]:
    def words(key: str, **parts: object) -> str:
        return say(key, lang, **parts)

    return words


def _parts(findings: Findings, drawn: Mapping[str, Drawn], lang: Lang) -> dict[str, Any]:
    view = findings.view
    pools = _pools(findings, lang)
    waits = waits_table(findings, "workload", lang, FIRST_SCREEN_VARIANTS)
    return {
        "policy": POLICY,
        "sort_script": SORT,
        "view": view,
        "sentences": first_sentences(findings, lang),
        "numbers": numbers_table(findings, lang, FIRST_SCREEN_VARIANTS),
        "numbers_notes": _numbers_notes(findings, lang),
        "short": short_table(findings, lang),
        "short_free": free_where(findings, lang),
        "elsewhere": elsewhere_table(findings, lang),
        "effects": effects_table(findings, lang, FIRST_SCREEN_VARIANTS),
        "waits": waits,
        "tenant_waits": waits_table(findings, "tenant", lang, FIRST_SCREEN_VARIANTS),
        "waits_note": waits_note(findings, waits, lang, FIRST_SCREEN_VARIANTS),
        "tiers": tier_table(findings, lang),
        "replicas": replicas_table(view, lang),
        "replicas_notes": replicas_notes(view, lang),
        "scarce": scarce_table(view, lang),
        "scarce_notes": scarce_notes(view, lang),
        "plans": plans_table(view, lang),
        "rules": rules_table(findings, lang),
        "rules_notes": rules_notes(findings, lang),
        "variants": variants_tables(findings, lang),
        "variants_note": _variants_note(findings, lang),
        "held": held_table(findings, lang),
        "refused": refused_table(findings, lang),
        "unknown": unknown_texts(findings.view, lang),
        "ledgers": ledgers(findings.view, lang),
        "pools": pools,
        "peak_note": _peak_note(findings, lang),
        "pools_more": _pools_note(findings, lang),
        "pools_names": _names_note(pools, lang),
        "panels": [_panel(findings, kind, drawn[kind], lang) for kind in drawn],
        "notes": figure_notes(findings, drawn, lang),
        "assumptions": assumptions(findings, lang),
        "assumption_tables": _assumption_tables(findings, lang),
        "facts": facts(findings, lang),
    }


def first_sentences(findings: Findings, lang: Lang) -> list[str]:
    """The answer, the jobs refused, and what weakens either."""
    view = findings.view
    told = period(view, view.measure, lang)
    question = Question(view.measure, view.better, view.random, lang, told)
    values = view.values(view.measure)
    found = [
        answer(question, values),
        *impossible_sentences(view, lang),
        broken_rules(findings, lang),
        short_sentence(findings, lang),
        quota_sentence(findings, lang),
        _refused(findings, lang),
        undefined(question, values),
        few_seeds(findings, lang),
    ]
    shares = {name: mean_of(by) for name, by in view.values("censored_share").items()}
    failed, plans = (
        {name: mean_of(by) for name, by in view.values(measure).items() if by}
        for measure in ("plan_fallbacks", "plans")
    )
    found += [censored(shares, lang), plans_failed(failed, plans, lang)]
    return [text for text in found if text]


def few_seeds(findings: Findings, lang: Lang) -> str:
    """A warning where so few runs hardly tell chance apart; '' where nothing is random."""
    if not findings.view.random or findings.seeds >= ENOUGH_SEEDS:
        return ""
    return say("few_seeds" if findings.seeds > 1 else "one_seed", lang, n=findings.seeds)


def _refused(findings: Findings, lang: Lang) -> str:
    counts = {
        variant: (
            sum(sum(run.refused.values()) for run in runs) / len(runs),
            sum(run.counted for run in runs) / len(runs),
        )
        for variant in findings.view.variants
        if (runs := findings.tallies_of(variant))
    }
    reasons: dict[str, str] = {}
    for row in refused_rows(findings):
        reasons.setdefault(row.variant, row.reason)
    return refused(counts, reasons, lang)


def _numbers_notes(findings: Findings, lang: Lang) -> list[str]:
    view = findings.view
    if findings.seeds > 1:
        notes = [say("page_numbers_note", lang, n=findings.seeds)]
    else:
        notes = [say("page_numbers_single" if view.random else "page_numbers_certain", lang)]
    if any("_p95_" in name for name in five_numbers(findings)):
        notes.append(say("page_p95", lang))
    if len(view.variants) > FIRST_SCREEN_VARIANTS:
        shown, every = FIRST_SCREEN_VARIANTS, len(view.variants)
        notes.append(say("page_numbers_more", lang, shown=shown, all=every))
    return notes


def _variants_note(findings: Findings, lang: Lang) -> str:
    if findings.seeds < 2:
        return say("page_variants_note_certain", lang)
    many = len(findings.view.variants) > 1
    return say("page_variants_note" if many else "page_variants_note_one", lang)


def _pools(findings: Findings, lang: Lang) -> list[tuple[str, Table, bool]]:
    """(variant, table, open): the first variants' tables are open, the others fold out."""
    return [
        (variant, table, at < OPEN_POOL_TABLES and len(table.rows) <= OPEN_POOL_ROWS)
        for at, variant in enumerate(findings.view.variants)
        for table in [pools_table(findings, variant, lang)]
    ]


def ledgers(
    view: RunView, lang: Lang
) -> list[tuple[str, list[tuple[str, Table]], Table, bool]]:
    """(variant, ledger by scope, bill, open) of variants with a ledger; the first is open."""
    found = []
    for at, (variant, means) in enumerate(means_of(view).items()):
        tiers = tiers_of(view.resolved.get(variant, {}))
        parts = ledger_parts(means, lang, tiers)[: None if at == 0 else LATER_PARTS]
        found.append((variant, parts, bill_table(means, lang, tiers), at == 0))
    return [entry for entry in found if entry[1]]


def _pools_note(findings: Findings, lang: Lang) -> str:
    """How many pools of each variant are shown, where there are more."""
    every = len(lone_rows(pool_rows(findings, findings.view.variants[0])))
    return say("page_pools_more", lang, shown=MOST_POOLS, all=every) * (every > MOST_POOLS)


def _names_note(pools: list[tuple[str, Table, bool]], lang: Lang) -> str:
    """What the small names are, where there are any."""
    small = any(row[0].small for _, table, _ in pools for row in table.rows)
    return say("page_pools_names", lang) if small else ""


def _peak_note(findings: Findings, lang: Lang) -> str:
    step_s = max((course.step_s for course in findings.courses.values()), default=0.0)
    return say("page_peak_note", lang, step=amount("s", step_s, lang))


def _panel(findings: Findings, kind: str, picture: Drawn, lang: Lang) -> Panel:
    resource = name_resource(findings.resource, lang)
    title = say(f"chart_{kind}", lang)
    return Panel(
        kind=kind,
        title=title.format(resource=resource),
        svg=inline_svg(svg_of(picture), kind),
        caption=_caption(findings, kind, lang),
    )


def _caption(findings: Findings, kind: str, lang: Lang) -> str:
    text = say(
        f"caption_{kind}",
        lang,
        parts=_at_once(findings, lang),
        bin=_bin(findings, lang),
        most=FLOWS,
        resource=_apart(name_resource(findings.resource, lang)),
    )
    if kind == "latency_by_tier" and (note := bandwidth_note(findings, lang)):
        text += (" " if lang == "en" else "") + note
    if kind == "map":
        text += "".join(" " + note for note in map_notes(findings, lang))
    if (
        kind in {"utilisation_heatmap", "queues", "map", "latency_by_tier"}
        and len(findings.view.variants) > 4
    ):
        every = len(findings.view.variants)
        text += " " + say("some_variants", lang, shown=4, all=every)
    return text


def map_notes(findings: Findings, lang: Lang) -> list[str]:
    """How many sites of the first variant the map leaves out or folds into others."""
    found = site_map(findings, findings.view.variants[0])
    sites = found.sites
    counts = {"map_folded": found.folded, "map_lost": len(found.lost)}
    return [say(key, lang, n=n, all=sites) for key, n in counts.items() if n]


def _apart(word: str) -> str:
    """A Latin word keeps its distance from Chinese ones on its left too."""
    return f" {word.strip()}" if word.endswith(" ") else word


def _at_once(findings: Findings, lang: Lang) -> str:
    parts = []
    for variant in findings.view.variants:
        runs = findings.tallies_of(variant)
        waits = sum(run.waits for run in runs)
        share = sum(run.at_once for run in runs) / waits if waits else float("nan")
        parts.append(f"{variant} {amount('share', share, lang)}")
    return say("comma", lang).join(parts)


def _bin(findings: Findings, lang: Lang) -> str:
    lengths = [
        float((c.end_s - c.start_s).max()) for c in findings.courses.values() if len(c.start_s)
    ]
    return amount("s", max(lengths, default=0.0), lang)


def inline_svg(svg: str, prefix: str) -> str:
    """A figure for the page: no XML header or comments, ids of its own, no fixed size."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'(xlink:href="#|url\(#)', rf"\1{prefix}-", body)
    body = re.sub(
        r'<svg ([^>]*?)height="[^"]*" ([^>]*?)width="[^"]*"', r"<svg \1\2", body, count=1
    )
    body = re.sub(
        r'<svg ([^>]*?)width="[^"]*" ([^>]*?)height="[^"]*"', r"<svg \1\2", body, count=1
    )
    return re.sub(r">\s+<", "><", body.strip())


def figure_notes(findings: Findings, drawn: Mapping[str, Drawn], lang: Lang) -> list[str]:
    """What the figures do not show: lines without a queue, characters without a font."""
    notes = []
    if "queues" not in drawn:
        resource = say(f"resource_{findings.resource}", lang)
        notes.append(say("caption_no_queue", lang, resource=resource))
    if "map" not in drawn:
        lost, every = lost_sites(findings)
        notes.append(say("map_none", lang, n=lost, all=every))
    pools = [pool for course in findings.courses.values() for pool in course.pools]
    if missing_glyphs("".join([*findings.view.variants, *pools])):
        notes.append(say("page_font_missing", lang))
    return notes


def _assumption_tables(findings: Findings, lang: Lang) -> list[Table]:
    rows, default = data_classes(findings.view)
    tables = [classes_table(rows, default, lang)] if rows else []
    weak = weak_rows(findings)
    return tables + ([weak_table(weak, lang)] if weak else [])
