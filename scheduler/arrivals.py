"""Jobs as the engines take them: one by one, in order of submission, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenarios import Demand, JobChunk, stream
from scheduler.journal import Book
from scheduler.lines import Waiting
from scheduler.shapes import Shapes


class Arrivals:
    """Opens chunks of demand in the journal and yields their jobs."""

    def __init__(
        self, demand: Demand, shapes: Shapes, book: Book, seed: int, *, draws: bool
    ) -> None:
        self.demand, self.shapes, self.book = demand, shapes, book
        self.rng = stream(seed, "policies/random") if draws else None

    def chunks(self, until_us: int) -> Iterator[tuple[int, JobChunk, list[int]]]:
        """Number of the first job, the jobs, and 64 random bits for each (else none)."""
        for chunk in self.demand.chunks(until_us):
            self.shapes.add(self.demand.asks[len(self.shapes.all) :])
            first = self.book.open(chunk)
            yield first, chunk, self._draws(len(chunk))

    def _draws(self, count: int) -> list[int]:
        if self.rng is None:
            return []
        bits: list[int] = self.rng.integers(0, 1 << 64, count, dtype=np.uint64).tolist()
        return bits

    def jobs(self, until_us: int) -> Iterator[Waiting]:
        """Jobs submitted before `until_us`, the broken rows of a trace among them."""
        for first, chunk, draws in self.chunks(until_us):
            yield from self.jobs_of(first, chunk, draws)

    def jobs_of(self, first: int, chunk: JobChunk, draws: list[int]) -> Iterator[Waiting]:
        """The jobs of one chunk."""
        shapes = self.shapes.all
        bad = chunk.bad.tolist() if chunk.bad is not None else None
        columns = zip(
            chunk.submit_us.tolist(),
            chunk.ask.tolist(),
            chunk.work_us.tolist(),
            chunk.estimate_us.tolist(),
            strict=True,
        )
        for row, (submit_us, ask, run_us, estimate_us) in enumerate(columns):
            draw = draws[row] if draws else 0
            job = Waiting(first + row, shapes[ask], submit_us, run_us, estimate_us, draw)
            job.bad = bad is not None and bad[row]
            yield job
