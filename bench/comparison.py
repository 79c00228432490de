"""Variants side by side: means with intervals, and differences over the same seeds.

(The file is not called `compare.py` because `from bench import compare` means the function.)
"""

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
    """How much larger a measure is in variant `b` than in `a`, seed by seed."""

    a: str
    b: str
    measure: str
    unit: str
    scope: str
    key: str
    by: Estimate


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
        seeds = sorted(left.keys() & right.keys())
        by = paired([left[s] for s in seeds], [right[s] for s in seeds])
        return Difference(a, b, measure, self.units[measure], scope, key, by)

    def differences(
        self, measures: Sequence[str] = (), *, base: str | None = None
    ) -> list[Difference]:
        """Every other variant against `base` (default: the first), in scope all."""
        first = base or self.variants[0]
        return [
            self.difference(first, other, measure)
            for other in self.variants
            if other != first
            for measure in measures or self.units
        ]

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
    return compare(_renamed(name, table) for name, table in folders.items())


def _renamed(folder: str, table: MeasureTable) -> MeasureTable:
    lone = len(set(table.variant)) == 1
    variant = tuple(folder if lone else f"{folder}/{name}" for name in table.variant)
    return MeasureTable(
        variant, table.measure, table.unit, table.scope, table.key, table.seed, table.value
    )
