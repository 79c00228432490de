"""`suanli bench roadef`: our reassignment beside what was published for an instance."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from bench.published.facility import FacilityRow, published_rows, share_over, stem
from bench.published.instances import NUMBER, InstanceError, words_of
from bench.published.reassignment import read_reassignment
from bench.published.reassignment_team import reassign
from bench.published.roadef_checker import check
from scheduler.optimise import (
    ReassignmentPlan,
    ReassignmentProblem,
    reassignment_cost,
    reassignment_faults,
)

BEST = ("best_", "_ub")  # columns of what somebody found
MODEL = "model_"


def read(model: Path, assignment: Path) -> ReassignmentProblem:
    """The problem, from an assignment that obeys every rule.

    Raises:
        InstanceError: a file is not of the format, or the assignment breaks a rule.
        OSError: one cannot be read.
    """
    problem = read_reassignment(model, assignment)
    plan = ReassignmentPlan(tuple(problem.initial.tolist()))
    if wrong := reassignment_faults(problem, plan):
        raise InstanceError(f"{assignment}: breaks a rule of {model.name}: {wrong[0]}")
    return problem


def published_cost(model: Path) -> float | None:
    """The least cost that anybody published for the instance, None where nobody did.

    Raises:
        InstanceError: a value of the table is no number.
    """
    name = stem(model).removeprefix(MODEL)
    texts = [
        value
        for row in published_rows(model)
        if row.get("instance") == name
        for column, value in row.items()
        if value and isinstance(column, str) and any(word in column for word in BEST)
    ]
    for text in texts:
        if not NUMBER.fullmatch(text):
            raise InstanceError(f"{model}: published: expected a number; got '{text[:40]}'")
    return min(map(float, texts), default=None)


def roadef_row(
    model: Path, assignment: Path, seconds: float, workers: int
) -> tuple[FacilityRow, ReassignmentPlan]:
    """The row and the plan behind it; accepted by the judge and by the checker.

    Raises:
        InstanceError: a file is not of the format.
        OSError: one cannot be read.
    """
    start = time.monotonic()
    problem, published = read(model, assignment), published_cost(model)
    found = reassign(problem, start + seconds, workers)
    plan, bound = found.plan, float(found.bound)
    took = time.monotonic() - start
    wrong = objections(problem, plan, model, assignment)
    objective = None if wrong else float(reassignment_cost(problem, plan))
    proven = objective == bound
    row = FacilityRow(
        stem(model),
        objective,
        bound,
        published,
        share_over(objective, bound),
        share_over(objective, published),
        round(took, 2),
        f"no plan: {wrong[0]}" if wrong else "optimal" if proven else "feasible",
        accepted=not wrong,
    )
    return row, plan


def objections(
    problem: ReassignmentProblem, plan: ReassignmentPlan, model: Path, assignment: Path
) -> Sequence[str]:
    """What the judge or the checker has against the plan."""
    if wrong := reassignment_faults(problem, plan):
        return wrong
    after = solution_text(plan).split()
    verdict = check(words_of(model), words_of(assignment), after)
    if not verdict.accepted:
        return [f"checker: {text}" for text in verdict.wrong]
    ours = reassignment_cost(problem, plan)
    return [] if ours == verdict.cost else [f"cost {ours}, the checker says {verdict.cost}"]


def solution_text(plan: ReassignmentPlan) -> str:
    """The machine of each process, as the assignment files have it."""
    return " ".join(map(str, plan.machines)) + "\n"
