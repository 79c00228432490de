"""Dispatch by plan: scratch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from scheduler.books import Books
from scheduler.costs import electricity_cny_kwh
from scheduler.outlook import FAR, Outlook
from scheduler.policy import Changes, View
from scheduler.shapes import Shape
from topology import RESOURCES, catalogue_tariffs

US_H = 3.6e9
MOST_WAITING = 400

import os
TRACE = None
BID = float(os.environ.get("BID", "1"))
FBID = float(os.environ.get("FBID", "1"))
FLOOR = float(os.environ.get("FLOOR", "0.1"))
EVERY = float(os.environ.get("EVERY", "300"))
HN = float(os.environ.get("HN", "1"))
MOST_H = 168.0
DEBUG = int(os.environ.get("DEBUG", "0"))

@dataclass(slots=True)
class Kind:
    number: int
    ask: Any
    pools: np.ndarray
    at: dict[int, int]
    hour: np.ndarray
    factor: np.ndarray
    amounts: list[tuple[int, ...]]
    nodes: int
    amount_array: Any = None


class Planned:
    """Pools by a plan."""

    changes: ClassVar[Changes] = "time"

    def __init__(self, **options: Any) -> None:
        self.parts = options.pop("parts")
        self.options = options
        self.kinds: dict[Any, Kind] = {}
        self.kind_of: dict[int, tuple[Kind, np.ndarray]] = {}
        self.outlooks: dict[int, tuple[Any, Outlook]] = {}
        self.sent: dict[int, list] = {}
        self.prices = None
        self.ratio = {}
        self.mean = {}
        self.arrived = {}
        self.fresh = 0
        self.grid = {}
        self.near = self.far = self.forecasts = None
        self.next_us = self.next_far_us = 0

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        kind, fixed = self._known(shape, view)
        books: Books = view.books
        now, est = books.now_us, view.declared_us()
        self.arrived[shape.ask.workload] = self.arrived.get(shape.ask.workload, 0) + 1
        if shape.endless:
            self.fresh += 1
        if now >= self.next_us or self.fresh >= 25:
            self._plan(now, view)
        w = self.parts.objective
        total = est * self.ratio_of(shape.ask.workload)
        hours = np.minimum(kind.factor * (total / US_H), MOST_H)
        own = kind.hour * hours + fixed + w.latency * hours
        if self.near is not None:
            H = self.H
            first = np.minimum(hours, H)
            own = own + BID * (kind.amount_array * self.near[kind.pools]).sum(1) * kind.nodes * first
            own += FBID * (kind.amount_array * self.far[kind.pools]).sum(1) * kind.nodes * (hours - first)
        order = np.argsort(own, kind="stable").tolist()
        best, chosen = float("inf"), -1
        for i in order:
            base = float(own[i])
            if base >= best:
                break
            pool = int(kind.pools[i])
            wait = self._wait_us(shape, kind, i, pool, int(hours[i] * US_H), now, view)
            if wait < 0:
                continue
            score = base + (w.wait + w.latency) * wait / US_H
            if score < best - 1e-12:
                best, chosen, pw = score, pool, wait
        if chosen < 0:
            chosen, pw = int(kind.pools[order[0]]), 0
        if TRACE is not None:
            TRACE.append((shape.ask.workload, chosen, best, pw / US_H))
        line = view.estate.line_of[chosen]
        same = [int(kind.pools[i]) for i in order if view.estate.line_of[int(kind.pools[i])] == line]
        before = shape.stand(chosen).dispatch_us + shape.stand(chosen).transfer_in_us
        if not self.parts.above and before:
            self.sent.setdefault(chosen, []).append((now + before, shape, est))
        return [chosen, *(p for p in same if p != chosen)]

    def _known(self, shape, view):
        found = self.kind_of.get(shape.number)
        if found is None:
            found = self.kind_of[shape.number] = self._kind(shape, view)
        return found

    def ratio_of(self, workload):
        d, a = self.ratio.get(workload, (0.0, 0.0))
        return (5.0 + a) / (5.0 + d) if d else 1.0

    def ended(self, held, now):
        total = held.declared_us - held.begin_us
        if total > 0 and not held.shape.endless:
            mean, n = self.mean.get(held.shape.ask.workload, (0.0, 0))
            self.mean[held.shape.ask.workload] = mean + total / US_H, n + 1
            m = (mean + total / US_H) / (n + 1)
            d, a = self.ratio.get(held.shape.ask.workload, (0.0, 0.0))
            self.ratio[held.shape.ask.workload] = d + total / US_H / m, a + (now - held.begin_us) / US_H / m

    def _plan(self, now, view):
        every = int(EVERY * 1e6)
        self.next_us = (now // every + 1) * every
        if self.forecasts is None:
            self._prepare(view)
        self.H = HN
        self.near = self._prices(now, [(now, now + int(HN * US_H))], view, 1)
        if now >= self.next_far_us or self.fresh >= 25:
            self.fresh = 0
            self.next_far_us = now + int(6 * US_H)
            L = 3
            self.far = sum(self._prices(now, [(now + int(k * US_H), now + int((k + L) * US_H))], view, 24) for k in range(0, 24, L)) / (24 // L)

    def _prepare(self, view):
        from scenarios.forecast import forecasts_of
        self.forecasts = forecasts_of(self.parts.scenario)
        by_ask = {s.ask: s for s in self.parts.shapes.all}
        rows = []
        for f in self.forecasts:
            for ask, share in zip(f.asks, f.shares):
                s = by_ask.get(ask)
                if s is not None and s.allowed:
                    kind, fixed = self._known(s, view)
                    rows.append((f, kind, share, s.endless))
        self.mix = {}
        for f, kind, share, endless in rows:
            key = (f.workload, kind.number)
            old = self.mix.get(key)
            self.mix[key] = (f, kind, share + (old[2] if old else 0.0), endless)
        kinds = list(self.kinds.values())
        cols = [[] for _ in view.estate.pools]
        for k in kinds:
            for j, q in enumerate(k.pools.tolist()):
                cols[q].append((k.number, float(k.hour[j]), float(k.factor[j]), k.amounts[j]))
        groups = {}
        self.node_room = [q.nodes * (1 - view.topology.pool(q.name).reserve_share) for q in view.estate.pools]
        self.group_of = np.full(len(cols), -1)
        for q, c in enumerate(cols):
            if c:
                self.group_of[q] = groups.setdefault(tuple(c), len(groups))
        G = len(groups)
        pairs = [(k.number, g) for k in kinds for g in sorted({int(self.group_of[q]) for q in k.pools})]
        self.pair_class = np.array([c for c, _ in pairs]); self.pair_group = np.array([g for _, g in pairs])
        rep = {}
        for k in kinds:
            for j, q in enumerate(k.pools.tolist()):
                rep.setdefault((k.number, int(self.group_of[q])), j)
        self.pair_hour = np.array([kinds[c].hour[rep[c, g]] for c, g in pairs])
        self.pair_factor = np.array([kinds[c].factor[rep[c, g]] for c, g in pairs])
        self.pair_amounts = np.array([kinds[c].amount_array[rep[c, g]] * kinds[c].nodes for c, g in pairs], float)
        base = np.zeros((G, 7))
        for i, (c, g) in enumerate(pairs):
            for r in range(7):
                a = self.pair_amounts[i, r]
                if a > 0 and not kinds[c].ask.forever:
                    base[g, r] = max(base[g, r], 30.0 / a)
        self.base = base
        self.groups = G
        self.classes = len(kinds)

    def _expected(self, f, at):
        step = 450_000_000
        lo, rest = divmod(at, step)
        def value(k):
            key = (f.workload, k)
            if key not in self.grid:
                self.grid[key] = f.expected(k * step)
            return self.grid[key]
        a = value(lo)
        return a + (value(lo + 1) - a) * rest / step if rest else a

    def _part(self, shape, p):
        kind = self.kind_of[shape.number][0]
        return kind.amount_array[kind.at[p], 6]

    def _prices(self, now, windows, view, span):
        rate = np.zeros(self.classes); D = np.ones(self.classes)
        for f, kind, share, endless in self.mix.values():
            if endless:
                rate[kind.number] += share * max(0, self._expected(f, windows[-1][1]) - self.arrived.get(f.workload, 0))
            else:
                rate[kind.number] += share * max((self._expected(f, b) - self._expected(f, a)) / ((b - a) / US_H) for a, b in windows)
                D[kind.number] = f.work_us / US_H
        room = np.zeros((self.groups, 7))
        for p, g in enumerate(self.group_of.tolist()):
            if g < 0:
                continue
            if span == 1:
                free = np.append(np.array(view.books.free(p), float), self.node_room[p] - sum(self._part(h.shape, p) for _, _, h in view.books.running(p)))
                horizon = int(self.H * US_H)
                for at, _, held in view.books.running(p):
                    if held.shape.endless: break
                    r = self.ratio_of(held.shape.ask.workload)
                    left = max(held.begin_us + (at - held.begin_us) * r - now, 0)
                    share = max(0.0, 1 - left / horizon)
                    if share:
                        n = sum(m[0] == p for m in held.placement)
                        free += np.append(np.array(held.shape.stand(p).amounts), self._part(held.shape, p)) * n * share
                room[g] += np.minimum(free, 1e12)
            else:
                full = np.append(np.array([min(max(x, 0), 1e12) for x in view.estate.pools[p].sellable], float), self.node_room[p])
                for at, _, held in reversed(view.books.running(p)):
                    if not held.shape.endless: break
                    if held.shape.endless:
                        full -= np.append(np.array(held.shape.stand(p).amounts), self._part(held.shape, p))
                for _, j in view.books.waiting(p):
                    if j.shape.endless and j.pools[0] == p:
                        full -= np.append(np.array(j.shape.stand(p).amounts), self._part(j.shape, p))
                room[g] += full
        room = np.maximum(room, 0.0)
        occ = self.pair_factor * D[self.pair_class]
        if span == 1:
            occ = np.minimum(occ, self.H)
        cost = self.pair_hour * occ
        room = np.maximum(room, 1e-9 + 0 * room)
        top = np.zeros(self.classes)
        np.maximum.at(top, self.pair_class, cost)
        unserved = top + 30.0 * np.maximum(D, 1.0) + 1
        use = self.pair_amounts * occ[:, None]
        from scheduler.optimise.flow import prices_of
        price, y, u, obj = prices_of(rate, use, cost, unserved, self.pair_class, self.pair_group, room, self.base)
        if DEBUG:
            print('plan', now / US_H, span, 'obj', round(obj, 1), 'unserved', {(kk.ask.workload, kk.number): round(float(x), 2) for kk, x in zip(self.kinds.values(), u) if x > 1e-6})
        out = np.zeros((len(self.group_of), 7))
        ok = self.group_of >= 0
        out[ok] = price[self.group_of[ok]]
        return out

    def _wait_us(self, shape, kind, i, pool, span, now, view) -> int:
        books = view.books
        sent = self.sent.get(pool)
        if sent:
            sent = self.sent[pool] = [x for x in sent if x[0] > now]
        fits = books.fits(shape, pool)
        if fits and not books.waiting(pool) and not sent:
            return 0
        look = self._outlook(pool, now, view)
        at, _ = look.earliest(kind.amounts[i], span, now, kind.nodes)
        if at >= FAR:
            return -1
        if at <= now and not fits:
            at = min((t for times, _ in look.nodes for t in times if t > now), default=FAR)
            if at >= FAR:
                return -1
        return at - now

    def _span(self, held_shape, pool, est):
        return max(1, int(held_shape.stand(pool).takes_us(est) * self.ratio_of(held_shape.ask.workload)))

    def _outlook(self, pool, now, view):
        books = view.books
        waiting = books.waiting(pool)
        sent = self.sent.get(pool) or ()
        key = (books.moves(pool), now // 60_000_000)
        known = self.outlooks.get(pool)
        ids = [j.index for _, j in waiting] if len(waiting) < 9 else [waiting[0][1].index, len(waiting)]
        if known is not None and known[0] == key and known[2] <= len(waiting) and known[3] == len(sent) and (not waiting or not known[2] or waiting[known[2] - 1][1].index == known[4]):
            look, done, last = known[1], known[2], known[5]
            if done < len(waiting):
                last = self._queue(look, [(j.shape, j.estimate_us) for _, j in waiting[done:] if j.pools and j.pools[0] == pool], pool, now, last)
                self.outlooks[pool] = key, look, len(waiting), len(sent), waiting[-1][1].index, last
            return look
        first = view.estate.pools[pool].first_node
        look = Outlook(now, books.nodes_free(pool), books.free(pool))
        ends = []
        for at, _, held in books.running(pool):
            if held.shape.endless:
                break
            r = self.ratio_of(held.shape.ask.workload)
            total = (at - held.begin_us) * r
            left = max(total - (now - held.begin_us), FLOOR * total)
            for q, node, _ in held.placement:
                if q == pool:
                    ends.append((now + int(left), node - first, held.shape.stand(pool).amounts))
        ends.sort(key=lambda row: row[:2])
        for at, node, amounts in ends:
            look.ends(node, at, amounts)
        jobs = [(j.shape, j.estimate_us) for _, j in waiting if j.pools and j.pools[0] == pool]
        jobs += [(s, e) for _, s, e in sent]
        last = self._queue(look, jobs, pool, now, now)
        self.outlooks[pool] = key, look, len(waiting), len(sent), waiting[-1][1].index if waiting else -1, last
        return look

    def _queue(self, look, jobs, pool, now, last):
        for s, e in jobs[:MOST_WAITING]:
            am = s.stand(pool).amounts
            span = self._span(s, pool, e)
            t, nodes = look.earliest(am, span, last if self.parts.strict else now, s.nodes)
            if t >= FAR:
                continue
            look.take(nodes, am, t, span)
            last = t
        return last

    def _kind(self, shape, view):
        key = (replace(shape.ask, region=None), shape.allowed)
        kind = self.kinds.get(key)
        if kind is None:
            kind = self.kinds[key] = self._make(shape, view)
        w = self.parts.objective
        fixed = np.zeros(len(kind.pools))
        ask = shape.ask
        if ask.region is not None and (ask.output_mb or ask.input_mb):
            homes = view.topology.home_sites(ask.region)
            for i, p in enumerate(kind.pools.tolist()):
                facts = view.estate.pools[p]
                gb = 0.0
                if facts.site_name not in homes:
                    gb = ask.output_mb / 1000
                    price = view.topology.cloud(facts.cloud).egress_cny_per_gb
                    fixed[i] += w.money * gb * (price or 0.0)
                src = {ask.data_at} if ask.data_at else homes
                if facts.site_name not in src:
                    gb += ask.input_mb / 1000
                fixed[i] += w.cross_region * gb
                if w.transfer or w.latency:
                    st = shape.stand(p)
                    fixed[i] += (w.transfer + w.latency) * (st.transfer_in_us + st.transfer_out_us) / US_H
        return kind, fixed

    def _make(self, shape, view):
        pools = sorted(shape.allowed, key=view.name)
        w = self.parts.objective
        hour, factor, amounts, parts = [], [], [], []
        for p in pools:
            st = shape.stand(p)
            facts = view.estate.pools[p]
            topo = view.topology
            cloud, site = topo.cloud(facts.cloud), topo.site(facts.site_name)
            there = (facts.vcpu_m, facts.memory_mib, facts.devices * 1000, facts.devices * facts.device_memory_mib, facts.dpu_m, facts.local_storage_mb)
            share = max(a / t if t > 0 else 0.0 for a, t in zip(st.amounts, there))
            srv = topo.server_of(topo.pool(facts.name))
            cny = 0.0
            if cloud.on_demand:
                pr = cloud.price_cny_h
                if pr:
                    for a, x in ((st.amounts[0] / 1000, pr.vcpu), (st.amounts[1] / 1024, pr.memory_gib), (st.amounts[2] / 1000, pr.gpu)):
                        cny += a * (x or 0.0) * w.money
            else:
                from scheduler.costs import _bought
                cny += w.money * share * (_bought(srv) or 0.0)
            drv = 2 if facts.devices else 0
            use = dict(shape.ask.use).get(RESOURCES[drv], 1.0)
            busy = use * (st.amounts[drv] / there[drv] if there[drv] > 0 else 0.0)
            if srv.idle_w is not None and srv.peak_w is not None:
                kw = (share * srv.idle_w + busy * (srv.peak_w - srv.idle_w)) / 1000 * site.pue
                price = electricity_cny_kwh(site, view.month) or 0.0
                if not cloud.on_demand:
                    cny += w.energy * kw * price
                rows = catalogue_tariffs().get(site.tariff or "", ())
                carbon = next((r.carbon_kg_kwh for r in rows if r.carbon_kg_kwh is not None), 0.0)
                cny += w.carbon * kw * carbon
            hour.append(cny * shape.nodes)
            factor.append(st.duration_factor)
            amounts.append(st.amounts)
            slots = min((t // a for a, t in zip(st.amounts, there) if a > 0 and t > 0), default=10**9)
            parts.append(1.0 / max(slots, 1))
        return Kind(len(self.kinds), shape.ask, np.array(pools), {p: i for i, p in enumerate(pools)}, np.array(hour), np.array(factor), amounts, shape.nodes, np.column_stack([np.array(amounts, float), parts]))
