"""`suanli check`: is the scenario right; every problem at once."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands import never
from bench.commands.endings import WRONG_INPUT, complain, note_overridden
from bench.commands.endings import tell as say
from bench.commands.options import Data, Json, Sets

scenarios = lazy.load("scenarios")


def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files or bundled names.")
    ],
    sets: Sets = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Validate scenarios: every problem at once, with a guess."""
    right = [is_right(file, sets or (), data or (), as_json=as_json) for file in files]
    if not all(right):
        raise typer.Exit(WRONG_INPUT)


def is_right(file: str, sets: Sequence[str], data: Sequence[Path], *, as_json: bool) -> bool:
    """Print what there is to say about one file; True where nothing is wrong with it."""
    try:
        scenario = scenarios.read(file, sets=sets, data=data)
        about = summary(scenario)
        hopeless = [] if as_json else never.notes(scenario, file) + never.loads(scenario, file)
    except scenarios.ScenarioError as error:
        tell(error, as_json=as_json)
        return False
    note_overridden(scenario)
    if not as_json:
        say(f"{file}: ok ({about})")
        for note in scenario.notes:
            say(f"{file}: note: {note}")
        for note in hopeless:
            say(note)
    return True


def tell(error: Any, *, as_json: bool) -> None:
    """The problems of a ScenarioError: an object a line, or for people on stderr."""
    if not as_json:
        complain(str(error))
        return
    for problem in error.problems:
        print(json.dumps(problem.as_row(), ensure_ascii=False))


def summary(scenario: Any) -> str:
    """Sites, pools, workloads and about how many jobs a run of the first variant has."""
    first = scenario.variants[0]
    jobs = scenarios.demand_of(first, 1).expected_jobs
    sites, pools, workloads = first.topology.sites, first.topology.pools, first.workloads
    counts = f"{len(sites)} sites, {len(pools)} pools, {len(workloads)} workloads"
    return f"{counts}, about {jobs:.0f} jobs a run"
