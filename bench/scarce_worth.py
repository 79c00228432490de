"""What one more of the scarcest things is worth: by jobs sent again, and by runs made again.

The figure of a report comes from the jobs of its seeds, sent again one by one
(`scheduler.optimise.worths`). Beside it stands what whole runs of these seeds come to with one
more, with the interval of their paired differences, and what the jobs of other seeds say.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import lazy_loader as lazy

from bench.intervals import estimate
from bench.planned_worth import scaled
from bench.scarce import foremost, objective_cny, shortest, with_one_more
from scenarios import Scenario, read

optimise = lazy.load("scheduler.optimise", suppress_warning=True)  # a third of a second


@dataclass(frozen=True, slots=True)
class ScarceRow:
    """CNY over the measured time that one more saves, its own cost not counted.

    `worth_cny` as a report of these seeds tells it, `others_cny` the same of `others` other
    seeds, nan without; `plan_cny` by solving the plans of the first seed again, each by itself.
    `mean`, `low` and `high` by runs made again with one more, with a 95 % interval.
    """

    kind: str
    name: str
    plan_cny: float
    worth_cny: float
    others_cny: float
    mean: float
    low: float
    high: float
    seeds: int
    others: int

    @property
    def inside(self) -> bool:
        """Whether the figure of a report lies in the interval of the runs."""
        return self.low <= self.worth_cny <= self.high

    @property
    def others_inside(self) -> bool:
        """The same of the figure of other seeds."""
        return self.low <= self.others_cny <= self.high

    @property
    def plan_inside(self) -> bool:
        """The same of the figure by plans alone."""
        return self.low <= self.plan_cny <= self.high


def loaded(name: str, load: float, sets: Sequence[str] = ()) -> Scenario:
    """The first variant of a scenario, planned, at a load as `planned_rows` has it.

    Raises:
        ValueError: the scenario has no rate that could grow, or no room for the rest.
    """
    base = read(name, sets=sets)
    rates = scaled(base, load * optimise.fullness(base).factor)
    return read(name, sets=("policies.dispatch.name=planned", *sets, *rates)).variants[0]


def scarce_worth(
    scenario: Scenario,
    seeds: Sequence[int],
    others: Sequence[int] = (),
    *,
    most: int = 10,
    workers: int = 1,
) -> Iterator[ScarceRow]:
    """A row a thing, the dearest first; takes a run a thing and seed."""
    short = foremost(shortest(scenario, seeds, workers=workers), most)
    elsewhere = {
        (row.kind, row.name): row.mean
        for row in (shortest(scenario, others, workers=workers) if others else ())
    }
    plans = {(r.kind, r.name): r.plan_cny for r in optimise.scarcest(scenario, seeds[0], 1000)}
    before = run_cny(scenario, seeds, workers)
    for one in short:
        key = one.kind, one.name
        more = run_cny(with_one_more(scenario, *key), seeds, workers)
        found = estimate([a - b for a, b in zip(before, more, strict=True)])
        yield ScarceRow(
            *key,
            plan_cny=plans.get(key, 0.0),
            worth_cny=one.mean,
            others_cny=elsewhere.get(key, 0.0) if others else float("nan"),
            mean=found.mean,
            low=found.low,
            high=found.high,
            seeds=len(seeds),
            others=len(others),
        )


def run_cny(scenario: Scenario, seeds: Sequence[int], workers: int = 1) -> list[float]:
    """The objective of whole runs, seed by seed."""
    if workers <= 1:
        return [objective_cny(scenario, seed) for seed in seeds]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(objective_cny, [scenario] * len(seeds), seeds))
