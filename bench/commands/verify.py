"""`suanli verify`: was anything in a run folder changed."""

import os
from typing import Annotated

import lazy_loader as lazy
import typer

from bench.commands.endings import WRONG_INPUT, complain, tell
from bench.commands.options import Data, RunFolder

checking = lazy.load("bench.verify", suppress_warning=True)
folders = lazy.load("bench.folder", suppress_warning=True)


def verify(
    run: RunFolder,
    rerun: Annotated[bool, typer.Option("--rerun", help="Derive every table again.")] = False,
    data: Data = None,
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help="Let a scenario's own policy run its code.")
    ] = False,
) -> None:
    """Tell whether anything in a run folder was changed."""
    folder = folders.open_run(run, data=tuple(data or ()))
    workers = os.cpu_count() or 1
    problems = checking.verify(folder, rerun=rerun, workers=workers, allow_code=allow_code)
    for problem in problems:
        complain(f"{run}/{problem}")
    if problems:
        complain(f"{run}: {len(problems)} problem{'' if len(problems) == 1 else 's'}")
        raise typer.Exit(WRONG_INPUT)
    tell(f"{run}: ok ({len(folder.manifest['files'])} files)")
