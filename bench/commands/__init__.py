"""The command `suanli`: one file a command; only this folder prints and ends the process."""

import sys
from functools import partial
from typing import Annotated

import lazy_loader as lazy
import typer

from bench.commands.bench import bench
from bench.commands.catalogue import catalogue
from bench.commands.chart import chart
from bench.commands.check import check
from bench.commands.compare import compare
from bench.commands.endings import ending
from bench.commands.new import new
from bench.commands.policies import policies
from bench.commands.report import report
from bench.commands.run import run
from bench.commands.schema import schema
from bench.commands.trace import trace
from bench.commands.verify import verify

manifests = lazy.load("bench.manifest", suppress_warning=True)

app = typer.Typer(
    name="suanli",
    help="算力: what tiered compute would be worth, before it is bought.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def tell_version(asked: bool) -> None:
    """Print the version and end, where it is asked for."""
    if asked:
        print(f"suanli {manifests.version_of('suanli')}")
        raise typer.Exit


@app.callback()
def suanli(
    version: Annotated[
        bool,
        typer.Option("--version", callback=tell_version, is_eager=True, help="The version."),
    ] = False,
) -> None:
    """What every command has in common: nothing but the version."""


COMMANDS = (
    new,
    check,
    run,
    compare,
    report,
    chart,
    catalogue,
    schema,
    trace,
    verify,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(policies, name="policies")
app.add_typer(bench, name="bench")


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(ending(partial(app, prog_name="suanli")))
