"""`suanli policies`: what a scenario can choose from, and a trial for one's own."""

import json
from dataclasses import asdict
from typing import Annotated

import lazy_loader as lazy
import typer

from bench.commands.options import Json

scheduler = lazy.load("scheduler")
trial = lazy.load("bench.trial", suppress_warning=True)

policies = typer.Typer(
    help="List every policy by kind, with its options; or test one's own.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


OPTIONS = """\
In brackets: options, written beside the name, as queue: {name: fcfs, at: site}.
  at           where lines stand: pool (default), site, cloud or platform
  max_waiting  the longest line; who comes later is refused, queue-full
  ties         what decides between equal nodes: name (default) or shuffled
"""


@policies.callback()
def every(context: typer.Context, as_json: Json = False) -> None:
    """List every policy by kind, with its options; or test one's own."""
    if context.invoked_subcommand is not None:
        return
    kind = ""
    if not as_json:
        print(OPTIONS)
    for row in scheduler.policy_rows():
        if as_json:
            print(json.dumps(asdict(row), ensure_ascii=False))
            continue
        if row.kind != kind:
            kind = row.kind
            print(f"{kind}:")
        options = f"  ({', '.join(row.options)})" if row.options else ""
        print(f"  {row.name:<23}{row.summary}{options}")


@policies.command("test")
def test_own(
    name: Annotated[str, typer.Argument(metavar="MODULE:CLASS", help="A dispatch policy.")],
) -> None:
    """Run the laws on a dispatch policy of one's own. Its code is run."""
    faults = 0
    for verdict in trial.try_policy(name):
        print(f"{verdict.scenario:<36}{verdict.jobs:>8} jobs  {verdict.fault or 'ok'}")
        faults += bool(verdict.fault)
    if faults:
        raise typer.Exit(2)
