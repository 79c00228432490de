"""Jobs that move so that another can start: defragmentation, bounded by plan.

The head of a line that lacks nothing but capacity, in one piece, is helped by moving
preemptible jobs to other nodes of their pool. Moves are tried on the state itself and taken
only if the head and all who moved have nodes then; nobody is stopped in vain. A job that moves
loses what a stop loses: the work since its last checkpoint. It stands in its line again and,
being before all others there, starts anew at the same instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from scheduler.lines import Line, Placement, Waiting
from scheduler.plan_rows import MIGRATIONS, PLANNED, PlanRow
from scheduler.room import Need
from scheduler.rules import Preemption, Rules
from scheduler.stays import Stay, stop_of

Started = list[tuple[Waiting, Placement]]
MOST_TRIES = 64  # sets of jobs that are tried for one head
NAN = float("nan")


@dataclass(slots=True)
class Migrating:
    """At most `most` moves every `every_us`; where they do not help, `then` is asked."""

    most: int
    every_us: int
    then: Preemption | None = None
    plans: list[PlanRow] = field(default_factory=list)
    _span: int = -1
    _moved: int = 0

    def makes_way(
        self, rules: Rules, line: Line, head: Waiting, started: Started, now_us: int
    ) -> bool:
        """See Preemption."""
        found = self._search(rules, line, head, self._left(now_us), now_us)
        if found is None:
            return self.then is not None and self.then.makes_way(
                rules, line, head, started, now_us
            )
        placement, moved = found
        for stay in moved:
            rules.stop_stay(stay, now_us)
        self._moved += len(moved)
        self._keep(rules, moved, now_us)
        started.append((head, placement))
        rules.dirty.add(line.number)
        return True

    def would_make_way(self, rules: Rules, line: Line, job: Waiting) -> bool:
        """See Preemption. Moves are for those who wait already: only `then` is asked."""
        return self.then is not None and self.then.would_make_way(rules, line, job)

    def _left(self, now_us: int) -> int:
        """How many more may move in this span."""
        span = now_us // self.every_us
        if span != self._span:
            self._span, self._moved = span, 0
        return self.most - self._moved

    def _keep(self, rules: Rules, moved: Sequence[Stay], now_us: int) -> None:
        """A row for the plans of the run."""
        counts: dict[tuple[str, str], int] = {}
        for stay in moved:
            pool = rules.estate.pools[stay.held.placement[0][0]].name
            key = stay.job.shape.ask.workload, pool
            counts[key] = counts.get(key, 0) + 1
        rows = tuple((*key, n) for key, n in sorted(counts.items()))
        at = now_us / 1e6, MIGRATIONS, PLANNED, "search"
        self.plans.append(PlanRow(*at, float(len(moved)), NAN, NAN, rows))

    # -- who moves ---------------------------------------------------------------------------

    def _search(
        self, rules: Rules, line: Line, head: Waiting, most: int, now_us: int
    ) -> tuple[Placement, list[Stay]] | None:
        """Nodes for the head, reserved, and who gave theirs back for it and has others."""
        if most < 1:
            return None
        tries = 0
        for pool in head.pools:
            if not _in_pieces(rules, head, pool):
                continue
            for moved in _sets(rules, line, head, pool, most, now_us):
                placement = _rearranged(rules, head, moved)
                if placement is not None:
                    return placement, moved
                tries += 1
                if tries >= MOST_TRIES:
                    return None
        return None


def _in_pieces(rules: Rules, head: Waiting, pool: int) -> bool:
    """Whether the pool has as much room as the head asks for, though not on single nodes."""
    amounts = head.shape.stand(pool).amounts
    return rules.state.sells(pool, amounts, head.shape.nodes)


def _sets(
    rules: Rules, line: Line, head: Waiting, pool: int, most: int, now_us: int
) -> Iterator[list[Stay]]:
    """Who could move so that the head has nodes: fewest first, then least work lost.

    A job of one node tries each node by itself; one of several the first, the first two, ...
    """
    clearings = _clearings(rules, line, head, pool, most, now_us)
    if head.shape.nodes == 1:
        yield from clearings
        return
    together: list[Stay] = []
    for stays in clearings:
        new = [stay for stay in stays if stay not in together]
        if len(together) + len(new) <= most:
            together = [*together, *new]
            yield together


def _clearings(
    rules: Rules, line: Line, head: Waiting, pool: int, most: int, now_us: int
) -> list[list[Stay]]:
    """For each node where that is possible, who must leave it for one member of the head."""
    on_node: dict[int, list[Stay]] = {}
    for stay in movable(rules, line, pool):
        for _, node, _ in stay.held.placement:
            on_node.setdefault(node, []).append(stay)
    need, found = head.shape.stand(pool).need, list[tuple[int, int, int, list[Stay]]]()
    for node, stays in sorted(on_node.items()):
        ranked = sorted(stays, key=lambda s: (stop_of(s, now_us).lost_us, s.index))
        needed = _cleared(rules, node, need, ranked[:most])
        if needed:
            lost_us = sum(stop_of(stay, now_us).lost_us for stay in needed)
            found.append((len(needed), lost_us, node, needed))
    return [stays for *_, stays in sorted(found, key=lambda f: f[:3])]


def _cleared(rules: Rules, node: int, need: Need, stays: Sequence[Stay]) -> list[Stay]:
    """Who must leave a node for this need, the first first; [] if all would not do."""
    taken: list[Stay] = []
    for stay in stays:
        if rules.state.fits(need, node):
            break
        rules.undo(stay.job, stay.held.placement)
        taken.append(stay)
    if not rules.state.fits(need, node):
        _put_back(rules, taken)
        return []
    needed: list[Stay] = []
    for stay in reversed(taken):
        rules.take(stay.job.shape, stay.held.placement)
        if not rules.state.fits(need, node):
            rules.undo(stay.job, stay.held.placement)
            needed.append(stay)
    _put_back(rules, needed)
    return needed


def movable(rules: Rules, line: Line, pool: int) -> list[Stay]:
    """Who may be moved in a pool: preemptible, all of it there, first in this line again."""
    first = min((key for key, job in line.jobs), default=None)
    return [
        stay
        for stays in rules.stays.yielding[pool].values()
        for stay in stays.values()
        if stay.job.line == line.number
        and all(there == pool for there, _, _ in stay.held.placement)
        and (first is None or rules.queue.key(stay.job) < first)
    ]


def _rearranged(rules: Rules, head: Waiting, moved: Sequence[Stay]) -> Placement | None:
    """Nodes for the head, reserved, if all who move find nodes of their pool beside it.

    They are looked for as they will be: one after another in the order of their line.
    """
    for stay in moved:
        rules.undo(stay.job, stay.held.placement)
    placement = rules.place(head)
    if placement is None:
        _put_back(rules, moved)
        return None
    again: list[tuple[Waiting, Placement]] = []
    for stay in sorted(moved, key=lambda s: rules.queue.key(s.job)):
        there = rules.place(stay.job)
        if there is not None:
            again.append((stay.job, there))
        if there is None or {p for p, _, _ in there} != {stay.held.placement[0][0]}:
            break
    else:
        _undo(rules, again)
        return placement
    _undo(rules, again)
    rules.undo(head, placement)
    _put_back(rules, moved)
    return None


def _undo(rules: Rules, placed: Sequence[tuple[Waiting, Placement]]) -> None:
    for job, placement in reversed(placed):
        rules.undo(job, placement)


def _put_back(rules: Rules, stays: Iterable[Stay]) -> None:
    for stay in stays:
        rules.take(stay.job.shape, stay.held.placement)
