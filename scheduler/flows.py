"""The question of a plan: what is expected to come in a span of time, and the room it finds.

Pools that every kind of job sees alike are one group. A resource of a group over the span is a
row, so is a part of a node, since room in pieces is no room; so are a tenant's quota and a link
that inputs pass. What runs holds its room as long as it is expected to, what runs for ever at
all times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from scenarios import Forecast, Objective, Scenario, forecasts_of
from scheduler.books import Books
from scheduler.learning import Pace
from scheduler.optimise.flow_judge import TIERS, FlowProblem
from scheduler.optimise.units import Unit
from scheduler.own_cost import NODE, Kind, Kinds
from scheduler.policy import View
from scheduler.shapes import QUOTA_KEYS, Shape, quota_of
from scheduler.stays import Held
from topology import RESOURCES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
US_S, US_H, S_H = 1_000_000, 3_600_000_000, 3600
GRID_US = 450_000_000  # expected numbers are worked out at multiples of this
RECENT_US = 2 * US_H  # arrivals of a trace that count for what comes next
PARTS = 1000  # of a node
QUOTA_UNITS = dict(QUOTA_KEYS.values())
MOST = 1 << 46  # room where no source tells any; times a span it still fits 64 bits


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what a forecast tells that is of one kind."""

    forecast: Forecast
    kind: Kind
    share: float
    endless: bool


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What of a question stays from plan to plan: pairs of kinds and groups, and rows."""

    kinds: tuple[Kind, ...]
    group_of: Ints  # (pools,), -1 for a pool that nobody may use
    pools: tuple[tuple[int, ...], ...]  # of each group
    class_of: Ints
    group: Ints
    hour_cny: Floats
    factor: Floats
    amounts: Floats  # (pairs, resources and the part of a node), of a whole job
    moved: tuple[tuple[int, int, int], ...]  # pair, link, Mbit of one job
    links: tuple[tuple[str, int], ...]  # name, Mbit a second
    worth: Floats  # (groups, ...): CNY of a unit-hour to whoever needs least of it
    names: tuple[str, ...]  # of the groups
    rows: tuple[str, ...]  # of the rows of groups


class Flows:
    """Asks questions of one run."""

    def __init__(
        self,
        scenario: Scenario,
        shapes: Sequence[Shape],
        kinds: Kinds,
        view: View,
        books: Books,
        pace: Pace,
    ) -> None:
        self._kinds, self._view, self._books, self._pace = kinds, view, books, pace
        self._weights: Objective = kinds.weights
        self._deadline_h = {w.name: w.deadline_h for w in scenario.workloads}
        self._quotas = {t.name: t.quota for t in scenario.tenants if t.quota}
        self._shares = self._declared(forecasts_of(scenario), shapes)
        self._told = {share.kind.number for share in self._shares}
        self._expected: dict[tuple[str, int], float] = {}
        self._came: dict[str, int] = {}
        self._recent: dict[int, deque[tuple[int, int]]] = {}
        self._frame: Frame | None = None
        self._stands: tuple[int, list[list[float]]] | None = None
        self._sellable = np.array([p.sellable for p in view.estate.pools], float)
        self._nodes = np.array(
            [
                p.nodes * (1 - view.topology.pool(p.name).reserve_share)
                for p in view.estate.pools
            ]
        )

    def _declared(self, forecasts: Iterable[Forecast], shapes: Sequence[Shape]) -> list[Share]:
        by_ask = {shape.ask: shape for shape in shapes}
        found: dict[tuple[str, int], Share] = {}
        for forecast in forecasts:
            for ask, part in zip(forecast.asks, forecast.shares, strict=True):
                shape = by_ask.get(ask)
                if shape is None or not shape.allowed:
                    continue
                kind, _ = self._kinds.of(shape, self._view)
                key = forecast.workload, kind.number
                before = found[key].share if key in found else 0.0
                found[key] = Share(forecast, kind, before + part, shape.endless)
        return list(found.values())

    def came(self, shape: Shape, kind: Kind, now_us: int, estimate_us: int) -> None:
        """A job was submitted."""
        workload = shape.ask.workload
        self._came[workload] = self._came.get(workload, 0) + 1
        if kind.number not in self._told:
            self._recent.setdefault(kind.number, deque()).append((now_us, estimate_us))

    # -- what comes --------------------------------------------------------------------------

    def _until(self, forecast: Forecast, at_us: int) -> float:
        """Expected before an instant, linear between the points of a grid."""
        step, rest = divmod(at_us, GRID_US)
        low = self._at(forecast, step)
        if not rest:
            return low
        return low + (self._at(forecast, step + 1) - low) * rest / GRID_US

    def _at(self, forecast: Forecast, step: int) -> float:
        key = forecast.workload, step
        if key not in self._expected:
            self._expected[key] = forecast.expected(step * GRID_US)
        return self._expected[key]

    def _coming(self, begin_us: int, end_us: int) -> tuple[Floats, Floats]:
        """Jobs of each kind expected in a span, and their mean work in hours."""
        kinds = self._kinds.all
        count, hours = np.zeros(len(kinds)), np.ones(len(kinds))
        for one in self._shares:
            number = one.kind.number
            if one.endless:  # those of this very instant may not have come yet
                still = self._until(one.forecast, end_us) - self._came.get(
                    one.forecast.workload, 0
                )
                count[number] += one.share * max(0.0, still)
                hours[number] = float("inf")
            else:
                before = self._until(one.forecast, begin_us)
                count[number] += one.share * (self._until(one.forecast, end_us) - before)
                hours[number] = one.forecast.work_us / US_H
        now_us = self._books.now_us
        for number, times in self._recent.items():
            while times and times[0][0] <= now_us - RECENT_US:
                times.popleft()
            if times:
                span_us = max(min(RECENT_US, now_us), US_H // 4)
                count[number] += len(times) * (end_us - begin_us) / span_us
                pace = self._pace.of(kinds[number].ask.workload)
                hours[number] = pace * sum(e for _, e in times) / len(times) / US_H
        return count, hours

    # -- the question ------------------------------------------------------------------------

    def question(self, begin_us: int, end_us: int, *, stands: bool) -> FlowProblem:
        """What is expected in [begin, end) against the room there is.

        With `stands` only what runs for ever is taken off the room, as for a day to come;
        without, all that runs now is, as long as it is expected to.
        """
        frame = self.frame()
        span_s = max(1, (end_us - begin_us) // US_S)
        expected, hours = self._coming(begin_us, end_us)
        whole_h = span_s / S_H
        occupied_h = np.minimum(frame.factor * hours[frame.class_of], whole_h)
        limit = self._room(frame, span_s, stands=stands)
        count = np.floor(expected + 0.5).astype(np.int64)
        count[(count == 0) & (expected > LEAST)] = 1
        cost = frame.hour_cny * occupied_h + self._unfair(frame, occupied_h, whole_h)
        per_hour = self._weights.wait + self._weights.latency
        work_h = np.where(np.isinf(hours), whole_h, hours)
        unserved = np.zeros(len(frame.kinds))
        # whoever finds room is served, however crowded it is
        crowd = (frame.worth[frame.group] * frame.amounts).sum(axis=1) * occupied_h
        np.maximum.at(unserved, frame.class_of, cost + TIERS[-1][1] * crowd)
        unserved += per_hour * np.maximum(work_h, 1.0) + 1.0
        return self._put(frame, count, occupied_h, cost, unserved, limit, span_s)

    def hour_prices(self, prices: Floats) -> Floats:
        """CNY of a unit-hour by the prices of a plan: (groups of pools, NODE + 1)."""
        width = NODE + 1
        by_group = prices[: len(self.frame().pools) * width].reshape(-1, width) * S_H
        by_group[:, NODE] *= PARTS
        return by_group

    def frame(self) -> Frame:
        """Pairs and rows; made anew when a kind has come that was not known."""
        if self._frame is None or len(self._frame.kinds) != len(self._kinds.all):
            self._frame = self._framed()
        return self._frame

    def _framed(self) -> Frame:
        kinds = tuple(self._kinds.all)
        paths = [self._paths(kind) for kind in kinds]
        late = [self._late(kind) for kind in kinds]
        group_of, members = self._like_pools(kinds, paths, late)
        pairs = [
            (kind, g, kind.place[members[g][0]])
            for kind, behind in zip(kinds, late, strict=True)
            for g in sorted({int(group_of[pool]) for pool in kind.pools})
            if kind.place[members[g][0]] not in behind
        ]
        amounts = np.array([k.amounts[i] * k.nodes for k, _, i in pairs]).reshape(-1, NODE + 1)
        links: dict[tuple[str, int], int] = {}
        moved = []
        for at, (kind, g, _) in enumerate(pairs):
            for link in paths[kind.number].get(members[g][0], ()):
                mbit = ceil(kind.ask.input_mb * 8)
                moved.append((at, links.setdefault(link, len(links)), mbit))
        names = tuple(self._group_name(one) for one in members)
        return Frame(
            kinds=kinds,
            group_of=group_of,
            pools=members,
            class_of=np.array([kind.number for kind, _, _ in pairs], dtype=np.int64),
            group=np.array([g for _, g, _ in pairs], dtype=np.int64),
            hour_cny=np.array([kind.hour_cny[i] for kind, _, i in pairs]),
            factor=np.array([kind.factor[i] for kind, _, i in pairs]),
            amounts=amounts,
            moved=tuple(moved),
            links=tuple(links),
            worth=self._dearest(pairs, amounts, len(members)),
            names=names,
            rows=tuple(f"{name} {word}" for name in names for word in (*RESOURCES, "nodes")),
        )

    def _like_pools(
        self,
        kinds: Sequence[Kind],
        paths: Sequence[Mapping[int, tuple[tuple[str, int], ...]]],
        late: Sequence[frozenset[int]],
    ) -> tuple[Ints, tuple[tuple[int, ...], ...]]:
        """The group of each pool (-1: no kind may go there), and the pools of each group.

        Pools are alike if every kind costs, lasts, takes and moves the same in them.
        """
        columns: list[list[object]] = [[] for _ in self._view.estate.pools]
        for kind, path, behind in zip(kinds, paths, late, strict=True):
            for place, pool in enumerate(kind.pools):
                columns[pool].append(
                    (
                        kind.number,
                        float(kind.hour_cny[place]),
                        float(kind.factor[place]),
                        kind.amounts[place].tobytes(),
                        path.get(pool, ()),
                        place in behind,
                    )
                )
        number: dict[object, int] = {}
        group_of = np.full(len(columns), -1)
        for pool, column in enumerate(columns):
            if column:
                group_of[pool] = number.setdefault(tuple(column), len(number))
        groups = range(len(number))
        return group_of, tuple(tuple(np.flatnonzero(group_of == g).tolist()) for g in groups)

    def _dearest(
        self, pairs: Sequence[tuple[Kind, int, int]], amounts: Floats, groups: int
    ) -> Floats:
        """CNY of a unit-hour to whoever would wait most, (groups, resources and parts)."""
        worth = np.zeros((groups, NODE + 1))
        per_hour = self._weights.wait + self._weights.latency
        for (kind, g, _), row in zip(pairs, amounts, strict=True):
            if not kind.ask.forever:
                each = np.divide(1.0, row, out=np.zeros(NODE + 1), where=row > 0)
                worth[g] = np.maximum(worth[g], each * per_hour)
        return worth

    def _paths(self, kind: Kind) -> dict[int, tuple[tuple[str, int], ...]]:
        """Links of known capacity that the input of a job passes to each pool."""
        ask, topology = kind.ask, self._view.topology
        if not (ask.input_mb and ask.data_at):
            return {}
        found = {}
        for pool in kind.pools:
            site = self._view.estate.pools[pool].site_name
            if site != ask.data_at:
                found[pool] = tuple(
                    (f"{k.a} - {k.b}", int(k.capacity_gbit_s * k.share * 1000))
                    for k in topology.path(ask.data_at, site)
                    if k.capacity_gbit_s is not None
                )
        return found

    def _late(self, kind: Kind) -> frozenset[int]:
        """Places where the mean job ends after its deadline, unless it does so everywhere."""
        deadline_h = self._deadline_h.get(kind.ask.workload)
        works = [s.forecast.work_us for s in self._shares if s.kind is kind and not s.endless]
        if deadline_h is None or not works:
            return frozenset()
        late = np.flatnonzero(kind.factor * works[0] / US_H > deadline_h).tolist()
        return frozenset(late) if len(late) < len(kind.pools) else frozenset()

    def _room(self, frame: Frame, span_s: int, *, stands: bool) -> Ints:
        """Unit-seconds of each group and resource, and parts of nodes; then quotas."""
        width = len(RESOURCES)
        whole = self._sellable
        if stands:
            room = np.where(whole < 0, MOST, whole)
        else:
            room = np.array(self._books.free_of_all(), float)
        taken = np.array(self._stood() if stands else self._given_back(span_s), float)
        room = np.minimum(np.maximum(room + taken, 0.0), MOST)
        share = np.divide(room, whole, out=np.ones_like(room), where=whole > 0)
        nodes = self._nodes * np.minimum(1.0, share[:, :2].min(axis=1)) * PARTS
        both = np.column_stack([room, nodes])
        found = np.zeros((len(frame.pools), width + 1))
        known = frame.group_of >= 0
        np.add.at(found, frame.group_of[known], both[known])
        limit: Ints = np.floor(np.minimum(found, MOST) * span_s).astype(np.int64)
        return limit

    def _stood(self) -> list[list[float]]:
        """What is never given back, of each pool; below zero."""
        now_us = self._books.now_us
        if self._stands is None or self._stands[0] != now_us:
            self._stands = now_us, [self._standing(p) for p in range(len(self._nodes))]
        return self._stands[1]

    def _standing(self, pool: int) -> list[float]:
        found = [0.0] * len(RESOURCES)
        if self.frame().group_of[pool] < 0:
            return found
        for _, _, held in reversed(self._books.running(pool)):
            if not held.shape.endless:
                break
            add_held(found, held, pool, -1.0)
        for _, job in self._books.waiting(pool):
            if job.shape.endless and job.pools[0] == pool:
                for r, amount in enumerate(job.shape.stand(pool).amounts):
                    found[r] -= amount * job.shape.nodes
        return found

    def _given_back(self, span_s: int) -> list[list[float]]:
        """Mean room of each pool that comes free in the span."""
        now_us, span_us = self._books.now_us, span_s * US_S
        all_found = [[0.0] * len(RESOURCES) for _ in self._nodes]
        known = self.frame().group_of.tolist()
        for pool, found in enumerate(all_found):
            if known[pool] < 0:
                continue
            for _, _, held in self._books.running(pool):
                if held.shape.endless:
                    break
                free = 1 - self._pace.left_us(held, now_us) / span_us
                if free > 0:
                    add_held(found, held, pool, free)
        return all_found

    def _unfair(self, frame: Frame, occupied_h: Floats, whole_h: float) -> Floats:
        """CNY for a job that widens the spread of dominant shares, in points, over the span."""
        if not self._weights.fairness:
            return np.zeros(len(frame.class_of))
        total = np.array(self._view.estate.total, float)
        held: dict[str, float] = {}
        for pool in range(len(self._view.estate.pools)):
            for _, _, one in self._books.running(pool):
                share = float((held_in(one, pool) / np.maximum(total, 1)).max())
                held[one.shape.ask.tenant] = held.get(one.shape.ask.tenant, 0.0) + share
        mean = sum(held.values()) / max(len(held), 1)
        above = np.array([held.get(k.ask.tenant, 0.0) > mean for k in frame.kinds], float)
        part = (frame.amounts[:, :NODE] / np.maximum(total, 1)).max(axis=1) * 100
        found: Floats = (
            self._weights.fairness * above[frame.class_of] * part * occupied_h / whole_h
        )
        return found

    def _put(
        self,
        frame: Frame,
        count: Ints,
        occupied_h: Floats,
        cost: Floats,
        unserved: Floats,
        limit: Ints,
        span_s: int,
    ) -> FlowProblem:
        """Entries by pair: resources of its group, then its tenant's quota, then links."""
        width = NODE + 1
        scale = np.ones(width)
        scale[NODE] = PARTS
        taken = np.ceil(frame.amounts * scale * (occupied_h * S_H)[:, None]).astype(np.int64)
        pair, resource = np.nonzero(taken)
        entries = [(pair, frame.group[pair] * width + resource, taken[pair, resource])]
        names = list(frame.rows)
        limits, worth = [limit.ravel()], [(frame.worth * limit / scale / S_H).ravel()]
        quota = self._quota_rows(frame, occupied_h, span_s, len(names))
        for more_names, more_entries, more_limits in (
            quota,
            self._link_rows(frame, span_s, len(names) + len(quota[0])),
        ):
            names += more_names
            entries.append(more_entries)
            limits.append(more_limits)
            worth.append(np.zeros(len(more_limits)))
        at, row, amount = (
            np.concatenate(part).astype(np.int64) for part in zip(*entries, strict=True)
        )
        order = np.argsort(at, kind="stable")
        starts = np.searchsorted(at[order], np.arange(len(cost) + 1))
        return FlowProblem(
            count=count,
            class_of=frame.class_of,
            cost=cost,
            unserved=unserved,
            pair_at=at[order],
            row_at=row[order],
            amount=amount[order],
            limit=np.concatenate(limits),
            worth=np.concatenate(worth),
            starts=tuple(starts.tolist()),
            classes=tuple(kind.name for kind in frame.kinds),
            pairs=tuple(frame.names[g] for g in frame.group.tolist()),
            rows=tuple(names),
        )

    # -- one more ----------------------------------------------------------------------------

    def units(self, span_s: int) -> tuple[Unit, ...]:
        """One more of everything that a question is short of, as rows of the question."""
        frame = self.frame()
        width = NODE + 1
        found = [
            Unit(
                kind="node",
                name=self._view.name(members[0]),
                like=tuple(self._view.name(pool) for pool in members[1:]),
                rows=np.arange(g * width, (g + 1) * width),
                added=self._of_a_node(members[0]) * span_s,
            )
            for g, members in enumerate(frame.pools)
            if self._view.estate.pools[members[0]].nodes
        ]
        first = len(frame.pools) * width
        for tenant, quota in sorted(self._quotas.items()):
            for resource, _ in quota_limits(quota):
                found.append(
                    Unit(
                        kind="quota",
                        name=f"{tenant} {RESOURCES[resource]}",
                        like=(),
                        rows=np.array([first]),
                        added=np.array([QUOTA_UNITS[RESOURCES[resource]] * span_s]),
                    )
                )
                first += 1
        topology = self._view.topology
        shares = {f"{k.a} - {k.b}": k.share for k in topology.links}
        for name, _ in frame.links:
            mbit = int(1000 * shares[name])
            found.append(Unit("link", name, (), np.array([first]), np.array([mbit * span_s])))
            first += 1
        return tuple(found)

    def _of_a_node(self, pool: int) -> Ints:
        """What one node of a pool may sell, and a whole node less its part of the reserve."""
        facts = self._view.estate.pools[pool]
        sold = [max(amount, 0) // facts.nodes for amount in facts.sellable]
        part = PARTS * float(self._nodes[pool]) / facts.nodes
        return np.array([*sold, int(part)], dtype=np.int64)

    def _group_name(self, pools: tuple[int, ...]) -> str:
        first, *others = pools
        return self._view.name(first) + (f" +{len(others)}" if others else "")

    def _quota_rows(
        self, frame: Frame, occupied_h: Floats, span_s: int, first: int
    ) -> tuple[list[str], tuple[Ints, Ints, Ints], Ints]:
        """What a tenant may hold over the span, all its pools together."""
        names: list[str] = []
        limits: list[int] = []
        rows: list[tuple[int, int, int]] = []
        for tenant, quota in sorted(self._quotas.items()):
            for resource, most in quota_limits(quota):
                for pair, kind in enumerate(frame.class_of.tolist()):
                    asked = frame.amounts[pair, resource]
                    if frame.kinds[kind].ask.tenant == tenant and asked:
                        spent = ceil(asked * occupied_h[pair] * S_H)
                        rows.append((pair, first + len(names), spent))
                names.append(f"quota {tenant} {RESOURCES[resource]}")
                limits.append(most * span_s)
        return names, columns_of(rows), np.array(limits, dtype=np.int64)

    def _link_rows(
        self, frame: Frame, span_s: int, first: int
    ) -> tuple[list[str], tuple[Ints, Ints, Ints], Ints]:
        rows = [(pair, first + link, mbit) for pair, link, mbit in frame.moved]
        limits = np.array([rate * span_s for _, rate in frame.links], dtype=np.int64)
        return [f"link {name}" for name, _ in frame.links], columns_of(rows), limits


LEAST = 0.05  # jobs of a kind expected in a span, below which none is planned for


def columns_of(rows: list[tuple[int, int, int]]) -> tuple[Ints, Ints, Ints]:
    """Pair, row and amount of entries."""
    found = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return found[:, 0], found[:, 1], found[:, 2]


def held_in(held: Held, pool: int) -> Floats:
    """What a running job holds of a pool, in the order of RESOURCES."""
    members = sum(p == pool for p, _, _ in held.placement)
    return np.array(held.shape.stand(pool).amounts, float) * members


def add_held(found: list[float], held: Held, pool: int, part: float) -> None:
    """Adds that part of what a running job holds of a pool, in the order of RESOURCES."""
    members = len(held.placement)
    if members > 1:
        members = sum(p == pool for p, _, _ in held.placement)
    for r, amount in enumerate(held.shape.stand(pool).amounts):
        if amount:
            found[r] += amount * members * part


def quota_limits(quota: object) -> list[tuple[int, int]]:
    """Resource by number, and the most of it."""
    return [(r, most) for r, most in enumerate(quota_of(quota)) if most >= 0]
