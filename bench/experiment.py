"""Scenario x variants x seeds: the pipeline from a question to a run folder, on one screen."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import folder as folders
from bench import manifest as manifests
from bench import one_run, placing, scarce
from bench.comparison import SCHEMA, compare
from bench.faults import RunFolderError
from bench.folder import Dress, RunFolder
from bench.measures import MeasureTable, joined
from bench.one_run import How, Kernel, OneRun
from bench.store import read_measures, write_measures
from bench.workers import make_all
from scenarios import Scenario, demand_of


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an experiment is: runs, jobs, share of all simulated time; `eta_s` may be nan."""

    runs_done: int
    runs: int
    jobs: int
    simulated_h: float
    share: float
    eta_s: float


def run(  # noqa: PLR0913 - keywords of the command line
    scenario: Scenario,
    *,
    seeds: int | Sequence[int] | None = None,
    workers: int = 1,
    out: Path | str | None = None,
    force: bool = False,
    engine: Kernel = "lane",
    allow_code: bool = False,
    progress: Callable[[Standing], None] | None = None,
    dress: Dress | None = None,
) -> RunFolder:
    """Simulates every variant with every seed and returns the complete run folder.

    Finished runs are kept through an interruption and taken up by the next call. `dress` adds
    figures and report before the folder appears under its name.

    Raises:
        RunFolderError: `out` holds something else and `force` is not given.
        StoreError: the machine failed us, or another run is writing there.
        KeyboardInterrupt: with what was kept and how to go on.
    """
    plan = replace(plan_of(scenario, seeds, out), allow_code=allow_code)
    with folders.machine_errors(plan.out), parents(plan.out), folders.alone(plan.out):
        found = finished(plan, force)
        if found:
            return found
        with kept(plan):
            make_runs(plan, How(engine, allow_code), workers, progress)
            rough = assembled(plan, dress, workers)
            if plan.out.exists():
                folders.set_aside(plan.out)
            rough.rename(plan.out)
            shutil.rmtree(plan.partial)
    return RunFolder(
        plan.out, manifests.read_manifest(plan.out), places_of(scenario), fresh=True
    )


@dataclass(frozen=True)
class Plan:
    """What is to be made and where."""

    scenario: Scenario
    origin: dict[str, Any]
    out: Path
    cells: tuple[OneRun, ...]
    allow_code: bool = False
    begin: float = field(default_factory=time.perf_counter)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def partial(self) -> Path:
        """Where finished runs wait for the others."""
        return folders.beside(self.out, "partial")


def plan_of(
    scenario: Scenario, seeds: int | Sequence[int] | None, out: Path | str | None
) -> Plan:
    """The runs in their order: variants as in the file, then seeds."""
    chosen = seeds_of(scenario, seeds)
    origin = manifests.origin_of(scenario, chosen)
    digest = str(origin["digest"])
    target = Path(out or Path("runs") / f"{manifests.slug(scenario.name)}-{digest[:8]}")
    target = target if target.name not in ("", "..") else target.resolve()
    work = folders.beside(target, "partial") / digest
    names = manifests.file_names([v.variant for v in scenario.variants])
    cells = [OneRun(v, s, work / f"{names[v]}-{s}") for v in names for s in chosen]
    return Plan(scenario, origin, target, tuple(cells))


def places_of(scenario: Scenario) -> tuple[Path, ...]:
    """Where the files of a scenario lie: its own folder, then its folders of data."""
    return (scenario.folder, *scenario.data)


def seeds_of(scenario: Scenario, seeds: int | Sequence[int] | None) -> tuple[int, ...]:
    """The seeds to run, ascending; only 1 where nothing is random in any variant."""
    if not any(is_random(variant) for variant in scenario.variants):
        return (1,)
    asked = scenario.seeds if seeds is None else seeds
    return tuple(range(1, asked + 1)) if isinstance(asked, int) else tuple(sorted(set(asked)))


def is_random(variant: Scenario) -> bool:
    """Whether anything varies with the seed; code that is not ours may."""
    policies = variant.policies
    names = [policies.dispatch.name, policies.queue.name, policies.packing.name]
    drawn = "random" in names or policies.packing.options.get("ties") == "shuffled"
    return drawn or any(":" in name for name in names) or demand_of(variant, 1).random


