"""`suanli bench`: experiments repeated on the files given, beside what was published."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import lazy_loader as lazy
import typer

from bench.commands.endings import wrong
from bench.commands.facility import cap, gap, sscflp, tscflp
from bench.commands.options import Json, Workers
from bench.commands.roadef import roadef
from bench.commands.rows import is_nan, print_groups, print_row, print_rows

speed = lazy.load("bench.speed", suppress_warning=True)
amounts = lazy.load("bench.amounts", suppress_warning=True)
worths = lazy.load("bench.worth", suppress_warning=True)
scarcities = lazy.load("bench.scarce_worth", suppress_warning=True)
planned_worth = lazy.load("bench.planned_worth", suppress_warning=True)
network_speed = lazy.load("bench.network_speed", suppress_warning=True)
dispatch_speed = lazy.load("bench.dispatch_speed", suppress_warning=True)
openb_batches = lazy.load("bench.published.openb_batches", suppress_warning=True)
openb_runs = lazy.load("bench.published.openb", suppress_warning=True)

Seeds = Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Seeds 1 to N.")]

bench = typer.Typer(
    help="Repeat an experiment beside what is published.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for command in (cap, gap, sscflp, tscflp, roadef):
    bench.command()(command)


@bench.command()
def openb(
    nodes: Annotated[Path, typer.Option(metavar="N.csv", help="The list of nodes.")],
    pods: Annotated[Path, typer.Option(metavar="P.csv", help="The list of pods, also .gz.")],
    seeds: Seeds = 10,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this packing; repeatable.")
    ] = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """How much GPU each packing allocates, by the GPU asked for so far.

    `--policy planned` packs batches of 64 pods at prices, without the engine;
    `planned-packing` is the packing `planned` of scenarios, pod by pod in the engine.
    """
    names = tuple(openb_runs.PUBLISHED_NAMES)
    for name in policy or ():
        known = (*names, PLANNED, openb_runs.PLANNED_PACKING)
        if name not in known:
            wrong(f"--policy: expected one of {', '.join(known)}; got '{name}'")
    for path in (nodes, pods):
        if not path.is_file():
            wrong(f"{path}: no such file")
    chosen = tuple(name for name in policy or names if name != PLANNED)
    rows = openb_found(nodes, pods, seeds, chosen, workers, planned=PLANNED in (policy or ()))
    shown = (row for row in rows if as_json or row.seed is None)
    print_rows(shown, openb_line, head=OPENB_HEAD, as_json=as_json)


PLANNED = "planned"
OPENB_HEAD = f"{'list':<28}{'policy':<16}{'arrived':>9}{'allocated':>11}{'published':>11}"


def openb_found(
    nodes: Path,
    pods: Path,
    seeds: int,
    policies: tuple[str, ...],
    workers: int | None,
    *,
    planned: bool,
) -> Iterator[Any]:
    """The rows of the packings, then of planned batches."""
    if policies:
        yield from openb_runs.openb_rows(nodes, pods, seeds, policies=policies, workers=workers)
    if planned:
        try:
            yield from openb_batches.planned_rows(nodes, pods, seeds)
        except ValueError as error:
            wrong(str(error))


@bench.command()
def engine(
    nodes: Annotated[int, typer.Option(min=30, max=1_000_000, metavar="N")] = 1000,
    jobs: Annotated[int, typer.Option(min=1000, max=100_000_000, metavar="N")] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, max=100, metavar="N")] = 5,
    plain: Annotated[bool, typer.Option(help="Time the plain engine too.")] = False,
    as_json: Json = False,
) -> None:
    """How many jobs a second, beside two SimPy timeouts a job in the same run."""
    head = f"{'path':<23}{'nodes':>8}{'jobs':>10}{'jobs/s':>11}{'ratio':>8}{'peak MiB':>10}"
    rows = speed.speed_rows(nodes, jobs, rounds, plain=plain)
    print_rows(rows, engine_line, head=head, as_json=as_json)


def engine_line(row: Any) -> str:
    """One path through the engine."""
    return (
        f"{row.path:<23}{row.nodes:>8}{row.jobs:>10}{row.jobs_per_s:>11,.0f}"
        f"{row.ratio:>8.2f}{row.peak_mib:>10.0f}"
    )


@bench.command()
def network(
    transfers: Annotated[
        list[int] | None,
        typer.Option(min=2, max=100_000, metavar="N", help="So many at once; repeatable."),
    ] = None,
    sites: Annotated[int, typer.Option(min=100, max=20_000, metavar="N")] = 2000,
    rounds: Annotated[int, typer.Option(min=1, max=100, metavar="N")] = 5,
    as_json: Json = False,
) -> None:
    """How fast fair rates of transfers are worked out again, beside a textbook in dicts."""
    head = (
        f"{'transfers':>9}{'links':>7}{'fast ms':>9}{'change ms':>11}{'dict ms':>9}{'ratio':>8}"
    )
    sizes = transfers or (100, 1000, 5000)
    rows = network_speed.network_rows(sizes, sites=sites, rounds=rounds)
    print_rows(rows, network_line, head=head, as_json=as_json)


def network_line(row: Any) -> str:
    """So many transfers at once."""
    return (
        f"{row.transfers:>9}{row.links:>7}{row.fast_ms:>9.2f}{row.change_ms:>11.2f}"
        f"{row.dict_ms:>9.1f}{row.ratio:>8.1f}"
    )


@bench.command()
def dispatch(
    case: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this case; repeatable.")
    ] = None,
    large: Annotated[bool, typer.Option(help="The large questions too; minutes.")] = False,
    small: Annotated[bool, typer.Option(help="The small questions.")] = True,
    seed: Annotated[int, typer.Option(min=1, metavar="N")] = 1,
    as_json: Json = False,
) -> None:
    """How fast plans of a dispatch are found and how close they are to the best.

    The questions are made up: individual tasks, classes of like tasks, tasks on nodes. The
    ratio of a row is its time as a part of another way's in the same run: of building term
    by term, of solving cold.
    """
    for name in case or ():
        if name not in dispatch_speed.CASES:
            wrong(f"--case: expected one of {', '.join(dispatch_speed.CASES)}; got '{name}'")
    rows = dispatch_speed.dispatch_rows(
        tuple(case or dispatch_speed.CASES), seed=seed, large=large, quick=small
    )
    print_rows(rows, dispatch_line, head=DISPATCH_HEAD, as_json=as_json)


DISPATCH_HEAD = (
    f"{'case':<12}{'tasks':>8}{'pools':>7}{'variables':>11}  {'method':<21}{'objective':>13}"
    f"{'bound':>13}{'gap':>9}{'build s':>9}{'solve s':>9}{'CPU s':>9}{'ratio':>8}"
)


def dispatch_line(row: Any) -> str:
    """One method on one question."""
    money = "".join(
        f"{'-' if v is None else f'{v:,.1f}':>13}" for v in (row.objective, row.bound)
    )
    spent = "".join(
        f"{'-' if s is None else f'{s:.3f}':>9}" for s in (row.build_s, row.solve_s, row.cpu_s)
    )
    gap = "-" if row.gap is None else f"{row.gap:.2%}"
    ratio = "-" if row.ratio is None else f"{row.ratio:.3f}"
    return (
        f"{row.case:<12}{row.tasks:>8}{row.pools:>7}{row.variables:>11}  {row.method:<21}"
        f"{money}{gap:>9}{spent}{ratio:>8}"
    )


@bench.command()
def worth(
    seeds: Seeds = 10,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """What sharing, a DPU and borrowing between tiers are worth.

    Simulates bundled scenarios without and with each, seed by seed, and prints waits, idle
    capacity, energy and cost with the difference and its 95 % interval. Takes minutes.
    """
    rows = worths.worth_rows(seeds=seeds, workers=workers or os.cpu_count() or 1)
    print_groups(rows, worth_line, group="lever", heads=worth_heads, as_json=as_json)


@bench.command("planned")
def planned_bench(  # noqa: PLR0917 - an option each
    scenario: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|NAME", help="A scenario; repeatable.", show_default=False),
    ] = None,
    loads: Annotated[
        str, typer.Option(metavar="X,Y", help="Loads; 1 = the scarcest pools fully asked for.")
    ] = "0.7,0.85,0.95,1.05",
    seeds: Seeds = 10,
    dispatch: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only beside this; repeatable.")
    ] = None,
    comparisons: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            metavar="N",
            help="Differences of the whole study, where this is a part of it.",
            show_default=False,
        ),
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="FILE",
            help="Keep each run in this file; runs that it has are not made again.",
            show_default=False,
        ),
    ] = None,
    beside: Annotated[
        bool,
        typer.Option("--beside", help="Differences of latency, cost and utilisation too."),
    ] = False,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Planned dispatch beside every greedy one, at several loads of a scenario.

    Load 1 is where the scarcest pools are fully asked for in the mean, whoever goes where; a
    load scales the arrivals of workloads with a rate. The difference is what a job costs more
    than with `planned`, with the interval that holds for all differences of a scenario at
    once (95 %, Bonferroni; `--comparisons` says how many where loads are run one by one).
    Takes minutes to hours; with `--keep` an interrupted study goes on where it was.
    """
    names = tuple(dispatch or planned_worth.GREEDY)
    for name in names:
        if name not in planned_worth.GREEDY:
            wrong(
                f"--dispatch: expected one of {', '.join(planned_worth.GREEDY)}; got '{name}'"
            )
    for name in scenario or ["zhejiang-week"]:
        rows = planned_worth.planned_rows(
            name,
            loads=loads_of(loads),
            seeds=seeds,
            workers=workers or os.cpu_count() or 1,
            dispatches=(planned_worth.PLANNED, *names),
            comparisons=comparisons,
            kept=kept,
        )
        try:
            line = planned_lines if beside else planned_line
            print_groups(rows, line, group="load", heads=planned_heads, as_json=as_json)
        except ValueError as error:
            wrong(str(error))


