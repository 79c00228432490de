"""The first sentence of a report: what the measures answer, said as strongly as they allow."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.amounts import Scale, amount, bounded, difference_unit, scale_of, unit_of
from bench.intervals import Estimate, estimate, paired
from bench.words import Lang, name_measure, name_refusal, say

Values = Mapping[str, Mapping[int, float]]
NAMES_SHOWN = 3
MORE_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """How much worse `name` is than the best variant: mean and interval over common seeds."""

    name: str
    mean: float
    low: float
    high: float
    seeds: int

    @property
    def told_apart(self) -> bool:
        """True if chance does not explain the gap (one run: any gap at all)."""
        return self.mean != 0 if self.seeds < 2 else not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared: the measure, which way is better, and whether chance plays a part."""

    measure: str
    better: str
    random: bool = True
    lang: Lang = "en"
    period: str = ""

    @property
    def label(self) -> str:
        """The measure in field words, a sum with the time that it covers."""
        return name_measure(self.measure, self.lang) + self.period

    def scale(self, values: Sequence[float]) -> Scale:
        """The scale that suits `values` of the measure."""
        return scale_of(unit_of(self.measure), values)


def mean_of(values: Mapping[int, float]) -> float:
    """The mean over seeds, seed by seed in order; nan where no seed has a value."""
    finite = [values[seed] for seed in sorted(values) if math.isfinite(values[seed])]
    return math.fsum(finite) / len(finite) if finite else math.nan


def interval_of(values: Mapping[int, float]) -> tuple[float, float, float, int]:
    """Mean, low and high of the 95 % interval over seeds, and how many; nan bounds for one."""
    found = estimate([values[seed] for seed in sorted(values)])
    return found.mean, found.low, found.high, found.n


def gap(name: str, worse: Mapping[int, float], best: Mapping[int, float]) -> Gap:
    """`worse` minus `best`, seed by seed over the seeds that both have."""
    found = paired_by_seed(best, worse)
    if not found.n:
        return Gap(name, mean_of(worse) - mean_of(best), math.nan, math.nan, 1)
    return Gap(name, found.mean, found.low, found.high, found.n)


def paired_by_seed(a: Mapping[int, float], b: Mapping[int, float]) -> Estimate:
    """Mean and interval of b - a over the seeds in which both have a value."""
    seeds = [s for s in sorted(a) if math.isfinite(a[s]) and math.isfinite(b.get(s, math.nan))]
    return paired([a[s] for s in seeds], [b[s] for s in seeds])


def ranked(question: Question, values: Values) -> list[str]:
    """The variants that have a value, best first, ties in the order of the file."""
    sign = -1.0 if question.better == "higher" else 1.0
    known = [name for name in values if math.isfinite(mean_of(values[name]))]
    return sorted(known, key=lambda name: sign * mean_of(values[name]))


def answer(question: Question, values: Values) -> str:
    """One sentence: which variant is better, by how much, and how sure that is."""
    order = ranked(question, values)
    if not order:
        return say("answer_none", question.lang, label=question.label)
    if len(values) == 1:
        return _one(question, values[order[0]])
    if len(order) == 1:
        return f"{_one(question, values[order[0]])}"
    gaps = [gap(name, values[name], values[order[0]]) for name in order[1:]]
    alike = [g for g in gaps if not g.told_apart]
    return (
        _alike(question, values, order, alike, gaps)
        if alike
        else _better(question, values, order, gaps)
    )


def _one(question: Question, values: Mapping[int, float]) -> str:
    mean, low, high, seeds = interval_of(values)
    scale = question.scale([mean])
    ends = bounded(unit_of(question.measure), low, high)
    text = _interval_text(question, "interval_one", scale, (*ends, seeds))
    return say(
        "answer_one",
        question.lang,
        label=question.label,
        amount=scale.amount(mean, question.lang),
        interval=text,
    )


