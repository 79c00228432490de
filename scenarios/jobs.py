"""Jobs as columns: blocks of one workload, merged into chunks in time order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

CHUNK = 65_536

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JobChunk:
    """Jobs sorted by (submit, workload name, number); all arrays have one length.

    `ask` indexes `Demand.asks`. `work_us` is the duration, or hours of work on the ask's `on`
    where a class scales it. `deadline_us` is a span, -1 without one. `number` counts inside the
    workload from 1; a job is called `<workload>-<number>` unless `ids` names it. `bad` marks
    rows of a trace that were skipped as broken.
    """

    submit_us: Ints
    ask: NDArray[np.int32]
    work_us: Ints
    estimate_us: Ints
    deadline_us: Ints
    number: Ints
    ids: list[str] | None = None
    bad: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        """The number of jobs."""
        return len(self.submit_us)

    def part(self, first: int, last: int) -> "JobChunk":
        """The jobs from `first` to before `last`."""
        return self._each(lambda column: column[first:last])

    def picked(self, order: Ints) -> "JobChunk":
        """The jobs in this order."""
        ids = self.ids and [self.ids[i] for i in order.tolist()]
        return replace(replace(self, ids=None)._each(lambda column: column[order]), ids=ids)

    def _each(self, change: Callable[..., object]) -> "JobChunk":
        columns = {name: getattr(self, name) for name in _COLUMNS}
        return JobChunk(**{k: v if v is None else change(v) for k, v in columns.items()})  # type: ignore[arg-type]


_COLUMNS = tuple(field.name for field in fields(JobChunk))
_ARRAYS = ("submit_us", "ask", "work_us", "estimate_us", "deadline_us", "number")


def joined(parts: Sequence[tuple[str, JobChunk]]) -> JobChunk:
    """One chunk of the parts of several workloads (by name), in the order given."""
    chunks = [chunk for _, chunk in parts]
    if len(chunks) == 1:
        return chunks[0]
    columns = {name: np.concatenate([getattr(c, name) for c in chunks]) for name in _ARRAYS}
    return JobChunk(**columns, ids=_joined_ids(parts), bad=_joined_bad(chunks))


def _joined_ids(parts: Sequence[tuple[str, JobChunk]]) -> list[str] | None:
    if all(chunk.ids is None for _, chunk in parts):
        return None
    return [name for workload, chunk in parts for name in names_of(workload, chunk)]


def names_of(workload: str, chunk: JobChunk) -> list[str]:
    """The ids of jobs of one workload, made from their numbers where none are given."""
    return chunk.ids or [f"{workload}-{number}" for number in chunk.number.tolist()]


def _joined_bad(chunks: Sequence[JobChunk]) -> NDArray[np.bool_] | None:
    if all(chunk.bad is None for chunk in chunks):
        return None
    none = [np.zeros(len(c), dtype=np.bool_) if c.bad is None else c.bad for c in chunks]
    return np.concatenate(none)


class Source:
    """One workload's jobs, taken window by window from a stream of blocks in time order."""

    def __init__(self, name: str, blocks: Iterator[JobChunk]) -> None:
        self.name = name
        self._blocks = blocks
        self._waiting: list[JobChunk] = []  # in time order, none empty
        self.ended = False

    def take(self, before_us: int) -> list[JobChunk]:
        """The jobs not yet taken that are submitted before this instant."""
        self._fill(before_us)
        taken: list[JobChunk] = []
        while self._waiting:
            head = self._waiting[0]
            cut = int(np.searchsorted(head.submit_us, before_us))
            if cut:
                taken.append(head.part(0, cut))
            if cut < len(head):
                self._waiting[0] = head.part(cut, len(head))
                break
            self._waiting.pop(0)
        return taken

    def _fill(self, before_us: int) -> None:
        while not self.ended and not (
            self._waiting and self._waiting[-1].submit_us[-1] >= before_us
        ):
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
            elif len(block):
                self._waiting.append(block)

    @property
    def exhausted(self) -> bool:
        """Nothing is left to take, now or later."""
        return self.ended and not self._waiting


def merged(sources: Sequence[Source], until_us: int, window_us: int) -> Iterator[JobChunk]:
    """Chunks of at most `CHUNK` jobs of all sources (by name), submitted before `until_us`.

    Works in windows of time whose width follows the density of jobs, so that memory is
    bounded by a few chunks however many sources there are.
    """
    start_us = 0
    while start_us < until_us and not all(source.exhausted for source in sources):
        end_us = min(start_us + window_us, until_us)
        window = [(source.name, part) for source in sources for part in source.take(end_us)]
        n = sum(len(part) for _, part in window)
        if n:
            yield from _in_time_order(window)
        window_us = max(1, int(window_us * min(4.0, max(0.1, CHUNK / max(n, 1)))))
        start_us = end_us


def _in_time_order(window: Sequence[tuple[str, JobChunk]]) -> Iterator[JobChunk]:
    jobs = joined(window)
    if len({name for name, _ in window}) > 1:
        jobs = jobs.picked(np.argsort(jobs.submit_us, kind="stable"))
    for first in range(0, len(jobs), CHUNK):
        yield jobs.part(first, first + CHUNK)
