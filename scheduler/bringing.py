"""Jobs to data, or data to jobs: what it costs that a data set is not where a job might run.

A set is brought once and kept, so who has it brought waits, those who come meanwhile wait for
the rest of it, and all who come later find it there. What they wait together is shared out
over all jobs that are still to read it: for every one of them the same choice is the cheaper.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from scenarios import Jobs, Objective, Scenario, forecasts_of
from scheduler.books import Books
from scheduler.own_cost import US_H, Kind
from scheduler.shapes import Shape


class Bringing:
    """The data sets of one run, as a policy that plans sees them."""

    def __init__(self, scenario: Scenario, books: Books, weights: Objective) -> None:
        self._books, self._end_us = books, scenario.horizon_us
        self._per_us = (weights.transfer + weights.latency) / US_H
        self._readers: dict[str, list[Callable[[int], float]]] = {}
        if not self._per_us or not scenario.topology.data_sets:
            return
        told = {row.workload: row.expected for row in forecasts_of(scenario)}
        for row in scenario.workloads:
            if isinstance(row, Jobs) and row.data is not None and row.data.set is not None:
                self._readers.setdefault(row.data.set, []).append(told[row.name])

    def cny(self, shape: Shape, kind: Kind) -> npt.NDArray[np.float64]:
        """What one job bears of having its set brought to each pool of its kind: (pools,)."""
        name, found = shape.ask.data_set, np.zeros(len(kind.pools))
        if name is None or not self._per_us:
            return found
        now_us = self._books.now_us
        to_come = self._expected(name, now_us, max(self._end_us, now_us))
        for place, pool in enumerate(kind.pools):
            span_us = self._books.brings_us(shape, pool)
            if span_us:
                # who comes while it is on its way waits half of that, in the mean
                waiting = 1 + self._expected(name, now_us, now_us + span_us) / 2
                found[place] = self._per_us * span_us * min(1.0, waiting / (1 + to_come))
        return found

    def _expected(self, name: str, begin_us: int, end_us: int) -> float:
        """How many jobs that read a set are declared for a span."""
        readers = self._readers.get(name, ())
        return sum(expected(end_us) - expected(begin_us) for expected in readers)
