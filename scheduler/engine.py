"""The plain engine: the clock and the order of an instant, on SimPy's public API only.

It is the specification. Whatever happens at one instant is gathered first, since SimPy hands
out events of one time in order of creation; then completions come before arrivals, both by
job number, and the lines are tried last. What that brings about at the same instant (a job of
no length ends) is a further round of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from itertools import groupby
from typing import Any

import simpy

from scheduler.arrivals import Arrivals
from scheduler.instants import NEVER
from scheduler.journal import FLUSH_AT, Book
from scheduler.lines import Waiting
from scheduler.rules import Rules
from scheduler.stays import Held
from scheduler.window import Window

Progress = Callable[[float, int], None]


class Plain:
    """One run under the plain engine. Build, set `rules`, then `run`."""

    rules: Rules

    def __init__(self, arrivals: Arrivals, book: Book, window: Window) -> None:
        self.arrivals, self.book, self.window = arrivals, book, window
        self.env = simpy.Environment(initial_time=0)
        self.ends: list[Held] = []
        self.comers: list[Waiting] = []
        self.awake = False
        self.woken_us = NEVER  # when data on its way is to be looked at
        self.arrived = 0

    # -- what the rules ask (rules.Agenda) ---------------------------------------------------

    def end(self, at_us: int, held: Held) -> None:
        """See rules.Agenda."""
        self._call(at_us, lambda: self.ends.append(held))

    def travel(self, at_us: int, job: Waiting) -> None:
        """See rules.Agenda."""
        self._call(at_us, lambda: self.comers.append(job))

    def wake(self, at_us: int) -> None:
        """See rules.Agenda."""
        if at_us < self.woken_us:
            self.woken_us = at_us
            self._mark(at_us)

    def _mark(self, at_us: int) -> None:
        self._call(at_us, lambda: None)

    def _call(self, at_us: int, note: Callable[[], None]) -> None:
        def fire(_: simpy.Event) -> None:
            note()
            self._wake()

        timeout = self.env.timeout(at_us - self.env.now)
        timeout.callbacks.append(fire)

    # -- the clock ---------------------------------------------------------------------------

    def run(self, progress: Progress | None = None) -> int:
        """Run until the window says stop: the instant of that, in us."""
        env, window = self.env, self.window
        env.process(self._submit())
        while True:
            next_us = env.peek()
            if not self.awake and next_us > env.now:  # an instant is never cut
                stop = window.stops(next_us, int(env.now), self.book, self.arrived)
                if stop is not None:
                    self.rules.stop(stop)
                    self.book.close(stop, self.arrived)
                    return stop
                if self.book.pending() >= FLUSH_AT:
                    self._flush(int(env.now), progress)
            env.step()

    def _flush(self, now_us: int, progress: Progress | None) -> None:
        self.book.flush(now_us, arrived=self.arrived)
        if progress is not None:
            progress(now_us / 1e6, self.arrived)

    def _submit(self) -> Generator[simpy.Event, Any, Any]:
        jobs = self.arrivals.jobs(self.window.limit_us)
        for submit_us, together in groupby(jobs, key=lambda job: job.submit_us):
            yield self.env.timeout(submit_us - self.env.now)
            self.comers += together
            self._wake()

    def _wake(self) -> None:
        """Handle this instant when everything due at it has been gathered."""
        if not self.awake:
            self.awake = True
            self.env.timeout(0).callbacks.append(self._instant)

    def _instant(self, _: simpy.Event) -> None:
        self._handle(int(self.env.now))

    def _handle(self, now_us: int) -> None:
        """All that was gathered for one instant."""
        rules, freight = self.rules, self.rules.freight
        ends, comers = sorted(self.ends), self.comers
        self.ends, self.comers, self.awake = [], [], False
        self.woken_us = now_us  # whoever wakes now is heard below
        for held in ends:
            rules.finish(held, now_us)
        if freight is not None:
            comers += rules.land(now_us)
        for job in sorted(comers, key=lambda job: job.index):
            if job.line < 0:
                self.arrived = max(self.arrived, job.index + 1)
                if job.bad:
                    self.book.refused_bad(job.index, now_us)
                else:
                    rules.arrive(job, now_us)
            else:
                rules.come(job, now_us)
        rules.settle(now_us)
        if freight is not None:
            self.woken_us = NEVER
            self.wake(freight.next_us())
