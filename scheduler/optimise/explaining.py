"""Why something is impossible: a smallest set of lines that conflict, and what would mend it.

The set is found by deletion: whatever can be taken out of the question while it stays
impossible is taken out. What is left is minimal, for it was seen that without any one of its
lines a solution exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from scenarios import (
    REMOVED,
    Place,
    Scenario,
    all_edited,
    edited,
    place_of,
    value_at,
    written_path,
)
from scheduler.estate import UNKNOWN, PoolFacts
from scheduler.fulfilment import refused, required, shapes_of, unmet
from scheduler.optimise.levers import Kind, Lever, Step, levers_of
from scheduler.optimise.placement import possible
from scheduler.optimise.solvers import UnsolvedError
from scheduler.replicas import Group, placement_problem
from scheduler.shapes import Stand
from topology import RESOURCES

MOST_QUESTIONS = 200  # to find a set: some 20 s of a province
MOST_OTHERS = 4  # of the rest: what is asked for is last among them
MOST_PURCHASES = 4  # of a long set, those with the cheapest first step
SHORT = 8  # lines of a set, up to which every change is told
ORDER: tuple[Kind, ...] = ("purchase", "rule", "demand")
WORDS = {
    "vcpu": ("vCPU", 1000),
    "memory": ("GiB", 1024),
    "gpu": ("GPU", 1000),
    "gpu_memory": ("GiB", 1024),
    "dpu": ("DPU", 1000),
    "local_storage": ("GB", 1000),
}
KEYS = {
    "vcpu": "vcpu",
    "memory": "memory_gib",
    "gpu": "gpu",
    "gpu_memory": "gpu_memory_gib",
    "dpu": "dpu_share",
    "local_storage": "local_storage_gb",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conflict: where it stands, its setting, and what it says."""

    place: Place
    path: str
    says: str


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One change that is enough: the setting as `--set` takes it, and its price."""

    setting: str
    words: str
    kind: Kind
    price_cny: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why some workloads cannot be served.

    `lines` is a smallest set that conflicts, `short` says what lacks in sum ('' if nothing),
    `relaxations` are single changes after which all are served, cheapest first. `open_question`
    says why there is no proof, where there is none.
    """

    workloads: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    short: str = ""
    relaxations: tuple[Relaxation, ...] = ()
    open_question: str = ""


def explained(
    scenario: Scenario, names: Iterable[str] | None = None, *, allow_code: bool = False
) -> Explanation | None:
    """Why what must be served cannot be; None if it can. `names` are those that lack something.

    Without `names` they are looked for first, by the scenario's own placement.
    """
    if names is None:
        names = unmet(scenario, allow_code=allow_code)
    names = tuple(sorted(names))
    if not names:
        return None
    try:
        if solvable(scenario):
            return _greedy_fault(scenario, names)
        conflict, smallest = conflict_of(scenario, names)
    except UnsolvedError as error:
        return Explanation(names, open_question=str(error))
    return Explanation(
        workloads=names,
        lines=tuple(_line(scenario, lever) for lever in conflict if smallest),
        short=_short(scenario, conflict) if smallest else "",
        relaxations=tuple(relaxations_of(scenario, conflict)),
        open_question="" if smallest else "too many lines to find a smallest set of them",
    )


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


