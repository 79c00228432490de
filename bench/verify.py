"""Whether a run folder is still what it was: every file by its digest, or derived again."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import folder as folders
from bench import manifest as manifests
from bench import one_run
from bench.folder import RunFolder
from bench.measures import MeasureTable, joined
from bench.one_run import How, OneRun
from bench.store import read_measures
from bench.workers import make_all
from scenarios import Scenario


def verify(
    folder: RunFolder, *, rerun: bool = False, workers: int = 1, allow_code: bool = False
) -> list[str]:
    """What is wrong with a run folder, a line a file; nothing if it is as it was made."""
    problems = folders.changes(folder)
    if rerun and not problems:
        problems = derived_again(folder, workers, How(allow_code=allow_code))
    return problems


def derived_again(folder: RunFolder, workers: int, how: How) -> list[str]:
    """Files whose content differs when every run is made again."""
    variants = {name: scenario_of(folder, name) for name in folder.variants}
    runs = folder.manifest["runs"]
    with TemporaryDirectory() as work:
        cells = [
            OneRun(run["variant"], run["seed"], Path(work) / f"{number}")
            for number, run in enumerate(runs)
        ]
        make_all(cells, variants, how, workers, lambda *_: None, lambda _: None)
        problems = [
            f"{run[kind]}: derived again, it differs"
            for run, cell in zip(runs, cells, strict=True)
            for kind, name in (("jobs", one_run.JOBS), ("levels", one_run.LEVELS))
            if manifests.digest_of_file(cell.folder / name)
            != folder.manifest["files"][run[kind]]
        ]
        problems += [
            f"{run['plans']}: derived again, it differs"
            for run, cell in zip(runs, cells, strict=True)
            if "plans" in run and not same_file(cell.folder / one_run.PLANS, folder, run)
        ]
        table = joined(read_measures(cell.folder / one_run.MEASURES) for cell in cells)
    if not same(table, folder.measures):
        problems.append(f"{folders.MEASURES}: derived again, it differs")
    if folder.comparison.summary() != folder.summary.get("variants"):
        problems.append(f"{folders.SUMMARY}: derived again, it differs")
    return problems


def scenario_of(folder: RunFolder, variant: str) -> Scenario:
    """The scenario of one variant, under the name that it had in the experiment."""
    scenario = folder.scenario(variant)
    origin = dataclasses.replace(scenario.origin, variant=variant)
    return scenario.coming_from(origin)


def same_file(path: Path, folder: RunFolder, run: Mapping[str, Any]) -> bool:
    """Whether plans made again are those of the folder, to the last byte."""
    digest = manifests.digest_of_file(path) if path.is_file() else None
    return bool(digest == folder.manifest["files"][run["plans"]])


def same(a: MeasureTable, b: MeasureTable) -> bool:
    """Whether two tables hold the same rows, nan equal to nan."""
    return [str(row) for row in a.rows()] == [str(row) for row in b.rows()]
