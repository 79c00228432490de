"""One run: the parts built from a scenario, handed to an engine, its records returned."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any, Literal

import numpy as np

from scenarios import Demand, PolicyChoice, Scenario, demand_of, stream
from scheduler.arrivals import Arrivals
from scheduler.books import Books
from scheduler.copies import Copies
from scheduler.engine import Plain, Progress
from scheduler.estate import Estate, estate_of
from scheduler.fairness import Shares
from scheduler.finder import Finder, LadderFinder, RandomFinder, ScoreFinder, tie_order
from scheduler.fragments import Job, typical_jobs
from scheduler.freight import Freight
from scheduler.journal import Book
from scheduler.lane import Lane
from scheduler.migration import Migrating
from scheduler.own import own_dispatch
from scheduler.packing import Packing
from scheduler.plan_rows import PlanRow
from scheduler.policy import Dispatch, View
from scheduler.records import Keep, Records, Sink
from scheduler.registry import is_own_code, policy_of
from scheduler.rules import Preemption, Rules, Settings
from scheduler.seating import hold, seated
from scheduler.shapes import Shapes
from scheduler.state import State
from scheduler.transfers import Transfers
from scheduler.window import Window

PLANNED = "planned"
EngineName = Literal["lane", "plain"]


def simulate(  # noqa: PLR0913 - the face of the room; all but two are options
    scenario: Scenario,
    seed: int,
    *,
    engine: EngineName = "lane",
    sink: Sink | None = None,
    progress: Progress | None = None,
    allow_code: bool = False,
    laws: bool = True,
    demand: Demand | None = None,
    planning: Mapping[str, Any] | None = None,
) -> Records:
    """What happens in one resolved variant under one seed.

    With a `sink` the tables go there as they are finished and the records stay empty. `demand`
    takes the place of the scenario's own (the same jobs, made before), `laws=False` leaves the
    audit out; both are there to measure speed. `planning` are other parts of `planned.Given`
    than its own, such as `solve`.

    Raises:
        ScenarioError: a policy is code without leave, or has an unknown option.
        LawBrokenError: a defect of ours.
    """
    records = Records(scenario, seed)
    with rarely_collected():
        run = assembled(
            scenario,
            seed,
            engine,
            sink or Keep(records),
            allow_code=allow_code,
            demand=demand,
            planning=planning,
        )
        run.book.checks = laws
        run.run(progress)
        rows = _plans(run.rules)
        if rows:
            run.book.sink.plans(rows)
    return records


def _plans(rules: Rules) -> tuple[PlanRow, ...]:
    """All plans of the policies, in the order of time."""
    packing = getattr(rules.finder, "packing", None)
    moves = getattr(rules.settings.preemption, "plans", ())
    rows = (*getattr(rules.dispatch, "rows", ()), *getattr(packing, "plans", ()), *moves)
    return tuple(sorted(rows, key=lambda row: row.time_s))


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Few collections of garbage while jobs pile up: they would look at each job in flight."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 50, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def assembled(
    scenario: Scenario,
    seed: int,
    engine: EngineName,
    sink: Sink,
    *,
    allow_code: bool = False,
    demand: Demand | None = None,
    planning: Mapping[str, Any] | None = None,
) -> Plain:
    """An engine with all its parts, ready to run."""
    estate = estate_of(scenario)
    shapes = Shapes(scenario, estate)
    demand = demand or demand_of(scenario, seed)
    shapes.add(demand.asks)
    book = Book(scenario, seed, estate, shapes, sink)
    packing_name = scenario.policies.packing.name
    draws = "random" in (packing_name, scenario.policies.dispatch.name) or ":" in (
        scenario.policies.dispatch.name
    )
    arrivals = Arrivals(demand, shapes, book, seed, draws=draws)
    limit_us = scenario.horizon_us + scenario.drain_us
    kernel = Lane if engine == "lane" else Plain
    run = kernel(arrivals, book, Window(scenario.horizon_us, limit_us))
    run.rules = _rules(
        scenario,
        seed,
        estate,
        shapes,
        run,
        fast=engine == "lane",
        code=allow_code,
        planning=planning,
    )
    placed = seated(scenario, estate, shapes, allow_code=allow_code)
    if placed is not None:
        hold(run.rules, *placed)
    return run


def _rules(  # noqa: PLR0913 - see `simulate`
    scenario: Scenario,
    seed: int,
    estate: Estate,
    shapes: Shapes,
    run: Plain,
    *,
    fast: bool,
    code: bool,
    planning: Mapping[str, Any] | None,
) -> Rules:
    policies, file = scenario.policies, scenario.origin.file
    by_node = policies.dispatch.name == "by-node"
    shuffled = policies.packing.options.get("ties") == "shuffled"
    ladder = fast and policies.packing.name == "best-fit" and not by_node and not shuffled
    mirrored = not ladder and policies.packing.name != "random"
    state = State(estate, shapes.limits(), mirrored=mirrored)
    packing = _packing(scenario, shapes, run.book, planning or {}, code=code)
    order = tie_order(estate, stream(seed, "policies/ties") if shuffled else None)
    books = Books()
    rules = Rules(
        estate=estate,
        state=state,
        finder=_finder(state, packing, order, ladder=ladder),
        dispatch=_dispatch(scenario, shapes, planning or {}, code=code),
        queue=policy_of("queue", policies.queue, file, allow_code=code),
        view=View(
            estate=estate,
            topology=scenario.topology,
            load=lambda pool, resource: rules.load(pool, resource),  # noqa: PLW0108 - rules come later
            last=lambda workload: rules.last.get(workload, -1),
            declared_us=lambda: rules.declared_us,
            month=scenario.start.month,
            books=books,
        ),
        settings=settings_of(scenario, estate, code=code),
        journal=run.book,
        agenda=run,
        freight=_freight(scenario, shapes, run.book),
    )
    books.of(rules)
    rules.watch = getattr(rules.dispatch, "ended", None)
    rules.hears = getattr(packing, "came", None)
    return rules


def _freight(scenario: Scenario, shapes: Shapes, book: Book) -> Freight | None:
    """Data on its way, where transfers share links or data sets are moved."""
    ways = shapes.ways
    if ways is None:
        return None
    transfers = Transfers(ways.capacity_gbit_s, ways.floors())
    span = scenario.warmup_us, scenario.horizon_us
    copies = Copies(scenario.topology, shapes.estate, ways)
    return Freight(transfers, book, copies, shared=ways.shared, span=span)


def _dispatch(
    scenario: Scenario, shapes: Shapes, planning: Mapping[str, Any], *, code: bool
) -> Dispatch:
    choice, file = scenario.policies.dispatch, scenario.origin.file
    policy = policy_of("dispatch", choice, file, allow_code=code)
    if choice.name == PLANNED:
        fallback = policy_of(
            "dispatch", PolicyChoice(name=policy.fallback), file, allow_code=False
        )
        policy.given = resolve_name("scheduler.planned:Given")(
            scenario, shapes, fallback, **planning
        )
    known: Dispatch = own_dispatch(policy, choice, file) if is_own_code(choice) else policy
    return known


def settings_of(scenario: Scenario, estate: Estate, *, code: bool = False) -> Settings:
    """What the rules must know of the policies beyond calling them."""
    options = scenario.policies.queue.options
    most = options.get("max_waiting")
    return Settings(
        above_pool=options.get("at", "pool") != "pool",
        max_waiting=None if most is None else int(most),
        by_node=scenario.policies.dispatch.name == "by-node",
        ranks_by_turn=scenario.policies.dispatch.name == "round-robin",
        backfills=scenario.policies.queue.name in ("easy-backfill", "conservative-backfill")
        or scenario.policies.dispatch.name == PLANNED,
        promises=scenario.policies.queue.name == "conservative-backfill",
        preemption=_preemption(scenario, code=code),
        shares=_shares(scenario, estate),
    )


def _preemption(scenario: Scenario, *, code: bool) -> Preemption | None:
    choice, packing = scenario.policies.preemption, scenario.policies.packing
    found: Preemption | None = None
    if choice.name != "none":
        found = policy_of("preemption", choice, scenario.origin.file, allow_code=code)
    most = packing.options.get("migrations", 0) if packing.name == PLANNED else 0
    if not most:
        return found
    every_us = max(1, round(float(packing.options.get("every_s", 300)) * 1e6))
    return Migrating(int(most), every_us, found)


def _shares(scenario: Scenario, estate: Estate) -> Shares | None:
    if scenario.policies.queue.name != "drf":
        return None
    return Shares(estate.total, {tenant.name: tenant.weight for tenant in scenario.tenants})


def _finder(
    state: State, packing: Packing | None, order: np.ndarray, *, ladder: bool
) -> Finder:
    if ladder:
        return LadderFinder(state)
    return RandomFinder(state) if packing is None else ScoreFinder(state, packing, order)


def _packing(
    scenario: Scenario,
    shapes: Shapes,
    book: Book,
    planning: Mapping[str, Any],
    *,
    code: bool,
) -> Packing | None:
    """The packing policy; None for random, whose luck is the job's own (RandomFinder)."""
    choice = scenario.policies.packing
    if choice.name == "random":
        return None
    file, parts = scenario.origin.file, dict[str, Any]()
    offered: list[Job] = []
    if choice.name in ("fgd", PLANNED):
        offered = _offered(scenario, shapes)
        parts["typical"] = typical_jobs(offered, book.pool_of.astype(np.int64))
    own = {} if choice.name == PLANNED else parts
    packing: Packing = policy_of("packing", choice, file, allow_code=code, **own)
    if choice.name == PLANNED:
        policy: Any = packing
        other = PolicyChoice(name=policy.fallback)
        parts_of = parts if policy.fallback == "fgd" else {}
        fallback = policy_of("packing", other, file, allow_code=False, **parts_of)
        given = resolve_name("scheduler.planned_packing:Given")
        own_parts = {name: part for name, part in planning.items() if name != "watch"}
        policy.given = given(parts["typical"], offered, fallback, **own_parts)
    return packing


def _offered(scenario: Scenario, shapes: Shapes) -> list[Job]:
    """Needs of the jobs on offer, weighted by how many of each a look at the demand finds.

    The whole first chunk of demand under seed 1: the same typical jobs for every seed.
    """
    demand = demand_of(scenario, 1)
    first = next(demand.chunks(scenario.horizon_us + scenario.drain_us), None)
    if first is None:
        return []
    numbers, counts = np.unique(first.ask, return_counts=True)
    jobs: list[Job] = []
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        shape = shapes.all[number]
        if shape.allowed:
            need = shape.stand(shape.allowed[0]).need
            jobs.append((need, shape.allowed, float(count * shape.nodes)))
    return jobs
