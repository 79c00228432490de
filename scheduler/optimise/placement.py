"""Planned placement: facility location in integers, judged; greedy where there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scheduler.optimise.any_seating import judged, some_seating
from scheduler.optimise.placement_program import NoSeatingError, program_of
from scheduler.optimise.solvers import UnsolvedError
from scheduler.replicas import PlacementProblem, Seating, cost_units, lacking
from scheduler.seating import Greedy

PROVEN = 1e-9


@dataclass(frozen=True, slots=True)
class Planned:
    """Facility location: replicas, opened sites and distance at least cost, all rules kept.

    Where there is no seating at all the greedy one stands, incomplete as it is.
    """

    opening_cny_h: float = 0.0
    delay_cny_h_ms: float = 1.0

    def seat(self, problem: PlacementProblem) -> Seating:
        """See PlacementPolicy."""
        plain = Greedy(self.opening_cny_h, self.delay_cny_h_ms).seat(problem)
        try:
            found = planned(problem)
        except NoSeatingError as error:
            return replace(plain, told=str(error), impossible=True)
        except UnsolvedError as error:
            return _some(problem, plain, str(error))
        is_dearer = cost_units(problem, found) > cost_units(problem, plain)
        return plain if is_dearer and not lacking(problem, plain) else found


def _some(problem: PlacementProblem, plain: Seating, told: str) -> Seating:
    """Without a plan: the greedy seating if it is complete, else any that is."""
    if lacking(problem, plain):
        try:
            return replace(some_seating(problem), told=told)
        except UnsolvedError:  # told already
            return replace(plain, told=told)
    return replace(plain, told=told)


def planned(problem: PlacementProblem) -> Seating:
    """The cheapest seating, complete and judged.

    Raises:
        NoSeatingError: there is none.
        UnsolvedError: none was found within the limits of work, or the solver's is none.
    """
    program = program_of(problem, costs=True)
    solution = program.solved()
    seating = judged(problem, program.seating(solution.values))
    cost = cost_units(problem, seating)
    known = solution.bound >= cost - 1 + PROVEN  # costs are whole: within one is equal
    return replace(seating, proven=bool(solution.proven and known))
