"""One column of numbers from a CSV file: gaps between arrivals or spans of work."""

import csv
import gzip
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SECONDS = {"_s": 1.0, "_ms": 1e-3, "_us": 1e-6, "_min": 60.0, "_h": 3600.0}


class ColumnError(ValueError):
    """A file of samples cannot be used; the text says why and where."""


def sample_s(path: Path, column: str) -> NDArray[np.float64]:
    """The spans of a column in seconds; its name's ending (`_s _ms _us _min _h`) is the unit.

    Without such an ending the numbers are seconds.

    Raises:
        ColumnError: no such column, no row, or a cell that is no finite number of at least 0.
    """
    ending = "_" + column.rpartition("_")[2]
    values = np.array(_cells(path, column), dtype=np.float64)
    if not len(values) or not values.any():
        raise ColumnError(f"{path.name}: column {column!r} holds no number above 0")
    return values * _SECONDS.get(ending, 1.0)


def _cells(path: Path, column: str) -> list[float]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as text:
            rows = csv.reader(text)
            header = next(rows, [])
            if column not in header:
                raise ColumnError(
                    f"{path.name}: no column {column!r}; it has {', '.join(header)}"
                )
            at = header.index(column)
            return [
                _number(row, at, path.name, line) for line, row in enumerate(rows, 2) if row
            ]
    except UnicodeDecodeError:
        raise ColumnError(f"{path.name}: expected UTF-8 text") from None


def _number(row: list[str], at: int, name: str, line: int) -> float:
    cell = row[at] if at < len(row) else ""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ColumnError(f"{name}:{line}: expected a number of at least 0; got {cell!r}")
    return value
