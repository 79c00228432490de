"""The command `suanli`: one file a command; only this folder prints and ends the process."""

import sys
from functools import partial

import typer

from bench.commands.check import check
from bench.commands.endings import ending
from bench.commands.new import new

app = typer.Typer(
    name="suanli",
    help="算力: what tiered compute would be worth, before it is bought.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (new, check):
    app.command()(command)


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(ending(partial(app, prog_name="suanli")))
