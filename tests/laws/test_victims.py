"""Who is stopped, over random scenarios: looked at from inside, at every search for room."""

import os

import pytest

from scheduler import preemption, simulate
from tests.laws.generator import scenario_of, scenario_tree

COUNT = int(os.environ.get("SUANLI_VICTIMS", "2000"))
WHOLE = preemption._search


class Watched:
    """The search, and what is wrong with what it found."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.stops = 0

    def __call__(self, rules, head):
        before = snapshot(rules)
        found = WHOLE(rules, head)
        if found is None:
            if snapshot(rules) != before:
                self.faults.append("touched, and nobody was stopped")
            if self.room_without_all(rules, head):
                self.faults.append("there were victims enough")
            return None
        placement, victims = found
        self.stops += len(victims)
        for stay in victims:
            shape = stay.job.shape
            if not shape.ask.preemptible or shape.priority >= head.shape.priority:
                self.faults.append("a victim that may not be stopped")
            if self.fits_beside(rules, head, placement, stay):
                self.faults.append("a victim that was not needed")
        return found

    def fits_beside(self, rules, head, placement, stay) -> bool:
        """Whether the head would fit in the same pools with this victim left where it was."""
        rules.undo(head, placement)
        rules.take(stay.job.shape, stay.held.placement)
        pools, head.pools = head.pools, self.spot(rules, head, placement)
        other = rules.place(head)
        if other is not None:
            rules.undo(head, other)
        head.pools = pools
        rules.undo(stay.job, stay.held.placement)
        rules.take(head.shape, placement)
        return other is not None

    def spot(self, rules, head, placement):
        pool = placement[0][0]
        spots = rules.spots(head) if head.shape.nodes > 1 else [(p,) for p in head.pools]
        return next(spot for spot in spots if pool in spot)

    def room_without_all(self, rules, head) -> bool:
        """Whether it would fit if all of lower priority that may be stopped were gone."""
        gone = [
            stay
            for stay in rules.stays.of.values()
            if stay.job.shape.ask.preemptible and stay.job.shape.priority < head.shape.priority
        ]
        for stay in gone:
            rules.undo(stay.job, stay.held.placement)
        found = rules.place(head)
        if found is not None:
            rules.undo(head, found)
        for stay in gone:
            rules.take(stay.job.shape, stay.held.placement)
        return found is not None


def snapshot(rules) -> tuple:
    """All free room, without the counters that say how often it changed."""
    state = rules.state
    rows = (state.vcpu, state.memory, state.dpu, state.local_storage, state.gpu_sum)
    devices = (state.gpu, state.gpu_memory, state.pool_free, state.charged)
    return (*map(tuple, rows), *(tuple(map(tuple, rows)) for rows in devices))


@pytest.mark.parametrize("first", range(0, COUNT, 250))
def test_nobody_is_stopped_in_vain(first, monkeypatch):
    watched = Watched()
    monkeypatch.setattr(preemption, "_search", watched)
    for seed in range(first, first + 250):
        tree = scenario_tree(1_000_000 + seed)
        if "preemption" in tree["policies"]:
            simulate(scenario_of(tree), seed, engine=("plain", "lane")[seed % 2])
    assert watched.faults == []
    assert watched.stops > 0
