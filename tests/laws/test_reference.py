"""A second simulator of one platform line, written from contracts §3.3 alone, minute by minute.

Jobs and gangs within a pool, of vCPU only, pools and nodes taken first fit: small enough to be
plainly right, and made so that much happens at the same minute. Every start must agree.
"""

from dataclasses import dataclass

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
    start: int | None = None
    nodes: tuple[int, ...] = ()

    def ends(self, now: int) -> int:
        """When it is expected to end: as declared, and now once that is past."""
        return max(self.start + self.declared, now)


@dataclass
class Machine:
    """Nodes in file order; `pool[n]` is the pool of node n."""

    room: list[int]
    pool: list[int]
    queue: str

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
        line.sort(key=self.key)
        while line:
            nodes = self.fit(line[0], running)
            if nodes is None:
                break
            self.start(line[0], nodes, now, line, running)
        if line and self.queue == "easy-backfill":
            self.backfill(now, line, running)

    def start(self, task, nodes, now, line, running) -> None:
        task.start, task.nodes = now, nodes
        line.remove(task)
        running.append(task)

    def backfill(self, now: int, line: list[Task], running: list[Task]) -> None:
        head = line[0]
        at, where = self.reservation(head, now, running)
        for task in line[1:]:
            for place in sorted(set(self.pool)):
                nodes = self.fit(task, running, {place})
                if nodes is None:
                    continue
                task.start, task.nodes = now, nodes
                later = [r for r in [*running, task] if r.ends(now) > at]
                if now + task.declared <= at or self.fit(head, later, {where}) is not None:
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


def simulated(machine: Machine, tasks: list[Task]) -> dict[str, int]:
    line: list[Task] = []
    running: list[Task] = []
    for now in range(10_000):
        ended = [task for task in running if task.start + task.run == now]
        joined = [task for task in tasks if task.submit == now]
        running = [task for task in running if task not in ended]
        line += joined
        if ended or joined:  # a line that nothing touched is not tried again
            machine.minute(now, line, running)
        if all(task.start is not None for task in tasks):
            return {task.name: task.start for task in tasks}
    raise AssertionError("no end")


def drawn(seed: int, queue: str) -> tuple[Machine, list[Task], dict]:
    """The same random case for both simulators."""
    dice = Dice(np.random.default_rng(seed))
    pools = [(dice.pick([1, 1, 2, 3]), dice.pick([2, 4, 5])) for _ in range(dice.whole(1, 3))]
    most = max(size for _, size in pools)
    machine = Machine(
        room=[size for nodes, size in pools for _ in range(nodes)],
        pool=[n for n, (nodes, _) in enumerate(pools) for _ in range(nodes)],
        queue=queue,
    )
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
        tasks += [
            Task(f"{name}-{k}", at, asked, run, declared, priority, members)
            for k, at in enumerate(minutes, 1)
        ]
        loads.append(
            job(name, *minutes, run_min=run, declared_min=declared, vcpu=asked,
                priority=priority, nodes=members)
        )  # fmt: skip
    rows = [pool(f"p{n}", nodes, server=host(size)) for n, (nodes, size) in enumerate(pools)]
    tree = world(
        *loads, pools=rows, policies=policies(queue=queue, at="platform"), horizon_min=60,
        drain_h=1000,
    )  # fmt: skip
    return machine, tasks, tree


@pytest.mark.parametrize("engine", ["plain", "lane"])
@pytest.mark.parametrize("queue", ["fcfs", "priority", "shortest-first", "easy-backfill"])
def test_every_start_agrees_with_the_second_simulator(queue, engine):
    found = {}
    for seed in range(60):
        machine, tasks, tree = drawn(seed, queue)
        expected = simulated(machine, tasks)
        got = {name: one.start for name, one in played(tree, engine).items()}
        wrong = {name: (got[name], at) for name, at in expected.items() if got[name] != at}
        if wrong:
            found[seed] = wrong
    assert found == {}
