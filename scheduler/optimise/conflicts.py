"""A smallest set of lines that conflict, found by taking away what is not needed for it.

Whatever can be taken out of the question while it stays impossible is taken out. What is left
is minimal, for it was seen that without any one of its lines a solution exists. Lines that are
alike (see alike.py) share one such question, so that a province of pools needs a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from scenarios import REMOVED, Change, Scenario, all_edited
from scheduler.fulfilment import refused, required, shapes_of
from scheduler.optimise.alike import Alike
from scheduler.optimise.any_seating import possible
from scheduler.optimise.halving import first_true
from scheduler.optimise.lever import Lever, Path
from scheduler.optimise.levers import levers_of
from scheduler.optimise.solvers import UnsolvedError
from scheduler.replicas import placement_problem

MOST_QUESTIONS = 600  # to find a set: a province needs some hundred, at 0.05 to 0.1 s


@dataclass(frozen=True, slots=True)
class Conflict:
    """Levers that make it impossible, whatever all others are.

    `unsure` is '' if none of them can be freed without making it solvable; else why that is
    not known of some.
    """

    levers: tuple[Lever, ...]
    unsure: str = ""

    @property
    def smallest(self) -> bool:
        """Whether no line of it can be left out."""
        return not self.unsure


def solvable(scenario: Scenario) -> bool:
    """Whether some placement serves all that must be served, whoever finds it.

    Raises:
        UnsolvedError: not known within the limits of work.
    """
    shapes = shapes_of(scenario)
    if refused(scenario, shapes):
        return False
    problem = placement_problem(scenario, shapes.estate, shapes, priced=False)
    names = required(scenario)
    own = tuple(group for group in problem.groups if group.name in names)
    return not own or possible(replace(problem, groups=own))


def musts(scenario: Scenario) -> frozenset[str]:
    """The workloads that must be served."""
    return required(scenario) | {w.name for w in scenario.workloads if w.must_serve}


def conflict_of(
    scenario: Scenario, lacking: Iterable[str] = (), most: int = MOST_QUESTIONS
) -> Conflict:
    """A smallest set of levers that conflict, of a scenario that cannot be solved.

    Pools that the workloads `lacking` may use are looked at last, and so stay in it if they
    can. Where `most` questions, or the solver's work, are not enough it is a set all the same.
    """
    names = musts(scenario)
    shapes = shapes_of(scenario)
    short = frozenset(lacking) or names
    pools = {p for shape in shapes.all if shape.ask.workload in short for p in shape.allowed}
    used = frozenset(shapes.estate.pools[p].name for p in pools)
    search = Search(scenario, Alike(scenario, names), most)
    kept = search.kept_of(levers_of(scenario, names, used))
    return Conflict(tuple(kept), search.unsure)


@dataclass(slots=True)
class Search:
    """Questions about one scenario, with ever more levers freed; it stays impossible."""

    scenario: Scenario
    alike: Alike
    most: int
    asked: int = 0
    unsure: str = ""
    freed: list[Lever] = field(default_factory=list)
    changes: dict[Path, list[Change]] = field(default_factory=dict)

    def kept_of(self, levers: Iterable[Lever]) -> list[Lever]:
        """The levers that cannot be freed, first come first freed.

        Blocks are twice as long after one that could be freed and half as long after one that
        could not: what is needed stands together.
        """
        rows, kept = self.alike.grouped(levers), list[Lever]()
        size = len(rows)
        while rows:
            some = rows[:size]
            if self.without([lever for row in some for lever in row]):
                self.freed += [lever for row in some for lever in row]
                rows, size = rows[size:], size * 2
            elif len(some) > 1:
                size = len(some) // 2
            else:
                kept += self.needed_of(some[0])
                rows = self.alike.grouped(lever for row in rows[1:] for lever in row)
        return kept

    def needed_of(self, row: Sequence[Lever]) -> Sequence[Lever]:
        """Of levers that are alike and cannot all be freed: as few as can be kept.

        Any others would do as well as these, so that each is needed if one is.
        """
        free = first_true(len(row) - 1, lambda n: not self.without(row[: n + 1]))
        free = len(row) - 1 if free is None else free
        self.freed += row[:free]
        if free:
            self.alike.tell_apart(row[free:])
        return row[free:]

    def without(self, some: Sequence[Lever]) -> bool:
        """Whether it is certain that it stays impossible with these levers freed too."""
        if self.asked >= self.most:
            self.unsure = f"{self.most:,} questions were not enough"
            return False
        self.asked += 1
        try:
            return not solvable(self.scenario_without([*self.freed, *some]))
        except UnsolvedError as error:
            self.unsure = str(error)
            return False

    def scenario_without(self, levers: Iterable[Lever]) -> Scenario:
        """The scenario with these levers out of the question."""
        changes: list[Change] = []
        for lever in levers:
            if lever.path not in self.changes:
                self.changes[lever.path] = lever.freed(self.scenario)
            changes += self.changes[lever.path]
        # what leaves the question altogether comes last: nothing is changed in it any more
        return all_edited(self.scenario, sorted(changes, key=lambda c: c[1] is REMOVED))
