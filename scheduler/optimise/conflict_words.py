"""A conflict in words: its lines, a long one in bunches, and what lacks in sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios import Place, Scenario, place_of, value_at, written_path
from scheduler.estate import UNKNOWN, PoolFacts
from scheduler.fulfilment import refused, shapes_of
from scheduler.optimise.lever import Lever
from scheduler.optimise.mending import SHORT
from scheduler.replicas import Group, placement_problem
from scheduler.shapes import QUOTA_KEYS, Stand
from topology import RESOURCES, Pool

NAMED = 3  # pools of a bunch
MANY = 1000  # units beyond which three decimals say nothing
WORDS = {
    "vcpu": ("vCPU", 1000),
    "memory": ("GiB", 1024),
    "gpu": ("GPU", 1000),
    "gpu_memory": ("GiB", 1024),
    "dpu": ("DPU", 1000),
    "local_storage": ("GB", 1000),
}
KEYS = {word: key for key, (word, _) in QUOTA_KEYS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conflict: where it stands, its setting, and what it says."""

    place: Place
    path: str
    says: str


def line_of(scenario: Scenario, lever: Lever) -> Line:
    """One line by itself."""
    value = value_at(scenario, lever.path)
    return Line(place_of(scenario, lever.path), written_path(lever.path), _said(value))


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def bunches_of(scenario: Scenario, conflict: Sequence[Lever]) -> list[Line]:
    """The lines of a conflict as a planner reads them: of a long one, like pools together."""
    bunches: dict[object, list[Lever]] = {}
    for lever in conflict:
        own = len(conflict) <= SHORT or lever.path[:2] != ("topology", "pools")
        kind = () if own else _kind(scenario, scenario.topology.pool(lever.path[2]))
        bunches.setdefault(lever.path if own else (lever.path[-1], kind), []).append(lever)
    return [_bunch(scenario, levers) for levers in bunches.values()]


def _kind(scenario: Scenario, pool: Pool) -> tuple[str, str, str]:
    return pool.cloud, pool.server, scenario.topology.site(pool.site).tier


def _bunch(scenario: Scenario, levers: Sequence[Lever]) -> Line:
    first = line_of(scenario, levers[0])
    if len(levers) == 1:
        return first
    pools = [scenario.topology.pool(lever.path[2]) for lever in levers]
    cloud, server, tier = kind = _kind(scenario, pools[0])
    alike = sum(_kind(scenario, pool) == kind for pool in scenario.topology.pools)
    names = [pool.name for pool in pools]
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    path = f"topology.pools[{', '.join(names[:NAMED])}{more}].{levers[0].path[-1]}"
    of = f"all {alike:,}" if alike == len(pools) else f"{len(pools):,} of {alike:,}"
    where = f"{of} pools of {cloud} with {server} at {tier} sites"
    return Line(first.place, path, f"{_said_of_all(scenario, levers)}, {where}")


def _said_of_all(scenario: Scenario, levers: Sequence[Lever]) -> str:
    """Nodes are told in sum, all else by what it is."""
    values = [value_at(scenario, lever.path) for lever in levers]
    if levers[0].path[-1] == "nodes":
        return f"{sum(values):,}"
    return " or ".join(dict.fromkeys(map(_said, values)))


def lack_of(scenario: Scenario, conflict: Sequence[Lever]) -> str:
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
    what = RESOURCES[r].replace("_", " ")
    where = _where(scenario, facts)
    text = f"{what} of {where}: need {_told(need / scale)}, have {_told(have / scale)} {unit}"
    return need / max(have, 1), text


def _told(amount: float) -> str:
    """Parts of a unit only where they can matter to a reader."""
    return f"{round(amount, 3 if amount < MANY else 1):,.10g}"


def _where(scenario: Scenario, facts: Sequence[PoolFacts]) -> str:
    if len(facts) > SHORT:
        sites = len({f.site for f in facts})
        return f"{len(facts):,} pools at {sites:,} sites"
    lines = [place_of(scenario, ("topology", "pools", f.name, "nodes")).line for f in facts]
    return ", ".join(f"{f.name} (line {n})" for f, n in zip(facts, lines, strict=True))


def _stands(group: Group) -> list[Stand]:
    return [group.shape.stand(pool) for pool in group.shape.allowed]