def _better(question: Question, values: Values, order: list[str], gaps: list[Gap]) -> str:
    best, other, first = order[0], order[1], gaps[0]
    means = [mean_of(values[best]), mean_of(values[other])]
    scale = question.scale([mean_of(values[name]) for name in order])
    apart = _gap_scale(question, first, scale)
    if apart == scale:
        apart = scale = _subtracting(scale, means, first.mean)
    direction = "lower" if first.mean > 0 else "higher"
    return say(
        "answer_better" if len(values) == 2 else "answer_best",
        question.lang,
        best=best,
        other=other,
        n=len(values),
        label=question.label,
        amount=scale.amount(means[0], question.lang),
        other_amount=scale.amount(means[1], question.lang),
        by=apart.amount(abs(first.mean), question.lang),
        direction=say(f"direction_{direction}", question.lang),
        interval=_gap_text(question, first, apart)
        + _than_first(question, values, order, scale),
    )


def _subtracting(scale: Scale, means: Sequence[float], gap: float) -> Scale:
    """The scale with as many decimals as let the two shown means subtract to the shown gap."""
    for decimals in range(scale.decimals, scale.decimals + MORE_DECIMALS):
        one, other, apart = (
            round(value / scale.size * 10**decimals) for value in (*means, abs(gap))
        )
        if abs(one - other) == apart:
            return replace(scale, decimals=decimals)
    return scale


def _than_first(question: Question, values: Values, order: list[str], scale: Scale) -> str:
    """How far the best is from the first variant of the file, if that is not the next."""
    first = next(iter(values))
    if first in order[:2] or first not in order:
        return ""
    found = gap(first, values[first], values[order[0]])
    apart = _gap_scale(question, found, scale)
    return say(
        "answer_first",
        question.lang,
        by=apart.amount(abs(found.mean), question.lang),
        direction=say(f"direction_{'lower' if found.mean > 0 else 'higher'}", question.lang),
        first=first,
    )


def _alike(
    question: Question, values: Values, order: list[str], alike: list[Gap], gaps: list[Gap]
) -> str:
    names = [order[0], *(g.name for g in alike)]
    means = [mean_of(values[name]) for name in names]
    scale = question.scale([mean_of(values[name]) for name in order])
    furthest = max(alike, key=lambda g: abs(g.mean))
    rest = [quoted(g.name) for g in gaps if g.told_apart]
    if all(g.mean == 0 and not g.high > 0 for g in alike):
        key, text = "answer_equal_rest" if rest else "answer_equal", ""
    else:
        key = "answer_alike_rest" if rest else "answer_alike"
        text = _gap_text(question, furthest, _gap_scale(question, furthest, scale))
    return say(
        key,
        question.lang,
        names=listed([quoted(name) for name in names], question.lang),
        label=question.label,
        amounts=listed([scale.amount(m, question.lang) for m in means], question.lang),
        amount=scale.amount(means[0], question.lang),
        interval=text,
        worse=listed(rest, question.lang),
    )


def _gap_scale(question: Question, found: Gap, scale: Scale) -> Scale:
    """Shares differ by points; all else keeps the scale of the means if it shows."""
    unit = unit_of(question.measure)
    own = scale_of(difference_unit(unit), [found.mean, found.low, found.high])
    digits = abs(found.mean) / scale.size * 10**scale.decimals
    return own if unit == "share" or digits < 10 else scale


def _gap_text(question: Question, found: Gap, scale: Scale) -> str:
    low, high = sorted([found.low, found.high]) if found.seeds > 1 else (math.nan, math.nan)
    if found.mean < 0:
        low, high = -high, -low
    return _interval_text(question, "interval_difference", scale, (low, high, found.seeds))


def _interval_text(
    question: Question, key: str, scale: Scale, found: tuple[float, float, int]
) -> str:
    low, high, seeds = found
    if seeds < 2:
        return say("interval_unknown" if question.random else "interval_certain", question.lang)
    return say(
        key,
        question.lang,
        low=scale.number(low),
        high=scale.amount(high, question.lang),
        n=seeds,
    )


