"""The head's reservation of EASY backfill: when and where it fits by declared ends.

A promise is worked out once a trial of a line and then kept up while others start beside the
head: `Sandbox` holds the head's pools as they will be at that instant. The plain version in
tests/scheduler/plain_backfill.py works out all of it anew each time and gives the same runs.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scheduler.finder import able
from scheduler.instants import NEVER
from scheduler.lines import Placement, Waiting
from scheduler.room import WHOLE_M, Need
from scheduler.rules import Rules
from scheduler.stays import Held

Row = tuple[int, int, Held]  # declared end, job, what it holds


@dataclass(slots=True)
class Room:
    """One node as it will be, and whether one member of the head fits there then."""

    free: list[int]  # vcpu_m, memory_mib, dpu_m, local_storage_mb
    devices: list[int]
    memory: list[int]
    fits: bool


class Sandbox:
    """How many members of a job some pools would hold if jobs ended; the state is not touched.

    `fitting[p]` counts nodes of pool p with room for one member, `sold[p]` what it may sell.
    """

    __slots__ = ("fitting", "job", "needs", "nodes", "rules", "sold")

    def __init__(self, rules: Rules, job: Waiting, pools: tuple[int, ...]) -> None:
        self.rules, self.job = rules, job
        self.needs = {p: job.shape.stand(p).need for p in pools}
        self.nodes: dict[int, Room] = {}
        self.sold = {p: list(rules.state.pool_free[p]) for p in pools}
        self.fitting = {p: self._count(p) for p in pools}

    def _count(self, pool: int) -> int:
        rules, stand = self.rules, self.job.shape.stand(pool)
        if not rules.estate.pools[pool].capped and rules.has_failed(pool, stand):
            return 0
        return sum(1 for _ in able(rules.state, pool, stand.need))

    def holds_head(self) -> bool:
        """Whether all members of the job would stand on distinct nodes."""
        return sum(self._may_sell(p) for p in self.fitting) >= self.job.shape.nodes

    def _may_sell(self, pool: int) -> int:
        most = self.fitting[pool]
        if most:
            asked = self.job.shape.stand(pool).amounts
            for amount, free in zip(asked, self.sold[pool], strict=True):
                if amount:
                    most = min(most, free // amount)
        return most

    def move(self, held: Held, sign: int) -> None:
        """Let a job give back what it holds in these pools (sign 1), or take it (-1)."""
        for pool, node, devices in held.placement:
            if pool in self.fitting:
                stand = held.shape.stand(pool)
                sold = self.sold[pool]
                for r, amount in enumerate(stand.amounts):
                    if amount:
                        sold[r] += sign * amount
                self._move_node(pool, node, stand.need, devices, sign)

    def _move_node(
        self, pool: int, node: int, need: Need, devices: Sequence[int], sign: int
    ) -> None:
        room = self.nodes.get(node) or self._room(pool, node)
        before = room.fits
        _move(room, need, devices, sign)
        if before is not (
            sign > 0
        ):  # room that grows stays enough, one that shrinks too little
            room.fits = _fits(self.needs[pool], room)
            self.fitting[pool] += room.fits - before

    def _room(self, pool: int, node: int) -> Room:
        state = self.rules.state
        rows = (state.vcpu, state.memory, state.dpu, state.local_storage)
        free, devices = [row[node] for row in rows], list(state.gpu[node])
        room = Room(free, devices, list(state.gpu_memory[node]), fits=False)
        room.fits = _fits(self.needs[pool], room)
        self.nodes[node] = room
        return room

    def forget(self, held: Held) -> None:
        """See the nodes of a job that has them since a moment ago as they were before."""
        for pool, node, devices in held.placement:
            if pool in self.fitting and node not in self.nodes:
                room = self._room(pool, node)
                _move(room, held.shape.stand(pool).need, devices, 1)
                room.fits = _fits(self.needs[pool], room)


def _move(room: Room, need: Need, devices: Sequence[int], sign: int) -> None:
    free = room.free
    free[0] += sign * need.vcpu_m
    free[1] += sign * need.memory_mib
    free[2] += sign * need.dpu_m
    free[3] += sign * need.local_storage_mb
    for d in devices:
        room.devices[d] += sign * min(need.gpu_m, WHOLE_M)
        room.memory[d] += sign * need.gpu_memory_mib


def _fits(need: Need, room: Room) -> bool:
    vcpu, memory, dpu, disc = room.free
    if (
        vcpu < need.vcpu_m
        or memory < need.memory_mib
        or dpu < need.dpu_m
        or disc < need.local_storage_mb
    ):
        return False
    if not need.gpu_m:
        return True
    able = sum(
        f >= need.device_m and m >= need.gpu_memory_mib
        for f, m in zip(room.devices, room.memory, strict=True)
    )
    return able >= need.devices


@dataclass(frozen=True, slots=True)
class Reservation:
    """The earliest instant by declared ends at which the head fits, and the pools where.

    `then` shows these pools at that instant. `starting` are jobs that have nodes since a moment
    ago and are not among the running yet.
    """

    head: Waiting
    at_us: int
    then: Sandbox
    starting: list[Held]

    def ends_in_time(self, held: Held) -> bool:
        """Whether a job is declared to be gone when the head wants to start."""
        return held.declared_us <= self.at_us and not held.shape.endless

    def allows(self, rules: Rules, job: Waiting, placement: Placement, now_us: int) -> bool:
        """Whether a job that was just given these nodes leaves the promise as it is.

        If so it is one of those that start, and the promise counts on it from now on.
        """
        held = rules.held(job, placement, now_us)
        self.then.forget(held)
        if not self.ends_in_time(held):
            if not self._quota_holds(rules, job, now_us):
                return False
            self.then.move(held, -1)
            elsewhere = not any(pool in self.then.fitting for pool, _, _ in placement)
            if not elsewhere and not self.then.holds_head():
                self.then.move(held, 1)
                return False
        self.starting.append(held)
        return True

    def _quota_holds(self, rules: Rules, job: Waiting, now_us: int) -> bool:
        """The head's quota has room at its instant beside this job, already booked."""
        tenant, state = self.head.shape.tenant, rules.state
        limit = state.limits[tenant]
        if limit is None or job.shape.tenant != tenant:
            return True
        used = list(state.charged[tenant])
        mine = [held for held in self.starting if held.shape.tenant == tenant]
        for held in (*rules.tenant_running.get(tenant, {}).values(), *mine):
            if max(held.declared_us, now_us) <= self.at_us and not held.shape.endless:
                used = [u - q for u, q in zip(used, held.shape.quota, strict=True)]
        asked = self.head.shape.quota
        return all(q < 0 or u + a <= q for q, u, a in zip(limit, used, asked, strict=True))


