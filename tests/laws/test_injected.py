"""Defects put into the engine on purpose: each is caught in the run, or by the judge.

The first group breaks what decides (so that reserve and release must refuse), the second what
keeps account (so that only the audit of what was written down can see it).
"""

import numpy as np
import pytest

from scheduler import simulate
from scheduler.audit import LawBrokenError
from scheduler.journal import Book
from scheduler.rules import Rules
from scheduler.state import OverdrawnError, State
from tests.laws.generator import scenario_of
from tests.laws.judge import faults
from tests.scheduler.worlds import host, job, policies, pool, world

OVER = "node 0 of pool p is overdrawn"
CAUGHT = (OverdrawnError, LawBrokenError)


@pytest.fixture(params=["plain", "lane"])
def engine(request):
    return request.param


def crowded(packing="first-fit", queue="fcfs", **more) -> dict:
    """Two nodes of 2 vCPU and 2 devices, and more work than they hold."""
    card = host(2, accelerator="card", accelerators=2)
    return world(
        job("a", 0, 1, 2, 3, 4, 5, vcpu=1, gpu=0.6, run_min=9, **more),
        job("b", 0, 2, 4, 6, 8, vcpu=0.5, gpu=1, run_min=7, **more),
        pools=[pool(nodes=2, server=card)],
        policies=policies(packing=packing, queue=queue),
    )


def caught(tree, engine):
    with pytest.raises(CAUGHT) as error:
        simulate(scenario_of(tree), 1, engine=engine)
    return str(error.value)


def test_without_a_defect_nothing_is_caught(engine):
    for packing in ("first-fit", "best-fit", "random", "fgd"):
        tree = crowded(packing)
        assert faults(tree, simulate(scenario_of(tree), 1, engine=engine)) == []


# -- what decides is broken --------------------------------------------------------------------


def test_a_node_that_seems_to_have_room_for_anything(engine, monkeypatch):
    monkeypatch.setattr(
        "scheduler.finder.fits", lambda need, room, nodes: np.ones(len(nodes), bool)
    )
    assert "overdrawn" in caught(world(job("j", 0, 1, vcpu=2), policies=policies()), engine)


def test_a_node_drawn_at_random_without_looking(engine, monkeypatch):
    monkeypatch.setattr(State, "fits", lambda self, need, node: True)
    tree = world(job("j", 0, 1, vcpu=2), policies=policies(packing="random"))
    assert "overdrawn" in caught(tree, engine)


def test_a_quota_that_nobody_looks_at(engine, monkeypatch):
    monkeypatch.setattr(Rules, "quota_full", lambda self, job: False)
    tree = world(
        job("j", 0, 1, tenant="poor"),
        tenants=[{"name": "poor", "quota": {"vcpu": 1}}],
        policies=policies(),
    )
    assert "quota" in caught(tree, engine)


def test_always_the_first_device(engine, monkeypatch):
    monkeypatch.setattr(
        "scheduler.packing.FirstFit.device", lambda self, need, room, node: (0,)
    )
    assert "device" in caught(crowded(), engine)


def test_a_share_over_two_devices(engine, monkeypatch):
    monkeypatch.setattr(
        "scheduler.packing.FirstFit.device", lambda self, need, room, node: (0, 1)
    )
    assert "devices" in caught(crowded(), engine)


def test_a_pool_that_sells_its_reserve(engine, monkeypatch):
    monkeypatch.setattr(State, "sells", lambda self, pool, amounts, members=1: True)
    tree = world(
        job("j", 0, 1, 2, vcpu=2), pools=[pool(nodes=3, reserve_share=0.2)],
        policies=policies(),
    )  # fmt: skip
    assert "sold more than it may" in caught(tree, engine)


# -- what keeps account is broken --------------------------------------------------------------


def test_nodes_that_are_never_taken(engine, monkeypatch):
    for name in ("reserve", "release"):
        monkeypatch.setattr(State, name, lambda *_: None)
    assert "overdrawn" in caught(crowded(queue="easy-backfill"), engine)


def test_nodes_given_back_twice(engine, monkeypatch):
    whole = State.release

    def twice(self, *args):
        whole(self, *args)
        whole(self, *args)

    monkeypatch.setattr(State, "release", twice)
    caught(crowded(queue="easy-backfill"), engine)


def test_an_end_that_is_not_written_down(engine, monkeypatch):
    whole = Book.ended

    def lost(self, index, now_us):
        if index % 2:
            whole(self, index, now_us)

    monkeypatch.setattr(Book, "ended", lost)
    caught(crowded(queue="easy-backfill"), engine)


def test_a_job_placed_twice(engine, monkeypatch):
    whole = Book.placed

    def twice(self, *args):
        whole(self, *args)
        whole(self, *args)

    monkeypatch.setattr(Book, "placed", twice)
    caught(crowded(queue="easy-backfill"), engine)


def test_a_quota_that_is_never_charged(engine, monkeypatch):
    monkeypatch.setattr(State, "charge", lambda self, tenant, asked, sign: None)
    tree = world(
        job("j", 0, 1, tenant="poor"),
        tenants=[{"name": "poor", "quota": {"vcpu": 1}}],
        policies=policies(),
    )
    assert "quota" in caught(tree, engine)


