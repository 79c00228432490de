"""Numbers for human eyes: a unit that fits, three digits that mean something, one scale a row.

Tables keep base units (seconds, shares 0 to 1); only what people read passes here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.words import Lang, say

TIMES = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6))
LEAST_SHOWN = {"d": 3.0, "h": 2.0, "min": 2.0}  # below so many the smaller unit reads better
LARGE = {"kWh": ("MWh", 1e4, 1e3), "kg": ("t", 1e4, 1e3), "GB": ("TB", 1e4, 1e3)}
SUFFIXES = (("_s", "s"), ("_kwh", "kWh"), ("_kg", "kg"), ("_cny", "CNY"), ("_gb", "GB"))
COUNTS = frozenset({"migrations", "preemptions", "plans", "plan_fallbacks"})
MINUS = "−"
THIN = " "


@dataclass(frozen=True, slots=True)
class Scale:
    """How one row of numbers is written: value / `size`, then `unit` (of the glossary)."""

    unit: str
    size: float
    decimals: int

    def number(self, value: float) -> str:
        """The bare number, without its unit; '–' where there is none, '0' for no time."""
        if not math.isfinite(value):
            return "–"
        if value == 0 and self._is_time:
            return "0"
        shown = f"{value / self.size:,.{self.decimals}f}"
        if float(shown.replace(",", "")) == 0:
            shown = shown.removeprefix("-")
        return shown.replace("-", MINUS)

    def amount(self, value: float, lang: Lang = "en") -> str:
        """The number with its unit: '3.42 h', '86.3 %', '8,152'; no time at all is '0 s'."""
        if value == 0 and self._is_time:
            return f"0{THIN}{NO_TIME.name(lang)}"
        number = self.number(value)
        if number == "–" or not self.unit:
            return number
        return f"{number}{self.gap(lang)}{self.name(lang)}"

    def gap(self, lang: Lang = "en") -> str:
        """What stands between a number and its unit: a space, but none before a Chinese %."""
        return "" if self.unit == "%" and lang == "zh" else THIN

    def name(self, lang: Lang = "en") -> str:
        """The unit as people write it; '' for counts and ratios."""
        if self.unit in {"", "%"}:
            return self.unit
        return say(f"unit_{self.unit}", lang)

    @property
    def _is_time(self) -> bool:
        return self.unit in dict(TIMES)


NO_TIME = Scale("s", 1.0, 0)
WHOLE = {60.0: Scale("min", 60.0, 0), 3600.0: Scale("h", 3600.0, 0)}


def unit_of(measure: str) -> str:
    """The base unit of a measure by its name: 's', 'share', 'CNY', 'count', ... else ''."""
    if "_share" in measure:
        return "share"
    if measure.startswith("jobs_") or measure in COUNTS:
        return "count"
    return next((unit for suffix, unit in SUFFIXES if measure.endswith(suffix)), "")


def scale_of(unit: str, values: Sequence[float]) -> Scale:
    """The scale that suits the largest of `values`, given in the base unit `unit`."""
    finite = [abs(value) for value in values if math.isfinite(value)]
    largest = max(finite, default=0.0)
    if unit == "s":
        return _time_scale(largest)
    if unit == "share":
        return Scale("%", 0.01, 2 if 0 < largest < 0.00995 else 1)
    if unit == "points":
        return Scale("points", 0.01, 2 if 0 < largest < 0.00995 else 1)
    if unit == "count":
        whole = all(value == round(value) for value in finite)
        return Scale("", 1.0, 0 if whole or largest >= 100 else 1)
    name, size = unit, 1.0
    if unit in LARGE and largest >= LARGE[unit][1]:
        name, _, size = LARGE[unit]
    whole = all(value == round(value) for value in finite) and size == 1.0
    return Scale(name, size, 0 if whole else decimals_for(largest / size))


def _time_scale(largest_s: float) -> Scale:
    if largest_s == 0:
        return NO_TIME
    for unit, size in TIMES:
        if largest_s >= size * LEAST_SHOWN.get(unit, 1.0):
            return Scale(unit, size, decimals_for(largest_s / size))
    return Scale("µs", 1e-6, 2)


def decimals_for(value: float, digits: int = 3) -> int:
    """How many decimals show `digits` significant digits of `value`; 0 to 4."""
    if value == 0 or not math.isfinite(value):
        return 0
    before = math.floor(math.log10(abs(value))) + 1
    return min(max(digits - before, 0), 4)


def amount(unit: str, value: float, lang: Lang = "en") -> str:
    """One value on a scale of its own: 12,300 s is '3.42 h'; whole numbers lose their zeros."""
    if unit == "s" and value in WHOLE:
        return WHOLE[value].amount(value, lang)
    scale = scale_of(unit, [value])
    exact = value / scale.size
    if scale.unit in dict(TIMES) and math.isfinite(exact) and abs(exact - round(exact)) < 1e-9:
        scale = Scale(scale.unit, scale.size, 0)
    return scale.amount(value, lang)


def bounded(unit: str, low: float, high: float) -> tuple[float, float]:
    """An interval without what the measure can never be: below 0, or more than all of it."""
    if math.isnan(low):
        return low, high
    return max(low, 0.0), min(high, 1.0) if unit == "share" else high


def difference_unit(unit: str) -> str:
    """The unit of a difference: shares differ by points, all else by its own unit."""
    return "points" if unit == "share" else unit


def difference_scales(
    measure: str, levels: Sequence[float], changes: Sequence[float]
) -> tuple[Scale, Scale]:
    """One unit and as many decimals for two levels and for their difference with its ends.

    Decimals enough for two digits of the difference, so that the levels subtract to it.
    """
    unit = unit_of(measure)
    scale = scale_of(unit, levels)
    largest = max((abs(value) for value in changes if math.isfinite(value)), default=0.0)
    decimals = max(scale.decimals, decimals_for(largest / scale.size, digits=2))
    scale = Scale(scale.unit, scale.size, decimals)
    if difference_unit(unit) == unit:
        return scale, scale
    return scale, Scale(difference_unit(unit), scale.size, decimals)


def difference_cells(
    measure: str,
    levels: tuple[float, float],
    changes: tuple[float, float, float],
    lang: Lang = "en",
) -> tuple[str, str, str, str]:
    """Two levels, their difference, and its interval, as people read them, in one unit."""
    scale, apart = difference_scales(measure, levels, changes)
    mean, low, high = changes
    before, after = (_named(scale, level, lang) for level in levels)
    ends = {"low": apart.number(low), "high": _named(apart, high, lang)}
    interval = say("compare_span", lang, **ends) if math.isfinite(low) else "–"
    return before, after, _named(apart, mean, lang), interval


def _named(scale: Scale, value: float, lang: Lang) -> str:
    """The number with the unit of its row, even where it is 0."""
    number, name = scale.number(value), scale.name(lang)
    if number == "–" or not name:
        return number
    return f"{number}{scale.gap(lang)}{name}"


def plain(text: str) -> str:
    """`text` without characters that control a page or its direction; each becomes U+FFFD."""
    return "".join("\ufffd" if _controls(ord(letter)) else letter for letter in text)


def _controls(code: int) -> bool:
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or code in {0x61C, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF}
        or 0x202A <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or 0xD800 <= code <= 0xDFFF
        or code & 0xFFFE == 0xFFFE
    )


def short(text: str, length: int = 26) -> str:
    """`text` cut in its middle to `length` characters, both ends still tell it apart."""
    text = plain(text)
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"
