"""The fast engine: the rules of `rules.py` without an event of SimPy for every job.

SimPy holds one event for all jobs. When it fires, completions (a heap of plain tuples) and
arrivals (columns of the demand) are handled in time order until the next foreign event of
SimPy is due; then the event is set again. An instant at which only one thing happens is
handled directly. The commonest jobs (one node, best fit, a line in which nobody waits) are
placed and released right here, in the loop, with the state's lists in local variables: a call
a job would cost more than the placement. A job that travels comes through twice: when it is
submitted the loop only asks which pool would start it, and on arrival it is placed there.
`tests/laws/test_engines_agree.py` holds this file equal to the plain engine.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

from scenarios import JobChunk
from scheduler.arrivals import Arrivals
from scheduler.engine import Plain, Progress
from scheduler.finder import LadderFinder
from scheduler.journal import MASK_BITS, Book
from scheduler.ladder import LOCAL_BITS, LOCAL_MASK
from scheduler.lines import Waiting
from scheduler.queueing import EasyBackfill, FirstCome, Priority, ShortestFirst
from scheduler.room import WHOLE_M
from scheduler.shapes import LONGEST_US, Shape
from scheduler.state import OverdrawnError
from scheduler.stays import Held
from scheduler.window import Window

INF = float("inf")
Hot = tuple[Any, ...]  # one pool as one shape sees it, unpacked in the loop
QUEUES: tuple[type, ...] = (
    FirstCome,
    Priority,
    ShortestFirst,
    EasyBackfill,
)  # who comes first starts if it fits
LOOKED_AT = 32  # pools, best first, that the loop tries before it leaves a job to the rules
MARK = object()  # in the heap: an instant at which something begins or ends on its way
AT_ONCE = 4  # of these are made ready when a job found no room in those before


class LaneEvent:
    """The one event of the lane: SimPy needs no more of an event than this."""

    __slots__ = ("_defused", "_ok", "callbacks")

    def __init__(self, callback: Any) -> None:
        self.callbacks: list[Any] | None = [callback]
        self._ok = True
        self._defused = False


class Lane(Plain):
    """One run under the fast engine. Build, set `rules`, then `run`."""

    def __init__(self, arrivals: Arrivals, book: Book, window: Window) -> None:
        super().__init__(arrivals, book, window)
        self.heap: list[tuple[Any, ...]] = []
        self.chunks: Iterator[tuple[int, JobChunk, list[int]]] = iter(())
        self.first, self.row, self.size = 0, 0, 0
        self.submit: list[int] = []
        self.ask: list[int] = []
        self.work: list[int] = []
        self.estimate: list[int] = []
        self.draws: list[int] = []
        self.bad: list[bool] | None = None
        self.now_us = 0
        self.stop_us: int | None = None
        self.progress: Progress | None = None
        self.hot: dict[int, list[Hot]] = {}
        self.quick = False  # jobs may be placed in the loop
        self.strict = False  # nobody who comes passes one who waits
        self.eager = False  # order within an instant cannot matter
        self.in_turn = False  # nor that of those submitted at one, quotas apart
        self.over = False  # the demand has come to its end
        self.marks = (
            0  # so many instants were marked at which something begins or ends on its way
        )

    # -- what the rules ask (rules.Agenda) ---------------------------------------------------

    def end(self, at_us: int, held: Held) -> None:
        """See rules.Agenda."""
        heappush(self.heap, (at_us, held.index, held))

    def travel(self, at_us: int, job: Waiting) -> None:
        """See rules.Agenda."""
        heappush(self.heap, (at_us, job.index, job))

    def _mark(self, at_us: int) -> None:
        self.marks += 1
        heappush(self.heap, (at_us, -self.marks, MARK))

    # -- the clock ---------------------------------------------------------------------------

    def run(self, progress: Progress | None = None) -> int:
        """Run until the window says stop: the instant of that, in us."""
        self.progress = progress
        self.chunks = self.arrivals.chunks(self.window.limit_us)
        self.quick = self._quick()
        in_order = isinstance(self.rules.queue, FirstCome) and self.rules.queue.by_submission
        self.strict = in_order and not self.rules.limited
        alone = self.rules.freight is None
        self.eager = self.quick and self.strict and alone
        self.in_turn = (
            self.quick and alone and (in_order or isinstance(self.rules.queue, EasyBackfill))
        )
        self._next_chunk()
        env = self.env
        env.schedule(LaneEvent(self._fire))  # type: ignore[arg-type]
        while self.stop_us is None:
            env.step()
        self.rules.stop(self.stop_us)
        self.book.close(self.stop_us, self.book.total if self.over else self.arrived)
        return self.stop_us

    def _fire(self, event: LaneEvent) -> None:
        """Handle all that is due before the next foreign event, then wait for that."""
        limit = self.env.peek()
        next_us = self._drain(limit)
        if self.stop_us is None:
            event.callbacks = [self._fire]
            self.env.schedule(event, delay=next_us - self.env.now)  # type: ignore[arg-type]

    def _quick(self) -> bool:
        """Whether a job that finds its line empty may be placed in the loop."""
        rules = self.rules
        return (
            isinstance(rules.finder, LadderFinder)
            and type(rules.queue) in QUEUES
            and rules.dispatch.changes == "never"
            and not rules.settings.by_node
            and not rules.settings.preemption
        )

    def _next_chunk(self) -> bool:
        """Take the next chunk of demand as lists; False when there is none."""
        while True:
            self._arrived()
            if self.book.pending():
                self._flush(self.now_us, self.progress)
            found = next(self.chunks, None)
            if found is None:
                self.row = self.size = 0
                self.over = True
                return False
            self.first, chunk, self.draws = found
            self.row, self.size = 0, len(chunk)
            self.submit = chunk.submit_us.tolist()
            self.ask = chunk.ask.tolist()
            self.work = chunk.work_us.tolist()
            self.estimate = chunk.estimate_us.tolist()
            self.bad = chunk.bad.tolist() if chunk.bad is not None and chunk.bad.any() else None
            if self.work and min(self.work) == 0:
                self.eager = self.in_turn = False  # one of no length ends in a round of its own
            if self._travels():
                self.eager = False  # who travels joins among those who are submitted then
            if self.size:
                return True

    def _travels(self) -> bool:
        """Whether some job may be under way before it joins its line."""
        if self.rules.settings.above_pool:
            return False
        asks = (shape.ask for shape in self.arrivals.shapes.all)
        return any(p.dispatch_us for p in self.rules.estate.pools) or any(
            ask.input_mb and ask.region is not None for ask in asks
        )

    def _hot_of(self, number: int) -> list[Hot]:
        """The pools of a shape, best first, as the loop wants them; none: call the rules."""
        shape, self.hot[number] = self.arrivals.shapes.all[number], []
        single = shape.nodes == 1 and not shape.endless and not self.rules.sends(shape)
        if self.quick and not shape.refusal and single:
            self._widen(shape)
        return self.hot[number]

    def _widen(self, shape: Shape) -> None:
        """The loop looks at a few more pools from now on."""
        pools = self.hot[shape.number]
        if len(pools) < LOOKED_AT:
            more = self.rules.rank_of(shape)[len(pools) : len(pools) + AT_ONCE]
            pools += [self._hot_pool(shape, pool) for pool in more]

    def _hot_pool(self, shape: Shape, pool: int) -> Hot:
        """What the loop must know; with a journey before the line, the same without is inside.

        A job is `known` to the rules as one that runs where they will ask for it.
        """
        rules, state, stand = self.rules, self.rules.state, shape.stand(pool)
        above, before_us = rules.settings.above_pool, stand.dispatch_us + stand.transfer_in_us
        need, amounts = stand.need, stand.amounts
        line, first = rules.estate.line_of[pool], rules.estate.pools[pool].first_node
        jobs, ladder = rules.lines[line].jobs, state.ladders[pool]
        weight = need.vcpu_m * state.vcpu_weight + need.gpu_m * state.gpu_weight
        held = (
            jobs,
            pool,
            ladder,
            first,
            need.vcpu_m,
            need.memory_mib,
            need.dpu_m,
            need.local_storage_mb,
            need.gpu_m,
            amounts[3],
            weight << LOCAL_BITS,
            state.pool_free[pool],
            need,
            line,
            shape,
            before_us if above else 0,
            stand.duration_factor,
            rules.settings.backfills or rules.has_quota(shape.tenant),
        )
        placing = (
            jobs,
            rules.failed[pool],
            stand.number,
            pool,
            ladder,
            first,
            need.memory_mib,
            need.dpu_m,
            need.local_storage_mb,
            need.gpu_m,
            need.vcpu_m * state.vcpu_weight << LOCAL_BITS,
            # beyond this much more weight no node scores as high (Ladder.roof)
            state.whole_weight // 50 + 1 << LOCAL_BITS,
            need,
            weight,
            state.pool_free[pool] if rules.estate.pools[pool].capped else None,
            amounts,
            (shape.tenant, shape.quota) if rules.has_quota(shape.tenant) else None,
            0,
            held,
        )
        if above or not before_us:
            return placing
        # any node does for who only asks: no other scores above a roof below all keys
        return (*placing[:11], -(1 << 200), *placing[12:-2], before_us, placing)

    def _drain(self, limit: float) -> Any:  # noqa: C901, PLR0912, PLR0915 - see the file's docstring
        """Everything due up to `limit`: the instant of the next thing after it.

        The loop is long since a call a job costs more than what it does for the job. Its two
        halves are `Rules.finish` and `Rules.arrive` for jobs that `_hot` knows; all else is
        one of the calls at the end of a branch.
        """
        heap, rules, book, window = self.heap, self.rules, self.book, self.window
        state, dirty = rules.state, rules.dirty
        vcpu, memory, dpu, disc = state.vcpu, state.memory, state.dpu, state.local_storage
        gpu_sum, gpu, gpu_memory = state.gpu_sum, state.gpu, state.gpu_memory
        frees, devices_of = state.frees, state.devices
        vcpu_weight, gpu_weight, whole = state.vcpu_weight, state.gpu_weight, state.whole_weight
        placed_index, placed_us = book.placed_index.append, book.placed_us.append
        placed_code = book.placed_code.append
        ended_index, ended_us = book.ended_index.append, book.ended_us.append
        known, shapes, horizon_us = self.hot, self.arrivals.shapes.all, window.horizon_us
        strict = self.strict
        submit, row, size = self.submit, self.row, self.size
        while True:
            arrival = submit[row] if row < size else INF
            if heap and heap[0][0] <= arrival:
                now: Any = heap[0][0]
                if now > limit:
                    return now
                if now >= horizon_us and self._stops(now):
                    return now
                self.now_us = now
                if not self.eager and self._shared(now, arrival):
                    self._together(now)
                    submit, row, size = self.submit, self.row, self.size
                    continue
                entry = heappop(heap)
                comes = len(entry) == 6
                if comes:
                    _, index, hot, work, estimate, _ = entry
                    pools: Any = (hot,)
                elif len(entry) == 3:
                    self._one(entry[2], now)
                else:
                    # Rules.finish
                    _, index, held, node, devices = entry
                    (jobs, pool, ladder, first, v, m, d, s, g, gm, low, free, need,
                     line, _, _, _, _) = held  # fmt: skip
                    spare, local = gpu_sum[node], node - first
                    rung = ladder.rungs[spare]
                    key = (vcpu[node] * vcpu_weight + spare * gpu_weight << LOCAL_BITS) + local
                    here = bisect_left(rung, key)
                    del rung[here]
                    if g:
                        if not rung:
                            ladder.close(spare)
                        insort(ladder.rung(spare + g), key + low)
                        share, part = need.device_m, need.gpu_memory_mib
                        slots, parts = gpu[node], gpu_memory[node]
                        for slot in devices:
                            slots[slot] += share
                            parts[slot] += part
                            if slots[slot] > WHOLE_M:
                                raise OverdrawnError(f"device {slot} of node {node}")
                        gpu_sum[node] = spare + g
                        free[2] += g
                        free[3] += gm
                    else:
                        insort(rung, key + low, here)
                    vcpu[node] += v
                    memory[node] += m
                    disc[node] += s
                    free[0] += v
                    free[1] += m
                    free[5] += s
                    if d:
                        dpu[node] += d
                        free[4] += d
                    frees[pool] += 1
                    ended_index(index)
                    ended_us(now)
                    if book.open_counted is not None:
                        book.done(index, now)
                    if jobs:
                        dirty.add(line)
                if not comes:
                    if dirty and not (heap and heap[0][0] == now):
                        rules.settle(now)  # once all completions of the instant are in
                    continue
            else:
                now = arrival
                if now > limit:
                    return now
                if now >= horizon_us and self._stops(now):
                    return now
                self.now_us = now
                if self.bad is not None or (not self.eager and self._crowded(now)):
                    self._together(now)
                    submit, row, size = self.submit, self.row, self.size
                    continue
                number = self.ask[row]
                pools = known[number] if number in known else self._hot_of(number)
                index, work, comes = self.first + row, self.work[row], False
            # Rules.arrive, or Rules.come
            best = -1
            for hot in pools:
                (jobs, failed, which, pool, ladder, first, m, d, s, g, low, slack, need,
                 taken, capped, amounts, asked, travel_us, held) = hot  # fmt: skip
                if jobs:
                    if strict and not comes:
                        continue
                    break  # it may pass who waits
                if failed.get(which) == frees[pool]:
                    continue
                if asked is not None and not state.within_quota(*asked):
                    break
                if capped is not None and not state.sells(pool, amounts):
                    failed[which] = frees[pool]
                    continue
                roof, devices, rungs = INF, (), ladder.rungs
                for gpu_m in ladder.steps:
                    if gpu_m < g:
                        continue
                    key = low + (gpu_m * gpu_weight << LOCAL_BITS)
                    if key >= roof:
                        break
                    rung = rungs[gpu_m]
                    here, top = bisect_left(rung, key), len(rung)
                    while here < top:
                        key = rung[here]
                        if key >= roof:
                            break
                        local = key & LOCAL_MASK
                        at = first + local
                        if memory[at] < m or disc[at] < s or dpu[at] < d:
                            here += 1
                            continue
                        if g:
                            found = devices_of(need, at)
                            if not found:
                                here += 1
                                continue
                        else:
                            found = ()
                        if best < 0:
                            best, node, devices, roof = key, at, found, key + slack
                            spare, climb, step = gpu_m, rung, here
                        elif local < node - first or key < best:
                            # another of nearly the same weight: which scores higher?
                            one = (
                                -(-50 * ((best >> LOCAL_BITS) - taken) // whole),
                                node - first,
                            )
                            two = (-(-50 * ((key >> LOCAL_BITS) - taken) // whole), local)
                            if two < one:
                                best, node, devices = key, at, found
                                roof = min(roof, key + slack)
                                spare, climb, step = gpu_m, rung, here
                        # of nodes of one weight the first is the one
                        here = bisect_left(rung, key - local + LOCAL_MASK, here + 1)
                if best < 0:
                    failed[which] = frees[pool]
                    continue
                if travel_us:
                    book.queued(index, now, held[-1][13])
                    heappush(
                        heap, (now + travel_us, index, held, work, self.estimate[row], now)
                    )
                    break
                (_, _, _, _, v, _, _, _, _, gm, fall, free, _, _, shape, before_us, factor,
                 told) = held  # fmt: skip
                mask = 0
                del climb[step]
                if g:
                    if not climb:
                        ladder.close(spare)
                    insort(ladder.rung(spare - g), best - fall)
                    share, part = need.device_m, need.gpu_memory_mib
                    slots, parts = gpu[node], gpu_memory[node]
                    for slot in devices:
                        slots[slot] -= share
                        parts[slot] -= part
                        mask |= 1 << slot
                        if slots[slot] < 0 or parts[slot] < 0:
                            raise OverdrawnError(f"device {slot} of node {node}")
                    gpu_sum[node] = spare - g
                    free[2] -= g
                    free[3] -= gm
                else:
                    insort(climb, best - fall, 0, step)
                vcpu[node] = left = vcpu[node] - v
                memory[node] = room = memory[node] - m
                disc[node] = store = disc[node] - s
                if left < 0 or room < 0 or store < 0:
                    raise OverdrawnError(f"node {node}")
                free[0] -= v
                free[1] -= m
                free[5] -= s
                if d:
                    dpu[node] -= d
                    free[4] -= d
                    if dpu[node] < 0:
                        raise OverdrawnError(f"DPU of node {node}")
                if comes:
                    book.left(index, now)
                placed_index(index)
                placed_us(now)
                placed_code(node << MASK_BITS | mask)
                span = work
                if factor != 1.0:  # Stand.takes_us
                    span = min(max(1, round(work * factor)), LONGEST_US)
                if told:
                    declared_us = estimate if comes else self.estimate[row]
                    runner = rules.took(index, shape, (pool, node, devices), declared_us, now)
                    heappush(heap, (now + before_us + span, index, runner))
                else:
                    heappush(heap, (now + before_us + span, index, held, node, devices))
                break
            if best < 0:
                if comes:
                    rules.come(self._comer(*entry[1:]), now)
                else:
                    if pools:
                        self._widen(shapes[number])
                    rules.arrive(self._waiting(row, shapes[number]), now, direct=True)
                if dirty:
                    rules.settle(now)
            if comes:
                continue
            row += 1
            self.row = row
            if not row & 8191 and self.progress is not None:
                self.progress(now / 1e6, self.first + row)
            if row == size:
                self._next_chunk()
                submit, row, size = self.submit, self.row, self.size

    def _stops(self, now_us: int) -> bool:
        """Whether the run ends before this instant; an instant once begun is never cut."""
        if now_us > self.now_us:
            self._arrived()
            self.stop_us = self.window.stops(now_us, self.now_us, self.book, self.arrived)
        return self.stop_us is not None

    def _arrived(self) -> None:
        """Tell how many jobs have been submitted, as long as the demand lasts."""
        if self.size:
            self.arrived = self.first + self.row

    def _shared(self, now_us: int, arrival: float) -> bool:
        """Whether more happens at this instant than the end at the top of the heap."""
        heap = self.heap  # the next to come out is one of the two below its top
        return (
            arrival == now_us
            or (len(heap) > 1 and heap[1][0] == now_us)
            or (len(heap) > 2 and heap[2][0] == now_us)
        )

    def _crowded(self, now_us: int) -> bool:
        """Whether the next submission must be gathered with what else happens at this instant.

        At the end of a chunk the next one may begin at the same instant. Where jobs stand in
        lines as they were submitted, each may start before the next one comes: the others of
        its line would look at it first anyway, and lines share nothing but quotas.
        """
        row = self.row
        if row + 1 == self.size or (self.heap and self.heap[0][0] == now_us):
            return True
        if self.submit[row + 1] != now_us:
            return False
        tenant = self.arrivals.shapes.all[self.ask[row]].tenant
        return not self.in_turn or self.rules.has_quota(tenant)

    def _waiting(self, row: int, shape: Shape) -> Waiting:
        draw = self.draws[row] if self.draws else 0
        return Waiting(
            self.first + row, shape, self.submit[row], self.work[row], self.estimate[row], draw
        )

    def _one(self, what: Any, now_us: int) -> None:
        """The only thing that happens at this instant, and not in the loop's own way."""
        if isinstance(what, Held):
            self.rules.finish(what, now_us)
        elif what is MARK:
            self._handle(now_us)
        else:
            self.rules.come(what, now_us)

    def _together(self, now_us: int) -> None:
        """Several things at one instant: gathered first, in the order of the plain engine."""
        heap = self.heap
        while heap and heap[0][0] == now_us:
            entry = heappop(heap)
            what: Any = entry[2]
            if len(entry) == 5:
                what = self._held(*entry[1:])
            elif len(entry) == 6:
                what = self._comer(*entry[1:])
            if what is not MARK:
                (self.ends if isinstance(what, Held) else self.comers).append(what)
        shapes = self.arrivals.shapes.all
        while self.row < self.size and self.submit[self.row] == now_us:
            row = self.row
            self.row, self.arrived = row + 1, self.first + row + 1
            if self.bad is not None and self.bad[row]:
                self.book.refused_bad(self.first + row, now_us)
            else:
                self.comers.append(self._waiting(row, shapes[self.ask[row]]))
            if self.row == self.size:
                self._next_chunk()
        self._handle(now_us)

    def _held(self, index: int, hot: Hot, node: int, devices: tuple[int, ...]) -> Held:
        """A job that the loop placed, as the rules know it (only backfill asks for its end)."""
        return Held(index, hot[14], ((hot[1], node, devices),), 0)

    def _comer(
        self, index: int, hot: Hot, work_us: int, estimate_us: int, submit_us: int
    ) -> Waiting:
        """A job that the loop sent to a pool, as the rules know it."""
        held = hot[-1]
        job = Waiting(index, held[14], submit_us, work_us, estimate_us, 0)
        job.pools, job.line = (held[1],), held[13]
        job.key = self.rules.queue.key(job)
        return job
