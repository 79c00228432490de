"""`suanli bench cap`, `gap`, `sscflp`, `tscflp`: plans for published instances."""

from pathlib import Path
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands.endings import NO_ANSWER, wrong
from bench.commands.options import Json
from bench.commands.rows import print_row

runs = lazy.load("bench.published.facility", suppress_warning=True)
readers = lazy.load("bench.published.instances", suppress_warning=True)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Instance files, also .gz.")
]
Seconds = Annotated[
    float, typer.Option(min=1, max=86_400, metavar="S", help="For each instance.")
]
Solution = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT", help="Where the plan goes: a file; a folder for several instances."
    ),
]
Capacity = Annotated[
    list[int] | None,
    typer.Option(min=1, metavar="N", help="In the place of all in the file; repeatable."),
]


def cap(
    files: Files,
    seconds: Seconds = 60,
    capacity: Capacity = None,
    solution: Solution = None,
    as_json: Json = False,
) -> None:
    """Capacitated facility location, customers split (OR-Library cap)."""
    solve("cap", files, seconds, solution, capacity or [], as_json=as_json)


def gap(
    files: Files, seconds: Seconds = 60, solution: Solution = None, as_json: Json = False
) -> None:
    """Generalised assignment: every job to one agent, costs minimised."""
    solve("gap", files, seconds, solution, [], as_json=as_json)


def sscflp(
    files: Files, seconds: Seconds = 60, solution: Solution = None, as_json: Json = False
) -> None:
    """Capacitated facility location, every customer from one facility."""
    solve("sscflp", files, seconds, solution, [], as_json=as_json)


def tscflp(
    files: Files, seconds: Seconds = 300, solution: Solution = None, as_json: Json = False
) -> None:
    """Two-stage facility location: plants, depots, customers."""
    solve("tscflp", files, seconds, solution, [], as_json=as_json)


def solve(
    kind: str,
    files: list[Path],
    seconds: float,
    solution: Path | None,
    capacities: list[int],
    *,
    as_json: bool,
) -> None:
    """Read all files, then solve and print instance by instance."""
    found = instances(kind, files, capacities)
    if solution is not None and len(found) > 1 and not solution.is_dir():
        wrong(f"--solution: expected a folder for {len(found)} instances; got '{solution}'")
    if not as_json:
        print(HEAD, flush=True)
    unsolved = 0
    pairs = zip(found, runs.facility_rows(found, seconds), strict=True)
    for instance, (row, plan) in pairs:
        print_row(row, line, as_json=as_json)
        unsolved += not row.accepted
        if solution is not None and row.accepted:
            out = solution / f"{row.instance}.sol" if solution.is_dir() else solution
            text = runs.solution_text(kind, instance.problem, plan)
            out.write_text(text, encoding="utf-8")
    if unsolved:
        raise typer.Exit(NO_ANSWER)


def instances(kind: str, files: list[Path], capacities: list[int]) -> list[Any]:
    """All instances; a wrong file ends here, before anything is solved."""
    for file in files:
        if not file.is_file():
            wrong(f"{file}: no such file")
    try:
        return list(runs.instances(kind, files, capacities))
    except readers.InstanceError as error:
        wrong(str(error))


HEAD = (
    f"{'instance':<20}{'objective':>16}{'bound':>16}{'published':>16}"
    f"{'gap':>9}{'to publ.':>9}{'seconds':>9}  status"
)


def line(row: Any) -> str:
    """One instance; gaps in percent."""
    values = (row.objective, row.bound, row.published)
    money = "".join(f"{'-' if v is None else f'{v:,.3f}':>16}" for v in values)
    gaps = "".join(
        f"{'-' if g is None else f'{g:.3%}':>9}" for g in (row.gap, row.gap_published)
    )
    return f"{row.instance:<20}{money}{gaps}{row.seconds:>9.1f}  {row.status}"