def conflict_of(
    scenario: Scenario, lacking: Iterable[str] = (), most: int = MOST_QUESTIONS
) -> tuple[list[Lever], bool]:
    """Levers none of which can be freed without making the rest solvable.

    Pools that the workloads `lacking` may use are looked at last. The second is False where
    `most` questions were not enough to find a smallest set.

    Raises:
        UnsolvedError: a question on the way is not answered within the limits of work.
    """
    names = {w.name for w in scenario.workloads if w.must_serve} | required(scenario)
    shapes = shapes_of(scenario)
    short = frozenset(lacking) or names
    pools = {p for shape in shapes.all if shape.ask.workload in short for p in shape.allowed}
    used = frozenset(shapes.estate.pools[p].name for p in pools)
    kept = levers_of(scenario, frozenset(names), used)
    freed: list[Lever] = []
    at, size, asked = 0, len(kept), 0
    while at < len(kept) and asked < most:
        asked += 1
        some = kept[at : at + size]
        if not _without(scenario, [*freed, *some]):
            freed += some
            del kept[at : at + len(some)]
        elif len(some) == 1:
            at += 1
        else:
            size = len(some) // 2
            continue
        size = max(1, (len(kept) - at) // 2)
    return kept, at >= len(kept)


def _without(scenario: Scenario, freed: Iterable[Lever]) -> bool:
    """Whether it can be solved with these levers out of the question."""
    changes = [change for lever in freed for change in lever.freed(scenario)]
    # what leaves the question altogether comes last: nothing is changed in it any more
    return solvable(all_edited(scenario, sorted(changes, key=lambda c: c[1] is REMOVED)))


# -- what would mend it -----------------------------------------------------------------------


def relaxations_of(scenario: Scenario, conflict: Sequence[Lever]) -> list[Relaxation]:
    """For each lever its gentlest step that is enough: what money buys comes first.

    Of a long set a few purchases are tried, those with the cheapest first step, and told only
    if they cost no more than the cheapest before them.
    """
    found: list[Relaxation] = []
    for lever in _worth_trying(scenario, conflict):
        most = min((one.price_cny for one in found if one.price_cny is not None), default=None)
        steps = lever.steps(scenario)
        if len(conflict) > SHORT and lever.kind == "purchase" and most is not None:
            steps = _up_to(steps, most)
            if steps and not _does(scenario, lever, steps[-1]):
                steps = []
        found += [_relaxation(lever, step) for step in _enough(scenario, lever, steps)]
    return sorted(found, key=_rank)


def _worth_trying(scenario: Scenario, conflict: Sequence[Lever]) -> list[Lever]:
    bought = [lever for lever in conflict if lever.kind == "purchase"]
    if len(conflict) > SHORT:
        steps = [(lever.path, lever.steps(scenario)) for lever in bought]
        prices = {path: some[0].price_cny for path, some in steps if some}
        known = [lever for lever in bought if prices.get(lever.path) is not None]
        bought = sorted(known, key=lambda lever: (prices[lever.path] or 0.0, lever.path))
        bought = bought[:MOST_PURCHASES]
    others = [one for kind in ORDER[1:] for one in conflict if one.kind == kind]
    return bought + (others[-MOST_OTHERS:] if len(others) > MOST_OTHERS else others)


def _up_to(steps: Sequence[Step], price_cny: float) -> Sequence[Step]:
    """Those of known price, rising, that cost no more."""
    return list(
        takewhile(lambda s: s.price_cny is not None and s.price_cny <= price_cny, steps)
    )


def _rank(one: Relaxation) -> tuple[int, bool, float, str]:
    return (
        ORDER.index(one.kind),
        one.price_cny is None,
        one.price_cny or 0.0,
        one.setting,
    )


def _relaxation(lever: Lever, step: Step) -> Relaxation:
    value = step.value
    shown = {None: "null", True: "true", False: "false"}.get(value) if _is_word(value) else None
    text = shown or ("[]" if value == [] else f"{value}")
    return Relaxation(
        f"{written_path(lever.path)}={text}", step.words, lever.kind, step.price_cny
    )


def _is_word(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _does(scenario: Scenario, lever: Lever, step: Step) -> bool:
    """Whether this step alone is enough."""
    value = () if step.value == [] else step.value
    return served(edited(scenario, lever.path, value))


def _enough(scenario: Scenario, lever: Lever, steps: Sequence[Step]) -> list[Step]:
    """The first step that is enough, as one list; steps in order of price are all tried."""
    if lever.path[-1] == "server":  # another server is no more of the same
        return next(([step] for step in steps if _does(scenario, lever, step)), [])
    at = first_true(len(steps), lambda n: _does(scenario, lever, steps[n]))
    return [] if at is None else [steps[at]]


def served(scenario: Scenario) -> bool:
    """Whether the scenario's own placement serves all that must be: a plan does if any does."""
    if scenario.policies.placement.name == "planned":
        return solvable(scenario)
    return not unmet(scenario)


def first_true(count: int, holds: Callable[[int], bool]) -> int | None:
    """The first of 0..count-1 for which it holds, as for all after it; None for none."""
    low, high = -1, 0  # it does not hold at `low`
    while high < count and not holds(high):
        low, high = high, 2 * high + 1
    if high >= count:
        high = count - 1
        if high <= low or not holds(high):
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


# -- in words ---------------------------------------------------------------------------------


def _line(scenario: Scenario, lever: Lever) -> Line:
    value = value_at(scenario, lever.path)
    return Line(place_of(scenario, lever.path), written_path(lever.path), _said(value))


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def _short(scenario: Scenario, conflict: Sequence[Lever]) -> str:
    """What lacks in sum, if all that is asked for must stand in the pools of the conflict."""
    shapes = shapes_of(scenario)
    if refused(scenario, shapes):
        return ""
    problem = placement_problem(scenario, shapes.estate, shapes)
    asked = {lever.path[1] for lever in conflict if lever.path[-1] == "replicas"}
    named = {lever.path[2] for lever in conflict if lever.path[0] == "topology"}
    groups = [group for group in problem.groups if group.name in asked]
    pools = sorted({pool for group in groups for pool in group.shape.allowed})
    facts = [problem.estate.pools[pool] for pool in pools]
    if not groups or not {f.name for f in facts} <= named:
        return ""
    keys = {lever.path[-1] for lever in conflict if "demand" in lever.path}
    told = [r for r, name in enumerate(RESOURCES) if KEYS[name] in keys]
    words = [_lack(scenario, r, groups, facts) for r in told or range(len(RESOURCES))]
    return max((word for word in words if word), default=(0.0, ""))[1]


def _lack(
    scenario: Scenario, r: int, groups: Sequence[Group], facts: Sequence[PoolFacts]
) -> tuple[float, str] | None:
    """How much more of a resource is needed than there is, as a share and in words."""
    need = sum(min(s.amounts[r] for s in _stands(g)) * g.count for g in groups)
    have = sum(f.sellable[r] for f in facts)
    if any(f.sellable[r] == UNKNOWN for f in facts) or need <= have:
        return None
    unit, scale = WORDS[RESOURCES[r]]
    lines = [place_of(scenario, ("topology", "pools", f.name, "nodes")).line for f in facts]
    where = ", ".join(f"{f.name} (line {n})" for f, n in zip(facts, lines, strict=True))
    what = RESOURCES[r].replace("_", " ")
    text = f"{what} of {where}: need {need / scale:,.10g}, have {have / scale:,.10g} {unit}"
    return need / max(have, 1), text


def _stands(group: Group) -> list[Stand]:
    return [group.shape.stand(pool) for pool in group.shape.allowed]


def _greedy_fault(scenario: Scenario, names: tuple[str, ...]) -> Explanation:
    """A placement exists, and the scenario's own policy does not find it."""
    path = ("policies", "placement")
    choice = scenario.policies.placement
    line = Line(place_of(scenario, path), "policies.placement", choice.name)
    plan = choice.model_copy(update={"name": "planned"})
    if not served(edited(scenario, path, plan)):
        return Explanation(names, (line,), "a placement exists, but not of all replicas")
    mended = Relaxation(
        "policies.placement.name=planned", "placement: planned finds it", "rule", 0.0
    )
    return Explanation(names, (line,), "", (mended,))
