"""A second simulator, written from contracts §3.3 alone, minute by minute.

Jobs and gangs within a pool, of vCPU only, pools and nodes taken first fit: small enough to be
plainly right, and made so that much happens at the same minute. Every start must agree.
"""

import copy
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from tests.laws.generator import Dice
from tests.scheduler.worlds import host, job, played, policies, pool, world


@dataclass
class Task:
    name: str
    submit: int
    asked: int
    run: int
    declared: int
    priority: int
    members: int
    tenant: str
    yields: bool = False
    every: int | None = None  # minutes between checkpoints
    start: int | None = None  # of its stay of now
    nodes: tuple[int, ...] = ()
    first: int | None = None
    stops: int = 0
    end: int | None = None

    def ends(self, now: int) -> int:
        """When it is expected to end: as declared, and now once that is past."""
        return max(self.start + self.declared, now)


@dataclass
class Machine:
    """Nodes in file order; `pool[n]` is the pool of node n."""

    room: list[int]
    pool: list[int]
    queue: str
    quota: dict[str, int] = field(default_factory=dict)
    preempts: bool = False

    def full(self, task: Task, others: list[Task]) -> bool:
        """The quota of its tenant has no room for the task beside those of the others."""
        same = [one for one in [*others, task] if one.tenant == task.tenant]
        asked = sum(one.asked * one.members for one in same)
        return asked > self.quota.get(task.tenant, asked)

    def free(self, running: list[Task]) -> list[int]:
        left = list(self.room)
        for task in running:
            for node in task.nodes:
                left[node] -= task.asked
        return left

    def fit(self, task: Task, running: list[Task], pools=None) -> tuple[int, ...] | None:
        """Nodes of the first of the pools with room for all members, each on its own."""
        free = self.free(running)
        for place in sorted(set(self.pool) if pools is None else pools):
            able = [
                n for n, left in enumerate(free) if left >= task.asked and self.pool[n] == place
            ]
            if len(able) >= task.members:
                return tuple(able[: task.members])
        return None

    def key(self, task: Task) -> tuple:
        own = {"priority": (-task.priority,), "shortest-first": (task.declared,)}
        return (*own.get(self.queue, ()), task.submit, task.name)

    def minute(self, now: int, line: list[Task], running: list[Task]) -> None:
        """Everyone who starts at this minute, ends and arrivals being done."""
        while self.tried(now, line, running):
            pass

    def tried(self, now: int, line: list[Task], running: list[Task]) -> bool:
        """One trial of the line; whether others made way, so that it is to be tried again."""
        line.sort(key=self.key)
        tried = list(line)
        for n, task in enumerate(tried):
            if self.full(task, running):
                continue
            nodes = self.fit(task, running)
            if nodes is None:
                if self.preempts and self.preempt(now, task, line, running):
                    return True
                if self.queue == "easy-backfill":
                    self.backfill(now, task, tried[n + 1 :], line, running)
                return False
            self.start(task, nodes, now, line, running)
        return False

    def preempt(self, now: int, head: Task, line: list[Task], running: list[Task]) -> bool:
        for place in sorted(set(self.pool)):
            may = [
                task
                for task in running
                if task.yields and task.priority < head.priority
                and any(self.pool[node] == place for node in task.nodes)
            ]  # fmt: skip
            may.sort(key=lambda t: (t.priority, -t.start, t.submit, t.name))

            def left(gone: list[Task]) -> list[Task]:
                return [task for task in running if task not in gone]

            counts = [n for n in range(1, len(may) + 1)
                      if self.fit(head, left(may[:n]), {place}) is not None]  # fmt: skip
            if not counts:
                continue
            gone = may[: counts[0]]
            for task in gone[::-1]:
                fewer = [one for one in gone if one is not task]
                if self.fit(head, left(fewer), {place}) is not None:
                    gone = fewer
            for task in gone:
                self.stop(task, now, line, running)
            self.start(head, self.fit(head, running, {place}), now, line, running)
            return True
        return False

    def stop(self, task: Task, now: int, line: list[Task], running: list[Task]) -> None:
        ran = now - task.start
        kept = ran // task.every * task.every if task.every else 0
        task.run, task.declared = task.run - kept, max(0, task.declared - kept)
        task.start, task.nodes, task.stops = None, (), task.stops + 1
        running.remove(task)
        line.append(task)

    def start(self, task, nodes, now, line, running) -> None:
        task.start, task.nodes = now, nodes
        task.first = now if task.first is None else task.first
        line.remove(task)
        running.append(task)

    def backfill(self, now: int, head: Task, behind: list[Task], line, running) -> None:
        at, where = self.reservation(head, now, running)
        for task in behind:
            if self.full(task, running):
                continue
            for place in sorted(set(self.pool)):
                nodes = self.fit(task, running, {place})
                if nodes is None:
                    continue
                task.start, task.nodes = now, nodes
                later = [r for r in [*running, task] if r.ends(now) > at]
                beside = self.fit(head, later, {where}) is not None
                if task.tenant == head.tenant and self.full(head, later):
                    beside = False
                if now + task.declared <= at or beside:
                    self.start(task, nodes, now, line, running)
                    break
                task.start = None

    def reservation(self, head: Task, now: int, running: list[Task]) -> tuple[int, int]:
        """The earliest expected end after which the head fits, and the first pool where."""
        for at in sorted({task.ends(now) for task in running}):
            left = [task for task in running if task.ends(now) > at]
            for place in sorted(set(self.pool)):
                if self.fit(head, left, {place}) is not None:
                    return at, place
        raise AssertionError("the head fits nowhere, ever")