def finished(plan: Plan, force: bool) -> RunFolder | None:
    """The folder if it is there already; None if it can be made.

    Raises:
        RunFolderError: something else lies there.
    """
    if not plan.out.exists():
        return None
    try:
        found = manifests.read_manifest(plan.out)
    except RunFolderError:
        if force:
            return None
        message = "exists and is no run folder; --force sets it aside"
        raise RunFolderError(plan.out, message) from None
    if found["digest"] == plan.origin["digest"]:
        return RunFolder(plan.out, found, places_of(plan.scenario))
    if not force:
        message = f"holds another run ({found['digest'][:8]}); --force sets it aside"
        raise RunFolderError(plan.out, message)
    return None


@contextlib.contextmanager
def parents(out: Path) -> Iterator[None]:
    """Makes the folders above `out`; those made in vain are taken away again."""
    made = [folder for folder in out.parents if not folder.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # not empty: not in vain
            for folder in made:
                folder.rmdir()


@contextlib.contextmanager
def kept(plan: Plan) -> Iterator[None]:
    """Sweeps up after a failure, but keeps finished runs and says so after Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        done, runs = sum(cell.done for cell in plan.cells), len(plan.cells)
        message = f"{done} of {runs} runs are kept; the same command goes on from there"
        raise KeyboardInterrupt(message) from None
    finally:
        for rough in plan.partial.glob("*/*.tmp-*"):
            shutil.rmtree(rough, ignore_errors=True)
        for rough in plan.out.parent.glob(f".{plan.out.name}.tmp-*"):
            shutil.rmtree(rough, ignore_errors=True)
        if not any(cell.done for cell in plan.cells):
            shutil.rmtree(plan.partial, ignore_errors=True)


# --- runs ---------------------------------------------------------------------------------


def make_runs(
    plan: Plan, how: How, workers: int, progress: Callable[[Standing], None] | None
) -> None:
    """Makes the runs that are not there yet."""
    missing = [cell for cell in plan.cells if not cell.done]
    variants = {variant.variant: variant for variant in plan.scenario.variants}
    view = Course(plan, progress, {v: s.horizon_us / 1e6 for v, s in variants.items()})
    make_all(missing, variants, how, workers, view.far, view.done)


@dataclass
class Course:
    """Adds up what the runs tell of themselves."""

    plan: Plan
    progress: Callable[[Standing], None] | None
    horizon_s: dict[str, float]
    simulated_s: dict[OneRun, float] = field(default_factory=dict)
    jobs: dict[OneRun, int] = field(default_factory=dict)

    def far(self, cell: OneRun, simulated_s: float, jobs: int) -> None:
        """A run is that far."""
        self.simulated_s[cell] = min(simulated_s, self.horizon_s[cell.variant])
        self.jobs[cell] = jobs
        self.tell()

    def done(self, cell: OneRun) -> None:
        """A run is finished."""
        self.far(cell, self.horizon_s[cell.variant], cell.notes["jobs"])

    def tell(self) -> None:
        """Passes on how far the whole is."""
        if self.progress:
            self.progress(self.standing())

    def standing(self) -> Standing:
        """How far the whole is; runs kept from before do not enter the rate."""
        now = [s / self.horizon_s[cell.variant] for cell, s in self.simulated_s.items()]
        open_ = sum(1 for c in self.plan.cells if c not in self.simulated_s and not c.done)
        left = len(now) - sum(now) + open_
        spent = time.perf_counter() - self.plan.begin
        runs = len(self.plan.cells)
        return Standing(
            runs_done=sum(cell.done for cell in self.plan.cells),
            runs=runs,
            jobs=sum(self.jobs.values()),
            simulated_h=sum(self.simulated_s.values()) / 3600,
            share=1 - left / runs,
            eta_s=spent * left / sum(now) if sum(now) else float("nan"),
        )


# --- the folder ---------------------------------------------------------------------------


def assembled(plan: Plan, dress: Dress | None, workers: int = 1) -> Path:
    """All runs in one folder beside the final one, on the disk to the last byte."""
    rough = folders.beside(plan.out, f"tmp-{plan.origin['digest'][:8]}")
    shutil.rmtree(rough, ignore_errors=True)
    for name in ("jobs", "levels"):
        (rough / name).mkdir(parents=True)
    for cell in plan.cells:
        folders.link(cell.folder / one_run.JOBS, rough / place_of(cell, "jobs"))
        folders.link(cell.folder / one_run.LEVELS, rough / place_of(cell, "levels"))
        if (cell.folder / one_run.PLANS).is_file():
            (rough / "plans").mkdir(exist_ok=True)
            folders.link(cell.folder / one_run.PLANS, rough / plans_of(cell))
    table = joined(read_measures(cell.folder / one_run.MEASURES) for cell in plan.cells)
    write_measures(rough / folders.MEASURES, table)
    folders.write_text(rough / folders.SUMMARY, manifests.json_text(summary_of(plan, table)))
    manifest = manifest_of(plan, table) | placed(
        plan.scenario, table, allow_code=plan.allow_code
    )
    short = scarce.scarce_rows(
        plan.scenario.variants,
        plan_files(plan),
        workers=workers,
        allow_code=plan.allow_code,
    )
    if short:
        manifest["scarce"] = short
    if dress:
        dress(RunFolder(rough, manifest, places_of(plan.scenario)))
    manifest["files"] = folders.digests(rough)
    manifest["wall"]["total_s"] = round(time.perf_counter() - plan.begin, 3)
    sealed = manifests.json_text(manifests.sealed(manifest))
    folders.write_text(rough / manifests.NAME, sealed)
    folders.settle(rough)
    return rough


def place_of(cell: OneRun, kind: str) -> str:
    """Where a table of a run lies inside the folder."""
    return f"{kind}/{cell.folder.name}.parquet"


def plan_files(plan: Plan) -> dict[str, dict[int, Path]]:
    """Where the plans of each run were kept, by variant and seed."""
    found: dict[str, dict[int, Path]] = {}
    for cell in plan.cells:
        if (cell.folder / one_run.PLANS).is_file():
            found.setdefault(cell.variant, {})[cell.seed] = cell.folder / one_run.PLANS
    return found


def plans_of(cell: OneRun) -> str:
    """Where the plans of a run lie inside the folder, if its dispatch planned."""
    return f"plans/{cell.folder.name}.jsonl"


def summary_of(plan: Plan, table: MeasureTable) -> dict[str, Any]:
    """The content of summary.json."""
    scenario = plan.scenario
    return {
        "schema": SCHEMA,
        "scenario": scenario.name,
        "question": scenario.question,
        "answer": {"measure": scenario.answer.measure, "better": scenario.answer.better},
        "variants": compare(table).summary(),
    }


def manifest_of(plan: Plan, table: MeasureTable) -> dict[str, Any]:
    """The manifest, but for the digests of files and of itself."""
    notes = {cell: cell.notes for cell in plan.cells}
    runs = [
        {
            "variant": cell.variant,
            "seed": cell.seed,
            "jobs": place_of(cell, "jobs"),
            "levels": place_of(cell, "levels"),
            "job_count": notes[cell]["jobs"],
            "wall_s": notes[cell]["wall_s"],
        }
        | (
            {"plans": plans_of(cell), "plan_statuses": notes[cell]["plan_statuses"]}
            if "plan_statuses" in notes[cell]
            else {}
        )
        for cell in plan.cells
    ]
    return plan.origin | {
        "random": any(is_random(variant) for variant in plan.scenario.variants),
        "resolved": {v.variant: dict(v.resolved) for v in plan.scenario.variants},
        "platform": manifests.machine(),
        "wall": {"started": plan.began.isoformat(timespec="seconds")},
        "job_count": sum(note["jobs"] for note in notes.values()),
        "runs": runs,
    }


def placed(scenario: Scenario, table: MeasureTable, *, allow_code: bool) -> dict[str, Any]:
    """Where replicas stand, who had to be served and was not, and why."""
    variants = scenario.variants
    stands = placing.stands(variants, allow_code=allow_code)
    missed = sorted({*unserved(scenario, table), *placing.unplaced(variants, stands)})
    found: dict[str, Any] = {"unserved": missed}
    if stands:
        found["replicas"] = stands
    if missed:
        found["impossible"] = placing.reasons(variants, stands, allow_code=allow_code)
    return found


def unserved(scenario: Scenario, table: MeasureTable) -> list[str]:
    """Workloads that had to be served and of which a counted job was refused."""
    musts = {
        (v.variant, w.name) for v in scenario.variants for w in v.workloads if w.must_serve
    }
    return sorted(
        {
            key
            for variant, measure, _, scope, key, _, value in table.rows()
            if (measure, scope) == ("jobs_refused", "workload")
            and (variant, key) in musts
            and value > 0
        }
    )