def loads_of(text: str) -> tuple[float, ...]:
    """Numbers above 0, between commas."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < load <= MOST_LOAD for load in found):
        wrong(f"--loads: expected numbers in (0, {MOST_LOAD:g}], as 0.7,0.95; got '{text}'")
    return found


MOST_LOAD = 10.0


def planned_heads(row: Any, *, first: bool) -> tuple[str, ...]:
    """Scenario and load over the heads of the columns."""
    what = (
        f"{row.scenario} at load {row.load:g}: {row.factor:.3f} times the declared rates, "
        f"scarcest {row.resource}, {row.seeds} paired seed{'s' * (row.seeds != 1)}, "
        f"intervals for {row.comparisons} differences at once"
    )
    heads = (
        f"{'dispatch':<14}{'CNY/job':>9}{'latency h':>11}{'p95 h':>8}{'CNY':>12}"
        f"{'allocated':>11}{'used':>8}{'to planned':>12}{'saved':>8}  interval"
    )
    return (what, heads) if first else ("", what, heads)


def planned_line(row: Any) -> str:
    """One dispatch at one load."""
    hours = (row.latency_mean_s / 3600, row.latency_p95_s / 3600)
    by = f"{row.difference:>+12.2f}{row.saved:>8.1%}" if row.verdict else ""
    known = f"  {row.low:+.2f} to {row.high:+.2f}: " if row.low == row.low else "  "
    within = known + row.verdict if row.verdict else ""
    return (
        f"{row.dispatch:<14}{row.objective_mean_cny:>9.2f}{hours[0]:>11.2f}{hours[1]:>8.2f}"
        f"{row.cost_total_cny:>12,.0f}{row.allocated_share:>11.1%}{row.used_share:>8.1%}"
        f"{by}{within}"
    )


def planned_lines(row: Any) -> str:
    """The same, with a line for the difference of each other measure."""
    return "\n".join([planned_line(row), *(beside_line(one) for one in row.beside)])


BESIDE = {
    "latency_mean_s": ("latency h", 1 / 3600, ".2f"),
    "latency_p95_s": ("p95 h", 1 / 3600, ".2f"),
    "cost_total_cny": ("CNY", 1.0, ",.0f"),
}


def beside_line(one: Any) -> str:
    """The difference of one other measure to that of `planned`."""
    points = (one.measure.split("_share_")[0] + " points", 100.0, ".1f")
    name, scale, form = BESIDE.get(one.measure, points)
    mean, low, high = (f"{value * scale:+{form}}" for value in (one.mean, one.low, one.high))
    return f"    {name:<20}{mean:>12}   {low} to {high}"


def worth_heads(row: Any, *, first: bool) -> tuple[str, ...]:
    """What is compared, once a lever, over the heads of its columns."""
    seeds = f"{row.seeds} paired seed{'s' * (row.seeds != 1)}"
    what = f"{row.lever}: {row.scenario}, without = {row.base}, with = {row.variant}, {seeds}"
    heads = worth_columns("measure", "without", "with", "difference", "95 % interval")
    return (what, heads) if first else ("", what, heads)


def worth_line(row: Any) -> str:
    """One measure of one lever, all in one unit."""
    levels, changes = (row.without, row.with_it), (row.difference, row.low, row.high)
    return worth_columns(row.measure, *amounts.difference_cells(row.measure, levels, changes))


def worth_columns(measure: str, without: str, with_it: str, by: str, interval: str) -> str:
    """A line of the table."""
    return f"{measure:<24}{without:>16}{with_it:>16}{by:>16}  {interval}"


@bench.command()
def scarce(
    scenario: Annotated[str, typer.Argument(help="A scenario.")] = "zhejiang-week",
    load: Annotated[
        float,
        typer.Option(min=0.01, max=10, help="1 = the scarcest pools fully asked for."),
    ] = 0.95,
    seeds: Annotated[
        int, typer.Option(min=2, max=1000, metavar="N", help="Seeds 1 to N.")
    ] = 10,
    others: Annotated[int, typer.Option(min=0, metavar="N", help="Seeds after those.")] = 0,
    most: Annotated[int, typer.Option(min=1, metavar="N", help="How many things.")] = 10,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """What one more of the scarcest things is worth, beside runs made again with it.

    The first variant, with planned dispatch; a load scales the arrivals of workloads with a
    rate. The worth is what a report of these seeds tells: their jobs sent again one by one.
    Runs are whole simulations of the same seeds with one more, with the 95 % interval of the
    paired difference; `others` is the worth by jobs of further seeds. Takes a run a thing and
    seed: half an hour.
    """
    here, there = range(1, seeds + 1), range(seeds + 1, seeds + others + 1)
    if not as_json:
        heads = ("one more", "plans CNY", "worth CNY", "others CNY", "runs CNY")
        print(scarce_columns(*heads, "95 % interval"), flush=True)
    rows = []
    try:
        for row in scarcities.scarce_worth(
            scarcities.loaded(scenario, load),
            here,
            there,
            most=most,
            workers=workers or os.cpu_count() or 1,
        ):
            rows.append(row)
            print_row(row, scarce_line, as_json=as_json)
    except ValueError as error:
        wrong(str(error))
    if not as_json:
        print(scarce_sum(rows))


def scarce_sum(rows: list[Any]) -> str:
    """How many figures lie in the interval of the runs."""
    told = f"inside: {sum(row.inside for row in rows)} of {len(rows)}"
    if any(row.others for row in rows):
        told += f"; by other seeds: {sum(row.others_inside for row in rows)}"
    return f"{told}; by plans alone: {sum(row.plan_inside for row in rows)}"


def scarce_line(row: Any) -> str:
    """One thing, all in CNY."""
    figures = (row.plan_cny, row.worth_cny, row.others_cny, row.mean)
    shown = ("-" if is_nan(x) else f"{x:,.0f}" for x in figures)
    span = f"{row.low:,.0f} to {row.high:,.0f}{'' if row.inside else '  outside'}"
    return scarce_columns(f"{row.kind} {row.name}", *shown, span)


def scarce_columns(name: str, *figures: str) -> str:
    """A line of the table; the interval is last."""
    *numbers, span = figures
    return f"{name:<50}{''.join(f'{n:>12}' for n in numbers)}  {span}"


def openb_line(row: Any) -> str:
    """A mean over seeds, in percent."""
    shares = (row.arrived_share, row.gpu_allocated_share, row.published)
    arrived, allocated, published = ("-" if s is None else f"{s:.1%}" for s in shares)
    return f"{row.list:<28}{row.policy:<16}{arrived:>9}{allocated:>11}{published:>11}"