Told = tuple[int | None, int | None, int]  # first start, end, stops


def told(tasks: list[Task]) -> dict[str, Told]:
    return {task.name: (task.first, task.end, task.stops) for task in tasks}


def simulated(machine: Machine, tasks: list[Task]) -> dict[str, Told]:
    line: list[Task] = []
    running: list[Task] = []
    for now in range(10_000):
        ended = [task for task in running if task.start + task.run == now]
        joined = [task for task in tasks if task.submit == now]
        running = [task for task in running if task not in ended]
        for task in ended:
            task.end = now
        line += joined
        if ended or joined:  # a line that nothing touched is not tried again
            machine.minute(now, line, running)
        if all(task.end is not None for task in tasks):
            return told(tasks)
    raise AssertionError("no end")


def apart(whole: Machine) -> list[Machine]:
    """The same pools, each with a line of its own."""
    places = sorted(set(whole.pool))
    pairs = list(zip(whole.room, whole.pool, strict=True))
    rooms = [[room for room, own in pairs if own == place] for place in places]
    return [
        Machine(room, [0] * len(room), whole.queue, preempts=whole.preempts) for room in rooms
    ]


def simulated_apart(whole: Machine, tasks: list[Task]) -> dict[str, Told]:
    """Each goes to the first pool whose line would start it at once, else the first able."""
    machines = apart(whole)
    lines: list[list[Task]] = [[] for _ in machines]
    running: list[list[Task]] = [[] for _ in machines]
    for now in range(10_000):
        touched = set()
        for n, held in enumerate(running):
            running[n] = [task for task in held if task.start + task.run > now]
            for task in held:
                task.end = task.end if task in running[n] else now
            touched |= {n} if len(held) > len(running[n]) else set()
        for task in sorted((t for t in tasks if t.submit == now), key=lambda t: t.name):
            able = [n for n, m in enumerate(machines) if m.fit(task, []) is not None]
            chosen = next(
                (n for n in able if would_start(machines[n], now, task, lines[n], running[n])),
                able[0],
            )
            lines[chosen].append(task)
            touched.add(chosen)
        for n in touched:
            machines[n].minute(now, lines[n], running[n])
        if all(task.end is not None for task in tasks):
            return told(tasks)
    raise AssertionError("no end")


