"""Conservative backfill: nobody's promise is delayed, and a second opinion agrees.

`Textbook` is the algorithm as it is taught: a profile of free processors over time, everyone
entered into it in order, moved up whenever something ends early. It knows one machine of equal
processors, minutes, and no more.
"""

import math
import os
from dataclasses import dataclass

import numpy as np
import pytest

from scheduler import simulate
from scheduler.conservative import Trial
from scheduler.promises import Promises
from tests.laws.generator import Dice, scenario_of, scenario_tree
from tests.laws.test_backfill import promising
from tests.scheduler.worlds import host, job, policies, pool, starts, world

COUNT = int(os.environ.get("SUANLI_PROMISES", "100"))
BATCH = 50
QUEUE = "conservative-backfill"


# -- the law -----------------------------------------------------------------------------------


class Watch:
    """Every promise that a line made in earnest, and each that came later than before."""

    def __init__(self, monkeypatch):
        self.last: dict[int, int] = {}
        self.made, self.up, self.later = 0, 0, []
        self._tell = Trial.tell
        monkeypatch.setattr(Trial, "tell", lambda trial: self.tell(trial))  # noqa: PLW0108 - a method of Trial

    def tell(self, trial):
        """Told trials only: others nobody sees."""
        self._tell(trial)
        for index, promise in trial.promises.of.items():
            before = self.last.get(index)
            self.made += before is None
            if before is not None and promise.at_us != before:
                self.up += promise.at_us < before
                if promise.at_us > before:
                    self.later.append(index)
            self.last[index] = promise.at_us
        for one, _ in trial.started:
            before = self.last.get(one.index)
            if before is not None and trial.now_us > before:
                self.later.append(one.index)


def bounded(seed: int, estimate: dict) -> dict:
    """A random scenario in which estimates are never too short."""
    tree = promising(seed)
    tree["policies"]["queue"]["name"] = QUEUE
    tree["policies"].pop("preemption", None)
    for workload in tree["workloads"]:
        workload["estimate"] = estimate
        if workload["work"]["kind"] not in ("fixed", "forever"):
            workload["estimate"] = {"kind": "exact"}
    return tree


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
@pytest.mark.parametrize("factor", [1, 3])
def test_no_promise_is_ever_delayed(first, factor, monkeypatch):
    watch, found = Watch(monkeypatch), {}
    estimate = {"kind": "exact"} if factor == 1 else {"kind": "factor", "factor": factor}
    for seed in range(first, min(first + BATCH, COUNT)):
        watch.last.clear()
        watch.later.clear()
        records = simulate(scenario_of(bounded(seed, estimate)), 1)
        placed_s = records.column("submit_s") + records.column("wait_s")
        late = [
            index
            for index, at_us in watch.last.items()
            if not placed_s[index] <= at_us / 1e6 + 1e-5
        ]
        if watch.later or late:
            found[seed] = (watch.later[:3], late[:3])
    assert found == {}
    count = min(first + BATCH, COUNT) - first
    assert watch.made > 10 * count
    assert factor == 1 or watch.up > count


@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_only_a_job_past_its_estimate_or_a_quota_delays_a_promise(first, monkeypatch):
    """Any scenario of the generator, with quotas, ways to the pool and wrong estimates."""
    watch, broken = Watch(monkeypatch), []
    forget = Trial._forget

    def noted(trial):
        broken.append(trial)
        forget(trial)

    monkeypatch.setattr(Trial, "_forget", noted)
    seen = 0
    for seed in range(first, min(first + BATCH, COUNT)):
        tree = scenario_tree(600_000 + seed)
        tree["policies"]["queue"]["name"] = QUEUE
        tree["policies"].pop("preemption", None)
        watch.last.clear()
        watch.later.clear()
        broken.clear()
        simulate(scenario_of(tree), 1)
        assert broken or not watch.later or tree.get("tenants"), seed
        seen += bool(broken)
    assert seen > 2


def test_a_promise_that_is_broken_is_seen(monkeypatch):
    """Whoever has room passes, as if nothing had been promised."""
    watch = Watch(monkeypatch)
    monkeypatch.setattr("scheduler.calendar.Calendar._book", lambda *_: None)
    monkeypatch.setattr("scheduler.conservative.Gaps.barred", lambda _: set())
    tree = world(
        job("a", 0, run_min=30),
        job("head", 1, vcpu=2),
        job("long", 2, run_min=90),
        policies=policies(queue=QUEUE),
    )
    simulate(scenario_of(tree), 1)
    assert watch.later


# -- a second opinion --------------------------------------------------------------------------


@dataclass
class Task:
    name: str
    submit: int
    wide: int
    run: int
    declared: int
    start: int | None = None
    promise: int | None = None

    def span(self, now: int) -> tuple[int, int]:
        """When it holds its processors: one that outlasts what it declared takes twice that."""
        if self.start is not None:
            span = self.declared
            while self.start + span <= now:
                span *= 2
            return self.start, self.start + span
        return self.promise, self.promise + self.declared


