"""Planned dispatch against every greedy one: the same jobs, at several loads, seed by seed.

Load 1 is where the scarcest pools of a scenario are fully asked for in the mean over its
horizon, whoever goes where (`scheduler.optimise.fullness`); a load scales the arrivals of
workloads with a rate, batches and jobs that run for ever stay as declared. All differences of
a table are one family: Bonferroni's correction makes each interval as wide as its number asks.
"""

import json
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.intervals import LEVEL, paired
from bench.metrics import measure
from scenarios import Scenario, read
from scheduler import simulate
from scheduler.optimise import Fullness, fullness, rated

PLANNED = "planned"
GREEDY = (
    "local-first",
    "first-fit",
    "nearest",
    "least-loaded",
    "cheapest",
    "fastest",
    "random",
    "round-robin",
)
DISPATCHES = (PLANNED, *GREEDY)
LOADS = (0.7, 0.85, 0.95, 1.05)
OBJECTIVE = "objective_mean_cny"


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of one dispatch less that of `planned`, in base units, with its interval."""

    measure: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """Means over seeds of one dispatch at one load, in base units.

    `difference` is its objective less that of `planned`, CNY a job, with the interval that
    holds for all `comparisons` at once, `saved` that difference as a part of its objective and
    `verdict` what the interval says; nan and empty in the row of `planned` itself. `beside`
    are the differences of the other measures, with intervals as wide.
    """

    scenario: str
    load: float
    factor: float
    dispatch: str
    seeds: int
    objective_mean_cny: float
    latency_mean_s: float
    latency_p95_s: float
    cost_total_cny: float
    resource: str
    allocated_share: float
    used_share: float
    difference: float
    low: float
    high: float
    saved: float
    verdict: str
    comparisons: int
    beside: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One run: a scenario file, what is set in it, a seed."""

    name: str
    sets: tuple[str, ...]
    seed: int
    resource: str


def planned_rows(
    name: str,
    *,
    loads: Sequence[float] = LOADS,
    seeds: int = 10,
    workers: int = 1,
    dispatches: Sequence[str] = DISPATCHES,
    comparisons: int | None = None,
    kept: Path | None = None,
) -> Iterator[PlannedRow]:
    """The rows of each load in turn, `planned` first.

    `comparisons`: how many differences the intervals hold for at once, all of this table if
    not told. `kept` is a file of runs: those in it are not run again, others are added.

    Raises:
        ScenarioError: no such scenario, or it is not right.
        ValueError: the scenario has no rate that could grow, or no room for the rest.
    """
    base = alone(name)
    full = fullness(base)
    family = comparisons or max(1, len(loads) * (len(dispatches) - 1))
    for load in loads:
        sets = scaled(base, load * full.factor)
        trials = [
            Trial(name, (*sets, f"policies.dispatch={d}"), seed, full.resource)
            for d in dispatches
            for seed in range(1, seeds + 1)
        ]
        found = remembered(trials, workers, kept) if kept else list(tried(trials, workers))
        of = {d: found[i * seeds : (i + 1) * seeds] for i, d in enumerate(dispatches)}
        yield from rows_of(base.name, load, full, of, family)


def alone(name: str, sets: Sequence[str] = ()) -> Scenario:
    """A scenario as it is before its variants."""
    return read(name, sets=sets)


def scaled(scenario: Scenario, factor: float) -> tuple[str, ...]:
    """What sets the rates of a scenario to so many times what they are."""
    return tuple(
        f"workloads[{name}].arrivals.per_h={rate * factor:.9g}"
        for name, rate in rated(scenario).items()
    )


def tried(trials: Sequence[Trial], workers: int) -> Iterator[Mapping[str, float]]:
    """The measures of each run, in their order."""
    if workers <= 1:
        yield from map(measured, trials)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(measured, trials)


