"""How long a job would wait in the line of a pool: as declared, and as jobs have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import le

from scheduler.books import Books
from scheduler.learning import Pace
from scheduler.lines import Waiting
from scheduler.outlook import FAR, Outlook
from scheduler.policy import View
from scheduler.shapes import Shape
from topology import RESOURCES

STALE_US = 60_000_000  # an outlook is made anew after this, even if nobody came or went
AHEAD = 40  # of those in line who stand in an outlook, who stands behind counts by work only
SAMPLE = 32  # of those behind, whose work is looked at when an outlook is made
LONG = 12  # jobs in line, from which on one who comes or goes changes little, and
LONG_STALE_US = 300_000_000  # an outlook then holds so long
MOST_TRIED = 50  # in a line longer than this nobody who comes starts at once


Row = tuple[tuple[int, ...], Waiting]


@dataclass(slots=True)
class Kept:
    """An outlook, when it was made, and who of the line is in it.

    `room` is what is never held for ever, `behind` the unit-microseconds of those in line who
    are too many to be looked at one by one.
    """

    outlook: Outlook
    room: list[int]
    behind: list[float]
    standing: int
    answers: dict[tuple[tuple[int, ...], int, int], int]  # as long as nobody more stands in it
    moves: int
    made_us: int
    seen: int
    last: int
    newest: int  # number of the latest job of them
    after_us: int
    sent: int
    serial: int  # of the last one on the way who is in it
    route: int  # of those who are, how many were on their way last time


class Waits:
    """Expected waits; keeps an outlook of each pool as long as it holds.

    `strict`: nobody in a line passes another. `sent` are jobs on their way to a pool.
    """

    def __init__(self, view: View, books: Books, pace: Pace, *, strict: bool) -> None:
        self._view, self._books, self._pace, self._strict = view, books, pace, strict
        self._kept: dict[int, Kept] = {}
        self._sent: dict[int, list[tuple[int, Shape, int, int]]] = {}
        self._serial = 0

    def send(self, pool: int, shape: Shape, estimate_us: int, arrives_us: int) -> None:
        """A job is on its way to a pool."""
        self._serial += 1
        row = arrives_us, shape, estimate_us, self._serial
        self._sent.setdefault(pool, []).append(row)

    def wait_us(self, shape: Shape, pool: int, estimate_us: int) -> int:
        """The wait expected of one more job; FAR if it would never start."""
        books, now_us = self._books, self._books.now_us
        sent = self._sent.get(pool)
        if sent:
            sent = self._sent[pool] = [row for row in sent if row[0] > now_us]
        stand = shape.stand(pool)
        starts = (
            len(books.waiting(pool)) < MOST_TRIED
            and all(map(le, stand.amounts, books.free(pool)))
            and books.starts_now(shape, pool, estimate_us)
        )
        if starts and not sent:
            return 0
        kept = self._outlook(pool, now_us)
        after_us = max(now_us, kept.after_us) if self._strict else now_us
        span_us = self._span_us(shape, pool, estimate_us)
        at_us = earliest_us(kept, stand.amounts, shape.nodes, span_us, after_us)
        if at_us <= now_us and not starts:  # free room is in pieces, or somebody stands before
            at_us = kept.outlook.next_us()
        return FAR if at_us >= FAR else at_us - now_us + behind_us(kept, stand.amounts)

    def _span_us(self, shape: Shape, pool: int, estimate_us: int) -> int:
        whole = shape.stand(pool).takes_us(estimate_us)
        return max(1, int(whole * self._pace.of(shape.ask.workload)))

    def _outlook(self, pool: int, now_us: int) -> Kept:
        books, sent = self._books, self._sent.get(pool, ())
        waiting, kept = books.waiting(pool), self._kept.get(pool)
        if (
            kept is not None
            and min(len(waiting), kept.seen) >= LONG
            and now_us - kept.made_us < LONG_STALE_US
        ):
            self._go_on(kept, pool, now_us)
            return kept
        if (
            kept is None
            or kept.moves != books.moves(pool)
            or now_us - kept.made_us >= STALE_US
            or kept.sent != len(sent)
            or len(waiting) < kept.seen
            or (kept.seen and waiting[kept.seen - 1][1].index != kept.last)
        ):
            kept = self._made(pool, now_us)
        if kept.seen < len(waiting):
            self._stand_behind(kept, pool, waiting[kept.seen :])
            kept.seen, kept.last = len(waiting), waiting[-1][1].index
            kept.newest = max(kept.newest, *(job.index for _, job in waiting))
        self._kept[pool] = kept
        return kept

    def _go_on(self, kept: Kept, pool: int, now_us: int) -> None:
        """Only those stand in it anew who have come since; of a line too long to look again."""
        sent = self._sent.get(pool, ())
        still = sum(row[3] <= kept.serial for row in sent)
        waiting = self._books.waiting(pool)
        come = list(takewhile(lambda row: row[1].index > kept.newest, reversed(waiting)))
        come.reverse()
        arrived, kept.route = kept.route - still, still
        kept.after_us = max(kept.after_us, now_us)
        self._stand_behind(kept, pool, come[max(0, arrived) :])
        kept.newest = max((job.index for _, job in come), default=kept.newest)
        for _, shape, estimate_us, serial in sent:
            if serial > kept.serial:
                self._stand(kept, pool, shape, estimate_us)
                kept.serial, kept.route = serial, kept.route + 1

    def _made(self, pool: int, now_us: int) -> Kept:
        """Who runs ends as expected; then come those who are on their way."""
        books, first = self._books, self._view.estate.pools[pool].first_node
        outlook = Outlook(now_us, books.nodes_free(pool), books.free(pool))
        ends = []
        for _, _, held in books.running(pool):
            if held.shape.endless:
                break  # they stand last
            at_us = now_us + self._pace.left_us(held, now_us)
            amounts = held.shape.stand(pool).amounts
            ends += [(at_us, n - first, amounts) for p, n, _ in held.placement if p == pool]
        for at_us, node, amounts in sorted(ends, key=lambda row: row[:2]):
            outlook.ends(node, at_us, amounts)
        sent = self._sent.get(pool, ())
        waiting = books.waiting(pool)
        kept = Kept(
            outlook=outlook,
            room=outlook.whole[1][-1][:],
            behind=[0.0] * len(RESOURCES),
            standing=0,
            answers={},
            moves=books.moves(pool),
            made_us=now_us,
            seen=0,
            last=-1,
            newest=max((job.index for _, job in waiting), default=-1),
            after_us=now_us,
            sent=len(sent),
            serial=sent[-1][3] if sent else 0,
            route=len(sent),
        )
        for _, shape, estimate_us, _ in sent:
            self._stand(kept, pool, shape, estimate_us)
        return kept

    def _stand_behind(self, kept: Kept, pool: int, rows: Sequence[Row]) -> None:
        """The first one by one, of the others a sample that counts for all."""
        first = max(0, AHEAD - kept.standing)
        for _, job in rows[:first]:
            if job.pools and job.pools[0] == pool:
                self._stand(kept, pool, job.shape, job.estimate_us)
        step = max(1, (len(rows) - first) // SAMPLE)
        sample = rows[first::step]
        each = (len(rows) - first) / max(1, len(sample))
        for _, job in sample:
            if job.pools and job.pools[0] == pool:
                self._count(kept, pool, job.shape, job.estimate_us, each)

    def _count(
        self, kept: Kept, pool: int, shape: Shape, estimate_us: int, times: float
    ) -> None:
        """So many more like this stand behind all who are looked at."""
        work_us = self._span_us(shape, pool, estimate_us) * shape.nodes * times
        for r, amount in enumerate(shape.stand(pool).amounts):
            kept.behind[r] += amount * work_us

    def _stand(self, kept: Kept, pool: int, shape: Shape, estimate_us: int) -> None:
        """One more in line takes the first room that fits."""
        if kept.standing >= AHEAD:
            self._count(kept, pool, shape, estimate_us, 1.0)
            return
        kept.standing += 1
        amounts, span_us = (
            shape.stand(pool).amounts,
            self._span_us(shape, pool, estimate_us),
        )
        after_us = kept.after_us if self._strict else self._books.now_us
        at_us, nodes = kept.outlook.earliest(amounts, span_us, after_us, shape.nodes)
        if at_us < FAR:
            kept.answers.clear()
            kept.outlook.take(nodes, amounts, at_us, span_us)
            kept.after_us = at_us


def earliest_us(
    kept: Kept, amounts: tuple[int, ...], members: int, span_us: int, after_us: int
) -> int:
    """When there is room for so long, the span rounded up to three bits and asked only once."""
    shift = max(0, span_us.bit_length() - 3)
    span_us = ((span_us >> shift) + 1) << shift
    key = amounts, members, span_us
    at_us = kept.answers.get(key, -1)
    if at_us < after_us:
        at_us, _ = kept.outlook.earliest(amounts, span_us, after_us, members)
        kept.answers[key] = at_us
    return at_us


def behind_us(kept: Kept, amounts: Sequence[int]) -> int:
    """How long the whole room works for those behind on what the job wants, too."""
    parts = zip(kept.behind, kept.room, amounts, strict=True)
    return int(max((work / room for work, room, a in parts if a and room > 0), default=0.0))