def would_start(machine: Machine, now: int, task: Task, line, running) -> bool:
    """Try the line with the job in it, on a copy; there is room or not, nobody makes way."""
    trial, held, one = copy.deepcopy((line, running, task))
    replace(machine, preempts=False).minute(now, [*trial, one], held)
    return one.start is not None


def drawn(
    seed: int, queue: str, at: str = "platform", *, stops: bool = False
) -> tuple[Machine, list[Task], dict]:
    """The same random case for both simulators."""
    dice = Dice(np.random.default_rng(seed))
    pools = [(dice.pick([1, 1, 2, 3]), dice.pick([2, 4, 5])) for _ in range(dice.whole(1, 3))]
    most = max(size for _, size in pools)
    machine = Machine(
        room=[size for nodes, size in pools for _ in range(nodes)],
        pool=[n for n, (nodes, _) in enumerate(pools) for _ in range(nodes)],
        queue=queue,
        preempts=stops,
    )
    other = Dice(np.random.default_rng([seed, 1]))
    tasks, loads = [], []
    for n in range(dice.whole(4, 14)):
        minutes = sorted({dice.whole(0, 40) for _ in range(dice.whole(1, 4))})
        members = dice.pick([1, 1, 1, 2])
        widest = [size for nodes, size in pools if nodes >= members]
        if not widest:
            members, widest = 1, [most]
        asked = dice.whole(1, max(widest))
        run, declared = dice.pick([1, 2, 5, 5, 10, 20]), dice.pick([1, 2, 5, 10, 10, 20, 30])
        priority = dice.whole(0, 2)
        name = f"w{n:02}"
        tenant = dice.pick(["rich", "rich", "poor"])
        yields, every = other.chance(0.6), other.pick([None, 1, 2, 5])
        more = {"preemptible": True} if yields else {}
        more |= {"checkpoint_every_h": every / 60} if every else {}
        tasks += [
            Task(f"{name}-{k}", minute, asked, run, declared, priority, members, tenant,
                 yields, every)
            for k, minute in enumerate(minutes, 1)
        ]  # fmt: skip
        loads.append(
            job(name, *minutes, run_min=run, declared_min=declared, vcpu=asked,
                priority=priority, nodes=members, tenant=tenant, **more)
        )  # fmt: skip
    tenants = [{"name": "rich"}, {"name": "poor"}]
    largest = [task.asked * task.members for task in tasks if task.tenant == "poor"]
    if at == "platform" and largest and dice.chance(0.6):
        machine.quota["poor"] = max(largest) + dice.whole(0, 2)
        tenants[1]["quota"] = {"vcpu": machine.quota["poor"]}
    rows = [pool(f"p{n}", nodes, server=host(size)) for n, (nodes, size) in enumerate(pools)]
    tree = world(
        *loads, pools=rows, policies=policies(queue=queue, at=at), horizon_min=60,
        drain_h=1000, tenants=tenants,
    )  # fmt: skip
    if stops:
        tree["policies"]["preemption"] = {"name": "priority"}
    return machine, tasks, tree


@pytest.mark.parametrize("engine", [pytest.param("plain", marks=pytest.mark.wide), "lane"])
@pytest.mark.parametrize("queue", ["fcfs", "priority", "shortest-first", "easy-backfill"])
@pytest.mark.parametrize(("at", "second"), [("platform", simulated), ("pool", simulated_apart)])
@pytest.mark.parametrize(
    "stops", [False, pytest.param(True, marks=pytest.mark.wide)], ids=["", "preemption"]
)
def test_every_start_agrees_with_the_second_simulator(at, second, queue, engine, stops):
    found, seen = {}, 0
    for seed in range(30 if stops else 60):
        machine, tasks, tree = drawn(seed, queue, at, stops=stops)
        expected = second(machine, tasks)
        seen += sum(one[2] for one in expected.values())
        got = {n: (j.start, j.end, j.preemptions) for n, j in played(tree, engine).items()}
        wrong = {name: (got[name], at) for name, at in expected.items() if got[name] != at}
        if wrong:
            found[seed] = wrong
    assert found == {}
    assert (seen > 0) == stops