def remembered(trials: Sequence[Trial], workers: int, kept: Path) -> list[Mapping[str, float]]:
    """The measures of each run, in their order; only runs that the file lacks are made.

    Each is added as soon as it is there, so that a study goes on where it was interrupted. The
    file tells scenarios apart by what they say; of another version of the program it knows
    nothing.
    """
    known = runs_in(kept)
    keys = [key_of(trial) for trial in trials]
    todo = {key: trial for key, trial in zip(keys, trials, strict=True) if key not in known}
    with kept.open("a", encoding="utf-8") as file:
        for key, run in zip(todo, tried(list(todo.values()), workers), strict=True):
            known[key] = run
            file.write(json.dumps({"run": key, "measures": run}) + "\n")
            file.flush()
    return [known[key] for key in keys]


def runs_in(kept: Path) -> dict[str, Mapping[str, float]]:
    """Runs of a file by key; a last line that was not finished is none."""
    if not kept.exists():
        return {}
    *lines, rest = kept.read_text(encoding="utf-8").split("\n")
    if rest:
        kept.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    rows = [json.loads(line) for line in lines]
    return {row["run"]: row["measures"] for row in rows}


def key_of(trial: Trial) -> str:
    """What tells a run apart: its scenario with all that is set, seed and resource."""
    digest = alone(trial.name, trial.sets).digest
    return f"{digest} {trial.seed} {trial.resource}"


def verdict_of(low: float, high: float) -> str:
    """What an interval of the difference to `planned` says of it."""
    if low > 0:
        return "planned better"
    return "planned worse" if high < 0 else "no difference shown"


def measured(trial: Trial) -> dict[str, float]:
    """The measures of one run over all its jobs."""
    table = measure(simulate(alone(trial.name, trial.sets), trial.seed))
    wanted = measures_of(trial.resource)
    return {
        name: float(value)
        for _, name, _, scope, _, _, value in table.rows()
        if scope == "all" and name in wanted
    }


def rows_of(
    scenario: str,
    load: float,
    full: Fullness,
    of: Mapping[str, Sequence[Mapping[str, float]]],
    comparisons: int,
) -> Iterator[PlannedRow]:
    """Means and differences of one load."""
    level = 1 - (1 - LEVEL) / comparisons
    for dispatch, runs in of.items():

        def mean(name: str, runs: Sequence[Mapping[str, float]] = runs) -> float:
            return float(np.mean([run[name] for run in runs]))

        by, beside = None, tuple[Difference, ...]()
        if dispatch != PLANNED and PLANNED in of:
            by, *beside_it = differences(of[PLANNED], runs, full.resource, level)
            beside = tuple(beside_it)
        nan = float("nan")
        yield PlannedRow(
            scenario=scenario,
            load=load,
            factor=load * full.factor,
            dispatch=dispatch,
            seeds=len(runs),
            objective_mean_cny=mean(OBJECTIVE),
            latency_mean_s=mean("latency_mean_s"),
            latency_p95_s=mean("latency_p95_s"),
            cost_total_cny=mean("cost_total_cny"),
            resource=full.resource,
            allocated_share=mean(f"allocated_share_{full.resource}"),
            used_share=mean(f"used_share_{full.resource}"),
            difference=by.mean if by else nan,
            low=by.low if by else nan,
            high=by.high if by else nan,
            saved=by.mean / mean(OBJECTIVE) if by else nan,
            verdict=verdict_of(by.low, by.high) if by else "",
            comparisons=comparisons,
            beside=beside,
        )


def differences(
    ours: Sequence[Mapping[str, float]],
    theirs: Sequence[Mapping[str, float]],
    resource: str,
    level: float,
) -> Iterator[Difference]:
    """Theirs less ours, the objective first, seed by seed."""
    for name in measures_of(resource):
        by = paired([run[name] for run in ours], [run[name] for run in theirs], level)
        yield Difference(name, by.mean, by.low, by.high)


def measures_of(resource: str) -> tuple[str, ...]:
    """What is kept of a run, the objective first."""
    shares = f"allocated_share_{resource}", f"used_share_{resource}"
    return (OBJECTIVE, "latency_mean_s", "latency_p95_s", "cost_total_cny", *shares)
