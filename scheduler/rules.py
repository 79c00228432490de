"""What happens at an instant: the rules of contracts §3.3, the same under both engines.

An engine owns the clock and calls, at each instant and in this order, `finish` for every
completion, `arrive` or `come` for everyone who joins, and `settle` once. The rules own the
state and the lines, tell the journal, and ask the engine (`Agenda`) for future calls.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scheduler.estate import Estate
from scheduler.fairness import Shares
from scheduler.finder import Changes, Finder, RandomFinder, able
from scheduler.freight import Freight, Load
from scheduler.lines import Line, Member, Placement, Waiting
from scheduler.policy import Dispatch, View
from scheduler.reasons import Reason
from scheduler.room import Need
from scheduler.shapes import Shape, Stand
from scheduler.state import State
from scheduler.stays import Held, Stay, Stays, Stop, keep_work, stop_of

LAST = 1 << 60  # number of a job that is only thought of: it comes after all others


class Agenda(Protocol):
    """What the rules ask of the clock."""

    def end(self, at_us: int, held: Held) -> None:
        """Call `finish(held)` at that instant."""

    def travel(self, at_us: int, job: Waiting) -> None:
        """Call `come(job)` at that instant."""

    def wake(self, at_us: int) -> None:
        """Call `land` at that instant, in a round of it that is still to come."""


class Journal(Protocol):
    """Who is told what happened."""

    def placed(self, index: int, now_us: int, shape: Shape, placement: Placement) -> None:
        """A job got its nodes."""

    def ended(self, index: int, now_us: int) -> None:
        """A job gave its nodes back."""

    def stopped(self, index: int, now_us: int, stop: Stop) -> None:
        """A job was stopped for another and gave its nodes back."""

    def resumed(self, index: int, now_us: int, dispatch_us: int, transfer_in_us: int) -> None:
        """A job that was stopped has just been `placed`; its nodes are held for these first."""

    def queued(self, index: int, now_us: int, place: int) -> None:
        """A job begins to wait in a line, or on its way to it."""

    def joined(self, index: int, now_us: int) -> None:
        """A job stands in its line from now on; before, it was on its way there."""

    def left(self, index: int, now_us: int) -> None:
        """A job that was `queued` waits no more."""

    def check(self, freight: Freight) -> None:
        """The run is over: look whether all data was carried, and keep what passed links."""

    def held(self, index: int, reason: Reason) -> None:
        """A job waited, mostly for this reason."""

    def refused(self, index: int, now_us: int, reason: Reason) -> None:
        """A job will never run."""


class Queue(Protocol):
    """Which waiting jobs of a line start now, and why the others do not."""

    strict: bool

    def key(self, job: Waiting) -> tuple[int, ...]:
        """Smallest first; ends in the job's index, so never equal."""

    def starts(
        self, rules: Rules, line: Line, now_us: int, *, told: bool
    ) -> list[tuple[Waiting, Placement]]:
        """Jobs that start, nodes reserved; reasons of the others are kept if `told`."""


class Beside(Protocol):
    """Where a job may start now without hurting what was promised to others."""

    def left(self, spot: Sequence[int], members: Sequence[Member]) -> Sequence[int]:
        """The pools of `spot` that may take one more member."""

    def barred(self) -> Collection[int]:
        """Nodes that no member may have."""

    def devices(self, member: Member) -> Member:
        """The same node, with devices that are promised to nobody."""


class Preemption(Protocol):
    """Who is stopped for the head of a line that lacks nothing but capacity."""

    def makes_way(
        self,
        rules: Rules,
        line: Line,
        head: Waiting,
        started: list[tuple[Waiting, Placement]],
        now_us: int,
    ) -> bool:
        """Whether others make way, so that the line is to be tried again at this instant.

        If the head starts by that, it is added to `started`. Some of those who start beside it
        may be among its victims: then they start first, and it is tried when they run.
        """

    def would_make_way(self, rules: Rules, line: Line, job: Waiting) -> bool:
        """Whether the job, were it the head of that line, would start so; nothing is kept."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the queue section of a scenario says, and what follows from the dispatch policy."""

    above_pool: bool
    max_waiting: int | None
    by_node: bool
    ranks_by_turn: bool
    backfills: bool
    promises: bool = False  # every waiting job holds one
    preemption: Preemption | None = None
    shares: Shares | None = None  # where the order of a line hangs on what tenants hold


