"""EASY backfill as plainly as it can be said: nothing is remembered from one look to the next.

`plain_starts` may stand in for `EasyBackfill.starts`; the fast version must give the same runs.
`plain_find` walks all nodes for `RandomFinder.find`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from scheduler.finder import scrambled
from scheduler.lines import Line, Placement, Waiting
from scheduler.queueing import Started, until_stuck
from scheduler.reasons import Reason
from scheduler.room import WHOLE_M, Need
from scheduler.rules import Held, Rules

NEVER = 1 << 62


@dataclass(slots=True)
class Sandbox:
    """How many members of a job some pools would hold if jobs ended; the state is not touched.

    `fitting[p]` counts nodes of pool p with room for one member, `sold[p]` what it may sell.
    """

    rules: Rules
    job: Waiting
    pools: tuple[int, ...]
    fitting: dict[int, int] = field(default_factory=dict)
    sold: dict[int, list[int]] = field(default_factory=dict)
    nodes: dict[int, list[int]] = field(default_factory=dict)
    devices: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        state, estate = self.rules.state, self.rules.estate
        for p in self.pools:
            need, facts = self.job.shape.stand(p).need, estate.pools[p]
            span = range(facts.first_node, facts.first_node + facts.nodes)
            self.fitting[p] = sum(state.fits(need, node) for node in span)
            self.sold[p] = list(state.pool_free[p])

    def members(self) -> int:
        """Members of the job that would stand on distinct nodes now."""
        return sum(self._may_sell(p) for p in self.pools)

    def _may_sell(self, pool: int) -> int:
        most = self.fitting[pool]
        for asked, free in zip(
            self.job.shape.stand(pool).amounts, self.sold[pool], strict=True
        ):
            if asked:
                most = min(most, free // asked)
        return most

    def end(self, held: Held) -> None:
        """Let a running job give back what it holds in these pools."""
        for pool, node, devices in held.placement:
            if pool not in self.fitting:
                continue
            stand = held.shape.stand(pool)
            for r, amount in enumerate(stand.amounts):
                self.sold[pool][r] += amount
            need = self.job.shape.stand(pool).need
            before = self._fits(need, node)
            self._free(stand.need, node, devices)
            self.fitting[pool] += self._fits(need, node) - before

    def _node(self, node: int) -> list[int]:
        if node not in self.nodes:
            state = self.rules.state
            self.nodes[node] = [
                state.vcpu[node],
                state.memory[node],
                state.dpu[node],
                state.local_storage[node],
            ]
            self.devices[node] = (list(state.gpu[node]), list(state.gpu_memory[node]))
        return self.nodes[node]

    def _free(self, need: Need, node: int, devices: Iterable[int]) -> None:
        room = self._node(node)
        given = (need.vcpu_m, need.memory_mib, need.dpu_m, need.local_storage_mb)
        for r, amount in enumerate(given):
            room[r] += amount
        free, memory = self.devices[node]
        for d in devices:
            free[d] += min(need.gpu_m, WHOLE_M)
            memory[d] += need.gpu_memory_mib

    def _fits(self, need: Need, node: int) -> bool:
        asked = (need.vcpu_m, need.memory_mib, need.dpu_m, need.local_storage_mb)
        if any(a > f for a, f in zip(asked, self._node(node), strict=True)):
            return False
        free, memory = self.devices[node]
        able = sum(
            f >= need.device_m and m >= need.gpu_memory_mib
            for f, m in zip(free, memory, strict=True)
        )
        return able >= need.devices


@dataclass(frozen=True, slots=True)
class Reservation:
    """The earliest instant by declared ends at which the head fits, and the pools where.

    `starting` are jobs that have nodes since a moment ago and are not among the running yet.
    """

    head: Waiting
    at_us: int
    pools: tuple[int, ...]
    starting: list[Held]

    def allows(self, rules: Rules, job: Waiting, placement: Placement, now_us: int) -> bool:
        """Whether a job that was just given these nodes leaves the promise as it is."""
        begin_us = now_us + rules.before_run_us(job, placement)
        if begin_us + job.declared_us(placement) <= self.at_us and not job.shape.endless:
            return True
        if not self._quota_holds(rules, job, now_us):
            return False
        if not any(pool in self.pools for pool, _, _ in placement):
            return True
        sandbox = Sandbox(rules, self.head, self.pools)
        for held in _ending(rules, self.pools, now_us, self.at_us, self.starting):
            sandbox.end(held)
        return sandbox.members() >= self.head.shape.nodes

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
    times = [
        (_earliest(rules, head, spot, now_us, starting), n) for n, spot in enumerate(spots)
    ]
    at_us, best = min(times)
    return Reservation(head, at_us, spots[best], starting)


def _earliest(
    rules: Rules, head: Waiting, pools: tuple[int, ...], now_us: int, starting: list[Held]
) -> int:
    """The first declared end after which the head fits into these pools; NEVER if none."""
    sandbox = Sandbox(rules, head, pools)
    wanted = head.shape.nodes
    if sandbox.members() >= wanted:
        return now_us
    for held in _ending(rules, pools, now_us, NEVER, starting):
        sandbox.end(held)
        if sandbox.members() >= wanted:
            return max(held.declared_us, now_us)
    return NEVER


def _ending(
    rules: Rules, pools: tuple[int, ...], now_us: int, until_us: int, starting: list[Held]
) -> Iterable[Held]:
    """Jobs that hold nodes, by declared end, overdue ones now; endless ones never.

    They are those that run in these pools, and all that start at this instant.
    """
    seen = {held.index: held for pool in pools for _, _, held in rules.running[pool]}
    seen |= {held.index: held for held in starting}
    ending = [
        held
        for held in seen.values()
        if max(held.declared_us, now_us) <= until_us and not held.shape.endless
    ]
    return sorted(ending, key=lambda held: (max(held.declared_us, now_us), held.index))


def plain_starts(_, rules: Rules, line: Line, now_us: int, *, told: bool) -> Started:
    """Works out the promise and every answer anew, for each job behind the head."""
    started, stuck = until_stuck(rules, line, now_us, told=told)
    behind = line.jobs[stuck + 1 :]
    if not behind:
        return started
    promise = reserve_head(rules, line.jobs[stuck][1], now_us, started)
    for _, job in behind:
        if rules.quota_full(job):
            _tell(job, Reason.QUOTA, now_us, told=told)
            continue
        placement, delays = beside(rules, job, promise, now_us)
        if placement is not None:
            started.append((job, placement))
            promise.starting.append(rules.held(job, placement, now_us))
        elif told:
            job.hold(Reason.BACKFILL_RESERVATION if delays else rules.why(job), now_us)
    return started


def beside(
    rules: Rules, job: Waiting, promise: Reservation, now_us: int
) -> tuple[Placement | None, bool]:
    """Nodes for a job that may pass the head, reserved; whether only the promise forbids it."""
    delays, pools = False, job.pools
    for spot in rules.spots(job) if job.shape.nodes > 1 else [(p,) for p in pools]:
        job.pools = spot
        placement = rules.place(job)
        if placement is None:
            continue
        if promise.allows(rules, job, placement, now_us):
            job.pools = pools
            return placement, False
        rules.undo(job, placement)
        delays = True
    job.pools = pools
    return None, delays


def _tell(job: Waiting, reason: Reason, now_us: int, *, told: bool) -> None:
    if told:
        job.hold(reason, now_us)


def plain_find(finder, needs, draw, taken):
    """Any node that fits, by a walk over all of them."""
    state, pools = finder.state, finder.state.estate.pools
    able = [
        (node, need)
        for p, need in needs
        for node in range(pools[p].first_node, pools[p].first_node + pools[p].nodes)
        if node not in taken and state.fits(need, node)
    ]
    if not able:
        return None
    draw = scrambled(draw + len(taken))
    node, need = able[draw % len(able)]
    devices = state.devices(need, node) if need.gpu_m else ()
    if 0 < need.gpu_m < WHOLE_M:
        free, memory = state.gpu[node], state.gpu_memory[node]
        doing = [
            d
            for d in range(len(free))
            if free[d] >= need.gpu_m and memory[d] >= need.gpu_memory_mib
        ]
        devices = (doing[(draw >> 32) % len(doing)],)
    return node, devices
