"""`suanli bench cap|gap|sscflp|tscflp`: our plans beside what was published for an instance."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.published.instances import (
    NUMBER,
    AnyProblem,
    InstanceError,
    read_instances,
    words_of,
)
from scenarios import stream
from scheduler.optimise import (
    AssignmentPlan,
    AssignmentProblem,
    PlanFound,
    TwoStagePlan,
    TwoStageProblem,
    plan_of,
)

NAMES = ("instance", "Path")
GROUPS = ("set",)
CAPACITIES = "capacity_if_file_says_capacity"
VALUES = (
    *("optimal_cost", "optimal_or_best_value", "best_known"),
    *("Optimum", "Best known solution value"),
)
DIGITS = 6
SHARE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance and what is published for it."""

    name: str
    problem: AnyProblem
    published: float | None


@dataclass(frozen=True, slots=True)
class FacilityRow:
    """One row of the answer; gaps are shares: over our bound, and over what is published."""

    instance: str
    objective: float | None
    bound: float | None
    published: float | None
    gap: float | None
    gap_published: float | None
    seconds: float
    status: str
    accepted: bool


def instances(
    kind: str, files: Sequence[Path], capacities: Sequence[int] = ()
) -> list[Instance]:
    """All instances of all files, read before the first is solved.

    Raises:
        InstanceError: a file is not of the format.
    """
    return [found for file in files for found in instances_of(kind, file, capacities)]


def instances_of(kind: str, file: Path, capacities: Sequence[int]) -> list[Instance]:
    """`stem`, or `stem#1`, `stem#2`, ... where a file holds several or several capacities.

    OR-Library publishes capa, capb and capc at several capacities, which stand nowhere in the
    file: each of them is an instance, unless the caller says others or the file has one.
    """
    known = published_rows(file)
    listed = published_capacities(file, known) if kind == "cap" else []
    asked: list[int | None] = [*(capacities or unless_filled_in(file, listed))] or [None]
    pairs = [(size, one) for size in asked for one in read_instances(kind, file, size)]
    several = len(pairs) > 1
    found = []
    for number, (size, problem) in enumerate(pairs, 1):
        name = f"{stem(file)}#{number}" if several else stem(file)
        looked_up = stem(file) if size is not None or not several else name
        found.append(Instance(name, problem, published(known, looked_up, file, size)))
    return found


def unless_filled_in(file: Path, listed: Sequence[int]) -> Sequence[int]:
    """The capacities listed, or the one of them that the file already has."""
    first = words_of(file)[2:3] if listed else []
    return [size for size in listed if [str(size)] == first] or listed


def stem(file: Path) -> str:
    """The file's name without .gz and one more ending."""
    return Path(file.name.removesuffix(".gz")).stem


def published_rows(file: Path) -> list[dict[str, str]]:
    """All rows of the published_*.csv beside the file, else of those one folder up."""
    for folder in (file.absolute().parent, file.absolute().parent.parent):
        tables = sorted(folder.glob("published_*.csv"))
        if tables:
            return [row for table in tables for row in rows_of(table)]
    return []


def rows_of(table: Path) -> list[dict[str, str]]:
    """The rows of one table.

    Raises:
        InstanceError: it is no table, or a value is no number.
    """
    try:
        with table.open(encoding="utf-8", newline="") as lines:
            found = list(csv.DictReader(lines))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InstanceError(f"{table}: not a table: {error}") from None
    for number, row in enumerate(found, 2):
        for column in (CAPACITIES, *VALUES):
            if row.get(column) and not NUMBER.fullmatch(row[column]):
                raise InstanceError(f"{table}:{number}: {column}: expected a number")
    return found


def is_named(row: dict[str, str], name: str, file: Path) -> bool:
    """Is it this instance, and of this folder if the row names one?"""
    path = next((row[column] for column in NAMES if row.get(column)), "")
    group = next((row[column] for column in GROUPS if row.get(column)), "")
    *folders, last = path.split("/")
    wanted = folders[-1:] or ([group] if group else [])
    return last == name and wanted in ([], [file.absolute().parent.name])


