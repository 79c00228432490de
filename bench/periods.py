"""The time that sums cover: the horizon without its warm-up."""

from bench.amounts import amount
from bench.view import RunView
from bench.words import Lang, say

SUMS = ("cost_", "energy_", "carbon_kg", "transferred_gb")
RATES = ("cost_per_", "energy_per_")


def measured_s(view: RunView, variant: str) -> float:
    """Seconds from the end of the warm-up to the horizon; 0 where none is told."""
    settings = view.resolved.get(variant, {})
    horizon_h, warmup_h = settings.get("horizon_h") or 0, settings.get("warmup_h") or 0
    return max(float(horizon_h) - float(warmup_h), 0.0) * 3600


def warmup_of(view: RunView, variant: str) -> float:
    """Seconds until measuring begins."""
    return float(view.resolved.get(variant, {}).get("warmup_h") or 0) * 3600


def period(view: RunView, measure: str, lang: Lang) -> str:
    """' in the measured 144 h' for a sum over time, else ''; '' too where variants differ."""
    spans = {measured_s(view, variant) for variant in view.variants}
    if not measure.startswith(SUMS) or measure.startswith(RATES) or len(spans) != 1:
        return ""
    (span_s,) = spans
    hours = amount("s", span_s, lang) if span_s % 3600 else _hours(span_s, lang)
    return say("page_period", lang, hours=hours) if span_s > 0 else ""


def _hours(span_s: float, lang: Lang) -> str:
    return f"{span_s / 3600:,.0f} {say('unit_h', lang)}"
