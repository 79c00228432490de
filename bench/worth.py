"""What a lever is worth: two variants of a bundled scenario, seed by seed, with an interval."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import experiment
from bench.comparison import Comparison, compare
from bench.store import read_measures
from scenarios import read


@dataclass(frozen=True, slots=True)
class Lever:
    """Pulling it turns variant `without` of a scenario into variant `with_it`."""

    name: str
    scenario: str
    without: str
    with_it: str
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorthRow:
    """A measure without and with a lever, in variants `base` and `variant` of a scenario.

    All are in base units and over the same seeds; `difference` has a 95 % interval.
    """

    lever: str
    scenario: str
    base: str
    variant: str
    measure: str
    unit: str
    without: float
    with_it: float
    difference: float
    low: float
    high: float
    seeds: int


SHARED = (
    "wait_mean_s",
    "wait_p95_s",
    "idle_share_gpu",
    "unallocated_share_gpu",
    "cost_total_cny",
)
CARDS = ("sellable_vcpu", "transfer_mean_s", "wait_mean_s", "energy_kwh", "cost_total_cny")
LEVERS = (
    Lever("sharing", "silos-or-shared", "silos", "shared", SHARED),
    Lever(
        "sharing, 3 servers fewer", "silos-or-shared", "silos", "shared-nine-servers", SHARED
    ),
    Lever(
        "DPU",
        "dpu-or-not",
        "without",
        "with-dpu",
        CARDS,
    ),
    Lever(
        "DPU, 2 servers fewer",
        "dpu-or-not",
        "without",
        "with-dpu-18-servers",
        CARDS,
    ),
    Lever(
        "borrowing between tiers",
        "two-tiers",
        "local-only",
        "borrow",
        SHARED,
    ),
)


def worth_rows(
    levers: Sequence[Lever] = LEVERS, seeds: int = 10, workers: int = 1
) -> Iterator[WorthRow]:
    """The rows of each lever in turn; a scenario that several name is run once."""
    seen: dict[str, Comparison] = {}
    for lever in levers:
        if lever.scenario not in seen:
            seen[lever.scenario] = _compared(lever.scenario, seeds, workers)
        yield from _rows(lever, seen[lever.scenario])


def _compared(name: str, seeds: int, workers: int) -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / name
        experiment.run(read(name), seeds=seeds, workers=workers, out=out)
        return compare(read_measures(out / "measures.parquet"))


def _rows(lever: Lever, found: Comparison) -> Iterator[WorthRow]:
    for measure in lever.measures:
        row = found.difference(lever.without, lever.with_it, measure)
        yield WorthRow(
            lever=lever.name,
            scenario=lever.scenario,
            base=lever.without,
            variant=lever.with_it,
            measure=measure,
            unit=row.unit,
            without=row.before,
            with_it=row.after,
            difference=row.by.mean,
            low=row.by.low,
            high=row.by.high,
            seeds=row.by.n,
        )