def refused(
    counts: Mapping[str, tuple[float, float]], reasons: Mapping[str, str], lang: Lang = "en"
) -> str:
    """How many jobs were refused: variant -> (refused, submitted) a run; always a sentence.

    `reasons` gives each variant's most frequent reason; it is said where there is one variant.
    """
    some = {name: pair for name, pair in counts.items() if pair[0] > 0}
    if not some:
        return say("refused_none" if len(counts) == 1 else "refused_none_all", lang)
    if len(counts) == 1:
        ((name, (jobs, submitted)),) = some.items()
        share = amount("share", jobs / submitted if submitted else math.nan, lang)
        reason = name_refusal(reasons.get(name, ""), lang)
        return say(
            "refused_some",
            lang,
            jobs=amount("count", jobs),
            all=amount("count", submitted),
            share=share,
            reason=reason,
        )
    if len(set(counts.values())) == 1:
        jobs, submitted = next(iter(counts.values()))
        return say(
            "refused_same",
            lang,
            jobs=amount("count", jobs),
            all=amount("count", submitted),
            share=amount("share", jobs / submitted if submitted else math.nan, lang),
            reason=name_refusal(next(iter(reasons.values()), ""), lang),
        )
    if len(counts) > NAMES_SHOWN + 1:
        return _refused_span(counts, lang)
    parts = [
        say(
            "refused_part",
            lang,
            jobs=amount("count", jobs),
            all=amount("count", submitted),
            variant=name,
        )
        for name, (jobs, submitted) in counts.items()
    ]
    return say("refused_variants", lang, parts=say("comma", lang).join(parts))


def _refused_span(counts: Mapping[str, tuple[float, float]], lang: Lang) -> str:
    ordered = sorted(counts, key=lambda name: counts[name][0])
    parts = [
        say(
            "refused_part",
            lang,
            jobs=amount("count", jobs),
            all=amount("count", of),
            variant=name,
        )
        for name in (ordered[0], ordered[-1])
        for jobs, of in [counts[name]]
    ]
    return say("refused_span", lang, low=parts[0], high=parts[1])


def censored(shares: Mapping[str, float], lang: Lang = "en") -> str:
    """A warning where counted jobs had not ended when the run stopped; '' where all had."""
    name = max(shares, key=lambda key: shares[key], default="")
    if not name or not shares[name] > 0:
        return ""
    return say("censored_some", lang, share=amount("share", shares[name], lang), variant=name)


def plans_failed(
    failed: Mapping[str, float], plans: Mapping[str, float], lang: Lang = "en"
) -> str:
    """How many plans of the variant with the most failed ones were none; '' if all were."""
    name = max(failed, key=lambda key: failed[key], default="")
    if not name or not failed[name] > 0:
        return ""
    return say(
        "plans_failed",
        lang,
        variant=name,
        failed=amount("count", failed[name]),
        plans=amount("count", plans.get(name, math.nan)),
    )


def undefined(question: Question, values: Values) -> str:
    """Names the variants that have no value of the answer's measure; '' where all have one."""
    missing = [quoted(name) for name in values if not math.isfinite(mean_of(values[name]))]
    if not missing or len(missing) == len(values):
        return ""
    return say(
        "undefined_in",
        question.lang,
        label=question.label,
        names=listed(missing, question.lang),
    )


def quoted(name: str) -> str:
    """A name between quotation marks, which serve both languages."""
    return f"“{name}”"


def listed(parts: Sequence[str], lang: Lang = "en") -> str:
    """'a, b and c'; beyond three 'a, b, c and 4 others'."""
    shown, rest = list(parts[:NAMES_SHOWN]), len(parts) - NAMES_SHOWN
    if rest > 0:
        space = " " * (lang == "zh" and shown[-1][-1:].isascii())
        return say("comma", lang).join(shown) + space + say("and_others", lang, n=rest)
    if len(shown) < 2:
        return "".join(shown)
    last = say("and", lang)
    if lang == "zh":  # Latin words keep their distance from Chinese ones
        last = f"{' ' * shown[-2][-1:].isascii()}{last}{' ' * shown[-1][:1].isascii()}"
    return say("comma", lang).join(shown[:-1]) + last + shown[-1]
