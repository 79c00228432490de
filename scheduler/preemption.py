"""Who makes way for the head of a line: preemption, contracts §3.3.

Room is looked for on the state itself: victims give back what they hold, and whatever is not
kept is put back before anybody else sees it. Dispatch never counts on preemption: it asks for
room, and only who finds none anywhere stops others, as the head of the line it joined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.lines import Line, Placement, Waiting
from scheduler.rules import Rules
from scheduler.stays import Stay

Started = list[tuple[Waiting, Placement]]


@dataclass(frozen=True, slots=True)
class NoPreemption:
    """Whoever runs is never stopped."""


@dataclass(frozen=True, slots=True)
class ByPriority:
    """The head stops preemptible jobs of lower priority where only capacity holds it."""

    def makes_way(
        self, rules: Rules, line: Line, head: Waiting, started: Started, now_us: int
    ) -> bool:
        """See Preemption."""
        if not any(_may_stop(head, job) for job, _ in started):
            placement = _cleared(rules, head, now_us)
            if placement is None:
                return False
            started.append((head, placement))
        rules.dirty.add(line.number)
        return True

    def would_make_way(self, rules: Rules, line: Line, job: Waiting) -> bool:
        """See Preemption."""
        ahead = any(key < job.key and not rules.quota_full(other) for key, other in line.jobs)
        if ahead or rules.quota_full(job):
            return False
        found = _search(rules, job)
        if found is None:
            return False
        placement, victims = found
        rules.undo(job, placement)
        _put_back(rules, victims)
        return True


def _may_stop(head: Waiting, other: Waiting) -> bool:
    return other.shape.ask.preemptible and other.shape.priority < head.shape.priority


def _cleared(rules: Rules, head: Waiting, now_us: int) -> Placement | None:
    """Nodes for the head, reserved, and its victims on their way back to their line."""
    found = _search(rules, head)
    if found is None:
        return None
    placement, victims = found
    for stay in victims:
        rules.stop_stay(stay, now_us)
    return placement


def _search(rules: Rules, head: Waiting) -> tuple[Placement, list[Stay]] | None:
    """Nodes for the head, reserved, and whose nodes were given back for it; best pool first."""
    pools = head.pools
    spots = rules.spots(head) if head.shape.nodes > 1 else [(pool,) for pool in pools]
    for spot in spots:
        head.pools = spot
        found = _search_in(rules, head, victims_of(rules, head, spot))
        head.pools = pools
        if found is not None:
            return found
    return None


def victims_of(rules: Rules, head: Waiting, spot: Iterable[int]) -> list[Stay]:
    """Who may be stopped for the head in these pools: lowest priority, latest start, id."""
    found = {
        index: stay
        for pool in spot
        for priority, stays in rules.stays.yielding[pool].items()
        if priority < head.shape.priority
        for index, stay in stays.items()
    }
    return sorted(found.values(), key=lambda s: (s.job.shape.priority, -s.start_us, s.index))


def _search_in(
    rules: Rules, head: Waiting, candidates: list[Stay]
) -> tuple[Placement, list[Stay]] | None:
    taken: list[Stay] = []
    for stay in candidates:
        rules.undo(stay.job, stay.held.placement)
        taken.append(stay)
        if _fits(rules, head):
            break
    else:
        _put_back(rules, taken)
        return None
    needed = [taken.pop()]  # without it the head did not fit
    for stay in reversed(taken):
        rules.take(stay.job.shape, stay.held.placement)
        if not _fits(rules, head):
            rules.undo(stay.job, stay.held.placement)
            needed.append(stay)
    placement = rules.place(head)
    if placement is None:
        raise AssertionError(f"job {head.index} fits and does not")
    return placement, needed


def _fits(rules: Rules, head: Waiting) -> bool:
    placement = rules.place(head)
    if placement is not None:
        rules.undo(head, placement)
    return placement is not None


def _put_back(rules: Rules, stays: Iterable[Stay]) -> None:
    for stay in stays:
        rules.take(stay.job.shape, stay.held.placement)
