"""Old chunks of jobs on disk: one long job must not keep all that came after it in memory.

A chunk is handed on when all before it and all its own jobs are over. Until then its columns,
beyond the last few chunks, live in files that are mapped where they are touched.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from scheduler.records import Outcome

KEPT = 6  # chunks in memory


class Spill:
    """The files of one run; gone with it."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None

    def put(self, outcome: Outcome) -> None:
        """Move the columns of a chunk into files."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="suanli-")
        stem = Path(self._folder.name) / str(outcome.first)
        columns: dict[str, Any] = self._mapped(outcome.chunk, f"{stem}-c")
        outcome.chunk = replace(outcome.chunk, **columns)
        for name, column in self._mapped(outcome, f"{stem}-o").items():
            setattr(outcome, name, column)
        outcome.spilled = True

    def _mapped(self, owner: Any, stem: str) -> dict[str, np.ndarray]:
        columns = {f.name: getattr(owner, f.name) for f in fields(owner)}
        return {
            name: mapped(column, Path(f"{stem}-{name}.npy"))
            for name, column in columns.items()
            if isinstance(column, np.ndarray) and len(column)
        }

    def drop(self, outcome: Outcome) -> None:
        """Remove the files of a chunk that was handed on; who still maps them keeps them."""
        if self._folder is not None and outcome.spilled:
            for path in Path(self._folder.name).glob(f"{outcome.first}-*.npy"):
                path.unlink()

    def close(self) -> None:
        """Remove everything."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def mapped(column: np.ndarray, path: Path) -> np.ndarray:
    """The same numbers in a file, of which only touched pages take memory."""
    np.save(path, column, allow_pickle=False)
    found: np.ndarray = np.load(path, mmap_mode="r+", allow_pickle=False)
    return found
