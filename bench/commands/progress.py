"""How far a run is: a bar on a terminal, plain lines in a log, nothing when quiet."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import lazy_loader as lazy

bars = lazy.load("rich.progress", suppress_warning=True)
consoles = lazy.load("rich.console", suppress_warning=True)

LINE_EVERY_S = 5.0


@contextmanager
def shown(*, quiet: bool) -> Iterator[Any]:
    """What an experiment tells its progress to; None where nobody wants to hear it."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with bar() as progress:
            yield Bar(progress)
    else:
        yield Lines()


def bar() -> Any:
    """A bar on stderr, so that stdout stays clean."""
    return bars.Progress(
        bars.BarColumn(),
        bars.TextColumn("{task.description}", markup=False),
        console=consoles.Console(stderr=True),
        transient=True,
    )


class Bar:
    """Moves a bar of rich."""

    def __init__(self, progress: Any) -> None:
        self.progress = progress
        self.task = progress.add_task("", total=1.0)

    def __call__(self, standing: Any) -> None:
        """Called by the experiment with a `Standing`."""
        text = sentence(standing)
        self.progress.update(self.task, completed=standing.share, description=text)


@dataclass
class Lines:
    """Prints a line now and then: the first at once, the last when all is done."""

    next_s: float = 0.0

    def __call__(self, standing: Any) -> None:
        """Called by the experiment with a `Standing`."""
        now = time.monotonic()
        if now >= self.next_s or standing.runs_done == standing.runs:
            self.next_s = now + LINE_EVERY_S
            print(sentence(standing), file=sys.stderr, flush=True)


def sentence(standing: Any) -> str:
    """Runs, simulated hours, jobs and the time that is left."""
    left = "" if not math.isfinite(standing.eta_s) else f", {clock(standing.eta_s)} left"
    runs = f"{standing.runs_done} of {standing.runs} runs"
    return f"{runs}, {standing.simulated_h:.0f} h simulated, {standing.jobs} jobs{left}"


def clock(seconds: float) -> str:
    """Wall time as 0:42 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
