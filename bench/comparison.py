"""Variants side by side: means with intervals, and differences over the same seeds.

(The file is not called `compare.py` because `from bench import compare` means the function.)
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.intervals import Estimate, estimate, paired
from bench.measures import MeasureTable, joined

SCHEMA = 1
Place = tuple[str, str, str]
"""measure, scope, key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger a measure is in variant `b` than in `a`, seed by seed.

    `before` and `after` are the means of `a` and `b` over the paired seeds, so that they
    subtract to `by.mean`; without a pair they are over all seeds of each, and `by.n` is 0.
    `seeds` counts the seeds that both ran, also those in which one has no value.
    """

    a: str
    b: str
    measure: str
    unit: str
    scope: str
    key: str
    before: float
    after: float
    by: Estimate
    seeds: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All measures of some variants: `values[variant][place][seed]`, units by measure."""

    table: MeasureTable
    variants: tuple[str, ...]
    units: Mapping[str, str]
    values: Mapping[str, Mapping[Place, Mapping[int, float]]]

    def estimate(
        self, variant: str, measure: str, scope: str = "all", key: str = ""
    ) -> Estimate:
        """Mean and interval of one measure of one variant; n = 0 if it has no such row."""
        return estimate(list(self.values[variant].get((measure, scope, key), {}).values()))

    def keys(self, scope: str) -> tuple[str, ...]:
        """The names that occur in a scope, sorted."""
        return tuple(sorted({k for v in self.values.values() for _, s, k in v if s == scope}))

    def difference(
        self, a: str, b: str, measure: str, scope: str = "all", key: str = ""
    ) -> Difference:
        """How much larger it is in `b`, over the seeds that both have."""
        place = (measure, scope, key)
        left, right = self.values[a].get(place, {}), self.values[b].get(place, {})
        common = sorted(left.keys() & right.keys())
        seeds = [s for s in common if math.isfinite(left[s]) and math.isfinite(right[s])]
        by = paired([left[s] for s in seeds], [right[s] for s in seeds])
        before, after = (
            estimate([own[s] for s in seeds or sorted(own)]).mean for own in (left, right)
        )
        unit = self.units[measure]
        return Difference(a, b, measure, unit, scope, key, before, after, by, len(common))

    def differences(
        self,
        measures: Sequence[str] = (),
        *,
        base: str | None = None,
        pairs: Sequence[tuple[str, str]] = (),
        scope: str = "all",
    ) -> list[Difference]:
        """The rows of a scope for each pair; without pairs every other variant against `base`.

        `base` is the first variant where none is named.
        """
        places = [
            (measure, key)
            for measure in measures or self.units
            for key in self.keys_of(measure, scope)
        ]
        return [
            self.difference(a, b, measure, scope, key)
            for a, b in pairs or self.against(base or self.variants[0])
            for measure, key in places
        ]

    def against(self, base: str) -> list[tuple[str, str]]:
        """Every other variant, each with the base before it."""
        return [(base, other) for other in self.variants if other != base]

    def keys_of(self, measure: str, scope: str) -> list[str]:
        """The names for which a scope has the measure, in the order of the table."""
        if scope == "all":
            return [""]
        rows = (place for own in self.values.values() for place in own)
        return list(dict.fromkeys(k for m, s, k in rows if (m, s) == (measure, scope)))

    def seeds(self, variant: str) -> set[int]:
        """The seeds that a variant ran with."""
        return {seed for by_seed in self.values[variant].values() for seed in by_seed}

    def summary(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The `variants` part of summary.json: scope all, null where undefined."""
        return {v: {m: self._cell(v, m) for m in self._measures(v)} for v in self.variants}

    def _measures(self, variant: str) -> list[str]:
        return [m for m, scope, _ in self.values[variant] if scope == "all"]

    def _cell(self, variant: str, measure: str) -> dict[str, Any]:
        found = self.estimate(variant, measure)
        numbers = {"mean": found.mean, "low": found.low, "high": found.high}
        cell: dict[str, Any] = {name: null_if_nan(value) for name, value in numbers.items()}
        return cell | {"n": found.n, "unit": self.units[measure]}


def null_if_nan(value: float) -> float | None:
    """JSON has no nan."""
    return None if value != value else value  # noqa: PLR0124 - only nan differs from itself


def compare(tables: MeasureTable | Iterable[MeasureTable]) -> Comparison:
    """One table of measures, or one a run, seen variant by variant in their order."""
    table = tables if isinstance(tables, MeasureTable) else joined(tables)
    values: dict[str, dict[Place, dict[int, float]]] = {}
    units: dict[str, str] = {}
    for variant, measure, unit, scope, key, seed, value in table.rows():
        units[measure] = unit
        values.setdefault(variant, {}).setdefault((measure, scope, key), {})[seed] = value
    return Comparison(table, tuple(values), units, values)


def compare_folders(folders: Mapping[str, MeasureTable]) -> Comparison:
    """Several run folders: a variant is called `folder/variant`, or as it is if one folder.

    A folder with a single variant goes by the name of the folder.
    """
    if len(folders) == 1:
        return compare(folders.values())
    return compare(
        _renamed(table, names_in(folder, table)) for folder, table in folders.items()
    )


def names_in(folder: str, table: MeasureTable) -> dict[str, str]:
    """What each variant of a folder is called among several folders."""
    variants = dict.fromkeys(table.variant)
    return {name: folder if len(variants) == 1 else f"{folder}/{name}" for name in variants}


def like_with_like(folders: Mapping[str, MeasureTable]) -> list[tuple[str, str]]:
    """The variants of later folders, each after the one of its name in the first folder.

    Two folders of a single variant each are alike whatever the variants are called.
    """
    if len(folders) < 2:
        return []
    named = [names_in(folder, table) for folder, table in folders.items()]
    first, *others = named
    if all(len(own) == 1 for own in named):
        (base,) = first.values()
        return [(base, full) for own in others for full in own.values()]
    return [(first[v], full) for own in others for v, full in own.items() if v in first]


def _renamed(table: MeasureTable, names: Mapping[str, str]) -> MeasureTable:
    variant = tuple(names[name] for name in table.variant)
    return MeasureTable(
        variant, table.measure, table.unit, table.scope, table.key, table.seed, table.value
    )
