"""Compliance: the hard rules once more, from the job tables and the scenario's plain data.

Nothing of the engine is used here, so that a mistake there cannot hide itself: residency,
security level, chip lists, admission list and reserved pools are checked for every placement
that the tables hold.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from bench.journeys import Journeys, Trip
from bench.trace_rules import OwnRules
from bench.view import RunView
from topology import catalogue_chips, catalogue_servers

RULES = ("residency", "security-level", "chips", "not-listed", "reserved")
NO_RULES: Mapping[str, OwnRules] = MappingProxyType({})
LEVELS = ("site", "township", "county", "city", "province", "nation")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as one workload is bound by it: its kind, its limit, and what keeps it.

    `margin` is what is left at a pool before the rule would break, None if it has no measure.
    """

    kind: str
    limit: str
    keeps: Callable[[Trip], bool]
    margin: Callable[[Trip], int | None]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule with one limit in one variant, all runs and all jobs (warm-up too).

    `jobs` carried it, `placed` of them reached a pool, `broken` stand where they must not,
    `margin` is the closest that any came (0 = at the limit), None where there is no measure.
    """

    variant: str
    kind: str
    limit: str
    jobs: int
    placed: int
    broken: int
    margin: int | None


def checks(
    view: RunView,
    runs: Mapping[tuple[str, int], Journeys],
    own: Mapping[str, Mapping[str, OwnRules]],
) -> list[Check]:
    """Every rule that a job carried, by variant in file order, then by rule and limit."""
    return [
        row
        for variant in view.variants
        for row in _checks(view, runs, variant, own.get(variant, {}))
    ]


def untested(found: Sequence[Check]) -> list[str]:
    """The kinds of rules that no job carried in any variant."""
    return [kind for kind in RULES if all(check.kind != kind for check in found)]


def unread_workloads(view: RunView, own: Mapping[str, Mapping[str, OwnRules]]) -> list[str]:
    """Traces whose rows may carry rules that could not be read again."""
    names = {
        str(row.get("name"))
        for variant, resolved in view.resolved.items()
        for row in resolved.get("workloads") or ()
        if row.get("kind") == "trace" and row.get("name") not in own.get(variant, {})
    }
    return sorted(names)


def wide_gangs(view: RunView, runs: Iterable[Journeys]) -> int:
    """Placements of gangs that may stand in several pools, of which the tables name one."""
    wide = {
        str(row.get("name"))
        for resolved in view.resolved.values()
        for row in resolved.get("workloads") or ()
        if (row.get("demand") or {}).get("gang_within", "pool") != "pool"
    }
    return sum(
        jobs
        for run in runs
        for trip, jobs in run.trips.items()
        if trip.workload in wide and trip.pool
    )


def _checks(
    view: RunView,
    runs: Mapping[tuple[str, int], Journeys],
    variant: str,
    own: Mapping[str, OwnRules],
) -> list[Check]:
    book = Book(view.resolved.get(variant, {}), own)
    trips: dict[Trip, int] = {}
    for seed in view.seeds:
        for trip, jobs in runs[variant, seed].trips.items():
            every = trip._replace(counted=True)
            trips[every] = trips.get(every, 0) + jobs
    found: dict[tuple[str, str], list[tuple[Trip, int, Rule]]] = {}
    for trip, jobs in trips.items():
        for rule in book.rules(trip.workload, trip.own):
            found.setdefault((rule.kind, rule.limit), []).append((trip, jobs, rule))
    order = sorted(found, key=_strictness)
    return [_check(variant, *key, found[key]) for key in order]


def _strictness(key: tuple[str, str]) -> tuple[int, int, str]:
    """Rules in their order, of one the narrowest limit first."""
    kind, limit = key
    return RULES.index(kind), LEVELS.index(limit) if limit in LEVELS else 0, limit


def _check(
    variant: str, kind: str, limit: str, carried: Sequence[tuple[Trip, int, Rule]]
) -> Check:
    placed = [(trip, jobs, rule) for trip, jobs, rule in carried if trip.pool]
    margins = [rule.margin(trip) for trip, _, rule in placed]
    known = [margin for margin in margins if margin is not None]
    return Check(
        variant=variant,
        kind=kind,
        limit=limit,
        jobs=sum(jobs for _, jobs, _ in carried),
        placed=sum(jobs for _, jobs, _ in placed),
        broken=sum(jobs for trip, jobs, rule in placed if not rule.keeps(trip)),
        margin=min(known, default=None),
    )


class Book:
    """The rules of one resolved scenario, looked up in its plain data."""

    def __init__(
        self, resolved: Row, own: Mapping[str, OwnRules] = MappingProxyType({})
    ) -> None:
        self.own = own
        topology = resolved.get("topology") or {}
        self.regions = _by_name(topology.get("regions"))
        self.sites = _by_name(topology.get("sites"))
        self.pools = _by_name(topology.get("pools"))
        self.sets = _by_name(topology.get("data_sets"))
        self.chips = {
            **{name: chip.model_dump() for name, chip in catalogue_chips().items()},
            **_by_name(topology.get("chips")),
        }
        self.servers = {
            **{name: row.model_dump() for name, row in catalogue_servers().items()},
            **_by_name(topology.get("servers")),
        }
        self.classes = _by_name(resolved.get("data_classes"))
        self.workloads = _by_name(resolved.get("workloads"))
        self.silos = _silos(resolved.get("policies"))
        self.some_reserved = any(pool.get("reserved_for") for pool in self.pools.values())
        self.found: dict[tuple[str, int], list[Rule]] = {}
        self.lineages: dict[str, list[str]] = {}

    def rules(self, workload: str, own: int = 0) -> list[Rule]:
        """The rules that bind the jobs of a workload, or of a trace the rows numbered `own`."""
        if (workload, own) not in self.found:
            rows = self.own[workload].rows if workload in self.own else ()
            row = rows[own] if own < len(rows) else self.workloads.get(workload, {})
            self.found[workload, own] = [*self._rules(row)]
        return self.found[workload, own]

    def _rules(self, workload: Row) -> Iterator[Rule]:
        if workload.get("kind") != "trace":  # of a trace that was not read again: unknown
            yield from self._residency(workload)
            yield from self._security(workload)
            yield from self._chip_list(workload)
            yield from self._listed(workload)
        yield from self._reserved(workload)

    def _residency(self, workload: Row) -> Iterator[Rule]:
        data = workload.get("data") or {}
        limits = [data.get("stays_within"), self._class(workload).get("stays_within")]
        limits.append(self._class_of_set(data).get("stays_within"))
        given = [LEVELS.index(limit) for limit in limits if limit in LEVELS]
        if not given:
            return
        limit, at = LEVELS[min(given)], data.get("at") or self._place_of_set(data)
        yield Rule(
            "residency",
            limit,
            lambda trip: self._stays(limit, at, trip),
            lambda trip: self._levels_left(limit, at, trip),
        )

    def _security(self, workload: Row) -> Iterator[Rule]:
        own = workload.get("security_level") or 1
        classes = self._class(workload), self._class_of_set(workload.get("data") or {})
        asked = max(own, *(one.get("security_level") or 1 for one in classes))
        if asked <= 1:
            return
        yield Rule(
            "security-level",
            str(asked),
            lambda trip: self._level(trip) >= asked,
            lambda trip: self._level(trip) - asked,
        )

    def _chip_list(self, workload: Row) -> Iterator[Rule]:
        chips = workload.get("chips") or {}
        wanted = [tuple(chips.get(key) or ()) for key in ("any_of", "isa", "stack")]
        if any(wanted):
            limit = ", ".join(word for words in wanted for word in words)
            yield Rule("chips", limit, lambda trip: self._has(wanted, trip), lambda _: None)

    def _listed(self, workload: Row) -> Iterator[Rule]:
        chips = workload.get("chips") or {}
        gpu = bool((workload.get("demand") or {}).get("gpu"))
        for key, mark in (
            ("domestic_only", "domestic"),
            ("safe_reliable_only", "safe_reliable"),
        ):
            if chips.get(key):
                yield self._marked(key, mark, gpu and key == "domestic_only")

    def _marked(self, key: str, mark: str, gpu: bool) -> Rule:
        def keeps(trip: Trip) -> bool:
            server = self._server(trip)
            used = [server.get("cpu"), server.get("accelerator") if gpu else None]
            return all(self.chips.get(name, {}).get(mark) for name in used if name)

        return Rule("not-listed", key, keeps, lambda _: None)

    def _reserved(self, workload: Row) -> Iterator[Rule]:
        """One rule for all jobs that meet a pool kept for others."""
        plain = workload.get("kind") == "jobs" and not workload.get("demand", {}).get("gpu")
        kept = {name for name, pool in self.pools.items() if pool.get("gpu_jobs_only")}
        closed = kept if plain else set()
        if self.some_reserved or closed:
            yield Rule(
                "reserved",
                "",
                lambda trip: self._may_enter(trip) and trip.pool not in closed,
                lambda _: None,
            )

    def _may_enter(self, trip: Trip) -> bool:
        some = self.pools.get(trip.pool, {}).get("reserved_for") or ()
        return trip.tenant in some or not (some or self.silos)

    def _class(self, workload: Row) -> Row:
        return self.classes.get((workload.get("data") or {}).get("data_class") or "", {})

    def _class_of_set(self, data: Row) -> Row:
        row = self.sets.get(data.get("set") or "", {})
        return self.classes.get(row.get("data_class") or "", {})

    def _place_of_set(self, data: Row) -> str | None:
        """Where data of a set lies from the start: at the first of its places."""
        return next(iter(self.sets.get(data.get("set") or "", {}).get("at") or ()), None)

    def _level(self, trip: Trip) -> int:
        return int(self.pools.get(trip.pool, {}).get("security_level") or 1)

    def _server(self, trip: Trip) -> Row:
        return self.servers.get(self.pools.get(trip.pool, {}).get("server", ""), {})

    def _has(self, wanted: Sequence[Sequence[str]], trip: Trip) -> bool:
        any_of, isa, stack = wanted
        pool, server = self.pools.get(trip.pool, {}), self._server(trip)
        names = [
            server.get("cpu"),
            server.get("accelerator"),
            pool.get("dpu") or server.get("dpu"),
        ]
        named = any(fnmatchcase(name, word) for name in names if name for word in any_of)
        own = self.chips.get(server.get("cpu") or "", {}).get("isa")
        return (
            (named or not any_of)
            and (own in isa or not isa)
            and (pool.get("stack") in stack or not stack)
        )

    def _stays(self, limit: str, at: str | None, trip: Trip) -> bool:
        there = self.pools.get(trip.pool, {}).get("site", "")
        if limit == "site" and at:
            return bool(there == at)
        home, goal = self._place(at, trip), self._region(there)
        own, other = self._above(home, limit), self._above(goal, limit)
        return home == goal if own is None else own == other

    def _levels_left(self, limit: str, at: str | None, trip: Trip) -> int | None:
        """How many levels wider the job might have gone than it went."""
        home = self._lineage(self._place(at, trip))
        goal = set(self._lineage(self._region(self.pools.get(trip.pool, {}).get("site", ""))))
        met = next((name for name in home if name in goal), None)
        level = self.regions.get(met or "", {}).get("level")
        if limit == "site" or level not in LEVELS:
            return 0 if limit == "site" else None
        return max(LEVELS.index(limit) - LEVELS.index(level), 0)

    def _place(self, at: str | None, trip: Trip) -> str:
        return self._region(at) if at else trip.region

    def _region(self, site: str) -> str:
        return str(self.sites.get(site, {}).get("region") or site)

    def _above(self, region: str, level: str) -> str | None:
        lineage = self._lineage(region)
        return next((n for n in lineage if self.regions.get(n, {}).get("level") == level), None)

    def _lineage(self, region: str) -> list[str]:
        if region not in self.lineages:
            self.lineages[region] = [*self._upward(region)]
        return self.lineages[region]

    def _upward(self, region: str) -> Iterator[str]:
        seen: set[str] = set()
        while region and region not in seen:
            seen.add(region)
            yield region
            region = self.regions.get(region, {}).get("parent") or ""


def _by_name(rows: Iterable[Row] | None) -> dict[str, Row]:
    return {str(row["name"]): row for row in rows or () if row.get("name") is not None}


def _silos(policies: Row | None) -> bool:
    chosen = (policies or {}).get("silos") or {}
    return (chosen.get("name") if isinstance(chosen, Mapping) else chosen) == "tenant"
