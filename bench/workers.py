"""Runs in several processes: each worker makes one run at a time and tells how far it is.

Plain processes and pipes: an executor would not say which run a killed worker was at, and could
not be stopped at once. Which worker makes a run never enters the run.
"""

import contextlib
import os
import pickle
import signal
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from bench.faults import RunLostError
from bench.one_run import How, OneRun, make
from scenarios import Scenario

Report = Callable[[OneRun, float, int], None]
"""Told of a run: simulated seconds and jobs so far."""

TELL_EVERY_S = 0.2
STOP_WITHIN_S = 2.0
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# A new Python looks for its first modules in the working folder, which may be a stranger's.
OF_WORKERS = {**dict.fromkeys(ONE_THREAD, "1"), "PYTHONSAFEPATH": "1"}


@dataclass(slots=True)
class Teller:
    """Passes on how far a run is, now and then."""

    cell: OneRun
    report: Report
    next_s: float = 0.0

    def __call__(self, simulated_s: float, jobs: int) -> None:
        """Called by the engine."""
        if (now := time.monotonic()) >= self.next_s:
            self.next_s = now + TELL_EVERY_S
            self.report(self.cell, simulated_s, jobs)


def make_all(
    cells: Sequence[OneRun],
    variants: Mapping[str, Scenario],
    how: How,
    workers: int,
    report: Report,
    done: Callable[[OneRun], None],
) -> None:
    """Makes every run, here if one worker is asked for, else in so many processes.

    Raises:
        RunLostError: the process of a run was killed three times, the last time alone.
    """
    if min(workers, len(cells)) <= 1:
        for cell in cells:
            make(cell, variants, how, Teller(cell, report))
            done(cell)
        return
    team = Team(variants, how, report, done)
    lost = [lone for cell in team.work(cells, workers, tries=2) for lone in team.alone(cell)]
    if lost:
        in_order = sorted(lost, key=list(cells).index)  # not in the order in which they died
        names = ", ".join(f"variant '{cell.variant}' seed {cell.seed}" for cell in in_order)
        raise RunLostError(names, "its process was killed three times")


@dataclass(slots=True)
class Worker:
    """A process and what it is at."""

    process: Any
    pipe: Connection
    cell: OneRun | None = None


@dataclass(slots=True)
class Team:
    """Workers that share a list of runs."""

    variants: Mapping[str, Scenario]
    how: How
    report: Report
    done: Callable[[OneRun], None]
    killed: Counter[OneRun] = field(default_factory=Counter)

    def alone(self, cell: OneRun) -> list[OneRun]:
        """A last try with the machine to itself."""
        self.killed[cell] = 0
        return self.work([cell], 1, tries=1)

    def work(self, cells: Sequence[OneRun], workers: int, tries: int) -> list[OneRun]:
        """Makes the runs; returns those whose process was killed `tries` times."""
        waiting, given_up = deque(cells), list[OneRun]()
        with self._hired(min(workers, len(cells))) as team:
            while waiting or any(worker.cell for worker in team):
                for worker in team:
                    if worker.cell is None and waiting:
                        self._hand(worker, waiting.popleft())
                for number in self._ready(team):
                    cell = team[number].cell
                    if not self._hear(team[number]):
                        team[number] = self._hire()
                        if cell is not None:
                            self.killed[cell] += 1
                            left = self.killed[cell] < tries
                            (waiting if left else given_up).append(cell)
        return given_up

    def _ready(self, team: Sequence[Worker]) -> list[int]:
        ready = wait([worker.pipe for worker in team if worker.cell])
        return [number for number, worker in enumerate(team) if worker.pipe in ready]

    def _hand(self, worker: Worker, cell: OneRun) -> None:
        worker.cell = cell
        with contextlib.suppress(OSError):  # killed while idle: seen when it is listened to
            worker.pipe.send(cell)

    def _hear(self, worker: Worker) -> bool:
        """Takes one message; False if the worker is dead."""
        try:
            kind, *content = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            return False
        cell = worker.cell
        if kind == "failed":
            raise content[0]
        if kind == "far" and cell is not None:
            self.report(cell, *content)
        if kind == "done" and cell is not None:
            worker.cell = None
            self.done(cell)
        return True

    def _hire(self) -> Worker:
        context = get_context("spawn")  # fork is unsafe beside threads of libraries
        here, there = context.Pipe()
        process = context.Process(
            target=serve, args=(there, self.variants, self.how), daemon=True
        )
        with of_workers():
            process.start()
        there.close()
        return Worker(process, here)

    @contextlib.contextmanager
    def _hired(self, workers: int) -> Iterator[list[Worker]]:
        team: list[Worker] = []
        try:
            team += [self._hire() for _ in range(workers)]
            yield team
        finally:
            dismiss(team)


def dismiss(team: Sequence[Worker]) -> None:
    """Ends the workers, at once."""
    for worker in team:
        worker.pipe.close()
        worker.process.terminate()
    for worker in team:
        worker.process.join(STOP_WITHIN_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


@contextlib.contextmanager
def of_workers() -> Iterator[None]:
    """Processes started meanwhile have one thread each, and import nothing from here."""
    before = {name: os.environ.get(name) for name in OF_WORKERS}
    os.environ.update(OF_WORKERS)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def serve(pipe: Connection, variants: Mapping[str, Scenario], how: How) -> None:
    """The life of a worker: one run after the other until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides what Ctrl-C means

    def report(_: OneRun, simulated_s: float, jobs: int) -> None:
        pipe.send(("far", simulated_s, jobs))

    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            cell: OneRun = pipe.recv()
            try:
                make(cell, variants, how, Teller(cell, report))
            except Exception as error:  # raised again where the user is
                pipe.send(("failed", portable(error)))
            else:
                pipe.send(("done",))


def portable(error: Exception) -> Exception:
    """The error with its traceback as a note, or a plain one that can be sent."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever it is that cannot be sent
        return RuntimeError("".join(traceback.format_exception(error)))
    return error