def published_capacities(file: Path, known: Sequence[dict[str, str]]) -> list[int]:
    """The capacities for which a value is published, in the table's order."""
    named = (row for row in known if is_named(row, stem(file), file))
    return [round(float(row[CAPACITIES])) for row in named if row.get(CAPACITIES)]


def published(
    known: Sequence[dict[str, str]], name: str, file: Path, capacity: int | None
) -> float | None:
    """The value published for the instance, None where there is none."""
    size = "" if capacity is None else str(capacity)
    for row in known:
        if is_named(row, name, file) and (row.get(CAPACITIES) or "") == size:
            return next((float(row[column]) for column in VALUES if row.get(column)), None)
    return None


def facility_rows(
    found: Sequence[Instance], seconds: float
) -> Iterator[tuple[FacilityRow, PlanFound]]:
    """A row an instance as soon as it is solved, with the plan behind it."""
    for instance in found:
        start = time.monotonic()
        plan = plan_of(instance.problem, seconds, stream(1, "optimise/neighbourhood"))
        yield row_of(instance, plan, time.monotonic() - start), plan


def row_of(instance: Instance, found: PlanFound, seconds: float) -> FacilityRow:
    """The numbers as rounded for the reader; gaps come from the numbers before rounding."""
    objective = None if found.objective is None else float(found.objective)
    return FacilityRow(
        instance.name,
        rounded(objective, DIGITS),
        rounded(found.bound, DIGITS),
        instance.published,
        share_over(objective, found.bound),
        share_over(objective, instance.published),
        round(seconds, 2),
        found.status,
        accepted=found.plan is not None and not found.faults,
    )


def rounded(value: float | None, digits: int) -> float | None:
    """Rounded where there is something."""
    return None if value is None else round(value, digits)


def share_over(value: float | None, base: float | None) -> float | None:
    """(value - base) / |base|."""
    if value is None or base is None or base == 0:
        return 0.0 if value is not None and value == base else None
    return rounded((value - base) / abs(base), SHARE_DIGITS)


def solution_text(kind: str, problem: AnyProblem, found: PlanFound) -> str:
    """The plan in numbers from 1.

    gap: the agent of each job, one line. sscflp: the open facilities, then the facility of
    each customer. cap: the open facilities, then a line a customer of `facility amount` pairs.
    tscflp: the open plants, the open depots, then `plant depot amount` lines, a line `-`, and
    `depot customer amount` lines.
    """
    match found.plan:
        case AssignmentPlan() as plan if isinstance(problem, AssignmentProblem):
            lines = assignment_lines(kind, problem, plan)
        case TwoStagePlan() as plan if isinstance(problem, TwoStageProblem):
            lines = two_stage_lines(problem, plan)
        case _:
            return ""
    return "\n".join(lines) + "\n"


def assignment_lines(kind: str, problem: AssignmentProblem, plan: AssignmentPlan) -> list[str]:
    """A line of what is open but for gap; then who serves whom."""
    opened = [] if kind == "gap" else [one_line(sorted(plan.opened))]
    if not problem.split:
        return [*opened, one_line([parts[0][0] for parts in plan.served])]
    demand = problem.weight[0].tolist()
    lines = [
        " ".join(
            f"{facility + 1} {amount_text(part * asked / problem.weight_unit)}"
            for facility, part in parts
        )
        for asked, parts in zip(demand, plan.served, strict=True)
    ]
    return opened + lines


def two_stage_lines(problem: TwoStageProblem, plan: TwoStagePlan) -> list[str]:
    """What is open, what flows to depots, what flows to customers."""
    first, second = (
        [
            f"{a + 1} {b + 1} {amount_text(amount / problem.weight_unit)}"
            for a, b, amount in flow
        ]
        for flow in (plan.to_depots, plan.to_customers)
    )
    opened = [one_line(sorted(plan.plants)), one_line(sorted(plan.depots))]
    return [*opened, *first, "-", *second]


def one_line(indices: Sequence[int]) -> str:
    """Numbers from 1 with blanks between."""
    return " ".join(str(index + 1) for index in indices)


def amount_text(amount: object) -> str:
    """Without a tail of zeros."""
    return f"{float(amount):.12g}"  # type: ignore[arg-type]
