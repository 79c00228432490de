"""`suanli run`: from a question to a report."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import lazy_loader as lazy
import typer

from bench.commands import never, progress
from bench.commands.endings import (
    INTERRUPTED,
    NO_ANSWER,
    complain,
    not_yet,
    note_overridden,
    wrong,
)
from bench.commands.endings import tell as say
from bench.commands.options import (
    Data,
    Json,
    Lang,
    Quiet,
    ScenarioFile,
    Sets,
    Workers,
    language,
)

dressing = lazy.load("bench.dress", suppress_warning=True)
experiment = lazy.load("bench.experiment", suppress_warning=True)
placing = lazy.load("bench.placing", suppress_warning=True)
scenarios = lazy.load("scenarios")

Kernel = Literal["lane", "plain"]
WORTH_A_PROCESS_JOBS = 100_000


def run(  # noqa: PLR0917 - typer passes options by name
    file: ScenarioFile,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The run folder itself; default runs/<name>-<digest8>."
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, max=10_000, metavar="N", help="Run seeds 1 to N.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, metavar="S", help="Run this seed alone.")
    ] = None,
    sets: Sets = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this variant; repeatable."),
    ] = None,
    data: Data = None,
    workers: Workers = None,
    engine: Annotated[
        str, typer.Option(metavar="local", help="Where runs are made.")
    ] = "local",
    kernel: Annotated[Kernel, typer.Option(hidden=True)] = "lane",
    lang: Lang = "en",
    as_json: Json = False,
    quiet: Quiet = False,
    force: Annotated[
        bool, typer.Option("--force", help="Set aside what lies at --out.")
    ] = False,
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help="Let a scenario's own policy run its code.")
    ] = False,
) -> None:
    """Simulate all variants and seeds, then draw and report."""
    language(lang)
    local(engine)
    chosen = seeds_wanted(seeds, seed)
    scenario = scenarios.read(file, sets=sets or (), data=data or (), variants=variant or ())
    for note in [] if quiet or as_json else never.notes(scenario, file):
        complain(note)
    note_overridden(scenario)
    said: list[str] = []
    with progress.shown(quiet=quiet or as_json) as far, resumable():
        folder = experiment.run(
            scenario,
            seeds=chosen,
            workers=workers or enough_workers(scenario, chosen),
            out=out,
            force=force,
            engine=kernel,
            allow_code=allow_code,
            progress=far,
            dress=lambda bare: said.extend(dressing.dress(bare, lang)),
        )
    tell(folder, said or dressing.answers(folder, lang), as_json=as_json)
    for line in missed(folder, str(file)):
        complain(line)
    if folder.unserved:
        raise typer.Exit(NO_ANSWER)


def missed(folder: Any, file: str) -> list[str]:
    """Who had to be served and was not, and why: what a planner can change."""
    lacks: dict[str, list[str]] = {}
    for row in folder.replicas:
        lacks.setdefault(row["workload"], []).extend(row["lacks"])
    told = []
    for name in folder.unserved:
        what = dict.fromkeys(lacks.get(name) or ["jobs of it were refused"])
        short = [text.removeprefix(f"{name}: ") for text in what]
        told.append(f"{file}: workloads[{name}]: must be served, but {'; '.join(short)}")
    many = len(folder.variants) > 1
    for reason in folder.impossible:
        told += [f"{file}: variant {reason['variant']}:"] * many
        told += placing.lines_of(reason, file)
    return told


def local(engine: str) -> None:
    """Refuse any engine but this machine."""
    if engine.startswith("dask://"):
        not_yet("--engine dask://")
    if engine != "local":
        wrong(f"--engine: expected local; got '{engine}'")


def seeds_wanted(seeds: int | None, seed: int | None) -> int | tuple[int, ...] | None:
    """1 to N, one alone, or as many as the scenario says (None)."""
    if seeds is not None and seed is not None:
        wrong("--seed: not together with --seeds")
    return seeds if seed is None else (seed,)


def enough_workers(scenario: Any, seeds: int | tuple[int, ...] | None) -> int:
    """All cores, or one where the whole is done sooner than another process has started."""
    runs = len(experiment.seeds_of(scenario, seeds))
    variants = scenario.variants
    jobs = sum(scenarios.demand_of(variant, 1).expected_jobs for variant in variants) * runs
    return 1 if jobs < WORTH_A_PROCESS_JOBS else os.cpu_count() or 1


@contextmanager
def resumable() -> Iterator[None]:
    """After Ctrl-C, say what is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        complain(f"interrupted: {interrupt or 'nothing was kept'}")
        raise typer.Exit(INTERRUPTED) from None


def tell(folder: Any, sentences: Sequence[str], *, as_json: bool) -> None:
    """The answer, and where the rest lies."""
    if as_json:
        print(json.dumps({"run_dir": str(folder.path), **folder.summary}, ensure_ascii=False))
        return
    for sentence in sentences:
        say(sentence)
    say(f"{folder.path}{'' if folder.fresh else ': already done'}")
    say(folder.path / dressing.REPORT)