class Rules:
    """The rules over one state. Not thread-safe; one a run."""

    def __init__(  # noqa: PLR0913 - the parts of a run, put together in one place
        self,
        *,
        estate: Estate,
        state: State,
        finder: Finder,
        dispatch: Dispatch,
        queue: Queue,
        view: View,
        settings: Settings,
        journal: Journal,
        agenda: Agenda,
        freight: Freight | None = None,
    ) -> None:
        self.estate = estate
        self.state = state
        self.finder = finder
        self.dispatch = dispatch
        self.queue = queue
        self.view = view
        self.settings = settings
        self.journal = journal
        self.agenda = agenda
        self.freight = freight
        self.lines = [Line(n, name) for n, name in enumerate(estate.lines)]
        self.dirty: set[int] = set()
        self.last: dict[str, int] = {}
        self.declared_us = 0  # of the job that is ranked now
        self.now_us = 0  # when it was submitted
        self.watch: Callable[[Held, int], None] | None = None  # told of each end, to learn from
        self.hears: Callable[[Shape, int], None] | None = None  # told of each job that comes
        self.limited = any(limit is not None for limit in state.limits)
        self.charges = self.limited or settings.shares is not None
        self.failed: list[dict[int, int]] = [{} for _ in estate.pools]
        self.moves = [0] * len(estate.pools)  # as long as it stands, so does the pool's room
        self.changes: Changes | None = None
        if isinstance(finder, RandomFinder):
            self.changes = finder.changes = Changes(estate)
        self.queued_sum = [[0] * 6 for _ in estate.pools]
        self.running: list[list[tuple[int, int, Held]]] = [[] for _ in estate.pools]
        self.tried: dict[int, Any] = {}  # by line: what a backfill keeps from trial to trial
        # for promises: who holds a node; by line, where somebody began or ended, and where not
        # when it was declared
        self.on_node: dict[int, dict[int, tuple[Held, Need, tuple[int, ...]]]] = {}
        self.touched: list[set[int]] = [set() for _ in self.lines]
        self.eased: list[set[int]] = [set() for _ in self.lines]
        self.pools_of: list[list[int]] = [[] for _ in self.lines]
        for pool, line in enumerate(estate.line_of):
            self.pools_of[line].append(pool)
        self.stays = Stays(estate)  # kept where jobs may be stopped
        self.tenant_running: dict[int, dict[int, Held]] = {}
        self.seats: dict[int, deque[Member | None]] = {}  # by shape: where its replicas go
        self._ranks: dict[int, list[int]] = {}
        self._starters = 0  # of the last trial: others in the line that would start too

    # -- an instant ------------------------------------------------------------------------

    def finish(self, held: Held, now_us: int) -> None:
        """A job ends: its nodes and quota come free, and who may want them is looked at."""
        if self.settings.preemption:
            if self.stays.are_over(held):
                return
            self.stays.drop(self.stays.of[held.index])
        self._give_back(held.shape, held.placement)
        self.journal.ended(held.index, now_us)
        if self.watch is not None:
            self.watch(held, now_us)
        self._freed(held, now_us)
        if self.freight is not None and self.freight.deliver(now_us, held):
            self.agenda.wake(now_us)

    def land(self, now_us: int) -> list[Waiting]:
        """Data has arrived, or may begin to move: jobs that have now come to their pool."""
        if self.freight is None:
            return []
        comers = []
        for load in self.freight.advance(now_us):
            if load.held is None:
                comers.append(load.job)
            elif not load.job.shape.endless:
                runs_us = load.job.runs_us(load.held.placement)
                self.agenda.end(load.ready_us + runs_us, load.held)
        return comers

    def sends(self, shape: Shape) -> bool:
        """Whether data of such jobs may be slowed by that of others."""
        return self.freight is not None and self.freight.sends(shape)

    def _freed(self, held: Held, now_us: int) -> None:
        """Nodes and quota have come free: who may want them is looked at."""
        line_of, lines = self.estate.line_of, self.lines
        for pool, _, _ in held.placement:
            if lines[line_of[pool]].jobs:
                self.dirty.add(line_of[pool])
        if self.has_quota(held.shape.tenant):
            self._touch_tenant(held.shape.tenant)
        if self.settings.backfills:
            self._forget(held)
        if self.settings.promises:
            self._ease(held, now_us)
        if self.settings.shares is not None:
            self._touch_all()

    def stop_stay(self, stay: Stay, now_us: int) -> None:
        """A job makes way for another; who looked for room has given back its nodes."""
        stop = stop_of(stay, now_us)
        self.stays.drop(stay)
        self.journal.stopped(stay.index, now_us, stop)
        keep_work(stay.job, stop)
        self._freed(stay.held, now_us)
        self.stays.returning.append(stay.job)

    def _come_back(self, job: Waiting, now_us: int) -> None:
        """A job that was stopped stands in its line again, as if it had never left it."""
        job.key, job.joined_us = self.queue.key(job), now_us
        job.reason, job.since_us = Reason.NONE, now_us
        job.hold(Reason.HEAD_OF_LINE, now_us)
        self._wait(job, now_us)
        self.lines[job.line].join(job)
        self.dirty.add(job.line)

    def has_quota(self, tenant: int) -> bool:
        """Whether a quota limits the tenant; one that no list names has none."""
        limits = self.state.limits
        return self.limited and tenant < len(limits) and limits[tenant] is not None

    def _charge(self, shape: Shape, sign: int) -> None:
        """Book a job on its tenant (1) or take it off (-1) where anything hangs on it."""
        if self.settings.shares is not None or self.has_quota(shape.tenant):
            self.state.charge(shape.tenant, shape.quota, sign)

    def _touch_tenant(self, tenant: int) -> None:
        """Quota came free: every line where the tenant waits is tried."""
        for line in self.lines:
            if any(job.shape.tenant == tenant for _, job in line.jobs):
                self.dirty.add(line.number)

    def _touch_all(self) -> None:
        """A tenant's share has changed, and with it who is first in any line."""
        self.dirty.update(line.number for line in self.lines if line.jobs)

    def share(self, job: Waiting) -> int:
        """What the job's tenant holds, to be compared with what others hold (Shares)."""
        shares, charged = self.settings.shares, self.state.charged
        tenant = job.shape.tenant
        if shares is None or tenant >= len(charged):
            return 0
        return shares.of(job.shape.ask.tenant, charged[tenant])

    def arrive(self, job: Waiting, now_us: int, *, direct: bool = False) -> None:
        """A job is submitted: refused, sent to a pool or put in a line.

        `direct` starts it at once where its line is empty; right when nothing else happens
        at this instant, or when order within the instant cannot matter.
        """
        shape = job.shape
        if shape.refusal:
            self.journal.refused(job.index, now_us, shape.refusal)
            return
        if self.hears is not None:
            self.hears(shape, now_us)
        if shape.number in self.seats:
            self._sit(job, now_us)
            return
        rank = self.rank(job)
        pool, placement = self._choose(job, rank, now_us, direct=direct)
        self.last[shape.ask.workload] = pool
        line = self.estate.line_of[pool]
        job.pools = self._of_line(rank, line)
        job.line, job.key = line, self.queue.key(job)
        if placement is not None:
            self._start(job, placement, now_us)
            return
        travel_us = 0 if self.settings.above_pool else _before_wait_us(shape.stand(pool))
        above = self.settings.above_pool
        if self.freight is not None and not above and self._fetches(job, pool, now_us):
            self._wait(job, now_us)
        elif travel_us:
            self._wait(job, now_us)
            self.agenda.travel(now_us + travel_us, job)
        else:
            self._join(job, now_us)

    def _fetches(self, job: Waiting, pool: int, now_us: int) -> bool:
        """Whether others may slow what the job brings to a pool, which begins to move."""
        if self.freight is None or not self.freight.sends(job.shape):
            return False
        stand = job.shape.stand(pool)
        began_us = now_us + stand.dispatch_us
        ready_us = began_us + (0 if stand.move_in else stand.transfer_in_us)
        load = Load(job, began_us, stand.transfer_in_us, None, ready_us)
        if not self.freight.fetch(load.began_us, load, (pool,)):
            return False
        self.agenda.wake(now_us)
        return True

    def hold_seats(self, shape: Shape, members: Iterable[Member | None]) -> None:
        """Before the clock starts: nobody else gets what these replicas will have."""
        self.seats[shape.number] = deque(members)
        for member in filter(None, self.seats[shape.number]):
            self.take(shape, (member,))

    def _sit(self, job: Waiting, now_us: int) -> None:
        """A replica takes the place that is held for it, or has none."""
        member = self.seats[job.shape.number].popleft()
        if member is None:
            self.journal.refused(job.index, now_us, Reason.NO_PLACE)
            return
        job.pools, job.line = (member[0],), self.estate.line_of[member[0]]
        job.key = self.queue.key(job)
        self._start(job, (member,), now_us, reserved=True)

    def come(self, job: Waiting, now_us: int) -> None:
        """A job that was sent to a pool has arrived there, its data with it."""
        self._join(job, now_us)

    def settle(self, now_us: int) -> None:
        """Try each line that something happened to, in name order, until nobody more starts."""
        while self.dirty:
            for number in sorted(self.dirty):
                self.dirty.discard(number)
                self._try(self.lines[number], now_us)

    def stop(self, now_us: int) -> None:
        """The run ends here: those who still wait are told what held them longest so far."""
        for line in self.lines:
            for _, job in line.jobs:
                reason = job.dominant(now_us)
                if reason:
                    self.journal.held(job.index, reason)
        if self.freight is not None:
            for index in self.freight.late(now_us):
                self.journal.held(index, Reason.NETWORK)
            self.freight.close(now_us)
            self.journal.check(self.freight)

    def _try(self, line: Line, now_us: int) -> None:
        for job, placement in self.queue.starts(self, line, now_us, told=True):
            line.leave(job)
            self._start(job, placement, now_us, reserved=True)
        if self.stays.returning:
            self._let_back(now_us)
        most = self.settings.max_waiting
        if most is not None and self._crowd(line) > most:
            while self._crowd(line) > most:
                self._turn_away(line, now_us)
            if line.jobs:  # one turned away may have stood before the others
                self.dirty.add(line.number)

    def _let_back(self, now_us: int) -> None:
        """Those who were stopped in a trial of their line stand in it again."""
        back, self.stays.returning = self.stays.returning, []
        for job in back:
            self._come_back(job, now_us)

    def _crowd(self, line: Line) -> int:
        """How many wait that a full line counts: not who was stopped and has come back."""
        if not self.settings.preemption:
            return len(line)
        return sum(not job.preemptions for _, job in line.jobs)

    def _turn_away(self, line: Line, now_us: int) -> None:
        """The last to come finds the line full: another of this instant took its place."""
        new = (job for _, job in line.jobs if not job.preemptions)
        last = max(new, key=lambda job: (job.joined_us, job.index))
        line.leave(last)
        self._stop_waiting(last, now_us)
        self.journal.refused(last.index, now_us, Reason.QUEUE_FULL)

    # -- where a job goes ------------------------------------------------------------------

    def rank(self, job: Waiting) -> list[int]:
        """Pools that may take the job, best first."""
        if self.dispatch.changes != "never":
            self.declared_us, self.now_us = job.estimate_us, job.submit_us
            return self.dispatch.rank(job.shape, self.view, job.draw)
        return self.rank_of(job.shape)

    def rank_of(self, shape: Shape) -> list[int]:
        """The same for all jobs of a shape, where the policy looks at nothing that changes."""
        known = self._ranks.get(shape.number)
        if known is None:
            known = self._ranks[shape.number] = self.dispatch.rank(shape, self.view, 0)
        return known

    def _choose(
        self, job: Waiting, rank: Sequence[int], now_us: int, *, direct: bool
    ) -> tuple[int, Placement | None]:
        """The pool to go to: the best where its line would start the job now, else the best.

        With `direct`, also the nodes where it starts, not yet reserved.
        """
        line_of, settings = self.estate.line_of, self.settings
        lines = list(dict.fromkeys(line_of[p] for p in rank))
        alone = len(lines) == 1 and not settings.ranks_by_turn
        if alone and not (direct and not self.lines[lines[0]].jobs):
            return rank[0], None
        if settings.by_node and len(lines) > 1:
            return self._choose_node(job, rank, now_us, direct=direct), None
        tried: dict[int, Placement | None] = {}
        groups: dict[int, list[int]] = {line: [] for line in lines}
        for pool in rank:
            groups[line_of[pool]].append(pool)
        for pool in rank:
            line = line_of[pool]
            if line not in tried:
                job.pools, job.line = tuple(groups[line]), line
                full = self._is_full(job.shape, job.pools)
                tried[line] = None if full else self._would_start(job, now_us)
            placement = tried[line]
            if placement is not None and placement[0][0] == pool:
                go = direct and not self.lines[line].jobs and not self._travels(job, placement)
                return pool, placement if go else None
        return rank[0], None

    def _travels(self, job: Waiting, placement: Placement) -> bool:
        if self.settings.above_pool:
            return False
        pool = placement[0][0]
        lacks = self.freight is not None and self.freight.lacks_set(job.shape, pool)
        return lacks or _before_wait_us(job.shape.stand(pool)) > 0

    def _choose_node(
        self, job: Waiting, rank: Sequence[int], now_us: int, *, direct: bool
    ) -> int:
        """By-node dispatch over several lines: packing compares the nodes of all with room."""
        able: list[int] = []
        for line in dict.fromkeys(self.estate.line_of[p] for p in rank):
            job.pools, job.line = self._of_line(rank, line), line
            if self._would_start(job, now_us) is not None:
                able += job.pools
        if not able:
            return rank[0]
        job.pools = tuple(able)
        found = self._locate(job, job.pools, ())
        return found[0] if found else able[0]

    def _of_line(self, rank: Sequence[int], line: int) -> tuple[int, ...]:
        line_of = self.estate.line_of
        return tuple(p for p in rank if line_of[p] == line)

    def _would_start(self, job: Waiting, now_us: int) -> Placement | None:
        """Where the job would start now if it stood in the line `job.line`; nothing is kept."""
        line = self.lines[job.line]
        job.key = self.queue.key(job)
        self._starters = 0
        if not line.jobs:
            return self._where(job)
        if self.queue.strict and not self.limited and job.line not in self.dirty:
            return self._where(job) if job.key < line.jobs[0][0] else None
        line.join(job)
        started = self.queue.starts(self, line, now_us, told=False)
        line.leave(job)
        self._starters = sum(other is not job and not other.preemptions for other, _ in started)
        for other, placement in reversed(started):
            self.undo(other, placement)
        return next((p for other, p in started if other is job), None)

    def _where(self, job: Waiting) -> Placement | None:
        """Where the job would get its nodes if it were alone; nothing is kept."""
        if self.quota_full(job):
            return None
        if job.shape.nodes == 1:
            found = self._locate(job, job.pools, ())
            return None if found is None else (found,)
        placement = self.place(job)
        if placement is not None:
            self.undo(job, placement)
        return placement

    def _join(self, job: Waiting, now_us: int) -> None:
        """Stand in the line, or be turned away if it is full and the job would wait."""
        if not self._admits(job, now_us):
            if job.submit_us != now_us:
                self._stop_waiting(job, now_us)
            self.journal.refused(job.index, now_us, Reason.QUEUE_FULL)
            return
        job.joined_us = now_us
        job.hold(Reason.HEAD_OF_LINE, now_us)
        self.journal.joined(job.index, now_us)
        if job.submit_us == now_us:
            self._wait(job, now_us)
        self.lines[job.line].join(job)
        self.dirty.add(job.line)

    def _admits(self, job: Waiting, now_us: int) -> bool:
        """Whether the job would start at once, or few enough wait in its line."""
        most, line = self.settings.max_waiting, self.lines[job.line]
        if most is None or (crowd := self._crowd(line)) < most:
            return True
        placement = self._would_start(job, now_us)
        if placement is not None or crowd - self._starters < most:
            return True
        preemption = self.settings.preemption
        return preemption is not None and preemption.would_make_way(self, line, job)

    def _wait(self, job: Waiting, now_us: int) -> None:
        """The job counts as queued from now on."""
        self.journal.queued(job.index, now_us, job.line)
        if not self.settings.above_pool:
            _add(self.queued_sum[job.pools[0]], job.shape.quota, 1)

    def _stop_waiting(self, job: Waiting, now_us: int) -> None:
        self.journal.left(job.index, now_us)
        if not self.settings.above_pool:
            _add(self.queued_sum[job.pools[0]], job.shape.quota, -1)

    def _start(
        self, job: Waiting, placement: Placement, now_us: int, *, reserved: bool = False
    ) -> None:
        """Hold the nodes, tell the journal, and come back when the job ends."""
        shape = job.shape
        if not reserved:
            self.take(shape, placement)
        if job.joined_us >= 0:
            self._stop_waiting(job, now_us)
            reason = job.dominant(now_us)
            if reason:
                self.journal.held(job.index, reason)
        self.journal.placed(job.index, now_us, shape, placement)
        held = self.held(job, placement, now_us)
        if self.settings.backfills:
            self._remember(held)
        if self.settings.preemption:
            self._stay(job, held, now_us)
        if self.settings.shares is not None:
            self._touch_all()
        loads = self.freight is not None and self._loads(job, held, now_us)
        if not shape.endless and not loads:
            begin_us = now_us + self.before_run_us(job, placement)
            self.agenda.end(begin_us + job.runs_us(placement), held)

    def _loads(self, job: Waiting, held: Held, now_us: int) -> bool:
        """Whether others may slow what nodes are held for; the job begins when it is there."""
        if self.freight is None or not self.settings.above_pool:
            return False
        if not self.freight.sends(job.shape):
            return False
        pools = dict.fromkeys(pool for pool, _, _ in held.placement)
        stands = [job.shape.stand(pool) for pool in pools]
        dispatch_us, transfer_in_us = self.before_run(job, held.placement)
        began_us = now_us + dispatch_us
        ready_us = began_us + max(
            (s.transfer_in_us for s in stands if s.move_in is None), default=0
        )
        load = Load(job, began_us, transfer_in_us, held, ready_us)
        if not self.freight.fetch(began_us, load, pools):
            return False
        self.agenda.wake(now_us)
        return True

    def _stay(self, job: Waiting, held: Held, now_us: int) -> None:
        """Remember who holds these nodes, so that it may be stopped."""
        stay = Stay(job, held, now_us, *self.before_run(job, held.placement))
        self.stays.add(stay)
        if job.preemptions:
            self.journal.resumed(job.index, now_us, stay.dispatch_us, stay.transfer_in_us)

    def held(self, job: Waiting, placement: Placement, now_us: int) -> Held:
        """The job as one that holds these nodes from now on."""
        begin_us = now_us + self.before_run_us(job, placement)
        declared_us = begin_us + job.declared_us(placement)
        return Held(job.index, job.shape, placement, declared_us, begin_us)

    def took(
        self, index: int, shape: Shape, member: Member, estimate_us: int, now_us: int
    ) -> Held:
        """Book a job of one node that the fast engine has put there itself, as one running."""
        pool, placement = member[0], (member,)
        if self.charges:
            self._charge(shape, 1)
        self.moves[pool] += 1
        stand = shape.stand(pool)
        before_us = _before_wait_us(stand) if self.settings.above_pool else 0
        begin_us = now_us + before_us
        declared_us = begin_us + stand.takes_us(estimate_us)
        held = Held(index, shape, placement, declared_us, begin_us)
        if self.settings.backfills:
            self._remember(held)
        return held

    def before_run_us(self, job: Waiting, placement: Placement) -> int:
        """Dispatch and transfer in, where nodes are held for them."""
        return sum(self.before_run(job, placement))

    def before_run(self, job: Waiting, placement: Placement) -> tuple[int, int]:
        """Dispatch and transfer in for which nodes are held: the largest over pools.

        Who was stopped and comes back to the same pools pays only what it had not paid yet.
        """
        if not self.settings.above_pool:
            return 0, 0
        if len(placement) == 1 and job.paid is None:
            stand = job.shape.stand(placement[0][0])
            return stand.dispatch_us, stand.transfer_in_us
        stands = [job.shape.stand(pool) for pool, _, _ in placement]
        dispatch_us = max(s.dispatch_us for s in stands)
        transfer_in_us = max(s.transfer_in_us for s in stands)
        paid = job.paid
        if paid is None or not all(pool in paid.pools for pool, _, _ in placement):
            return dispatch_us, transfer_in_us
        return (
            max(0, dispatch_us - paid.dispatch_us),
            max(0, transfer_in_us - paid.transfer_in_us),
        )

    # -- nodes -----------------------------------------------------------------------------

    def quota_full(self, job: Waiting) -> bool:
        """The job is held by its own tenant's quota."""
        return self.limited and not self.state.within_quota(job.shape.tenant, job.shape.quota)

    def place(self, job: Waiting) -> Placement | None:
        """Reserve nodes for the job where it fits now, best pool first; None where nowhere."""
        shape = job.shape
        if shape.nodes > 1:
            placement = self._place_gang(job)
        else:
            found = self._locate(job, job.pools, ())
            placement = None if found is None else (found,)
            if found is not None:
                self._reserve(shape, found)
        if placement is not None and self.charges:
            self._charge(shape, 1)
        return placement

    def place_beside(
        self, job: Waiting, spot: tuple[int, ...], beside: Beside
    ) -> Placement | None:
        """As `place`, in these pools and where `beside` leaves room."""
        placement = self._fill(job, spot, beside)
        if placement is not None and self.charges:
            self._charge(job.shape, 1)
        return placement

    def undo(self, job: Waiting, placement: Placement) -> None:
        """Take back what `place` reserved."""
        self._give_back(job.shape, placement)

    def revert(self, job: Waiting, placement: Placement) -> None:
        """Take back what `place` reserved where nothing was tried since: all is as before."""
        self._give_back(job.shape, placement)
        self._unmark(placement)

    def _unmark(self, placement: Iterable[Member]) -> None:
        """Nodes were taken and given back at once: what failed before fails again."""
        for pool, _, _ in placement:
            self.state.frees[pool] -= 1
            self.moves[pool] -= 2

    def would_start(self, shape: Shape, pool: int, estimate_us: int) -> bool:
        """Whether a job that joined the line of this pool now would start in it at once."""
        job = Waiting(LAST, shape, self.now_us, estimate_us, estimate_us, 0, (pool,))
        if self._is_full(shape, job.pools):
            return False
        job.line = self.estate.line_of[pool]
        return self._would_start(job, self.now_us) is not None

    def has_failed(self, pool: int, stand: Stand) -> bool:
        """It found no node, and nothing has come free in this pool since."""
        return self.failed[pool].get(stand.number) == self.state.frees[pool]

    def _is_full(self, shape: Shape, pools: Iterable[int]) -> bool:
        """Whether none of these pools has room for even one member, whoever stands in line."""
        for pool in pools:
            stand = shape.stand(pool)
            if self.has_failed(pool, stand):
                continue
            if not self.estate.pools[pool].capped or self.state.sells(pool, stand.amounts):
                return False
        return True

    def _locate(
        self, job: Waiting, pools: Iterable[int], taken: Collection[int]
    ) -> Member | None:
        """A pool, node and devices for one member; nothing is reserved."""
        if self.settings.by_node:
            return self._locate_anywhere(job, pools, taken)
        state, shape = self.state, job.shape
        for pool in pools:
            stand = shape.stand(pool)
            if self.has_failed(pool, stand):
                continue
            if not self.estate.pools[pool].capped or state.sells(pool, stand.amounts):
                found = self.finder.find(((pool, stand.need),), job.draw, taken)
                if found is not None:
                    return pool, *found
            if not taken:
                self.failed[pool][stand.number] = state.frees[pool]
        return None

    def _locate_anywhere(
        self, job: Waiting, pools: Iterable[int], taken: Collection[int]
    ) -> Member | None:
        state, shape = self.state, job.shape
        needs = [
            (p, shape.stand(p).need)
            for p in pools
            if not self.estate.pools[p].capped or state.sells(p, shape.stand(p).amounts)
        ]
        found = self.finder.find(needs, job.draw, taken) if needs else None
        if found is None:
            return None
        return self.pool_of(found[0]), *found

    def pool_of(self, node: int) -> int:
        """The pool in which a node stands."""
        pools = self.estate.pools
        low, high = 0, len(pools) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (
                (middle, high) if pools[middle].first_node <= node else (low, middle - 1)
            )
        return low

    def _place_gang(self, job: Waiting) -> Placement | None:
        """All members on distinct nodes of one scope, its ranked pools filled in order."""
        for spot in self.spots(job):
            placement = self._fill(job, spot)
            if placement is not None:
                return placement
        return None

    def spots(self, job: Waiting) -> list[tuple[int, ...]]:
        """Groups of pools, in ranked order, over each of which the job may spread."""
        group_of = {p: n for n, spot in enumerate(job.shape.spots) for p in spot}
        groups: dict[int, list[int]] = {}
        for pool in job.pools:
            groups.setdefault(group_of[pool], []).append(pool)
        return [tuple(g) for g in groups.values()]

    def _fill(
        self, job: Waiting, spot: tuple[int, ...], beside: Beside | None = None
    ) -> Placement | None:
        members: list[Member] = []
        while len(members) < job.shape.nodes:
            member = self._next_member(job, spot, members, beside)
            if member is None:
                for taken in reversed(members):
                    self._release(job.shape, taken)
                self._unmark(members)
                return None
            self._reserve(job.shape, member)
            members.append(member)
        return tuple(members)

    def _next_member(
        self,
        job: Waiting,
        spot: tuple[int, ...],
        members: Sequence[Member],
        beside: Beside | None,
    ) -> Member | None:
        """Where one more member of a gang goes, on a node that none has yet."""
        taken = [node for _, node, _ in members]
        if beside is None:
            return self._locate(job, spot, taken)
        barred = {*taken, *beside.barred()}
        member = self._locate(job, beside.left(spot, members), barred)
        return None if member is None else beside.devices(member)

    def _reserve(self, shape: Shape, member: Member) -> None:
        pool, node, devices = member
        stand = shape.stand(pool)
        self.state.reserve(pool, node, stand.need, stand.amounts, devices)
        self._moved(pool, node)

    def _release(self, shape: Shape, member: Member) -> None:
        pool, node, devices = member
        stand = shape.stand(pool)
        self.state.release(pool, node, stand.need, stand.amounts, devices)
        self._moved(pool, node)

    def _moved(self, pool: int, node: int) -> None:
        self.moves[pool] += 1
        if self.changes is not None:
            self.changes.add(pool, node)

    def take(self, shape: Shape, placement: Placement) -> None:
        """Reserve just these nodes for a job."""
        for member in placement:
            self._reserve(shape, member)
        if self.charges:
            self._charge(shape, 1)

    def _give_back(self, shape: Shape, placement: Placement) -> None:
        for member in reversed(placement):
            self._release(shape, member)
        if self.charges:
            self._charge(shape, -1)

    # -- why a job waits -------------------------------------------------------------------

    def why(self, job: Waiting) -> Reason:
        """What is missing at its best-ranked pool: gang, fragmented or no-capacity."""
        shape, pool, state = job.shape, job.pools[0], self.state
        stand = shape.stand(pool)
        if shape.nodes > 1 and state.sells(pool, stand.amounts) and self._any_fits(pool, stand):
            return Reason.GANG
        if state.sells(pool, stand.amounts, shape.nodes):
            return Reason.FRAGMENTED
        return Reason.NO_CAPACITY

    def _any_fits(self, pool: int, stand: Stand) -> bool:
        return next(able(self.state, pool, stand.need), None) is not None

    # -- who runs, for backfill ------------------------------------------------------------

    def _remember(self, held: Held) -> None:
        if self.settings.promises:
            for pool, node, devices in held.placement:
                need = held.shape.stand(pool).need
                self.on_node.setdefault(node, {})[held.index] = held, need, devices
                self.touched[self.estate.line_of[pool]].add(node)
        for pool in dict.fromkeys(pool for pool, _, _ in held.placement):
            insort(self.running[pool], (held.declared_us, held.index, held))
        if self.limited:
            self.tenant_running.setdefault(held.shape.tenant, {})[held.index] = held

    def _forget(self, held: Held) -> None:
        for pool in dict.fromkeys(pool for pool, _, _ in held.placement):
            rows = self.running[pool]
            del rows[bisect_left(rows, (held.declared_us, held.index, held))]
        if self.limited:
            del self.tenant_running[held.shape.tenant][held.index]

    def _ease(self, held: Held, now_us: int) -> None:
        """Nodes that come free when they were not declared to: some may be promised more."""
        for pool, node, _ in held.placement:
            del self.on_node[node][held.index]
            self.touched[self.estate.line_of[pool]].add(node)
            if held.declared_us != now_us:
                self.eased[self.estate.line_of[pool]].add(node)

    def load(self, pool: int, resource: int) -> float:
        """(Allocated + queued) / sellable of a resource; without any sellable: infinite."""
        sellable = self.estate.pools[pool].sellable[resource]
        if sellable <= 0:
            return float("inf")
        allocated = sellable - self.state.pool_free[pool][resource]
        return (allocated + self.queued_sum[pool][resource]) / sellable


def _before_wait_us(stand: Stand) -> int:
    """Dispatch and transfer in of a job of one pool, whether nodes are held for them or not."""
    return stand.dispatch_us + stand.transfer_in_us


def _add(sums: list[int], amounts: Sequence[int], sign: int) -> None:
    for r, amount in enumerate(amounts):
        sums[r] += sign * amount