def reserve_head(
    rules: Rules, head: Waiting, now_us: int, started: Iterable[tuple[Waiting, Placement]]
) -> Reservation:
    """When and in which pools (one, or one scope of a gang) the head fits first; ties by rank.

    `started` are the jobs before it that got their nodes just now.
    """
    starting = [rules.held(job, placement, now_us) for job, placement in started]
    spots = rules.spots(head) if head.shape.nodes > 1 else [(p,) for p in head.pools]
    best: tuple[int, Sandbox] | None = None
    for spot in spots:
        then = Sandbox(rules, head, spot)
        at_us = _run_on(then, rules, now_us, starting, NEVER if best is None else best[0])
        if best is None or at_us < best[0]:
            best = at_us, then
    if best is None:
        raise ValueError(f"job {head.index} stands in a line without pools")
    return Reservation(head, *best, starting)


def _run_on(
    then: Sandbox, rules: Rules, now_us: int, starting: list[Held], before_us: int
) -> int:
    """Let jobs end until the head fits, and all that end by then: the instant, NEVER if none.

    A spot that is not better than one with `before_us` is given up on the way.
    """
    at_us = now_us if then.holds_head() else NEVER
    for declared_us, _, held in _ending(rules, tuple(then.fitting), starting):
        end_us = max(declared_us, now_us)
        if end_us > at_us or end_us >= before_us:
            break
        then.move(held, 1)
        if at_us == NEVER and then.holds_head():
            at_us = end_us
    return at_us


def _ending(rules: Rules, pools: tuple[int, ...], starting: list[Held]) -> Iterator[Row]:
    """Jobs that hold nodes in these pools or start at this instant, by declared end.

    Endless ones never end.
    """
    rows = rules.running[pools[0]]
    fresh = [held for held in starting if any(p in pools for p, _, _ in held.placement)]
    if len(pools) > 1:
        rows = sorted({row[1]: row for p in pools for row in rules.running[p]}.values())
    elif fresh:
        rows = list(rows)
    for held in fresh:
        insort(rows, (held.declared_us, held.index, held))
    return (row for row in rows if not row[2].shape.endless)
