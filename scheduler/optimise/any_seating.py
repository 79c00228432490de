"""Whether replicas can stand at all: any seating, whatever it costs.

First nodes are left out, and each pool holds as a whole: if even that cannot be, nothing can.
What comes out is dealt to nodes, largest first. Only for kinds of node where that does not
work out the mixes that fit on one are written into the program, and it is asked again.
"""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.optimise.node_filling import Dealt, dealt_to, some_mixes
from scheduler.optimise.patterns import patterns
from scheduler.optimise.placement_program import (
    Kind,
    Mixes,
    NoSeatingError,
    Program,
    kind_of,
    program_of,
)
from scheduler.optimise.solvers import Floats, UnsolvedError
from scheduler.replicas import PlacementProblem, Seating, lacking, seating_faults


def possible(problem: PlacementProblem) -> bool:
    """Whether any seating at all gives every replica a place within its bounds.

    Raises:
        UnsolvedError: it is not known within the limits of work.
    """
    try:
        some_seating(problem)
    except NoSeatingError:
        return False
    return True


def some_seating(problem: PlacementProblem) -> Seating:
    """Any seating that is complete, whatever it costs.

    Raises:
        NoSeatingError: there is none.
        UnsolvedError: it is not known within the limits of work.
    """
    mixed: dict[Kind, Mixes] = {}
    some: UnsolvedError | None = None  # why not all mixes of a kind are written down
    while True:
        program = program_of(problem, costs=False, mixed=mixed)
        try:
            values = program.solved().values
        except NoSeatingError:
            if some is not None:
                raise some from None
            raise
        dealt, unfit = _dealt(program, values)
        if not unfit:
            return judged(problem, program.seating(values, dealt))
        for kind in unfit:
            try:
                mixed[kind] = patterns(*kind)
            except UnsolvedError as error:
                mixed[kind], some = some_mixes(*kind), error


def _dealt(program: Program, values: Floats) -> tuple[dict[int, Dealt], Sequence[Kind]]:
    """What stands on which nodes where the program does not say; kinds where it fails."""
    found: dict[int, Dealt] = {}
    unfit: dict[Kind, None] = {}
    for pool in program.groups_at:
        if pool in program.mixes:
            continue
        counts = [round(values[program.replicas[g, pool]]) for g in program.groups_of(pool)]
        kind = kind_of(program, pool)
        dealt = dealt_to(kind[0], program.nodes_of(pool), kind[1], counts)
        if dealt is None:
            unfit[kind] = None
        else:
            found[pool] = dealt
    return found, list(unfit)


def judged(problem: PlacementProblem, seating: Seating) -> Seating:
    """The same, if it is complete and keeps all rules.

    Raises:
        UnsolvedError: it does not.
    """
    faults = seating_faults(problem, seating) + lacking(problem, seating)
    if faults:
        raise UnsolvedError(f"placement: the solver's plan is none: {faults[0]}")
    return seating
