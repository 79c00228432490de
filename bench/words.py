"""Words of figures and reports: every label in English and Chinese, by its key.

No label is written twice and none is written elsewhere: they stand in `bench/glossary/`. A key
is a measure's name, a reason, a resource, or a short word of the page (`page_...`); text in
braces is filled by the caller.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from bench.glossary.charts import CHART_WORDS
from bench.glossary.comparing import COMPARING
from bench.glossary.measures import (
    COVERAGE,
    LEDGER,
    MEASURES,
    RESOURCE_UNITS,
    RESOURCES,
    SHARES,
    UNITS,
)
from bench.glossary.names import CONFIDENCE, DATA_CLASSES, DAYS, POLICY_KINDS, SPANS, TIERS
from bench.glossary.page import PAGE
from bench.glossary.plans import PLANS
from bench.glossary.reasons import HELD, HELD_HELP, REFUSED, REFUSED_HELP, RULES
from bench.glossary.replicas import REPLICAS
from bench.glossary.sentences import SENTENCES

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = get_args(Lang)


def _prefixed(prefix: str, rows: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {f"{prefix}{key}": text for key, text in rows.items()}


WORDS: Mapping[str, tuple[str, str]] = {
    **MEASURES,
    **PLANS,
    **REPLICAS,
    **COVERAGE,
    **LEDGER,
    **SHARES,
    **_prefixed("resource_", RESOURCES),
    **RESOURCE_UNITS,
    **_prefixed("held_", HELD),
    **_prefixed("held_help_", HELD_HELP),
    **_prefixed("refused_", REFUSED),
    **_prefixed("refused_help_", REFUSED_HELP),
    **_prefixed("unit_", UNITS),
    **_prefixed("tier_", TIERS),
    **_prefixed("span_", SPANS),
    **_prefixed("policy_", POLICY_KINDS),
    **_prefixed("class_", DATA_CLASSES),
    **_prefixed("compare_", COMPARING),
    **RULES,
    **CHART_WORDS,
    **SENTENCES,
    **PAGE,
    **DAYS,
    **CONFIDENCE,
}


def say(key: str, lang: Lang = "en", **parts: object) -> str:
    """The words of `key` in `lang`, its braces filled with `parts`.

    Raises:
        KeyError: the glossary has no such key.
    """
    text = WORDS[key][LANGS.index(lang)]
    return text.format(**parts) if parts else text


def name_measure(measure: str, lang: Lang = "en") -> str:
    """A measure's name in field words: 'allocated share of GPU' for `allocated_share_gpu`.

    A measure that the glossary lacks (a later version's) is called by its own name.
    """
    if measure in MEASURES or measure in COVERAGE:
        return say(measure, lang)
    kind, _, rest = measure.partition("_")
    amount = rest.removesuffix("_gib").removesuffix("_gb")
    if f"ledger_{kind}" in LEDGER and amount in RESOURCES:
        return say(f"ledger_{kind}", lang, resource=name_resource(amount, lang))
    for stem in SHARES:
        resource = measure.removeprefix(f"{stem}_")
        if resource != measure and resource in RESOURCES:
            return say(stem, lang, resource=name_resource(resource, lang))
    return measure


def name_resource(resource: str, lang: Lang = "en") -> str:
    """A resource inside a phrase; a Latin word keeps its distance from Chinese ones."""
    word = say(f"resource_{resource}", lang)
    return f"{word} " if lang == "zh" and word.isascii() else word


def name_tier(tier: str, lang: Lang = "en") -> str:
    """A tier, or how far data may go; a tier of the user's own stays as it is."""
    return say(f"tier_{tier}", lang) if tier in TIERS else tier


def name_class(name: str, lang: Lang = "en") -> str:
    """A data class; one of the user's own stays as it is."""
    return say(f"class_{name}", lang) if name in DATA_CLASSES else name


def name_hold(reason: str, lang: Lang = "en") -> str:
    """Why a job waited, in the planner's words; an unknown reason stays as it is."""
    return say(f"held_{reason}", lang) if reason in HELD else reason


def name_refusal(reason: str, lang: Lang = "en") -> str:
    """Why a job was refused, in the planner's words; an unknown reason stays as it is."""
    return say(f"refused_{reason}", lang) if reason in REFUSED else reason
