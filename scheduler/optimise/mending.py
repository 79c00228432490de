"""What would be enough: single changes to lines of a conflict, cheapest first.

Whatever single change mends a conflict is a change to one of its lines, or it would still
stand. So the cheapest of all changes is found by looking at each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from scenarios import Scenario, edited, written_path
from scheduler.fulfilment import unmet
from scheduler.optimise.alike import Alike
from scheduler.optimise.conflicts import musts, solvable
from scheduler.optimise.halving import first_true
from scheduler.optimise.lever import Kind, Lever, Step
from scheduler.optimise.solvers import UnsolvedError

SHORT = 8  # lines of a set, up to which every change is told
MOST_TOLD = 4  # of a longer one: of its purchases, and of all else
ORDER: tuple[Kind, ...] = ("purchase", "rule", "demand")


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change that is enough: the setting as `--set` takes it, and its price."""

    setting: str
    words: str
    kind: Kind
    price_cny: float | None


def relaxations_of(scenario: Scenario, conflict: Sequence[Lever]) -> list[Relaxation]:
    """For each lever its gentlest step that is enough: what money buys comes first.

    Of a long set those purchases are told that cost less than all before them, the last of
    which is the cheapest there is, and some of the rest; of lines that are alike one.
    """
    long = len(conflict) > SHORT
    rows = [[lever] for lever in conflict]
    if long:
        rows = Alike(scenario, musts(scenario)).grouped(conflict)
    bought = _purchases(scenario, [row for row in rows if row[0].kind == "purchase"], long=long)
    others = [row for kind in ORDER[1:] for row in rows if row[0].kind == kind]
    kept = others[-MOST_TOLD:]  # what is asked for is last among them
    rest = [
        _relaxation(row, step)
        for row in kept
        for step in _enough(scenario, row[0], row[0].steps(scenario))
    ]
    return sorted([*bought, *rest], key=_rank)


def _purchases(
    scenario: Scenario, rows: Iterable[Sequence[Lever]], *, long: bool
) -> list[Relaxation]:
    found: list[Relaxation] = []
    steps = [(row, row[0].steps(scenario)) for row in rows]
    priced = [(row, some) for row, some in steps if some and some[0].price_cny is not None]
    unpriced = [(row, some) for row, some in steps if some and some[0].price_cny is None]
    for row, some in sorted(priced, key=lambda pair: _first_price(*pair)):
        least = min((one.price_cny or 0.0 for one in found), default=None)
        within = some if least is None or not long else _below(some, least)
        found += [_relaxation(row, step) for step in _enough(scenario, row[0], within)]
    for row, some in unpriced[:MOST_TOLD] if long else unpriced:
        found += [_relaxation(row, step) for step in _enough(scenario, row[0], some)]
    return sorted(found, key=_rank)[:MOST_TOLD] if long else found


def _first_price(row: Sequence[Lever], steps: Sequence[Step]) -> tuple[float, tuple[str, ...]]:
    return steps[0].price_cny or 0.0, row[0].path


def _below(steps: Sequence[Step], price_cny: float) -> Sequence[Step]:
    """Those of known price, rising, that cost less."""
    return list(takewhile(lambda s: s.price_cny is not None and s.price_cny < price_cny, steps))


def _rank(one: Relaxation) -> tuple[int, bool, float, str]:
    return (
        ORDER.index(one.kind),
        one.price_cny is None,
        one.price_cny or 0.0,
        one.setting,
    )


def _relaxation(row: Sequence[Lever], step: Step) -> Relaxation:
    value, lever = step.value, row[0]
    shown = {None: "null", True: "true", False: "false"}.get(value) if _is_word(value) else None
    text = shown or ("[]" if value == [] else f"{value}")
    like = f" (or in one of {len(row) - 1:,} alike)" if len(row) > 1 else ""
    return Relaxation(
        f"{written_path(lever.path)}={text}", step.words + like, lever.kind, step.price_cny
    )


def _is_word(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _enough(scenario: Scenario, lever: Lever, steps: Sequence[Step]) -> list[Step]:
    """The first step that is enough, as one list; steps in order of price are all tried."""
    if lever.path[-1] == "server":  # another server is no more of the same
        return next(([step] for step in steps if _does(scenario, lever, step)), [])
    if not steps or not _does(scenario, lever, steps[-1]):
        return []
    at = first_true(len(steps), lambda n: _does(scenario, lever, steps[n]))
    return [] if at is None else [steps[at]]


def _does(scenario: Scenario, lever: Lever, step: Step) -> bool:
    """Whether this step alone is certain to be enough."""
    value = () if step.value == [] else step.value
    try:
        return served(edited(scenario, lever.path, value))
    except UnsolvedError:
        return False


def served(scenario: Scenario) -> bool:
    """Whether the scenario's own placement serves all that must be: a plan does if any does.

    Raises:
        UnsolvedError: not known within the limits of work.
    """
    if scenario.policies.placement.name == "planned":
        return solvable(scenario)
    return not unmet(scenario)
