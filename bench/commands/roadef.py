"""`suanli bench roadef`: a better place for each process, beside what is published."""

import os
from pathlib import Path
from typing import Annotated

import lazy_loader as lazy
import typer

from bench.commands.endings import NO_ANSWER, wrong
from bench.commands.facility import HEAD, Seconds, line
from bench.commands.options import Json, Workers
from bench.commands.rows import print_row

runs = lazy.load("bench.published.roadef", suppress_warning=True)
readers = lazy.load("bench.published.instances", suppress_warning=True)


def roadef(
    model: Annotated[Path, typer.Option(metavar="M", help="The model file, also .gz.")],
    assignment: Annotated[
        Path, typer.Option(metavar="A", help="Where each process sits, also .gz.")
    ],
    seconds: Seconds = 300,
    solution: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Where the new assignment goes.")
    ] = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Machine reassignment (ROADEF/EURO 2012): processes moved, costs minimised."""
    for file in (model, assignment):
        if not file.is_file():
            wrong(f"{file}: no such file")
    if not as_json:
        print(HEAD, flush=True)
    count = workers or os.cpu_count() or 1
    try:
        row, plan = runs.roadef_row(model, assignment, seconds, count)
    except readers.InstanceError as error:
        wrong(str(error))
    print_row(row, line, as_json=as_json)
    if not row.accepted:
        raise typer.Exit(NO_ANSWER)
    if solution is not None:
        solution.write_text(runs.solution_text(plan), encoding="utf-8")
