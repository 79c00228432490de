"""`suanli bench`: experiments repeated on the files given, beside what was published."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands.endings import wrong
from bench.commands.facility import cap, gap, sscflp, tscflp
from bench.commands.options import Json

speed = lazy.load("bench.speed", suppress_warning=True)
amounts = lazy.load("bench.amounts", suppress_warning=True)
worths = lazy.load("bench.worth", suppress_warning=True)
openb_runs = lazy.load("bench.published.openb", suppress_warning=True)

bench = typer.Typer(
    help="Repeat an experiment beside what is published.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for command in (cap, gap, sscflp, tscflp):
    bench.command()(command)


@bench.command()
def openb(
    nodes: Annotated[Path, typer.Option(metavar="N.csv", help="The list of nodes.")],
    pods: Annotated[Path, typer.Option(metavar="P.csv", help="The list of pods, also .gz.")],
    seeds: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="Seeds 1 to N.")
    ] = 10,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this packing; repeatable.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, metavar="N", help="Processes; default: cores."),
    ] = None,
    as_json: Json = False,
) -> None:
    """How much GPU each packing allocates, by the GPU asked for so far."""
    names = tuple(openb_runs.PUBLISHED_NAMES)
    for name in policy or ():
        if name not in names:
            wrong(f"--policy: expected one of {', '.join(names)}; got '{name}'")
    for path in (nodes, pods):
        if not path.is_file():
            wrong(f"{path}: no such file")
    chosen = tuple(policy or names)
    if not as_json:
        print(f"{'list':<28}{'policy':<16}{'arrived':>9}{'allocated':>11}{'published':>11}")
    for row in openb_runs.openb_rows(nodes, pods, seeds, policies=chosen, workers=workers):
        if as_json:
            print(json.dumps(asdict(row)), flush=True)
        elif row.seed is None:
            print(openb_line(row), flush=True)


@bench.command()
def engine(
    nodes: Annotated[int, typer.Option(min=30, max=1_000_000, metavar="N")] = 1000,
    jobs: Annotated[int, typer.Option(min=1000, max=100_000_000, metavar="N")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, max=100, metavar="N")] = 5,
    plain: Annotated[bool, typer.Option(help="Time the plain engine too.")] = False,
    as_json: Json = False,
) -> None:
    """How many jobs a second, beside two SimPy timeouts a job in the same run."""
    if not as_json:
        print(f"{'path':<14}{'nodes':>8}{'jobs':>10}{'jobs/s':>11}{'ratio':>8}{'peak MiB':>10}")
    for row in speed.speed_rows(nodes, jobs, rounds, plain=plain):
        if as_json:
            print(json.dumps(asdict(row)), flush=True)
        else:
            print(
                f"{row.path:<14}{row.nodes:>8}{row.jobs:>10}{row.jobs_per_s:>11,.0f}"
                f"{row.ratio:>8.2f}{row.peak_mib:>10.0f}"
            )


@bench.command()
def worth(
    seeds: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="Seeds 1 to N.")
    ] = 10,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, metavar="N", help="Processes; default: cores."),
    ] = None,
    as_json: Json = False,
) -> None:
    """What sharing, a DPU and borrowing between tiers are worth, by the bundled scenarios."""
    if not as_json:
        print(f"{'lever':<26}{'measure':<24}{'without':>14}{'with':>14}  difference (95 %)")
    for row in worths.worth_rows(seeds=seeds, workers=workers or os.cpu_count() or 1):
        print(json.dumps(asdict(row)) if as_json else worth_line(row), flush=True)


def worth_line(row: Any) -> str:
    """One measure of one lever, in units that a reader can take in."""
    unit = amounts.unit_of(row.measure)
    levels, changes = (row.without, row.with_it), (row.difference, row.low, row.high)
    without, with_it = map(amounts.scale_of(unit, levels).amount, levels)
    scale = amounts.scale_of(amounts.difference_unit(unit), changes)
    by, low, high = map(scale.amount, changes)
    numbers = f"{without:>14}{with_it:>14}"
    return f"{row.lever:<26}{row.measure:<24}{numbers}  {by} ({low} to {high})"


def openb_line(row: Any) -> str:
    """A mean over seeds, in percent."""
    shares = (row.arrived_share, row.gpu_allocated_share, row.published)
    arrived, allocated, published = ("-" if s is None else f"{s:.1%}" for s in shares)
    return f"{row.list:<28}{row.policy:<16}{arrived:>9}{allocated:>11}{published:>11}"