# -- who is stopped for others -----------------------------------------------------------------


def stopped(**more) -> dict:
    """Two jobs that may be stopped, and one that stops the one that started last."""
    return world(
        job("a", 0, vcpu=1, run_min=30, preemptible=True),
        job("b", 1, vcpu=1, run_min=30, preemptible=True),
        job("c", 5, 7, vcpu=1, priority=1),
        policies={**policies(**more), "preemption": {"name": "priority"}},
    )


def test_without_a_defect_a_stop_breaks_no_law(engine):
    tree = stopped()
    records = simulate(scenario_of(tree), 1, engine=engine)
    assert records.column("preemptions").tolist() == [0, 2, 0, 0]
    assert faults(tree, records) == []


def test_a_victim_that_keeps_its_node_in_the_books(engine, monkeypatch):
    """The audit sees two on one node: the stop is not written down."""
    monkeypatch.setattr(Book, "stopped", lambda self, index, now_us, stop: None)
    monkeypatch.setattr(Book, "resumed", lambda *_: None)
    assert caught(stopped(), engine) in ("a job was placed twice", OVER)


def test_a_victim_that_keeps_its_node(engine, monkeypatch):
    """Its nodes are not given back, and the head gets them all the same."""
    whole = Rules.undo

    def keeps(self, job, placement):
        if not job.shape.ask.preemptible:
            whole(self, job, placement)

    monkeypatch.setattr(Rules, "undo", keeps)
    monkeypatch.setattr(State, "fits", lambda self, need, node: True)
    monkeypatch.setattr(
        "scheduler.finder.fits", lambda need, room, nodes: np.ones(len(nodes), bool)
    )
    assert "overdrawn" in caught(stopped(), engine)


def test_a_victim_whose_end_is_not_called_off(engine, monkeypatch):
    monkeypatch.setattr("scheduler.stays.Stays.are_over", lambda self, held: False)
    with pytest.raises((KeyError, *CAUGHT)):
        simulate(scenario_of(stopped()), 1, engine=engine)


def test_the_judge_sees_a_victim_that_may_not_be_stopped(engine, monkeypatch):
    tree = stopped()
    for workload in tree["workloads"]:
        workload["preemptible"] = False
    lower = lambda rules, head, _: [  # noqa: E731
        s for s in rules.stays.of.values() if s.job.shape.priority < head.shape.priority
    ]
    monkeypatch.setattr("scheduler.preemption.victims_of", lower)
    found = faults(tree, simulate(scenario_of(tree), 1, engine=engine))
    assert any("may not be" in one for one in found)


def test_the_judge_sees_lost_work_that_is_not_done_again(engine, monkeypatch):
    monkeypatch.setattr("scheduler.stays._left", lambda work_us, *_: work_us // 2)
    tree = stopped()
    found = faults(tree, simulate(scenario_of(tree), 1, engine=engine))
    assert any(": did " in one for one in found)


# -- what the judge sees as well ---------------------------------------------------------------


def test_the_judge_sees_a_quota_that_nobody_charges(engine, monkeypatch):
    monkeypatch.setattr(State, "charge", lambda self, tenant, asked, sign: None)
    tree = world(
        job("j", 0, 1, tenant="poor"),
        tenants=[{"name": "poor", "quota": {"vcpu": 1}}],
        policies=policies(),
    )
    found = faults(tree, simulate(scenario_of(tree), 1, engine=engine, laws=False))
    assert any("quota of poor is overdrawn" in one for one in found)


@pytest.mark.parametrize("packing", ["first-fit", "best-fit", "worst-fit"])
def test_the_judge_sees_nodes_that_are_never_taken(engine, packing, monkeypatch):
    for name in ("reserve", "release"):
        monkeypatch.setattr(State, name, lambda *_: None)
    tree = crowded(packing, queue="drf")  # which the lane leaves to the rules
    found = faults(tree, simulate(scenario_of(tree), 1, engine=engine, laws=False))
    assert any("is overdrawn" in one for one in found)


def test_a_line_that_lets_others_pass(engine, monkeypatch):
    monkeypatch.setattr(
        "scheduler.queueing.Priority.key", lambda self, job: (-job.index,), raising=True
    )
    tree = world(
        job("a", 0, vcpu=2), job("b", 1, vcpu=2), job("c", 2, vcpu=2),
        policies=policies(queue="priority"),
    )  # fmt: skip
    found = faults(tree, simulate(scenario_of(tree), 1, engine=engine))
    assert any("passed" in one for one in found)


def test_a_job_that_is_forgotten(engine, monkeypatch):
    monkeypatch.setattr(Rules, "settle", lambda self, now_us: self.dirty.clear())
    tree = world(job("a", 0, 1, vcpu=2), policies=policies(queue="priority", at="platform"))
    found = faults(tree, simulate(scenario_of(tree), 1, engine=engine))
    assert any("has room" in one for one in found)