@dataclass
class Textbook:
    processors: int
    tasks: list[Task]

    def free(self, now: int, minute: int, others: list[Task]) -> int:
        spans = [(task.wide, *task.span(now)) for task in others]
        return self.processors - sum(w for w, begin, end in spans if begin <= minute < end)

    def earliest(self, task: Task, now: int, others: list[Task]) -> int:
        """The first minute from which enough processors are free for as long as declared."""
        ends = {now} | {task.span(now)[1] for task in others}
        for at in sorted(minute for minute in ends if minute >= now):
            begins = [
                o.span(now)[0] for o in others if at < o.span(now)[0] < at + task.declared
            ]
            if all(self.free(now, m, others) >= task.wide for m in (at, *begins)):
                return at
        raise AssertionError("never")

    def is_broken(self, now: int, line: list[Task], running: list[Task]) -> bool:
        """Whether a promise is late, or more is promised than will be free."""
        promised = [task for task in line if task.promise is not None]
        if any(task.promise < now for task in promised):
            return True
        others = [*running, *promised]
        begins = [now, *(task.span(now)[0] for task in promised)]
        return any(self.free(now, minute, others) < 0 for minute in begins)

    def minute(self, now: int, line: list[Task], running: list[Task]) -> None:
        if self.is_broken(now, line, running):
            for task in line:
                task.promise = None
        moved = True
        while moved:
            moved = False
            for task in [task for task in line if task.start is None]:
                before, task.promise = task.promise, None
                others = [
                    *running,
                    *(t for t in line if t is not task and t.promise is not None),
                ]
                at = self.earliest(task, now, others)
                busy = sum(one.wide for one in running)
                if at == now and busy + task.wide <= self.processors:
                    task.start = now
                    running.append(task)
                    line.remove(task)
                else:
                    task.promise = at if before is None else min(at, before)
                moved |= before is not None and (task.start or task.promise) != before

    def play(self) -> dict[str, int]:
        line: list[Task] = []
        running: list[Task] = []
        for now in range(20_000):
            ended = [task for task in running if task.start + task.run == now]
            came = [task for task in self.tasks if task.submit == now]
            running = [task for task in running if task not in ended]
            line += came
            if ended or came:
                self.minute(now, line, running)
            if all(task.start is not None for task in self.tasks):
                return {task.name: task.start for task in self.tasks}
        raise AssertionError("no end")


def drawn(seed: int, estimates: str) -> tuple[Textbook, dict]:
    """The same case for both; jobs of at most the whole machine, much at the same minute."""
    dice = Dice(np.random.default_rng(seed))
    processors = dice.pick([2, 4, 8, 16])
    tasks, loads = [], []
    for n in range(dice.whole(4, 14)):
        run = dice.pick([1, 2, 5, 5, 10, 20, 37])
        factor = {"exact": [1], "longer": [1, 2, 3, 5], "any": [0.5, 1, 2, 3]}[estimates]
        declared = max(1, int(run * dice.pick(factor)))
        wide = dice.whole(1, processors)
        name = f"w{n:02}"
        minutes = sorted({dice.whole(0, 40) for _ in range(dice.whole(1, 2))})
        for k, minute in enumerate(minutes, 1):
            tasks.append(Task(f"{name}-{k}", minute, wide, run, declared))
        loads.append(job(name, *minutes, run_min=run, declared_min=declared, vcpu=wide))
    tasks.sort(key=lambda task: (task.submit, task.name))
    tree = world(
        *loads,
        pools=[pool(server=host(processors))],
        policies=policies(queue=QUEUE),
        horizon_min=60,
        drain_h=1000,
    )
    return Textbook(processors, tasks), tree


@pytest.mark.parametrize(
    "estimates",
    [*(pytest.param(n, marks=pytest.mark.wide) for n in ("exact", "longer")), "any"],
)
def test_every_start_agrees_with_the_textbook(estimates):
    found = {}
    for seed in range(100):
        textbook, tree = drawn(seed, estimates)
        expected, got = textbook.play(), starts(tree, "lane" if seed % 2 else "plain")
        wrong = {name: (got[name], at) for name, at in expected.items() if got[name] != at}
        if wrong:
            found[seed] = wrong
    assert found == {}


def test_a_job_makes_its_line_anew_no_oftener_than_its_span_doubles(monkeypatch):
    made, forget = [], Trial._forget

    def noted(trial):
        made.append(trial)
        forget(trial)

    monkeypatch.setattr(Trial, "_forget", noted)
    for seed in range(100, 140):
        textbook, tree = drawn(seed, "any")
        before = len(made)
        starts(tree, "lane")
        doubled = [math.ceil(math.log2(task.run / task.declared)) for task in textbook.tasks]
        assert len(made) - before <= sum(max(0, times) for times in doubled), seed
    assert len(made) > 20


# -- the fast way and the plain one ------------------------------------------------------------


def test_looking_at_everyone_each_time_changes_nothing(monkeypatch):
    """The calendar says who need not be looked at again."""
    trees = []
    for seed in range(12):
        tree = scenario_tree(650_012 + seed)
        tree["policies"]["queue"]["name"] = QUEUE
        tree["policies"].pop("preemption", None)
        trees.append(tree)
    quick = [_starts_us(tree) for tree in trees]
    monkeypatch.setattr(Trial, "_may_gain", lambda *_: True)
    assert [_starts_us(tree) for tree in trees] == quick


def _starts_us(tree) -> list:
    records = simulate(scenario_of(tree), 1)
    return [
        records.column(name).tolist() if name in ("pool", "reason") else
        np.nan_to_num(records.column(name), nan=-1).tolist()
        for name in ("start_s", "pool", "node", "reason")
    ]  # fmt: skip


def test_a_copy_of_promises_stands_apart():
    promises = Promises(rules=None)
    other = promises.copy()
    other.of[1] = None
    assert other.calendar.promises != promises.of == {}
