"""Words about data on its way: whose time it takes, and which link is full."""

import math
from collections.abc import Iterable

from bench.amounts import amount
from bench.sentences import mean_of, quoted
from bench.tables import Findings
from bench.words import Lang, say

LONG_S = 60.0  # on its way: delays are thousandths of a second, so what counts is the rate
WORTH_SHARE = 0.05  # of a latency
FULL_SHARE = 0.5  # of a link


def bandwidth_note(findings: Findings, lang: Lang) -> str:
    """Whose data takes long, where it does; and the fullest link, where links are shared."""
    several = len(findings.view.variants) > 1
    parts = [_slowest(findings, several, lang), _fullest(findings, several, lang)]
    return ("" if lang == "zh" else " ").join(part for part in parts if part)


def _slowest(findings: Findings, several: bool, lang: Lang) -> str:
    """The workload whose latency is most of all spent on its way."""
    found = []
    for workload in _keys(findings, "workload", "transfer_mean_s"):
        moved = findings.view.values_of("workload", workload, "transfer_mean_s")
        latency = findings.view.values_of("workload", workload, "latency_mean_s")
        for variant in moved:
            span_s, whole_s = mean_of(moved[variant]), mean_of(latency[variant])
            if span_s >= LONG_S and whole_s > 0 and span_s / whole_s >= WORTH_SHARE:
                found.append((span_s / whole_s, span_s, workload, variant))
    if not found:
        return ""
    share, span_s, workload, variant = max(found, key=lambda row: row[:2])
    return say(
        "bandwidth_decides_in" if several else "bandwidth_decides",
        lang,
        workload=quoted(workload),
        time=amount("s", span_s, lang),
        share=amount("share", share, lang),
        variant=quoted(variant),
    )


def _fullest(findings: Findings, several: bool, lang: Lang) -> str:
    found = []
    for link in _keys(findings, "link", "link_used_share"):
        for variant, by in findings.view.values_of("link", link, "link_used_share").items():
            share = mean_of(by)
            if math.isfinite(share) and share >= FULL_SHARE:
                found.append((share, link, variant))
    if not found:
        return ""
    share, link, variant = max(found, key=lambda row: row[0])
    key = "bandwidth_fullest_in" if several else "bandwidth_fullest"
    used = amount("share", share, lang)
    return say(key, lang, link=quoted(link), share=used, variant=quoted(variant))


def _keys(findings: Findings, scope: str, measure: str) -> Iterable[str]:
    """The names of a scope, in the order of the table."""
    rows = findings.view.by_whom
    return [key for known, key, name in rows if (known, name) == (scope, measure)]
