"""What became of jobs that were stopped for others, beside the row that each job has.

The row of a job (records.Outcome) knows its last placement. A story adds up those before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scheduler.instants import NEVER
from scheduler.stays import Stop

Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class Story:
    """One job that was stopped; spans and instants in us, sums over the stays that are over.

    `waited_us` is its time in the line since the first stop; `due` what its stay of now pays
    for dispatch and transfer in from `placed_us` (-1: it waits) on. `stays` are those that are
    over: pool of the first member, begin and end.
    """

    first_placed_us: int
    start_us: int = NEVER
    preemptions: int = 0
    waited_us: int = 0
    stopped_us: int = 0
    dispatch_us: int = 0
    transfer_in_us: int = 0
    run_us: int = 0
    lost_us: int = 0
    placed_us: int = -1
    due: tuple[int, int] = (0, 0)
    stays: list[tuple[int, int, int]] = field(default_factory=list)

    def stop(self, now_us: int, stop: Stop) -> None:
        """A stay is over."""
        self.preemptions += 1
        self.dispatch_us += stop.dispatch_us
        self.transfer_in_us += stop.transfer_in_us
        self.run_us += stop.run_us
        self.lost_us += stop.lost_us
        if stop.started:
            self.start_us = min(self.start_us, now_us - stop.run_us)
        self.stays.append((stop.placement[0][0], stop.placed_us, now_us))
        self.stopped_us, self.placed_us, self.due = now_us, -1, (0, 0)

    def resume(self, now_us: int, dispatch_us: int, transfer_in_us: int) -> None:
        """Another stay begins."""
        self.waited_us += now_us - self.stopped_us
        self.placed_us, self.due = now_us, (dispatch_us, transfer_in_us)

    @property
    def begins_us(self) -> int:
        """When it begins to run in its stay of now; NEVER while it waits."""
        return self.placed_us + sum(self.due) if self.placed_us >= 0 else NEVER

    @property
    def starts_us(self) -> int:
        """When it began to run at all, or will."""
        return min(self.start_us, self.begins_us)

    def paid_us(self) -> tuple[int, int]:
        """Dispatch and transfer in of all stays, that of now in full."""
        return self.dispatch_us + self.due[0], self.transfer_in_us + self.due[1]

    def again_us(self, at_end_us: int) -> int:
        """How long it has waited since its first stop."""
        return self.waited_us + (at_end_us - self.stopped_us if self.placed_us < 0 else 0)


@dataclass(frozen=True, slots=True, eq=False)
class StayTable:
    """Every stay of the jobs that were stopped, by row of a job table: arrays of one length.

    `pool` is an index into `pools`, that of the first member; `end_s` is nan where the job
    still holds its nodes when the run stops.
    """

    row: Ints
    pool: npt.NDArray[np.int32]
    begin_s: npt.NDArray[np.float64]
    end_s: npt.NDArray[np.float64]
    pools: tuple[str, ...]


def stay_table(
    stories: dict[int, Story], pool: Ints, ended_us: Ints, pools: tuple[str, ...]
) -> StayTable:
    """The stays of the jobs of a chunk; `stories` by row, `pool` and `ended_us` its columns."""
    rows: list[tuple[int, int, float, float]] = []
    for row, story in sorted(stories.items()):
        rows += [(row, p, begin / 1e6, end / 1e6) for p, begin, end in story.stays]
        if story.placed_us >= 0:
            end_s = ended_us[row] / 1e6 if ended_us[row] >= 0 else float("nan")
            rows.append((row, int(pool[row]), story.placed_us / 1e6, end_s))
    table = np.array(rows, np.float64).reshape(-1, 4)
    return StayTable(
        row=table[:, 0].astype(np.int64),
        pool=table[:, 1].astype(np.int32),
        begin_s=table[:, 2],
        end_s=table[:, 3],
        pools=pools,
    )


def netted(
    index: Ints, at_us: Ints, code: Ints, sign: Ints, some: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Holds begun and ended, those of `some` that took no time at all left out."""
    rows = np.flatnonzero(some)
    order = rows[np.lexsort((code[rows], at_us[rows], index[rows]))]
    same = np.ones(len(order), bool)
    for column in (index, at_us, code):
        same[1:] &= column[order[1:]] == column[order[:-1]]
    heads = np.flatnonzero(~same | (np.arange(len(order)) == 0))
    sums = np.add.reduceat(sign[order], heads) if len(order) else sign[:0]
    keep = sums != 0
    left, kept = ~some, order[heads[keep]]
    return (
        np.concatenate([index[left], index[kept]]),
        np.concatenate([at_us[left], at_us[kept]]),
        np.concatenate([code[left], code[kept]]),
        np.concatenate([sign[left], sums[keep]]),
    )
