"""One run of an experiment: a variant with a seed, from the engine to files, in any process."""

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.manifest import json_text, read_json
from bench.metrics import measure
from bench.plans import statuses, write_plans
from bench.store import RunWriter, StoredRecords, write_measures
from scenarios import Scenario
from scheduler import Progress, simulate

Kernel = Literal["lane", "plain"]
"""Which of the two engines: the fast one, or the specification."""

JOBS, LEVELS, MEASURES, NOTES = "jobs.parquet", "levels.parquet", "measures.parquet", "run.json"
PLANS = "plans.jsonl"


@dataclass(frozen=True, slots=True)
class OneRun:
    """A run to be made: its variant and seed, and the folder where it will lie when done."""

    variant: str
    seed: int
    folder: Path

    @property
    def done(self) -> bool:
        """Whether it was finished, now or before an interruption."""
        return self.folder.is_dir()

    @property
    def notes(self) -> dict[str, Any]:
        """Jobs and wall time of a finished run."""
        return read_json(self.folder / NOTES)


@dataclass(frozen=True, slots=True)
class How:
    """How runs are made: which engine, and whether a policy's own code may run."""

    engine: Kernel = "lane"
    allow_code: bool = False


def make(
    cell: OneRun, variants: Mapping[str, Scenario], how: How, progress: Progress | None
) -> None:
    """Simulates and measures one run; its folder appears when all of it is written."""
    if cell.done:
        return
    rough = cell.folder.with_name(f"{cell.folder.name}.tmp-{os.getpid()}")
    shutil.rmtree(rough, ignore_errors=True)
    rough.mkdir(parents=True)
    try:
        _write(rough, cell, variants[cell.variant], how, progress)
        rough.rename(cell.folder)
    finally:
        shutil.rmtree(rough, ignore_errors=True)


def _write(
    rough: Path, cell: OneRun, scenario: Scenario, how: How, progress: Progress | None
) -> None:
    begin = time.perf_counter()
    sink = RunWriter(rough / JOBS, rough / LEVELS, cell.variant, cell.seed)
    try:
        simulate(
            scenario,
            cell.seed,
            engine=how.engine,
            sink=sink,
            progress=progress,
            allow_code=how.allow_code,
        )
    finally:
        sink.close()
    stored = StoredRecords(
        rough / JOBS, rough / LEVELS, scenario, cell.variant, cell.seed, sink.plan_rows
    )
    if sink.plan_rows:
        write_plans(rough / PLANS, sink.plan_rows)
    write_measures(rough / MEASURES, measure(stored))
    notes: dict[str, Any] = {"jobs": sink.rows, "wall_s": round(time.perf_counter() - begin, 3)}
    if sink.plan_rows:
        notes["plan_statuses"] = statuses(sink.plan_rows)
    (rough / NOTES).write_text(json_text(notes), encoding="utf-8")
