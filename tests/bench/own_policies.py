"""Policies of a user's own that misbehave when they are made, for tests of workers."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class Killer:
    """Kills its process until `folder` holds `times` marks, then ranks as first-fit does."""

    folder: str
    times: int
    changes: ClassVar = "never"

    def __post_init__(self):
        marks = Path(self.folder)
        if len(list(marks.iterdir())) < self.times:
            (marks / str(time.monotonic_ns())).touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def rank(self, shape, view, draw):
        return list(shape.allowed)


@dataclass(frozen=True)
class Sleeper(Killer):
    """Marks that it was made and sleeps for a minute if there were `times` marks before."""

    def __post_init__(self):
        marks = Path(self.folder)
        before = len(list(marks.iterdir()))
        (marks / str(time.monotonic_ns())).touch()
        if before >= self.times:
            time.sleep(60)


@dataclass(frozen=True)
class Broken(Killer):
    """Cannot be made at all."""

    def __post_init__(self):
        raise LookupError("a defect of the user's own")
