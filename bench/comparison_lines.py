"""A comparison as lines of text: a table for every two variants, in units that people read."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.amounts import difference_cells
from bench.comparison import Comparison, Difference
from bench.place_words import name_key
from bench.sentences import Question
from bench.verdict import verdict
from bench.words import Lang, name_class, name_measure, name_tier, say


@dataclass(frozen=True, slots=True)
class Telling:
    """How it is told: short names of variants, and the language."""

    names: Mapping[str, str]
    lang: Lang = "en"

    def say(self, key: str, **parts: object) -> str:
        """Words of `suanli compare`."""
        return say(f"compare_{key}", self.lang, **parts)

    def measure(self, name: str) -> str:
        """A measure by the name of the tables, in Chinese after its words."""
        words = name_measure(name, self.lang)
        return name if self.lang == "en" or words == name else f"{words} {name}"

    def key(self, scope: str, key: str) -> str:
        """A name in a scope: places and pools of generated topologies in Chinese too."""
        if self.lang == "zh" and scope == "tier":
            return name_tier(key, self.lang)
        if self.lang == "zh" and scope == "data_class":
            return name_class(key, self.lang)
        told = name_key(scope, key, self.lang)
        return key if told == key else f"{told} {key}"

    def paired(self, seeds: int) -> str:
        """How many seeds both ran."""
        key = "no_seed" if not seeds else "seed" if seeds == 1 else "seeds"
        return self.say(key, n=seeds)


def lines(
    found: Comparison,
    differences: Sequence[Difference],
    telling: Telling,
    question: Question | None,
) -> Iterator[str]:
    """The verdict, then a table for every two variants."""
    names = telling.names
    if len(found.variants) == 1:
        yield telling.say("alone", name=names[found.variants[0]])
        return
    pairs = list(dict.fromkeys((row.a, row.b) for row in differences))
    bases = list(dict.fromkeys(a for a, _ in pairs))
    told = question if question and question.measure in found.units else None
    groups = [(bases[0], *(b for _, b in pairs))] if len(bases) == 1 else pairs
    if told:
        yield from (verdict(found, dict(names), told, group) for group in groups)
    if len({row.measure for row in differences}) == 1 and len(pairs) > 1:
        yield ""
        yield from by_variant(differences, telling)
        return
    for pair in pairs:
        yield ""
        yield from by_measure([row for row in differences if (row.a, row.b) == pair], telling)
    if not differences:
        yield telling.say("nothing")


def by_measure(rows: Sequence[Difference], telling: Telling) -> Iterator[str]:
    """One variant against one other: a line a measure, or a line a measure and name."""
    first, seeds = rows[0], max(row.seeds for row in rows)
    variant, base = telling.names[first.b], telling.names[first.a]
    yield telling.say("pair", variant=variant, base=base, seeds=telling.paired(seeds))
    labels = [(telling.measure(row.measure), *_key(row, telling)) for row in rows]
    yield from laid_out((telling.say("measure"), *_by(first, telling)), labels, rows, telling)


def by_variant(rows: Sequence[Difference], telling: Telling) -> Iterator[str]:
    """One measure: a line a variant, or a line a variant and name."""
    first, seeds = rows[0], max(row.seeds for row in rows)
    measure, names = telling.measure(first.measure), telling.names
    yield telling.say("one", measure=measure, seeds=telling.paired(seeds))
    heads = (telling.say("variant"), telling.say("against"), *_by(first, telling))
    labels = [(names[row.b], names[row.a], *_key(row, telling)) for row in rows]
    yield from laid_out(heads, labels, rows, telling)


def _by(row: Difference, telling: Telling) -> tuple[str, ...]:
    return () if row.scope == "all" else (telling.say(f"by_{row.scope}"),)


def _key(row: Difference, telling: Telling) -> tuple[str, ...]:
    return () if row.scope == "all" else (telling.key(row.scope, row.key),)


def laid_out(
    heads: Sequence[str],
    labels: Sequence[Sequence[str]],
    rows: Sequence[Difference],
    telling: Telling,
) -> Iterator[str]:
    """Columns as wide as what is in them: names to the left, numbers to the right."""
    seeds = max(row.seeds for row in rows)
    more = [telling.say(key) for key in ("base", "variant", "difference", "interval")]
    titles = [*heads, *more]
    told = [cells(row, seeds, telling) for row in rows]
    body = [[*label, *cell] for label, cell in zip(labels, told, strict=True)]
    widths = [max(map(wide, column)) for column in zip(titles, *body, strict=True)]
    for line in (titles, *body):
        room = [" " * (w - wide(cell)) for cell, w in zip(line, widths, strict=True)]
        padded = [
            cell + gap if at < len(heads) else gap + cell
            for at, (cell, gap) in enumerate(zip(line, room, strict=True))
        ]
        yield "  ".join([*padded[:-1], line[-1]]).rstrip()


def wide(text: str) -> int:
    """Columns of a terminal that a text takes: Chinese letters take two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def cells(row: Difference, seeds: int, telling: Telling) -> tuple[str, ...]:
    """Base, variant, difference and interval in one unit."""
    levels, changes = (row.before, row.after), (row.by.mean, row.by.low, row.by.high)
    *numbers, interval = difference_cells(row.measure, levels, changes, telling.lang)
    return (*numbers, span(row, interval, seeds, telling))


def span(row: Difference, interval: str, seeds: int, telling: Telling) -> str:
    """The interval, and of how many seeds if they are not those of the whole table."""
    if not row.seeds:
        return telling.say("no_seed")
    few = telling.say("few", n=row.by.n, all=seeds) if row.by.n != seeds else ""
    return (telling.say("one_run") if row.by.n == 1 else interval) + few
